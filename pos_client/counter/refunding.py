"""The path of a refund from the page to the cash in the customer's hand; after a crash the same code takes it up again.

The order service gives an order to one refund only, so it is asked first, and offline nothing is begun. Money follows
the receipt: what the register has not registered is not handed out. Everybody is told before the cash is counted,
because that waits for a person.
"""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from pos_client.counter import doubt_words, refund_words, words
from pos_client.counter.card_doubt import card_in_doubt
from pos_client.counter.checkout import CheckoutSettings
from pos_client.counter.claiming import Claiming
from pos_client.counter.correcting import Correcting, refund_told_otherwise
from pos_client.counter.corrections import Corrections
from pos_client.counter.giving_back import GivingBack, named_return, testified_return
from pos_client.counter.paid_orders import PaidOrders
from pos_client.counter.pricing import Outside
from pos_client.counter.receipting import Receipting
from pos_client.counter.refund_opening import RefundOpening
from pos_client.counter.refunds_here import RefundsHere
from pos_client.counter.slip_desk import SlipDesk
from pos_client.counter.state import PointsBack, RefundPage, WaitFor
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.facts import facts_of_refund
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Testimony
from pos_client.domain.refund import Refund, RefundStage
from pos_client.ports import DebtBook, RefusedError

__all__ = ["Refunding"]


