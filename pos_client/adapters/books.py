"""What the till keeps beside its sales, in one SQLite file of its own: points owed, and consents that were given.

Not in the journal's file: the journal only ever grows and is chained entry to entry, while a debt is one row that is
written over as it is settled. A debt that a power cut kept from this file is derived again from its sale.
"""

import itertools
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from pos_client.adapters.sqlite_file import Failure, SqliteFile, Value, look_into, micros, moment
from pos_client.domain.customer import CustomerKey, KeyKind
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.joining import Consent, Method, Purpose
from pos_client.domain.money import Points

__all__ = ["BookError", "Books", "Examined", "SqliteConsents", "SqliteDebts", "examine"]

_MOST_SHOWN: Final = 100
"""Debts of one customer that anybody will read."""

_LAYOUT: Final[tuple[str, ...]] = (
    """
    CREATE TABLE debt (
        sale TEXT PRIMARY KEY,
        number TEXT NOT NULL,
        order_id TEXT NOT NULL,
        key_kind TEXT NOT NULL,
        key TEXT NOT NULL,
        customer TEXT NOT NULL,
        sold_at INTEGER NOT NULL,
        expected INTEGER,
        state TEXT NOT NULL,
        accrued INTEGER NOT NULL,
        waits_for_payment INTEGER NOT NULL,
        words TEXT NOT NULL,
        settled_at INTEGER
    ) STRICT;
    CREATE INDEX debt_state ON debt (state, sold_at);
    CREATE INDEX debt_sold ON debt (sold_at, state);
    CREATE INDEX debt_key ON debt (key, sold_at);
    CREATE INDEX debt_customer ON debt (customer, sold_at) WHERE customer <> '';
    CREATE INDEX debt_number ON debt (number);
    CREATE TABLE consent (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        purpose TEXT NOT NULL,
        text_id TEXT NOT NULL,
        version TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        given_at INTEGER NOT NULL,
        cashier TEXT NOT NULL,
        method TEXT NOT NULL,
        phone TEXT NOT NULL,
        processing_id TEXT NOT NULL
    ) STRICT;
    """,
)
"""One script for each version of the file, oldest first; a script that has shipped is never edited."""

_KEEP_DEBT: Final = """
    INSERT INTO debt (sale, number, order_id, key_kind, key, customer, sold_at, expected, state, accrued,
        waits_for_payment, words, settled_at)
    VALUES (:sale, :number, :order_id, :key_kind, :key, :customer, :sold_at, :expected, :state, :accrued,
        :waits_for_payment, :words, :settled_at)
    ON CONFLICT (sale) DO UPDATE SET number = excluded.number, order_id = excluded.order_id,
        key_kind = excluded.key_kind, key = excluded.key, customer = excluded.customer, sold_at = excluded.sold_at,
        expected = excluded.expected, state = excluded.state, accrued = excluded.accrued,
        waits_for_payment = excluded.waits_for_payment, words = excluded.words, settled_at = excluded.settled_at
"""
_NAME_MEMBER: Final = """
    UPDATE consent SET processing_id = :processing_id
    WHERE given_at = :given_at AND phone = :phone AND processing_id = ''
"""
_KEEP_CONSENT: Final = """
    INSERT INTO consent (purpose, text_id, version, sha256, given_at, cashier, method, phone, processing_id)
    VALUES (:purpose, :text_id, :version, :sha256, :given_at, :cashier, :method, :phone, :processing_id)
"""


_SENTENCES: Final = {
    Failure.FULL: "На диске нет места для книги долгов: освободите место и повторите.",
    Failure.DENIED: "Книгу долгов нельзя записать: нет прав на папку с данными.",
    Failure.DAMAGED: "Книга долгов повреждена: позвоните в поддержку.",
    Failure.BUSY: "Книга долгов занята другой программой: закройте её и повторите.",
    Failure.NOT_DURABLE: (
        "Книгу долгов нельзя вести на этом диске: он не обещает сохранить запись при отключении питания."
    ),
    Failure.TOO_NEW: "Книга долгов записана более новой версией программы: обновите программу.",
    Failure.OTHER: "Книга долгов не записывается ({name}): позвоните в поддержку.",
}


class BookError(OSError):
    """The file cannot be read or written; the text is one Russian sentence for the cashier."""


