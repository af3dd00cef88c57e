import uuid
from datetime import timedelta

import pytest

from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.training.till import (
    ANNA,
    NEWCOMER,
    NOON,
    RICH,
    Json,
    SetClock,
    Till,
    c2c_lines,
    line,
    order_body,
)

KEY = "0e0fd1d8-6d5a-4b0f-93f9-8a3c39b7a001"
ANNA_AND_490 = order_body("A-1", c2c_lines(), points=490, total=4500.0)


def points(shop: Shop, code: str = ANNA) -> tuple[int, int]:
    balance = shop.balance(code)
    return balance.available, balance.blocked


@pytest.mark.parametrize(
    "customer",
    [
        {"ids": {"cdekId": ANNA}},
        {"ids": {"mindboxId": 800136209}},
        {"ids": {"mindboxId": "800136209"}},
        {"mobilePhone": "+7 (916) 555-00-67"},
        {"mobilePhone": "8 916 555 00 67"},
        {"discountCard": {"ids": {"number": "231534554262"}}},
        {"email": "Smirnova@example.ru"},
    ],
)
async def test_a_member_is_found_by_each_family_of_identifiers(till: Till, customer: Json) -> None:
    found = await till.lookup(**customer)
    assert found["customer"]["processingStatus"] == "Found"
    assert found["customer"]["ids"] == {"mindboxId": 800136209, "cdekId": ANNA}
    balance = found["balances"][0]
    assert (balance["total"], balance["available"], balance["blocked"]) == (700, 620, 80)
    assert balance["nearestExpiration"] == {"total": 25, "date": "2026-11-30"}
    assert found["customerSegmentations"][0]["segment"]["name"] == "Серебро"


async def test_a_stranger_is_not_found_and_two_people_are_ambiguous(till: Till) -> None:
    assert await till.lookup(ids={"cdekId": "40400404"}) == {
        "status": "Success",
        "customer": {"processingStatus": "NotFound"},
    }
    assert (await till.lookup(ids={"cdekId": "55500055"}))["customer"]["processingStatus"] == "Ambiguous"


async def test_a_preorder_prices_the_order_and_changes_nothing(till: Till, shop: Shop) -> None:
    before = shop.movements()
    found = await till.preorder(order_body("A-1", c2c_lines(), points=490))
    order = found["order"]
    assert order["processingStatus"] == "Calculated"
    assert order["totalPrice"] == 4500.0
    assert order["ids"] == {"offlineTransactionIdId": "A-1"}
    assert order["bonusPointsInfo"][0]["availableAmountForCurrentOrder"] == 620
    assert order["bonusPointsInfo"][0]["spentAmountForCurrentOrder"] == 490
    assert sum(one["discountedPriceOfLine"] for one in order["lines"]) == 4500.0
    spent = [p["amount"] for one in order["lines"] for p in one["appliedPromotions"] if p["type"] == "spentBonusPoints"]
    assert sum(spent) == 490
    # 5 % of 4058.00, 271.00 and 171.00, each line rounded down.
    assert order["bonusPointsChanges"][0]["earnedAmount"] == 202 + 13 + 8
    assert points(shop) == (620, 80)
    assert shop.movements() == before


async def test_points_cover_99_percent_of_services_and_no_goods(till: Till) -> None:
    lines = [line(1, 350.0), line(2, 2499.0, "GOODS-KT-17")]
    order = (await till.preorder(order_body("A-2", lines, code=RICH, points=1_000_000)))["order"]
    assert order["bonusPointsInfo"][0]["spentAmountForCurrentOrder"] == 346
    assert order["lines"][1]["discountedPriceOfLine"] == 2499.0
    assert order["lines"][1]["appliedPromotions"] == []


async def test_an_international_order_earns_nothing_and_says_why(till: Till) -> None:
    order = (await till.preorder(order_body("A-3", [line(1, 6900.0, "TARIFF-8")])))["order"]
    assert order["bonusPointsChanges"][0]["earnedAmount"] == 0
    assert "международные" in order["placeholders"][0]["content"][0]["message"]
    flagged = order_body("A-3", [line(1, 6900.0)], customFields={"international": True})
    assert (await till.preorder(flagged))["order"]["bonusPointsChanges"][0]["earnedAmount"] == 0


async def test_a_create_repeated_with_its_key_spends_points_once(till: Till, shop: Shop) -> None:
    first = await till.create(ANNA_AND_490, key=KEY)
    assert first["order"]["processingStatus"] == "Created"
    assert first["order"]["ids"]["offlineTransactionIdId"] == "A-1"
    assert first["order"]["bonusPointsChanges"][0]["spentAmount"] == 490
    assert await till.create(ANNA_AND_490, key=KEY.upper()) == {"status": "TransactionAlreadyProcessed"}
    assert points(shop) == (130, 80 + 223)


