"""Power cuts without pulling a plug: what a worker did to a disk is recorded, and any moment of it can be cut.

A cut keeps what was synced and some of the rest. The rules are those that POSIX leaves to be relied on, and no more:

- the content of a file is safe when the file was synced; its name is safe when its folder was synced;
- what was not synced is lost, kept, torn at a sector of 512 bytes, or kept without what was written before it;
- a sync that failed makes nothing safe, and the same pages are not written again by the next sync, because the kernel
  takes them for clean;
- bytes beside a write that is under way stay whole (the "powersafe overwrite" that SQLite relies on).
"""

from __future__ import annotations

import atexit
import enum
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
_SOURCE = Path(__file__).with_name("queue_disk.c")
_HEAD = struct.Struct("=IIQQ")
_SECTOR = 512
_PAGE = 4096


class Did(enum.IntEnum):
    """What a worker did; the numbers are those of the shim."""

    CREATED = 1
    KNOWN = 2
    UNLINKED = 3
    RENAMED = 4
    WRITTEN = 5
    TRUNCATED = 6
    SYNCED = 7
    FOLDER_SYNCED = 8
    SYNC_FAILED = 9
    SEEN = 10
    UNWATCHED = 11


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the log: ``file`` is a number of the shim's, ``offset`` is the new length for TRUNCATED."""

    did: Did
    file: int
    offset: int
    data: bytes


class Fate(enum.Enum):
    """What becomes of the writes that no sync covered."""

    LOST = "lost"
    KEPT = "kept"  # what kill -9 leaves, because the kernel lives on
    SOME_PAGES = "some pages"
    TORN = "torn"
    IN_ORDER = "in order"


@dataclass
class _File:
    content: bytearray
    unsynced: list[Deed] = field(default_factory=list)

    def apply(self, deed: Deed, start: int = 0, end: int | None = None) -> None:
        if deed.did is Did.TRUNCATED:
            del self.content[deed.offset :]
            self.content.extend(bytes(deed.offset - len(self.content)))
            return
        part = deed.data[start:end]
        offset = deed.offset + start
        if len(self.content) < offset:
            self.content.extend(bytes(offset - len(self.content)))
        self.content[offset : offset + len(part)] = part

    def sync(self) -> None:
        for deed in self.unsynced:
            self.apply(deed)
        self.unsynced.clear()

    def settle(self, fate: Fate, rng: random.Random) -> None:
        """Decide what becomes of the writes that no sync covered."""
        last = rng.randint(0, len(self.unsynced))
        for number, deed in enumerate(self.unsynced):
            if fate is Fate.KEPT or (fate is Fate.IN_ORDER and number < last):
                self.apply(deed)
            elif deed.did is Did.TRUNCATED:
                if fate in {Fate.SOME_PAGES, Fate.TORN} and rng.random() < 1 / 2:
                    self.apply(deed)
            elif fate in {Fate.SOME_PAGES, Fate.TORN} or (fate is Fate.IN_ORDER and number == last):
                size = _PAGE if fate is Fate.SOME_PAGES else _SECTOR
                for start, end in _pieces(deed, size):
                    if rng.random() < 1 / 2:
                        self.apply(deed, start, end)
        self.unsynced.clear()


def _pieces(deed: Deed, size: int) -> Iterator[tuple[int, int]]:
    """Where a write crosses the borders of the disk's own pieces."""
    start = 0
    while start < len(deed.data):
        end = min(len(deed.data), start + size - (deed.offset + start) % size)
        yield start, end
        start = end


@dataclass(frozen=True, slots=True)
class Recording:
    """All that a worker did to a disk, and what the disk held before."""

    before: dict[str, bytes]
    deeds: list[Deed]
    exit_code: int
    complaint: str

    def cut(self, moment: int, fate: Fate, rng: random.Random) -> tuple[dict[str, bytes], bytes]:
        """The files after a power cut before deed ``moment``, and what the world outside had seen until then."""
        disk = _Disk(self.before)
        seen = bytearray()
        for deed in self.deeds[:moment]:
            if deed.did is Did.SEEN:
                seen += deed.data
            else:
                disk.do(deed, rng)
        return disk.after_cut(fate, rng), bytes(seen)

    def end(self) -> tuple[dict[str, bytes], bytes]:
        """The files and the world when the worker ended by itself, with the power still on."""
        disk = _Disk(self.before)
        for deed in self.deeds:
            disk.do(deed, None)
        return disk.content(), b"".join(deed.data for deed in self.deeds if deed.did is Did.SEEN)


