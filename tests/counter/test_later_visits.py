"""Later visits of an order: what earlier ones paid, spent and began stays true whatever this one does."""

import json
from uuid import uuid4

import pytest

from pos_client.app import Till
from pos_client.domain.loyalty import CouponState, QuoteSource
from pos_client.domain.money import ZERO, Money
from pos_client.domain.sale import LoyaltyPath, Stage
from pos_client.ports import Service
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, RICH, Time, deliver, receipts, sold

BEGINNER = "48211446"
"""A member whose first shipment is 30 % cheaper."""
PARTLY_PAID = "1106321645"
"""4 000,00, of which another office took 2 000,00."""
CREATE = "Offline.CreateAuthorizedOrder"


async def test_points_never_ask_for_money_to_be_given_back(till: Till, shop: Shop, clock: Time) -> None:
    sale = await sold(till, RICH, PARTLY_PAID, points=True)
    assert sale.quote is not None
    assert (sale.stage, sale.taken, sale.quote.points_off) == (Stage.DONE, ZERO, Money(200000))
    await deliver(till, clock)
    assert till.outside.outbox.summary().count == 0
    assert len(shop.payments(PARTLY_PAID)) == 2


async def test_a_promotion_larger_than_the_rest_leaves_an_order_that_can_be_paid(
    till: Till, shop: Shop, clock: Time
) -> None:
    await sold(till, C2C, part=Money(480000))
    await deliver(till, clock)
    sale = await sold(till, BEGINNER, C2C)
    assert (sale.stage, sale.taken) == (Stage.DONE, Money(19000))
    await deliver(till, clock)
    assert till.outside.outbox.summary().count == 0
    # Both are paid at acceptance, before the delivery: two prepayments.
    assert receipts(shop) == [480000, 19000]


async def test_a_rest_costs_what_processing_knows_of_an_order_sold_offline(till: Till, shop: Shop, clock: Time) -> None:
    shop.faults.set(Fault("processing", "refuse", times=None))
    await sold(till, BEGINNER, C2C, part=Money(200000))
    shop.faults.lift()
    await deliver(till, clock)
    till.health.called(Service.PROCESSING, works=True, error=None)
    sale = await sold(till, BEGINNER, C2C)
    assert sale.taken == Money(299000)
    await deliver(till, clock)
    [order] = [order for order in shop.loyalty_orders() if order.order_id == sale.loyalty.order_id]
    assert (order.status, order.total) == ("Paid", 499000)


async def test_a_discount_found_by_a_later_visit_is_told_to_processing_before_money_is_taken(
    till: Till, shop: Shop, clock: Time
) -> None:
    first = await sold(till, ANNA, C2C, part=Money(200000))
    await deliver(till, clock)
    sale = await sold(till, BEGINNER, C2C)
    # The order is another customer's: processing says no, and nobody gets a discount that it does not know of.
    assert (sale.stage, sale.due) == (Stage.OPEN, Money(299000))
    await till.desk.pay(sale.due, sale.due)
    await deliver(till, clock)
    [order] = [order for order in shop.loyalty_orders() if order.order_id == first.loyalty.order_id]
    assert (order.status, order.total) == ("Paid", 499000)


async def test_a_late_restore_does_not_take_the_payment_of_an_order_back(till: Till, shop: Shop, clock: Time) -> None:
    before = shop.balance(ANNA)
    first = await sold(till, ANNA, C2C, part=Money(200000))
    await deliver(till, clock)
    shop.faults.set(Fault("processing", "lose-answer", CREATE, times=2))
    sale = await sold(till, ANNA, C2C, points=True)
    assert (sale.stage, sale.loyalty.path) == (Stage.OPEN, LoyaltyPath.CARRIED)
    await till.desk.pay(sale.due, sale.due)
    await deliver(till, clock)
    assert first.loyalty.promised is not None
    after = shop.balance(ANNA)
    assert (after.available, after.blocked) == (before.available + first.loyalty.promised.count, before.blocked)


