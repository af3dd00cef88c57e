"""The path of a refund from the page to the cash in the customer's hand; after a crash the same code takes it up again.

The order service gives an order to one refund only, so it is asked first, and offline nothing is begun. Money follows
the receipt: what the register has not registered is not handed out. Everybody is told before the cash is counted,
because that waits for a person.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from pos_client.counter import refund_words, words
from pos_client.counter.checkout import CheckoutSettings
from pos_client.counter.giving_back import GivingBack, testified_return
from pos_client.counter.paid_orders import PaidOrders
from pos_client.counter.pricing import Outside
from pos_client.counter.receipting import Receipting
from pos_client.counter.state import PointsBack, RefundPage, Wait, WaitFor
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.facts import facts_of_refund
from pos_client.domain.money import Money, Points
from pos_client.domain.paid_order import PaidOrder
from pos_client.domain.payment import Testimony
from pos_client.domain.refund import Refund, RefundStage, as_returned, return_receipt
from pos_client.domain.sale import Trouble
from pos_client.ports import OutcomeUnknownError, RefusedError, UnavailableError
from pos_client.ports.refunds import AlreadyReturnedError, PaymentsChangedError

__all__ = ["Refunding"]

T = TypeVar("T")


class Refunding:
    """One refund at a time. `on_change` is called after every visible change; calls come from one loop."""

    def __init__(
        self,
        outside: Outside,
        settings: CheckoutSettings,
        on_change: Callable[[], None],
    ) -> None:
        self._out = outside
        self._settings = settings
        self._changed = on_change
        self._cancel_debts: Callable[[str], None] = self._cancel_in_book
        self._busy = False
        self._first_try = False
        self._wait: Wait | None = None
        self._earned: Points | None = None
        self._earned_for: UUID | None = None
        self._paid_orders = PaidOrders(outside, by=settings.cashier.name)
        self._receipting = Receipting[Refund](
            outside.register,
            keep=self._keep,
            show=self._show_wait,
            new_id=outside.new_id,
            check_for=settings.receipt_check_for,
            check_pause=settings.receipt_check_pause,
            unknown=refund_words.receipt_unknown,
        )
        self._giving_back = GivingBack[Refund](outside, settings.money, keep=self._keep, show=self._show_wait)
        self.refund: Refund | None = None
        self.last: Refund | None = outside.refund_book.last_done()
        self.unfinished: tuple[Refund, ...] = outside.refund_book.open_refunds()

    def settle_debts_by(self, cancel: Callable[[str], None]) -> None:
        """Name whoever follows debts: he is told the number of each refunded order, perhaps more than once."""
        self._cancel_debts = cancel

    # ----------------------------------------------------------------------------------------------- to be shown

    @property
    def page(self) -> RefundPage | None:
        """Everything that the page of a refund shows; None when there is no page."""
        refund = self.refund
        if refund is None:
            return None
        debts: tuple[Debt, ...] = ()
        with suppress(OSError):  # money goes back also while nobody can read what is owed in points
            debts = self._out.debts.of_order(refund.number)
        points = PointsBack(
            returned=refund.paid.points_spent,
            taken=self._earned_by(refund),
            owed=tuple(debt for debt in debts if debt.is_open),
        )
        return RefundPage(refund, points, self._wait, busy=self._busy)

    def _earned_by(self, refund: Refund) -> Points | None:
        return self._earned if self._earned_for == refund.id else None

    @property
    def opening(self) -> Wait | None:
        """The question that stands before the page; None once there is one."""
        return self._wait if self.refund is None else None

    @property
    def holds_counter(self) -> bool:
        """Whether a refund that has begun lies on the page, so that nothing else may take its place."""
        return self._busy or (self.refund is not None and self.refund.stage is not RefundStage.OPEN)

    @property
    def finish_first(self) -> Trouble:
        """Why nothing else can be done before; what is being done right now cannot be set aside."""
        return refund_words.REFUND_UNDER_WAY if self._busy else refund_words.FINISH_REFUND_FIRST

    def owe_again(self) -> None:
        """After a start: hand everything to the outbox that unfinished refunds owe. The same fact is taken once.

        Raises:
            OSError: the outbox refused; each refund owes it again when it is taken up.
        """
        for refund in self.unfinished:
            self._out.outbox.put(*facts_of_refund(refund))

    # -------------------------------------------------------------------------------------------------- gestures

    async def open_by_receipt(self, qr: str) -> None:
        """Show the refund of the order that a receipt belongs to.

        Raises:
            PosError: as `open`; or no order has such a receipt.
        """
        if self._busy:
            return
        async with self._at_work():
            await self._open(await self._asked(WaitFor.ORDER, self._paid_orders.number_of(qr)))
        await self._look_at_points()

    async def open(self, number: str) -> None:
        """Show what was paid for an order and what would go back. Nothing moves.

        Raises:
            AlreadyReturnedError: it was refunded, here or elsewhere, today or long ago.
            RefusedError: there is nothing to give back, or no way to.
            UnavailableError: the order service does not answer, and without it nobody refunds.
        """
        if self._busy:
            return
        async with self._at_work():
            await self._open(number)
        await self._look_at_points()

    async def confirm(self) -> None:
        """Give everything back. A second press while the first is under way does nothing.

        Raises:
            PosError: it was not begun, or it was refused; nothing has moved.
            OSError: the journal could not be written; nothing has moved.
        """
        refund = self.refund
        if self._busy or refund is None or refund.stage is not RefundStage.OPEN:
            return
        async with self._at_work():
            self._paid_orders.check_own(refund.paid)
            if not self._out.outbox.has_room(refund.amount):
                raise RefusedError(words.QUEUE_IS_FULL)
            await self._asked(WaitFor.RECEIPT, self._paid_orders.check_register())
            self._first_try = True
            self._keep(refund.confirmed(at=self._out.clock()))
            await self._carry_on()

    async def recheck(self) -> None:
        """Take the refund on the page up again after trouble.

        Raises:
            PosError: the order service said no; nothing has moved.
            OSError: the journal or the queue could not be written.
        """
        if self._busy or self.refund is None or self.refund.stage is RefundStage.OPEN:
            return
        async with self._at_work():
            self._first_try = False
            await self._carry_on()

    async def answer_check(self, slip: bool, amount: Money) -> None:  # noqa: FBT001 - the two answers, as they are asked
        """The cashier has seen whether money went back where the terminal could not tell.

        Raises:
            RefusedError: nobody asked, or the two answers contradict each other.
            OSError: as `recheck`.
        """
        if self._busy or self.refund is None or self.refund.stage is not RefundStage.RETURNING:
            return
        async with self._at_work():
            signed = Testimony(self._settings.cashier.name, self._out.clock(), slip, amount)
            self._keep(testified_return(self.refund, signed))
            await self._carry_on()

    async def handed_out(self) -> None:
        """The customer has the cash.

        Raises:
            OSError: the journal could not be written; say it again.
        """
        if self._busy or self.refund is None or self.refund.stage is not RefundStage.HANDING_OUT:
            return
        async with self._at_work():
            self._end(self.refund.handed_out(at=self._out.clock()))

    async def close(self) -> None:
        """Leave the page: one that was only read is forgotten, one that was begun is given up if nothing has moved.

        Raises:
            RefusedError: something has moved, or may have.
            OSError: the journal or the queue could not be written.
        """
        refund = self.refund
        if self._busy or refund is None:
            return
        if refund.stage is RefundStage.OPEN:
            self._forget()
            return
        if refund.stage is RefundStage.HANDING_OUT:
            raise RefusedError(refund_words.GIVE_THE_CASH_FIRST)
        if not refund.may_be_given_up:
            raise RefusedError(refund_words.CANNOT_GIVE_UP)
        async with self._at_work():
            if refund.stage is not RefundStage.CANCELLING:
                refund = self._keep(refund.given_up())
            self._undo(refund)

    def set_aside(self) -> None:
        """Take a refund that cannot go on now off the page; it stays unfinished, and nobody else can have its order."""
        refund = self.refund
        if self._busy or refund is None:
            return
        if refund.stage is not RefundStage.OPEN:
            self.unfinished = (*self.unfinished, refund)
        self._forget()

    async def resume(self, refund_id: UUID) -> None:
        """Put an unfinished refund on the page and see it through.

        Raises:
            PosError: as `recheck`; or another refund lies there.
            OSError: as `recheck`.
        """
        if not self._busy and self._taken_up(refund_id):
            await self.recheck()

    async def give_up(self, refund_id: UUID) -> None:
        """Give up an unfinished refund if surely nothing has moved; else it lies on the page.

        Raises:
            PosError: as `close`; or another refund lies there.
            OSError: as `close`.
        """
        if not self._busy and self._taken_up(refund_id):
            await self.close()

    def _taken_up(self, refund_id: UUID) -> bool:
        """Put an unfinished refund on the page; False when it has ended."""
        if self.holds_counter:
            raise RefusedError(self.finish_first)
        refund = self._out.refund_book.find(refund_id)
        self.unfinished = tuple(one for one in self.unfinished if one.id != refund_id)
        self.refund = refund if refund is not None and refund.is_open else None
        self._changed()
        return self.refund is not None

    # ------------------------------------------------------------------------------------------------ the opening

    async def _open(self, number: str) -> None:
        if self.refund is not None and self.refund.stage is not RefundStage.OPEN:
            raise RefusedError(self.finish_first)
        own = self._out.refund_book.holds(number)
        if own is not None and not own.is_open:
            # Known without asking anybody: this till did it itself.
            raise AlreadyReturnedError(as_returned(own))
        if own is not None:
            self.unfinished = tuple(one for one in self.unfinished if one.id != own.id)
            self.refund = own
            self._changed()
            return
        refund = self._fresh(await self._asked(WaitFor.ORDER, self._paid_orders.refundable(number)))
        try:
            return_receipt(refund)
        except ValueError as error:
            raise RefusedError(refund_words.RECEIPTS_DISAGREE, detail=str(error)) from error
        self.refund = refund
        self._changed()

    async def _asked(self, what: WaitFor, question: Awaitable[T]) -> T:
        self._show_wait(what, False)
        try:
            return await question
        finally:
            self._show_wait(None, False)

    async def _look_at_points(self) -> None:
        refund = self.refund
        if refund is not None:
            self._earned, self._earned_for = await self._paid_orders.earned_by(refund.paid), refund.id
            self._changed()

    def _fresh(self, paid: PaidOrder) -> Refund:
        settings = self._settings
        now = self._out.clock()
        return Refund(self._out.new_id(), now, settings.office, settings.till, settings.cashier, paid)

    # --------------------------------------------------------------------------------------------------- the saga

    async def _carry_on(self) -> None:
        """Every stage once more until nothing is left to do or something stands in the way."""
        while self.refund is not None and await self._followed(self.refund):
            pass

    async def _followed(self, refund: Refund) -> bool:
        """Do what the stage announces. False: there is nothing more to do, or something stands in the way."""
        match refund.stage:
            case RefundStage.CLAIMING:
                return await self._claim(refund)
            case RefundStage.RETURNING:
                return await self._give_back(refund)
            case RefundStage.FISCALISING:
                return await self._receipting.fiscalise(refund)
            case RefundStage.RECORDING:
                self._record(refund)
            case RefundStage.CANCELLING:
                self._undo(refund)
            case RefundStage.OPEN | RefundStage.HANDING_OUT | RefundStage.DONE | RefundStage.CANCELLED:
                return False
        return True

    async def _give_back(self, refund: Refund) -> bool:
        """Cards and transfers go back before the receipt, cash after it. False: something stands in the way."""
        given = await self._giving_back.give_back(refund)
        if given is not None:
            self._keep(given.returned(self._out.new_id()))
        return given is not None

    async def _claim(self, refund: Refund) -> bool:
        """Ask until the order service can tell or the time for it is over. False: nobody can tell yet."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.receipt_check_for
        self._show_wait(WaitFor.ORDER, False)
        try:
            while True:
                try:
                    await self._out.refunds.claim(refund, again=not self._first_try)
                except RefusedError as error:
                    self._lose(refund)
                    if isinstance(error, PaymentsChangedError):
                        raise PaymentsChangedError(refund_words.CHANGED_MEANWHILE, detail=error.detail) from error
                    raise
                except (UnavailableError, OutcomeUnknownError) as error:
                    if self._first_try and isinstance(error, UnavailableError):
                        self._lose(refund)
                        self.refund = self._fresh(refund.paid)
                        raise UnavailableError(
                            refund_words.no_connection(error.trouble), detail=error.detail
                        ) from error
                    # An earlier try may have arrived, whatever became of this one.
                    self._first_try = False
                    if loop.time() >= until:
                        self._keep(refund.troubled(refund_words.claim_unknown(error.trouble)))
                        return False
                else:
                    self._keep(refund.claimed())
                    return True
                self._show_wait(WaitFor.ORDER, True)
                await asyncio.sleep(self._settings.receipt_check_pause)
        finally:
            self._show_wait(None, False)

    def _lose(self, refund: Refund) -> None:
        """The order is not ours. Where an earlier try may have got it, or may still, the order service is told so."""
        if self._first_try:
            self._out.refund_book.save(refund.claim_refused(at=self._out.clock()))
            self._forget()
        else:
            self._undo(self._keep(refund.given_up()))

    def _record(self, refund: Refund) -> None:
        self._out.outbox.put(*facts_of_refund(refund))
        self._cancel_debts(refund.number)
        recorded = refund.recorded(at=self._out.clock())
        if recorded.is_open:
            self._keep(recorded)
        else:
            self._end(recorded)

    def _undo(self, refund: Refund) -> None:
        self._out.outbox.put(*facts_of_refund(refund))
        self._out.refund_book.save(refund.cancelled(at=self._out.clock()))
        self._forget()

    def _end(self, done: Refund) -> None:
        self._out.refund_book.save(done)
        self.last = done
        self._forget()

    # --------------------------------------------------------------------------------------------------- inside

    @asynccontextmanager
    async def _at_work(self) -> AsyncIterator[None]:
        """One gesture at a time. A disk that refuses leaves its words on a refund under way: it can be taken up."""
        self._busy = True
        try:
            yield
        except OSError as error:
            if self.refund is not None and self.refund.stage is not RefundStage.OPEN:
                self.refund = self.refund.troubled(words.disk_failed(error))
            raise
        finally:
            self._busy = False
            self._changed()

    def _keep(self, refund: Refund) -> Refund:
        """Journal first, show second."""
        if refund.stage is RefundStage.FISCALISING and refund.trouble is not None:
            fiscal = refund.fiscal
            if fiscal is not None and not fiscal.sent:
                refund = replace(refund, trouble=refund_words.about_receipt(refund.trouble))
        self._out.refund_book.save(refund)
        self.refund = refund
        self._changed()
        return refund

    def _forget(self) -> None:
        self.refund = None
        self._changed()

    def _cancel_in_book(self, number: str) -> None:
        for debt in self._out.debts.of_order(number):
            if debt.state is not DebtState.CANCELLED:
                self._out.debts.keep(debt.cancelled(at=self._out.clock()))

    def _show_wait(self, what: WaitFor | None, slow: bool) -> None:  # noqa: FBT001 - a callback of two words
        if what is None:
            self._wait = None
        elif self._wait is not None and self._wait.what is what:
            self._wait = replace(self._wait, slow=slow)
        else:
            self._wait = Wait(what, self._out.clock(), slow)
        self._changed()
