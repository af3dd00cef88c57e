import json
from copy import deepcopy
from dataclasses import astuple, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from pos_client.adapters.order_reading import UnreadableOrderError, disagreement, order_in
from pos_client.adapters.orders import CdekOrders, OrdersSettings
from pos_client.adapters.transport import Transport
from pos_client.adapters.troubles import DeniedError
from pos_client.domain.money import Money
from pos_client.domain.order import LineKind, Obstacle, Order, OrderState, Payer, TenderKind, Vat
from pos_client.domain.terms import Settlement
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, Service, UnavailableError
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.adapters.conftest import SetClock

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("number", "total", "due", "obstacle"),
    [
        ("1106153417", 499000, 499000, None),
        ("1105660806", 384790, 384790, None),
        ("1100285492", 69000, 0, Obstacle.NOTHING_DUE),
        ("1106321645", 400000, 200000, None),
        ("1000014101", 735000, 735000, None),
        ("10000063729", 42000, 42000, Obstacle.OTHER_OFFICE),
        ("1106150001", 56000, 0, Obstacle.DELIVERED),
        ("1106150018", 18645000, 18645000, None),
        ("1106150025", 149970, 149970, None),
        ("1106150032", 41160, 41160, None),
        ("1106150049", 0, 0, Obstacle.NOTHING_DUE),
        ("1106150056", 74000, 74000, Obstacle.ON_THE_WAY),
    ],
)
async def test_every_training_order_reads_with_its_sums(
    orders: CdekOrders, number: str, total: int, due: int, obstacle: Obstacle | None
) -> None:
    order = await orders.load(number)
    assert (order.number, order.total, order.due) == (number, Money(total), Money(due))
    assert order.obstacle("MSK548") is obstacle


async def test_a_delivery_between_people_has_the_tariff_and_its_services_with_vat_inside(orders: CdekOrders) -> None:
    order = await orders.load("1106153417")
    assert [(line.kind, line.price, line.vat) for line in order.lines] == [
        (LineKind.DELIVERY, Money(450000), Vat.VAT22),
        (LineKind.SERVICE, Money(30000), Vat.VAT22),
        (LineKind.SERVICE, Money(19000), Vat.VAT22),
    ]
    assert (order.payer, order.state, order.tariff) == (Payer.SENDER, OrderState.ACCEPTED, "136")
    assert (order.origin_office, order.destination_office, order.weight_grams) == ("MSK548", "NSK1", 3400)


async def test_a_shops_order_has_its_goods_with_their_seller_and_the_recipients_fee(orders: CdekOrders) -> None:
    order = await orders.load("1105660806")
    fee, kettle, mugs = order.lines
    assert (fee.kind, fee.price) == (LineKind.DELIVERY, Money(35000))
    assert (kettle.kind, kettle.code, mugs.quantity, mugs.total) == (LineKind.GOODS, "KT-17", 2, Money(99890))
    assert kettle.seller is not None
    assert (kettle.seller.inn, fee.seller) == ("7707083893", None)
    assert (await orders.load("1106150025")).lines[0].vat is Vat.VAT0
    assert order.payer is Payer.RECIPIENT


async def test_earlier_visits_come_with_their_money(orders: CdekOrders) -> None:
    (visit,) = (await orders.load("1106321645")).visits
    assert (visit.office, visit.paid, visit.tenders[0].kind, visit.document) == (
        "NSK1",
        Money(200000),
        TenderKind.CARD,
        "4118",
    )


async def test_only_an_order_that_leaves_the_country_is_international(orders: CdekOrders) -> None:
    assert (await orders.load("1000014101")).international
    assert not (await orders.load("1106153417")).international


@pytest.mark.parametrize("number", ["", "12", "110615341A", "1106153417 OR 1=1", "1" * 10_000])
async def test_what_is_no_order_number_never_leaves_the_till(orders: CdekOrders, shop: Shop, number: str) -> None:
    with pytest.raises(RefusedError) as caught:
        await orders.load(number)
    assert len(caught.value.trouble.what) < 60
    assert all(astuple(caught.value.trouble))
    assert not shop.calls()


async def test_an_order_that_does_not_exist_is_refused_in_plain_words(orders: CdekOrders) -> None:
    with pytest.raises(RefusedError) as caught:
        await orders.load("1999999999")
    assert caught.value.trouble.what == "Заказ 1999999999 не найден."
    assert caught.value.trouble.say


