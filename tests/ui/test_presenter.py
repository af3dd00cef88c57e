import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from pos_client.counter.state import CounterState, WaitFor
from pos_client.domain.money import Money, Points
from pos_client.ports import Service
from pos_client.ui.entry import Mode
from pos_client.ui.keys import Gestures
from pos_client.ui.presenter import PosPresenter
from pos_client.ui.scanner import Scanner
from pos_client.ui.screen_log import ScreenLog
from pos_client.ui.theme import load_theme
from pos_client.ui.window import PosWindow
from tests.hands import Hands, Layout, show, wait_until
from tests.ui import counter_states as given
from tests.ui.notes import (
    NotedJoining,
    NotedLights,
    NotedLoyalty,
    NotedQueue,
    NotedReceipts,
    NotedRefunds,
    NotedShift,
    NotedSlips,
    NotedTenders,
)


@dataclass
class Notebook:
    """A counter that only writes down what it was asked."""

    state: CounterState
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    listeners: list[Callable[[CounterState], None]] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    def become(self, state: CounterState) -> None:
        self.state = state
        for listener in self.listeners:
            listener(state)

    def listen(self, listener: Callable[[CounterState], None]) -> None:
        self.listeners.append(listener)

    async def scanned(self, text: str) -> None:
        self.asked.append(("scanned", text))

    async def typed(self, text: str) -> None:
        self.asked.append(("typed", text))

    async def redeem(self, points: Points | None) -> None:
        self.asked.append(("redeem", points))

    async def pay(self, amount: Money, received: Money) -> None:
        self.asked.append(("pay", amount, received))
        await self.hold.wait()

    async def set_aside(self) -> None:
        self.asked.append(("set aside",))

    async def cancel(self) -> None:
        self.asked.append(("cancel",))

    async def resume(self, sale_id: UUID) -> None:
        self.asked.append(("resume", sale_id))

    async def give_up(self, sale_id: UUID) -> None:
        self.asked.append(("give up", sale_id))

    async def recheck(self) -> None:
        self.asked.append(("recheck",))

    def dismiss_notice(self) -> None:
        self.asked.append(("dismiss",))

    @property
    def loyalty(self) -> NotedLoyalty:
        return NotedLoyalty(self.asked)

    @property
    def joining(self) -> NotedJoining:
        return NotedJoining(self.asked)

    @property
    def refunds(self) -> NotedRefunds:
        return NotedRefunds(self.asked)

    @property
    def receipts(self) -> NotedReceipts:
        return NotedReceipts(self.asked)

    @property
    def tenders(self) -> NotedTenders:
        return NotedTenders(self.asked)

    @property
    def shift(self) -> NotedShift:
        return NotedShift(self.asked)

    @property
    def slips(self) -> NotedSlips:
        return NotedSlips(self.asked)

    @property
    def queue(self) -> NotedQueue:
        return NotedQueue(self.asked)

    @property
    def lights(self) -> NotedLights:
        return NotedLights(self.asked)


@dataclass
class Till:
    """A window at a notebook, and hands."""

    counter: Notebook
    window: PosWindow
    presenter: PosPresenter
    scanner: Scanner
    hands: Hands
    log: Path

    async def keys(self, *names: str) -> None:
        for name in names:
            if (name.isdigit() and len(name) > 1) or name == " ":
                self.hands.type_text(name)
            elif name.startswith("Ctrl+"):
                self.hands.press(name.removeprefix("Ctrl+"), modifiers=Qt.KeyboardModifier.ControlModifier)
            else:
                self.hands.press(name)
            await self.struck()

    async def struck(self) -> None:
        """The scanner's filter gives a person's key on after its own pause, and what it began has its turn."""
        await wait_until(lambda: self.scanner._bursts.deadline is None)
        await asyncio.sleep(0.02)


@pytest.fixture
async def till(dressed: QApplication, tmp_path: Path) -> AsyncIterator[Till]:
    counter = Notebook(given.counter(sale=given.a_sale()))
    window = PosWindow(load_theme())
    window.resize(1366, 768)
    keys = Gestures(window)
    scanner = Scanner(dressed, on_key=keys.press)
    presenter = PosPresenter(counter, window, keys, scanner, zone=UTC, log=ScreenLog(tmp_path / "log"))
    await show(window)
    yield Till(counter, window, presenter, scanner, Hands(), tmp_path / "log")
    await presenter.close()
    scanner.close()
    window.close()
    window.deleteLater()


