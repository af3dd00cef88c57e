"""An order that turned out heavier than declared: the difference is due, and points are earned by the new price."""

import pytest

from pos_client.app import Till
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import Order
from pos_client.domain.receipt import PaymentSign, Settlement
from pos_client.domain.sale import LoyaltyPath, Sale, Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, Time, deliver, receipts, sold

HEAVIER = 600000
"""Kopecks of delivery after the second weighing."""
PAID_PARTLY = "1106321645"
"""It waits here; 2 000 roubles of it were prepaid in another office."""


def on_counter(till: Till) -> Sale:
    sale = till.desk.state.sale
    assert sale is not None
    return sale


def order_of(till: Till) -> Order:
    order = on_counter(till).order
    assert order is not None
    return order


async def test_an_order_says_what_was_declared_and_what_was_measured(till: Till, shop: Shop) -> None:
    await till.desk.scanned(C2C)
    declared = order_of(till).declared_grams
    assert declared == order_of(till).weight_grams
    shop.weigh_again(C2C, declared + 1500, HEAVIER)
    await till.desk.scanned(C2C)
    assert (order_of(till).declared_grams, order_of(till).overweight_grams) == (declared, 1500)
    assert order_of(till).added == ZERO


async def test_after_a_second_weighing_the_difference_is_due_and_the_earning_is_corrected(
    till: Till, shop: Shop, clock: Time
) -> None:
    first = await sold(till, ANNA, C2C, part=Money(200000))
    await deliver(till, clock)
    (before,) = [one for one in shop.loyalty_orders() if one.order_id == C2C]
    total = on_order(first).total
    shop.weigh_again(C2C, 9000, HEAVIER)
    await till.desk.scanned(ANNA)
    await till.desk.scanned(C2C)
    sale = on_counter(till)
    assert order_of(till).added == order_of(till).total - total
    assert order_of(till).added > ZERO
    assert (sale.due, sale.loyalty.path) == (order_of(till).total - Money(200000), LoyaltyPath.LIVE)
    await till.desk.pay(sale.due, sale.due)
    await deliver(till, clock)
    (after,) = [one for one in shop.loyalty_orders() if one.order_id == C2C]
    assert (after.status, after.total) == ("Paid", order_total(shop))
    assert after.earned > before.earned
    assert receipts(shop) == [200000, sale.due.kopecks]


def on_order(sale: Sale) -> Order:
    assert sale.order is not None
    return sale.order


def order_total(shop: Shop) -> int:
    return sum(document.total for document in shop.fiscal_documents() if document.type == "sell")


async def test_without_processing_the_heavier_order_is_paid_on_and_accrues_once(
    till: Till, shop: Shop, clock: Time
) -> None:
    await sold(till, ANNA, C2C, part=Money(200000))
    await deliver(till, clock)
    shop.weigh_again(C2C, 9000, HEAVIER)
    shop.faults.set(Fault("processing", "refuse", times=None))
    sale = await sold(till, ANNA, C2C)
    assert (sale.stage, sale.loyalty.path) == (Stage.DONE, LoyaltyPath.CARRIED)
    shop.faults.lift()
    await deliver(till, clock)
    assert [one.status for one in shop.loyalty_orders() if one.order_id.startswith(C2C)] == ["Paid"]


async def test_a_weighing_between_the_look_and_the_payment_is_asked_for_before_the_first_tender(
    till: Till, shop: Shop, clock: Time
) -> None:
    await till.desk.scanned(C2C)
    due = on_counter(till).due
    shop.weigh_again(C2C, 9000, HEAVIER)
    await clock.sleep(600)
    await till.desk.pay(due, due)
    assert (on_counter(till).stage, receipts(shop)) == (Stage.OPEN, [])
    assert on_counter(till).due > due


async def test_a_second_weighing_after_the_full_settlement_is_settled_by_the_difference_alone(
    till: Till, shop: Shop, clock: Time
) -> None:
    await sold(till, PAID_PARTLY)
    # Once as this till remembers its own visit, and once as the order service tells it.
    for delivery, told in ((HEAVIER, False), (2 * HEAVIER, True)):
        shop.weigh_again(PAID_PARTLY, 9000, delivery)
        sale = await sold(till, PAID_PARTLY)
        assert sale.fiscal is not None, told
        made = sale.fiscal.receipt
        assert (made.total, {line.settlement for line in made.lines}) == (sale.taken, {Settlement.FULL})
        assert [payment.sign for payment in made.payments] == [PaymentSign.CASH]
        assert sum(receipts(shop)) == on_order(sale).total.kopecks
        await deliver(till, clock)


def test_there_is_nothing_to_weigh_that_is_not_there(shop: Shop) -> None:
    with pytest.raises(LookupError):
        shop.weigh_again("0", 1, 1)
