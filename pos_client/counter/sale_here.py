"""The sale on the counter: written down before it is shown, one gesture at a time, and how it leaves the counter."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from pos_client.counter import words
from pos_client.counter.pricing import Outside
from pos_client.counter.slip_desk import SlipDesk
from pos_client.counter.state import Wait, WaitFor
from pos_client.domain.facts import facts_of
from pos_client.domain.sale import Sale, Stage

__all__ = ["SaleHere"]


class SaleHere:
    """`on_change` is called after every visible change; calls come from one loop."""

    def __init__(self, outside: Outside, slips: SlipDesk, on_change: Callable[[], None]) -> None:
        self._out = outside
        self._slips = slips
        self._changed = on_change
        self._turn = asyncio.Lock()
        self.sale: Sale | None = None
        self.wait: Wait | None = None
        self.last: Sale | None = outside.journal.last_done()
        """The one that ended last with money and receipt."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One gesture at a time. A disk that refuses leaves its words on a sale under way: it can be taken up."""
        async with self._turn:
            try:
                yield
            except OSError as error:
                if self.sale is not None and self.sale.stage is not Stage.OPEN:
                    self.lay(self.sale.troubled(words.disk_failed(error)))
                raise

    def show_wait(self, what: WaitFor | None, slow: bool) -> None:  # noqa: FBT001 - a callback of two words
        """Show what is awaited since when; None when nothing is."""
        if what is None:
            self.wait = None
        elif self.wait is not None and self.wait.what is what:
            self.wait = replace(self.wait, slow=slow)
        else:
            self.wait = Wait(what, self._out.clock(), slow)
        self._changed()

    def lay(self, sale: Sale | None) -> None:
        """Show a sale that the journal knows, or need not; with None the counter is free."""
        self.sale = sale
        self._changed()

    def keep(self, sale: Sale) -> Sale:
        """Journal first, show second. A sale without an order is nothing to remember yet.

        Raises:
            OSError: the disk refused; nothing may be done on the strength of it.
        """
        if sale.order is not None:
            self._out.journal.save(sale)
            self._slips.of_sale(sale)
        self.lay(sale)
        return sale

    # ------------------------------------------------------------------------------------------- leaving the counter

    def end(self, sale: Sale) -> None:
        """Hand the facts of a sale with a receipt to the outbox, and clear the counter.

        Raises:
            OSError: the outbox or the journal refused; asked again, it is ended.
        """
        self._out.outbox.put(*facts_of(sale))
        self.last = self.keep(sale.recorded(at=self._out.clock()))
        self.lay(None)

    def drop(self, sale: Sale) -> None:
        """Give up a sale of which nothing has moved, and clear the counter.

        Raises:
            OSError: the outbox or the journal refused.
        """
        if sale.order is None:
            self.lay(None)
        else:
            self.undo(self.keep(sale.given_up()))

    def undo(self, sale: Sale) -> None:
        """Hand what a sale that is given up owes to the outbox, and clear the counter.

        Raises:
            OSError: the outbox or the journal refused; asked again, it is undone.
        """
        self._out.outbox.put(*facts_of(sale))
        self._out.journal.save(sale.cancelled(at=self._out.clock()))
        self.lay(None)
