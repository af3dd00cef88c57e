"""How long a return would be is known before a visit: never less than what the return then has."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_client.domain.money import NO_POINTS, ZERO, Money
from pos_client.domain.order import Order, OrderState, TenderKind, Visit, VisitTender
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.receipt import Settlement, receipt_for
from pos_client.domain.refund import Refund, return_receipt
from pos_client.domain.registrable import bytes_of_document, bytes_of_line
from pos_client.domain.returnable import ReturnSize, size_of_return
from pos_client.domain.sale import Cashier
from pos_client.domain.settling import FiscalRules
from tests.samples import NOW, ORDER, cash, live_quote, visit, with_visits

RULES = (FiscalRules(), FiscalRules(acceptance_settles=True), FiscalRules(on_credit=True))
STATES = (OrderState.ACCEPTED, OrderState.WAITING)


def paid(order: Order, visits: tuple[PaidVisit, ...], taken: Money, rules: FiscalRules) -> tuple[Order, PaidVisit]:
    """The order and the visit after taking so much of it, as order service and till remember them."""
    receipt = receipt_for(order, live_quote(order), cash(taken.kopecks), sale_id=UUID(int=1), cashier="И.", rules=rules)
    made = PaidVisit(
        id=f"v{len(visits)}",
        at=NOW + timedelta(days=len(visits)),
        office="MSK548",
        till="1",
        cashier="И.",
        tenders=(VisitTender(TenderKind.CASH, taken),),
        discount=ZERO,
        points_spent=NO_POINTS,
        loyalty_order="",
        document=str(len(visits)),
        fn="1",
        lines=receipt.lines,
    )
    settled = any(line.settlement is Settlement.FULL for line in receipt.lines)
    known = Visit(made.id, made.at, made.office, made.tenders, settled=settled, receipt_lines=len(receipt.lines))
    return replace(order, visits=(*order.visits, known)), made


@given(
    steps=st.lists(st.tuples(st.integers(1, 499000), st.sampled_from(STATES)), min_size=1, max_size=6),
    rules=st.sampled_from(RULES),
)
@settings(max_examples=150, deadline=None)
def test_the_return_of_what_was_paid_is_never_longer_than_was_said(
    steps: list[tuple[int, OrderState]], rules: FiscalRules
) -> None:
    order = replace(ORDER, visits=(), destination_office="MSK548")
    visits: tuple[PaidVisit, ...] = ()
    for kopecks, state in steps:
        state = OrderState.WAITING if order.state is OrderState.WAITING else state  # noqa: PLW2901 - it never goes back
        order = replace(order, state=state)
        taken = min(Money(kopecks), order.due)
        if not taken:
            return
        said = size_of_return(order, live_quote(order), taken, rules)
        order, made = paid(order, visits, taken, rules)
        visits = (*visits, made)
        refund = Refund(UUID(int=2), NOW, "MSK548", "1", Cashier("И."), PaidOrder(order, visits))
        if said != ReturnSize(0, 0):
            back = return_receipt(refund).lines
            assert len(back) <= said.lines
            assert bytes_of_document(map(bytes_of_line, back)) <= said.bytes


@pytest.mark.parametrize(("told", "said"), [(2, 2 + 3), (None, 3 + 3)])
def test_a_visit_of_which_nobody_told_its_lines_is_taken_to_have_had_them_all(told: int | None, said: int) -> None:
    order = with_visits(replace(visit(100000), receipt_lines=told))
    assert len(order.lines) == 3
    assert size_of_return(order, live_quote(order), Money(100000), FiscalRules()).lines == said


def test_the_handing_over_replaces_the_prepayments_before_it() -> None:
    order = replace(with_visits(visit(100000), visit(100000)), state=OrderState.WAITING)
    assert size_of_return(order, live_quote(order), order.due, FiscalRules()).lines == 3
    assert size_of_return(order, live_quote(order), Money(100), FiscalRules()).lines > 6


def test_a_credit_that_is_paid_off_adds_nothing_to_the_return() -> None:
    handed_over = replace(visit(100000), office="MSK548")
    order = replace(with_visits(handed_over), state=OrderState.WAITING, destination_office="MSK548")
    assert size_of_return(order, live_quote(order), order.due, FiscalRules(on_credit=True)) == ReturnSize(0, 0)
