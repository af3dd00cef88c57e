"""A sale whose receipt was registered with another total: corrected under its own eyes, and then it goes on."""

from collections.abc import Callable

from pos_client.counter import correction_words
from pos_client.counter.corrections import Corrections
from pos_client.counter.state import WaitFor
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.receipt import Receipt
from pos_client.domain.sale import Cashier, Sale

__all__ = ["Correcting", "told_otherwise"]


def told_otherwise(sale: Sale, found: Misregistered) -> Sale:
    """The sale after the register has said which document it has: a person reads of it before it is corrected."""
    trouble = correction_words.misregistered(found.document.total, _right(sale).total)
    return sale.registered_otherwise(found, trouble)


class Correcting:
    """Follows the correction of one sale. `keep` journals the sale and shows it; `show` tells what is awaited."""

    def __init__(
        self,
        corrections: Corrections,
        *,
        cashier: Cashier,
        keep: Callable[[Sale], Sale],
        show: Callable[[WaitFor | None, bool], None],
    ) -> None:
        self._corrections = corrections
        self._cashier = cashier
        self._keep = keep
        self._show = show

    async def put_right(self, sale: Sale) -> bool:
        """Take the wrong document back and register the right one. False: something is in the way, the sale says what.

        Raises:
            OSError: the book refused; nothing further was sent.
        """
        wrong, right = sale.misregistered, _right(sale)
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
            self._keep(sale.troubled(correction_words.misregistered_still(theirs, ours, done.trouble)))
            return False
        self._keep(sale.receipted(done.documents[-1]))
        return True


def _right(sale: Sale) -> Receipt:
    if sale.fiscal is None:
        raise RuntimeError("what is registered has a receipt")
    return sale.fiscal.receipt
