"""Points owed («долг по баллам»): written down when they are promised, asked about until the account shows them.

That a message was delivered proves nothing: processing may have accepted it and accrued nothing. So a debt is settled
by the history of the account, or by what processing says of the order. A crash at any moment is taken up at the start.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from pos_client.counter.health import Health
from pos_client.counter.pricing import Outside
from pos_client.counter.state import CounterState, LightState
from pos_client.domain.account import Movement, MovementKind
from pos_client.domain.customer import Customer, Standing
from pos_client.domain.debts import Debt, DebtState, debt_of, offline_key
from pos_client.domain.facts import Fact, PointsArrived, SoldOffline, facts_of
from pos_client.domain.money import Points
from pos_client.domain.paid_order import Returned
from pos_client.domain.sale import Sale, Stage
from pos_client.ports import DebtBook, FactState, PosError, QueueFullError, RefusedError, Service, UnavailableError

__all__ = ["Debts", "promise"]

log = logging.getLogger(__name__)

_FIRST_LOOK = 3.0
"""Seconds after delivery: processing executes such orders a moment later."""
_LOOKS = (60.0, 300.0, 900.0)
_RARELY = 3600.0
"""Seconds between looks; each pause is the first of these that the time since delivery has not outgrown."""
_JITTER = 0.4
"""The most that a pause is longer, as a share of it: tills that an outage has lined up go apart again."""
_BREATH = 0.2
"""Seconds between one customer's question and the next: a thousand debts shall not storm processing."""
_OUTAGE_REST = 60.0
_ASK_ORDER_AFTER = timedelta(minutes=5)
"""Processing shows an order no sooner (Mindbox API v3, orders by id)."""
_TRUST_ORDER_AFTER = timedelta(hours=1)
"""From then on the order's own word counts, though the history does not name the order."""
_GIVE_UP_AFTER = timedelta(days=1)
"""How long after delivery a code may stay unknown to processing, or an order to the order service."""
_MARGIN = timedelta(hours=1)
"""Clocks of a till and of processing never agree."""
_REMEMBERED = timedelta(days=60)
"""How far back what was said of points is held to the account: by a start, and when the customer comes again."""
_SAID = frozenset({DebtState.ACCRUED, DebtState.REFUSED})
"""Points came, or would not: another till may have refunded the order since, or a person have put it right."""

_NOTHING_BY_RULES = "По правилам программы за этот заказ баллы не начислены"
_TAKEN_BACK = "Баллы были начислены, но потом сняты процессингом"
_NOBODY = {
    Standing.NOT_FOUND: "Участника программы с этим кодом нет: баллы начислить некому",
    Standing.AMBIGUOUS: "Код подходит нескольким участникам: баллы никому не начислены",
    Standing.BLOCKED: "Участник программы заблокирован: баллы не начислены",
}


def promise(book: DebtBook, facts: Iterable[Fact]) -> None:
    """Write down what these facts promise, before they are taken. The same facts promise the same once.

    A book that refuses keeps nobody's payment back: whoever follows debts makes what is missing of the sales.
    """
    for fact in facts:
        if isinstance(fact, SoldOffline):
            try:
                _promised(book, fact.sale)
            except OSError as error:
                log.warning("the debt of a sale is not written down yet: %s", error)


def _promised(book: DebtBook, sale: Sale) -> Debt | None:
    """The debt of this sale, written down now if it was not."""
    debt = book.find(sale.id)
    if debt is None and (debt := debt_of(sale)) is not None:
        book.keep(debt)
    return debt


