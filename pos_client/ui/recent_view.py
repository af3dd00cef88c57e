"""Draws the last sales as a list to choose from, the chosen one always in sight."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from pos_client.ui.drawing import column, label, row_of, show_text
from pos_client.ui.scrolling import scrolled
from pos_client.ui.theme import Theme, restyle

if TYPE_CHECKING:
    from pos_client.ui.recent_screen import RecentRow

__all__ = ["RecentView"]


class _SaleLine(QFrame):
    """One sale."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "tick")
        self._order = label("strong", self)
        self._about = label("subtle", self)
        self._about.setMinimumWidth(1)  # on a small screen with large text it is the line about the sale that gives way
        self._about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._amount = label("strong", self)
        pad = theme.metrics["pad_small"]
        inside = row_of(self._order, self._about, self._amount, spacing=theme.metrics["pad"])
        inside.setContentsMargins(pad, pad // 2, pad, pad // 2)
        inside.setStretch(1, 1)
        self.setLayout(inside)

    def show_sale(self, shown: "RecentRow") -> None:
        restyle(self, "tick-active" if shown.chosen else "tick")
        show_text(self._order, shown.order)
        show_text(self._about, shown.about)
        show_text(self._amount, shown.amount)
        self.setToolTip(shown.about)
        self.setAccessibleName(f"Заказ {shown.order}. {shown.about}. {shown.amount}")


class RecentView(QWidget):
    """As many lines as there is room for; the rest is scrolled to."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines: list[_SaleLine] = []
        inside = QWidget()
        self._column = column(theme.metrics["pad_small"] // 2, 0, inside)
        self._column.addStretch(1)
        self._area = scrolled(inside, self)
        column(0, 0, self).addWidget(self._area)
        self.hide()

    def show_recent(self, rows: "tuple[RecentRow, ...]") -> None:
        """Draw them; nothing at all when there are none."""
        while len(self._lines) < len(rows):
            made = _SaleLine(self._theme, self)
            self._lines.append(made)
            self._column.insertWidget(self._column.count() - 1, made)
        for at, line in enumerate(self._lines):
            if at < len(rows):
                line.show_sale(rows[at])
            line.setVisible(at < len(rows))
        self.setVisible(bool(rows))
        self._area.updateGeometry()
        chosen = (line for line, row in zip(self._lines, rows, strict=False) if row.chosen)
        self._area.keep_in_sight(next(chosen, None))
