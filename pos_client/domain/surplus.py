"""A payment too many: money that a visit took and its order did not take any more, and how just that goes back.

Two tills may take the same order's money before either has told the order service, and an order may be refunded while
one of its payments is still on its way. The order service then refuses the payment for good; the customer's money, the
receipt and what the visit did at processing stand all the same.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from pos_client.domain import creating
from pos_client.domain.money import NO_POINTS, ZERO, Points
from pos_client.domain.order import VisitTender
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.receipt import FiscalPayment, PaymentSign
from pos_client.domain.sale import LoyaltyPath, Sale

__all__ = ["Surplus", "is_surplus", "surplus_of"]

_MONEY = frozenset({PaymentSign.CASH, PaymentSign.CASHLESS})


@dataclass(frozen=True, slots=True)
class Surplus:
    """What makes a refund one of a single visit, whose order stays as it is."""

    visit: UUID
    """The sale that took the money."""
    order_returned: bool = False
    """Whether the order was refunded before it heard of this payment."""
    beside_money: tuple[FiscalPayment, ...] = ()
    """What the visit's receipt states beside money: an offset prepayment, a credit. The return states it back."""
    restored: Sale | None = None
    """The visit with its order as the other visits left it, where processing has to be told of that."""


def is_surplus(sale: Sale, known: PaidOrder) -> bool:
    """Whether the order takes nothing of this visit any more: it is returned, or less is due than the visit paid.

    As the order service reckons: money and discount of the visit against what is due.
    """
    if sale.order is None or sale.quote is None or str(sale.id) in {visit.id.lower() for visit in known.visits}:
        return False
    due = known.order.due
    return known.returned is not None or due <= ZERO or sale.taken + sale.quote.discount - sale.order.discounted > due


def surplus_of(sale: Sale, known: PaidOrder) -> tuple[PaidOrder, Surplus]:
    """What goes back of a payment too many: the order as it is known with this visit alone, and what it owes beside.

    Raises:
        ValueError: the visit has no receipt.
    """
    if sale.order is None or sale.quote is None or sale.paid_at is None:
        raise ValueError("nothing was paid")
    if sale.fiscal is None or sale.document is None:
        raise ValueError("a visit without a receipt")
    receipt = sale.fiscal.receipt
    taken = tuple(tender for tender in sale.tenders if tender.amount)
    own, restored, points = _at_processing(sale, known)
    visit = PaidVisit(
        id=str(sale.id),
        at=sale.paid_at,
        office=sale.office,
        till=sale.till,
        cashier=sale.cashier.name,
        tenders=tuple(VisitTender(tender.kind, tender.amount) for tender in taken),
        discount=sale.quote.discount - sale.order.discounted,
        points_spent=points,
        loyalty_order=own,
        document=str(sale.document.number),
        fn=sale.document.fn,
        lines=receipt.lines,
        approvals=tuple(tender.known_by for tender in taken),
        taxation=receipt.taxation,
    )
    beside = tuple(payment for payment in receipt.payments if payment.sign not in _MONEY and payment.sum)
    surplus = Surplus(sale.id, known.returned is not None, beside, restored)
    return PaidOrder(known.order, (visit,)), surplus


def _at_processing(sale: Sale, known: PaidOrder) -> tuple[str, Sale | None, Points]:
    """The processing order that is this visit's alone, the visit as a restore needs it, and the points that come back.

    An order of its own goes back as a whole, with what it spent and earned. Processing has one order for all visits of
    an order that a member pays: returned, it would take the points of the other till's customer, who has paid. It is
    put back to what the other visits left; a refund of the whole order has returned it already.

    A visit that only paid on for an order of earlier visits has spent nothing. If it released their accrual, that
    stands: it is of money that still has to be paid, or goes back with the order.
    """
    order, quote = sale.order, sale.quote
    path, shared = sale.loyalty.path, sale.loyalty.order_id
    if order is None or quote is None or path in {LoyaltyPath.NONE, LoyaltyPath.CARRIED}:
        return "", None, NO_POINTS
    if path is LoyaltyPath.OFFLINE:
        return creating.offline_order_id(sale), None, NO_POINTS
    if shared not in {known.order.loyalty_order, *(visit.loyalty_order for visit in known.visits)}:
        return shared, None, quote.points - order.points_spent
    left = known.order
    released = sale.settles and left.due > ZERO
    same = (quote.points, set(quote.used)) == (left.points_spent, set(left.coupons))
    done = known.returned is not None and known.returned.is_done
    if done or (same and not released):
        return "", None, NO_POINTS
    back = Points(max(quote.points.count - left.points_spent.count, 0))
    return "", replace(sale, order=replace(left, loyalty_order=shared)), back
