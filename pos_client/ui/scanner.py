"""A bar-code scanner that types like a keyboard, heard from anywhere in the application and in any layout."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from PySide6.QtWidgets import QAbstractButton, QApplication
from shiboken6 import isValid

from pos_client.ui.bursts import Bursts, Outcome, Rejected, Role, Scan, ScannerShape, Stroke, Typing
from pos_client.ui.physical import ScanCodes, key_sign

__all__ = ["Scanner"]

_KEY_EVENTS = frozenset({QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride})
_MODIFIERS = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
        Qt.Key.Key_ScrollLock,
    }
)
_SUFFIXES = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab})
_EDITING = frozenset(
    {
        Qt.Key.Key_Backspace,
        Qt.Key.Key_Delete,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
    }
)
_COMMANDING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_LATE_MS = 15.0  # a timer this late means that the thread was busy and key events may stand in line behind it
_SECOND_LOOK_MS = 10
_LEAP_MS = 60_000  # a counter of the window system that went further between two keys wrapped or was set
_FASTEST_REPEAT_MS = 15  # no system repeats a held key more than some fifty times a second
_MOST_EATEN = 256  # keys of a keyboard whose release is still to come


@dataclass(slots=True)
class _Held:
    """A key event kept back, with what is needed to send it again."""

    receiver: QObject
    press: QKeyEvent
    release: QKeyEvent | None = None


@dataclass(slots=True)
class _EventClock:
    """Counts ms by the stamps of the window system: when a key was struck, not when a busy thread came round to it."""

    at_ms: float = 0.0
    stamp_ms: int = 0
    arrived_ms: float = 0.0

    def strike(self, stamp_ms: int, now_ms: float) -> float:
        """The time of an event that arrives now; a stamp of 0 is none, and a leap of the stamps is not believed."""
        by_stamps = stamp_ms - self.stamp_ms
        believed = bool(stamp_ms and self.stamp_ms) and 0 <= by_stamps <= _LEAP_MS
        self.at_ms += by_stamps if believed else now_ms - self.arrived_ms
        self.stamp_ms, self.arrived_ms = stamp_ms, now_ms
        return self.at_ms

    def silent_until(self, now_ms: float) -> float:
        """The time now, if nothing came since the last event."""
        return self.at_ms + now_ms - self.arrived_ms


@dataclass(slots=True)
class _Repeats:
    """Knows the auto-repeat that X11 does not mark as such.

    There a held key comes as releases and presses. Qt marks them when it sees both at once, which a busy or slow server
    prevents; but both carry one time stamp, while a scanner that strikes a sign twice lets the key go in between.
    """

    pressed: tuple[int, int] = (0, 0)
    released: tuple[int, int] = (0, 0)
    judged: tuple[QEvent.Type, int, int] | None = None
    verdict: bool = False

    def is_repeat(self, event: QKeyEvent) -> bool:
        """Whether the event is no stroke of its own. An event that goes on to a widget passes here again."""
        if event.isAutoRepeat() or event.timestamp() == 0:
            return event.isAutoRepeat()
        identity, stamp = now = (_identity(event), event.timestamp())
        if self.judged != (event.type(), *now):
            self.judged = (event.type(), *now)
            self.verdict = False
            if event.type() is QEvent.Type.KeyRelease:
                self.released = now
            else:
                slow = self.pressed[0] == identity and stamp - self.pressed[1] >= _FASTEST_REPEAT_MS
                self.verdict = slow and self.released == now
                self.pressed = now
        return self.verdict


@dataclass(slots=True)
class _Keyboard:
    """Which keys were taken from the application and not let up yet."""

    held: dict[int, _Held] = field(default_factory=dict)
    eaten: dict[int, None] = field(default_factory=dict)

    def eat(self, held: _Held) -> None:
        """The press will never be delivered: neither may its release."""
        if held.release is None:
            self.eaten[_identity(held.press)] = None
            if len(self.eaten) > _MOST_EATEN:
                del self.eaten[next(iter(self.eaten))]


class Scanner(QObject):
    """Stands before the whole application's keys: scans leave by `scanned`, typing goes on to where it was meant.

    `scanned(text)` is emitted once per code, without prefix, AIM identifier and suffix; `rejected(reason)` when a
    machine sent what is no code (nothing of it reaches a field). A person's key goes on at most `gap_ms` later, first
    to `on_key`, the table of gestures, which answers whether it took it. Qt shortcuts and mnemonics do not work beside
    it: they would act before the scanner is recognised.
    """

    scanned = Signal(str)
    rejected = Signal(str)

    def __init__(
        self,
        app: QApplication,
        *,
        shape: ScannerShape | None = None,
        on_key: Callable[[QKeyEvent], bool] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(app)
        self._app = app
        self._on_key = on_key
        self._clock = clock
        self._bursts: Bursts[_Held] = Bursts(shape or ScannerShape())
        self._keyboard = _Keyboard()
        self._stamps = _EventClock()
        self._repeats = _Repeats()
        self._numbering = ScanCodes.of_platform(QGuiApplication.platformName())
        self._replaying = False
        self._looked_twice = False
        self._silence = QTimer(self)
        self._silence.setSingleShot(True)
        self._silence.setTimerType(Qt.TimerType.PreciseTimer)
        self._silence.timeout.connect(self._on_silence)
        app.installEventFilter(self)

    def close(self) -> None:
        """Stop listening; keys that are held back are dropped."""
        self._app.removeEventFilter(self)
        self._silence.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take every key before any window sees it; answer whether it was taken."""
        if event.type() not in _KEY_EVENTS or self._replaying or not isinstance(event, QKeyEvent):
            return False
        if event.type() is QEvent.Type.ShortcutOverride:
            # Accepting it tells Qt to leave its shortcuts alone and to send the key itself.
            event.accept()
            return True
        if event.key() in _MODIFIERS:
            if event.type() is QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._bursts.touch(self._struck_at(event))
                self._arm()
            return False
        if self._repeats.is_repeat(event):
            return self._take_repeat(event)
        if event.type() is QEvent.Type.KeyRelease:
            return self._take_release(event)
        self._take_press(watched, event)
        return True

    def _now_ms(self) -> float:
        return self._stamps.silent_until(self._clock() * 1000)

    def _struck_at(self, event: QKeyEvent) -> float:
        return self._stamps.strike(event.timestamp(), self._clock() * 1000)

    def _take_press(self, receiver: QObject, event: QKeyEvent) -> None:
        held = _Held(receiver, _copy(event))
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        role = _role(event)
        stroke = Stroke(
            at_ms=self._struck_at(event),
            role=role,
            payload=held,
            sign=key_sign(event.nativeScanCode(), self._numbering, shift=shift) if role is Role.SIGN else None,
            typed=event.text(),
            shift=shift,
        )
        identity = _identity(event)
        self._keyboard.eaten.pop(identity, None)
        self._keyboard.held[identity] = held
        self._settle(self._bursts.press(stroke))

    def _take_release(self, event: QKeyEvent) -> bool:
        identity = _identity(event)
        if identity in self._keyboard.eaten:
            del self._keyboard.eaten[identity]
            return True
        held = self._keyboard.held.get(identity)
        if held is None:
            return False
        held.release = _copy(event)
        return True

    def _take_repeat(self, event: QKeyEvent) -> bool:
        """A key held down may repeat a letter or a deletion; a command is given once."""
        if self._bursts.deadline is not None or _identity(event) in self._keyboard.eaten:
            return True
        if event.type() is QEvent.Type.KeyRelease:
            return False
        return _role(event) in {Role.SUFFIX, Role.COMMAND}

    def _on_silence(self) -> None:
        deadline, now = self._bursts.deadline, self._now_ms()
        if deadline is not None and now - deadline > _LATE_MS and not self._looked_twice:
            self._looked_twice = True
            self._silence.start(_SECOND_LOOK_MS)
            return
        self._settle(self._bursts.expire(now))

    def _settle(self, outcomes: list[Outcome[_Held]]) -> None:
        waiting = [stroke.payload for stroke in self._bursts.held]
        given_back = [stroke.payload for each in outcomes if isinstance(each, Typing) for stroke in each.strokes]
        for identity, held in list(self._keyboard.held.items()):
            if not any(held is other for other in waiting):
                del self._keyboard.held[identity]
                if not any(held is other for other in given_back):
                    self._keyboard.eat(held)
        self._arm()
        for outcome in outcomes:
            match outcome:
                case Typing():
                    for stroke in outcome.strokes:
                        self._deliver(stroke.payload, alone=len(outcome.strokes) == 1)
                case Scan():
                    self.scanned.emit(outcome.text)
                case Rejected():
                    self.rejected.emit(outcome.reason.value)

    def _arm(self) -> None:
        deadline = self._bursts.deadline
        self._looked_twice = False
        if deadline is None:
            self._silence.stop()
        else:
            self._silence.start(max(0, int(deadline - self._now_ms()) + 1))

    def _deliver(self, held: _Held, *, alone: bool) -> None:
        if (
            not alone
            and held.press.key() == Qt.Key.Key_Space
            and isinstance(QApplication.focusWidget(), QAbstractButton)
        ):
            return  # a space among other keys is text; on a button it would be a click
        self._replaying = True
        try:
            if self._on_key is not None and self._on_key(held.press):
                return
            for event in (held.press, held.release):
                receiver = _present(held.receiver)
                if event is not None and receiver is not None:
                    QCoreApplication.sendEvent(receiver, event)
        finally:
            self._replaying = False


