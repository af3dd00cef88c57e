import asyncio
import inspect
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from functools import partial

import httpx
import pytest

from pos_client.adapters.transport import NOTHING_SENT, PERHAPS_SENT, Call, Reply, Transport
from pos_client.adapters.troubles import DeniedError, masked
from pos_client.domain.sale import Trouble
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, Service, UnavailableError

ASK = Call("GET", "/thing", 1.0)
DO = Call("POST", "/thing", 1.0, json={"phone": "79165550067"}, changes=True)
DO_AGAIN = Call("POST", "/thing", 1.0, changes=True, again=True)


def every_httpx_exception() -> set[type[Exception]]:
    """All that httpx can raise, found by walking its classes: a new one in a new version is found too."""
    exported = {each for name in httpx.__all__ if inspect.isclass(each := getattr(httpx, name))}
    found = {each for each in exported if issubclass(each, Exception)}
    waiting = list(found)
    while waiting:
        for each in waiting.pop().__subclasses__():
            if each.__module__.startswith("httpx") and each not in found:
                found.add(each)
                waiting.append(each)
    return found


def by_name(kinds: frozenset[type[Exception]]) -> list[type[Exception]]:
    return sorted(kinds, key=lambda kind: kind.__name__)


def raised(kind: type[Exception]) -> Exception:
    """One exception of a kind, however it is made."""
    request = httpx.Request("GET", "http://there/?phone=79165550067", headers={"Authorization": "SecretKey s3cret"})
    response = httpx.Response(500, request=request)
    if kind is httpx.HTTPStatusError:
        return httpx.HTTPStatusError("79165550067", request=request, response=response)
    if kind in {httpx.StreamClosed, httpx.StreamConsumed, httpx.RequestNotRead, httpx.ResponseNotRead}:
        return kind()
    return kind("Authorization: SecretKey s3cret 79165550067")


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> Transport:
    return Transport(Service.PROCESSING, "http://there", inner=httpx.MockTransport(answer))


def failing(error: Exception) -> Transport:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    return answering(fail)


async def outcome(transport: Transport, call: Call) -> PosError:
    async with transport:
        with pytest.raises(PosError) as caught:
            await transport.call(call, lambda reply: reply)
    return caught.value


def test_every_exception_of_httpx_has_exactly_one_meaning() -> None:
    assert every_httpx_exception() == NOTHING_SENT | PERHAPS_SENT
    assert not NOTHING_SENT & PERHAPS_SENT


@pytest.mark.parametrize("kind", by_name(NOTHING_SENT))
async def test_a_failure_before_the_first_byte_is_unavailable(kind: type[Exception]) -> None:
    assert type(await outcome(failing(raised(kind)), ASK)) is UnavailableError
    assert type(await outcome(failing(raised(kind)), DO)) is UnavailableError


@pytest.mark.parametrize("kind", by_name(NOTHING_SENT))
async def test_nobody_answering_a_retry_of_a_change_leaves_the_first_try_unknown(kind: type[Exception]) -> None:
    assert type(await outcome(failing(raised(kind)), DO_AGAIN)) is OutcomeUnknownError


@pytest.mark.parametrize("kind", by_name(PERHAPS_SENT))
async def test_a_lost_answer_is_unknown_for_a_change_and_unavailable_for_a_question(kind: type[Exception]) -> None:
    assert type(await outcome(failing(raised(kind)), DO)) is OutcomeUnknownError
    assert type(await outcome(failing(raised(kind)), ASK)) is UnavailableError


@pytest.mark.parametrize("error", [ConnectionRefusedError(), ConnectionResetError(), TimeoutError(), OSError("x")])
async def test_errors_of_the_system_are_read_like_those_of_httpx(error: OSError) -> None:
    wanted = UnavailableError if isinstance(error, ConnectionRefusedError) else OutcomeUnknownError
    assert type(await outcome(failing(error), DO)) is wanted


