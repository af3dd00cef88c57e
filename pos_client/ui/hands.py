"""A cashier's hands and scanner as real key events: the tour shows the till with them, tests try it."""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow

from pos_client.ui.physical import ScanCodes, key_name, key_sign

__all__ = ["Hands", "Layout"]

_CODES = range(9, 120)
_BY_SIGN = {
    sign: (code, shift)
    for code in reversed(_CODES)
    for shift in (True, False)
    if (sign := key_sign(code, ScanCodes.X11, shift=shift)) is not None
}
_BY_NAME = {name: code for code in reversed(_CODES) if (name := key_name(code, ScanCodes.X11)) is not None}
_QT_KEYS = {
    "Enter": Qt.Key.Key_Return,
    "Tab": Qt.Key.Key_Tab,
    "Esc": Qt.Key.Key_Escape,
    "Backspace": Qt.Key.Key_Backspace,
    "Del": Qt.Key.Key_Delete,
} | {f"F{at + 1}": Qt.Key(Qt.Key.Key_F1 + at) for at in range(12)}
_TEXTS = {"Enter": "\r", "Tab": "\t", "Esc": "\x1b", "Backspace": "\x08", "Del": "\x7f"}
_SHIFT_CODE = 50

_US = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`" + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~' + "@#$^&/?|"
_RU = "йцукенгшщзхъфывапролджэячсмитьбюё" + "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ" + '"№;:?.,/'
_TO_RUSSIAN = str.maketrans(_US, _RU)
_RUSSIAN_LETTERS = _RU[:66]
_FROM_RUSSIAN_LETTERS = str.maketrans(_RUSSIAN_LETTERS, _US[:66])


class Layout(StrEnum):
    """The keyboard layout that is switched on while keys are struck."""

    EN = "en"
    RU = "ru"


@dataclass(slots=True)
class Hands:
    """Strikes real `QKeyEvent`s at the window that has the focus, each with the time it was struck.

    The times are those of the stamps, not of the test: a person's pause costs nothing, a slow machine spoils no burst.
    """

    stamp_ms: float = 1_000_000.0

    def type_text(self, text: str, *, pace_ms: float = 100.0, layout: Layout | None = None) -> None:
        """Type as a person does; Cyrillic is typed in the Russian layout unless `layout` is given."""
        for sign in text:
            self.pause(pace_ms)
            chosen = layout or (
                Layout.RU if sign.translate(_TO_RUSSIAN) == sign and ord(sign) >= ord("Ё") else Layout.EN
            )
            physical = sign.translate(str.maketrans(_RU[:66], _US[:66])) if chosen is Layout.RU else sign
            self._strike(physical, layout=chosen, caps=False, hold_ms=1)

    def press(self, key: str, *, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One stroke of a named key ("F5", "Enter", "K"), well apart from its neighbours."""
        self.pause(500)
        self.strike_named(key, modifiers=modifiers)

    def strike_named(self, key: str, *, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """The same without the pause before it."""
        qt_key = _QT_KEYS.get(key) or Qt.Key(ord(key))
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            self._send(kind, qt_key, _TEXTS.get(key, ""), _BY_NAME[key], modifiers)
            self.pause(1)

    def repeat(self, key: str, times: int, *, marked: bool = True) -> None:
        """What a key held down sends after its first press; X11 may leave it without the mark of auto-repeat."""
        for _ in range(times):
            self.pause(30)
            if not marked:
                self._send(QEvent.Type.KeyRelease, _QT_KEYS[key], _TEXTS.get(key, ""), _BY_NAME[key])
            self._send(QEvent.Type.KeyPress, _QT_KEYS[key], _TEXTS.get(key, ""), _BY_NAME[key], repeat=marked)

    def scan(
        self, text: str, *, suffix: str = "Enter", layout: Layout = Layout.EN, caps: bool = False, pace_ms: float = 5.0
    ) -> None:
        """Send a code as a keyboard-wedge scanner does: scan codes of a US keyboard, whatever the layout makes of them.

        `suffix` is "Enter", "Tab" or "" for none; `pace_ms` is the time from key to key.
        """
        self.pause(1_000)
        for sign in text:
            self._strike(sign, layout=layout, caps=caps, hold_ms=pace_ms / 2)
            self.pause(pace_ms / 2)
        if suffix:
            self.strike_named(suffix)

    def pause(self, ms: float) -> None:
        """Let `ms` pass between two keys."""
        self.stamp_ms += ms

    def _strike(self, sign: str, *, layout: Layout, caps: bool, hold_ms: float) -> None:
        code, shift = _BY_SIGN[sign]
        typed = sign.translate(_TO_RUSSIAN) if layout is Layout.RU else sign
        modifiers = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        if caps and typed.isalpha():
            typed = typed.swapcase()
        if shift:
            self._send(QEvent.Type.KeyPress, Qt.Key.Key_Shift, "", _SHIFT_CODE)
        key = ord(typed.upper()[0])
        self._send(QEvent.Type.KeyPress, key, typed, code, modifiers)
        self.pause(hold_ms)
        self._send(QEvent.Type.KeyRelease, key, typed, code, modifiers)
        if shift:
            self._send(QEvent.Type.KeyRelease, Qt.Key.Key_Shift, "", _SHIFT_CODE)

    def _send(
        self,
        kind: QEvent.Type,
        key: int,
        text: str,
        code: int,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        *,
        repeat: bool = False,
    ) -> None:
        window: QWindow | None = QGuiApplication.focusWindow()
        if window is None and kind is QEvent.Type.KeyRelease:
            return  # the press closed its window
        if window is None:
            raise RuntimeError("no window has the focus: show it, activate it and wait until it is active")
        event = QKeyEvent(kind, key, modifiers, code, 0, 0, text, repeat, 1)
        event.setTimestamp(int(self.stamp_ms))
        QCoreApplication.sendEvent(window, event)
