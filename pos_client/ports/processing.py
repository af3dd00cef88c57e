"""The loyalty engine: who is this, what does it cost, spend and accrue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pos_client.domain.customer import Customer, CustomerKey
from pos_client.domain.loyalty import Quote
from pos_client.domain.money import Points
from pos_client.domain.order import Order
from pos_client.domain.receipt import Tender

__all__ = [
    "Processing",
    "ReserveIntent",
    "Reserved",
]


@dataclass(frozen=True, slots=True)
class ReserveIntent:
    """Everything the create order call says, minted once and sent again unchanged."""

    order: Order
    customer: Customer
    quote: Quote
    order_id: str
    transaction: UUID
    tenders: tuple[Tender, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Reserved:
    """Processing created the order. `promised` is None when its answer was lost and it only says "already done"."""

    promised: Points | None


class Processing(Protocol):
    """The loyalty engine."""

    async def find_customer(self, key: CustomerKey) -> Customer:
        """Who this is and what is on the balance; not being found is an answer, not an error.

        Raises:
            UnavailableError: no usable answer.
            RefusedError: the request itself was refused.
        """

    async def quote(
        self, order: Order, customer: Customer, points: Points, *, order_id: str, coupons: tuple[str, ...] = ()
    ) -> Quote:
        """The price with `points` spent on the order in all (the server caps them). Nothing changes anywhere.

        Raises:
            UnavailableError: no usable answer, or a calculation that the server calls unavailable.
            RefusedError: the request itself was refused.
        """

    async def reserve(self, intent: ReserveIntent) -> Reserved:
        """Create (or update) the order: points are spent here. The same transaction never moves them twice.

        Raises:
            PriceChangedError: nothing was created; quote anew.
            UnavailableError: it surely was not created.
            RefusedError: the server said no.
            OutcomeUnknownError: it may have been created.
        """

    async def probe(self) -> None:
        """A cheap call that tells whether processing answers at all.

        Raises:
            UnavailableError: it does not.
        """
