import uuid
from datetime import timedelta

import pytest

from pos_client.training.shop import Shop
from tests.training.till import ANNA, NO_PHONE, RICH, Json, SetClock, Till, c2c_lines, line, order_body

SEND, CHECK = "Offline.SendMobilePhoneAuthorizationCode", "Offline.CheckMobilePhoneAuthorizationCode"
BY_ID: Json = {"ids": {"mindboxId": 800136209}}
BY_PHONE: Json = {"mobilePhone": "79991112233"}


async def check(till: Till, customer: Json, code: str) -> str:
    answer = await till.ask(CHECK, {"customer": customer, "authentificationCode": code})
    if answer["status"] == "ValidationError":
        assert answer["validationMessages"][0]["location"] == "/authentificationCode"
    return str(answer["status"])


def wrong(code: str) -> str:
    return str((int(code) + 1) % 10_000).zfill(4)


@pytest.mark.parametrize("customer", [BY_ID, BY_PHONE])
async def test_the_code_that_was_sent_is_right_once(till: Till, shop: Shop, customer: Json) -> None:
    assert await till.ask(SEND, {"customer": customer}) == {"status": "Success"}
    [message] = shop.sms()
    assert len(message.code) == 4
    assert message.code in message.text
    assert await check(till, customer, message.code) == "Success"
    assert await check(till, customer, message.code) == "ValidationError"


async def test_three_wrong_codes_close_the_door_until_a_new_one_is_sent(till: Till, shop: Shop) -> None:
    await till.ask(SEND, {"customer": BY_ID})
    code = shop.sms()[-1].code
    for _ in range(3):
        assert await check(till, BY_ID, wrong(code)) == "ValidationError"
    assert await check(till, BY_ID, code) == "ValidationError"
    await till.ask(SEND, {"customer": BY_ID})
    assert await check(till, BY_ID, shop.sms()[-1].code) == "Success"


async def test_a_new_code_replaces_the_old_one_and_old_age_ends_any(till: Till, shop: Shop, clock: SetClock) -> None:
    await till.ask(SEND, {"customer": BY_ID})
    await till.ask(SEND, {"customer": BY_ID})
    first, second = (one.code for one in shop.sms("79165550067"))
    assert first != second
    assert await check(till, BY_ID, first) == "ValidationError"
    clock.advance(timedelta(seconds=300))
    assert await check(till, BY_ID, second) == "ValidationError"


async def test_no_code_goes_to_whom_no_phone_belongs(till: Till, shop: Shop) -> None:
    for customer in ({"ids": {"cdekId": NO_PHONE}}, {"ids": {"cdekId": "40400404"}}, {"mobilePhone": "112"}):
        assert (await till.ask(SEND, {"customer": customer}))["status"] == "ValidationError"
    assert shop.sms() == []
    assert await check(till, BY_PHONE, "0000") == "ValidationError"


async def test_points_are_spent_only_after_a_code_where_the_project_wants_one(
    till: Till, shop: Shop, clock: SetClock
) -> None:
    shop.processing.switches.require_code_to_spend = True
    body = order_body("A-1", c2c_lines(), points=490, total=4500.0)
    refused = await till.create(body)
    assert refused["validationMessages"][0]["location"] == "/order/bonusPoints"
    assert shop.balance(ANNA).available == 620
    await till.ask(SEND, {"customer": BY_ID})
    await check(till, BY_ID, shop.sms()[-1].code)
    assert (await till.create(body))["order"]["processingStatus"] == "Created"
    clock.advance(timedelta(minutes=11))
    assert (await till.create(body))["order"]["processingStatus"] == "Updated"
    more = order_body("A-1", c2c_lines(), points=500, total=4490.0)
    assert (await till.create(more))["status"] == "ValidationError"


async def test_one_member_s_code_is_no_leave_for_another(till: Till, shop: Shop) -> None:
    shop.processing.switches.require_code_to_spend = True
    await till.ask(SEND, {"customer": BY_ID})
    await check(till, BY_ID, shop.sms()[-1].code)
    body = order_body("R-1", [line(1, 1000.0)], code=RICH, points=10, total=990.0)
    assert (await till.create(body))["status"] == "ValidationError"
    without = order_body("R-1", [line(1, 1000.0)], code=RICH, total=1000.0)
    assert (await till.create(without))["order"]["processingStatus"] == "Created"


def notice(code: str = ANNA) -> Json:
    parameters = {"orderNumber": "1106153417", "points": 31, "soldAtUtc": "2026-11-20T09:00:00Z"}
    return {"customer": {"ids": {"cdekId": code}}, "smsMailing": {"customParameters": parameters}}


async def test_a_notice_sent_twice_with_one_key_reaches_the_customer_once(till: Till, shop: Shop) -> None:
    key = str(uuid.uuid4())
    for _ in range(2):
        assert await till.ask("Offline.SendPointsNotice", notice(), key=key, mode="async") == {"status": "Success"}
    [message] = shop.messages()
    assert (message.phone, message.kind, message.parameters["points"]) == ("79165550067", "notice", 31)
    assert "31" in message.text
    state = (await till.http.get("/_shop/state")).json()
    assert state["messages"][0]["text"] == message.text


async def test_a_notice_to_nobody_is_refused_and_one_without_a_phone_is_logged(till: Till, shop: Shop) -> None:
    key = str(uuid.uuid4())
    refused = await till.ask("Offline.SendPointsNotice", notice("40400404"), key=key, mode="async")
    assert refused["status"] == "ValidationError"
    silent = await till.ask("Offline.SendPointsNotice", notice(NO_PHONE), key=str(uuid.uuid4()), mode="async")
    assert silent == {"status": "Success"}
    assert "нет телефона" in shop.log()[-1].message
    assert shop.messages() == []