async def test_points_that_are_coming_back_are_not_spent_on_the_same_order_meanwhile(
    till: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    first = await sold(till, ANNA, C2C, part=Money(200000))
    await deliver(till, clock)
    shop.faults.set(Fault("register", "paper-out", times=None))
    await sold(till, ANNA, C2C, points=True)
    await till.desk.cancel()
    shop.faults.lift()
    await till.desk.scanned(C2C)
    await till.desk.scanned(ANNA)
    await till.desk.redeem(None)
    sale = till.desk.state.sale
    assert sale is not None
    assert (sale.due, sale.trouble is not None) == (Money(299000), True)
    await till.desk.pay(sale.due, sale.due)
    await deliver(till, clock)
    assert first.loyalty.promised is not None
    after = shop.balance(ANNA)
    assert (after.available, after.blocked) == (before.available + first.loyalty.promised.count, before.blocked)


async def paid_in_part_with_a_coupon(till: Till) -> None:
    for scan in (ANNA, C2C):
        await till.desk.scanned(scan)
    await till.desk.loyalty.coupon("SPRING10")
    await sold(till, part=Money(200000))


@pytest.mark.parametrize("told", [True, False])
async def test_the_coupon_of_an_earlier_visit_stays_in_the_price_of_the_next(
    till: Till,
    shop: Shop,
    clock: Time,
    told: bool,  # noqa: FBT001 - pytest names it
) -> None:
    await paid_in_part_with_a_coupon(till)
    if told:
        await deliver(till, clock)
    for scan in (ANNA, C2C):
        await till.desk.scanned(scan)
    await till.desk.loyalty.coupon("spring10")
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.quote is not None
    assert (sale.quote.source, sale.due) == (QuoteSource.LIVE, Money(454000 - 200000))
    assert [(one.code, one.state) for one in sale.quote.coupons] == [("SPRING10", CouponState.APPLIED)]
    await sold(till, points=True)
    await deliver(till, clock)
    [order] = [order for order in shop.loyalty_orders() if order.order_id == C2C]
    assert (order.status, order.spent, receipts(shop)) == ("Paid", 620, [200000, 454000 - 200000 - 62000])
    assert [one.get("coupons") for one in shop.payments(C2C)] == [["SPRING10"], None]


async def test_a_restored_order_keeps_the_coupon_of_its_earlier_visit(till: Till, shop: Shop, clock: Time) -> None:
    await paid_in_part_with_a_coupon(till)
    await deliver(till, clock)
    shop.faults.set(Fault("processing", "lose-answer", CREATE, times=2))
    sale = await sold(till, ANNA, C2C, points=True)
    assert (sale.stage, sale.loyalty.path) == (Stage.OPEN, LoyaltyPath.CARRIED)
    await till.desk.pay(sale.due, sale.due)
    await deliver(till, clock)
    [order] = [order for order in shop.loyalty_orders() if order.order_id == C2C]
    assert (order.status, order.total, order.spent) == ("Paid", 454000, 0)


async def test_a_visit_that_waits_in_the_queue_stands_beside_one_of_another_till(
    till: Till, shop: Shop, clock: Time
) -> None:
    await sold(till, ANNA, C2C, points=True, part=Money(200000))
    elsewhere = {
        "visit_id": str(uuid4()).upper(),
        "paid_at": clock().isoformat(),
        "office": "NSK1",
        "tenders": [{"type": "CARD", "sum": 1000.0}],
        "discount": 700.0,
        "points_spent": 700,
        "loyalty_order": C2C,
        "receipt": {"document_number": 17},
    }
    shop.counter.record(C2C, "elsewhere", str(elsewhere["visit_id"]), json.dumps(elsewhere))
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.order is not None
    assert (sale.order.paid, sale.order.discounted, sale.order.points_spent.count) == (
        Money(300000),
        Money(132000),
        1320,
    )
