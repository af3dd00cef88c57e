"""Facts of a finished visit that must arrive elsewhere, whatever happens to this till afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pos_client.domain import creating
from pos_client.domain.correction import Correction
from pos_client.domain.debts import Debt, offline_key
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import Order, Visit, VisitTender
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import LoyaltyPath, Sale, Stage
from pos_client.domain.terms import Settlement

__all__ = [
    "DocumentCorrected",
    "Fact",
    "LoyaltyUndone",
    "OrderReturned",
    "OrderSettled",
    "PointsArrived",
    "RefundFact",
    "RefundRecorded",
    "RefundReleased",
    "SaleFact",
    "SoldOffline",
    "VisitPaid",
    "facts_of",
    "facts_of_refund",
    "payment_key",
    "with_own_visits",
]


@dataclass(frozen=True, slots=True)
class VisitPaid:
    """The order service must learn what this visit paid."""

    sale: Sale
    loyalty_order: str
    """The processing order that carries the points from now on; empty when none does."""

    @property
    def key(self) -> str:
        """Identity of the fact, the same at every try."""
        return payment_key(self.sale.id)


@dataclass(frozen=True, slots=True)
class OrderSettled:
    """Processing must release the blocked accrual: the order is paid in full."""

    sale: Sale
    order_id: str

    @property
    def key(self) -> str:
        """Identity of the fact, the same at every try."""
        return f"settled:{self.sale.id}"


@dataclass(frozen=True, slots=True)
class SoldOffline:
    """Processing must accrue for a sale that was made without it, by the rules of the time of sale."""

    sale: Sale
    order_id: str

    @property
    def key(self) -> str:
        """Identity of the fact, the same at every try."""
        return offline_key(self.sale.id)


@dataclass(frozen=True, slots=True)
class LoyaltyUndone:
    """A create that was abandoned or given up must leave no trace on the customer's points.

    For an order that this visit created it is a cancellation; for one that earlier visits carried, it is put back to
    what they had left.
    """

    sale: Sale
    order_id: str
    settled: bool = False
    """Whether the earlier visits have paid for all of it, so that it is left paid."""

    @property
    def key(self) -> str:
        """Identity of the fact, the same at every try."""
        return f"undo:{self.sale.id}:{self.order_id}"

    @property
    def restores(self) -> bool:
        """Whether earlier visits live on in that processing order, so that it may not simply be cancelled."""
        return self.sale.order is not None and self.sale.order.loyalty_order == self.order_id


@dataclass(frozen=True, slots=True)
class PointsArrived:
    """The customer must be told, once, that owed points are on the account."""

    debt: Debt

    @property
    def key(self) -> str:
        """Identity of the fact, the same at every try."""
        return f"notice:{self.debt.sale_id}"


@dataclass(frozen=True, slots=True)
class OrderReturned:
    """Processing must give back what the order spent and take back what it earned: it was refunded as a whole."""

    order_number: str
    order_id: str
    at: datetime
    amount: Money
    """Money that went back."""

    @property
    def key(self) -> str:
        """Identity of the fact: an order is returned once, whoever tries and however often."""
        return f"return:{self.order_id}"


@dataclass(frozen=True, slots=True)
class RefundRecorded:
    """The order service must learn that the order was refunded, and by which document."""

    refund: Refund

    @property
    def key(self) -> str:
        """Identity of the fact, the same at every try."""
        return f"refunded:{self.refund.id}"


@dataclass(frozen=True, slots=True)
class RefundReleased:
    """The order service must learn that a claim was given up: nothing moved, the order may be refunded another time."""

    refund: Refund

    @property
    def key(self) -> str:
        """Identity of the fact, the same at every try."""
        return f"released:{self.refund.id}"


@dataclass(frozen=True, slots=True)
class DocumentCorrected:
    """The order service must learn what stands in place of a visit's document: whoever returns the order copies it."""

    correction: Correction
    visit_id: UUID
    """The sale whose document was wrong."""

    @property
    def key(self) -> str:
        """Identity of the fact, the same at every try."""
        return f"corrected:{self.visit_id}:{self.correction.id}"


