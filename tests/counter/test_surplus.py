"""Payments that an order did not take: given back alone, once, the way they came, and nobody else's with them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pos_client.app import Till
from pos_client.domain.debts import DebtState
from pos_client.domain.facts import payment_key
from pos_client.domain.money import NO_POINTS, ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.ports import FactState
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.cashless import Bank, CardTerminal
from tests.tills import ANNA, C2C, SETTINGS, Time, deliver, open_till, receipts, sold

PARTLY_BY_CARD = "1106321645"
"""4 000,00 at the pickup point, the half of it prepaid by card in another town."""
WHOLE = Money(499000)


@pytest.fixture
async def other(shop: Shop, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    """Another till of the same office."""
    settings = SETTINGS.model_copy(update={"till": SETTINGS.till.model_copy(update={"number": "2"})})
    folder = tmp_path / "other"
    folder.mkdir()
    async with open_till(shop, folder, clock, settings=settings, terminal=CardTerminal(), sbp=Bank()) as till:
        yield till


def page(till: Till) -> Refund:
    shown = till.desk.state.refund
    assert shown is not None, till.desk.state.notice
    return shown.refund


def told(till: Till) -> Trouble:
    notice = till.desk.state.notice
    assert notice is not None
    return notice


def returns(shop: Shop) -> list[int]:
    return [one.total for one in shop.fiscal_documents() if one.type == "sellReturn"]


def qr_of(shop: Shop, sale: Sale) -> str:
    return next(one.qr for one in shop.fiscal_documents() if one.order_uuid == str(sale.id))


def on_paper(shop: Shop, kind: str) -> dict[str, Any]:
    return [one.task for one in shop.fiscal_documents() if one.type == kind][-1]


async def given_back(till: Till, text: str) -> None:
    await till.desk.refunds.open(text)
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()


async def both_pay(
    till: Till, other: Till, clock: Time, *scans: str, points: bool = False, first: tuple[str, ...] = (C2C,)
) -> Sale:
    """Two cashiers at once: the first one's payment arrives before the second's. Returns the second one's visit."""
    for scan in first:
        await till.desk.scanned(scan)
    for scan in scans or (C2C,):
        await other.desk.scanned(scan)
    if points:
        await other.desk.redeem(None)
    await sold(till)
    await deliver(till, clock)
    visit = await sold(other)
    await deliver(other, clock)
    assert visit.stage is Stage.DONE
    assert other.outside.outbox.fate(payment_key(visit.id)).state is FactState.REFUSED
    return visit


