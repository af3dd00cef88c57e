"""The courier's side of the queue: which messages may go now, and what each answer does to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from offline_queue import ledger
from offline_queue.burial import DAMAGED, buried
from offline_queue.events import Delivered, Died, LanePaused, LaneResumed, Postponed
from offline_queue.memory import Ahead
from offline_queue.moments import from_disk, to_disk
from offline_queue.sealing import UNREADABLE
from offline_queue.values import LaneState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from offline_queue.events import Event
    from offline_queue.memory import Memory
    from offline_queue.sealing import Envelope
    from offline_queue.storage import Storage
    from offline_queue.values import Message

_HEADS = """
    SELECT *, EXISTS (
        SELECT 1 FROM message AS f WHERE f.stream = m.stream AND f.state <= 2 AND f.seq > m.seq) AS followed
    FROM message AS m WHERE destination = ? AND state = 1 AND state IN (1, 2) ORDER BY seq LIMIT ?
"""
_READ_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Head:
    """A message that nothing of its own stream holds back.

    Attributes:
        seq: its place in the queue.
        message: what to send.
        attempts: what unknown errors have spent so far.
        next_try: when it may be tried again, if an unknown error set a time.
        alone_as_of: how far the queue was filed when nothing of its stream stood behind it, or -1.
    """

    seq: int
    message: Message
    attempts: int
    next_try: datetime | None
    alone_as_of: int


class Dispatch:
    """What a courier reads and writes. Which messages are being sent is memory only: one owner needs no lease."""

    def __init__(
        self,
        storage: Storage,
        memory: Memory,
        envelope: Envelope,
        *,
        now: Callable[[], datetime],
        emit: Callable[[Event], None],
    ) -> None:
        self._storage = storage
        self._memory = memory
        self._envelope = envelope
        self._now = now
        self._emit = emit
        self.in_flight: set[int] = set()
        """Places in the queue of the messages that are being sent."""

    def destinations(self) -> list[str]:
        """Destinations that have something waiting."""
        self._storage.ready()
        return sorted(self._memory.tallies)

    def heads(self, destination: str, limit: int) -> list[Head]:
        """The first ``limit`` messages of a destination that may go, one of each stream, oldest first.

        A row that does not read as it was written becomes a dead letter instead of being sent.
        """
        self._storage.ready()
        heads = [] if self._memory.all_is_fresh else self._filed_heads(destination, limit)
        if len(heads) < limit:
            for arrival in self._memory.heads(destination, self._storage):
                # What follows a fresh message is fresh itself and needs no word on the disk to step forward.
                heads.append(Head(arrival.seq, arrival.message, 0, None, self._memory.filed))
                if len(heads) == limit:
                    break
        return heads

    def _filed_heads(self, destination: str, limit: int) -> list[Head]:
        ahead = self._memory.ahead.get(destination)
        if ahead is None or not (ahead.all_of_them or len(ahead.heads) >= limit):
            ahead = self._memory.ahead[destination] = self._read_ahead(destination, max(limit, _READ_AHEAD))
        return ahead.heads[:limit]

    def _read_ahead(self, destination: str, limit: int) -> Ahead:
        while True:
            rows = self._storage.read(_HEADS, (destination, limit))
            heads = [head for row in rows if (head := self._head(row)) is not None]
            if len(heads) == len(rows):
                return Ahead(heads, all_of_them=len(rows) < limit)
            sound = {head.seq for head in heads}
            damaged = [row for row in rows if row["seq"] not in sound]
            for message in buried(self._storage, self._memory, damaged, self._now(), DAMAGED):
                self._emit(Died(message, DAMAGED))

    def _head(self, row: sqlite3.Row) -> Head | None:
        """None if the row does not read as it was written, or the cipher does not know its body again."""
        try:
            if self._envelope.sound(row):
                message = self._envelope.message(row)
                alone = -1 if row["followed"] else self._memory.filed
                return Head(row["seq"], message, row["attempts"], from_disk(row["next_try"]), alone)
        except UNREADABLE:
            pass
        return None

    def delivered(self, head: Head, receipt: str, *, recovered: bool) -> None:
        """The other side has it. ``recovered`` ends the outage of its destination in the same commit."""
        # To open again after an error files what was fresh: only then is it known whether another must step forward.
        self._storage.ready()
        message = head.message
        now = to_disk(self._now())
        fingerprint = self._envelope.fingerprint(message)
        values = (now, now, receipt, fingerprint, self._envelope.check(message, fingerprint, b""), head.seq)
        if recovered or head.alone_as_of != self._memory.filed:

            def change(connection: sqlite3.Connection) -> int:
                found = connection.execute(ledger.DELIVER, values).rowcount
                ledger.promote(connection, message.stream)
                self._recover(connection, head, recovered=recovered)
                return found

            found = self._storage.write(change, vital=True)
        else:
            found = self._storage.write_one(ledger.DELIVER, values, vital=True)
        if head.alone_as_of == self._memory.filed:
            ahead = self._memory.ahead.get(message.destination)
            if ahead is not None:
                ahead.heads = [known for known in ahead.heads if known.seq != head.seq]
        else:
            self._memory.ahead.clear()
        if found:
            self._memory.settled(message)
        self._emit(Delivered(message, receipt))
        self._tell_recovery(head, recovered=recovered)

    def _write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        """Make a change to rows that the indexes must know."""

        def both(connection: sqlite3.Connection) -> None:
            self._memory.file_all(connection)
            change(connection)

        self._storage.write(both, vital=True)
        self._memory.all_filed()

    def refused(self, head: Head, words: str, *, what: str, recovered: bool) -> None:
        """A dead letter with the words of the other side; it did answer, which may end an outage."""

        def change(connection: sqlite3.Connection) -> None:
            ledger.note_try(connection, head.seq, self._now(), words=words, attempts=what == "unsure")
            ledger.bury(connection, head.seq)
            ledger.note(connection, head.seq, self._now(), what=what, words=words)
            self._recover(connection, head, recovered=recovered)

        self._write(change)
        self._memory.died(head.message.destination)
        self._emit(Died(head.message, words))
        self._tell_recovery(head, recovered=recovered)

    def unsure(self, head: Head, words: str, next_try: datetime) -> None:
        """An attempt is spent and the message waits, its stream with it."""

        def change(connection: sqlite3.Connection) -> None:
            ledger.note_try(connection, head.seq, self._now(), words=words, attempts=1)
            ledger.delay(connection, head.seq, next_try)
            ledger.note(connection, head.seq, self._now(), what="unsure", words=words)

        self._write(change)
        self._emit(Postponed(head.message, words, next_try))

    def away(
        self, head: Head, words: str, failures: int, next_try: datetime, held_until: datetime | None = None
    ) -> None:
        """The destination is away until ``next_try``: one commit for it and its probe, nothing spent.

        ``held_until`` is until when it asked to be left alone, which holds across restarts too.
        """

        def change(connection: sqlite3.Connection) -> None:
            now = self._now()
            ledger.note_try(connection, head.seq, now, words=words)
            ledger.note(connection, head.seq, now, what="later", words=words)
            ledger.set_lane(
                connection,
                head.message.destination,
                LaneState.AWAY,
                now,
                words=words,
                failures=failures,
                next_try=next_try,
                held_until=held_until,
            )

        self._write(change)
        self._memory.paused.discard(head.message.destination)
        self._emit(Postponed(head.message, words, next_try))

    def paused(self, head: Head, words: str) -> None:
        """The destination waits for a person, across restarts too."""

        def change(connection: sqlite3.Connection) -> None:
            now = self._now()
            ledger.note_try(connection, head.seq, now, words=words)
            ledger.note(connection, head.seq, now, what="paused", words=words)
            ledger.set_lane(connection, head.message.destination, LaneState.PAUSED, now, words=words)

        self._write(change)
        self._memory.paused.add(head.message.destination)
        self._emit(LanePaused(head.message.destination, words))

    def _recover(self, connection: sqlite3.Connection, head: Head, *, recovered: bool) -> None:
        if recovered:
            ledger.set_lane(connection, head.message.destination, LaneState.OPEN, self._now())

    def _tell_recovery(self, head: Head, *, recovered: bool) -> None:
        if recovered:
            self._memory.paused.discard(head.message.destination)
            self._emit(LaneResumed(head.message.destination, "", "the other side answered"))
