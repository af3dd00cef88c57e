"""What lies over the page for a moment: a word in passing, the search, help."""

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QFrame, QWidget

from pos_client.ui.controls import FieldBox
from pos_client.ui.drawing import column, show_text, wrapping
from pos_client.ui.theme import Theme

if TYPE_CHECKING:
    from pos_client.ui.help_view import HelpView
    from pos_client.ui.sale_screen import SaleScreen

__all__ = ["Overlays"]

_WIDE = 560
"""Pixels at 100 % text."""


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
        for overlay in (self._toast, self._find):
            overlay.hide()

    @cached_property
    def _help(self) -> "HelpView":
        from pos_client.ui.help_view import HelpView  # noqa: PLC0415 - the first paint does without it

        return HelpView(self._theme, self._over)

    def show_overlays(self, screen: "SaleScreen") -> None:
        """Draw them; `place` puts them where they belong."""
        show_text(self._toast_words, screen.toast)
        self._toast.setAccessibleName(screen.toast)
        self._find_field.show_field(screen.find)
        for overlay, wanted in ((self._toast, screen.toast), (self._find, screen.find)):
            overlay.setVisible(bool(wanted))
        if screen.help is not None:
            self._help.show_help(screen.help)
        if self.help_is_open or screen.help is not None:
            self._help.setVisible(screen.help is not None)

    @property
    def help_is_open(self) -> bool:
        """Whether help lies there; arrows scroll it then."""
        return "_help" in vars(self) and not self._help.isHidden()

    def scroll_help(self, steps: int) -> None:
        """Down, or with a negative number up."""
        self._help.scroll_by(steps)

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
        if self.help_is_open:
            self._help.setGeometry(self._place_of_help(ceiling, floor))
            self._help.raise_()
            self._toast.raise_()  # a word about the last gesture is never hidden

    def _place_of_help(self, ceiling: int, floor: int) -> QRect:
        gap = self._theme.metrics["gap"]
        whole = self._over.width()
        width = min(whole - 2 * gap, round(self._help.widest * self._theme.scale))
        room = floor - ceiling - gap
        height = min(self._help.wanted_height(width), room)
        return QRect((whole - width) // 2, ceiling + gap + (room - height) // 2, width, height)