async def test_the_second_of_two_whole_payments_goes_back_and_the_first_one_stands(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    visit = await both_pay(till, other, clock)
    drawer = shop.register.device.drawer()
    await other.desk.refunds.open(C2C)
    shown = page(other)
    assert (shown.amount, [one.id for one in shown.paid.visits]) == (WHOLE, [str(visit.id)])
    assert shown.key == f"refund:{C2C}:{visit.id}"
    await other.desk.refunds.confirm()
    assert (page(other).stage, shop.refund(C2C)) == (RefundStage.HANDING_OUT, None)
    await other.desk.refunds.handed_out()
    await deliver(other, clock)
    state = other.desk.state
    assert (state.refund, state.notice, state.entries) == (None, None, ())
    assert (returns(shop), shop.register.device.drawer()) == ([499000], drawer - 499000)
    assert [one["visit_id"] for one in shop.payments(C2C)] != [str(visit.id)]
    await till.desk.scanned(C2C)
    assert till.desk.state.sale is not None
    assert till.desk.state.sale.due == ZERO


async def test_the_refused_letter_is_closed_with_the_name_and_the_document_of_the_return(
    till: Till, other: Till, clock: Time
) -> None:
    visit = await both_pay(till, other, clock)
    await given_back(other, C2C)
    fate = other.outside.outbox.fate(payment_key(visit.id))
    done = other.desk.state.last_refund
    assert done is not None
    assert done.document is not None
    assert fate.state is FactState.CLOSED
    assert fate.words.endswith(f"чек возврата № {done.document.number}")


async def test_a_second_try_by_the_receipt_is_told_of_the_first(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    visit = await both_pay(till, other, clock)
    await given_back(other, qr_of(shop, visit))
    for text in (qr_of(shop, visit), str(visit.document and visit.document.number)):
        await other.desk.refunds.open(text)
        assert told(other).what.startswith("Уже возвращено ")
        assert (other.desk.state.refund, returns(shop)) == (None, [499000])


async def test_after_it_the_order_itself_is_refunded_as_any_and_the_page_says_what_went_back_before(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await both_pay(till, other, clock)
    await given_back(other, C2C)
    await other.desk.refunds.open(C2C)
    assert page(other).surplus is None
    assert [one.till for one in page(other).paid.visits] == ["1"]
    assert told(other).what.startswith("Лишняя оплата ")
    await given_back(other, C2C)
    await deliver(other, clock)
    assert (returns(shop), (shop.refund(C2C) or {})["state"]) == ([499000, 499000], "DONE")
    await other.desk.refunds.open(C2C)
    assert told(other).what.startswith("Уже возвращено ")


async def test_a_part_that_waited_while_another_till_refunded_the_order_goes_back_alone(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await sold(other, C2C, part=Money(100000))
    await deliver(other, clock)
    visit = await sold(till, C2C, part=Money(200000))
    await given_back(other, C2C)
    await deliver(other, clock)
    await deliver(till, clock)
    await till.desk.scanned(C2C)
    assert "уже возвращён" in told(till).what
    assert "F9" in told(till).action
    await till.desk.refunds.open(C2C)
    assert (page(till).amount, page(till).paid.visits[0].id) == (Money(200000), str(visit.id))
    await given_back(till, C2C)
    assert (returns(shop), till.desk.state.entries) == ([100000, 200000], ())
    await till.desk.refunds.open(C2C)
    assert told(till).what.startswith("Уже возвращено ")


async def test_money_goes_back_by_the_operations_that_took_it(till: Till, other: Till, shop: Shop, clock: Time) -> None:
    terminal, bank = other.outside.terminal, other.outside.sbp
    assert isinstance(terminal, CardTerminal)
    assert isinstance(bank, Bank)
    for desk in (till.desk, other.desk):
        await desk.scanned(C2C)
    await sold(till)
    await deliver(till, clock)
    parts = ((TenderKind.CASH, 99000, 99000), (TenderKind.SBP, 200000, None), (TenderKind.CARD, 200000, None))
    await other.desk.tenders.pay_plan(
        [TenderWish(kind, Money(sum_), None if got is None else Money(got)) for kind, sum_, got in parts]
    )
    await deliver(other, clock)
    await other.desk.refunds.open(C2C)
    kinds = [back.kind for back in page(other).paid.paybacks]
    assert kinds == [TenderKind.CARD, TenderKind.SBP, TenderKind.CASH]
    terminal.does = ["decline"]
    await other.desk.refunds.confirm()
    assert (page(other).stage, returns(shop)) == (RefundStage.RETURNING, [])
    await other.desk.refunds.recheck()
    assert (terminal.holds, bank.holds) == (ZERO, ZERO)
    assert (page(other).stage, page(other).paid.cash) == (RefundStage.HANDING_OUT, Money(99000))
    await other.desk.refunds.handed_out()
    assert returns(shop) == [499000]


async def test_the_return_of_a_settlement_states_the_prepayment_that_its_receipt_offset(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await both_pay(till, other, clock, PARTLY_BY_CARD, first=(PARTLY_BY_CARD,))
    sale = on_paper(shop, "sell")
    await given_back(other, PARTLY_BY_CARD)
    back = on_paper(shop, "sellReturn")
    assert {one["type"]: one["sum"] for one in back["payments"]} == {"prepaid": 2000, "cash": 2000}
    assert [one["paymentMethod"] for one in back["items"] if one["type"] == "position"] == [
        one["paymentMethod"] for one in sale["items"] if one["type"] == "position"
    ]
    assert back["total"] == sale["total"]


async def test_a_credit_paid_off_twice_returns_as_the_payment_of_a_credit(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    on_credit = SETTINGS.model_copy(
        update={"cash_register": SETTINGS.cash_register.model_copy(update={"on_credit": True})}
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with (
        open_till(shop, tmp_path / "a", clock, settings=on_credit) as first,
        open_till(shop, tmp_path / "b", clock, settings=on_credit) as second,
    ):
        await sold(first, PARTLY_BY_CARD, part=Money(50000))
        await deliver(first, clock)
        await both_pay(first, second, clock, PARTLY_BY_CARD, first=(PARTLY_BY_CARD,))
        sale = on_paper(shop, "sell")
        await given_back(second, PARTLY_BY_CARD)
        back = on_paper(shop, "sellReturn")
        signs = [{one["paymentMethod"] for one in each["items"] if one["type"] == "position"} for each in (sale, back)]
        assert signs == [{"creditPayment"}, {"creditPayment"}]
        assert {one["type"]: one["sum"] for one in back["payments"]} == {"cash": 1500}


async def test_points_that_only_the_second_visit_spent_come_back_and_the_first_one_keeps_its_accrual(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    for desk in (till.desk, other.desk):
        await desk.scanned(ANNA)
        await desk.scanned(C2C)
    await other.desk.redeem(None)
    await sold(till)
    await deliver(till, clock)
    stands = shop.balance(ANNA)
    visit = await sold(other)
    await deliver(other, clock)
    assert shop.balance(ANNA) != stands
    await other.desk.refunds.open(C2C)
    shown = other.desk.state.refund
    assert shown is not None
    assert visit.quote is not None
    assert (shown.points.returned, shown.points.taken) == (visit.quote.points, NO_POINTS)
    await given_back(other, C2C)
    await deliver(other, clock)
    assert (shop.balance(ANNA), other.desk.state.entries) == (stands, ())
    [order] = [one for one in shop.loyalty_orders() if one.order_id == C2C]
    assert (order.status, order.spent) == ("Paid", 0)


async def test_points_that_both_visits_spent_stay_spent_by_the_one_that_stands(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    for desk in (till.desk, other.desk):
        await desk.scanned(ANNA)
        await desk.scanned(C2C)
        await desk.redeem(None)
    await sold(till)
    await deliver(till, clock)
    stands = shop.balance(ANNA)
    await sold(other)
    await deliver(other, clock)
    await given_back(other, C2C)
    await deliver(other, clock)
    assert shop.balance(ANNA) == stands


async def test_an_order_at_processing_that_only_the_second_visit_made_is_returned_as_a_whole(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    await both_pay(till, other, clock, ANNA, C2C, points=True)
    assert shop.balance(ANNA) != before
    await given_back(other, C2C)
    await deliver(other, clock)
    assert (shop.balance(ANNA), other.desk.state.entries) == (before, ())


async def test_a_debt_of_the_second_visit_is_cancelled_and_its_accrual_taken_back(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", "refuse", times=None))
    await till.desk.scanned(C2C)
    await other.desk.scanned(ANNA)
    await other.desk.scanned(C2C)
    await sold(till)
    visit = await sold(other)
    shop.faults.lift()
    await deliver(till, clock)
    await deliver(other, clock)
    assert other.desk.state.refund is None
    await other.desk.refunds.open(C2C)
    await given_back(other, C2C)
    await deliver(other, clock)
    debt = other.outside.debts.find(visit.id)
    assert debt is not None
    assert (debt.state, shop.balance(ANNA)) == (DebtState.CANCELLED, before)


async def test_a_payment_that_the_order_would_take_by_now_is_sent_again_and_not_given_back(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    visit = await both_pay(till, other, clock)
    shop.weigh_again(C2C, 20000, 999000)
    await other.desk.refunds.open(C2C)
    assert (other.desk.state.refund, returns(shop)) == (None, [])
    assert "«Повторить»" in told(other).action
    assert "минут" not in told(other).action
    other.desk.queue.retry(payment_key(visit.id))
    await deliver(other, clock)
    assert len(shop.payments(C2C)) == 2


async def test_what_is_left_to_pay_after_it_is_paid_at_the_same_till(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    for desk in (till.desk, other.desk):
        await desk.scanned(C2C)
    await sold(till, part=Money(300000))
    await deliver(till, clock)
    await sold(other)
    await deliver(other, clock)
    await other.desk.scanned(C2C)
    assert "не принял" in told(other).what
    await given_back(other, C2C)
    assert await sold(other, C2C) is not None
    await deliver(other, clock)
    assert (receipts(shop), returns(shop)) == ([300000, 499000, 199000], [499000])
    assert sum(round(one["tenders"][0]["sum"] * 100) for one in shop.payments(C2C)) == 499000


async def test_a_payment_that_goes_back_is_neither_sent_again_nor_closed_meanwhile(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    visit = await both_pay(till, other, clock)
    await other.desk.refunds.open(C2C)
    await other.desk.refunds.confirm()
    shop.weigh_again(C2C, 20000, 999000)
    for act in (other.desk.queue.retry, lambda key: other.desk.queue.close(key, "разобрались")):
        act(payment_key(visit.id))
        assert "возвращают клиенту" in told(other).what
        assert other.outside.outbox.fate(payment_key(visit.id)).state is FactState.REFUSED
    await other.desk.refunds.handed_out()
    await deliver(other, clock)
    assert (len(shop.payments(C2C)), returns(shop)) == (1, [499000])


async def test_a_payment_sent_again_while_its_page_was_open_is_not_given_back(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    visit = await both_pay(till, other, clock)
    await other.desk.refunds.open(C2C)
    shop.weigh_again(C2C, 20000, 999000)
    other.desk.queue.retry(payment_key(visit.id))
    await deliver(other, clock)
    await other.desk.refunds.confirm()
    assert ("отправили ещё раз" in told(other).what, returns(shop)) == (True, [])


async def test_a_payment_closed_by_hand_holds_no_refund_up_and_its_receipt_tells_of_it(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    visit = await both_pay(till, other, clock)
    other.desk.queue.close(payment_key(visit.id), "деньги отдал управляющий")
    await other.desk.refunds.open(qr_of(shop, visit))
    assert "деньги отдал управляющий" in told(other).what
    assert other.desk.state.refund is None
    await other.desk.refunds.open(C2C)
    assert [one.till for one in page(other).paid.visits] == ["1"]


async def test_nobody_knows_of_a_surplus_without_the_order_service(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await both_pay(till, other, clock)
    shop.faults.set(Fault("orders", "refuse", times=None))
    shop.faults.set(Fault("counter", "refuse", times=None))
    await other.desk.refunds.open(C2C)
    assert (other.desk.state.refund, told(other).what.startswith("Без связи")) == (None, True)


async def test_one_that_is_given_up_before_anything_moved_can_be_begun_again(
    till: Till, other: Till, shop: Shop, clock: Time
) -> None:
    await both_pay(till, other, clock)
    shop.faults.set(Fault("register", "paper-out", "sellReturn", times=None))
    await other.desk.refunds.open(C2C)
    await other.desk.refunds.confirm()
    await other.desk.refunds.close()
    shop.faults.lift()
    assert (other.desk.state.refund, returns(shop), shop.refund(C2C)) == (None, [], None)
    await given_back(other, C2C)
    assert returns(shop) == [499000]
