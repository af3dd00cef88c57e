import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from pos_client.training.faults import KINDS, Fault, FaultTable
from pos_client.training.server import ShopServer, running
from pos_client.training.shop import Shop
from tests.training.till import ANNA, Json, SetClock, Till, c2c_lines, line, order_body, sell_task, visit_body

LOOKUP = {"endpointId": "CDEK.Offline", "operation": "Offline.GetCustomerInfo"}


@pytest.fixture
def server(shop: Shop) -> Iterator[ShopServer]:
    with running(shop) as server:
        yield server


def ask(server: ShopServer, timeout: float = 5.0) -> httpx.Response:
    body = {"customer": {"ids": {"cdekId": ANNA}}}
    headers = {"Authorization": f"SecretKey {server.shop.names.secret_key}"}
    return httpx.post(f"{server.url}/v3/operations/sync", params=LOOKUP, json=body, headers=headers, timeout=timeout)


def create(server: ShopServer, timeout: float = 5.0) -> httpx.Response:
    query = LOOKUP | {"operation": "Offline.CreateAuthorizedOrder", "transactionId": str(uuid.UUID(int=7))}
    headers = {"Authorization": f"SecretKey {server.shop.names.secret_key}"}
    body = order_body("A-1", c2c_lines(), points=490, total=4500.0)
    return httpx.post(f"{server.url}/v3/operations/sync", params=query, json=body, headers=headers, timeout=timeout)


@pytest.mark.parametrize("kind", ["refuse", "drop"])
def test_a_cut_connection_on_a_socket_executes_nothing(server: ShopServer, kind: str) -> None:
    server.shop.faults.set(Fault("processing", kind))
    with pytest.raises(httpx.TransportError):
        create(server)
    assert server.shop.balance(ANNA).available == 620
    assert create(server).json()["order"]["processingStatus"] == "Created"


def test_a_lost_answer_on_a_socket_was_executed(server: ShopServer) -> None:
    server.shop.faults.set(Fault("processing", "lose-answer"))
    with pytest.raises(httpx.TransportError):
        create(server)
    assert server.shop.balance(ANNA).available == 130
    assert create(server).json() == {"status": "TransactionAlreadyProcessed"}


def test_a_hanging_call_ends_by_the_timeout_of_the_client(server: ShopServer) -> None:
    server.shop.faults.set(Fault("processing", "hang"))
    with pytest.raises(httpx.ReadTimeout):
        ask(server, timeout=0.2)
    assert ask(server).status_code == 200


def test_a_server_with_a_hanging_call_stops_at_once(shop: Shop) -> None:
    shop.faults.set(Fault("processing", "hang", times=None))
    outcomes: list[Exception] = []

    def hang(at: ShopServer) -> None:
        try:
            ask(at, timeout=60)
        except httpx.TransportError as error:
            outcomes.append(error)

    with running(shop) as own:
        client = threading.Thread(target=hang, args=(own,))
        client.start()
        assert shop.faults.wait_for_hanging(1, seconds=10)
    client.join(10)
    assert [type(one) for one in outcomes] in ([httpx.RemoteProtocolError], [httpx.ReadError])
    with pytest.raises(httpx.ConnectError):
        ask(own)


def test_two_servers_serve_two_shops(server: ShopServer, clock: SetClock) -> None:
    other = Shop(clock=clock)
    with running(other) as second:
        assert server.port != second.port
        create(second)
        assert other.balance(ANNA).available == 130
        assert server.shop.balance(ANNA).available == 620
    other.close()


@pytest.mark.parametrize(("kind", "error"), [("refuse", httpx.ConnectError), ("drop", httpx.RemoteProtocolError)])
async def test_in_process_a_cut_connection_is_a_transport_error_too(
    till: Till, shop: Shop, kind: str, error: type[Exception]
) -> None:
    shop.faults.set(Fault("processing", kind))
    with pytest.raises(error):
        await till.lookup(ids={"cdekId": ANNA})
    assert (await till.lookup(ids={"cdekId": ANNA}))["status"] == "Success"