async def test_points_that_burn_first_are_spent_first(till: Till, shop: Shop) -> None:
    await till.create(order_body("A-1", c2c_lines(), points=20, total=4970.0))
    assert shop.balance(ANNA).burning == 5


async def test_a_key_used_by_another_operation_drops_the_call(till: Till, shop: Shop) -> None:
    await till.create(ANNA_AND_490, key=KEY)
    assert await till.status("A-1", "Paid", key=KEY) == {"status": "Success"}
    assert points(shop) == (130, 303)
    assert "уже была обработана" in shop.log()[-1].message


async def test_a_stale_price_creates_nothing(till: Till, shop: Shop) -> None:
    answer = await till.create(order_body("A-1", c2c_lines(), points=490, total=4400.0), key=KEY)
    assert answer["order"]["processingStatus"] == "PriceHasBeenChanged"
    assert "4500.00" in answer["order"]["statusDescription"]
    assert points(shop) == (620, 80)
    assert (await till.create(ANNA_AND_490, key=KEY))["order"]["processingStatus"] == "Created"


async def test_cancel_returns_points_and_the_promotion(till: Till, shop: Shop) -> None:
    body = order_body("B-1", [line(1, 1000.0)], code=NEWCOMER, points=50, total=650.0)
    created = await till.create(body)
    assert created["order"]["bonusPointsChanges"][0] | {"balanceType": None} == {
        "balanceType": None,
        "earnedAmount": 32,
        "spentAmount": 50,
    }
    other = await till.preorder(order_body("B-2", [line(1, 1000.0)], code=NEWCOMER))
    assert other["order"]["totalPrice"] == 1000.0
    await till.status("B-1", "Cancelled")
    assert points(shop, NEWCOMER) == (50, 0)
    freed = await till.preorder(order_body("B-2", [line(1, 1000.0)], code=NEWCOMER))
    assert freed["order"]["totalPrice"] == 700.0
    assert freed["order"]["lines"][0]["appliedPromotions"][0]["promotion"]["name"] == "Первая отправка −30 %"


async def test_paid_makes_blocked_points_available(till: Till, shop: Shop) -> None:
    await till.create(ANNA_AND_490)
    await till.status("A-1", "Paid")
    assert points(shop) == (130 + 223, 80)
    await till.status("A-1", "Paid")
    await till.status("A-1", "CheckedOut")
    assert points(shop) == (130 + 223, 80)


async def test_a_cancel_after_payment_takes_the_earned_points_back(till: Till, shop: Shop) -> None:
    await till.create(ANNA_AND_490)
    await till.status("A-1", "Paid")
    await till.status("A-1", "Return")
    assert points(shop) == (620, 80)


async def test_an_update_moves_only_the_difference(till: Till, shop: Shop) -> None:
    await till.create(ANNA_AND_490)
    before = len(shop.movements(ANNA))
    updated = await till.create(order_body("A-1", c2c_lines(), points=500, total=4490.0))
    assert updated["order"]["processingStatus"] == "Updated"
    assert points(shop)[0] == 120
    assert [one.amount for one in shop.movements(ANNA)[before:] if one.kind == "RetailOrderPayment"] == [-10]
    await till.create(order_body("A-1", c2c_lines(), points=0, total=4990.0))
    assert points(shop) == (620, 80 + 249)


async def test_a_safe_offline_order_accrues_once_and_spends_nothing(till: Till, shop: Shop) -> None:
    body = order_body("C-1", c2c_lines("Paid"), total=4990.0)
    assert await till.offline(body) == {"status": "Success"}
    assert await till.offline(body) == {"status": "Success"}
    assert points(shop) == (620 + 249, 80)
    spending = order_body("C-2", c2c_lines("Paid"), points=10, total=4980.0)
    answer = await till.operation("Offline.SaveOfflineOrder", spending)
    assert answer.status_code == 400


async def test_an_offline_order_that_is_not_paid_up_is_blocked_until_it_is(till: Till, shop: Shop) -> None:
    await till.offline(order_body("C-1", c2c_lines(), total=4990.0))
    assert points(shop) == (620, 80 + 249)
    await till.offline(order_body("C-1", c2c_lines("Paid"), total=4990.0))
    assert points(shop) == (620 + 249, 80)


