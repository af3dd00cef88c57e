"""The moves that a message can make, as statements inside one transaction; knows no clock, no events, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offline_queue.errors import DuplicateKeyError
from offline_queue.moments import to_disk

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from offline_queue.values import LaneState, Message

BEHIND: Final = 0
HEAD: Final = 1
DEAD: Final = 2
DELIVERED: Final = 3
SKIPPED: Final = 4

_LINES_KEPT = 50
_INSERT = """
    INSERT INTO message (key, stream, destination, kind, body, fingerprint, amount, created, label, state)
    VALUES (:key, :stream, :destination, :kind, :body, :fingerprint, :amount, :created, :label,
        NOT EXISTS (SELECT 1 FROM message WHERE stream = :stream AND state <= 2))
"""
_PROMOTE = """
    UPDATE message SET state = 1 WHERE state = 0 AND seq = (
        SELECT seq FROM message WHERE stream = :stream AND state <= 2 ORDER BY seq LIMIT 1)
"""
_LANE = """
    INSERT INTO lane (destination, state, words, since, failures, next_try)
    VALUES (:destination, :state, :words, :now, :failures, :next_try)
    ON CONFLICT (destination) DO UPDATE SET state = excluded.state, words = excluded.words,
        since = CASE WHEN lane.state = excluded.state THEN lane.since ELSE excluded.since END,
        failures = excluded.failures, next_try = excluded.next_try
"""


def add(connection: sqlite3.Connection, message: Message, sealed_body: bytes) -> bool:
    """Store a message behind its stream; False if it is there already.

    Raises:
        DuplicateKeyError: its key stands for another message.
    """
    fingerprint = message.fingerprint()
    known = connection.execute("SELECT fingerprint FROM message WHERE key = ?", (message.key,)).fetchone()
    if known is not None:
        if known["fingerprint"] != fingerprint:
            raise DuplicateKeyError(message.key)
        return False
    connection.execute(
        _INSERT,
        {
            "key": message.key,
            "stream": message.stream,
            "destination": message.destination,
            "kind": message.kind,
            "body": sealed_body,
            "fingerprint": fingerprint,
            "amount": message.amount,
            "created": to_disk(message.created),
            "label": message.label,
        },
    )
    return True


def settle(connection: sqlite3.Connection, row: sqlite3.Row, state: int, now: datetime, receipt: str = "") -> None:
    """Deliver or skip a message and let the next of its stream step forward.

    A delivered body is dropped: the other side has it, and personal data should not lie about.
    """
    connection.execute(
        """UPDATE message SET state = :state, settled = :now, receipt = :receipt, next_try = NULL,
            body = CASE WHEN :state = 3 THEN x'' ELSE body END WHERE seq = :seq""",
        {"seq": row["seq"], "state": state, "now": to_disk(now), "receipt": receipt},
    )
    connection.execute(_PROMOTE, {"stream": row["stream"]})


def note_try(connection: sqlite3.Connection, seq: int, now: datetime, *, words: str = "", attempts: int = 0) -> None:
    """Count a try; ``attempts`` is what it costs of the limit for unknown errors."""
    connection.execute(
        """UPDATE message SET tries = tries + 1, attempts = attempts + :attempts, last_try = :now,
            last_error = :words, next_try = NULL WHERE seq = :seq""",
        {"seq": seq, "now": to_disk(now), "words": words, "attempts": attempts},
    )


def delay(connection: sqlite3.Connection, seq: int, next_try: datetime) -> None:
    """Keep a message, and with it its stream, until ``next_try``."""
    connection.execute("UPDATE message SET next_try = ? WHERE seq = ?", (to_disk(next_try), seq))


def bury(connection: sqlite3.Connection, seq: int) -> None:
    """Make a message a dead letter: it stays the head of its stream, which therefore stands still."""
    connection.execute("UPDATE message SET state = 2 WHERE seq = ?", (seq,))


def revive(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Give a message a fresh start at the place it has in its stream."""
    connection.execute(
        """UPDATE message SET state = CASE WHEN state = 2 THEN 1 ELSE state END, attempts = 0, next_try = NULL
            WHERE seq = ?""",
        (row["seq"],),
    )


def set_lane(
    connection: sqlite3.Connection,
    destination: str,
    state: LaneState,
    now: datetime,
    *,
    words: str = "",
    failures: int = 0,
    next_try: datetime | None = None,
) -> None:
    """Write down how a destination fares."""
    values: dict[str, Any] = {
        "destination": destination,
        "state": state.value,
        "words": words,
        "now": to_disk(now),
        "failures": failures,
        "next_try": None if next_try is None else to_disk(next_try),
    }
    connection.execute(_LANE, values)


def note(connection: sqlite3.Connection, seq: int, now: datetime, *, what: str, words: str, by: str = "") -> None:
    """Add a line to a message's history, or count the last one up when it says the same.

    An outage of a week is one line. Old lines of the queue go beyond fifty; those of people never do.
    """
    moment = to_disk(now)
    last = connection.execute(
        "SELECT line, what, words, by FROM history WHERE seq = ? ORDER BY line DESC LIMIT 1", (seq,)
    ).fetchone()
    line = 0 if last is None else last["line"]
    if last is not None and not by and (last["what"], last["words"], last["by"]) == (what, words, by):
        connection.execute(
            "UPDATE history SET last = ?, times = times + 1 WHERE seq = ? AND line = ?", (moment, seq, line)
        )
        return
    connection.execute(
        "INSERT INTO history (seq, line, first, last, times, what, words, by) VALUES (?, ?, ?, ?, 1, ?, ?, ?)",
        (seq, line + 1, moment, moment, what, words, by),
    )
    connection.execute("DELETE FROM history WHERE seq = ? AND line <= ? AND by = ''", (seq, line + 1 - _LINES_KEPT))
