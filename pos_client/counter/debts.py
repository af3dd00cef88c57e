"""Points owed («долг по баллам»): written down when they are promised, asked about until the account shows them.

What an answer means for a debt is in `debt_settling`, when to ask again in `looks`. A crash at any moment is taken up
at the start.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from pos_client.counter.debt_settling import Settling
from pos_client.counter.health import Health
from pos_client.counter.looks import Looks
from pos_client.counter.pricing import Outside
from pos_client.counter.state import CounterState, LightState
from pos_client.domain.customer import Customer
from pos_client.domain.debts import Debt, DebtState, debt_of, offline_key
from pos_client.domain.facts import Fact, SoldOffline, facts_of
from pos_client.domain.sale import Sale, Stage
from pos_client.ports import DebtBook, FactState, PosError, QueueFullError, Service, UnavailableError

__all__ = ["Debts", "promise"]

log = logging.getLogger(__name__)

_BREATH = 0.2
"""Seconds between one customer's question and the next: a thousand debts shall not storm processing."""
_OUTAGE_REST = 60.0
_MARGIN = timedelta(hours=1)
"""Clocks of a till and of processing never agree."""
_REMEMBERED = timedelta(days=60)
"""How far back what was said of points is held to the account: by a start, and when the customer comes again."""
_SAID = frozenset({DebtState.ACCRUED, DebtState.REFUSED})
"""Points came, or would not: another till may have refunded the order since, or a person have put it right."""


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
        self._looks = Looks(monotonic, rng)
        self._settling = Settling(outside, self._looks, notices=notices, on_change=on_change)
        self._health = health
        self._sleep = sleep
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
        self._looks.recovered()
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
        recently = self._out.clock() - _REMEMBERED
        for debt in self._out.debts.of_customer(customer.key, customer.processing_id):
            said = debt.state in _SAID and debt.customer_id and (debt.waits_for_payment or debt.sold_at >= recently)
            if debt.sale_id in self._looks or said:
                self._looks.first(debt.sale_id)
        self._news.set()

    def cancelled(self, order_number: str, visit: UUID | None = None) -> None:
        """The order, or one visit of it, was refunded: nothing of it is owed, nobody is told of an accrual any more.

        Harmless twice.

        Raises:
            OSError: the disk refused; ask again.
        """
        for debt in self._out.debts.of_order(order_number):
            if debt.state is not DebtState.CANCELLED and visit in {None, debt.sale_id}:
                self._settling.close(debt.cancelled(at=self._out.clock()))

    # ------------------------------------------------------------------------------------------------- the watch

    async def run(self) -> None:
        """Follow every debt until cancelled.

        Raises:
            OSError: the disk failed; run again after a while, and every debt is taken up from the book.
        """
        self._heard.update(debt.sale_id for debt in self._out.debts.open_debts())
        self._heard.update(debt.sale_id for debt in self._out.debts.refused(self._out.clock() - _REMEMBERED))
        for key in self._out.outbox.waiting():
            self.heard(key)
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
            debt = self._out.debts.find(sale_id) or self._forgotten(sale_id)
            if debt is not None:
                self._follow(debt)
            self._heard.discard(sale_id)

    def _forgotten(self, sale_id: UUID) -> Debt | None:
        """The debt that the book did not take when it was promised, or lost with its file."""
        sale = self._out.journal.find(sale_id)
        return None if sale is None else _promised(self._out.debts, sale)

    def _follow(self, debt: Debt) -> None:
        """Bring a debt to where its message is."""
        fate = self._out.outbox.fate(debt.fact_key)
        match fate.state:
            case FactState.REFUSED | FactState.CLOSED:
                if debt.is_open:
                    self._settling.keep(debt.refused(fate.words, at=self._out.clock()))
            case FactState.WAITING:
                self._looks.drop(debt.sale_id)
                if debt.state is DebtState.REFUSED:
                    self._settling.keep(debt.reopened())
            case FactState.DELIVERED | FactState.MOVED:
                if debt.state is DebtState.REFUSED and fate.at and debt.settled_at and fate.at > debt.settled_at:
                    debt = debt.reopened()
                    self._settling.keep(debt)
                if debt.is_open:
                    self._looks.begin(debt.sale_id)
            case FactState.UNKNOWN:
                if debt.is_open:
                    self._send_again(debt)

    def _send_again(self, debt: Debt) -> None:
        """The outbox lost the message with a damaged file; the journal still has the sale that it was made of."""
        sale = self._out.journal.find(debt.sale_id)
        if sale is not None and sale.stage is Stage.DONE:
            with suppress(QueueFullError):  # the next start tries again
                self._out.outbox.put(*(fact for fact in facts_of(sale) if isinstance(fact, SoldOffline)))

    def _may_ask(self) -> bool:
        """Not while processing is left alone, nor while it shuts this till out: both end with a recovery."""
        light = next(light for light in self._health.lights() if light.service is Service.PROCESSING)
        return light.state not in {LightState.DOWN, LightState.ATTENTION}

    def _next(self) -> Sequence[Debt]:
        """The debts to ask about now: all of one customer, because one history answers for them."""
        while (sale_id := self._looks.next()) is not None:
            debt = self._out.debts.find(sale_id)
            if debt is not None:
                of_customer = self._out.debts.of_customer(debt.key, debt.customer_id)
                others = [other for other in of_customer if other.sale_id in self._looks and other.sale_id != sale_id]
                return (debt, *others)
            self._looks.drop(sale_id)
        return ()

    async def _wait_for_news(self) -> None:
        pause = self._looks.pause()
        if pause is None or not self._may_ask():
            await self._news.wait()
            return
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
            who = await self._settling.whose(debts)
            if who is not None:
                since = min(debt.sold_at for debt in debts) - _MARGIN
                moves = await self._out.members.history(who, since=since, till=self._out.clock() + _MARGIN)
                for debt in debts:
                    await self._settling.settle(debt.sale_id, moves)
        except UnavailableError as error:
            self._looks.missed(debt.sale_id for debt in debts)
            rest = error.retry_after or _OUTAGE_REST
        except PosError as error:
            log.info("processing does not say what became of owed points: %s", error.detail or error.trouble.what)
        except QueueFullError:
            rest = _OUTAGE_REST  # the notice found no room: the debt stays open, so that it is not forgotten
        for debt in debts:
            if debt.sale_id in self._looks:
                self._looks.again(debt.sale_id, self._settling.since_delivery(debt), rest=rest)
