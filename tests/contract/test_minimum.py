"""The twelve things that any processing has to do before a till may stand in front of it."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from pos_client.adapters.processing import MindboxProcessing
from pos_client.adapters.processing_wire import ProcessingNames, offline_body, status_body
from pos_client.app import Till
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.loyalty import CouponState
from pos_client.domain.money import Money, Points
from pos_client.ports import OutcomeUnknownError, PriceChangedError, ReserveIntent, Service
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.contract.waiting import deliver_until
from tests.samples import ORDER, cash
from tests.tills import ANNA, C2C, Time, deliver, sold

NAMES = ProcessingNames()
KEY = CustomerKey(KeyKind.CDEK_ID, ANNA)
FIRST, SECOND, THIRD = (UUID(int=number, version=4) for number in (1, 2, 3))
COUPON = "SPRING10"
CREATE = "Offline.CreateAuthorizedOrder"


@pytest.fixture
def processing(till: Till) -> MindboxProcessing:
    return till._services.processing


async def meant(
    processing: MindboxProcessing,
    clock: Time,
    *,
    points: int = 490,
    transaction: UUID = FIRST,
    coupons: tuple[str, ...] = (),
) -> ReserveIntent:
    anna = await processing.find_customer(KEY)
    quote = await processing.quote(ORDER, anna, Points(points), order_id=ORDER.number, coupons=coupons)
    return ReserveIntent(ORDER, anna, quote, ORDER.number, transaction, cash(quote.payable.kopecks), clock.now)


def offline(clock: Time, order_id: str, at: int = 0) -> dict[str, object]:
    nobody = Customer(KEY, Standing.UNRESOLVED)
    return offline_body(
        ORDER,
        nobody,
        order_id=order_id,
        settled=True,
        tenders=cash(499000),
        at=clock.now - timedelta(hours=at),
        names=NAMES,
        office="MSK548",
    )


def status(status: str) -> dict[str, object]:
    return status_body(ORDER.number, status, NAMES)


async def test_1_the_same_create_twice_spends_points_once_and_says_already_processed(
    processing: MindboxProcessing, shop: Shop, clock: Time
) -> None:
    intent = await meant(processing, clock)
    assert (await processing.reserve(intent)).promised is not None
    assert (await processing.reserve(intent)).promised is None
    assert shop.balance(ANNA).available == 130


async def test_2_a_transaction_of_another_operation_is_dropped(
    processing: MindboxProcessing, shop: Shop, clock: Time
) -> None:
    await processing.reserve(await meant(processing, clock, transaction=FIRST))
    await processing.save_offline(offline(clock, "another"), FIRST)
    assert not [one for one in shop.loyalty_orders() if one.order_id == "another"]
    await processing.save_offline(offline(clock, "another"), SECOND)
    assert [one for one in shop.loyalty_orders() if one.order_id == "another"]


async def test_3_a_stale_price_creates_nothing(processing: MindboxProcessing, shop: Shop, clock: Time) -> None:
    before = shop.balance(ANNA)
    intent = await meant(processing, clock)
    amounts = (intent.quote.amounts[0] + Money(100), *intent.quote.amounts[1:])
    stale = replace(intent.quote, total=intent.quote.total + Money(100), amounts=amounts)
    with pytest.raises(PriceChangedError):
        await processing.reserve(replace(intent, quote=stale))
    assert shop.balance(ANNA) == before
    assert not [one for one in shop.loyalty_orders() if one.order_id == ORDER.number]


async def test_4_a_create_that_was_executed_and_not_answered_is_repeated_without_harm(
    processing: MindboxProcessing, shop: Shop, clock: Time
) -> None:
    intent = await meant(processing, clock)
    shop.faults.set(Fault("processing", "hang", CREATE, after=True))
    with pytest.raises(OutcomeUnknownError):
        await processing.reserve(intent)
    assert shop.balance(ANNA).available == 130
    await processing.reserve(intent)
    assert shop.balance(ANNA).available == 130


async def test_5_a_cancel_gives_back_the_points_and_the_coupon(
    processing: MindboxProcessing, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    intent = await meant(processing, clock, coupons=(COUPON,))
    assert [one.state for one in intent.quote.coupons] == [CouponState.APPLIED]
    await processing.reserve(intent)
    anna = intent.customer
    used = await processing.quote(ORDER, anna, Points(0), order_id="other", coupons=(COUPON,))
    assert [one.state for one in used.coupons] == [CouponState.USED]
    await processing.cancel(status(NAMES.cancelled), SECOND)
    assert shop.balance(ANNA) == before
    free = await processing.quote(ORDER, anna, Points(0), order_id="other", coupons=(COUPON,))
    assert [one.state for one in free.coupons] == [CouponState.APPLIED]


async def test_6_paid_makes_blocked_points_available(processing: MindboxProcessing, shop: Shop, clock: Time) -> None:
    before = shop.balance(ANNA)
    reserved = await processing.reserve(await meant(processing, clock, points=0))
    assert reserved.promised is not None
    promised = reserved.promised.count
    waiting = shop.balance(ANNA)
    assert (waiting.available, waiting.blocked) == (before.available, before.blocked + promised)
    await processing.change_status(status(NAMES.paid), SECOND)
    after = shop.balance(ANNA)
    assert (after.available, after.blocked) == (before.available + promised, before.blocked)


async def test_7_the_same_offline_order_twice_accrues_once_and_spends_nothing(
    processing: MindboxProcessing, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    body = offline(clock, "1-off-1", at=3)
    for transaction in (FIRST, FIRST, SECOND):
        await processing.save_offline(body, transaction)
    (order,) = [one for one in shop.loyalty_orders() if one.order_id == "1-off-1"]
    assert (order.spent, shop.balance(ANNA).available) == (0, before.available + order.earned)
    assert order.earned


async def test_8_too_many_calls_are_waited_out_and_then_answered(till: Till, shop: Shop, clock: Time) -> None:
    await sold(till, ANNA, C2C)
    shop.faults.set(Fault("processing", "http-429", "Offline.ChangeStatus", times=2, seconds=1))
    await deliver(till, clock)
    assert [call.status for call in shop.calls("processing", "Offline.ChangeStatus")] == [429, 429, 200]
    assert till.outside.outbox.summary().count == 0


async def test_9_a_rejection_with_status_200_is_a_dead_letter_and_no_success(
    till: Till, shop: Shop, clock: Time
) -> None:
    await sold(till, ANNA, C2C)
    shop.faults.set(Fault("processing", "refused", "Offline.ChangeStatus"))
    await deliver(till, clock)
    (call,) = shop.calls("processing", "Offline.ChangeStatus")
    assert (call.status, till.outside.outbox.summary().needs_human) == (200, 1)


@pytest.mark.parametrize("kind", ["strings", "numeric-ids", "extra-fields"])
async def test_10_numbers_text_and_flags_are_read_in_whatever_type_they_come(
    processing: MindboxProcessing, shop: Shop, clock: Time, kind: str
) -> None:
    usual = await meant(processing, clock)
    shop.faults.set(Fault("processing", kind, times=None))
    odd = await meant(processing, clock)
    assert replace(odd.quote, earned_expire=None) == replace(usual.quote, earned_expire=None)
    assert odd.quote.earned_expire is not None
    assert replace(odd.customer, balance=None) == replace(usual.customer, balance=None)
    assert (await processing.reserve(odd)).promised is not None


@pytest.mark.parametrize(("code", "standing"), [("55500055", Standing.AMBIGUOUS), ("40400404", Standing.NOT_FOUND)])
async def test_11_of_several_people_and_of_nobody_no_points_are_touched(
    till: Till, shop: Shop, clock: Time, code: str, standing: Standing
) -> None:
    before = [balance for _, _, balance in shop.members()]
    sale = await sold(till, code, C2C)
    assert sale.customer is not None
    assert sale.customer.standing is standing
    await deliver(till, clock)
    assert [balance for _, _, balance in shop.members()] == before
    assert not shop.calls("processing", CREATE)


async def test_12_a_refused_key_pauses_the_outbox(till: Till, shop: Shop) -> None:
    await sold(till, ANNA, C2C)
    shop.faults.set(Fault("processing", "unauthorized-401", "Offline.ChangeStatus", times=None))
    await deliver_until(till, lambda: any(lane.paused for lane in till.outside.outbox.lanes()))
    (lane,) = [lane for lane in till.outside.outbox.lanes() if lane.service is Service.PROCESSING]
    assert (lane.paused, lane.count, lane.needs_human) == (True, 1, 0)
    assert json.loads(shop.calls("processing", "Offline.ChangeStatus")[0].body)["orderLinesStatus"] == "Paid"
