"""Opening a file for its owner: looked over, salvaged if need be, migrated, bound, and everything in its place."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING

from offline_queue.errors import DamagedError, DiskFullError, ReadOnlyError, StorageError
from offline_queue.memory import FILE_ALL
from offline_queue.salvage import finish_interrupted, salvaged
from offline_queue.sealing import Envelope, bind
from offline_queue.sectors import unreadable_bytes
from offline_queue.soundness import what_is_unsound
from offline_queue.storage import connect_to_read, connect_to_write, named_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from offline_queue.reserve import Reserve
    from offline_queue.values import Cipher, Salvage

_SMALL = 8 << 20
"""Bytes up to which a file is checked at each opening: some tens of milliseconds."""
_MEDIUM = 64 << 20
"""Bytes up to which every row is looked up in every index after an unclean stop: half a second."""
_LONGEST_CHECK = 5.0
"""Seconds that the pages of a large file are looked at after an unclean stop; the rest is checked by row when sent."""
_FRAME_HEADER = 24
_SALTS = 8
"""Where the salts stand in the header of a frame."""
_SALTS_SIZE = 8
_LOG_HEADER = 32
_SECTOR = 512


class Opener:
    """Opens one file, also again after an error.

    Attributes:
        envelope: how bodies are written; kept up to date.
        tallies: what the last owner told at a clean close, as text; None after an unclean stop.
        salvages: what was found damaged and could not be told to anybody yet.
    """

    def __init__(
        self, path: Path, account: str, cipher: Cipher | None, *, now: Callable[[], datetime], reserve: Reserve
    ) -> None:
        self._path = path
        self._now = now
        self._reserve = reserve
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
        """Take the mark of a clean close away until the next one, and file what was still fresh."""
        row = connection.execute("SELECT value FROM about WHERE name = 'tally'").fetchone()
        self.tallies = None if row is None else row["value"]
        connection.execute("BEGIN IMMEDIATE")
        for statement in FILE_ALL:
            connection.execute(statement)
        connection.execute("DELETE FROM about WHERE name = 'tally'")
        connection.execute("COMMIT")


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
            return what_is_unsound(connection, thorough=not clean and size <= _MEDIUM, seconds=limit)
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


def lost_commits(path: Path) -> bool:
    """Whether the log holds commits behind a place that SQLite cannot read past, which it would drop in silence.

    A power cut in the middle of a commit leaves something alike: frames of the last commit that were never
    acknowledged, with holes that hold nothing or what lay there before, down to single sectors. Anything else, or a
    second commit, is damage.
    Source of the layout: https://www.sqlite.org/fileformat2.html#walformat and /walformat.html.
    """
    log = path.with_name(path.name + "-wal")
    try:
        size = log.stat().st_size
    except OSError:
        return False
    if size <= _LOG_HEADER + _FRAME_HEADER:
        return False
    read = _last_frame_read(path.with_name(path.name + "-shm"))
    with log.open("rb") as file:
        header = file.read(_LOG_HEADER)
        page = int.from_bytes(header[8:12], "big")
        headed = _is_sound_header(header)
        if not headed:
            page = 4096
        salts = header[16:24] if headed else None
        commits, garbage = 0, not headed
        for place in range(_LOG_HEADER + read * (_FRAME_HEADER + page), size, _FRAME_HEADER + page):
            file.seek(place)
            frame = file.read(_FRAME_HEADER)
            if len(frame) < _FRAME_HEADER:
                break
            if salts is not None and frame[8:16] == salts:
                # Once per commit the size of the file stands here.
                commits += frame[4:8] != bytes(4)
            elif salts is None:
                commits += frame[4:8] != bytes(4)
            elif not _is_of_before(frame[8:16], salts):
                # Where the border of two sectors parts them, half of the salts may be new and half of them old.
                garbage = garbage or (place + _SALTS) % _SECTOR <= _SECTOR - _SALTS_SIZE
    return garbage if headed and not commits else commits > 1 or (commits == 1 and garbage)


def _last_frame_read(index: Path) -> int:
    """How many frames of the log SQLite could read, from the index that it made of them."""
    try:
        with index.open("rb") as file:
            header = file.read(48)
    except OSError:
        return 0
    return int(struct.unpack_from("=I", header, 16)[0]) if len(header) == 48 else 0  # noqa: PLR2004 - as written above


def _is_of_before(salts: bytes, now: bytes) -> bool:
    """Whether a frame is nothing, or of a former round of the log: the first salt counts the rounds."""
    rounds = (int.from_bytes(now[:4], "big") - int.from_bytes(salts[:4], "big")) % (1 << 32)
    return not any(salts) or 0 < rounds < 1 << 20


def _is_sound_header(header: bytes) -> bool:
    """Whether the check at the end of the log's header is right."""
    if len(header) < _LOG_HEADER or header[:3] != b"\x37\x7f\x06":
        return False
    order = ">" if header[3] & 1 else "<"
    first = second = 0
    words = struct.unpack(f"{order}6I", header[:24])
    for one, two in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFF_FFFF
        second = (second + two + first) & 0xFFFF_FFFF
    return struct.unpack(">2I", header[24:32]) == (first, second)
