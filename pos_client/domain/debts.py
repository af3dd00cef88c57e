"""Points owed («долг по баллам»): an accrual promised by a sale without processing, until it is settled for good.

A debt is settled by what processing says of the account or of the order, never by the hope that a delivered message
was executed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from pos_client.domain import creating
from pos_client.domain.customer import Customer, CustomerKey
from pos_client.domain.money import NO_POINTS, Points
from pos_client.domain.sale import LoyaltyPath, Sale

__all__ = ["Debt", "DebtState", "debt_of", "offline_key"]


def offline_key(sale_id: UUID) -> str:
    """Identity of the fact that carries the accrual of an offline sale, the same at every try."""
    return f"offline:{sale_id}"


class DebtState(Enum):
    """What has become of a promised accrual."""

    OWED = "owed"
    """On its way: the message waits, or it has arrived and the account does not show the points yet."""
    ACCRUED = "accrued"
    """The history of the account shows the accrual."""
    REFUSED = "refused"
    """There will be none; `words` say why, in processing's own words where there are any."""
    CANCELLED = "cancelled"
    """The sale was refunded."""


@dataclass(frozen=True, slots=True)
class Debt:
    """One promised accrual. `expected` is None when only "by the rules of that day" can be said."""

    sale_id: UUID
    order_number: str
    order_id: str
    """The safe offline order at processing that carries it."""
    key: CustomerKey
    """What was scanned, verbatim until processing has resolved it; then a phone is masked."""
    customer_id: str
    """Processing's id, empty while nobody has resolved the key."""
    sold_at: datetime
    expected: Points | None = None
    state: DebtState = DebtState.OWED
    accrued: Points = NO_POINTS
    waits_for_payment: bool = False
    """Accrued and blocked until the order is paid in full."""
    words: str = ""
    settled_at: datetime | None = None

    @property
    def fact_key(self) -> str:
        """Identity of the message that carries it."""
        return offline_key(self.sale_id)

    @property
    def is_open(self) -> bool:
        """Whether points are still owed."""
        return self.state is DebtState.OWED

    def paid(self, points: Points, *, at: datetime, waits_for_payment: bool) -> "Debt":
        """The account shows the points."""
        return replace(
            self,
            state=DebtState.ACCRUED,
            accrued=points,
            waits_for_payment=waits_for_payment,
            words="",
            settled_at=self.settled_at or at,
        )

    def refused(self, words: str, *, at: datetime) -> "Debt":
        """There will be no accrual."""
        return replace(self, state=DebtState.REFUSED, words=words, settled_at=at)

    def reopened(self) -> "Debt":
        """A person had the message sent again: the answer is open once more."""
        return replace(self, state=DebtState.OWED, words="", settled_at=None)

    def cancelled(self, *, at: datetime) -> "Debt":
        """The sale was refunded: nothing is owed, whatever was promised."""
        return replace(self, state=DebtState.CANCELLED, settled_at=at)

    def resolved(self, customer: Customer) -> "Debt":
        """Processing knows by now whose key it is; nobody needs a whole phone any more."""
        return replace(self, customer_id=customer.processing_id, key=customer.key)


def debt_of(sale: Sale) -> Debt | None:
    """The debt that a finished sale leaves behind: one for each safe offline order, none for any other path."""
    if sale.loyalty.path is not LoyaltyPath.OFFLINE or not sale.stage.has_money:
        return None
    if sale.customer is None or sale.order is None or sale.paid_at is None:
        return None
    return Debt(
        sale_id=sale.id,
        order_number=sale.order.number,
        order_id=creating.offline_order_id(sale),
        key=sale.customer.key,
        customer_id=sale.customer.processing_id,
        sold_at=sale.paid_at,
        expected=sale.quote.earned if sale.quote else None,
    )
