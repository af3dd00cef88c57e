"""Draws the page of a refund."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from pos_client.ui.cards import Cards, piled
from pos_client.ui.controls import ButtonRows, FieldBox
from pos_client.ui.drawing import (
    NoteBox,
    RowList,
    heading_row,
    label,
    row_of,
    rule,
    show_badge,
    show_text,
    show_texts,
    wrapping,
)
from pos_client.ui.parts_screen import Row
from pos_client.ui.refund_screen import RefundScreen
from pos_client.ui.scrolling import scrolled
from pos_client.ui.sum_drawing import MoneyLabel
from pos_client.ui.theme import Theme
from pos_client.ui.tone import Tone

__all__ = ["RefundView"]


class RefundView(QWidget):
    """What was paid on the left, what goes back in the middle, how far it has come on the right."""

    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._dense = False
        self._cards = Cards(self, theme)
        self._build_paid()
        self.middle = self._build_back()
        """What is said in passing lies over it and covers no button."""
        self._build_course()
        self._cards.also(self._visits, self._ways, self._points, self._steps, self._back, self._doing, self._buttons)

    def _build_paid(self) -> None:
        theme = self._theme
        frame, outer = self._cards.add()
        self._title = label("caption", frame)
        self._badge = label("tag-neutral", frame)
        self._number = label("title", frame)
        self._about = wrapping("subtle", frame)
        visits = label("caption", frame)
        show_text(visits, "Было оплачено")
        self._visits = RowList(theme)
        self._paid_label = label("body", frame)
        self._paid = label("title", frame)
        outer.addLayout(heading_row(self._title, self._badge, theme))
        outer.addWidget(self._number)
        outer.addWidget(self._about)
        outer.addSpacing(theme.metrics["pad_small"])
        outer.addWidget(visits)
        outer.addWidget(piled(frame, self._visits), 1)
        outer.addWidget(rule(frame))
        outer.addLayout(row_of(self._paid_label, None, self._paid, spacing=theme.metrics["pad_small"]))

    def _build_back(self) -> QWidget:
        theme = self._theme
        frame, outer = self._cards.add()
        self._back_label = label("subtle", frame)
        self._back = MoneyLabel(theme, frame)
        self._ways = RowList(theme)
        self._points_label = label("caption")
        self._points = RowList(theme)
        pile = piled(frame, self._ways, self._points_label, self._points, spacing=theme.metrics["pad_small"])
        self._whole = wrapping("subtle", frame)
        outer.addWidget(self._back_label)
        outer.addWidget(self._back)
        outer.addWidget(pile, 1)
        outer.addWidget(self._whole)
        return frame

    def _build_course(self) -> None:
        theme = self._theme
        frame, outer = self._cards.add()
        self._steps_label = label("caption", frame)
        self._steps = RowList(theme, frame)
        self._doing = NoteBox(theme)
        self._field = FieldBox(theme, frame)
        self._buttons = ButtonRows(theme, frame)
        self._buttons.asked.connect(self.asked)
        outer.addWidget(self._steps_label)
        outer.addWidget(self._steps)
        outer.addStretch(1)
        self._doing_area = scrolled(self._doing, frame, least=4 * theme.metrics["size_body"])
        outer.addWidget(self._doing_area)
        outer.addWidget(self._field)
        outer.addWidget(self._buttons)

    def show_refund(self, screen: RefundScreen) -> None:
        """Draw it."""
        show_badge(self._badge, screen.badge)
        show_texts(
            (self._title, screen.title),
            (self._number, screen.number),
            (self._about, screen.about),
            (self._paid_label, screen.paid_label),
            (self._paid, screen.paid),
            (self._back_label, screen.back_label),
            (self._points_label, screen.points_label),
            (self._whole, screen.whole),
            (self._steps_label, screen.steps_label),
        )
        self._back.show_sum(screen.back)
        for rows, shown in (
            (self._visits, screen.visits),
            (self._ways, screen.ways),
            (self._points, screen.points),
            (self._steps, self._steps_with_room(screen)),
        ):
            rows.show_rows(shown)
        self._doing.show_note(screen.doing)
        self._doing_area.setVisible(screen.doing is not None)
        self._field.show_field(screen.field)
        self._buttons.show_buttons(screen.buttons)

    def _steps_with_room(self, screen: RefundScreen) -> tuple[Row, ...]:
        """Where what went wrong needs the room, the steps that went well or wait their turn have none."""
        wrong = screen.doing is not None and screen.doing.tone in {Tone.WARNING, Tone.DANGER}
        if not (self._dense and wrong):
            return screen.steps
        return tuple(row for row in screen.steps if row.tone is Tone.WARNING) or screen.steps

    def squeeze(self, *, dense: bool) -> None:
        """Lower buttons and less air, for a small screen with large text."""
        self._cards.squeeze(dense=dense)
        self._dense = dense
        large = dense and self._theme.scale > 1
        self._cards.share_width(*((390, 400, 530) if large else (400, 460, 460)))
