import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_client.adapters.processing import authorization
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.project_check import ProjectCheck, Remark
from pos_client.adapters.transport import Transport
from pos_client.ports import Service
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.adapters.conftest import NOON, SetClock

ANNA = "48210967"
RIGHT = ProcessingNames()


class Dated(httpx.AsyncBaseTransport):
    """The shop in process, with the clock of its server in every answer."""

    def __init__(self, shop: Shop, clock: SetClock, ahead: timedelta) -> None:
        self._inner = shop.transport()
        self._clock = clock
        self._ahead = ahead

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        response.headers["Date"] = format_datetime(self._clock() - self._ahead, usegmt=True)
        return response


@asynccontextmanager
async def check_of(
    shop: Shop,
    clock: SetClock,
    names: ProcessingNames = RIGHT,
    *,
    key: str = "training-secret-key",
    ahead: timedelta = timedelta(0),
) -> AsyncIterator[ProjectCheck]:
    wire = Dated(shop, clock, ahead)
    async with Transport(Service.PROCESSING, "http://shop", headers=authorization(key), inner=wire) as transport:
        yield ProjectCheck(transport, names, office="MSK548", now=clock)


async def remarks_of(shop: Shop, clock: SetClock, names: ProcessingNames, member: str = "") -> dict[str, Remark]:
    async with check_of(shop, clock, names) as check:
        return {one.about.removeprefix("Проект: "): one for one in await check.run(member)}


def renamed(role: str, name: str) -> ProcessingNames:
    wrong: Any = {role: name}
    return replace(RIGHT, **wrong)


def bad(remarks: dict[str, Remark]) -> set[str]:
    return {about for about, one in remarks.items() if one.good is False}


@pytest.mark.parametrize(
    ("role", "name"), [("preorder", RIGHT.create), ("lookup", RIGHT.send_code), ("history", RIGHT.notice)]
)
async def test_a_question_under_the_name_of_a_change_is_never_asked(
    shop: Shop, clock: SetClock, role: str, name: str
) -> None:
    remarks = await remarks_of(shop, clock, renamed(role, name), ANNA)
    assert bad(remarks) == {"имена"}
    assert name in remarks["имена"].words
    assert shop.calls("processing") == []


async def test_a_project_whose_names_are_right_has_nothing_wrong(shop: Shop, clock: SetClock) -> None:
    remarks = await remarks_of(shop, clock, RIGHT, ANNA)
    assert not bad(remarks)
    assert {about for about, one in remarks.items() if one.good is None} == {"notice"}


async def test_a_portal_in_between_is_no_project_that_accepts_the_key(clock: SetClock) -> None:
    inner = httpx.MockTransport(lambda _: httpx.Response(404, content=b"<html>portal</html>"))
    async with Transport(Service.PROCESSING, "http://there", inner=inner) as transport:
        remarks = await ProjectCheck(transport, RIGHT, office="MSK548", now=clock).run(ANNA)
    key, *_ = remarks
    assert (key.about, key.good) == ("Проект: ключ", None)
    assert "[processing].address" in key.todo
    assert not [one for one in remarks if one.good]


async def test_the_check_leaves_nothing_behind(shop: Shop, clock: SetClock) -> None:
    def footprint() -> object:
        orders = [one for one in shop.loyalty_orders() if one.customer is not None]
        return shop.movements(), orders, shop.members(), shop.log(), shop.messages(), shop.sms()

    before = footprint()
    await remarks_of(shop, clock, RIGHT, ANNA)
    assert footprint() == before


@pytest.mark.parametrize(
    "role",
    [
        "lookup",
        "preorder",
        "create",
        "status",
        "offline",
        "history",
        "order_info",
        "candidates",
        "join",
        "send_code",
        "check_code",
    ],
)
async def test_an_operation_that_the_project_does_not_have_is_named(shop: Shop, clock: SetClock, role: str) -> None:
    remarks = await remarks_of(shop, clock, renamed(role, "Offline.Misspelt"))
    assert role in bad(remarks)
    assert "«Offline.Misspelt»" in remarks[role].words
    assert f"[processing].{role}" in remarks[role].todo


@pytest.mark.parametrize("role", ["paid", "cancelled", "returned", "checked_out"])
async def test_a_status_that_the_project_does_not_know_is_named(shop: Shop, clock: SetClock, role: str) -> None:
    remarks = await remarks_of(shop, clock, renamed(role, "Оплочен"))
    assert f"статус {role}" in bad(remarks) <= {f"статус {role}", "расчёт"}
    assert f"[processing].{role}" in remarks[f"статус {role}"].todo


