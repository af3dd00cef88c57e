"""What people decide about messages that could not be delivered; who and why stay on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offline_queue import ledger
from offline_queue.burial import NOT_EXPORTED, buried
from offline_queue.errors import IllegalMoveError, UnknownKeyError
from offline_queue.events import Died, LaneResumed, Moved, Retried, Skipped
from offline_queue.inspection import BY_KEY
from offline_queue.values import LaneState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from offline_queue.dispatch import Dispatch
    from offline_queue.events import Event
    from offline_queue.memory import Memory
    from offline_queue.sealing import Envelope
    from offline_queue.storage import Storage

_UNSETTLED = "SELECT * FROM message WHERE state <= 2 OR state = 6 ORDER BY seq DESC"
_OF_STREAM = """
    SELECT * FROM message WHERE seq IN (SELECT seq FROM message WHERE stream = :stream AND state <= 2
        UNION ALL SELECT seq FROM message WHERE seq > :filed AND state = 6 AND stream = :stream) ORDER BY seq DESC
"""


def require_named(by: str, reason: str) -> None:
    """Nobody decides namelessly or for no reason.

    Raises:
        ValueError: one of them is blank.
    """
    if not (by.strip() and reason.strip()):
        raise ValueError("a decision needs the name of a person and a reason")


class Decisions:
    """The decisions of an outbox, see there for what they promise and raise."""

    def __init__(
        self,
        storage: Storage,
        memory: Memory,
        envelope: Envelope,
        *,
        dispatch: Dispatch,
        now: Callable[[], datetime],
        emit: Callable[[Event], None],
    ) -> None:
        self._storage = storage
        self._memory = memory
        self._envelope = envelope
        self._dispatch = dispatch
        self._now = now
        self._emit = emit

    def retry(self, key: str, by: str, reason: str) -> None:
        """See ``Outbox.retry``."""
        require_named(by, reason)
        row = self._movable(key)

        def change(connection: sqlite3.Connection) -> None:
            ledger.revive(connection, row)
            ledger.note(connection, row["seq"], self._now(), what="retried", words=reason, by=by)

        self._write(change)
        if row["state"] == ledger.DEAD:
            self._memory.died(row["destination"], -1)
        self._emit(Retried(self._envelope.readable(row), by, reason))

    def skip(self, key: str, by: str, reason: str) -> None:
        """See ``Outbox.skip``."""
        require_named(by, reason)
        self._give_up([self._movable(key)], "skipped", by, reason)

    def cancel_stream(self, stream: str, by: str, reason: str) -> int:
        """See ``Outbox.cancel_stream``."""
        require_named(by, reason)
        rows = self._storage.read(_OF_STREAM, {"stream": stream, "filed": self._memory.filed})
        self._give_up(rows, "cancelled", by, reason)
        return len(rows)

    def exportable(self) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
        """The rows that could be handed to another till, and the damaged ones that could not; both newest first.

        What stands behind a damaged row in its stream is in neither: it waits for what a person decides about that.

        Raises:
            IllegalMoveError: one of them is being sent.
        """
        sound: list[sqlite3.Row] = []
        damaged: dict[str, sqlite3.Row] = {}
        rows = self._storage.read(_UNSETTLED)
        for row in reversed(rows):
            self._require_resting(row)
            if row["stream"] in damaged:
                continue
            if self._envelope.opens(row):
                sound.append(row)
            else:
                damaged[row["stream"]] = row
        return sound[::-1], [*damaged.values()][::-1]

    def hand_over(self, rows: Sequence[sqlite3.Row], damaged: Sequence[sqlite3.Row], by: str, reason: str) -> None:
        """Mark rows as handed to another till, and the damaged ones that stay here as dead letters."""
        self._give_up(rows, "exported", by, reason)
        dying = [row for row in damaged if row["state"] != ledger.DEAD]
        if dying:
            for message in buried(self._storage, self._memory, dying, self._now(), NOT_EXPORTED):
                self._emit(Died(message, NOT_EXPORTED))

    def take_back(self, key: str, by: str, reason: str) -> bool:
        """Bring back a message that had been handed to another till; False if it had not.

        Raises:
            IllegalMoveError: something is being sent: it might have to step back behind this one.
        """
        rows = self._storage.read(BY_KEY, {"key": key})
        if not rows or rows[0]["state"] != ledger.MOVED:
            return False
        if self._dispatch.in_flight:
            raise IllegalMoveError("Messages are being sent; their answers come before those that are taken back.")

        def change(connection: sqlite3.Connection) -> None:
            ledger.take_back(connection, rows[0])
            ledger.note(connection, rows[0]["seq"], self._now(), what="imported", words=reason, by=by)

        self._write(change)
        self._memory.came_back(self._envelope.readable(rows[0]))
        return True

    def noting_import(self, by: str, reason: str) -> Callable[[sqlite3.Connection, int], None]:
        """What writes down who took in a message that is new here, in the commit that stores it."""

        def note(connection: sqlite3.Connection, seq: int) -> None:
            ledger.note(connection, seq, self._now(), what="imported", words=reason, by=by)

        return note

    def _give_up(self, rows: Sequence[sqlite3.Row], what: str, by: str, reason: str) -> None:
        state = ledger.MOVED if what == "exported" else ledger.SKIPPED
        for row in rows:
            self._require_resting(row)
        if not rows:
            return

        def change(connection: sqlite3.Connection) -> None:
            for row in rows:
                ledger.settle(connection, row, state, self._now())
                ledger.note(connection, row["seq"], self._now(), what=what, words=reason, by=by)

        self._write(change)
        messages = [self._envelope.readable(row) for row in rows]
        for row, message in zip(rows, messages, strict=True):
            self._memory.settled(message, was_dead=row["state"] == ledger.DEAD)
        for message in messages:
            self._emit(Moved(message, by, reason) if state == ledger.MOVED else Skipped(message, by, reason))

    def resume(self, destination: str, by: str, reason: str) -> None:
        """See ``Outbox.resume``."""
        require_named(by, reason)
        self._storage.ready()
        if destination not in self._memory.paused:
            raise IllegalMoveError(f"The destination {destination} is not paused.")

        def change(connection: sqlite3.Connection) -> None:
            now = self._now()
            ledger.set_lane(connection, destination, LaneState.OPEN, now, words=f"{by}: {reason}")
            ledger.note(connection, ledger.NO_MESSAGE, now, what="resumed", words=f"{destination}: {reason}", by=by)

        self._storage.write(change, vital=True)
        self._memory.paused.discard(destination)
        self._emit(LaneResumed(destination, by, reason))

    def _write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        def both(connection: sqlite3.Connection) -> None:
            self._memory.file_all(connection)
            change(connection)

        self._storage.write(both, vital=True)
        self._memory.all_filed()

    def _movable(self, key: str) -> sqlite3.Row:
        rows = self._storage.read(BY_KEY, {"key": key})
        if not rows:
            raise UnknownKeyError(f"The queue knows no message with the key {key}.")
        if rows[0]["state"] > ledger.DEAD and rows[0]["state"] != ledger.FRESH:
            raise IllegalMoveError(f"The message {key} is settled.")
        self._require_resting(rows[0])
        return rows[0]

    def _require_resting(self, row: sqlite3.Row) -> None:
        if row["seq"] in self._dispatch.in_flight:
            raise IllegalMoveError(f"The message {row['key']} is being sent; its answer comes first.")
