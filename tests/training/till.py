"""A till of few words for the tests of the shop: it speaks the four wires and believes nothing."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from pos_client.training.shop import Shop

Json = dict[str, Any]
ANNA = "48210967"
RICH = "48211331"
NEWCOMER = "48211446"
THIRD_TIME = "48211558"
TWO_CARDS = "48211662"
NO_PHONE = "48211775"
BLOCKED_CARD = "231534554270"
SHARED_PHONE = "79055551144"
NOON = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class SetClock:
    """A base clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


def line(
    number: int, price: float, product: str = "TARIFF-136", status: str = "CheckedOut", quantity: float = 1
) -> Json:
    return {
        "lineId": str(number),
        "lineNumber": number,
        "quantity": quantity,
        "basePricePerItem": price,
        "product": {"ids": {"cdekService": product}},
        "status": {"ids": {"externalId": status}},
    }


def c2c_lines(status: str = "CheckedOut") -> list[Json]:
    """The lines of order 1106153417: 4 990,00."""
    return [
        line(1, 4500.0, "TARIFF-136", status),
        line(2, 300.0, "CARTON_BOX_L_12_KILOS", status),
        line(3, 190.0, "GET_UP_FLOOR_BY_ELEVATOR", status),
    ]


def order_body(
    order_id: str, lines: list[Json], *, code: str = ANNA, points: int = 0, total: float | None = None, **order: object
) -> Json:
    body: Json = {
        "pointOfContact": "MSK548",
        "customer": {"ids": {"cdekId": code}},
        "order": {"ids": {"offlineTransactionId": order_id}, "lines": lines, **order},
    }
    if points:
        body["order"]["bonusPoints"] = [{"amount": points}]
    if total is not None:
        body["order"]["totalPrice"] = total
    return body


def visit_body(**changed: object) -> Json:
    body: Json = {
        "visit_id": str(uuid.uuid4()),
        "paid_at": "2026-11-21T11:59:00+03:00",
        "office": "MSK548",
        "till": "1",
        "cashier": "Иванова М.",
        "tenders": [{"type": "CARD", "sum": 2000.0}, {"type": "CASH", "sum": 990.0}],
        "discount": 0,
        "points_spent": 0,
        "loyalty_order": "MSK548-1106153417",
        "receipt": {
            "fn": "9999078900001341",
            "document_number": 39090,
            "fiscal_sign": 3635260533,
            "shift": 118,
            "date": "2026-11-21T11:58:50+03:00",
            "total": 2990.0,
        },
    }
    return body | changed


def sell_task(**changed: object) -> Json:
    task: Json = {
        "type": "sell",
        "taxationType": "osn",
        "operator": {"name": "Иванова М.", "vatin": "123654789507"},
        "items": [
            {
                "type": "position",
                "name": "Доставка 1106153417",
                "price": 305.0,
                "quantity": 1,
                "amount": 305.0,
                "measurementUnit": "piece",
                "paymentMethod": "fullPayment",
                "paymentObject": "service",
                "tax": {"type": "vat22"},
            },
            {"type": "userAttribute", "name": "saleUuid", "value": "sale-1", "print": False},
        ],
        "payments": [{"type": "cash", "sum": 305.0}],
        "total": 305.0,
    }
    return task | changed


class Till:
    """Calls the shop in-process."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.http = httpx.AsyncClient(transport=shop.transport(), base_url="http://shop", timeout=2.0)
        self._bearer: dict[str, str] = {}

    async def operation(
        self, name: str, body: Json, *, key: str = "", mode: str = "sync", authorization: str | None = None
    ) -> httpx.Response:
        query = {"endpointId": "CDEK.Offline", "operation": name}
        if key:
            query["transactionId"] = key
        secret = f"SecretKey {self.shop.names.secret_key}" if authorization is None else authorization
        headers = {"Authorization": secret} if secret else {}
        return await self.http.post(f"/v3/operations/{mode}", params=query, json=body, headers=headers)

    async def ask(self, name: str, body: Json, *, key: str = "", mode: str = "sync") -> Json:
        """Any operation of processing that is expected to answer 200."""
        return await self._said(self.operation(name, body, key=key, mode=mode))

    async def lookup(self, **customer: object) -> Json:
        return await self._said(self.operation("Offline.GetCustomerInfo", {"customer": customer}))

    async def preorder(self, body: Json) -> Json:
        return await self._said(self.operation("Offline.AuthorizedPreorder", body))

    async def create(self, body: Json, *, key: str = "") -> Json:
        key = key or str(uuid.uuid4())
        return await self._said(self.operation("Offline.CreateAuthorizedOrder", body, key=key))

    async def status(self, order_id: str, status: str, *, key: str = "", mode: str = "async") -> Json:
        body = {"order": {"ids": {"offlineTransactionId": order_id}}, "orderLinesStatus": status}
        key = key or str(uuid.uuid4())
        return await self._said(self.operation("Offline.ChangeStatus", body, key=key, mode=mode))

    async def offline(self, body: Json, *, at: datetime = NOON, key: str = "", mode: str = "async") -> Json:
        body = {**body, "executionDateTimeUtc": at.isoformat().replace("+00:00", "Z")}
        key = key or str(uuid.uuid4())
        return await self._said(self.operation("Offline.SaveOfflineOrder", body, key=key, mode=mode))

    async def bearer(self) -> dict[str, str]:
        if not self._bearer:
            names = self.shop.names
            form = {
                "grant_type": "client_credentials",
                "client_id": names.client_id,
                "client_secret": names.client_secret,
            }
            answer = await self.http.post("/v2/oauth/token", data=form)
            self._bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return self._bearer

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.http.get(path, params=query, headers=await self.bearer())

    async def pay(self, number: str, key: str, body: Json | bytes) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {**await self.bearer(), "Idempotency-Key": key}
        return await self.http.post(f"/counter/v1/orders/{number}/payments", content=content, headers=headers)

    async def submit(self, *tasks: Json, job: str = "") -> httpx.Response:
        return await self.http.post("/api/v2/requests", json={"uuid": job or str(uuid.uuid4()), "request": list(tasks)})

    async def perform(self, task: Json) -> Json:
        """Submit a task and take its result."""
        job = str(uuid.uuid4())
        answer = await self.submit(task, job=job)
        assert answer.status_code == 201, answer.text
        results = (await self.http.get(f"/api/v2/requests/{job}")).json()["results"]
        found: Json = results[0]
        return found

    async def _said(self, answer: Any) -> Json:  # noqa: ANN401 - a coroutine of any of the calls above
        response = await answer
        assert response.status_code == 200, response.text
        found: Json = response.json()
        return found
