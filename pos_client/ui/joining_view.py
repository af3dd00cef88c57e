"""Draws the form of joining, which lies beside the sale and never over its sums."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QWidget

from pos_client.ui.controls import ButtonRows, FieldBox
from pos_client.ui.drawing import (
    NoteBox,
    column,
    heading_row,
    label,
    row_of,
    show_badge,
    show_text,
    show_texts,
    wrapping,
)
from pos_client.ui.joining_screen import JoinScreen, Tick
from pos_client.ui.scrolling import scrolled
from pos_client.ui.theme import Theme, restyle

__all__ = ["JoinView"]

_WIDEST = 640
"""Pixels at 100 % text: longer lines of a consent are hard to read."""


class _TickView(QFrame):
    """One consent: a box, its title, how it begins, and whether it is needed."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "tick")
        self._place = 0
        side = round(24 * theme.scale)
        self._box = label("tick-box", self)
        self._box.setFixedSize(side, side)
        self._box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = wrapping("strong", self)
        self._badge = label("tag-neutral", self)
        self._start = wrapping("subtle", self)
        pad = theme.metrics["pad_small"]
        words = column(0)
        first = row_of(spacing=pad)
        first.addWidget(self._title, 1)
        first.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignTop)
        words.addLayout(first)
        words.addWidget(self._start)
        line = row_of(spacing=pad)
        line.addWidget(self._box, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        line.setContentsMargins(pad, pad - 2, pad, pad - 2)
        self.setLayout(line)

    def show_tick(self, tick: Tick) -> None:
        self._place = tick.place
        restyle(self, "tick-active" if tick.active else "tick")
        restyle(self._box, "tick-box-on" if tick.on else "tick-box")
        self._box.setText("\N{CHECK MARK}" if tick.on else "")
        self._box.show()
        show_text(self._title, tick.title)
        show_text(self._start, tick.start)
        show_badge(self._badge, tick.badge)
        agreed = "отмечено" if tick.on else "не отмечено"
        self.setAccessibleName(f"{tick.title}, {tick.badge.text}, {agreed}")

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.chosen.emit(self._place)


class _Place(FieldBox):
    """A field of the form that can be pointed at."""

    chosen = Signal()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.chosen.emit()


class JoinView(QFrame):
    """Somebody joins the programme."""

    asked = Signal(str)
    place_chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._theme = theme
        inside = self._inside = QWidget()
        narrow = QWidget(self)
        narrow.setMaximumWidth(round(_WIDEST * theme.scale))
        gap = theme.metrics["pad_small"]
        lines = self._lines = column(gap, 0, inside)
        self._heading = label("title", inside)
        self._badge = label("tag-neutral", inside)
        self._detail = wrapping("subtle", inside)
        self._name = wrapping("heading", inside)
        self._balance_label = label("subtle", inside)
        self._balance = label("value", inside)
        self._fields = [_Place(theme, inside) for _ in range(2)]
        for at, field in enumerate(self._fields):
            field.chosen.connect(partial(self.place_chosen.emit, at))
        self._ticks: list[_TickView] = []
        self._ticks_column = column(gap)
        self._note = NoteBox(theme, narrow)
        self._buttons = ButtonRows(theme, narrow)
        self._buttons.asked.connect(self.asked)
        lines.addLayout(heading_row(self._heading, self._badge, theme))
        said: tuple[QWidget, ...] = (self._detail, self._name, self._balance_label, self._balance, *self._fields)
        for part in said:
            lines.addWidget(part)
        lines.addLayout(self._ticks_column)
        lines.addStretch(1)
        outer = column(gap, 0, narrow)
        self._area = scrolled(inside, narrow)
        outer.addWidget(self._area, 1)
        outer.addWidget(self._note)
        outer.addWidget(self._buttons)
        pad = theme.metrics["pad"]
        whole = row_of(spacing=0)
        whole.addStretch(1)
        whole.addWidget(narrow, 1000)
        whole.addStretch(1)
        whole.setContentsMargins(pad, pad, pad, pad)
        self.setLayout(whole)
        self.hide()

    def show_joining(self, screen: JoinScreen) -> None:
        """Draw it."""
        show_badge(self._badge, screen.badge)
        show_texts(
            (self._heading, screen.heading),
            (self._detail, screen.detail),
            (self._name, screen.name),
            (self._balance_label, screen.balance_label),
            (self._balance, screen.balance),
        )
        for at, field in enumerate(self._fields):
            field.show_field(screen.fields[at] if at < len(screen.fields) else None)
        self._show_ticks(screen.ticks)
        self._note.show_note(screen.note)
        self._buttons.show_buttons(screen.buttons)
        self._keep_in_sight(screen)

    def _show_ticks(self, ticks: tuple[Tick, ...]) -> None:
        while len(self._ticks) < len(ticks):
            made = _TickView(self._theme, self._inside)
            made.chosen.connect(self.place_chosen)
            self._ticks.append(made)
            self._ticks_column.addWidget(made)
        for at, view in enumerate(self._ticks):
            if at < len(ticks):
                view.show_tick(ticks[at])
            view.setVisible(at < len(ticks))

    def _keep_in_sight(self, screen: JoinScreen) -> None:
        """Where the hands are is always to be seen."""
        places: list[QWidget] = [view for field, view in zip(screen.fields, self._fields, strict=False) if field.active]
        places += [view for tick, view in zip(screen.ticks, self._ticks, strict=False) if tick.active]
        if places:
            self._area.ensureWidgetVisible(places[0], 0, self._theme.metrics["gap"])

    def squeeze(self, *, dense: bool) -> None:
        """Lower buttons and less air, for a small screen with large text."""
        self._lines.setSpacing(self._theme.metrics["pad_small"] // (2 if dense else 1))
        self._note.squeeze(dense=dense)
        self._buttons.squeeze(dense=dense)
