"""Transfers by a QR code (SBP) through a bank's order API.

The dialect is a small one in the manner of Sberbank's «Плати QR»: OAuth client credentials, then JSON POSTs that create
an order under our number, tell its state, revoke it and cancel (give back) what it brought. Sums are kopecks. What
banks of this manner call differently is in the settings. Another bank's API is another file beside this one.

    POST {token_path}      form: grant_type, client_id, client_secret, scope → access_token, expires_in
    POST {orders_path}/creation     rq_uid, rq_tm, member_id, order_number, order_create_date, id_qr, sbp_member_id,
                                    order_sum, currency, description → order_id, order_form_url, order_state
    POST {orders_path}/status       rq_uid, rq_tm, partner_order_number → order_id, order_state, order_form_url,
                                    order_expire_date, order_operation_params[operation_id, operation_type,
                                    operation_sum, operation_date_time, rrn, auth_code, rq_uid]
    POST {orders_path}/revocation   rq_uid, rq_tm, order_id → order_state
    POST {orders_path}/cancel       rq_uid, rq_tm, order_id, operation_id, cancel_operation_sum, operation_currency,
                                    operation_type → operation_id, order_status
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pos_client.adapters.signing_in import Account, SignedIn
from pos_client.adapters.tolerant import moment, node, nodes, text, whole
from pos_client.adapters.transport import Call, Reply, Transport
from pos_client.adapters.troubles import refused, unknown, unreadable
from pos_client.domain.money import Money
from pos_client.domain.payment import Approval, QrCode
from pos_client.domain.sale import Trouble
from pos_client.ports import Clock, PosError, RefusedError, SbpAnswer, SbpState, Service, UnavailableError

__all__ = ["BankSbp", "SbpSettings"]

_OK: Final = frozenset({200, 201})
_DONE: Final = frozenset({"", "0", "00", "000000"})
_UNKNOWN_ORDER: Final = "order_not_found"
_ROUBLES: Final = "643"
_GIVEN_BACK: Final = frozenset({"REFUNDED", "REVERSED"})
_STATES: Final = {
    "CREATED": SbpState.WAITING,
    "ON_PAYMENT": SbpState.WAITING,
    "DECLINED": SbpState.REJECTED,
    "REVOKED": SbpState.EXPIRED,
    "EXPIRED": SbpState.EXPIRED,
    # What was given back was paid before.
    **dict.fromkeys(("PAID", *_GIVEN_BACK), SbpState.PAID),
}
_PAY, _BACK = frozenset({"PAY", "PAYMENT"}), frozenset({"REFUND", "REVERSE"})
_USUAL_TOKEN_LIFE: Final = 60.0
_REFRESH_BEFORE: Final = 10.0
_LONGEST_PURPOSE: Final = 140
"""Characters that a bank's application shows of what a transfer is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SbpSettings:
    """The till's account at the bank. Times in seconds.

    `poll_every` is the shortest pause between two questions about orders: banks that see more refuse (3–5 s at most of
    them, 10 s at Alfa). `life` is how long a code may be paid.
    """

    client_id: str
    client_secret: str
    member_id: str = ""
    terminal_id: str = ""
    sbp_member_id: str = ""
    scope: str = ""
    token_path: str = "/sbp/oauth/token"  # noqa: S105 - a path
    orders_path: str = "/sbp/qr/order/v3"
    life: float = 300.0
    poll_every: float = 3.0
    timeout: float = 10.0


