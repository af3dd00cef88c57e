"""Room kept for a full disk: given up so that answers and decisions can still be written, taken again later."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SIZE = 1 << 20
"""Bytes; room to write back what some hundreds of messages of a kilobyte left in the log without an idle moment."""


class Reserve:
    """A file of zeros beside the queue."""

    def __init__(self, path: Path) -> None:
        self._file = path.with_name(path.name + ".reserve")
        self.kept = False
        """Whether it is there; without it nothing new is taken in."""

    def make(self) -> bool:
        """Make it if there is room; False if there is not."""
        if self.kept:
            return True
        try:
            if not self._file.exists() or self._file.stat().st_size != _SIZE:
                descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                try:
                    left = _SIZE
                    while left:
                        left -= os.write(descriptor, bytes(left))
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        except OSError:
            self.release()
            return False
        self.kept = True
        return True

    def release(self) -> None:
        """Give the room to the queue."""
        self.kept = False
        with suppress(OSError):
            self._file.unlink()
