"""Reading files of which the disk cannot read every place any more."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from pathlib import Path

_PART = 1 << 20
_PIECE = 4096
"""What the system reads at least: of a place that cannot be read, this much is lost."""
_TRIES = 3


def readable_parts(file: io.FileIO) -> Iterator[tuple[int, bytes]]:
    """What can be read of a file, in parts of up to a megabyte, each with its place.

    Raises:
        OSError: nothing at all can be read, so that the disk is away rather than damaged.
    """
    size = os.fstat(file.fileno()).st_size
    failure, have = None, 0
    for start in range(0, size, _PART):
        end = min(start + _PART, size)
        try:
            parts = [(start, _read(file, start, end))]
        except OSError as error:
            failure, parts = error, list(_pieces(file, start, end))
        for place, part in parts:
            have += len(part)
            yield place, part
    if failure is not None and not have:
        raise failure


def read_around(path: Path) -> tuple[bytes, int]:
    """A file with zeros where it cannot be read, and how many bytes those are.

    Raises:
        OSError: it cannot be opened, or nothing of it can be read.
    """
    with path.open("rb", buffering=0) as file:
        content = bytearray(os.fstat(file.fileno()).st_size)
        unread = len(content)
        for place, part in readable_parts(file):
            content[place : place + len(part)] = part
            unread -= len(part)
    return bytes(content), unread


def unreadable_bytes(*paths: Path) -> int:
    """How much of some files cannot be read; those that are not there or wholly out of reach do not count.

    A disk that reads nothing is away, and its files are not damaged.
    """
    count = 0
    for path in paths:
        with suppress(OSError):
            count += read_around(path)[1]
    return count


def _read(file: io.FileIO, start: int, end: int) -> bytes:
    file.seek(start)
    content = b""
    while len(content) < end - start:
        part = file.read(end - start - len(content))
        if not part:
            break
        content += part
    return content


def _pieces(file: io.FileIO, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    for place in range(start, end, _PIECE):
        for _ in range(_TRIES):
            with suppress(OSError):
                yield place, _read(file, place, min(place + _PIECE, end))
                break
