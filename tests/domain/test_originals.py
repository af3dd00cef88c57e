"""Receipts that nobody told line by line: made again visit by visit as the till made them, or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pos_client.domain.loyalty import Earning, base_quote
from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import Order, OrderState, TenderKind, Vat, Visit, VisitTender
from pos_client.domain.originals import standing, taxations
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.receipt import FiscalPayment, PaymentSign, ReceiptLine, receipt_for
from pos_client.domain.refund import return_receipt
from pos_client.domain.settling import FiscalRules
from pos_client.domain.terms import Settlement, Taxation
from tests.domain.refund_samples import opened, paid, sold, visit
from tests.samples import ORDER, cash, live_quote

OLD, NEW = datetime(2025, 12, 20, 9, tzinfo=UTC), datetime(2026, 11, 1, 9, tzinfo=UTC)
RULES = FiscalRules()


def made_of(order: Order, *steps: tuple[datetime, OrderState, int], rules: FiscalRules = RULES) -> PaidOrder:
    """The order after visits that took so many kopecks then, each with the lines that the till made."""
    visits: tuple[PaidVisit, ...] = ()
    for number, (at, state, kopecks) in enumerate(steps):
        then = replace(order, state=state)
        quote = base_quote(then, Earning.NO_CUSTOMER)
        receipt = receipt_for(then, quote, cash(kopecks), sale_id=UUID(int=1), cashier="И.", at=at, rules=rules)
        one = replace(visit(number, (TenderKind.CASH, kopecks), lines=receipt.lines), at=at, taxation=rules.taxation)
        visits = (*visits, one)
        tenders = (VisitTender(TenderKind.CASH, Money(kopecks)),)
        known = Visit(one.id, at, one.office, tenders, settlement=receipt.settlement)
        order = replace(order, visits=(*order.visits, replace(known, settled=known.settlement is Settlement.FULL)))
    waiting = [at for at, state, _ in steps if state is OrderState.WAITING]
    return PaidOrder(replace(order, state=steps[-1][1], waiting_since=min(waiting, default=None)), visits)


def untold(known: PaidOrder, *, signs: bool = False) -> PaidOrder:
    """The same of which nobody told a line, nor a sign of settlement unless `signs`."""
    visits = known.order.visits
    blank = visits if signs else tuple(replace(one, settlement=None, settled=False) for one in visits)
    hidden = tuple(replace(one, lines=(), taxation=None) for one in known.visits)
    return replace(known, order=replace(known.order, visits=blank), visits=hidden)


def lines_of(known: PaidOrder, rules: FiscalRules = RULES) -> tuple[ReceiptLine, ...]:
    return tuple(line for one in standing(known, rules) for line in one.lines)


BEFORE, HERE = OrderState.ACCEPTED, OrderState.WAITING
STORIES = {
    "all at acceptance": ((NEW, BEFORE, 499000),),
    "a part": ((NEW, BEFORE, 100000),),
    "parts of two years": ((OLD, BEFORE, 200000), (NEW, BEFORE, 299000)),
    "a part of the old year, the rest at the hand-over": ((OLD, BEFORE, 200000), (NEW, HERE, 299000)),
    "all at the hand-over": ((NEW, HERE, 499000),),
    "parts at the hand-over": ((OLD, HERE, 1), (NEW, HERE, 498998), (NEW + timedelta(days=1), HERE, 1)),
}


@pytest.mark.parametrize("rules", [RULES, FiscalRules(acceptance_settles=True), FiscalRules(on_credit=True)])
@pytest.mark.parametrize("signs", [False, True])
@pytest.mark.parametrize("story", STORIES)
def test_what_nobody_told_is_what_the_till_that_sold_it_made(story: str, rules: FiscalRules, *, signs: bool) -> None:
    known = made_of(replace(ORDER, destination_office="MSK548"), *STORIES[story], rules=rules)
    bare = tuple(replace(line, agent=rules.agent) for line in lines_of(known, rules) if line.seller)
    assert not bare
    assert lines_of(untold(known, signs=signs), rules) == lines_of(known, rules)


def test_a_part_of_the_old_year_goes_back_at_the_old_rate() -> None:
    again = lines_of(untold(made_of(ORDER, (OLD, BEFORE, 200000), (NEW, BEFORE, 299000))))
    sums = {vat: sum(line.amount.kopecks for line in again if line.vat is vat) for vat in (Vat.VAT20, Vat.VAT22)}
    assert sums == {Vat.VAT20: 200000, Vat.VAT22: 299000}
    assert {line.settlement for line in again} == {Settlement.PREPAYMENT}


def test_a_visit_that_a_settlement_offset_need_not_be_known() -> None:
    known = made_of(ORDER, (OLD, BEFORE, 200000), (NEW, HERE, 299000))
    first = replace(known.visits[0], lines=())
    heavier = replace(known.order.visits[0], order_total=Money(1))
    partly = replace(
        known, order=replace(known.order, visits=(heavier, known.order.visits[1])), visits=(first, known.visits[1])
    )
    assert lines_of(partly) == known.visits[1].lines


def test_lines_of_another_price_are_not_guessed() -> None:
    one = untold(made_of(ORDER, (NEW, BEFORE, 100000)))
    then = replace(one.order.visits[0], order_total=ORDER.total - Money(1))
    with pytest.raises(ValueError, match="nobody knows"):
        standing(replace(one, order=replace(one.order, visits=(then,))), RULES)


def test_lines_of_another_sign_than_was_told_are_not_guessed() -> None:
    one = untold(made_of(ORDER, (NEW, BEFORE, 499000)), signs=True)
    with pytest.raises(ValueError, match="nobody knows"):
        standing(one, FiscalRules(acceptance_settles=True))


def test_a_discount_over_lines_of_several_rates_is_not_guessed() -> None:
    mixed = replace(ORDER, lines=(*ORDER.lines[:2], replace(ORDER.lines[2], vat=Vat.NONE)))
    by_points = paid(visit(1, (TenderKind.CASH, 100000), points=100), order=mixed)
    with pytest.raises(ValueError, match="nobody knows"):
        standing(by_points, RULES)
    assert by_points.points_spent == Points(100)
    assert standing(paid(visit(1, (TenderKind.CASH, 100000)), order=mixed), RULES)


def test_more_than_the_order_ever_cost_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="nobody knows"):
        standing(paid(visit(1, (TenderKind.CASH, 499001))), RULES)


def test_only_receipts_that_stand_have_to_agree_on_the_taxation() -> None:
    first = visit(1, (TenderKind.CASH, 200000), lines=sold(ORDER, cash(200000)))
    rest = sold(replace(paid(first).order, state=OrderState.WAITING), cash(299000))
    both = paid(
        replace(first, taxation=Taxation.PATENT),
        replace(visit(2, (TenderKind.CASH, 299000), lines=rest), taxation=Taxation.GENERAL),
    )
    assert taxations(both, RULES) == {Taxation.GENERAL}


def test_the_payment_of_a_credit_stands_for_itself_only_where_the_credit_is_not_returned_with_it() -> None:
    rules = FiscalRules(on_credit=True)
    known = made_of(replace(ORDER, destination_office="MSK548"), (OLD, HERE, 1), (NEW, HERE, 498999), rules=rules)
    handed_over, paid_off = known.visits
    assert lines_of(known, rules) == handed_over.lines
    assert lines_of(replace(known, visits=(paid_off,)), rules) == paid_off.lines


def test_a_parcel_that_another_till_gave_wholly_on_credit_goes_back_as_such_with_what_was_paid_of_it() -> None:
    given = tuple(replace(line, settlement=Settlement.CREDIT) for line in sold(ORDER, cash(499000)))
    known = paid(visit(1, lines=given), order=replace(ORDER, state=HERE))
    first = replace(known.order.visits[0], settlement=Settlement.CREDIT)
    order = replace(known.order, visits=(first,))
    rules = FiscalRules(on_credit=True)
    part = receipt_for(order, live_quote(order), cash(100000), sale_id=UUID(int=1), cashier="И.", rules=rules)
    assert {line.settlement for line in part.lines} == {Settlement.CREDIT_PAYMENT}
    back = return_receipt(opened(*known.visits, visit(2, (TenderKind.CASH, 100000), lines=part.lines), order=order))
    assert back.lines == given
    assert back.payments == (
        FiscalPayment(PaymentSign.CREDIT, Money(399000)),
        FiscalPayment(PaymentSign.CASH, Money(100000)),
    )


def test_a_visit_that_points_paid_for_is_made_again() -> None:
    (free,) = standing(paid(visit(1, points=4990)), RULES)
    assert {line.price for line in free.lines} == {ZERO}


@pytest.mark.parametrize(("office", "sign"), [("MSK548", Settlement.FULL), ("NSK1", Settlement.FULL_PREPAYMENT)])
def test_where_nobody_told_when_the_parcel_came_it_had_for_a_visit_at_its_pickup_point(
    office: str, sign: Settlement
) -> None:
    known = paid(visit(1, (TenderKind.CASH, 499000)), order=replace(ORDER, state=HERE, destination_office=office))
    assert {line.settlement for line in lines_of(known)} == {sign}


def test_parts_that_cost_more_together_than_the_order_are_not_guessed() -> None:
    with pytest.raises(ValueError, match="nobody knows"):
        standing(paid(visit(1, (TenderKind.CASH, 300000)), visit(2, (TenderKind.CASH, 300000))), RULES)


def test_a_taxation_that_was_told_without_lines_is_kept() -> None:
    known = paid(replace(visit(1, (TenderKind.CASH, 100000)), taxation=Taxation.PATENT))
    assert taxations(known, RULES) == {Taxation.PATENT}
    unknown = paid(visit(1, (TenderKind.CASH, 100000)))
    assert taxations(unknown, FiscalRules(taxation=Taxation.AGRICULTURAL)) == {Taxation.AGRICULTURAL}
