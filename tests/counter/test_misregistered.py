"""A receipt that the register registered with another total: corrected once, and nobody pays twice."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.domain.sale import Sale, Stage
from pos_client.ports import RefusedError
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.cashless import CardTerminal
from tests.tills import (
    ANNA,
    C2C,
    Fuse,
    PowerCutError,
    Time,
    close_shift,
    deliver,
    open_till,
    places_to_cut,
    shop_at,
    sold,
)

MISCOUNTS = Fault("register", "other-total", "sell")
CORRECTED = [("sell", 499100), ("sellReturnCorrection", 499100), ("sellCorrection", 499000)]


def documents(shop: Shop) -> list[tuple[str, int]]:
    """Documents about money, with their totals in kopecks."""
    return [(one.type, one.total) for one in shop.fiscal_documents() if one.type.startswith("sell")]


def latest(till: Till, sale: Sale) -> Sale:
    found = till.outside.journal.find(sale.id)
    assert found is not None
    return found


def what_stands_in_the_way(till: Till) -> str:
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.trouble is not None
    return sale.trouble.what


async def test_it_waits_for_a_person_who_reads_of_it_and_then_has_it_corrected(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.faults.set(MISCOUNTS)
    sale = await sold(till, C2C)
    assert (sale.stage, sale.document, documents(shop)) == (Stage.CORRECTING, None, CORRECTED[:1])
    assert sale.trouble is not None
    assert f"пробила чек на {Money(499100)}, а должна была на {Money(499000)}" in sale.trouble.what
    assert "служебную записку" in sale.trouble.action
    drawer = shop.register.device.drawer()
    await till.desk.recheck()
    done = latest(till, sale)
    assert (done.stage, till.desk.state.sale, documents(shop)) == (Stage.DONE, None, CORRECTED)
    assert done.document is not None
    assert (done.document.total, done.document.number) == (Money(499000), shop.fiscal_documents()[-1].fd)
    assert shop.register.device.drawer() == drawer - 100
    await deliver(till, clock)
    [payment] = shop.payments(C2C)
    assert [tender["sum"] for tender in payment["tenders"]] == [4990.0]
    assert payment["receipt"]["document_number"] == done.document.number


async def test_the_command_line_leaves_it_to_the_counter_and_says_where(till: Till, shop: Shop) -> None:
    shop.faults.set(MISCOUNTS)
    sale = await sold(till, C2C)
    assert sale.misregistered is not None
    wrong = sale.misregistered.document
    with pytest.raises(RefusedError) as refused:
        await till.corrections.correct_sale(wrong.number, cashier=sale.cashier)
    assert refused.value.trouble.what.startswith(f"Чек № {wrong.number} эта касса уже исправляет сама")
    assert "«Исправить чек»" in refused.value.trouble.action
    with pytest.raises(RefusedError, match="у этой кассы нет"):
        await till.corrections.correct_sale(wrong.number, cashier=sale.cashier, fn="9999078900009999")
    assert documents(shop) == CORRECTED[:1]


async def test_the_opposite_repeats_what_is_registered_and_the_right_one_what_was_sold(till: Till, shop: Shop) -> None:
    shop.faults.set(MISCOUNTS)
    sale = await sold(till, C2C)
    await till.desk.recheck()
    wrong, opposite, right = (one.task for one in shop.fiscal_documents() if one.type.startswith("sell"))
    assert latest(till, sale).fiscal is not None

    def said(task: dict[str, object]) -> object:
        items = task["items"]
        assert isinstance(items, list)
        return [one for one in items if one["type"] == "position"], task["payments"]

    assert said(opposite) == said(wrong)
    assert said(right) != said(wrong)
    named = [task["items"][0]["value"] for task in (opposite, right)]
    assert named == [shop.fiscal_documents()[-3].sign] * 2


async def test_a_sale_that_cannot_be_corrected_now_stays_explained_and_goes_on_later(till: Till, shop: Shop) -> None:
    shop.faults.set(MISCOUNTS)
    sale = await sold(till, C2C)
    shop.faults.set(Fault("register", "refuse", times=None))
    await till.desk.recheck()
    assert "пока не исправлен" in what_stands_in_the_way(till)
    await till.desk.cancel()
    assert latest(till, sale).stage is Stage.CORRECTING
    await till.desk.set_aside()
    assert [one.id for one in till.desk.state.unfinished] == [sale.id]
    shop.faults.lift()
    await till.desk.resume(sale.id)
    assert (latest(till, sale).stage, documents(shop)) == (Stage.DONE, CORRECTED)


async def test_what_a_killed_till_had_begun_is_finished_by_the_next_one_and_the_sale_only_ends(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    shop.faults.set(MISCOUNTS)
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold(till, C2C)
        shop.faults.set(Fault("register", "paper-out", times=None))
        await till.desk.recheck()
        assert "пока не исправлен" in what_stands_in_the_way(till)
    shop.faults.lift()
    async with open_till(shop, tmp_path, clock) as till:
        await till.finish_corrections()
        assert (documents(shop), latest(till, sale).stage) == (CORRECTED, Stage.CORRECTING)
        await till.desk.resume(sale.id)
        assert (documents(shop), latest(till, sale).stage) == (CORRECTED, Stage.DONE)


async def test_a_document_that_the_storage_does_not_tell_is_asked_for_again(till: Till, shop: Shop) -> None:
    shop.faults.set(MISCOUNTS)
    shop.faults.set(Fault("register", "no-connection", "getFnDocument", times=2))
    sale = await sold(till, C2C)
    assert (sale.stage, documents(shop)) == (Stage.FISCALISING, CORRECTED[:1])
    assert "Касса пробила чек на" in what_stands_in_the_way(till)
    await till.desk.recheck()
    assert latest(till, sale).stage is Stage.FISCALISING
    await till.desk.recheck()
    assert latest(till, sale).stage is Stage.CORRECTING
    await till.desk.recheck()
    assert (latest(till, sale).stage, documents(shop)) == (Stage.DONE, CORRECTED)


async def test_a_correction_that_is_registered_wrongly_too_stops_for_good_and_prints_nothing_more(
    till: Till, shop: Shop
) -> None:
    shop.faults.set(MISCOUNTS)
    sale = await sold(till, C2C)
    shop.faults.set(Fault("register", "other-total", "sellCorrection"))
    for _ in range(3):
        await till.desk.recheck()
        assert documents(shop) == [*CORRECTED[:2], ("sellCorrection", 499100)]
        assert latest(till, sale).stage is Stage.CORRECTING
        assert "позвоните в поддержку" in str(till.desk.state.sale and till.desk.state.sale.trouble).lower()


async def test_its_order_is_neither_paid_again_nor_given_back_meanwhile(till: Till, shop: Shop) -> None:
    shop.faults.set(MISCOUNTS)
    await sold(till, C2C)
    await till.desk.set_aside()
    await till.desk.scanned(C2C)
    assert till.desk.state.sale is None
    assert till.desk.state.notice is not None
    assert "незавершённая продажа" in till.desk.state.notice.what
    await till.desk.refunds.open(C2C)
    assert till.desk.state.refund is None


async def test_a_sale_that_ended_by_a_correction_can_be_corrected_again(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    shop.faults.set(MISCOUNTS)
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold(till, C2C)
        await till.desk.recheck()
        done = latest(till, sale)
        assert done.document is not None
        with pytest.raises(RefusedError, match="исправлять нечего"):
            await till.corrections.correct_sale(done.document.number, cashier=done.cashier)
        again = await till.corrections.correct_sale(done.document.number, cashier=done.cashier, undo=True)
        assert not again.is_open
    assert documents(shop) == [*CORRECTED, ("sellReturnCorrection", 499000)]


async def test_a_correction_of_what_was_put_right_the_next_day_names_the_day_of_the_settlement(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    shop.faults.set(MISCOUNTS)
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold(till, C2C)
        await close_shift(shop)
        clock.now += timedelta(days=1)
        await till.desk.recheck()
        right = latest(till, sale).document
        assert right is not None
        await till.corrections.correct_sale(right.number, cashier=sale.cashier, undo=True)
    corrections = [one.task["correctionBaseDate"] for one in shop.fiscal_documents() if "Correction" in one.type]
    assert corrections == ["2026.11.21"] * 3


# ------------------------------------------------------------------------------------------------------- power cuts


async def miscounted(till: Till, shop: Shop) -> None:
    shop.faults.set(MISCOUNTS)
    await till.desk.scanned(ANNA)
    await till.desk.scanned(C2C)
    await till.desk.tenders.pay_plan([TenderWish(TenderKind.CARD, Money(499000))])
    await till.desk.recheck()


async def settle(till: Till) -> None:
    """What a cashier does after a restart: carry every unfinished sale through."""
    for sale in till.desk.state.unfinished:
        await till.desk.resume(sale.id)
        for _ in range(3):
            if till.desk.state.sale is not None:
                await till.desk.recheck()
        await till.desk.cancel()
        assert till.desk.state.sale is None, till.desk.state.sale


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def run_cut_at(number: int | None, folder: Path) -> tuple[Fuse, list[tuple[str, int]], int, list[float]]:
    """One visit, cut at the n-th effect and taken up again; documents, kopecks on the card, and what orders heard."""
    clock, fuse, terminal = Time(), Fuse(number), CardTerminal()
    with shop_at(clock) as shop:
        async with open_till(shop, folder, clock, fuse=fuse, terminal=terminal) as till:
            with suppress(PowerCutError):
                await miscounted(till, shop)
        async with open_till(shop, folder, clock, terminal=terminal) as till:
            await till.finish_corrections()
            await settle(till)
            await deliver(till, clock)
            assert till.outside.journal.open_sales() == ()
            assert till.outside.outbox.summary().count == 0
        paid = [sum(tender["sum"] for tender in payment["tenders"]) for payment in shop.payments(C2C)]
        return fuse, documents(shop), terminal.holds.kopecks, paid


async def test_no_cut_charges_twice_or_corrects_twice(tmp_path: Path) -> None:
    fuse, whole, charged, told = await run_cut_at(None, made(tmp_path / "whole"))
    assert (whole, charged, told) == (CORRECTED, 499000, [4990.0])
    for number in places_to_cut(fuse.count, case=0, stride=2):
        cut, found, charged, told = await run_cut_at(number, made(tmp_path / f"cut{number}"))
        name = cut.names[-1]
        assert (found, charged, told) in [(CORRECTED, 499000, [4990.0]), ([], 0, [])], f"cut {number} ({name})"
