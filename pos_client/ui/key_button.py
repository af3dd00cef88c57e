"""A button that shows its key in a small frame before its words."""

from PySide6 import QtCore
from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

__all__ = ["KeyButton"]

_SIDE = 16
_GAP = 10
_AIR = 2
"""Pixels by which a label is wider than its letters advance."""


class KeyButton(QPushButton):
    """`kind` is that of the style sheet: primary, secondary, contrast, danger. It never takes the focus.

    A button that cannot have the focus cannot be pressed by a space, neither a person's nor a scanner's.
    """

    def __init__(self, key: str, words: str, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", kind)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._key = QLabel(key)
        self._key.setProperty("part", "key")
        self._words = QLabel()
        self._full = ""
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(_SIDE, 0, _SIDE, 0)
        row.setSpacing(_GAP)
        row.addStretch()
        for label in (self._key, self._words):
            label.setAttribute(QtCore.Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
            row.addWidget(label, alignment=QtCore.Qt.AlignmentFlag.AlignVCenter)
        row.addStretch()
        self._key.setVisible(bool(key))
        self.say(words)

    def say(self, words: str) -> None:
        """Change the words; screen readers get them with the key."""
        self._full = words
        self.fit()
        self.setAccessibleName(f"{words}, {self._key.text()}" if self._key.text() else words)

    def words(self) -> str:
        """The words of the button, whole."""
        return self._full

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A window that is too narrow shows where words were left out."""
        super().resizeEvent(event)
        self.fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Only now are face and width what they will be."""
        super().showEvent(event)
        self.fit()

    def fit(self) -> None:
        """Leave out what there is no room for."""
        room = self.width() - self._beside_words()
        metrics = self._words.fontMetrics()
        fits = not self.isVisible() or metrics.horizontalAdvance(self._full) <= room
        shown = self._full if fits else metrics.elidedText(self._full, QtCore.Qt.TextElideMode.ElideRight, max(room, 0))
        if self._words.text() != shown:
            self._words.setText(shown)

    def _beside_words(self) -> int:
        """Pixels that are not for the words."""
        sides = self._row.contentsMargins()
        key = 0 if self._key.isHidden() else self._key.sizeHint().width() + self._row.spacing()
        return sides.left() + sides.right() + key

    def sizeHint(self) -> QSize:
        """As wide as its words, as high as the style sheet says."""
        words = self._words.fontMetrics().horizontalAdvance(self._full) + _AIR
        return QSize(self._beside_words() + words, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The same: words are left out only when the whole window has no room for them."""
        return self.sizeHint()
