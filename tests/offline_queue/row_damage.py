"""Damage of single rows that SQLite's own indexes know nothing of, as a flipped bit on a disk makes it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def change_behind_the_indexes(path: Path, *statements: str) -> None:
    """Change a closed file while SQLite does not know that it has indexes, so that none is kept in step."""
    with closing(sqlite3.connect(path)) as db:
        schema = db.execute("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema WHERE type = 'index'")
        indexes = [row for row in schema.fetchall() if row[4]]
        db.execute("PRAGMA writable_schema = 1")
        db.execute("DELETE FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
        db.commit()
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.execute("PRAGMA writable_schema = 1")
        db.executemany("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", indexes)
        db.commit()
