"""A part of a card that is as high as what is in it while there is room, and scrolls when there is not."""

from functools import cached_property

from PySide6.QtCore import QEvent, QObject, QSize, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from pos_client.ui.traits import set_trait

__all__ = ["Scrolled", "scrolled"]

_WIDTH_BEFORE_LAYOUT = 100
"""Pixels that Qt gives a widget until it has a place."""


class Scrolled(QScrollArea):
    """Wants the height of its inside at its present width, at least `usual`; takes `least` and scrolls."""

    def __init__(self, inside: QWidget, parent: QWidget, *, least: int, usual: int) -> None:
        super().__init__(parent)
        self._inside = inside
        self._least = least
        # Kept from the events: to wrap a viewport of Qt's making, PySide first makes every class that it might be of.
        self._width = _WIDTH_BEFORE_LAYOUT
        self.usual = usual
        """Pixels of height that it wants even when its inside wants less."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        set_trait(self, "focusPolicy", "NoFocus")
        set_trait(self, "horizontalScrollBarPolicy", "ScrollBarAlwaysOff")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setWidget(inside)
        inside.installEventFilter(self)
        self._kept: QWidget | None = None

    def keep_in_sight(self, part: QWidget | None) -> None:
        """Scroll to it as soon as it has its place: the layout is done in the loop's next turn, and again with each."""
        self._kept = part
        if part is not None:
            self._follow.start()

    @cached_property
    def _follow(self) -> QTimer:
        made = QTimer(self)
        made.setSingleShot(True)
        made.setInterval(0)
        made.timeout.connect(self._on_follow)
        return made

    def _on_follow(self) -> None:
        if self._kept is not None and self._kept.isVisible():
            self.ensureWidgetVisible(self._kept, 0, 0)

    def sizeHint(self) -> QSize:
        """The height that shows everything."""
        inside = self._inside
        width = max(self._width, 1)
        wanted = inside.heightForWidth(width) if inside.hasHeightForWidth() else inside.sizeHint().height()
        return QSize(inside.sizeHint().width(), max(wanted, self.usual))

    def minimumSizeHint(self) -> QSize:
        """Some of it is always to be seen."""
        return QSize(0, self._least)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width needs another height."""
        super().resizeEvent(event)
        self._width = event.size().width()
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """When the inside wants another height, so does this."""
        if event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


def scrolled(inside: QWidget, parent: QWidget, *, least: int = 24, usual: int = 0) -> Scrolled:
    """`inside`, which scrolls when there is no room for all of it. Heights in logical pixels."""
    return Scrolled(inside, parent, least=least, usual=usual)
