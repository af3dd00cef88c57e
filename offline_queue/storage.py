"""The SQLite file: opened so that COMMIT survives a power cut, migrated forward, its errors given names."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from offline_queue.errors import (
    DamagedError,
    DiskFullError,
    DurabilityRefusedError,
    ReadOnlyError,
    SchemaError,
    StorageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

T = TypeVar("T")

APPLICATION_ID = 0x4F51_3031
"""Marks the file as a queue, so that no other database is taken for one."""

_FULL = 2

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

MIGRATIONS: tuple[Sequence[str], ...] = (_FIRST_SCHEMA,)
"""Step n takes a file of version n to version n + 1; a step that was released is never changed."""


def require_durability(connection: sqlite3.Connection) -> None:
    """Read back what SQLite really does, because builds and file systems may differ from what was asked.

    Raises:
        DurabilityRefusedError: not a write-ahead log, or synchronous below FULL.
    """
    (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    if journal != "wal" or synchronous < _FULL:
        raise DurabilityRefusedError(
            f"SQLite answers journal_mode={journal}, synchronous={synchronous}; a queue needs wal and at least {_FULL}."
        )


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the file to the newest version in one transaction; nothing is changed when it fails.

    Raises:
        SchemaError: the file is of a newer version, or no queue.
    """
    version = _version(connection, path, len(steps))
    if version == len(steps):
        return
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


def _version(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (tables or version):
        raise SchemaError(f"The file {path} is a database of another program.")
    if version > newest:
        raise SchemaError(f"The queue {path} was written by a newer program (version {version}): update this one.")
    return int(version)


class Storage:
    """One connection; every statement passes here, so that each error gets its name in one place."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._broken = ""

    @classmethod
    def open(cls, path: Path) -> Storage:
        """Open the file for its owner, making it if need be.

        Raises:
            StorageError: it cannot be opened or written, or it is damaged.
            DurabilityRefusedError: SQLite would not keep what it acknowledges.
            SchemaError: the file is newer than this program, or no queue.
        """
        if not path.exists():
            _make_private(path)
        return cls._opened(path, path.absolute().as_uri() + "?mode=rw", _prepare_for_owner)

    @classmethod
    def inspect(cls, path: Path) -> Storage:
        """Open the file to read only, also while its owner runs; never checkpoints.

        Raises:
            StorageError: it is not there, cannot be read, or is damaged.
            SchemaError: it is of another version, or no queue.
        """
        return cls._opened(path, path.absolute().as_uri() + "?mode=ro", _prepare_for_reader)

    @classmethod
    def _opened(cls, path: Path, uri: str, prepare: Callable[[sqlite3.Connection, Path], None]) -> Storage:
        try:
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=2.0)
        except sqlite3.DatabaseError as error:
            raise StorageError(f"The queue {path} cannot be opened: {error}.") from error
        try:
            connection.row_factory = sqlite3.Row
            prepare(connection, path)
        except sqlite3.DatabaseError as error:
            connection.close()
            named = _named(error, path)
            if named is None:
                raise
            raise named from error
        except BaseException:
            connection.close()
            raise
        return cls(connection, path)

    def read(self, query: str, values: Mapping[str, Any]) -> list[sqlite3.Row]:
        """Answer a query whole: a cursor left open would keep the log from being checkpointed."""
        with self._naming_errors():
            return self._connection.execute(query, values).fetchall()

    def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Make a change in one transaction; returns after COMMIT.

        Raises:
            DiskFullError: no room, even after the log was written back; nothing was stored.
            StorageError: see there.
        """
        try:
            return self._write_once(change)
        except DiskFullError:
            self.checkpoint(truncate=True)
            return self._write_once(change)

    def _write_once(self, change: Callable[[sqlite3.Connection], T]) -> T:
        with self._naming_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = change(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return result

    def checkpoint(self, *, truncate: bool = False) -> None:
        """Write the log back into the file; a reader in the way only means that less is written back."""
        with self._naming_errors():
            self._connection.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)" if truncate else "PRAGMA wal_checkpoint(PASSIVE)"
            )

    def close(self) -> None:
        """Close the connection; SQLite writes the log back when it is the last one."""
        self._connection.close()

    @contextmanager
    def _naming_errors(self) -> Iterator[None]:
        if self._broken:
            raise StorageError(f"The queue {self.path} must be opened again after an error: {self._broken}.")
        try:
            yield
        except sqlite3.DatabaseError as error:
            named = _named(error, self.path)
            if named is None:
                raise
            if not isinstance(named, (DiskFullError, ReadOnlyError)) and not _is_busy(error):
                # What the kernel did with the unwritten pages is unknown: this connection may not be believed again.
                self._broken = str(error)
            raise named from error


def _make_private(path: Path) -> None:
    try:
        # SQLite gives its side files the rights of the file: names and sums are nobody else's business.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ReadOnlyError(f"The queue {path} cannot be made: {error.strerror}.") from error


def _prepare_for_owner(connection: sqlite3.Connection, path: Path) -> None:
    # Before anything is written: a newer or foreign file stays as it is.
    _version(connection, path, len(MIGRATIONS))
    connection.execute("PRAGMA journal_mode = WAL")
    # EXTRA costs nothing with a log and keeps the promise should the file ever fall back to a rollback journal.
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA fullfsync = 1")
    connection.execute("PRAGMA checkpoint_fullfsync = 1")
    # Checkpoints belong to idle moments; this is only the net under a program that has none.
    connection.execute("PRAGMA wal_autocheckpoint = 8000")
    require_durability(connection)
    # The last owner may have died on a failed sync: its log reads well from memory and may not be on the disk, where
    # nothing that is appended to it would be safe either. Written back into the file, it is, or this raises.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    migrate(connection, path)


def _prepare_for_reader(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA query_only = 1")
    version = _version(connection, path, len(MIGRATIONS))
    if version < len(MIGRATIONS):
        raise SchemaError(f"The queue {path} is of an older version ({version}): open it once with this program.")


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    """Somebody else holds the file for a moment: nothing was begun, so nothing is in doubt."""
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _named(error: sqlite3.DatabaseError, path: Path) -> StorageError | None:
    """The error that callers know, or None for a bug of ours that must show itself as it is."""
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return DiskFullError(f"No room on the disk for the queue {path}.")
    if primary == sqlite3.SQLITE_READONLY:
        return ReadOnlyError(f"The queue {path} cannot be written.")
    if primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return DamagedError(f"The queue {path} is damaged: {error}.")
    if primary in {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_NOLFS,
    }:
        return StorageError(f"The queue {path} cannot be used: {error}.")
    return None
