"""The values of the queue: what is sent, what is known about it, and how much of it a shop allows."""

from __future__ import annotations

import enum
import functools
import hashlib
import struct
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from operator import index
from typing import Protocol

_SIZE = struct.Struct(">I").pack
_SHA_256 = hashlib.sha256()
"""Copied for each message: to ask the library for a new one takes longer than to hash a kilobyte."""


@functools.lru_cache(maxsize=64)
def _measured(*names: str) -> bytes:
    """Names that come again and again, each behind its size."""
    return b"".join(_SIZE(len(encoded)) + encoded for encoded in map(str.encode, names))


class State(enum.Enum):
    """Where a message stands."""

    WAITING = "waiting"
    """It will be sent: now, later, or after an earlier message of its stream."""
    DEAD = "dead"
    """The other side refused it; its stream stands still until a person decides."""
    DELIVERED = "delivered"
    """The other side has it; the row stays as a tombstone without its body."""
    SKIPPED = "skipped"
    """A person decided that it shall not be sent."""
    MOVED = "moved"
    """It was handed to another till in an export file; putting that file back in takes it back."""


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class Message:
    """One fact that must arrive.

    Attributes:
        key: unique, minted before the first try and sent along, so that a repeated delivery is harmless.
        stream: messages of one stream are delivered strictly in the order they were put.
        destination: the server and account that it is meant for; outages and pauses are per destination.
        kind: tells the sender how to deliver it; the queue does not look at it.
        body: what is delivered, byte for byte.
        created: when the fact happened; aware.
        amount: money behind the message in kopecks, only for sums shown to people.
        label: what people call it, for example an order number.

    Raises:
        ValueError: an empty name or a naive ``created``.
        TypeError: a name, the label or ``amount`` is of another kind.
    """

    key: str
    stream: str
    destination: str
    kind: str
    body: bytes
    created: datetime
    amount: int = 0
    label: str = ""

    def __init__(
        self,
        *,
        key: str,
        stream: str,
        destination: str,
        kind: str,
        body: bytes,
        created: datetime,
        amount: int = 0,
        label: str = "",
    ) -> None:
        if not (key and stream and destination and kind):
            names = {"key": key, "stream": stream, "destination": destination, "kind": kind}
            raise ValueError(f"a message needs a {next(name for name, said in names.items() if not said)}")
        plain = key.__class__ is stream.__class__ is destination.__class__ is kind.__class__ is label.__class__ is str
        if not plain or amount.__class__ is not int:
            # What prints otherwise than it is stored, as members of many enums do, would not pass the check of its row.
            key, stream, destination, kind, label = map(str.__str__, (key, stream, destination, kind, label))
            amount = index(amount)
        zone = created.tzinfo
        if zone is not UTC:
            if zone is None:
                raise ValueError("a message needs an aware time of creation")
            created = created.astimezone(UTC)
        # What a frozen dataclass would write by itself takes twice as long, and this is on the way of every put.
        _set_key(self, key)
        _set_stream(self, stream)
        _set_destination(self, destination)
        _set_kind(self, kind)
        _set_body(self, body)
        _set_created(self, created)
        _set_amount(self, amount)
        _set_label(self, label)

    def says_the_same(self, other: Message) -> bool:
        """Whether both are one fact: all that is delivered and where to.

        ``created``, ``amount`` and ``label`` are left out: a caller that repeats a put after a crash may have read
        its clock again, and that is still the same fact.
        """
        mine = (self.stream, self.destination, self.kind, self.body)
        return mine == (other.stream, other.destination, other.kind, other.body)

    def fingerprint(self) -> bytes:
        """SHA-256 of what ``says_the_same`` compares, for the time when the body is gone."""
        stream, digest = self.stream.encode(), _SHA_256.copy()
        digest.update(b"".join((_SIZE(len(stream)), stream, _measured(self.destination, self.kind), self.body)))
        return digest.digest()


