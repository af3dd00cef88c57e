from datetime import timedelta

import pytest

from pos_client.training.seed import read_orders
from pos_client.training.shop import Shop
from pos_client.training.wire import kopecks
from tests.training.till import SetClock, Till, visit_body


async def test_wrong_client_credentials_are_400_without_a_token(till: Till) -> None:
    form = {"grant_type": "client_credentials", "client_id": "training-client", "client_secret": "wrong"}
    answer = await till.http.post("/v2/oauth/token", data=form)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}


async def test_a_token_is_given_for_query_parameters_too(till: Till, shop: Shop) -> None:
    names = shop.names
    query = {"grant_type": "client_credentials", "client_id": names.client_id, "client_secret": names.client_secret}
    answer = await till.http.post("/v2/oauth/token", params=query)
    assert answer.json()["expires_in"] == 3600


async def test_an_expired_token_is_401_with_its_code(till: Till, clock: SetClock) -> None:
    assert (await till.get("/v2/orders", cdek_number="1106153417")).status_code == 200
    clock.advance(timedelta(seconds=3600))
    answer = await till.get("/v2/orders", cdek_number="1106153417")
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "v2_token_expired"


@pytest.mark.parametrize(
    ("header", "code"), [({}, "unauthorized"), ({"Authorization": "Bearer nothing"}, "v2_authorization_incorrect")]
)
async def test_no_token_or_a_foreign_one_is_401(till: Till, header: dict[str, str], code: str) -> None:
    answer = await till.http.get("/counter/v1/orders/1106153417/payments", headers=header)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, code)


async def test_an_order_is_the_same_by_number_shop_number_and_uuid(till: Till) -> None:
    by_number = (await till.get("/v2/orders", cdek_number="1105660806")).json()["entity"]
    by_shop_number = (await till.get("/v2/orders", im_number="IM-2026-001874")).json()["entity"]
    by_uuid = (await till.get(f"/v2/orders/{by_number['uuid']}")).json()["entity"]
    assert by_number == by_shop_number == by_uuid


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"cdek_number": "1000000000"}, "v2_order_not_found"),
        ({"im_number": "nothing"}, "v2_entity_not_found_im_number"),
        ({}, "v2_parameters_empty"),
    ],
)
async def test_an_unknown_order_is_an_invalid_request(till: Till, query: dict[str, str], code: str) -> None:
    answer = await till.get("/v2/orders", **query)
    request = answer.json()["requests"][0]
    assert (answer.status_code, request["state"], request["errors"][0]["code"]) == (400, "INVALID", code)


async def test_every_order_adds_up_to_what_the_counter_takes(till: Till) -> None:
    for spec in read_orders():
        entity = (await till.get("/v2/orders", cdek_number=spec["number"])).json()["entity"]
        state = (await till.get(f"/counter/v1/orders/{spec['number']}/payments")).json()
        detail = entity["delivery_detail"]
        delivery = kopecks(detail["delivery_sum"]) + kopecks(detail["delivery_vat_sum"])
        services = delivery + sum(kopecks(one["total_sum"]) for one in entity["services"])
        items = entity["packages"][0].get("items", [])
        goods = sum(kopecks(one["payment"]["value"]) * one["amount"] for one in items)
        fee = kopecks(entity.get("delivery_recipient_cost", {}).get("value", 0))
        assert services == kopecks(detail["total_sum"]), spec["number"]
        assert (goods + fee if entity["type"] == 1 else services) == kopecks(state["total"]), spec["number"]
        assert kopecks(state["due"]) == kopecks(state["total"]) - kopecks(state["paid"])


async def test_a_payment_shows_in_the_order_and_in_the_receipts(till: Till) -> None:
    tenders = [{"type": "SBP", "sum": 1000.0}, {"type": "CASH", "sum": 500.5}, {"type": "CARD", "sum": 20.0}]
    body = visit_body(tenders=tenders)
    assert (await till.pay("1105660806", "key-1", body)).status_code == 201
    paid = [{"type": "CASH", "sum": 500.5}, {"type": "CARD", "sum": 1020.0}]
    entity = (await till.get("/v2/orders", cdek_number="1105660806")).json()["entity"]
    assert entity["delivery_detail"]["payment_info"] == paid
    assert entity["delivery_detail"]["payment_sum"] == 1520.5
    for query in ({"cdek_number": "1105660806"}, {"order_uuid": entity["uuid"]}, {"date": "2026-11-21"}):
        found = (await till.get("/v2/check", **query)).json()["check_info"]
        assert [one["document_number"] for one in found] == ["39090"], query
        assert found[0]["payment_info"] == paid
        assert found[0]["fiscal_storage_number"] == "9999078900001341"


async def test_receipts_need_a_question_and_forgive_an_unknown_order(till: Till) -> None:
    assert (await till.get("/v2/check")).status_code == 400
    answer = (await till.get("/v2/check", cdek_number="1000000000")).json()
    assert answer["check_info"] == []
    assert answer["warnings"][0]["code"] == "v2_order_not_found"
