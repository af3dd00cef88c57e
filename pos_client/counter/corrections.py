"""Corrections of wrong fiscal documents: both steps are written down before the first, and each is registered once."""

import asyncio
from datetime import datetime
from uuid import UUID

from pos_client.counter import correction_words, receipt_words
from pos_client.counter.pricing import Outside
from pos_client.counter.receipting import Receipting
from pos_client.domain.correction import Correction, correction_of, receipt_by, says_the_same
from pos_client.domain.facts import DocumentCorrected
from pos_client.domain.receipt import FiscalDocument, FiscalTask, Receipt
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Cashier, Sale, Stage
from pos_client.domain.settling import FiscalRules
from pos_client.ports import PosError, RefusedError

__all__ = ["Corrections"]


class Corrections:
    """Puts documents right, one at a time; after a crash `resume` takes the same path."""

    def __init__(self, outside: Outside, *, rules: FiscalRules, check_for: float, check_pause: float) -> None:
        self._turn = asyncio.Lock()
        self._out = outside
        self._book = outside.corrections
        self._rules = rules
        self._receipting = Receipting[Correction](
            outside.register,
            keep=self._keep,
            show=lambda _wait, _again: None,
            new_id=outside.new_id,
            check_for=check_for,
            check_pause=check_pause,
        )

    async def correct_sale(
        self, number: int, *, cashier: Cashier, fn: str = "", undo: bool = False, why: str = ""
    ) -> Correction:
        """Correct the document that stands for a sale of this till, named by its number and, if need be, its storage.

        The right receipt is what the sale would have had by the rules of today; with `undo` there is none, the wrong
        one is only taken back.

        Raises:
            RefusedError: no such document, more than one, one that a sale or a refund at the counter is having
                corrected, an order that is returned, nothing in it that today's rules would change, or another
                document stands for the sale by now.
            OSError: the book refused; nothing further was sent.
        """
        wrong, document, sale = self._registered(number, fn)
        if not document.sign:
            raise RefusedError(receipt_words.UNSIGNED)
        right = None if undo else receipt_by(sale, self._rules)
        known = self._book.of_document(document.fn, document.number)
        if known is None:
            if right is not None and says_the_same(wrong, right):
                raise RefusedError(correction_words.nothing_to_correct(number))
            if await self._is_returned(wrong.order_number, sale.id):
                raise RefusedError(correction_words.returned_already(number))
        elif not known.is_open and known.right is None:
            if right is not None:
                raise RefusedError(correction_words.taken_back_already(number))
        elif not known.is_open and known.right is not None:
            stands, as_registered = known.right
            if right is None or not says_the_same(as_registered, right):
                raise RefusedError(correction_words.corrected_already(number, stands.number))
        return await self.correct(wrong, document, right, cashier=cashier, why=why)

    async def _is_returned(self, order: str, visit: UUID) -> bool:
        """Whether the order, or this visit alone, is refunded or being refunded, as far as anybody can tell now."""
        alone = [one.surplus.visit for one in self._out.refund_book.surpluses(order) if one.surplus is not None]
        if visit in alone or self._out.refund_book.holds(order) is not None:
            return True
        try:
            return (await self._out.refunds.paid_for(order)).returned is not None
        except PosError:
            # The tax office does not wait for the order service; it hears of the correction by the outbox.
            return False

    def _registered(self, number: int, fn: str) -> tuple[Receipt, FiscalDocument, Sale]:
        put_right = [(one.wrong, *one.right) for one in self._book.right_under(number) if one.right is not None]
        # A sale may have ended by the document of a correction, which says more than the receipt that it owed.
        as_put_right = {document.fn: receipt for _, document, receipt in put_right}
        found = [
            (as_put_right.get(sale.document.fn, sale.fiscal.receipt), sale.document, sale)
            for sale in self._book.sold_under(number)
            if sale.fiscal is not None and sale.document is not None
        ]
        for wrong, document, receipt in put_right:
            if (behind := self._sale_behind(wrong)) is not None:
                found.append((receipt, document, behind))
        found = [one for one in found if fn in {"", one[1].fn}]
        if not found and self._waits_for_correction(number, fn):
            raise RefusedError(correction_words.being_put_right(number))
        if not found:
            raise RefusedError(correction_words.no_such_document(number))
        if len(found) > 1:
            raise RefusedError(correction_words.which_storage(number, [document.fn for _, document, _ in found]))
        return found[0]

    def _waits_for_correction(self, number: int, fn: str) -> bool:
        """Whether a sale or a refund that has not ended was registered wrongly as this document."""
        sales, refunds = self._out.journal.open_sales(), self._out.refund_book.open_refunds()
        wrong = [sale.misregistered for sale in sales if sale.stage is Stage.CORRECTING]
        wrong += [refund.misregistered for refund in refunds if refund.stage is RefundStage.CORRECTING]
        documents = [found.document for found in wrong if found is not None]
        return any(document.number == number and fn in {"", document.fn} for document in documents)

    def _sale_behind(self, wrong: FiscalDocument) -> Sale | None:
        """The sale that a document stands or stood for; None while the sale has not ended, and nobody heard of it."""
        for sale in self._book.sold_under(wrong.number):
            if sale.document is not None and sale.document.fn == wrong.fn:
                return sale
        for earlier in self._book.right_under(wrong.number):
            if earlier.right is not None and earlier.right[0].fn == wrong.fn:
                return self._sale_behind(earlier.wrong)
        return None

    async def correct(
        self, wrong: Receipt, document: FiscalDocument, right: Receipt | None, *, cashier: Cashier, why: str = ""
    ) -> Correction:
        """Take back a document that was registered as `wrong`, and register what is right, if anything is.

        A document is corrected once: a second try goes on with the first correction, or finds it done. What stands in
        the way is the answer's trouble.

        Raises:
            OSError: the book refused; nothing further was sent.
        """
        async with self._turn:
            known = self._book.of_document(document.fn, document.number)
            return await self._go_on(known or self._opened(wrong, document, right, cashier, why))

    def step_of(self, wrong: FiscalDocument) -> FiscalTask | None:
        """The step that is at hand of this document's correction; None when it has none, or has ended."""
        known = self._book.of_document(wrong.fn, wrong.number)
        return None if known is None else known.fiscal

    async def testify(self, wrong: int, number: int, *, by: str, at: datetime, fn: str = "") -> Correction:
        """Go on by what was signed of the step at hand: the number on its paper, or 0 when there surely is none.

        `wrong` is the number of the wrong document, `fn` its storage, empty for any.

        Raises:
            RefusedError: nobody asked, or the number surely is not that step's; nothing has changed.
            OSError: the book refused; nothing further was sent.
        """
        async with self._turn:
            open_ones = [one for one in self._book.unfinished() if one.is_open and fn in {"", one.wrong.fn}]
            found = next((one for one in open_ones if one.wrong.number == wrong), None)
            if found is None:
                raise RefusedError(receipt_words.NOBODY_ASKED)
            if await self._receipting.testify(found, number, by=by, at=at):
                return await self._go_on(self._latest(found))
            return self._latest(found)

    async def resume(self) -> tuple[Correction, ...]:
        """Go on with every correction that is not done and told, oldest first.

        Raises:
            OSError: the book refused.
        """
        async with self._turn:
            return tuple([await self._go_on(correction) for correction in self._book.unfinished()])

    def _opened(
        self, wrong: Receipt, document: FiscalDocument, right: Receipt | None, cashier: Cashier, why: str
    ) -> Correction:
        return self._keep(
            correction_of(
                wrong,
                document,
                right,
                correction_id=self._out.new_id(),
                task_ids=(self._out.new_id(), self._out.new_id()),
                opened_at=self._out.clock(),
                cashier=cashier,
                rules=self._rules,
                why=why,
            )
        )

    async def _go_on(self, correction: Correction) -> Correction:
        while correction.is_open and await self._receipting.fiscalise(correction):
            correction = self._latest(correction)
        return self._reported(self._latest(correction))

    def _reported(self, correction: Correction) -> Correction:
        """Done corrections are told, once; where nobody has heard of the wrong document there is nothing to tell."""
        if correction.is_open or correction.told:
            return correction
        sale = self._sale_behind(correction.wrong)
        if sale is not None:
            self._out.outbox.put(DocumentCorrected(correction, sale.id))
        return self._keep(correction.reported())

    def _latest(self, correction: Correction) -> Correction:
        return self._book.find(correction.id) or correction

    def _keep(self, correction: Correction) -> Correction:
        self._book.save(correction)
        return correction
