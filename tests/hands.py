"""What a test does instead of a cashier: hands, and waiting without a nested Qt loop."""

import asyncio
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget

from pos_client.ui.hands import Hands, Layout

__all__ = ["Hands", "Layout", "show", "wait_signal", "wait_until"]

_PATIENCE_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 0.005


async def show(widget: QWidget) -> None:
    """Show a window and wait until it has the focus, so that keys find it."""
    widget.show()
    widget.activateWindow()
    await wait_until(widget.isActiveWindow)


async def wait_until(happened: Callable[[], object], *, seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait until `happened()` is true.

    Raises:
        TimeoutError: it did not become true in `seconds`.
    """
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 # any condition may be waited for, not only those that have an event
            await asyncio.sleep(_LOOK_EVERY_SECONDS)


async def wait_signal(
    signal: SignalInstance, act: Callable[[], object] | None = None, *, seconds: float = _PATIENCE_SECONDS
) -> tuple[Any, ...]:
    """Connect, do `act`, and wait for the signal; its arguments.

    Raises:
        TimeoutError: the signal was not emitted in `seconds`.
    """
    emitted: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()

    def on_signal(*args: Any) -> None:  # noqa: ANN401 # a signal carries anything
        if not emitted.done():
            emitted.set_result(args)

    signal.connect(on_signal)
    try:
        if act is not None:
            act()
        async with asyncio.timeout(seconds):
            return await emitted
    finally:
        signal.disconnect(on_signal)
