"""The two widgets that draw money: a sum as large as its place allows, and how far an order is paid."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos_client.ui.drawing import column, label, row_of, show_text, wrapping
from pos_client.ui.fonts import money_font
from pos_client.ui.money_screen import Bar, BarKind
from pos_client.ui.theme import Theme

__all__ = ["BarView", "MoneyLabel"]

_BAR_INK: dict[BarKind, str] = {
    BarKind.OFF: "meter_points",
    BarKind.PAID: "meter_paid",
    BarKind.NOW: "meter_now",
    BarKind.LEFT: "meter_empty",
}


class MoneyLabel(QWidget):
    """A sum as large as its place allows, and never cut."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text = ""
        self._largest = theme.metrics["size_money"]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """What it says."""
        return self._text

    def show_sum(self, text: str) -> None:
        """Say another sum."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        """One line of the largest size."""
        return QSize(0, round(self._largest * 1.15))

    def minimumSizeHint(self) -> QSize:
        """It shrinks in width, not in height."""
        return self.sizeHint()

    def squeeze(self, *, dense: bool) -> None:
        """Not so large, for a small screen with large text."""
        whole = self._theme.metrics["size_money"]
        self._largest = round(whole * 0.59) if dense else whole
        self.updateGeometry()

    def size_that_fits(self) -> int:
        """Pixels of the face with which the whole sum is seen."""
        px = self._largest
        while px > self._theme.metrics["size_body"] and self._wide(px) > self.width():
            px -= 2
        return px

    def _wide(self, px: int) -> int:
        return QFontMetrics(money_font(px)).horizontalAdvance(self._text)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the sum on its left edge."""
        painter = QPainter(self)
        painter.setFont(money_font(self.size_that_fits()))
        painter.setPen(QColor(self._theme.colours["text"]))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._text)
        painter.end()


class BarView(QWidget):
    """How far an order is paid: pieces in proportion, and the same in words below."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bar = Bar()
        self._done = wrapping("caption", self)
        self._left = label("caption", self)
        self._strip = QWidget(self)
        self._height = round(14 * theme.scale)
        self._strip.setFixedHeight(self._height)
        inside = column(theme.metrics["pad_small"] // 2, 0, self)
        inside.addWidget(self._strip)
        words = row_of(self._done, spacing=theme.metrics["pad_small"])
        words.addWidget(self._left, 0, Qt.AlignmentFlag.AlignTop)
        inside.addLayout(words)

    def show_bar(self, bar: Bar) -> None:
        """Draw it."""
        if bar != self._bar:
            self._bar = bar
            self.update()
        self.setAccessibleName(f"{bar.done}, {bar.left}" if bar.done else bar.left)
        show_text(self._done, bar.done)
        self._done.show()  # empty, too, it keeps the other caption at its edge
        show_text(self._left, bar.left)
        self._strip.setVisible(bool(bar.segments))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Pieces side by side within one rounded shape, a hair apart."""
        whole = sum(segment.share for segment in self._bar.segments)
        if not whole:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self._strip.geometry())
        shape = QPainterPath()
        shape.addRoundedRect(area, self._height / 2, self._height / 2)
        painter.setClipPath(shape)
        at = area.left()
        for segment in self._bar.segments:
            width = area.width() * segment.share / whole
            painter.fillRect(
                QRectF(at, area.top(), max(2.0, width - 2), area.height()),
                QColor(self._theme.colours[_BAR_INK[segment.kind]]),
            )
            at += width
        painter.end()
