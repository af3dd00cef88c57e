"""CDEK's orders: read through API v2, and what a visit paid told through counter v1."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pos_client.adapters.order_reading import UnreadableOrderError, disagreement, order_in
from pos_client.adapters.refund_reading import claim_body, paid_order, receipt_query, returned_in
from pos_client.adapters.signing_in import Account, SignedIn
from pos_client.adapters.tolerant import identifier, node, nodes, text
from pos_client.adapters.transport import Call, Reply, Transport
from pos_client.adapters.troubles import masked, refused
from pos_client.domain.order import Order
from pos_client.domain.paid_order import PaidOrder
from pos_client.domain.refund import Refund
from pos_client.domain.sale import Trouble
from pos_client.ports import RefusedError, Service
from pos_client.ports.refunds import AlreadyReturnedError, PaymentsChangedError

__all__ = ["CdekOrders", "OrdersSettings"]

_OK: Final = frozenset({200, 201})
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_PERHAPS_OURS: Final = frozenset({409, 422})
_UNKNOWN_ORDER: Final = frozenset({"v2_order_not_found", "v2_entity_not_found", "v2_entity_not_found_im_number"})
_FOREIGN_ORDER: Final = frozenset({"v2_order_forbidden", "v2_entity_forbidden"})
_STILL_AT_IT: Final = frozenset({"v2_similar_request_still_processed"})
_PAYMENTS_CHANGED: Final = frozenset({"counter_refund_changed", "counter_nothing_to_refund"})
_USUAL_TOKEN_LIFE: Final = 3600.0
_NO_RECEIPT: Final = Trouble(
    "По этому чеку заказ не нашёлся.",
    "Деньги не затронуты.",
    "Отсканируйте чек ещё раз или введите номер заказа вручную.",
    "Не нахожу оплату по этому чеку, назовите, пожалуйста, номер заказа.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersSettings:
    """The till's account at CDEK. Times in seconds."""

    client_id: str
    client_secret: str
    number_format: str = r"\d{10,11}"
    read_timeout: float = 5.0
    payment_timeout: float = 25.0
    refresh_before: float = 60.0


