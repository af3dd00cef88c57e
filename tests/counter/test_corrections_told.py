"""What becomes of an order whose receipt was corrected: a return, at any till, copies what stands, and once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pos_client.app import Till
from pos_client.counter.corrections import Corrections
from pos_client.domain.correction import Correction, correction_of
from pos_client.domain.facts import Fact
from pos_client.domain.money import Money
from pos_client.domain.order import Vat
from pos_client.domain.receipt import (
    CorrectionBasis,
    FiscalDocument,
    FiscalPayment,
    PaymentSign,
    Receipt,
    ReceiptLine,
    Settlement,
    Subject,
)
from pos_client.domain.sale import Cashier
from pos_client.domain.settling import FiscalRules
from pos_client.ports import Outbox, QueueFullError, RefusedError
from pos_client.settings import Settings
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.samples import NOW
from tests.samples import document as document_of
from tests.tills import C2C, SETTINGS, Time, deliver, open_till, sold

CASHIER = Cashier("Петрова О.", "123654789507")
LINES = (ReceiptLine("Доставка", Money(499000), 1, Settlement.FULL, Subject.SERVICE, Vat.VAT22),)
PAYMENTS = (FiscalPayment(PaymentSign.CASH, Money(499000)),)
TELLING = "correct"
WRONG, RIGHT = {"fullPrepayment"}, {"fullPayment"}


def at_till(number: str, **register: object) -> Settings:
    settings = SETTINGS.model_copy(update={"till": SETTINGS.till.model_copy(update={"number": number})})
    section = SETTINGS.cash_register.model_copy(update=register)
    return settings.model_copy(update={"cash_register": section})


RIGHT_RULES = at_till("1", acceptance_settles=True)


@pytest.fixture
async def document(shop: Shop, clock: Time, tmp_path: Path) -> FiscalDocument:
    """Of a sale at the first till, registered as a prepayment and told to the order service."""
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold(till, C2C)
        await deliver(till, clock)
    assert sale.document is not None
    return sale.document


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path, document: FiscalDocument) -> AsyncIterator[Till]:
    """The same till, set up as it should have been."""
    async with open_till(shop, tmp_path, clock, settings=RIGHT_RULES) as till:
        assert till.outside.corrections.of_document(document.fn, document.number) is None
        yield till


@pytest.fixture
async def other(shop: Shop, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    """Another till of the same office."""
    folder = tmp_path / "other"
    folder.mkdir()
    async with open_till(shop, folder, clock, settings=at_till("2")) as till:
        yield till


async def corrected(till: Till, document: FiscalDocument, *, undo: bool = False) -> Correction:
    return await till.corrections.correct_sale(document.number, cashier=CASHIER, undo=undo, why="способ расчёта")


async def refunded(till: Till, order: str = C2C) -> None:
    await till.desk.refunds.open(order)
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()


def returns(shop: Shop) -> list[set[str]]:
    """Signs of settlement in the lines of each return."""
    return [
        {item["paymentMethod"] for item in one.task["items"] if item["type"] == "position"}
        for one in shop.fiscal_documents()
        if one.type == "sellReturn"
    ]


def taxations(shop: Shop) -> list[str]:
    """Systems of taxation of each return."""
    return [one.task["taxationType"] for one in shop.fiscal_documents() if one.type == "sellReturn"]


def told(till: Till) -> str:
    notice = till.desk.state.notice
    assert notice is not None
    return notice.what


def kinds(till: Till) -> list[str]:
    return [entry.title for entry in till.outside.outbox.entries()]


async def test_a_return_copies_the_right_document_once(
    till: Till, shop: Shop, clock: Time, document: FiscalDocument
) -> None:
    done = await corrected(till, document)
    assert (done.told, kinds(till)) == (True, ["Исправление чека по заказу"])
    await deliver(till, clock)
    await refunded(till)
    await deliver(till, clock)
    assert returns(shop) == [RIGHT]
    note = next(one for one in shop.fiscal_documents() if one.type == "sellReturn").task["postItems"][0]["text"]
    assert note == f"Возврат по чекам: {done.documents[-1].number}"
    await till.desk.refunds.open(C2C)
    assert told(till).startswith("Уже возвращено")


async def test_another_till_copies_what_the_order_service_was_told(
    till: Till, other: Till, shop: Shop, clock: Time, document: FiscalDocument
) -> None:
    await corrected(till, document)
    await deliver(till, clock)
    await refunded(other)
    assert returns(shop) == [RIGHT]


async def test_while_the_correction_waits_for_the_connection_its_own_till_copies_the_right_document(
    till: Till, shop: Shop, clock: Time, document: FiscalDocument
) -> None:
    fault = shop.faults.set(Fault("counter", "http-503", TELLING, times=None))
    await corrected(till, document)
    await refunded(till)
    assert (returns(shop), len(kinds(till))) == ([RIGHT], 2)
    shop.faults.lift(fault.id)
    await deliver(till, clock)
    held = shop.refund(C2C)
    assert held is not None
    assert (held["state"], kinds(till)) == ("DONE", [])


@pytest.mark.parametrize("kind", ["lose-answer", "drop", "http-500"])
async def test_a_correction_whose_answer_was_lost_is_told_again(
    till: Till, shop: Shop, clock: Time, document: FiscalDocument, kind: str
) -> None:
    shop.faults.set(Fault("counter", kind, TELLING, times=2))
    await corrected(till, document)
    await deliver(till, clock)
    assert (kinds(till), len(shop.calls("counter", TELLING))) == ([], 3)


async def test_what_was_taken_back_without_a_right_document_is_nobodys_to_return(
    till: Till, other: Till, shop: Shop, clock: Time, document: FiscalDocument
) -> None:
    await corrected(till, document, undo=True)
    await till.desk.refunds.open(C2C)
    assert told(till).startswith("Чек этого заказа снят коррекцией")
    await deliver(till, clock)
    await other.desk.refunds.open(C2C)
    assert told(other).startswith("Чек этого заказа снят коррекцией")
    assert (returns(shop), shop.refund(C2C)) == ([], None)


async def test_what_was_taken_back_for_good_is_not_called_corrected_when_a_right_document_is_wanted(
    till: Till, shop: Shop, document: FiscalDocument
) -> None:
    undone = await corrected(till, document, undo=True)
    assert await corrected(till, document, undo=True) == undone
    with pytest.raises(RefusedError, match="уже снят коррекцией, и другого вместо него нет"):
        await corrected(till, document)
    assert [one.type for one in shop.fiscal_documents() if "Correction" in one.type] == ["sellReturnCorrection"]


async def test_an_order_whose_receipt_is_being_corrected_waits_for_that(
    till: Till, shop: Shop, document: FiscalDocument
) -> None:
    fault = shop.faults.set(Fault("register", "paper-out", times=None))
    begun = await corrected(till, document)
    await till.desk.refunds.open(C2C)
    assert (begun.is_open, told(till)) == (
        True,
        "Чек этого заказа исправляют: коррекция начата здесь и не закончена.",
    )
    shop.faults.lift(fault.id)
    await till.corrections.resume()
    await refunded(till)
    assert returns(shop) == [RIGHT]


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
async def test_a_return_states_the_taxation_that_a_correction_put_right(
    other: Till, shop: Shop, clock: Time, tmp_path: Path, document: FiscalDocument, *, told: bool
) -> None:
    fault = shop.faults.set(Fault("counter", "http-503", TELLING, times=None))
    async with open_till(shop, tmp_path, clock, settings=at_till("1", taxation="usnIncome")) as till:
        await corrected(till, document)
        if told:
            shop.faults.lift(fault.id)
            await deliver(till, clock)
    async with open_till(shop, tmp_path, clock) as till:
        await refunded(other if told else till)
    assert taxations(shop) == ["usnIncome"]


@pytest.mark.parametrize("where", ["here", "elsewhere"])
async def test_a_returned_order_is_not_corrected(
    till: Till, other: Till, shop: Shop, document: FiscalDocument, where: str
) -> None:
    await refunded(till if where == "here" else other)
    with pytest.raises(RefusedError, match="уже возвращён"):
        await corrected(till, document)
    assert returns(shop) == [WRONG]
    assert [one.type for one in shop.fiscal_documents() if "Correction" in one.type] == []


async def test_a_correction_that_was_wrong_too_is_corrected_and_the_last_word_counts(
    shop: Shop, clock: Time, tmp_path: Path, document: FiscalDocument, other: Till
) -> None:
    async with open_till(shop, tmp_path, clock, settings=at_till("1", taxation="usnIncome")) as till:
        first = (await corrected(till, document)).documents[-1]
    async with open_till(shop, tmp_path, clock, settings=RIGHT_RULES) as till:
        with pytest.raises(RefusedError, match=f"вместо него пробит № {first.number}"):
            await corrected(till, document)
        second = await corrected(till, first)
        assert await corrected(till, first) == second
        with pytest.raises(RefusedError, match="исправлять нечего"):
            await corrected(till, second.documents[-1])
        made = [one.task for one in shop.fiscal_documents() if "Correction" in one.type]
        assert [one["taxationType"] for one in made] == ["osn", "usnIncome", "usnIncome", "osn"]
        assert [one["items"][0]["value"] for one in made] == [document.sign] * 2 + [first.sign] * 2
        await deliver(till, clock)
        await till.desk.refunds.open(C2C)
        page = till.desk.state.refund
        assert page is not None
        assert page.refund.paid.visits[0].document == str(second.documents[-1].number)
    await refunded(other)
    assert returns(shop) == [RIGHT]


class Stubborn:
    """An outbox that takes nothing as long as its shop lets nothing more wait; then it takes, and tells nobody."""

    def __init__(self, inner: Outbox) -> None:
        self.inner = inner
        self.full = True
        self.facts: list[Fact] = []

    def put(self, *facts: Fact) -> None:
        if self.full:
            raise QueueFullError("Очередь отправки заполнена.")
        self.facts += facts

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self.inner, name)


def with_outbox(till: Till, outbox: Stubborn) -> Corrections:
    rules = FiscalRules(acceptance_settles=True)
    return Corrections(replace(till.outside, outbox=outbox), rules=rules, check_for=0.2, check_pause=0.01)


async def test_what_could_not_be_told_is_told_later_and_nothing_is_registered_again(
    till: Till, shop: Shop, document: FiscalDocument
) -> None:
    outbox = Stubborn(till.outside.outbox)
    service = with_outbox(till, outbox)
    with pytest.raises(QueueFullError):
        await service.correct_sale(document.number, cashier=CASHIER)
    outbox.full = False
    registered = len(shop.fiscal_documents())
    [done] = await service.resume()
    assert (done.told, len(outbox.facts), len(shop.fiscal_documents())) == (True, 1, registered)
    assert await service.resume() == ()


async def test_a_correction_that_an_earlier_version_told_nobody_is_told_when_the_till_starts(
    till: Till, other: Till, shop: Shop, clock: Time, document: FiscalDocument
) -> None:
    silent = Stubborn(till.outside.outbox)
    silent.full = False
    done = await with_outbox(till, silent).correct_sale(document.number, cashier=CASHIER)
    till.outside.corrections.save(replace(done, told=False))
    await asyncio.wait_for(till.finish_corrections(), 10)
    await deliver(till, clock)
    assert till.outside.corrections.unfinished() == ()
    assert len(shop.calls("counter", TELLING)) == 1
    await refunded(other)
    assert returns(shop) == [RIGHT]


async def test_the_code_of_each_document_leads_to_the_order(
    till: Till, other: Till, clock: Time, document: FiscalDocument
) -> None:
    done = await corrected(till, document)
    await deliver(till, clock)
    for one in (document, *done.documents):
        assert await other.outside.refunds.order_of_receipt(one.qr) == C2C


def test_a_correction_of_a_correction_names_the_day_of_the_settlement_and_the_sign_of_what_it_takes_back() -> None:
    settled, earlier = date(2026, 1, 15), document_of(7, 499000)
    wrong = Receipt(UUID(int=1), C2C, LINES, PAYMENTS, "Иванова М.", correction=CorrectionBasis("1", settled))
    made = correction_of(
        wrong,
        earlier,
        wrong,
        correction_id=UUID(int=2),
        task_ids=(UUID(int=3), UUID(int=4)),
        opened_at=NOW,
        cashier=CASHIER,
        rules=FiscalRules(),
    )
    assert earlier.at.date() != settled
    assert {step.receipt.correction for step in made.steps} == {CorrectionBasis(earlier.sign, settled)}
