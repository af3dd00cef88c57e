"""Gestures that overtake each other: whoever comes second sees what the first one left, never what it found before."""

import asyncio
from pathlib import Path

from pos_client.app import Till
from pos_client.domain.sale import Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import C2C, Time, deliver, open_till, receipts, sold

PARTLY_PAID = "1106321645"


async def scan_underway(till: Till, shop: Shop) -> asyncio.Task[None]:
    """A scan whose order is being loaded at this very moment."""
    shop.faults.set(Fault("orders", "slow", "order", seconds=0.1))
    scan = asyncio.create_task(till.desk.scanned(PARTLY_PAID))
    await asyncio.sleep(0)
    assert till.desk.state.wait is not None
    return scan


async def test_a_cancel_during_a_scan_leaves_no_sale_that_nobody_sees(till: Till, shop: Shop) -> None:
    await till.desk.scanned(C2C)
    scan = await scan_underway(till, shop)
    await asyncio.gather(scan, till.desk.cancel())
    assert till.desk.state.sale is None
    assert till.outside.journal.open_sales() == ()


async def test_a_sale_cancelled_while_a_recheck_waits_is_not_printed(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "paper-out"))
    sale = await sold(till, C2C)
    assert sale.stage is Stage.FISCALISING
    scan = await scan_underway(till, shop)
    await asyncio.gather(scan, till.desk.cancel(), till.desk.recheck())
    found = till.outside.journal.find(sale.id)
    assert found is not None
    assert found.stage is Stage.CANCELLED
    assert till.desk.state.sale is None
    assert receipts(shop) == []


async def test_a_resume_during_a_scan_waits_until_the_scanned_order_is_done(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    shop.faults.set(Fault("register", "paper-out"))
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold(till, C2C)
    async with open_till(shop, tmp_path, clock) as till:
        scan = await scan_underway(till, shop)
        await asyncio.gather(scan, till.desk.resume(sale.id))
        state = till.desk.state
        assert state.sale is not None
        assert state.sale.order is not None
        assert state.sale.order.number == PARTLY_PAID
        assert [unfinished.id for unfinished in state.unfinished] == [sale.id]
        await till.desk.cancel()
        await till.desk.resume(sale.id)
        assert till.desk.state.unfinished == ()
    assert receipts(shop) == [499000]


async def test_an_unfinished_sale_given_up_during_a_scan_waits_its_turn(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    shop.faults.set(Fault("register", "paper-out"))
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold(till, C2C)
    async with open_till(shop, tmp_path, clock) as till:
        scan = await scan_underway(till, shop)
        await asyncio.gather(scan, till.desk.give_up(sale.id))
        state = till.desk.state
        assert state.sale is not None
        assert state.sale.order is not None
        assert state.sale.order.number == PARTLY_PAID
        assert [unfinished.id for unfinished in state.unfinished] == [sale.id]


async def test_two_presses_of_resume_print_once(shop: Shop, clock: Time, tmp_path: Path) -> None:
    shop.faults.set(Fault("register", "paper-out"))
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold(till, C2C)
    async with open_till(shop, tmp_path, clock) as till:
        await asyncio.gather(till.desk.resume(sale.id), till.desk.resume(sale.id), till.desk.recheck())
        assert till.desk.state.sale is None
        assert till.desk.state.unfinished == ()
    assert receipts(shop) == [499000]


async def test_an_entry_that_arrived_while_the_cashier_read_it_is_closed_without_a_word(
    till: Till, clock: Time
) -> None:
    await sold(till, C2C)
    [entry] = till.desk.state.entries
    await deliver(till, clock)
    till.desk.queue.close(entry.key, "разобрались")
    till.desk.queue.retry(entry.key)
    assert (till.desk.state.entries, till.desk.state.notice) == ((), None)
