"""The sums of a shift begin with it and not at midnight, and hold what went back by its documents."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.debts import DebtState
from pos_client.domain.money import ZERO, Money
from pos_client.ports import ShiftTotals
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, COINS, Time, close_shift, deliver, open_till, sold

SMALL, WHOLE = Money(41160), Money(499000)


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(shop, tmp_path, clock) as till:
        yield till


def of_shift(till: Till) -> ShiftTotals:
    found = till.desk.state.shift_totals
    assert found is not None
    return found


async def test_midnight_ends_the_day_and_not_the_shift(till: Till, clock: Time) -> None:
    first = await sold(till, C2C)
    assert first.document is not None
    clock.now += timedelta(hours=20)
    await sold(till, COINS)
    assert till.desk.state.totals.taken == SMALL
    assert (of_shift(till).sales, of_shift(till).taken) == (2, SMALL + WHOLE)
    assert abs(of_shift(till).since - first.document.at) < timedelta(seconds=5)


async def test_the_next_shift_begins_with_nothing_though_the_day_is_the_same(
    till: Till, shop: Shop, clock: Time
) -> None:
    await sold(till, C2C)
    await close_shift(shop)
    await till.desk.register.look()
    assert of_shift(till).taken == WHOLE, "what is closed can be held against its report"
    clock.now += timedelta(minutes=5)
    await sold(till, COINS)
    assert (of_shift(till).sales, of_shift(till).taken) == (1, SMALL)
    assert till.desk.state.totals.taken == SMALL + WHOLE


async def test_what_went_back_after_midnight_is_taken_off_its_shift(till: Till, clock: Time) -> None:
    await sold(till, C2C)
    await deliver(till, clock)
    clock.now += timedelta(hours=20)
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()
    await till.desk.register.look()
    assert (of_shift(till).refunds, of_shift(till).kept) == (1, ZERO)


async def test_points_owed_since_the_shift_began_are_counted_with_it(till: Till, shop: Shop, clock: Time) -> None:
    shop.faults.set(Fault("processing", "refuse", times=None))
    await sold(till, ANNA, C2C)
    clock.now += timedelta(hours=20)
    await till.desk.register.look()
    assert till.desk.state.shift_debts.get(DebtState.OWED) == 1


async def test_a_register_that_says_nothing_has_no_shift_to_sum(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "refuse", times=None))
    await till.desk.register.look()
    assert till.desk.state.shift_totals is None
