import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import astuple, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from pos_client.adapters.members import MindboxMembers
from pos_client.adapters.processing import MindboxProcessing
from pos_client.adapters.processing_wire import ProcessingNames, create_body
from pos_client.adapters.transport import Transport
from pos_client.domain.account import Movement
from pos_client.domain.customer import Candidate, Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.joining import NEEDED, Application, ConsentText
from pos_client.domain.loyalty import Quote
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import LineKind, OrderLine
from pos_client.ports import PosError, Reserved, ReserveIntent, Service, UnavailableError
from tests.adapters import processing_answers as answers
from tests.adapters.conftest import NOON
from tests.samples import MEMBER, ORDER, cash, live_quote

MANY = 1500 if os.environ.get("TILL_LONG") else 60
FUZZ = settings(max_examples=MANY, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = ProcessingNames()
ANNA = CustomerKey(KeyKind.CDEK_ID, "48210967")
WANTED = Points(300)
GENUINE = Money(460000)
BOXES = OrderLine("3", "Коробки", LineKind.SERVICE, Money(9500), quantity=2, code="BOX")
PARCEL = replace(ORDER, lines=(*ORDER.lines[:2], BOXES))
APPLICATION = Application("79165550099", "Пётр", NEEDED)
TEXTS = tuple(ConsentText(purpose, purpose.value, "2026-09", "Согласие", "Я согласен") for purpose in NEEDED)
CREATE = create_body(
    ORDER, MEMBER, NO_POINTS, order_id="7", total=None, tenders=(), at=NOON, names=NAMES, office="MSK548"
)
ONE = UUID(int=1)
_PLAUSIBLE = {int(one) for one in ("1", "-1", "12", "100000", str(10**15))}
"""Sums among the junk that nobody can tell from a true one."""
CYRILLIC = re.compile("[А-Яа-я]")

Both = tuple[MindboxProcessing, MindboxMembers]


class Always(httpx.AsyncBaseTransport):
    """Answers every call with the same bytes."""

    def __init__(self, status: int, content: bytes) -> None:
        self._status = status
        self._content = content

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return httpx.Response(self._status, content=self._content)


def quoted(both: Both) -> Awaitable[Quote]:
    return both[0].quote(ORDER, MEMBER, WANTED, order_id=answers.ORDER_ID, coupons=("SPRING10", "OTHER"))


def reserved(both: Both) -> Awaitable[Reserved]:
    quote = live_quote(ORDER, 300)
    return both[0].reserve(ReserveIntent(ORDER, MEMBER, quote, answers.ORDER_ID, ONE, cash(469000), NOON))


CALLS: dict[str, tuple[Callable[[Both], Awaitable[object]], dict[str, Any]]] = {
    "find_customer": (lambda both: both[0].find_customer(ANNA), answers.CUSTOMER),
    "find_customer by card": (
        lambda both: both[0].find_customer(CustomerKey(KeyKind.CARD, "231534554262")),
        answers.CUSTOMER,
    ),
    "quote": (quoted, answers.PRICED),
    "reserve": (reserved, answers.CREATED),
    "restore": (lambda both: both[0].restore(CREATE, ONE), answers.PRICED),
    "save_offline": (lambda both: both[0].save_offline({}, ONE), answers.SUCCESS),
    "change_status": (lambda both: both[0].change_status({}, ONE), answers.SUCCESS),
    "cancel": (lambda both: both[0].cancel({}, ONE), answers.SUCCESS),
    "notify": (lambda both: both[0].notify({}, ONE), answers.SUCCESS),
    "probe": (lambda both: both[0].probe(), answers.CUSTOMER),
    "candidates": (lambda both: both[1].candidates(ANNA), answers.CANDIDATES),
    "choose": (lambda both: both[1].choose(ANNA, "1001"), answers.CUSTOMER),
    "history": (
        lambda both: both[1].history(MEMBER, since=NOON - timedelta(days=90), till=NOON),
        answers.HISTORY,
    ),
    "earned_by": (lambda both: both[1].earned_by(answers.ORDER_ID), answers.ORDER_INFO),
    "send_code": (lambda both: both[1].send_code(MEMBER), answers.SUCCESS),
    "check_code": (lambda both: both[1].check_code(APPLICATION, "1234"), answers.SUCCESS),
    "join": (lambda both: both[1].join(APPLICATION, TEXTS), answers.JOINED),
    "join a member": (lambda both: both[1].join(APPLICATION, TEXTS), answers.CUSTOMER),
}


def outcome(call: Callable[[Both], Awaitable[object]], status: int, content: bytes) -> object:
    """What the call returns or the `PosError` that it raises; anything else fails the test by itself."""

    async def run() -> object:
        async with Transport(Service.PROCESSING, "http://p", inner=Always(status, content)) as transport:
            both = (
                MindboxProcessing(transport, NAMES, office="MSK548", now=lambda: NOON),
                MindboxMembers(transport, NAMES, office="MSK548", now=lambda: NOON),
            )
            try:
                return await call(both)
            except PosError as error:
                return error

    return asyncio.run(run())


def has_sound_sums(quote: Quote) -> bool:
    lines = zip(ORDER.lines, quote.amounts, strict=True)
    return (
        quote.total == ORDER.total
        and all(ZERO <= amount <= line.total for line, amount in lines)
        and all(discount.amount > ZERO for discount in quote.discounts)
        and quote.points <= WANTED
        and (quote.points_off > ZERO) is bool(quote.points)
        and quote.redeemable >= quote.points
        and [coupon.code for coupon in quote.coupons] == ["SPRING10", "OTHER"]
        and Money.sum([coupon.amount for coupon in quote.coupons]) <= quote.discount - quote.points_off
    )


def is_sound(value: object) -> bool:
    match value:
        case PosError():
            sound = all(CYRILLIC.search(sentence) for sentence in astuple(value.trouble))
        case Quote():
            sound = has_sound_sums(value)
        case Customer():
            known = value.standing is not Standing.MEMBER or bool(value.processing_id)
            sound = known and "79165550067" not in repr(value)
        case tuple():
            sound = all(is_sound(one) for one in value)
        case Movement():
            sound = value.at.tzinfo is not None and bool(value.points)
        case Candidate():
            sound = bool(value.processing_id) and "Петрова" not in value.name
        case _:
            sound = value is None or isinstance(value, Reserved | bool | Points)
    return sound


@pytest.mark.parametrize("name", CALLS)
def test_every_call_has_a_sound_value_or_a_sentence_whatever_is_answered(name: str) -> None:
    call, genuine = CALLS[name]

    @FUZZ
    @given(answer=answers.any_answer(genuine))
    def check(answer: tuple[int, bytes]) -> None:
        value = outcome(call, *answer)
        assert is_sound(value), value
        str(value).encode()

    check()


@FUZZ
@given(content=answers.spoilt(answers.PRICED, most=1))
def test_one_spoilt_place_never_makes_another_price(content: bytes) -> None:
    value = outcome(quoted, 200, content)
    if isinstance(value, Quote):
        assert (value.payable, value.points, value.points_off) == (GENUINE, WANTED, Money(30000))
    else:
        assert isinstance(value, PosError)


@FUZZ
@given(content=answers.spoilt(answers.HISTORY, most=1))
def test_a_movement_is_never_read_with_another_sum(content: bytes) -> None:
    value = outcome(CALLS["history"][0], 200, content)
    if isinstance(value, tuple):
        assert {one.points for one in value} <= {31, -7, *_PLAUSIBLE}
    else:
        assert isinstance(value, UnavailableError)


@pytest.mark.parametrize("name", CALLS)
def test_the_genuine_answer_is_read_without_an_error(name: str) -> None:
    call, genuine = CALLS[name]
    value = outcome(call, 200, json.dumps(genuine).encode())
    assert not isinstance(value, PosError), value