class _Disk:
    def __init__(self, before: dict[str, bytes]) -> None:
        # Files that the worker has not opened yet have no number of the shim's: they get negative ones.
        self._files = {-number: _File(bytearray(content)) for number, content in enumerate(before.values(), start=1)}
        self._names = {name: -number for number, name in enumerate(before, start=1)}
        self._safe_names = dict(self._names)
        self._numbers: dict[int, int] = {}
        self._moves: list[tuple[str, str, int]] = []

    def do(self, deed: Deed, rng: random.Random | None) -> None:
        match deed.did:
            case Did.CREATED:
                self._numbers[deed.file] = deed.file
                self._files[deed.file] = _File(bytearray())
                self._move("", deed.data.decode(), deed.file)
            case Did.KNOWN:
                self._numbers[deed.file] = self._names[deed.data.decode()]
            case Did.UNLINKED:
                name = deed.data.decode()
                self._move(name, "", self._names[name])
            case Did.RENAMED:
                old, new = deed.data.decode().split("\n")
                self._move(old, new, self._names[old])
            case Did.WRITTEN | Did.TRUNCATED:
                self._file(deed).unsynced.append(deed)
            case Did.SYNCED:
                self._file(deed).sync()
            case Did.FOLDER_SYNCED:
                self._safe_names = dict(self._names)
                self._moves.clear()
            case Did.SYNC_FAILED if rng is not None:
                self._file(deed).settle(Fate.SOME_PAGES, rng)
            case Did.UNWATCHED:
                raise AssertionError(f"the worker changed files by {deed.data!r}, which the recording cannot follow")
            case _:
                pass

    def _file(self, deed: Deed) -> _File:
        return self._files[self._numbers[deed.file]]

    def _move(self, old: str, new: str, number: int) -> None:
        self._moves.append((old, new, number))
        _moved(self._names, old, new, number)

    def after_cut(self, fate: Fate, rng: random.Random) -> dict[str, bytes]:
        names = self._safe_names
        last = rng.randint(0, len(self._moves))
        for number, move in enumerate(self._moves):
            kept = rng.random() < 1 / 2 if fate in {Fate.SOME_PAGES, Fate.TORN} else number < last
            if fate is Fate.KEPT or (kept and fate is not Fate.LOST):
                _moved(names, *move)
        for file in self._files.values():
            file.settle(fate, rng)
        return self._named(names)

    def content(self) -> dict[str, bytes]:
        for file in self._files.values():
            file.sync()
        return self._named(self._names)

    def _named(self, names: dict[str, int]) -> dict[str, bytes]:
        return {name: bytes(self._files[number].content) for name, number in names.items()}


def _moved(names: dict[str, int], old: str, new: str, number: int) -> None:
    if old:
        names.pop(old, None)
    if new:
        names[new] = number


@cache
def shim() -> Path:
    """The compiled shim; skips the test where it cannot be had."""
    if not sys.platform.startswith("linux"):
        pytest.skip("LD_PRELOAD is a thing of Linux")
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler to build the recording disk with")
    folder = tempfile.mkdtemp(prefix="queue-disk-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = Path(folder, "queue_disk.so")
    command = [compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(target), str(_SOURCE)]
    subprocess.run(command, check=True, timeout=60)  # noqa: S603 - the machine's own compiler on our own source
    return target


def lay_out(folder: Path, files: dict[str, bytes]) -> None:
    """Make a folder hold exactly these files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def record(folder: Path, before: dict[str, bytes], seen: bytes, words: Sequence[str]) -> Recording:
    """Run ``python -m words...`` with its disk under ``folder / "disk"``, holding ``before``.

    ``seen`` is what the world outside knows from earlier workers; the recording holds only what is new.
    """
    disk, log, world = folder / "disk", folder / "log", folder / "seen"
    lay_out(disk, before)
    log.unlink(missing_ok=True)
    world.write_bytes(seen)
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim()),
        "QUEUE_DISK_ROOT": str(disk),
        "QUEUE_DISK_LOG": str(log),
        "QUEUE_DISK_SEEN": str(world),
    }
    done = subprocess.run(  # noqa: S603 - our own interpreter and worker
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    return Recording(dict(before), list(_read(log.read_bytes())), done.returncode, done.stderr)


def _read(log: bytes) -> Iterator[Deed]:
    place = 0
    while place < len(log):
        kind, file, offset, length = _HEAD.unpack_from(log, place)
        place += _HEAD.size
        yield Deed(Did(kind), file, offset, log[place : place + length])
        place += length
