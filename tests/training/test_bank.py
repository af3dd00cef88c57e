from datetime import timedelta

import pytest

from pos_client.train import training_settings
from pos_client.training.card_terminal import TERMINAL
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.training.till import Json, SetClock, Till

ORDERS = "/sbp/qr/order/v3"


async def signed(till: Till) -> dict[str, str]:
    names = till.shop.names
    form = {"grant_type": "client_credentials", "client_id": names.bank_id, "client_secret": names.bank_secret}
    answer = await till.http.post("/sbp/oauth/token", data=form)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def ask(till: Till, act: str, **body: object) -> Json:
    answer = await till.http.post(f"{ORDERS}/{act}", json=body, headers=await signed(till))
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def made(till: Till, number: str = "one", amount: int = 25_000) -> Json:
    return await ask(till, "creation", order_number=number, order_sum=amount, description="Заказ")


async def state(till: Till, number: str = "one") -> str:
    return str((await ask(till, "status", partner_order_number=number))["order_state"])


async def test_nobody_gets_in_without_a_token(till: Till) -> None:
    bad = await till.http.post("/sbp/oauth/token", data={"grant_type": "client_credentials", "client_id": "x"})
    assert bad.status_code == 401
    assert (await till.http.post(f"{ORDERS}/status", json={})).status_code == 401


async def test_a_token_lives_for_a_minute(till: Till, clock: SetClock) -> None:
    headers = await signed(till)
    clock.advance(timedelta(seconds=61))
    assert (await till.http.post(f"{ORDERS}/status", json={}, headers=headers)).status_code == 401


async def test_one_number_is_one_order(till: Till, shop: Shop) -> None:
    assert await made(till) == await made(till)
    assert (await made(till, amount=1))["error_code"] == "order_number_used"
    assert len(shop.bank.transfers()) == 1


@pytest.mark.parametrize("amount", [0, -1, 1.5, "100", True, None])
async def test_a_sum_is_whole_kopecks_above_zero(till: Till, shop: Shop, amount: object) -> None:
    answer = await ask(till, "creation", order_number="one", order_sum=amount)
    assert answer["error_code"] == "bad_order"
    assert not shop.bank.transfers()


async def test_the_customers_phone_pays_or_refuses_from_the_page(till: Till) -> None:
    await made(till, "one")
    await made(till, "two")
    assert (await till.http.post("/_shop/transfers/one/pay")).status_code == 200
    assert (await till.http.post("/_shop/transfers/two/reject")).status_code == 200
    assert (await till.http.post("/_shop/transfers/two/pay")).status_code == 409
    assert (await till.http.post("/_shop/transfers/none/pay")).status_code == 409
    assert (await state(till, "one"), await state(till, "two")) == ("PAID", "DECLINED")
    shown = (await till.http.get("/_shop/state")).json()["transfers"]
    assert sorted((one["number"], one["amount"], one["state"]) for one in shown) == [
        ("one", 250.0, "PAID"),
        ("two", 250.0, "DECLINED"),
    ]


async def test_a_code_dies_by_itself_or_by_revocation(till: Till, shop: Shop, clock: SetClock) -> None:
    order = await made(till, "one")
    await made(till, "two")
    assert (await ask(till, "revocation", order_id=order["order_id"]))["order_state"] == "REVOKED"
    clock.advance(timedelta(minutes=6))
    assert (await state(till, "one"), await state(till, "two")) == ("REVOKED", "EXPIRED")
    assert not shop.bank.pay("one")
    assert not shop.bank.pay("two")


async def test_what_is_paid_cannot_be_revoked(till: Till, shop: Shop) -> None:
    order = await made(till)
    shop.bank.pay("one")
    assert (await ask(till, "revocation", order_id=order["order_id"]))["error_code"] == "wrong_state"
    assert await state(till) == "PAID"


async def test_money_may_land_while_a_code_is_revoked(till: Till, shop: Shop) -> None:
    order = await made(till)
    shop.faults.set(Fault("sbp", "paid-after-revoke"))
    await ask(till, "revocation", order_id=order["order_id"])
    assert await state(till) == "PAID"


async def test_a_transfer_goes_back_whole_and_once(till: Till, shop: Shop) -> None:
    order = await made(till)
    back = {"order_id": order["order_id"], "cancel_operation_sum": 25_000}
    assert (await ask(till, "cancel", rq_uid="r1", **back))["error_code"] == "wrong_state"
    shop.bank.pay("one")
    part = {**back, "cancel_operation_sum": 1}
    assert (await ask(till, "cancel", rq_uid="r1", **part))["error_code"] == "wrong_sum"
    first = await ask(till, "cancel", rq_uid="r1", **back)
    assert await ask(till, "cancel", rq_uid="r1", **back) == first
    assert (await ask(till, "cancel", rq_uid="r2", **back))["error_code"] == "wrong_state"
    assert await state(till) == "REFUNDED"


async def test_a_training_till_pays_at_the_shops_own_terminal_and_bank() -> None:
    settings = training_settings("http://shop")
    assert settings.terminal.terminal_id == TERMINAL
    assert settings.terminal.address == "http://shop/dualconnector"
    assert settings.sbp.address == "http://shop"
