"""Where every sale is written before the world hears of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.sale import Sale

__all__ = [
    "Journal",
    "ShiftTotals",
]


@dataclass(frozen=True, slots=True)
class ShiftTotals:
    """What this till sold and gave back, since the start of the day or in one shift: sums over the journal alone."""

    since: datetime
    sales: int
    taken: Money
    with_customer: int
    points_spent: Points
    with_points: int = 0
    """Sales in which points were spent."""
    by_tender: tuple[tuple[TenderKind, Money], ...] = ()
    """What was taken by each means, where the journal tells them apart."""
    refunds: int = 0
    given_back: Money = ZERO
    """By refunds that ended since then, whenever their orders were paid."""
    back_by_tender: tuple[tuple[TenderKind, Money], ...] = ()

    @property
    def kept(self) -> Money:
        """What was taken without what went back: below zero on a day that returned more than it sold."""
        return self.taken - self.given_back

    @property
    def kept_by_tender(self) -> tuple[tuple[TenderKind, Money], ...]:
        """As `kept`, for each means."""
        back = dict(self.back_by_tender)
        return tuple((kind, taken - back.get(kind, ZERO)) for kind, taken in self.by_tender)


class Journal(Protocol):
    """Where every sale is written before the world hears of it. Local, synchronous, durable on return."""

    def save(self, sale: Sale) -> None:
        """Write the sale's present state; returns after the disk has it.

        Raises:
            OSError: the disk refused; nothing may be done on the strength of this sale.
        """

    def open_sales(self) -> tuple[Sale, ...]:
        """Sales that something is left to do for, oldest first."""

    def find(self, sale_id: UUID) -> Sale | None:
        """The last saved state of a sale."""

    def last_done(self) -> Sale | None:
        """The sale finished last."""

    def latest_done(self, most: int) -> tuple[Sale, ...]:
        """The sales finished last, latest first, no more than `most`."""

    def begun_for(self, number: str) -> tuple[Sale, ...]:
        """Sales of this order that are paid, or are being paid, at this till; oldest first."""

    def has_abandoned(self, order_id: str) -> bool:
        """Whether a create under this processing order id was given up by this till."""

    def totals(self, since: datetime) -> ShiftTotals:
        """Sums over the sales and refunds finished since then."""

    def totals_of_shift(self, fn: str, number: int, *, since: datetime) -> ShiftTotals:
        """Sums over what has a document of this shift of this fiscal storage; `since` only goes with the sums."""
