"""Refunds on the wire, at the register and on disk: claimed once, copied to the line, found again after anything."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from pos_client.adapters.cash_register import AtolRegister
from pos_client.adapters.fact_messages import payment_body
from pos_client.adapters.journal import SqliteJournal
from pos_client.adapters.orders import CdekOrders
from pos_client.adapters.receipt_json import RegisterSettings, receipt_task
from pos_client.adapters.refund_book import SqliteRefundBook
from pos_client.adapters.refund_reading import line_nodes, paid_order, receipt_body, receipt_query, returned_in
from pos_client.domain import creating
from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import Order, Seller, TenderKind, Vat
from pos_client.domain.paid_order import PaidOrder
from pos_client.domain.payment import Approval, Tender, TenderState
from pos_client.domain.payment import Testimony as Signed
from pos_client.domain.receipt import (
    FiscalPayment,
    FiscalTask,
    PaymentSign,
    Receipt,
    ReceiptKind,
    ReceiptLine,
    Settlement,
    Subject,
)
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Cashier
from pos_client.domain.terms import Agent, AgentSign
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, UnavailableError
from pos_client.ports.refunds import AlreadyReturnedError, PaymentsChangedError
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.adapters.conftest import SetClock
from tests.samples import NOW, ORDER, cash, document, priced_sale, visit

C2C = "1106153417"
PAID_IN_CASH = "1106150001"
PARTLY_PAID = "1106321645"


def asking(paid: PaidOrder, clock: SetClock, *, till: str = "1") -> Refund:
    """A refund whose cashier has confirmed; how it was paid is the shop's business here."""
    made = Refund(uuid4(), clock(), "MSK548", till, Cashier("Иванова М."), paid)
    return replace(made, stage=RefundStage.CLAIMING, claimed_at=clock())


async def claimed(orders: CdekOrders, number: str, clock: SetClock) -> Refund:
    refund = asking(await orders.paid_for(number), clock)
    await orders.claim(refund, again=False)
    return refund


def with_receipt(refund: Refund, clock: SetClock) -> Refund:
    return replace(refund, document=replace(document(40001, refund.amount.kopecks), at=clock()))


async def test_a_thousand_claims_at_once_give_the_order_to_one(orders: CdekOrders, shop: Shop, clock: SetClock) -> None:
    paid = await orders.paid_for(PAID_IN_CASH)
    refunds = [asking(paid, clock, till=str(number % 2)) for number in range(1000)]
    answers = await asyncio.gather(*(orders.claim(one, again=False) for one in refunds), return_exceptions=True)
    winners = [one for one, answer in zip(refunds, answers, strict=True) if answer is None]
    assert len(winners) == 1
    losers = [answer for answer in answers if isinstance(answer, AlreadyReturnedError)]
    assert len(losers) == 999
    assert {loser.returned.refund_id for loser in losers} == {str(winners[0].id)}
    held = shop.refund(PAID_IN_CASH)
    assert held is not None
    assert held["refund_id"] == str(winners[0].id)


async def test_the_same_refund_may_ask_any_number_of_times(orders: CdekOrders, clock: SetClock) -> None:
    refund = await claimed(orders, PAID_IN_CASH, clock)
    for _ in range(3):
        await orders.claim(refund, again=True)
    paid = await orders.paid_for(PAID_IN_CASH)
    assert paid.returned is not None
    assert (paid.returned.refund_id, paid.returned.is_done, paid.returned.amount) == (
        str(refund.id),
        False,
        Money(56000),
    )


async def test_a_finished_refund_is_told_with_its_receipt_for_ever(orders: CdekOrders, clock: SetClock) -> None:
    refund = with_receipt(await claimed(orders, PAID_IN_CASH, clock), clock)
    for _ in range(2):
        await orders.report_refund(refund.number, str(refund.id), receipt_body(refund))
    clock.advance(timedelta(days=400))
    with pytest.raises(AlreadyReturnedError) as told:
        await orders.claim(asking(refund.paid, clock, till="9"), again=False)
    assert (told.value.returned.document, told.value.returned.till) == ("40001", "1")
    assert told.value.trouble.what.endswith("касса 1 (MSK548), чек № 40001.")
    with pytest.raises(AlreadyReturnedError):
        await orders.load(PAID_IN_CASH)


async def test_another_receipt_for_the_same_refund_is_refused(orders: CdekOrders, clock: SetClock) -> None:
    refund = with_receipt(await claimed(orders, PAID_IN_CASH, clock), clock)
    await orders.report_refund(refund.number, str(refund.id), receipt_body(refund))
    assert refund.document is not None
    another = replace(refund, document=replace(refund.document, number=40002))
    with pytest.raises(RefusedError):
        await orders.report_refund(refund.number, str(refund.id), receipt_body(another))