def _present(receiver: QObject) -> QObject | None:
    """Where the key goes now: the window that has the focus may have changed since, by a key before this one."""
    if isValid(receiver) and not isinstance(receiver, QWindow):
        return receiver
    focused: QWindow | None = QGuiApplication.focusWindow()
    if focused is not None:
        return focused
    return receiver if isValid(receiver) else None


def _identity(event: QKeyEvent) -> int:
    """The same number for press and release of one key."""
    return event.nativeScanCode() or -event.key()


def _role(event: QKeyEvent) -> Role:
    key = event.key()
    if event.modifiers() & _COMMANDING and not event.modifiers() & Qt.KeyboardModifier.GroupSwitchModifier:
        return Role.COMMAND
    if key in _SUFFIXES:
        return Role.SUFFIX
    if key in _EDITING:
        return Role.EDITING
    return Role.SIGN if event.text().isprintable() and event.text() else Role.COMMAND


def _copy(event: QKeyEvent) -> QKeyEvent:
    copy = QKeyEvent(
        event.type(),
        event.key(),
        event.modifiers(),
        event.nativeScanCode(),
        event.nativeVirtualKey(),
        event.nativeModifiers(),
        event.text(),
        event.isAutoRepeat(),
        event.count(),
    )
    copy.setTimestamp(event.timestamp())
    return copy
