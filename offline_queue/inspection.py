"""Reading a queue: what waits, why, since when; also beside the process that owns it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from offline_queue.errors import SchemaError, UnknownKeyError
from offline_queue.moments import from_disk, known_from_disk
from offline_queue.values import Entry, Lane, LaneState, Message, Record, State, Summary

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from offline_queue.storage import Storage
    from offline_queue.values import Cipher

_STATES = {0: State.WAITING, 1: State.WAITING, 2: State.DEAD, 3: State.DELIVERED, 4: State.SKIPPED}

_ENTRY = """
    SELECT m.*, l.state AS lane_state, l.words AS lane_words, l.next_try AS lane_next_try,
        CASE WHEN m.state > 2 THEN '' ELSE coalesce((
            SELECT h.key FROM message AS h WHERE h.stream = m.stream AND h.state <= 2 AND h.seq < m.seq
            ORDER BY h.seq LIMIT 1), '') END AS waits_for
    FROM message AS m LEFT JOIN lane AS l ON l.destination = m.destination AND l.state <> 'open'
"""
_CHOSEN = """
    WHERE m.seq IN (SELECT seq FROM message WHERE state <= 2 AND :unsettled
        UNION ALL SELECT seq FROM message WHERE state > 2 AND :settled)
    AND (m.state IN (0, 1) AND :waiting OR m.state = 2 AND :dead
        OR m.state = 3 AND :delivered OR m.state = 4 AND :skipped)
    AND (:stream IS NULL OR m.stream = :stream) AND (:destination IS NULL OR m.destination = :destination)
"""
_OLDEST_FIRST = _ENTRY + _CHOSEN + " ORDER BY m.seq LIMIT :limit"
_NEWEST_FIRST = _ENTRY + _CHOSEN + " ORDER BY m.seq DESC LIMIT :limit"
_BY_KEY = _ENTRY + " WHERE m.key = :key"

_WAITING = (
    "SELECT count(*) AS n, coalesce(sum(amount), 0) AS amount, min(created) AS oldest FROM message WHERE state <= 2"
)
_NEXT_TRY = """
    SELECT min(due) AS next_try FROM (
        SELECT max(coalesce(m.next_try, 0), coalesce(l.next_try, 0)) AS due
        FROM message AS m LEFT JOIN lane AS l USING (destination)
        WHERE m.state = 1 AND coalesce(l.state, 'open') <> 'paused')
    WHERE due > 0
"""
_NEEDS_HUMAN = """
    SELECT (SELECT count(*) FROM message WHERE state = 2) + (SELECT count(*) FROM lane WHERE state = 'paused') AS n
"""


class Inspection:
    """A queue file to look at. Nothing here changes the file."""

    def __init__(self, storage: Storage, now: Callable[[], datetime], cipher: Cipher | None) -> None:
        self._storage = storage
        self._now = now
        self._cipher = cipher
        about = {row["name"]: str(row["value"]) for row in storage.read("SELECT name, value FROM about", {})}
        if "account" not in about:
            raise SchemaError(f"The queue {storage.path} was never finished: open it once to write.")
        self.account = about["account"]
        """The account that the file is bound to."""

    def summary(self) -> Summary:
        """Count, sum and times of all that is not settled, counted from the rows themselves."""
        (waiting,) = self._storage.read(_WAITING, {})
        (next_try,) = self._storage.read(_NEXT_TRY, {})
        (needs_human,) = self._storage.read(_NEEDS_HUMAN, {})
        return Summary(
            count=waiting["n"],
            amount=waiting["amount"],
            oldest=from_disk(waiting["oldest"]),
            next_try=from_disk(next_try["next_try"]),
            needs_human=needs_human["n"],
        )

    def entries(
        self,
        *states: State,
        stream: str | None = None,
        destination: str | None = None,
        newest_first: bool = False,
        limit: int = 500,
    ) -> tuple[Entry, ...]:
        """Messages in the order they were put; without ``states`` those that are not settled."""
        wanted = set(states) or {State.WAITING, State.DEAD}
        values = {
            "stream": stream,
            "destination": destination,
            "limit": limit,
            "unsettled": bool(wanted & {State.WAITING, State.DEAD}),
            "settled": bool(wanted & {State.DELIVERED, State.SKIPPED}),
            **{state.value: state in wanted for state in State},
        }
        rows = self._storage.read(_NEWEST_FIRST if newest_first else _OLDEST_FIRST, values)
        return tuple(self._entry(row) for row in rows)

    def entry(self, key: str) -> Entry:
        """One message, in whatever state.

        Raises:
            UnknownKeyError: it was never put, or its tombstone was forgotten.
        """
        rows = self._storage.read(_BY_KEY, {"key": key})
        if not rows:
            raise UnknownKeyError(f"The queue knows no message with the key {key}.")
        return self._entry(rows[0])

    def history(self, key: str) -> tuple[Record, ...]:
        """What happened to a message, oldest first; bounded, the decisions of people are always kept.

        Raises:
            UnknownKeyError: see ``entry``.
        """
        self.entry(key)
        rows = self._storage.read(
            "SELECT h.* FROM history AS h JOIN message AS m USING (seq) WHERE m.key = :key ORDER BY h.line",
            {"key": key},
        )
        return tuple(
            Record(
                first=known_from_disk(row["first"]),
                last=known_from_disk(row["last"]),
                times=row["times"],
                what=row["what"],
                words=row["words"],
                by=row["by"],
            )
            for row in rows
        )

    def lanes(self) -> tuple[Lane, ...]:
        """Every destination that is or was in trouble."""
        return tuple(
            Lane(
                destination=row["destination"],
                state=LaneState(row["state"]),
                words=row["words"],
                since=from_disk(row["since"]),
                failures=row["failures"],
                next_try=from_disk(row["next_try"]),
            )
            for row in self._storage.read("SELECT * FROM lane ORDER BY destination", {})
        )

    def close(self) -> None:
        """Let the file go."""
        self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _entry(self, row: sqlite3.Row) -> Entry:
        message = message_in(row, self._cipher)
        waiting = row["state"] <= 1
        away = waiting and row["lane_state"] is not None
        due = max(row["next_try"] or 0, row["lane_next_try"] or 0)
        sendable = row["state"] == 1 and row["lane_state"] != LaneState.PAUSED.value
        return Entry(
            message=message,
            state=_STATES[row["state"]],
            waits_for=row["waits_for"],
            tries=row["tries"],
            attempts=row["attempts"],
            last_error=row["lane_words"] if away else row["last_error"],
            last_try=from_disk(row["last_try"]),
            next_try=known_from_disk(due) if sendable and due else None,
            settled=from_disk(row["settled"]),
            receipt=row["receipt"],
            age=self._now() - message.created,
        )


def message_in(row: sqlite3.Row, cipher: Cipher | None) -> Message:
    """The message of a row, its body unsealed if there is a cipher.

    Raises:
        ValueError: the cipher and the row do not belong together.
    """
    body: bytes = row["body"]
    if cipher is not None and body:
        body = cipher.unseal(body, row["key"].encode())
    return Message(
        key=row["key"],
        stream=row["stream"],
        destination=row["destination"],
        kind=row["kind"],
        body=body,
        created=known_from_disk(row["created"]),
        amount=row["amount"],
        label=row["label"],
    )