_set_key, _set_stream, _set_destination, _set_kind, _set_body, _set_created, _set_amount, _set_label = (
    getattr(Message, field.name).__set__ for field in fields(Message)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message and what has become of it.

    Attributes:
        message: as it was put; the body is empty once it was delivered.
        state: where it stands.
        waits_for: key of the message at the head of its stream that it stands behind, or "".
        tries: how often it was sent.
        attempts: how many of these count against the limit for unknown errors; outages never do.
        last_error: why it is still here: its destination's words while that is away, else its own.
        last_try: when it was sent last.
        next_try: when it will be sent next, as far as a time is set.
        settled: when it was delivered or skipped.
        receipt: what the other side answered on delivery.
        age: time since the fact happened.
    """

    message: Message
    state: State
    waits_for: str
    tries: int
    attempts: int
    last_error: str
    last_try: datetime | None
    next_try: datetime | None
    settled: datetime | None
    receipt: str
    age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of a message's history; equal lines in a row are one line with a count.

    Attributes:
        first: when this happened first.
        last: when it happened last.
        times: how often.
        what: "later", "unsure", "refused", "paused", "retried", "skipped", "cancelled", "damaged", "exported",
            "imported" or, of a destination, "resumed".
        words: what the other side or the person said.
        by: the person, or "" for the queue itself.
    """

    first: datetime
    last: datetime
    times: int
    what: str
    words: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a light in the corner of a screen needs.

    Attributes:
        count: messages waiting or dead.
        amount: the money behind them, kopecks.
        oldest: when the oldest of the facts at the heads of their streams happened.
        next_try: the soonest time set for another try; None when nothing waits for a time.
        needs_human: decisions that only a person can take: one for a dead letter, one for a paused destination.
    """

    count: int
    amount: int
    oldest: datetime | None
    next_try: datetime | None
    needs_human: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What waits in one stream or for one destination.

    Attributes:
        name: of the stream or destination.
        count: messages waiting or dead.
        amount: the money behind them, kopecks.
        dead: how many of them are dead letters.
        oldest: when the oldest of these facts happened.
        next_try: the soonest time set for another try, if one is.
    """

    name: str
    count: int
    amount: int
    dead: int
    oldest: datetime
    next_try: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvage:
    """What became of a damaged file.

    Attributes:
        at: when it was found.
        cause: what was wrong with it.
        moved_to: the damaged file's new name; its log stands beside it.
        read: messages that were read and go on as they were, tombstones included.
        damaged: keys of messages that could be read only in part, or only in an older state, so that nobody knows if
            they still wait; they are dead letters now, or named if already known.
        lost: keys that the file still named but whose messages could not be read. A tombstone that was forgotten on
            purpose may be among them.
    """

    at: datetime
    cause: str
    moved_to: str
    read: int
    damaged: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a look at every page and row of a file found.

    Attributes:
        rows: messages read, tombstones included.
        problems: one sentence each; empty when all is well.
    """

    rows: int
    problems: tuple[str, ...]


class LaneState(enum.Enum):
    """How a destination fares."""

    OPEN = "open"
    AWAY = "away"
    """An outage: the queue probes it with one message at a time."""
    PAUSED = "paused"
    """It asks for a person, as a rule to sign in; nothing is sent and nothing dies meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A destination that is or was in trouble.

    Attributes:
        destination: its name.
        state: how it fares.
        words: what was said last when it failed.
        since: when the trouble began.
        failures: probes that failed in a row.
        next_try: when it will be probed next.
        held_until: until when it asked to be left alone (Retry-After), if it did.
    """

    destination: str
    state: LaneState
    words: str
    since: datetime | None
    failures: int
    next_try: datetime | None
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may wait before a put is refused; None is no limit.

    Attributes:
        count: messages waiting or dead.
        amount: the money behind them, kopecks.
        age: how old the oldest of them may be.
        warn_at: share of a limit from which on people are warned, each time it is reached anew.
    """

    count: int | None = None
    amount: int | None = None
    age: timedelta | None = None
    warn_at: float = 0.8


class Cipher(Protocol):
    """Seals bodies at rest. Keys, times and states stay readable, so that a damaged file can be salvaged by row.

    A file is sealed by one cipher from the beginning: to seal an open one, or to change the key, export it and
    import it into a new file.
    """

    @property
    def name(self) -> str:
        """Written into the file when it is made; a file sealed by another cipher is refused."""
        ...

    def seal(self, body: bytes, bound_to: bytes) -> bytes:
        """Encrypt and authenticate ``body`` together with ``bound_to``, the key of its message."""
        ...

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Reverse ``seal``; raises ValueError when the two do not belong together."""
        ...
