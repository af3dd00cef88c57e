"""Every state of every sale, written to disk before the world hears of it, in one append-only SQLite file."""

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from pos_client.adapters.shift_totals import finished_since, of_shift
from pos_client.adapters.sqlite_file import Failure, SqliteFile, look_into, micros, moment
from pos_client.domain.order import TenderKind
from pos_client.domain.sale import LoyaltyPath, Sale, Stage
from pos_client.ports import ShiftTotals

__all__ = ["Examined", "JournalError", "Quarantined", "SqliteJournal", "examine", "warm_up"]

_Body = TypeVar("_Body")

_BODY_VERSION: Final = 2
"""Grows when a sale is written in a way that an older program would misread."""

_GENESIS: Final = b"\0" * 32

_LAYOUT: Final[tuple[str, ...]] = (
    """
    CREATE TABLE entry (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        sale TEXT NOT NULL,
        saved_at INTEGER NOT NULL,
        stage TEXT NOT NULL,
        version INTEGER NOT NULL,
        body TEXT NOT NULL,
        chain BLOB NOT NULL
    ) STRICT;
    CREATE TABLE head (
        sale TEXT PRIMARY KEY,
        seq INTEGER NOT NULL REFERENCES entry (seq),
        stage TEXT NOT NULL,
        is_open INTEGER NOT NULL,
        begun INTEGER NOT NULL,
        finished INTEGER,
        taken INTEGER NOT NULL,
        with_customer INTEGER NOT NULL,
        points INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX head_open ON head (begun, seq) WHERE is_open = 1;
    CREATE INDEX head_done ON head (finished, seq) WHERE stage = 'done';
    CREATE TABLE abandoned (order_id TEXT PRIMARY KEY, sale TEXT NOT NULL) STRICT;
    CREATE TABLE quarantine (
        seq INTEGER PRIMARY KEY, sale TEXT NOT NULL, why TEXT NOT NULL, noticed INTEGER NOT NULL
    ) STRICT;
    """,
    """
    ALTER TABLE head ADD COLUMN number TEXT NOT NULL DEFAULT '';
    UPDATE head SET number = coalesce(
        (SELECT json_extract(body, '$.order.number') FROM entry WHERE entry.seq = head.seq), ''
    );
    CREATE INDEX head_order ON head (number, begun);
    """,
    """
    CREATE TABLE refund_head (
        refund TEXT PRIMARY KEY,
        seq INTEGER NOT NULL REFERENCES entry (seq),
        number TEXT NOT NULL,
        stage TEXT NOT NULL,
        is_open INTEGER NOT NULL,
        opened INTEGER NOT NULL,
        finished INTEGER
    ) STRICT;
    CREATE INDEX refund_open ON refund_head (opened) WHERE is_open = 1;
    CREATE INDEX refund_done ON refund_head (finished) WHERE stage = 'done';
    CREATE INDEX refund_order ON refund_head (number);
    """,
    """
    ALTER TABLE head ADD COLUMN cash INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE head ADD COLUMN card INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE head ADD COLUMN sbp INTEGER NOT NULL DEFAULT 0;
    UPDATE head SET cash = taken;
    """,
    """
    ALTER TABLE refund_head ADD COLUMN cash INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE refund_head ADD COLUMN card INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE refund_head ADD COLUMN sbp INTEGER NOT NULL DEFAULT 0;
    UPDATE refund_head SET (cash, card, sbp) = (
        SELECT coalesce(sum(sum) FILTER (WHERE kind = 'cash'), 0), coalesce(sum(sum) FILTER (WHERE kind = 'card'), 0),
            coalesce(sum(sum) FILTER (WHERE kind = 'sbp'), 0)
        FROM (
            SELECT json_extract(back.value, '$.kind') AS kind, json_extract(back.value, '$.amount.kopecks') AS sum
            FROM entry, json_each(iif(json_valid(body), body, '{}'), '$.paid.visits') AS visit,
                json_each(visit.value, '$.tenders') AS back
            WHERE entry.seq = refund_head.seq
        )
    );
    """,
    """
    CREATE INDEX entry_correction ON entry (sale)
        WHERE stage IN ('correction open', 'correction done', 'correction told');
    """,
    """
    CREATE INDEX entry_slip ON entry (sale) WHERE stage = 'slip';
    """,
    """
    ALTER TABLE head ADD COLUMN fn TEXT NOT NULL DEFAULT '';
    ALTER TABLE head ADD COLUMN shift INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE refund_head ADD COLUMN fn TEXT NOT NULL DEFAULT '';
    ALTER TABLE refund_head ADD COLUMN shift INTEGER NOT NULL DEFAULT 0;
    -- Only what the present shift may hold is looked at: no shift is longer than the two days that are written here.
    UPDATE head SET (fn, shift) = (
        SELECT coalesce(json_extract(body, '$.document.fn'), ''), coalesce(json_extract(body, '$.document.shift'), 0)
        FROM (SELECT iif(json_valid(body), body, '{}') AS body FROM entry WHERE entry.seq = head.seq)
    ) WHERE stage = 'done' AND finished >= (
        SELECT coalesce(max(finished), 0) - 172800000000 FROM head WHERE stage = 'done'
    );
    UPDATE refund_head SET (fn, shift) = (
        SELECT coalesce(json_extract(body, '$.document.fn'), ''), coalesce(json_extract(body, '$.document.shift'), 0)
        FROM (SELECT iif(json_valid(body), body, '{}') AS body FROM entry WHERE entry.seq = refund_head.seq)
    ) WHERE stage = 'done' AND finished >= (
        SELECT coalesce(max(finished), 0) - 172800000000 FROM head WHERE stage = 'done'
    );
    CREATE INDEX head_shift ON head (fn, shift) WHERE stage = 'done';
    CREATE INDEX refund_shift ON refund_head (fn, shift) WHERE stage = 'done';
    """,
)
"""One script for each version of the file, oldest first; a script that has shipped is never edited."""

