"""The plug pulled before and after every effect of a refund: afterwards money, receipt, points and order agree."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, Fuse, PowerCutError, Time, deliver, open_till, places_to_cut, shop_at, sold

Day = Callable[[Till, Shop], Awaitable[object]]
Ending = Callable[[Till], Awaitable[None]]


async def give_back(till: Till, text: str = C2C) -> None:
    await till.desk.refunds.open(text)
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()


async def plainly(till: Till, _shop: Shop) -> None:
    await give_back(till)


async def with_a_lost_claim(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("counter", "lose-answer", "refund-claim"))
    await give_back(till)


async def with_a_lost_receipt(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "lose-answer", "sellReturn"))
    shop.faults.set(Fault("register", "drop", "poll", times=2))
    await give_back(till)


async def with_a_receipt_registered_with_an_error(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "recorded-error", "sellReturn"))
    shop.faults.set(Fault("register", "refuse", "queryFnStatus", skip=2))
    await give_back(till)


async def with_a_receipt_refused_and_given_up(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "paper-out", "sellReturn", times=None))
    await give_back(till)
    await till.desk.refunds.close()


async def see_through(till: Till) -> None:
    for refund in till.desk.state.unfinished_refunds:
        await till.desk.refunds.resume(refund.id)
        await till.desk.refunds.handed_out()


async def give_up(till: Till) -> None:
    """A cashier who would rather not: what can be given up is, the rest is seen through."""
    for refund in till.desk.state.unfinished_refunds:
        await till.desk.refunds.give_up(refund.id)
        await till.desk.refunds.recheck()
        await till.desk.refunds.handed_out()


@dataclass(frozen=True)
class World:
    """What the outside remembers of the customer and the order."""

    returns: tuple[int, ...]
    drawer: int
    state: str
    available: int
    blocked: int


def world(shop: Shop) -> World:
    balance, held = shop.balance(ANNA), shop.refund(C2C)
    returns = tuple(one.total for one in shop.fiscal_documents() if one.type == "sellReturn")
    state = "" if held is None else str(held["state"])
    return World(returns, shop.register.device.drawer(), state, balance.available, balance.blocked)


async def run_cut_at(
    day: Day, ending: Ending, number: int | None, folder: Path, *, part: Money | None
) -> tuple[Fuse, World, World, World]:
    """One refund, cut at the n-th effect and taken up again: the world unsold, sold, and after everything."""
    clock, fuse = Time(), Fuse(number)
    with shop_at(clock) as shop:
        unsold = world(shop)
        async with open_till(shop, folder, clock) as till:
            await sold(till, ANNA, C2C, points=True, part=part)
            await deliver(till, clock)
        before = world(shop)
        async with open_till(shop, folder, clock, fuse=fuse) as till:
            with suppress(PowerCutError):
                await day(till, shop)
        shop.faults.lift()
        async with open_till(shop, folder, clock) as till:
            await ending(till)
            assert till.desk.state.refund is None, till.desk.state.refund
            await deliver(till, clock)
            assert till.outside.refund_book.open_refunds() == ()
            assert till.outside.outbox.summary().count == 0, till.outside.outbox.entries()
            after = world(shop)
            if not after.returns:
                # Whatever was begun holds nothing: the customer gets the money at the second try.
                await give_back(till)
                await deliver(till, clock)
                assert world(shop).state == "DONE", till.desk.state.notice
                assert world(shop).available == unsold.available
            return fuse, unsold, before, after


def check(unsold: World, before: World, after: World) -> None:
    """Either everything went back once, or nothing did."""
    if after.returns:
        assert len(after.returns) == 1
        assert after.drawer == before.drawer - after.returns[0]
        assert after.state == "DONE"
        assert (after.available, after.blocked) == (unsold.available, unsold.blocked)
    else:
        assert after == before


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


CASES: tuple[tuple[Day, Ending, Money | None], ...] = (
    (plainly, see_through, None),
    (plainly, give_up, Money(100000)),
    (with_a_lost_claim, give_up, None),
    (with_a_lost_receipt, see_through, Money(100000)),
    (with_a_receipt_registered_with_an_error, give_up, None),
    (with_a_receipt_refused_and_given_up, see_through, None),
)


@pytest.mark.parametrize(("day", "ending", "part"), CASES)
async def test_no_cut_loses_or_doubles_a_refund(day: Day, ending: Ending, part: Money | None, tmp_path: Path) -> None:
    fuse, unsold, before, whole = await run_cut_at(day, ending, None, made(tmp_path / "whole"), part=part)
    check(unsold, before, whole)
    assert len(whole.returns) == (0 if day is with_a_receipt_refused_and_given_up else 1)
    begins_at = fuse.names.index("before refund claiming")
    for number in places_to_cut(fuse.count, first=begins_at, case=CASES.index((day, ending, part)), stride=4):
        folder = made(tmp_path / f"cut{number}")
        cut, unsold, before, after = await run_cut_at(day, ending, number, folder, part=part)
        try:
            check(unsold, before, after)
            if ending is see_through and day is not with_a_receipt_refused_and_given_up:
                assert bool(after.returns) == ("after refund claiming" in cut.names)
        except AssertionError as error:
            raise AssertionError(f"cut {number} ({cut.names[-1]}): {error}") from error


async def one_too_many_cut_at(number: int | None, folder: Path) -> Fuse:
    """Two tills paid; the second one's payment goes back, cut at the n-th effect and taken up again."""
    clock, fuse = Time(), Fuse(number)
    (folder / "a").mkdir(parents=True)
    (folder / "b").mkdir()
    with shop_at(clock) as shop:
        async with open_till(shop, folder / "a", clock) as first, open_till(shop, folder / "b", clock) as second:
            for till in (first, second):
                await till.desk.scanned(C2C)
            await second.desk.scanned(ANNA)
            await second.desk.redeem(None)
            await sold(first)
            await deliver(first, clock)
            left = world(shop)
            visit = await sold(second)
            await deliver(second, clock)
        [receipt] = [one.qr for one in shop.fiscal_documents() if one.order_uuid == str(visit.id)]
        async with open_till(shop, folder / "b", clock, fuse=fuse) as till:
            with suppress(PowerCutError):
                await give_back(till)
        async with open_till(shop, folder / "b", clock) as till:
            await see_through(till)
            await give_back(till, receipt)  # where nothing had begun; elsewhere it is told what went back
            await deliver(till, clock)
            assert till.outside.outbox.summary().count == 0, till.outside.outbox.entries()
            assert world(shop) == replace(left, returns=(visit.taken.kopecks,))
    return fuse


async def test_the_plug_pulled_anywhere_gives_a_payment_too_many_back_once(tmp_path: Path) -> None:
    fuse = await one_too_many_cut_at(None, tmp_path / "0")
    for number in places_to_cut(fuse.count, case=4, stride=5):
        await one_too_many_cut_at(number, tmp_path / str(number))
