"""Reading the pages of an SQLite file and its log without SQLite, around whatever is damaged.

Source of the layout: https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from offline_queue.log import is_of_before, newest_round
from offline_queue.schema import APPLICATION_ID
from offline_queue.sectors import read_around

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LEAF_OF_TABLE = 0x0D
_LEAF_OF_INDEX = 0x0A
_INNER_OF_INDEX = 0x02
_KINDS = {_LEAF_OF_TABLE, _LEAF_OF_INDEX, _INNER_OF_INDEX, 0x05}
_ROOT = 3
"""The column of the schema that tells where an index begins."""
_DEEPEST = 20
"""Pages between the root of a tree and a leaf; more are a circle."""
_MAGIC = b"SQLite format 3\x00"
_USUAL_PAGE = 4096
_LONGEST_RECORD = 1 << 28
_WIDTHS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Value = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One record: ``rowid`` is None when it lies in an index.

    Attributes:
        rowid: the number of the row.
        values: its columns.
        live: whether it lies on the newest version of a page that is in use; others hold what was true once.
    """

    rowid: int | None
    values: tuple[Value, ...]
    live: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What an index lists now.

    Attributes:
        records: in their order, each with the place of its row at the end.
        whole: whether nothing of it is missing, so that what it does not list is not there.
    """

    records: tuple[tuple[Value, ...], ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    """One page in the log: its number, where it begins, and the salts of the round of the log that it belongs to."""

    number: int
    place: int
    salts: bytes


class Pages:
    """Every version of every page: those of the file first, then those of the log in the order they were written."""

    def __init__(self, path: Path) -> None:
        self._file, _ = read_around(path)
        log = path.with_name(path.name + "-wal")
        self._log, _ = read_around(log) if log.exists() else (b"", 0)
        self._size = self._page_size()
        self._frames = tuple(self._read_frames())
        self._round = newest_round(self._log[:32], [frame.salts for frame in self._frames])
        self._newest = {frame.number: frame.place for frame in self._frames if frame.salts == self._round}
        """Where in the log the newest version of a page begins; what former rounds held is in the file."""
        self._strange = self._strange_frames()
        self._free = self._free_pages()

    @property
    def are_of_a_queue(self) -> bool:
        """Whether the beginning of the file is a queue's, or nothing, as a disk leaves it that lost a page."""
        return not any(self._file[:16]) or (
            self._file.startswith(_MAGIC) and self._file[68:72] == APPLICATION_ID.to_bytes(4)
        )

    def _page_size(self) -> int:
        size = 0
        if self._file.startswith(_MAGIC):
            size = int.from_bytes(self._file[16:18], "big")
        elif len(self._log) > 12:  # noqa: PLR2004 - where the log tells it
            size = int.from_bytes(self._log[8:12], "big")
        size = 1 << 16 if size == 1 else size
        return size if size >= 512 and size & (size - 1) == 0 and size <= 1 << 16 else _USUAL_PAGE  # noqa: PLR2004

    def _read_frames(self) -> Iterator[_Frame]:
        for place in range(32, len(self._log) - 24 - self._size + 1, 24 + self._size):
            number = int.from_bytes(self._log[place : place + 4], "big")
            yield _Frame(number, place + 24, self._log[place + 8 : place + 16])

    def _page(self, number: int) -> bytes:
        """The newest version of a page, shorter than a page where there is none."""
        place = self._newest.get(number)
        if place is not None:
            return self._log[place : place + self._size]
        return self._file[(number - 1) * self._size : number * self._size] if number > 0 else b""

    def _free_pages(self) -> set[int]:
        """Pages that hold only what was true once, as far as they can be followed."""
        free: set[int] = set()
        first = self._page(1)
        number = int.from_bytes(first[32:36], "big") if first.startswith(_MAGIC) else 0
        while number and number not in free:
            free.add(number)
            page = self._page(number)
            count = min(int.from_bytes(page[4:8], "big"), self._size // 4 - 2)
            free |= {int.from_bytes(page[8 + 4 * n : 12 + 4 * n], "big") for n in range(count)}
            number = int.from_bytes(page[:4], "big")
        return free

    def cells(self) -> Iterator[Cell]:
        """Every record that can be read, in all its versions, those of the log last."""
        for start in range(0, len(self._file), self._size):
            number = start // self._size + 1
            live = number not in self._newest and number not in self._free
            page = self._file[start : start + self._size]
            yield from self._cells(page, 100 if start == 0 else 0, live=live)
        for frame in self._frames:
            page = self._log[frame.place : frame.place + self._size]
            live = self._newest.get(frame.number) == frame.place and frame.number not in self._free
            strange = frame.place in self._strange
            if strange:
                live = self._strange[frame.place]
            yield from self._cells(page, 100 if frame.number == 1 else 0, live=live)
            if strange:
                yield from self._scattered(page, live=live)

    def _strange_frames(self) -> dict[int, bool]:
        """Where frames begin of which nobody knows the page, and whether they are of now: what follows them tells."""
        strange: dict[int, bool] = {}
        live = True
        for frame in reversed(self._frames):
            if frame.salts == self._round:
                live = True
            elif any(frame.salts) and is_of_before(frame.salts, self._round):
                live = False
            else:
                strange[frame.place] = live
        return strange

    def listing(self, index: str) -> Listing:
        """What an index lists now, as far as it can be reached from its root."""
        schema, _ = self._tree(1, set(), 0)
        root = next(
            (cell.values[_ROOT] for cell in schema if cell.values[:2] == ("index", index) and len(cell.values) > _ROOT),
            None,
        )
        if not isinstance(root, int):
            return Listing()
        cells, whole = self._tree(root, set(), 0)
        records = tuple(cell.values for cell in cells if cell.values)
        whole = whole and len(records) == len(cells)
        try:
            # A leaf in the place of another is sound by itself, and a frame that is lost may have held a newer one.
            whole = whole and all(one < other for one, other in pairwise(records)) and not any(self._strange.values())
        except TypeError:
            # Two records of different kinds.
            whole = False
        return Listing(records, whole)

    def _tree(self, number: int, seen: set[int], depth: int) -> tuple[list[Cell], bool]:
        """The records below a page in their order, and whether all of them could be reached and read."""
        page, head = self._page(number), 100 if number == 1 else 0
        if len(page) < self._size or page[head] not in _KINDS or number in seen or depth > _DEEPEST:
            return [], False
        seen.add(number)
        kind = page[head]
        count = int.from_bytes(page[head + 3 : head + 5], "big")
        cells: list[Cell] = []
        if kind in {_LEAF_OF_TABLE, _LEAF_OF_INDEX}:
            cells += self._cells(page, head, live=True)
            return cells, len(cells) == count
        whole = True
        for place in range(head + 12, min(head + 12 + 2 * count, self._size - 1), 2):
            start = int.from_bytes(page[place : place + 2], "big")
            below, reached = self._tree(int.from_bytes(page[start : start + 4], "big"), seen, depth + 1)
            cells += below
            whole = whole and reached
            if kind == _INNER_OF_INDEX:
                try:
                    between = self._cell(page, start, kind, live=True)
                except (ValueError, IndexError, OverflowError):
                    between = None
                whole = whole and between is not None
                cells += [between] if between is not None else []
        below, reached = self._tree(int.from_bytes(page[head + 8 : head + 12], "big"), seen, depth + 1)
        return cells + below, whole and reached

    def _scattered(self, page: bytes, *, live: bool) -> Iterator[Cell]:
        """Rows of a page whose beginning is gone, and with it the list of where they stand."""
        for start in range(self._size):
            with suppress(ValueError, IndexError, OverflowError):
                cell = self._cell(page, start, _LEAF_OF_TABLE, live=live)
                if cell is not None:
                    yield cell

    def _cells(self, page: bytes, head: int, *, live: bool) -> Iterator[Cell]:
        if len(page) < self._size or page[head] not in {_LEAF_OF_TABLE, _LEAF_OF_INDEX, _INNER_OF_INDEX}:
            return
        kind = page[head]
        first = head + (12 if kind == _INNER_OF_INDEX else 8)
        count = int.from_bytes(page[head + 3 : head + 5], "big")
        for place in range(first, min(first + 2 * count, self._size - 1), 2):
            start = int.from_bytes(page[place : place + 2], "big")
            try:
                cell = self._cell(page, start, kind, live=live)
            except (ValueError, IndexError, OverflowError):
                continue
            if cell is not None:
                yield cell

    def _cell(self, page: bytes, at: int, kind: int, *, live: bool) -> Cell | None:
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
            return Cell(rowid, _record(page[at : at + length], length), live)
        least = (self._size - 12) * 32 // 255 - 23
        local = least + (length - least) % (self._size - 4)
        local = local if local <= most else least
        payload = self._with_overflow(page[at : at + local], int.from_bytes(page[at + local : at + local + 4]), length)
        return Cell(rowid, _record(payload, length), live)

    def _with_overflow(self, start: bytes, number: int, length: int) -> bytes:
        parts, have = [start], len(start)
        while have < length and number:
            page = self._page(number)
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
