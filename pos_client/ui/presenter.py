"""Wires hands, counter and window: gesture, entry, command, state, screen. It decides nothing itself."""

from collections.abc import Callable, Coroutine, Hashable
from datetime import tzinfo
from typing import Any, Protocol
from uuid import UUID

from PySide6.QtCore import QObject, QTimer

from pos_client.counter.state import CounterState
from pos_client.domain.money import Money, Points
from pos_client.ports import Service
from pos_client.ui import gestures as moves
from pos_client.ui.entry import (
    Ask,
    Cancel,
    CloseEntry,
    Command,
    Dismiss,
    Entry,
    Find,
    GiveUp,
    GoOn,
    Pay,
    Recheck,
    Redeem,
    Resume,
    Retry,
    SetAside,
    Step,
    WaitLonger,
)
from pos_client.ui.keys import Gestures
from pos_client.ui.queue_screen import SaleLookup
from pos_client.ui.sale_screen import SaleScreen, present
from pos_client.ui.scanner import Scanner
from pos_client.ui.screen_log import ScreenLog
from pos_client.ui.tasks import Tasks
from pos_client.ui.window import PosWindow

__all__ = ["Counter", "PosPresenter"]

_TICK_MS = 1000
_NOT_A_CODE = "Сканер прислал то, что кодом не бывает. Сканируйте ещё раз."


class Counter(Protocol):
    """What the window needs of the counter. A gesture that cannot be followed becomes a notice of its state."""

    @property
    def state(self) -> CounterState:
        """Everything the counter knows now."""

    def listen(self, listener: Callable[[CounterState], None]) -> None:
        """Call `listener` after every change."""

    async def scanned(self, text: str) -> None:
        """A code came from the scanner."""

    async def typed(self, text: str) -> None:
        """Something to look up was typed."""

    async def redeem(self, points: Points | None) -> None:
        """Spend points: None is all, zero is none."""

    async def pay(self, amount: Money, received: Money) -> None:
        """Take cash and see the sale through."""

    async def cancel(self) -> None:
        """Give up what is on the counter."""

    async def set_aside(self) -> None:
        """Clear the counter for the next customer."""

    async def resume(self, sale_id: UUID) -> None:
        """Take up an unfinished sale."""

    async def give_up(self, sale_id: UUID) -> None:
        """Give up an unfinished sale."""

    async def recheck(self) -> None:
        """Try again what stands in the way."""

    def go_on_without_points(self) -> None:
        """Do not wait for loyalty."""

    def wait_longer(self) -> None:
        """Wait for loyalty a little longer."""

    def retry_entry(self, key: str | None) -> None:
        """Send one entry of the queue, or all, now."""

    def close_entry(self, key: str, reason: str) -> None:
        """A person has dealt with it."""

    def dismiss_notice(self) -> None:
        """The notice was read."""


