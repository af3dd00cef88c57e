from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import pytest

from pos_client.training.conditions import Conditions, load_conditions
from pos_client.training.faults import Fault
from pos_client.training.promotions import Promotion, read_promotions
from pos_client.training.shop import Shop
from tests.training.till import ANNA, NEWCOMER, THIRD_TIME, TWO_CARDS, Json, SetClock, Till, line, order_body

THOUSAND = [line(1, 1000.0)]


def with_promotions(*promotions: Promotion) -> Conditions:
    return replace(load_conditions(), promotions={one.id: one for one in promotions})


async def priced(till: Till, code: str, order_id: str = "P-1", *coupons: str) -> Json:
    codes = [{"ids": {"code": one}} for one in coupons]
    body = order_body(order_id, THOUSAND, code=code)
    if codes:
        body["order"]["coupons"] = codes
    found: Json = (await till.preorder(body))["order"]
    return found


async def created(till: Till, code: str, order_id: str, total: float, *coupons: str) -> Json:
    body = order_body(order_id, THOUSAND, code=code, total=total)
    if coupons:
        body["order"]["coupons"] = [{"ids": {"code": one}} for one in coupons]
    found: Json = (await till.create(body))["order"]
    return found


def points(shop: Shop, code: str) -> tuple[int, int]:
    balance = shop.balance(code)
    return balance.available, balance.blocked


async def test_the_third_shipment_costs_half_and_brings_a_gift_that_lives_thirty_days(till: Till, shop: Shop) -> None:
    order = await priced(till, THIRD_TIME)
    assert order["totalPrice"] == 500.0
    assert order["lines"][0]["appliedPromotions"][0]["promotion"]["name"] == "Третья отправка −50 %"
    [gift] = order["appliedPromotions"]
    assert (gift["type"], gift["amount"]) == ("earnedBonusPoints", 100)
    assert gift["expirationDateTimeUtc"].startswith("2026-12-21")
    assert order["bonusPointsChanges"][0]["earnedAmount"] == 125
    assert (await created(till, THIRD_TIME, "P-1", 500.0))["processingStatus"] == "Created"
    assert points(shop, THIRD_TIME) == (35, 125)
    await till.status("P-1", "Paid")
    assert points(shop, THIRD_TIME) == (160, 0)
    assert (shop.balance(THIRD_TIME).burning, shop.balance(THIRD_TIME).burns_on) == (100, "2026-12-21")


async def test_the_fourth_shipment_is_an_ordinary_one(till: Till) -> None:
    await created(till, THIRD_TIME, "P-1", 500.0)
    await till.status("P-1", "Paid")
    order = await priced(till, THIRD_TIME, "P-2")
    assert (order["totalPrice"], order["appliedPromotions"]) == (1000.0, [])


async def test_two_open_orders_are_not_both_the_third(till: Till) -> None:
    await created(till, THIRD_TIME, "P-1", 500.0)
    assert (await priced(till, THIRD_TIME, "P-2"))["totalPrice"] == 1000.0
    assert (await priced(till, THIRD_TIME, "P-1"))["totalPrice"] == 500.0


@pytest.mark.parametrize("status", ["Cancelled", "Return"])
async def test_an_undone_third_order_takes_its_gift_along_and_frees_the_offer(
    till: Till, shop: Shop, status: str
) -> None:
    await created(till, THIRD_TIME, "P-1", 500.0)
    await till.status("P-1", "Paid")
    await till.status("P-1", status)
    assert points(shop, THIRD_TIME) == (35, 0)
    assert (await priced(till, THIRD_TIME, "P-2"))["totalPrice"] == 500.0


async def test_a_gift_that_has_burnt_is_not_owed_when_the_order_is_returned(
    till: Till, shop: Shop, clock: SetClock
) -> None:
    await created(till, THIRD_TIME, "P-1", 500.0)
    await till.status("P-1", "Paid")
    clock.advance(timedelta(days=31))
    assert shop.balance(THIRD_TIME).available == 35 + 25
    await till.status("P-1", "Return")
    assert shop.balance(THIRD_TIME).available == 35
    assert sum(one.amount for one in shop.movements(THIRD_TIME)) == 35


async def test_an_offline_order_gets_the_gift_but_no_discount(till: Till, shop: Shop) -> None:
    body = order_body("P-off-1", [line(1, 1000.0, status="Paid")], code=THIRD_TIME, total=1000.0)
    for _ in range(2):
        assert await till.offline(body) == {"status": "Success"}
    assert points(shop, THIRD_TIME) == (35 + 50 + 100, 0)
    assert (await priced(till, THIRD_TIME))["totalPrice"] == 1000.0


async def test_an_update_keeps_the_promotions_of_the_first_save(till: Till, shop: Shop) -> None:
    await created(till, NEWCOMER, "P-1", 700.0)
    await created(till, NEWCOMER, "P-2", 1000.0)
    await till.status("P-1", "Paid")
    assert (await priced(till, NEWCOMER, "P-1"))["totalPrice"] == 700.0
    assert (await priced(till, NEWCOMER, "P-2"))["totalPrice"] == 1000.0
    assert (await created(till, NEWCOMER, "P-1", 700.0))["processingStatus"] == "Updated"
    assert [one.earned for one in shop.loyalty_orders()[-2:]] == [35, 50]


async def test_a_personal_promotion_is_for_its_person(till: Till) -> None:
    assert (await priced(till, TWO_CARDS))["totalPrice"] == 850.0
    assert (await priced(till, ANNA))["totalPrice"] == 1000.0


