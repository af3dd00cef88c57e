"""Asking services how they are: nobody waits a minute for a lamp, and no question moves money or stands in its way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from pos_client.app import Till
from pos_client.counter.state import Light, LightState
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Approval, TenderWish
from pos_client.ports import Service
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.cashless import Bank, CardTerminal
from tests.counter.test_cashless_at_the_shop import CASHLESS
from tests.hands import wait_until
from tests.tills import C2C, Fuse, PowerCutError, Time, open_till

ASKED_BY_THEMSELVES = [Service.ORDERS, Service.PROCESSING, Service.REGISTER, Service.TERMINAL, Service.SBP]


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
        yield till


def light(till: Till, service: Service) -> Light:
    return next(each for each in till.desk.state.lights if each.service is service)


def break_down(shop: Shop, service: Service) -> None:
    shop.faults.set(Fault(service.value, "refuse", times=None))


async def ask_until_it_is_down(till: Till, service: Service) -> None:
    for _ in range(2):
        await till.desk.lights.ask(service)
    assert light(till, service).state is LightState.DOWN


@asynccontextmanager
async def watching(till: Till, *, probe_every: float = 0.01) -> AsyncIterator[None]:
    """The desk watches as it does while a till runs, but for the register's minute, which no test lives to see."""
    work = asyncio.create_task(till.desk.watch(register_every=600, probe_every=probe_every, probe_within=1))
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_the_cashier_asks_all_services_at_once(till: Till) -> None:
    await till.desk.lights.ask()
    assert {each.state for each in till.desk.state.lights if each.service is not Service.OFD} == {LightState.GOOD}
    assert till.desk.state.register is not None


@pytest.mark.parametrize("service", ASKED_BY_THEMSELVES)
async def test_a_lamp_is_green_as_soon_as_the_cashier_asked_and_was_answered(
    till: Till, shop: Shop, service: Service
) -> None:
    break_down(shop, service)
    await ask_until_it_is_down(till, service)
    shop.faults.lift()
    await till.desk.lights.ask(service)
    assert light(till, service).state is LightState.GOOD


@pytest.mark.parametrize("service", ASKED_BY_THEMSELVES)
async def test_a_service_that_answers_again_is_found_without_a_customer_and_without_a_minute(
    till: Till, shop: Shop, service: Service
) -> None:
    break_down(shop, service)
    await ask_until_it_is_down(till, service)
    async with watching(till):
        shop.faults.lift()
        await wait_until(lambda: light(till, service).state is LightState.GOOD)


@pytest.mark.parametrize("service", ASKED_BY_THEMSELVES)
async def test_a_till_that_has_just_started_learns_how_every_service_is(till: Till, service: Service) -> None:
    assert light(till, service).state is LightState.UNKNOWN
    async with watching(till):
        await wait_until(lambda: light(till, service).state is LightState.GOOD)


async def test_a_lamp_says_that_its_service_is_being_asked_and_no_longer(till: Till) -> None:
    seen: list[bool] = []
    till.desk.listen(lambda state: seen.append(any(each.asked for each in state.lights)))
    await till.desk.lights.ask(Service.ORDERS)
    assert seen[0]
    assert not seen[-1]
    assert not light(till, Service.ORDERS).asked


async def test_no_question_moves_money(till: Till, shop: Shop) -> None:
    async with watching(till):
        await till.desk.lights.ask()
        await wait_until(lambda: light(till, Service.SBP).state is LightState.GOOD)
    assert [one for one in shop.terminal.operations() if one.amount] == []
    assert shop.bank.transfers() == []


async def test_the_terminal_is_left_alone_while_somebody_is_about_to_pay(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    terminal = CardTerminal()
    async with open_till(shop, tmp_path, clock, settings=CASHLESS, terminal=terminal, sbp=Bank()) as till:
        await till.desk.scanned(C2C)
        async with watching(till, probe_every=0.001):
            await asyncio.sleep(0.05)
            assert terminal.probed == 0
            await till.desk.lights.ask(Service.TERMINAL)
            assert terminal.probed == 1  # the cashier wished it
            await till.desk.cancel()
            await wait_until(lambda: terminal.probed > 1)


async def paid_by_card(till: Till) -> None:
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    await till.desk.tenders.pay_plan([TenderWish(TenderKind.CARD, sale.due)])


class _WaitsForTheCard(CardTerminal):
    """Charges when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.charging = asyncio.Event()
        self.card = asyncio.Event()

    async def pay(self, amount: Money, operation: UUID) -> Approval:
        self.charging.set()
        await self.card.wait()
        return await super().pay(amount, operation)


async def test_the_terminal_is_not_asked_while_it_takes_money(shop: Shop, clock: Time, tmp_path: Path) -> None:
    terminal = _WaitsForTheCard()
    async with open_till(shop, tmp_path, clock, settings=CASHLESS, terminal=terminal, sbp=Bank()) as till:
        await till.desk.scanned(C2C)
        sale = till.desk.state.sale
        assert sale is not None
        paying = asyncio.ensure_future(till.desk.tenders.pay_plan([TenderWish(TenderKind.CARD, sale.due)]))
        await terminal.charging.wait()
        await till.desk.lights.ask()
        assert terminal.probed == 0
        terminal.card.set()
        await paying
        assert terminal.holds == sale.due


async def test_after_a_restart_the_terminal_is_left_alone_until_the_card_in_doubt_is_settled(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    killed = CardTerminal(fuse=Fuse(2))
    async with open_till(shop, tmp_path, clock, settings=CASHLESS, terminal=killed, sbp=Bank()) as till:
        with pytest.raises(PowerCutError):
            await paid_by_card(till)
    terminal = CardTerminal(charged=killed.charged)
    async with open_till(shop, tmp_path, clock, settings=CASHLESS, terminal=terminal, sbp=Bank()) as till:
        (sale,) = till.desk.state.unfinished
        async with watching(till, probe_every=0.001):
            await till.desk.lights.ask()
            await asyncio.sleep(0.05)
            assert terminal.probed == 0
            await till.desk.resume(sale.id)
            assert till.desk.state.last is not None
            await wait_until(lambda: terminal.probed > 0)
        assert terminal.holds == till.desk.state.last.taken