_HEAD: Final = """
    INSERT INTO head (sale, seq, stage, is_open, begun, finished, taken, with_customer, points, number, cash, card, sbp,
        fn, shift)
    VALUES (:sale, :seq, :stage, :is_open, :begun, :finished, :taken, :with_customer, :points, :number,
        :cash, :card, :sbp, :fn, :shift)
    ON CONFLICT (sale) DO UPDATE SET seq = excluded.seq, number = excluded.number, stage = excluded.stage,
        is_open = excluded.is_open, finished = excluded.finished, taken = excluded.taken,
        with_customer = excluded.with_customer, points = excluded.points, cash = excluded.cash, card = excluded.card,
        sbp = excluded.sbp, fn = excluded.fn, shift = excluded.shift
"""
_ENTRY: Final = "SELECT e.seq, e.sale, e.version, e.body FROM head AS h JOIN entry AS e USING (seq) "


_SENTENCES: Final = {
    Failure.FULL: "На диске нет места для журнала продаж: освободите место и повторите.",
    Failure.DENIED: "Журнал продаж нельзя записать: нет прав на папку с данными.",
    Failure.DAMAGED: "Журнал продаж повреждён: не продавайте и позвоните в поддержку.",
    Failure.BUSY: "Журнал продаж занят другой программой: закройте её и повторите.",
    Failure.NOT_DURABLE: (
        "Журнал продаж нельзя вести на этом диске: он не обещает сохранить запись при отключении питания."
    ),
    Failure.TOO_NEW: "Журнал продаж записан более новой версией программы: обновите программу.",
    Failure.OTHER: "Журнал продаж не записывается ({name}): позвоните в поддержку.",
}


class JournalError(OSError):
    """The journal cannot be read or written; the text is one Russian sentence for the cashier."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A sale that this program cannot read; it stays in the file, and a person has to look at it."""

    sale: str
    why: str
    noticed: datetime