async def test_a_claim_given_up_frees_the_order_and_closes_the_door_behind_itself(
    orders: CdekOrders, shop: Shop, clock: SetClock
) -> None:
    refund = await claimed(orders, PAID_IN_CASH, clock)
    for _ in range(2):
        await orders.report_refund(refund.number, str(refund.id), {})
    assert shop.refund(PAID_IN_CASH) is None
    with pytest.raises(RefusedError):
        await orders.claim(refund, again=True)
    await claimed(orders, PAID_IN_CASH, clock)


async def test_a_claim_that_arrives_after_its_release_gets_nothing(
    orders: CdekOrders, shop: Shop, clock: SetClock
) -> None:
    late = asking(await orders.paid_for(PAID_IN_CASH), clock)
    await orders.report_refund(late.number, str(late.id), {})
    with pytest.raises(RefusedError):
        await orders.claim(late, again=True)
    assert shop.refund(PAID_IN_CASH) is None


async def test_a_finished_refund_is_not_released(orders: CdekOrders, shop: Shop, clock: SetClock) -> None:
    refund = with_receipt(await claimed(orders, PAID_IN_CASH, clock), clock)
    await orders.report_refund(refund.number, str(refund.id), receipt_body(refund))
    with pytest.raises(RefusedError):
        await orders.report_refund(refund.number, str(refund.id), {})
    held = shop.refund(PAID_IN_CASH)
    assert held is not None
    assert held["state"] == "DONE"


async def test_a_claim_of_less_than_was_paid_is_refused(orders: CdekOrders, clock: SetClock) -> None:
    paid = await orders.paid_for(PAID_IN_CASH)
    with pytest.raises(PaymentsChangedError):
        await orders.claim(asking(replace(paid, visits=()), clock), again=False)
    with pytest.raises(PaymentsChangedError):
        await orders.claim(asking(await orders.paid_for(C2C), clock), again=False)


@pytest.mark.parametrize(
    ("kind", "first", "later"),
    [
        ("refuse", UnavailableError, OutcomeUnknownError),
        ("http-503", UnavailableError, OutcomeUnknownError),
        ("http-429", UnavailableError, OutcomeUnknownError),
        ("drop", OutcomeUnknownError, OutcomeUnknownError),
        ("lose-answer", OutcomeUnknownError, OutcomeUnknownError),
        ("hang", OutcomeUnknownError, OutcomeUnknownError),
        ("http-500", OutcomeUnknownError, OutcomeUnknownError),
        ("malformed-json", OutcomeUnknownError, OutcomeUnknownError),
        ("refused", RefusedError, RefusedError),
        ("forbidden-403", RefusedError, RefusedError),
    ],
)
async def test_every_failure_of_a_claim_says_whether_it_may_have_happened(
    orders: CdekOrders, shop: Shop, kind: str, first: type[PosError], later: type[PosError]
) -> None:
    clock = SetClock()
    refund = asking(await orders.paid_for(PAID_IN_CASH), clock)
    shop.faults.set(Fault("counter", kind, "refund-claim", times=None))
    for again, expected in ((False, first), (True, later)):
        with pytest.raises(expected):
            await orders.claim(refund, again=again)
    shop.faults.lift()
    await orders.claim(refund, again=True)


@pytest.mark.parametrize("kind", ["strings", "numeric-ids", "extra-fields"])
async def test_a_story_told_in_other_types_reads_the_same(
    orders: CdekOrders, shop: Shop, clock: SetClock, kind: str
) -> None:
    await claimed(orders, PAID_IN_CASH, clock)
    plain = await orders.paid_for(PAID_IN_CASH)
    shop.faults.set(Fault("counter", kind, "payments"))
    assert await orders.paid_for(PAID_IN_CASH) == plain


async def test_a_receipt_leads_to_its_order(orders: CdekOrders, shop: Shop) -> None:
    receipt = shop.payments(PARTLY_PAID)[0]["receipt"]
    names = f"fn={receipt['fn']}&i={receipt['document_number']}&fp={receipt['fiscal_sign']}"
    assert await orders.order_of_receipt(f"t=20261112T1420&s=2000.00&{names}&n=1") == PARTLY_PAID
    for wrong in ("t=20261112T1420", f"t=20261112T1420&s=2000.00&{names}9&n=1", "", "fn=1&i=x&fp=2"):
        with pytest.raises(RefusedError) as told:
            await orders.order_of_receipt(wrong)
        assert told.value.trouble.what == "По этому чеку заказ не нашёлся."


def test_a_sign_padded_with_zeros_is_the_same_number() -> None:
    assert receipt_query("t=1&fn=99&i=7&fp=0012&n=1") == {"fn": "99", "document_number": "7", "fiscal_sign": "12"}


# ------------------------------------------------------------------------------------------------------- the lines