@pytest.mark.parametrize(
    ("kind", "status", "empty"),
    [
        ("http-500", 500, False),
        ("http-502-empty", 502, True),
        ("http-503", 503, False),
        ("http-429", 429, False),
        ("unauthorized-401", 401, False),
        ("forbidden-403", 403, False),
        ("protocol-400", 400, False),
    ],
)
async def test_error_statuses_execute_nothing_at_any_service(
    till: Till, shop: Shop, kind: str, status: int, *, empty: bool
) -> None:
    await till.bearer()
    for service in ("processing", "orders", "counter", "register"):
        shop.faults.set(Fault(service, kind))
    body = order_body("A-1", c2c_lines(), points=490, total=4500.0)
    answers = [
        await till.operation("Offline.CreateAuthorizedOrder", body),
        await till.get("/v2/orders", cdek_number="1106153417"),
        await till.pay("1106153417", "key-1", visit_body()),
        await till.submit(sell_task()),
    ]
    assert [one.status_code for one in answers] == [status] * 4
    assert [not one.content for one in answers] == [empty] * 4
    assert ("Retry-After" in answers[0].headers) == (status == 429)
    assert shop.balance(ANNA).available == 620
    assert shop.payments("1106153417") == []
    assert shop.fiscal_documents() == []


async def test_a_refusal_on_demand_has_the_form_of_its_service(till: Till, shop: Shop) -> None:
    await till.bearer()
    for service in ("processing", "orders", "counter", "register"):
        shop.faults.set(Fault(service, "refused"))
    assert (await till.lookup(ids={"cdekId": ANNA}))["status"] == "ValidationError"
    assert (await till.get("/v2/orders", cdek_number="1")).json()["errors"][0]["code"] == "training_refused"
    assert (await till.pay("1106153417", "key-1", visit_body())).status_code == 422
    assert (await till.submit(sell_task())).json()["error"]["code"] == 12


async def test_malformed_json_was_executed(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "malformed-json"))
    body = order_body("A-1", c2c_lines(), points=490, total=4500.0)
    answer = await till.operation("Offline.CreateAuthorizedOrder", body)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert shop.balance(ANNA).available == 130


async def test_scalars_can_come_as_strings(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "strings"))
    found = await till.lookup(ids={"cdekId": ANNA})
    assert found["balances"][0]["available"] == "620"
    assert found["customer"]["isMobilePhoneConfirmed"] == "true"
    assert {type(one) for one in _scalars(found)} == {str}


async def test_identifiers_can_come_as_numbers(till: Till, shop: Shop) -> None:
    await till.bearer()
    shop.faults.set(Fault("processing", "numeric-ids"))
    assert (await till.lookup(ids={"cdekId": ANNA}))["customer"]["ids"]["cdekId"] == 48210967
    shop.faults.set(Fault("orders", "numeric-ids"))
    entity = (await till.get("/v2/orders", cdek_number="1106153417")).json()["entity"]
    assert entity["cdek_number"] == 1106153417


async def test_extra_fields_leave_the_known_ones_as_they_were(till: Till, shop: Shop) -> None:
    plain = await till.lookup(ids={"cdekId": ANNA})
    shop.faults.set(Fault("processing", "extra-fields"))
    extended = await till.lookup(ids={"cdekId": ANNA})
    assert "newFieldOfTomorrow" in extended["customer"]
    assert _without(extended, "newFieldOfTomorrow") == plain


async def test_slow_answers_come_late_but_come(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "slow", seconds=0.01))
    assert (await till.lookup(ids={"cdekId": ANNA}))["status"] == "Success"
    shop.faults.set(Fault("processing", "slow", seconds=0.01, after=True))
    assert (await till.lookup(ids={"cdekId": ANNA}))["status"] == "Success"


