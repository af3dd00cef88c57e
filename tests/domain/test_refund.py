"""Refunds as values: what goes back, on which lines, and the moves that a refund may make."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pos_client.domain.facts import OrderReturned, RefundRecorded, RefundReleased, facts_of_refund
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import LineKind, OrderLine, OrderState, Seller, TenderKind, Vat
from pos_client.domain.paid_order import PaidVisit, RefundObstacle
from pos_client.domain.receipt import (
    FiscalPayment,
    PaymentSign,
    ReceiptKind,
    ReceiptLine,
    Settlement,
    Subject,
    receipt_for,
)
from pos_client.domain.refund import (
    REFUND_MOVES,
    Refund,
    RefundStage,
    as_returned,
    receipt_wanted,
    return_receipt,
)
from pos_client.domain.sale import IllegalMoveError, Trouble
from pos_client.domain.terms import Taxation
from tests.domain.refund_samples import opened, paid, sold, visit
from tests.samples import NOW, ORDER, cash, document, live_quote

TASK = UUID(int=7)


def usual() -> Refund:
    """A refund of an order that was paid at once, with points."""
    return opened(visit(1, (TenderKind.CASH, 450000), lines=sold(ORDER, cash(450000), points=490), points=490))


def registered() -> Refund:
    made = usual().confirmed(at=NOW).claimed().returned(TASK).receipt_sent(after=5)
    return made.receipted(document(total=450000))


def test_a_usual_refund_walks_from_its_page_to_the_cash_in_the_hand() -> None:
    refund = usual()
    assert (refund.amount, refund.paid.cash, refund.paid.points_spent) == (Money(450000), Money(450000), Points(490))
    refund = registered().recorded(at=NOW)
    assert (refund.stage, refund.is_open, refund.finished_at) == (RefundStage.HANDING_OUT, True, None)
    refund = refund.handed_out(at=NOW)
    assert (refund.stage, refund.is_open, refund.finished_at) == (RefundStage.DONE, False, NOW)


def test_the_key_names_the_order_and_nothing_else() -> None:
    assert usual().key == replace(usual(), id=UUID(int=2), till="2").key == f"refund:{ORDER.number}"


def test_a_return_copies_lines_after_points_and_pays_as_the_money_goes() -> None:
    refund = usual()
    made = return_receipt(refund)
    assert made.lines == refund.paid.visits[0].lines
    assert (made.kind, made.total, made.sale_id) == (ReceiptKind.RETURN, Money(450000), refund.id)
    assert made.payments == (FiscalPayment(PaymentSign.CASH, Money(450000)),)
    assert made.notes == ("Возврат по чекам: 101", "Вернутся баллы: 490")


def test_a_return_keeps_the_rate_of_the_day_of_sale() -> None:
    old = tuple(replace(line, vat=Vat.VAT20) for line in sold(ORDER, cash(499000)))
    made = return_receipt(opened(visit(1, (TenderKind.CASH, 499000), lines=old)))
    assert {line.vat for line in made.lines} == {Vat.VAT20}


def test_the_last_settlement_stands_for_the_prepayments_that_it_offset() -> None:
    first = visit(1, (TenderKind.CASH, 200000), lines=sold(ORDER, cash(200000)))
    rest = sold(replace(paid(first).order, state=OrderState.WAITING), cash(299000))
    made = return_receipt(opened(first, visit(2, (TenderKind.CASH, 299000), lines=rest)))
    assert (made.lines, made.total) == (rest, Money(499000))
    assert {line.settlement for line in made.lines} == {Settlement.FULL}
    assert made.payments == (FiscalPayment(PaymentSign.CASH, Money(499000)),)


def test_prepayments_of_an_order_that_was_never_settled_go_back_as_prepayments() -> None:
    first = visit(1, (TenderKind.CASH, 100000), lines=sold(ORDER, cash(100000)))
    second = visit(2, (TenderKind.CASH, 50000), lines=sold(paid(first).order, cash(50000)))
    made = return_receipt(opened(first, second))
    assert made.lines == (*first.lines, *second.lines)
    assert (made.total, {line.settlement for line in made.lines}) == (Money(150000), {Settlement.PREPAYMENT})


def test_a_part_paid_after_a_settlement_goes_back_beside_it() -> None:
    first = visit(1, (TenderKind.CASH, 499000), lines=sold(ORDER, cash(499000)))
    heavier = replace(ORDER, lines=(*ORDER.lines, OrderLine("4", "Перевес", LineKind.SERVICE, Money(80000))))
    part = sold(paid(first, order=heavier).order, cash(30000))
    made = return_receipt(opened(first, visit(2, (TenderKind.CASH, 30000), lines=part), order=heavier))
    assert (made.lines, made.total) == ((*first.lines, *part), Money(529000))


@pytest.mark.parametrize("known_first", [True, False])
def test_a_receipt_that_nobody_told_is_derived_from_the_order(known_first: bool) -> None:  # noqa: FBT001 - two cases
    lines = sold(ORDER, cash(200000)) if known_first else ()
    settled = return_receipt(
        opened(visit(1, (TenderKind.CASH, 200000), lines=lines), visit(2, (TenderKind.CASH, 299000)))
    )
    assert (settled.total, {line.settlement for line in settled.lines}) == (Money(499000), {Settlement.PREPAYMENT})
    part = return_receipt(opened(visit(1, (TenderKind.CASH, 200000))))
    assert (part.total, {line.settlement for line in part.lines}) == (Money(200000), {Settlement.PREPAYMENT})


def test_derived_lines_keep_goods_at_full_price_and_name_their_seller() -> None:
    seller = Seller("ООО Ромашка", "7707083893", "+74950000000")
    goods = OrderLine("g", "Кружка", LineKind.GOODS, Money(149900), quantity=2, seller=seller)
    order = replace(ORDER, lines=(goods, ORDER.lines[1]))
    made = return_receipt(opened(visit(1, (TenderKind.CASH, 319800), points=100), order=order))
    assert [(line.amount, line.seller) for line in made.lines] == [(Money(299800), seller), (Money(20000), None)]


def test_lines_that_do_not_sum_to_what_was_paid_are_not_printed() -> None:
    with pytest.raises(ValueError, match="do not sum"):
        return_receipt(opened(visit(1, (TenderKind.CASH, 450001), lines=sold(ORDER, cash(450000), points=490))))


def test_points_alone_go_back_by_a_receipt_of_zero_and_no_cash_is_waited_for() -> None:
    lines = tuple(replace(line, price=ZERO) for line in sold(ORDER, cash(499000)))
    refund = opened(visit(1, lines=lines, points=4990))
    made = return_receipt(refund)
    assert (made.total, made.payments) == (ZERO, (FiscalPayment(PaymentSign.OTHER, ZERO),))
    done = refund.confirmed(at=NOW).claimed().returned(TASK).receipted(document(total=0)).recorded(at=NOW)
    assert (done.stage, done.paid.points_spent) == (RefundStage.DONE, Points(4990))


def test_cards_go_back_before_transfers_and_cash_last() -> None:
    refund = opened(
        visit(1, (TenderKind.CASH, 1000), (TenderKind.CARD, 2000)),
        visit(2, (TenderKind.SBP, 3000), (TenderKind.CARD, 4000)),
    )
    assert [(back.kind, back.amount.kopecks, back.visit_id) for back in refund.paid.paybacks] == [
        (TenderKind.CARD, 2000, "v1"),
        (TenderKind.CARD, 4000, "v2"),
        (TenderKind.SBP, 3000, "v2"),
        (TenderKind.CASH, 1000, "v1"),
    ]
    assert refund.paid.cash == Money(1000)
    assert return_receipt(refund).payments == (
        FiscalPayment(PaymentSign.CASHLESS, Money(9000)),
        FiscalPayment(PaymentSign.CASH, Money(1000)),
    )


def test_what_was_not_paid_or_not_in_cash_cannot_be_confirmed() -> None:
    assert paid().obstacle() is RefundObstacle.NOTHING_PAID
    assert paid(visit(1, (TenderKind.CASH, 1), (TenderKind.SBP, 1))).obstacle() is RefundObstacle.NOT_CASH
    for refund in (opened(), opened(visit(1, (TenderKind.CARD, 100)))):
        with pytest.raises(IllegalMoveError):
            refund.confirmed(at=NOW)


def test_facts_are_owed_from_the_receipt_on_and_name_every_processing_order_once() -> None:
    visits = (
        visit(1, (TenderKind.CASH, 100000), lines=sold(ORDER, cash(100000)), loyalty_order="A"),
        visit(2, (TenderKind.CASH, 1000), loyalty_order="B-off-1"),
        visit(3, (TenderKind.CASH, 1000), loyalty_order="A"),
        visit(4, (TenderKind.CASH, 1000), loyalty_order=""),
    )
    begun = opened(*visits).confirmed(at=NOW).claimed().returned(TASK).receipt_sent(after=1)
    assert facts_of_refund(begun) == ()
    made = begun.receipted(document(total=103000))
    facts = facts_of_refund(made)
    assert facts[0] == RefundRecorded(made)
    assert [fact.order_id for fact in facts[1:] if isinstance(fact, OrderReturned)] == ["A", "B-off-1"]
    assert [fact.key for fact in facts] == [fact.key for fact in facts_of_refund(made.recorded(at=NOW))]


def test_a_refund_given_up_owes_the_order_service_its_freedom() -> None:
    given_up = usual().confirmed(at=NOW).claimed().given_up()
    assert facts_of_refund(given_up) == (RefundReleased(given_up),)
    assert facts_of_refund(given_up.cancelled(at=NOW)) == ()


def test_a_receipt_on_its_way_cannot_be_given_up_and_a_refused_one_can() -> None:
    sent = usual().confirmed(at=NOW).claimed().returned(TASK).receipt_sent(after=5)
    with pytest.raises(IllegalMoveError):
        sent.given_up()
    refused = sent.receipt_refused(UUID(int=8), Trouble("Нет бумаги."))
    assert refused.fiscal is not None
    assert (refused.fiscal.id, refused.fiscal.sent) == (UUID(int=8), False)
    assert refused.given_up().stage is RefundStage.CANCELLING


def test_a_refused_claim_ends_the_refund_and_nothing_else_does_so() -> None:
    asked = usual().confirmed(at=NOW)
    refused = asked.claim_refused(at=NOW)
    assert (refused.stage, refused.finished_at, refused.may_be_given_up) == (RefundStage.CANCELLED, NOW, False)
    for other in (usual(), asked.claimed(), asked.given_up(), registered()):
        with pytest.raises(IllegalMoveError):
            other.claim_refused(at=NOW)


def test_a_claim_whose_answer_is_lost_can_be_given_up_without_a_receipt() -> None:
    asked = usual().confirmed(at=NOW)
    assert asked.may_be_given_up
    assert asked.given_up().may_be_given_up
    assert not usual().may_be_given_up
    with pytest.raises(IllegalMoveError):
        asked.returned(TASK)


def test_every_stage_has_its_moves_and_only_an_end_has_none() -> None:
    ends = {stage for stage in RefundStage if not REFUND_MOVES[stage]}
    assert ends == {RefundStage.DONE, RefundStage.CANCELLED}
    with pytest.raises(IllegalMoveError):
        registered().recorded(at=NOW).handed_out(at=NOW).recorded(at=NOW)


def test_a_card_that_may_have_been_given_its_money_back_cannot_be_forgotten() -> None:
    claimed = replace(opened(visit(1, (TenderKind.CARD, 100))), stage=RefundStage.RETURNING)
    assert not claimed.may_be_given_up


def test_another_try_is_told_of_the_receipt_once_there_is_one() -> None:
    assert not as_returned(usual().confirmed(at=NOW)).is_done
    told = as_returned(registered())
    assert told.is_done is True
    assert (told.document, told.till, told.office, told.amount) == ("39091", "1", "MSK548", Money(450000))
    with pytest.raises(IllegalMoveError):
        as_returned(usual())


@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=5), st.integers(0, 900))
def test_any_parts_go_back_to_the_kopeck_on_lines_that_sum(parts: list[int], points: int) -> None:
    visits: tuple[PaidVisit, ...] = ()
    for number, part in enumerate(parts):
        order = paid(*visits).order
        quote = live_quote(order, points)
        taken = min(part, (quote.payable - order.paid).kopecks)
        if not taken:
            break
        new = points if number == 0 else 0
        lines = receipt_for(order, quote, cash(taken), sale_id=UUID(int=1), cashier="И.").lines
        visits = (*visits, visit(number, (TenderKind.CASH, taken), lines=lines, points=new))
    refund = opened(*visits)
    made = return_receipt(refund)
    assert made.total == refund.amount == Money.sum([payment.sum for payment in made.payments])
    assert all(line.price >= ZERO and line.quantity > 0 for line in made.lines)
    derived = return_receipt(opened(*(replace(one, lines=()) for one in visits)))
    assert derived.total == made.total


class EveryMove(RuleBasedStateMachine):
    """Tries every move at every moment: each either follows the table or changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.refund: Refund = usual()
        self.was_sent = False

    def attempt(self, name: str, *args: object, **kwargs: object) -> None:
        before = self.refund
        try:
            after: Refund = getattr(before, name)(*args, **kwargs)
        except IllegalMoveError:
            return
        assert after.stage in REFUND_MOVES[before.stage]
        assert after.id == before.id
        self.refund = after

    @rule()
    def confirmed(self) -> None:
        self.attempt("confirmed", at=NOW)

    @rule()
    def claimed(self) -> None:
        self.attempt("claimed")

    @rule()
    def claim_refused(self) -> None:
        self.attempt("claim_refused", at=NOW)

    @rule()
    def returned(self) -> None:
        self.attempt("returned", TASK)

    @rule()
    def receipt_sent(self) -> None:
        self.attempt("receipt_sent", after=1)

    @rule()
    def receipt_refused(self) -> None:
        self.attempt("receipt_refused", UUID(int=9), Trouble("Нет бумаги."))

    @rule()
    def receipted(self) -> None:
        self.attempt("receipted", document(total=450000))

    @rule()
    def recorded(self) -> None:
        self.attempt("recorded", at=NOW)

    @rule()
    def handed_out(self) -> None:
        self.attempt("handed_out", at=NOW)

    @rule()
    def given_up(self) -> None:
        self.attempt("given_up")

    @rule()
    def cancelled(self) -> None:
        self.attempt("cancelled", at=NOW)

    @invariant()
    def nothing_is_finished_without_an_end(self) -> None:
        assert (self.refund.finished_at is None) == self.refund.is_open

    @invariant()
    def money_leaves_only_after_the_receipt(self) -> None:
        after = {RefundStage.RECORDING, RefundStage.HANDING_OUT, RefundStage.DONE}
        assert (self.refund.stage in after) == (self.refund.document is not None)

    @invariant()
    def what_is_given_up_was_never_left_at_the_register(self) -> None:
        if self.refund.stage in {RefundStage.CANCELLING, RefundStage.CANCELLED}:
            assert self.refund.fiscal is None or not self.refund.fiscal.sent


