"""Rules that every test of the till runs under: no screen, the right loop, nothing left behind."""

import asyncio
import inspect
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from tests.hands import Hands

_TESTS = Path(__file__).resolve().parent
_ON_QT = ("ui", "e2e")  # folders whose coroutines run on the till's own loop
_TURNS_TO_END = 5  # a cancelled task may still need a few turns for its finally blocks

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Test modules share `tests.hands`, and importlib mode leaves the path alone.
if str(_TESTS.parent) not in sys.path:
    sys.path.insert(0, str(_TESTS.parent))

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("search", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    # The offscreen platform says so of every window; any other warning of Qt fails its test.
    config.addinivalue_line("qt_log_ignore", "This plugin does not support propagateSizeHints")


def pytest_asyncio_loop_factories(
    config: pytest.Config,  # noqa: ARG001 # the names are the hook's
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if _runs_on_qt(item.path):
        return {"qt": _qt_loop}
    return {"asyncio": asyncio.new_event_loop}


def _runs_on_qt(path: Path) -> bool:
    return path.is_relative_to(_TESTS) and path.relative_to(_TESTS).parts[0] in _ON_QT


def _qt_loop() -> asyncio.AbstractEventLoop:
    # Imported here: tests without a window should not pay for Qt.
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    from pos_client.ui.loop import PosEventLoop  # noqa: PLC0415

    return PosEventLoop(QApplication.instance())


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves tasks running or, where there are windows, a window alive."""
    on_qt = _runs_on_qt(request.path)
    app = request.getfixturevalue("qapp") if on_qt else None
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("_no_pending_tasks")
    yield
    if app is not None:
        from PySide6.QtCore import QCoreApplication, QEvent  # noqa: PLC0415

        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        left = [f"{type(each).__name__} {each.windowTitle()!r}" for each in app.topLevelWidgets()]
        for each in app.topLevelWidgets():
            each.hide()
            each.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert not left, f"windows survive the test: {left}"


@pytest.fixture
async def _no_pending_tasks() -> AsyncIterator[None]:
    yield
    for _ in range(_TURNS_TO_END):
        await asyncio.sleep(0)
    current = asyncio.current_task()
    pending = [task.get_name() for task in asyncio.all_tasks() if task is not current]
    assert not pending, f"tasks still run after the test: {pending}"


@pytest.fixture
def hands() -> "Hands":
    """A cashier's hands: typing, single keys and a scanner, as real key events."""
    from tests.hands import Hands  # noqa: PLC0415

    return Hands()


@pytest.fixture
def dressed(qapp: "QApplication") -> "QApplication":
    """The application in the light theme, as the cashier sees it."""
    from pos_client.ui.theme import apply_theme, load_theme  # noqa: PLC0415

    apply_theme(qapp, load_theme())
    return qapp
