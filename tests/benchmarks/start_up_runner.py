"""Starts a window in a process of its own and says when it was first painted: an empty one of Qt's, or the till's.

Run as ``python start_up_runner.py bare|till [CONFIG SCREEN_LOG]``. Its one line of output is
``MONOTONIC_NS CPU_SECONDS RSS_MIB`` at the end of the first paint; the window lives on until it is told to end.
"""

import os
import signal
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow

_MIB = 1 << 20


class FirstPaint(QObject):
    """Looks at the events of the one window that has the focus, so that watching costs the start next to nothing."""

    def __init__(self, app: QGuiApplication) -> None:
        super().__init__()
        self._seen = False
        app.focusWindowChanged.connect(self._watch)

    def _watch(self) -> None:
        for window in QApplication.topLevelWidgets():
            window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Wait for the first paint to end: the zero timer fires when the whole window is drawn and flushed."""
        if event.type() is QEvent.Type.Paint and not self._seen:
            self._seen = True
            QTimer.singleShot(0, _tell)
        return False


def _tell() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    rss = pages * os.sysconf("SC_PAGE_SIZE") / _MIB
    os.write(1, f"{time.monotonic_ns()} {time.process_time():.4f} {rss:.1f}\n".encode())


def _bare() -> int:
    app = QApplication(sys.argv[:1])
    watch = FirstPaint(app)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    window = QMainWindow()
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    try:
        return app.exec()
    finally:
        del watch


def _till(config: Path, screen_log: Path) -> int:
    from pos_client import __main__ as program  # noqa: PLC0415 - the bare window must not pay for it

    app = program._application()
    watch = FirstPaint(app)
    words = ["--config", str(config), "--screen-log", str(screen_log)]
    chosen = program._parser().parse_args(words)
    try:
        return program._on(app, program._job(chosen))
    finally:
        del watch


def main(words: list[str]) -> int:
    """Start what was asked for."""
    match words:
        case ["bare"]:
            return _bare()
        case ["till", config, screen_log]:
            return _till(Path(config), Path(screen_log))
        case _:
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
