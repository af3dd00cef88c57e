"""What was paid for an order, over all its visits and tills, and how each part of it goes back the way it came."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import zip_longest

from pos_client.domain.money import Money, Points
from pos_client.domain.order import Order, TenderKind, VisitTender
from pos_client.domain.payment import Approval
from pos_client.domain.receipt import ReceiptLine
from pos_client.domain.terms import Taxation

__all__ = ["PaidOrder", "PaidVisit", "Payback", "RefundObstacle", "Returned"]


@dataclass(frozen=True, slots=True)
class PaidVisit:
    """One visit that paid for the order, anywhere in the chain, with the receipt that it got."""

    id: str
    at: datetime
    office: str
    till: str
    cashier: str
    tenders: tuple[VisitTender, ...]
    discount: Money
    points_spent: Points
    loyalty_order: str
    """The processing order that this visit paid under; empty when none carries points."""
    document: str
    """Number of the fiscal document; `fn` is the storage that keeps it."""
    fn: str
    lines: tuple[ReceiptLine, ...] = ()
    """Lines of its receipt; empty when whoever recorded the visit did not tell them."""
    approvals: tuple[Approval | None, ...] = ()
    """How each tender moved, in their sequence: None for cash, and where nobody recorded it; empty if for none."""
    taken_back: bool = False
    """Its document was taken back by a correction, and no other stands for it."""
    taxation: Taxation | None = None
    """System of taxation of its receipt; None when whoever recorded the visit did not tell."""

    @property
    def paid(self) -> Money:
        """Money taken in that visit."""
        return Money.sum([tender.amount for tender in self.tenders])


@dataclass(frozen=True, slots=True)
class Returned:
    """A refund of the order as the order service knows it: claimed, and perhaps finished, here or elsewhere."""

    refund_id: str
    office: str
    till: str
    claimed_at: datetime
    amount: Money
    at: datetime | None = None
    document: str = ""
    """Number of the fiscal document of the return; empty while it is not known to be registered."""

    @property
    def is_done(self) -> bool:
        """Whether the receipt of the return is registered."""
        return bool(self.document)


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """An order with the whole story of its payments."""

    order: Order
    visits: tuple[PaidVisit, ...]
    returned: Returned | None = None

    @property
    def paid(self) -> Money:
        """Everything paid so far, over all visits."""
        return Money.sum([visit.paid for visit in self.visits])

    @property
    def points_spent(self) -> Points:
        """Points spent on the order, over all visits."""
        return Points(sum(visit.points_spent.count for visit in self.visits))

    @property
    def loyalty_orders(self) -> tuple[str, ...]:
        """Processing orders that carry its points, in the sequence of the visits."""
        return tuple(dict.fromkeys(visit.loyalty_order for visit in self.visits if visit.loyalty_order))

    @property
    def paybacks(self) -> "tuple[Payback, ...]":
        """What goes back and how: cards first, then transfers, cash last; within a kind as it was paid."""
        paid = [
            Payback(one.kind, one.amount, visit.id, approval)
            for visit in self.visits
            for one, approval in zip_longest(visit.tenders, visit.approvals[: len(visit.tenders)])
            if one.amount
        ]
        return tuple(sorted(paid, key=lambda back: _LAST_CASH.index(back.kind)))

    @property
    def cash(self) -> Money:
        """What the customer gets from the drawer when all of it goes back."""
        return Money.sum([back.amount for back in self.paybacks if back.kind is TenderKind.CASH])

    def obstacle(self) -> "RefundObstacle | None":
        """Why nothing can be given back at this till; None when it can."""
        if not self.visits:
            return RefundObstacle.NOTHING_PAID
        if any(visit.taken_back for visit in self.visits):
            return RefundObstacle.TAKEN_BACK
        if any(back.kind is not TenderKind.CASH and back.approval is None for back in self.paybacks):
            return RefundObstacle.NOT_CASH
        return None


class RefundObstacle(Enum):
    """Why an order cannot be refunded at this till."""

    NOTHING_PAID = "nothing_paid"
    TAKEN_BACK = "taken_back"
    """A correction took a receipt of the order back and put nothing in its place: there is nothing to copy."""
    NOT_CASH = "not_cash"
    """Money goes back the way it came (Bank of Russia 5348-У, 1), and nobody recorded which operation took it."""


@dataclass(frozen=True, slots=True)
class Payback:
    """Money that goes back the way it came; `visit_id` is the visit that took it."""

    kind: TenderKind
    amount: Money
    visit_id: str
    approval: Approval | None = None
    """The operation that took it; None for cash."""


_LAST_CASH = (TenderKind.CARD, TenderKind.SBP, TenderKind.CASH)
"""What may fail goes first: while nothing has been taken from the drawer, a declined card stops everything."""
