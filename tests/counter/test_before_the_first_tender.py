"""The last look before money is taken: what happened to the order at another till, or to its price, is seen in time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, SETTINGS, Time, deliver, open_till, receipts, sold

WHOLE = Money(499000)


@pytest.fixture
async def other(shop: Shop, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    """Another till of the same office."""
    settings = SETTINGS.model_copy(update={"till": SETTINGS.till.model_copy(update={"number": "2"})})
    folder = tmp_path / "other"
    folder.mkdir()
    async with open_till(shop, folder, clock, settings=settings) as till:
        yield till


def told(till: Till) -> Trouble:
    notice = till.desk.state.notice
    assert notice is not None
    return notice


def on_counter(till: Till) -> Sale:
    sale = till.desk.state.sale
    assert sale is not None, till.desk.state.notice
    return sale


async def some_time_later(clock: Time) -> None:
    await clock.sleep(3)


async def test_an_order_paid_elsewhere_a_moment_ago_is_not_paid_twice(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await till.desk.scanned(C2C)
    await sold(other, C2C)
    await deliver(other, clock)
    await some_time_later(clock)
    await till.desk.pay(WHOLE, WHOLE)
    assert receipts(shop) == [499000]
    assert told(till).what == "Пока заказ был на экране, его оплатили на другой кассе."
    assert "Второй раз" in told(till).money


async def test_a_part_paid_elsewhere_a_moment_ago_leaves_only_the_rest_to_pay(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await till.desk.scanned(C2C)
    await sold(other, C2C, part=Money(100000))
    await deliver(other, clock)
    await some_time_later(clock)
    await till.desk.pay(WHOLE, WHOLE)
    assert (on_counter(till).stage, on_counter(till).due, receipts(shop)) == (Stage.OPEN, Money(399000), [100000])
    assert "оплатили часть" in told(till).what
    assert "3 990,00" in told(till).action.replace("\xa0", " ")


async def test_an_order_returned_elsewhere_a_moment_ago_takes_no_money(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await sold(other, C2C, part=Money(100000))
    await deliver(other, clock)
    await till.desk.scanned(C2C)
    await other.desk.refunds.open(C2C)
    await other.desk.refunds.confirm()
    await other.desk.refunds.handed_out()
    await some_time_later(clock)
    await till.desk.pay(Money(399000), Money(399000))
    assert (on_counter(till).stage, receipts(shop)) == (Stage.OPEN, [100000])
    assert told(till).what.startswith("Пока заказ был на экране, его вернули: ")
    assert "касса 2" in told(till).what


async def test_a_price_that_changed_a_moment_ago_is_asked_for_anew(till: Till, shop: Shop, clock: Time) -> None:
    await till.desk.scanned(C2C)
    shop.weigh_again(C2C, 9000, 600000)
    await some_time_later(clock)
    await till.desk.pay(WHOLE, WHOLE)
    assert (on_counter(till).stage, on_counter(till).due, receipts(shop)) == (Stage.OPEN, Money(649000), [])
    assert told(till).what.replace("\xa0", " ") == (
        "Пока заказ был на экране, его цена изменилась: к оплате было 4 990,00 ₽, теперь 6 490,00 ₽."
    )
    await till.desk.pay(Money(649000), Money(649000))
    assert receipts(shop) == [649000]


async def test_a_silent_order_service_lets_the_sale_go_on(till: Till, shop: Shop, clock: Time) -> None:
    await till.desk.scanned(C2C)
    await some_time_later(clock)
    shop.faults.set(Fault("orders", "refuse", times=None))
    await till.desk.pay(WHOLE, WHOLE)
    assert receipts(shop) == [499000]


async def test_an_order_that_was_read_this_moment_is_not_read_again(till: Till, shop: Shop) -> None:
    await till.desk.scanned(C2C)
    asked = len(shop.calls("orders"))
    await till.desk.pay(WHOLE, WHOLE)
    assert receipts(shop) == [499000]
    assert len(shop.calls("orders")) == asked


async def test_a_look_that_takes_long_is_not_waited_for(till: Till, shop: Shop, clock: Time) -> None:
    await till.desk.scanned(C2C)
    await some_time_later(clock)
    shop.faults.set(Fault("orders", "hang", times=None))
    async with asyncio.timeout(4):
        await till.desk.pay(WHOLE, WHOLE)
    assert receipts(shop) == [499000]


async def test_a_visit_begun_before_the_order_was_returned_takes_no_more_money(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await sold(other, C2C, part=Money(100000))
    await deliver(other, clock)
    await till.desk.scanned(C2C)
    await till.desk.tenders.pay_plan([TenderWish(TenderKind.CASH, Money(200000))])  # not counted yet
    await other.desk.refunds.open(C2C)
    await other.desk.refunds.confirm()
    await other.desk.refunds.handed_out()
    await some_time_later(clock)
    await till.desk.tenders.cash(Money(200000))
    assert (on_counter(till).stage, receipts(shop)) == (Stage.PAYING, [100000])
    assert "вернули" in told(till).what


async def test_a_visit_given_up_leaves_the_points_of_the_one_that_paid_meanwhile(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    for desk in (till.desk, other.desk):
        await desk.scanned(ANNA)
        await desk.scanned(C2C)
    await other.desk.tenders.pay_plan([TenderWish(TenderKind.CASH, WHOLE)])  # not counted yet
    await sold(till)
    await deliver(till, clock)
    stands = shop.balance(ANNA)
    await clock.sleep(3)
    await other.desk.tenders.cash(WHOLE)
    assert "на другой кассе" in told(other).what
    await other.desk.cancel()
    await deliver(other, clock)
    [order] = [one for one in shop.loyalty_orders() if one.order_id == C2C]
    assert (shop.balance(ANNA), order.status, other.desk.state.entries) == (stands, "Paid", ())
