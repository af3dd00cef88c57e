"""Reads the account of the customer on the counter behind everybody's back: nobody waits for it, nobody misses it."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from pos_client.counter.health import Health
from pos_client.counter.state import AccountReading
from pos_client.domain.account import blocked_in
from pos_client.domain.customer import Customer, Standing
from pos_client.domain.sale import Sale
from pos_client.ports import Clock, Members, PosError, Service

__all__ = ["Account"]

_BACK = timedelta(days=180)
"""How far back the history is read: what has been blocked for longer waits for nothing that the counter can name."""
_SHOWN = 20

log = logging.getLogger(__name__)


class Account:
    """Follows the counter. A reading that fails says nothing: the light does."""

    def __init__(self, members: Members, health: Health, clock: Clock, on_change: Callable[[], None]) -> None:
        self._members = members
        self._health = health
        self._clock = clock
        self._changed = on_change
        self._customer: Customer | None = None
        self._visit: tuple[UUID, str] | None = None
        self._moved = asyncio.Event()
        self._reading: AccountReading | None = None

    def follow(self, sale: Sale | None, *, waiting: bool) -> None:
        """Somebody came, left, or was priced. While the counter waits for an answer of its own, this one waits too."""
        visit = _visit(sale)
        if visit == self._visit or (visit is not None and (waiting or not _is_priced(sale))):
            return
        self._visit, self._reading = visit, None
        self._customer = sale.customer if sale is not None and visit is not None else None
        self._moved.set()

    def of(self, sale: Sale | None) -> AccountReading | None:
        """What has been read of the customer of this sale."""
        return self._reading if _visit(sale) == self._visit else None

    async def run(self) -> None:
        """Until cancelled: read the account of whoever comes; whoever leaves takes an unfinished reading with him."""
        while True:
            self._moved.clear()
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(self._read(self._customer), name="account")
                await self._moved.wait()
                reading.cancel()

    async def _read(self, customer: Customer | None) -> None:
        if customer is None or self._health.is_open(Service.PROCESSING):
            return
        now = self._clock()
        try:
            movements = await self._members.history(customer, since=now - _BACK, till=now)
        except PosError as error:
            log.info("an account stays unread: %s", error.detail or error.trouble.what)
            return
        latest = sorted(movements, key=lambda one: one.at, reverse=True)
        self._reading = AccountReading(blocked_in(movements), tuple(latest[:_SHOWN]), now)
        self._changed()


def _visit(sale: Sale | None) -> tuple[UUID, str] | None:
    """One customer in one visit: the next visit is read anew."""
    if sale is None or sale.customer is None or sale.customer.standing is not Standing.MEMBER:
        return None
    return sale.id, sale.customer.processing_id


def _is_priced(sale: Sale | None) -> bool:
    if sale is None or sale.order is None:
        return True
    return sale.quote is not None or sale.order.obstacle(sale.office) is not None