LINES = (
    ReceiptLine("Доставка", Money(450050), 1, Settlement.FULL, Subject.SERVICE, Vat.VAT22),
    ReceiptLine(
        "Кружка", Money(33), 3, Settlement.FULL, Subject.COMMODITY, Vat.NONE, Seller("ООО", "7707083893", "+7")
    ),
    ReceiptLine(
        "Чайник",
        Money(100),
        1,
        Settlement.FULL,
        Subject.COMMODITY,
        Vat.VAT22,
        Seller("ООО", "7707083893", "+7"),
        Agent(AgentSign.PAYING_AGENT, "Приём платежа", "+78002501405"),
    ),
)


def told_visit(**changed: object) -> dict[str, Any]:
    return {
        "payments": [
            {
                "visit_id": "v1",
                "till": 2,
                "loyalty_order": "MSK548-1",
                "receipt": {"fn": "99", "total": 4502.49},
                "lines": line_nodes(LINES),
                **changed,
            }
        ]
    }


def story(counter: dict[str, Any]) -> PaidOrder:
    order: Order = replace(ORDER, visits=(visit(450249),))
    return paid_order(order, counter)


def test_lines_survive_the_wire() -> None:
    (told,) = story(told_visit()).visits
    assert (told.lines, told.till, told.loyalty_order, told.fn) == (LINES, "2", "MSK548-1", "99")


@pytest.mark.parametrize(
    "changed",
    [
        {"lines": []},
        {"lines": None},
        {"lines": "what"},
        {"lines": line_nodes(LINES)[:1]},
        {"receipt": {"fn": "99", "total": 4501.5}},
        {"lines": [{**line_nodes(LINES)[0], "settlement": "ADVANCE"}]},
        {"lines": [{**line_nodes(LINES)[0], "vat": "13"}]},
        {"lines": [{**line_nodes(LINES)[0], "quantity": 0.5}]},
    ],
)
def test_lines_that_cannot_be_copied_as_they_are_count_as_untold(changed: dict[str, Any]) -> None:
    assert story(told_visit(**changed)).visits[0].lines == ()


def test_a_payment_tells_the_lines_of_its_receipt() -> None:
    sale = creating.reserved(priced_sale(points=490).payment_asked(cash(450000), at=NOW), None)
    sale = sale.paid(UUID(int=1)).receipt_sent(after=1).receipted(document())
    assert sale.fiscal is not None
    assert payment_body(sale, "A")["lines"] == line_nodes(sale.fiscal.receipt.lines)


def test_money_known_by_a_signed_word_is_told_and_read_as_such() -> None:
    signed = Signed("Иванова М.", NOW + timedelta(minutes=1), slip=True, amount=Money(450000))
    card = Tender(TenderKind.CARD, Money(450000), Money(450000), operation=UUID(int=3), asked_at=NOW, testimony=signed)
    sale = creating.reserved(priced_sale(points=490).payment_asked(cash(450000), at=NOW), None)
    sale = sale.paid(UUID(int=1)).receipt_sent(after=1).receipted(document())
    told = payment_body(replace(sale, tenders=(card,)), "A")["tenders"]
    (read,) = story(told_visit(tenders=told)).visits[0].approvals
    assert read == Approval(UUID(int=3), Money(450000), NOW, signed_by="Иванова М.")
    assert read.is_nameless
    assert not replace(read, reference="610000000001").is_nameless


def test_no_refund_is_read_where_there_is_none() -> None:
    assert returned_in({}) is None


# ----------------------------------------------------------------------------------------------------- the register


def return_task(total: int = 10000, owner: UUID | None = None) -> FiscalTask:
    line = ReceiptLine("Доставка", Money(total), 1, Settlement.FULL, Subject.SERVICE, Vat.VAT20)
    receipt = Receipt(
        owner or uuid4(),
        C2C,
        (line,),
        (FiscalPayment(PaymentSign.CASH, Money(total)),),
        "Иванова М.",
        kind=ReceiptKind.RETURN,
    )
    return FiscalTask(uuid4(), receipt, after=None, sent=True)


def test_a_return_is_the_sale_task_under_another_type() -> None:
    task = return_task()
    sale = replace(task.receipt, kind=ReceiptKind.SALE)
    settings = RegisterSettings()
    back = receipt_task(task.receipt, settings)
    assert back == {**receipt_task(sale, settings), "type": "sellReturn"}
    assert back["items"][0]["tax"] == {"type": "vat20"}


async def test_a_return_is_registered_once_and_takes_its_cash_from_the_drawer(
    register: AtolRegister, shop: Shop
) -> None:
    task, drawer = return_task(), shop.register.device.drawer()
    made = await register.print_receipt(task)
    assert await register.print_receipt(task) == made
    assert await register.find_document(task) == made
    assert (made.qr.rpartition("&")[2], shop.register.device.drawer()) == ("n=2", drawer - 10000)


