"""All that is asked of processing while a customer waits: who, how much, and the order that spends the points."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from pos_client.counter import words
from pos_client.counter.patience import LOYALTY_IS_DOWN, Patience
from pos_client.counter.state import WaitFor
from pos_client.domain import creating
from pos_client.domain.customer import Candidate, Customer, CustomerKey, Standing
from pos_client.domain.loyalty import Earning, Quote, base_quote
from pos_client.domain.money import Points
from pos_client.domain.order import Order
from pos_client.domain.sale import Sale, Trouble
from pos_client.ports import (
    CashRegister,
    Clock,
    ConsentBook,
    CorrectionBook,
    DebtBook,
    Journal,
    Members,
    Orders,
    Outbox,
    OutcomeUnknownError,
    PosError,
    Processing,
    RefusedError,
    Reserved,
    ReserveIntent,
    UnavailableError,
)
from pos_client.ports.refunds import RefundBook, Refunds
from pos_client.ports.slips import SlipBook
from pos_client.ports.terminal import Sbp, Terminal

__all__ = ["Outside", "Priced", "Pricing"]

_REMEMBERED = 200
"""Customers whose last known balance is kept in memory, for the hours when processing is down."""

_BREATH = 0.05
_WORTH_WAITING = 1.0
"""Seconds. A server that asks for a longer pause is not asked again while the customer stands there."""

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything the counter reaches."""

    processing: Processing
    orders: Orders
    register: CashRegister
    journal: Journal
    outbox: Outbox
    clock: Clock
    new_id: Callable[[], UUID]
    debts: DebtBook
    refunds: Refunds
    refund_book: RefundBook
    corrections: CorrectionBook
    members: Members
    consents: ConsentBook
    slips: SlipBook
    terminal: Terminal | None = None
    """None: this till takes no cards."""
    sbp: Sbp | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A price, the processing order that it belongs to, and what processing had against a better one."""

    quote: Quote
    order_id: str
    trouble: Trouble | None = None


class Pricing:
    """Asks processing within the counter's patience; without an answer there is a price that needs nobody."""

    def __init__(self, outside: Outside, patience: Patience) -> None:
        self._out = outside
        self._patience = patience
        self._known: dict[CustomerKey, Customer] = {}

    async def find(self, key: CustomerKey) -> Customer:
        """The customer behind a key. When nobody can tell, the key itself, with what was known before, if anything."""
        try:
            customer = await self._patience.run(
                WaitFor.CUSTOMER, lambda: _twice(lambda: self._out.processing.find_customer(key))
            )
        except PosError as error:
            log.info("a customer stays unresolved: %s", error.detail or error.trouble.what)
            known = self._known.get(key, Customer(key, Standing.UNRESOLVED))
            return replace(known, key=key, standing=Standing.UNRESOLVED)
        if customer.standing is Standing.AMBIGUOUS:
            return replace(customer, candidates=await self._candidates(key))
        if customer.standing is Standing.MEMBER:
            self._known.pop(key, None)
            self._known[key] = customer
            while len(self._known) > _REMEMBERED:
                self._known.pop(next(iter(self._known)))
        return customer

    async def _candidates(self, key: CustomerKey) -> tuple[Candidate, ...]:
        """Whom the key may mean; nobody when the project does not let the till ask, or nobody answers."""
        try:
            return await self._patience.run(WaitFor.CUSTOMER, lambda: _twice(lambda: self._out.members.candidates(key)))
        except PosError as error:
            log.info("a key stays ambiguous: %s", error.detail or error.trouble.what)
            return ()

    async def choose(self, key: CustomerKey, processing_id: str) -> Customer:
        """The candidate whom the cashier chose.

        Raises:
            PosError: as `Members.choose`.
        """
        ask = partial(self._out.members.choose, key, processing_id)
        return await self._patience.run(WaitFor.CUSTOMER, lambda: _twice(ask))

    async def price(self, sale: Sale, order: Order, points: Points) -> Priced:
        """The price of the order with `points` more spent on it; the server caps them."""
        customer = sale.customer
        order_id = self._processing_order(sale, order)
        base = Priced(base_quote(order, _earning(order, customer), sale.coupons), order_id)
        if customer is None or not customer.may_redeem or sale.loyalty.abandoned or order.sold_offline:
            return base
        if order.loyalty_order and self._out.journal.has_abandoned(order.loyalty_order):
            # The undo that waits in the queue would take back what a new update of that order spends.
            return replace(base, trouble=words.POINTS_ARE_COMING_BACK)
        try:
            wanted = order.points_spent + points
            coupons = _each_once(*order.coupons, *sale.coupons)
            quote = await self._quote(order, customer, wanted, order_id, coupons)
            if quote.payable < order.paid and quote.points > order.points_spent:
                quote = await self._quote(order, customer, _affordable(quote, order), order_id, coupons)
        except UnavailableError:
            return base
        except PosError as error:
            return Priced(base_quote(order, Earning.RULE_UNKNOWN, sale.coupons), order_id, error.trouble)
        # A promotion may take off more than is left: nobody hands out money here, so the customer pays as agreed.
        return base if quote.payable < order.paid else Priced(quote, order_id)

    async def _quote(
        self, order: Order, customer: Customer, points: Points, order_id: str, coupons: tuple[str, ...]
    ) -> Quote:
        ask = partial(self._out.processing.quote, order, customer, points, order_id=order_id, coupons=coupons)
        return await self._patience.run(WaitFor.QUOTE, lambda: _twice(ask))

    async def create(self, sale: Sale) -> Reserved:
        """The create order call, once more with the same transaction if its answer was lost.

        Raises:
            PosError: as `Processing.reserve`; a call cut off by the counter's patience is an unknown outcome.
        """
        if sale.order is None or sale.customer is None or sale.quote is None or sale.paid_at is None:
            raise RuntimeError("a sale that reserves has an order, a customer and a price")
        intent = ReserveIntent(
            sale.order,
            sale.customer,
            sale.quote,
            sale.loyalty.order_id,
            creating.transaction(sale),
            sale.tenders,
            sale.paid_at,
        )
        sent = False

        async def call() -> Reserved:
            nonlocal sent
            sent = True
            with suppress(OutcomeUnknownError):
                return await self._out.processing.reserve(intent)
            try:
                return await self._out.processing.reserve(intent)
            except (UnavailableError, RefusedError) as error:
                # Neither silence nor a refusal of this one tells whether the first one landed, or still will.
                raise OutcomeUnknownError(error.trouble, detail=error.detail) from error

        try:
            return await self._patience.run(WaitFor.RESERVE, call)
        except UnavailableError as error:
            if sent and error.trouble is LOYALTY_IS_DOWN:
                raise OutcomeUnknownError(error.trouble, detail=error.detail) from error
            raise

    def _processing_order(self, sale: Sale, order: Order) -> str:
        """The CDEK number, so that any till goes on with the same order; never one whose create was given up."""
        if order.loyalty_order:
            return order.loyalty_order
        return f"{order.number}-{sale.id.hex[:8]}" if self._out.journal.has_abandoned(order.number) else order.number


async def _twice(ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Ask once more when nobody answered: a single lost packet shall not cost the customer his points."""
    try:
        return await ask()
    except UnavailableError as error:
        if (error.retry_after or 0.0) > _WORTH_WAITING:
            raise
        await asyncio.sleep(error.retry_after or _BREATH)
        return await ask()


def _each_once(*codes: str) -> tuple[str, ...]:
    """Coupons without those that differ from an earlier one in the case of their letters alone."""
    return tuple({code.casefold(): code for code in reversed(codes)}.values())[::-1]


def _affordable(quote: Quote, order: Order) -> Points:
    """As many points as leave nothing to be given back of what earlier visits paid."""
    over = (order.paid - quote.payable).kopecks
    worth = max(quote.points_off.kopecks, 1)
    fewer = -(-over * quote.points.count // worth)
    return max(order.points_spent, Points(max(quote.points.count - fewer, 0)))


def _earning(order: Order, customer: Customer | None) -> Earning:
    """What can be said about earning without asking processing."""
    if order.loyalty_order:
        return Earning.CARRIED
    if customer is None:
        return Earning.NO_CUSTOMER
    if customer.is_blocked:
        return Earning.BLOCKED
    return Earning.LATER if customer.may_earn else Earning.NOT_MEMBER
