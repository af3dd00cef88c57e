"""Corrections of wrong fiscal documents: both steps are written down before the first, and each is registered once."""

from collections.abc import Callable
from uuid import UUID

from pos_client.counter.receipting import Receipting
from pos_client.domain.correction import Correction, correction_of
from pos_client.domain.receipt import FiscalDocument, Receipt
from pos_client.domain.sale import Cashier
from pos_client.domain.settling import FiscalRules
from pos_client.ports import CashRegister, Clock, CorrectionBook

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

    async def correct(
        self, wrong: Receipt, document: FiscalDocument, right: Receipt | None, *, cashier: Cashier
    ) -> Correction:
        """Take back a document that was registered as `wrong`, and register what is right, if anything is.

        A document is corrected once: a second try goes on with the first correction, or finds it done. What stands in
        the way is the answer's trouble.

        Raises:
            OSError: the book refused; nothing further was sent.
        """
        known = self._book.of_document(document.fn, document.number)
        return await self._go_on(known or self._opened(wrong, document, right, cashier))

    async def resume(self) -> tuple[Correction, ...]:
        """Go on with every correction that is not finished, oldest first.

        Raises:
            OSError: the book refused.
        """
        return tuple([await self._go_on(correction) for correction in self._book.unfinished()])

    def _opened(self, wrong: Receipt, document: FiscalDocument, right: Receipt | None, cashier: Cashier) -> Correction:
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
