"""Questions to the cashier that a coroutine can wait for while the rest of the till goes on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

__all__ = ["Answer", "ask"]

_WIDTH = 420
_PADDING = 21
_GAP = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """One way out of a question: `id` for the code, `text` for the cashier, `kind` for the look of its button."""

    id: str
    text: str
    kind: str = "secondary"


class _Question(QDialog):
    def __init__(self, parent: QWidget | None, title: str, text: str, answers: Sequence[Answer]) -> None:
        super().__init__(parent)
        self.chosen: str | None = None
        self.setWindowTitle(title)
        self.setProperty("kind", "dialog")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(_WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(_PADDING, _PADDING, _PADDING, _PADDING)
        column.setSpacing(_GAP)
        for words, kind in ((title, "title"), (text, "body")):
            label = QLabel(words)
            label.setProperty("kind", kind)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(_GAP)
        column.addSpacing(_GAP)
        column.addLayout(row)
        for answer in answers:
            button = QPushButton(answer.text)
            button.setObjectName(answer.id)
            button.setProperty("kind", answer.kind)
            button.setAutoDefault(False)
            button.clicked.connect(self._choose)
            row.addWidget(button)
            if answer is answers[0]:
                button.setFocus()

    def _choose(self) -> None:
        self.chosen = self.sender().objectName()
        self.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            focused = self.focusWidget()
            if isinstance(focused, QPushButton) and not event.isAutoRepeat():
                focused.click()
            return
        super().keyPressEvent(event)


async def ask(parent: QWidget | None, title: str, text: str, answers: Sequence[Answer]) -> str | None:
    """Show the question over `parent` and wait for the `id` of the answer; None when it was closed or Esc was pressed.

    The first answer has the focus. No second event loop runs: other tasks and the window's clock go on. When the
    waiting task is cancelled the question disappears.
    """
    question = _Question(parent, title, text, answers)
    finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_finished(_result: int) -> None:
        if not finished.done():
            finished.set_result(None)

    question.finished.connect(on_finished)
    question.open()
    try:
        await finished
    finally:
        question.finished.disconnect(on_finished)
        question.hide()
        question.deleteLater()
    return question.chosen
