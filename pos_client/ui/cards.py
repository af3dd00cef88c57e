"""Cards side by side, which is what every page is made of, and the air in them that gives way on a small screen."""

from typing import Protocol

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from pos_client.ui.drawing import card, column, row_of
from pos_client.ui.scrolling import Scrolled, scrolled
from pos_client.ui.theme import Theme

__all__ = ["Cards", "Squeezable", "piled"]


class Squeezable(Protocol):
    """What can do with less room."""

    def squeeze(self, *, dense: bool) -> None:
        """Less air, or all of it."""


class _Air:
    """The air in one card."""

    def __init__(self, layout: QVBoxLayout, theme: Theme) -> None:
        self._layout = layout
        self._theme = theme
        self._spacing = layout.spacing()

    def squeeze(self, *, dense: bool) -> None:
        pad = self._theme.metrics["pad"]
        self._layout.setSpacing(self._spacing // 2 if dense else self._spacing)
        self._layout.setContentsMargins(pad, pad // 2 if dense else pad, pad, pad // 2 if dense else pad)


class Cards:
    """The cards of one view. `also` names what in them is squeezed together with their air."""

    def __init__(self, view: QWidget, theme: Theme) -> None:
        self._view = view
        self._theme = theme
        self._parts: list[Squeezable] = []
        self._line = row_of(spacing=theme.metrics["gap"])
        view.setLayout(self._line)

    def add(self, share: int = 1, *, spacing: int | None = None) -> tuple[QFrame, QVBoxLayout]:
        """One more card on the right, as wide as its `share` of all, and the column in it; `spacing` is in pixels."""
        frame, inside = card(self._theme, self._view)
        if spacing is not None:
            inside.setSpacing(spacing)
        self._line.addWidget(frame, share)
        self._parts.append(_Air(inside, self._theme))
        return frame, inside

    def also(self, *parts: Squeezable) -> None:
        """These give way, too."""
        self._parts.extend(parts)

    def share_width(self, *shares: int) -> None:
        """How wide the cards are, from left to right, in parts of all."""
        for at, share in enumerate(shares):
            self._line.setStretch(at, share)

    def squeeze(self, *, dense: bool) -> None:
        """Lower buttons and less air, for a small screen with large text."""
        for part in self._parts:
            part.squeeze(dense=dense)


def piled(parent: QWidget, *parts: QWidget, spacing: int = 0) -> Scrolled:
    """Widgets under each other at the top of their place, which scroll when there is no room. `spacing` in pixels."""
    inside = QWidget()
    lines = column(spacing, 0, inside)
    for part in parts:
        lines.addWidget(part)
    lines.addStretch(1)
    return scrolled(inside, parent)
