"""The tables, the steps that bring a file of any past version to the newest, and the check that each row carries."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Protocol

from offline_queue.errors import SchemaError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

APPLICATION_ID = 0x4F51_3031
"""Marks the file as a queue, so that no other database is taken for one."""

# state: 0 behind another of its stream, 1 head of its stream and to be sent, 2 dead, 3 delivered, 4 skipped.
# A message knows whether it is the head: finding what to send stays flat however long the queue is.
_FIRST_SCHEMA = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE message (
        seq INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        stream TEXT NOT NULL,
        destination TEXT NOT NULL,
        kind TEXT NOT NULL,
        body BLOB NOT NULL,
        fingerprint BLOB NOT NULL,
        amount INTEGER NOT NULL,
        created INTEGER NOT NULL,
        label TEXT NOT NULL,
        state INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        last_error TEXT NOT NULL DEFAULT '',
        last_try INTEGER,
        next_try INTEGER,
        settled INTEGER,
        receipt TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX message_unsettled ON message (stream, seq) WHERE state <= 2",
    "CREATE INDEX message_head ON message (destination, seq) WHERE state = 1",
    """CREATE TABLE history (
        seq INTEGER NOT NULL,
        line INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        times INTEGER NOT NULL,
        what TEXT NOT NULL,
        words TEXT NOT NULL,
        by TEXT NOT NULL,
        PRIMARY KEY (seq, line)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE lane (
        destination TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        words TEXT NOT NULL,
        since INTEGER,
        failures INTEGER NOT NULL,
        next_try INTEGER
    ) STRICT, WITHOUT ROWID""",
)

INDEXES = {
    "message_key": "CREATE UNIQUE INDEX message_key ON message (key) WHERE state <> 6",
    "message_unsettled": "CREATE INDEX message_unsettled ON message (stream, seq) WHERE state <= 2",
    "message_head": "CREATE INDEX message_head ON message (destination, state, seq) WHERE state IN (1, 2)",
    "message_delayed": "CREATE INDEX message_delayed ON message (next_try) WHERE next_try IS NOT NULL",
}
"""What finds messages. A fresh one (state 6) is in none of them: a put writes its row and nothing else."""

# state: also 5 moved to another till, and 6 fresh: put lately, its place in its stream not yet worked out.
# The body stands last, so that looking at the rest of a long message does not read it.
_FRESH_ROWS = (
    "ALTER TABLE lane ADD COLUMN held_until INTEGER",
    """CREATE TABLE message_2 (
        seq INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        state INTEGER NOT NULL,
        stream TEXT NOT NULL,
        destination TEXT NOT NULL,
        kind TEXT NOT NULL,
        amount INTEGER NOT NULL,
        created INTEGER NOT NULL,
        label TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        crc INTEGER NOT NULL,
        era INTEGER NOT NULL DEFAULT 0,
        tries INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        last_error TEXT NOT NULL DEFAULT '',
        last_try INTEGER,
        next_try INTEGER,
        settled INTEGER,
        receipt TEXT NOT NULL DEFAULT '',
        body BLOB NOT NULL
    ) STRICT""",
    """INSERT INTO message_2 (seq, key, state, stream, destination, kind, amount, created, label, fingerprint, crc,
            tries, attempts, last_error, last_try, next_try, settled, receipt, body)
        SELECT seq, key, state, stream, destination, kind, amount, created, label, fingerprint,
            row_check((SELECT value FROM about WHERE name = 'account'), fingerprint, body, key, stream, destination,
                kind, amount, created, label),
            tries, attempts, last_error, last_try, next_try, settled, receipt, body
        FROM message ORDER BY seq""",
    "DROP TABLE message",
    "ALTER TABLE message_2 RENAME TO message",
    "INSERT INTO about (name, value) SELECT 'filed', coalesce(max(seq), 0) FROM message",
    *INDEXES.values(),
)

CHECKED = ("key", "stream", "destination", "kind", "amount", "created", "label")
"""Columns under the check of their row, besides fingerprint and body."""

MIGRATIONS: tuple[Sequence[str], ...] = (_FIRST_SCHEMA, _FRESH_ROWS)
"""Step n takes a file of version n to version n + 1; a step that was released is never changed."""


def row_check(account: str, fingerprint: bytes, body: bytes, *named: str | int) -> int:
    """CRC-32 of all of a row that does not change, bound to the account, so that no other account's row passes."""
    text = "\0".join((account, *map(str, named)))
    return zlib.crc32(body, zlib.crc32(fingerprint, zlib.crc32(text.encode())))


def check_of(account: str, row: _Fields) -> int:
    """The check that a row should carry."""
    named = (row[name] for name in CHECKED)
    return row_check(account, row["fingerprint"], row["body"], *named)


class _Fields(Protocol):
    def __getitem__(self, name: str, /) -> Any: ...  # noqa: ANN401 - columns hold numbers, texts and bytes


def sound(account: str, row: _Fields) -> bool:
    """Whether a row reads as it was written."""
    return bool(row["crc"] == check_of(account, row))


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the file to the newest version in one transaction; nothing is changed when it fails.

    Raises:
        SchemaError: the file is of a newer version, or no queue.
    """
    version = version_of(connection, path, len(steps))
    if version == len(steps):
        return
    connection.create_function("row_check", -1, row_check, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in steps[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def version_of(connection: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> int:
    """The version of a file, 0 for an empty one.

    Raises:
        SchemaError: it is newer than ``newest``, or of another program.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (tables or version):
        raise SchemaError(f"The file {path} is a database of another program.")
    if version > newest:
        raise SchemaError(f"The queue {path} was written by a newer program (version {version}): update this one.")
    return int(version)
