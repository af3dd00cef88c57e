"""Corrected receipts at the order service: what it takes, what it refuses, what stands for a visit afterwards."""

import uuid

import httpx
import pytest

from pos_client.bundled import bundled
from pos_client.training.shop import Shop
from tests.training.till import Json, Till, visit_body

ORDER = "1106153417"
LINE = {"name": "Доставка", "price": 2990.0, "quantity": 1, "settlement": "FULL", "subject": "SERVICE", "vat": "22"}


def document(number: int) -> Json:
    return {**visit_body()["receipt"], "document_number": number, "fiscal_sign": 1000000000 + number}


def correction(visit: Json, right: int | None, **changed: object) -> Json:
    body: Json = {
        "correction_id": str(uuid.uuid4()),
        "corrected_at": "2026-11-21T12:30:00+03:00",
        "cashier": "Петрова О.",
        "why": "способ расчёта",
        "wrong": visit["receipt"],
        "opposite": document(39100),
        "receipt": None if right is None else document(right),
        **({} if right is None else {"lines": [LINE]}),
    }
    return body | changed


async def post(till: Till, visit: str, body: Json, order: str = ORDER) -> httpx.Response:
    path = f"/counter/v1/orders/{order}/payments/{visit}/corrections"
    return await till.http.post(path, json=body, headers=await till.bearer())


async def paid(till: Till) -> Json:
    body = visit_body(lines=[{**LINE, "settlement": "PREPAYMENT"}])
    assert (await till.pay(ORDER, "key", body)).status_code == 201
    return body


async def shown(till: Till) -> Json:
    answer = await till.http.get(f"/counter/v1/orders/{ORDER}/payments", headers=await till.bearer())
    [visit] = answer.json()["payments"]
    found: Json = visit
    return found


def code(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["code"])


async def test_the_right_receipt_stands_for_the_visit_and_the_money_stays(till: Till) -> None:
    visit = await paid(till)
    body = correction(visit, 39101)
    for status in (201, 200):
        assert (await post(till, visit["visit_id"], body)).status_code == status
        assert await shown(till) == {**visit, "receipt": document(39101), "lines": [LINE], "corrections": [body]}
    again = await till.pay(ORDER, "key", visit)
    assert (again.status_code, again.headers.get("Idempotent-Replayed")) == (200, "true")


async def test_a_receipt_that_should_not_be_leaves_none_and_cannot_be_corrected_further(till: Till) -> None:
    visit = await paid(till)
    body = correction(visit, None)
    assert (await post(till, visit["visit_id"], body)).status_code == 201
    found = await shown(till)
    assert (found["receipt"], "lines" in found, found["tenders"]) == (None, False, visit["tenders"])
    assert code(await post(till, visit["visit_id"], correction(visit, 39101))) == "counter_receipt_superseded"


async def test_the_right_receipt_may_turn_out_wrong_too(till: Till) -> None:
    visit = await paid(till)
    assert (await post(till, visit["visit_id"], correction(visit, 39101))).status_code == 201
    assert code(await post(till, visit["visit_id"], correction(visit, 39103))) == "counter_receipt_superseded"
    second = correction(visit, 39103, wrong=document(39101))
    assert (await post(till, visit["visit_id"], second)).status_code == 201
    found = await shown(till)
    assert (found["receipt"], len(found["corrections"])) == (document(39103), 2)


async def test_a_correction_of_nothing_known_is_refused(till: Till, shop: Shop) -> None:
    visit = await paid(till)
    body = correction(visit, 39101)
    assert code(await post(till, str(uuid.uuid4()), body)) == "counter_visit_not_found"
    assert code(await post(till, visit["visit_id"], body, "1000000000")) == "v2_order_not_found"
    assert code(await post(till, visit["visit_id"], body, "1106150001")) == "counter_visit_not_found"
    assert (await post(till, visit["visit_id"], body)).status_code == 201
    assert code(await post(till, visit["visit_id"], {**body, "why": "иное"})) == "counter_correction_recorded"
    assert [one["receipt"] for one in shop.payments(ORDER)] == [visit["receipt"]]


@pytest.mark.parametrize(
    "changed",
    [
        {"correction_id": "x"},
        {"corrected_at": "вчера"},
        {"cashier": ""},
        {"wrong": {}},
        {"opposite": None},
        {"receipt": {"fn": "1"}},
        {"lines": [{**LINE, "price": 1.0}]},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_a_wrong_field_is_422_and_changes_nothing(till: Till, changed: Json) -> None:
    visit = await paid(till)
    answer = await post(till, visit["visit_id"], correction(visit, 39101, **changed))
    assert answer.status_code == 422, answer.text
    assert any(name in answer.json()["errors"][0]["message"] for name in changed)
    assert await shown(till) == visit


def test_every_code_of_a_correction_stands_in_the_document() -> None:
    text = bundled("openapi/counter-v1.yaml").read_text(encoding="utf-8")
    for name in ("counter_visit_not_found", "counter_receipt_superseded", "counter_correction_recorded"):
        assert f"code: {name}" in text
