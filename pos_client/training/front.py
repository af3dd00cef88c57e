"""The front of the shop: every call of every service passes here, is counted, and may be hit by a fault."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pos_client.training.faults import KINDS, Fault, FaultTable, reshape
from pos_client.training.wire import Answer, JsonObject

__all__ = ["Call", "Front"]

_REMEMBERED_CALLS = 2000
_JSON = json.JSONEncoder(ensure_ascii=False)
_STATUS = {
    "http-500": 500,
    "http-502-empty": 502,
    "http-503": 503,
    "http-429": 429,
    "unauthorized-401": 401,
    "forbidden-403": 403,
    "protocol-400": 400,
}
_SILENT = {
    "hang": (httpx.RemoteProtocolError, "the call hung and was let go"),
    "refuse": (httpx.ConnectError, "connection refused"),
    "drop": (httpx.RemoteProtocolError, "connection dropped before the call was executed"),
}
_WORDS = {
    400: "Запрос не понят",
    401: "Нет доступа",
    403: "Доступ запрещён",
    429: "Слишком много запросов",
    500: "Внутренняя ошибка",
    503: "Сервис временно недоступен",
}
_ORDER_CODES = {400: "v2_bad_request", 401: "v2_token_expired", 403: "v2_entity_forbidden", 429: "too_many_requests"}
_FIRST_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the shop received it; `status` 0 means that no answer was given."""

    service: str
    operation: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    status: int
    fault: str


class Front:
    """Runs a service's function and answers with what it returns, unless a fault says otherwise."""

    def __init__(self, faults: FaultTable) -> None:
        self._faults = faults
        self._late_calls: set[asyncio.Future[Answer | None]] = set()
        self.calls: deque[Call] = deque(maxlen=_REMEMBERED_CALLS)

    async def settled(self) -> None:
        """Wait for slow calls whose clients have left."""
        await asyncio.gather(*self._late_calls)

    async def serve(
        self, request: Request, service: str, operation: str, role: str, execute: Callable[[bytes, str], Answer]
    ) -> Response:
        """Answer one call; `execute` gets the body and the quirk to act out, and is run at most once."""
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response()  # the till was killed in the middle of its request: there is nobody to answer
        fault = self._faults.take(service, operation, role)
        response = await self._respond(request, service, fault, lambda quirk: execute(body, quirk))
        status = 0 if isinstance(response, _NoAnswer) else response.status_code
        name = fault.kind if fault else ""
        # Through the mappings that Starlette makes of them this alone would cost a tenth of the call.
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in request.headers.raw}
        query = dict(request.query_params.multi_items())
        self.calls.append(Call(service, operation, query, headers, body, status, name))
        return response

    async def _respond(
        self, request: Request, service: str, fault: Fault | None, execute: Callable[[str], Answer]
    ) -> Response:
        if fault is None:
            return _response(execute(""))
        kind = KINDS[fault.kind]
        if kind.quirk:
            return _response(execute(fault.kind))
        if kind.executes or fault.after:
            return await self._spoilt(request, fault, execute)
        if fault.kind in _SILENT:
            if fault.kind == "hang":
                await self._faults.pause(None, lambda: _gone(request))
            return _NoAnswer(_SILENT[fault.kind])
        return _response(_refusal(service) if fault.kind == "refused" else _error(service, _STATUS[fault.kind], fault))

    async def _spoilt(self, request: Request, fault: Fault, execute: Callable[[str], Answer]) -> Response:
        if fault.kind == "slow" and not fault.after:
            late = asyncio.ensure_future(self._late(fault.seconds, execute))
            self._late_calls.add(late)
            late.add_done_callback(self._late_calls.discard)
            found = await asyncio.shield(late)
            return _NoAnswer(_SILENT["drop"]) if found is None else _response(found)
        answer = execute("")
        if fault.kind == "duplicate":
            second = execute("")
            return _response(second if fault.after else answer)
        if fault.kind in ("hang", "slow"):
            await self._faults.pause(None if fault.kind == "hang" else fault.seconds, lambda: _gone(request))
        if fault.kind in ("hang", "drop", "lose-answer"):
            return _NoAnswer((httpx.RemoteProtocolError, "connection dropped after the call was executed"))
        return Response(
            reshape(fault.kind, answer), answer.status, headers=dict(answer.headers), media_type=answer.media
        )

    async def _late(self, seconds: float, execute: Callable[[str], Answer]) -> Answer | None:
        """A slow server works on for a client that has left; only a release stops it, and then nothing is done."""
        return None if await self._faults.pause(seconds) else execute("")


class _NoAnswer(Response):
    """Cuts the connection. On a socket the peer sees a reset; in-process it sees the transport error itself."""

    def __init__(self, error: tuple[type[httpx.TransportError], str]) -> None:
        super().__init__()
        self._error, self._message = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del send
        abort = scope.get("state", {}).get("abort")
        if abort is None:
            raise self._error(self._message)
        abort()
        while (await receive())["type"] != "http.disconnect":
            continue


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


def _response(answer: Answer) -> Response:
    body = answer.content
    if body is None:
        body = b"" if answer.body is None else _JSON.encode(answer.body).encode()
    return Response(body, answer.status, headers=dict(answer.headers), media_type=answer.media)


def _refusal(service: str) -> Answer:
    message = "Отказ по требованию учебного магазина"
    if service == "processing":
        return Answer(200, {"status": "ValidationError", "validationMessages": [{"message": message}]})
    if service == "register":
        return Answer(400, {"error": {"code": 12, "description": message}})
    if service == "sbp":
        return Answer(200, {"error_code": "training_refused", "error_description": message})
    code = "training_refused"
    return Answer(422 if service == "counter" else 400, {"errors": [{"code": code, "message": message}]})


def _error(service: str, status: int, fault: Fault) -> Answer:
    headers = {"Retry-After": str(max(1, round(fault.seconds)))} if fault.kind == "http-429" else {}
    if fault.kind == "http-502-empty":
        return Answer(status, None)
    message = _WORDS[status]
    body: JsonObject
    if service == "processing":
        name = "InternalServerError" if status >= _FIRST_SERVER_ERROR else "ProtocolError"
        body = {"status": name, "errorMessage": message, "errorId": str(fault.id), "httpStatusCode": status}
    elif service == "register":
        body = {"error": {"code": 505, "description": message}}
    elif service in ("terminal", "sbp"):
        body = {"error_code": str(status), "error_description": message}
    else:
        body = {"errors": [{"code": _ORDER_CODES.get(status, "v2_internal_error"), "message": message}]}
    return Answer(status, body, headers)