class PosPresenter(QObject):
    """One window at one counter. Drop it with `close`, which waits for what the gestures began."""

    def __init__(
        self,
        counter: Counter,
        window: PosWindow,
        keys: Gestures,
        scanner: Scanner | None = None,
        *,
        zone: tzinfo | None = None,
        lookup: SaleLookup | None = None,
        log: ScreenLog | None = None,
    ) -> None:
        super().__init__()
        self._counter = counter
        self._window = window
        self._keys = keys
        self._zone = zone
        self._lookup = lookup
        self._log = log
        self._entry = Entry()
        self._screen: SaleScreen | None = None
        self._tasks = Tasks()
        self._closed = False
        window.asked.connect(self.on_asked)
        window.typed.connect(self.on_typed)
        window.erased.connect(self.on_erased)
        window.sum_chosen.connect(self.on_sum_chosen)
        window.row_chosen.connect(self.on_row_chosen)
        window.light_opened.connect(self.on_light_opened)
        window.activity_changed.connect(self.on_activity_changed)
        keys.asked.connect(self.on_asked)
        if scanner is not None:
            scanner.scanned.connect(self.on_scanned)
            scanner.rejected.connect(self.on_rejected)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self.draw)
        counter.listen(self._on_changed)
        self.draw()
        self._tick.start()

    @property
    def entry(self) -> Entry:
        """What the cashier is in the middle of."""
        return self._entry

    @property
    def screen(self) -> SaleScreen | None:
        """What is on the window."""
        return self._screen

    async def close(self) -> None:
        """Stop drawing, and wait until everything that gestures began has ended or is cancelled."""
        self._closed = True
        self._tick.stop()
        await self._tasks.close()

    # ------------------------------------------------------------------------------------------------- drawing

    def draw(self) -> None:
        """Draw what is so now; nothing is touched when nothing differs."""
        if not self._closed:
            self._draw(self._counter.state)

    def _on_changed(self, state: CounterState) -> None:
        if not self._closed:
            self._draw(state)

    def _draw(self, state: CounterState) -> None:
        self._entry = self._entry.kept(state)
        screen = present(state, self._entry, zone=self._zone, lookup=self._lookup)
        if screen == self._screen:
            return
        self._screen = screen
        self._window.show_screen(screen)
        self._keys.move_to(_step(state, self._entry))
        if self._log is not None:
            self._log.shown(state.now, screen)

    # ---------------------------------------------------------------------------------------------------- hands

    def on_asked(self, ask: str) -> None:
        """A key of the table, or a button."""
        self._note(ask)
        self._step(moves.made(self._entry, Ask(ask), self._counter.state))

    def on_typed(self, text: str) -> None:
        """Signs that are no gesture."""
        # Without its figures a session could not be played again from the log.
        self._note("typed", text, plain=self._entry.figures)
        self._step(moves.typed(self._entry, text, self._counter.state))

    def on_erased(self) -> None:
        """The last sign is taken back."""
        self._step(moves.erased(self._entry, self._counter.state))

    def on_sum_chosen(self, text: str) -> None:
        """A suggested sum was pointed at."""
        self._step(moves.choose_sum(self._entry, text, self._counter.state))

    def on_row_chosen(self, key: str) -> None:
        """A row of the queue was pointed at."""
        self._step(moves.choose_row(self._entry, key, self._counter.state))

    def on_light_opened(self, service: Service) -> None:
        """A light was pointed at."""
        self._step(Step(moves.open_light(self._entry, service)))

    def on_activity_changed(self, active: bool) -> None:  # noqa: FBT001 - a Qt signal carries a bare bool
        """The window became the active one, or another did."""
        self._step(Step(moves.listening(self._entry, active=active)))

    def on_scanned(self, text: str) -> None:
        """A code came from the scanner: it comes before anything that was being typed."""
        self._note("scanned", text)
        self._step(Step(moves.scanned(self._entry)))
        self._spawn(self._counter.scanned(text), "scanned")

    def on_rejected(self, reason: str) -> None:
        """A machine sent what is no code."""
        self._note(f"rejected {reason}")
        self._step(Step(self._entry.telling(_NOT_A_CODE)))

    def _note(self, name: str, about: str = "", *, plain: bool = False) -> None:
        if self._log is not None:
            self._log.gesture(self._counter.state.now, name, about, plain=plain)

    def _step(self, step: Step) -> None:
        if self._closed:
            return
        self._entry = step.entry
        if step.command is not None:
            self._do(step.command)
        self.draw()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.spawn(work, name=name)

    def _do(self, command: Command) -> None:
        match command:
            case GoOn() | WaitLonger() | Retry() | CloseEntry() | Dismiss():
                self._do_now(command)
            case _:
                self._spawn(self._work(command), type(command).__name__.lower())

    def _do_now(self, command: GoOn | WaitLonger | Retry | CloseEntry | Dismiss) -> None:
        match command:
            case GoOn():
                self._counter.go_on_without_points()
            case WaitLonger():
                self._counter.wait_longer()
            case Retry(key):
                self._counter.retry_entry(key)
            case CloseEntry(key, reason):
                self._counter.close_entry(key, reason)
            case Dismiss():
                self._counter.dismiss_notice()

    def _work(  # noqa: PLR0911 - one line for each command
        self, command: Find | Pay | Redeem | Resume | GiveUp | Recheck | Cancel | SetAside
    ) -> Coroutine[Any, Any, None]:
        match command:
            case Find(text):
                return self._counter.typed(text)
            case Pay(amount, received):
                return self._counter.pay(amount, received)
            case Redeem(points):
                return self._counter.redeem(points)
            case Resume(sale_id):
                return self._counter.resume(sale_id)
            case GiveUp(sale_id):
                return self._counter.give_up(sale_id)
            case Recheck():
                return self._counter.recheck()
            case SetAside():
                return self._counter.set_aside()
            case Cancel():
                return self._counter.cancel()


def _step(state: CounterState, entry: Entry) -> Hashable:
    """What a press would act upon now: when it changes, the same key asks for something else."""
    sale = state.sale
    return entry.mode, entry.part, entry.doubted, entry.queue_open, entry.row, sale and (sale.id, sale.stage)
