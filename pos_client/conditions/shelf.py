"""The issues that this till was given, on its disk: the one in force, and those whose time has not come."""

import contextlib
import os
from pathlib import Path

__all__ = ["Shelf"]


class Shelf:
    """A folder with one file per issue, named by its serial. What lies on it was checked, and is checked again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, serial: int, content: bytes) -> None:
        """Keep an issue: whole and on the disk, or not at all.

        Raises:
            OSError: it cannot be kept.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f"{serial}.part"
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._file(serial))
        if hasattr(os, "O_DIRECTORY"):
            # On Windows a folder cannot be opened, and a renamed file is its own record.
            handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def all(self) -> list[bytes]:
        """Every issue that can be read, in no particular order."""
        found = []
        for file in self.folder.glob("*.json"):
            with contextlib.suppress(OSError):
                found.append(file.read_bytes())
        return found

    def drop_below(self, serial: int) -> None:
        """Forget the issues that a later one has replaced."""
        for file in self.folder.glob("*.json"):
            if file.stem.isdecimal() and int(file.stem) < serial:
                with contextlib.suppress(OSError):
                    file.unlink()

    def _file(self, serial: int) -> Path:
        return self.folder / f"{serial}.json"