async def test_a_slow_create_lands_after_the_cancel_that_gave_it_up(till: Till, shop: Shop) -> None:
    shop.processing.remember_cancelled = False
    shop.faults.set(Fault("processing", "slow", "Offline.CreateAuthorizedOrder", seconds=0.3))
    till.http.timeout = 0.05
    with pytest.raises(httpx.ReadTimeout):
        await till.create(order_body("A-1", c2c_lines(), points=490, total=4500.0))
    cancel = {"order": {"ids": {"offlineTransactionId": "A-1"}}, "orderLinesStatus": "Cancelled"}
    assert (await till.operation("Offline.ChangeStatus", cancel)).status_code == 400
    await shop.settled()
    assert shop.balance(ANNA).available == 130
    assert (await till.operation("Offline.ChangeStatus", cancel)).status_code == 200
    assert shop.balance(ANNA).available == 620


async def test_a_slow_call_that_is_released_is_never_executed(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "slow", seconds=3600))
    till.http.timeout = 0.05
    with pytest.raises(httpx.ReadTimeout):
        await till.create(order_body("A-1", c2c_lines(), points=490, total=4500.0))
    shop.faults.release()
    await shop.settled()
    assert shop.balance(ANNA).available == 620


async def test_price_changed_waits_for_a_create(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "price-changed"))
    body = order_body("A-1", c2c_lines(), points=490, total=4500.0)
    assert (await till.preorder(body))["order"]["processingStatus"] == "Calculated"
    assert (await till.create(body))["order"]["processingStatus"] == "PriceHasBeenChanged"
    assert (await till.create(body))["order"]["processingStatus"] == "Created"


async def test_points_and_ambiguity_on_demand(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "ambiguous"))
    shop.faults.set(Fault("processing", "points-unavailable"))
    assert (await till.lookup(ids={"cdekId": ANNA}))["customer"]["processingStatus"] == "Ambiguous"
    order = (await till.preorder(order_body("A-1", c2c_lines(), points=490)))["order"]
    assert order["bonusPointsInfo"][0]["status"] == "Unavailable"
    assert order["totalPrice"] == 4990.0


def test_a_fault_hits_the_next_n_calls_after_those_it_skips() -> None:
    table = FaultTable()
    table.set(Fault("orders", "http-503", "check", times=2, skip=1))
    hits = [table.take("orders", "check", "read") is not None for _ in range(5)]
    assert hits == [False, True, True, False, False]
    assert table.take("orders", "order", "read") is None


def test_a_lasting_fault_is_lifted_by_its_number() -> None:
    table = FaultTable()
    first = table.set(Fault("orders", "http-503", times=None))
    second = table.set(Fault("counter", "drop", times=None))
    table.lift(first.id)
    assert table.active() == [second]
    table.lift()
    assert table.active() == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("orders", "price-changed"),
        Fault("bank", "hang"),
        Fault("orders", "explode"),
        Fault("orders", "http-503", after=True),
        Fault("orders", "hang", times=0),
    ],
)
def test_an_impossible_fault_is_not_set(fault: Fault) -> None:
    with pytest.raises(ValueError, match=r"fault|after|times"):
        FaultTable().set(fault)


async def test_the_admin_path_sets_and_lifts_faults(till: Till, shop: Shop) -> None:
    wanted = {"service": "processing", "kind": "http-503", "operation": "*", "times": None}
    created = await till.http.post("/_shop/faults", json=wanted)
    assert created.status_code == 201
    assert (await till.operation("Offline.GetCustomerInfo", {})).status_code == 503
    assert (await till.http.get("/_shop/faults")).json()["faults"] == [created.json()]
    await till.http.delete("/_shop/faults", params={"id": created.json()["id"]})
    assert shop.faults.active() == []
    assert (await till.http.post("/_shop/faults", json={"service": "x", "kind": "y"})).status_code == 422


async def test_the_page_can_name_every_kind(till: Till) -> None:
    kinds = (await till.http.get("/_shop/kinds")).json()["kinds"]
    assert {one["kind"] for one in kinds} == set(KINDS)
    assert "Учебный магазин" in (await till.http.get("/")).text


