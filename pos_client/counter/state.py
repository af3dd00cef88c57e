"""Everything the counter knows at a moment, as one value: the screen is drawn from nothing else."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from pos_client.domain.sale import Cashier, Sale, Trouble
from pos_client.ports import QueueEntry, QueueLane, QueueSummary, RegisterState, Service, ShiftTotals

__all__ = ["Arrival", "CounterState", "Light", "LightState", "Wait", "WaitFor"]


class WaitFor(Enum):
    """What the counter is waiting for right now."""

    CUSTOMER = "customer"
    ORDER = "order"
    QUOTE = "quote"
    RESERVE = "reserve"
    RECEIPT = "receipt"
    RECEIPT_CHECK = "receipt_check"
    """The answer to the receipt was lost: the register is being asked whether it is registered."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A call that has not answered yet."""

    what: WaitFor
    since: datetime
    slow: bool = False
    """Longer than 0.7 s: worth a thin progress and, for loyalty, a key that goes on without it."""


class LightState(Enum):
    """How a service is doing, by the real calls made to it."""

    UNKNOWN = "unknown"
    """Not called yet."""
    GOOD = "good"
    WEAK = "weak"
    """The last call failed or was slow."""
    DOWN = "down"
    """It is left alone until a probe gets through."""
    ATTENTION = "attention"
    """It answers, and says that a person has to do something (paper, sign-in, documents unsent for long)."""


@dataclass(frozen=True, slots=True)
class Light:
    """One lamp of the strip."""

    service: Service
    state: LightState
    since: datetime | None = None
    """Since when it has been so."""
    last_good: datetime | None = None
    trouble: Trouble | None = None


class Arrival(Enum):
    """What became of the points of the last sale."""

    NONE = "none"
    """Nothing was promised."""
    WAITING = "waiting"
    ARRIVED = "arrived"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CounterState:
    """The whole counter at a moment."""

    now: datetime
    office: str
    till: str
    cashier: Cashier
    training: bool
    sale: Sale | None
    wait: Wait | None
    notice: Trouble | None
    """Something to say that belongs to no sale: a scan that meant nothing, a disk that is full."""
    unfinished: tuple[Sale, ...]
    """Sales begun before the last restart that nobody has finished or cancelled."""
    last: Sale | None
    last_points: Arrival
    lights: tuple[Light, ...]
    queue: QueueSummary
    lanes: tuple[QueueLane, ...]
    entries: tuple[QueueEntry, ...]
    totals: ShiftTotals
    register: RegisterState | None
