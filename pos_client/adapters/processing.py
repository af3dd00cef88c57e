"""The loyalty engine over the Mindbox v3 wire: who is this, what does it cost, spend and accrue."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from pos_client.adapters.customer_reading import customer_in
from pos_client.adapters.operations import Operations, Outcome, OutcomeKind, outcome_of
from pos_client.adapters.processing_wire import (
    ProcessingNames,
    create_body,
    cut,
    lookup_body,
    preorder_body,
)
from pos_client.adapters.quote_reading import parts_in, promised_in, quote_in, total_in
from pos_client.adapters.tolerant import node, text
from pos_client.adapters.transport import Reply, Transport
from pos_client.adapters.troubles import unavailable
from pos_client.domain.customer import Customer, CustomerKey, KeyKind
from pos_client.domain.loyalty import Quote
from pos_client.domain.money import Money, Points
from pos_client.domain.order import Order
from pos_client.ports import (
    Clock,
    RefusedError,
    Reserved,
    ReserveIntent,
    Service,
    UnavailableError,
)

__all__ = ["MindboxProcessing", "ProcessingNames", "UnknownOrderError", "authorization"]

_PROBE = CustomerKey(KeyKind.CDEK_ID, "0")


class UnknownOrderError(RefusedError):
    """Processing does not know the order that is to change its status."""


def authorization(secret_key: str) -> dict[str, str]:
    """The headers that open processing's door; to be handed to its transport and nowhere else."""
    return {"Authorization": f"SecretKey {secret_key}"}