@pytest.mark.parametrize("kind", ["strings", "numeric-ids", "extra-fields"])
async def test_orders_in_other_types_read_the_same(orders: CdekOrders, shop: Shop, kind: str) -> None:
    usual = [await orders.load(number) for number in ("1105660806", "1106321645")]
    shop.faults.set(Fault("orders", kind, times=None))
    shop.faults.set(Fault("counter", kind, times=None))
    assert [await orders.load(number) for number in ("1105660806", "1106321645")] == usual


@pytest.mark.parametrize("service", ["orders", "counter"])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", UnavailableError),
        ("hang", UnavailableError),
        ("drop", UnavailableError),
        ("malformed-json", UnavailableError),
        ("http-500", UnavailableError),
        ("http-502-empty", UnavailableError),
        ("http-503", UnavailableError),
        ("http-429", UnavailableError),
        ("forbidden-403", DeniedError),
        ("protocol-400", RefusedError),
        ("refused", RefusedError),
    ],
)
async def test_each_fault_of_loading_is_one_error(
    orders: CdekOrders, shop: Shop, service: str, kind: str, error: type[PosError]
) -> None:
    await orders.load("1106153417")
    shop.faults.set(Fault(service, kind))
    with pytest.raises(PosError) as caught:
        await orders.load("1106153417")
    assert type(caught.value) is error
    assert all(astuple(caught.value.trouble))


# -------------------------------------------------------------------------------------------------------- the token


async def test_one_token_serves_many_calls_and_is_renewed_before_it_dies(shop: Shop) -> None:
    seconds = 0.0
    settings = OrdersSettings(client_id=shop.names.client_id, client_secret=shop.names.client_secret)
    async with Transport(Service.ORDERS, "http://shop", inner=shop.transport()) as transport:
        orders = CdekOrders(transport, settings, monotonic=lambda: seconds)
        await orders.load("1106153417")
        await orders.load("1105660806")
        assert len(shop.calls("orders", "token")) == 1
        seconds = 3541.0
        await orders.load("1106153417")
        assert len(shop.calls("orders", "token")) == 2


async def test_a_token_that_died_early_is_renewed_once_and_the_call_succeeds(
    orders: CdekOrders, shop: Shop, clock: SetClock
) -> None:
    await orders.load("1106153417")
    clock.advance(timedelta(hours=2))
    assert (await orders.load("1106153417")).number == "1106153417"
    assert len(shop.calls("orders", "token")) == 2


async def test_a_door_that_stays_closed_is_denied_and_not_hammered(orders: CdekOrders, shop: Shop) -> None:
    shop.faults.set(Fault("orders", "unauthorized-401", operation="order", times=None))
    with pytest.raises(DeniedError):
        await orders.load("1106153417")
    assert len(shop.calls("orders", "order")) == 2


async def test_wrong_keys_are_denied(shop: Shop) -> None:
    settings = OrdersSettings(client_id="nobody", client_secret="nothing")  # noqa: S106 - the point is that it is wrong
    async with Transport(Service.ORDERS, "http://shop", inner=shop.transport()) as transport:
        with pytest.raises(DeniedError) as caught:
            await CdekOrders(transport, settings).load("1106153417")
    assert "nothing" not in str(caught.value)


# ---------------------------------------------------------------------------------------------------- sums and forms

ENTITY: Json = {
    "uuid": "u",
    "cdek_number": "1106153417",
    "type": 2,
    "tariff_code": 136,
    "services": [],
    "packages": [],
    "statuses": [],
    "delivery_detail": {"delivery_sum": 345.0, "delivery_vat_sum": 17.25, "delivery_vat_rate": 5},
}
COUNTER: Json = {"total": 362.25, "discount": 0, "paid": 0, "due": 362.25, "payments": [], "loyalty_order": None}


def test_the_price_of_delivery_includes_its_vat() -> None:
    order = order_in(ENTITY, COUNTER)
    assert (order.total, order.lines[0].vat) == (Money(36225), Vat.VAT5)
    assert not disagreement(order, COUNTER)


