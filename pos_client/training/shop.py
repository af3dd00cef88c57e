"""The training shop: state, rules, clock and faults of all its services behind one ASGI application."""

import asyncio
import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import httpx
from starlette.applications import Starlette

from pos_client.bundled import bundled
from pos_client.training.admin import admin_routes
from pos_client.training.bank import Bank
from pos_client.training.card_terminal import CardTerminal
from pos_client.training.clock import ShopClock
from pos_client.training.conditions import Conditions, load_conditions
from pos_client.training.corrections import Corrections
from pos_client.training.counter import Counter
from pos_client.training.crowd import fill
from pos_client.training.faults import FaultTable
from pos_client.training.fiscal_storage import FiscalDocument, RegisterNames
from pos_client.training.front import Call, Front
from pos_client.training.inpas import Inpas
from pos_client.training.ledger import Balance, Ledger, Movement
from pos_client.training.mailbox import Message
from pos_client.training.money_routes import money_routes
from pos_client.training.parcels import Parcels
from pos_client.training.processing import Processing
from pos_client.training.processing_wire import ProcessingNames
from pos_client.training.published import PublishedConditions
from pos_client.training.refunds import Refunds, refund_of
from pos_client.training.register import Register
from pos_client.training.routes import service_routes
from pos_client.training.seed import bring, seed_order, seed_orders, seed_people, weigh_again
from pos_client.training.store import Store
from pos_client.training.transport import ShopTransport
from pos_client.training.upos import Upos
from pos_client.training.wire import JsonObject, kopecks

__all__ = ["LogEntry", "LoyaltyOrder", "Shop", "ShopNames", "real_time"]


def real_time() -> datetime:
    """The machine's clock, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ShopNames:
    """What a till must be told to reach the shop; from `resources/training/shop.toml`."""

    office: str
    till: str
    endpoint: str
    secret_key: str
    client_id: str
    client_secret: str
    bank_id: str
    bank_secret: str


@dataclass(frozen=True, slots=True)
class LoyaltyOrder:
    """An order as processing keeps it; `total` in kopecks, `spent` and `earned` in points."""

    order_id: str
    customer: int | None
    status: str
    total: int
    spent: int
    earned: int
    offline: bool
    executed_at: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What processing writes about asynchronous calls that a caller cannot see."""

    at: str
    operation: str
    transaction_id: str
    message: str


