"""A whole till over the training shop, without sockets or windows; its clock turns by hand and its power can be cut."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from pos_client.app import Till, Waiting
from pos_client.counter.desk import Desk
from pos_client.counter.scans import Formats
from pos_client.counter.tendering import MoneySettings
from pos_client.domain.correction import Correction
from pos_client.domain.facts import Fact
from pos_client.domain.money import Money
from pos_client.domain.refund import Refund
from pos_client.domain.sale import Sale
from pos_client.ports import CorrectionBook, Journal, Outbox
from pos_client.ports.refunds import RefundBook
from pos_client.ports.slips import SlipBook
from pos_client.ports.terminal import Sbp, Terminal
from pos_client.settings import CounterSection, RegisterSection, Settings
from pos_client.training.register import Register
from pos_client.training.shop import Shop
from pos_client.training.store import Store

__all__ = [
    "ANNA",
    "C2C",
    "COINS",
    "RICH",
    "Fuse",
    "PowerCutError",
    "Time",
    "close_shift",
    "deliver",
    "open_till",
    "places_to_cut",
    "receipts",
    "replace_register",
    "shop_at",
    "sold",
]

ANNA = "48210967"
"""A member with 620 points."""
RICH = "48211331"
"""A member whose points pay for a whole order."""
C2C = "1106153417"
"""4 990,00 at once, by the sender."""
COINS = "1106150032"
"""411,60: kopecks that do not divide."""

SETTINGS = Settings(
    counter=CounterSection(slow=0.05, budget=0.25, longer=1.0, receipt_check_for=0.3, receipt_check_pause=0.02),
    cash_register=RegisterSection(post_timeout=0.3, query_timeout=0.3, print_deadline=1.0, poll_every=0.01),
)


_HURRY = MoneySettings(check_for=0.1, check_pause=0.01, qr_for=0.3, qr_pause=0.01)


class PowerCutError(BaseException):
    """The plug was pulled. No handler of the program may catch it."""


class Fuse:
    """Blows at the n-th effect; counts them all."""

    def __init__(self, blow_at: int | None = None) -> None:
        self.count = 0
        self.names: list[str] = []
        self._blow_at = blow_at

    def spark(self, name: str) -> None:
        """Something is about to happen, or has just happened, outside this process's memory."""
        self.count += 1
        self.names.append(name)
        if self.count == self._blow_at:
            raise PowerCutError(name)


def places_to_cut(last: int, *, first: int = 1, case: int, stride: int) -> range:
    """Every place in the long run (`TILL_LONG=1`); in the usual one each `stride`-th, begun elsewhere for each case."""
    step = 1 if os.environ.get("TILL_LONG") else stride
    return range(first + case % step, last + 1, step)


class Time:
    """A clock that a test turns; the courier waits by it, so that days pass at once."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Every look is a millisecond later than the one before."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def monotonic(self) -> float:
        """Seconds of the same clock."""
        return self.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Turn the clock on by so many seconds, after whatever else can run has run."""
        for _ in range(20):
            await asyncio.sleep(0)
        self.now += timedelta(seconds=max(seconds, 0.0) + 0.001)


class _FusedWire(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        operation = request.url.params.get("operation") or request.url.path
        self._fuse.spark(f"before {operation}")
        response = await self._inner.handle_async_request(request)
        await response.aread()
        self._fuse.spark(f"after {operation}")
        return response


@dataclass
class _FusedJournal:
    inner: Journal
    fuse: Fuse

    def save(self, sale: Sale) -> None:
        self.fuse.spark(f"before journal {sale.stage.value}")
        self.inner.save(sale)
        self.fuse.spark(f"after journal {sale.stage.value}")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self.inner, name)


@dataclass
class _FusedRefundBook:
    inner: RefundBook
    fuse: Fuse

    def save(self, refund: Refund) -> None:
        self.fuse.spark(f"before refund {refund.stage.value}")
        self.inner.save(refund)
        self.fuse.spark(f"after refund {refund.stage.value}")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self.inner, name)


@dataclass
class _FusedCorrectionBook:
    inner: CorrectionBook
    fuse: Fuse

    def save(self, correction: Correction) -> None:
        self.fuse.spark(f"before correction {len(correction.documents)}")
        self.inner.save(correction)
        self.fuse.spark(f"after correction {len(correction.documents)}")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self.inner, name)


