"""What the queue tells its subscribers, each after it is safely on disk."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from offline_queue.values import Message, Salvage


@dataclass(frozen=True, slots=True, init=False)
class Accepted:
    """A new message was put."""

    message: Message

    def __init__(self, message: Message) -> None:
        # What a frozen dataclass would write by itself takes twice as long, and this is on the way of every put.
        _set_message(self, message)


(_set_message,) = (getattr(Accepted, field.name).__set__ for field in fields(Accepted))


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


def tell(hearers: Iterable[Callable[[Event], None]], event: Event) -> None:
    """Call each hearer; what one raises is reported and keeps the others from nothing."""
    for hear in tuple(hearers):
        try:
            hear(event)
        except Exception:  # noqa: BLE001 - not swallowed: reported where the program reports its bugs
            sys.excepthook(*sys.exc_info())
