"""The controls of the counter: rows of buttons, the box of what is typed, and what hides when there is no room."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6 import QtCore
from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from pos_client.ui.drawing import column, label, row_of, show_text, wrapping
from pos_client.ui.key_button import KeyButton
from pos_client.ui.theme import Theme, restyle
from pos_client.ui.tone import Tone
from pos_client.ui.traits import set_trait

if TYPE_CHECKING:
    from pos_client.ui.parts_screen import Button, Field
    from pos_client.ui.pay_screen import Chip

__all__ = ["AskButton", "ButtonRows", "ChipRow", "FieldBox", "HintButton", "make_room"]

_ENTRIES: dict[Tone, str] = {Tone.WARNING: "entry-warning", Tone.DANGER: "entry-danger"}


class AskButton(KeyButton):
    """A button for one gesture."""

    asked = Signal(str)

    def __init__(self, button: "Button", parent: QWidget | None = None) -> None:
        super().__init__(button.key, button.text, button.look.value, parent)
        self.ask = button.ask
        self._row.setContentsMargins(10, 0, 10, 0)
        self._row.setSpacing(8)
        self.clicked.connect(self._on_clicked)

    def show_button(self, button: "Button") -> None:
        """Change words and whether it can be pressed."""
        if self.words() != button.text:
            self.say(button.text)
            self.updateGeometry()
        if self.isEnabled() != button.enabled:
            self.setEnabled(button.enabled)
        if self.toolTip() != button.reason:
            self.setToolTip(button.reason)
            self.setAccessibleDescription(button.reason)

    def _on_clicked(self) -> None:
        self.asked.emit(self.ask.value)


class ButtonRows(QWidget):
    """Rows of buttons; a button is made anew only when it becomes another one."""

    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shape: tuple[tuple[tuple[str, str, str], ...], ...] = ()
        self._buttons: list[AskButton] = []
        self._dense = False
        self._column = column(theme.metrics["pad_small"], 0, self)
        self._holder: QWidget | None = None
        self._inside: QVBoxLayout | None = None

    def show_buttons(self, rows: "tuple[tuple[Button, ...], ...]") -> None:
        """Draw exactly these."""
        shape = tuple(tuple((each.ask.value, each.key, each.look.value) for each in row) for row in rows)
        if shape != self._shape:
            self._shape = shape
            self._build(rows)
        for made, button in zip(self._buttons, (each for row in rows for each in row), strict=True):
            made.show_button(button)

    def _build(self, rows: "tuple[tuple[Button, ...], ...]") -> None:
        if self._holder is not None:
            self._column.removeWidget(self._holder)
            self._holder.hide()
            self._holder.deleteLater()
        self._buttons = []
        self._holder = QWidget(self)
        inside = self._inside = column(self._gap(), 0, self._holder)
        for row in rows:
            line = row_of(spacing=self._theme.metrics["pad_small"])
            for button in row:
                made = AskButton(button, self._holder)
                made.setProperty("dense", self._dense)
                made.asked.connect(self.asked)
                line.addWidget(made, 1)
                self._buttons.append(made)
            inside.addLayout(line)
        self._column.addWidget(self._holder)
        self._holder.show()

    def _gap(self) -> int:
        whole = self._theme.metrics["pad_small"]
        return whole * 2 // 3 if self._dense else whole

    def squeeze(self, *, dense: bool) -> None:
        """Lower buttons and less between them, for a small screen with large text."""
        if dense != self._dense:
            self._dense = dense
            if self._inside is not None:
                self._inside.setSpacing(self._gap())
            for made in self._buttons:
                made.setProperty("dense", dense)
                for part in (made, *made.findChildren(QLabel)):
                    part.style().unpolish(part)
                    part.style().polish(part)
                made.updateGeometry()
                made.fit()


class ChipRow(QWidget):
    """Suggested sums side by side."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: tuple[Chip, ...] = ()
        self._made: list[QPushButton] = []
        self._line = row_of(spacing=theme.metrics["pad_small"])
        self.setLayout(self._line)
        self.hide()

    def show_chips(self, chips: "tuple[Chip, ...]") -> None:
        """Draw exactly these."""
        self._chips = chips
        while len(self._made) < len(chips):
            made = QPushButton(self)
            set_trait(made, "focusPolicy", "NoFocus")
            made.setProperty("kind", "low")
            made.clicked.connect(self._on_clicked)
            self._made.append(made)
            self._line.addWidget(made, 1)
        for at, made in enumerate(self._made):
            if at < len(chips):
                made.setText(chips[at].label)
                made.setAccessibleName(chips[at].spoken or f"Получено: {chips[at].label}")
                restyle(made, "contrast-low" if chips[at].chosen else "low")
            made.setVisible(at < len(chips))
        self.setVisible(bool(chips))

    def _on_clicked(self) -> None:
        at = next((at for at, made in enumerate(self._made) if made is self.sender()), None)
        if at is not None and at < len(self._chips):
            self.chosen.emit(self._chips[at].text)


