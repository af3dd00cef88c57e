"""Draws the card of the order."""

from PySide6.QtWidgets import QWidget

from pos_client.ui.cards import Cards
from pos_client.ui.drawing import (
    NoteBox,
    RowList,
    column,
    heading_row,
    label,
    show_badge,
    show_text,
    show_texts,
    wrapping,
)
from pos_client.ui.order_screen import OrderScreen
from pos_client.ui.scrolling import scrolled
from pos_client.ui.theme import Theme

__all__ = ["OrderView"]


class OrderView(QWidget):
    """What."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards = Cards(self, theme)
        frame, outer = self._cards.add(spacing=theme.metrics["pad_small"] // 2)
        self._caption = label("caption", frame)
        show_text(self._caption, "Заказ")
        self._badge = label("tag-info", frame)
        self._number = label("title", frame)
        self._about = wrapping("subtle", frame)
        self._note = NoteBox(theme, frame)
        self._prompt = wrapping("heading", frame)
        self._prompt_detail = wrapping("subtle", frame)
        inside = QWidget()
        self._theme = theme
        lines = self._pile = column(theme.metrics["pad_small"], 0, inside)
        self._weighing = RowList(theme, inside)
        self._lines = RowList(theme, inside)
        self._visits_label = label("caption", inside)
        self._visits = RowList(theme, inside)
        self._messages = NoteBox(theme, inside)
        lines.addWidget(self._weighing)
        lines.addWidget(self._lines)
        lines.addWidget(self._messages)
        lines.addStretch(1)
        lines.addWidget(self._visits_label)
        lines.addWidget(self._visits)
        outer.addLayout(heading_row(self._caption, self._badge, theme))
        for widget in (self._number, self._about, self._note, self._prompt, self._prompt_detail):
            outer.addWidget(widget)
        outer.addSpacing(theme.metrics["pad_small"])
        outer.addWidget(scrolled(inside, frame), 1)

    def show_order(self, screen: OrderScreen) -> None:
        """Draw it."""
        show_badge(self._badge, screen.badge)
        show_texts(
            (self._number, screen.number),
            (self._about, screen.about),
            (self._prompt, screen.prompt),
            (self._prompt_detail, screen.prompt_detail),
            (self._visits_label, screen.visits_label),
        )
        self._note.show_note(screen.note)
        self._weighing.show_rows(screen.weighing)
        self._weighing.setVisible(bool(screen.weighing))
        self._lines.show_rows(screen.lines)
        self._messages.show_note(screen.messages)
        self._visits.show_rows(screen.visits)

    def squeeze(self, *, dense: bool) -> None:
        """Less air, for a small screen with large text."""
        self._cards.squeeze(dense=dense)
        self._pile.setSpacing(self._theme.metrics["pad_small"] // (2 if dense else 1))
        for rows in (self._weighing, self._lines, self._visits):
            rows.squeeze(dense=dense)
