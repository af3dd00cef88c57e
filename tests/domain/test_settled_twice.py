"""Returns of orders that were settled, found heavier, and settled once more."""

from dataclasses import replace

import pytest

from pos_client.domain.money import Money
from pos_client.domain.order import LineKind, Order, OrderLine, OrderState, TenderKind
from pos_client.domain.paid_order import PaidVisit
from pos_client.domain.refund import return_receipt
from tests.domain.refund_samples import opened, paid, sold, visit
from tests.samples import NOW, ORDER, cash


def heavier_after_settlement() -> tuple[PaidVisit, PaidVisit, Order]:
    """Paid and settled whole; then a second weighing adds 800 roubles, settled beside it."""
    waiting = replace(ORDER, state=OrderState.WAITING)
    first = visit(1, (TenderKind.CASH, 499000), lines=sold(waiting, cash(499000)))
    heavier = replace(waiting, lines=(*ORDER.lines, OrderLine("4", "Перевес", LineKind.SERVICE, Money(80000))))
    known = paid(first, order=heavier).order
    known = replace(known, visits=tuple(replace(one, settled=True) for one in known.visits))
    return first, visit(2, (TenderKind.CASH, 80000), lines=sold(known, cash(80000))), heavier


def test_two_settlements_go_back_beside_each_other() -> None:
    first, second, heavier = heavier_after_settlement()
    made = return_receipt(opened(first, second, order=heavier))
    assert (made.lines, made.total) == ((*first.lines, *second.lines), Money(579000))


def test_a_prepayment_between_two_settlements_goes_back_within_the_second() -> None:
    first, _, heavier = heavier_after_settlement()
    known = replace(paid(first, order=heavier).order.visits[0], settled=True)
    part = visit(2, (TenderKind.CASH, 30000), lines=sold(replace(heavier, visits=(known,)), cash(30000)))
    both = replace(heavier, visits=(known, paid(part).order.visits[0]))
    rest = visit(3, (TenderKind.CASH, 50000), lines=sold(both, cash(50000)))
    made = return_receipt(opened(first, part, rest, order=heavier))
    assert (made.lines, made.total) == ((*first.lines, *rest.lines), Money(579000))


def test_a_settlement_that_stated_the_whole_price_again_goes_back_alone() -> None:
    first, _, heavier = heavier_after_settlement()
    whole = visit(2, (TenderKind.CASH, 80000), lines=sold(paid(first, order=heavier).order, cash(80000)))
    made = return_receipt(opened(first, whole, order=heavier))
    assert (made.lines, made.total) == (whole.lines, Money(579000))


def test_a_second_settlement_that_nobody_told_is_made_again_beside_the_first() -> None:
    first, second, heavier = heavier_after_settlement()
    arrived = replace(heavier, waiting_since=NOW)
    made = return_receipt(opened(first, replace(second, lines=()), order=arrived))
    assert made.lines == (*first.lines, *second.lines)


def test_a_first_settlement_that_nobody_told_is_not_guessed_from_the_price_after_it() -> None:
    first, second, heavier = heavier_after_settlement()
    with pytest.raises(ValueError, match="do not sum"):
        return_receipt(opened(replace(first, lines=()), second, order=replace(heavier, waiting_since=NOW)))
