"""Draws the card of the customer."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QWidget

from pos_client.ui.cards import Cards
from pos_client.ui.controls import ButtonRows, FieldBox
from pos_client.ui.customer_screen import Choice, CustomerScreen
from pos_client.ui.drawing import (
    NoteBox,
    RowList,
    column,
    heading_row,
    label,
    row_of,
    show_badge,
    show_text,
    show_texts,
    wrapping,
)
from pos_client.ui.scrolling import scrolled
from pos_client.ui.theme import Theme

__all__ = ["CustomerView"]


class _ChoiceCard(QFrame):
    """One of several customers."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "tick")
        self._id = ""
        self._choice: Choice | None = None
        self._dense = False
        self._key = label("chip", self)
        self._name = wrapping("strong", self)
        self._hint = label("subtle", self)
        self._phone = wrapping("subtle", self)
        words = column(0)
        first = row_of(spacing=theme.metrics["pad_small"])
        first.addWidget(self._name, 1)
        first.addWidget(self._hint)
        words.addLayout(first)
        words.addWidget(self._phone)
        line = row_of(spacing=theme.metrics["pad_small"])
        line.addWidget(self._key)
        line.addLayout(words, 1)
        pad = theme.metrics["pad_small"]
        line.setContentsMargins(pad, pad // 2, pad, pad // 2)
        self.setLayout(line)

    def squeeze(self, *, dense: bool) -> None:
        self._dense = dense
        if self._choice is not None:
            self.show_choice(self._choice)

    def show_choice(self, choice: Choice) -> None:
        self._choice, self._id = choice, choice.id
        below = "\n".join(part for part in (choice.phone, choice.hint) if part)
        show_texts(
            (self._key, choice.key),
            (self._name, choice.name),
            (self._phone, below if self._dense else choice.phone),
            (self._hint, "" if self._dense else choice.hint),
        )
        self.setAccessibleName(f"{choice.key}: {choice.name}, {choice.phone}, {choice.hint}")

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.chosen.emit(self._id)


class CustomerView(QWidget):
    """Who."""

    asked = Signal(str)
    customer_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._cards = Cards(self, theme)
        frame, outer = self._cards.add()
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
        self._dense = False
        self._choices: list[_ChoiceCard] = []
        self._choices_column = column(theme.metrics["pad_small"] // 3)
        self._debts_label = label("caption", inside)
        self._debts = RowList(theme, inside)
        points: tuple[QWidget, ...] = (self._balance_label, self._balance, self._rows, self._note)
        for part in points:
            self._column.addWidget(part)
        self._column.addLayout(self._choices_column)
        self._column.addStretch(1)
        self._column.addWidget(self._debts_label)
        self._column.addWidget(self._debts)
        self._inside = inside
        self._code_note = NoteBox(theme, frame)
        self._field = FieldBox(theme, frame)
        self._buttons = ButtonRows(theme, frame)
        self._buttons.asked.connect(self.asked)
        outer.addWidget(scrolled(inside, frame), 1)
        outer.addWidget(self._code_note)
        outer.addWidget(self._field)
        outer.addWidget(self._buttons)
        self._cards.also(self._rows, self._debts, self._buttons)

    def show_customer(self, screen: CustomerScreen) -> None:
        """Draw it."""
        show_badge(self._badge, screen.badge)
        show_texts(
            (self._name, screen.name),
            (self._about, screen.about),
            (self._prompt, screen.prompt),
            (self._prompt_detail, screen.prompt_detail),
            (self._balance_label, screen.balance_label),
            (self._balance, screen.balance),
            (self._debts_label, screen.debts_label),
        )
        self._rows.show_rows(screen.rows)
        self._note.show_note(screen.note)
        self._field.show_field(screen.field)
        self._debts.show_rows(screen.debts)
        self._code_note.show_note(screen.code_note)
        self._show_choices(screen.choices)
        self._buttons.show_buttons(screen.buttons)

    def _show_choices(self, choices: tuple[Choice, ...]) -> None:
        while len(self._choices) < len(choices):
            made = _ChoiceCard(self._theme, self._inside)
            made.chosen.connect(self.customer_chosen)
            made.squeeze(dense=self._dense)
            self._choices.append(made)
            self._choices_column.addWidget(made)
        for at, view in enumerate(self._choices):
            if at < len(choices):
                view.show_choice(choices[at])
            view.setVisible(at < len(choices))

    def squeeze(self, *, dense: bool) -> None:
        """Lower buttons, for a small screen with large text."""
        self._cards.squeeze(dense=dense)
        self._note.squeeze(dense=dense)
        self._column.setSpacing(self._theme.metrics["pad_small"] // (4 if dense else 2))
        self._dense = dense
        for choice in self._choices:
            choice.squeeze(dense=dense)
