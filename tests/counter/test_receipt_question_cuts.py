"""The plug pulled before and after every effect of a signed answer about a receipt: one document, never two."""

from contextlib import suppress
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.sale import Sale, Stage
from pos_client.training.faults import Fault
from pos_client.training.register import Register
from pos_client.training.shop import Shop
from tests.tills import (
    C2C,
    COINS,
    Fuse,
    PowerCutError,
    Time,
    deliver,
    open_till,
    places_to_cut,
    replace_register,
    shop_at,
    sold,
)


async def in_doubt(till: Till, shop: Shop, clock: Time, *, registered: bool) -> Register:
    """A receipt whose answer is lost, and then another register stands there; returns the old one."""
    await sold(till, COINS)
    shop.faults.set(Fault("register", "lose-answer" if registered else "drop", "sell"))
    shop.faults.set(Fault("register", "refuse", "poll", times=None))
    await sold(till, C2C)
    old = replace_register(shop, clock)
    shop.faults.lift()
    return old


def of_sale(sale: Sale, *registers: Register) -> list[int]:
    """Numbers of the documents that any register has of a sale."""
    documents = [one for register in registers for one in register.device.storage.all()]
    return [one.fd for one in documents if one.order_uuid == str(sale.id)]


async def answered(till: Till, number: int, *, faults: bool) -> None:
    """A cashier who says the same whenever she is asked."""
    for sale in till.desk.state.unfinished:
        await till.desk.resume(sale.id)
    for _ in range(4):
        if till.desk.state.receipt_doubt is not None:
            await till.desk.receipts.answer(number)
        elif till.desk.state.sale is not None:
            await till.desk.recheck()
    assert faults or till.desk.state.sale is None, till.desk.state.sale


async def run_cut_at(number: int | None, folder: Path, *, registered: bool, fault: Fault | None) -> Fuse:
    clock, fuse = Time(), Fuse(number)
    with shop_at(clock) as shop:
        async with open_till(shop, folder, clock) as till:
            old = await in_doubt(till, shop, clock, registered=registered)
            [sale] = [one for one in till.outside.journal.open_sales() if one.stage is Stage.FISCALISING]
            paper = of_sale(sale, old)[0] if registered else 0
        if fault is not None:
            shop.faults.set(fault)
        with suppress(PowerCutError):
            async with open_till(shop, folder, clock, fuse=fuse) as till:
                await answered(till, paper, faults=fault is not None)
        shop.faults.lift()
        async with open_till(shop, folder, clock) as till:
            await answered(till, paper, faults=False)
            await deliver(till, clock)
            assert till.outside.outbox.summary().count == 0, till.outside.outbox.entries()
            done = till.outside.journal.find(sale.id)
            assert done is not None
            assert done.document is not None
            assert (done.stage, of_sale(sale, old, shop.register)) == (Stage.DONE, [done.document.number])
            told = [payment["receipt"]["document_number"] for payment in shop.payments(C2C)]
            assert told == [done.document.number]
    return fuse


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("registered", "fault"),
    [
        (True, None),
        (False, None),
        (False, Fault("register", "lose-answer", "sell")),
        (False, Fault("register", "recorded-error", "sell")),
    ],
    ids=["paper", "no paper", "no paper and a lost answer", "no paper and an error"],
)
async def test_no_cut_of_an_answer_makes_a_second_document(
    registered: bool,  # noqa: FBT001 - a side of the case
    fault: Fault | None,
    tmp_path: Path,
) -> None:
    fuse = await run_cut_at(None, made(tmp_path / "whole"), registered=registered, fault=fault)
    assert "before journal fiscalising" in fuse.names
    for number in places_to_cut(fuse.count, case=int(registered), stride=9):
        try:
            await run_cut_at(number, made(tmp_path / f"cut{number}"), registered=registered, fault=fault)
        except AssertionError as error:
            raise AssertionError(f"cut {number} ({fuse.names[number - 1]}): {error}") from error
