"""The order service's side of refunds: what it takes, what it refuses, what its document promises."""

import json
import uuid

import httpx
import pytest

from pos_client.bundled import bundled
from pos_client.training.shop import Shop
from tests.training.till import Json, Till, visit_body

ORDER = "1106150001"
"""560,00: 300 in cash and 260 by SBP, long ago."""
UNPAID = "1106153417"


def claim_body(shop: Shop, order: str = ORDER, **changed: object) -> Json:
    visits = shop.payments(order)
    return {
        "refund_id": str(uuid.uuid4()),
        "claimed_at": "2026-11-21T12:00:00+03:00",
        "office": "MSK548",
        "till": "1",
        "cashier": "Иванова М.",
        "visits": [one["visit_id"] for one in visits],
        "tenders": [tender for one in visits for tender in one["tenders"]],
        "points_returned": 0,
        **changed,
    }


def receipt_body(refund_id: str, total: float = 560.0) -> Json:
    receipt = {
        "fn": "9999078900001341",
        "document_number": 39100,
        "fiscal_sign": 1234567890,
        "shift": 118,
        "date": "2026-11-21T12:00:00+03:00",
        "total": total,
    }
    return {"refund_id": refund_id, "returned_at": "2026-11-21T12:00:00+03:00", "receipt": receipt}


async def post(till: Till, path: str, body: Json | bytes, key: str = "") -> httpx.Response:
    headers = {**await till.bearer(), "Idempotency-Key": key}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await till.http.post(f"/counter/v1/orders/{path}", content=content, headers=headers)


async def claim(till: Till, body: Json | bytes, order: str = ORDER, key: str | None = None) -> httpx.Response:
    return await post(till, f"{order}/refunds", body, f"refund:{order}" if key is None else key)


def code(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["code"])


async def test_a_claimed_order_takes_no_money_and_shows_its_refund(till: Till, shop: Shop) -> None:
    body = claim_body(shop)
    answer = await claim(till, body)
    assert (answer.status_code, answer.json()["state"], answer.json()["amount"]) == (201, "CLAIMED", 560.0)
    assert code(await till.pay(ORDER, "key-1", visit_body())) == "counter_order_refunded"
    state = (await till.get(f"/counter/v1/orders/{ORDER}/payments")).json()
    assert (state["refund"], state["paid"]) == (answer.json(), 560.0)


async def test_a_finished_refund_shows_among_the_receipts_of_the_order(till: Till, shop: Shop) -> None:
    body = claim_body(shop)
    await claim(till, body)
    path = f"{ORDER}/refunds/{body['refund_id']}/receipt"
    statuses = [(await post(till, path, receipt_body(body["refund_id"]))).status_code for _ in range(2)]
    assert statuses == [201, 200]
    for query in ({"cdek_number": ORDER}, {"date": "2026-11-21"}):
        checks = (await till.get("/v2/check", **query)).json()["check_info"]
        back = [one for one in checks if one["type"] == "CASH_RECEIPT_REFUND"]
        assert [(one["document_number"], sum(part["sum"] for part in one["payment_info"])) for one in back] == [
            ("39100", 560.0)
        ]


async def test_a_refund_needs_its_own_key_its_order_and_json(till: Till, shop: Shop) -> None:
    body = claim_body(shop)
    assert code(await claim(till, body, key="refund:1106153417")) == "counter_key_required"
    assert code(await claim(till, body, order="1000000000")) == "v2_order_not_found"
    assert code(await claim(till, b"[")) == "v2_bad_request"
    assert code(await claim(till, b"[]")) == "v2_bad_request"
    assert code(await claim(till, claim_body(shop, UNPAID), order=UNPAID)) == "counter_nothing_to_refund"
    assert shop.refund(ORDER) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"refund_id": "x"},
        {"claimed_at": "2026-11-23T12:00:00+03:00"},
        {"office": ""},
        {"till": None},
        {"tenders": [{"type": "POINTS", "sum": 560.0}]},
        {"tenders": "CASH"},
        {"points_returned": -1},
    ],
)
async def test_a_wrong_field_is_422_and_claims_nothing(till: Till, shop: Shop, changed: Json) -> None:
    answer = await claim(till, claim_body(shop, **changed))
    assert (answer.status_code, code(answer)) == (422, "v2_invalid_format")
    assert shop.refund(ORDER) is None


@pytest.mark.parametrize(
    "changed", [{"visits": []}, {"visits": "all"}, {"tenders": [{"type": "CASH", "sum": 559.99}]}, {"tenders": []}]
)
async def test_less_than_everything_is_not_claimed(till: Till, shop: Shop, changed: Json) -> None:
    assert code(await claim(till, claim_body(shop, **changed))) == "counter_refund_changed"
    assert shop.refund(ORDER) is None


async def test_a_receipt_of_another_sum_or_of_nobodys_refund_is_refused(till: Till, shop: Shop) -> None:
    body = claim_body(shop)
    await claim(till, body)
    path = f"{ORDER}/refunds/{body['refund_id']}/receipt"
    assert (await post(till, path, receipt_body(body["refund_id"], 559.0))).status_code == 422
    stranger = str(uuid.uuid4())
    answer = await post(till, f"{ORDER}/refunds/{stranger}/receipt", receipt_body(stranger))
    assert code(answer) == "counter_refund_not_found"
    await post(till, f"{ORDER}/refunds/{body['refund_id']}/release", b"")
    assert code(await post(till, path, receipt_body(body["refund_id"]))) == "counter_refund_released"


async def test_lines_that_miss_the_receipts_total_are_refused(till: Till, shop: Shop) -> None:
    line = {"name": "Доставка", "price": 2990.0, "quantity": 1, "settlement": "FULL", "subject": "SERVICE", "vat": "22"}
    body = visit_body()
    total = body["receipt"]["total"]
    assert (await till.pay(UNPAID, "k", {**body, "lines": [{**line, "price": total + 0.01}]})).status_code == 422
    assert (await till.pay(UNPAID, "k", {**body, "lines": [{**line, "settlement": "X"}]})).status_code == 422
    assert shop.payments(UNPAID) == []
    assert (await till.pay(UNPAID, "k", {**body, "lines": [{**line, "price": total}]})).status_code == 201


def test_every_code_of_a_refund_stands_in_the_document() -> None:
    document = bundled("openapi/counter-v1.yaml").read_text(encoding="utf-8")
    for name in (
        "counter_order_refunded",
        "counter_refund_known",
        "counter_refund_changed",
        "counter_nothing_to_refund",
        "counter_refund_released",
        "counter_refund_not_found",
        "counter_refund_recorded",
        "counter_refund_done",
        "counter_receipt_not_found",
    ):
        assert f"code: {name}" in document
