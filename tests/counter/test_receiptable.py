from pathlib import Path
from typing import Any

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.sale import Stage, Trouble
from pos_client.training.shop import Shop
from tests.cashless import CardTerminal
from tests.tills import SETTINGS, Time, deliver, open_till, receipts

BIG = "1106159901"
LACONIC = "1106159902"


def parcel(number: str, items: int, *, seller: list[str]) -> dict[str, Any]:
    """A shop's parcel that waits at the counter, with so many positions of goods and its delivery."""
    return {
        "number": number,
        "title": "",
        "type": 1,
        "shop_number": f"IM-{number}",
        "tariff": 185,
        "mode": "4",
        "from": ["Санкт-Петербург", "RU", "SPB21"],
        "to": ["Москва", "RU", "MSK548"],
        "status": ["ACCEPTED_AT_PICK_UP_POINT", "Принят на склад до востребования"],
        "weight": 1500,
        "delivery": "412.00",
        "recipient_cost": "350.00",
        "seller": seller,
        "items": [[f"Пуговица {at}", f"B-{at}", "10.00", 1, 22] for at in range(items)],
    }


KNOWN = ["ООО «Ромашка»", "7707083893", "+74955550101"]
NO_PHONE = ["ООО «Ромашка»", "7707083893", ""]


async def tried(till: Till, number: str, *, part: Money | None = None) -> str:
    """Look the order up, read the notice, put it away, press to pay; returns what was said at the look-up."""
    await till.desk.scanned(number)
    said = till.desk.state.notice
    till.desk.dismiss_notice()
    sale = till.desk.state.sale
    assert sale is not None
    due = part or sale.due
    await till.desk.pay(due, due)
    again = till.desk.state.notice
    assert again == said
    return said.what if said is not None else ""


@pytest.mark.parametrize("part", [None, Money(5000)])
async def test_an_order_of_more_lines_than_a_document_holds_is_refused_before_its_money(
    till: Till, shop: Shop, part: Money | None
) -> None:
    shop.add_order(parcel(BIG, 100, seller=KNOWN))
    assert "больше 100 позиций" in await tried(till, BIG, part=part)
    assert (receipts(shop), shop.payments(BIG), till.outside.journal.begun_for(BIG)) == ([], [], ())


async def test_an_order_of_just_as_many_lines_as_a_document_holds_is_sold(till: Till, shop: Shop) -> None:
    shop.add_order(parcel(BIG, 99, seller=KNOWN))
    assert not await tried(till, BIG)
    assert receipts(shop) == [134000]


@pytest.mark.parametrize(
    ("agent", "sold"),
    [("another", True), ("bankPayingAgent", False), ("payingSubagent", False), ("commissionAgent", True)],
)
async def test_a_paying_agent_takes_no_money_for_a_seller_without_a_phone(
    shop: Shop, clock: Time, tmp_path: Path, agent: str, *, sold: bool
) -> None:
    shop.add_order(parcel(LACONIC, 1, seller=NO_PHONE))
    section = SETTINGS.cash_register.model_copy(update={"agent": agent})
    settings = SETTINGS.model_copy(update={"cash_register": section})
    async with open_till(shop, tmp_path, clock, settings=settings) as till:
        said = await tried(till, LACONIC)
    assert ("телефон продавца" in said, len(receipts(shop))) == (not sold, int(sold))


@pytest.mark.parametrize("phone", ["+7 (495) 555-01-01", "8-495-555-01-01", "84955550101, 8 800 555-35-35", "звоните"])
async def test_a_sellers_phone_never_stops_a_receipt_whose_money_is_taken(till: Till, shop: Shop, phone: str) -> None:
    shop.add_order(parcel(LACONIC, 1, seller=["ООО «Ромашка»", "7707083893", phone]))
    assert not await tried(till, LACONIC)
    assert receipts(shop) == [36000]


@pytest.mark.parametrize(
    ("seller", "said"),
    [
        (["ООО «Ромашка»", "123", "+74955550101"], "ИНН продавца"),
        (["ООО «Ромашка»", "7707083894", "+74955550101"], "ИНН продавца"),
        (["Р" * 300, "7707083893", "+74955550101"], "Название продавца"),
    ],
)
async def test_a_seller_who_does_not_stand_in_the_tags_is_told_before_the_money(
    till: Till, shop: Shop, seller: list[str], said: str
) -> None:
    shop.add_order(parcel(LACONIC, 1, seller=seller))
    assert said in await tried(till, LACONIC)
    assert (receipts(shop), till.outside.journal.begun_for(LACONIC)) == ([], ())


async def test_an_order_whose_receipt_would_not_fit_into_the_storage_is_refused_before_its_money(
    till: Till, shop: Shop
) -> None:
    shop.add_order(parcel(BIG, 95, seller=["Р" * 200, "7707083893", "+74955550101"]))
    assert "фискальный накопитель" in await tried(till, BIG)
    assert (receipts(shop), till.outside.journal.begun_for(BIG)) == ([], ())


