"""Keys, window, counter and shop together: cards, codes and cash in one visit, and the refund of all of it."""

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from pos_client.counter.state import TenderStep
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Stage
from pos_client.settings import SbpSection, TerminalSection
from pos_client.training.card_terminal import TERMINAL
from pos_client.training.faults import Fault
from pos_client.ui.entry import step_of
from tests.hands import wait_until
from tests.tills import C2C, SETTINGS, Time, deliver, shop_at
from tests.ui.test_loyalty_at_the_shop import Counter, counter_at

CARDS = TerminalSection(
    kind="inpas", address="http://shop/dualconnector", terminal_id=TERMINAL, status_operation=52, pay_timeout=0.5
)
CASHLESS = SETTINGS.model_copy(
    update={"terminal": CARDS, "sbp": SbpSection(kind="bank", address="http://shop", poll_every=0.05, timeout=0.5)}
)


@pytest.fixture
def clock() -> Time:
    return Time()


async def give_back(at: Counter) -> None:
    """Press the one key that moves money back."""
    at.hands.press("F9", modifiers=Qt.KeyboardModifier.ShiftModifier)
    await asyncio.sleep(0.08)  # the scanner's filter gives a person's key on after its own pause


async def test_a_code_a_card_and_cash_by_keys_and_everything_back_by_keys(
    dressed: QApplication, tmp_path: Path, clock: Time
) -> None:
    with shop_at(clock) as shop:
        async with counter_at(shop, tmp_path, clock, dressed, CASHLESS) as at:
            await at.scan(C2C, lambda state: state.sale is not None and state.sale.quote is not None)
            await at.press("F8")
            await at.write("1000")
            await at.press("F7")
            await at.write("2000")
            await at.press("F6")
            await at.press("F5")
            await wait_until(lambda: at.state.qr is not None and "Оплата по СБП 1 000,00 ₽" in at.said)
            qr = at.state.qr
            assert qr is not None
            assert shop.bank.pay(qr.operation.hex)
            await wait_until(lambda: step_of(at.state) is TenderStep.CASH)
            await wait_until(lambda: "карта 2 000 ✓" in at.said and "СБП 1 000 ✓" in at.said)
            await at.write("2000")
            await at.press("Enter")
            await wait_until(lambda: at.state.last is not None)
            last = at.state.last
            assert last is not None
            assert last.stage is Stage.DONE
            assert {one.kind: one.amount for one in last.tenders} == {
                TenderKind.SBP: Money(100_000),
                TenderKind.CARD: Money(200_000),
                TenderKind.CASH: Money(199_000),
            }
            assert last.takings.change == Money(1_000)
            await deliver(at.till, clock)

            await at.press("F9")
            at.hands.scan(C2C)
            await wait_until(lambda: at.state.refund is not None and not at.state.refund.busy)
            await wait_until(lambda: "Пока ничего не произошло." in at.said)
            await at.press("F9")
            await at.press("Enter")
            assert at.state.refund is not None
            assert at.state.refund.refund.stage is RefundStage.OPEN
            await give_back(at)
            await wait_until(lambda: "Выдайте клиенту 1 990 ₽" in at.said)
            at.hands.press("F9", modifiers=Qt.KeyboardModifier.ControlModifier)
            await wait_until(lambda: at.state.last_refund is not None)
            await wait_until(lambda: "Последний возврат" in at.said)
            assert [one.state for one in shop.bank.transfers()] != ["PAID"]


async def test_cash_first_and_the_rest_by_card_is_entered_as_it_is_said(
    dressed: QApplication, tmp_path: Path, clock: Time
) -> None:
    with shop_at(clock) as shop:
        async with counter_at(shop, tmp_path, clock, dressed, CASHLESS) as at:
            await at.scan(C2C, lambda state: state.sale is not None and state.sale.quote is not None)
            await at.press("F8")
            await at.write("1000")
            await at.press("F5")
            await at.press("F6")
            await wait_until(lambda: step_of(at.state) is TenderStep.CASH)
            await at.write("1500")
            await at.press("Enter")
            await wait_until(lambda: at.state.last is not None)
            last = at.state.last
            assert last is not None
            assert {one.kind: one.amount for one in last.tenders} == {
                TenderKind.CARD: Money(399_000),
                TenderKind.CASH: Money(100_000),
            }
            assert last.takings.change == Money(50_000)


async def test_received_cash_that_is_typed_keeps_the_card_from_being_charged(
    dressed: QApplication, tmp_path: Path, clock: Time
) -> None:
    with shop_at(clock) as shop:
        async with counter_at(shop, tmp_path, clock, dressed, CASHLESS) as at:
            await at.scan(C2C, lambda state: state.sale is not None and state.sale.quote is not None)
            await at.press("F8")
            await at.write("150")
            await at.press("Enter")
            await at.write("1000")
            await at.press("F6")
            await wait_until(lambda: "Набраны наличные" in at.said)
            await at.press("Enter")
            await wait_until(lambda: at.state.last is not None)
            assert at.state.last is not None
            assert [one.kind for one in at.state.last.tenders] == [TenderKind.CASH]
            assert at.state.last.takings.change == Money(85_000)
            assert not shop.terminal.operations()


async def test_a_declined_card_is_followed_by_cash_of_the_same_visit(
    dressed: QApplication, tmp_path: Path, clock: Time
) -> None:
    with shop_at(clock) as shop:
        async with counter_at(shop, tmp_path, clock, dressed, CASHLESS) as at:
            shop.faults.set(Fault("terminal", "card-no-funds"))
            await at.scan(C2C, lambda state: state.sale is not None and state.sale.quote is not None)
            await at.press("F6")
            await wait_until(lambda: step_of(at.state) is TenderStep.DECIDE and "не хватает денег" in at.said)
            await at.press("F5")
            await at.press("Enter")
            await wait_until(lambda: at.state.last is not None)
            assert at.state.last is not None
            assert [one.kind for one in at.state.last.tenders] == [TenderKind.CASH]
            assert not shop.terminal.operations()
