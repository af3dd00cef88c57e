"""Draws the card of the money."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from pos_client.ui.cards import Cards
from pos_client.ui.controls import ButtonRows, ChipRow, FieldBox
from pos_client.ui.drawing import NoteBox, RowList, column, label, show_text
from pos_client.ui.money_screen import MoneyScreen
from pos_client.ui.scrolling import scrolled
from pos_client.ui.sum_drawing import BarView, MoneyLabel
from pos_client.ui.theme import Theme
from pos_client.ui.tone import Tone

__all__ = ["MoneyView"]

_ROWS_WITH_A_PLACE = 4
"""The whole price, a discount, the points, what was paid before: what is due does not move when they come and go."""


class MoneyView(QWidget):
    """How much."""

    asked = Signal(str)
    sum_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards = Cards(self, theme)
        frame, outer = self._cards.add()
        self._theme = theme
        self._screen = MoneyScreen()
        self._dense = self._airless = False
        inside = QWidget()
        rows = column(0, 0, inside)
        self._rows = RowList(theme, inside)
        rows.addWidget(self._rows)
        rows.addStretch(1)
        row = 2 * theme.metrics["pad_small"] + round(theme.metrics["size_title"] * 1.2)
        self._area = scrolled(inside, frame, least=row, usual=_ROWS_WITH_A_PLACE * row)
        self._due_label = label("subtle", frame)
        self._due = MoneyLabel(theme, frame)
        self._bar = BarView(theme, frame)
        self._earning = NoteBox(theme, frame)
        self._doing = NoteBox(theme)
        self._doing_area = scrolled(self._doing, frame, least=4 * theme.metrics["size_body"])
        self._field = FieldBox(theme, frame)
        self._chips = ChipRow(theme, frame)
        self._chips.chosen.connect(self.sum_chosen)
        self._buttons = ButtonRows(theme, frame)
        self._buttons.asked.connect(self.asked)
        outer.addWidget(self._area)
        for widget in (self._due_label, self._due, self._bar, self._earning):
            outer.addWidget(widget)
        outer.addStretch(1)
        hand: tuple[QWidget, ...] = (self._doing_area, self._field, self._chips, self._buttons)
        for part in hand:
            outer.addWidget(part)
        self._cards.also(self._due, self._buttons)

    def show_money(self, screen: MoneyScreen) -> None:
        """Draw it. What has to be done comes before what is good to know where there is no room for both."""
        self._screen = screen
        many = sum(2 if row.detail else 1 for row in screen.rows) > _ROWS_WITH_A_PLACE
        crowded = self._dense and (many or screen.doing is not None or screen.field is not None)
        serious = screen.doing is not None and screen.doing.tone in {Tone.WARNING, Tone.DANGER}
        self._make_place_for_rows(crowded=crowded)
        asks = screen.field is not None
        # Where the bar is away, the rows say the same.
        self._bar.setVisible(not ((serious and asks) or (crowded and (serious or (many and asks)))))
        self._rows.show_rows(screen.rows)
        show_text(self._due_label, screen.due_label)
        self._due.show_sum(screen.due)
        self._bar.show_bar(screen.bar)
        earning = screen.earning
        self._earning.show_note(replace(earning, text="", lines=()) if crowded and earning is not None else earning)
        self._doing.show_note(screen.doing)
        self._doing_area.setVisible(screen.doing is not None)
        self._field.show_field(screen.field)
        self._chips.show_chips(screen.chips)
        self._buttons.show_buttons(screen.buttons)

    def let_air_out(self, *, airless: bool) -> None:
        """What gives way first when the window is low: the space around rows and notes."""
        for part in (self._rows, self._earning, self._doing):
            part.squeeze(dense=airless)
        self._airless = airless
        self.show_money(self._screen)

    def _make_place_for_rows(self, *, crowded: bool) -> None:
        metrics = self._theme.metrics
        pad = metrics["pad_small"] // 3 if self._airless else metrics["pad_small"]
        usual = 0 if crowded else _ROWS_WITH_A_PLACE * (2 * pad + round(metrics["size_title"] * 1.2))
        if usual != self._area.usual:
            self._area.usual = usual
            self._area.updateGeometry()

    def squeeze(self, *, dense: bool) -> None:
        """Lower buttons, for a small screen with large text."""
        self._cards.squeeze(dense=dense)
        self._dense = dense
        self.show_money(self._screen)