@dataclass
class _FusedSlipBook:
    inner: SlipBook
    fuse: Fuse

    def begin(self, operation: UUID) -> bool:
        self.fuse.spark("before slip")
        begun = self.inner.begin(operation)
        self.fuse.spark("after slip")
        return begun


@dataclass
class _FusedOutbox:
    inner: Outbox
    fuse: Fuse

    def put(self, *facts: Fact) -> None:
        self.fuse.spark("before outbox")
        self.inner.put(*facts)
        self.fuse.spark("after outbox")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self.inner, name)


@asynccontextmanager
async def open_till(
    shop: Shop,
    folder: Path,
    clock: Time,
    *,
    fuse: Fuse | None = None,
    settings: Settings = SETTINGS,
    terminal: Terminal | None = None,
    sbp: Sbp | None = None,
) -> AsyncIterator[Till]:
    """A till on a data folder; with a fuse, every effect of its desk can be the last."""
    wire = shop.transport() if fuse is None else _FusedWire(shop.transport(), fuse)
    waiting = Waiting(clock.monotonic, clock.sleep)
    till = Till(settings, folder, training=True, clock=clock, new_id=uuid4, wire=wire, waiting=waiting)
    async with till:
        if terminal is not None or sbp is not None:
            till.outside = replace(till.outside, terminal=terminal, sbp=sbp)
        if fuse is not None or terminal is not None or sbp is not None:
            till.desk = _fused_desk(till, fuse or Fuse())
        yield till


def _fused_desk(till: Till, fuse: Fuse) -> Desk:
    outside = till.outside
    fused = replace(
        outside,
        journal=_FusedJournal(outside.journal, fuse),
        outbox=_FusedOutbox(outside.outbox, fuse),
        refund_book=_FusedRefundBook(outside.refund_book, fuse),
        corrections=_FusedCorrectionBook(outside.corrections, fuse),
        slips=_FusedSlipBook(outside.slips, fuse),
    )
    till_settings = replace(till.checkout_settings, money=_HURRY)
    return Desk(fused, till.health, till_settings, formats=Formats(), training=True)


async def deliver(till: Till, clock: Time, *, within: timedelta = timedelta(days=1)) -> None:
    """Let the courier work until nothing waits for connection, or so much of the till's time is over."""
    until = clock.now + within
    work = asyncio.create_task(till.deliver())
    try:
        while clock.now < until:
            summary = till.outside.outbox.summary()
            if summary.count <= summary.needs_human:
                return
            for _ in range(50):
                await asyncio.sleep(0)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def sold(till: Till, *scans: str, points: bool = False, part: Money | None = None) -> Sale:
    """A usual cash sale: scan, scan, pay. Returns it as the journal has it."""
    desk = till.desk
    for scan in scans:
        await desk.scanned(scan)
    if points:
        await desk.redeem(None)
    sale = desk.state.sale
    assert sale is not None, desk.state.notice
    due = part or sale.due
    await desk.pay(due, due)
    found = till.outside.journal.find(sale.id)
    assert found is not None
    return found


@contextmanager
def shop_at(clock: Time, db: Path | None = None) -> Iterator[Shop]:
    """A training shop that lives by the same clock."""
    shop = Shop(db or ":memory:", clock=clock)
    try:
        yield shop
    finally:
        shop.close()


async def close_shift(shop: Shop) -> None:
    """What a person does at the register at night: a shift lives for 24 hours at most."""
    task = {"uuid": str(uuid4()), "request": [{"type": "closeShift", "operator": {"name": "Иванова М."}}]}
    async with httpx.AsyncClient(transport=shop.transport(), base_url="http://shop") as http:
        assert (await http.post("/api/v2/requests", json=task)).status_code == HTTPStatus.CREATED


def receipts(shop: Shop) -> list[int]:
    """Totals of the sales that the cash register has registered, in kopecks."""
    return [document.total for document in shop.fiscal_documents() if document.type == "sell"]


def replace_register(shop: Shop, clock: Callable[[], datetime], fn: str = "9999078900009999") -> Register:
    """Another register is put in the shop: another storage, a web server that knows nothing. Returns the old one."""
    old = shop.register
    names = replace(old.device._names, fn=fn, first_fd=1)
    shop.register = Register(Store(":memory:"), clock, names)
    shop.register.device.set_up()
    return old
