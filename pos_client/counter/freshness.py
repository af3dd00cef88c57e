"""Whether the order on the counter is still what the order service says of it: looked at before any money is taken."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from pos_client.counter import meanwhile_words, refund_words, surplus_words, words
from pos_client.counter.pricing import Outside
from pos_client.counter.surplus_payments import SurplusPayments
from pos_client.domain.facts import with_own_visits
from pos_client.domain.order import Order
from pos_client.domain.sale import Sale, Trouble
from pos_client.ports import RefusedError, UnavailableError
from pos_client.ports.refunds import AlreadyReturnedError

__all__ = ["Freshness"]

_FRESH = timedelta(seconds=2)
"""Whoever scans and pays in one go is not made to wait for the same answer twice."""
_GLANCE = 1.0
"""Seconds for looking again: the customer's money is on the counter."""


class Freshness:
    """Loads orders with what this till knows better, and remembers when it looked."""

    def __init__(self, outside: Outside) -> None:
        self._out = outside
        self._surplus = SurplusPayments(outside, by="")
        self._looked: tuple[str, datetime] | None = None

    async def load(self, number: str, *, behind: bool) -> Order:
        """The order as it is now, with this till's own visits. `behind` says that something lies on the counter.

        Raises:
            RefusedError: there is no such order, or a sale or a refund of it has not ended at this till.
            UnavailableError: the order service does not answer.
        """
        own = self._out.refund_book.holds(number)
        if self._surplus.under_way(number) is not None or (own is not None and own.is_open):
            raise RefusedError(refund_words.UNFINISHED_REFUND)
        try:
            order = await self._out.orders.load(number)
        except AlreadyReturnedError as error:
            if refused := self._surplus.refused(number):
                raise RefusedError(surplus_words.no_way_to_sell(refused[0])) from error
            raise
        order = with_own_visits(order, self._begun(number, behind=behind))
        self._looked = order.number, self._out.clock()
        return order

    async def changed(self, order: Order) -> Order | None:
        """The order as it is now if it is not what it was; None when it is, or was looked at just now.

        When nobody can tell, None: the order service has the last word on a payment in any case.

        Raises:
            RefusedError: as `load`; or a refund has it by now.
        """
        if self._is_fresh(order):
            return None
        try:
            async with asyncio.timeout(_GLANCE):
                now = await self.load(order.number, behind=True)
        except AlreadyReturnedError as error:
            raise RefusedError(meanwhile_words.returned_meanwhile(error.trouble)) from error
        except (UnavailableError, TimeoutError):
            return None
        return None if now == order else now

    async def gone_elsewhere(self, order: Order) -> Trouble | None:
        """Why an order whose money is being taken here takes no more of it; None also when nobody can tell."""
        if self._is_fresh(order):
            return None
        try:
            async with asyncio.timeout(_GLANCE):
                now = await self._out.orders.load(order.number)
        except AlreadyReturnedError as error:
            return meanwhile_words.returned_while_paying(error.trouble)
        except (RefusedError, UnavailableError, TimeoutError):
            return None
        known = {visit.id for visit in order.visits}
        return meanwhile_words.PAID_ELSEWHERE if any(visit.id not in known for visit in now.visits) else None

    async def as_others_left(self, sale: Sale) -> Sale:
        """A sale that is to be given up, with its order as it is now where processing has one order for several visits.

        Cancelled there, it would take the points of whoever paid at another till meanwhile.
        """
        if not sale.loyalty.reserved or sale.order is None:
            return sale
        try:
            async with asyncio.timeout(_GLANCE):
                now = await self._out.orders.load(sale.order.number)
        except (RefusedError, UnavailableError, TimeoutError):
            return sale
        return replace(sale, order=now) if now.loyalty_order == sale.loyalty.order_id else sale

    def _is_fresh(self, order: Order) -> bool:
        if self._looked is None or self._looked[0] != order.number:
            return False
        return timedelta(0) <= self._out.clock() - self._looked[1] < _FRESH  # a clock may be set back

    def _begun(self, number: str, *, behind: bool) -> tuple[Sale, ...]:
        begun = self._surplus.kept(number)
        if any(other.is_open for other in begun):
            raise RefusedError(words.UNFINISHED_SALE_BEHIND if behind else words.UNFINISHED_SALE)
        return begun
