"""Draws the card of the customer."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pos_client.ui.controls import ButtonRows, FieldBox
from pos_client.ui.customer_screen import CustomerScreen
from pos_client.ui.drawing import (
    NoteBox,
    RowList,
    Squeezed,
    card,
    column,
    heading_row,
    label,
    show_badge,
    show_text,
    wrapping,
)
from pos_client.ui.scrolling import scrolled
from pos_client.ui.theme import Theme

__all__ = ["CustomerView"]


class CustomerView(QWidget):
    """Who."""

    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        frame, outer = card(theme, self)
        self._card = Squeezed(outer, theme)
        whole: QVBoxLayout = column(0, 0, self)
        whole.addWidget(frame)
        inside = QWidget()
        self._column = column(theme.metrics["pad_small"] // 2, 0, inside)
        self._caption = label("caption", inside)
        show_text(self._caption, "Клиент")
        self._badge = label("tag-neutral", inside)
        self._name = wrapping("title", inside)
        self._about = wrapping("subtle", inside)
        self._balance_label = label("subtle", inside)
        self._balance = label("value", inside)
        self._rows = RowList(theme, inside)
        self._note = NoteBox(theme, inside)
        self._prompt = wrapping("title", inside)
        self._prompt_detail = wrapping("subtle", inside)
        self._column.addLayout(heading_row(self._caption, self._badge, theme))
        for widget in (self._name, self._about, self._prompt, self._prompt_detail):
            self._column.addWidget(widget)
        self._column.addSpacing(theme.metrics["pad_small"])
        points: tuple[QWidget, ...] = (self._balance_label, self._balance, self._rows, self._note)
        for part in points:
            self._column.addWidget(part)
        self._column.addStretch(1)
        self._field = FieldBox(theme, frame)
        self._buttons = ButtonRows(theme, frame)
        self._buttons.asked.connect(self.asked)
        outer.addWidget(scrolled(inside, frame), 1)
        outer.addWidget(self._field)
        outer.addWidget(self._buttons)

    def show_customer(self, screen: CustomerScreen) -> None:
        """Draw it."""
        show_badge(self._badge, screen.badge)
        for target, text in (
            (self._name, screen.name),
            (self._about, screen.about),
            (self._prompt, screen.prompt),
            (self._prompt_detail, screen.prompt_detail),
            (self._balance_label, screen.balance_label),
            (self._balance, screen.balance),
        ):
            show_text(target, text)
        self._rows.show_rows(screen.rows)
        self._note.show_note(screen.note)
        self._field.show_field(screen.field)
        self._buttons.show_buttons(((screen.button,),) if screen.button else ())

    def squeeze(self, *, dense: bool) -> None:
        """Lower buttons, for a small screen with large text."""
        self._card.squeeze(dense=dense)
        self._buttons.squeeze(dense=dense)
