"""The one place that speaks HTTP: a call goes out, and what came back is an answer or one of the three errors."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx

from pos_client.adapters.tolerant import parsed
from pos_client.adapters.troubles import (
    DeniedError,
    NotUnderstoodError,
    denied,
    not_understood,
    unavailable,
    unknown,
    unreadable,
)
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, Service, UnavailableError

__all__ = ["NOTHING_SENT", "PERHAPS_SENT", "Call", "OnCall", "Reply", "Transport", "Wire", "warm_up"]

OnCall = Callable[[Service, bool, float, PosError | None], None]
"""Hears of every call: the service, whether it worked, seconds it took, and the error if there was one."""

Wire = httpx.AsyncBaseTransport
"""A way to send requests other than a socket of this machine."""

_Result = TypeVar("_Result")

NOTHING_SENT: Final[frozenset[type[Exception]]] = frozenset(
    {
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.CookieConflict,
        httpx.InvalidURL,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
    }
)
"""Failures before the first byte of the request: the other side surely did nothing."""

PERHAPS_SENT: Final[frozenset[type[Exception]]] = frozenset(
    {
        httpx.CloseError,
        httpx.DecodingError,
        httpx.HTTPError,
        httpx.HTTPStatusError,
        httpx.LocalProtocolError,
        httpx.NetworkError,
        httpx.ProtocolError,
        httpx.ReadError,
        httpx.ReadTimeout,
        httpx.RemoteProtocolError,
        httpx.RequestError,
        httpx.RequestNotRead,
        httpx.ResponseNotRead,
        httpx.StreamClosed,
        httpx.StreamConsumed,
        httpx.StreamError,
        httpx.TimeoutException,
        httpx.TooManyRedirects,
        httpx.TransportError,
        httpx.WriteError,
        httpx.WriteTimeout,
    }
)
"""Failures after which the other side may have done what was asked, or which do not say when they struck."""

_CAUGHT: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError, OSError)
_KEEP_IDLE: Final = 4.0
_UNAUTHORISED: Final = frozenset({401, 403})
_TIMED_OUT: Final = 408
_NOT_BEGUN: Final = frozenset({425, 429, 503})
"""Too early, too many, overloaded: said instead of doing anything."""
_SERVER_ERRORS: Final = 500
_LONGEST_ANSWER: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call. `timeout` is the whole of it, in seconds.

    `changes` says that the other side does something on it; `again` says that it may already have left once, so that
    "nobody answered" tells nothing about the first time. An answer of more than `most` bytes is no answer.
    """

    method: str
    path: str
    timeout: float
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    changes: bool = False
    again: bool = False
    most: int = _LONGEST_ANSWER


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever its status; `retry_after` in seconds if the server asked for a pause.

    `date` is the server's own clock, if it said; `etag` names the version of what was sent.
    """

    status: int
    content: bytes
    retry_after: float | None = None
    date: datetime | None = None
    etag: str = ""

    def parsed(self) -> Any:  # noqa: ANN401 - JSON is what the other side made it
        """The body as JSON, numbers with a fraction as `Decimal`.

        Raises:
            ValueError: not JSON.
        """
        return parsed(self.content)

    def fields(self) -> dict[str, Any]:
        """The body if it is a JSON object, else an empty one."""
        try:
            found = self.parsed()
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Transport:
    """A connection to one service. Headers and bodies never reach a log or the text of an exception."""

    def __init__(
        self,
        service: Service,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        basic_auth: tuple[str, str] | None = None,
        connect_timeout: float = 2.0,
        on_call: OnCall | None = None,
        inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.service = service
        self._on_call = on_call
        self._connect_timeout = connect_timeout
        try:
            self._client = httpx.AsyncClient(
                base_url=base_url,
                headers={"User-Agent": "pos-client", "Accept": "application/json", **(headers or {})},
                auth=basic_auth,
                transport=inner,
                verify=_tls() if base_url.startswith("https:") else _no_tls(),
                # Shorter than any server keeps an idle connection: reuse must not race with its closing.
                limits=httpx.Limits(keepalive_expiry=_KEEP_IDLE),
                trust_env=False,
            )
        except httpx.InvalidURL as error:
            raise ValueError(f"not an address: {base_url!r}") from error

    async def call(self, call: Call, read: Callable[[Reply], _Result]) -> _Result:
        """Send the call and give the reply to `read`, which returns what it says or raises a `PosError`.

        Raises:
            UnavailableError: nothing happened (or nothing could have, because the call only asks).
            OutcomeUnknownError: the call changes something, and its answer is lost.
            RefusedError: `read` found a no in the reply.
        """
        begun = time.monotonic()
        try:
            result = read(await self._sent(call))
        except PosError as error:
            works = isinstance(error, RefusedError) and not isinstance(error, DeniedError)
            self._tell(works, time.monotonic() - begun, error)
            raise
        self._tell(True, time.monotonic() - begun, None)
        return result

    def usual(self, call: Call, reply: Reply, words: str) -> None:
        """Apply the rules of HTTP that hold for every service; returns when the status says nothing special.

        401 and 403 deny; 425, 429 and 503 were not processed; 408 and other 5xx may come from a gateway, and hide a
        finished change.

        Raises:
            PosError: the status is one of these; `words` are the server's own.
        """
        if reply.status in _UNAUTHORISED:
            raise denied(self.service, reply.status, words)
        if reply.status in _NOT_BEGUN:
            raise self.untouched(call, f"HTTP {reply.status} {words}", retry_after=reply.retry_after)
        if reply.status == _TIMED_OUT or reply.status >= _SERVER_ERRORS:
            raise self.lost(call, f"HTTP {reply.status} {words}", retry_after=reply.retry_after)

    def untouched(
        self, call: Call, detail: str, *, retry_after: float | None = None
    ) -> UnavailableError | OutcomeUnknownError:
        """This try surely changed nothing; an earlier one may have."""
        if call.changes and call.again:
            return unknown(self.service, detail, retry_after=retry_after)
        return unavailable(self.service, detail, retry_after=retry_after)

    def lost(
        self, call: Call, detail: str, *, retry_after: float | None = None
    ) -> UnavailableError | OutcomeUnknownError:
        """The answer is lost or makes no sense."""
        if call.changes:
            return unknown(self.service, detail, retry_after=retry_after)
        return unavailable(self.service, detail, retry_after=retry_after)

    def senseless(
        self, call: Call, detail: str, *, retry_after: float | None = None
    ) -> UnavailableError | OutcomeUnknownError:
        """The answer came and cannot be understood: a page of somebody who stands in between, as a rule."""
        if call.changes:
            return unknown(self.service, detail, retry_after=retry_after)
        return unreadable(self.service, detail, retry_after=retry_after)

    def odd(self, call: Call, reply: Reply, detail: str) -> UnavailableError | NotUnderstoodError:
        """An answer to this very call that is neither the yes nor a no of the service's own making.

        Unlike an outage it may be the fault of what was sent, so that it may come each time.
        """
        if call.changes:
            return not_understood(self.service, reply.status, detail)
        return unreadable(self.service, f"HTTP {reply.status} {detail}")

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _tell(self, works: bool, seconds: float, error: PosError | None) -> None:  # noqa: FBT001 - as OnCall has it
        if self._on_call is not None:
            self._on_call(self.service, works, seconds, error)

    async def _sent(self, call: Call) -> Reply:
        timeout = httpx.Timeout(call.timeout, connect=min(self._connect_timeout, call.timeout))
        try:
            # httpx limits each read, so that an answer dripping byte by byte never ends; this limits the whole.
            async with asyncio.timeout(call.timeout):
                async with self._client.stream(
                    call.method,
                    call.path,
                    params=call.params or None,
                    json=call.json,
                    content=call.content,
                    data=call.form,
                    headers=call.headers,
                    timeout=timeout,
                ) as response:
                    content = await _read(response, call.most)
        except _CAUGHT as error:
            # The exception's own text may quote the request, so only its name goes on.
            detail = type(error).__name__
            before = type(error) in NOTHING_SENT or isinstance(error, ConnectionRefusedError)
            raise (self.untouched(call, detail) if before else self.lost(call, detail)) from error
        if content is None:
            raise self.lost(call, f"an answer of more than {call.most} bytes")
        headers = response.headers
        date = _moment(headers.get("Date"))
        return Reply(
            response.status_code,
            content,
            _pause(headers.get("Retry-After"), date or datetime.now(UTC)),
            date,
            headers.get("ETag", ""),
        )


def warm_up() -> None:
    """Read the certificates now; every transport shares them."""
    _tls()


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@cache
def _no_tls() -> ssl.SSLContext:
    """For addresses without TLS: loading the authorities takes a good part of the start, and trusts nobody here."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def _read(response: httpx.Response, most: int) -> bytes | None:
    """The body, read no further than it may be long; None when it is longer."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > most:
            return None
    return bytes(content)


def _pause(header: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header, given as a number or as a date (RFC 9110, 10.2.3).

    `now` is the server's own clock, if it said: a till's clock that was set wrong would wait for ever, or not at all.
    """
    written = (header or "").strip()
    if written.isascii() and written.isdecimal():
        return float(written)
    until = _moment(header)
    return max(0.0, (until - now).total_seconds()) if until else None


def _moment(header: str | None) -> datetime | None:
    """A date as HTTP writes it; None when it is none."""
    try:
        found = parsedate_to_datetime(header) if header else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and found.tzinfo else None
