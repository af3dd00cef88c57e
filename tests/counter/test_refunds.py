"""Refunds at the counter: everything goes back, once, and whoever tries again is told so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pos_client.adapters.journal import SqliteJournal
from pos_client.app import Till
from pos_client.counter.state import WaitFor
from pos_client.domain.debts import DebtState
from pos_client.domain.money import Money
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, COINS, SETTINGS, Time, deliver, open_till, sold

CARD_PAID = "1100285492"
PARTLY_BY_CARD = "1106321645"
GOODS = "1105660806"
CLAIM = "refund-claim"


@pytest.fixture
async def other(shop: Shop, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    """Another till of the same office."""
    settings = SETTINGS.model_copy(update={"till": SETTINGS.till.model_copy(update={"number": "2"})})
    folder = tmp_path / "other"
    folder.mkdir()
    async with open_till(shop, folder, clock, settings=settings) as till:
        yield till


async def paid(till: Till, clock: Time, *scans: str, points: bool = False, part: Money | None = None) -> None:
    await sold(till, *scans, points=points, part=part)
    await deliver(till, clock)


async def refunded(till: Till, order: str) -> None:
    await till.desk.refunds.open(order)
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()


def sold_lately(till: Till) -> list[str]:
    return [sale.order.number for sale in till.desk.state.recent if sale.order is not None]


def shown(till: Till) -> Refund:
    page = till.desk.state.refund
    assert page is not None, till.desk.state.notice
    return page.refund


def told(till: Till) -> str:
    notice = till.desk.state.notice
    assert notice is not None
    return notice.what


def tasks(shop: Shop, kind: str = "sellReturn") -> list[dict[str, Any]]:
    return [document.task for document in shop.fiscal_documents() if document.type == kind]


def totals(shop: Shop) -> list[int]:
    return [document.total for document in shop.fiscal_documents() if document.type == "sellReturn"]


def held_by(shop: Shop, order: str) -> str:
    held = shop.refund(order)
    return "" if held is None else f"{held['state']} {held['till']}"


async def test_the_last_sales_are_read_when_the_order_is_asked_for_and_not_at_every_change(
    till: Till, clock: Time
) -> None:
    await paid(till, clock, C2C)
    await paid(till, clock, COINS)
    assert sold_lately(till) == []
    till.desk.refunds.recall()
    assert sold_lately(till) == [COINS, C2C]


async def test_a_paid_order_goes_back_in_three_gestures(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    drawer = shop.register.device.drawer()
    desk = till.desk
    await desk.refunds.open(C2C)
    assert (shown(till).amount, shown(till).paid.cash, shown(till).stage) == (
        Money(499000),
        Money(499000),
        RefundStage.OPEN,
    )
    assert (shop.refund(C2C), shop.register.device.drawer()) == (None, drawer)
    await desk.refunds.confirm()
    assert shown(till).stage is RefundStage.HANDING_OUT
    assert (totals(shop), shop.register.device.drawer()) == ([499000], drawer - 499000)
    await desk.refunds.handed_out()
    await deliver(till, clock)
    state = desk.state
    assert (state.refund, state.notice, state.queue.count, state.unfinished_refunds) == (None, None, 0, ())
    assert state.last_refund is not None
    assert state.last_refund.stage is RefundStage.DONE
    assert held_by(shop, C2C) == "DONE 1"


async def test_points_spent_come_back_and_points_earned_are_taken(till: Till, shop: Shop, clock: Time) -> None:
    before = shop.balance(ANNA)
    await paid(till, clock, ANNA, C2C, points=True)
    now = shop.balance(ANNA).available
    await till.desk.refunds.open(C2C)
    page = till.desk.state.refund
    assert page is not None
    assert page.points.taken is not None
    assert page.points.taken.count > 0
    assert now + page.points.returned.count - page.points.taken.count == before.available
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()
    await deliver(till, clock)
    after = shop.balance(ANNA)
    assert (after.available, after.blocked) == (before.available, before.blocked)


async def test_a_return_copies_the_lines_of_the_receipt(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, ANNA, GOODS, points=True)
    await refunded(till, GOODS)
    (sale,), (back,) = tasks(shop, "sell"), tasks(shop)
    lines = [[one for one in task["items"] if one["type"] == "position"] for task in (sale, back)]
    assert lines[0] == lines[1]
    assert any("supplierInfo" in line for line in lines[1])
    assert [payment["type"] for payment in back["payments"]] == ["cash"]


async def test_goods_go_back_by_the_agent_who_sold_them_also_where_the_register_is_another(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    await paid(till, clock, GOODS)
    section = SETTINGS.cash_register.model_copy(update={"agent": "commissionAgent"})
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere = SETTINGS.model_copy(update={"cash_register": section})
    async with open_till(shop, folder, clock, settings=elsewhere) as other:
        await refunded(other, GOODS)
    agents = [one["agentInfo"]["agents"] for one in tasks(shop)[0]["items"] if "agentInfo" in one]
    assert agents
    assert all(signs == ["another"] for signs in agents)


async def test_an_order_paid_in_parts_goes_back_as_a_whole_with_one_receipt(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, COINS, part=Money(11111))
    await paid(other, clock, COINS)
    await refunded(till, COINS)
    assert totals(shop) == [41160]
    assert {one["paymentMethod"] for one in tasks(shop)[0]["items"] if one["type"] == "position"} == {"prepayment"}


async def test_a_partly_paid_order_returns_everything_paid_so_far(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, COINS, part=Money(11111))
    await paid(till, clock, COINS, part=Money(5000))
    await refunded(till, COINS)
    assert totals(shop) == [16111]
    positions = [one for one in tasks(shop)[0]["items"] if one["type"] == "position"]
    assert {(one["paymentMethod"], one["tax"]["type"]) for one in positions} == {("prepayment", "vat122")}


async def test_a_second_try_is_told_when_where_and_by_which_receipt(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C)
    await refunded(till, C2C)
    await deliver(till, clock)
    number = next(document.fd for document in shop.fiscal_documents() if document.type == "sellReturn")
    for again in (till, other):
        await again.desk.refunds.open(C2C)
        assert told(again).startswith(f"Уже возвращено {clock.now.astimezone():%d.%m}")
        assert told(again).endswith(f"касса 1 (MSK548), чек № {number}.")
        assert again.desk.state.refund is None
    assert totals(shop) == [499000]


async def test_a_refund_under_way_elsewhere_is_told_so(till: Till, other: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    await other.desk.refunds.open(C2C)
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    await other.desk.refunds.confirm()
    assert told(other).startswith("Возврат уже начат")
    assert (other.desk.state.refund, totals(shop)) == (None, [499000])
    assert other.outside.refund_book.open_refunds() == ()


@pytest.mark.parametrize("kind", ["refuse", "drop", "http-503", "hang"])
async def test_offline_nothing_is_begun_and_the_reason_is_said(till: Till, shop: Shop, clock: Time, kind: str) -> None:
    await paid(till, clock, C2C)
    shop.faults.set(Fault("orders", "refuse", times=None))
    shop.faults.set(Fault("counter", kind, times=None))
    await till.desk.refunds.open(C2C)
    shop.faults.lift()
    assert told(till).startswith("Без связи возврат не проводится")
    assert (till.desk.state.refund, shop.refund(C2C), totals(shop)) == (None, None, [])


async def test_a_claim_that_surely_did_not_leave_keeps_the_page_and_holds_nothing(
    till: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    fault = shop.faults.set(Fault("counter", "refuse", CLAIM, times=None))
    await till.desk.refunds.confirm()
    assert told(till).startswith("Без связи возврат не проводится")
    assert (shown(till).stage, till.desk.refunds.here.in_the_way) == (RefundStage.OPEN, None)
    assert till.outside.outbox.summary().count == 0
    shop.faults.lift(fault.id)
    await till.desk.refunds.confirm()
    assert totals(shop) == [499000]


@pytest.mark.parametrize("kind", ["lose-answer", "drop", "malformed-json", "http-500", "http-502-empty"])
async def test_a_claim_without_an_answer_is_asked_again_and_holds_the_order_once(
    till: Till, shop: Shop, clock: Time, kind: str
) -> None:
    await paid(till, clock, C2C)
    shop.faults.set(Fault("counter", kind, CLAIM, times=2))
    await refunded(till, C2C)
    assert (totals(shop), held_by(shop, C2C)) == ([499000], "CLAIMED 1")
    await deliver(till, clock)
    assert held_by(shop, C2C) == "DONE 1"


async def test_a_claim_that_nobody_confirms_can_be_given_up_and_the_order_is_free_again(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    fault = shop.faults.set(Fault("counter", "lose-answer", CLAIM, times=None))
    await till.desk.refunds.confirm()
    trouble = shown(till).trouble
    assert trouble is not None
    assert (trouble.what, shown(till).stage) == ("Не удалось узнать, разрешён ли возврат.", RefundStage.CLAIMING)
    assert held_by(shop, C2C) == "CLAIMED 1"
    shop.faults.lift(fault.id)
    await till.desk.refunds.close()
    await deliver(till, clock)
    assert (till.desk.state.refund, shop.refund(C2C), totals(shop)) == (None, None, [])
    await refunded(other, C2C)
    assert totals(shop) == [499000]


async def test_a_service_that_says_no_leaves_nothing_behind(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    shop.faults.set(Fault("counter", "refused", CLAIM))
    await till.desk.refunds.confirm()
    assert told(till) == "Отказ по требованию учебного магазина"
    assert (till.desk.state.refund, shop.refund(C2C), totals(shop)) == (None, None, [])
    assert till.outside.refund_book.open_refunds() == ()


async def test_a_payment_that_came_meanwhile_stops_the_refund(till: Till, other: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C, part=Money(100000))
    await till.desk.refunds.open(C2C)
    await paid(other, clock, C2C)
    await till.desk.refunds.confirm()
    assert told(till) == "Пока страница была открыта, по заказу прошла ещё одна оплата."
    assert (till.desk.state.refund, shop.refund(C2C), totals(shop)) == (None, None, [])
    await refunded(till, C2C)
    assert totals(shop) == [499000]


async def test_a_payment_of_this_till_that_has_not_arrived_is_waited_for(till: Till, shop: Shop, clock: Time) -> None:
    await sold(till, C2C)
    await till.desk.refunds.open(C2C)
    assert told(till) == "Оплата этого заказа ещё не дошла до сервиса заказов."
    assert till.desk.state.refund is None
    await deliver(till, clock)
    await refunded(till, C2C)
    assert totals(shop) == [499000]


async def test_a_register_without_an_answer_is_asked_and_prints_once(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    shop.faults.set(Fault("register", "lose-answer", "sellReturn"))
    shop.faults.set(Fault("register", "drop", "poll", times=3))
    await refunded(till, C2C)
    assert (totals(shop), till.desk.state.notice) == ([499000], None)


async def test_while_nobody_knows_of_the_receipt_no_second_one_goes_out_and_nothing_is_given_up(
    till: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    await till.desk.register.look()
    shop.faults.set(Fault("register", "lose-answer", "sellReturn"))
    polls = shop.faults.set(Fault("register", "http-500", "poll", times=None))
    await till.desk.refunds.confirm()
    trouble = shown(till).trouble
    assert trouble is not None
    assert trouble.what.startswith("Не удалось узнать, пробит ли чек возврата.")
    await till.desk.refunds.close()
    assert told(till).startswith("От этого возврата уже нельзя отказаться")
    await till.desk.scanned(COINS)
    assert told(till) == "Сначала закончим этот возврат."
    shop.faults.lift(polls.id)
    await till.desk.refunds.recheck()
    assert (shown(till).stage, totals(shop)) == (RefundStage.HANDING_OUT, [499000])


async def test_a_printer_out_of_paper_gives_no_money_and_can_be_left_or_repaired(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C)
    drawer = shop.register.device.drawer()
    await till.desk.refunds.open(C2C)
    shop.faults.set(Fault("register", "paper-out", "sellReturn"))
    await till.desk.refunds.confirm()
    trouble = shown(till).trouble
    assert trouble is not None
    assert trouble.money == "Чек возврата не пробит. Деньги клиенту не выдавайте."
    await till.desk.refunds.close()
    await deliver(till, clock)
    assert (shop.refund(C2C), totals(shop), shop.register.device.drawer()) == (None, [], drawer)
    await refunded(other, C2C)
    assert (totals(shop), shop.register.device.drawer()) == ([499000], drawer - 499000)


async def test_a_drawer_that_is_too_empty_gives_nothing(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    drawer = shop.register.device.drawer()
    shop.register.device.perform({"type": "cashOut", "cashSum": (drawer - 1000) / 100})
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    trouble = shown(till).trouble
    assert trouble is not None
    assert (trouble.what, totals(shop)) == ("В денежном ящике кассы не хватает наличных.", [])
    shop.register.device.perform({"type": "cashIn", "cashSum": 5000.0})
    await till.desk.refunds.recheck()
    assert totals(shop) == [499000]


async def test_a_silent_register_is_found_out_before_the_order_is_claimed(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    shop.faults.set(Fault("register", "refuse", times=None))
    await till.desk.refunds.confirm()
    assert (shown(till).stage, shop.refund(C2C)) == (RefundStage.OPEN, None)
    assert told(till)


async def test_what_a_card_paid_does_not_leave_the_drawer(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, PARTLY_BY_CARD)
    for order in (CARD_PAID, PARTLY_BY_CARD):
        await till.desk.refunds.open(order)
        assert told(till) == "Заказ оплачен не наличными, а какой операцией, не записано: отсюда деньги не вернуть."
    assert (till.desk.state.refund, totals(shop)) == (None, [])


async def test_an_unpaid_order_has_nothing_to_give_back(till: Till) -> None:
    await till.desk.refunds.open(C2C)
    assert told(till) == "По этому заказу ничего не оплачено: возвращать нечего."


async def test_a_refunded_order_takes_no_more_money(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C, part=Money(100000))
    await refunded(till, C2C)
    await till.desk.scanned(C2C)
    assert told(till).startswith("Возврат уже начат")
    await deliver(till, clock)
    await till.desk.scanned(C2C)
    assert told(till).startswith("Уже возвращено")
    assert len(shop.payments(C2C)) == 1


async def test_the_receipt_of_a_sale_opens_its_refund_and_that_of_the_return_says_already(
    till: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C)
    await till.desk.scanned(next(one.qr for one in shop.fiscal_documents() if one.type == "sell"))
    assert shown(till).number == C2C
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()
    await deliver(till, clock)
    await till.desk.scanned(next(one.qr for one in shop.fiscal_documents() if one.type == "sellReturn"))
    assert told(till).startswith("Уже возвращено")


async def test_a_receipt_of_this_till_is_found_by_its_document_number(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    [document] = [one.fd for one in shop.fiscal_documents() if one.type == "sell"]
    await till.desk.refunds.open(f" {document} ")
    assert shown(till).number == C2C


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("39096", "Чек продажи ФД 39096 у этой кассы не найден."),
        ("7", "Чек продажи ФД 7 у этой кассы не найден."),
        ("SUMMER26", "Это не номер заказа и не чек."),
        ("²", "Это не номер заказа и не чек."),
    ],
)
async def test_what_names_no_order_to_be_refunded_is_answered_in_words_of_a_refund(
    till: Till, clock: Time, typed: str, words: str
) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(typed)
    notice = till.desk.state.notice
    assert notice is not None
    assert (notice.what, till.desk.state.refund) == (words, None)
    assert "F9" in notice.action
    assert "CDEK ID" not in notice.action


async def test_a_receipt_of_another_shop_finds_nothing_and_leaves_the_sale(till: Till) -> None:
    await till.desk.scanned(C2C)
    before = till.desk.state.sale
    await till.desk.scanned("t=20260115T1033&s=1804.00&fn=9999078900001341&i=39090&fp=3635260533&n=1")
    assert (told(till), till.desk.state.sale) == ("По этому чеку заказ не нашёлся.", before)


async def test_one_line_is_refused_with_the_reason(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    till.desk.refunds.one_line()
    assert told(till) == "Одну строку заказа вернуть нельзя: услуги возвращаются только вместе."
    assert shop.refund(C2C) is None


async def test_a_page_that_was_only_read_makes_room_for_a_sale(till: Till, clock: Time) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    await till.desk.scanned(COINS)
    state = till.desk.state
    assert (state.refund, state.unfinished_refunds) == (None, ())
    assert state.sale is not None


async def test_a_sale_that_has_begun_keeps_the_counter(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    shop.faults.set(Fault("register", "paper-out", "sell"))
    await sold(till, COINS)
    await till.desk.refunds.open(C2C)
    assert till.desk.state.refund is None
    assert till.desk.state.sale is not None
    assert till.desk.state.sale.stage is Stage.FISCALISING


async def test_an_order_whose_refund_was_begun_here_is_not_said_to_be_at_another_till(
    till: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C)
    shop.faults.set(Fault("register", "paper-out", "sellReturn"))
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    till.desk.refunds.set_aside()
    await till.desk.scanned(C2C)
    notice = till.desk.state.notice
    assert notice is not None
    assert notice.what == "Возврат этого заказа начат здесь и не закончен."
    assert notice.action == "Он на первом экране: «Проверить и довести»."


async def test_a_scan_during_a_refund_is_not_told_to_set_aside_what_cannot_be(
    till: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    await till.desk.register.look()
    shop.faults.set(Fault("register", "lose-answer", "sellReturn"))
    shop.faults.set(Fault("register", "http-500", "poll", times=None))
    busy = asyncio.Event()
    till.desk.listen(lambda state: busy.set() if state.refund is not None and state.refund.busy else None)
    going = asyncio.ensure_future(till.desk.refunds.confirm())
    await asyncio.wait_for(busy.wait(), 5)
    await till.desk.scanned(COINS)
    notice = till.desk.state.notice
    await going
    assert notice is not None
    assert notice.what == "Сначала доведите возврат."
    assert "тложите" not in notice.action


@pytest.mark.parametrize("lies", [False, True])
async def test_an_order_of_an_unfinished_sale_is_said_so_and_nothing_is_put_away_that_is_not_there(
    till: Till, shop: Shop, *, lies: bool
) -> None:
    shop.faults.set(Fault("register", "paper-out", "sell"))
    await sold(till, C2C)
    await till.desk.set_aside()
    if lies:
        await till.desk.scanned(COINS)
    await till.desk.scanned(C2C)
    notice = till.desk.state.notice
    assert notice is not None
    assert notice.what == "По этому заказу есть незавершённая продажа."
    assert ("Esc" in notice.action) is lies


async def test_a_sale_without_an_end_is_seen_through_before_its_order_goes_back(
    till: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C, part=Money(100000))
    shop.faults.set(Fault("register", "paper-out", "sell"))
    await sold(till, C2C)
    await till.desk.set_aside()
    await till.desk.refunds.open(C2C)
    assert told(till) == "По этому заказу есть незавершённая продажа: сначала доведите её."
    assert totals(shop) == []


async def test_points_owed_for_a_refunded_order_are_cancelled_and_never_accrue(
    till: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", "refuse", times=None))
    await sold(till, ANNA, C2C)
    await deliver(till, clock, within=timedelta(hours=1))
    await till.desk.refunds.open(C2C)
    page = till.desk.state.refund
    assert page is not None
    assert [debt.state for debt in page.points.owed] == [DebtState.OWED]
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()
    assert [debt.state for debt in till.outside.debts.of_order(C2C)] == [DebtState.CANCELLED]
    shop.faults.lift()
    await deliver(till, clock)
    after = shop.balance(ANNA)
    assert (till.outside.outbox.summary().count, after.available, after.blocked) == (
        0,
        before.available,
        before.blocked,
    )


async def test_the_order_service_hears_of_the_receipt_whenever_it_is_back(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    shop.faults.set(Fault("counter", "lose-answer", "refund-receipt", times=2))
    shop.faults.set(Fault("counter", "http-503", "refund-receipt", times=2))
    await refunded(till, C2C)
    await deliver(till, clock)
    assert (held_by(shop, C2C), till.outside.outbox.summary().count) == ("DONE 1", 0)


async def test_a_refund_set_aside_waits_and_is_taken_up(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    shop.faults.set(Fault("register", "cover-open", "sellReturn"))
    await till.desk.refunds.confirm()
    till.desk.refunds.set_aside()
    (waiting,) = till.desk.state.unfinished_refunds
    await sold(till, COINS)
    await till.desk.refunds.resume(waiting.id)
    assert (shown(till).id, shown(till).stage) == (waiting.id, RefundStage.HANDING_OUT)
    assert (till.desk.state.unfinished_refunds, totals(shop)) == ((), [499000])


async def test_cash_that_was_not_confirmed_as_handed_out_is_asked_about_after_a_restart(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        await paid(till, clock, C2C)
        await till.desk.refunds.open(C2C)
        await till.desk.refunds.confirm()
        await till.desk.refunds.close()
        assert told(till) == "Возврат проведён: деньги принадлежат клиенту."
    async with open_till(shop, tmp_path, clock) as till:
        (waiting,) = till.desk.state.unfinished_refunds
        await till.desk.refunds.open(C2C)
        assert (shown(till).id, till.desk.state.unfinished_refunds) == (waiting.id, ())
        await till.desk.refunds.handed_out()
        assert till.desk.state.last_refund is not None
    assert totals(shop) == [499000]


async def test_an_order_paid_with_points_alone_gives_points_and_no_cash(till: Till, shop: Shop, clock: Time) -> None:
    before = shop.balance("48211331")
    await paid(till, clock, "48211331", "1106150063", points=True)
    sale = till.desk.state.last
    assert sale is not None
    assert sale.quote is not None
    await till.desk.refunds.open("1106150063")
    await till.desk.refunds.confirm()
    if sale.taken:
        await till.desk.refunds.handed_out()
    assert till.desk.state.refund is None
    await deliver(till, clock)
    assert shop.balance("48211331").available == before.available
    assert totals(shop) == [sale.taken.kopecks]


async def test_a_thousand_tries_at_two_tills_give_one_refund(till: Till, other: Till, shop: Shop, clock: Time) -> None:
    before = shop.balance(ANNA)
    await paid(till, clock, ANNA, C2C, points=True)
    drawer = shop.register.device.drawer()

    async def attempt(at: Till) -> None:
        await at.desk.refunds.open(C2C)
        await at.desk.refunds.confirm()

    for _ in range(5):
        await asyncio.gather(*(attempt(at) for _ in range(100) for at in (till, other)))
    for at in (till, other):
        await at.desk.refunds.handed_out()
        await deliver(at, clock)
    (total,) = totals(shop)
    assert shop.register.device.drawer() == drawer - total
    after = shop.balance(ANNA)
    assert (after.available, after.blocked) == (before.available, before.blocked)
    # Every movement of points that the refund made, it made once.
    returned = [one for one in shop.movements(ANNA) if one.order_id and one.order_id.endswith(C2C)]
    assert sum(one.amount for one in returned) == 0
    assert sorted(len(at.outside.refund_book.given_back(clock.now.replace(hour=0))) for at in (till, other)) == [0, 1]


async def test_whoever_waits_for_the_page_sees_what_is_waited_for(till: Till, clock: Time) -> None:
    await paid(till, clock, C2C)
    waits = []
    till.desk.listen(lambda state: waits.append(None if state.wait is None else state.wait.what))
    await till.desk.refunds.open(C2C)
    assert WaitFor.ORDER in waits
    assert waits[-1] is None


async def test_a_double_press_gives_back_once(till: Till, shop: Shop, clock: Time) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    await asyncio.gather(*(till.desk.refunds.confirm() for _ in range(5)))
    await asyncio.gather(*(till.desk.refunds.handed_out() for _ in range(5)))
    assert totals(shop) == [499000]
    assert till.desk.state.refund is None


async def test_a_disk_that_refuses_stops_the_refund_where_it_is_and_lets_it_go_on(
    till: Till, shop: Shop, clock: Time
) -> None:
    await paid(till, clock, C2C)
    await till.desk.refunds.open(C2C)
    journal = till.outside.journal
    assert isinstance(journal, SqliteJournal)
    pages = journal._file.connection.execute("PRAGMA page_count").fetchone()[0]
    journal._file.connection.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(40):
        await till.desk.refunds.confirm()
        if till.desk.state.notice is not None:
            break
        await till.desk.refunds.recheck()
    assert told(till) == "Не удаётся записать продажу на диск."
    journal._file.connection.execute("PRAGMA max_page_count = 100000")
    await till.desk.refunds.confirm()
    await till.desk.refunds.recheck()
    await till.desk.refunds.handed_out()
    assert totals(shop) == [499000]
    assert till.desk.state.last_refund is not None