class FieldBox(QWidget):
    """What is being typed. It is not an editor: the keys of the whole window go to the entry, and this shows it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._label = wrapping("caption", self)
        self._frame = QFrame(self)
        self._frame.setProperty("kind", "entry")
        self._frame.setMinimumHeight(theme.metrics["field_height"] if theme.scale <= 1 else round(33 * theme.scale))
        self._text = QLabel(self._frame)
        self._text.setProperty("kind", "title")
        set_trait(self._text, "textFormat", "PlainText")
        self._caret = QFrame(self._frame)
        self._caret.setProperty("kind", "caret")
        self._caret.setFixedSize(2, theme.metrics["size_title"])
        self._placeholder = wrapping("subtle", self._frame)
        self._aside = label("subtle", self._frame)
        self._value = label("title", self._frame)
        self._hint = wrapping("caption", self)
        inside = self._inside = QHBoxLayout(self._frame)
        inside.setContentsMargins(theme.metrics["pad"], 4, theme.metrics["pad"], 4)
        inside.setSpacing(2)
        for widget in (self._text, self._caret):
            inside.addWidget(widget)
        inside.addWidget(self._placeholder, 100)
        inside.addStretch(1)
        inside.addWidget(self._aside)
        inside.addSpacing(theme.metrics["pad_small"] - 2)
        inside.addWidget(self._value)
        outer: QVBoxLayout = column(theme.metrics["pad_small"] // 2, 0, self)
        for widget in (self._label, self._frame, self._hint):
            outer.addWidget(widget)
        self.hide()

    def show_field(self, field: "Field | None") -> None:
        """Show what is typed, or no field."""
        if field is None:
            self.hide()
            return
        restyle(self._frame, _ENTRIES.get(field.tone, "entry" if field.active else "entry-idle"))
        restyle(self._caret, "caret" if field.active else "plain-caret")
        show_text(self._label, field.label)
        long_text = field.text and len(field.text) > 24  # noqa: PLR2004 - more than one line of a card
        self._text.setWordWrap(bool(long_text))
        self._inside.setAlignment(
            self._caret, QtCore.Qt.AlignmentFlag.AlignBottom if long_text else QtCore.Qt.AlignmentFlag.AlignVCenter
        )
        if self._text.text() != field.text:
            self._text.setText(field.text)
        self._text.setVisible(bool(field.text))
        show_text(self._placeholder, "" if field.text else f" {field.placeholder}")
        show_text(self._aside, field.aside)
        show_text(self._value, field.value)
        restyle(self._hint, "caption" if field.tone is Tone.PLAIN else field.tone.value)
        show_text(self._hint, field.hint)
        self.setAccessibleName(field.label)
        self.setAccessibleDescription(f"{field.text or field.placeholder}. {field.aside} {field.value} {field.hint}")
        self.show()


class HintButton(QPushButton):
    """A key and what it does, in the bar below."""

    def __init__(self, key: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "hint")
        set_trait(self, "focusPolicy", "NoFocus")
        self.setAccessibleName(f"{hint}, {key}")
        self._row = row_of(spacing=5)
        self.setLayout(self._row)
        for kind, text in (("key", key), ("caption", hint)):
            part = label(kind, self)
            show_text(part, text)
            self._row.addWidget(part)

    def show_meaning(self, *, faint: bool) -> None:
        """Whether the key means something now."""
        if self.property("faint") == faint:
            return
        self.setProperty("faint", faint)
        for part in self.findChildren(QLabel):
            part.style().unpolish(part)
            part.style().polish(part)

    def sizeHint(self) -> QSize:
        """As wide as its words."""
        return self._row.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Words are never cut."""
        return self.sizeHint()


def make_room(widgets: Sequence[QWidget], least_needed: Sequence[QWidget], width: int, spacing: int) -> None:
    """Show all of `widgets` that fit into `width`; those of `least_needed` give way first, in their sequence."""
    for each in widgets:
        each.ensurePolished()  # before it the style sheet has no say in how wide a widget is
    shown = list(widgets)
    for victim in (None, *least_needed):
        if victim is not None and victim in shown:
            shown.remove(victim)
        wide = sum(each.sizeHint().width() for each in shown) + spacing * max(0, len(shown) - 1)
        if wide <= width:
            break
    for each in widgets:
        each.setVisible(each in shown)  # said outright: a layout shows by itself what nobody has hidden yet
