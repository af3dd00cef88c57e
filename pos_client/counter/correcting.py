"""A receipt of a sale or a refund registered with another total: it is corrected, and what owes it goes on."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, Self, TypeVar

from pos_client.counter import correction_words, refund_words
from pos_client.counter.corrections import Corrections
from pos_client.counter.state import WaitFor
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.money import Money
from pos_client.domain.receipt import FiscalDocument, FiscalTask, Receipt
from pos_client.domain.refund import Refund, registered_otherwise
from pos_client.domain.sale import Cashier, Sale, Trouble

__all__ = ["Correcting", "refund_told_otherwise", "told_otherwise"]


class Misstated(Protocol):
    """What owes a receipt that the register has with another total: a sale, a refund."""

    @property
    def fiscal(self) -> FiscalTask | None:
        """The receipt as it should be."""

    @property
    def misregistered(self) -> Misregistered | None:
        """The document as it is."""

    def receipted(self, document: FiscalDocument) -> Self:
        """The register has the right document."""

    def troubled(self, trouble: Trouble) -> Self:
        """Something stands in the way."""


Owed = TypeVar("Owed", bound=Misstated)


def told_otherwise(sale: Sale, found: Misregistered) -> Sale:
    """The sale after the register has said which document it has: a person reads of it before it is corrected."""
    trouble = correction_words.misregistered(found.document.total, _right(sale).total)
    return sale.registered_otherwise(found, trouble)


def refund_told_otherwise(refund: Refund, found: Misregistered) -> Refund:
    """The same of a refund: until it is corrected, no cash is handed out."""
    return registered_otherwise(refund, found, refund_words.misregistered(found.document.total, _right(refund).total))


class Correcting(Generic[Owed]):
    """Follows one correction to its end.

    `keep` journals what owes the receipt and shows it; `show` tells what is awaited; `still` finds the words for a
    document of one total, in place of another, that cannot be corrected now.
    """

    def __init__(
        self,
        corrections: Corrections,
        *,
        cashier: Cashier,
        keep: Callable[[Owed], Owed],
        show: Callable[[WaitFor | None, bool], None],
        still: Callable[[Money, Money, Trouble | None], Trouble] = correction_words.misregistered_still,
    ) -> None:
        self._corrections = corrections
        self._cashier = cashier
        self._keep = keep
        self._show = show
        self._still = still

    async def testify(self, owing: Owed, number: int, *, by: str, at: datetime) -> bool:
        """Go on by what the cashier has signed of the correction's document at hand. True: it is worth going on.

        Raises:
            RefusedError: nobody asked, or the number surely is not that document's; nothing has changed.
            OSError: the book refused; nothing further was sent.
        """
        if owing.misregistered is None:
            raise RuntimeError("what is corrected was registered wrongly")
        wrong = owing.misregistered.document
        self._show(WaitFor.CORRECTION, False)
        try:
            await self._corrections.testify(wrong.number, number, fn=wrong.fn, by=by, at=at)
        finally:
            self._show(None, False)
        return True

    async def put_right(self, owing: Owed) -> bool:
        """Take the wrong document back and register the right one. False: something is in the way, `owing` says what.

        Raises:
            OSError: the book refused; nothing further was sent.
        """
        wrong, right = owing.misregistered, _right(owing)
        if wrong is None:
            raise RuntimeError("what is corrected was registered wrongly")
        theirs, ours = wrong.document.total, right.total
        self._show(WaitFor.CORRECTION, False)
        try:
            done = await self._corrections.correct(
                wrong.receipt,
                wrong.document,
                right,
                cashier=self._cashier,
                why=f"Касса пробила {theirs} вместо {ours}",
            )
        finally:
            self._show(None, False)
        if done.is_open:
            self._keep(owing.troubled(self._still(theirs, ours, done.trouble)))
            return False
        self._keep(owing.receipted(done.documents[-1]))
        return True


def _right(owing: Misstated) -> Receipt:
    if owing.fiscal is None:
        raise RuntimeError("what is registered has a receipt")
    return owing.fiscal.receipt
