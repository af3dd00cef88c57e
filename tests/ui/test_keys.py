"""The table of gestures: one key, one wish; the right place; nothing twice."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from pos_client.ui.keys import GESTURES, Gestures, gesture, name_of_key
from pos_client.ui.physical import ScanCodes, from_russian_layout, key_name, key_sign


@dataclass
class Keyboard:
    gestures: Gestures
    asked: list[str]
    seconds: list[float] = field(default_factory=lambda: [100.0])

    def press(self, key: Qt.Key, *, code: int = 0, repeat: bool = False, after: float = 1.0) -> bool:
        self.seconds[0] += after
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, code, 0, 0, "", repeat, 1)
        return self.gestures.press(event)


@pytest.fixture
def keyboard(qapp: QApplication) -> Iterator[Keyboard]:
    seconds = [100.0]
    gestures = Gestures(qapp, clock=lambda: seconds[0])
    made = Keyboard(gestures, [], seconds)
    gestures.asked.connect(made.asked.append)
    yield made
    gestures.deleteLater()


def test_no_key_asks_for_two_things() -> None:
    keys = [key for each in GESTURES for key in each.keys]
    assert len(keys) == len(set(keys))
    assert len(GESTURES) == len({each.id for each in GESTURES})


def test_paying_and_refunding_keys_do_not_touch() -> None:
    paying = {int(gesture(name).keys[0][1:]) for name in ("cash", "card", "sbp")}
    assert int(gesture("refund").keys[0][1:]) - max(paying) >= 2


def test_a_function_key_asks_for_its_gesture(keyboard: Keyboard) -> None:
    assert keyboard.press(Qt.Key.Key_F5)
    assert keyboard.asked == ["cash"]


def test_a_key_is_known_by_its_place_on_the_keyboard(keyboard: Keyboard) -> None:
    assert keyboard.press(Qt.Key.Key_unknown, code=71)
    assert keyboard.asked == ["cash"]


def test_a_key_of_the_table_asks_wherever_the_window_is(keyboard: Keyboard) -> None:
    for step in (None, "cash", "queue"):
        keyboard.gestures.move_to(step)
        assert keyboard.press(Qt.Key.Key_F9)
    assert keyboard.asked == ["refund"] * 3


def test_auto_repeat_never_asks(keyboard: Keyboard) -> None:
    for _ in range(30):
        assert keyboard.press(Qt.Key.Key_F5, repeat=True)
    assert keyboard.asked == []


def test_a_double_press_on_a_paying_key_asks_once(keyboard: Keyboard) -> None:
    keyboard.press(Qt.Key.Key_F5)
    keyboard.press(Qt.Key.Key_F5, after=0.2)
    assert keyboard.asked == ["cash"]
    keyboard.press(Qt.Key.Key_F5, after=1.0)
    assert keyboard.asked == ["cash", "cash"]


def test_a_slip_of_the_finger_does_not_reach_the_next_step(keyboard: Keyboard) -> None:
    keyboard.gestures.asked.connect(lambda _: keyboard.gestures.move_to(object()))
    keyboard.press(Qt.Key.Key_Return)
    keyboard.press(Qt.Key.Key_Return, after=0.2)
    assert keyboard.asked == ["confirm"]


def test_a_fast_decision_about_the_next_step_is_not_taken_for_a_slip(keyboard: Keyboard) -> None:
    keyboard.gestures.asked.connect(lambda _: keyboard.gestures.move_to(object()))
    keyboard.press(Qt.Key.Key_Return)
    keyboard.press(Qt.Key.Key_Return, after=0.3)
    assert keyboard.asked == ["confirm", "confirm"]


def test_a_sum_typed_between_two_presses_makes_them_two(keyboard: Keyboard) -> None:
    keyboard.press(Qt.Key.Key_Return)
    keyboard.press(Qt.Key.Key_5, after=0.1)
    keyboard.press(Qt.Key.Key_Return, after=0.1)
    assert keyboard.asked == ["confirm", "confirm"]


def test_a_double_press_of_giving_up_asks_once(keyboard: Keyboard) -> None:
    keyboard.gestures.asked.connect(lambda _: keyboard.gestures.move_to(object()))
    keyboard.press(Qt.Key.Key_Delete)
    keyboard.press(Qt.Key.Key_Delete, after=0.2)
    assert keyboard.asked == ["give_up"]


def test_a_double_press_on_another_key_asks_twice(keyboard: Keyboard) -> None:
    keyboard.press(Qt.Key.Key_F12)
    keyboard.press(Qt.Key.Key_F12, after=0.2)
    assert keyboard.asked == ["queue", "queue"]


@pytest.mark.parametrize("key", [Qt.Key.Key_K, 0x041B])
def test_a_letter_with_ctrl_is_the_same_in_the_russian_layout(qapp: QApplication, key: int) -> None:
    assert qapp is not None
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.ControlModifier, 45, 0, 0)
    assert name_of_key(event, ScanCodes.X11) == "Ctrl+K"


@pytest.mark.parametrize(("code", "numbering"), [(13, ScanCodes.X11), (5, ScanCodes.WINDOWS)])
def test_the_same_key_has_its_number_on_either_platform(code: int, numbering: ScanCodes) -> None:
    assert key_sign(code, numbering, shift=False) == "4"
    assert key_sign(code, numbering, shift=True) == "$"


@pytest.mark.parametrize(("code", "name"), [(0x1C, "Enter"), (0x11C, "Enter"), (0x3F, "F5"), (0x57, "F11"), (0, None)])
def test_windows_names_its_keys(code: int, name: str | None) -> None:
    assert key_name(code, ScanCodes.WINDOWS) == name


def test_windows_arrows_are_not_keypad_digits() -> None:
    assert key_sign(0x148, ScanCodes.WINDOWS, shift=False) is None
    assert key_sign(0x48, ScanCodes.WINDOWS, shift=False) == "8"


def test_the_russian_layout_is_undone_letter_by_letter() -> None:
    assert from_russian_layout("СВУЛ-юё") == "CDEK-.`"