@pytest.mark.parametrize("kind", by_name(NOTHING_SENT | PERHAPS_SENT))
async def test_no_error_quotes_the_key_or_a_phone(kind: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    error = await outcome(failing(raised(kind)), DO)
    told = f"{error} {error.detail} {error.trouble} {caplog.text}"
    assert "s3cret" not in told
    assert "79165550067" not in told


@pytest.mark.parametrize(
    ("status", "for_a_question", "for_a_change"),
    [
        (401, DeniedError, DeniedError),
        (403, DeniedError, DeniedError),
        (408, UnavailableError, OutcomeUnknownError),
        (425, UnavailableError, UnavailableError),
        (429, UnavailableError, UnavailableError),
        (500, UnavailableError, OutcomeUnknownError),
        (502, UnavailableError, OutcomeUnknownError),
        (503, UnavailableError, UnavailableError),
        (504, UnavailableError, OutcomeUnknownError),
        (599, UnavailableError, OutcomeUnknownError),
    ],
)
async def test_statuses_that_mean_the_same_everywhere(
    status: int, for_a_question: type[PosError], for_a_change: type[PosError]
) -> None:
    for call, wanted in ((ASK, for_a_question), (DO, for_a_change)):
        transport = answering(lambda _: httpx.Response(status, headers={"Retry-After": "7"}))
        with pytest.raises(PosError) as caught:
            await transport.call(call, partial(transport.usual, call, words=""))
        assert type(caught.value) is wanted
        assert caught.value.retry_after == (None if wanted is DeniedError else 7.0)
        await transport.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("Sat, 21 Nov 2026 09:02:05 GMT", 125.0),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("²", None),
        ("", None),
    ],
)
async def test_retry_after_is_seconds_or_a_date_by_the_servers_own_clock(header: str, seconds: float | None) -> None:
    headers = [(b"Retry-After", header.encode("latin-1")), (b"Date", b"Sat, 21 Nov 2026 09:00:00 GMT")]
    async with answering(lambda _: httpx.Response(503, headers=headers)) as transport:
        reply = await transport.call(ASK, lambda reply: reply)
    assert reply.retry_after == seconds


@pytest.mark.parametrize("date", [None, "yesterday"])
async def test_a_server_that_does_not_say_its_time_is_measured_by_the_tills(date: str | None) -> None:
    asked = datetime.now(UTC) + timedelta(seconds=600)
    headers = {"Retry-After": format_datetime(asked, usegmt=True), **({} if date is None else {"Date": date})}
    async with answering(lambda _: httpx.Response(503, headers=headers)) as transport:
        reply = await transport.call(ASK, lambda reply: reply)
    assert reply.retry_after is not None
    assert 500.0 < reply.retry_after <= 600.0


async def test_an_answer_that_drips_for_ever_ends_with_the_calls_own_time() -> None:
    async def hang(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    transport = Transport(Service.ORDERS, "http://there", inner=httpx.MockTransport(hang))
    assert type(await outcome(transport, Call("POST", "/", 0.02, changes=True))) is OutcomeUnknownError


async def test_every_call_is_told_once_and_a_refusal_counts_as_an_answer() -> None:
    told: list[tuple[Service, bool, PosError | None]] = []
    transport = Transport(
        Service.PROCESSING,
        "http://there",
        inner=httpx.MockTransport(lambda _: httpx.Response(200)),
        on_call=lambda service, works, _seconds, error: told.append((service, works, error)),
    )

    def refuse(_reply: Reply) -> None:
        raise no

    def deny(_reply: Reply) -> None:
        raise denied

    no, denied = RefusedError(Trouble("нет")), DeniedError(Trouble("ключ не принят"))
    async with transport:
        await transport.call(ASK, lambda reply: reply)
        with pytest.raises(RefusedError):
            await transport.call(ASK, refuse)
        with pytest.raises(DeniedError):
            await transport.call(ASK, deny)
    assert told == [
        (Service.PROCESSING, True, None),
        (Service.PROCESSING, True, no),
        (Service.PROCESSING, False, denied),
    ]


async def test_a_cancelled_call_says_nothing_about_the_service() -> None:
    told: list[bool] = []
    begun = asyncio.Event()

    async def hang(_request: httpx.Request) -> httpx.Response:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    transport = Transport(
        Service.PROCESSING,
        "http://there",
        inner=httpx.MockTransport(hang),
        on_call=lambda _service, works, _seconds, _error: told.append(works),
    )
    async with transport:
        task = asyncio.create_task(transport.call(Call("GET", "/", 30.0), lambda reply: reply))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert told == []


def test_fractions_are_read_exactly() -> None:
    assert Reply(200, b'{"sum": 0.1}').parsed() == {"sum": Decimal("0.1")}


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff", b"null"])
def test_a_body_that_is_no_object_has_no_fields(body: bytes) -> None:
    assert Reply(200, body).fields() == {}


def test_an_address_that_is_none_is_refused_when_the_till_starts() -> None:
    with pytest.raises(ValueError, match="not an address"):
        Transport(Service.ORDERS, "http://there:port")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Потребитель 79165550067 не найден", "Потребитель +7 916 •••-••-67 не найден"),
        ("тел. +7 (916) 555-00-67", "тел. +7 916 •••-••-67"),
        ("почта anna@example.ru занята", "почта •••@example.ru занята"),
        ("заказ 1106153417 не найден", "заказ 1106153417 не найден"),
    ],
)
def test_words_of_others_lose_phones_and_mail_addresses(words: str, shown: str) -> None:
    assert masked(words) == shown
