"""Keys, window, counter and shop together: what a cashier does from the scan to the receipt."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from itertools import count
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from pos_client.app import Till
from pos_client.counter.state import CounterState, JoinStep
from pos_client.domain.money import Points
from pos_client.domain.sale import Stage
from pos_client.settings import CounterSection, Settings
from pos_client.training.shop import Shop
from pos_client.ui.keys import Gestures
from pos_client.ui.presenter import PosPresenter
from pos_client.ui.reading import read
from pos_client.ui.scanner import Scanner
from pos_client.ui.theme import load_theme
from pos_client.ui.window import PosWindow
from tests.hands import Hands, show, wait_until
from tests.tills import ANNA, C2C, SETTINGS, Time, open_till, shop_at

NEWCOMER = "79161112233"


@dataclass
class Counter:
    """A real till under a real window, and hands."""

    till: Till
    shop: Shop
    window: PosWindow
    hands: Hands

    @property
    def state(self) -> CounterState:
        return self.till.desk.state

    @property
    def said(self) -> str:
        assert self.window.drawn is not None
        return "\n".join(read(self.window.drawn)).replace("\N{NO-BREAK SPACE}", " ")

    async def scan(self, text: str, then: Callable[[CounterState], object]) -> None:
        self.hands.scan(text)
        await wait_until(lambda: self.state.wait is None and then(self.state))

    async def press(self, key: str, *, ctrl: bool = False) -> None:
        held = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
        self.hands.press(key, modifiers=held)
        await asyncio.sleep(0.08)  # the scanner's filter gives a person's key on after its own pause

    async def write(self, text: str) -> None:
        self.hands.pause(1_000)
        self.hands.type_text(text)
        await asyncio.sleep(0.08)


@asynccontextmanager
async def counter_at(
    shop: Shop, folder: Path, clock: Time, app: QApplication, settings: Settings = SETTINGS
) -> AsyncIterator[Counter]:
    async with open_till(shop, folder, clock, settings=settings) as till:
        window = PosWindow(load_theme())
        window.resize(1366, 768)
        keys = Gestures(window, clock=count().__next__)  # no press is a slip of the finger
        scanner = Scanner(app, on_key=keys.press)
        presenter = PosPresenter(till.desk, window, keys, scanner, zone=UTC)
        await show(window)
        try:
            yield Counter(till, shop, window, Hands())
        finally:
            await presenter.close()
            scanner.close()
            window.close()
            window.deleteLater()


@pytest.fixture
def clock() -> Time:
    return Time()


def _priced(state: CounterState) -> bool:
    return state.sale is not None and state.sale.quote is not None and state.sale.customer is not None


async def test_a_newcomer_joins_beside_the_sale_and_it_is_paid(
    dressed: QApplication, tmp_path: Path, clock: Time
) -> None:
    with shop_at(clock) as shop:
        async with counter_at(shop, tmp_path, clock, dressed) as at:
            await at.press("F3")
            await wait_until(lambda: "[ ]" in at.said)
            assert "[x]" not in at.said
            await at.write(NEWCOMER[1:])
            await at.scan(C2C, lambda state: state.sale is not None and state.sale.order is not None)
            await at.press("Enter")
            await at.press("Enter")
            await at.write(" ")
            await at.press("Enter")
            await at.write(" ")
            await at.press("F3")
            await wait_until(lambda: shop.sms(NEWCOMER))
            await at.write(shop.sms(NEWCOMER)[-1].code)
            await at.press("Enter")
            await wait_until(lambda: at.state.joining is not None and at.state.joining.step is JoinStep.DONE)
            await wait_until(lambda: at.state.wait is None and _priced(at.state))
            await wait_until(lambda: "На счёте баллов 50" in at.said)
            await at.press("Enter", ctrl=True)
            await wait_until(lambda: at.state.last is not None)
            assert at.state.last is not None
            assert at.state.last.stage is Stage.DONE
            assert at.state.last.customer is not None


async def test_points_are_spent_after_the_code_of_the_phone(dressed: QApplication, tmp_path: Path, clock: Time) -> None:
    counter = CounterSection(**(SETTINGS.counter.model_dump() | {"confirm_spending": True}))
    settings = SETTINGS.model_copy(update={"counter": counter})
    with shop_at(clock) as shop:
        shop.processing.switches.require_code_to_spend = True
        async with counter_at(shop, tmp_path, clock, dressed, settings) as at:
            await at.scan(ANNA, lambda state: state.sale is not None and state.sale.customer is not None)
            await at.scan(C2C, _priced)
            await at.press("F4")
            await wait_until(lambda: shop.sms() and "Код из SMS на номер" in at.said)
            await at.write("0000")
            await at.press("Enter")
            await wait_until(lambda: at.state.code is not None and at.state.code.wrong == 1)
            await wait_until(lambda: "Осталось попыток: 2" in at.said)
            await at.write(shop.sms()[-1].code)
            await at.press("Enter")
            await wait_until(lambda: at.state.sale is not None and at.state.sale.points_asked > Points(0))
            await wait_until(lambda: "Баллами" in at.said)
