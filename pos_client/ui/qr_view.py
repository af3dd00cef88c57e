"""Draws the code that the customer pays by, as large as its place allows and black on white in any scheme."""

from itertools import groupby

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos_client.ui.cards import Cards
from pos_client.ui.drawing import label, row_of, show_texts, wrapping
from pos_client.ui.qr_code import QUIET, modules_of, side_on
from pos_client.ui.tender_screen import QrScreen
from pos_client.ui.theme import Theme, restyle
from pos_client.ui.tone import Tone

__all__ = ["QrCodeView", "QrView"]

_LARGEST_MM_OF_LEAST = 4
"""Beyond four times the least side nothing is read any better."""


class QrCodeView(QWidget):
    """The code itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[bool, ...], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("QR-код для оплаты по СБП")

    def show_code(self, payload: str) -> None:
        """Another code."""
        rows = modules_of(payload)
        if rows != self._rows:
            self._rows = rows
            self.updateGeometry()
            self.update()

    def least_side(self) -> int:
        """Logical pixels that the code must have on this screen, its quiet zone not counted."""
        return side_on(self.screen().physicalDotsPerInch())

    def side(self) -> int:
        """Logical pixels that the code has now, its quiet zone not counted."""
        return round(self._module() * len(self._rows))

    def _module(self) -> float:
        """The side of a module: whole pixels of the screen, so that no edge is blurred."""
        if not self._rows:
            return 0.0
        ratio = self.devicePixelRatioF()
        count = len(self._rows) + 2 * QUIET
        place = min(self.width(), self.height(), _LARGEST_MM_OF_LEAST * self.least_side() + 2 * QUIET)
        return max(1, int(place * ratio / count)) / ratio

    def sizeHint(self) -> QSize:
        """Twice what it must have."""
        return self.minimumSizeHint() * 2

    def minimumSizeHint(self) -> QSize:
        """What it must have, with its quiet zone and the rounding to whole pixels."""
        count = len(self._rows) or 1
        module = -(-self.least_side() // count)
        return QSize((count + 2 * QUIET) * module, (count + 2 * QUIET) * module)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Neighbouring modules as one bar: separate ones show hairlines."""
        module = self._module()
        if not module:
            return
        painter = QPainter(self)
        count = len(self._rows) + 2 * QUIET
        side = module * count
        ratio = self.devicePixelRatioF()
        left = round((self.width() - side) / 2 * ratio) / ratio
        top = round((self.height() - side) / 2 * ratio) / ratio
        painter.fillRect(QRectF(left, top, side, side), Qt.GlobalColor.white)
        for y, row in enumerate(self._rows):
            at = 0
            for black, members in groupby(row):
                length = len(list(members))
                if black:
                    bar = QRectF(left + (QUIET + at) * module, top + (QUIET + y) * module, length * module, module)
                    painter.fillRect(bar, Qt.GlobalColor.black)
                at += length
        painter.end()


class QrView(QWidget):
    """The sum, the code, how long it holds, and what the customer does with it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards = Cards(self, theme)
        frame, outer = self._cards.add()
        self._heading = label("caption", frame)
        self._amount = label("value", frame)
        self._code = QrCodeView(frame)
        self._countdown = wrapping("body", frame)
        self._how = wrapping("subtle", frame)
        for each in (self._countdown, self._how):
            each.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        outer.addLayout(row_of(self._heading, None, spacing=0))
        outer.addLayout(row_of(None, self._amount, None, spacing=0))
        outer.addWidget(self._code, 1)
        outer.addWidget(self._countdown)
        outer.addWidget(self._how)

    def show_qr(self, screen: QrScreen) -> None:
        """Draw it."""
        self._code.show_code(screen.payload)
        restyle(self._countdown, "warning" if screen.tone is Tone.WARNING else "body")
        show_texts(
            (self._heading, screen.heading),
            (self._amount, screen.amount),
            (self._countdown, screen.countdown),
            (self._how, screen.how),
        )

    def squeeze(self, *, dense: bool) -> None:
        """Less air, for a small screen with large text."""
        self._cards.squeeze(dense=dense)
