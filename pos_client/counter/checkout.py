"""The path of a sale from scan to recorded facts, top to bottom; after a crash the same code takes it up again.

`preparing` is all that comes before money; from `pay` on the path is here. Durable first, visible second: a stage is
journaled before the effect that it announces. `_carry_on` is the only loop that moves money, and it does not know
whether it was begun by a key or by a restart.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pos_client.counter import words
from pos_client.counter.correcting import Correcting, told_otherwise
from pos_client.counter.corrections import Corrections
from pos_client.counter.freshness import Freshness
from pos_client.counter.giving_back import GivingBack
from pos_client.counter.health import Health
from pos_client.counter.patience import Patience, PatienceSettings
from pos_client.counter.preparing import Preparing
from pos_client.counter.pricing import Outside, Pricing
from pos_client.counter.receiptable import objection_to_part
from pos_client.counter.receipting import Receipting
from pos_client.counter.reserving import Reserving
from pos_client.counter.sale_here import SaleHere
from pos_client.counter.slip_desk import SlipDesk
from pos_client.counter.tendering import MoneySettings, Taking, planned
from pos_client.domain import choosing
from pos_client.domain.facts import facts_of
from pos_client.domain.payment import Takings, Tender, TenderWish
from pos_client.domain.receipt import FiscalRules, ReceiptWords
from pos_client.domain.sale import Cashier, Sale, Stage
from pos_client.ports import RefusedError

__all__ = ["Checkout", "CheckoutSettings"]


@dataclass(frozen=True, slots=True)
class CheckoutSettings:
    """Who sells where, and how patiently. Times in seconds."""

    office: str
    till: str
    cashier: Cashier
    patience: PatienceSettings = field(default_factory=PatienceSettings)
    receipt_check_for: float = 20.0
    """How long the register is asked about a lost answer before the cashier is asked to ask again."""
    receipt_check_pause: float = 1.0
    confirm_spending: bool = False
    """Points are spent only after the customer has named a code sent to the phone."""
    receipt_words: ReceiptWords = field(default_factory=ReceiptWords)
    money: MoneySettings = field(default_factory=MoneySettings)
    rules: FiscalRules = field(default_factory=FiscalRules)


class Checkout:
    """One sale at a time. `on_change` is called after every visible change; calls come from one loop."""

    def __init__(
        self,
        outside: Outside,
        health: Health,
        settings: CheckoutSettings,
        slips: SlipDesk,
        on_change: Callable[[], None],
    ) -> None:
        self._out = outside
        self._slips = slips
        self._settings = settings
        self._changed = on_change
        self._paying, self._first_try = False, True
        self.here = SaleHere(outside, slips, on_change)
        self._freshness = Freshness(outside)
        self.patience = Patience(health, settings.patience, self.here.show_wait)
        pricing = Pricing(outside, self.patience)
        self.preparing = Preparing(
            self.here,
            pricing,
            self._freshness,
            new_sale=self._new_sale,
            confirm_spending=settings.confirm_spending,
        )
        self._reserving = Reserving(pricing, outside.outbox, keep=self.here.keep, reprice=self.preparing.price)
        self._receipting = Receipting[Sale](
            outside.register,
            keep=self.here.keep,
            show=self.here.show_wait,
            new_id=outside.new_id,
            check_for=settings.receipt_check_for,
            check_pause=settings.receipt_check_pause,
            otherwise=told_otherwise,
        )
        self.corrections = Corrections(
            outside,
            rules=settings.rules,
            check_for=settings.receipt_check_for,
            check_pause=settings.receipt_check_pause,
        )
        self._correcting = Correcting[Sale](
            self.corrections, cashier=settings.cashier, keep=self.here.keep, show=self.here.show_wait
        )
        self.taking = Taking(outside, settings.money, keep=self.here.keep, show=self.here.show_wait)
        self._giving_back = GivingBack[Sale](outside, settings.money, keep=self.here.keep, show=self.here.show_wait)

    def _new_sale(self) -> Sale:
        settings = self._settings
        return Sale(self._out.new_id(), self._out.clock(), settings.office, settings.till, settings.cashier)

    # ----------------------------------------------------------------------------------------------- the money

    @property
    def is_paying(self) -> bool:
        """Whether money is being taken right now."""
        return self._paying

    async def pay(self, wishes: Sequence[TenderWish]) -> None:
        """Take what is due, or a part of it, by these means and see the sale through; or take its rest otherwise.

        Without wishes nothing more is taken than has moved. A second press while the first is under way does nothing:
        the intent is already there.

        Raises:
            RefusedError: the sums make no sense, or the till has no such means; nothing has happened.
            OSError: the journal could not be written; nothing has happened.
        """
        sale = self.here.sale
        if sale is not None and sale.stage is Stage.PAYING:
            await self.go_on(
                lambda paying: _replanned(paying, planned(paying, wishes, self._out), self._settings.rules),
                more=bool(wishes),
            )
            return
        if self._paying or sale is None or sale.stage is not Stage.OPEN or sale.quote is None or sale.order is None:
            return
        tenders = planned(sale, wishes, self._out)
        taken = Takings(tenders).planned
        if (trouble := objection_to_part(sale, taken, self._settings.rules)) is not None:
            raise RefusedError(trouble)
        if not self._out.outbox.has_room(taken):
            raise RefusedError(words.QUEUE_IS_FULL)
        async with self._at_money():
            moved = words.PRICE_MOVED if self.here.sale is not sale else await self.preparing.renewed(sale, sale.order)
            if moved is not None:
                raise RefusedError(moved)
            self._first_try = True
            self.here.keep(sale.payment_asked(tenders, at=self._out.clock()))
            await self._carry_on()

    async def go_on(self, move: Callable[[Sale], Sale], *, more: bool = False) -> None:
        """Make a move of a sale whose money is taken, or given back, and see it through; `more` if it takes more money.

        Raises:
            RefusedError: the move makes no sense; nothing has happened.
            OSError: the journal could not be written; nothing has happened.
        """
        sale = self.here.sale
        if self._paying or sale is None or sale.stage not in {Stage.PAYING, Stage.CANCELLING}:
            return
        async with self._at_money():
            if (sale := self.here.sale) is not None:
                if more and sale.order is not None and (gone := await self._freshness.gone_elsewhere(sale.order)):
                    raise RefusedError(gone)
                self._first_try = True
                self.here.keep(move(sale))
                await self._carry_on()

    async def answer_receipt(self, number: int) -> None:
        """The cashier signs what nobody else can tell of the receipt: the number on its paper, or 0 for no paper.

        Raises:
            RefusedError: nobody asked, or the number surely is not this receipt's; nothing has changed.
            OSError: the journal or the queue could not be written.
        """
        sale = self.here.sale
        if self._paying or sale is None:
            return
        async with self._at_money():
            sale, by, at = self.here.sale, self._settings.cashier.name, self._out.clock()
            if sale is None or sale.stage not in {Stage.FISCALISING, Stage.CORRECTING}:
                return
            driven = self._receipting if sale.stage is Stage.FISCALISING else self._correcting
            if await driven.testify(sale, number, by=by, at=at):
                await self._carry_on()

    @asynccontextmanager
    async def _at_money(self) -> AsyncIterator[None]:
        self._paying = True
        try:
            async with self.here.turn():
                yield
        finally:
            self._paying = False
            self._changed()
        # Whoever comes next may pay meanwhile: a slip keeps nobody waiting.
        await self._slips.print_owed()

    async def resume(self, sale: Sale) -> None:
        """Take up a sale that a restart interrupted, or one whose trouble the cashier has put right.

        Raises:
            RefusedError: another sale lies on the counter.
        """
        if self._paying:
            return
        async with self._at_money():
            # Whoever had the turn before may have moved this sale, ended it, or put another one on the counter.
            now = self._as_it_is_now(sale)
            if now is None:
                return
            # Prices of a sale that was only being looked at are asked for anew below.
            looked_at = now.stage is Stage.OPEN and now.order is not None
            self.here.lay(choosing.order_taken(now, now.order) if looked_at and now.order else now)
            self._first_try = False
            self._out.outbox.put(*facts_of(now))
            await self._carry_on()
        if now.stage is Stage.OPEN and now.order is not None:
            await self.preparing.take_order(now.order.number)

    def _as_it_is_now(self, sale: Sale) -> Sale | None:
        if self.here.sale is None:
            found = self._out.journal.find(sale.id)
            return found if found is not None and found.is_open else None
        if self.here.sale.id != sale.id:
            raise RefusedError(words.FINISH_FIRST)
        return self.here.sale

    async def cancel(self, unfinished: Sale | None = None) -> None:
        """Give up what lies on the counter, or a sale that a restart left unfinished.

        Money that moved goes back first. Once a receipt may be registered there is nothing to give up: it is asked
        about first, and so is a tender whose outcome is not known.

        Raises:
            RefusedError: somebody's answer is not known, or the receipt is registered; or another sale lies on the
                counter.
            OSError: the journal or the queue could not be written; asked again, it is finished.
        """
        if self._paying or (self.here.sale is None and unfinished is None):
            return
        async with self._at_money():
            sale = self.here.sale if unfinished is None else self._as_it_is_now(unfinished)
            if sale is None:
                return
            if not sale.may_be_given_up and sale.stage is not Stage.CANCELLING:
                raise RefusedError(words.FINISH_FIRST)
            if sale.order is None:
                self.here.drop(sale)
                return
            # Shown as given up from here on: were it not, a full disk now would leave a sale that can still be printed.
            if sale.stage is Stage.CANCELLING:
                self.here.lay(sale)
            else:
                self.here.keep((await self._freshness.as_others_left(sale)).given_up())
            await self._carry_on()

    async def set_aside(self) -> Sale | None:
        """Take a sale that trouble stopped off the counter, so that the queue of people goes on; it stays unfinished.

        Nothing of it is undone: its money is recorded, and its order cannot be paid anew until it is seen through.
        """
        if self._paying:
            return None
        async with self.here.turn():
            sale = self.here.sale
            if sale is None or sale.stage is Stage.OPEN or sale.trouble is None:
                return None
            self.here.lay(None)
            return sale

    async def _carry_on(self) -> None:
        """Every stage once more until nothing is left to do or something stands in the way."""
        while self.here.sale is not None and await self._followed(self.here.sale):
            pass

    async def _followed(self, sale: Sale) -> bool:
        """Do what the stage announces. False: there is nothing more to do, or something stands in the way."""
        match sale.stage:
            case Stage.RESERVING:
                await self._reserving.reserve(sale, first_try=self._first_try)
            case Stage.PAYING:
                return await self._take(sale)
            case Stage.FISCALISING:
                return await self._receipting.fiscalise(sale)
            case Stage.CORRECTING:
                return await self._correcting.put_right(sale)
            case Stage.RECORDING:
                self.here.end(sale)
            case Stage.CANCELLING:
                return await self._unpay(sale)
            case Stage.OPEN | Stage.DONE | Stage.CANCELLED:
                return False
        return True

    async def _take(self, sale: Sale) -> bool:
        taken = await self.taking.take(sale, go_on=self._first_try)
        if taken is not None:
            self.here.keep(taken.paid(self._out.new_id(), self._settings.receipt_words, self._settings.rules))
        return taken is not None

    async def _unpay(self, sale: Sale) -> bool:
        given_back = await self._giving_back.give_back(sale)
        if given_back is not None:
            self.here.undo(given_back)
        return given_back is not None


def _replanned(sale: Sale, tenders: tuple[Tender, ...], rules: FiscalRules) -> Sale:
    if sale.takings.is_under_way:
        raise RefusedError(words.FINISH_FIRST)
    whole = Takings((*sale.takings.moved, *tenders)).planned
    if (trouble := objection_to_part(sale, whole, rules)) is not None:
        raise RefusedError(trouble)
    return sale.rest_planned(tenders)