@pytest.mark.parametrize("name", ["total", "discount", "paid", "due"])
def test_any_sum_that_differs_by_a_kopeck_is_noticed(name: str) -> None:
    order = order_in(ENTITY, COUNTER)
    assert disagreement(order, {**COUNTER, name: COUNTER[name] + 0.01}).startswith(name)
    assert disagreement(order, {key: value for key, value in COUNTER.items() if key != name}).startswith(name)


async def test_sums_that_do_not_agree_block_the_payment(shop: Shop) -> None:
    async def wrong(request: httpx.Request) -> httpx.Response:
        response = await shop_transport.handle_async_request(request)
        if not request.url.path.startswith("/counter"):
            return response
        body = json.loads(await response.aread())
        return httpx.Response(200, json={**body, "due": body["due"] + 1})

    shop_transport = shop.transport()
    settings = OrdersSettings(client_id=shop.names.client_id, client_secret=shop.names.client_secret)
    async with Transport(Service.ORDERS, "http://shop", inner=httpx.MockTransport(wrong)) as transport:
        with pytest.raises(RefusedError) as caught:
            await CdekOrders(transport, settings).load("1106153417")
    assert caught.value.trouble.what == "Суммы заказа не сходятся, принимать оплату нельзя."


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ([("DELIVERED", "2026-01-02T10:00:00+0300"), ("ACCEPTED", "2026-01-01T10:00:00+0300")], OrderState.DELIVERED),
        ([("ACCEPTED", "2026-01-01T10:00:00Z"), ("TAKEN_BY_COURIER", "2026-01-02T10:00:00Z")], OrderState.ON_THE_WAY),
        ([("ACCEPTED_AT_PICK_UP_POINT", "2026-01-02T10:00:00.123456Z")], OrderState.WAITING),
        ([("NOT_DELIVERED", "2026-01-02T10:00:00Z")], OrderState.NOT_DELIVERED),
        ([], OrderState.ACCEPTED),
    ],
)
def test_the_latest_status_counts_in_whatever_order_they_come(
    statuses: list[tuple[str, str]], state: OrderState
) -> None:
    listed = [{"code": code, "date_time": at} for code, at in statuses]
    assert order_in({**ENTITY, "statuses": listed}, COUNTER).state is state
    deleted = [*listed, {"code": "INVALID", "date_time": "2027-01-01T00:00:00Z", "deleted": True}]
    assert order_in({**ENTITY, "statuses": deleted}, COUNTER).state is state


@pytest.mark.parametrize(
    ("told", "sign"),
    [
        (["FULL"], Settlement.FULL),
        (["PREPAYMENT", "PREPAYMENT"], Settlement.PREPAYMENT),
        (["PREPAYMENT", "PARTIAL_CREDIT"], Settlement.PARTIAL_CREDIT),
        (["CREDIT", "FULL"], Settlement.FULL),
        (["SOMETHING NEW"], None),
        ([], None),
    ],
)
def test_the_lines_of_a_visit_tell_the_sign_of_its_receipt(told: list[str], sign: Settlement | None) -> None:
    lines = [{"name": "Доставка", "price": 1, "quantity": 1, "settlement": one} for one in told]
    visit = {"visit_id": "v1", "paid_at": "2026-11-20T10:00:00Z", "tenders": [], "lines": lines}
    (read,) = order_in(ENTITY, {**COUNTER, "payments": [visit]}).visits
    assert (read.settlement, read.settled) == (sign, sign is Settlement.FULL)
    assert read.receipt_lines == (len(told) or None)


def test_the_recipients_fee_follows_the_threshold_that_the_goods_do_not_exceed() -> None:
    item = {"name": "Чай", "ware_key": "T", "amount": 1, "payment": {"value": 4000}, "seller": {"inn": "7707083893"}}
    shop_order = {
        **ENTITY,
        "type": 1,
        "packages": [{"items": [item]}],
        "delivery_recipient_cost": {"value": 999},
        "delivery_recipient_cost_adv": [{"threshold": 10000, "sum": 0}, {"threshold": 5000, "sum": 500}],
    }
    assert order_in(shop_order, COUNTER).lines[0].price == Money(50000)
    dear = deepcopy(shop_order)
    dear["packages"][0]["items"][0]["payment"]["value"] = 7000
    assert [line.kind for line in order_in(dear, COUNTER).lines] == [LineKind.GOODS]


