"""A register that misbehaves never holds the till for ever, and never hears of a sale that was given up."""

import asyncio

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.domain.sale import Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import C2C, receipts


async def test_a_register_that_loses_every_receipt_at_its_door_lets_go_of_the_till(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "http-500", "sell", times=None))
    due = Money(499000)
    await till.desk.scanned(C2C)
    async with asyncio.timeout(10):
        await till.desk.pay(due, due)
    sale = till.desk.state.sale
    assert sale is not None
    assert (sale.stage, sale.trouble is not None) == (Stage.FISCALISING, True)
    shop.faults.lift()
    await till.desk.recheck()
    assert till.desk.state.sale is None
    assert receipts(shop) == [499000]


async def test_a_shift_whose_opening_is_unknown_is_not_told_as_a_receipt_that_may_exist(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "http-500", "openShift", times=None))
    due = Money(499000)
    await till.desk.scanned(C2C)
    await till.desk.pay(due, due)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.fiscal is not None
    assert sale.trouble is not None
    assert (sale.fiscal.sent, "смена" in sale.trouble.what) == (False, True)
    shop.faults.lift()
    await till.desk.recheck()
    assert receipts(shop) == [499000]
