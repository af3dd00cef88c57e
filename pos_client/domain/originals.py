"""The receipts that together stand for what was paid: as they were told, or made again as this till would have.

A return copies them line by line: sign of settlement, subject, VAT rate of that day, price after discounts.
"""

from dataclasses import replace
from uuid import UUID

from pos_client.domain.loyalty import Earning, base_quote
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import LineKind, Order, OrderState, Visit
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.payment import Tender
from pos_client.domain.receipt import Receipt, receipt_for
from pos_client.domain.settling import FiscalRules
from pos_client.domain.terms import HANDED_OVER, IN_ADVANCE, ON_CREDIT, Settlement, Taxation, sign_among

__all__ = ["standing", "taxations"]

_NO_SALE = UUID(int=0)


def standing(paid: PaidOrder, rules: FiscalRules) -> tuple[PaidVisit, ...]:
    """The visits whose receipts stand for everything paid, each with the lines of its receipt.

    A receipt of a handing-over stands for the prepayments before it, because it offset them, and for the payments of
    its credit after it; other prepayments stand for themselves. So does an earlier settlement, unless the whole price
    was stated once more, and the payment of a credit that is not among the visits.

    Raises:
        ValueError: a receipt is needed that nobody told line by line, and what it said cannot be found out.
    """
    needed: list[PaidVisit] = []
    before = settled = ZERO
    on_credit = False
    payable = paid.order.total - paid.order.discounted
    for visit in _with_lines(paid, rules):
        sign = sign_among(line.settlement for line in visit.lines)
        before += visit.paid
        if sign in HANDED_OVER:
            stated = Money.sum([line.amount for line in visit.lines])
            beside = stated < before or (settled and stated + settled == payable)
            needed = [one for one in needed if not _is_in_advance(one)] if beside else []
            settled = before if sign is Settlement.FULL else settled
        if sign is not Settlement.CREDIT_PAYMENT or not on_credit:
            needed.append(visit)
        on_credit = on_credit or sign in ON_CREDIT
    unknown = [visit.id for visit in needed if not visit.lines]
    if unknown:
        raise ValueError(f"nobody knows what the receipts of these visits said: {', '.join(unknown)}")
    return tuple(needed)


def taxations(paid: PaidOrder, rules: FiscalRules) -> frozenset[Taxation]:
    """Systems of taxation of the receipts that stand for what was paid; one document states one.

    Where nobody told, it is the one in which the register stands today.

    Raises:
        ValueError: as `standing`.
    """
    return frozenset(visit.taxation or rules.taxation for visit in standing(paid, rules))


def _is_in_advance(visit: PaidVisit) -> bool:
    return bool(visit.lines) and all(line.settlement in IN_ADVANCE for line in visit.lines)


def _with_lines(paid: PaidOrder, rules: FiscalRules) -> tuple[PaidVisit, ...]:
    """Every visit with the lines of its receipt: told, or made again; without any where neither is possible."""
    told = {visit.id: visit for visit in paid.order.visits}
    before: tuple[Visit, ...] = ()
    found = []
    for visit in paid.visits:
        known = told.get(visit.id) or _as_visit(visit)
        again = None if visit.lines else _made_again(replace(paid.order, visits=before), known, rules)
        if again is not None:
            visit = replace(visit, lines=again.lines, taxation=visit.taxation or again.taxation)  # noqa: PLW2901 - better known
        sign = sign_among(line.settlement for line in visit.lines) or known.settlement
        before = (*before, replace(known, settlement=sign, settled=sign is Settlement.FULL))
        found.append(visit)
    return tuple(found)


def _as_visit(visit: PaidVisit) -> Visit:
    return Visit(visit.id, visit.at, visit.office, visit.tenders, visit.discount, visit.points_spent)


def _made_again(before: Order, visit: Visit, rules: FiscalRules) -> Receipt | None:
    """The receipt of a visit as this till would have made it that day; None where it may have been another one.

    It may where the order had another price then, where what was taken off may have come off lines of another VAT rate,
    and where the sign that was told is not the one that the rules make.
    """
    then = replace(before, state=_state_at(before, visit))
    quote = base_quote(replace(then, visits=(*then.visits, visit)), Earning.NO_CUSTOMER)
    reweighed = visit.order_total is not None and visit.order_total != then.total
    tenders = tuple(Tender(one.kind, one.amount, one.amount) for one in visit.tenders if one.amount)
    due = quote.payable - then.paid
    if reweighed or not _spread_is_known(then, quote.discount) or visit.paid > due or (due and not visit.paid):
        return None
    made = receipt_for(then, quote, tenders, sale_id=_NO_SALE, cashier="", at=visit.at, rules=rules)
    return made if visit.settlement in {None, made.settlement} else None


def _state_at(order: Order, visit: Visit) -> OrderState:
    """Where the parcel was at the time of a visit: it waits at the pickup point, or has not come to it yet."""
    if order.state in {OrderState.ACCEPTED, OrderState.ON_THE_WAY}:
        return OrderState.ACCEPTED
    came = visit.office == order.destination_office if order.waiting_since is None else visit.at >= order.waiting_since
    return OrderState.WAITING if came else OrderState.ACCEPTED


def _spread_is_known(order: Order, discount: Money) -> bool:
    """Whether a discount comes off the same tax however it was spread over our services."""
    services = [line for line in order.lines if line.kind is not LineKind.GOODS and line.total]
    return not discount or (
        len({line.vat for line in services}) == 1 and discount <= Money.sum([line.total for line in services])
    )