async def test_an_older_offline_save_never_moves_an_order_backwards(till: Till, shop: Shop) -> None:
    await till.offline(order_body("C-1", c2c_lines("Paid"), total=4990.0), at=NOON - timedelta(hours=1))
    await till.offline(order_body("C-1", c2c_lines(), total=4990.0), at=NOON - timedelta(hours=5))
    assert points(shop) == (620 + 249, 80)
    assert shop.loyalty_orders()[-1].status == "Paid"


async def test_points_of_an_outage_live_from_the_true_time_of_the_sale(till: Till, shop: Shop, clock: SetClock) -> None:
    clock.advance(timedelta(days=3))
    await till.offline(order_body("C-1", c2c_lines("Paid"), code="48211229", total=4990.0))
    assert shop.balance("48211229").burns_on == "2027-11-21"


async def test_an_offline_order_of_an_unknown_person_is_refused_aloud(till: Till, shop: Shop) -> None:
    body = order_body("C-1", c2c_lines("Paid"), code="40400404", total=4990.0)
    answer = await till.offline(body, key=KEY)
    assert answer["status"] == "ValidationError"
    assert "не найден" in answer["validationMessages"][0]["message"]
    shop.processing.async_errors_visible = False
    assert await till.offline(body, key=KEY) == {"status": "Success"}
    assert [one.transaction_id for one in shop.log()] == [KEY, KEY]


async def test_a_status_of_an_unknown_order_is_400(till: Till, shop: Shop) -> None:
    body = {"order": {"ids": {"offlineTransactionId": "nobody"}}, "orderLinesStatus": "Paid"}
    assert (await till.operation("Offline.ChangeStatus", body)).status_code == 400
    shop.processing.async_errors_visible = False
    assert await till.status("nobody", "Paid") == {"status": "Success"}
    assert "nobody" in shop.log()[-1].message


async def test_a_create_that_arrives_after_its_cancel_is_refused(till: Till, shop: Shop) -> None:
    body = {"order": {"ids": {"offlineTransactionId": "A-1"}}, "orderLinesStatus": "Cancelled"}
    assert (await till.operation("Offline.ChangeStatus", body)).status_code == 400
    assert (await till.create(ANNA_AND_490))["status"] == "ValidationError"
    assert points(shop) == (620, 80)
    assert (await till.operation("Offline.ChangeStatus", body)).status_code == 200


async def test_late_creates_can_be_let_in(till: Till, shop: Shop) -> None:
    shop.processing.remember_cancelled = False
    body = {"order": {"ids": {"offlineTransactionId": "A-1"}}, "orderLinesStatus": "Cancelled"}
    assert (await till.operation("Offline.ChangeStatus", body)).status_code == 400
    assert (await till.create(ANNA_AND_490))["order"]["processingStatus"] == "Created"


async def test_an_answer_lost_after_execution_is_found_by_the_retry(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "hang", "Offline.CreateAuthorizedOrder", after=True))
    till.http.timeout = 0.1
    with pytest.raises(Exception, match="did not answer"):
        await till.create(ANNA_AND_490, key=KEY)
    assert points(shop)[0] == 130
    assert await till.create(ANNA_AND_490, key=KEY) == {"status": "TransactionAlreadyProcessed"}
    assert points(shop)[0] == 130


async def test_after_429_the_same_call_succeeds(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "http-429", seconds=7))
    throttled = await till.operation("Offline.CreateAuthorizedOrder", ANNA_AND_490, key=KEY)
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")
    assert throttled.json()["status"] == "ProtocolError"
    assert (await till.create(ANNA_AND_490, key=KEY))["order"]["processingStatus"] == "Created"


@pytest.mark.parametrize(("secret", "status"), [("", 401), ("SecretKey wrong", 403)])
async def test_wrong_keys_are_turned_away(till: Till, secret: str, status: int) -> None:
    answer = await till.operation("Offline.GetCustomerInfo", {}, authorization=secret)
    assert answer.status_code == status
    assert answer.json()["httpStatusCode"] == status


async def test_the_old_form_of_the_key_is_accepted(till: Till, shop: Shop) -> None:
    old = f'Mindbox secretKey="{shop.names.secret_key}"'
    answer = await till.operation("Offline.GetCustomerInfo", {"customer": {"email": "x@y.z"}}, authorization=old)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("operation", "key", "body"),
    [
        ("Offline.Nothing", "", {}),
        ("Offline.CreateAuthorizedOrder", "not-a-guid", ANNA_AND_490),
        ("Offline.CreateAuthorizedOrder", KEY, {"customer": {"ids": {"cdekId": ANNA}}}),
        ("Offline.CreateAuthorizedOrder", KEY, order_body("A-1", [], total=0.0)),
        ("Offline.CreateAuthorizedOrder", KEY, order_body("A-1", [line(2, 1.0), line(1, 1.0)], total=2.0)),
        ("Offline.CreateAuthorizedOrder", KEY, order_body("", c2c_lines(), total=4990.0)),
        ("Offline.ChangeStatus", KEY, {"order": {"ids": {"offlineTransactionId": "A"}}, "orderLinesStatus": "Wow"}),
        ("Offline.GetCustomerInfo", "", {"customer": {}}),
    ],
)
async def test_nonsense_is_a_protocol_error(till: Till, operation: str, key: str, body: Json) -> None:
    answer = await till.operation(operation, body, key=key)
    assert answer.status_code == 400
    assert answer.json()["status"] == "ProtocolError"


