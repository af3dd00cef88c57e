"""The path of a sale from scan to recorded facts, top to bottom; after a crash the same code takes it up again.

Durable first, visible second: a stage is journaled before the effect that it announces. `_carry_on` is the only loop
that moves money, and it does not know whether it was begun by a key or by a restart.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from pos_client.counter import words
from pos_client.counter.freshness import Freshness
from pos_client.counter.giving_back import GivingBack
from pos_client.counter.health import Health
from pos_client.counter.patience import Patience, PatienceSettings
from pos_client.counter.pricing import Outside, Pricing
from pos_client.counter.receipting import Receipting
from pos_client.counter.reserving import Reserving
from pos_client.counter.state import Wait, WaitFor
from pos_client.counter.tendering import MoneySettings, Taking, planned
from pos_client.domain import choosing
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.facts import facts_of
from pos_client.domain.money import NO_POINTS, Money, Points
from pos_client.domain.order import Order
from pos_client.domain.payment import Tender, TenderWish
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
        self, outside: Outside, health: Health, settings: CheckoutSettings, on_change: Callable[[], None]
    ) -> None:
        self._out = outside
        self._settings = settings
        self._changed = on_change
        self._turn = asyncio.Lock()
        self._paying, self._first_try = False, True
        self._freshness = Freshness(outside)
        self.patience = Patience(health, settings.patience, self._show_wait)
        self._pricing = Pricing(outside, self.patience)
        self._reserving = Reserving(self._pricing, outside.outbox, keep=self._keep, reprice=self._price)
        self._receipting = Receipting(
            outside.register,
            keep=self._keep,
            show=self._show_wait,
            new_id=outside.new_id,
            check_for=settings.receipt_check_for,
            check_pause=settings.receipt_check_pause,
        )
        self.taking = Taking(outside, settings.money, keep=self._keep, show=self._show_wait)
        self._giving_back = GivingBack[Sale](outside, settings.money, keep=self._keep, show=self._show_wait)
        self.sale: Sale | None = None
        self.wait: Wait | None = None
        self.last: Sale | None = outside.journal.last_done()

    # -------------------------------------------------------------------------------------------- who and what

    async def identify(self, key: CustomerKey) -> None:
        """Put a customer on the counter; one that nobody can resolve now stays by his code, verbatim.

        Raises:
            RefusedError: a card that nobody has: many bar codes look like one, so a found member stays.
        """
        async with self._my_turn():
            sale = self._open_sale()
            found = await self._pricing.find(key)
            known = sale.customer is not None and sale.customer.standing is Standing.MEMBER
            if known and key.kind is KeyKind.CARD and found.standing is Standing.NOT_FOUND:
                raise RefusedError(words.NO_SUCH_CARD)
            self._keep(choosing.identified(sale, found))
            await self._price(NO_POINTS)

    async def choose(self, processing_id: str) -> None:
        """The customer is this one of those whom the key may mean.

        Raises:
            PosError: nobody is chosen yet; the candidates stay.
        """
        async with self._my_turn():
            sale = self.sale
            if sale is None or sale.stage is not Stage.OPEN or sale.customer is None:
                return
            if all(one.processing_id != processing_id for one in sale.customer.candidates):
                return
            self._keep(choosing.identified(sale, await self._pricing.choose(sale.customer.key, processing_id)))
            await self._price(NO_POINTS)

    async def seat(self, member: Customer, *, on: UUID | None, after: UUID | None) -> None:
        """Put somebody whom processing has just registered on the counter, if it is still his.

        It is when the sale `on` lies there (with None, any), and none has ended since `after`; another member stays.
        """

        def seated(sale: Sale) -> Sale:
            gone = after != (self.last.id if self.last else None) or on not in {None, sale.id}
            taken = sale.customer is not None and sale.customer.standing is Standing.MEMBER
            return sale if gone or taken else choosing.identified(sale, member)

        await self.change(seated)

    async def change(self, move: Callable[[Sale], Sale]) -> None:
        """Make a move of an open sale, begun now if there is none, and ask for its price anew with the same points.

        Raises:
            RefusedError: the sale is being paid.
        """
        async with self._my_turn():
            sale = self._open_sale()
            moved = move(sale)
            if moved is not sale:
                self._keep(moved)
                await self._price(moved.points_asked)

    async def take_order(self, number: str) -> None:
        """Put an order on the counter. Another one that lay there is set aside; its customer stays.

        Raises:
            PosError: the order cannot be shown; what lay on the counter still lies there.
        """
        async with self._my_turn():
            self._show_wait(WaitFor.ORDER, slow=False)
            try:
                order = await self._freshness.load(number, behind=self.sale is not None)
            finally:
                self._show_wait(None, slow=False)
            sale = self._open_sale()
            if sale.order is not None and sale.order.number != number:
                customer = sale.customer
                self._give_up(sale)
                sale = self._new_sale() if customer is None else choosing.identified(self._new_sale(), customer)
            self._keep(choosing.order_taken(sale, order))
            await self._price(NO_POINTS)

    async def redeem(self, points: Points | None, *, confirmed: Sale | None = None) -> Sale | None:
        """Spend `points` on the order, or with None all that the server allows; returns a sale that needs a code first.

        A customer whom nobody could resolve is looked up once more, because the cashier asks for his points.
        `confirmed` is the sale as it was when its customer was asked for the code that he has named.
        """
        async with self._my_turn():
            sale = self.sale
            if sale is None or sale.stage is not Stage.OPEN or sale.order is None or sale.customer is None:
                return None
            if confirmed is not None:
                if not choosing.is_visit_of_same(sale, confirmed):
                    return None
                self._keep(choosing.spending_allowed(sale))
            if sale.customer.standing is Standing.UNRESOLVED and not sale.loyalty.abandoned:
                self._keep(choosing.identified(sale, await self._pricing.find(sale.customer.key)))
                await self._price(NO_POINTS)
            sale = self.sale
            if sale is None or not choosing.may_redeem(sale) or sale.quote is None or sale.order is None:
                return None
            most = Points(max(sale.quote.redeemable.count - sale.order.points_spent.count, 0))
            wanted = most if points is None else points
            if wanted and self._settings.confirm_spending and not sale.spending_confirmed:
                return sale
            await self._price(wanted)
            return None

    async def receipt_wanted(self, contact: str, *, paper: bool) -> None:
        """Send the receipt of this visit to a phone or e-mail, print it, or both.

        Raises:
            RefusedError: no such contact, or money is being taken already.
        """
        async with self._my_turn():
            try:
                self._keep(choosing.receipt_wanted(self._open_sale(), contact, paper=paper))
            except ValueError as error:
                raise RefusedError(words.CONTACT_IS_WRONG) from error

    def _open_sale(self) -> Sale:
        if self.sale is None or not self.sale.is_open:
            return self._new_sale()
        if self.sale.stage is not Stage.OPEN:
            raise RefusedError(words.FINISH_FIRST)
        return self.sale

    def _new_sale(self) -> Sale:
        settings = self._settings
        return Sale(self._out.new_id(), self._out.clock(), settings.office, settings.till, settings.cashier)

    async def _price(self, points: Points) -> Sale | None:
        """Ask for the price of what is on the counter; returns the sale there."""
        sale = self.sale
        if sale is None or sale.order is None or sale.stage is not Stage.OPEN:
            return sale
        if sale.order.obstacle(sale.office) is not None:
            return sale
        priced = await self._pricing.price(sale, sale.order, points)
        quoted = choosing.quoted(sale, priced.quote, order_id=priced.order_id)
        return self._keep(quoted.troubled(priced.trouble) if priced.trouble else quoted)

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
        sale = self.sale
        if sale is not None and sale.stage is Stage.PAYING:
            await self.go_on(lambda paying: _replanned(paying, planned(paying, wishes, self._out)), more=bool(wishes))
            return
        if self._paying or sale is None or sale.stage is not Stage.OPEN or sale.quote is None or sale.order is None:
            return
        tenders = planned(sale, wishes, self._out)
        if not self._out.outbox.has_room(Money.sum([tender.amount for tender in tenders])):
            raise RefusedError(words.QUEUE_IS_FULL)
        async with self._at_money():
            if self.sale is not sale or await self._is_another_now(sale, sale.order):
                raise RefusedError(words.PRICE_MOVED)
            self._first_try = True
            self._keep(sale.payment_asked(tenders, at=self._out.clock()))
            await self._carry_on()

    async def go_on(self, move: Callable[[Sale], Sale], *, more: bool = False) -> None:
        """Make a move of a sale whose money is taken, or given back, and see it through; `more` if it takes more money.

        Raises:
            RefusedError: the move makes no sense; nothing has happened.
            OSError: the journal could not be written; nothing has happened.
        """
        if self._paying or self.sale is None or self.sale.stage not in {Stage.PAYING, Stage.CANCELLING}:
            return
        async with self._at_money():
            if self.sale is not None:
                if more and self.sale.order is not None and await self._freshness.paid_elsewhere(self.sale.order):
                    raise RefusedError(words.PAID_ELSEWHERE)
                self._first_try = True
                self._keep(move(self.sale))
                await self._carry_on()

    @asynccontextmanager
    async def _at_money(self) -> AsyncIterator[None]:
        self._paying = True
        try:
            async with self._my_turn():
                yield
        finally:
            self._paying = False
            self._changed()

    async def _is_another_now(self, sale: Sale, order: Order) -> bool:
        """Whether an order that has lain here for long is not what it was; it is on the counter anew if so."""
        now = await self._freshness.changed(order)
        if now is None:
            return False
        self._keep(choosing.order_taken(sale, now))
        await self._price(NO_POINTS)
        return True

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
            self.sale = choosing.order_taken(now, now.order) if looked_at and now.order else now
            self._first_try = False
            self._out.outbox.put(*facts_of(now))
            await self._carry_on()
        if now.stage is Stage.OPEN and now.order is not None:
            await self.take_order(now.order.number)

    def _as_it_is_now(self, sale: Sale) -> Sale | None:
        if self.sale is None:
            found = self._out.journal.find(sale.id)
            return found if found is not None and found.is_open else None
        if self.sale.id != sale.id:
            raise RefusedError(words.FINISH_FIRST)
        return self.sale

    async def cancel(self, unfinished: Sale | None = None) -> None:
        """Give up what lies on the counter, or a sale that a restart left unfinished.

        Money that moved goes back first. Once a receipt may be registered there is nothing to give up: it is asked
        about first, and so is a tender whose outcome is not known.

        Raises:
            RefusedError: somebody's answer is not known, or the receipt is registered; or another sale lies on the
                counter.
            OSError: the journal or the queue could not be written; asked again, it is finished.
        """
        if self._paying or (self.sale is None and unfinished is None):
            return
        async with self._at_money():
            sale = self.sale if unfinished is None else self._as_it_is_now(unfinished)
            if sale is None:
                return
            if not sale.may_be_given_up and sale.stage is not Stage.CANCELLING:
                raise RefusedError(words.FINISH_FIRST)
            if sale.order is None:
                self._give_up(sale)
                return
            # Shown as given up from here on: were it not, a full disk now would leave a sale that can still be printed.
            self.sale = sale if sale.stage is Stage.CANCELLING else self._keep(sale.given_up())
            await self._carry_on()

    async def set_aside(self) -> Sale | None:
        """Take a sale that trouble stopped off the counter, so that the queue of people goes on; it stays unfinished.

        Nothing of it is undone: its money is recorded, and its order cannot be paid anew until it is seen through.
        """
        if self._paying:
            return None
        async with self._my_turn():
            sale = self.sale
            if sale is None or sale.stage is Stage.OPEN or sale.trouble is None:
                return None
            self.sale = None
            self._changed()
            return sale

    def _give_up(self, sale: Sale) -> None:
        if sale.order is None:
            self.sale = None
            self._changed()
        else:
            self._undo(self._keep(sale.given_up()))

    def _undo(self, sale: Sale) -> None:
        self._out.outbox.put(*facts_of(sale))
        self._out.journal.save(sale.cancelled(at=self._out.clock()))
        self.sale = None
        self._changed()

    async def _carry_on(self) -> None:
        """Every stage once more until nothing is left to do or something stands in the way."""
        while self.sale is not None and await self._followed(self.sale):
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
            case Stage.RECORDING:
                self._record(sale)
            case Stage.CANCELLING:
                return await self._unpay(sale)
            case Stage.OPEN | Stage.DONE | Stage.CANCELLED:
                return False
        return True

    async def _take(self, sale: Sale) -> bool:
        taken = await self.taking.take(sale, go_on=self._first_try)
        if taken is not None:
            self._keep(taken.paid(self._out.new_id(), self._settings.receipt_words, self._settings.rules))
        return taken is not None

    async def _unpay(self, sale: Sale) -> bool:
        given_back = await self._giving_back.give_back(sale)
        if given_back is not None:
            self._undo(given_back)
        return given_back is not None

    def _record(self, sale: Sale) -> None:
        self._out.outbox.put(*facts_of(sale))
        self.last = self._keep(sale.recorded(at=self._out.clock()))
        self.sale = None
        self._changed()

    # -------------------------------------------------------------------------------------------------- inside

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        """One gesture at a time. A disk that refuses leaves its words on a sale under way: it can be taken up."""
        async with self._turn:
            try:
                yield
            except OSError as error:
                if self.sale is not None and self.sale.stage is not Stage.OPEN:
                    self.sale = self.sale.troubled(words.disk_failed(error))
                    self._changed()
                raise

    def _keep(self, sale: Sale) -> Sale:
        """Journal first, show second. A sale without an order is nothing to remember yet."""
        if sale.order is not None:
            self._out.journal.save(sale)
        self.sale = sale
        self._changed()
        return sale

    def _show_wait(self, what: WaitFor | None, slow: bool) -> None:  # noqa: FBT001 - a callback of two words
        if what is None:
            self.wait = None
        elif self.wait is not None and self.wait.what is what:
            self.wait = replace(self.wait, slow=slow)
        else:
            self.wait = Wait(what, self._out.clock(), slow)
        self._changed()


def _replanned(sale: Sale, tenders: tuple[Tender, ...]) -> Sale:
    if any(tender.is_under_way for tender in sale.tenders):
        raise RefusedError(words.FINISH_FIRST)
    return sale.rest_planned(tenders)