RefundFact = RefundRecorded | RefundReleased | OrderReturned | LoyaltyUndone
"""Facts that a refund owes by its stage."""
Fact = VisitPaid | OrderSettled | SoldOffline | LoyaltyUndone | PointsArrived | DocumentCorrected | RefundFact
SaleFact = VisitPaid | OrderSettled | SoldOffline | LoyaltyUndone
"""Facts that a sale owes by its stage."""


def facts_of(sale: Sale) -> tuple[SaleFact, ...]:
    """Every fact that this sale owes to the world at its present stage; the same sale owes the same facts.

    An abandoned create is owed at once, even while the sale goes on: nobody knows how long it will.
    """
    undone = tuple(
        LoyaltyUndone(sale, order_id, settled=_is_paid_by_others(sale, order_id)) for order_id in sale.loyalty.abandoned
    )
    if sale.stage not in {Stage.RECORDING, Stage.DONE} or sale.order is None:
        return undone
    carrier = _carrier(sale)
    facts: list[SaleFact] = [*undone, VisitPaid(sale, carrier)]
    if sale.loyalty.path is LoyaltyPath.OFFLINE:
        facts.append(SoldOffline(sale, carrier))
    elif carrier and sale.settles:
        facts.append(OrderSettled(sale, carrier))
    return tuple(facts)


def facts_of_refund(refund: Refund) -> tuple[RefundFact, ...]:
    """Every fact that this refund owes to the world at its present stage; the same refund owes the same facts."""
    surplus = refund.surplus
    if refund.stage is RefundStage.CANCELLING and surplus is None:
        return (RefundReleased(refund),)
    if refund.document is None:
        return ()
    at = refund.document.at
    returned = tuple(
        OrderReturned(refund.number, order_id, at, refund.amount) for order_id in refund.paid.loyalty_orders
    )
    if surplus is None:
        return (RefundRecorded(refund), *returned)
    # The order service has never taken this payment, so that there is nothing to tell it of.
    restored = surplus.restored
    if restored is None or restored.order is None:
        return returned
    left = restored.order
    return (*returned, LoyaltyUndone(restored, left.loyalty_order, settled=left.due <= ZERO))


def payment_key(sale_id: UUID) -> str:
    """Identity of the fact that a visit was paid."""
    return f"payment:{sale_id}"


def _is_paid_by_others(sale: Sale, order_id: str) -> bool:
    order = sale.order
    return order is not None and order.loyalty_order == order_id and order.due <= ZERO


def _carrier(sale: Sale) -> str:
    match sale.loyalty.path:
        case LoyaltyPath.OFFLINE:
            return creating.offline_order_id(sale)
        case LoyaltyPath.LIVE | LoyaltyPath.CARRIED:
            return sale.loyalty.order_id
        case LoyaltyPath.NONE:
            return ""


def with_own_visits(order: Order, sales: Sequence[Sale]) -> Order:
    """The order with the visits that this till has finished and the order service has not heard of yet.

    Without them a customer who pays in parts while a payment waits in the queue would be asked for it twice.
    """
    known = {visit.id.lower() for visit in order.visits}
    for sale in sales:
        then, quote, paid_at = sale.order, sale.quote, sale.paid_at
        if sale.stage is not Stage.DONE or str(sale.id) in known or then is None or quote is None or paid_at is None:
            continue
        receipt = None if sale.fiscal is None else sale.fiscal.receipt
        sign = None if receipt is None else receipt.settlement
        visit = Visit(
            id=str(sale.id),
            at=paid_at,
            office=sale.office,
            tenders=tuple(VisitTender(tender.kind, tender.amount) for tender in sale.tenders if tender.amount),
            # As it reports them itself: other tills may have paid on the order since.
            discount=quote.discount - then.discounted,
            points_spent=quote.points - then.points_spent,
            document="" if sale.document is None else str(sale.document.number),
            coupons=tuple(code for code in quote.used if code not in then.coupons),
            order_total=then.total,
            settled=sign is Settlement.FULL,
            receipt_lines=None if receipt is None else len(receipt.lines),
            settlement=sign,
        )
        order = replace(order, visits=(*order.visits, visit), loyalty_order=order.loyalty_order or _carrier(sale))
    return order
