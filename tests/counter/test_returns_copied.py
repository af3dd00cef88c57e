"""A return copies the receipts of what was paid, or accounting makes it: the till never makes up a document."""

from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.settings import Settings
from pos_client.training.shop import Shop
from tests.tills import C2C, SETTINGS, Time, deliver, open_till, sold


def taxed(taxation: str) -> Settings:
    section = SETTINGS.cash_register.model_copy(update={"taxation": taxation})
    return SETTINGS.model_copy(update={"cash_register": section})


async def refused(till: Till, shop: Shop, number: str) -> str:
    """What is said when the refund is opened; nothing was begun."""
    await till.desk.refunds.open(number)
    notice = till.desk.state.notice
    assert notice is not None
    assert till.desk.state.refund is None
    assert (shop.refund(number), shop.calls(operation="refund-claim")) == (None, [])
    assert "бухгалтери" in notice.action
    return notice.what


def forget_lines(shop: Shop, number: str) -> None:
    """As if the visits had been told by somebody who knows no lines."""
    query = "UPDATE visits SET body = json_remove(body, '$.lines') WHERE cdek_number = ?"
    shop._store.run(query, number)


@pytest.mark.parametrize(("second", "said"), [("usnIncome", "по разным системам налогообложения"), ("osn", "")])
async def test_parts_of_two_systems_of_taxation_are_returned_by_accounting(
    shop: Shop, clock: Time, tmp_path: Path, second: str, said: str
) -> None:
    for name, taxation in (("first", "osn"), ("second", second)):
        (tmp_path / name).mkdir()
        async with open_till(shop, tmp_path / name, clock, settings=taxed(taxation)) as till:
            await sold(till, C2C, part=Money(100000))
            await deliver(till, clock)
            if name == "second" and said:
                assert said in await refused(till, shop, C2C)
            elif name == "second":
                await till.desk.refunds.open(C2C)
                await till.desk.refunds.confirm()
                assert shop.fiscal_documents()[-1].task["taxationType"] == "osn"


async def test_what_an_untold_receipt_said_at_another_price_is_left_to_accounting(
    till: Till, shop: Shop, clock: Time
) -> None:
    await sold(till, C2C, part=Money(100000))
    await deliver(till, clock)
    forget_lines(shop, C2C)
    shop.weigh_again(C2C, 9000, 600000)
    assert "не повторит чеки оплат" in await refused(till, shop, C2C)


async def test_an_untold_receipt_of_an_unchanged_order_is_made_again(till: Till, shop: Shop, clock: Time) -> None:
    await sold(till, C2C, part=Money(100000))
    await deliver(till, clock)
    forget_lines(shop, C2C)
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    sold_as, back = (one.task["items"] for one in shop.fiscal_documents() if one.type in {"sell", "sellReturn"})
    assert back[:-1] == sold_as[:-1]


async def test_a_return_that_no_register_would_take_is_not_begun(till: Till, shop: Shop, clock: Time) -> None:
    goods = "1105660806"
    await sold(till, goods)
    await deliver(till, clock)
    shop._store.run("UPDATE visits SET body = replace(body, '7707083893', '77') WHERE cdek_number = ?", goods)
    assert "ИНН продавца товаров" in await refused(till, shop, goods)
