"""The write-ahead log of SQLite, read without SQLite: which of its frames count, and whether some were lost.

Source of the layout: https://www.sqlite.org/fileformat2.html#walformat and /walformat.html.
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FRAME_HEADER = 24
_SALTS = 8
"""Where the salts stand in the header of a frame."""
_SALTS_SIZE = 8
_LOG_HEADER = 32
_SECTOR = 512


def lost_commits(path: Path) -> bool:
    """Whether the log holds commits behind a place that SQLite cannot read past, which it would drop in silence.

    A power cut in the middle of a commit leaves something alike: frames of the last commit that were never
    acknowledged, with holes that hold nothing or what lay there before, down to single sectors. Anything else, or a
    second commit, is damage.
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
        headed = is_sound_header(header)
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
            elif not is_of_before(frame[8:16], salts):
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


def is_of_before(salts: bytes, now: bytes) -> bool:
    """Whether a frame is nothing, or of a former round of the log: the first salt counts the rounds."""
    rounds = (int.from_bytes(now[:4], "big") - int.from_bytes(salts[:4], "big")) % (1 << 32)
    return not any(salts) or 0 < rounds < 1 << 20


def is_sound_header(header: bytes) -> bool:
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


def newest_round(header: bytes, salts: list[bytes]) -> bytes:
    """The salts of the frames that count now, those of former rounds standing behind them until they are overwritten.

    Args:
        header: of the log; told by the frames where it is damaged.
        salts: of every frame, in their order.
    """
    if is_sound_header(header):
        return header[16:24]
    newest = b""
    for mine, times in Counter(salts).items():
        # What stands there once only may be garbage.
        if any(mine) and (times > 1 or len(salts) == 1) and (not newest or is_of_before(newest, mine)):
            newest = mine
    return newest