class Shop:
    """Everything that a till talks to. Python and the admin path change the same state.

    `db` is a file or ":memory:"; an empty one is filled with the bundled people and orders.
    """

    def __init__(
        self,
        db: Path | Literal[":memory:"] = ":memory:",
        *,
        clock: Callable[[], datetime] = real_time,
        conditions: Conditions | None = None,
    ) -> None:
        table = tomllib.loads(bundled("training/shop.toml").read_text(encoding="utf-8"))
        self.names = _shop_names(table)
        self.clock = ShopClock(clock)
        self.faults = FaultTable()
        self._store = Store(db)
        self._ledger = Ledger(self._store, self.clock)
        self.processing = Processing(
            self._store,
            self._ledger,
            self.clock,
            names=ProcessingNames(**table["processing"]),
            conditions=conditions or load_conditions(),
            postpone=_postpone,
        )
        self.parcels = Parcels(self._store, self.clock, **table["orders"])
        self.counter = Counter(self._store, self.clock, self.parcels)
        self.refunds = Refunds(self._store, self.clock, self.parcels)
        self.corrections = Corrections(self._store, self.parcels)
        register = table["register"] | {"drawer": kopecks(table["register"]["drawer"])}
        self.register = Register(self._store, self.clock, RegisterNames(**register))
        self.terminal = CardTerminal(self._store, self.clock)
        self.upos = Upos(self.terminal)
        self.inpas = Inpas(self.terminal)
        self.bank = Bank(self._store, self.clock, **table["sbp"])
        self.published = PublishedConditions()
        self._front = Front(self.faults)
        services = [*service_routes(self, self._front), *money_routes(self, self._front)]
        self.app = Starlette(routes=[*services, *admin_routes(self), *self.published.routes()])
        if not self._store.fact("filled"):
            self.reset()

    def close(self) -> None:
        """Let hanging calls and the file go."""
        self.faults.lift()
        self._store.close()

    def reset(self) -> None:
        """Load the deterministic data set around the shop's present day; lift all faults.

        The clock stays, and the numbering of fiscal documents goes on: a fiscal storage never counts back.
        """
        self.faults.lift()
        self._front.calls.clear()
        with self._store.transaction():
            self._store.clear()
            seed_people(self._store, self._ledger, self.clock)
            seed_orders(self._store, self.counter, self.clock)
            self.register.device.set_up()
            self._store.remember("filled", "yes")

    async def settled(self) -> None:
        """Wait until slow calls whose clients have left are executed; for calls made in this loop."""
        await self._front.settled()

    def add_order(self, spec: JsonObject) -> None:
        """Bring one more parcel to the office, described as `resources/training/orders.toml` describes them."""
        with self._store.transaction():
            seed_order(self._store, self.counter, self.clock(), spec)

    def weigh_again(self, order: str, grams: int, delivery: int) -> None:
        """Weigh an order at the office: its delivery costs so many kopecks from now on.

        Raises:
            LookupError: there is no such order.
        """
        with self._store.transaction():
            weigh_again(self._store, order, grams, delivery)

    def bring(self, order: str) -> None:
        """Have a parcel arrive at the pickup point now.

        Raises:
            LookupError: there is no such order.
        """
        with self._store.transaction():
            bring(self._store, order, self.clock())

    def transport(self) -> httpx.AsyncBaseTransport:
        """A transport for `httpx.AsyncClient` that reaches the shop in-process and honours read timeouts."""
        return ShopTransport(self.app)

    def balance(self, customer: int | str) -> Balance:
        """Points of a member: by mindboxId, by CDEK ID code or by phone.

        Raises:
            LookupError: there is no such member.
        """
        return self._ledger.balance(_member(self._store, customer))

    def movements(self, customer: int | str | None = None) -> list[Movement]:
        """Every movement of points, in order."""
        return self._ledger.movements(None if customer is None else _member(self._store, customer))

    def loyalty_orders(self) -> list[LoyaltyOrder]:
        """Orders that processing knows, those of the data set included."""
        rows = self._store.rows(
            "SELECT order_id, customer, status, total, spent, earned, offline, executed_at"
            " FROM loyalty_orders ORDER BY number"
        )
        return [LoyaltyOrder(*row) for row in rows]

    def fiscal_documents(self) -> list[FiscalDocument]:
        """Documents of the cash register since the last reset."""
        return self.register.device.storage.all()

    def payments(self, cdek_number: str) -> list[JsonObject]:
        """Visits recorded for an order, the earlier ones of the data set included."""
        rows = self._store.rows("SELECT body FROM visits WHERE cdek_number = ? ORDER BY seq", cdek_number)
        return [json.loads(row["body"]) for row in rows]

    def refund(self, cdek_number: str) -> JsonObject | None:
        """The refund that holds an order at the order service, claimed or finished."""
        return refund_of(self._store, cdek_number)

    def log(self) -> list[LogEntry]:
        """What processing logged about asynchronous calls."""
        rows = self._store.rows("SELECT at, operation, transaction_id, message FROM processing_log ORDER BY id")
        return [LogEntry(*row) for row in rows]

    def calls(self, service: str = "", operation: str = "") -> list[Call]:
        """The latest calls as they were received, oldest first; filtered by service and operation when given."""
        return [
            one
            for one in self._front.calls
            if (not service or one.service == service) and (not operation or one.operation == operation)
        ]

    def messages(self) -> list[Message]:
        """SMS that went to customers: codes and notices, oldest first."""
        return self.processing.mailbox.messages()

    def sms(self, phone: str = "") -> list[Message]:
        """Codes that were sent, to one phone or to all, oldest first."""
        return [one for one in self.messages() if one.code and (not phone or one.phone == phone)]

    def members(self, most: int = -1) -> Sequence[tuple[int, str, Balance]]:
        """Id, name and balance of the members, of the first `most` of them or of all."""
        rows = self._store.rows("SELECT id, last_name, first_name FROM customers ORDER BY id LIMIT ?", most)
        found = []
        for row in rows:
            name = " ".join(part for part in (row["last_name"], row["first_name"]) if part)
            found.append((row["id"], name, self._ledger.balance(row["id"])))
        return found

    def add_crowd(self, members: int) -> None:
        """Let so many more people join whose codes, phones and points `crowd` computes from their number."""
        fill(self._store, members, self.clock())


def _member(store: Store, customer: int | str) -> int:
    """The id of a member.

    Raises:
        LookupError: there is no such member.
    """
    row = store.one(
        "SELECT id FROM customers WHERE id = ? UNION SELECT id FROM customers WHERE cdek_id = ?"
        " UNION SELECT id FROM customers WHERE phone = ?",
        customer,
        customer,
        customer,
    )
    if row is None:
        raise LookupError(f"no member {customer!r}")
    return int(row["id"])


def _shop_names(table: JsonObject) -> ShopNames:
    return ShopNames(
        office=table["office"],
        till=table["till"],
        endpoint=table["processing"]["endpoint"],
        secret_key=table["processing"]["secret_key"],
        client_id=table["orders"]["client_id"],
        client_secret=table["orders"]["client_secret"],
        bank_id=table["sbp"]["client_id"],
        bank_secret=table["sbp"]["client_secret"],
    )


def _postpone(seconds: float, run: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, run)
