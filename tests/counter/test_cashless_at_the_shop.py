"""A whole till takes cards and transfers by its settings, from the terminal and the bank of the training shop."""

import re
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.counter.state import LightState
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderState, TenderWish
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Stage, Trouble
from pos_client.ports import Service
from pos_client.settings import SbpSection, Settings, TerminalSection
from pos_client.training.card_terminal import TERMINAL
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import C2C, SETTINGS, Time, deliver, open_till, shop_at

CARDS = TerminalSection(
    kind="inpas", address="http://shop/dualconnector", terminal_id=TERMINAL, status_operation=52, pay_timeout=0.5
)
CASHLESS: Settings = SETTINGS.model_copy(
    update={"terminal": CARDS, "sbp": SbpSection(kind="bank", address="http://shop", poll_every=0.02, timeout=0.5)}
)


def lights(till: Till) -> dict[Service, LightState]:
    return {light.service: light.state for light in till.desk.state.lights}


def let_the_customer_scan(till: Till, shop: Shop) -> None:
    """The code is paid as soon as it is on the screen."""

    def look(*_: object) -> None:
        qr = till.desk.state.qr
        if qr is not None:
            shop.bank.pay(qr.operation.hex)

    till.desk.listen(look)


async def test_a_card_and_a_transfer_pay_for_an_order(tmp_path: Path) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
            assert lights(till)[Service.TERMINAL] is LightState.UNKNOWN
            await till.desk.scanned(C2C)
            sale = till.desk.state.sale
            assert sale is not None
            by_card = Money(200_000)
            wishes = [TenderWish(TenderKind.CARD, by_card), TenderWish(TenderKind.SBP, sale.due - by_card)]
            let_the_customer_scan(till, shop)
            await till.desk.tenders.pay_plan(wishes)
            done = till.outside.journal.find(sale.id)
            assert done is not None
            assert done.stage is Stage.DONE, done.trouble
            assert [one.amount for one in shop.terminal.operations()] == [200_000]
            assert [one.state for one in shop.bank.transfers()] == ["PAID"]
            assert {lights(till)[each] for each in (Service.TERMINAL, Service.SBP)} == {LightState.GOOD}


@pytest.mark.parametrize("kind", ["lose-answer", "card-unsure"])
async def test_a_card_that_was_charged_without_a_word_is_charged_once(tmp_path: Path, kind: str) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
            await till.desk.scanned(C2C)
            sale = till.desk.state.sale
            assert sale is not None
            shop.faults.set(Fault("terminal", kind, operation="pay"))
            await till.desk.tenders.pay_plan([TenderWish(TenderKind.CARD, sale.due)])
            done = till.outside.journal.find(sale.id)
            assert done is not None
            assert done.stage is Stage.DONE, done.trouble
            assert [one.amount for one in shop.terminal.operations()] == [sale.due.kopecks]


async def test_a_declined_card_leaves_the_visit_to_other_money(tmp_path: Path) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
            await till.desk.scanned(C2C)
            sale = till.desk.state.sale
            assert sale is not None
            shop.faults.set(Fault("terminal", "card-no-funds"))
            await till.desk.tenders.pay_plan([TenderWish(TenderKind.CARD, sale.due)])
            stopped = till.outside.journal.find(sale.id)
            assert stopped is not None
            assert stopped.trouble is not None
            assert "не хватает денег" in stopped.trouble.what
            assert not stopped.takings.approved
            assert not shop.terminal.operations()


async def paid_by_card(till: Till, clock: Time) -> None:
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    await till.desk.tenders.pay_plan([TenderWish(TenderKind.CARD, sale.due)])
    await deliver(till, clock)


def trouble_of_the_refund(till: Till) -> Trouble:
    page = till.desk.state.refund
    assert page is not None, till.desk.state.notice
    assert page.refund.trouble is not None
    return page.refund.trouble


def moved(shop: Shop) -> list[str]:
    return [one.kind for one in shop.terminal.operations()]


@pytest.mark.parametrize("kind", ["lose-answer", "card-unsure"])
async def test_a_return_without_a_word_is_found_by_the_last_slip_and_made_once(tmp_path: Path, kind: str) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
            await paid_by_card(till, clock)
            shop.faults.set(Fault("terminal", kind, operation="refund"))
            await till.desk.refunds.open(C2C)
            await till.desk.refunds.confirm()
            done = till.desk.state.last_refund
            assert done is not None, till.desk.state.refund
            assert (done.stage, moved(shop)) == (RefundStage.DONE, ["pay", "refund"])


async def test_where_the_terminal_gives_no_copy_of_a_slip_the_cashier_is_asked(tmp_path: Path) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        shop.inpas.copies = False
        async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
            await paid_by_card(till, clock)
            shop.faults.set(Fault("terminal", "lose-answer", operation="refund"))
            await till.desk.refunds.open(C2C)
            await till.desk.refunds.confirm()
            page = till.desk.state.refund
            assert page is not None
            back = page.refund.next_return
            assert back is not None
            assert (back.state, moved(shop)) == (TenderState.RETURN_UNKNOWN, ["pay", "refund"])
            await till.desk.refunds.answer_check(True, back.amount)
            assert (till.desk.state.refund, moved(shop)) == (None, ["pay", "refund"])


@pytest.mark.parametrize(
    ("service", "kind", "times"),
    [
        ("terminal", "card-blocked", 1),
        ("terminal", "card-no-link", 1),
        ("terminal", "card-no-pinpad", None),
        ("terminal", "lose-answer", None),
    ],
)
async def test_whoever_gives_back_is_not_advised_to_take_money_another_way(
    tmp_path: Path, service: str, kind: str, times: int | None
) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        shop.inpas.copies = False
        async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
            await paid_by_card(till, clock)
            shop.faults.set(Fault(service, kind, operation="refund", times=times))
            await till.desk.refunds.open(C2C)
            await till.desk.refunds.confirm()
            told = trouble_of_the_refund(till)
            assert "«Проверить ещё раз»" in told.action
            assert not re.search("другую карту|оплат[уы]|наличн", f"{told.action} {told.say}"), told


@pytest.mark.parametrize("kind", ["lose-answer", "refuse", "http-500"])
async def test_a_transfer_that_does_not_go_back_now_is_not_to_be_paid_another_way(tmp_path: Path, kind: str) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
            await till.desk.scanned(C2C)
            sale = till.desk.state.sale
            assert sale is not None
            let_the_customer_scan(till, shop)
            await till.desk.tenders.pay_plan([TenderWish(TenderKind.SBP, sale.due)])
            await deliver(till, clock)
            shop.faults.set(Fault("sbp", kind, times=None))
            await till.desk.refunds.open(C2C)
            await till.desk.refunds.confirm()
            told = trouble_of_the_refund(till)
            assert "«Проверить ещё раз»" in told.action
            assert not re.search("оплат[уы]|QR", f"{told.action} {told.say}"), told


async def test_a_return_of_another_sum_is_said_to_be_one_and_not_silence(tmp_path: Path) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
            await paid_by_card(till, clock)
            shop.faults.set(Fault("terminal", "card-wrong-sum", operation="refund"))
            await till.desk.refunds.open(C2C)
            await till.desk.refunds.confirm()
            told = trouble_of_the_refund(till)
            assert "прошла другая сумма. Терминал провёл" in told.what
            assert "отложите" in told.action
            assert moved(shop) == ["pay", "refund"]
            await till.desk.refunds.recheck()
            assert "не ответил" not in trouble_of_the_refund(till).action
            assert moved(shop) == ["pay", "refund"]
