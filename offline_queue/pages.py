"""Reading the pages of an SQLite file and its log without SQLite, around whatever is damaged.

Source of the layout: https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offline_queue.sectors import read_around

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LEAF_OF_TABLE = 0x0D
_LEAF_OF_INDEX = 0x0A
_INNER_OF_INDEX = 0x02
_MAGIC = b"SQLite format 3\x00"
_USUAL_PAGE = 4096
_LONGEST_RECORD = 1 << 28
_WIDTHS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Value = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One record: ``rowid`` is None when it lies in an index."""

    rowid: int | None
    values: tuple[Value, ...]


class Pages:
    """Every version of every page: those of the file first, then those of the log in the order they were written."""

    def __init__(self, path: Path) -> None:
        self._file, _ = read_around(path)
        log = path.with_name(path.name + "-wal")
        self._log, _ = read_around(log) if log.exists() else (b"", 0)
        self._size = self._page_size()
        self._newest: dict[int, int] = {}
        """Where in the log the newest version of a page begins."""
        for number, place in self._frames():
            self._newest[number] = place

    def _page_size(self) -> int:
        size = 0
        if self._file.startswith(_MAGIC):
            size = int.from_bytes(self._file[16:18], "big")
        elif len(self._log) > 12:  # noqa: PLR2004 - where the log tells it
            size = int.from_bytes(self._log[8:12], "big")
        size = 1 << 16 if size == 1 else size
        return size if size >= 512 and size & (size - 1) == 0 and size <= 1 << 16 else _USUAL_PAGE  # noqa: PLR2004

    def _frames(self) -> Iterator[tuple[int, int]]:
        for place in range(32, len(self._log) - 24 - self._size + 1, 24 + self._size):
            yield int.from_bytes(self._log[place : place + 4], "big"), place + 24

    def cells(self) -> Iterator[Cell]:
        """Every record that can be read, in all its versions, those of the log last."""
        for start in range(0, len(self._file), self._size):
            yield from self._cells(self._file[start : start + self._size], 100 if start == 0 else 0)
        rounds = Counter(self._log[place - 16 : place - 8] for _, place in self._frames())
        for number, place in self._frames():
            page = self._log[place : place + self._size]
            yield from self._cells(page, 100 if number == 1 else 0)
            if rounds[self._log[place - 16 : place - 8]] == 1:
                yield from self._scattered(page)

    def _scattered(self, page: bytes) -> Iterator[Cell]:
        """Rows of a page whose beginning is gone, and with it the list of where they stand."""
        for start in range(self._size):
            with suppress(ValueError, IndexError, OverflowError):
                cell = self._cell(page, start, _LEAF_OF_TABLE)
                if cell is not None:
                    yield cell

    def _cells(self, page: bytes, head: int) -> Iterator[Cell]:
        if len(page) < self._size or page[head] not in {_LEAF_OF_TABLE, _LEAF_OF_INDEX, _INNER_OF_INDEX}:
            return
        kind = page[head]
        first = head + (12 if kind == _INNER_OF_INDEX else 8)
        count = int.from_bytes(page[head + 3 : head + 5], "big")
        for place in range(first, min(first + 2 * count, self._size - 1), 2):
            start = int.from_bytes(page[place : place + 2], "big")
            try:
                cell = self._cell(page, start, kind)
            except (ValueError, IndexError, OverflowError):
                continue
            if cell is not None:
                yield cell

    def _cell(self, page: bytes, at: int, kind: int) -> Cell | None:
        if kind == _INNER_OF_INDEX:
            at += 4
        length, at = _varint(page, at)
        rowid = None
        if kind == _LEAF_OF_TABLE:
            rowid, at = _varint(page, at)
        if not 0 < length < _LONGEST_RECORD:
            return None
        most = self._size - 35 if kind == _LEAF_OF_TABLE else (self._size - 12) * 64 // 255 - 23
        if length <= most:
            return Cell(rowid, _record(page[at : at + length], length))
        least = (self._size - 12) * 32 // 255 - 23
        local = least + (length - least) % (self._size - 4)
        local = local if local <= most else least
        payload = self._with_overflow(page[at : at + local], int.from_bytes(page[at + local : at + local + 4]), length)
        return Cell(rowid, _record(payload, length))

    def _with_overflow(self, start: bytes, number: int, length: int) -> bytes:
        parts, have = [start], len(start)
        while have < length and number:
            place = self._newest.get(number)
            if place is None:
                source, place = self._file, (number - 1) * self._size
            else:
                source = self._log
            page = source[place : place + self._size]
            if len(page) < self._size:
                raise ValueError("the rest of a record is missing")
            number = int.from_bytes(page[:4], "big")
            parts.append(page[4 : 4 + length - have])
            have += len(parts[-1])
        return b"".join(parts)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(at, at + 8):
        byte = data[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number has its top bit clear
            return value, place + 1
    value = value << 8 | data[at + 8]
    return (value - (1 << 64) if value >= 1 << 63 else value), at + 9


def _record(payload: bytes, length: int) -> tuple[Value, ...]:
    if len(payload) != length:
        raise ValueError("a record is cut short")
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values = []
    for kind in kinds:
        value, end = _value(payload, end, kind)
        values.append(value)
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind in {0, 8, 9}:
        return (None, 0, 1)[max(0, kind - 7)], at
    if kind in _WIDTHS:
        end = at + _WIDTHS[kind]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if kind < 12:  # noqa: PLR2004 - floats and reserved kinds, which the queue never writes
        raise ValueError("not a value of a queue")
    end = at + (kind - 12) // 2
    if end > len(payload):
        raise ValueError("a value is cut short")
    data = payload[at:end]
    return (data.decode() if kind % 2 else data), end
