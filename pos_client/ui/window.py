"""The one window of the till: it draws a screen and tells what the cashier did, and decides nothing."""

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6 import QtCore, QtGui
from PySide6.QtCore import QEvent, QPoint, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLayout, QProgressBar, QStackedWidget, QWidget

from pos_client.ui.asks import Ask
from pos_client.ui.drawing import NoteBox, column
from pos_client.ui.idle_view import IdleView
from pos_client.ui.overlays import Overlays
from pos_client.ui.strip_view import KeysView, StripView
from pos_client.ui.theme import Theme, restyle
from pos_client.ui.traits import set_trait

if TYPE_CHECKING:
    from pos_client.ui.counter_view import CounterView
    from pos_client.ui.joining_view import JoinView
    from pos_client.ui.queue_view import QueueView
    from pos_client.ui.refund_view import RefundView
    from pos_client.ui.sale_screen import SaleScreen
    from pos_client.ui.shift_view import ShiftView

    _Page = CounterView | IdleView | QueueView | RefundView | ShiftView

__all__ = ["PosWindow"]

_AIRY = 740
"""Height of the window, in pixels at 100 % text, below which air gives way to words."""
_ROOMY = 680
"""The same for buttons and sums: a maximised window on a screen of 768 lines has more."""


class PosWindow(QFrame):
    """Tells by `asked` a gesture's id, by `typed` signs, by `erased` that one goes, by the others what was pointed at.

    Keys of the table of gestures never arrive here as keys: they are taken before. What does arrive is typing.
    """

    asked = Signal(str)
    typed = Signal(str)
    erased = Signal()
    sum_chosen = Signal(str)
    row_chosen = Signal(str)
    customer_chosen = Signal(str)
    place_chosen = Signal(int)
    light_opened = Signal(object)
    activity_changed = Signal(bool)
    close_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("pos")
        self.setProperty("kind", "ground")
        self.setWindowTitle("Касса ПВЗ")
        self.setAccessibleName("Касса ПВЗ")
        set_trait(self, "focusPolicy", "StrongFocus")
        self.may_close = True
        self.drawn: SaleScreen | None = None
        """What is drawn now."""
        self._theme = theme
        metrics = theme.metrics
        self._frame = QFrame(self)
        self._frame.setProperty("kind", "plain")
        whole = column(0, 0, self)
        whole.addWidget(self._frame)
        # Wrapping labels ask for the height that they would need at their narrowest; cards shrink and scroll instead.
        whole.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumSize(960, 540)
        self._strip = StripView(theme, self._frame)
        self._progress = QProgressBar(self._frame)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Ждём ответа")
        self._progress.setRange(0, 0)
        kept = self._progress.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(kept)
        self._banner = NoteBox(theme, self._frame, wide=True)
        self._stack = QStackedWidget(self._frame)
        self._idle = IdleView(theme, self._stack)
        self._idle.asked.connect(self.asked)
        self._pages: list[_Page] = []
        self._add_page(self._idle)
        self._middle: QWidget = self._idle.call
        self._keys = KeysView(theme, self._frame)
        outer = column(0, 0, self._frame)
        body = column(metrics["gap"])
        body.setContentsMargins(metrics["gap"], metrics["gap"] - metrics["accent"], metrics["gap"], metrics["gap"])
        body.addWidget(self._banner)
        body.addWidget(self._stack, 1)
        outer.addWidget(self._strip)
        outer.addWidget(self._progress)
        outer.addLayout(body, 1)
        outer.addWidget(self._keys)
        self._overlays = Overlays(theme, self)
        for source in (self._strip.asked, self._keys.asked):
            source.connect(self.asked)
        self._strip.light_opened.connect(self.light_opened)

    # --------------------------------------------------------------------------------------------------- pages

    @cached_property
    def _counter(self) -> "CounterView":
        from pos_client.ui.counter_view import CounterView  # noqa: PLC0415 - the first paint does without it

        made = CounterView(self._theme, self._stack)
        made.customer.asked.connect(self.asked)
        made.customer.customer_chosen.connect(self.customer_chosen)
        made.money.asked.connect(self.asked)
        made.money.sum_chosen.connect(self.sum_chosen)
        self._add_page(made)
        made.money.let_air_out(airless=self._is_lower_than(_AIRY))
        return made

    @cached_property
    def _queue(self) -> "QueueView":
        from pos_client.ui.queue_view import QueueView  # noqa: PLC0415 - the same

        made = QueueView(self._theme, self._stack)
        made.asked.connect(self.asked)
        made.row_chosen.connect(self.row_chosen)
        self._add_page(made)
        return made

    @cached_property
    def _shift(self) -> "ShiftView":
        from pos_client.ui.shift_view import ShiftView  # noqa: PLC0415 - the same

        made = ShiftView(self._theme, self._stack)
        made.asked.connect(self.asked)
        self._add_page(made)
        return made

    @cached_property
    def _refund(self) -> "RefundView":
        from pos_client.ui.refund_view import RefundView  # noqa: PLC0415 - the same

        made = RefundView(self._theme, self._stack)
        made.asked.connect(self.asked)
        self._add_page(made)
        return made

    @cached_property
    def _joining(self) -> "JoinView":
        from pos_client.ui.joining_view import JoinView  # noqa: PLC0415 - the same

        made = JoinView(self._theme, self)
        made.asked.connect(self.asked)
        made.place_chosen.connect(self.place_chosen)
        made.squeeze(dense=self._is_lower_than(_ROOMY))
        return made

    def complete(self) -> None:
        """Make the pages that nobody has needed yet, while there is time for it: the first scan must not wait."""
        _ = self._counter, self._queue, self._shift, self._refund, self._joining

    def _add_page(self, page: "_Page") -> None:
        page.squeeze(dense=self._is_lower_than(_ROOMY))
        self._pages.append(page)
        self._stack.addWidget(page)

    def _turn_to(self, page: QWidget, middle: QWidget) -> None:
        self._middle = middle
        self._stack.setCurrentWidget(page)

    def _is_lower_than(self, height: int) -> bool:
        return self.height() < height * self._theme.scale

    # ------------------------------------------------------------------------------------------------- drawing

    def show_screen(self, screen: "SaleScreen") -> None:
        """Draw it; what is the same stays untouched."""
        self.drawn = screen
        restyle(self._frame, "training" if screen.training else "plain")
        edge = self._theme.metrics["accent"] if screen.training else 0
        self._frame.setContentsMargins(edge, edge, edge, edge)
        self._strip.show_strip(screen.strip, screen.training)
        self._progress.setVisible(screen.waiting)
        self._banner.show_note(screen.banner)
        self._keys.show_keys(screen.keys)
        if screen.counter is not None:
            self._counter.show_counter(screen.counter)
            self._turn_to(self._counter, self._counter.order)
        elif screen.queue is not None:
            self._queue.show_queue(screen.queue)
            self._turn_to(self._queue, self._queue.middle)
        elif screen.shift is not None:
            self._shift.show_shift(screen.shift)
            self._turn_to(self._shift, self._shift.middle)
        elif screen.refund is not None:
            self._refund.show_refund(screen.refund)
            self._turn_to(self._refund, self._refund.middle)
        elif screen.idle is not None:
            self._idle.show_idle(screen.idle)
            self._turn_to(self._idle, self._idle.call)
        if screen.joining is not None:
            self._joining.show_joining(screen.joining)
        if "_joining" in vars(self):
            self._joining.setVisible(screen.joining is not None)
        self._overlays.show_overlays(screen)
        self._place_overlays()

    def _place_joining(self) -> None:
        """In the place of the card in the middle, with large text of the customer's too: sums and pay keys stay."""
        if "_joining" not in vars(self):
            return
        joining = not self._joining.isHidden()
        first = middle = self._middle
        if "_counter" in vars(self):
            beside = self._counter.place_beside_the_money(joining=joining)
            first = beside if middle is self._counter.order else middle
        if not joining:
            return
        corner, end = first.mapTo(self, QPoint(0, 0)), middle.mapTo(self, QPoint(middle.width(), 0))
        self._joining.setGeometry(corner.x(), corner.y(), end.x() - corner.x(), middle.height())
        self._joining.raise_()

    def _place_overlays(self) -> None:
        self._place_joining()
        floor = self.height() - self._keys.height() - self._theme.metrics["gap"]
        self._overlays.place(middle=self._middle, ceiling=self._strip.height(), floor=floor)

    # ---------------------------------------------------------------------------------------------------- hands

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Typing. A held key repeats signs, deletions and moves, and nothing that does something."""
        key = QtCore.Qt.Key(event.key())
        move = _move(key)
        if key is QtCore.Qt.Key.Key_Backspace:
            self.erased.emit()
        elif move is not None:
            if self._overlays.help_is_open:
                self._overlays.scroll_help(1 if move is Ask.DOWN else -1)
            else:
                self.asked.emit(move.value)
        elif event.matches(QtGui.QKeySequence.StandardKey.Paste):
            self.typed.emit(QGuiApplication.clipboard().text()[:64])
        elif event.text() and event.text().isprintable():
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Keys belong to the whole window, not to the first control in it."""
        super().showEvent(event)
        self.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        """A scanner is heard only while the window is the active one."""
        if event.type() is QEvent.Type.ActivationChange:
            self.activity_changed.emit(self.isActiveWindow())
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Air, and then boxes, give way to words on a low screen."""
        super().resizeEvent(event)
        dense, airless = self._is_lower_than(_ROOMY), self._is_lower_than(_AIRY)
        for view in (self._strip, self._keys, *self._pages):
            view.squeeze(dense=dense)
        self._banner.squeeze(dense=airless)
        if "_joining" in vars(self):
            self._joining.squeeze(dense=dense)
        if "_counter" in vars(self):
            self._counter.money.let_air_out(airless=airless)
        self._place_overlays()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Whoever runs the window decides whether it may close now."""
        if self.may_close:
            event.accept()
        else:
            event.ignore()
            self.close_asked.emit()


def _move(key: "QtCore.Qt.Key") -> Ask | None:
    """Arrows move; held down, they go on."""
    match key:
        case QtCore.Qt.Key.Key_Up | QtCore.Qt.Key.Key_Left:
            return Ask.UP
        case QtCore.Qt.Key.Key_Down | QtCore.Qt.Key.Key_Right:
            return Ask.DOWN
        case _:
            return None
