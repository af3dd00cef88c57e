"""The plug pulled before and after every effect of a visit paid by several means: no wrong outcome is left."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.counter.state import TenderStep
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.domain.sale import Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.cashless import Bank, CardTerminal
from tests.tills import ANNA, C2C, Fuse, PowerCutError, Time, deliver, open_till, places_to_cut, receipts, shop_at

MIXED = (
    TenderWish(TenderKind.CARD, Money(200000)),
    TenderWish(TenderKind.SBP, Money(150000)),
    TenderWish(TenderKind.CASH, Money(100000), Money(100000)),
)


@dataclass
class World:
    """What outlives the till."""

    shop: Shop
    terminal: CardTerminal
    bank: Bank

    @property
    def cashless(self) -> int:
        return (self.terminal.holds + self.bank.holds).kopecks


Visit = Callable[[Till, World], Awaitable[None]]


async def mixed(till: Till, _world: World) -> None:
    await till.desk.scanned(C2C)
    await till.desk.tenders.pay_plan(MIXED)


async def answers_lost(till: Till, world: World) -> None:
    world.terminal.does = ["lose", "lose"]
    await till.desk.scanned(C2C)
    await till.desk.tenders.split(2)


async def registered_with_an_error(till: Till, world: World) -> None:
    world.shop.faults.set(Fault("register", "recorded-error", "sell"))
    await mixed(till, world)
    await till.desk.cancel()


async def declined_and_paid_otherwise(till: Till, world: World) -> None:
    world.terminal.does = ["approve", "decline"]
    await till.desk.scanned(C2C)
    await till.desk.tenders.split(2)
    await till.desk.tenders.rest_by(TenderKind.CASH, Money(300000))


async def given_up_halfway(till: Till, world: World) -> None:
    world.terminal.does = ["approve", "decline", "lose"]
    await till.desk.scanned(C2C)
    await till.desk.tenders.split(2)
    await till.desk.cancel()


async def given_up_with_a_transfer(till: Till, world: World) -> None:
    world.terminal.does = ["approve"]
    await till.desk.scanned(C2C)
    world.shop.faults.set(Fault("register", "paper-out", times=None))
    await till.desk.tenders.pay_plan(MIXED)
    await till.desk.cancel()


async def of_a_member_with_points(till: Till, world: World) -> None:
    await till.desk.scanned(ANNA)
    await till.desk.scanned(C2C)
    await till.desk.redeem(None)
    world.terminal.does = ["approve", "decline", "approve"]
    await till.desk.tenders.split(2)
    await till.desk.tenders.rest_by(TenderKind.CARD)


async def refunded(till: Till, world: World) -> None:
    world.terminal.does = ["lose"]
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()


async def finish_refund(till: Till) -> None:
    """A cashier after a restart: a refund that was begun is seen through."""
    for refund in till.desk.state.unfinished_refunds:
        await till.desk.refunds.resume(refund.id)
        await till.desk.refunds.recheck()
        await till.desk.refunds.handed_out()
        assert till.desk.state.refund is None, till.desk.state.refund


async def settle(till: Till, *, gives_up: bool) -> None:
    """A cashier after a restart: sees every unfinished visit through, in cash where money is still missing."""
    for sale in till.desk.state.unfinished:
        await till.desk.resume(sale.id)
        for _ in range(5):
            now = till.desk.state
            if now.sale is None:
                break
            if now.sale.stage is Stage.OPEN or (gives_up and now.sale.may_be_given_up):
                await till.desk.cancel()
            elif now.tendering is not None and now.tendering.step in {TenderStep.DECIDE, TenderStep.CASH}:
                await till.desk.tenders.rest_by(TenderKind.CASH, till.desk.tenders.rest)
            else:
                await till.desk.recheck()
        assert till.desk.state.sale is None, till.desk.state.sale
    assert till.outside.journal.open_sales() == ()


async def run_cut_at(visit: Visit, number: int | None, folder: Path, *, gives_up: bool) -> Fuse:
    clock, fuse = Time(), Fuse(number)
    with shop_at(clock) as shop:
        world = World(shop, CardTerminal(clock=clock), Bank())
        if visit is refunded:
            async with open_till(shop, folder, clock, terminal=world.terminal, sbp=world.bank) as till:
                await mixed(till, world)
                await deliver(till, clock)
        world.terminal.fuse = world.bank.fuse = fuse
        async with open_till(shop, folder, clock, fuse=fuse, terminal=world.terminal, sbp=world.bank) as till:
            with suppress(PowerCutError):
                await visit(till, world)
        world.terminal.fuse = world.bank.fuse = None
        world.terminal.does.clear()
        shop.faults.lift()
        async with open_till(shop, folder, clock, terminal=world.terminal, sbp=world.bank) as till:
            await settle(till, gives_up=gives_up)
            await finish_refund(till)
            await deliver(till, clock)
            assert till.outside.outbox.summary().count == 0, till.outside.outbox.entries()
            check(till, world)
    return fuse


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def check(till: Till, world: World) -> None:
    """Money held by terminal and bank is on one receipt and told once, or there is none of it anywhere."""
    done = [sale for sale in till.outside.journal.begun_for(C2C) if sale.stage is Stage.DONE]
    assert len(done) <= 1
    assert receipts(world.shop) == [sale.taken.kopecks for sale in done]
    told = [round(one["sum"] * 100) for payment in world.shop.payments(C2C) for one in payment["tenders"]]
    assert sum(told) == sum(sale.taken.kopecks for sale in done)
    returned = [one.total for one in world.shop.fiscal_documents() if one.type == "sellReturn"]
    assert returned in ([], receipts(world.shop))
    held = sum(one.amount.kopecks for sale in done for one in sale.tenders if one.kind is not TenderKind.CASH)
    held = 0 if returned else held
    assert world.cashless == held
    if not any(sale.points_asked for sale in done):
        spent = [one.amount for one in world.shop.movements() if one.kind == "RetailOrderPayment"]
        assert sum(spent) == 0
        assert world.shop.balance(ANNA).available == 620


VISITS: tuple[Visit, ...] = (
    mixed,
    answers_lost,
    registered_with_an_error,
    declined_and_paid_otherwise,
    given_up_halfway,
    given_up_with_a_transfer,
    of_a_member_with_points,
    refunded,
)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("gives_up", [False, True], ids=["goes_on", "gives_up"])
@pytest.mark.parametrize("visit", VISITS, ids=[visit.__name__ for visit in VISITS])
async def test_no_cut_of_a_mixed_visit_loses_or_doubles_money(visit: Visit, tmp_path: Path, *, gives_up: bool) -> None:
    fuse = await run_cut_at(visit, None, made(tmp_path / "whole"), gives_up=gives_up)
    assert {"before card", "before card back"} & set(fuse.names)
    for number in places_to_cut(fuse.count, case=2 * VISITS.index(visit) + gives_up, stride=3):
        try:
            await run_cut_at(visit, number, made(tmp_path / f"cut{number}"), gives_up=gives_up)
        except AssertionError as error:
            raise AssertionError(f"cut {number} ({fuse.names[number - 1]}): {error}") from error