class MindboxProcessing:
    """`ports.Processing` over Mindbox API v3; `office` is the point of contact, for example MSK548."""

    def __init__(self, transport: Transport, names: ProcessingNames, *, office: str, now: Clock) -> None:
        self._transport = transport
        self._operations = Operations(transport, names)
        self._names = names
        self._office = office
        self._now = now
        self._underway: set[UUID] = set()

    # ---------------------------------------------------------------------------------------------- questions

    async def find_customer(self, key: CustomerKey) -> Customer:
        """Who this is and what is on the balance.

        Raises:
            UnavailableError: no usable answer.
            RefusedError: the request itself was refused.
        """
        body = lookup_body(key, self._office, self._names)

        def read(outcome: Outcome) -> Customer:
            return customer_in(outcome.body, key, self._names, self._now())

        return await self._operations.ask(self._names.lookup, body, self._names.lookup_timeout, read)

    async def quote(
        self, order: Order, customer: Customer, points: Points, *, order_id: str, coupons: tuple[str, ...] = ()
    ) -> Quote:
        """The price with `points` spent on the order in all, and never more than the project lets the till ask for.

        Nothing changes anywhere.

        Raises:
            UnavailableError: no usable answer, a calculation that is not done, or sums that do not agree.
            RefusedError: the request itself was refused.
        """
        most = self._names.most_points(order)
        points = min(points, most)
        body = preorder_body(
            order,
            customer,
            points,
            order_id=order_id,
            at=self._now(),
            names=self._names,
            office=self._office,
            coupons=coupons,
        )

        def read(outcome: Outcome) -> Quote:
            quote = quote_in(outcome.body, order, self._names, wanted=points, coupons=coupons)
            return replace(quote, redeemable=min(quote.redeemable, most))

        return await self._operations.ask(self._names.preorder, body, self._names.preorder_timeout, read)

    async def probe(self) -> None:
        """Whether processing answers at all; "there is no such customer" is a good answer.

        Raises:
            UnavailableError: it does not.
        """
        body = lookup_body(_PROBE, self._office, self._names)
        try:
            await self._operations.ask(self._names.lookup, body, self._names.lookup_timeout, lambda _: None)
        except RefusedError as error:
            raise unavailable(Service.PROCESSING, error.detail) from error

    # ------------------------------------------------------------------------------------------------ changes

    async def reserve(self, intent: ReserveIntent) -> Reserved:
        """Create or update the order; a transaction that was processed before is success.

        Within one run of the program the adapter remembers whose fate is open, and then "nobody answered" is unknown.

        Raises:
            PriceChangedError, UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        body = create_body(
            intent.order,
            intent.customer,
            intent.quote.points,
            order_id=intent.order_id,
            total=intent.quote.payable,
            tenders=intent.tenders,
            at=min(intent.at, self._now()),
            names=self._names,
            office=self._office,
            coupons=intent.quote.used,
            parts=intent.quote.parts,
        )
        again = intent.transaction in self._underway
        self._underway.add(intent.transaction)
        try:
            reserved = await self._created(body, intent.transaction, self._names.create_timeout, again=again)
        except (UnavailableError, RefusedError):
            self._underway.discard(intent.transaction)
            raise
        self._underway.discard(intent.transaction)
        return reserved

    async def _created(self, body: Mapping[str, Any], transaction: UUID, limit: float, *, again: bool) -> Reserved:
        call = self._operations.call(self._names.create, body, limit, transaction=transaction, again=again)

        def read(reply: Reply) -> Reserved:
            outcome = outcome_of(reply.status, reply.content)
            if outcome.kind is OutcomeKind.DUPLICATE:
                return Reserved(promised=None)
            if again and outcome.kind in {OutcomeKind.DENIED, OutcomeKind.PROTOCOL}:
                # Said at the door, before anybody looked whether the first try had passed it.
                raise self._transport.lost(call, f"{outcome.kind.value}: {outcome.words}")
            if outcome.kind is not OutcomeKind.OK:
                raise self._operations.failure(call, reply, outcome)
            if text(node(outcome.body.get("order")).get("processingStatus")).lower() not in _CREATED:
                raise self._transport.lost(call, "an order status that does not say whether the order exists")
            return Reserved(promised=promised_in(outcome.body, self._names))

        return await self._transport.call(call, read)

    async def restore(self, create: Mapping[str, Any], transaction: UUID) -> None:
        """Update an order to what earlier visits left: `create` is the body without a price, which is asked for now.

        Raises:
            PosError: as `quote` and `reserve`.
        """
        limit = self._names.delivery_timeout
        lines = create["order"]["lines"]
        asked = {**create, "order": {name: value for name, value in create["order"].items() if name != "payments"}}

        def read(outcome: Outcome) -> tuple[Money, list[dict[str, Any]]]:
            parts = parts_in(outcome.body, {line["lineId"]: line["quantity"] for line in lines})
            return total_in(outcome.body), cut(lines, parts)

        total, parted = await self._operations.ask(self._names.preorder, asked, limit, read)
        body = {**create, "order": {**create["order"], "lines": parted, "totalPrice": float(total.roubles)}}
        await self._created(body, transaction, limit, again=False)

    async def save_offline(self, body: Mapping[str, Any], transaction: UUID) -> None:
        """Hand over a safe offline order.

        Raises:
            PosError: as everywhere; a `RefusedError` carries the server's own words.
        """
        await self._told(self._names.offline, body, transaction, self._names.offline_mode)

    async def notify(self, body: Mapping[str, Any], transaction: UUID) -> None:
        """Have a message sent to a customer; the same transaction is never sent twice.

        A project without such an operation sends none: what still waits of it is done with.

        Raises:
            PosError: as everywhere.
        """
        if not self._names.notice:
            return
        await self._told(self._names.notice, body, transaction, "async")

    async def change_status(self, body: Mapping[str, Any], transaction: UUID) -> None:
        """Move an order to another status.

        Raises:
            UnknownOrderError: there is no such order (HTTP 400).
            PosError: as everywhere.
        """
        await self._told(self._names.status, body, transaction, self._names.status_mode, order_is_known=False)

    async def cancel(self, body: Mapping[str, Any], transaction: UUID) -> None:
        """Cancel an order; called so that the answer tells whether there is one, because a late create is watched for.

        Raises:
            UnknownOrderError: there is no such order (HTTP 400).
            PosError: as everywhere.
        """
        await self._told(self._names.status, body, transaction, self._names.cancel_mode, order_is_known=False)

    async def _told(
        self,
        operation: str,
        body: Mapping[str, Any],
        transaction: UUID,
        mode: str,
        *,
        order_is_known: bool = True,
    ) -> None:
        call = self._operations.call(
            operation, body, self._names.delivery_timeout, transaction=transaction, mode=mode, again=True
        )

        def read(reply: Reply) -> None:
            outcome = outcome_of(reply.status, reply.content)
            if outcome.kind in {OutcomeKind.OK, OutcomeKind.DUPLICATE}:
                return
            error = self._operations.failure(call, reply, outcome)
            if outcome.kind is OutcomeKind.PROTOCOL and not order_is_known and reply.status == _BAD_REQUEST:
                raise UnknownOrderError(error.trouble, detail=error.detail)
            raise error

        await self._transport.call(call, read)


_BAD_REQUEST = 400
_CREATED = frozenset({"", "created", "updated", "processed", "changed", "notchanged", "success", "found", "calculated"})
"""What `order.processingStatus` says of an order that exists now; the wire document names it in several ways."""