class _DamagedError(BookError):
    """What is in the file is no book any more."""


class Books:
    """The file: one connection, one thread, each change one durable commit.

    A damaged file is set aside whole, because nobody shall wait with a sale for points; `set_aside` is its new name.

    Raises:
        BookError: there can be no book here, or it is a newer program's.
    """

    def __init__(self, path: Path | str) -> None:
        self.set_aside = ""
        try:
            self._file = _opened(path)
        except _DamagedError:
            self.set_aside = _put_aside(Path(path))
            self._file = _opened(path)

    def rows(self, statement: str, *values: Value) -> list[sqlite3.Row]:
        """What a question finds.

        Raises:
            BookError: the file cannot be read.
        """
        return self._file.rows(statement, *values)

    def change(self, statement: str, values: Iterable[Mapping[str, Value]]) -> None:
        """Write all of it or nothing; returns after the disk has it.

        Raises:
            BookError: the disk refused.
        """
        with self._file.transaction() as connection:
            connection.executemany(statement, values)

    def close(self) -> None:
        """Let the file go; may be called twice."""
        self._file.close()


def _opened(path: Path | str) -> SqliteFile:
    # A phone that is masked once it is resolved shall not lie on in a free page.
    file = SqliteFile(path, _LAYOUT, _failed, pragmas=("PRAGMA secure_delete = ON",))
    try:
        file.rows("SELECT count(*) FROM debt WHERE state = ''")
    except BookError:
        file.close()
        raise
    return file


class SqliteDebts:
    """`ports.DebtBook`: one row for each debt."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def keep(self, debt: Debt) -> None:
        """Write the debt's present state; what is written already costs nothing.

        Raises:
            BookError: the disk refused.
        """
        if self.find(debt.sale_id) != debt:
            self._books.change(_KEEP_DEBT, [_written(debt)])

    def find(self, sale_id: UUID) -> Debt | None:
        """The debt that a sale left behind."""
        found = self._read("WHERE sale = ?", str(sale_id))
        return found[0] if found else None

    def open_debts(self) -> tuple[Debt, ...]:
        """Debts that are still owed, oldest first."""
        return self._read("WHERE state = ? ORDER BY sold_at, rowid", DebtState.OWED.value)

    def refused(self, since: datetime) -> tuple[Debt, ...]:
        """Debts of sales made since then that were refused, oldest first."""
        where = "WHERE state = ? AND sold_at >= ? ORDER BY sold_at, rowid"
        return self._read(where, DebtState.REFUSED.value, micros(since))

    def of_customer(self, key: CustomerKey, customer_id: str) -> tuple[Debt, ...]:
        """A customer's debts by what was scanned or by processing's id, latest first, settled ones too.

        What was scanned decides only where the id is not known: a resolved phone is masked, and masks repeat.
        """
        return self._read(
            "WHERE (key = ? AND key_kind = ? AND (customer = '' OR ? = '')) OR (customer = ? AND customer <> '')"
            f" ORDER BY sold_at DESC, rowid DESC LIMIT {_MOST_SHOWN}",
            key.value,
            key.kind.value,
            customer_id,
            customer_id,
        )

    def of_order(self, order_number: str) -> tuple[Debt, ...]:
        """Debts of an order's visits at this till, oldest first."""
        return self._read("WHERE number = ? ORDER BY sold_at, rowid", order_number)

    def counts(self, since: datetime) -> dict[DebtState, int]:
        """How many debts of sales made since then are in each state."""
        # The plus keeps SQLite from walking through all years by the index of states.
        rows = self._books.rows("SELECT state, count(*) FROM debt WHERE sold_at >= ? GROUP BY +state", micros(since))
        return {DebtState(row[0]): row[1] for row in rows}

    def _read(self, where: str, *values: Value) -> tuple[Debt, ...]:
        return tuple(_debt(row) for row in self._books.rows(f"SELECT * FROM debt {where}", *values))  # noqa: S608 - the words above, no values


