"""The counter as the cashier handles it: every gesture in, one value of everything out.

A gesture never raises for a reason that the cashier can read about: it becomes a notice. Whatever else is raised is a
bug and goes to whoever spawned the gesture.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from pos_client.counter import loyalty_words, words
from pos_client.counter.account import Account
from pos_client.counter.checkout import Checkout, CheckoutSettings
from pos_client.counter.codes import Codes
from pos_client.counter.health import Health
from pos_client.counter.loyalty_desk import LoyaltyDesk
from pos_client.counter.membership import Membership
from pos_client.counter.pricing import Outside
from pos_client.counter.receiptable import objection
from pos_client.counter.refund_desk import RefundDesk
from pos_client.counter.refunding import Refunding
from pos_client.counter.scans import CouponScan, CustomerScan, Formats, OrderScan, ReceiptScan, UnknownScan, recognise
from pos_client.counter.state import Arrival, CounterState
from pos_client.counter.telling import Told
from pos_client.counter.tender_desk import TenderDesk
from pos_client.domain.customer import CustomerKey, KeyKind
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.facts import OrderSettled, SoldOffline, facts_of
from pos_client.domain.joining import ConsentText
from pos_client.domain.money import Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.domain.sale import Sale, Trouble
from pos_client.ports import Outbox, PosError, QueueEntry, QueueFullError, RegisterState, Service

__all__ = ["Desk"]

_UNSENT_ALARM_DAYS = 3
"""The storage locks the register after thirty days of silence to the OFD; three leave time for a person to act."""


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
        wake_queue: Callable[[], None] = lambda: None,
        consent_texts: Callable[[], tuple[ConsentText, ...]] = tuple,
    ) -> None:
        self._out = outside
        self._health = health
        self._settings = settings
        self._formats = formats
        self._training = training
        self._wake_queue = wake_queue
        self._listeners: list[Callable[[CounterState], None]] = []
        self._notice: Trouble | None = None
        self._register: RegisterState | None = None
        health.on_change = self.changed
        self._checkout = Checkout(outside, health, settings, self.changed)
        self._account = Account(outside.members, health, outside.clock, self.changed)
        codes = Codes(outside.members, health, outside.clock, self.changed)
        self.loyalty = LoyaltyDesk(self._checkout, codes, self.say)
        self.tenders = TenderDesk(
            outside, self._checkout, self.say, cashier=settings.cashier.name, ready=self._register_is_ready
        )
        self.joining = Membership(
            outside,
            self._checkout,
            health,
            cashier=settings.cashier,
            texts=consent_texts,
            on_change=self.changed,
        )
        refunding = Refunding(outside, settings, self.changed)
        self.refunds = RefundDesk(refunding, self._checkout, self.say, journal=outside.journal, formats=formats)
        self._unfinished = outside.journal.open_sales()
        try:
            for sale in self._unfinished:
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
        self._account.follow(self._checkout.sale, waiting=self._checkout.wait is not None)
        state = self.state
        for listener in self._listeners:
            listener(state)

    @property
    def state(self) -> CounterState:
        """The whole counter at this moment."""
        now = self._out.clock()
        entries = self._out.outbox.entries()
        checkout = self._checkout
        today = _start_of_day(now)
        debts, last_debt, shift_debts = self._debts_shown(today)
        return CounterState(
            now=now,
            office=self._settings.office,
            till=self._settings.till,
            cashier=self._settings.cashier,
            training=self._training,
            sale=checkout.sale,
            wait=checkout.wait or self.refunds.opening,
            notice=self._notice,
            unfinished=self._unfinished,
            last=checkout.last,
            last_points=_arrival(checkout.last, last_debt, entries, self._out.outbox),
            lights=self._health.lights(),
            queue=self._out.outbox.summary(),
            lanes=self._out.outbox.lanes(),
            entries=entries,
            totals=self._out.journal.totals(today),
            register=self._register,
            code=self.loyalty.asked,
            joining=self.joining.now,
            account=self._account.of(checkout.sale),
            debts=debts,
            last_debt=last_debt,
            shift_debts=shift_debts,
            refund=self.refunds.page,
            unfinished_refunds=self.refunds.unfinished,
            last_refund=self.refunds.last,
            recent=self.refunds.recent,
            means=self.tenders.means,
            tendering=self.tenders.now,
            qr=self.tenders.qr,
        )

    def _debts_shown(self, since: datetime) -> tuple[tuple[Debt, ...], Debt | None, dict[DebtState, int]]:
        """The customer's debts, the last sale's, and how many in each state.

        Nothing while the book's disk refuses: no sale waits for it, and whoever follows debts says what is wrong.
        """
        book, sale, last = self._out.debts, self._checkout.sale, self._checkout.last
        customer = sale.customer if sale is not None else None
        try:
            return (
                () if customer is None else book.of_customer(customer.key, customer.processing_id),
                None if last is None else book.find(last.id),
                book.counts(since),
            )
        except OSError:
            return (), None, {}

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
        await self.look_at_register()

    async def _register_is_ready(self) -> bool:
        """A register that surely refuses (no paper, a shift of more than a day) is said so before money is taken."""
        if self._register is not None and words.register_attention(self._register) is not None:
            await self.look_at_register()  # somebody may have put it right since
            if (trouble := words.register_attention(self._register)) is not None:
                self.say(replace(trouble, money="Оплата не проведена."))
                return False
        return not self._tell_of_receipt()

    async def recheck(self) -> None:
        """Take the sale up again after trouble."""
        sale = self._checkout.sale
        if sale is not None:
            with Told(self.say):
                await self._checkout.resume(sale)

    async def resume(self, sale_id: UUID) -> None:
        """Take up a sale that a restart left unfinished."""
        if self._checkout.is_paying or self._checkout.sale is not None or self.refunds.page is not None:
            self.say(words.FINISH_FIRST)
            return
        sale = self._taken_from_unfinished(sale_id)
        if sale is not None:
            with Told(self.say):
                await self._checkout.resume(sale)
            self._put_back(sale_id)

    async def give_up(self, sale_id: UUID) -> None:
        """Give up a sale that a restart left unfinished, if its receipt surely was never sent."""
        if self._checkout.is_paying or self._checkout.sale is not None or self.refunds.page is not None:
            self.say(words.FINISH_FIRST)
            return
        sale = self._taken_from_unfinished(sale_id)
        if sale is not None:
            with Told(self.say):
                await self._checkout.cancel(sale)
            self._put_back(sale_id)

    def _taken_from_unfinished(self, sale_id: UUID) -> Sale | None:
        found = next((sale for sale in self._unfinished if sale.id == sale_id), None)
        self._unfinished = tuple(sale for sale in self._unfinished if sale.id != sale_id)
        return found

    def _put_back(self, sale_id: UUID) -> None:
        """What could neither be ended nor laid on the counter waits among the unfinished ones, as it did."""
        on_counter = self._checkout.sale
        sale = self._out.journal.find(sale_id)
        if sale is not None and sale.is_open and (on_counter is None or on_counter.id != sale_id):
            self._unfinished = (sale, *self._unfinished)
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
                self._unfinished = (*self._unfinished, aside)
                self.changed()

    def go_on_without_points(self) -> None:
        """Do not wait for loyalty any longer."""
        self._checkout.patience.skip()

    def wait_longer(self) -> None:
        """Give loyalty a little more time."""
        self._checkout.patience.extend()

    def retry_entry(self, key: str | None) -> None:
        """Try one entry of the queue, or all of it, now."""
        with Told(self.say):
            self._out.outbox.retry(key, by=self._settings.cashier.name)
            self._wake_queue()

    def close_entry(self, key: str, reason: str) -> None:
        """Take an entry that needs a human off the list; who and why stay on record."""
        with Told(self.say):
            self._out.outbox.close_as_handled(key, by=self._settings.cashier.name, reason=reason)

    def dismiss_notice(self) -> None:
        """The cashier has read it."""
        self.say(None)

    def say(self, notice: Trouble | None) -> None:
        """Show a notice, or take it away."""
        if notice != self._notice:
            self._notice = notice
            self.changed()

    # ------------------------------------------------------------------------------------------------ watching

    async def look_at_register(self) -> None:
        """Ask the register how it is: paper, shift, documents that did not reach the OFD."""
        try:
            state = await self._out.register.state()
        except PosError:
            return  # its light says so already
        self._register = state
        self._health.wants_attention(Service.REGISTER, words.register_attention(state))
        days = (self._out.clock() - state.unsent_since).days if state.unsent_since else 0
        late = state.unsent > 0 and days >= _UNSENT_ALARM_DAYS
        self._health.wants_attention(Service.OFD, words.ofd_silent(state.unsent, days) if late else None)
        self.changed()

    async def watch(self, *, register_every: float, probe_every: float, probe_within: float) -> None:
        """Until cancelled: look at the register, probe processing while it is left alone."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._account.run())
            group.create_task(
                self._health.probe(
                    Service.PROCESSING, self._out.processing.probe, every=probe_every, within=probe_within
                )
            )
            while True:
                await self.look_at_register()
                await asyncio.sleep(register_every)

    # ------------------------------------------------------------------------------------------------ inside

    async def _read(self, text: str, *, typed: bool) -> None:
        if self._checkout.is_paying:
            self.say(words.FINISH_FIRST)
            return
        if self.refunds.holds_counter:
            self.say(self.refunds.finish_first)
            return
        with Told(self.say):
            match recognise(text, self._formats, typed=typed):
                case OrderScan(number):
                    self.refunds.leave_read_page()
                    await self._checkout.take_order(number)
                    self._tell_of_receipt()
                case CustomerScan(key):
                    self.refunds.leave_read_page()
                    before = self._checkout.sale
                    await self._checkout.identify(key)
                    if (replaced := loyalty_words.customer_replaced(before, self._checkout.sale)) is not None:
                        self.say(replaced)
                    self._tell_of_block(key)
                case CouponScan(code):
                    await self.loyalty.coupon(code)
                case ReceiptScan(qr):
                    await self.refunds.open(qr)
                case UnknownScan():
                    self.say(words.UNKNOWN_CODE)

    def _tell_of_receipt(self) -> bool:
        """Whether no register would take the receipt of what lies here; said at once, and before money is taken."""
        trouble = objection(self._checkout.sale, self._settings.rules)
        if trouble is not None:
            self.say(trouble)
        return trouble is not None

    def _tell_of_block(self, key: CustomerKey) -> None:
        sale = self._checkout.sale
        if sale is not None and sale.customer is not None and sale.customer.is_blocked:
            card = key.kind is KeyKind.CARD
            self.say(loyalty_words.CARD_IS_BLOCKED if card else loyalty_words.CUSTOMER_IS_BLOCKED)


def _start_of_day(now: datetime) -> datetime:
    return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)


_ARRIVALS = {
    DebtState.OWED: Arrival.WAITING,
    DebtState.ACCRUED: Arrival.ARRIVED,
    DebtState.REFUSED: Arrival.REFUSED,
    DebtState.CANCELLED: Arrival.NONE,
}


def _arrival(last: Sale | None, debt: Debt | None, entries: tuple[QueueEntry, ...], outbox: Outbox) -> Arrival:
    """What became of the last sale's points: by the account where they were owed, else by the queue."""
    if last is None:
        return Arrival.NONE
    if debt is not None:
        return _ARRIVALS[debt.state]
    promised = {fact.key for fact in facts_of(last) if isinstance(fact, SoldOffline | OrderSettled)}
    if not promised:
        return Arrival.NONE
    waiting = [entry for entry in entries if entry.key in promised]
    if not waiting:
        # What a person closed by hand has not arrived, though nothing waits any more.
        return Arrival.ARRIVED if all(outbox.has_arrived(key) for key in promised) else Arrival.REFUSED
    return Arrival.REFUSED if any(entry.needs_human for entry in waiting) else Arrival.WAITING
