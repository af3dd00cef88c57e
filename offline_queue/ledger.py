"""The moves that a message can make, as statements inside one transaction; knows no clock, no events, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
MOVED: Final = 5
FRESH: Final = 6

NO_MESSAGE: Final = 0
"""A place that no message has: the history of what concerns none in particular stands there."""

_COLUMNS = "seq, key, state, stream, destination, kind, amount, created, label, fingerprint, crc, body"
INSERT: Final = f"INSERT INTO message ({_COLUMNS}) VALUES (?1, ?2, 6, ?3, ?4, ?5, ?6, ?7, ?8, x'', ?9, ?10)"  # noqa: S608 - our own constant
"""A new message. Its place in its stream is worked out when it is filed, its fingerprint when its body goes."""
INSERT_IF_NEW: Final = f"""
    INSERT INTO message ({_COLUMNS}) SELECT ?1, ?2, 6, ?3, ?4, ?5, ?6, ?7, ?8, x'', ?9, ?10
    WHERE NOT EXISTS (SELECT 1 FROM message WHERE key = ?2 AND state <> 6)
"""  # noqa: S608 - the same
"""The same, if no filed row has its key: the look and the row in one statement."""

# The body is dropped: the other side has it, and personal data should not lie about. What tells it apart stays.
DELIVER: Final = """
    UPDATE message SET state = 3, tries = tries + 1, last_try = ?, last_error = '', next_try = NULL, settled = ?,
        receipt = ?, fingerprint = ?, crc = ?, body = x'' WHERE seq = ?
"""

_LINES_KEPT = 50
_PROMOTE = """
    UPDATE message SET state = 1 WHERE state = 0 AND seq = (
        SELECT seq FROM message WHERE stream = :stream AND state <= 2 ORDER BY seq LIMIT 1)
"""
PROMOTE_HEADLESS: Final = """
    UPDATE message NOT INDEXED SET state = 1 WHERE state = 0 AND NOT EXISTS (
        SELECT 1 FROM message AS h WHERE h.stream = message.stream AND h.state <= 2 AND h.seq < message.seq)
"""
"""Let the first of every stream be its head where damage took the head away: nothing else would ever send the rest."""
# Never the last row: its number would be given again.
_FORGETTABLE = """
    SELECT seq FROM message AS m
    WHERE (state = 3 OR :decided AND state IN (4, 5)) AND settled < :before AND seq < (SELECT max(seq) FROM message)
        AND (:decided OR NOT EXISTS (SELECT 1 FROM history WHERE seq = m.seq AND by <> ''))
    ORDER BY seq LIMIT :limit
"""
_LANE = """
    INSERT INTO lane (destination, state, words, since, failures, next_try, held_until)
    VALUES (:destination, :state, :words, :now, :failures, :next_try, :held_until)
    ON CONFLICT (destination) DO UPDATE SET state = excluded.state, words = excluded.words,
        since = CASE WHEN lane.state = excluded.state THEN lane.since ELSE excluded.since END,
        failures = excluded.failures, next_try = excluded.next_try, held_until = excluded.held_until
"""


def forget(connection: sqlite3.Connection, before: datetime, *, decided: bool, limit: int | None) -> int:
    """Drop the first tombstones settled before a time, ``decided`` by a person or not; returns how many."""
    values = {"before": to_disk(before), "decided": decided, "limit": -1 if limit is None else limit}
    seqs = [(row["seq"],) for row in connection.execute(_FORGETTABLE, values)]
    connection.executemany("DELETE FROM history WHERE seq = ?", seqs)
    connection.executemany("DELETE FROM message WHERE seq = ?", seqs)
    return len(seqs)


def settle(connection: sqlite3.Connection, row: sqlite3.Row, state: int, now: datetime) -> None:
    """Skip a message or hand it to another till, and let the next of its stream step forward."""
    connection.execute(
        "UPDATE message SET state = ?, settled = ?, next_try = NULL WHERE seq = ?", (state, to_disk(now), row["seq"])
    )
    promote(connection, row["stream"])


def promote(connection: sqlite3.Connection, stream: str) -> None:
    """Let the first unsettled message of a stream be its head."""
    connection.execute(_PROMOTE, {"stream": stream})


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


def bury_as(connection: sqlite3.Connection, seq: int, message: Message, words: str) -> None:
    """Make a damaged message a dead letter under the names that can be read of it."""
    connection.execute(
        "UPDATE message SET state = 2, key = ?, stream = ?, destination = ?, kind = ?, label = ?, last_error = ?"
        " WHERE seq = ?",
        (message.key, message.stream, message.destination, message.kind, message.label, words, seq),
    )


def revive(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Give a message a fresh start at the place it has in its stream, which damage may have given another head."""
    connection.execute(
        """UPDATE message SET state = CASE WHEN state = 2 THEN 0 ELSE state END, attempts = 0, next_try = NULL
            WHERE seq = ?""",
        (row["seq"],),
    )
    promote(connection, row["stream"])


def take_back(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Bring back a message that had been handed to another till; its era tells it from its older self."""
    connection.execute(
        "UPDATE message SET state = 0, era = era + 1, settled = NULL, attempts = 0 WHERE seq = ?", (row["seq"],)
    )
    # Whoever had stepped forward since steps back behind it.
    connection.execute("UPDATE message SET state = 0 WHERE stream = ? AND state <= 1", (row["stream"],))
    promote(connection, row["stream"])


def set_lane(
    connection: sqlite3.Connection,
    destination: str,
    state: LaneState,
    now: datetime,
    *,
    words: str = "",
    failures: int = 0,
    next_try: datetime | None = None,
    held_until: datetime | None = None,
) -> None:
    """Write down how a destination fares."""
    values: dict[str, Any] = {
        "destination": destination,
        "state": state.value,
        "words": words,
        "now": to_disk(now),
        "failures": failures,
        "next_try": None if next_try is None else to_disk(next_try),
        "held_until": None if held_until is None else to_disk(held_until),
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
