"""The one table of gestures: which key asks for what, and the hint that the bottom bar draws."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from time import monotonic

from PySide6 import QtCore
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication

from pos_client.ui.physical import ScanCodes, key_name

__all__ = ["GESTURES", "Gesture", "Gestures", "gesture", "name_of_key"]

_DOUBLE_PRESS_SECONDS = 0.4
_SLIP_SECONDS = 0.25
"""A finger that slips strikes twice within this time; a decision about what has just appeared takes longer."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """A wish of the cashier. `keys` are engravings ("F5", "Ctrl+K"); `hint` is Russian, empty for what the bar omits.

    `once`: may move money, so a second press too soon is taken for the same one.
    """

    id: str
    keys: tuple[str, ...]
    hint: str
    once: bool = False


# Keys that take money (F5–F7) and those that give it back (F9) do not touch each other. Opening a refund, confirming it
# and saying that the cash was handed out are three keys, so that neither impatience nor a scanner gives money away.
GESTURES: tuple[Gesture, ...] = (
    Gesture("help", ("F1",), "помощь"),
    Gesture("find", ("F2",), "найти"),
    Gesture("join", ("F3",), "вступить", once=True),
    Gesture("points", ("F4",), "баллы"),
    Gesture("coupon", ("Shift+F4",), ""),
    Gesture("cash", ("F5",), "наличные", once=True),
    Gesture("card", ("F6",), "карта", once=True),
    Gesture("sbp", ("F7",), "СБП", once=True),
    Gesture("part", ("F8",), "часть"),
    Gesture("enough", ("Shift+F8",), "", once=True),
    Gesture("refund", ("F9",), "возврат", once=True),
    Gesture("give_back", ("Shift+F9",), "", once=True),
    Gesture("handed_out", ("Ctrl+F9",), "", once=True),
    Gesture("shift", ("F10",), "смена"),
    Gesture("reconcile", ("Ctrl+F10",), "", once=True),
    Gesture("receipt", ("F11",), "чек"),
    Gesture("slip", ("Shift+F11",), "", once=True),
    Gesture("queue", ("F12",), "очередь"),
    Gesture("look", ("Shift+F12",), ""),
    Gesture("command", ("Ctrl+K",), ""),
    Gesture("confirm", ("Enter",), "", once=True),
    Gesture("exact", ("Ctrl+Enter",), "без сдачи", once=True),
    Gesture("give_up", ("Del",), "", once=True),
    Gesture("put_off", ("Esc",), "отложить"),
)

_BY_ID = {each.id: each for each in GESTURES}
_BY_KEY = {key: each for each in GESTURES for key in each.keys}


@cache
def _qt_names() -> "Mapping[QtCore.Qt.Key, str]":
    """Made with the first key: the first paint does without the namespace `Qt`."""
    key = QtCore.Qt.Key
    return {
        key.Key_Return: "Enter",
        key.Key_Enter: "Enter",
        key.Key_Escape: "Esc",
        key.Key_Tab: "Tab",
        key.Key_Backspace: "Backspace",
        key.Key_Delete: "Del",
    } | {key(key.Key_F1 + at): f"F{at + 1}" for at in range(12)}


def gesture(gesture_id: str) -> Gesture:
    """The row of the table.

    Raises:
        KeyError: there is no such gesture.
    """
    return _BY_ID[gesture_id]


def name_of_key(event: QKeyEvent, numbering: ScanCodes) -> str:
    """The engraving on the struck key with its modifiers ("F5", "Ctrl+K"), by position; empty for an unnamed key."""
    name = key_name(event.nativeScanCode(), numbering)
    if name is None:
        known = QtCore.Qt.Key(event.key())
        name = _qt_names().get(known) or (chr(known) if ord("0") <= known <= ord("Z") else "")
    if not name:
        return ""
    held = event.modifiers()
    marks = (
        ("Ctrl+", QtCore.Qt.KeyboardModifier.ControlModifier),
        ("Alt+", QtCore.Qt.KeyboardModifier.AltModifier),
        ("Shift+", QtCore.Qt.KeyboardModifier.ShiftModifier),
    )
    return "".join(mark for mark, modifier in marks if held & modifier) + name


class Gestures(QObject):
    """Turns key presses into `asked(id)`, wherever the window is: what means nothing there is answered in words."""

    asked = Signal(str)

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._step: Hashable = None
        self._last: tuple[str, Hashable, float] | None = None
        self._numbering = ScanCodes.of_platform(QGuiApplication.platformName())

    def move_to(self, step: Hashable) -> None:
        """What the next press acts upon; another value is another step."""
        self._step = step

    def press(self, event: QKeyEvent) -> bool:
        """Whether the press was a gesture; if so it must go no further.

        While a question is open its dialog has all keys. Auto-repeat of a gesture's key is taken as well, and asks for
        nothing.
        """
        wanted = _BY_KEY.get(name_of_key(event, self._numbering))
        if QApplication.activeModalWidget() is not None:
            return False
        if wanted is None:
            self._last = None  # what was typed in between makes the next press a new one
            return False
        if event.isAutoRepeat() or self._is_slip(wanted):
            return True
        self.asked.emit(wanted.id)
        return True

    def _is_slip(self, wanted: Gesture) -> bool:
        """Whether this is the press before it once more; one that meets a new step has to follow less late."""
        now, last, step = self._clock(), self._last, self._step
        self._last = (wanted.id, step, now)
        if not wanted.once or last is None or last[0] != wanted.id:
            return False
        return now - last[2] < (_DOUBLE_PRESS_SECONDS if last[1] == step else _SLIP_SECONDS)
