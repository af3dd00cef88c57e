"""One owner for each file: a lock of the operating system, which the kernel releases even after ``kill -9``."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING

from offline_queue.errors import OwnerRunningError, ReadOnlyError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    # Windows locks are mandatory: a byte far behind the text leaves the text readable for the second starter.
    _LOCKED_BYTE = 1 << 30

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Ownership:
    """The exclusive right to write one queue file, held until ``release``."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._held = -1
        """The queue file itself, locked too where that is possible."""

    @classmethod
    def take(cls, path: Path, now: datetime) -> Ownership:
        """Take the lock beside ``path`` and note who took it.

        Raises:
            OwnerRunningError: another process has it, or this one already.
            ReadOnlyError: the folder does not exist or cannot be written.
        """
        lock = path.with_name(path.name + ".lock")
        try:
            # A sibling process must never write through an inherited handle, hence no inheritance (the default).
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ReadOnlyError(f"The folder {path.parent} cannot be written: {error.strerror}.") from error
        try:
            _lock(path, descriptor)
            # The note is a courtesy; a disk that is full must not keep the queue from being emptied.
            with contextlib.suppress(OSError):
                _write_note(descriptor, now)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def hold(self) -> None:
        """Lock the queue file itself, too: the lock beside it may be removed by hand, and a file may have two names.

        To be called while the file is there, again when another was put in its place. Only on Linux, where such a lock
        and SQLite's own do not meet.

        Raises:
            OwnerRunningError: another process has it.
        """
        if sys.platform != "linux" or (self._held >= 0 and _is_at(self._held, self._path)):
            return
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except OSError:
            # Whoever opens it next finds better words.
            return
        try:
            is_free = _try_lock(descriptor)
        except OSError:
            # A file system without such locks has the one beside the file.
            is_free = True
        if not is_free:
            # Left open: should the owner be in this process, closing it would drop the locks of its connection.
            raise OwnerRunningError(str(self._path), None, "")
        self._let_go()
        self._held = descriptor

    def release(self) -> None:
        """Give the file back; the lock file stays, because removing it would race with the next starter."""
        # Closing any descriptor of a file drops SQLite's locks on it: its connection must be closed before.
        self._let_go()
        os.close(self._descriptor)

    def _let_go(self) -> None:
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one that a path names now; nothing is opened for it, see ``Ownership.release``."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _write_note(descriptor: int, now: datetime) -> None:
    note = json.dumps({"pid": os.getpid(), "since": now.isoformat(timespec="seconds")}).encode()
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, note)


def _lock(path: Path, descriptor: int) -> None:
    if not _try_lock(descriptor):
        raise _running(path, descriptor)


def _running(path: Path, descriptor: int) -> OwnerRunningError:
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        note = json.loads(os.read(descriptor, 1024))
        return OwnerRunningError(str(path), int(note["pid"]), str(note["since"]))
    except (ValueError, KeyError, TypeError):
        # The holder may be between taking the lock and writing its note.
        return OwnerRunningError(str(path), None, "")
