"""A book of debts that its disk refuses: points wait for it, a sale and the queue never do."""

import sqlite3
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.debts import DebtState
from pos_client.domain.sale import Sale
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.debtors import debt_of_sale, follow
from tests.tills import ANNA, C2C, Time, deliver, open_till, receipts, sold

AWAY = "ALTER TABLE debt RENAME TO away"
BACK = "ALTER TABLE away RENAME TO debt"


def book(folder: Path, statement: str) -> None:
    """Change the book behind the till's back."""
    connection = sqlite3.connect(folder / "books.sqlite3")
    connection.execute(statement)
    connection.close()


async def sold_offline(till: Till, shop: Shop) -> Sale:
    outage = shop.faults.set(Fault("processing", "refuse", times=None))
    sale = await sold(till, ANNA, C2C)
    shop.faults.lift(outage.id)
    return sale


async def test_a_sale_is_paid_and_told_though_nobody_can_read_the_debts(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    book(tmp_path, AWAY)
    sale = await sold_offline(till, shop)
    assert (till.desk.state.sale, till.desk.state.debts, till.desk.state.shift_debts) == (None, (), {})
    await deliver(till, clock)
    assert receipts(shop) == [sale.taken.kopecks]
    assert len(shop.payments(C2C)) == 1


async def test_a_debt_that_the_book_did_not_take_is_made_of_its_sale_once_it_does(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    book(tmp_path, AWAY)
    sale = await sold_offline(till, shop)
    book(tmp_path, BACK)
    assert till.outside.debts.find(sale.id) is None
    await follow(till, clock=clock, until=lambda: bool(shop.messages()))
    await follow(till, clock=clock)
    assert debt_of_sale(till, sale).state is DebtState.ACCRUED
    assert len(shop.messages()) == 1


async def test_a_debt_whose_message_arrived_while_the_book_was_away_is_not_forgotten(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    book(tmp_path, AWAY)
    sale = await sold_offline(till, shop)
    await deliver(till, clock)
    book(tmp_path, BACK)
    await follow(till, clock=clock, until=lambda: bool(shop.messages()))
    await follow(till, clock=clock)
    assert debt_of_sale(till, sale).state is DebtState.ACCRUED


async def test_the_watch_and_the_queue_outlive_a_book_that_cannot_be_read(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    sale = await sold_offline(till, shop)
    book(tmp_path, AWAY)
    await follow(till, clock=clock, until=lambda: till.desk.state.notice is not None)
    notice = till.desk.state.notice
    assert notice is not None
    assert (notice.what[:9], notice.money[:25]) == ("Обещанные", "Продажи идут как обычно. ")
    await deliver(till, clock)
    assert len(shop.payments(C2C)) == 1
    book(tmp_path, BACK)
    assert debt_of_sale(till, sale).is_open


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be read as one" * 40, b"SQLite format 3\0" + b"\xff" * 8000]
)
async def test_a_damaged_book_is_set_aside_and_what_waits_is_written_into_a_new_one(
    shop: Shop, clock: Time, tmp_path: Path, content: bytes
) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold_offline(till, shop)
    (tmp_path / "books.sqlite3").write_bytes(content)
    async with open_till(shop, tmp_path, clock) as till:
        notice = till.desk.state.notice
        assert notice is not None
        assert "books.sqlite3.damaged-1" in notice.action
        assert (tmp_path / "books.sqlite3.damaged-1").read_bytes() == content
        await follow(till, clock=clock, until=lambda: bool(shop.messages()))
        await follow(till, clock=clock)
        assert debt_of_sale(till, sale).state is DebtState.ACCRUED
    async with open_till(shop, tmp_path, clock) as till:
        assert till.desk.state.notice is None
        assert debt_of_sale(till, sale).state is DebtState.ACCRUED