@pytest.mark.parametrize(
    ("names", "about", "said"),
    [
        (replace(RIGHT, balance="Bonus"), "счёт баллов", "счёта «Bonus» нет, есть: Main"),
        (replace(RIGHT, level_segmentation="Grade"), "уровень", "сегментации «Grade» у участника нет, есть: "),
        (replace(RIGHT, customer_id_field="cdekCode"), "lookup", "не ищет по полю «cdekCode»"),
        (replace(RIGHT, order_id_field="receiptNumber"), "номер заказа", "поля «receiptNumber» процессинг не знает"),
    ],
)
async def test_a_wrong_name_is_told_beside_the_names_that_are_there(
    shop: Shop, clock: SetClock, names: ProcessingNames, about: str, said: str
) -> None:
    remarks = await remarks_of(shop, clock, names, ANNA)
    assert about in bad(remarks)
    assert said in remarks[about].words
    assert remarks[about].todo


async def test_a_code_that_is_no_members_is_told(shop: Shop, clock: SetClock) -> None:
    remarks = await remarks_of(shop, clock, RIGHT, "40400404")
    assert "NotFound" in remarks["участник"].words


async def test_a_key_that_is_not_accepted_is_all_that_is_said(shop: Shop, clock: SetClock) -> None:
    async with check_of(shop, clock, key="another") as check:
        found = await check.run()
    assert [(one.about, one.good) for one in found] == [("Проект: ключ", False), ("Проект: часы", True)]
    assert "secret_key" in found[0].todo


async def test_an_operation_that_the_key_may_not_call_is_told_apart(shop: Shop, clock: SetClock) -> None:
    shop.faults.set(Fault("processing", "forbidden-403", operation="Offline.SaveOfflineOrder"))
    remarks = await remarks_of(shop, clock, RIGHT)
    assert bad(remarks) == {"offline"}
    assert "не разрешена" in remarks["offline"].words


async def test_a_busy_operation_is_neither_good_nor_bad(shop: Shop, clock: SetClock) -> None:
    shop.faults.set(Fault("processing", "http-503", operation="Offline.GetOrder"))
    remarks = await remarks_of(shop, clock, RIGHT)
    assert remarks["order_info"].good is None
    assert not bad(remarks)


async def test_a_processing_that_falls_silent_is_told_and_does_not_fall_on_the_doctor(
    shop: Shop, clock: SetClock
) -> None:
    shop.faults.set(Fault("processing", "refuse"))
    remarks = await remarks_of(shop, clock, RIGHT)
    assert remarks["связь"].good is None


@pytest.mark.parametrize(
    ("ahead", "said"),
    [(timedelta(minutes=5), "спешат на 300 с"), (timedelta(minutes=-5), "отстают на 300 с")],
)
async def test_a_clock_that_differs_from_the_servers_is_told(
    shop: Shop, clock: SetClock, ahead: timedelta, said: str
) -> None:
    async with check_of(shop, clock, ahead=ahead) as check:
        clocks = (await check.run())[-1]
    assert clocks.good is False
    assert said in clocks.words


async def test_a_server_that_answers_everything_the_same_is_not_taken_for_a_right_one(clock: SetClock) -> None:
    def same(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"status": "ProtocolError", "errorMessage": "Bad request"})

    async with Transport(Service.PROCESSING, "http://shop", inner=httpx.MockTransport(same)) as transport:
        found = await ProjectCheck(transport, RIGHT, office="MSK548", now=clock).run()
    assert not [one for one in found if one.good and one.about != "Проект: ключ"]


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["Success", "Found", "doctor"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["status", "order", "ids", "lines", "customer", "balances", "systemName", "errorMessage", "lineId"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=30)
@given(st.sampled_from([200, 400, 404, 500]), NONSENSE | st.binary(max_size=40))
def test_whatever_a_server_answers_every_remark_is_a_sentence(status: int, answer: object) -> None:
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    async def examined() -> list[Remark]:
        wire = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
        async with Transport(Service.PROCESSING, "http://shop", inner=wire) as transport:
            return await ProjectCheck(transport, RIGHT, office="MSK548", now=lambda: NOON).run(ANNA)

    assert all(one.about and one.words for one in asyncio.run(examined()))
