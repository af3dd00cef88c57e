from datetime import timedelta

import pytest

from pos_client.training.shop import Shop
from tests.training.till import ANNA, NOON, Json, SetClock, Till, c2c_lines, order_body

HISTORY, ORDER = "Offline.GetBalanceHistory", "Offline.GetOrder"
ANNA_AND_490 = order_body("A-1", c2c_lines(), points=490, total=4500.0)


async def history(till: Till, **page: object) -> Json:
    return await till.ask(HISTORY, {"customer": {"ids": {"cdekId": ANNA}}, "page": page})


async def order(till: Till, order_id: str) -> Json:
    found: Json = (await till.ask(ORDER, {"order": {"ids": {"offlineTransactionId": order_id}}}))["order"]
    return found


async def test_pages_of_a_history_join_to_the_whole(till: Till) -> None:
    await till.create(ANNA_AND_490)
    whole = await history(till, itemsPerPage=100)
    assert whole["customerActionsCount"] == len(whole["customerActions"]) > 4
    parts = []
    for number in range(1, whole["customerActionsCount"] + 1):
        page = await history(till, itemsPerPage=1, pageNumber=number)
        assert page["customerActionsCount"] == whole["customerActionsCount"]
        parts += page["customerActions"]
    assert parts == whole["customerActions"]
    assert (await history(till, itemsPerPage=1, pageNumber=99))["customerActions"] == []


async def test_a_history_ends_where_it_was_asked_to(till: Till, clock: SetClock) -> None:
    await till.create(ANNA_AND_490)
    clock.advance(timedelta(hours=2))
    await till.status("A-1", "Cancelled")
    later = await history(till, sinceDateTimeUtc=(NOON + timedelta(hours=1)).isoformat())
    amounts = [one["customerBalanceChanges"][0]["changeAmount"] for one in later["customerActions"]]
    assert sum(amounts) == 490 - 223
    earlier = await history(till, tillDateTimeUtc=NOON.isoformat())
    assert earlier["customerActions"] == []


async def test_blocked_points_turn_available_in_the_history_when_they_are_released(till: Till) -> None:
    await till.create(ANNA_AND_490)
    for status, available in (("", False), ("Paid", True)):
        if status:
            await till.status("A-1", status)
        actions = (await history(till))["customerActions"]
        [action] = [
            one
            for one in actions
            if one.get("order", {}).get("ids", {}).get("offlineTransactionIdId") == "A-1"
            and one["customerBalanceChanges"][0]["balanceChangeKind"]["systemName"] == "RetailOrderBonus"
        ]
        [change] = action["customerBalanceChanges"]
        assert (change["changeAmount"], change["isAvailable"]) == (223, available)
        assert ("availableFromDateTimeUtc" in change) == available


async def test_a_change_without_an_order_names_none(till: Till) -> None:
    actions = (await history(till))["customerActions"]
    assert [("order" in one) for one in actions] == [False, False, True]


@pytest.mark.parametrize("page", [{"itemsPerPage": 0}, {"pageNumber": 0}, {"itemsPerPage": 5000}])
async def test_pages_that_cannot_be_are_a_protocol_error(till: Till, page: Json) -> None:
    answer = await till.operation(HISTORY, {"customer": {"ids": {"cdekId": ANNA}}, "page": page})
    assert answer.status_code == 400


async def test_an_order_tells_what_it_earned_and_spent(till: Till) -> None:
    await till.create(ANNA_AND_490)
    found = await order(till, "A-1")
    [info] = found["bonusPointsInfoPerBalanceTypes"]
    assert (found["processingStatus"], info["earnedAmount"], info["spentAmount"]) == ("Found", 223, 490)
    assert found["ids"]["offlineTransactionIdId"] == "A-1"
    assert found["status"]["ids"]["externalId"] == "CheckedOut"
    await till.status("A-1", "Cancelled")
    cancelled = await order(till, "A-1")
    assert cancelled["status"]["ids"]["externalId"] == "Cancelled"
    assert cancelled["bonusPointsInfoPerBalanceTypes"][0]["earnedAmount"] == 0


async def test_an_order_that_nobody_created_is_not_found(till: Till) -> None:
    assert await order(till, "nobody") == {"processingStatus": "NotFound"}
    body = {"order": {"ids": {"offlineTransactionId": "A-9"}}, "orderLinesStatus": "Cancelled"}
    assert (await till.operation("Offline.ChangeStatus", body)).status_code == 400
    assert await order(till, "A-9") == {"processingStatus": "NotFound"}


async def test_a_young_order_is_not_found_where_orders_are_shown_late(till: Till, shop: Shop, clock: SetClock) -> None:
    shop.processing.switches.order_visible_after = 300
    await till.offline(order_body("C-1", c2c_lines("Paid"), total=4990.0), at=NOON - timedelta(hours=5))
    assert (await order(till, "C-1"))["processingStatus"] == "NotFound"
    clock.advance(timedelta(seconds=301))
    assert (await order(till, "C-1"))["bonusPointsInfoPerBalanceTypes"][0]["earnedAmount"] == 249


async def test_a_return_keeps_spent_points_where_the_account_says_so(till: Till, shop: Shop) -> None:
    shop.processing.switches.return_spent = False
    await till.create(ANNA_AND_490)
    await till.status("A-1", "Paid")
    body = {"order": {"ids": {"offlineTransactionId": "A-1"}}}
    assert await till.ask("Offline.Return", body, mode="async") == {"status": "Success"}
    assert (shop.balance(ANNA).available, shop.balance(ANNA).blocked) == (130, 80)
    assert (shop.loyalty_orders()[-1].spent, shop.loyalty_orders()[-1].earned) == (490, 0)


async def test_switches_are_turned_over_the_admin_path(till: Till, shop: Shop) -> None:
    wanted = {"require_code_to_spend": True, "order_visible_after": 300}
    said = (await till.http.post("/_shop/settings", json=wanted)).json()
    assert (said["require_code_to_spend"], said["order_visible_after"], said["return_spent"]) == (True, 300.0, True)
    assert shop.processing.switches.require_code_to_spend is True
