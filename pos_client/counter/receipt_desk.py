"""The two questions about a receipt of which neither register nor storage can tell, and the cashier's signed answer."""

from collections.abc import Callable

from pos_client.counter.checkout import Checkout
from pos_client.counter.corrections import Corrections
from pos_client.counter.refunding import Refunding
from pos_client.counter.state import ReceiptDoubt
from pos_client.counter.telling import Told
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Sale, Stage, Trouble

__all__ = ["ReceiptDesk"]


class ReceiptDesk:
    """Asks about the receipt, the return or the correction that stopped what lies on the counter."""

    def __init__(
        self,
        checkout: Checkout,
        refunding: Refunding,
        corrections: Corrections,
        say: Callable[[Trouble | None], None],
    ) -> None:
        self._checkout = checkout
        self._refunding = refunding
        self._corrections = corrections
        self._say = say

    @property
    def doubt(self) -> ReceiptDoubt | None:
        """What the cashier is asked about; None when nothing is, or when it is being worked at."""
        refund, sale = self._refunding.here.refund, self._checkout.here.sale
        if refund is not None:
            return None if self._refunding.here.busy else self._doubt_of(refund)
        return None if sale is None or self._checkout.is_paying else self._doubt_of(sale)

    def _doubt_of(self, owing: Sale | Refund) -> ReceiptDoubt | None:
        task = owing.fiscal if owing.stage in {Stage.FISCALISING, RefundStage.FISCALISING} else None
        if owing.stage in {Stage.CORRECTING, RefundStage.CORRECTING} and owing.misregistered is not None:
            task = self._corrections.step_of(owing.misregistered.document)
        if task is None or not task.doubted or owing.trouble is None:
            return None
        receipt = task.receipt
        return ReceiptDoubt(receipt.kind, receipt.total, task.after, corrects=receipt.correction is not None)

    async def answer(self, number: int) -> None:
        """The paper is there, and its fiscal document has this number; 0: surely nothing was printed."""
        with Told(self._say):
            if self._refunding.here.refund is not None:
                await self._refunding.answer_receipt(number)
            else:
                await self._checkout.answer_receipt(number)