class SqliteJournal:
    """`ports.Journal` in a file of its own: one connection, one thread, each `save` one durable commit."""

    def __init__(
        self,
        path: Path | str,
        *,
        now: Callable[[], datetime],
        on_unreadable: Callable[[Quarantined], None] | None = None,
    ) -> None:
        self._now = now
        self._on_unreadable = on_unreadable
        self._file = SqliteFile(path, _LAYOUT, _failed, pragmas=("PRAGMA foreign_keys = ON",))
        try:
            last = self._file.rows("SELECT chain FROM entry ORDER BY seq DESC LIMIT 1")
        except JournalError:
            self._file.close()
            raise
        self._chain: bytes = last[0]["chain"] if last else _GENESIS

    # -------------------------------------------------------------------------------------------------- writing

    def save(self, sale: Sale) -> None:
        """Append the sale's present state; returns after the disk has it.

        Raises:
            JournalError: the disk refused; nothing may be done on the strength of this sale.
        """
        head: list[tuple[str, dict[str, str | int | None]]] = [(_HEAD, _summary(sale))]
        abandoned = "INSERT OR IGNORE INTO abandoned (order_id, sale) VALUES (:order_id, :sale)"
        head += [(abandoned, {"order_id": order_id, "sale": str(sale.id)}) for order_id in sale.loyalty.abandoned]
        self.append(str(sale.id), sale.stage.value, _adapter().dump_json(sale).decode(), head)

    def append(
        self, owner: str, stage: str, body: str, heads: Sequence[tuple[str, Mapping[str, str | int | None]]]
    ) -> None:
        """Add one entry to the chain, with whatever finds it again; `heads` may name the entry as `:seq`.

        Raises:
            JournalError: the disk refused; there is no such entry.
        """
        saved_at = micros(self._now())
        chain = _link(self._chain, owner, saved_at, stage, _BODY_VERSION, body)
        with self._file.transaction() as connection:
            seq = connection.execute(
                "INSERT INTO entry (sale, saved_at, stage, version, body, chain) VALUES (?, ?, ?, ?, ?, ?)",
                (owner, saved_at, stage, _BODY_VERSION, body, chain),
            ).lastrowid
            for statement, values in heads:
                connection.execute(statement, {"seq": seq, **values})
        self._chain = chain

    # -------------------------------------------------------------------------------------------------- reading

    def open_sales(self) -> tuple[Sale, ...]:
        """Sales that something is left to do for, oldest first; one that cannot be read is set aside and reported."""
        rows = self.rows(_ENTRY + "WHERE h.is_open = 1 ORDER BY h.begun, h.seq")
        return tuple(sale for row in rows if (sale := self._sale(row)) is not None)

    def find(self, sale_id: UUID) -> Sale | None:
        """The last saved state of a sale."""
        rows = self.rows(_ENTRY + "WHERE h.sale = ?", str(sale_id))
        return self._sale(rows[0]) if rows else None

    def last_done(self) -> Sale | None:
        """The sale finished last."""
        return next(iter(self.latest_done(1)), None)

    def latest_done(self, most: int) -> tuple[Sale, ...]:
        """The sales finished last, latest first, no more than `most`; one that cannot be read is set aside."""
        rows = self.rows(_ENTRY + "WHERE h.stage = 'done' ORDER BY h.finished DESC, h.seq DESC LIMIT ?", most)
        return tuple(sale for row in rows if (sale := self._sale(row)) is not None)

    def begun_for(self, number: str) -> tuple[Sale, ...]:
        """Sales of this order that are paid, or are being paid, at this till; oldest first."""
        rows = self.rows(
            _ENTRY
            + "WHERE h.number = ? AND h.stage NOT IN ('open', 'cancelling', 'cancelled') ORDER BY h.begun, h.seq",
            number,
        )
        return tuple(sale for row in rows if (sale := self._sale(row)) is not None)

    def has_abandoned(self, order_id: str) -> bool:
        """Whether a create under this processing order id was given up by this till."""
        return bool(self.rows("SELECT 1 FROM abandoned WHERE order_id = ?", order_id))

    def totals(self, since: datetime) -> ShiftTotals:
        """Sums over the sales and refunds finished since then."""
        return finished_since(self.rows, since)

    def totals_of_shift(self, fn: str, number: int, *, since: datetime) -> ShiftTotals:
        """Sums over what has a document of this shift of this fiscal storage; `since` only goes with the sums."""
        return of_shift(self.rows, fn, number, since)

    def quarantined(self) -> tuple[Quarantined, ...]:
        """Sales set aside because they could not be read, oldest first."""
        rows = self.rows("SELECT sale, why, noticed FROM quarantine ORDER BY seq")
        return tuple(Quarantined(row["sale"], row["why"], moment(row["noticed"])) for row in rows)

    def check(self) -> str | None:
        """What is wrong with the file, in Russian, or None: SQLite's own check and the chain of entries.

        Reads the whole file: for `doctor`, not for start-up.
        """
        return _wrong(self._file.connection)

    def close(self) -> None:
        """Let the file go; may be called twice."""
        self._file.close()

    def rows(self, statement: str, *values: str | int) -> list[sqlite3.Row]:
        """What a question of ours, or of a book that shares the file, finds."""
        return self._file.rows(statement, *values)

    def _sale(self, row: sqlite3.Row) -> Sale | None:
        return self.body(row, _adapter(), "продажа")

    def body(self, row: sqlite3.Row, adapter: TypeAdapter[_Body], what: str) -> _Body | None:
        """What an entry says; None, and the entry set aside, when this program cannot read it. `what` is its name."""
        if row["version"] > _BODY_VERSION:
            self._set_aside(row, f"{what}: записано более новой версией программы")
            return None
        try:
            return adapter.validate_json(row["body"])
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(step) for step in first["loc"])
            self._set_aside(row, f"{what} не читается: {where or 'тело'}: {first['type']}")
            return None

    def _set_aside(self, row: sqlite3.Row, why: str) -> None:
        """Report, once, an entry that this program cannot read."""
        noticed = self._now()
        with self._file.transaction() as connection:
            new = connection.execute(
                "INSERT OR IGNORE INTO quarantine (seq, sale, why, noticed) VALUES (?, ?, ?, ?)",
                (row["seq"], row["sale"], why, micros(noticed)),
            ).rowcount
        if new and self._on_unreadable is not None:
            self._on_unreadable(Quarantined(row["sale"], why, noticed))


