"""The file of debts and consents: what was kept is found again, and a disk that refuses is never taken for success."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from pos_client.adapters.books import BookError, Books, Examined, SqliteConsents, SqliteDebts, examine
from pos_client.domain.customer import CustomerKey, KeyKind
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.joining import Consent, Method, Purpose
from pos_client.domain.money import Points
from tests.samples import NOW

CODE = CustomerKey(KeyKind.CDEK_ID, "48210967")
MASKED = CustomerKey(KeyKind.PHONE, "+7 916 •••-••-67")


def debt(number: int = 1, **changes: object) -> Debt:
    made = Debt(UUID(int=number), "1106153417", f"1106153417-off-{number}", CODE, "", NOW + timedelta(minutes=number))
    return replace(made, **changes)  # type: ignore[arg-type] # the fields that a test names


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    books = Books(tmp_path / "books.sqlite3")
    yield books
    books.close()


@pytest.fixture
def debts(books: Books) -> SqliteDebts:
    return SqliteDebts(books)


@pytest.mark.parametrize(
    "kept",
    [
        debt(),
        debt(expected=Points(225), customer_id="800136209"),
        debt().paid(Points(31), at=NOW, waits_for_payment=True),
        debt().refused("Потребитель не найден", at=NOW),
        debt().cancelled(at=NOW),
        debt(key=MASKED),
    ],
)
def test_a_debt_is_found_as_it_was_kept_also_after_a_restart(kept: Debt, tmp_path: Path) -> None:
    books = Books(tmp_path / "books.sqlite3")
    SqliteDebts(books).keep(debt())
    SqliteDebts(books).keep(kept)
    books.close()
    again = Books(tmp_path / "books.sqlite3")
    assert SqliteDebts(again).find(kept.sale_id) == kept
    again.close()


def test_a_debt_kept_twice_is_one(debts: SqliteDebts) -> None:
    debts.keep(debt())
    debts.keep(debt())
    assert debts.open_debts() == (debt(),)


def test_only_what_is_still_owed_is_open_oldest_first(debts: SqliteDebts) -> None:
    debts.keep(debt(3))
    debts.keep(debt(1))
    debts.keep(debt(2).paid(Points(31), at=NOW, waits_for_payment=False))
    assert debts.open_debts() == (debt(1), debt(3))


def test_refused_debts_are_found_by_the_time_of_their_sale(debts: SqliteDebts) -> None:
    for number in (1, 5):
        debts.keep(debt(number).refused("Нет", at=NOW))
    assert [each.sale_id.int for each in debts.refused(NOW + timedelta(minutes=3))] == [5]


def test_a_customer_sees_his_debts_by_code_or_by_id_latest_first(debts: SqliteDebts) -> None:
    by_code, by_id = debt(1), debt(2, key=MASKED, customer_id="800136209")
    foreign = debt(3, key=CustomerKey(KeyKind.CDEK_ID, "48211331"), customer_id="800136213")
    for each in (by_code, by_id, foreign):
        debts.keep(each)
    assert debts.of_customer(CODE, "800136209") == (by_id, by_code)
    assert debts.of_customer(CODE, "") == (by_code,)


def test_two_people_whose_masked_phones_look_alike_do_not_see_each_others_debts(debts: SqliteDebts) -> None:
    debts.keep(debt(1, key=MASKED, customer_id="800136209"))
    assert debts.of_customer(MASKED, "800136299") == ()


def test_debts_of_an_order_are_found_by_its_number(debts: SqliteDebts) -> None:
    debts.keep(debt(1))
    debts.keep(debt(2, order_number="1106150032"))
    assert debts.of_order("1106153417") == (debt(1),)


def test_debts_are_counted_by_state_since_a_moment(debts: SqliteDebts) -> None:
    debts.keep(debt(1))
    debts.keep(debt(5))
    debts.keep(debt(6).refused("Нет", at=NOW))
    assert debts.counts(NOW + timedelta(minutes=3)) == {DebtState.OWED: 1, DebtState.REFUSED: 1}


def consent(purpose: Purpose) -> Consent:
    return Consent(
        purpose, f"{purpose.value}-ru", "2026-09", "ab" * 32, NOW, "Иванова М.", Method.SMS_CODE, MASKED.value
    )


def test_consents_outlive_a_restart_in_the_sequence_in_which_they_were_given(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.sqlite3")
    given = tuple(consent(purpose) for purpose in Purpose)
    SqliteConsents(books).keep(*given[:2])
    SqliteConsents(books).keep(given[2])
    books.close()
    again = Books(tmp_path / "books.sqlite3")
    assert SqliteConsents(again).given() == given
    again.close()


def test_consents_are_written_all_or_none(books: Books, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "books.sqlite3") as other:
        other.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON consent WHEN new.purpose = 'advertising'"
            " BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    other.close()
    with pytest.raises(BookError):
        SqliteConsents(books).keep(consent(Purpose.PROGRAMME), consent(Purpose.ADVERTISING))
    assert SqliteConsents(books).given() == ()


def test_a_file_of_a_newer_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite3"
    Books(path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(BookError, match="более новой версией"):
        Books(path)


def test_a_file_that_is_no_database_is_set_aside_beside_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite3"
    for at in (1, 2):
        path.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
        books = Books(path)
        assert books.set_aside == f"books.sqlite3.damaged-{at}"
        assert SqliteDebts(books).open_debts() == ()
        books.close()
    assert (tmp_path / "books.sqlite3.damaged-1").read_bytes().startswith(b"not a database")
    Books(path).close()


# --------------------------------------------------------------------------------------------------- seen from outside


def test_who_looks_from_outside_counts_open_debts_beside_a_running_till(debts: SqliteDebts, tmp_path: Path) -> None:
    debts.keep(debt(1))
    debts.keep(debt(2))
    debts.keep(debt(3).refused("Потребитель не найден", at=NOW))
    assert examine(tmp_path / "books.sqlite3") == Examined(None, 2)


def test_who_looks_from_outside_sees_an_index_that_lost_a_debt(
    debts: SqliteDebts, books: Books, tmp_path: Path
) -> None:
    debts.keep(debt(1))
    ((root, size),) = books.rows(
        "SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'debt_number'"
    )
    books.close()
    # A leaf of an index without entries (SQLite file format, b-tree pages).
    empty = bytes([10, 0, 0, 0, 0, *size.to_bytes(2), 0]).ljust(size, b"\0")
    with (tmp_path / "books.sqlite3").open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(empty)
    found = examine(tmp_path / "books.sqlite3")
    assert found.wrong is not None
    assert found.wrong.startswith("Книга долгов повреждена: ")
    assert "debt_number" in found.wrong


def test_who_looks_from_outside_is_told_of_a_foreign_a_newer_and_an_empty_file(tmp_path: Path) -> None:
    file = tmp_path / "books.sqlite3"
    file.touch()
    assert examine(file) == Examined(None, 0)
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("PRAGMA user_version = 99")
    assert "более новой" in str(examine(file).wrong)
    file.write_bytes(b"no database at all " * 100)
    with pytest.raises(BookError, match="повреждена"):
        examine(file)


def test_consents_name_the_member_who_came_of_them_and_no_other(books: Books) -> None:
    shelf = SqliteConsents(books)
    his = Consent(Purpose.PROGRAMME, "t", "1", "00", NOW, "Иванова М.", Method.SMS_CODE, MASKED.value)
    another = replace(his, given_at=NOW + timedelta(seconds=1))
    shelf.keep(his, replace(his, purpose=Purpose.PERSONAL_DATA))
    shelf.keep(another)
    shelf.made_member("800136209", phone=MASKED.value, given_at=NOW)
    shelf.made_member("999", phone=MASKED.value, given_at=NOW)
    assert [one.processing_id for one in shelf.given()] == ["800136209", "800136209", ""]
