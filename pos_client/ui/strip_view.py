"""Draws the strip above the counter and the bar of keys below it."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from pos_client.ui.asks import Ask
from pos_client.ui.controls import HintButton, make_room
from pos_client.ui.drawing import label, row_of, show_text
from pos_client.ui.keys import GESTURES
from pos_client.ui.theme import Theme, restyle
from pos_client.ui.tone import Tone
from pos_client.ui.traits import set_trait

if TYPE_CHECKING:
    from pos_client.ui.lamp_view import LampView
    from pos_client.ui.strip_screen import StripScreen

__all__ = ["KeysView", "Length", "StripView"]


class Length(Enum):
    """How much a light says beside its shape."""

    WHOLE = "whole"
    NAME = "name"
    NOTHING = "nothing"


_CHIPS: dict[Tone, str] = {Tone.WARNING: "chip-warning", Tone.DANGER: "chip-danger"}


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
        set_trait(self._queue, "focusPolicy", "TabFocus")
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

    def show_strip(self, screen: "StripScreen", training: str) -> None:
        """Draw it."""
        show_text(self._office, screen.office)
        show_text(self._training, training.partition(" —")[0])
        self._training.setToolTip(training)
        self._place.setText(screen.place)
        while len(self._lamps) < len(screen.lamps):
            from pos_client.ui.lamp_view import LampView  # noqa: PLC0415 - an unattached till has no lamps to paint

            made = LampView(self._theme, self)
            made.opened.connect(self.light_opened)
            self._lamps.append(made)
            self._lights.addWidget(made)
        while len(self._lamps) > len(screen.lamps):
            gone = self._lamps.pop()
            self._lights.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for view, lamp in zip(self._lamps, screen.lamps, strict=True):
            view.show_lamp(lamp)
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
        """A light of a service that this till has is always seen: its name goes last, its shape and colour never."""
        lights = [view for view in self._lamps if view.is_there]
        absent = [view for view in self._lamps if not view.is_there]
        for view in absent:
            view.say(Length.WHOLE)
        training = [self._training] if self._training.text() else []
        shown: list[QWidget] = [self._office, *training, self._place, *absent, self._cashier, self._queue, self._clock]
        said = dict.fromkeys(lights, Length.WHOLE)
        gives_way = [*reversed(absent), self._cashier, self._place]
        calm = [(view, Length.NOTHING) for view in reversed(lights) if not view.is_ill]
        shortened = [*calm, *((view, Length.NAME) for view in reversed(lights) if view.is_ill)]
        for each in (*shown, *lights):
            each.ensurePolished()  # before it the style sheet has no say in how wide a widget is
        last = [*training]  # the orange frame says it, too
        while self._width_of(shown, said) > self.width() and (gives_way or shortened or last):
            if gives_way:
                shown.remove(gives_way.pop(0))
            elif shortened:
                view, length = shortened.pop(0)
                said[view] = length
            else:
                shown.remove(last.pop())
        for view, length in said.items():
            view.say(length)
            view.show()
        for each in (*absent, *training, self._place, self._cashier):
            each.setVisible(each in shown)

    def _width_of(self, shown: Sequence[QWidget], said: Mapping["LampView", Length]) -> int:
        gap = self._theme.metrics["gap"]
        parts = [each.sizeHint().width() for each in shown]
        parts += [view.wide_as(length) for view, length in said.items()]
        # Between the lights there is half a gap, and on both sides of them at least a whole one more.
        return sum(parts) + gap * (len(shown) + 1) + gap // 2 * len(said) + 2 * self._theme.metrics["pad"]

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