class CdekOrders:
    """`ports.Orders`, `ports.Refunds`, and the counter's own side of an order; one token for all."""

    def __init__(
        self, transport: Transport, settings: OrdersSettings, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._settings = settings
        self._format = re.compile(settings.number_format)
        account = Account(
            path="/v2/oauth/token",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            timeout=settings.read_timeout,
            usual_life=_USUAL_TOKEN_LIFE,
            refresh_before=settings.refresh_before,
        )
        self._signed_in = SignedIn(transport, account, monotonic=monotonic)

    async def load(self, number: str) -> Order:
        """The order with everything earlier visits paid.

        Raises:
            RefusedError: there is no such order, its sums do not agree, or a refund holds it.
            UnavailableError: no usable answer.
        """
        found = await self.paid_for(number)
        if found.returned is not None:
            raise AlreadyReturnedError(found.returned)
        return found.order

    async def paid_for(self, number: str) -> PaidOrder:
        """The order with the whole story of its payments, refunded or not.

        Raises:
            RefusedError: there is no such order, or its sums do not agree.
            UnavailableError: no usable answer.
        """
        if not self._format.fullmatch(number):
            raise RefusedError(
                Trouble(
                    f"«{number[:20]}» — не номер заказа.",
                    "Деньги не затронуты.",
                    "Отсканируйте этикетку заказа ещё раз.",
                    "Покажите, пожалуйста, номер заказа ещё раз.",
                )
            )
        entity = await self._entity(number)
        counter = await self._counter(number)
        try:
            order = order_in(entity, counter)
            found = paid_order(order, counter)
        except UnreadableOrderError as error:
            raise RefusedError(
                Trouble(
                    f"В данных заказа {number} ошибка, принимать оплату нельзя.",
                    "Деньги не затронуты.",
                    "Позвоните в поддержку и назовите номер заказа.",
                    "В заказе ошибка, мы её исправляем. Подождите, пожалуйста.",
                ),
                detail=str(error),
            ) from error
        if differs := disagreement(order, counter):
            raise RefusedError(
                Trouble(
                    "Суммы заказа не сходятся, принимать оплату нельзя.",
                    "Деньги не затронуты.",
                    f"Позвоните в поддержку и назовите заказ {number}.",
                    "В заказе ошибка, мы её исправляем. Подождите, пожалуйста.",
                ),
                detail=differs,
            )
        return found

    async def order_of_receipt(self, qr: str) -> str:
        """Number of the order that a fiscal receipt belongs to.

        Raises:
            RefusedError: the code is not a receipt's, or the receipt belongs to no order.
            UnavailableError: no usable answer.
        """
        query = receipt_query(qr)
        if not query:
            raise RefusedError(_NO_RECEIPT)
        call = Call("GET", "/counter/v1/receipts", self._settings.read_timeout, params=query)

        def read(reply: Reply) -> str:
            if reply.status not in _OK:
                refusal = self._refusal(call, reply, "")
                raise RefusedError(_NO_RECEIPT) if reply.status == _NOT_FOUND else refusal
            if not (found := identifier(reply.fields().get("cdek_number"))):
                raise self._transport.senseless(call, "a receipt without an order")
            return found

        return await self._signed_in.call(call, read)

    async def claim(self, refund: Refund, *, again: bool) -> None:
        """Take the order for this refund.

        Raises:
            AlreadyReturnedError, PaymentsChangedError, RefusedError, UnavailableError, OutcomeUnknownError: as the port
                says.
        """
        call = Call(
            "POST",
            f"/counter/v1/orders/{refund.number}/refunds",
            self._settings.read_timeout,
            json=claim_body(refund),
            headers={"Idempotency-Key": refund.key},
            changes=True,
            again=again,
        )

        def read(reply: Reply) -> None:
            fields = reply.fields()
            if reply.status in _OK:
                self._check_echo(call, reply, refund_id=str(refund.id))
                return
            codes, _ = _errors(fields)
            refusal = self._refusal(call, reply, refund.number)
            if "counter_refund_known" in codes:
                try:
                    held = returned_in(node(fields.get("refund")))
                except UnreadableOrderError as error:
                    raise refusal from error
                if held is not None:
                    raise AlreadyReturnedError(held)
            if codes & _PAYMENTS_CHANGED:
                raise PaymentsChangedError(refusal.trouble, detail=refusal.detail)
            raise refusal

        await self._signed_in.call(call, read)

    async def report_refund(self, number: str, refund_id: str, body: Mapping[str, Any]) -> None:
        """Tell by which receipt an order was refunded, or with an empty body that the refund was given up.

        Repeating it is harmless.

        Raises:
            PosError: as everywhere; a `RefusedError` carries the server's own words.
        """
        act = "receipt" if body else "release"
        path = f"/counter/v1/orders/{number}/refunds/{refund_id}/{act}"
        await self._report(path, body, number, refund_id=refund_id)

    async def report_correction(self, number: str, visit: str, body: Mapping[str, Any]) -> None:
        """Tell what stands in place of a visit's document. Repeating it is harmless.

        Raises:
            PosError: as everywhere; a `RefusedError` carries the server's own words.
        """
        path = f"/counter/v1/orders/{number}/payments/{visit}/corrections"
        await self._report(path, body, number, visit_id=visit)

    async def _report(self, path: str, body: Mapping[str, Any], number: str, **echo: str) -> None:
        call = Call("POST", path, self._settings.payment_timeout, json=body, changes=True, again=True)

        def read(reply: Reply) -> None:
            if reply.status not in _OK:
                raise self._refusal(call, reply, number)
            self._check_echo(call, reply, **echo)

        await self._signed_in.call(call, read)

    def _check_echo(self, call: Call, reply: Reply, **echo: str) -> None:
        """Believe a yes only if it names what was sent: a portal in between answers 200 to everything.

        Raises:
            PosError: it does not.
        """
        fields = reply.fields()
        if not fields:
            raise self._transport.senseless(call, f"HTTP {reply.status} that is no JSON")
        for name, sent in echo.items():
            if identifier(fields.get(name)).lower() != sent.lower():
                raise self._transport.odd(call, reply, f"without our {name}")

    async def report_payment(self, number: str, key: str, body: Mapping[str, Any]) -> str:
        """Tell what a visit paid, once and for ever under its key; returns the visit's id.

        An answer that the order is finished, or that the visit is known, is success if the visit is indeed there.

        Raises:
            PosError: as everywhere; a `RefusedError` carries the server's own words.
        """
        visit = text(body.get("visit_id"))
        call = Call(
            "POST",
            f"/counter/v1/orders/{number}/payments",
            self._settings.payment_timeout,
            json=body,
            headers={"Idempotency-Key": key},
            changes=True,
            again=True,
        )

        def read(reply: Reply) -> RefusedError | None:
            if reply.status in _OK:
                fields = reply.fields()
                if not fields:
                    raise self._transport.senseless(call, f"HTTP {reply.status} that is no JSON")
                if not _knows(fields, visit):
                    raise self._transport.odd(call, reply, "without our visit")
                return None
            refusal = self._refusal(call, reply, number)
            if reply.status in _PERHAPS_OURS:
                return refusal
            raise refusal

        refusal = await self._signed_in.call(call, read)
        if refusal is not None and not _knows(await self._counter(number), visit):
            raise refusal
        return visit

    async def probe(self) -> None:
        """Whether the orders answer at all: a token is asked for anew.

        Raises:
            UnavailableError, RefusedError: it does not, or not to this till.
        """
        await self._signed_in.anew()

    async def _entity(self, number: str) -> Mapping[str, Any]:
        call = Call("GET", "/v2/orders", self._settings.read_timeout, params={"cdek_number": number})

        def read(reply: Reply) -> Mapping[str, Any]:
            entity = node(reply.fields().get("entity"))
            if reply.status not in _OK or not entity:
                raise self._refusal(call, reply, number)
            return entity

        return await self._signed_in.call(call, read)

    async def _counter(self, number: str) -> Mapping[str, Any]:
        call = Call("GET", f"/counter/v1/orders/{number}/payments", self._settings.read_timeout)

        def read(reply: Reply) -> Mapping[str, Any]:
            fields = reply.fields()
            if reply.status not in _OK:
                raise self._refusal(call, reply, number)
            if "total" not in fields:
                raise self._transport.senseless(call, "the counter's answer has no total")
            return fields

        return await self._signed_in.call(call, read)

    def _refusal(self, call: Call, reply: Reply, number: str) -> RefusedError:
        """The no of the answer; raises at once if the answer is something else than a no."""
        codes, words = _errors(reply.fields())
        self._transport.usual(call, reply, words)
        if not codes and reply.status < _BAD_REQUEST:
            raise self._transport.senseless(call, f"HTTP {reply.status} without an entity")
        if not codes:
            raise self._transport.odd(call, reply, "without the service's own words")
        if codes & _STILL_AT_IT:
            raise self._transport.untouched(call, words, retry_after=reply.retry_after)
        if codes & _UNKNOWN_ORDER or reply.status == _NOT_FOUND:
            trouble = Trouble(
                f"Заказ {number} не найден.",
                "Деньги не затронуты.",
                "Проверьте номер на этикетке или введите его вручную.",
                "Не нахожу ваш заказ, проверьте, пожалуйста, номер.",
            )
            return RefusedError(trouble, detail=masked(words))
        if codes & _FOREIGN_ORDER:
            trouble = Trouble(
                f"Заказ {number} оформлен по другому договору: эта касса его не видит.",
                "Деньги не затронуты.",
                "Позвоните в поддержку и назовите номер заказа.",
                "Этот заказ я не могу открыть, уточню у поддержки.",
            )
            return RefusedError(trouble, detail=masked(words))
        return refused(Service.ORDERS, words, detail=f"HTTP {reply.status} {' '.join(sorted(codes))}")


def _knows(counter: Mapping[str, Any], visit: str) -> bool:
    """Whether the visit is among the payments that the counter tells."""
    return visit.lower() in {identifier(one.get("visit_id")).lower() for one in nodes(counter.get("payments"))}


def _errors(fields: Mapping[str, Any]) -> tuple[set[str], str]:
    """Codes, in lower case, and words of every error in an answer, wherever API v2 puts them."""
    found = [*nodes(fields.get("errors"))]
    for request in nodes(fields.get("requests")):
        found += nodes(request.get("errors"))
    codes = {text(one.get("code")).lower() for one in found} - {""}
    return codes, " ".join(text(one.get("message")) for one in found).strip()
