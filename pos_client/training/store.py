"""The shop's memory: one SQLite connection to one file, with every table of the four services."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["FILE_NAME", "Store"]

FILE_NAME: Final = "shop.sqlite3"
"""The file in the folder of a shop's data."""

_MAPPED_BYTES: Final = 8 << 30
_CACHE_KIB: Final = 64 << 10

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS customers (
    id INTEGER PRIMARY KEY, cdek_id TEXT, phone TEXT, email TEXT, last_name TEXT, first_name TEXT, middle_name TEXT,
    level TEXT, level_name TEXT, paid_before INTEGER NOT NULL DEFAULT 0, given TEXT);
CREATE INDEX IF NOT EXISTS customers_by_cdek_id ON customers (cdek_id);
CREATE INDEX IF NOT EXISTS customers_by_phone ON customers (phone);
CREATE INDEX IF NOT EXISTS customers_by_email ON customers (email) WHERE email IS NOT NULL;
CREATE TABLE IF NOT EXISTS cards (
    number TEXT PRIMARY KEY, customer INTEGER NOT NULL, status TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cards_by_customer ON cards (customer);

CREATE TABLE IF NOT EXISTS lots (
    id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL,
    remaining INTEGER NOT NULL, available_from TEXT, expires TEXT, order_id TEXT,
    promotion TEXT NOT NULL DEFAULT '', comment TEXT NOT NULL DEFAULT '', burned INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS lots_by_customer ON lots (customer, expires);
CREATE INDEX IF NOT EXISTS lots_by_order ON lots (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS spends (
    id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, lot INTEGER NOT NULL, amount INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS spends_by_order ON spends (order_id);

CREATE TABLE IF NOT EXISTS movements (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, customer INTEGER NOT NULL, kind TEXT NOT NULL,
    amount INTEGER NOT NULL, lot INTEGER NOT NULL, order_id TEXT);
CREATE INDEX IF NOT EXISTS movements_by_customer ON movements (customer, at);

CREATE TABLE IF NOT EXISTS privileges (
    customer INTEGER NOT NULL, promotion TEXT NOT NULL, PRIMARY KEY (customer, promotion)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS promotion_uses (
    customer INTEGER NOT NULL, promotion TEXT NOT NULL, order_id TEXT NOT NULL,
    PRIMARY KEY (customer, promotion, order_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS promotion_uses_by_order ON promotion_uses (order_id);
CREATE TABLE IF NOT EXISTS coupons (
    code TEXT PRIMARY KEY, promotion TEXT NOT NULL, customer INTEGER, issued INTEGER NOT NULL, blocked INTEGER NOT NULL,
    starts TEXT, ends TEXT, used_by TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS coupons_by_order ON coupons (used_by);

CREATE TABLE IF NOT EXISTS codes (
    phone TEXT PRIMARY KEY, code TEXT NOT NULL, expires TEXT NOT NULL, tries INTEGER NOT NULL,
    checked_at TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, customer INTEGER, phone TEXT NOT NULL, kind TEXT NOT NULL,
    text TEXT NOT NULL, code TEXT NOT NULL, parameters TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS loyalty_orders (
    order_id TEXT PRIMARY KEY, number INTEGER NOT NULL, customer INTEGER, status TEXT NOT NULL, body TEXT NOT NULL,
    total INTEGER NOT NULL, spent INTEGER NOT NULL, earned INTEGER NOT NULL, offline INTEGER NOT NULL,
    executed_at TEXT NOT NULL, changed_at TEXT NOT NULL, created_at TEXT NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS loyalty_orders_by_number ON loyalty_orders (number);
CREATE INDEX IF NOT EXISTS loyalty_orders_by_customer ON loyalty_orders (customer, status);
CREATE TABLE IF NOT EXISTS transactions (
    id TEXT PRIMARY KEY, operation TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS processing_log (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, operation TEXT NOT NULL, transaction_id TEXT, message TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, expires TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parcels (
    cdek_number TEXT PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, im_number TEXT, title TEXT NOT NULL,
    total INTEGER NOT NULL, entity TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parcels_by_im_number ON parcels (im_number);
CREATE TABLE IF NOT EXISTS visits (
    seq INTEGER PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, visit_id TEXT NOT NULL UNIQUE,
    cdek_number TEXT NOT NULL, day TEXT NOT NULL, paid INTEGER NOT NULL, discount INTEGER NOT NULL,
    loyalty_order TEXT, body TEXT NOT NULL, answer TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS visits_by_order ON visits (cdek_number, seq);
CREATE INDEX IF NOT EXISTS visits_by_day ON visits (day);

CREATE TABLE IF NOT EXISTS refunds (
    refund_id TEXT PRIMARY KEY, cdek_number TEXT NOT NULL, state TEXT NOT NULL, claim TEXT NOT NULL,
    receipt TEXT NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS refunds_hold_an_order_once ON refunds (cdek_number) WHERE state <> 'released';

CREATE TABLE IF NOT EXISTS corrections (
    seq INTEGER PRIMARY KEY, correction_id TEXT NOT NULL UNIQUE, cdek_number TEXT NOT NULL, visit_id TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS corrections_by_visit ON corrections (visit_id, seq);

CREATE TABLE IF NOT EXISTS card_operations (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL,
    code TEXT NOT NULL, reference TEXT NOT NULL, guid TEXT NOT NULL, settled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS transfers (
    order_id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, at TEXT NOT NULL, expires TEXT NOT NULL,
    amount INTEGER NOT NULL, purpose TEXT NOT NULL, state TEXT NOT NULL, operations TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS register_jobs (uuid TEXT PRIMARY KEY, results TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fiscal_documents (
    fd INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, at TEXT NOT NULL, shift INTEGER NOT NULL,
    receipt INTEGER, total INTEGER NOT NULL, sign TEXT NOT NULL, printed INTEGER NOT NULL, task TEXT NOT NULL);
"""

# Tables of other shapes were left behind by earlier versions; what was in them is laid out anew.
_VERSION = 2
_OF_LOYALTY = (
    "customers",
    "cards",
    "lots",
    "spends",
    "movements",
    "privileges",
    "promotion_uses",
    "coupons",
    "codes",
    "messages",
    "loyalty_orders",
    "transactions",
    "processing_log",
)

_CLEAR = """DELETE FROM facts
DELETE FROM customers
DELETE FROM cards
DELETE FROM lots
DELETE FROM spends
DELETE FROM movements
DELETE FROM privileges
DELETE FROM promotion_uses
DELETE FROM coupons
DELETE FROM codes
DELETE FROM messages
DELETE FROM loyalty_orders
DELETE FROM transactions
DELETE FROM processing_log
DELETE FROM tokens
DELETE FROM parcels
DELETE FROM visits
DELETE FROM refunds
DELETE FROM corrections
DELETE FROM card_operations
DELETE FROM transfers
DELETE FROM register_jobs
DELETE FROM fiscal_documents"""


class Store:
    """Reads and writes under one lock, so that the shop may be looked at from a test's own thread."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        # A crowd of millions is larger than SQLite's own cache: without these two its look-ups cost twice as much.
        self._connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        if self.number("PRAGMA user_version") < _VERSION:
            for table in _OF_LOYALTY:
                self.run(f"DROP TABLE IF EXISTS {table}")
        self._connection.executescript(_SCHEMA)
        if self.number("PRAGMA user_version") < _VERSION:
            self.run("DELETE FROM facts WHERE name = 'filled'")
            self.run(f"PRAGMA user_version = {_VERSION}")

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner transaction joins the outer one."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def run(self, sql: str, *values: object) -> int:
        """Execute one statement; returns the id of an inserted row."""
        with self._lock:
            return self._connection.execute(sql, values).lastrowid or 0

    def run_named(self, sql: str, values: Mapping[str, object]) -> None:
        """Execute one statement whose parameters are named; values that it does not name are ignored."""
        with self._lock:
            self._connection.execute(sql, values)

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, or None."""
        with self._lock:
            row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return row

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def number(self, sql: str, *values: object) -> int:
        """The first column of the first row as a whole number; 0 when there is nothing."""
        row = self.one(sql, *values)
        return int(row[0] or 0) if row is not None else 0

    def fact(self, name: str, default: str = "") -> str:
        """A single remembered value."""
        row = self.one("SELECT value FROM facts WHERE name = ?", name)
        return str(row["value"]) if row is not None else default

    def remember(self, name: str, value: str) -> None:
        """Replace a single remembered value."""
        self.run("INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)

    def clear(self) -> None:
        """Empty every table; numbering of fiscal documents goes on, because a fiscal storage never counts back."""
        with self.transaction():
            for statement in _CLEAR.splitlines():
                self.run(statement)