class Refunding:
    """One refund at a time. `on_change` is called after every visible change; calls come from one loop."""

    def __init__(
        self,
        outside: Outside,
        settings: CheckoutSettings,
        on_change: Callable[[], None],
        corrections: Corrections,
        slips: SlipDesk,
    ) -> None:
        self._out = outside
        self._settings = settings
        self._cancel_debts: Callable[[str, UUID | None], None] = self._cancel_in_book
        self._paid_orders = PaidOrders(outside, by=settings.cashier.name)
        self.surplus = self._paid_orders.surplus
        self.here = RefundsHere(outside, settings, slips, on_change)
        self.opening = RefundOpening(self.here, self._paid_orders, outside.refund_book, on_change, rules=settings.rules)
        self._claiming = Claiming(outside, settings, self.here, undo=self._undo)
        self._receipting = Receipting[Refund](
            outside.register,
            keep=self.here.keep,
            show=self.here.show_wait,
            new_id=outside.new_id,
            check_for=settings.receipt_check_for,
            check_pause=settings.receipt_check_pause,
            unknown=refund_words.receipt_unknown,
            otherwise=refund_told_otherwise,
        )
        self._correcting = Correcting[Refund](
            corrections,
            cashier=settings.cashier,
            keep=self.here.keep,
            show=self.here.show_wait,
            still=refund_words.misregistered_still,
        )
        self._giving_back = GivingBack[Refund](
            outside, settings.money, keep=self.here.keep, show=self.here.show_wait, by_hand=refund_words.by_hand
        )

    def settle_debts_by(self, cancel: Callable[[str, UUID | None], None]) -> None:
        """Name whoever follows debts: he is told each refunded order, or one visit of it, perhaps more than once."""
        self._cancel_debts = cancel

    @property
    def page(self) -> RefundPage | None:
        """Everything that the page of a refund shows; None when there is no page."""
        refund = self.here.refund
        if refund is None:
            return None
        debts: tuple[Debt, ...] = ()
        with suppress(OSError):  # money goes back also while nobody can read what is owed in points
            debts = _debts_of(refund, self._out.debts)
        points = PointsBack(
            returned=refund.paid.points_spent,
            taken=self.opening.earned_by(refund),
            owed=tuple(debt for debt in debts if debt.is_open),
        )
        return RefundPage(refund, points, self.here.wait, busy=self.here.busy)

    def owe_again(self) -> None:
        """After a start: hand everything to the outbox that unfinished refunds owe. The same fact is taken once.

        Raises:
            OSError: the outbox refused; each refund owes it again when it is taken up.
        """
        for refund in self.here.unfinished:
            self._out.outbox.put(*facts_of_refund(refund))

    # -------------------------------------------------------------------------------------------------- gestures

    async def confirm(self) -> None:
        """Give everything back. A second press while the first is under way does nothing.

        Raises:
            PosError: it was not begun, or it was refused; nothing has moved.
            OSError: the journal could not be written; nothing has moved.
        """
        refund = self.here.at_rest
        if refund is None or refund.stage is not RefundStage.OPEN:
            return
        async with self.here.at_work():
            if refund.surplus is None:
                self._paid_orders.check_own(refund.paid)
            else:
                self.surplus.check(refund)
            _check_terminal(refund, self._out)
            if not self._out.outbox.has_room(refund.amount):
                raise RefusedError(words.QUEUE_IS_FULL)
            with self.here.waiting_for(WaitFor.RECEIPT):
                await self._paid_orders.check_register()
            self.here.keep(refund.confirmed(at=self._out.clock()))
            await self._carry_on(first_try=True)

    async def recheck(self) -> None:
        """Take the refund on the page up again after trouble.

        Raises:
            PosError: the order service said no; nothing has moved.
            OSError: the journal or the queue could not be written.
        """
        refund = self.here.at_rest
        if refund is None or refund.stage is RefundStage.OPEN:
            return
        async with self.here.at_work():
            await self._carry_on()

    async def answer_check(self, slip: bool, amount: Money) -> None:  # noqa: FBT001 - the two answers, as they are asked
        """The cashier has seen whether money went back where the terminal could not tell.

        Raises:
            RefusedError: nobody asked, or the two answers contradict each other.
            OSError: as `recheck`.
        """
        refund = self.here.at_rest
        if refund is None or refund.stage is not RefundStage.RETURNING:
            return
        async with self.here.at_work():
            signed = Testimony(self._settings.cashier.name, self._out.clock(), slip, amount)
            answered = testified_return(refund, signed)
            back = answered.next_return
            if not slip and back is not None and back.approval is not None and back.approval.is_nameless:
                # Gone on with, it would be asked for by hand again: whether it is, the cashier says.
                self.here.keep(
                    answered.troubled(refund_words.not_by_hand(back, may_be_given_up=answered.may_be_given_up))
                )
                return
            self.here.keep(answered)
            await self._carry_on()

    async def answer_receipt(self, number: int) -> None:
        """The cashier signs what nobody else can tell of the return's receipt: the number on its paper, or 0 for none.

        Raises:
            RefusedError: nobody asked, or the number surely is not this receipt's; nothing has changed.
            OSError: as `recheck`.
        """
        refund = self.here.at_rest
        if refund is None or refund.stage not in {RefundStage.FISCALISING, RefundStage.CORRECTING}:
            return
        async with self.here.at_work():
            driven = self._receipting if refund.stage is RefundStage.FISCALISING else self._correcting
            if await driven.testify(refund, number, by=self._settings.cashier.name, at=self._out.clock()):
                await self._carry_on()

    async def name_payment(self, reference: str) -> None:
        """The cashier has read the reference (RRN) of a payment from its slip: the terminal gives it back.

        Raises:
            RefusedError: nobody asked for it, or it is no reference; nothing has moved.
            OSError: as `recheck`.
        """
        refund = self.here.at_rest
        if refund is None or refund.stage is not RefundStage.RETURNING:
            return
        async with self.here.at_work():
            self.here.keep(named_return(refund, reference))
            await self._carry_on()

    async def handed_out(self) -> None:
        """The customer has the cash.

        Raises:
            OSError: the journal could not be written; say it again.
        """
        refund = self.here.at_rest
        if refund is None or refund.stage is not RefundStage.HANDING_OUT:
            return
        async with self.here.at_work():
            self._end(refund.handed_out(at=self._out.clock()))

    async def close(self) -> None:
        """Leave the page: one that was only read is forgotten, one that was begun is given up if nothing has moved.

        Raises:
            RefusedError: something has moved, or may have.
            OSError: the journal or the queue could not be written.
        """
        refund = self.here.at_rest
        if refund is None:
            return
        if refund.stage is RefundStage.OPEN:
            self.here.forget()
            return
        if refund.stage is RefundStage.HANDING_OUT:
            raise RefusedError(refund_words.GIVE_THE_CASH_FIRST)
        if not refund.may_be_given_up:
            raise RefusedError(refund_words.TOO_LATE.get(refund.stage, refund_words.CANNOT_GIVE_UP))
        async with self.here.at_work():
            if refund.stage is not RefundStage.CANCELLING:
                refund = self.here.keep(refund.given_up())
            self._undo(refund)

    async def resume(self, refund_id: UUID) -> None:
        """Put an unfinished refund on the page and see it through.

        Raises:
            PosError: as `recheck`; or another refund lies there.
            OSError: as `recheck`.
        """
        if not self.here.busy and self.here.take_up(refund_id):
            await self.recheck()

    async def give_up(self, refund_id: UUID) -> None:
        """Give up an unfinished refund if surely nothing has moved; else it lies on the page.

        Raises:
            PosError: as `close`; or another refund lies there.
            OSError: as `close`.
        """
        if not self.here.busy and self.here.take_up(refund_id):
            await self.close()

    # --------------------------------------------------------------------------------------------------- the saga

    async def _carry_on(self, *, first_try: bool = False) -> None:
        """Every stage once more until nothing is left to do or something stands in the way."""
        while self.here.refund is not None and await self._followed(self.here.refund, first_try=first_try):
            pass

    async def _followed(self, refund: Refund, *, first_try: bool) -> bool:
        """Do what the stage announces. False: there is nothing more to do, or something stands in the way."""
        match refund.stage:
            case RefundStage.CLAIMING:
                return await self._claiming.claim(refund, first_try=first_try)
            case RefundStage.RETURNING:
                return await self._give_back(refund)
            case RefundStage.FISCALISING:
                return await self._receipting.fiscalise(refund)
            case RefundStage.CORRECTING:
                return await self._correcting.put_right(refund)
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
            self.here.keep(given.returned(self._out.new_id(), self._settings.rules))
        return given is not None

    def _record(self, refund: Refund) -> None:
        self._out.outbox.put(*facts_of_refund(refund))
        self._cancel_debts(refund.number, _visit_alone(refund))
        recorded = refund.recorded(at=self._out.clock())
        if recorded.is_open:
            self.here.keep(recorded)
        else:
            self._end(recorded)

    def _end(self, refund: Refund) -> None:
        self.surplus.lay_to_rest(refund)
        self.here.end(refund)

    def _undo(self, refund: Refund) -> None:
        self._out.outbox.put(*facts_of_refund(refund))
        self.here.end(refund.cancelled(at=self._out.clock()))

    def _cancel_in_book(self, number: str, visit: UUID | None) -> None:
        for debt in self._out.debts.of_order(number):
            if debt.state is not DebtState.CANCELLED and visit in {None, debt.sale_id}:
                self._out.debts.keep(debt.cancelled(at=self._out.clock()))


def _debts_of(refund: Refund, book: DebtBook) -> tuple[Debt, ...]:
    visit = _visit_alone(refund)
    return tuple(debt for debt in book.of_order(refund.number) if visit in {None, debt.sale_id})


def _visit_alone(refund: Refund) -> UUID | None:
    return None if refund.surplus is None else refund.surplus.visit


def _check_terminal(refund: Refund, outside: Outside) -> None:
    """Nothing is begun that would have to stop at the terminal halfway."""
    by_card = any(back.kind is TenderKind.CARD for back in refund.paid.paybacks)
    if by_card and (doubt := card_in_doubt(outside, besides=refund.id)):
        raise RefusedError(doubt_words.not_refunded(doubt))
