"""The only way out for facts that must arrive, and what waits in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from pos_client.domain.facts import Fact
from pos_client.domain.money import Money
from pos_client.ports.failures import Service

__all__ = [
    "FactFate",
    "FactState",
    "Outbox",
    "QueueEntry",
    "QueueLane",
    "QueueSummary",
]


@dataclass(frozen=True, slots=True)
class QueueSummary:
    """The queue in one line. Counts come from the table, never from a flag."""

    count: int
    amount: Money
    oldest: datetime | None
    next_try: datetime | None
    needs_human: int
    """Decisions that only a person can take: one for each refusal, one for each service that refused this till."""
    stuck: int = 0
    """Entries that no decision but a person's will move: those refused, and all that wait for a service that did."""


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
    of_refund: bool = False
    """It tells of an order that is given back, not of one that is sold."""
    of_correction: bool = False
    """It tells that another document stands for a payment; no money has moved."""
    payment_refused: bool = False
    """It tells what a visit paid, and the order service refused it for good: perhaps it is one too many."""


class FactState(Enum):
    """How far a fact has come."""

    UNKNOWN = "unknown"
    """It was never put, or so long ago that nobody remembers."""
    WAITING = "waiting"
    REFUSED = "refused"
    """The other side will not have it; a person has to decide."""
    CLOSED = "closed"
    """A person took it away by hand."""
    DELIVERED = "delivered"
    MOVED = "moved"
    """Another till delivers it."""


@dataclass(frozen=True, slots=True)
class FactFate:
    """What has become of a fact: the other side's or the person's words, and when it was settled."""

    state: FactState
    words: str = ""
    at: datetime | None = None


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

    def shown(self) -> tuple[QueueEntry, ...]:
        """As much of what waits as a screen can show: first what needs a human, then by age.

        Takes the same time however much waits.
        """

    def entries(self) -> tuple[QueueEntry, ...]:
        """Everything that waits, in the order of `shown`. Reads all of it, so that nothing that is drawn may ask."""

    def waiting(self) -> tuple[str, ...]:
        """The keys of everything that waits."""

    def has_room(self, amount: Money) -> bool:
        """Whether the shop's limits let the facts of one more sale wait. Asked before money is taken."""

    def has_arrived(self, key: str) -> bool:
        """Whether the other side has taken this fact; False while it waits, and when a person closed it by hand."""

    def fate(self, key: str) -> FactFate:
        """What has become of a fact."""

    def retry(self, key: str | None, *, by: str) -> None:
        """Try one entry, or everything, now."""

    def close_as_handled(self, key: str, *, by: str, reason: str) -> None:
        """Take an entry that needs a human out of the way; name and reason stay on record."""

    def forget_old(self) -> bool:
        """Forget a part of what arrived so long ago that nobody will put it again; True if there may be more.

        Raises:
            OSError: the disk refused; nothing was forgotten.
        """