async def test_an_unknown_path_is_404_without_a_body(till: Till) -> None:
    answer = await till.operation("Offline.GetCustomerInfo", {}, mode="sideways")
    assert (answer.status_code, answer.content) == (404, b"")
    for other in (await till.http.get("/v3/operations/sync"), await till.http.post("/v3/elsewhere")):
        assert (other.status_code, other.content) == (404, b"")


async def test_fractions_of_a_kopeck_and_the_future_are_validation_errors(till: Till) -> None:
    assert (await till.create(order_body("A-1", [line(1, 1.005)], total=1.0)))["status"] == "ValidationError"
    late = ANNA_AND_490 | {"executionDateTimeUtc": "2026-11-22T09:00:00Z"}
    assert (await till.create(late))["status"] == "ValidationError"


def test_expired_points_burn_with_a_movement(shop: Shop, clock: SetClock) -> None:
    clock.advance(timedelta(days=10))
    assert points(shop) == (595, 80)
    assert (shop.movements(ANNA)[-1].kind, shop.movements(ANNA)[-1].amount) == ("Expired", -25)


async def test_history_lists_every_movement(till: Till, shop: Shop) -> None:
    await till.create(ANNA_AND_490)
    answer = await till.operation(
        "Offline.GetBalanceHistory", {"customer": {"ids": {"cdekId": ANNA}}, "page": {"itemsPerPage": 100}}
    )
    actions = answer.json()["customerActions"]
    changes = [one["customerBalanceChanges"][0] for one in actions]
    assert sum(one["changeAmount"] for one in changes) == shop.balance(ANNA).total
    assert {one["balanceChangeKind"]["systemName"] for one in changes} == {
        "Custom",
        "RetailOrderBonus",
        "RetailOrderPayment",
    }


async def test_a_coupon_is_used_once(till: Till) -> None:
    coupon = [{"ids": {"code": "SPRING10"}}]
    first = order_body("D-1", [line(1, 1000.0)], total=900.0, coupons=coupon)
    assert (await till.create(first))["order"]["processingStatus"] == "Created"
    again = (await till.preorder(order_body("D-2", [line(1, 1000.0)], coupons=coupon)))["order"]
    assert again["totalPrice"] == 1000.0
    assert again["couponsInfo"][0]["coupon"]["status"] == "Used"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("personal-unavailable", "PersonalDiscountsCalculationIsUnavailable"),
        ("discounts-unavailable", "DiscountsCalculationIsUnavailable"),
    ],
)
async def test_an_unavailable_calculation_is_said_in_the_order(till: Till, shop: Shop, kind: str, said: str) -> None:
    shop.faults.set(Fault("processing", kind, times=2))
    await till.lookup(ids={"cdekId": ANNA})
    order = (await till.preorder(order_body("A-1", c2c_lines(), points=490)))["order"]
    assert (order["processingStatus"], order["totalPrice"]) == (said, 4990.0)
    assert order["bonusPointsInfo"][0]["status"] == "Unavailable"
    assert (await till.create(ANNA_AND_490))["order"] == {"processingStatus": said}
    assert points(shop) == (620, 80)


async def test_late_asynchronous_execution_changes_nothing_at_once(till: Till, shop: Shop) -> None:
    shop.processing.async_delay = 3600
    body = order_body("C-1", c2c_lines("Paid"), total=4990.0)
    assert await till.offline(body) == {"status": "Success"}
    assert points(shop) == (620, 80)
    refused = await till.offline(order_body("C-2", c2c_lines("Paid"), code="40400404", total=4990.0))
    assert refused["status"] == "ValidationError"


async def test_sync_saves_honour_their_key_too(till: Till) -> None:
    body = order_body("C-1", c2c_lines("Paid"), total=4990.0)
    key = str(uuid.uuid4())
    assert (await till.offline(body, key=key, mode="sync"))["status"] == "Success"
    assert (await till.offline(body, key=key, mode="sync"))["status"] == "TransactionAlreadyProcessed"