def _scalars(value: Any) -> list[object]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return [found for one in value.values() for found in _scalars(one)]
    if isinstance(value, list):
        return [found for one in value for found in _scalars(one)]
    return [value]


def _without(value: Any, name: str) -> Json | Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: _without(one, name) for key, one in value.items() if key != name}
    return [_without(one, name) for one in value] if isinstance(value, list) else value


async def test_a_call_executed_twice_answers_as_the_first_or_as_the_second_time(till: Till, shop: Shop) -> None:
    body = order_body("A-1", c2c_lines(), points=490, total=4500.0)
    shop.faults.set(Fault("processing", "duplicate"))
    assert (await till.create(body))["order"]["processingStatus"] == "Created"
    assert shop.balance(ANNA).available == 130
    shop.faults.set(Fault("processing", "duplicate", after=True))
    assert await till.create(body) == {"status": "TransactionAlreadyProcessed"}
    assert shop.balance(ANNA).available == 130


async def test_a_rate_hits_that_share_of_the_calls_and_the_same_calls_again(till: Till, shop: Shop) -> None:
    hits = []
    for _ in range(2):
        shop.faults.set(Fault("processing", "http-503", times=None, rate=0.2, seed=7))
        answers = [
            await till.operation("Offline.GetCustomerInfo", {"customer": {"email": "x@y.z"}}) for _ in range(200)
        ]
        hits.append([at for at, one in enumerate(answers) if one.status_code == 503])
        shop.faults.lift()
    assert hits[0] == hits[1]
    assert 20 < len(hits[0]) < 60


def test_a_rate_must_be_a_share() -> None:
    for rate in (0.0, -0.5, 1.5):
        with pytest.raises(ValueError, match="rate"):
            FaultTable().set(Fault("processing", "hang", rate=rate))


async def test_a_fault_with_a_rate_is_set_over_the_admin_path(till: Till, shop: Shop) -> None:
    wanted = {"service": "processing", "kind": "lose-answer", "times": None, "rate": 0.05, "seed": 3}
    assert (await till.http.post("/_shop/faults", json=wanted)).status_code == 201
    [fault] = shop.faults.active()
    assert (fault.rate, fault.seed, fault.times) == (0.05, 3, None)


async def test_split_lines_come_back_with_numbers_of_their_own_and_the_same_sum(till: Till, shop: Shop) -> None:
    lines = [line(1, 350.0), line(2, 499.45, "GOODS-CP-03", quantity=3), line(3, 100.01, "WRAP", quantity=2)]
    body = order_body("A-1", lines, points=151)
    whole = (await till.preorder(body))["order"]
    shop.faults.set(Fault("processing", "split-lines", times=None))
    order = (await till.preorder(body))["order"]
    assert [one["lineId"] for one in order["lines"]] == ["1", "2", "2", "3", "3"]
    assert [one["lineNumber"] for one in order["lines"]] == [1, 2, 3, 4, 5]
    assert [one["quantity"] for one in order["lines"]] == [1, 1, 2, 1, 1]
    assert round(sum(one["discountedPriceOfLine"] for one in order["lines"]), 2) == whole["totalPrice"]
    spent = [
        one["amount"] for at in order["lines"] for one in at["appliedPromotions"] if one["type"] == "spentBonusPoints"
    ]
    assert sum(spent) == 151
    body["order"]["totalPrice"] = whole["totalPrice"]
    refused = await till.operation("Offline.CreateAuthorizedOrder", body)
    assert refused.status_code == 400
    assert "Splitting of lines" in refused.json()["errorMessage"]
    apart = [one | {"lineId": str(one["lineNumber"])} for one in order["lines"]]
    body["order"]["lines"] = apart
    again = (await till.preorder(body))["order"]
    assert (len(again["lines"]), again["totalPrice"]) == (5, whole["totalPrice"])
    assert (await till.create(body))["order"]["processingStatus"] == "Created"