EveryMove.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestEveryMove = EveryMove.TestCase


def test_nothing_paid_returns_no_points() -> None:
    assert paid().points_spent == NO_POINTS


def test_more_money_than_was_sold_on_credit_is_not_printed() -> None:
    lines = tuple(replace(line, settlement=Settlement.PARTIAL_CREDIT) for line in sold(ORDER, cash(499000)))
    owing = return_receipt(opened(visit(1, (TenderKind.CASH, 100000), lines=lines)))
    assert owing.payments == (
        FiscalPayment(PaymentSign.CREDIT, Money(399000)),
        FiscalPayment(PaymentSign.CASH, Money(100000)),
    )
    with pytest.raises(ValueError, match="do not sum"):
        return_receipt(opened(visit(1, (TenderKind.CASH, 499001), lines=lines)))


def test_what_stands_in_the_way_of_a_refund_leaves_it_where_it_is() -> None:
    trouble = Trouble("Нет бумаги.")
    stopped = usual().troubled(trouble)
    assert (stopped.stage, stopped.trouble) == (RefundStage.OPEN, trouble)


@pytest.mark.parametrize(
    ("stated", "returned"),
    [
        ((Taxation.PATENT,), Taxation.PATENT),
        ((Taxation.PATENT, Taxation.PATENT), Taxation.PATENT),
        ((Taxation.PATENT, Taxation.GENERAL), None),
        ((Taxation.PATENT, None), None),
        ((Taxation.GENERAL, None), Taxation.GENERAL),
        ((None,), Taxation.GENERAL),
    ],
)
def test_a_return_states_the_taxation_of_the_receipts_when_they_agree_on_one(
    stated: tuple[Taxation | None, ...], returned: Taxation | None
) -> None:
    line = ReceiptLine("Доставка", Money(100), 1, Settlement.PREPAYMENT, Subject.SERVICE, Vat.VAT22)
    visits = [
        replace(visit(number, (TenderKind.CASH, 100), lines=(line,)), taxation=one) for number, one in enumerate(stated)
    ]
    assert return_receipt(opened(*visits)).taxation is returned


@pytest.mark.parametrize(
    ("said", "paper", "where"),
    [("8 916 555-00-67", True, "+79165550067"), ("anna@example.ru", False, "anna@example.ru"), ("", True, "")],
)
def test_the_receipt_of_a_return_goes_where_the_customer_wants_it(said: str, where: str, *, paper: bool) -> None:
    wanted = receipt_wanted(usual(), said, paper=paper)
    made = return_receipt(wanted)
    assert (made.contact, made.paper) == (where, paper)
    with pytest.raises(IllegalMoveError):
        receipt_wanted(wanted.confirmed(at=NOW), said, paper=True)


@pytest.mark.parametrize(("said", "paper"), [("Анна", True), ("", False)])
def test_a_receipt_of_a_return_that_would_reach_nobody_is_not_wanted(said: str, *, paper: bool) -> None:
    with pytest.raises(ValueError, match="paper or a contact"):
        receipt_wanted(usual(), said, paper=paper)
