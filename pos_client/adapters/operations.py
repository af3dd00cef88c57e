"""Calls of a Mindbox project's operations, and the one meaning of every answer to them.

Source: Mindbox API v3, error processing. Business failures come as HTTP 200, so the body decides, not the status alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeVar
from uuid import UUID

from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.tolerant import UnreadableAnswerError, node, nodes, parsed, text
from pos_client.adapters.transport import Call, Reply, Transport
from pos_client.adapters.troubles import denied, masked, refused
from pos_client.domain.sale import Trouble
from pos_client.ports import PosError, PriceChangedError, Service

__all__ = ["Operations", "Outcome", "OutcomeKind", "outcome_of"]

_Result = TypeVar("_Result")


class OutcomeKind(Enum):
    """What an answer of processing means."""

    OK = "ok"
    DUPLICATE = "duplicate"
    """This transaction was processed before: success, without its numbers."""
    REJECTED = "rejected"
    PRICE_CHANGED = "price changed"
    DEGRADED = "degraded"
    """Success in form, but the calculation was not done."""
    PROTOCOL = "protocol"
    DENIED = "denied"
    THROTTLED = "throttled"
    """Not processed: too many calls."""
    UNAVAILABLE = "unavailable"
    """Not processed: a passing failure that processing itself reports."""
    UNKNOWN = "unknown"
    """Nobody says whether it was processed."""
    FOREIGN = "foreign"
    """A no, and not in processing's own words: of somebody in between, or to an address that is none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer and its meaning; `words` are the server's own."""

    kind: OutcomeKind
    words: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


_OK: Final = 200
_BY_CODE: Final = {
    401: OutcomeKind.DENIED,
    403: OutcomeKind.DENIED,
    408: OutcomeKind.UNKNOWN,
    425: OutcomeKind.THROTTLED,
    429: OutcomeKind.THROTTLED,
    503: OutcomeKind.UNAVAILABLE,
}
_CLIENT_ERRORS: Final = range(400, 500)
_REFUSALS: Final = frozenset({"protocolerror", "validationerror"})
_BY_STATUS: Final = {
    "transactionalreadyprocessed": OutcomeKind.DUPLICATE,
    "validationerror": OutcomeKind.REJECTED,
    "pricehasbeenchanged": OutcomeKind.PRICE_CHANGED,
    "protocolerror": OutcomeKind.PROTOCOL,
    "internalservererror": OutcomeKind.UNAVAILABLE,
}
_BY_ORDER_STATUS: Final = {
    "pricehasbeenchanged": OutcomeKind.PRICE_CHANGED,
    "personaldiscountscalculationisunavailable": OutcomeKind.DEGRADED,
    "discountscalculationisunavailable": OutcomeKind.DEGRADED,
    "unavailable": OutcomeKind.DEGRADED,
    "validationerror": OutcomeKind.REJECTED,
    "protocolerror": OutcomeKind.PROTOCOL,
    "mindboxservererror": OutcomeKind.UNKNOWN,
    "requiredentitymissingfromresponse": OutcomeKind.UNKNOWN,
}


def outcome_of(status: int, content: bytes) -> Outcome:
    """The one meaning of an HTTP status and a body, whatever they are."""
    try:
        body = node(parsed(content))
    except ValueError:
        body = {}
    return Outcome(_kind(status, body), _words(body), body)


def _kind(status: int, body: Mapping[str, Any]) -> OutcomeKind:
    said = text(body.get("status")).lower()
    if status in _BY_CODE:
        return _BY_CODE[status]
    if status in _CLIENT_ERRORS:
        return OutcomeKind.PROTOCOL if said in _REFUSALS or text(body.get("errorId")) else OutcomeKind.FOREIGN
    if status == _OK and said == "success":
        order_status = text(node(body.get("order")).get("processingStatus")).lower()
        return _BY_ORDER_STATUS.get(order_status, OutcomeKind.OK)
    if status == _OK or said == "internalservererror":
        return _BY_STATUS.get(said, OutcomeKind.UNKNOWN)
    # A gateway in between: the request may have reached the processing behind it.
    return OutcomeKind.UNKNOWN


def _words(body: Mapping[str, Any]) -> str:
    messages = [text(message.get("message")) for message in nodes(body.get("validationMessages"))]
    said = [*messages, text(body.get("errorMessage")), text(node(body.get("order")).get("statusDescription"))]
    return " ".join(sentence for sentence in said if sentence)


_PRICE_CHANGED: Final = Trouble(
    "Цена заказа изменилась, пока вы оформляли оплату.",
    "Деньги и баллы не затронуты.",
    "Программа пересчитает цену: назовите её клиенту ещё раз.",
    "Цена обновилась, сейчас назову новую сумму.",
)
_ONLY_OK: Final = frozenset({OutcomeKind.OK})


class Operations:
    """The operations of one project behind one transport; every answer is read or is one of the three errors."""

    def __init__(self, transport: Transport, names: ProcessingNames) -> None:
        self.transport = transport
        self._names = names

    def call(
        self,
        operation: str,
        body: Mapping[str, Any],
        timeout: float,
        *,
        transaction: UUID | None = None,
        mode: str = "sync",
        changes: bool = False,
        again: bool = False,
    ) -> Call:
        """The HTTP call of an operation; one with a transaction always changes something. `timeout` in seconds."""
        params = {"endpointId": self._names.endpoint, "operation": operation}
        if transaction is not None:
            params["transactionId"] = str(transaction)
        return Call(
            "POST",
            f"/v3/operations/{mode}",
            timeout,
            params=params,
            json=body,
            changes=changes or transaction is not None,
            again=again,
        )

    async def run(
        self,
        call: Call,
        read: Callable[[Outcome], _Result],
        *,
        usable: frozenset[OutcomeKind] = _ONLY_OK,
    ) -> _Result:
        """What `read` makes of an answer of one of the `usable` kinds.

        Raises:
            PosError: any other answer, none, or one that `read` finds unreadable.
        """

        def answered(reply: Reply) -> _Result:
            outcome = outcome_of(reply.status, reply.content)
            if outcome.kind not in usable:
                raise self.failure(call, reply, outcome)
            try:
                return read(outcome)
            except UnreadableAnswerError as error:
                raise self.transport.senseless(call, f"{call.params['operation']}: {error}") from error

        return await self.transport.call(call, answered)

    async def ask(
        self, operation: str, body: Mapping[str, Any], limit: float, read: Callable[[Outcome], _Result]
    ) -> _Result:
        """What `read` makes of the answer to a question that changes nothing, within `limit` seconds.

        Raises:
            UnavailableError: no usable answer.
            RefusedError: the question itself was refused.
        """
        return await self.run(self.call(operation, body, limit), read)

    def failure(self, call: Call, reply: Reply, outcome: Outcome) -> PosError:
        """The one error that an outcome is; calls that only ask never end unknown."""
        words = outcome.words or f"HTTP {reply.status}"
        match outcome.kind:
            case OutcomeKind.DENIED:
                return denied(Service.PROCESSING, reply.status, words)
            case OutcomeKind.REJECTED | OutcomeKind.PROTOCOL:
                return refused(Service.PROCESSING, words, detail=f"HTTP {reply.status} {outcome.kind.value}: {words}")
            case OutcomeKind.PRICE_CHANGED:
                return PriceChangedError(_PRICE_CHANGED, detail=masked(words))
            case OutcomeKind.THROTTLED | OutcomeKind.UNAVAILABLE:
                return self.transport.untouched(call, words, retry_after=reply.retry_after)
            case OutcomeKind.FOREIGN:
                return self.transport.odd(call, reply, outcome.words or "without processing's own words")
            case _:
                detail = f"{outcome.kind.value}: {words}"
                return self.transport.senseless(call, detail, retry_after=reply.retry_after)