DUE = given.roubles(2500)


async def test_exact_cash_is_one_gesture_after_the_scans(till: Till) -> None:
    till.hands.scan("1106153417")
    await wait_until(lambda: till.counter.asked)
    await till.keys("Ctrl+Enter")
    await wait_until(lambda: len(till.counter.asked) > 1)
    assert till.counter.asked == [("scanned", "1106153417"), ("pay", DUE, DUE)]


async def test_cash_with_change_is_typed_and_accepted(till: Till) -> None:
    await till.keys("F5", "3000", "Enter")
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("pay", DUE, given.roubles(3000))]


@pytest.mark.parametrize("suffix", ["Enter", "Tab", ""])
@pytest.mark.parametrize("layout", list(Layout))
async def test_a_scan_over_a_half_typed_payment_does_not_pay(till: Till, suffix: str, layout: Layout) -> None:
    await till.keys("F5", "30")
    till.hands.scan("1106153417", suffix=suffix, layout=layout)
    await wait_until(lambda: till.counter.asked)
    await till.keys("Enter", "Enter")
    assert till.counter.asked == [("scanned", "1106153417")]
    assert till.presenter.entry.mode is Mode.NONE


async def test_a_double_press_pays_once(till: Till) -> None:
    await till.keys("F5", "Enter")
    till.hands.pause(90)
    till.hands.strike_named("Enter")
    till.hands.repeat("Enter", 5)
    await wait_until(lambda: till.counter.asked)
    await asyncio.sleep(0.1)
    assert till.counter.asked == [("pay", DUE, DUE)]


async def test_digits_on_an_empty_counter_begin_a_search(till: Till) -> None:
    till.counter.become(given.counter())
    await till.keys("11061", "Enter")
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("typed", "11061")]


async def test_slow_loyalty_is_left_by_the_key_that_is_shown(till: Till) -> None:
    till.counter.become(given.counter(sale=given.a_sale(0), wait=given.waiting(WaitFor.QUOTE)))
    await till.keys(" ", "Enter")
    await wait_until(lambda: len(till.counter.asked) > 1)
    assert till.counter.asked == [("wait",), ("go on",)]


async def test_the_queue_is_opened_retried_and_closed_by_keys_alone(till: Till) -> None:
    till.counter.become(given.with_queue(given.counter()))
    await till.keys("F12", "Ctrl+Enter", "Enter", "Esc")
    assert till.counter.asked == [("retry", None), ("retry", "offline:a")]
    screen = till.presenter.screen
    assert screen is not None
    assert screen.idle is not None


async def test_the_screen_follows_the_counter(till: Till) -> None:
    till.counter.become(given.counter(last=given.a_done_sale()))
    screen = till.presenter.screen
    assert screen is not None
    assert screen.idle is not None
    assert screen.idle.change.startswith("500,00")


async def test_the_clock_ticks_by_itself(till: Till) -> None:
    till.counter.state = replace(till.counter.state, now=given.NOW + timedelta(minutes=1))
    await wait_until(lambda: till.presenter.screen is not None and till.presenter.screen.strip.clock == "14:03")


async def test_what_is_pressed_and_shown_is_logged_without_the_code(till: Till) -> None:
    till.hands.scan("48151623")
    await wait_until(lambda: till.counter.asked)
    text = till.log.read_text(encoding="utf-8")
    assert '"gesture":"scanned"' in text
    assert "48151623" not in text


async def test_closing_cancels_what_a_gesture_began_and_draws_no_more(till: Till) -> None:
    await till.keys("Ctrl+Enter")
    await wait_until(lambda: till.counter.asked)
    before = till.presenter.screen
    await till.presenter.close()
    till.counter.become(given.counter())
    assert till.presenter.screen is before


async def test_noise_from_a_scanner_is_said_calmly(till: Till) -> None:
    till.presenter.on_rejected("too long")
    screen = till.presenter.screen
    assert screen is not None
    assert "кодом не бывает" in screen.toast


async def test_services_are_asked_by_their_key_and_by_pointing_at_a_light(till: Till) -> None:
    till.hands.press("F12", modifiers=Qt.KeyboardModifier.ShiftModifier)
    await wait_until(lambda: till.counter.asked)
    till.window.light_opened.emit(Service.REGISTER)
    await wait_until(lambda: len(till.counter.asked) > 1)
    assert till.counter.asked == [("services", None), ("services", Service.REGISTER)]
