"""Draws the strip above the counter and the bar of keys below it."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from pos_client.ui.controls import HintButton, make_room
from pos_client.ui.drawing import label, row_of, show_text
from pos_client.ui.entry import Ask
from pos_client.ui.keys import GESTURES
from pos_client.ui.parts_screen import Tone
from pos_client.ui.strip_screen import Lamp, Shape, StripScreen
from pos_client.ui.theme import Theme, restyle

__all__ = ["KeysView", "LampView", "StripView"]

_INK: dict[Tone, str] = {Tone.GOOD: "light_ok", Tone.WARNING: "light_warning", Tone.DANGER: "light_danger"}
_CHIPS: dict[Tone, str] = {Tone.WARNING: "chip-warning", Tone.DANGER: "chip-danger"}
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
        if self.text() != f" {lamp.text}":
            self.setText(f" {lamp.text}")
        if self.toolTip() != lamp.story:
            self.setToolTip(lamp.story)
            self.setAccessibleName(lamp.story)

    def _on_clicked(self) -> None:
        if self._lamp is not None and self._lamp.service is not None:
            self.opened.emit(self._lamp.service)


class StripView(QFrame):
    """The strip."""

    light_opened = Signal(object)
    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar-top")
        self._theme = theme
        self.setFixedHeight(theme.metrics["bar_height"])
        self._office = label("strong", self)
        self._training = label("tag-warning", self)
        self._place = label("subtle", self)
        self._lamps: list[LampView] = []
        self._queue = QPushButton(self)
        self._queue.setProperty("kind", "chip")
        self._queue.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._queue.clicked.connect(self._on_queue)
        self._cashier = label("body", self)
        self._clock = label("strong", self)
        pad, gap = theme.metrics["pad"], theme.metrics["gap"]
        self._lights = row_of(spacing=gap // 2)
        line = row_of(
            self._office,
            self._training,
            self._place,
            None,
            self._lights,
            None,
            self._queue,
            self._cashier,
            self._clock,
            spacing=gap,
        )
        line.setContentsMargins(pad, 0, pad, 0)
        self.setLayout(line)

    def squeeze(self, *, dense: bool) -> None:
        """Lower, for a small screen with large text."""
        height = self._theme.metrics["bar_height"]
        self.setFixedHeight(round(height * 0.78) if dense else height)

    def show_strip(self, screen: StripScreen, training: str) -> None:
        """Draw it."""
        show_text(self._office, screen.office)
        show_text(self._training, training.partition(" —")[0])
        self._training.setToolTip(training)
        self._place.setText(screen.place)
        while len(self._lamps) < len(screen.lamps):
            made = LampView(self._theme, self)
            made.opened.connect(self.light_opened)
            self._lamps.append(made)
            self._lights.addWidget(made)
        for at, view in enumerate(self._lamps):
            if at < len(screen.lamps):
                view.show_lamp(screen.lamps[at])
        restyle(self._queue, _CHIPS.get(screen.queue.tone, "chip"))
        if self._queue.text() != screen.queue.text:
            self._queue.setText(screen.queue.text)
        self._queue.setToolTip(screen.queue_story)
        self._queue.setAccessibleName(screen.queue_story)
        self._cashier.setText(screen.cashier)
        show_text(self._clock, screen.clock)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What matters least gives way on a narrow screen."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        fixed: list[QWidget] = [self._office, self._queue, self._clock]
        fixed.extend([self._training] if self._training.text() else [])
        absent = [view for view in self._lamps if view.property("kind") == "lamp"]
        # A light that is ill never gives way, one that is well does so last.
        droppable: list[QWidget] = [*reversed(absent[-2:]), self._cashier, self._place, *reversed(absent[:-2])]
        rest: list[QWidget] = [self._place, *self._lamps, self._cashier]
        metrics = self._theme.metrics
        room = self.width() - 2 * metrics["pad"] - 2 * metrics["gap"]
        make_room([*fixed, *rest], droppable, room, metrics["gap"] - 2)

    def _on_queue(self) -> None:
        self.asked.emit(Ask.QUEUE.value)


class KeysView(QFrame):
    """The bar of keys, drawn from the one table of gestures."""

    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar-bottom")
        self._theme = theme
        self.setFixedHeight(theme.metrics["hints_height"])
        self._hints: dict[str, HintButton] = {}
        self._faint: list[QWidget] = []
        line = row_of(spacing=theme.metrics["pad"] + 2)
        line.setContentsMargins(theme.metrics["pad"], 0, theme.metrics["pad"], 0)
        for gesture in GESTURES:
            if not gesture.hint:
                continue
            made = HintButton(gesture.keys[0], gesture.hint, self)
            made.clicked.connect(self._on_clicked)
            self._hints[gesture.id] = made
            line.addWidget(made)
        line.addStretch(1)
        self.setLayout(line)

    def squeeze(self, *, dense: bool) -> None:
        """Lower, for a small screen with large text."""
        height = self._theme.metrics["hints_height"]
        self.setFixedHeight(round(height * 0.74) if dense else height)

    def show_keys(self, meaningful: frozenset[Ask]) -> None:
        """Which keys mean something now."""
        known = {ask.value for ask in meaningful}
        for ask, view in self._hints.items():
            view.show_meaning(faint=ask not in known)
        self._faint = [view for ask, view in self._hints.items() if ask not in known]
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keys that mean nothing now give way first."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        views: list[QWidget] = list(self._hints.values())
        rest = [view for view in reversed(views) if view not in self._faint]
        metrics = self._theme.metrics
        make_room(views, [*reversed(self._faint), *rest], self.width() - 2 * metrics["pad"], metrics["pad"] + 2)

    def _on_clicked(self) -> None:
        ask = next((ask for ask, view in self._hints.items() if view is self.sender()), "")
        if ask:
            self.asked.emit(ask)

    def texts(self) -> list[str]:
        """What is to be read in the bar."""
        return [part.text() for view in self._hints.values() if view.isVisible() for part in view.findChildren(QLabel)]
