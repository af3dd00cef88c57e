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

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

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
        return cls(descriptor)

    def release(self) -> None:
        """Give the file back; the lock file stays, because removing it would race with the next starter."""
        os.close(self._descriptor)


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
