"""Processing dead for three simulated days: afterwards every balance is that of a run that never broke."""

import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from pos_client.domain.money import Money
from pos_client.training.faults import Fault
from pos_client.training.ledger import Balance
from pos_client.training.shop import Shop
from tests.tills import ANNA, RICH, Time, close_shift, deliver, open_till, receipts, shop_at, sold

_PEOPLE = (ANNA, RICH, "48211229", "48211003")
_TARIFFS = (136, 234, 483, 676)


@dataclass(frozen=True)
class Visit:
    """One customer at the counter: who, which order, and how much of it he pays now (None: all)."""

    who: str
    number: str
    part: Money | None = None


def orders_of_three_days(shop: Shop) -> list[Visit]:
    """A hundred sales; every fifth order is paid in two visits."""
    dice = random.Random(20261121)  # noqa: S311 - a fixed history, not a secret
    visits = []
    for at in range(84):
        number = f"12{at:08d}"
        kopecks = dice.randrange(20_000, 900_000)
        spec = {
            "number": number,
            "title": "Посылка",
            "type": 2,
            "tariff": dice.choice(_TARIFFS),
            "mode": "4",
            "from": ["Москва", "RU", "MSK548"],
            "to": ["Тверь", "RU", "TVE1"],
            "status": ["ACCEPTED", "Принят"],
            "weight": 500,
            "delivery": f"{kopecks // 100}.{kopecks % 100:02d}",
            "services": [["BUBBLE_WRAP", "Плёнка", "77.77"]],
        }
        shop.add_order(spec)
        who = dice.choice(_PEOPLE)
        if at % 5 == 0:
            visits.append(Visit(who, number, Money(dice.randrange(100, 20_000))))
        visits.append(Visit(who, number))
    return visits


async def history(folder: Path, *, broken: bool) -> tuple[list[Balance], list[int], int]:
    """Live through the three days; balances, receipts and what still waits at the end."""
    clock = Time()
    with shop_at(clock) as shop:
        visits = orders_of_three_days(shop)
        opened = clock.now
        if broken:
            shop.faults.set(Fault("processing", "refuse", times=None))
        async with open_till(shop, folder, clock) as till:
            for visit in visits:
                clock.now += timedelta(minutes=43)
                if clock.now - opened > timedelta(hours=23):
                    await close_shift(shop)
                    opened = clock.now
                await sold(till, visit.who, visit.number, part=visit.part)
                if till.outside.outbox.summary().count and not broken:
                    await deliver(till, clock)
            assert clock.now >= Time().now + timedelta(days=3)
            shop.faults.lift()
            await deliver(till, clock, within=timedelta(days=2))
            summary = till.outside.outbox.summary()
            assert summary.needs_human == 0
        return [shop.balance(who) for who in _PEOPLE], receipts(shop), summary.count


@pytest.mark.timeout(300)
async def test_a_hundred_sales_of_three_dead_days_end_with_the_balances_of_days_that_never_broke(
    tmp_path: Path,
) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "broken").mkdir()
    whole, whole_receipts, left = await history(tmp_path / "whole", broken=False)
    broken, broken_receipts, left_broken = await history(tmp_path / "broken", broken=True)
    assert (left, left_broken) == (0, 0)
    assert len(whole_receipts) == 101
    assert broken_receipts == whole_receipts
    assert [(one.available, one.blocked) for one in broken] == [(one.available, one.blocked) for one in whole]
