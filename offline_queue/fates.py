"""What a failed delivery means for its message: decided by the answer, never by a count of tries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Later:
    """The other side is away or busy. Costs the message nothing, however long it lasts.

    Attributes:
        words: what to show people.
        retry_after: seconds that the other side asked to be left alone for, if it did.
    """

    words: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The other side said no to this message: a dead letter that keeps its words."""

    words: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The other side does not know us (401, 403): the whole destination waits for a person."""

    words: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody knows what this error means: a few tries, then a dead letter."""

    words: str


Fate = Later | Refused | Paused | Unsure
