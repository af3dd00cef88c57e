"""Creating the order, where points are spent: what each outcome of processing means for the sale and its receipt."""

import json

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money, Points
from pos_client.domain.sale import LoyaltyPath, Sale, Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, Time, deliver, receipts, sold

CREATE, CANCEL, OFFLINE = "Offline.CreateAuthorizedOrder", "Offline.ChangeStatus", "Offline.SaveOfflineOrder"
FULL, REDUCED = 499000, 499000 - 62000


def transactions(shop: Shop) -> list[str]:
    return [call.query["transactionId"] for call in shop.calls("processing", CREATE)]


async def paid_after_all(till: Till) -> Sale:
    """The cashier tells the customer the full price, and the customer pays it."""
    sale = till.desk.state.sale
    assert sale is not None
    assert (sale.stage, sale.due) == (Stage.OPEN, Money(FULL))
    assert sale.trouble is not None
    await till.desk.pay(sale.due, sale.due)
    last = till.desk.state.last
    assert last is not None
    return last


async def test_a_created_order_goes_on_to_payment(till: Till, shop: Shop, clock: Time) -> None:
    sale = await sold(till, ANNA, C2C, points=True)
    assert (sale.stage, sale.loyalty.path, receipts(shop)) == (Stage.DONE, LoyaltyPath.LIVE, [REDUCED])
    await deliver(till, clock)
    (order,) = [one for one in shop.loyalty_orders() if one.order_id == C2C]
    assert (order.status, order.spent) == ("Paid", 620)


async def test_a_duplicate_is_success_with_the_numbers_of_the_preorder(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "lose-answer", CREATE))
    sale = await sold(till, ANNA, C2C, points=True)
    assert (sale.loyalty.path, receipts(shop)) == (LoyaltyPath.LIVE, [REDUCED])
    assert sale.quote is not None
    assert sale.quote.points == Points(620)
    assert len(transactions(shop)) == 2
    assert len(set(transactions(shop))) == 1
    assert shop.balance(ANNA).available == 0


async def test_a_rejected_create_stays_in_the_basket_and_shows_the_words(till: Till, shop: Shop) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", "refused", CREATE))
    await sold(till, ANNA, C2C, points=True)
    sale = till.desk.state.sale
    assert sale is not None
    assert (sale.stage, receipts(shop), shop.balance(ANNA)) == (Stage.OPEN, [], before)
    assert sale.trouble is not None


async def test_a_changed_price_is_asked_anew_confirmed_and_created_under_a_new_transaction(
    till: Till, shop: Shop
) -> None:
    shop.faults.set(Fault("processing", "price-changed", CREATE))
    await sold(till, ANNA, C2C, points=True)
    sale = till.desk.state.sale
    assert sale is not None
    assert (sale.stage, receipts(shop)) == (Stage.OPEN, [])
    assert sale.trouble is not None
    await till.desk.pay(sale.due, sale.due)
    assert receipts(shop) == [REDUCED]
    assert len(set(transactions(shop))) == 2


@pytest.mark.parametrize(
    "kind", ["personal-unavailable", "discounts-unavailable", "protocol-400", "http-429", "http-503", "http-500"]
)
async def test_without_a_created_order_no_points_are_spent_and_the_accrual_comes_by_the_offline_order(
    till: Till, shop: Shop, clock: Time, kind: str
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", kind, CREATE, times=None, seconds=0))
    await sold(till, ANNA, C2C, points=True)
    sale = await paid_after_all(till)
    assert (sale.loyalty.path, receipts(shop)) == (LoyaltyPath.OFFLINE, [FULL])
    shop.faults.lift()
    await deliver(till, clock)
    (saved,) = shop.calls("processing", OFFLINE)
    assert "bonusPoints" not in json.loads(saved.body)["order"]
    assert shop.balance(ANNA).available > before.available


@pytest.mark.parametrize("kind", ["lose-answer", "hang", "drop"])
async def test_a_create_of_unknown_outcome_is_cancelled_and_the_sale_is_saved_under_another_id(
    till: Till, shop: Shop, clock: Time, kind: str
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", kind, CREATE, times=2))
    await sold(till, ANNA, C2C, points=True)
    assert len(set(transactions(shop))) == 1
    sale = await paid_after_all(till)
    assert (sale.loyalty.abandoned, receipts(shop)) == ((C2C,), [FULL])
    await deliver(till, clock)
    orders = {one.order_id: one for one in shop.loyalty_orders() if one.order_id.startswith(C2C)}
    assert orders.pop(C2C).status == "Cancelled"
    (offline,) = orders.values()
    assert (offline.status, offline.spent) == ("Paid", 0)
    assert shop.balance(ANNA).available == before.available + offline.earned


async def test_the_cancel_of_a_create_that_never_landed_is_sent_until_it_cannot_land_any_more(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.processing.remember_cancelled = False
    shop.faults.set(Fault("processing", "drop", CREATE, times=2))
    await sold(till, ANNA, C2C, points=True)
    began = clock.now
    await deliver(till, clock)
    answers = [call.status for call in shop.calls("processing", CANCEL)]
    assert set(answers) == {400}
    assert (clock.now - began).total_seconds() >= 240
