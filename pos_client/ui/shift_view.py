"""Draws the shift so far."""

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from pos_client.ui.cards import Cards, piled
from pos_client.ui.controls import ButtonRows
from pos_client.ui.drawing import NoteBox, RowList, column, label, row_of, show_text, show_texts, wrapping
from pos_client.ui.shift_screen import Share, ShiftScreen
from pos_client.ui.theme import Theme

__all__ = ["ShiftView"]

_SHARES = 2


class _Meter(QWidget):
    """A share as a bar, with a mark where its goal is."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._share = self._goal = 0
        self._bar = round(14 * theme.scale)
        self._over = round(4 * theme.scale)
        self.setFixedHeight(self._bar + 2 * self._over)

    def show_share(self, share: Share) -> None:
        self._share, self._goal = share.share, share.goal
        self.setAccessibleName(f"{share.label}: {share.value}, {share.detail}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(0, self._over, self.width(), self._bar)
        shape = QPainterPath()
        shape.addRoundedRect(area, self._bar / 2, self._bar / 2)
        colours = self._theme.colours
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(area, QColor(colours["meter_empty"]))
        done = QRectF(0, self._over, area.width() * min(self._share, 100) / 100, self._bar)
        painter.fillRect(done, QColor(colours["meter_points"]))
        painter.restore()
        mark = QRectF(area.width() * self._goal / 100 - 1, 0, 2, self.height())
        painter.fillRect(mark, QColor(colours["text"]))
        painter.end()


class _ShareView(QWidget):
    """One share with its goal."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._label = wrapping("body", self)
        self._value = label("title", self)
        self._meter = _Meter(theme, self)
        self._detail = wrapping("subtle", self)
        inside = column(theme.metrics["pad_small"] // 2, 0, self)
        line = row_of(spacing=theme.metrics["pad_small"])
        line.addWidget(self._label, 1)
        line.addWidget(self._value)
        inside.addLayout(line)
        inside.addWidget(self._meter)
        inside.addWidget(self._detail)

    def show_share(self, share: Share) -> None:
        show_text(self._label, share.label)
        show_text(self._value, share.value)
        show_text(self._detail, share.detail)
        self._meter.show_share(share)


class ShiftView(QWidget):
    """Money on the left, the goals of the programme in the middle, points owed on the right."""

    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._cards = Cards(self, theme)
        self._build_money()
        self.middle = self._build_goals()
        """What is said in passing lies over it and covers no button."""
        self._build_debts()
        self._cards.also(self._rows, self._debts, self._buttons)

    def _build_money(self) -> None:
        theme = self._theme
        frame, outer = self._cards.add()
        self._heading = label("title", frame)
        self._detail = wrapping("subtle", frame)
        self._taken_label = label("subtle", frame)
        self._taken = label("value", frame)
        self._rows = RowList(theme)
        for part in (self._heading, self._detail):
            outer.addWidget(part)
        outer.addSpacing(theme.metrics["pad_small"])
        for part in (self._taken_label, self._taken):
            outer.addWidget(part)
        outer.addWidget(piled(frame, self._rows), 1)
        self._buttons = ButtonRows(theme, frame)
        self._buttons.asked.connect(self.asked)
        outer.addWidget(self._buttons)

    def _build_goals(self) -> QWidget:
        theme = self._theme
        frame, outer = self._cards.add()
        caption = label("caption", frame)
        show_text(caption, "Программа лояльности")
        outer.addWidget(caption)
        self._shares = [_ShareView(theme, frame) for _ in range(_SHARES)]
        for share in self._shares:
            outer.addWidget(share)
            outer.addSpacing(theme.metrics["gap"])
        self._empty = wrapping("subtle", frame)
        outer.addWidget(self._empty)
        outer.addStretch(1)
        return frame

    def _build_debts(self) -> None:
        theme = self._theme
        frame, outer = self._cards.add()
        caption = label("caption", frame)
        show_text(caption, "Долг по баллам")
        outer.addWidget(caption)
        self._debts = RowList(theme, frame)
        self._debts_note = NoteBox(theme, frame)
        self._terminal = NoteBox(theme, frame)
        self._closing = NoteBox(theme, frame)
        outer.addWidget(self._debts)
        outer.addWidget(self._debts_note)
        outer.addStretch(1)
        outer.addWidget(self._terminal)
        outer.addWidget(self._closing)

    def show_shift(self, screen: ShiftScreen) -> None:
        """Draw it."""
        show_texts(
            (self._heading, screen.heading),
            (self._detail, screen.detail),
            (self._taken_label, screen.taken_label),
            (self._taken, screen.taken),
            (self._empty, screen.empty),
        )
        self._rows.show_rows(screen.rows)
        for at, view in enumerate(self._shares):
            if at < len(screen.shares):
                view.show_share(screen.shares[at])
            view.setVisible(at < len(screen.shares))
        self._debts.show_rows(screen.debts)
        self._debts_note.show_note(screen.debts_note)
        self._terminal.show_note(screen.terminal)
        self._closing.show_note(screen.closing)
        reconcile = () if screen.reconcile is None else ((screen.reconcile,),)
        self._buttons.show_buttons((*reconcile, (screen.button,)))

    def squeeze(self, *, dense: bool) -> None:
        """Lower buttons and less air, for a small screen with large text."""
        self._cards.squeeze(dense=dense)
