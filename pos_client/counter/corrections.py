"""Corrections of wrong fiscal documents: both steps are written down before the first, and each is registered once."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from pos_client.counter import words
from pos_client.counter.receipting import Receipting
from pos_client.domain.correction import Correction, correction_of, receipt_by, says_the_same
from pos_client.domain.receipt import FiscalDocument, Receipt
from pos_client.domain.sale import Cashier, Sale
from pos_client.domain.settling import FiscalRules
from pos_client.ports import CashRegister, Clock, CorrectionBook, RefusedError

__all__ = ["Corrections"]


class Corrections:
    """Puts documents right, one at a time; after a crash `resume` takes the same path."""

    def __init__(
        self,
        register: CashRegister,
        book: CorrectionBook,
        *,
        now: Clock,
        new_id: Callable[[], UUID],
        rules: FiscalRules,
        check_for: float,
        check_pause: float,
    ) -> None:
        self._turn = asyncio.Lock()
        self._book = book
        self._now = now
        self._new_id = new_id
        self._rules = rules
        self._receipting = Receipting[Correction](
            register,
            keep=self._keep,
            show=lambda _wait, _again: None,
            new_id=new_id,
            check_for=check_for,
            check_pause=check_pause,
        )

    async def correct_sale(
        self, number: int, *, cashier: Cashier, fn: str = "", undo: bool = False, why: str = ""
    ) -> Correction:
        """Correct the receipt of a sale of this till, named by its document number and, if need be, its storage.

        The right receipt is what the sale would have had by the rules of today; with `undo` there is none, the wrong
        one is only taken back.

        Raises:
            RefusedError: no such document, more than one, or nothing in it that today's rules would change.
            OSError: the book refused; nothing further was sent.
        """
        wrong, document, sale = self._registered(number, fn)
        right = None if undo else receipt_by(sale, self._rules)
        known = self._book.of_document(document.fn, document.number)
        if known is None and right is not None and says_the_same(wrong, right):
            raise RefusedError(words.nothing_to_correct(number))
        return await self.correct(wrong, document, right, cashier=cashier, why=why)

    def _registered(self, number: int, fn: str) -> tuple[Receipt, FiscalDocument, Sale]:
        found = [
            (sale.fiscal.receipt, sale.document, sale)
            for sale in self._book.sold_under(number)
            if sale.fiscal is not None and sale.document is not None and fn in {"", sale.document.fn}
        ]
        if not found:
            raise RefusedError(words.no_such_document(number))
        if len(found) > 1:
            raise RefusedError(words.which_storage(number, [document.fn for _, document, _ in found]))
        return found[0]

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

    async def resume(self) -> tuple[Correction, ...]:
        """Go on with every correction that is not finished, oldest first.

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
                correction_id=self._new_id(),
                task_ids=(self._new_id(), self._new_id()),
                opened_at=self._now(),
                cashier=cashier,
                rules=self._rules,
                why=why,
            )
        )

    async def _go_on(self, correction: Correction) -> Correction:
        while correction.is_open and await self._receipting.fiscalise(correction):
            correction = self._latest(correction)
        return self._latest(correction)

    def _latest(self, correction: Correction) -> Correction:
        return self._book.find(correction.id) or correction

    def _keep(self, correction: Correction) -> Correction:
        self._book.save(correction)
        return correction
