"""The one event loop of the till: asyncio on Qt, its start, its signals and its clean end."""

import asyncio
import heapq
import logging
import math
import signal
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from pos_client.ui.traits import set_trait

__all__ = ["PosEventLoop", "delete_windows", "run"]

_log = logging.getLogger(__name__)

_TURN_SECONDS = 0.004  # coroutines may keep Qt from painting for this long before it gets its turn
_LONGEST_WAIT_MS = 3_600_000  # QTimer counts in 32-bit milliseconds; a longer wait is simply armed again
_PRUNE_ABOVE = 64  # fewer cancelled timers than this are not worth a sweep
_EXECUTOR_THREADS = 4
_SIGNAL_EXIT_BASE = 128  # the shell's convention for "ended by signal N"
_WINDOWS_SIGNAL_POLL_MS = 250

_Callback = Callable[..., object]


class _Doorbell(QObject):
    """Rings on the loop's thread, whichever thread presses it."""

    pressed = Signal()

    def __init__(self, answer: Callable[[], None]) -> None:
        super().__init__()
        self._answer = answer
        # To a slot of an object of this thread Qt itself carries a signal over from another one.
        self.pressed.connect(self._on_pressed)

    def _on_pressed(self) -> None:
        self._answer()


class PosEventLoop(QEventLoop):  # type: ignore[misc] # qasync ships no types
    """An asyncio loop driven by Qt that keeps asyncio's own timer heap on one precise QTimer.

    qasync 0.28 starts a coarse Qt timer per call, kills none of the cancelled ones and lets `sleep(2)` end early.
    Here cancelled handles are pruned from the heap, no timer fires before its time, and the only Qt timer is armed
    for the earliest of them. A nested Qt loop started by a coroutine finds no work to do: it cannot enter a task twice.
    """

    def __init__(self, app: QCoreApplication | None = None) -> None:
        self._soon: deque[asyncio.Handle] = deque()
        self._heap: list[asyncio.TimerHandle] = []
        self._cancelled_timers = 0
        self._turning = False
        self._armed_for = math.inf
        self._escaped: BaseException | None = None
        self._alarm = QTimer()
        self._alarm.setSingleShot(True)
        set_trait(self._alarm, "timerType", "PreciseTimer")
        self._alarm.timeout.connect(self._turn)
        self._doorbell = _Doorbell(self._arm)
        super().__init__(app)

    @property
    def timers(self) -> int:
        """How many timers the loop holds, cancelled and not yet pruned ones included."""
        return len(self._heap)

    # ------------------------------------------------------------------------------------------ asyncio's side

    def call_soon(self, callback: _Callback, *args: object, context: Context | None = None) -> asyncio.Handle:
        """Run `callback` on the next turn of the loop."""
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._add_callback(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: _Callback, *args: object, context: Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` soon on the loop's thread; may be called from any thread."""
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._soon.append(handle)
        self._doorbell.pressed.emit()
        return handle

    def call_later(
        self, delay: float, callback: _Callback, *args: object, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run `callback` once, `delay` seconds from now and never earlier."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: _Callback, *args: object, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run `callback` once, when the loop's clock shows `when` seconds."""
        self._check_closed()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._heap, handle)
        if not self._turning and when < self._armed_for:
            self._arm()
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:  # noqa: ARG002 # asyncio's hook
        self._cancelled_timers += 1
        if self._cancelled_timers >= max(_PRUNE_ABOVE, len(self._heap) // 2):
            self._heap = [timer for timer in self._heap if not timer.cancelled()]
            heapq.heapify(self._heap)
            self._cancelled_timers = 0

    def _add_callback(self, handle: asyncio.Handle, delay: float = 0) -> asyncio.Handle:
        """Take a handle made elsewhere: by asyncio for a signal, by qasync for a socket."""
        if delay > 0:
            self.call_later(delay, self._run_handle, handle)
            return handle
        self._soon.append(handle)
        if not self._turning and self._armed_for > 0:
            self._arm()
        return handle

    def run_in_executor(
        self, executor: ThreadPoolExecutor | None, func: _Callback, *args: object
    ) -> asyncio.Future[Any]:
        """Run a blocking call on a thread of `executor`, by default on asyncio's own pool and not on QThreads."""
        return asyncio.BaseEventLoop.run_in_executor(self, executor, func, *args)

    def set_default_executor(self, executor: ThreadPoolExecutor) -> None:
        """Set the pool that `run_in_executor(None, …)` uses; the runner shuts it down."""
        asyncio.BaseEventLoop.set_default_executor(self, executor)

    # ----------------------------------------------------------------------------------------------- Qt's side

    def _before_run_forever(self) -> None:
        super()._before_run_forever()
        self._escaped = None
        self._arm()

    def run_forever(self) -> None:
        """Turn until `stop()`; `SystemExit` and `KeyboardInterrupt` leave through here, as they do in asyncio."""
        super().run_forever()
        if self._escaped is not None:
            escaped, self._escaped = self._escaped, None
            raise escaped

    def close(self) -> None:
        """Drop everything that waits; the loop cannot be used again."""
        super().close()
        self._alarm.stop()
        self._soon.clear()
        self._heap.clear()

    def _arm(self) -> None:
        if self._soon:
            self._armed_for = 0.0
            self._alarm.start(0)
            return
        while self._heap and self._heap[0].cancelled():
            heapq.heappop(self._heap)
        if not self._heap:
            self._armed_for = math.inf
            self._alarm.stop()
            return
        self._armed_for = self._heap[0].when()
        wait_ms = math.ceil((self._armed_for - self.time()) * 1000)
        self._alarm.start(min(max(wait_ms, 0), _LONGEST_WAIT_MS))

    def _turn(self) -> None:
        if self._turning or not self.is_running():
            return
        self._turning = True
        turn_ends = self.time() + _TURN_SECONDS
        try:
            while self._take_due() and self.is_running():
                # As in asyncio, what a callback schedules with call_soon belongs to the next round.
                for _ in range(len(self._soon)):
                    self._run_handle(self._soon.popleft())
                if self.time() >= turn_ends:
                    break
        except (KeyboardInterrupt, SystemExit) as escaped:
            # Raised into Qt it would only be printed; asyncio's contract is that it ends run_forever.
            self._escaped = escaped
            self.stop()
        finally:
            self._turning = False
            self._arm()

    def _take_due(self) -> bool:
        now = self.time()
        while self._heap and (self._heap[0].cancelled() or self._heap[0].when() <= now):
            timer = heapq.heappop(self._heap)
            if not timer.cancelled():
                self._soon.append(timer)
        return bool(self._soon)

    def _run_handle(self, handle: asyncio.Handle) -> None:
        if handle.cancelled():
            return
        if not self.get_debug():
            handle._run()  # noqa: SLF001 # the only way a loop may run a handle
            return
        began = self.time()
        handle._run()  # noqa: SLF001 # the same
        took = self.time() - began
        if took >= self.slow_callback_duration:
            _log.warning("Executing %r took %.3f seconds", handle, took)


def delete_windows(app: QApplication) -> None:
    """Destroy every window now, while Python and Qt are both whole.

    PySide destroys what is left at exit in arbitrary order, which has crashed when a window hung in a reference cycle.
    """
    for window in app.topLevelWidgets():
        window.hide()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def run(app: QApplication, main: Callable[[asyncio.Event], Coroutine[Any, Any, int]]) -> int:
    """Run `main(stop_asked)` to its end on a `PosEventLoop` and return the exit code of the process.

    The first SIGINT or SIGTERM sets `stop_asked`, as the window does when it is closed, and leaves it to `main` to
    finish what must not be cut; a second one cancels `main`, and the code is then 128 + the signal's number.
    Windows are destroyed before this function returns. Whatever `main` raises is raised.
    """
    app.setQuitOnLastWindowClosed(False)  # the end of main ends the process, not the last window
    received: list[int] = []

    async def whole() -> int:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_EXECUTOR_THREADS, thread_name_prefix="till"))
        stop_asked = asyncio.Event()
        work = asyncio.create_task(main(stop_asked), name="main")

        def on_signal(number: int) -> None:
            received.append(number)
            if stop_asked.is_set():
                work.cancel()
            stop_asked.set()

        restore = _catch_signals(loop, on_signal)
        try:
            return await work
        except asyncio.CancelledError:
            if not received:
                raise
            return _SIGNAL_EXIT_BASE + received[-1]
        finally:
            restore()

    try:
        with asyncio.Runner(loop_factory=lambda: PosEventLoop(app)) as runner:
            return runner.run(whole())
    finally:
        delete_windows(app)


def _catch_signals(loop: asyncio.AbstractEventLoop, heard: Callable[[int], None]) -> Callable[[], None]:
    """Send SIGINT and SIGTERM to `heard` on the loop's thread; the answer undoes it."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    if sys.platform == "win32":

        def from_python(number: int, _frame: object) -> None:
            loop.call_soon_threadsafe(heard, number)

        # Python sees a signal only between bytecodes, and an idle Qt runs none.
        poll = QTimer()
        poll.timeout.connect(_let_python_run)
        poll.start(_WINDOWS_SIGNAL_POLL_MS)
        before = {number: signal.signal(number, from_python) for number in numbers}
    else:
        before = {number: signal.getsignal(number) for number in numbers}
        for number in numbers:
            loop.add_signal_handler(number, heard, number)

    def restore() -> None:
        for number, handler in before.items():
            if sys.platform != "win32":
                loop.remove_signal_handler(number)
            signal.signal(number, handler)
        if sys.platform == "win32":
            poll.stop()

    return restore


def _let_python_run() -> None:
    """Do nothing, in Python."""
