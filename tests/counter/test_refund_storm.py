"""Two tills refund the same orders by any gesture in any sequence while answers get lost: money stays what it is."""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, COINS, SETTINGS, Time, deliver, open_till, shop_at, sold

ORDERS = (C2C, COINS, "1106150070")
STORMS = 200 if os.environ.get("TILL_LONG") else 6
FAULTS = (
    ("counter", "lose-answer", "refund-claim"),
    ("counter", "drop", "refund-claim"),
    ("counter", "http-500", "refund-claim"),
    ("counter", "refused", "refund-claim"),
    ("counter", "refuse", "*"),
    ("counter", "lose-answer", "refund-receipt"),
    ("counter", "lose-answer", "refund-release"),
    ("counter", "malformed-json", "*"),
    ("register", "lose-answer", "sellReturn"),
    ("register", "recorded-error", "sellReturn"),
    ("register", "recorded-error", "*"),
    ("register", "paper-out", "sellReturn"),
    ("register", "drop", "sellReturn"),
    ("register", "drop", "poll"),
    ("register", "http-500", "poll"),
    ("register", "no-connection", "*"),
    ("processing", "lose-answer", "*"),
)
TILLS = tuple(SETTINGS.model_copy(update={"till": SETTINGS.till.model_copy(update={"number": n})}) for n in "12")


async def gesture(till: Till, rng: random.Random) -> None:
    refunds, unfinished = till.desk.refunds, till.desk.state.unfinished_refunds
    match rng.randrange(9):
        case 0 | 1:
            await refunds.open(rng.choice(ORDERS))
        case 2 | 3 | 4:
            await refunds.confirm()
        case 5:
            await refunds.recheck()
        case 6:
            await refunds.close()
        case 7:
            refunds.set_aside()
        case _:
            if unfinished:
                waiting = rng.choice(unfinished).id
                await (refunds.give_up(waiting) if rng.random() < 1 / 2 else refunds.resume(waiting))
            else:
                await refunds.handed_out()


async def live(till: Till, shop: Shop, rng: random.Random, gestures: int) -> None:
    for _ in range(gestures):
        if rng.random() < 1 / 5:
            service, kind, operation = rng.choice(FAULTS)
            shop.faults.set(Fault(service, kind, operation, times=rng.randint(1, 3)))
        await gesture(till, rng)


async def settle(till: Till, clock: Time) -> None:
    refunds = till.desk.refunds
    refunds.set_aside()
    for refund in till.desk.state.unfinished_refunds:
        await refunds.resume(refund.id)
        await refunds.handed_out()
    assert till.desk.state.refund is None, till.desk.state.refund
    await deliver(till, clock)
    assert till.outside.refund_book.open_refunds() == ()
    assert till.outside.outbox.summary().count == 0, till.outside.outbox.entries()


@pytest.mark.parametrize("seed", range(STORMS))
async def test_a_storm_of_refunds_gives_each_order_back_once_or_not_at_all(seed: int, tmp_path: Path) -> None:
    rng, clock = random.Random(seed), Time()  # noqa: S311 - a storm that can be repeated
    folders = [tmp_path / number for number in "12"]
    for folder in folders:
        folder.mkdir()
    with shop_at(clock) as shop:
        unsold = shop.balance(ANNA)
        async with open_till(shop, folders[0], clock, settings=TILLS[0]) as till:
            for order in ORDERS:
                await sold(till, ANNA, order, points=rng.random() < 1 / 2)
                await deliver(till, clock)
        full = shop.register.device.drawer()
        for _ in range(4):
            at = rng.randrange(2)
            # Every life of a till ends without a word, as a crash would end it.
            async with open_till(shop, folders[at], clock, settings=TILLS[at]) as till:
                await live(till, shop, rng, 20)
        shop.faults.lift()
        for at in range(2):
            async with open_till(shop, folders[at], clock, settings=TILLS[at]) as till:
                await settle(till, clock)
        returned = returned_by_order(shop)
        assert all(times == 1 for times in returned.values()), returned
        back = sum(one.total for one in shop.fiscal_documents() if one.type == "sellReturn")
        assert shop.register.device.drawer() == full - back
        for order in ORDERS:
            held = shop.refund(order)
            assert (held is not None and held["state"] == "DONE") == (order in returned), (order, held)
        if len(returned) == len(ORDERS):
            assert shop.balance(ANNA).available == unsold.available


def returned_by_order(shop: Shop) -> Counter[str]:
    """How many returns the register has of each order, by what stands on their lines."""
    names = [one.task["items"][0]["name"] for one in shop.fiscal_documents() if one.type == "sellReturn"]
    return Counter(next(order for order in ORDERS if order in name) for name in names)
