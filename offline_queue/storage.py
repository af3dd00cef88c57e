"""The connection to the SQLite file: COMMIT survives a power cut, errors have names, and none is believed after one."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from offline_queue.errors import (
    ClosedError,
    DamagedError,
    DiskFullError,
    DurabilityRefusedError,
    ReadOnlyError,
    SchemaError,
    StorageError,
    UnstorableError,
)
from offline_queue.schema import MIGRATIONS, migrate, version_of
from offline_queue.sectors import readable_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from offline_queue.reserve import Reserve

T = TypeVar("T")

_FULL = 2
_NOT_BINDABLE = (OverflowError, UnicodeEncodeError)
_LOOK_AT_LOG_EVERY = 256
_LONGEST_LOG = 32 << 20
"""Bytes of log that a program without an idle moment may grow before a write itself writes it back."""


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


def connect_to_write(path: Path) -> sqlite3.Connection:
    """Open a file for its owner, making it if need be, durable and of the newest version.

    Raises:
        StorageError: it cannot be opened or written, or it is damaged.
        DurabilityRefusedError: SQLite would not keep what it acknowledges.
        SchemaError: the file is newer than this program, or no queue.
    """
    if not path.exists():
        _make_private(path)
    make_log_durable(path)
    return _connected(path, "rw", _prepare_to_write)


def make_log_durable(path: Path) -> None:
    """Write the log onto itself and sync it, before anything is written back from it into the file.

    After a failed sync the kernel takes the unwritten pages for clean: the log reads well, a further sync succeeds, and
    the disk never gets them. Were the file brought up to such a log and the power cut before the log is gone, SQLite
    would play its older, shorter state on the disk back over the newer file. Written anew, the pages are dirty again.
    Source: LWN 752063, "PostgreSQL's fsync() surprise".

    Raises:
        StorageError: the disk refused; nothing may be written back.
        DiskFullError: no room.
    """
    log = path.with_name(path.name + "-wal")
    try:
        with log.open("r+b", buffering=0) as file:
            # A place that cannot be read is not played back from either: it is left to the salvage that will meet it.
            parts = 0
            for place, part in readable_parts(file):
                file.seek(place)
                file.write(part)
                parts += 1
            if parts:
                os.fsync(file.fileno())
    except FileNotFoundError:
        return
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        kind = DiskFullError if full else StorageError
        raise kind(f"The log of the queue {path} cannot be written: {error.strerror}.") from error


def connect_to_read(path: Path, *, any_version: bool = False) -> sqlite3.Connection:
    """Open a file to read only, also while its owner runs; never checkpoints.

    Raises:
        StorageError: it is not there, cannot be read, or is damaged.
        SchemaError: it is of another version, or no queue.
    """

    def prepare(connection: sqlite3.Connection, path: Path) -> None:
        connection.execute("PRAGMA query_only = 1")
        version = version_of(connection, path)
        if version < len(MIGRATIONS) and not any_version:
            raise SchemaError(f"The queue {path} is of an older version ({version}): open it once with this program.")

    return _connected(path, "ro", prepare)


def _connected(path: Path, mode: str, prepare: Callable[[sqlite3.Connection, Path], None]) -> sqlite3.Connection:
    try:
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=2.0)
    except sqlite3.DatabaseError as error:
        raise StorageError(f"The queue {path} cannot be opened: {error}.") from error
    try:
        connection.row_factory = sqlite3.Row
        prepare(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        named = named_error(error, path)
        if named is None:
            raise
        raise named from error
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(path: Path) -> None:
    try:
        # SQLite gives its side files the rights of the file: names and sums are nobody else's business.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ReadOnlyError(f"The queue {path} cannot be made: {error.strerror}.") from error


def _prepare_to_write(connection: sqlite3.Connection, path: Path) -> None:
    # Before anything is written: a newer or foreign file stays as it is.
    version_of(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    # EXTRA costs nothing with a log and keeps the promise should the file ever fall back to a rollback journal.
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA fullfsync = 1")
    connection.execute("PRAGMA checkpoint_fullfsync = 1")
    # Never inside a write: checkpoints belong to idle moments, see ``Storage.checkpoint``.
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    require_durability(connection)
    # The last owner may have died on a failed sync: its log reads well from memory and may not be on the disk, where
    # nothing that is appended to it would be safe either. Written back into the file, it is, or this raises. A full
    # disk alone is no reason to keep the queue from being emptied.
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
    migrate(connection, path)


class Storage:
    """One connection; every statement passes here, so that each error gets its name in one place.

    After an I/O error or damage nobody knows what the kernel did with the unwritten pages: the connection is closed,
    the call fails, and the next call opens, verifies and if need be salvages the file again.

    Args:
        path: the file.
        connect: opens it, also again after an error.
        reserve: room that a full disk still has for what must be written.
    """

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection], reserve: Reserve | None = None) -> None:
        self.path = path
        self.on_reopened: Callable[[], None] = _nothing
        """Called after the file was opened again: what was known of it by heart is to be read again."""
        self.unwritten = 0
        """Writes since the log was last written back."""
        self._connect = connect
        self._reserve = reserve
        self._connection = connect()
        self.is_broken = False
        """Whether an error made the connection unbelievable; ``ready`` opens the file again."""
        self._closed = False

    def ready(self) -> None:
        """Open the file again if an error closed it.

        Raises:
            StorageError: it cannot be opened.
        """
        if self.is_broken and not self._closed:
            # Closing the last connection writes the log back, so the log must be trustworthy before.
            make_log_durable(self.path)
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = self._connect()
            self.is_broken = False
            self.on_reopened()

    def read(self, query: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Answer a query whole: a cursor left open would keep the log from being checkpointed."""
        self.ready()
        return self._named(lambda: self._connection.execute(query, values).fetchall())

    def write(self, change: Callable[[sqlite3.Connection], T], *, vital: bool = False) -> T:
        """Make a change in one transaction; returns after COMMIT.

        Args:
            change: what to do; may be done twice.
            vital: may use the reserve when the disk is full.

        Raises:
            DiskFullError: no room, even after the log was written back; nothing was stored.
            StorageError: see there.
        """

        def once() -> T:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = change(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return result

        self._require_room(vital=vital)
        try:
            result = once()
        except sqlite3.DatabaseError as error:
            result = self._stored_after(error, once, vital=vital)
        except _NOT_BINDABLE as error:
            raise UnstorableError(f"The queue {self.path} cannot hold this: {error}.") from error
        self.unwritten += 1
        if not self.unwritten % _LOOK_AT_LOG_EVERY:
            self._shorten_log()
        return result

    def write_one(self, statement: str, values: Sequence[Any], *, vital: bool = False) -> int:
        """Make a change that is one statement, and so its own transaction; returns how many rows it changed.

        Raises:
            DiskFullError: as ``write``.
            StorageError: see there.
        """
        if self.is_broken or not (vital or self._reserve is None or self._reserve.kept):
            self._require_room(vital=vital)
        try:
            found = self._connection.execute(statement, values).rowcount
        except sqlite3.DatabaseError as error:
            found = self._stored_after(error, lambda: self._connection.execute(statement, values).rowcount, vital=vital)
        self.unwritten += 1
        if not self.unwritten % _LOOK_AT_LOG_EVERY:
            self._shorten_log()
        return found

    def _require_room(self, *, vital: bool) -> None:
        if self.is_broken:
            self.ready()
        if not vital and self._reserve is not None and not self._reserve.kept and not self._reserve.make():
            raise DiskFullError(f"No room on the disk for the queue {self.path}.")

    def _shorten_log(self) -> None:
        """Write back a log that no idle moment came for; the change before it is stored whatever happens."""
        if self._log_size() > _LONGEST_LOG:
            with suppress(StorageError):
                self.checkpoint()

    def _stored_after(self, error: sqlite3.DatabaseError, once: Callable[[], T], *, vital: bool) -> T:
        """What may still be done after an error: only a full disk leaves something to try."""
        if _is_illegible(error):
            return self._legibly(once)
        named = self._name(error)
        if not isinstance(named, DiskFullError):
            raise named from error
        with suppress(DiskFullError):
            self.checkpoint(truncate=True)
        try:
            return self._named(once)
        except DiskFullError:
            if not vital or self._reserve is None:
                raise
            self._reserve.release()
        # The room that was given up goes to the file first: once its log begins anew, there is far more of it.
        with suppress(DiskFullError):
            self.checkpoint(truncate=True)
        return self._named(once)

    def _named(self, once: Callable[[], T]) -> T:
        try:
            return once()
        except sqlite3.DatabaseError as error:
            if _is_illegible(error):
                return self._legibly(once)
            raise self._name(error) from error
        except _NOT_BINDABLE as error:
            raise UnstorableError(f"The queue {self.path} cannot hold this: {error}.") from error

    def _legibly(self, once: Callable[[], T]) -> T:
        """Do it with what is no UTF-8 replaced: one damaged text, which its check tells of, must not hide the rest."""
        self._connection.text_factory = _as_far_as_legible
        try:
            return self._named(once)
        finally:
            self._connection.text_factory = str

    def _name(self, error: sqlite3.DatabaseError) -> StorageError:
        """What to raise for an error, which decides whether the connection can be believed any more."""
        if self._closed:
            raise ClosedError(f"The queue {self.path} is closed.") from error
        named = named_error(error, self.path)
        if named is None:
            raise error
        if not isinstance(named, (DiskFullError, ReadOnlyError)) and not _is_busy(error):
            self.is_broken = True
        return named

    def checkpoint(self, *, truncate: bool = False) -> None:
        """Write the log back into the file; a reader in the way only means that less is written back.

        Raises:
            DiskFullError: no room; nothing is lost.
            StorageError: see there.
        """
        self.read("PRAGMA wal_checkpoint(TRUNCATE)" if truncate else "PRAGMA wal_checkpoint(PASSIVE)")
        self.unwritten = 0
        if self._reserve is not None and not truncate:
            self._reserve.make()

    def _log_size(self) -> int:
        try:
            return self.path.with_name(self.path.name + "-wal").stat().st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Close the connection; SQLite writes the log back when it is the last one."""
        self._closed = True
        if self.is_broken:
            with suppress(StorageError):
                make_log_durable(self.path)
        self._connection.close()


def _nothing() -> None:
    """Nobody listens."""


def _as_far_as_legible(text: bytes) -> str:
    return text.decode(errors="replace")


def _is_illegible(error: sqlite3.DatabaseError) -> bool:
    """A text that was read is no UTF-8. That is Python's word, not SQLite's, so it has no code."""
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith("Could not decode to UTF-8")


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    """Somebody else holds the file for a moment: nothing was begun, so nothing is in doubt."""
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def named_error(error: sqlite3.DatabaseError, path: Path) -> StorageError | None:
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
