"""What lies over the page for a moment: a word in passing, the search, help."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QFrame, QWidget

from pos_client.ui.controls import FieldBox
from pos_client.ui.drawing import column, label, show_text, wrapping
from pos_client.ui.scrolling import scrolled
from pos_client.ui.theme import Theme

if TYPE_CHECKING:
    from pos_client.ui.sale_screen import SaleScreen

__all__ = ["Overlays"]

_WIDE = 560
_HELP_WIDE = 820
"""Widths, in pixels at 100 % text."""


class Overlays:
    """Three frames over a window, of which no more is shown than the screen asks for."""

    def __init__(self, theme: Theme, over: QWidget) -> None:
        self._theme = theme
        self._over = over
        pad = theme.metrics["pad"]
        self._toast = QFrame(over)
        self._toast.setProperty("kind", "toast")
        self._toast_words = wrapping("body", self._toast)
        column(0, theme.metrics["gap"], self._toast).addWidget(self._toast_words)
        self._find = QFrame(over)
        self._find.setProperty("kind", "card-chosen")
        self._find_field = FieldBox(theme, self._find)
        column(0, pad, self._find).addWidget(self._find_field)
        self._help = QFrame(over)
        self._help.setProperty("kind", "card-chosen")
        inside = QWidget()
        lines = column(theme.metrics["pad_small"], 0, inside)
        self._help_title = label("title", inside)
        lines.addWidget(self._help_title)
        self._help_words = wrapping("body", inside)
        lines.addWidget(self._help_words)
        lines.addStretch(1)
        column(0, pad, self._help).addWidget(scrolled(inside, self._help))
        for overlay in (self._toast, self._find, self._help):
            overlay.hide()

    def show_overlays(self, screen: "SaleScreen") -> None:
        """Draw them; `place` puts them where they belong."""
        show_text(self._toast_words, screen.toast)
        self._toast.setAccessibleName(screen.toast)
        self._find_field.show_field(screen.find)
        show_text(self._help_title, screen.help_title)
        show_text(self._help_words, "\n\n".join(screen.help))
        for overlay, wanted in ((self._toast, screen.toast), (self._find, screen.find), (self._help, screen.help)):
            overlay.setVisible(bool(wanted))

    def place(self, *, middle: QWidget, ceiling: int, floor: int) -> None:
        """Within the card in the middle, so that sums and buttons stay in sight; help takes the width that it needs.

        `ceiling` and `floor` are pixels of the window between which there is room.
        """
        scale = self._theme.scale
        left = middle.mapTo(self._over, QPoint(0, 0)).x()
        for overlay in (self._toast, self._find):
            if overlay.isHidden():
                continue
            width = min(middle.width(), round(_WIDE * scale))
            height = overlay.heightForWidth(width) if overlay.hasHeightForWidth() else overlay.sizeHint().height()
            overlay.setGeometry(left + (middle.width() - width) // 2, floor - height, width, height)
            overlay.raise_()
        if not self._help.isHidden():
            self._help.setGeometry(self._place_of_help(ceiling, floor))
            self._help.raise_()

    def _place_of_help(self, ceiling: int, floor: int) -> QRect:
        pad = self._theme.metrics["pad"]
        whole = self._over.size()
        width = min(whole.width() - 24, round(_HELP_WIDE * self._theme.scale))
        inside = self._help_words.heightForWidth(width - 4 * pad)
        height = min(inside + 6 * pad, floor - ceiling)
        return QRect((whole.width() - width) // 2, max(ceiling, (whole.height() - height) // 2), width, height)
