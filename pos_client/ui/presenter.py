"""Wires hands, counter and window: gesture, entry, command, state, screen. It decides nothing itself."""

from collections.abc import Hashable
from datetime import tzinfo

from PySide6.QtCore import QObject, QTimer

from pos_client.counter.state import CounterState
from pos_client.ports import Service
from pos_client.ui import gestures as moves
from pos_client.ui.commands import Command
from pos_client.ui.entry import Ask, Entry, Step
from pos_client.ui.keys import Gestures
from pos_client.ui.queue_screen import SaleLookup
from pos_client.ui.sale_screen import SaleScreen, present
from pos_client.ui.scanner import Scanner
from pos_client.ui.screen_log import ScreenLog
from pos_client.ui.served import Counter, serve
from pos_client.ui.tasks import Tasks
from pos_client.ui.window import PosWindow

__all__ = ["Counter", "PosPresenter"]

_TICK_MS = 1000
_NOT_A_CODE = "Сканер прислал то, что кодом не бывает. Сканируйте ещё раз."


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
        window.customer_chosen.connect(self.on_customer_chosen)
        window.place_chosen.connect(self.on_place_chosen)
        window.light_opened.connect(self.on_light_opened)
        window.activity_changed.connect(self.on_activity_changed)
        keys.asked.connect(self.on_asked)
        if scanner is not None:
            scanner.scanned.connect(self.on_scanned)
            scanner.rejected.connect(self.on_rejected)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self.draw)
        counter.listen(self.draw)
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

    def draw(self, state: CounterState | None = None) -> None:
        """Draw what is so now, or `state` if it has just changed; nothing is touched when nothing differs."""
        if self._closed:
            return
        state = state or self._counter.state
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

    def on_customer_chosen(self, processing_id: str) -> None:
        """One of several customers was pointed at."""
        self._step(moves.choose_customer(self._entry, processing_id, self._counter.state))

    def on_place_chosen(self, place: int) -> None:
        """A field or a consent of the form of joining was pointed at."""
        self._step(moves.choose_place(self._entry, place, self._counter.state))

    def on_light_opened(self, service: Service) -> None:
        """A light was pointed at."""
        self._step(moves.open_light(self._entry, service))

    def on_activity_changed(self, active: bool) -> None:  # noqa: FBT001 - a Qt signal carries a bare bool
        """The window became the active one, or another did."""
        self._step(Step(moves.listening(self._entry, active=active)))

    def on_scanned(self, text: str) -> None:
        """A code came from the scanner: it comes before anything that was being typed."""
        self._note("scanned", text)
        self._step(moves.scanned(self._entry, text, self._counter.state))

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
        for command in (step.before, step.command):
            if command is not None:
                self._do(command)
        self.draw()

    def _do(self, command: Command) -> None:
        if (work := serve(self._counter, command)) is not None:
            self._tasks.spawn(work, name=type(command).__name__.lower())


def _step(state: CounterState, entry: Entry) -> Hashable:
    """What a press would act upon now: when it changes, the same key asks for something else."""
    sale = state.sale
    joining = state.joining and state.joining.step
    hands = entry.mode, entry.part, len(entry.plan), entry.doubted, entry.queue_open, entry.shift_open, entry.row
    refund = state.refund and (state.refund.refund.id, state.refund.refund.stage)
    money = state.tendering and (state.tendering.step, state.tendering.approved)
    return *hands, money, joining, entry.join and entry.join.at, sale and (sale.id, sale.stage), refund
