"""What has to be known before a refund begins: the story of the order's payments, and whether this till may begin."""

import asyncio
from dataclasses import replace
from itertools import zip_longest
from urllib.parse import parse_qsl

from pos_client.counter import refund_words, words
from pos_client.counter.pricing import Outside
from pos_client.counter.surplus_payments import SurplusPayments
from pos_client.counter.tendering import means_of
from pos_client.domain.correction import as_corrected
from pos_client.domain.money import NO_POINTS, Points
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.sale import Sale, Stage
from pos_client.domain.surplus import Surplus
from pos_client.ports import PosError, RefusedError, UnavailableError
from pos_client.ports.refunds import AlreadyReturnedError

__all__ = ["PaidOrders"]

_GLANCE = 1.0
"""Seconds for what is only told."""


class PaidOrders:
    """Asks before anything moves. `by` is the cashier, on whose behalf the queue is hurried."""

    def __init__(self, outside: Outside, *, by: str) -> None:
        self._out = outside
        self._by = by
        self.surplus = SurplusPayments(outside, by=by)

    async def number_of(self, qr: str) -> str:
        """Number of the order that a receipt belongs to.

        Raises:
            PosError: no order has such a receipt, or nobody can tell now.
        """
        try:
            return await self._out.refunds.order_of_receipt(qr)
        except UnavailableError as error:
            raise UnavailableError(refund_words.no_connection(error.trouble), detail=error.detail) from error

    def sold_by(self, qr: str) -> Sale | None:
        """The sale of this till whose receipt this is; None where it sold nothing under it."""
        told = dict(parse_qsl(qr))
        number = told.get("i", "")
        if not number.isdecimal():
            return None
        for sale in self._out.corrections.sold_under(int(number)):
            document = sale.document
            if document is not None and (document.fn, document.sign) == (told.get("fn"), told.get("fp")):
                return sale
        return None

    def number_under(self, document: int) -> str:
        """Number of the order that this till has sold under a document of this number.

        Raises:
            RefusedError: there is none, or more than one: another storage counts from one again.
        """
        numbers = {sale.order.number for sale in self.sold_under(document) if sale.order is not None}
        numbers |= {one.order_number for one in self._out.corrections.right_under(document)}
        if len(numbers) != 1:
            raise RefusedError(refund_words.no_such_receipt(document))
        return numbers.pop()

    def sold_under(self, document: int) -> tuple[Sale, ...]:
        """Sales of this till under a document of this number."""
        return self._out.corrections.sold_under(document)

    async def refundable(self, number: str) -> PaidOrder:
        """The story of an order that can be refunded here and now.

        Raises:
            AlreadyReturnedError: it was refunded, or is being refunded, somewhere.
            RefusedError: there is nothing to give back, or no way to.
            UnavailableError: the order service does not answer, and without it nobody refunds.
        """
        paid = await self._told(number)
        if paid.returned is not None:
            raise AlreadyReturnedError(paid.returned)
        paid = self._as_paid_here(self._as_corrected_here(paid))
        self.check_own(paid)
        return self._with_a_way_back(paid)

    async def refundable_alone(self, sale: Sale) -> tuple[PaidOrder, Surplus] | None:
        """A visit whose payment the order service refused for good, with what its going back alone owes.

        None: the order has it after all.

        Raises:
            RefusedError: it is not one too many, or there is no way back.
            UnavailableError: the order service does not answer, and without it nobody knows.
        """
        found = self.surplus.going_back(sale, await self._told("" if sale.order is None else sale.order.number))
        if found is None:
            return None
        paid, surplus = found
        return self._with_a_way_back(self._as_corrected_here(paid)), surplus

    async def _told(self, number: str) -> PaidOrder:
        try:
            return await self._out.refunds.paid_for(number)
        except UnavailableError as error:
            raise UnavailableError(refund_words.no_connection(error.trouble), detail=error.detail) from error

    def _with_a_way_back(self, paid: PaidOrder) -> PaidOrder:
        if (obstacle := paid.obstacle()) is not None:
            raise RefusedError(refund_words.OBSTACLES[obstacle])
        if not {back.kind for back in paid.paybacks} <= set(means_of(self._out)):
            raise RefusedError(refund_words.NO_WAY_BACK_HERE)
        return paid

    def _as_corrected_here(self, paid: PaidOrder) -> PaidOrder:
        corrections = self._out.corrections.of_order(paid.order.number)
        if any(one.is_open for one in corrections):
            raise RefusedError(refund_words.UNFINISHED_CORRECTION)
        return as_corrected(paid, corrections)

    def _as_paid_here(self, paid: PaidOrder) -> PaidOrder:
        """Earlier versions told nobody which operation a signed word is about: this till still knows of its own."""
        own = {str(sale.id): sale for sale in self._out.journal.begun_for(paid.order.number)}

        def known(visit: PaidVisit) -> PaidVisit:
            sale = own.get(visit.id.lower())
            taken = () if sale is None else tuple(one for one in sale.tenders if one.amount)
            if [(one.kind, one.amount) for one in taken] != [(one.kind, one.amount) for one in visit.tenders]:
                return visit
            told = zip_longest(taken, visit.approvals[: len(taken)])
            return replace(visit, approvals=tuple(approval or one.known_by for one, approval in told))

        return replace(paid, visits=tuple(known(visit) for visit in paid.visits))

    def check_own(self, paid: PaidOrder) -> None:
        """What this till took for the order is all known to the order service, or the refund would be too small.

        Raises:
            RefusedError: it is not, or a sale of the order has not ended.
        """
        begun = self.surplus.kept(paid.order.number)
        if any(sale.is_open for sale in begun):
            raise RefusedError(refund_words.UNFINISHED_SALE)
        known = {visit.id.lower() for visit in paid.visits}
        for sale in begun:
            if sale.stage is not Stage.DONE or str(sale.id) in known or self.surplus.is_dealt_with(sale, paid):
                continue
            if (trouble := self.surplus.why_unknown(sale, paid)) is not None:
                raise RefusedError(trouble)
            self._out.outbox.retry(None, by=self._by)
            raise RefusedError(refund_words.PAYMENT_ON_ITS_WAY)

    async def check_register(self) -> None:
        """A register that cannot print is said so before the order is taken from everybody else.

        Raises:
            RefusedError, UnavailableError: it cannot.
        """
        try:
            state = await self._out.register.state()
        except UnavailableError as error:
            raise UnavailableError(refund_words.about_receipt(error.trouble), detail=error.detail) from error
        if (trouble := words.register_attention(state)) is not None:
            raise RefusedError(refund_words.about_receipt(trouble))

    async def earned_by(self, paid: PaidOrder) -> Points | None:
        """What the order has earned, or None when nobody can say now. For the page alone: nothing depends on it."""
        earned = NO_POINTS
        try:
            async with asyncio.timeout(_GLANCE):
                for order_id in paid.loyalty_orders:
                    found = await self._out.members.earned_by(order_id)
                    if found is None:
                        return None
                    earned += found
        except (PosError, TimeoutError):
            return None
        return earned
