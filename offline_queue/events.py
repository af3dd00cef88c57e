"""What the queue tells its subscribers, each after it is safely on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from offline_queue.values import Message, Salvage


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new message was put."""

    message: Message


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side has the message; ``receipt`` is what it answered, or ""."""

    message: Message
    receipt: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """A try failed and another is set for ``next_try``; outages spend no attempt, unknown errors do."""

    message: Message
    words: str
    next_try: datetime


@dataclass(frozen=True, slots=True)
class Died:
    """The message became a dead letter; only its own stream stands still."""

    message: Message
    words: str


@dataclass(frozen=True, slots=True)
class Retried:
    """A person asked to send the message again."""

    message: Message
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A person decided that the message shall not be sent, alone or with the rest of its stream."""

    message: Message
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class LanePaused:
    """A destination waits for a person."""

    destination: str
    words: str


@dataclass(frozen=True, slots=True)
class LaneResumed:
    """A destination works again: ``by`` a person after a pause, or by itself ("") after an outage."""

    destination: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A message was handed to another till; this one does not send it any more."""

    message: Message
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class LimitNear:
    """More than the share of a limit that the shop wants to hear of is used up.

    Attributes:
        limit: "count", "amount" or "age".
        share: how much of it, 1.0 is all.
    """

    limit: str
    share: float


@dataclass(frozen=True, slots=True)
class Salvaged:
    """The file was damaged: it was moved aside, and the queue goes on with what could be read of it."""

    report: Salvage


Event = (
    Accepted
    | Delivered
    | Postponed
    | Died
    | Retried
    | Skipped
    | Moved
    | LanePaused
    | LaneResumed
    | LimitNear
    | Salvaged
)