async def test_a_lost_return_is_found_by_its_own_tags_and_no_sale_is_taken_for_it(
    register: AtolRegister,
) -> None:
    owner = uuid4()
    sale = return_task(owner=owner)
    sale = replace(sale, receipt=replace(sale.receipt, kind=ReceiptKind.SALE))
    after = (await register.state()).last_document
    await register.print_receipt(sale)
    lost = replace(return_task(owner=owner), after=after)
    assert await register.find_document(lost) is None
    made = await register.print_receipt(lost)
    # The register's web server forgets its tasks; the fiscal storage does not.
    found = await register.find_document(replace(lost, id=uuid4()))
    assert found is not None
    assert (found.number, found.qr) == (made.number, made.qr)


async def test_a_return_of_more_than_the_drawer_holds_is_refused(register: AtolRegister, shop: Shop) -> None:
    with pytest.raises(RefusedError) as told:
        await register.print_receipt(return_task(shop.register.device.drawer() + 1))
    assert told.value.trouble.what == "В денежном ящике кассы не хватает наличных."
    assert shop.fiscal_documents() == []


# --------------------------------------------------------------------------------------------------------- the book


@pytest.fixture
async def paid(orders: CdekOrders) -> PaidOrder:
    return await orders.paid_for(PAID_IN_CASH)


def test_a_refund_reads_back_as_it_was_written_after_a_restart(
    paid: PaidOrder, clock: SetClock, tmp_path: Path
) -> None:
    path = tmp_path / "journal.sqlite3"
    refund = with_receipt(replace(asking(paid, clock), fiscal=return_task()), clock)
    journal = SqliteJournal(path, now=clock)
    SqliteRefundBook(journal).save(refund)
    journal.close()
    journal = SqliteJournal(path, now=clock)
    book = SqliteRefundBook(journal)
    assert (book.find(refund.id), book.open_refunds(), book.holds(refund.number)) == (refund, (refund,), refund)
    assert (journal.open_sales(), journal.check()) == ((), None)
    journal.close()


def test_a_refund_given_up_holds_nothing_and_a_finished_one_for_ever(paid: PaidOrder, clock: SetClock) -> None:
    journal = SqliteJournal(":memory:", now=clock)
    book = SqliteRefundBook(journal)
    first = asking(paid, clock)
    book.save(first)
    book.save(first.claim_refused(at=clock()))
    assert (book.holds(first.number), book.open_refunds(), book.last_done()) == (None, (), None)
    second = replace(asking(paid, clock), stage=RefundStage.HANDING_OUT)
    book.save(second)
    done = second.handed_out(at=clock())
    book.save(done)
    assert (book.holds(done.number), book.open_refunds(), book.last_done()) == (done, (), done)
    assert book.given_back(clock()) == (done,)
    assert book.given_back(clock() + timedelta(seconds=1)) == ()
    assert journal.check() is None
    journal.close()


def test_a_refund_that_cannot_be_read_is_reported_and_the_others_are_not_lost(
    paid: PaidOrder, clock: SetClock, tmp_path: Path
) -> None:
    noticed: list[str] = []
    journal = SqliteJournal(tmp_path / "j.sqlite3", now=clock, on_unreadable=lambda found: noticed.append(found.sale))
    book = SqliteRefundBook(journal)
    spoilt, whole = asking(paid, clock), asking(paid, clock)
    book.save(spoilt)
    book.save(whole)
    journal._file.connection.execute("UPDATE entry SET body = '{}' WHERE sale = ?", (str(spoilt.id),))
    assert book.open_refunds() == (whole,)
    assert noticed == [str(spoilt.id)]
    journal.close()


def test_a_refund_written_by_the_program_of_the_22nd_of_november_is_read(paid: PaidOrder, clock: SetClock) -> None:
    body = (Path(__file__).parent / "fixtures" / "refund-of-2026-11-22.json").read_text(encoding="utf-8")
    journal = SqliteJournal(":memory:", now=clock)
    book = SqliteRefundBook(journal)
    book.save(asking(paid, clock))
    journal._file.connection.execute("UPDATE entry SET body = ?", (body,))
    (read,) = book.open_refunds()
    back = read.next_return
    assert back is not None
    assert back.approval is not None
    assert (read.stage, back.state, back.approval.reference, back.approval.is_nameless) == (
        RefundStage.RETURNING,
        TenderState.RETURN_UNKNOWN,
        "610000000001",
        False,
    )
    assert (read.paid.cash, read.amount, read.may_be_given_up) == (Money(250000), Money(450000), False)
    journal.close()


def test_points_and_money_of_the_story_are_sums_of_the_visits(paid: PaidOrder) -> None:
    assert (paid.paid, paid.points_spent, paid.returned) == (Money(56000), Points(0), None)
    assert Money.sum([visit.discount for visit in paid.visits]) == ZERO
