import re
from pathlib import Path

import pytest

from pos_client.training.crowd import MOST, card_of, code_of, main, phone_of, points_of
from pos_client.training.shop import Shop
from tests.training.till import Json, Till, line, order_body

_BIG_TABLES = (
    "customers",
    "cards",
    "lots",
    "spends",
    "movements",
    "transactions",
    "loyalty_orders",
    "promotion_uses",
    "coupons",
    "codes",
)


async def test_a_member_of_the_crowd_is_whom_his_number_computes(till: Till, shop: Shop) -> None:
    shop.add_crowd(1000)
    for number in (0, 1, 500, 999):
        by_code = await till.lookup(ids={"cdekId": code_of(number)})
        by_phone = await till.lookup(mobilePhone=phone_of(number))
        assert by_code == by_phone
        assert by_code["customer"]["ids"]["cdekId"] == code_of(number)
        assert by_code["balances"][0]["available"] == points_of(number)
        card = card_of(number)
        assert [one["ids"]["number"] for one in by_code["discountCards"]] == ([card] if card else [])
    assert (await till.lookup(ids={"cdekId": code_of(1000)}))["customer"]["processingStatus"] == "NotFound"


def test_no_two_members_of_the_crowd_share_a_code() -> None:
    numbers = [*range(50_000), *range(MOST - 50_000, MOST)]
    codes = {code_of(number) for number in numbers}
    assert len(codes) == len(numbers)
    assert all(re.fullmatch(r"[6-9]\d{7}", code) for code in codes)


def test_a_crowd_grows_and_its_points_are_explained_by_movements(shop: Shop) -> None:
    before = len(shop.members())
    shop.add_crowd(10)
    shop.add_crowd(30)
    shop.add_crowd(20)
    assert len(shop.members()) == before + 30
    assert len(shop.members(5)) == 5
    for number in range(30):
        moved = sum(one.amount for one in shop.movements(code_of(number)))
        assert moved == shop.balance(phone_of(number)).total == points_of(number)
    with pytest.raises(ValueError, match="members"):
        shop.add_crowd(MOST + 1)


async def test_no_call_reads_a_large_table_through(till: Till, shop: Shop) -> None:
    shop.add_crowd(50)
    statements: list[str] = []
    shop._store._connection.set_trace_callback(statements.append)
    await one_of_each(till, shop)
    shop._store._connection.set_trace_callback(None)
    asked = {one for one in statements if one.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "INSERT"))}
    assert len(asked) > 50
    scans = []
    for statement in asked:
        for step in shop._store.rows(f"EXPLAIN QUERY PLAN {statement}"):
            words = str(step["detail"]).split()
            if words[0] == "SCAN" and words[1] in _BIG_TABLES:
                scans.append((step["detail"], statement))
    assert scans == []


async def one_of_each(till: Till, shop: Shop) -> None:
    """Every operation of processing, by every kind of identifier."""
    who: list[Json] = [
        {"ids": {"cdekId": code_of(4)}},
        {"mobilePhone": phone_of(4)},
        {"ids": {"mindboxId": 1_000_000_004}},
    ]
    others: list[Json] = [{"discountCard": {"ids": {"number": card_of(4)}}}, {"email": "a@b.c"}]
    for customer in (*who, *others):
        await till.lookup(**customer)
        await till.ask("Offline.FindCustomers", {"customer": customer})
    await till.ask("Offline.RegisterCustomer", {"customer": {"mobilePhone": "79991234567"}})
    await till.ask("Offline.SendMobilePhoneAuthorizationCode", {"customer": who[0]})
    check = {"customer": who[0], "authentificationCode": shop.sms()[-1].code}
    await till.ask("Offline.CheckMobilePhoneAuthorizationCode", check)
    body = order_body("K-1", [line(1, 1000.0)], code=code_of(4), points=10, coupons=[{"ids": {"code": "SPRING10"}}])
    body["order"]["totalPrice"] = (await till.preorder(body))["order"]["totalPrice"]
    assert (await till.create(body))["order"]["processingStatus"] == "Created"
    await till.offline(order_body("K-2", [line(1, 1000.0, status="Paid")], code=code_of(5), total=1000.0))
    for status in ("Paid", "Return"):
        await till.status("K-1", status)
    await till.ask("Offline.GetOrder", {"order": {"ids": {"offlineTransactionId": "K-1"}}})
    await till.ask("Offline.GetBalanceHistory", {"customer": who[0]})
    notice = {"customer": who[0], "smsMailing": {"customParameters": {"points": 1}}}
    await till.ask("Offline.SendPointsNotice", notice, mode="async", key="0e0fd1d8-6d5a-4b0f-93f9-8a3c39b7a001")
    served = {one.operation for one in shop.calls("processing")}
    known = {"Offline.CheckCustomer", "Offline.Return"}
    assert served | known == set(shop.processing.operations())


def test_the_crowd_is_made_by_one_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--members", "100", "--data", str(tmp_path)]) == 0
    assert "100" in capsys.readouterr().out
    shop = Shop(tmp_path / "shop.sqlite3")
    assert shop.balance(code_of(99)).available == points_of(99)
    shop.close()
    assert main(["--members", str(MOST + 1), "--data", str(tmp_path)]) == 2
