import sqlite3
from pathlib import Path

import pytest

from pos_client.adapters.sqlite_file import Failure, SqliteFile, _named

LAYOUT = ("CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT;",)


class RefusedError(OSError):
    def __init__(self, failure: Failure, name: str) -> None:
        super().__init__(f"{failure.value} {name}")
        self.failure = failure


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("SQLITE_FULL", Failure.FULL),
        ("SQLITE_READONLY_DBMOVED", Failure.DENIED),
        ("SQLITE_CANTOPEN_ISDIR", Failure.DENIED),
        ("SQLITE_CORRUPT_INDEX", Failure.DAMAGED),
        ("SQLITE_NOTADB", Failure.DAMAGED),
        ("SQLITE_BUSY_SNAPSHOT", Failure.BUSY),
        ("SQLITE_IOERR_WRITE", Failure.OTHER),
    ],
)
def test_the_kind_of_a_failure_is_known_by_its_extended_name(name: str, failure: Failure) -> None:
    error = sqlite3.OperationalError("no matter")
    error.sqlite_errorname = name
    assert str(_named(error, RefusedError)) == f"{failure.value} {name}"


def test_a_failure_without_a_name_is_called_by_its_class() -> None:
    assert str(_named(sqlite3.InterfaceError("no matter"), RefusedError)) == "other InterfaceError"


def add(file: SqliteFile, *ids: int) -> None:
    with file.transaction() as connection:
        for number in ids:
            connection.execute("INSERT INTO one VALUES (?)", (number,))


def test_what_fails_in_the_middle_leaves_nothing_of_it_behind(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "a.sqlite3", LAYOUT, RefusedError)
    add(file, 1)
    with pytest.raises(RefusedError):
        add(file, 2, 3, 3)
    assert [row["id"] for row in file.rows("SELECT id FROM one")] == [1]
    file.close()


def test_a_file_of_a_newer_program_is_refused_and_let_go(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    SqliteFile(path, (*LAYOUT, "CREATE TABLE two (id INTEGER) STRICT;"), RefusedError).close()
    with pytest.raises(RefusedError) as caught:
        SqliteFile(path, LAYOUT, RefusedError)
    assert caught.value.failure is Failure.TOO_NEW
    path.rename(tmp_path / "b.sqlite3")


def test_a_layout_goes_on_from_where_the_file_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    SqliteFile(path, LAYOUT, RefusedError).close()
    file = SqliteFile(path, (*LAYOUT, "CREATE TABLE two (id INTEGER) STRICT;"), RefusedError)
    assert [row["name"] for row in file.rows("SELECT name FROM sqlite_schema ORDER BY name")] == ["one", "two"]
    file.close()


def test_a_file_that_keeps_no_log_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        SqliteFile("", LAYOUT, RefusedError)  # SQLite's name for a file that goes with its connection
    assert caught.value.failure is Failure.NOT_DURABLE