class BankSbp:
    """`ports.Sbp`. The order number at the bank is our operation's id."""

    def __init__(
        self,
        transport: Transport,
        settings: SbpSettings,
        *,
        now: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._transport = transport
        self._settings = settings
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        account = Account(
            path=settings.token_path,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            scope=settings.scope,
            timeout=settings.timeout,
            usual_life=_USUAL_TOKEN_LIFE,
            refresh_before=_REFRESH_BEFORE,
        )
        self._signed_in = SignedIn(transport, account, monotonic=monotonic)
        self._asking = asyncio.Lock()
        self._may_ask = 0.0

    async def request(self, amount: Money, operation: UUID, purpose: str) -> QrCode:
        """Ask for a code to show; the same operation gives the same code.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        at = self._now()
        body = {
            "member_id": self._settings.member_id,
            "order_number": operation.hex,
            "order_create_date": _written(at),
            "id_qr": self._settings.terminal_id,
            "sbp_member_id": self._settings.sbp_member_id,
            "order_sum": amount.kopecks,
            "currency": _ROUBLES,
            "description": purpose[:_LONGEST_PURPOSE],
            "order_params_type": [],
            "order_expire_date": _written(at + timedelta(seconds=self._settings.life)),
        }
        call = self._call("creation", operation.hex, body, changes=True)

        def read(reply: Reply) -> QrCode:
            found = self._fields(call, reply)
            payload, reference = text(found.get("order_form_url")), text(found.get("order_id"))
            if not payload or not reference:
                raise self._transport.senseless(call, "an order without its code")
            theirs = whole(found.get("order_sum"))
            if theirs is not None and theirs != amount.kopecks:
                # The code that stands under this number asks for another sum: nobody may be shown it.
                raise refused(Service.SBP, "Банк вернул QR-код на другую сумму.", detail=f"{theirs} kopecks")
            expires = moment(found.get("order_expire_date")) or at + timedelta(seconds=self._settings.life)
            return QrCode(operation, payload, reference, expires)

        return await self._signed_in.call(call, read)

    async def state(self, operation: UUID) -> SbpAnswer:
        """What has become of the request; waits first when the bank was asked a moment ago.

        Raises:
            UnavailableError, RefusedError: as the port says.
        """
        try:
            return self._answer(operation, await self._status(operation))
        except RefusedError as error:
            if error.detail == _UNKNOWN_ORDER:
                raise
            # A bank that does not let the till in says nothing of the order.
            raise UnavailableError(error.trouble, detail=error.detail) from error

    async def revoke(self, operation: UUID) -> SbpAnswer:
        """Take the code back and look once more: what was paid is paid, however late.

        Raises:
            UnavailableError, OutcomeUnknownError: nobody can tell now.
        """
        try:
            before = await self._status(operation)
        except RefusedError as error:
            # A code that the bank does not know was never shown to anybody.
            if error.detail == _UNKNOWN_ORDER:
                return SbpAnswer(SbpState.EXPIRED)
            raise unknown(Service.SBP, error.detail) from error
        answer = self._answer(operation, before)
        if answer.state is not SbpState.WAITING:
            return answer
        call = self._call("revocation", operation.hex, {"order_id": text(before.get("order_id"))}, changes=True)
        trouble = ""
        try:
            await self._signed_in.call(call, lambda reply: self._fields(call, reply))
        except PosError as error:
            # Whatever was said or lost, the order itself tells.
            trouble = error.detail
        answer = await self._looked_after(operation)
        if answer.state is SbpState.WAITING:
            raise unknown(Service.SBP, f"revoked, and still waiting: {trouble}")
        return answer

    async def refund(self, paid: Approval, amount: Money, operation: UUID) -> Approval:
        """Give the transfer back; asked again under the same operation, it is done once.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        order = await self._status(paid.operation)
        # A payment goes back whole, so that one given back is this return, whoever asked for it: refused, it would be
        # owed for ever.
        over = text(order.get("order_state")).upper() in _GIVEN_BACK
        backs = (one for one in _operations(order, _BACK) if over or _is_this(one, operation, amount))
        done = next(backs, None)
        if done is not None:
            return self._approval(operation, amount, done)
        payment = next(_operations(order, _PAY), None)
        if payment is None:
            raise refused(Service.SBP, "Банк не находит этот перевод: возвращать нечего.")
        if text(order.get("order_state")).upper() in _GIVEN_BACK:
            raise refused(Service.SBP, "Банк сообщает, что этот перевод уже возвращён.")
        body = {
            "order_id": text(order.get("order_id")),
            "operation_id": text(payment.get("operation_id")),
            "cancel_operation_sum": amount.kopecks,
            "operation_currency": _ROUBLES,
            "operation_type": "REFUND",
            "auth_code": text(payment.get("auth_code")),
            "id_qr": self._settings.terminal_id,
        }
        call = self._call("cancel", operation.hex, body, changes=True)

        def read(reply: Reply) -> Approval:
            found = self._fields(call, reply)
            if not text(found.get("operation_id")):
                raise self._transport.senseless(call, "a return without its number")
            return self._approval(operation, amount, found)

        return await self._signed_in.call(call, read)

    async def probe(self) -> None:
        """Whether the bank lets this till in.

        Raises:
            UnavailableError: it does not answer.
            RefusedError: it does not know this till.
        """
        await self._signed_in.anew()

    # ------------------------------------------------------------------------------------------------ the order

    async def _looked_after(self, operation: UUID) -> SbpAnswer:
        try:
            return await self.state(operation)
        except RefusedError as error:
            raise unknown(Service.SBP, error.detail) from error

    async def _status(self, operation: UUID) -> Mapping[str, Any]:
        call = self._call("status", operation.hex, {"partner_order_number": operation.hex})
        async with self._asking:
            pause = self._may_ask - self._monotonic()
            if pause > 0:
                await self._sleep(pause)
            try:
                return await self._signed_in.call(call, lambda reply: self._fields(call, reply))
            finally:
                self._may_ask = self._monotonic() + self._settings.poll_every

    def _answer(self, operation: UUID, order: Mapping[str, Any]) -> SbpAnswer:
        written = text(order.get("order_state")).upper()
        # A word that is not known counts as waiting, because then we only ask again.
        state = _STATES.get(written, SbpState.WAITING)
        words = text(order.get("error_description"))
        if state is not SbpState.PAID:
            return SbpAnswer(state, words=words)
        payment = next(_operations(order, _PAY), order)
        kopecks = whole(payment.get("operation_sum", order.get("order_sum")))
        if kopecks is None:
            raise unreadable(Service.SBP, f"{written}, and no sum")
        return SbpAnswer(state, self._approval(operation, Money(kopecks), payment), words)

    def _approval(self, operation: UUID, amount: Money, found: Mapping[str, Any]) -> Approval:
        return Approval(
            operation=operation,
            amount=amount,
            at=moment(found.get("operation_date_time")) or self._now(),
            reference=text(found.get("operation_id")) or text(found.get("order_id")),
            code=text(found.get("auth_code")),
            terminal=self._settings.terminal_id,
        )

    def _call(self, act: str, uid: str, body: Mapping[str, Any], *, changes: bool = False) -> Call:
        content = {"rq_uid": uid, "rq_tm": _written(self._now()), **body}
        path = f"{self._settings.orders_path}/{act}"
        return Call("POST", path, self._settings.timeout, json=content, headers={"RqUID": uid}, changes=changes)

    def _fields(self, call: Call, reply: Reply) -> Mapping[str, Any]:
        """The answer, unless it is a no.

        Raises:
            PosError: it is one.
        """
        found = node(reply.fields().get("status")) or reply.fields()
        code, words = text(found.get("error_code")), text(found.get("error_description"))
        self._transport.usual(call, reply, words)
        if code == _UNKNOWN_ORDER:
            raise RefusedError(_NO_ORDER, detail=_UNKNOWN_ORDER)
        if code not in _DONE:
            raise refused(Service.SBP, words, detail=f"HTTP {reply.status} {code}")
        if reply.status not in _OK:
            # A page of somebody in between says nothing of the money: taken for "no such order", it would be lost.
            raise self._transport.odd(call, reply, "without the bank's own words")
        if not found:
            raise self._transport.senseless(call, f"HTTP {reply.status} without an order")
        return found


def _operations(order: Mapping[str, Any], kinds: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    return (one for one in nodes(order.get("order_operation_params")) if text(one.get("operation_type")) in kinds)


def _is_this(found: Mapping[str, Any], operation: UUID, amount: Money) -> bool:
    """Whether a return is the one that we asked for; a bank that keeps no request ids is believed by the sum."""
    theirs = text(found.get("rq_uid"))
    return theirs == operation.hex if theirs else whole(found.get("operation_sum")) == amount.kopecks


def _written(at: datetime) -> str:
    """ISO 8601, UTC, whole seconds, as the bank writes moments."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_NO_ORDER: Final = Trouble(
    "Банк не знает такого запроса оплаты.",
    "Перевод не сделан, деньги у клиента.",
    "Создайте QR-код заново или примите оплату по-другому.",
    "Покажу новый QR-код, подождите, пожалуйста.",
)
