"""Corrections on disk: what earlier versions wrote down is read for ever."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from pos_client.adapters.correction_book import _LATEST, SqliteCorrectionBook
from pos_client.adapters.journal import SqliteJournal
from pos_client.domain.money import Money
from pos_client.domain.sale import IllegalMoveError

WRONG: Final[dict[str, Any]] = {
    "number": 39091,
    "fn": "9999078900001341",
    "sign": "2578183002",
    "shift": 118,
    "receipt_number": 1,
    "at": "2026-11-21T14:00:00+03:00",
    "total": {"kopecks": 249900},
    "qr": "t=20261121T1400&s=2499.00&fn=9999078900001341&i=39091&fp=2578183002&n=1",
    "printed": True,
}
WRITTEN_BEFORE_TERMS: Final[dict[str, Any]] = {
    "id": "1d5018c7-ea82-4eea-8237-f8a96c5f30e7",
    "opened_at": "2026-11-21T11:00:00.109000Z",
    "cashier": {"name": "Петрова О.", "inn": "123654789507"},
    "wrong": WRONG,
    "steps": [
        {
            "id": "74eca38c-bcaa-4d38-bffd-13c4de33780a",
            "receipt": {
                "sale_id": "1d5018c7-ea82-4eea-8237-f8a96c5f30e7",
                "order_number": "1105660806",
                "lines": [
                    {
                        "name": "Чайник (заказ 1105660806)",
                        "price": {"kopecks": 249900},
                        "quantity": 1,
                        "settlement": 4,
                        "subject": 1,
                        "vat": "22",
                        "seller": {"name": "ООО «Ромашка»", "inn": "7707083893", "phone": "+74955550101"},
                    }
                ],
                "payments": [{"sign": 1031, "sum": {"kopecks": 249900}}],
                "cashier": "Петрова О.",
                "cashier_inn": "123654789507",
                "contact": "",
                "paper": True,
                "notes": ["Коррекция чека № 39091 от 21.11.2026", "x"],
                "kind": 2,
                "correction": {"wrong_sign": "2578183002", "settled_on": "2026-11-21"},
            },
            "after": 39091,
            "sent": True,
        }
    ],
    "documents": [],
    "trouble": None,
    "why": "x",
}


@pytest.fixture
def journal(tmp_path: Path) -> SqliteJournal:
    return SqliteJournal(tmp_path / "journal.sqlite3", now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))


def test_a_correction_begun_by_an_earlier_version_is_read_and_states_no_terms(journal: SqliteJournal) -> None:
    journal.append(WRITTEN_BEFORE_TERMS["id"], "correction open", json.dumps(WRITTEN_BEFORE_TERMS), [])
    [found] = SqliteCorrectionBook(journal).unfinished()
    receipt = found.steps[0].receipt
    assert (found.id, receipt.total) == (UUID(WRITTEN_BEFORE_TERMS["id"]), Money(249900))
    assert (receipt.taxation, receipt.lines[0].agent, found.told) == (None, None, False)


@pytest.mark.parametrize("documents", [[], [{**WRONG, "number": 39092, "sign": "4280553239"}]], ids=["open", "done"])
def test_a_correction_that_was_told_is_not_taken_up_again(journal: SqliteJournal, documents: list[Any]) -> None:
    stage = "correction done" if documents else "correction open"
    body = json.dumps({**WRITTEN_BEFORE_TERMS, "documents": documents})
    journal.append(WRITTEN_BEFORE_TERMS["id"], stage, body, [])
    book = SqliteCorrectionBook(journal)
    [found] = book.unfinished()
    if found.is_open:
        with pytest.raises(IllegalMoveError):
            found.reported()
    else:
        book.save(found.reported())
        assert (book.unfinished(), book.find(found.id)) == ((), replace(found, told=True))
        assert book.of_order("1105660806") == (replace(found, told=True),)
    assert book.of_order("1106153417") == ()


def test_corrections_are_found_without_reading_a_year_of_sales(journal: SqliteJournal) -> None:
    steps = [row["detail"] for row in journal.rows("EXPLAIN QUERY PLAN " + _LATEST)]
    looked = [step for step in steps if step.startswith(("SCAN", "SEARCH"))]
    assert looked
    assert all("USING" in step for step in looked), steps