@pytest.mark.parametrize(
    "item",
    [
        {"name": "Чай", "amount": 1, "payment": {"value": 10}},
        {"name": "Чай", "amount": 0, "payment": {"value": 10}, "seller": {"inn": "1"}},
        {"name": "Чай", "amount": 1.5, "payment": {"value": 10}, "seller": {"inn": "1"}},
        {"name": "Чай", "amount": 1, "payment": {"value": 10, "vat_rate": 18}, "seller": {"inn": "1"}},
    ],
)
def test_goods_that_no_lawful_receipt_could_list_are_not_sold(item: Json) -> None:
    with pytest.raises(UnreadableOrderError):
        order_in({**ENTITY, "type": 1, "packages": [{"items": [item]}]}, COUNTER)


# ------------------------------------------------------------------------------------------------- telling a payment


def payment(order: Order, visit_id: str = "6f2f5f0a-0000-4000-8000-000000000001", rubles: float = 1000.0) -> Json:
    return {
        "visit_id": visit_id,
        "paid_at": "2026-11-21T08:59:00+00:00",
        "office": "MSK548",
        "till": "1",
        "cashier": "Иванова М.",
        "tenders": [{"type": "CASH", "sum": rubles}],
        "discount": 0.0,
        "points_spent": 0,
        "receipt": {
            "fn": "9999078900001341",
            "document_number": 39091,
            "fiscal_sign": 3635260533,
            "shift": 118,
            "date": "2026-11-21T11:59:00+03:00",
            "total": order.due.kopecks / 100,
        },
    }


async def test_a_payment_told_twice_is_recorded_once(orders: CdekOrders, shop: Shop) -> None:
    body = payment(await orders.load("1106153417"))
    for _ in range(2):
        assert await orders.report_payment("1106153417", "payment:1", body) == body["visit_id"]
    assert len(shop.payments("1106153417")) == 1
    assert (await orders.load("1106153417")).due == Money(399000)


async def test_a_payment_whose_answer_was_lost_is_found_when_the_order_says_finished(
    orders: CdekOrders, shop: Shop
) -> None:
    order = await orders.load("1106153417")
    body = payment(order, rubles=4990.0)
    await orders.report_payment("1106153417", "payment:1", body)
    assert await orders.report_payment("1106153417", "another key", body) == body["visit_id"]
    assert len(shop.payments("1106153417")) == 1


async def test_a_payment_for_an_order_that_others_paid_is_refused_in_the_servers_words(
    orders: CdekOrders,
) -> None:
    order = await orders.load("1106153417")
    await orders.report_payment("1106153417", "payment:1", payment(order, rubles=4990.0))
    other = payment(order, "6f2f5f0a-0000-4000-8000-000000000002")
    with pytest.raises(RefusedError) as caught:
        await orders.report_payment("1106153417", "payment:2", other)
    assert caught.value.trouble.what == "Заказ уже оплачен полностью"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", OutcomeUnknownError),
        ("hang", OutcomeUnknownError),
        ("lose-answer", OutcomeUnknownError),
        ("http-500", OutcomeUnknownError),
        ("http-503", OutcomeUnknownError),
        ("forbidden-403", DeniedError),
        ("refused", RefusedError),
        ("protocol-400", RefusedError),
    ],
)
async def test_each_fault_of_telling_a_payment_is_one_error(
    orders: CdekOrders, shop: Shop, kind: str, error: type[PosError]
) -> None:
    body = payment(await orders.load("1106153417"))
    shop.faults.set(Fault("counter", kind, operation="pay"))
    with pytest.raises(PosError) as caught:
        await orders.report_payment("1106153417", "payment:1", body)
    assert type(caught.value) is error
    await orders.report_payment("1106153417", "payment:1", body)
    assert len(shop.payments("1106153417")) == 1


async def test_an_order_of_another_shape_of_number_is_a_setting(shop: Shop) -> None:
    settings = OrdersSettings(client_id=shop.names.client_id, client_secret=shop.names.client_secret)
    async with Transport(Service.ORDERS, "http://shop", inner=shop.transport()) as transport:
        with pytest.raises(RefusedError):
            await CdekOrders(transport, replace(settings, number_format=r"\d{12}")).load("1106153417")