async def test_a_part_whose_return_would_not_fit_into_the_storage_is_refused_before_its_money(
    till: Till, shop: Shop
) -> None:
    shop.add_order(parcel(LONG, 40, seller=["Р" * 200, "7707083893", "+74955550101"]))
    assert await part_paid(till, PART) is None
    refused = await part_paid(till, PART)
    assert refused is not None
    assert ("фискальный накопитель" in refused.what, receipts(shop)) == (True, [10000])
    assert await part_paid(till) is None


# ------------------------------------------------------------------------------------------ parts that return together

LONG = "1106159903"
PART = Money(10000)


def here(items: int) -> dict[str, Any]:
    """A parcel of so many positions and its delivery, which waits at the counter."""
    return parcel(LONG, items, seller=KNOWN)


def accepted(services: int) -> dict[str, Any]:
    """A parcel with so many services and its delivery, accepted at this counter and paid for by its sender."""
    return {
        "number": LONG,
        "title": "",
        "type": 2,
        "tariff": 136,
        "mode": "4",
        "from": ["Москва", "RU", "MSK548"],
        "to": ["Новосибирск", "RU", "NSK1"],
        "status": ["ACCEPTED", "Принят"],
        "weight": 3400,
        "delivery": "4500.00",
        "services": [[f"SERVICE_{at}", f"Услуга {at}", "10.00"] for at in range(services)],
    }


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def part_paid(till: Till, part: Money | None = None) -> Trouble | None:
    """Take a part of the order, or all the rest; returns what was said against it."""
    await till.desk.scanned(LONG)
    sale = till.desk.state.sale
    assert sale is not None, till.desk.state.notice
    due = part or sale.due
    till.desk.dismiss_notice()
    await till.desk.pay(due, due)
    return till.desk.state.notice


async def test_a_part_that_would_make_the_return_too_long_is_refused_before_its_money_and_the_whole_rest_is_taken(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.add_order(here(40))
    for _ in range(2):
        assert await part_paid(till, PART) is None
    refused = await part_paid(till, PART)
    assert refused is not None
    assert "больше 100 позиций" in refused.what
    assert (refused.money, refused.action.split(" или ")[0]) == ("Оплата не проведена.", "Примите весь остаток сразу")
    sale = till.desk.state.sale
    assert sale is not None
    assert (sale.stage, receipts(shop)) == (Stage.OPEN, [10000, 10000])
    await till.desk.pay(sale.due, sale.due)
    assert receipts(shop) == [10000, 10000, 75000]
    await deliver(till, clock)
    await till.desk.refunds.open(LONG)
    page = till.desk.state.refund
    assert page is not None
    assert page.refund.amount == Money(75000)


async def test_another_till_hears_how_long_the_receipts_of_earlier_parts_were(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    shop.add_order(here(40))
    for _ in range(2):
        assert await part_paid(till, PART) is None
    await deliver(till, clock)
    other_folder = made(tmp_path / "other")
    async with open_till(shop, other_folder, clock) as other:
        await other.desk.scanned(LONG)
        sale = other.desk.state.sale
        assert sale is not None
        assert sale.order is not None
        assert [visit.receipt_lines for visit in sale.order.visits] == [41, 41]
        refused = await part_paid(other, PART)
    assert refused is not None
    assert (refused.money, receipts(shop)) == ("Оплата не проведена.", [10000, 10000])


async def test_two_parts_whose_return_just_fits_are_taken(till: Till, shop: Shop, clock: Time) -> None:
    shop.add_order(here(49))
    for _ in range(2):
        assert await part_paid(till, PART) is None
    await deliver(till, clock)
    await till.desk.refunds.open(LONG)
    await till.desk.refunds.confirm()
    [returned] = [one for one in shop.fiscal_documents() if one.type == "sellReturn"]
    assert len([one for one in returned.task["items"] if one["type"] == "position"]) == 100


async def test_where_even_the_whole_rest_is_a_prepayment_the_order_is_refused_as_soon_as_it_lies_there(
    till: Till, shop: Shop
) -> None:
    shop.add_order(accepted(55))
    assert await part_paid(till, PART) is None
    await till.desk.scanned(LONG)
    said = till.desk.state.notice
    assert said is not None
    assert "больше 100 позиций" in said.what
    assert "при выдаче" in said.action
    refused = await part_paid(till)
    assert (refused, receipts(shop)) == (said, [10000])


async def test_a_whole_rest_that_is_allowed_does_not_become_a_part_when_a_card_is_declined(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    shop.add_order(here(40))
    terminal = CardTerminal()
    async with open_till(shop, tmp_path, clock, terminal=terminal) as till:
        for _ in range(2):
            assert await part_paid(till, PART) is None
        terminal.does = ["approve", "decline"]
        await till.desk.scanned(LONG)
        await till.desk.tenders.split(2)
        await till.desk.tenders.enough()
        notice, sale = till.desk.state.notice, till.desk.state.sale
        assert notice is not None
        assert sale is not None
        assert "больше 100 позиций" in notice.what
        assert "записано" in notice.money
        assert (sale.stage, receipts(shop)) == (Stage.PAYING, [10000, 10000])
        await till.desk.tenders.rest_by(TenderKind.CARD)
        assert len(receipts(shop)) == 3
