"""What a cashier does with a refund: open its page, confirm, hand the cash out, ask again, leave it."""

import re
from collections.abc import Callable
from uuid import UUID

from pos_client.counter import refund_words, surplus_words, words
from pos_client.counter.checkout import Checkout
from pos_client.counter.refunding import Refunding
from pos_client.counter.scans import Formats, OrderScan, ReceiptScan, recognise
from pos_client.counter.state import RefundPage
from pos_client.counter.telling import Told
from pos_client.domain.money import Money
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.ports import Journal

__all__ = ["RefundDesk"]

_RECALLED = 10
"""Sales to choose from: an older one is found by its receipt or its number."""
_DOCUMENT = re.compile(r"[0-9]{1,9}")
"""A number in a fiscal storage (tag 1040) that has not the shape of an order number."""


class RefundDesk:
    """The gestures of refunds. Whatever one may fail with becomes a notice."""

    def __init__(
        self,
        refunding: Refunding,
        checkout: Checkout,
        say: Callable[[Trouble | None], None],
        *,
        journal: Journal,
        formats: Formats,
    ) -> None:
        self._refunding = refunding
        self.here = refunding.here
        self._checkout = checkout
        self._say = say
        self._journal = journal
        self.recent: tuple[Sale, ...] = ()
        """Sales that the one to be given back may be chosen from, latest first, as they were when that was asked."""
        self._formats = formats

    def settle_debts_by(self, cancel: Callable[[str, UUID | None], None]) -> None:
        """Name whoever follows debts: he is told each refunded order, or one visit of it, perhaps more than once."""
        self._refunding.settle_debts_by(cancel)

    @property
    def page(self) -> RefundPage | None:
        """The refund on the counter, with everything that its page shows."""
        return self._refunding.page

    def recall(self) -> None:
        """Somebody is asked which order goes back: look up the last sales, this once and not at every change."""
        with Told(self._say):
            self.recent = self._journal.latest_done(_RECALLED)

    async def open(self, text: str) -> None:
        """Show the refund of an order, by its number or by a receipt: its QR code or its number. Nothing moves."""
        with Told(self._say):
            if _has_begun(self._checkout):
                self._say(words.FINISH_FIRST)
                return
            match recognise(text, self._formats, typed=True):
                case OrderScan(number):
                    await self._refunding.opening.open(number)
                case ReceiptScan(qr):
                    await self._refunding.opening.open_by_receipt(qr)
                case _ if _DOCUMENT.fullmatch(text.strip()):
                    await self._refunding.opening.open_by_document(int(text))
                case _:
                    self._say(refund_words.NOT_AN_ORDER)
            await self._clear_counter()
            self._tell_of_surplus()

    async def confirm(self) -> None:
        """Give everything back."""
        with Told(self._say):
            await self._refunding.confirm()

    async def handed_out(self) -> None:
        """The customer has the cash."""
        with Told(self._say):
            await self._refunding.handed_out()

    async def answer_check(self, slip: bool, amount: Money) -> None:  # noqa: FBT001 - the two answers, as they are asked
        """What the cashier sees where the terminal could not tell: is there a slip of the return, for which sum?"""
        with Told(self._say):
            await self._refunding.answer_check(slip, amount)

    async def name_payment(self, reference: str) -> None:
        """The reference (RRN) of a payment that only a signed word knows of, read from its slip."""
        with Told(self._say):
            await self._refunding.name_payment(reference)

    async def receipt_wanted(self, contact: str, *, paper: bool) -> None:
        """Where the receipt of the return goes, before anything moves."""
        with Told(self._say):
            self.here.receipt_wanted(contact, paper=paper)

    async def recheck(self) -> None:
        """Take the refund up again after trouble."""
        with Told(self._say):
            await self._refunding.recheck()

    async def close(self) -> None:
        """Leave the page, or give up what was begun if nothing has moved."""
        with Told(self._say):
            await self._refunding.close()

    def set_aside(self) -> None:
        """Take a refund that cannot go on off the counter; it stays among the unfinished ones."""
        self.here.set_aside()

    async def resume(self, refund_id: UUID) -> None:
        """Put an unfinished refund on the counter and see it through."""
        with Told(self._say):
            if _has_begun(self._checkout):
                self._say(words.FINISH_FIRST)
                return
            await self._refunding.resume(refund_id)
            await self._clear_counter()

    async def give_up(self, refund_id: UUID) -> None:
        """Give up an unfinished refund if surely nothing has moved; else it comes to the counter with the reason."""
        with Told(self._say):
            if _has_begun(self._checkout):
                self._say(words.FINISH_FIRST)
                return
            await self._refunding.give_up(refund_id)
            await self._clear_counter()

    def _tell_of_surplus(self) -> None:
        """The order's own refund is not the place to give a payment too many back a second time."""
        refund = self.here.refund
        if refund is not None and refund.surplus is None and refund.stage is RefundStage.OPEN:
            self._say(self._refunding.surplus.last_given_back(refund.number))

    def not_taken_of(self, number: str) -> Trouble | None:
        """What to say of an order for which this till has taken a payment that the order did not; None without one."""
        return next((surplus_words.still_here(sale) for sale in self._refunding.surplus.refused(number)), None)

    def one_line(self) -> None:
        """Somebody wants a single line back: say why that cannot be."""
        self._say(refund_words.ONE_LINE_ONLY)

    def leave_read_page(self) -> None:
        """Something else is wanted on the counter: a page that was only read makes room."""
        if self.here.in_the_way is None:
            self.here.set_aside()

    async def _clear_counter(self) -> None:
        """A sale that was only looked at makes room for a page; one that began meanwhile takes the page away."""
        if self.here.refund is None:
            return
        if _has_begun(self._checkout):
            self.leave_read_page()
            self._say(words.FINISH_FIRST)
        elif self._checkout.here.sale is not None:
            await self._checkout.cancel()


def _has_begun(checkout: Checkout) -> bool:
    """Whether the sale on the counter is past the point where only words were exchanged."""
    sale = checkout.here.sale
    return checkout.is_paying or (sale is not None and sale.stage is not Stage.OPEN)
