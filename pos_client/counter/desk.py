"""The counter as the cashier handles it: every gesture in, one value of everything out.

A gesture never raises for a reason that the cashier can read about: it becomes a notice. Whatever else is raised is a
bug and goes to whoever spawned the gesture.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from pos_client.counter import loyalty_words, words
from pos_client.counter.account import Account
from pos_client.counter.checkout import Checkout, CheckoutSettings
from pos_client.counter.codes import Codes
from pos_client.counter.health import Health
from pos_client.counter.light_desk import LightDesk, Probe
from pos_client.counter.loyalty_desk import LoyaltyDesk
from pos_client.counter.membership import Membership
from pos_client.counter.points_shown import arrival, debts_shown
from pos_client.counter.pricing import Outside
from pos_client.counter.queue_desk import QueueDesk
from pos_client.counter.receipt_desk import ReceiptDesk
from pos_client.counter.receiptable import objection
from pos_client.counter.refund_desk import RefundDesk
from pos_client.counter.refunding import Refunding
from pos_client.counter.register_watch import RegisterWatch
from pos_client.counter.scans import CouponScan, CustomerScan, Formats, OrderScan, ReceiptScan, UnknownScan, recognise
from pos_client.counter.shift_desk import ShiftDesk, shift_since, totals_of_shift
from pos_client.counter.slip_desk import SlipDesk
from pos_client.counter.state import CounterState
from pos_client.counter.telling import Told
from pos_client.counter.tender_desk import TenderDesk
from pos_client.counter.tidying import Tidying
from pos_client.counter.unfinished import Unfinished
from pos_client.domain.facts import facts_of
from pos_client.domain.joining import ConsentText
from pos_client.domain.money import Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.domain.sale import Sale, Trouble
from pos_client.ports import QueueFullError, Service

__all__ = ["Desk"]


class Desk:
    """Holds the checkout, the queue and the lights together. One loop, one thread."""

    def __init__(
        self,
        outside: Outside,
        health: Health,
        settings: CheckoutSettings,
        *,
        formats: Formats,
        training: bool,
        consent_texts: Callable[[], tuple[ConsentText, ...]] = tuple,
    ) -> None:
        self._out = outside
        self._health = health
        self._settings = settings
        self._formats = formats
        self._training = training
        self._listeners: list[Callable[[CounterState], None]] = []
        self._notice: Trouble | None = None
        health.on_change = self.changed
        self.slips = SlipDesk(outside, self.say, counter=lambda: self.state)
        self._checkout = Checkout(outside, health, settings, self.slips, self.changed)
        self.corrections = self._checkout.corrections
        self._account = Account(outside.members, health, outside.clock, self.changed)
        codes = Codes(outside.members, health, outside.clock, self.changed)
        self.loyalty = LoyaltyDesk(self._checkout, codes, self.say)
        self.register = RegisterWatch(outside.register, health, outside.clock, self.changed)
        self.tenders = TenderDesk(
            outside,
            self._checkout,
            self.say,
            cashier=settings.cashier.name,
            register=self.register,
            rules=settings.rules,
        )
        self.joining = Membership(
            outside,
            self._checkout,
            health,
            cashier=settings.cashier,
            texts=consent_texts,
            on_change=self.changed,
        )
        refunding = Refunding(outside, settings, self.changed, self.corrections, self.slips)
        self.refunds = RefundDesk(refunding, self._checkout, self.say, journal=outside.journal, formats=formats)
        self.receipts = ReceiptDesk(self._checkout, refunding, self.corrections, self.say)
        self.queue = QueueDesk(outside.outbox, outside.refund_book, self.say, cashier=settings.cashier.name)
        self.lights = LightDesk(
            health, _probes(outside, self.register), self.changed, is_idle=self._is_idle, is_free=self._terminal_is_free
        )
        self.shift = ShiftDesk(outside, self.say, self.changed, counter=lambda: self.state)
        self._unfinished = Unfinished(outside.journal)
        try:
            for sale in self._unfinished.sales:
                outside.outbox.put(*facts_of(sale))
            refunding.owe_again()
        except QueueFullError as error:
            # Each of them owes its facts again when it is taken up; a till that does not open helps nobody.
            self._notice = words.disk_failed(error)

    # ------------------------------------------------------------------------------------------------ out

    def listen(self, listener: Callable[[CounterState], None]) -> None:
        """Call `listener` with the new state after every change."""
        self._listeners.append(listener)

    def changed(self) -> None:
        """Tell everybody what the counter is like now."""
        self._account.follow(self._checkout.here.sale, waiting=self._checkout.here.wait is not None)
        state = self.state
        for listener in self._listeners:
            listener(state)

    @property
    def state(self) -> CounterState:
        """The whole counter at this moment."""
        now = self._out.clock()
        checkout = self._checkout
        today = _start_of_day(now)
        customer = checkout.here.sale.customer if checkout.here.sale is not None else None
        debts = debts_shown(self._out.debts, customer, checkout.here.last, since=shift_since(self.register.seen, today))
        return CounterState(
            now=now,
            office=self._settings.office,
            till=self._settings.till,
            cashier=self._settings.cashier,
            training=self._training,
            sale=checkout.here.sale,
            wait=checkout.here.wait or self.refunds.here.opening,
            notice=self._notice,
            unfinished=self._unfinished.sales,
            last=checkout.here.last,
            last_points=arrival(checkout.here.last, debts.last, self._out.outbox),
            lights=self.lights.shown(),
            queue=self._out.outbox.summary(),
            lanes=self._out.outbox.lanes(),
            entries=self._out.outbox.shown(),
            totals=self._out.journal.totals(today),
            shift_totals=totals_of_shift(self._out.journal, self.register.seen, today),
            register=self.register.seen,
            code=self.loyalty.asked,
            joining=self.joining.now,
            account=self._account.of(checkout.here.sale),
            debts=debts.of_customer,
            last_debt=debts.last,
            shift_debts=debts.counts,
            refund=self.refunds.page,
            unfinished_refunds=self.refunds.here.unfinished,
            last_refund=self.refunds.here.last,
            recent=self.refunds.recent,
            means=self.tenders.means,
            tendering=self.tenders.now,
            qr=self.tenders.qr,
            receipt_doubt=self.receipts.doubt,
            reconciliation=self.shift.reconciliation,
        )

    # ------------------------------------------------------------------------------------------------ gestures

    async def scanned(self, text: str) -> None:
        """Something came from the scanner."""
        await self._read(text, typed=False)

    async def typed(self, text: str) -> None:
        """Something was typed in the search line and confirmed."""
        await self._read(text, typed=True)

    async def redeem(self, points: Points | None) -> None:
        """Spend so many points, or as many as allowed."""
        await self.loyalty.redeem(points)

    async def pay(self, amount: Money, received: Money) -> None:
        """Take cash and see the sale through. Sums in kopecks."""
        await self.tenders.pay_plan([TenderWish(TenderKind.CASH, amount, received)])
        await self.register.look()

    async def recheck(self) -> None:
        """Take the sale up again after trouble."""
        sale = self._checkout.here.sale
        if sale is not None:
            with Told(self.say):
                await self._checkout.resume(sale)

    async def resume(self, sale_id: UUID) -> None:
        """Take up a sale that a restart left unfinished."""
        await self._take_up(sale_id, self._checkout.resume)

    async def give_up(self, sale_id: UUID) -> None:
        """Give up a sale that a restart left unfinished, if its receipt surely was never sent."""
        await self._take_up(sale_id, self._checkout.cancel)

    async def _take_up(self, sale_id: UUID, see_to: Callable[[Sale], Awaitable[None]]) -> None:
        if self._checkout.is_paying or self._checkout.here.sale is not None or self.refunds.page is not None:
            self.say(words.FINISH_FIRST)
            return
        sale = self._unfinished.take(sale_id)
        if sale is not None:
            with Told(self.say):
                await see_to(sale)
            self._unfinished.put_back(sale_id, on_counter=self._checkout.here.sale)
            self.changed()

    async def cancel(self) -> None:
        """Give up what is on the counter."""
        with Told(self.say):
            await self._checkout.cancel()

    async def set_aside(self) -> None:
        """Clear the counter: a sale that was only looked at is given up, one that trouble stopped stays unfinished."""
        with Told(self.say):
            aside = await self._checkout.set_aside()
            if aside is None:
                await self._checkout.cancel()
            else:
                self._unfinished.add(aside)
                self.changed()

    def dismiss_notice(self) -> None:
        """The cashier has read it."""
        self.say(None)

    def say(self, notice: Trouble | None) -> None:
        """Show a notice, or take it away."""
        if notice != self._notice:
            self._notice = notice
            self.changed()

    # ------------------------------------------------------------------------------------------------ watching

    async def watch(self, *, register_every: float, probe_every: float, probe_within: float) -> None:
        """Until cancelled: look at the register now and then, and ask every service that is not well how it is."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._account.run())
            group.create_task(self.lights.run(every=probe_every, within=probe_within))
            group.create_task(Tidying(self._out.outbox, self._is_idle).run())
            while True:
                await self.register.look()
                await asyncio.sleep(register_every)

    # ------------------------------------------------------------------------------------------------ inside

    def _is_idle(self) -> bool:
        """Whether nobody is about to pay or to be paid back."""
        return self._terminal_is_free() and self._checkout.here.sale is None

    def _terminal_is_free(self) -> bool:
        """Not while it may still be at an operation of a till that was killed: what it says next is that one's end."""
        if self._checkout.is_paying or self.shift.is_reconciling or self.refunds.page is not None:
            return False
        return not self.state.has_card_in_doubt

    async def _read(self, text: str, *, typed: bool) -> None:
        if self._checkout.is_paying:
            self.say(words.FINISH_FIRST)
            return
        if (trouble := self.refunds.here.in_the_way) is not None:
            self.say(trouble)
            return
        with Told(self.say):
            match recognise(text, self._formats, typed=typed):
                case OrderScan(number):
                    self.refunds.leave_read_page()
                    await self._checkout.preparing.take_order(number)
                    refused = self.refunds.not_taken_of(number)
                    trouble = refused or objection(self._checkout.here.sale, self._settings.rules)
                case CustomerScan(key):
                    self.refunds.leave_read_page()
                    before = self._checkout.here.sale
                    await self._checkout.preparing.identify(key)
                    now = self._checkout.here.sale
                    trouble = loyalty_words.blocked(now, key) or loyalty_words.customer_replaced(before, now)
                case CouponScan(code):
                    await self.loyalty.coupon(code)
                case ReceiptScan(qr):
                    await self.refunds.open(qr)
                case UnknownScan():
                    trouble = words.UNKNOWN_CODE
            if trouble is not None:
                self.say(trouble)


def _probes(outside: Outside, register: RegisterWatch) -> dict[Service, Probe]:
    """The harmless question to each service that this till has."""
    probes: dict[Service, Probe] = {
        Service.ORDERS: outside.orders.probe,
        Service.PROCESSING: outside.processing.probe,
        Service.REGISTER: register.look,
    }
    if outside.terminal is not None:
        probes[Service.TERMINAL] = outside.terminal.probe
    if outside.sbp is not None:
        probes[Service.SBP] = outside.sbp.probe
    return probes


def _start_of_day(now: datetime) -> datetime:
    return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
