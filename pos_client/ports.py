"""What the counter needs from outside, and the three ways in which any of it may fail."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from pos_client.domain.customer import Customer, CustomerKey
from pos_client.domain.facts import Fact
from pos_client.domain.loyalty import Quote
from pos_client.domain.money import Money, Points
from pos_client.domain.order import Order
from pos_client.domain.receipt import FiscalDocument, FiscalTask, Tender
from pos_client.domain.sale import Cashier, Sale, Trouble

__all__ = [
    "CashRegister",
    "Clock",
    "Journal",
    "Orders",
    "Outbox",
    "OutcomeUnknownError",
    "PosError",
    "PriceChangedError",
    "Processing",
    "QueueEntry",
    "QueueFullError",
    "QueueLane",
    "QueueSummary",
    "RefusedError",
    "RegisterState",
    "ReserveIntent",
    "Reserved",
    "Service",
    "ShiftState",
    "ShiftTotals",
    "UnavailableError",
]

Clock = Callable[[], datetime]
"""Says what time it is: aware, UTC."""


class Service(Enum):
    """The outside things that have a light of their own on the screen."""

    ORDERS = "orders"
    PROCESSING = "processing"
    REGISTER = "register"
    OFD = "ofd"


class PosError(Exception):
    """Something outside did not do what was asked. `trouble` is what the cashier reads; `detail` is for support."""

    def __init__(self, trouble: Trouble, *, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{trouble.what} [{detail}]" if detail else trouble.what)
        self.trouble = trouble
        self.detail = detail
        self.retry_after = retry_after
        """Seconds that the other side asked to wait, if it did."""


class UnavailableError(PosError):
    """Nothing happened: nobody answered before anything could begin. Trying again is safe."""


class RefusedError(PosError):
    """The other side answered no, in its own words. Trying the same again is useless."""


class OutcomeUnknownError(PosError):
    """It may have happened. Ask before anything else; never simply do it again."""


class PriceChangedError(RefusedError):
    """Processing's price is not the one that the cashier accepted; nothing was created. Quote anew."""


class QueueFullError(OSError):
    """As much waits in the queue as the shop allows; the facts were not taken, and the sale can be taken up later."""


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

    async def quote(self, order: Order, customer: Customer, points: Points, *, order_id: str) -> Quote:
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


class Orders(Protocol):
    """CDEK's orders."""

    async def load(self, number: str) -> Order:
        """The order with everything earlier visits paid.

        Raises:
            RefusedError: there is no such order, or its sums do not agree.
            UnavailableError: no usable answer.
        """


class ShiftState(Enum):
    """State of the fiscal shift: at most 24 hours from open to close (54-ФЗ, art. 4.3)."""

    CLOSED = "closed"
    OPEN = "open"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class RegisterState:
    """What the cash register says of itself."""

    shift: ShiftState
    shift_number: int
    last_document: int
    """Number of the last fiscal document in the fiscal storage."""
    fn: str
    unsent: int = 0
    """Documents that have not reached the OFD."""
    unsent_since: datetime | None = None
    paper: bool = True
    cover_closed: bool = True


class CashRegister(Protocol):
    """The fiscal device."""

    async def state(self) -> RegisterState:
        """What it says of itself now.

        Raises:
            UnavailableError: it does not answer.
        """

    async def open_shift(self, cashier: Cashier, task_id: UUID) -> None:
        """Open a shift; one that is open already is success.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as everywhere.
        """

    async def print_receipt(self, task: FiscalTask) -> FiscalDocument:
        """Register the receipt under the task's id, which must be durable before this call.

        Raises:
            UnavailableError: it surely was not registered.
            RefusedError: the device refused; nothing was registered.
            OutcomeUnknownError: it may be registered; only `find_document` tells.
        """

    async def find_document(self, task: FiscalTask) -> FiscalDocument | None:
        """The document registered for this task, or None when there surely is none.

        Raises:
            UnavailableError, OutcomeUnknownError: nobody can tell now; ask again later.
        """


@dataclass(frozen=True, slots=True)
class ShiftTotals:
    """What this till sold since the start of the day, for the idle screen: sums over the journal, nothing else."""

    since: datetime
    sales: int
    taken: Money
    with_customer: int
    points_spent: Points


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

    def begun_for(self, number: str) -> tuple[Sale, ...]:
        """Sales of this order that are paid, or are being paid, at this till; oldest first."""

    def has_abandoned(self, order_id: str) -> bool:
        """Whether a create under this processing order id was given up by this till."""

    def totals(self, since: datetime) -> ShiftTotals:
        """Sums over the sales finished since then."""


@dataclass(frozen=True, slots=True)
class QueueSummary:
    """The queue in one line. Counts come from the table, never from a flag."""

    count: int
    amount: Money
    oldest: datetime | None
    next_try: datetime | None
    needs_human: int


@dataclass(frozen=True, slots=True)
class QueueLane:
    """What waits for one service, and how it fares."""

    service: Service
    count: int
    amount: Money
    oldest: datetime
    next_try: datetime | None
    since: datetime | None
    """Since when it has been away or asking for a person; None when it is not known to be in trouble."""
    paused: bool
    """It refused this till's keys: nothing is sent until a person has repaired them."""
    needs_human: int
    """Entries that it refused for good."""
    words: str
    """What it said last, in its own words, while it is in trouble."""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One fact that has not arrived yet."""

    key: str
    sale_id: UUID | None
    order_number: str
    service: Service
    title: str
    """What waits, in Russian, e.g. `Баллы за заказ`."""
    amount: Money
    created: datetime
    needs_human: bool
    reason: str
    """The other side's own words, or why there are none."""
    next_try: datetime | None
    attempts: int
    takes_back: bool = False
    """It undoes a reserve of points instead of accruing any."""


class Outbox(Protocol):
    """The only way out for facts that must arrive."""

    def put(self, *facts: Fact) -> None:
        """Take the facts; returns after the disk has them all. A fact it already has is taken once.

        Raises:
            QueueFullError: the shop's own limit; the facts are not taken.
            OSError: the disk refused; the facts are not taken.
        """

    def summary(self) -> QueueSummary:
        """The queue in one line."""

    def lanes(self) -> tuple[QueueLane, ...]:
        """Every service that something waits for: first those that need a person, then by age."""

    def entries(self) -> tuple[QueueEntry, ...]:
        """What waits: first what needs a human, then by age."""

    def has_room(self, amount: Money) -> bool:
        """Whether the shop's limits let the facts of one more sale wait. Asked before money is taken."""

    def has_arrived(self, key: str) -> bool:
        """Whether the other side has taken this fact; False while it waits, and when a person closed it by hand."""

    def retry(self, key: str | None, *, by: str) -> None:
        """Try one entry, or everything, now."""

    def close_as_handled(self, key: str, *, by: str, reason: str) -> None:
        """Take an entry that needs a human out of the way; name and reason stay on record."""
