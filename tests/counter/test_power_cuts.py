"""The plug pulled before and after every effect of a sale: afterwards money, receipt, points and payment agree."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.domain.sale import Sale, Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, Fuse, PowerCutError, Time, deliver, open_till, places_to_cut, receipts, shop_at, sold

Visit = Callable[[Till, Shop], Awaitable[object]]


async def plain(till: Till, _shop: Shop) -> None:
    await sold(till, C2C)


async def with_points(till: Till, _shop: Shop) -> None:
    await sold(till, ANNA, C2C, points=True)


async def earning_only(till: Till, _shop: Shop) -> None:
    await sold(till, ANNA, C2C)


async def in_part(till: Till, _shop: Shop) -> None:
    await sold(till, ANNA, C2C, points=True, part=Money(100000))


async def without_processing(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "refuse", times=None))
    await sold(till, ANNA, C2C)


async def create_unanswered(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "lose-answer", "Offline.CreateAuthorizedOrder", times=2))
    sale = await sold(till, ANNA, C2C, points=True)
    if sale.stage is Stage.OPEN:
        await till.desk.pay(sale.due, sale.due)


async def sell_unanswered(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "lose-answer", "sell"))
    await sold(till, ANNA, C2C, points=True)


async def sell_registered_with_an_error(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "recorded-error", "sell"))
    await sold(till, ANNA, C2C, points=True)


async def given_up_after_the_points(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "paper-out", times=None))
    await sold(till, ANNA, C2C, points=True)
    await till.desk.cancel()


VISITS: tuple[Visit, ...] = (
    plain,
    with_points,
    earning_only,
    in_part,
    without_processing,
    create_unanswered,
    sell_unanswered,
    sell_registered_with_an_error,
    given_up_after_the_points,
)


@dataclass(frozen=True)
class World:
    """What the outside remembers of the customer and the order."""

    receipts: list[int]
    paid: list[float]
    available: int
    blocked: int


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def world(shop: Shop) -> World:
    balance = shop.balance(ANNA)
    paid = [sum(tender["sum"] for tender in payment["tenders"]) for payment in shop.payments(C2C)]
    return World(receipts(shop), paid, balance.available, balance.blocked)


async def settle(till: Till) -> list[Sale]:
    """What a cashier does after a restart: carry every unfinished sale through, or give it up where nothing moved."""
    for sale in till.desk.state.unfinished:
        await till.desk.resume(sale.id)
        if till.desk.state.sale is not None and till.desk.state.sale.stage is not Stage.OPEN:
            await till.desk.recheck()
        await till.desk.cancel()
        assert till.desk.state.sale is None, till.desk.state.sale
    return list(till.outside.journal.open_sales())


async def run_cut_at(visit: Visit, number: int | None, folder: Path) -> tuple[Fuse, World, World, Till]:
    """One visit, cut at the n-th effect and taken up again; returns the world before the visit and after everything."""
    clock = Time()
    fuse = Fuse(number)
    with shop_at(clock) as shop:
        before = world(shop)
        async with open_till(shop, folder, clock, fuse=fuse) as till:
            try:
                await visit(till, shop)
            except PowerCutError:
                pass
            finally:
                await _die()
        shop.faults.lift()
        async with open_till(shop, folder, clock) as till:
            left = await settle(till)
            await deliver(till, clock)
            assert left == []
            summary = till.outside.outbox.summary()
            assert summary.count == 0, till.outside.outbox.entries()
            return fuse, before, world(shop), till


async def _die() -> None:
    """Whatever the dead process was still doing ends with it."""
    current = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not current and "deliver" in task.get_name()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def check(before: World, after: World, allowed: set[tuple[int, int]]) -> None:
    """Money taken is money registered is money reported, once; the points are as after one whole visit or none."""
    assert len(after.receipts) <= 1
    assert len(after.paid) == len(after.receipts)
    assert (after.available, after.blocked) in allowed, (before, after)


@pytest.mark.parametrize("visit", VISITS, ids=[visit.__name__ for visit in VISITS])
async def test_no_cut_loses_or_doubles_anything(visit: Visit, tmp_path: Path) -> None:
    fuse, before, whole, _ = await run_cut_at(visit, None, made(tmp_path / "whole"))
    assert len(whole.receipts) == (0 if visit is given_up_after_the_points else 1)
    outcomes = {(before.available, before.blocked), (whole.available, whole.blocked)}
    if visit is not plain:
        # A visit that lost its processing, or its create, accrues what a visit without points would; one that was cut
        # before it could be given up goes through.
        _, _, offline, _ = await run_cut_at(without_processing, None, made(tmp_path / "offline"))
        _, _, spent, _ = await run_cut_at(with_points, None, made(tmp_path / "spent"))
        outcomes |= {(offline.available, offline.blocked), (spent.available, spent.blocked)}
    for number in places_to_cut(fuse.count, case=VISITS.index(visit), stride=2):
        cut, before, after, _ = await run_cut_at(visit, number, made(tmp_path / f"cut{number}"))
        name = cut.names[-1] if cut.names else "?"
        try:
            check(before, after, outcomes)
        except AssertionError as error:
            raise AssertionError(f"cut {number} ({name}): {error}") from error
        moved_money = "journal reserving" in " ".join(cut.names[:-1]) or "journal paying" in " ".join(cut.names[:-1])
        if after.receipts and not moved_money:
            raise AssertionError(f"cut {number} ({name}): a receipt for money that nobody took")