@dataclass(frozen=True, slots=True)
class Examined:
    """A journal seen from outside: what is wrong with it, in Russian, or None; and sales that nobody has finished."""

    wrong: str | None
    unfinished: int


def examine(path: Path) -> Examined:
    """Look at a journal without writing a byte, also beside a till that runs on it. Reads the whole file.

    Raises:
        JournalError: it cannot be read.
    """
    with look_into(path, _failed) as connection:
        (unfinished,) = connection.execute("SELECT count(*) FROM head WHERE is_open = 1").fetchone()
        return Examined(_wrong(connection), unfinished)


def _wrong(connection: sqlite3.Connection) -> str | None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found[0] != "ok":
        return f"Файл журнала продаж повреждён: {found[0]}."
    chain = _GENESIS
    for row in connection.execute("SELECT * FROM entry ORDER BY seq"):
        chain = _link(chain, row["sale"], row["saved_at"], row["stage"], row["version"], row["body"])
        if chain != row["chain"]:
            return f"Запись № {row['seq']} журнала продаж изменена не программой."
    return None


def warm_up() -> None:
    """Build the schema of a sale now, in any thread."""
    _adapter()


@cache
def _adapter() -> TypeAdapter[Sale]:
    # Building it costs some 20 ms, which start-up does not have before the first paint.
    return TypeAdapter(Sale)


def _summary(sale: Sale) -> dict[str, str | int | None]:
    """What the totals and the start need of a sale without opening its body."""
    done = sale.stage is Stage.DONE
    # Who pays on for an order of a member need not show the card again: the order carries the points.
    carried = sale.loyalty.path is LoyaltyPath.CARRIED
    return {
        "sale": str(sale.id),
        "stage": sale.stage.value,
        "is_open": int(sale.is_open),
        "begun": micros(sale.started_at),
        "finished": None if sale.finished_at is None else micros(sale.finished_at),
        "taken": sale.taken.kopecks if done else 0,
        "with_customer": int(carried or (sale.customer is not None and sale.customer.may_earn)),
        "points": sale.points_asked.count if done else 0,
        "number": "" if sale.order is None else sale.order.number,
        **{kind.value: _taken_by(sale, kind) if done else 0 for kind in TenderKind},
        "fn": "" if sale.document is None else sale.document.fn,
        "shift": 0 if sale.document is None else sale.document.shift,
    }


def _taken_by(sale: Sale, kind: TenderKind) -> int:
    return sum(tender.amount.kopecks for tender in sale.tenders if tender.kind is kind)


def _link(previous: bytes, *fields: str | int) -> bytes:
    """The hash that ties an entry to all entries before it."""
    digest = hashlib.sha256(previous)
    digest.update("\n".join(str(field) for field in fields).encode())
    return digest.digest()


def _failed(failure: Failure, name: str) -> JournalError:
    """The storage's failure as a sentence that tells the cashier what to do."""
    return JournalError(_SENTENCES[failure].format(name=name))
