from pathlib import Path
from typing import Any

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.training.shop import Shop
from tests.tills import SETTINGS, Time, open_till, receipts

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
