"""The one table of gestures: which key asks for what, the hint the bottom bar draws, and the place where it holds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication

from pos_client.ui.physical import ScanCodes, key_name

__all__ = ["GESTURES", "Gesture", "Gestures", "Place", "gesture", "hints", "name_of_key"]

_DOUBLE_PRESS_SECONDS = 0.4


class Place(StrEnum):
    """What the counter window is busy with."""

    IDLE = "idle"
    SALE = "sale"
    CASH = "cash"
    QUEUE = "queue"


_EVERYWHERE = frozenset(Place)
_SELLING = frozenset({Place.SALE, Place.CASH})


@dataclass(frozen=True, slots=True)
class Gesture:
    """A wish of the cashier. `keys` are engravings ("F5", "Ctrl+K"); `hint` is Russian, empty for what the bar omits.

    `once`: moves money, so a second press within 0.4 s is taken for the same one.
    """

    id: str
    keys: tuple[str, ...]
    hint: str
    places: frozenset[Place] = _EVERYWHERE
    once: bool = False


# Keys that take money (F5–F7) and the one that gives it back (F9) do not touch each other.
GESTURES: tuple[Gesture, ...] = (
    Gesture("help", ("F1",), "помощь"),
    Gesture("find", ("F2",), "найти"),
    Gesture("points", ("F4",), "баллы", _SELLING),
    Gesture("cash", ("F5",), "наличные", _SELLING, once=True),
    Gesture("card", ("F6",), "карта", _SELLING, once=True),
    Gesture("sbp", ("F7",), "СБП", _SELLING, once=True),
    Gesture("part", ("F8",), "часть", _SELLING),
    Gesture("refund", ("F9",), "возврат", frozenset({Place.IDLE, Place.SALE}), once=True),
    Gesture("shift", ("F10",), "смена", frozenset({Place.IDLE})),
    Gesture("queue", ("F12",), "очередь"),
    Gesture("command", ("Ctrl+K",), "команда"),
    Gesture("confirm", ("Enter",), "", once=True),
    Gesture("exact", ("Ctrl+Enter",), "без сдачи", _SELLING | {Place.QUEUE}, once=True),
    Gesture("put_off", ("Esc",), "отложить"),
)

_BY_ID = {each.id: each for each in GESTURES}
_BY_KEY = {key: each for each in GESTURES for key in each.keys}

_QT_NAMES = {
    Qt.Key.Key_Return: "Enter",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Tab: "Tab",
    Qt.Key.Key_Backspace: "Backspace",
} | {Qt.Key(Qt.Key.Key_F1 + at): f"F{at + 1}" for at in range(12)}


def gesture(gesture_id: str) -> Gesture:
    """The row of the table.

    Raises:
        KeyError: there is no such gesture.
    """
    return _BY_ID[gesture_id]


def hints(place: Place) -> tuple[tuple[str, str], ...]:
    """Key and hint of every gesture that holds at `place`, in the order of the bottom bar."""
    return tuple((each.keys[0], each.hint) for each in GESTURES if each.hint and place in each.places)


def name_of_key(event: QKeyEvent, numbering: ScanCodes) -> str:
    """The engraving on the struck key with its modifiers ("F5", "Ctrl+K"), by position; empty for an unnamed key."""
    name = key_name(event.nativeScanCode(), numbering)
    if name is None:
        known = Qt.Key(event.key())
        name = _QT_NAMES.get(known) or (chr(known) if ord("0") <= known <= ord("Z") else "")
    if not name:
        return ""
    held = event.modifiers()
    marks = (
        ("Ctrl+", Qt.KeyboardModifier.ControlModifier),
        ("Alt+", Qt.KeyboardModifier.AltModifier),
        ("Shift+", Qt.KeyboardModifier.ShiftModifier),
    )
    return "".join(mark for mark, modifier in marks if held & modifier) + name


class Gestures(QObject):
    """Turns key presses into `asked(id)`; the window says where it is and what it can do now."""

    asked = Signal(str)

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._place = Place.IDLE
        self._allowed: frozenset[str] | None = None
        self._last: tuple[str, float] | None = None
        self._numbering = ScanCodes.of_platform(QGuiApplication.platformName())

    def move_to(self, place: Place, allowed: Iterable[str] | None = None) -> None:
        """From now on only gestures of `place` hold, and of them only `allowed` when it is given.

        Any other key goes to the focused widget; Enter, too, where "confirm" is not allowed.
        """
        self._place = place
        self._allowed = None if allowed is None else frozenset(allowed)

    def press(self, event: QKeyEvent) -> bool:
        """Whether the press was a gesture; if so it must go no further.

        While a question is open its dialog has all keys. Auto-repeat of a gesture's key is taken as well, and asks for
        nothing.
        """
        wanted = _BY_KEY.get(name_of_key(event, self._numbering))
        if wanted is None or self._place not in wanted.places or QApplication.activeModalWidget() is not None:
            return False
        if self._allowed is not None and wanted.id not in self._allowed:
            return False
        if event.isAutoRepeat() or self._is_double(wanted):
            return True
        self.asked.emit(wanted.id)
        return True

    def _is_double(self, wanted: Gesture) -> bool:
        now, last = self._clock(), self._last
        self._last = (wanted.id, now)
        return wanted.once and last is not None and last[0] == wanted.id and now - last[1] < _DOUBLE_PRESS_SECONDS
