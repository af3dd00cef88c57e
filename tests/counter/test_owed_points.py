"""Processing dead for three days under five tills, then answers lost and calls repeated by chance: no point is lost.

Everything is compared with the same sales in a shop that was never broken. `TILL_LONG=1` lives through all 500 of them.
"""

import os
import random
from collections import Counter
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.debts import DebtState
from pos_client.domain.facts import VisitPaid
from pos_client.domain.money import Money
from pos_client.settings import CounterSection, TillSection
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.debtors import follow
from tests.tills import ANNA, RICH, SETTINGS, Time, close_shift, deliver, open_till, receipts, shop_at, sold

LONG = bool(os.environ.get("TILL_LONG"))
SALES = 500 if LONG else 30
REFUND_EVERY = 17 if LONG else 8
REFUNDS = 20 if LONG else 2
"""What comes of it, because an order that is paid in two visits is not refunded here."""
TILLS = 5
DAYS = 3
LATER = timedelta(days=8)
PATIENT = CounterSection(slow=1.0, budget=20.0, receipt_check_for=5.0, receipt_check_pause=0.02)
"""Nobody gives up on a slow machine: only the outage sells offline."""
SHARE = 0.05 if LONG else 0.2
"""Of the answers that are lost, and of the calls that are repeated; few calls need a larger one to be hit at all."""
PEOPLE = (ANNA, RICH, "48211003", "48211117", "48211229", "48211888")
"""Members to whom no promotion is due: a safe offline order carries none."""
TARIFFS = (136, 234, 483, 676)


@dataclass(frozen=True)
class Visit:
    """A customer at the counter: who, at which till, which order, how much of it (None: all), and back again or not."""

    who: str
    till: int
    number: str
    part: Money | None = None
    refunded_at: int | None = None
    """The till that takes the whole order back a while later."""


@dataclass(frozen=True)
class Ending:
    """What is left when everything has been delivered and confirmed."""

    balances: list[tuple[int, int]]
    """Points available and blocked, by person."""
    receipts: list[int]
    told: Counter[str]
    """Notices by the order that they speak of."""
    orders: dict[DebtState, set[str]]
    """Orders by how their debts ended."""
    refunded: set[str]
    waiting: int


def visits_of_three_days(shop: Shop) -> list[Visit]:
    """So many sales; every sixth order is paid in two visits, and of the others some are refunded."""
    dice = random.Random(20261121)  # noqa: S311 - a fixed history, not a secret
    visits: list[Visit] = []
    while len(visits) < SALES:
        at = len(visits)
        number = f"13{at:08d}"
        kopecks = dice.randrange(20_000, 900_000)
        shop.add_order(
            {
                "number": number,
                "title": "Посылка",
                "type": 2,
                "tariff": dice.choice(TARIFFS),
                "mode": "4",
                "from": ["Москва", "RU", "MSK548"],
                "to": ["Тверь", "RU", "TVE1"],
                "status": ["ACCEPTED", "Принят"],
                "weight": 500,
                "delivery": f"{kopecks // 100}.{kopecks % 100:02d}",
                "services": [["BUBBLE_WRAP", "Плёнка", "77.77"]],
            }
        )
        who, till = dice.choice(PEOPLE), dice.randrange(TILLS)
        if at % 6 == 5:
            visits.append(Visit(who, till, number, Money(dice.randrange(100, 20_000))))
            visits.append(Visit(who, till, number))
        else:
            back = dice.randrange(TILLS) if at % REFUND_EVERY == REFUND_EVERY - 1 else None
            visits.append(Visit(who, till, number, refunded_at=back))
    return visits


async def refunded(till: Till, number: str) -> None:
    """The whole order goes back, with the cash."""
    refunds = till.desk.refunds
    await refunds.open(number)
    await refunds.confirm()
    await refunds.handed_out()
    last = till.desk.state.last_refund
    assert last is not None, till.desk.state.notice
    assert last.number == number, till.desk.state.notice


