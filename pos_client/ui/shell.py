"""The window with everything that makes it alive: keys, scanner, presenter, and the manners of closing."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from pos_client.domain.sale import Stage, Trouble
from pos_client.ui.bursts import ScannerShape
from pos_client.ui.keys import Gestures
from pos_client.ui.presenter import Counter, PosPresenter
from pos_client.ui.queue_screen import SaleLookup
from pos_client.ui.scanner import Scanner
from pos_client.ui.screen_log import ScreenLog
from pos_client.ui.theme import Scheme, apply_theme, load_theme
from pos_client.ui.window import PosWindow

__all__ = ["Look", "SayingCounter", "Shell"]

_WIDTH, _HEIGHT = 1366, 768

_CANNOT_CLOSE = Trouble(
    "Закрыть кассу сейчас нельзя: деньги приняты, чек ещё не подтверждён.",
    money="Деньги записаны.",
    action="Дождитесь чека или нажмите «Проверить ещё раз».",
)


class SayingCounter(Counter, Protocol):
    """A counter that can be given something to say."""

    def say(self, notice: Trouble | None) -> None:
        """Show a notice."""


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and size: `scheme` is light, dark or system; `scale` 1.5 is half as large again."""

    scheme: str = "light"
    scale: float = 1.0


class Shell(QObject):
    """One window. It is on the screen before there is a counter; `attach` brings it to life."""

    def __init__(self, app: QApplication, look: Look, shape: ScannerShape | None = None) -> None:
        super().__init__()
        self._closing = asyncio.Event()
        theme = load_theme(_scheme(look.scheme), look.scale)
        apply_theme(app, theme)
        self.window = PosWindow(theme)
        self.window.may_close = False
        self.window.close_asked.connect(self._on_close_asked)
        self._gestures = Gestures(self)
        self._scanner = Scanner(app, shape=shape or ScannerShape(), on_key=self._gestures.press)
        self._counter: SayingCounter | None = None
        self.presenter: PosPresenter | None = None

    def show(self, *, maximised: bool = True) -> None:
        """Put the window on the screen; a counter's screen is no larger than the window, so there it fills it."""
        self.window.resize(_WIDTH, _HEIGHT)
        room = QGuiApplication.primaryScreen().availableSize()
        if maximised and (room.width() <= _WIDTH or room.height() <= _HEIGHT):
            self.window.showMaximized()
        else:
            self.window.show()
        self.window.activateWindow()

    def attach(self, counter: SayingCounter, *, lookup: SaleLookup, screen_log: Path | None) -> None:
        """Let the window show the counter and the hands move it."""
        self._counter = counter
        log = ScreenLog(screen_log) if screen_log is not None else None
        self.presenter = PosPresenter(counter, self.window, self._gestures, self._scanner, lookup=lookup, log=log)

    def come_to_front(self) -> None:
        """Somebody tried to start a second till."""
        self.window.setWindowState(self.window.windowState() & ~Qt.WindowState.WindowMinimized)
        self.window.raise_()
        self.window.activateWindow()

    async def closed(self) -> None:
        """Wait until the cashier closes the window and nothing stands against it."""
        await self._closing.wait()

    async def close(self) -> None:
        """Stop listening and drawing."""
        self._scanner.close()
        if self.presenter is not None:
            await self.presenter.close()
        self.window.may_close = True
        self.window.close()

    def _on_close_asked(self) -> None:
        if self._counter is not None:
            sale = self._counter.state.sale
            if sale is not None and sale.stage in {Stage.RESERVING, Stage.PAYING, Stage.FISCALISING, Stage.RECORDING}:
                self._counter.say(_CANNOT_CLOSE)
                return
        self._closing.set()


def _scheme(name: str) -> Scheme:
    if name == "system":
        dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return Scheme.DARK if dark else Scheme.LIGHT
    return Scheme(name)
