"""Opening a file for its owner: looked over, salvaged if need be, migrated, bound, and everything in its place."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from zlib import crc32

from offline_queue.binding import bind
from offline_queue.errors import DamagedError, DiskFullError, ReadOnlyError, StorageError
from offline_queue.ledger import PROMOTE_HEADLESS
from offline_queue.log import lost_commits
from offline_queue.memory import FILE_ALL
from offline_queue.salvage import finish_interrupted, salvaged
from offline_queue.sealing import Envelope
from offline_queue.sectors import unreadable_bytes
from offline_queue.soundness import what_is_unsound
from offline_queue.storage import connect_to_read, connect_to_write, named_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from offline_queue.owner import Ownership
    from offline_queue.reserve import Reserve
    from offline_queue.values import Cipher, Salvage

_SMALL = 8 << 20
"""Bytes up to which a file is checked at each opening: some tens of milliseconds."""
_TOLD = "SELECT name, value FROM about WHERE name IN ('tally', 'ages', 'told_check')"
_MEDIUM = 64 << 20
"""Bytes up to which every row is looked up in every index after an unclean stop: half a second."""
_LONGEST_CHECK = 5.0
"""Seconds that the pages of a large file are looked at after an unclean stop; the rest is checked by row when sent."""


class Opener:
    """Opens one file, also again after an error.

    Attributes:
        envelope: how bodies are written; kept up to date.
        tallies: what the last owner told at a clean close, as text; None after an unclean stop.
        salvages: what was found damaged and could not be told to anybody yet.
    """

    def __init__(
        self,
        path: Path,
        account: str,
        cipher: Cipher | None,
        *,
        now: Callable[[], datetime],
        reserve: Reserve,
        ownership: Ownership,
    ) -> None:
        self._path = path
        self._now = now
        self._reserve = reserve
        self._ownership = ownership
        self.envelope = Envelope(account, cipher)
        self.tallies: str | None = None
        self.salvages: list[Salvage] = []
        self._was_open = False

    def connect(self) -> sqlite3.Connection:
        """The connection of the owner, who has the lock.

        Raises:
            OutboxError: see ``Outbox.open``.
        """
        finish_interrupted(self._path)
        self._ownership.hold()
        cause = what_is_wrong(self._path, after_error=self._was_open)
        self._was_open = True
        if cause:
            self._salvage(cause)
        try:
            return self._bound()
        except DamagedError as error:
            self._salvage(str(error))
        except DiskFullError:
            self._reserve.release()
        except ReadOnlyError:
            raise
        except StorageError:
            cause = unreadable(self._path)
            if not cause:
                raise
            self._salvage(cause)
        return self._bound()

    def _bound(self) -> sqlite3.Connection:
        connection = connect_to_write(self._path)
        try:
            self._ownership.hold()
            bound = bind(connection, self._path, self.envelope.account, self.envelope.cipher)
            self.envelope.secret = bound.secret
            self._begin(connection)
        except sqlite3.DatabaseError as error:
            connection.close()
            named = named_error(error, self._path)
            if named is None:
                raise
            raise named from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _salvage(self, cause: str) -> None:
        report = salvaged(self._path, self.envelope.account, self.envelope.cipher, self._now(), cause)
        self.salvages.append(report)

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Take the mark of a clean close away until the next one; file what was fresh; give every stream its head."""
        told = {row["name"]: row["value"] for row in connection.execute(_TOLD)}
        # Sums that damage changed are no sums; those of an older program carry no check.
        self.tallies = told["tally"] if _is_sound(told) else None
        connection.execute("BEGIN IMMEDIATE")
        for statement in FILE_ALL:
            connection.execute(statement)
        if self.tallies is None or self._path.stat().st_size <= _SMALL:
            connection.execute(PROMOTE_HEADLESS)
        connection.execute("DELETE FROM about WHERE name IN ('tally', 'told_check')")
        connection.execute("COMMIT")


def write_told(connection: sqlite3.Connection, told: Mapping[str, str]) -> None:
    """Write down what the owner knows by heart, which marks a clean close."""
    rows = [*told.items(), ("told_check", _check_of(told))]
    connection.executemany("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)", rows)


def _check_of(told: Mapping[str, str]) -> str:
    return str(crc32("\0".join(told.get(name, "") for name in ("tally", "ages")).encode()))


def _is_sound(told: Mapping[str, str]) -> bool:
    if "tally" not in told or told.get("told_check", _check_of(told)) != _check_of(told):
        return False
    try:
        return all([type(value) for value in row] == [str, int, int, int] for row in json.loads(told["tally"]))
    except (TypeError, ValueError):
        return False


def what_is_wrong(path: Path, *, after_error: bool = False) -> str:
    """Why a file must be salvaged before SQLite may write to it; "" if nothing is known against it.

    Args:
        path: the file.
        after_error: it was open and failed, so that it is looked at whole however long that takes.

    Raises:
        StorageError: it cannot be read.
        SchemaError: it is newer than this program, or no queue.
    """
    if not path.exists() or path.stat().st_size == 0 or path.with_name(path.name + "-journal").exists():
        # A rollback journal is of the very first moments, before there was a log and before anything was promised.
        # Whoever opens the file to write rolls it back; to read, it cannot be opened at all.
        return ""
    try:
        # Read-only, because the last writer to close a file throws its log away, with all that it could not read of it.
        with closing(connect_to_read(path, any_version=True)) as connection:
            if lost_commits(path):
                return "the log is damaged in its middle"
            if _forgot_its_account(connection):
                return "it no longer says whose it is"
            clean, size = _is_clean(connection), path.stat().st_size
            if clean and size > _SMALL and not after_error:
                return ""
            limit = None if after_error else _LONGEST_CHECK
            return what_is_unsound(connection, thorough=after_error or (not clean and size <= _MEDIUM), seconds=limit)
    except (StorageError, sqlite3.DatabaseError, OSError) as error:
        return _meaning_of(error, path)


def _meaning_of(error: StorageError | sqlite3.DatabaseError | OSError, path: Path) -> str:
    """Why a file must be salvaged that cannot be read, if that is why."""
    named: Exception | None = error
    if isinstance(error, sqlite3.DatabaseError):
        named = named_error(error, path)
    elif isinstance(error, OSError):
        named = StorageError(f"The queue {path} cannot be read: {error.strerror}.")
    if isinstance(named, DamagedError):
        return str(named)
    cause = "" if isinstance(named, (DiskFullError, ReadOnlyError)) else unreadable(path)
    if cause:
        return cause
    if named is None or named is error:
        raise error
    raise named from error


def unreadable(path: Path) -> str:
    """What to say of a file or a log that the disk cannot read at some places; "" if it can, or if it reads nothing."""
    count = unreadable_bytes(path, path.with_name(path.name + "-wal"))
    return f"the disk cannot read {count} bytes of it" if count else ""


def _forgot_its_account(connection: sqlite3.Connection) -> bool:
    """Whether there are messages and no account: a page was replaced by an empty one, which looks sound to SQLite."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not {"about", "message"} <= tables:
        return False
    account, message = "SELECT 1 FROM about WHERE name = 'account'", "SELECT 1 FROM message"
    return connection.execute(account).fetchone() is None and connection.execute(message).fetchone() is not None


def _is_clean(connection: sqlite3.Connection) -> bool:
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'about'").fetchone() is None:
        return True
    return connection.execute("SELECT 1 FROM about WHERE name = 'tally'").fetchone() is not None
