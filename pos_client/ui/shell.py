"""The window with everything that makes it alive: keys, scanner, presenter, and the manners of closing."""

import asyncio
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6 import QtCore
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from pos_client.ui.keys import Gestures
from pos_client.ui.theme import Scheme, apply_theme, load_theme
from pos_client.ui.window import PosWindow

if TYPE_CHECKING:
    from pos_client.ui.bursts import ScannerShape
    from pos_client.ui.closing import SayingCounter
    from pos_client.ui.presenter import PosPresenter
    from pos_client.ui.queue_screen import SaleLookup
    from pos_client.ui.scanner import Scanner

__all__ = ["Look", "Shell", "load_the_rest"]

_WIDTH, _HEIGHT = 1366, 768
_PAINT_SECONDS = 2.0
"""A window that nobody sees, minimised or on another desktop, is never painted; the till starts all the same."""


def load_the_rest() -> None:
    """Load, in any thread, what the first paint does without and `Shell.attach` needs."""
    for name in ("closing", "counter_view", "joining_view", "lamp_view", "queue_view", "screen_log", "shift_view"):
        import_module(f"pos_client.ui.{name}")


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and size: `scheme` is light, dark or system; `scale` 1.5 is half as large again."""

    scheme: str = "light"
    scale: float = 1.0


class Shell(QObject):
    """One window. It is on the screen before there is a counter; `attach` brings it to life.

    Until it is painted nothing is loaded that the picture does without.
    """

    def __init__(self, app: QApplication, look: Look, shape: "ScannerShape | None" = None) -> None:
        super().__init__()
        self._app = app
        self._shape = shape
        self._closing = asyncio.Event()
        self._painted = asyncio.Event()
        theme = load_theme(_scheme(look.scheme), look.scale)
        apply_theme(app, theme)
        self.window = PosWindow(theme)
        self.window.may_close = False
        self.window.close_asked.connect(self._on_close_asked)
        self.window.installEventFilter(self)
        self._counter: SayingCounter | None = None
        self.presenter: PosPresenter | None = None

    @cached_property
    def _gestures(self) -> Gestures:
        return Gestures(self)

    @cached_property
    def _scanner(self) -> "Scanner":
        from pos_client.ui.bursts import ScannerShape  # noqa: PLC0415 - the first paint does without it
        from pos_client.ui.scanner import Scanner  # noqa: PLC0415 - the same

        return Scanner(self._app, shape=self._shape or ScannerShape(), on_key=self._gestures.press)

    def show(self, *, maximised: bool = True) -> None:
        """Put the window on the screen; a counter's screen is no larger than the window, so there it fills it."""
        self.window.resize(_WIDTH, _HEIGHT)
        room = QGuiApplication.primaryScreen().availableSize()
        if maximised and (room.width() <= _WIDTH or room.height() <= _HEIGHT):
            self.window.showMaximized()
        else:
            self.window.show()
        self.window.activateWindow()

    async def painted(self) -> None:
        """Wait until the window stands on the screen, but no more than two seconds; from then on hear the scanner."""
        try:
            async with asyncio.timeout(_PAINT_SECONDS):
                await self._painted.wait()
        except TimeoutError:
            self.window.removeEventFilter(self)
        _ = self._scanner

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Notice the first paint; a timer of no time fires when the whole window is drawn."""
        if event.type() is QEvent.Type.Paint:
            self.window.removeEventFilter(self)
            QTimer.singleShot(0, self._painted.set)
        return False

    def attach(self, counter: "SayingCounter", *, lookup: "SaleLookup", screen_log: Path | None) -> None:
        """Let the window show the counter and the hands move it."""
        from pos_client.ui.presenter import PosPresenter  # noqa: PLC0415 - the first paint does without it
        from pos_client.ui.screen_log import ScreenLog  # noqa: PLC0415 - the same

        self._counter = counter
        log = ScreenLog(screen_log) if screen_log is not None else None
        # The first scan must not wait for its page.
        self.window.complete()
        self.presenter = PosPresenter(counter, self.window, self._gestures, self._scanner, lookup=lookup, log=log)

    def come_to_front(self) -> None:
        """Somebody tried to start a second till."""
        self.window.setWindowState(self.window.windowState() & ~QtCore.Qt.WindowState.WindowMinimized)
        self.window.raise_()
        self.window.activateWindow()

    async def closed(self) -> None:
        """Wait until the cashier closes the window and nothing stands against it."""
        await self._closing.wait()

    async def close(self) -> None:
        """Stop listening and drawing."""
        if "_scanner" in vars(self):
            self._scanner.close()
        if self.presenter is not None:
            await self.presenter.close()
        self.window.may_close = True
        self.window.close()

    def _on_close_asked(self) -> None:
        if self._counter is not None:
            from pos_client.ui.closing import objection  # noqa: PLC0415 - loaded by now, after the first paint

            against = objection(self._counter.state)
            if against is not None:
                self._counter.say(against)
                return
        self._closing.set()


def _scheme(name: str) -> Scheme:
    if name == "system":
        dark = QGuiApplication.styleHints().colorScheme() is QtCore.Qt.ColorScheme.Dark
        return Scheme.DARK if dark else Scheme.LIGHT
    return Scheme(name)
