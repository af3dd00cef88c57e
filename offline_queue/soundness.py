"""Whether a file still holds together: its pages, its tables, and the indexes that find what waits."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

from offline_queue.schema import INDEXES, MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

_PARTS = {"about", "message", "history", "lane", *INDEXES}
# An index of which one leaf was replaced by another is sound to SQLite, and what stood on that leaf would never be
# found again. Count and sum of places differ then. Cut short, so that no place that damage made enormous overflows it.
_PLACE = "(seq & 2147483647)"
_IN_INDEX = {
    "message_key": ("state <> 6", _PLACE),
    "message_unsettled": ("state <= 2", _PLACE),
    "message_head": ("state IN (1, 2)", f"{_PLACE} * state"),
    "message_delayed": ("next_try IS NOT NULL", _PLACE),
}
_UNFILED = "state = 6 AND seq <= (SELECT CAST(value AS INTEGER) FROM about WHERE name = 'filed')"
"""Fresh rows where all rows are filed: nobody would ever look for them."""
_SUMS = ", ".join(f"sum({where}), sum(({where}) * {what})" for where, what in _IN_INDEX.values())
_BY_ROWS = f"SELECT {_SUMS}, sum({_UNFILED}) FROM message NOT INDEXED"  # noqa: S608 - our own constants, as below
_BY_INDEX = "SELECT count(*), sum({what}) FROM message INDEXED BY {name} WHERE {where}"
NEVER_FILED = f"SELECT count(*) FROM message NOT INDEXED WHERE {_UNFILED}"  # noqa: S608 - the same
"""How many messages are in no index and should be."""


def what_is_unsound(connection: sqlite3.Connection, *, thorough: bool, seconds: float | None) -> str:
    """The first thing that does not hold together, as a sentence; "" if none was found.

    Args:
        connection: any that can read the file.
        thorough: look every row up in every index, which takes some five times as long as the pages alone.
        seconds: how long all may take, but for the indexes, which are always looked at whole, and a fifth of it that
            the pages always have; None is as long as it takes.
    """
    began = time.monotonic()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == len(MIGRATIONS):
        trouble = _missing_part(connection) or _wrong_index(connection)
        if trouble:
            return trouble
    look = "PRAGMA integrity_check(1)" if thorough else "PRAGMA quick_check(1)"
    if seconds is not None:
        seconds = max(seconds / 5, seconds - (time.monotonic() - began))
    # A read that failed once shows itself here as damage too: only what is seen twice is believed.
    first = _within(connection, seconds, look)
    return _within(connection, seconds, look) if first else ""


def _missing_part(connection: sqlite3.Connection) -> str:
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    missing = sorted(_PARTS - known)
    return f"it lost {', '.join(missing)}" if missing else ""


def _wrong_index(connection: sqlite3.Connection) -> str:
    sums = [number or 0 for number in connection.execute(_BY_ROWS).fetchone()]
    for at, (name, (where, what)) in enumerate(_IN_INDEX.items()):
        found = connection.execute(_BY_INDEX.format(name=name, where=where, what=what)).fetchone()
        if [number or 0 for number in found] != sums[2 * at : 2 * at + 2]:
            return f"the index {name} does not list what the table holds"
    return f"{sums[-1]} messages are in no index" if sums[-1] else ""


def _within(connection: sqlite3.Connection, seconds: float | None, look: str) -> str:
    if seconds is not None:
        connection.set_progress_handler(_alarm(time.monotonic() + seconds), 20_000)
    try:
        (verdict,) = connection.execute(look).fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return ""
    finally:
        connection.set_progress_handler(None, 0)
    return "" if verdict == "ok" else str(verdict)


def _alarm(end: float) -> Callable[[], int]:
    return lambda: int(time.monotonic() > end)
