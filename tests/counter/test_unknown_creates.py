"""Creates whose fate nobody knows: never believed because of a later refusal, and watched until they cannot land."""

from datetime import timedelta
from pathlib import Path

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.domain.sale import Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, Time, deliver, open_till, sold

_CREATE = "Offline.CreateAuthorizedOrder"


async def test_a_changed_price_after_a_lost_answer_does_not_prove_that_nothing_was_created(
    till: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", "drop", _CREATE))
    shop.faults.set(Fault("processing", "price-changed", _CREATE))
    sale = await sold(till, ANNA, C2C, points=True)
    assert (sale.stage, sale.loyalty.abandoned) == (Stage.OPEN, (C2C,))
    await till.desk.cancel()
    await deliver(till, clock)
    assert shop.balance(ANNA) == before


async def test_the_cancel_of_a_create_that_never_landed_is_asked_in_a_way_that_answers(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.processing.remember_cancelled = False  # a processing that would let a late create of a cancelled order in
    shop.faults.set(Fault("processing", "drop", _CREATE, times=2))
    await sold(till, ANNA, C2C, points=True)
    await till.desk.cancel()
    began = clock.now
    await deliver(till, clock)
    cancels = [call for call in shop.calls("processing", "Offline.ChangeStatus") if call.status]
    assert [call.status for call in cancels] == [400] * len(cancels)
    assert clock.now - began >= timedelta(minutes=4)


async def test_an_order_that_lay_for_long_and_was_paid_elsewhere_is_not_paid_twice(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    await till.desk.scanned(C2C)
    clock.now += timedelta(minutes=6)
    (tmp_path / "other").mkdir()
    async with open_till(shop, tmp_path / "other", clock) as other:
        await sold(other, C2C, part=Money(100000))
        await deliver(other, clock)
    await till.desk.pay(Money(499000), Money(499000))
    state = till.desk.state
    assert state.notice is not None
    assert state.sale is not None
    assert (state.sale.stage, state.sale.due) == (Stage.OPEN, Money(399000))


async def test_an_order_that_lay_for_long_is_still_paid_when_nobody_can_tell(
    till: Till, shop: Shop, clock: Time
) -> None:
    await till.desk.scanned(C2C)
    clock.now += timedelta(minutes=6)
    shop.faults.set(Fault("orders", "refuse", times=None))
    await till.desk.pay(Money(499000), Money(499000))
    assert till.desk.state.last is not None


async def test_a_reserve_that_is_taken_back_is_not_shown_as_an_accrual(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "drop", _CREATE, times=2))
    await sold(till, ANNA, C2C, points=True)
    await till.desk.cancel()
    [entry] = till.desk.state.entries
    assert entry.takes_back
