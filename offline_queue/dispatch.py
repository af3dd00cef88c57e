"""The courier's side of the queue: which messages may go now, and what each answer does to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from offline_queue import ledger
from offline_queue.events import Delivered, Died, LanePaused, LaneResumed, Postponed
from offline_queue.inspection import message_in
from offline_queue.moments import from_disk
from offline_queue.values import LaneState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from offline_queue.events import Event
    from offline_queue.storage import Storage
    from offline_queue.values import Cipher, Message

_NEXT_DESTINATION = """
    SELECT destination FROM message WHERE state = 1 AND destination > :after ORDER BY destination LIMIT 1
"""
_HEADS = "SELECT * FROM message WHERE state = 1 AND destination = :destination ORDER BY seq LIMIT :limit"
_DAMAGED = "what is on the disk is not what was put"


@dataclass(frozen=True, slots=True)
class Head:
    """A message that nothing of its own stream holds back.

    Attributes:
        seq: its place in the queue.
        message: what to send.
        attempts: what unknown errors have spent so far.
        next_try: when it may be tried again, if an unknown error set a time.
    """

    seq: int
    message: Message
    attempts: int
    next_try: datetime | None


class Dispatch:
    """What a courier reads and writes. Which messages are being sent is memory only: one owner needs no lease."""

    def __init__(
        self,
        storage: Storage,
        now: Callable[[], datetime],
        cipher: Cipher | None,
        emit: Callable[[Event], None],
    ) -> None:
        self._storage = storage
        self._now = now
        self._cipher = cipher
        self._emit = emit
        self.in_flight: set[int] = set()
        """Places in the queue of the messages that are being sent."""

    def destinations(self) -> list[str]:
        """Destinations that have something to send; one index look-up each, however long the queue is."""
        found: list[str] = []
        after = ""
        while rows := self._storage.read(_NEXT_DESTINATION, {"after": after}):
            after = rows[0]["destination"]
            found.append(after)
        return found

    def heads(self, destination: str, limit: int) -> list[Head]:
        """The first ``limit`` messages of a destination that may go, one of each stream, oldest first.

        A row that does not read as it was written becomes a dead letter instead of being sent.
        """
        while True:
            rows = self._storage.read(_HEADS, {"destination": destination, "limit": limit})
            heads = [head for row in rows if (head := self._head(row)) is not None]
            if len(heads) == len(rows):
                return heads

    def _head(self, row: sqlite3.Row) -> Head | None:
        try:
            message = message_in(row, self._cipher)
            sound = message.fingerprint() == row["fingerprint"]
        except ValueError:
            message, sound = message_in(row, None), False
        if sound:
            return Head(row["seq"], message, row["attempts"], from_disk(row["next_try"]))

        def bury(connection: sqlite3.Connection) -> None:
            ledger.bury(connection, row["seq"])
            ledger.note(connection, row["seq"], self._now(), what="damaged", words=_DAMAGED)

        self._storage.write(bury)
        self._emit(Died(message, _DAMAGED))
        return None

    def delivered(self, head: Head, receipt: str, *, recovered: bool) -> None:
        """The other side has it. ``recovered`` ends the outage of its destination in the same commit."""

        def change(connection: sqlite3.Connection) -> None:
            row = _row(connection, head.seq)
            ledger.note_try(connection, head.seq, self._now())
            ledger.settle(connection, row, ledger.DELIVERED, self._now(), receipt)
            self._recover(connection, head, recovered=recovered)

        self._storage.write(change)
        self._emit(Delivered(head.message, receipt))
        self._tell_recovery(head, recovered=recovered)

    def refused(self, head: Head, words: str, *, what: str, recovered: bool) -> None:
        """A dead letter with the words of the other side; it did answer, which may end an outage."""

        def change(connection: sqlite3.Connection) -> None:
            ledger.note_try(connection, head.seq, self._now(), words=words, attempts=what == "unsure")
            ledger.bury(connection, head.seq)
            ledger.note(connection, head.seq, self._now(), what=what, words=words)
            self._recover(connection, head, recovered=recovered)

        self._storage.write(change)
        self._emit(Died(head.message, words))
        self._tell_recovery(head, recovered=recovered)

    def unsure(self, head: Head, words: str, next_try: datetime) -> None:
        """An attempt is spent and the message waits, its stream with it."""

        def change(connection: sqlite3.Connection) -> None:
            ledger.note_try(connection, head.seq, self._now(), words=words, attempts=1)
            ledger.delay(connection, head.seq, next_try)
            ledger.note(connection, head.seq, self._now(), what="unsure", words=words)

        self._storage.write(change)
        self._emit(Postponed(head.message, words, next_try))

    def away(self, head: Head, words: str, failures: int, next_try: datetime) -> None:
        """The destination is away until ``next_try``: one commit for it and its probe, nothing spent."""

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
            )

        self._storage.write(change)
        self._emit(Postponed(head.message, words, next_try))

    def paused(self, head: Head, words: str) -> None:
        """The destination waits for a person, across restarts too."""

        def change(connection: sqlite3.Connection) -> None:
            now = self._now()
            ledger.note_try(connection, head.seq, now, words=words)
            ledger.note(connection, head.seq, now, what="paused", words=words)
            ledger.set_lane(connection, head.message.destination, LaneState.PAUSED, now, words=words)

        self._storage.write(change)
        self._emit(LanePaused(head.message.destination, words))

    def _recover(self, connection: sqlite3.Connection, head: Head, *, recovered: bool) -> None:
        if recovered:
            ledger.set_lane(connection, head.message.destination, LaneState.OPEN, self._now())

    def _tell_recovery(self, head: Head, *, recovered: bool) -> None:
        if recovered:
            self._emit(LaneResumed(head.message.destination, "", "the other side answered"))


def _row(connection: sqlite3.Connection, seq: int) -> sqlite3.Row:
    row: sqlite3.Row = connection.execute("SELECT * FROM message WHERE seq = ?", (seq,)).fetchone()
    return row
