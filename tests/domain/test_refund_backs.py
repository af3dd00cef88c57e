"""Money that goes back by card and transfer: one part after another, and a refund that can only be finished then."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from pos_client.domain import payment
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.money import NO_POINTS, ZERO, Money
from pos_client.domain.order import TenderKind, Visit, VisitTender
from pos_client.domain.paid_order import PaidOrder, PaidVisit, RefundObstacle
from pos_client.domain.payment import Approval, Tender, TenderState
from pos_client.domain.receipt import FiscalPayment, PaymentSign, receipt_for
from pos_client.domain.refund import Refund, RefundStage, registered_otherwise
from pos_client.domain.sale import Cashier, IllegalMoveError, Trouble
from tests.samples import NOW, ORDER, document, live_quote, new_sale

TASK, BACK = UUID(int=7), UUID(int=8)
SUMS = ((TenderKind.CASH, 99000), (TenderKind.CARD, 200000), (TenderKind.SBP, 150000), (TenderKind.CARD, 50000))


def approval(kind: TenderKind, kopecks: int) -> Approval | None:
    return None if kind is TenderKind.CASH else Approval(UUID(int=kopecks), Money(kopecks), NOW, reference="RRN")


def mixed(sums: tuple[tuple[TenderKind, int], ...] = SUMS) -> PaidOrder:
    """An order paid in one visit by cash, two cards and a transfer."""
    tenders = tuple(Tender(kind, Money(kopecks), Money(kopecks)) for kind, kopecks in sums)
    made = receipt_for(ORDER, live_quote(ORDER), tenders, sale_id=new_sale().id, cashier="И.")
    told = tuple(VisitTender(kind, Money(kopecks)) for kind, kopecks in sums)
    visit = PaidVisit(
        "v1",
        NOW,
        "MSK548",
        "1",
        "И.",
        told,
        ZERO,
        NO_POINTS,
        "",
        "101",
        "9999078900001341",
        lines=made.lines,
        approvals=tuple(approval(kind, kopecks) for kind, kopecks in sums),
    )
    return PaidOrder(replace(ORDER, visits=(Visit("v1", NOW, "MSK548", told),)), (visit,))


def claimed(paid: PaidOrder | None = None) -> Refund:
    refund = Refund(UUID(int=1), NOW, "MSK548", "1", Cashier("Иванова М."), paid or mixed())
    return refund.confirmed(at=NOW).claimed()


def gone(refund: Refund) -> Refund:
    """The next part has gone back."""
    back = refund.next_return
    assert back is not None
    away = back.going_back(BACK, at=NOW)
    return refund.tender_became(back, away).tender_became(away, away.gone_back(Approval(BACK, back.amount, NOW)))


def test_what_goes_before_the_receipt_is_every_card_and_transfer_with_the_operation_that_took_it() -> None:
    backs = claimed().backs
    assert [(one.kind, one.amount.kopecks, one.received.kopecks) for one in backs] == [
        (TenderKind.CARD, 200000, 200000),
        (TenderKind.CARD, 50000, 50000),
        (TenderKind.SBP, 150000, 150000),
    ]
    assert [one.approval for one in backs] == [approval(one.kind, one.amount.kopecks) for one in backs]
    assert {one.state for one in backs} == {TenderState.APPROVED}


def test_parts_go_back_one_after_another_and_the_receipt_comes_last() -> None:
    refund = claimed()
    for part in refund.backs:
        assert refund.next_return == part
        with pytest.raises(IllegalMoveError):
            refund.returned(TASK)
        refund = gone(refund)
    assert [one.state for one in refund.backs] == [TenderState.RETURNED] * 3
    assert [one.amount.kopecks for one in refund.backs] == [200000, 50000, 150000]
    made = refund.returned(TASK)
    assert made.fiscal is not None
    assert (made.stage, made.fiscal.id) == (RefundStage.FISCALISING, TASK)
    assert made.fiscal.receipt.payments == (
        FiscalPayment(PaymentSign.CASHLESS, Money(400000)),
        FiscalPayment(PaymentSign.CASH, Money(99000)),
    )


def test_news_of_one_part_leave_the_others_where_they_are() -> None:
    refund = claimed()
    first, second, third = refund.backs
    away = second.going_back(BACK, at=NOW)
    moved = refund.tender_became(second, away)
    assert (moved.backs, moved.stage, moved.next_return) == ((first, away, third), RefundStage.RETURNING, first)
    assert refund.tender_became(third, away).backs == (first, second, away)


def test_a_refund_may_be_given_up_exactly_while_surely_nothing_went() -> None:
    refund = claimed()
    assert refund.may_be_given_up
    (back, *_) = refund.backs
    away = back.going_back(BACK, at=NOW)
    asked = refund.tender_became(back, away)
    doubted = asked.tender_became(away, away.doubted())
    kept = asked.tender_became(away, away.not_gone_back())
    assert [one.may_be_given_up for one in (asked, doubted, kept, gone(refund))] == [False, False, True, False]
    assert kept.given_up().stage is RefundStage.CANCELLING
    with pytest.raises(IllegalMoveError):
        gone(refund).given_up()


def test_after_money_went_a_refused_receipt_is_printed_again_and_never_given_up() -> None:
    refund = gone(gone(gone(claimed()))).returned(TASK)
    assert not refund.may_be_given_up
    refused = refund.receipt_sent(after=1).receipt_refused(UUID(int=9), Trouble("Нет бумаги."))
    assert not refused.may_be_given_up
    assert refused.trouble == Trouble("Нет бумаги.")


def test_a_receipt_for_cash_alone_may_be_given_up_until_it_left() -> None:
    refund = claimed(mixed(((TenderKind.CASH, 499000),))).returned(TASK)
    assert refund.may_be_given_up
    assert not refund.receipt_sent(after=1).may_be_given_up
    assert not replace(refund, fiscal=None).may_be_given_up


def test_a_part_whose_way_the_cashier_signed_is_gone_or_kept_by_his_word() -> None:
    refund = claimed()
    (back, *_) = refund.backs
    doubted = back.going_back(BACK, at=NOW).doubted()
    refund = refund.tender_became(back, doubted)
    word = payment.Testimony("Иванова М.", NOW, slip=True, amount=back.amount)
    went = refund.tender_became(doubted, doubted.testified(word))
    assert went.next_return == refund.backs[1]
    stayed = refund.tender_became(doubted, doubted.testified(replace(word, slip=False, amount=ZERO)))
    assert stayed.next_return == stayed.backs[0]


def test_without_cash_a_refund_ends_with_its_facts() -> None:
    refund = gone(gone(gone(claimed(mixed((*SUMS[1:], (TenderKind.SBP, 99000)))))))
    last = gone(refund).returned(TASK).receipt_sent(after=1).receipted(document(total=499000))
    done = last.recorded(at=NOW + timedelta(hours=1))
    assert (done.stage, done.finished_at) == (RefundStage.DONE, NOW + timedelta(hours=1))


def test_money_that_no_operation_is_known_for_stands_in_the_way() -> None:
    paid = mixed()
    assert paid.obstacle() is None
    (visit,) = paid.visits
    unknown = replace(visit, approvals=(*visit.approvals[:2], None, visit.approvals[3]))
    assert replace(paid, visits=(unknown,)).obstacle() is RefundObstacle.NOT_CASH
    assert replace(paid, visits=(replace(visit, taken_back=True),)).obstacle() is RefundObstacle.TAKEN_BACK
    assert replace(paid, visits=()).obstacle() is RefundObstacle.NOTHING_PAID


def test_the_words_in_which_a_refund_is_kept_never_change() -> None:
    assert [stage.value for stage in RefundStage] == [stage.name.lower() for stage in RefundStage]


def test_a_return_registered_with_another_total_is_put_right_before_its_facts_and_never_given_up() -> None:
    sent = gone(gone(gone(claimed()))).returned(TASK).receipt_sent(after=1)
    assert sent.fiscal is not None
    found, trouble = Misregistered(document(total=1), sent.fiscal.receipt), Trouble("Чек пробит на другую сумму.")
    wrong = registered_otherwise(sent, found, trouble)
    assert (wrong.stage, wrong.misregistered, wrong.trouble) == (RefundStage.CORRECTING, found, trouble)
    assert not wrong.may_be_given_up
    with pytest.raises(IllegalMoveError):
        wrong.given_up()
    assert wrong.receipted(document(total=499000)).stage is RefundStage.RECORDING