class Debts:
    """Follows each debt from its promise to its end. One loop, one thread; times in seconds of `monotonic`.

    `notices` says whether the customer is told of an accrual. `on_change` is called after every change of a debt.
    """

    def __init__(
        self,
        outside: Outside,
        health: Health,
        *,
        notices: bool,
        on_change: Callable[[], None],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        rng: random.Random | None = None,
    ) -> None:
        self._out = outside
        self._book = outside.debts
        self._outbox = outside.outbox
        self._health = health
        self._clock = outside.clock
        self._notices = notices
        self._changed = on_change
        self._monotonic = monotonic
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._due: dict[UUID, float] = {}
        """When to look next, for every debt whose message has been delivered."""
        self._missed: set[UUID] = set()
        """Looked for in vain while processing was away."""
        self._heard: set[UUID] = set()
        self._shown: Customer | None = None
        self._news = asyncio.Event()

    # ------------------------------------------------------------------------------------------------ what happens

    def heard(self, key: str) -> None:
        """Something became of the message with this key; whatever is not an offline order is nobody's debt."""
        try:
            sale_id = UUID(key.rpartition(":")[2])
        except ValueError:
            return
        if key == offline_key(sale_id):
            self._heard.add(sale_id)
            self._news.set()

    def wake(self) -> None:
        """Processing answers again: what was looked for in vain is looked for now."""
        for sale_id in self._missed & self._due.keys():
            self._due[sale_id] = self._monotonic()
        self._missed.clear()
        self._news.set()

    def seen(self, state: CounterState) -> None:
        """What the counter shows: a customer who has just come is asked about before all others."""
        customer = state.sale.customer if state.sale is not None else None
        if customer != self._shown:
            self._shown = customer
            if customer is not None:
                with suppress(OSError):  # the gesture is about the sale; whoever reads debts says what the disk has
                    self.refresh(customer)

    def refresh(self, customer: Customer) -> None:
        """The customer stands at the counter: look now for what is owed, and whether what was said is still true."""
        recently = self._clock() - _REMEMBERED
        for debt in self._book.of_customer(customer.key, customer.processing_id):
            said = debt.state in _SAID and debt.customer_id and (debt.waits_for_payment or debt.sold_at >= recently)
            if debt.sale_id in self._due or said:
                # Before everything else that is due.
                self._due[debt.sale_id] = self._monotonic() - _RARELY
        self._news.set()

    def cancelled(self, order_number: str) -> None:
        """The order was refunded: nothing of it is owed, and nobody is told of an accrual any more. Harmless twice.

        Raises:
            OSError: the disk refused; ask again.
        """
        for debt in self._book.of_order(order_number):
            if debt.state is not DebtState.CANCELLED:
                self._close(debt.cancelled(at=self._clock()))

    # ------------------------------------------------------------------------------------------------- the watch

    async def run(self) -> None:
        """Follow every debt until cancelled.

        Raises:
            OSError: the disk failed; run again after a while, and every debt is taken up from the book.
        """
        self._heard.update(debt.sale_id for debt in self._book.open_debts())
        self._heard.update(debt.sale_id for debt in self._book.refused(self._clock() - _REMEMBERED))
        for entry in self._outbox.entries():
            self.heard(entry.key)
        while True:
            self._news.clear()
            self._follow_messages()
            while self._may_ask() and (debts := self._next()):
                await self._ask(debts)
                await self._sleep(_BREATH)
                self._follow_messages()
            await self._wait_for_news()

    def _follow_messages(self) -> None:
        while self._heard:
            sale_id = next(iter(self._heard))
            debt = self._book.find(sale_id) or self._forgotten(sale_id)
            if debt is not None:
                self._follow(debt)
            self._heard.discard(sale_id)

    def _forgotten(self, sale_id: UUID) -> Debt | None:
        """The debt that the book did not take when it was promised, or lost with its file."""
        sale = self._out.journal.find(sale_id)
        return None if sale is None else _promised(self._book, sale)

    def _follow(self, debt: Debt) -> None:
        """Bring a debt to where its message is."""
        fate = self._outbox.fate(debt.fact_key)
        match fate.state:
            case FactState.REFUSED | FactState.CLOSED:
                if debt.is_open:
                    self._keep(debt.refused(fate.words, at=self._clock()))
            case FactState.WAITING:
                self._due.pop(debt.sale_id, None)
                if debt.state is DebtState.REFUSED:
                    self._keep(debt.reopened())
            case FactState.DELIVERED | FactState.MOVED:
                if debt.state is DebtState.REFUSED and fate.at and debt.settled_at and fate.at > debt.settled_at:
                    debt = debt.reopened()
                    self._keep(debt)
                if debt.is_open:
                    self._due.setdefault(debt.sale_id, self._monotonic() + _FIRST_LOOK * self._spread())
            case FactState.UNKNOWN:
                if debt.is_open:
                    self._send_again(debt)

    def _send_again(self, debt: Debt) -> None:
        """The outbox lost the message with a damaged file; the journal still has the sale that it was made of."""
        sale = self._out.journal.find(debt.sale_id)
        if sale is not None and sale.stage is Stage.DONE:
            with suppress(QueueFullError):  # the next start tries again
                self._outbox.put(*(fact for fact in facts_of(sale) if isinstance(fact, SoldOffline)))

    def _may_ask(self) -> bool:
        """Not while processing is left alone, nor while it shuts this till out: both end with a recovery."""
        light = next(light for light in self._health.lights() if light.service is Service.PROCESSING)
        return light.state not in {LightState.DOWN, LightState.ATTENTION}

    def _next(self) -> Sequence[Debt]:
        """The debts to ask about now: all of one customer, because one history answers for them."""
        while self._due:
            sale_id = min(self._due, key=self._due.__getitem__)
            if self._due[sale_id] > self._monotonic():
                return ()
            debt = self._book.find(sale_id)
            if debt is not None:
                of_customer = self._book.of_customer(debt.key, debt.customer_id)
                others = [other for other in of_customer if other.sale_id in self._due and other.sale_id != sale_id]
                return (debt, *others)
            del self._due[sale_id]
        return ()

    async def _wait_for_news(self) -> None:
        if not self._due or not self._may_ask():
            await self._news.wait()
            return
        pause = max(0.0, min(self._due.values()) - self._monotonic())
        waits = (asyncio.ensure_future(self._news.wait()), asyncio.ensure_future(self._sleep(pause)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    # ----------------------------------------------------------------------------------------------- the question

    async def _ask(self, debts: Sequence[Debt]) -> None:
        rest: float | None = None
        try:
            who = await self._whose(debts)
            if who is not None:
                since = min(debt.sold_at for debt in debts) - _MARGIN
                moves = await self._out.members.history(who, since=since, till=self._clock() + _MARGIN)
                for debt in debts:
                    await self._settle(debt.sale_id, moves)
        except UnavailableError as error:
            self._missed.update(debt.sale_id for debt in debts)
            rest = error.retry_after or _OUTAGE_REST
        except PosError as error:
            log.info("processing does not say what became of owed points: %s", error.detail or error.trouble.what)
        except QueueFullError:
            rest = _OUTAGE_REST  # the notice found no room: the debt stays open, so that it is not forgotten
        for debt in debts:
            if debt.sale_id in self._due:
                self._due[debt.sale_id] = self._monotonic() + (rest or self._pause(debt)) * self._spread()

    async def _whose(self, debts: Sequence[Debt]) -> Customer | None:
        """The customer as processing knows him; None while it does not."""
        debt = debts[0]
        known = next((each.customer_id for each in debts if each.customer_id), "")
        if known:
            return Customer(debt.key, Standing.MEMBER, processing_id=known)
        found = await self._out.processing.find_customer(debt.key)
        for each in debts:
            now = self._book.find(each.sale_id)
            if now is None or not now.is_open:
                continue
            if found.standing is Standing.MEMBER:
                self._keep(now.resolved(found))
            elif found.standing in _NOBODY and self._since_delivery(now) >= _GIVE_UP_AFTER:
                self._close(now.refused(_NOBODY[found.standing], at=self._clock()))
        return found if found.standing is Standing.MEMBER else None

    async def _settle(self, sale_id: UUID, moves: Iterable[Movement]) -> None:
        debt = self._book.find(sale_id)
        if debt is None or debt.state is DebtState.CANCELLED:
            self._due.pop(sale_id, None)
            return
        earned = [move for move in moves if move.kind is MovementKind.EARNED and move.order_id == debt.order_id]
        points = sum(move.points for move in earned)
        if points > 0:
            await self._arrived(
                debt, Points(points), waits=any(not move.available for move in earned if move.points > 0)
            )
        elif debt.state is DebtState.ACCRUED and earned:
            await self._taken_back(debt)
        elif not debt.is_open:
            self._due.pop(sale_id, None)
        elif self._since_delivery(debt) >= _ASK_ORDER_AFTER:
            await self._settle_by_order(debt)

    async def _settle_by_order(self, debt: Debt) -> None:
        earned = await self._out.members.earned_by(debt.order_id)
        if earned is None:
            return
        if earned:
            if self._since_delivery(debt) >= _TRUST_ORDER_AFTER:
                await self._arrived(debt, earned, waits=False)
            return
        returned = await self._returned(debt)
        now = self._still_owed(debt)
        if now is not None and (returned is None or returned.is_done):
            at = self._clock()
            self._close(now.cancelled(at=at) if returned else now.refused(_NOTHING_BY_RULES, at=at))

    async def _taken_back(self, debt: Debt) -> None:
        """The account had the points and has them no more: a refund at another till, or a person at processing."""
        returned = await self._returned(debt)
        at = self._clock()
        self._close(debt.cancelled(at=at) if returned else debt.refused(_TAKEN_BACK, at=at))

    async def _returned(self, debt: Debt) -> Returned | None:
        """The refund of the order, wherever it is or was: this till knows only of its own.

        Raises:
            PosError: nobody can say; an order that the service goes on not to know was not refunded either.
        """
        try:
            return (await self._out.refunds.paid_for(debt.order_number)).returned
        except RefusedError:
            if self._since_delivery(debt) < _GIVE_UP_AFTER:
                raise
            return None

    async def _arrived(self, debt: Debt, points: Points, *, waits: bool) -> None:
        """The account has the points. The notice goes first: after a crash between the two it is put in vain.

        Nobody is told of points that another till is about to have taken back.
        """
        at = self._clock()
        if not debt.is_open:
            self._close(debt.paid(points, at=at, waits_for_payment=waits))
            return
        returned = await self._returned(debt)
        now = self._still_owed(debt)
        if now is None or (returned is not None and not returned.is_done):
            return
        if returned:
            self._close(now.cancelled(at=at))
            return
        paid = now.paid(points, at=at, waits_for_payment=waits)
        if self._notices:
            self._outbox.put(PointsArrived(paid))
        self._close(paid)

    def _still_owed(self, debt: Debt) -> Debt | None:
        """The debt as it is now: a refund or a person may have been quicker than an answer."""
        now = self._book.find(debt.sale_id)
        return now if now is not None and now.is_open else None

    # ---------------------------------------------------------------------------------------------------- inside

    def _close(self, debt: Debt) -> None:
        """Nothing has to be asked about it any more."""
        self._due.pop(debt.sale_id, None)
        self._keep(debt)

    def _keep(self, debt: Debt) -> None:
        self._book.keep(debt)
        self._changed()

    def _since_delivery(self, debt: Debt) -> timedelta:
        at = self._outbox.fate(debt.fact_key).at
        return timedelta() if at is None else self._clock() - at

    def _pause(self, debt: Debt) -> float:
        waited = self._since_delivery(debt).total_seconds()
        return next((look for look in _LOOKS if waited < look), _RARELY)

    def _spread(self) -> float:
        return 1.0 + self._rng.uniform(0.0, _JITTER)
