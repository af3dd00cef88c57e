"""What every answer that a server, or somebody in between, may give means for the message that was sent."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from offline_queue import Fate, Later, Paused, Refused, Unsure
from pos_client.adapters.delivery import classify
from pos_client.adapters.orders import CdekOrders, OrdersSettings
from pos_client.adapters.processing import MindboxProcessing, ProcessingNames
from pos_client.adapters.transport import Transport
from pos_client.ports import PosError, RefusedError, Service, UnavailableError
from tests.adapters.conftest import NOON

Answering = Callable[[httpx.Request], httpx.Response]

NUMBER, VISIT, REFUND = "1106153417", str(UUID(int=5)), str(UUID(int=6))
TOKEN = {"access_token": "x", "expires_in": 3600}
PORTAL = b"<html>captive portal: please sign in</html>"
OWN_NO = {"errors": [{"code": "counter_overpayment", "message": "Оплата больше остатка"}]}
TELLING = ["payment", "refund", "release", "correction", "offline", "status", "cancel", "notice"]
TO_ORDERS, TO_PROCESSING = TELLING[:4], TELLING[4:]
OUTAGES = [408, 425, 429, 500, 502, 503, 504, 522, 599]


def signed_in(answer: Answering) -> Answering:
    """An order service that lets everybody in and then answers so."""

    def both(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=TOKEN) if request.url.path.endswith("/token") else answer(request)

    return both


@asynccontextmanager
async def orders_at(answer: Answering) -> AsyncIterator[CdekOrders]:
    async with Transport(Service.ORDERS, "http://there", inner=httpx.MockTransport(answer)) as transport:
        yield CdekOrders(transport, OrdersSettings(client_id="a", client_secret="b"))  # noqa: S106 - a made-up account


async def tell(what: str, answer: Answering) -> None:
    """Deliver a message of this sort to a server that answers so."""
    if what in TO_ORDERS:
        async with orders_at(answer) as orders:
            match what:
                case "payment":
                    await orders.report_payment(NUMBER, "key", {"visit_id": VISIT})
                case "refund":
                    await orders.report_refund(NUMBER, REFUND, {"refund_id": REFUND})
                case "release":
                    await orders.report_refund(NUMBER, REFUND, {})
                case _:
                    await orders.report_correction(NUMBER, VISIT, {"correction_id": "c"})
        return
    async with Transport(Service.PROCESSING, "http://there", inner=httpx.MockTransport(answer)) as transport:
        processing = MindboxProcessing(transport, ProcessingNames(notice="Notice"), office="o", now=lambda: NOON)
        ways = {
            "offline": processing.save_offline,
            "status": processing.change_status,
            "cancel": processing.cancel,
            "notice": processing.notify,
        }
        await ways[what]({"order": {}}, UUID(int=9))


async def fate_of(what: str, answer: Answering) -> Fate | None:
    """What the queue hears of it; None when it was delivered."""
    try:
        await tell(what, answer)
    except PosError as error:
        return classify(error)
    return None


def saying(status: int, body: bytes | Mapping[str, Any] = b"", headers: Mapping[str, str] | None = None) -> Answering:
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    return lambda _request: httpx.Response(status, headers=headers, **content)


# ------------------------------------------------------------------------------------------------------ outages


@pytest.mark.parametrize("body", [b"", PORTAL, OWN_NO], ids=["empty", "page", "words"])
@pytest.mark.parametrize("status", OUTAGES)
@pytest.mark.parametrize("what", TELLING)
async def test_an_outage_spends_no_attempt_whatever_stands_in_it(
    what: str, status: int, body: bytes | Mapping[str, Any]
) -> None:
    answer = saying(status, body, {"Retry-After": "7"})
    fate = await fate_of(what, signed_in(answer) if what in TO_ORDERS else answer)
    assert isinstance(fate, Later)
    assert fate.retry_after == 7.0


@pytest.mark.parametrize("status", [200, 201, 202, 204, 301, 302, 307])
@pytest.mark.parametrize("what", TELLING)
async def test_the_page_of_a_portal_delivers_nothing_and_is_an_outage(what: str, status: int) -> None:
    answer = saying(status, b"" if status == 204 else PORTAL)
    assert isinstance(await fate_of(what, signed_in(answer) if what in TO_ORDERS else answer), Later)


@pytest.mark.parametrize("status", [200, 201, 302, 400, 404, 405, 408, 410, 425, 429, 500, 503])
async def test_a_door_that_is_not_the_services_own_is_an_outage_of_the_whole_lane(status: int) -> None:
    for body in (b"", PORTAL, b"null", b'{"error": "temporarily_unavailable"}'):
        assert isinstance(await fate_of("payment", saying(status, body)), Later)


# ------------------------------------------------------------------------------------------------ what counts as yes


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("payment", {"payments": [{"visit_id": VISIT.upper()}]}),
        ("refund", {"refund_id": REFUND, "state": "DONE"}),
        ("release", {"refund_id": REFUND.upper(), "state": "RELEASED"}),
        ("correction", {"visit_id": VISIT}),
    ],
)
@pytest.mark.parametrize("status", [200, 201])
async def test_a_yes_that_names_what_was_sent_delivers_it(what: str, body: Mapping[str, Any], status: int) -> None:
    assert await fate_of(what, signed_in(saying(status, body))) is None


@pytest.mark.parametrize(
    "body",
    [
        {"payments": [{"visit_id": str(UUID(int=1))}], "visit_id": str(UUID(int=1)), "refund_id": str(UUID(int=1))},
        {"payments": [], "state": "DONE"},
        {"login": "http://portal/"},
    ],
)
@pytest.mark.parametrize("what", TO_ORDERS)
async def test_a_yes_that_names_something_else_gets_a_few_tries_and_then_a_person(
    what: str, body: Mapping[str, Any]
) -> None:
    fate = await fate_of(what, signed_in(saying(200, body)))
    assert isinstance(fate, Unsure)
    assert "(HTTP 200)" in fate.words


# ------------------------------------------------------------------------------------------------- what counts as no


@pytest.mark.parametrize("body", [b"", PORTAL, b"null", {"message": "no Route matched"}, {"errors": []}])
@pytest.mark.parametrize("status", [400, 402, 404, 405, 409, 410, 413, 422, 451])
@pytest.mark.parametrize("what", TELLING)
async def test_a_no_in_the_words_of_somebody_else_is_none(
    what: str, status: int, body: bytes | Mapping[str, Any]
) -> None:
    answer = saying(status, body)
    fate = await fate_of(what, signed_in(answer) if what in TO_ORDERS else answer)
    assert isinstance(fate, Unsure)
    assert f"(HTTP {status})" in fate.words


@pytest.mark.parametrize("status", [400, 404, 409, 422])
@pytest.mark.parametrize("what", ["refund", "release", "correction"])
async def test_a_no_in_the_order_services_own_words_waits_for_a_person(what: str, status: int) -> None:
    assert isinstance(await fate_of(what, signed_in(saying(status, OWN_NO))), Refused)


async def test_a_request_that_is_still_being_worked_on_is_asked_again_later() -> None:
    body = {"errors": [{"code": "v2_similar_request_still_processed", "message": "Подождите"}]}
    assert isinstance(await fate_of("refund", signed_in(saying(400, body))), Later)


@pytest.mark.parametrize("what", ["offline", "notice"])
async def test_a_no_in_processings_own_words_waits_for_a_person(what: str) -> None:
    body = {"status": "ProtocolError", "errorMessage": "Нет такого потребителя", "httpStatusCode": 400}
    assert await fate_of(what, saying(400, body)) == Refused("Нет такого потребителя")


# ---------------------------------------------------------------------------------------------------------- signing in


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("what", TELLING)
async def test_a_key_that_is_refused_pauses_the_lane(what: str, status: int) -> None:
    assert isinstance(await fate_of(what, saying(status)), Paused)


@pytest.mark.parametrize("status", [200, 400, 401])
async def test_an_account_that_does_not_exist_pauses_the_lane(status: int) -> None:
    fate = await fate_of("payment", saying(status, {"error": "invalid_client", "error_description": "Bad"}))
    assert isinstance(fate, Paused)


# --------------------------------------------------------------------------------------------- before the cashier


async def test_a_foreign_404_does_not_say_that_there_is_no_such_order() -> None:
    async with orders_at(signed_in(saying(404, PORTAL))) as orders:
        with pytest.raises(UnavailableError):
            await orders.load(NUMBER)
        with pytest.raises(UnavailableError):
            await orders.order_of_receipt("t=20261121T1409&s=4990.00&fn=9999078900001341&i=39097&fp=2718281828&n=1")


async def test_a_receipt_that_the_service_itself_does_not_know_is_refused() -> None:
    body = {"errors": [{"code": "counter_receipt_not_found", "message": "Такого чека нет"}]}
    async with orders_at(signed_in(saying(404, body))) as orders:
        with pytest.raises(RefusedError, match="По этому чеку"):
            await orders.order_of_receipt("t=20261121T1409&s=4990.00&fn=9999078900001341&i=39097&fp=2718281828&n=1")
