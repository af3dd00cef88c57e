"""Draws help: the keys in two columns, so that all of them are seen at once, or texts to be read whole."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from pos_client.ui.drawing import column, label, row_of, show_text, wrapping
from pos_client.ui.help_screen import HelpLine, HelpScreen
from pos_client.ui.scrolling import scrolled
from pos_client.ui.theme import Theme

__all__ = ["HelpView"]

_LINES_A_STEP = 4
"""How far an arrow scrolls."""
_KEYS_WIDE, _WORDS_WIDE = 1000, 820


class _LineView(QWidget):
    """One key and what it does."""

    def __init__(self, theme: Theme, line: HelpLine, parent: QWidget) -> None:
        super().__init__(parent)
        self.key = label("strong", self)
        show_text(self.key, line.key)
        self.key.ensurePolished()  # before it the style sheet has no say in how wide it is
        text = wrapping("body", self)
        show_text(text, line.text)
        inside = row_of(spacing=theme.metrics["gap"])
        inside.addWidget(self.key, 0, Qt.AlignmentFlag.AlignTop)
        inside.addWidget(text, 1)
        self.setLayout(inside)
        self.setAccessibleName(f"{line.key}: {line.text}")


class HelpView(QFrame):
    """Help. Arrows scroll it where even two columns have no room."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card-chosen")
        self._theme = theme
        self._shown: tuple[HelpLine, ...] = ()
        gap, pad = theme.metrics["pad_small"], theme.metrics["pad"]
        self._title = label("title", self)
        self._hint = label("subtle", self)
        self._inside = QWidget()
        lines = column(pad, 0, self._inside)
        self._words = wrapping("body", self._inside)
        lines.addWidget(self._words)
        self._columns = column(gap), column(gap)
        table = row_of(spacing=2 * pad)
        for each in self._columns:
            each.addStretch(1)
            table.addLayout(each, 1)
        lines.addLayout(table)
        lines.addStretch(1)
        self._area = scrolled(self._inside, self)
        whole = column(gap, pad, self)
        self._head = row_of(self._title, None, self._hint, spacing=pad)
        whole.addLayout(self._head)
        whole.addWidget(self._area, 1)
        self.hide()

    def show_help(self, screen: HelpScreen) -> None:
        """Draw it from its beginning, unless it is there already."""
        show_text(self._title, screen.title)
        show_text(self._hint, screen.hint)
        words = "\n\n".join(screen.paragraphs)
        if self.isHidden() or self._words.text() != words:
            self._area.verticalScrollBar().setValue(0)
        show_text(self._words, words)
        if screen.lines != self._shown:
            self._shown = screen.lines
            self._build()

    def _build(self) -> None:
        half = -(-len(self._shown) // 2)
        made: list[_LineView] = []
        for place, lines in zip(self._columns, (self._shown[:half], self._shown[half:]), strict=True):
            while (item := place.takeAt(0)) is not None:
                if (old := item.widget()) is not None:
                    old.hide()
                    old.deleteLater()
            for line in lines:
                view = _LineView(self._theme, line, self._inside)
                made.append(view)
                place.addWidget(view)
            place.addStretch(1)
        widest = max((view.key.sizeHint().width() for view in made), default=0)
        for view in made:
            view.key.setFixedWidth(widest)
            view.show()

    @property
    def widest(self) -> int:
        """Pixels at 100 % text: two columns of keys, or no longer lines than are easily read."""
        return _KEYS_WIDE if self._shown else _WORDS_WIDE

    def wanted_height(self, width: int) -> int:
        """Pixels in which everything is seen without scrolling."""
        pad, gap = self._theme.metrics["pad"], self._theme.metrics["pad_small"]
        inside = self._inside.heightForWidth(width - 2 * pad - 2 * self.frameWidth())
        return inside + self._head.sizeHint().height() + gap + 2 * pad + 2 * self.frameWidth()

    def scroll_by(self, steps: int) -> None:
        """Down, or with a negative number up."""
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.value() + steps * _LINES_A_STEP * self._theme.metrics["size_body"])
