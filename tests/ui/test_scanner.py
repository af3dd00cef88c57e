"""The scanner before the application's keys: real key events, a real field, nothing leaks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pos_client.ui.scanner import Scanner
from tests.hands import Hands, Layout, show, wait_until

CODES = (
    "1106153417",
    "CDEK-4830-2217-0095",
    "t=20261121T1402&s=4990.00&fn=9960440300000001&i=39090&fp=2345678901&n=1",
    "https://id.cdek.ru/c/7Hq2-Zx9_aB?x=1%202",
    "MSK548/118 Aa",
    "\\|{}[]<>~`!@#$%^&*()_+=;:'\",./?-",
)


@dataclass
class Counter:
    """A window with a field and a button that would pay, and what reached them."""

    window: QWidget
    amount: QLineEdit
    pay: QPushButton
    scanner: Scanner
    keys: list[str]
    scans: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    paid: list[bool] = field(default_factory=list)


@pytest.fixture
def counter(qtbot: QtBot, qapp: QApplication) -> Iterator[Counter]:
    window, amount, pay = QWidget(), QLineEdit(), QPushButton("Наличные")
    column = QVBoxLayout(window)
    column.addWidget(amount)
    column.addWidget(pay)
    qtbot.addWidget(window)
    keys: list[str] = []

    def on_key(event: QKeyEvent) -> bool:
        name = {Qt.Key.Key_F5: "F5", Qt.Key.Key_Return: "Enter"}.get(Qt.Key(event.key()))
        if name is not None:
            keys.append(name)
        return name is not None

    scanner = Scanner(qapp, on_key=on_key)
    made = Counter(window, amount, pay, scanner, keys)
    scanner.scanned.connect(made.scans.append)
    scanner.rejected.connect(made.rejected.append)
    pay.clicked.connect(lambda: made.paid.append(True))
    yield made
    scanner.close()
    scanner.deleteLater()


@pytest.mark.parametrize("pace_ms", [2, 12, 38])
@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("caps_lock", ["off", "on"])
async def test_every_code_is_recognised_and_no_character_leaks(
    counter: Counter, hands: Hands, layout: Layout, caps_lock: str, pace_ms: float
) -> None:
    await show(counter.window)
    counter.amount.setFocus()
    sent = []
    for code, suffix in product(CODES, ("Enter", "Tab", "")):
        hands.scan(code, suffix=suffix, layout=layout, caps=caps_lock == "on", pace_ms=pace_ms)
        sent.append(code)
    await wait_until(lambda: len(counter.scans) == len(sent))
    assert counter.scans == sent
    assert (counter.amount.text(), counter.keys, counter.paid, counter.rejected) == ("", [], [], [])
    assert counter.amount.hasFocus(), "a Tab of the scanner moved the focus"


@pytest.mark.parametrize("pace_ms", [80, 140])
@pytest.mark.parametrize("text", ["2500,50", "Смирнова Анна, дом 5", "Ёжик", "jjjjJJJJ1111"])
async def test_a_person_types_intact(counter: Counter, hands: Hands, text: str, pace_ms: float) -> None:
    await show(counter.window)
    counter.amount.setFocus()
    hands.type_text(text, pace_ms=pace_ms)
    await wait_until(lambda: counter.amount.text() == text)
    assert (counter.scans, counter.rejected) == ([], [])


async def test_typing_and_scanning_do_not_mix(counter: Counter, hands: Hands) -> None:
    await show(counter.window)
    counter.amount.setFocus()
    hands.type_text("25")
    hands.scan("1106153417")
    hands.pause(600)
    hands.type_text("00")
    await wait_until(lambda: counter.amount.text() == "2500")
    assert counter.scans == ["1106153417"]


async def test_a_function_key_alone_passes_by_itself(counter: Counter, hands: Hands) -> None:
    await show(counter.window)
    hands.press("F5")
    await wait_until(lambda: counter.keys == ["F5"], seconds=1)


async def test_enter_alone_passes_and_enter_of_a_scanner_does_not(counter: Counter, hands: Hands) -> None:
    await show(counter.window)
    hands.scan("1106153417")
    hands.press("Enter")
    await wait_until(lambda: counter.keys == ["Enter"], seconds=1)
    assert counter.scans == ["1106153417"]


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "as X11 may send it"])
async def test_repeats_of_a_held_enter_are_eaten(counter: Counter, hands: Hands, *, marked: bool) -> None:
    await show(counter.window)
    hands.press("Enter")
    await wait_until(lambda: counter.keys == ["Enter"])
    hands.pause(400)
    hands.repeat("Enter", 20, marked=marked)
    hands.press("F5")
    await wait_until(lambda: counter.keys[-1:] == ["F5"])
    assert counter.keys == ["Enter", "F5"]


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "as X11 may send it"])
async def test_repeats_of_a_held_backspace_delete(counter: Counter, hands: Hands, *, marked: bool) -> None:
    await show(counter.window)
    counter.amount.setFocus()
    hands.type_text("123456")
    await wait_until(lambda: counter.amount.text() == "123456")
    hands.press("Backspace")
    await wait_until(lambda: counter.amount.text() == "12345")
    hands.pause(400)
    hands.repeat("Backspace", 3, marked=marked)
    assert counter.amount.text() == "12"


async def test_ten_kilobytes_are_one_rejection_and_leave_the_field_empty(counter: Counter, hands: Hands) -> None:
    await show(counter.window)
    counter.amount.setFocus()
    hands.scan("A1" * 5_120, pace_ms=1)
    await wait_until(lambda: counter.rejected)
    hands.press("F5")
    await wait_until(lambda: counter.keys == ["F5"])
    assert counter.rejected == ["too long"]
    assert (counter.scans, counter.amount.text()) == ([], "")


async def test_a_code_with_keys_that_act_does_nothing(counter: Counter, hands: Hands) -> None:
    await show(counter.window)
    counter.pay.setFocus()
    hands.pause(1_000)
    for key in ("Enter", "F5", "Esc", "F5", "Enter", "Tab"):
        hands.strike_named(key)
        hands.pause(4)
    hands.strike_named("V", modifiers=Qt.KeyboardModifier.ControlModifier)
    await wait_until(lambda: counter.rejected)
    assert (counter.scans, counter.keys, counter.paid) == ([], [], [])


async def test_spaces_of_a_code_do_not_click_the_button_that_has_the_focus(counter: Counter, hands: Hands) -> None:
    await show(counter.window)
    counter.pay.setFocus()
    hands.scan("   ", suffix="")
    hands.scan("12 34 56 78")
    await wait_until(lambda: counter.scans == ["12 34 56 78"])
    assert counter.paid == []


async def test_a_space_of_a_person_clicks_the_button_that_has_the_focus(counter: Counter, hands: Hands) -> None:
    await show(counter.window)
    counter.pay.setFocus()
    hands.pause(500)
    hands.type_text(" ")
    await wait_until(lambda: counter.paid == [True])


async def test_keys_that_stood_in_line_behind_a_busy_thread_make_one_scan(
    qtbot: QtBot, qapp: QApplication, hands: Hands
) -> None:
    seconds, scans, field_ = [100.0], list[str](), QLineEdit()
    qtbot.addWidget(field_)
    scanner = Scanner(qapp, clock=lambda: seconds[0])
    scanner.scanned.connect(scans.append)
    await show(field_)
    hands.scan("110", suffix="")
    seconds[0] += 0.5  # the thread was busy; the timer comes first, the rest of the keys right behind it
    scanner._on_silence()
    hands.stamp_ms -= 1_000
    hands.scan("6153417")
    await wait_until(lambda: scans)
    assert (scans, field_.text()) == (["1106153417"], "")
    scanner.close()
    scanner.deleteLater()


async def test_a_code_of_one_digit_many_times_is_no_auto_repeat(counter: Counter, hands: Hands) -> None:
    await show(counter.window)
    for pace_ms in (1, 10, 40):
        hands.scan("0000000000", pace_ms=pace_ms)
    assert counter.scans == ["0000000000"] * 3


async def test_a_closed_scanner_lets_keys_through_at_once(counter: Counter, hands: Hands) -> None:
    await show(counter.window)
    counter.amount.setFocus()
    counter.scanner.close()
    hands.scan("1106153417", suffix="")
    assert counter.amount.text() == "1106153417"
    assert counter.scans == []
