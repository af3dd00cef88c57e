"""What accounting chose and what the customer wants reach the receipt that the register gets."""

from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.settings import RegisterSection, Settings
from pos_client.training.shop import Shop
from tests.tills import C2C, SETTINGS, Time, deliver, open_till, sold


def last_task(shop: Shop) -> dict[str, object]:
    return shop.fiscal_documents()[-1].task


def methods(shop: Shop) -> set[str]:
    return {one["paymentMethod"] for one in shop.fiscal_documents()[-1].task["items"] if one["type"] == "position"}


def with_register(**changes: object) -> Settings:
    return SETTINGS.model_copy(update={"cash_register": SETTINGS.cash_register.model_copy(update=changes)})


@pytest.mark.parametrize(("settles", "method"), [(False, "fullPrepayment"), (True, "fullPayment")])
async def test_accounting_chooses_what_acceptance_settles(
    shop: Shop, clock: Time, tmp_path: Path, method: str, *, settles: bool
) -> None:
    async with open_till(shop, tmp_path, clock, settings=with_register(acceptance_settles=settles)) as till:
        await sold(till, C2C)
    assert methods(shop) == {method}


async def test_a_part_paid_at_acceptance_is_a_prepayment_whatever_accounting_chose(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock, settings=with_register(acceptance_settles=True)) as till:
        await sold(till, C2C, part=Money(100000))
    assert methods(shop) == {"prepayment"}


@pytest.mark.parametrize(
    ("said", "paper", "sent"),
    [("8 916 555-00-67", True, "+79165550067"), ("anna@example.ru", False, "anna@example.ru"), ("", True, None)],
)
async def test_the_receipt_goes_where_the_customer_wants_it(
    till: Till, shop: Shop, said: str, sent: str | None, *, paper: bool
) -> None:
    await till.desk.scanned(C2C)
    await till.desk.tenders.receipt_wanted(said, paper=paper)
    await sold(till)
    task = last_task(shop)
    assert task.get("clientInfo") == (None if sent is None else {"emailOrPhone": sent})
    assert task["electronically"] is not paper


@pytest.mark.parametrize(("said", "paper"), [("Анна", True), ("", False)])
async def test_a_receipt_that_would_reach_nobody_is_refused_before_money_is_taken(
    till: Till, shop: Shop, said: str, *, paper: bool
) -> None:
    await till.desk.scanned(C2C)
    await till.desk.tenders.receipt_wanted(said, paper=paper)
    notice = till.desk.state.notice
    assert notice is not None
    assert "чек не отправить" in notice.what
    await sold(till)
    assert last_task(shop)["electronically"] is False


def test_the_paying_agents_phone_is_a_phone() -> None:
    with pytest.raises(ValueError, match="agent_phone"):
        RegisterSection(agent_phone="звоните")


async def test_what_is_added_after_a_settlement_at_acceptance_is_settled_beside_it_and_goes_back_with_it(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock, settings=with_register(acceptance_settles=True)) as till:
        await sold(till, C2C)
        await deliver(till, clock)
        shop.weigh_again(C2C, 9000, 600000)
        await sold(till, C2C)
        await deliver(till, clock)
        await till.desk.refunds.open(C2C)
        await till.desk.refunds.confirm()
    first, second, back = (one for one in shop.fiscal_documents() if one.type in {"sell", "sellReturn"})
    assert (first.total, second.total, back.total) == (499000, 150000, 649000)
    assert [one["type"] for one in second.task["payments"]] == ["cash"]
    assert {one["paymentMethod"] for one in back.task["items"] if one["type"] == "position"} == {"fullPayment"}


NEAR = "1106159903"


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("on_credit", [True, False])
async def test_what_was_prepaid_where_the_parcel_is_handed_over_is_offset_then_and_all_of_it_goes_back(
    shop: Shop, clock: Time, tmp_path: Path, *, on_credit: bool, told: bool
) -> None:
    shop.add_order(
        {
            "number": NEAR,
            "title": "",
            "type": 2,
            "tariff": 136,
            "mode": "4",
            "from": ["Москва", "RU", "MSK548"],
            "to": ["Москва", "RU", "MSK548"],
            "status": ["ACCEPTED", "Принят"],
            "weight": 1000,
            "delivery": "5000.00",
        }
    )
    async with open_till(shop, tmp_path, clock, settings=with_register(on_credit=on_credit)) as till:
        await sold(till, NEAR, part=Money(200000))
        if told:
            await deliver(till, clock)
        shop.bring(NEAR)
        await sold(till, NEAR)
        await deliver(till, clock)
        await till.desk.refunds.open(NEAR)
        await till.desk.refunds.confirm()
    first, second, back = (one for one in shop.fiscal_documents() if one.type in {"sell", "sellReturn"})
    assert [one["paymentMethod"] for one in first.task["items"][:1]] == ["prepayment"]
    assert [(one["paymentMethod"], one["paymentObject"], one["amount"]) for one in second.task["items"][:1]] == [
        ("fullPayment", "service", 5000.0)
    ]
    assert [(one["type"], one["sum"]) for one in second.task["payments"]] == [("prepaid", 2000.0), ("cash", 3000.0)]
    assert (back.total, methods(shop)) == (500000, {"fullPayment"})


@pytest.mark.parametrize(
    ("said", "paper", "sent"),
    [("8 916 555-00-67", False, "+79165550067"), ("anna@example.ru", True, "anna@example.ru")],
)
async def test_the_receipt_of_a_return_goes_where_the_customer_wants_it(
    till: Till, shop: Shop, clock: Time, said: str, sent: str, *, paper: bool
) -> None:
    await sold(till, C2C)
    await deliver(till, clock)
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.receipt_wanted("Анна", paper=True)
    notice = till.desk.state.notice
    assert notice is not None
    assert "чек не отправить" in notice.what
    await till.desk.refunds.receipt_wanted(said, paper=paper)
    await till.desk.refunds.confirm()
    task = last_task(shop)
    assert (task["type"], task["clientInfo"], task["electronically"]) == (
        "sellReturn",
        {"emailOrPhone": sent},
        not paper,
    )
