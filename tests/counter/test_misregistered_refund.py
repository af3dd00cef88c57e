"""A return that the register registered with another total: corrected once, then the cash is handed out."""

from contextlib import suppress
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Trouble
from pos_client.ports import RefusedError
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import C2C, Fuse, PowerCutError, Time, deliver, open_till, places_to_cut, shop_at, sold

MISCOUNTS = Fault("register", "other-total", "sellReturn")
WRONG = [("sell", 499000), ("sellReturn", 499100)]
CORRECTED = [*WRONG, ("sellCorrection", 499100), ("sellReturnCorrection", 499000)]


def documents(shop: Shop) -> list[tuple[str, int]]:
    """Documents about money, with their totals in kopecks."""
    return [(one.type, one.total) for one in shop.fiscal_documents() if one.type.startswith("sell")]


async def sold_and_miscounted(till: Till, shop: Shop, clock: Time) -> None:
    await sold(till, C2C)
    await deliver(till, clock)
    shop.faults.set(MISCOUNTS)
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()


def shown(till: Till) -> Refund:
    page = till.desk.state.refund
    assert page is not None, till.desk.state.notice
    return page.refund


def trouble(till: Till) -> Trouble:
    found = shown(till).trouble
    assert found is not None
    return found


async def test_it_waits_for_a_person_who_reads_of_it_and_then_has_it_corrected(
    till: Till, shop: Shop, clock: Time
) -> None:
    drawer = shop.register.device.drawer()
    await sold_and_miscounted(till, shop, clock)
    assert (shown(till).stage, documents(shop)) == (RefundStage.CORRECTING, WRONG)
    assert "служебную записку" in trouble(till).action
    assert "пока не выдавайте" in trouble(till).money
    wrong = shown(till).misregistered
    assert wrong is not None
    with pytest.raises(RefusedError, match="эта касса уже исправляет сама"):
        await till.corrections.correct_sale(wrong.document.number, cashier=shown(till).cashier)
    await till.desk.refunds.handed_out()
    assert shown(till).stage is RefundStage.CORRECTING
    await till.desk.refunds.recheck()
    assert (shown(till).stage, documents(shop)) == (RefundStage.HANDING_OUT, CORRECTED)
    assert shop.register.device.drawer() == drawer
    await till.desk.refunds.handed_out()
    await deliver(till, clock)
    held, last = shop.refund(C2C), till.desk.state.last_refund
    assert held is not None
    assert last is not None
    assert last.document is not None
    assert (held["state"], held["receipt"]["document_number"]) == ("DONE", shop.fiscal_documents()[-1].fd)
    assert (last.document.number, till.desk.state.refund) == (shop.fiscal_documents()[-1].fd, None)


async def test_one_that_cannot_be_corrected_now_stays_explained_and_goes_on_later(
    till: Till, shop: Shop, clock: Time
) -> None:
    await sold_and_miscounted(till, shop, clock)
    shop.faults.set(Fault("register", "refuse", times=None))
    await till.desk.refunds.recheck()
    assert "пока не исправлен" in trouble(till).what
    await till.desk.refunds.close()
    notice, refund = till.desk.state.notice, shown(till)
    assert notice is not None
    assert notice.what.endswith("чек возврата пробит, хоть и на другую сумму.")
    assert refund.stage is RefundStage.CORRECTING
    till.desk.refunds.set_aside()
    assert [one.id for one in till.desk.state.unfinished_refunds] == [refund.id]
    shop.faults.lift()
    await till.desk.refunds.resume(refund.id)
    assert (shown(till).stage, documents(shop)) == (RefundStage.HANDING_OUT, CORRECTED)


async def test_while_the_storage_does_not_tell_of_it_no_cash_is_promised_and_it_is_asked_again(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.faults.set(Fault("register", "no-connection", "getFnDocument", times=2))
    await sold_and_miscounted(till, shop, clock)
    assert (shown(till).stage, documents(shop)) == (RefundStage.FISCALISING, WRONG)
    assert "не выдавайте" in trouble(till).money
    for _ in range(3):
        await till.desk.refunds.recheck()
    assert (shown(till).stage, documents(shop)) == (RefundStage.HANDING_OUT, CORRECTED)


async def finished(till: Till) -> None:
    """What a cashier does after a restart: carry the refund through, or begin it if it never was."""
    await till.finish_corrections()
    for refund in till.desk.state.unfinished_refunds:
        await till.desk.refunds.resume(refund.id)
    for _ in range(3):
        await till.desk.refunds.recheck()
    await till.desk.refunds.handed_out()
    assert till.desk.state.refund is None, till.desk.state.refund


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def cut_at(number: int | None, folder: Path) -> tuple[Fuse, list[tuple[str, int]], str]:
    """One refund, cut at the n-th effect and taken up again; documents, and how the order service has it."""
    clock, fuse = Time(), Fuse(number)
    with shop_at(clock) as shop:
        async with open_till(shop, folder, clock) as till:
            await sold(till, C2C)
            await deliver(till, clock)
        shop.faults.set(MISCOUNTS)
        async with open_till(shop, folder, clock, fuse=fuse) as till:
            with suppress(PowerCutError):
                await till.desk.refunds.open(C2C)
                await till.desk.refunds.confirm()
                await till.desk.refunds.recheck()
                await till.desk.refunds.handed_out()
        async with open_till(shop, folder, clock) as till:
            await finished(till)
            await deliver(till, clock)
            assert till.outside.refund_book.open_refunds() == ()
        held = shop.refund(C2C)
        return fuse, documents(shop), "" if held is None else str(held["state"])


async def test_no_cut_corrects_a_return_twice_or_leaves_it_open(tmp_path: Path) -> None:
    fuse, whole, state = await cut_at(None, made(tmp_path / "whole"))
    assert (whole, state) == (CORRECTED, "DONE")
    begins = fuse.names.index("before refund claiming")
    for number in places_to_cut(fuse.count, first=begins, case=0, stride=3):
        cut, found, state = await cut_at(number, made(tmp_path / f"cut{number}"))
        assert (found, state) in [(CORRECTED, "DONE"), (WRONG[:1], "")], f"cut {number} ({cut.names[-1]})"
