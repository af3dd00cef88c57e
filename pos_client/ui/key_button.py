"""A button that shows its key in a small frame before its words."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

__all__ = ["KeyButton"]

_SIDE = 16
_GAP = 10


class KeyButton(QPushButton):
    """`kind` is that of the style sheet: primary, secondary, contrast, danger. It never takes the focus.

    A button that cannot have the focus cannot be pressed by a space, neither a person's nor a scanner's.
    """

    def __init__(self, key: str, words: str, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", kind)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._key = QLabel(key)
        self._key.setProperty("part", "key")
        self._words = QLabel()
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(_SIDE, 0, _SIDE, 0)
        row.setSpacing(_GAP)
        row.addStretch()
        for label in (self._key, self._words):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setTextFormat(Qt.TextFormat.PlainText)
            row.addWidget(label, alignment=Qt.AlignmentFlag.AlignVCenter)
        row.addStretch()
        self._key.setVisible(bool(key))
        self.say(words)

    def say(self, words: str) -> None:
        """Change the words; screen readers get them with the key."""
        self._words.setText(words)
        self.setAccessibleName(f"{words}, {self._key.text()}" if self._key.text() else words)

    def words(self) -> str:
        """The words on the button."""
        return self._words.text()

    def sizeHint(self) -> QSize:
        """As wide as its words, as high as the style sheet says."""
        return QSize(self._row.sizeHint().width(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The same: words are never cut."""
        return self.sizeHint()
