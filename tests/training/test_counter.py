import json

import pytest

from pos_client.bundled import bundled
from pos_client.training.shop import Shop
from tests.training.till import Json, Till, visit_body

ORDER = "1106153417"


async def test_a_part_is_paid_and_the_rest_stays_due(till: Till) -> None:
    body = visit_body()
    answer = await till.pay(ORDER, "key-1", body)
    assert answer.status_code == 201
    state = answer.json()
    assert (state["total"], state["paid"], state["due"], state["finished"]) == (4990.0, 2990.0, 2000.0, False)
    assert state["loyalty_order"] == "MSK548-1106153417"
    assert state["payments"] == [body]
    assert (await till.get(f"/counter/v1/orders/{ORDER}/payments")).json() == state


async def test_the_same_key_and_body_get_the_first_answer_again(till: Till, shop: Shop) -> None:
    body = visit_body()
    first = await till.pay(ORDER, "key-1", body)
    await till.pay(ORDER, "key-2", visit_body(tenders=[{"type": "CASH", "sum": 2000.0}]))
    reordered = dict(reversed(body.items()))
    again = await till.pay(ORDER, "key-1", json.dumps(reordered, indent=3).encode())
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(shop.payments(ORDER)) == 2


async def test_the_same_key_with_another_body_or_order_is_422(till: Till, shop: Shop) -> None:
    body = visit_body()
    await till.pay(ORDER, "key-1", body)
    for number, other in ((ORDER, body | {"cashier": "Петрова О."}), ("1106321645", body)):
        answer = await till.pay(number, "key-1", other)
        assert (answer.status_code, _code(answer.json())) == (422, "counter_key_reused")
    assert len(shop.payments(ORDER)) == 1


async def test_one_visit_is_not_recorded_under_two_keys(till: Till, shop: Shop) -> None:
    body = visit_body()
    await till.pay(ORDER, "key-1", body)
    answer = await till.pay(ORDER, "key-2", body)
    assert (answer.status_code, _code(answer.json())) == (422, "counter_visit_known")
    assert len(shop.payments(ORDER)) == 1


@pytest.mark.parametrize("number", ["1100285492", "1106150001", "1106150049"])
async def test_a_finished_order_takes_no_more_money(till: Till, number: str) -> None:
    assert (await till.get(f"/counter/v1/orders/{number}/payments")).json()["finished"] is True
    answer = await till.pay(number, "key-1", visit_body())
    assert (answer.status_code, _code(answer.json())) == (409, "counter_order_finished")


async def test_more_than_is_due_is_refused_and_leaves_the_key_free(till: Till, shop: Shop) -> None:
    too_much = visit_body(tenders=[{"type": "CASH", "sum": 2000.0}], discount=0.01)
    answer = await till.pay("1106321645", "key-1", too_much)
    assert (answer.status_code, _code(answer.json())) == (422, "counter_overpayment")
    exact = visit_body(tenders=[{"type": "CASH", "sum": 1510.0}], discount=490.0, points_spent=490)
    assert (await till.pay("1106321645", "key-1", exact)).json()["finished"] is True
    assert len(shop.payments("1106321645")) == 2


async def test_an_unknown_order_is_404_and_a_missing_key_400(till: Till) -> None:
    assert (await till.pay("1000000000", "key-1", visit_body())).status_code == 404
    assert (await till.get("/counter/v1/orders/1000000000/payments")).status_code == 404
    assert _code((await till.pay(ORDER, "", visit_body())).json()) == "counter_key_required"
    assert (await till.pay(ORDER, "key-1", b"{")).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"visit_id": "not a uuid"},
        {"paid_at": "yesterday"},
        {"paid_at": "2026-11-22T12:00:00+03:00"},
        {"office": ""},
        {"tenders": [{"type": "POINTS", "sum": 1.0}]},
        {"tenders": [{"type": "CASH", "sum": -1.0}]},
        {"tenders": [{"type": "CASH", "sum": 0.005}]},
        {"tenders": [], "discount": 0},
        {"tenders": "CASH"},
        {"discount": -1},
        {"points_spent": 1.5},
        {"loyalty_order": ""},
        {"receipt": None},
        {"receipt": {"fn": "1", "document_number": 0, "fiscal_sign": 1, "shift": 1, "date": "2026-11-21", "total": 1}},
    ],
)
async def test_a_wrong_field_is_422_and_records_nothing(till: Till, shop: Shop, changed: Json) -> None:
    answer = await till.pay(ORDER, "key-1", visit_body(**changed))
    assert answer.status_code == 422, answer.text
    assert any(name in answer.json()["errors"][0]["message"] for name in changed)
    assert shop.payments(ORDER) == []


def test_every_code_of_the_counter_stands_in_its_document() -> None:
    document = bundled("openapi/counter-v1.yaml").read_text(encoding="utf-8")
    for code in (
        "counter_key_required",
        "counter_key_reused",
        "counter_visit_known",
        "counter_order_finished",
        "counter_overpayment",
        "v2_invalid_format",
        "v2_order_not_found",
        "v2_token_expired",
    ):
        assert f"code: {code}" in document


def _code(answer: Json) -> str:
    return str(answer["errors"][0]["code"])
