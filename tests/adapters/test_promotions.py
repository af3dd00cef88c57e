"""Coupons, promotions and lines that the server cuts, as the training shop serves them."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from pos_client.adapters.processing import MindboxProcessing
from pos_client.adapters.processing_wire import create_body
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.loyalty import CouponState, Quote
from pos_client.domain.money import NO_POINTS, Money, Points
from pos_client.domain.order import LineKind, Order, OrderLine
from pos_client.ports import RefusedError, Reserved, ReserveIntent
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.adapters.conftest import FAST, NOON
from tests.samples import ORDER, cash

ANNA, MAXIM = "48210967", "48211558"
BOXES = OrderLine("2", "Коробки", LineKind.SERVICE, Money(10000), quantity=3, code="CARTON_BOX_L")
PARCEL = replace(ORDER, lines=(ORDER.lines[0], BOXES, ORDER.lines[2]))


async def found(processing: MindboxProcessing, code: str) -> Customer:
    return await processing.find_customer(CustomerKey(KeyKind.CDEK_ID, code))


async def asked(
    processing: MindboxProcessing, code: str, *coupons: str, points: int = 0, order: Order = ORDER
) -> Quote:
    customer = await found(processing, code)
    return await processing.quote(order, customer, Points(points), order_id=order.number, coupons=coupons)


async def created(processing: MindboxProcessing, quote: Quote, transaction: int = 1) -> Reserved:
    anna = await found(processing, ANNA)
    paid = cash(quote.payable.kopecks)
    return await processing.reserve(
        ReserveIntent(PARCEL, anna, quote, PARCEL.number, UUID(int=transaction), paid, NOON)
    )


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("SPRING10", CouponState.APPLIED),
        ("NOSUCH1", CouponState.NOT_FOUND),
        ("SOON10", CouponState.NOT_YET),
        ("PAST10", CouponState.EXPIRED),
        ("DRAFT10", CouponState.NOT_ISSUED),
        ("STOP10", CouponState.BLOCKED),
        ("GONE10", CouponState.USED),
    ],
)
async def test_each_coupon_of_the_shop_is_told_with_its_state(
    processing: MindboxProcessing, code: str, state: CouponState
) -> None:
    (coupon,) = (await asked(processing, ANNA, code)).coupons
    assert (coupon.code, coupon.state) == (code, state)
    assert bool(coupon.amount) is (state is CouponState.APPLIED)


async def test_only_coupons_that_apply_are_used_up_by_a_create(processing: MindboxProcessing) -> None:
    quote = await asked(processing, ANNA, "STOP10", "SPRING10", order=PARCEL)
    await created(processing, quote)
    again = await processing.quote(
        PARCEL, await found(processing, MAXIM), NO_POINTS, order_id="other", coupons=("SPRING10", "STOP10")
    )
    assert [one.state for one in again.coupons] == [CouponState.USED, CouponState.BLOCKED]


async def test_a_third_shipment_shows_its_discount_by_name_and_its_gift_with_its_days(
    processing: MindboxProcessing,
) -> None:
    quote = await asked(processing, MAXIM)
    assert [one.name for one in quote.discounts] == ["Третья отправка −50 %"]
    assert quote.earned is not None
    assert quote.earned.count > 100
    assert quote.earned_expire is not None
    assert timedelta(days=29) < quote.earned_expire - NOON < timedelta(days=31)


async def test_an_account_out_of_reach_is_said_to_be_unknown(processing: MindboxProcessing, shop: Shop) -> None:
    assert (await asked(processing, ANNA)).redeemable_known
    shop.faults.set(Fault("processing", "points-unavailable"))
    assert not (await asked(processing, ANNA)).redeemable_known


async def test_a_blocked_card_of_a_member_is_refused_and_the_member_is_not(
    processing: MindboxProcessing, shop: Shop
) -> None:
    card = CustomerKey(KeyKind.CARD, "231534554270")
    for as_found in (False, True):
        shop.processing.switches.blocked_card_is_found = as_found
        olga = await processing.find_customer(card)
        assert (olga.card_blocked, olga.may_redeem, olga.may_earn) == (True, False, False)
    assert (await found(processing, "48211662")).standing is Standing.MEMBER


# ---------------------------------------------------------------------------------------------------------- cut lines


@pytest.mark.parametrize("points", [0, 100])
async def test_an_order_whose_lines_are_cut_is_created_in_its_parts(
    processing: MindboxProcessing, shop: Shop, points: int
) -> None:
    whole = await asked(processing, ANNA, points=points, order=PARCEL)
    shop.faults.set(Fault("processing", "split-lines", times=None))
    cut = await asked(processing, ANNA, points=points, order=PARCEL)
    assert [(part.line_id, part.quantity) for part in cut.parts] == [("1", 1), ("2", 1), ("2", 2), ("3", 1)]
    assert (cut.amounts, cut.payable, cut.points) == (whole.amounts, whole.payable, whole.points)
    assert (await created(processing, cut)).promised is not None


async def test_an_order_whose_parts_were_forgotten_is_refused(processing: MindboxProcessing, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "split-lines", times=None))
    quote = replace(await asked(processing, ANNA, order=PARCEL), parts=())
    with pytest.raises(RefusedError):
        await created(processing, quote)


async def test_an_order_whose_lines_are_cut_is_put_back_in_its_parts(processing: MindboxProcessing, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "split-lines", times=None))
    await created(processing, await asked(processing, ANNA, points=100, order=PARCEL))
    anna = await found(processing, ANNA)
    body = create_body(
        PARCEL,
        anna,
        NO_POINTS,
        order_id=PARCEL.number,
        total=None,
        tenders=(),
        at=NOON,
        names=FAST,
        office="MSK548",
    )
    await processing.restore(body, UUID(int=2))
    assert shop.balance(ANNA).available == 620