async def lived_through(folder: Path, *, broken: bool) -> Ending:
    """Three days at five tills, and what they left behind."""
    clock = Time()
    beginning = clock.now
    with shop_at(clock) as shop:
        visits = visits_of_three_days(shop)
        numbers = {visit.number for visit in visits}
        outage = shop.faults.set(Fault("processing", "refuse", times=None))
        if broken:
            shop.faults.set(Fault("processing", "lose-answer", times=None, rate=SHARE, seed=7))
            shop.faults.set(Fault("processing", "duplicate", times=None, rate=SHARE, seed=8))
        else:
            shop.faults.lift()
        async with AsyncExitStack() as stack:
            tills = [await stack.enter_async_context(till_number(at, shop, folder, clock)) for at in range(TILLS)]
            await sell(tills, shop, clock, visits)
            assert clock.now >= beginning + timedelta(days=DAYS)
            if broken:
                assert not shop.messages()
                shop.faults.lift(outage.id)
            await follow(*tills, clock=clock)
            hit = {call.fault for call in shop.calls("processing")}
            assert not broken or hit >= {"lose-answer", "duplicate"}
            # Points that burn by the calendar burn in both histories.
            assert clock.now < beginning + LATER
            clock.now = beginning + LATER
            debts = [debt for till in tills for number in numbers for debt in till.outside.debts.of_order(number)]
            assert not any(till.outside.outbox.summary().needs_human for till in tills)
            return Ending(
                balances=[(found.available, found.blocked) for found in map(shop.balance, PEOPLE)],
                receipts=sorted(receipts(shop)),
                told=Counter(message.parameters["orderNumber"] for message in shop.messages()),
                orders={state: {debt.order_number for debt in debts if debt.state is state} for state in DebtState},
                refunded={visit.number for visit in visits if visit.refunded_at is not None},
                waiting=sum(till.outside.outbox.summary().count for till in tills),
            )


def till_number(at: int, shop: Shop, folder: Path, clock: Time) -> AbstractAsyncContextManager[Till]:
    own = folder / str(at)
    own.mkdir(parents=True)
    settings = SETTINGS.model_copy(update={"till": TillSection(number=str(at + 1)), "counter": PATIENT})
    return open_till(shop, own, clock, settings=settings)


async def sell(tills: list[Till], shop: Shop, clock: Time, visits: list[Visit]) -> None:
    """Every visit in its turn; a refund waits until the order service has heard of the payment."""
    opened = clock.now
    for visit in visits:
        clock.now += timedelta(days=DAYS) / len(visits)
        if clock.now - opened > timedelta(hours=20):
            await close_shift(shop)
            opened = clock.now
        till = tills[visit.till]
        sale = await sold(till, visit.who, visit.number, part=visit.part)
        if not shop.faults.active():
            await deliver(till, clock, within=timedelta(seconds=20))
        if visit.refunded_at is not None:
            payment = VisitPaid(sale, "").key
            await follow(till, clock=clock, until=partial(till.outside.outbox.has_arrived, payment))
            await refunded(tills[visit.refunded_at], visit.number)


@pytest.mark.timeout(1200 if LONG else 240)
async def test_five_tills_without_processing_for_three_days_end_with_the_balances_of_days_that_never_broke(
    tmp_path: Path,
) -> None:
    whole = await lived_through(tmp_path / "whole", broken=False)
    broken = await lived_through(tmp_path / "broken", broken=True)
    assert broken.balances == whole.balances
    assert broken.receipts == whole.receipts
    assert (whole.waiting, broken.waiting) == (0, 0)
    assert broken.orders[DebtState.OWED] | broken.orders[DebtState.REFUSED] == set()
    assert broken.orders[DebtState.CANCELLED] == broken.refunded
    assert len(broken.refunded) == REFUNDS
    assert broken.told == Counter(broken.orders[DebtState.ACCRUED]) != Counter()
