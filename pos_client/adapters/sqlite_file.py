"""An SQLite file of the till: laid out step by step, kept through a power cut, its failures told by their kind."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Final

__all__ = ["Failed", "Failure", "SqliteFile", "Value", "look_into", "micros", "moment"]

Value = str | int | None

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FULL: Final = 2


class Failure(Enum):
    """Why a file cannot be used; each owner of a file has a sentence of its own for each."""

    FULL = "full"
    DENIED = "denied"
    DAMAGED = "damaged"
    BUSY = "busy"
    """Another program holds it."""
    NOT_DURABLE = "not durable"
    """The disk does not promise to keep what is written when the power goes."""
    TOO_NEW = "too new"
    """A newer program has laid it out."""
    OTHER = "other"


_FAILURES: Final = {
    "SQLITE_FULL": Failure.FULL,
    "SQLITE_READONLY": Failure.DENIED,
    "SQLITE_CANTOPEN": Failure.DENIED,
    "SQLITE_PERM": Failure.DENIED,
    "SQLITE_AUTH": Failure.DENIED,
    "SQLITE_CORRUPT": Failure.DAMAGED,
    "SQLITE_NOTADB": Failure.DAMAGED,
    "SQLITE_BUSY": Failure.BUSY,
    "SQLITE_LOCKED": Failure.BUSY,
}

Failed = Callable[[Failure, str], OSError]
"""Makes the owner's error of a failure and SQLite's name for it."""


class SqliteFile:
    """One connection, one thread, each change one durable commit.

    `layout` has one script for each version of the file, oldest first; `pragmas` come on top of those that make it
    durable. Every failure is raised as what `failed` makes of it, here and in every method.
    """

    def __init__(self, path: Path | str, layout: Sequence[str], failed: Failed, *, pragmas: Sequence[str] = ()) -> None:
        self._failed = failed
        try:
            self.connection = sqlite3.connect(path, isolation_level=None)
        except sqlite3.Error as error:
            raise _named(error, failed) from error
        try:
            self.connection.row_factory = sqlite3.Row
            self._require_durability(pragmas)
            self._lay_out(layout)
        except sqlite3.Error as error:
            self.close()
            raise _named(error, failed) from error
        except OSError:
            self.close()
            raise

    def _require_durability(self, pragmas: Sequence[str]) -> None:
        """Ask SQLite for a log that survives a power cut, and read back whether it agreed."""
        for pragma in ("PRAGMA busy_timeout = 2000", *pragmas):
            self.connection.execute(pragma)
        mode = self.connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        self.connection.execute("PRAGMA synchronous = FULL")
        synchronous = self.connection.execute("PRAGMA synchronous").fetchone()[0]
        if mode not in {"wal", "memory"} or synchronous != _FULL:
            raise self._failed(Failure.NOT_DURABLE, "")

    def _lay_out(self, layout: Sequence[str]) -> None:
        version: int = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(layout):
            raise self._failed(Failure.TOO_NEW, "")
        for number, script in enumerate(layout[version:], start=version + 1):
            self.connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")

    def rows(self, statement: str, *values: Value) -> list[sqlite3.Row]:
        """What a question finds."""
        try:
            return self.connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise _named(error, self._failed) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Change all of it or nothing; when it ends, the disk has it."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _named(error, self._failed) from error

    def close(self) -> None:
        """Let the file go; may be called twice."""
        self.connection.close()


@contextmanager
def look_into(path: Path, failed: Failed) -> Iterator[sqlite3.Connection]:
    """Read a file without writing a byte, also beside a till that runs on it. What fails is as `failed` makes it."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
    except sqlite3.Error as error:
        raise _named(error, failed) from error


def micros(at: datetime) -> int:
    """A moment as it is stored: microseconds since 1970, UTC."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(stored: int) -> datetime:
    """The moment that was stored, aware UTC."""
    return _EPOCH + timedelta(microseconds=stored)


def _named(error: sqlite3.Error, failed: Failed) -> OSError:
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    # SQLITE_IOERR_WRITE and its like: the kind is in the first two words.
    return failed(_FAILURES.get("_".join(name.split("_")[:2]), Failure.OTHER), name)
