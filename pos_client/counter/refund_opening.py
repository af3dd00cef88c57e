"""The way to the page of a refund: what was paid is asked for, what goes back is looked at, and nothing moves."""

from collections.abc import Callable

from pos_client.counter import refund_words
from pos_client.counter.paid_orders import PaidOrders
from pos_client.counter.refunds_here import RefundsHere
from pos_client.counter.state import WaitFor
from pos_client.domain.money import Points
from pos_client.domain.originals import taxations
from pos_client.domain.paid_order import PaidOrder, RefundObstacle
from pos_client.domain.refund import Refund, as_returned, return_receipt
from pos_client.domain.registrable import obstacle
from pos_client.domain.sale import Sale
from pos_client.domain.settling import FiscalRules
from pos_client.ports import RefusedError
from pos_client.ports.refunds import AlreadyReturnedError, RefundBook

__all__ = ["RefundOpening"]


class RefundOpening:
    """Lays a refund on the page, and finds out afterwards how many points its order has earned."""

    def __init__(
        self,
        here: RefundsHere,
        paid_orders: PaidOrders,
        book: RefundBook,
        on_change: Callable[[], None],
        *,
        rules: FiscalRules,
    ) -> None:
        self._here = here
        self._paid_orders = paid_orders
        self._book = book
        self._changed = on_change
        self._rules = rules
        self._earned: Points | None = None
        self._looked_at: Refund | None = None

    def earned_by(self, refund: Refund) -> Points | None:
        """Points that the order of the refund has earned; None when nobody could say."""
        seen = self._looked_at
        return self._earned if seen is not None and seen.id == refund.id else None

    async def open_by_receipt(self, qr: str) -> None:
        """Show the refund of the order that a receipt belongs to.

        Raises:
            PosError: as `open`; or no order has such a receipt.
        """
        if not self._may_open():
            return
        async with self._here.at_work():
            sold = self._paid_orders.sold_by(qr)
            if sold is None or not await self._open_alone(sold):
                with self._here.waiting_for(WaitFor.ORDER):
                    number = await self._paid_orders.number_of(qr)
                await self._open(number)
        await self._look_at_points()

    async def open_by_document(self, document: int) -> None:
        """Show the refund of the order that a receipt of this till belongs to, by its number in the fiscal storage.

        Raises:
            PosError: as `open`; or this till has sold nothing under that number, or several orders.
        """
        number = self._paid_orders.number_under(document)
        if not self._may_open():
            return
        async with self._here.at_work():
            sold = self._paid_orders.sold_under(document)
            if len(sold) != 1 or not await self._open_alone(sold[0]):
                await self._open(number)
        await self._look_at_points()

    async def open(self, number: str) -> None:
        """Show what was paid for an order and what would go back.

        Raises:
            AlreadyReturnedError: it was refunded, here or elsewhere, today or long ago.
            RefusedError: there is nothing to give back, or no way to.
            UnavailableError: the order service does not answer, and without it nobody refunds.
        """
        if not self._may_open():
            return
        async with self._here.at_work():
            await self._open(number)
        await self._look_at_points()

    def _may_open(self) -> bool:
        """Whether there is room for a page; a second gesture while one is followed is impatience."""
        if not self._here.busy and (trouble := self._here.in_the_way) is not None:
            raise RefusedError(trouble)
        return not self._here.busy

    async def _open(self, number: str) -> None:
        own, surplus = self._book.holds(number), self._paid_orders.surplus
        begun = surplus.under_way(number) or (own if own is not None and own.is_open else None)
        if begun is not None:
            self._here.lay(begun)
            return
        for sale in surplus.refused(number):
            # Before the order itself: whoever comes for it comes for this money first.
            if await self._open_alone(sale):
                return
        if own is not None:
            # Known without asking anybody: this till did it itself.
            raise AlreadyReturnedError(as_returned(own))
        with self._here.waiting_for(WaitFor.ORDER):
            refund = self._here.fresh(await self._refundable(number))
        _check_receipt(refund, self._rules)
        self._here.lay(refund)

    async def _refundable(self, number: str) -> PaidOrder:
        """What is left to be given back of the order; where nothing is, the payment too many that went back is told."""
        try:
            return await self._paid_orders.refundable(number)
        except RefusedError as error:
            gone = self._book.surpluses(number)
            if gone and error.trouble is refund_words.OBSTACLES[RefundObstacle.NOTHING_PAID]:
                raise AlreadyReturnedError(as_returned(gone[0])) from error
            raise

    async def _open_alone(self, sale: Sale) -> bool:
        """Show what goes back of a payment that the order did not take; False where it did, or still may."""
        surplus = self._paid_orders.surplus
        if (begun := surplus.of_visit(sale)) is not None:
            if not begun.is_open:
                raise AlreadyReturnedError(as_returned(begun))
            self._here.lay(begun)
            return True
        if not surplus.may_be_one(sale):
            return False
        with self._here.waiting_for(WaitFor.ORDER):
            found = await self._paid_orders.refundable_alone(sale)
        if found is None:
            return False
        refund = self._here.fresh(*found)
        _check_receipt(refund, self._rules)
        self._here.lay(refund)
        return True

    async def _look_at_points(self) -> None:
        refund = self._here.refund
        if refund is not None:
            self._earned, self._looked_at = await self._paid_orders.earned_by(refund.paid), refund
            self._changed()


def _check_receipt(refund: Refund, rules: FiscalRules) -> None:
    """What no one document can return is not begun: its money would go back without a receipt.

    Raises:
        RefusedError: the receipts that were made cannot be copied into one, or no register would take it.
    """
    try:
        receipt = return_receipt(refund, rules)
        stated = taxations(refund.paid, rules)
    except ValueError as error:
        raise RefusedError(refund_words.RECEIPTS_DISAGREE, detail=str(error)) from error
    if len(stated) > 1:
        systems = ", ".join(sorted(one.name for one in stated))
        raise RefusedError(refund_words.TAXATIONS_DISAGREE, detail=systems)
    if (found := obstacle(receipt, rules)) is not None:
        raise RefusedError(refund_words.receipt_impossible(found))
