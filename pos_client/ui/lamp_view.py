"""Draws one light of the strip: whether a service of the till answers."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QPushButton, QWidget

from pos_client.ui.strip_screen import Lamp, Shape
from pos_client.ui.strip_view import Length
from pos_client.ui.theme import Theme, restyle
from pos_client.ui.tone import Tone

__all__ = ["LampView"]

_INK: dict[Tone, str] = {Tone.GOOD: "light_ok", Tone.WARNING: "light_warning", Tone.DANGER: "light_danger"}
_BOXES: dict[Tone, str] = {Tone.WARNING: "lamp-warning", Tone.DANGER: "lamp-danger"}


def lamp_picture(shape: Shape, ink: str, px: int, ratio: float) -> QPixmap:
    """The lamp itself: its shape says the same as its colour."""
    drawn = QPixmap(round(px * ratio), round(px * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = QColor(ink)
    middle, edge = px / 2, px - 1.0
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    match shape:
        case Shape.DISC:
            painter.drawEllipse(QRectF(px * 0.12, px * 0.12, px * 0.76, px * 0.76))
        case Shape.RING:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour, px * 0.14))
            painter.drawEllipse(QRectF(px * 0.17, px * 0.17, px * 0.66, px * 0.66))
        case Shape.DIAMOND:
            corners = [QPointF(middle, 0), QPointF(px, middle), QPointF(middle, px), QPointF(0, middle)]
            painter.drawPolygon(QPolygonF(corners))
        case Shape.TRIANGLE:
            painter.drawPolygon(QPolygonF([QPointF(middle, 1), QPointF(edge, edge), QPointF(1, edge)]))
    painter.end()
    return drawn


class LampView(QPushButton):
    """One light."""

    opened = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lamp: Lamp | None = None
        self._length = Length.WHOLE
        self._drawn: tuple[Shape, Tone] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("kind", "lamp")
        side = round(12 * theme.scale)
        self.setIconSize(QSize(side, side))
        self.clicked.connect(self._on_clicked)

    def show_lamp(self, lamp: Lamp) -> None:
        """Draw it."""
        self._lamp = lamp
        restyle(self, _BOXES.get(lamp.tone, "lamp"))
        if self._drawn != (lamp.shape, lamp.tone):
            self._drawn = (lamp.shape, lamp.tone)
            ink = self._theme.colours[_INK.get(lamp.tone, "light_off")]
            side = self.iconSize().width()
            self.setIcon(QIcon(lamp_picture(lamp.shape, ink, side, self.devicePixelRatioF())))
        self.say(self._length)
        if self.toolTip() != lamp.story:
            self.setToolTip(lamp.story)
            self.setAccessibleName(lamp.story)

    @property
    def is_there(self) -> bool:
        """Whether this till has such a service."""
        return self._lamp is not None and self._lamp.service is not None

    @property
    def is_ill(self) -> bool:
        """Whether it says that something is wrong."""
        return self._lamp is not None and self._lamp.tone in _BOXES

    def say(self, length: Length) -> None:
        """The whole of it, or less where there is no room; its story is always in the tool tip."""
        self._length = length
        if self.text() != self._words(length):
            self.setText(self._words(length))

    def wide_as(self, length: Length) -> int:
        """Pixels that it would take if it said so much."""
        metrics = self.fontMetrics()
        now, then = (metrics.horizontalAdvance(text) for text in (self.text(), self._words(length)))
        return self.sizeHint().width() - now + then

    def _words(self, length: Length) -> str:
        if self._lamp is None or length is Length.NOTHING:
            return ""
        return f" {self._lamp.text if length is Length.WHOLE else self._lamp.text.partition(' · ')[0]}"

    def _on_clicked(self) -> None:
        if self._lamp is not None and self._lamp.service is not None:
            self.opened.emit(self._lamp.service)
