"""Each slip is begun once, whoever asks and after whatever restart, and is found without reading the journal."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from pos_client.adapters.journal import SqliteJournal
from pos_client.adapters.slip_book import _BEGUN, SqliteSlipBook

ONE = UUID(int=1)


def opened(folder: Path) -> SqliteJournal:
    return SqliteJournal(folder / "journal.sqlite3", now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))


def test_a_slip_is_begun_once_also_after_a_restart(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    book = SqliteSlipBook(journal)
    assert [book.begin(ONE), book.begin(ONE), book.begin(uuid4())] == [True, False, True]
    journal.close()
    again = opened(tmp_path)
    assert not SqliteSlipBook(again).begin(ONE)
    assert again.check() is None
    again.close()


def test_whether_a_slip_was_begun_is_told_by_an_index(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    steps = [row["detail"] for row in journal.rows("EXPLAIN QUERY PLAN " + _BEGUN, str(ONE))]
    assert [("entry_slip" in step, "SCAN" in step) for step in steps] == [(True, False)]
    journal.close()