class SqliteConsents:
    """`ports.ConsentBook`: evidence is only ever added, and the member named whom it made."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def keep(self, *consents: Consent) -> None:
        """Write them all or none.

        Raises:
            BookError: the disk refused; nobody may be registered on the strength of these consents.
        """
        self._books.change(
            _KEEP_CONSENT,
            [
                {
                    "purpose": one.purpose.value,
                    "text_id": one.text_id,
                    "version": one.version,
                    "sha256": one.sha256,
                    "given_at": micros(one.given_at),
                    "cashier": one.cashier,
                    "method": one.method.value,
                    "phone": one.phone,
                    "processing_id": one.processing_id,
                }
                for one in consents
            ],
        )

    def made_member(self, processing_id: str, *, phone: str, given_at: datetime) -> None:
        """Name the member who came of the consents given then; nothing else of them ever changes.

        Raises:
            BookError: the disk refused.
        """
        values: dict[str, Value] = {"processing_id": processing_id, "phone": phone, "given_at": micros(given_at)}
        self._books.change(_NAME_MEMBER, [values])

    def given(self) -> tuple[Consent, ...]:
        """Every consent, oldest first."""
        return tuple(
            Consent(
                purpose=Purpose(row["purpose"]),
                text_id=row["text_id"],
                version=row["version"],
                sha256=row["sha256"],
                given_at=moment(row["given_at"]),
                cashier=row["cashier"],
                method=Method(row["method"]),
                phone=row["phone"],
                processing_id=row["processing_id"],
            )
            for row in self._books.rows("SELECT * FROM consent ORDER BY id")
        )


@dataclass(frozen=True, slots=True)
class Examined:
    """The file seen from outside: what is wrong with it, in Russian, or None; and debts that are still open."""

    wrong: str | None
    owed: int


def examine(path: Path) -> Examined:
    """Look at the file without writing a byte, also beside a till that runs on it. Reads the whole file.

    Raises:
        BookError: it cannot be read.
    """
    with look_into(path, _failed) as connection:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            return Examined(f"Книга долгов повреждена: {found}.", 0)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(_LAYOUT):
            return Examined(_SENTENCES[Failure.TOO_NEW], 0)
        if not version:
            return Examined(None, 0)  # the plug was pulled before the first page: the next start lays it out
        states = connection.execute("SELECT count(*) FROM debt WHERE state = ?", (DebtState.OWED.value,))
        return Examined(None, states.fetchone()[0])


def _written(debt: Debt) -> dict[str, Value]:
    return {
        "sale": str(debt.sale_id),
        "number": debt.order_number,
        "order_id": debt.order_id,
        "key_kind": debt.key.kind.value,
        "key": debt.key.value,
        "customer": debt.customer_id,
        "sold_at": micros(debt.sold_at),
        "expected": None if debt.expected is None else debt.expected.count,
        "state": debt.state.value,
        "accrued": debt.accrued.count,
        "waits_for_payment": int(debt.waits_for_payment),
        "words": debt.words,
        "settled_at": None if debt.settled_at is None else micros(debt.settled_at),
    }


def _debt(row: sqlite3.Row) -> Debt:
    return Debt(
        sale_id=UUID(row["sale"]),
        order_number=row["number"],
        order_id=row["order_id"],
        key=CustomerKey(KeyKind(row["key_kind"]), row["key"]),
        customer_id=row["customer"],
        sold_at=moment(row["sold_at"]),
        expected=None if row["expected"] is None else Points(row["expected"]),
        state=DebtState(row["state"]),
        accrued=Points(row["accrued"]),
        waits_for_payment=bool(row["waits_for_payment"]),
        words=row["words"],
        settled_at=None if row["settled_at"] is None else moment(row["settled_at"]),
    )


def _put_aside(path: Path) -> str:
    """Move the file and its log out of the way; consents in it are evidence, so nothing is thrown away.

    Raises:
        BookError: they cannot be moved.
    """
    kept_as = next(
        name for at in itertools.count(1) if not path.with_name(name := f"{path.name}.damaged-{at}").exists()
    )
    try:
        for end in ("-shm", "-wal", ""):
            with suppress(FileNotFoundError):
                path.with_name(path.name + end).rename(path.with_name(kept_as + end))
    except OSError as error:
        raise BookError(f"Книга долгов повреждена и не откладывается в сторону: {error.strerror}.") from error
    return kept_as


def _failed(failure: Failure, name: str) -> BookError:
    """The storage's failure as a sentence that tells the cashier what to do."""
    error = _DamagedError if failure is Failure.DAMAGED else BookError
    return error(_SENTENCES[failure].format(name=name))