@pytest.mark.parametrize(
    ("coupon", "status", "total"),
    [
        ("SPRING10", "CanBeUsed", 900.0),
        ("spring10", "CanBeUsed", 900.0),
        ("GIFT70", "CanBeUsed", 1000.0),
        ("NOBODY", "NotFound", 1000.0),
        ("DRAFT10", "NotIssued", 1000.0),
        ("GONE10", "Used", 1000.0),
        ("SOON10", "YetNotActive", 1000.0),
        ("PAST10", "AlreadyNotActive", 1000.0),
        ("STOP10", "Blocked", 1000.0),
        ("OLGA10", "CanNotBeUsedForCurrentOrder", 1000.0),
    ],
)
async def test_every_coupon_says_what_became_of_it(till: Till, coupon: str, status: str, total: float) -> None:
    order = await priced(till, ANNA, "P-1", coupon)
    [info] = order["couponsInfo"]
    assert (info["coupon"]["ids"]["code"], info["coupon"]["status"]) == (coupon, status)
    assert order["totalPrice"] == total
    assert info["discountAmountForCurrentOrder"] == 1000.0 - total
    assert (await created(till, ANNA, "P-1", total, coupon))["processingStatus"] == "Created"


async def test_coupons_are_unavailable_when_their_service_is(till: Till, shop: Shop) -> None:
    for kind in ("coupons-unavailable", "discounts-unavailable"):
        shop.faults.set(Fault("processing", kind))
        order = await priced(till, ANNA, "P-1", "SPRING10")
        assert order["couponsInfo"][0]["coupon"]["status"] == "Unavailable"
        assert order["totalPrice"] == 1000.0


@pytest.mark.parametrize("status", ["Cancelled", "Return"])
async def test_a_coupon_of_an_undone_order_may_be_used_again(till: Till, status: str) -> None:
    await created(till, ANNA, "P-1", 900.0, "SPRING10")
    assert (await priced(till, ANNA, "P-2", "SPRING10"))["couponsInfo"][0]["coupon"]["status"] == "Used"
    assert (await priced(till, ANNA, "P-1", "SPRING10"))["totalPrice"] == 900.0
    await till.status("P-1", status)
    assert (await priced(till, ANNA, "P-2", "SPRING10"))["couponsInfo"][0]["coupon"]["status"] == "CanBeUsed"


async def test_a_coupon_that_ended_between_price_and_create_changes_the_price(till: Till) -> None:
    assert (await created(till, ANNA, "P-1", 900.0, "PAST10"))["processingStatus"] == "PriceHasBeenChanged"


async def test_an_exclusive_discount_stands_alone_and_the_cheaper_choice_wins(till: Till) -> None:
    order = await priced(till, THIRD_TIME, "P-1", "SPRING10")
    assert order["totalPrice"] == 500.0
    assert order["couponsInfo"][0]["coupon"]["status"] == "CanNotBeUsedForCurrentOrder"


async def test_discounts_that_may_stand_together_do(till: Till) -> None:
    assert (await priced(till, TWO_CARDS, "P-1", "SPRING10"))["totalPrice"] == 765.0


async def test_neither_points_nor_discounts_go_below_the_least_price_of_a_line(till: Till) -> None:
    lines = [line(1, 1000.0) | {"minPricePerItem": 950.0}, line(2, 10.0, "PACKAGE") | {"minPricePerItem": 9.5}]
    body = order_body("P-1", lines, code=ANNA, points=500)
    body["order"]["coupons"] = [{"ids": {"code": "SPRING10"}}]
    order = (await till.preorder(body))["order"]
    assert [one["discountedPriceOfLine"] for one in order["lines"]] == [950.0, 10.0]
    assert order["bonusPointsInfo"][0]["availableAmountForCurrentOrder"] == 0
    body["order"]["lines"][0]["minPricePerItem"] = 700.0
    order = (await till.preorder(body))["order"]
    assert [one["discountedPriceOfLine"] for one in order["lines"]] == [700.0, 10.0]
    assert order["bonusPointsInfo"][0]["spentAmountForCurrentOrder"] == 200


async def test_a_least_price_above_the_price_is_refused(till: Till) -> None:
    body = order_body("P-1", [line(1, 1000.0) | {"minPricePerItem": 1000.01}], code=ANNA)
    assert (await till.operation("Offline.AuthorizedPreorder", body)).json()["status"] == "ValidationError"


async def test_another_table_makes_another_programme(clock: SetClock) -> None:
    summer = Promotion(
        id="s", name="Лето", percent=20, starts=date(2026, 11, 20), ends=date(2026, 11, 23), limit_per_customer=2
    )
    with closing(Shop(clock=clock, conditions=with_promotions(summer, *load_conditions().promotions.values()))) as shop:
        till = Till(shop)
        for number in (1, 2):
            assert (await created(till, ANNA, f"P-{number}", 800.0))["processingStatus"] == "Created"
        assert (await priced(till, ANNA, "P-3"))["totalPrice"] == 1000.0
        clock.advance(timedelta(days=2))
        assert (await priced(till, "48211229", "P-4"))["totalPrice"] == 1000.0
        await till.http.aclose()


@pytest.mark.parametrize("wrong", [{"percent": 101}, {"percent": -1}, {}, {"gift_points": -5}, {"bonus": 5}])
def test_a_promotion_that_cannot_be_is_not_read(wrong: Json) -> None:
    with pytest.raises((ValueError, TypeError)):
        read_promotions([{"id": "x", "name": "X", **wrong}])
