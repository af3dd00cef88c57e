"""A correction as a value: two steps, one after the other, and what stands for a visit afterwards."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from pos_client.domain.correction import Correction, as_corrected, correction_of, receipt_by, says_the_same
from pos_client.domain.money import NO_POINTS, ZERO, Money
from pos_client.domain.order import LineKind, OrderLine, OrderState, Seller, TenderKind, VisitTender
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.payment import Tender
from pos_client.domain.receipt import FiscalPayment, PaymentSign, Receipt, ReceiptKind, Settlement, receipt_for
from pos_client.domain.sale import Cashier, IllegalMoveError, Trouble
from pos_client.domain.settling import FiscalRules
from pos_client.domain.terms import Agent, AgentSign, Taxation
from tests.samples import NOW, ORDER, cash, document, live_quote, new_sale, priced_sale

ID, FIRST, SECOND, AGAIN = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
WHO = Cashier("Петрова А.", "123654789507")


def sold(*, waiting: bool = False, paid: int = 499000, received: int = 500000) -> Receipt:
    order = replace(ORDER, state=OrderState.WAITING) if waiting else ORDER
    tenders = cash(paid, received)
    return receipt_for(order, live_quote(ORDER), tenders, sale_id=new_sale().id, cashier="И.", contact="a@example.ru")


def begun(wrong: Receipt, right: Receipt | None, *, why: str = "") -> Correction:
    return correction_of(
        wrong,
        document(total=wrong.total.kopecks),
        right,
        correction_id=ID,
        task_ids=(FIRST, SECOND),
        opened_at=NOW,
        cashier=WHO,
        rules=FiscalRules(),
        why=why,
    )


def test_the_opposite_comes_first_and_the_right_one_after_it() -> None:
    wrong, right = sold(), sold(waiting=True)
    made = begun(wrong, right, why="Посылка уже выдана.")
    opposite, better = made.steps
    assert (opposite.id, opposite.receipt.kind, opposite.receipt.lines) == (FIRST, ReceiptKind.RETURN, wrong.lines)
    assert (better.id, better.receipt.kind, better.receipt.lines) == (SECOND, ReceiptKind.SALE, right.lines)
    for step in made.steps:
        assert step.receipt.payments == (FiscalPayment(PaymentSign.CASH, wrong.total),)
        assert (step.receipt.sale_id, step.receipt.cashier, step.receipt.cashier_inn) == (ID, WHO.name, WHO.inn)
        assert step.receipt.contact == "a@example.ru"
        assert step.receipt.notes == ("Коррекция чека № 39091 от 21.11.2026", "Посылка уже выдана.")
        assert step.receipt.correction is not None
        assert step.receipt.correction.wrong_sign == "3635260533"
    assert (made.why, made.opened_at, made.wrong.number, made.order_number) == (
        "Посылка уже выдана.",
        NOW,
        39091,
        ORDER.number,
    )


def test_the_opposite_of_a_return_is_a_sale_and_a_reason_is_not_invented() -> None:
    wrong = replace(sold(), kind=ReceiptKind.RETURN)
    (opposite,) = begun(wrong, None).steps
    assert opposite.receipt.kind is ReceiptKind.SALE
    assert opposite.receipt.notes == ("Коррекция чека № 39091 от 21.11.2026",)


def test_the_steps_are_done_one_after_the_other_and_each_once() -> None:
    made = begun(sold(), sold(waiting=True))
    assert (made.fiscal, made.is_open) == (made.steps[0], True)
    sent = made.receipt_sent(after=7)
    assert sent.fiscal == replace(made.steps[0], after=7, sent=True)
    with pytest.raises(IllegalMoveError):
        _ = sent.right
    with pytest.raises(IllegalMoveError):
        sent.reported()
    half = sent.receipted(document(39092))
    assert (half.fiscal, half.is_open, half.documents) == (made.steps[1], True, (document(39092),))
    assert half.steps[0].sent
    done = half.receipt_sent(after=39092).receipted(document(39093))
    assert (done.fiscal, done.is_open) == (None, False)
    assert done.right == (document(39093), done.steps[1].receipt)
    assert (done.told, done.reported().told) == (False, True)
    with pytest.raises(IllegalMoveError):
        done.receipt_sent(after=1)
    with pytest.raises(IllegalMoveError):
        done.receipted(document())


def test_a_document_that_should_not_be_leaves_nothing_in_its_place() -> None:
    done = begun(sold(), None).receipt_sent(after=1).receipted(document(39092))
    assert (done.is_open, done.right, done.order_number) == (False, None, ORDER.number)


def test_a_refused_step_is_tried_again_under_another_id_and_says_why_it_waits() -> None:
    trouble = Trouble("Нет бумаги.")
    made = begun(sold(), sold(waiting=True)).receipt_sent(after=1)
    refused = made.receipt_refused(AGAIN, trouble)
    assert refused.fiscal is not None
    assert (refused.fiscal.id, refused.fiscal.sent, refused.fiscal.receipt) == (AGAIN, False, made.steps[0].receipt)
    assert (refused.trouble, made.troubled(trouble).trouble) == (trouble, trouble)
    assert made.troubled(trouble).steps == made.steps
    assert refused.receipt_sent(after=2).trouble is None


def test_a_correction_hands_out_no_change_and_keeps_what_was_not_cash() -> None:
    order = replace(ORDER, state=OrderState.WAITING)
    rules = FiscalRules(on_credit=True)
    owed = receipt_for(
        order,
        live_quote(order),
        (Tender(TenderKind.CARD, Money(100000), Money(100000)),),
        sale_id=ID,
        cashier="И.",
        rules=rules,
    )
    assert {payment.sign for payment in owed.payments} == {PaymentSign.CREDIT, PaymentSign.CASHLESS}
    assert begun(owed, None).steps[0].receipt.payments == owed.payments
    nothing = replace(sold(), lines=(), payments=())
    assert begun(nothing, None).steps[0].receipt.payments == (FiscalPayment(PaymentSign.CASH, nothing.total),)


def test_a_sale_by_other_rules_is_the_same_money_with_other_signs() -> None:
    assert receipt_by(priced_sale(), FiscalRules()) is None
    assert receipt_by(new_sale(), FiscalRules()) is None
    sale = replace(priced_sale(), tenders=cash(499000, 500000), paid_at=NOW - timedelta(days=1), contact="a@example.ru")
    made = receipt_by(sale, FiscalRules(acceptance_settles=True))
    assert made is not None
    assert {line.settlement for line in made.lines} == {Settlement.FULL}
    assert (made.sale_id, made.cashier, made.contact, made.paper) == (sale.id, sale.cashier.name, "a@example.ru", True)
    assert made.payments == (FiscalPayment(PaymentSign.CASH, sale.tenders[0].received),)


def paid(receipt: Receipt, number: int, fn: str = "9999078900001341") -> PaidVisit:
    tenders = (VisitTender(TenderKind.CASH, receipt.total),)
    return PaidVisit("v1", NOW, "MSK548", "1", "И.", tenders, ZERO, NO_POINTS, "", str(number), fn, lines=receipt.lines)


def test_what_stands_for_a_visit_is_what_its_correction_registered() -> None:
    wrong, right = sold(), sold(waiting=True)
    visits = (paid(wrong, 39091), paid(wrong, 39090), paid(wrong, 39091, fn="9999078900009999"))
    order = PaidOrder(ORDER, visits)
    made = begun(wrong, right).receipt_sent(after=1).receipted(document(39092))
    assert as_corrected(order, [made]) == order
    done = made.receipt_sent(after=39092).receipted(document(39093))
    first, *others = as_corrected(order, [done]).visits
    assert first == replace(visits[0], document="39093", lines=done.steps[1].receipt.lines, taxation=Taxation.GENERAL)
    assert tuple(others) == visits[1:]


def test_a_visit_whose_document_was_only_taken_back_has_none() -> None:
    visit = paid(sold(), 39091)
    done = begun(sold(), None).receipt_sent(after=1).receipted(document(39092))
    (found,) = as_corrected(PaidOrder(ORDER, (visit,)), [done]).visits
    assert found == replace(visit, document="", fn="", lines=(), taken_back=True)


def test_a_document_that_says_the_same_is_not_corrected() -> None:
    seller = Seller("ООО Ромашка", "7707083893", "+74950000000")
    order = replace(ORDER, lines=(OrderLine("g", "Кружка", LineKind.GOODS, ORDER.total, seller=seller),))
    rules = FiscalRules(taxation=Taxation.GENERAL, agent=Agent(AgentSign.ANOTHER))
    right = receipt_for(order, live_quote(order), cash(499000), sale_id=ID, cashier="И.", rules=rules)
    assert says_the_same(right, replace(right, cashier="А.", notes=("Спасибо!",)))
    of_old = replace(right, taxation=None, lines=tuple(replace(line, agent=None) for line in right.lines))
    assert says_the_same(of_old, right)
    paying = tuple(replace(line, agent=Agent(AgentSign.PAYING_AGENT, "Приём", "+7")) for line in right.lines)
    for wrong in (
        replace(right, taxation=next(one for one in Taxation if one is not right.taxation)),
        replace(right, payments=(FiscalPayment(PaymentSign.CASHLESS, right.total),)),
        replace(right, lines=paying),
        replace(right, lines=()),
    ):
        assert not says_the_same(wrong, right)
