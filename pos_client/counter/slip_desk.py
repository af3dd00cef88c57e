"""Slips of card payments and returns: printed by the register after money and receipt, and again when asked for.

Source: a terminal without a printer of its own gives its slip to the till, which prints it as a text that is no
document; one that has printed gives none. Nothing waits for a slip: if none comes out, that is a word to the cashier.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from uuid import UUID

from pos_client.counter import slip_words
from pos_client.counter.pricing import Outside
from pos_client.counter.state import CounterState
from pos_client.counter.telling import Told
from pos_client.domain.payment import Approval
from pos_client.domain.refund import Refund
from pos_client.domain.sale import Sale, Trouble
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError

__all__ = ["SlipDesk"]

log = logging.getLogger(__name__)


class SlipDesk:
    """By itself each slip is printed once, whatever is restarted; `counter` is the counter as it is now."""

    def __init__(
        self, outside: Outside, say: Callable[[Trouble | None], None], *, counter: Callable[[], CounterState]
    ) -> None:
        self._out = outside
        self._say = say
        self._counter = counter
        self._waiting: deque[Approval] = deque()
        self._known = set[UUID]()
        """Operations whose slips wait, were printed, or perhaps were."""
        self._blank = set[UUID]()
        """Operations whose printing this program began, and which surely are not on paper."""

    def of_sale(self, sale: Sale) -> None:
        """What was written down of a sale may say that a card was charged, or given back: its slip is owed."""
        self._owe(_slips_of_sale(sale))

    def of_refund(self, refund: Refund) -> None:
        """The same of a refund: the slips of what it gives back were printed when that was paid."""
        self._owe(_slips_of_refund(refund))

    async def print_owed(self) -> None:
        """Print what is owed. Comes after the money and the receipt, and never fails."""
        while self._waiting:
            approval = self._waiting.popleft()
            try:
                await self._print_once(approval)
            except (PosError, OSError) as error:
                self._not_printed(approval, error)
            except Exception:
                # Whatever is wrong with a slip, the money has moved and the gesture that moved it goes on.
                log.exception("the slip of an operation was not printed")

    async def print_again(self, number: str) -> None:
        """Print the slips of an order that this till took or gave back by card, once more and marked so."""
        with Told(self._say):
            slips = self._of_order(number)
            if not slips:
                raise RefusedError(slip_words.NO_SLIP)
            for approval in slips:
                try:
                    await self._out.register.print_text(slip_words.repeated(approval.slip), self._out.new_id())
                except PosError as error:
                    self._say(slip_words.not_printed(error.trouble, sure=_surely_not(error)))
                    return

    # ------------------------------------------------------------------------------------------------ inside

    def _owe(self, approvals: Iterable[Approval]) -> None:
        for approval in approvals:
            if approval.operation not in self._known:
                self._known.add(approval.operation)
                self._waiting.append(approval)

    async def _print_once(self, approval: Approval) -> None:
        operation = approval.operation
        if operation not in self._blank and not self._out.slips.begin(operation):
            return
        self._blank.discard(operation)
        await self._out.register.print_text(approval.slip, self._out.new_id())

    def _not_printed(self, approval: Approval, error: PosError | OSError) -> None:
        """Said unless something weightier is being said; the next step of the same sale or refund tries again."""
        log.warning("a slip was not printed: %s", error)
        sure = _surely_not(error)
        if sure:
            self._known.discard(approval.operation)
            if isinstance(error, PosError):
                self._blank.add(approval.operation)
        state = self._counter()
        on_page = state.sale or (state.refund.refund if state.refund is not None else None)
        if state.notice is None and (on_page is None or on_page.trouble is None):
            why = error.trouble if isinstance(error, PosError) else Trouble(slip_words.DISK)
            self._say(slip_words.not_printed(why, sure=sure))

    def _of_order(self, number: str) -> tuple[Approval, ...]:
        refund = self._out.refund_book.holds(number)
        if refund is not None and (back := _slips_of_refund(refund)):
            return back
        now = self._counter().sale
        here = (now,) if now is not None and now.order is not None and now.order.number == number else ()
        sales = {sale.id: sale for sale in (*self._out.journal.begun_for(number), *here)}
        return tuple(slip for sale in sales.values() for slip in _slips_of_sale(sale))


def _slips_of_sale(sale: Sale) -> tuple[Approval, ...]:
    said = (one for tender in sale.tenders for one in (tender.approval, tender.returned))
    return tuple(one for one in said if one is not None and one.slip)


def _slips_of_refund(refund: Refund) -> tuple[Approval, ...]:
    return tuple(back.returned for back in refund.backs if back.returned is not None and back.returned.slip)


def _surely_not(error: PosError | OSError) -> bool:
    return not isinstance(error, OutcomeUnknownError)
