"""The refunds of this till: the one on the page, those that wait to be taken up, the last one that ended."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from uuid import UUID

from pos_client.counter import refund_words, words
from pos_client.counter.checkout import CheckoutSettings
from pos_client.counter.pricing import Outside
from pos_client.counter.slip_desk import SlipDesk
from pos_client.counter.state import Wait, WaitFor
from pos_client.domain.paid_order import PaidOrder
from pos_client.domain.refund import Refund, RefundStage, receipt_wanted
from pos_client.domain.sale import Trouble
from pos_client.domain.surplus import Surplus
from pos_client.ports import RefusedError

__all__ = ["RefundsHere"]


class RefundsHere:
    """Journal first, show second: `on_change` is called after every visible change. One gesture at a time."""

    def __init__(
        self, outside: Outside, settings: CheckoutSettings, slips: SlipDesk, on_change: Callable[[], None]
    ) -> None:
        self._out = outside
        self._slips = slips
        self._settings = settings
        self._changed = on_change
        self.busy = False
        """A gesture is being followed."""
        self.wait: Wait | None = None
        self.refund: Refund | None = None
        """The one on the page."""
        self.last: Refund | None = outside.refund_book.last_done()
        self.unfinished: tuple[Refund, ...] = outside.refund_book.open_refunds()

    # ----------------------------------------------------------------------------------------------- to be shown

    @property
    def opening(self) -> Wait | None:
        """The question that stands before the page; None once there is one."""
        return self.wait if self.refund is None else None

    @property
    def at_rest(self) -> Refund | None:
        """The refund on the page, if nothing is being done about it."""
        return None if self.busy else self.refund

    @property
    def in_the_way(self) -> Trouble | None:
        """Why nothing else may take the page's place now; None when it may."""
        if self.busy:
            return refund_words.REFUND_UNDER_WAY
        begun = self.refund is not None and self.refund.stage is not RefundStage.OPEN
        return refund_words.FINISH_REFUND_FIRST if begun else None

    def show_wait(self, what: WaitFor | None, slow: bool) -> None:  # noqa: FBT001 - a callback of two words
        """Show what is awaited since when; None when nothing is."""
        if what is None:
            self.wait = None
        elif self.wait is not None and self.wait.what is what:
            self.wait = replace(self.wait, slow=slow)
        else:
            self.wait = Wait(what, self._out.clock(), slow)
        self._changed()

    @contextmanager
    def waiting_for(self, what: WaitFor) -> Iterator[None]:
        """Show what is awaited until it is there."""
        self.show_wait(what, False)
        try:
            yield
        finally:
            self.show_wait(None, False)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """One gesture at a time. A disk that refuses leaves its words on a refund under way: it can be taken up."""
        self.busy = True
        try:
            yield
        except OSError as error:
            if self.refund is not None and self.refund.stage is not RefundStage.OPEN:
                self.refund = self.refund.troubled(words.disk_failed(error))
            raise
        finally:
            self.busy = False
            self._changed()
        await self._slips.print_owed()

    # ------------------------------------------------------------------------------------------------- the page

    def fresh(self, paid: PaidOrder, surplus: Surplus | None = None) -> Refund:
        """A refund of the order, or of a payment too many for it, that nobody has heard of yet."""
        settings = self._settings
        now = self._out.clock()
        return Refund(self._out.new_id(), now, settings.office, settings.till, settings.cashier, paid, surplus=surplus)

    def lay(self, refund: Refund) -> None:
        """Put a refund on the page; it waits among the unfinished no more."""
        self.unfinished = tuple(one for one in self.unfinished if one.id != refund.id)
        self.refund = refund
        self._changed()

    def receipt_wanted(self, contact: str, *, paper: bool) -> None:
        """Where the receipt of the return on the page goes; nothing has moved yet.

        Raises:
            RefusedError: no such contact.
        """
        refund = self.at_rest
        if refund is None or refund.stage is not RefundStage.OPEN:
            return
        try:
            self.lay(receipt_wanted(refund, contact, paper=paper))
        except ValueError as error:
            raise RefusedError(words.CONTACT_IS_WRONG, detail=str(error)) from error

    def keep(self, refund: Refund) -> Refund:
        """Write the refund on the page down as it is now.

        Raises:
            OSError: the disk refused; nothing may be done on the strength of it.
        """
        if refund.stage is RefundStage.FISCALISING and refund.trouble is not None:
            fiscal = refund.fiscal
            if fiscal is not None and not fiscal.sent:
                refund = replace(refund, trouble=refund_words.about_receipt(refund.trouble))
        self._out.refund_book.save(refund)
        self._slips.of_refund(refund)
        self.refund = refund
        self._changed()
        return refund

    def end(self, refund: Refund) -> None:
        """Write the end of the refund on the page down, whatever end it is, and clear the page.

        Raises:
            OSError: the disk refused; it has not ended.
        """
        self._out.refund_book.save(refund)
        if refund.stage is RefundStage.DONE:
            self.last = refund
        self.forget()

    def forget(self) -> None:
        """Clear the page."""
        self.refund = None
        self._changed()

    def set_aside(self) -> None:
        """Take a refund that cannot go on now off the page; it stays unfinished, and nobody else can have its order."""
        refund = self.refund
        if self.busy or refund is None:
            return
        if refund.stage is not RefundStage.OPEN:
            self.unfinished = (*self.unfinished, refund)
        self.forget()

    def take_up(self, refund_id: UUID) -> bool:
        """Put an unfinished refund on the page as the book has it; False when it has ended.

        Raises:
            RefusedError: another one lies there.
        """
        if (trouble := self.in_the_way) is not None:
            raise RefusedError(trouble)
        refund = self._out.refund_book.find(refund_id)
        self.unfinished = tuple(one for one in self.unfinished if one.id != refund_id)
        self.refund = refund if refund is not None and refund.is_open else None
        self._changed()
        return self.refund is not None
