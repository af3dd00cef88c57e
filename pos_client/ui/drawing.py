"""The small passive widgets that the views are put together from; each changes only what differs."""

from typing import TYPE_CHECKING

from PySide6 import QtCore
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget

from pos_client.ui.theme import Theme, restyle
from pos_client.ui.tone import Tone
from pos_client.ui.traits import set_trait

if TYPE_CHECKING:
    from pos_client.ui.parts_screen import Badge, Note, Row

__all__ = [
    "NoteBox",
    "RowList",
    "card",
    "column",
    "heading_row",
    "label",
    "row_of",
    "rule",
    "show_badge",
    "show_text",
    "show_texts",
    "wrapping",
]

_LONGEST_WORD = 22
_BREAK = "\N{ZERO WIDTH SPACE}"

_TAGS: dict[Tone, str] = {
    Tone.PLAIN: "tag-neutral",
    Tone.SUBTLE: "tag-neutral",
    Tone.STRONG: "tag-neutral",
    Tone.GOOD: "tag-brand",
    Tone.INFO: "tag-info",
    Tone.WARNING: "tag-warning",
    Tone.DANGER: "tag-danger",
}
_VALUES: dict[Tone, str] = {
    Tone.PLAIN: "body",
    Tone.SUBTLE: "subtle",
    Tone.STRONG: "title",
    Tone.GOOD: "success",
    Tone.INFO: "info",
    Tone.WARNING: "warning",
    Tone.DANGER: "danger",
}
_BOXES: dict[Tone, str] = {
    Tone.PLAIN: "inset",
    Tone.SUBTLE: "inset",
    Tone.STRONG: "inset",
    Tone.GOOD: "banner-success",
    Tone.INFO: "banner-info",
    Tone.WARNING: "banner-warning",
    Tone.DANGER: "banner-danger",
}
_STRONG_INK: dict[Tone, str] = {
    Tone.GOOD: "text",
    Tone.INFO: "text",
    Tone.WARNING: "text_warning",
    Tone.DANGER: "text_danger",
}


def breakable(text: str) -> str:
    """The text with places to break in words that no card is wide enough for."""
    if "\n" in text:
        return "\n".join(map(breakable, text.split("\n")))
    return " ".join(
        word
        if len(word) <= _LONGEST_WORD
        else _BREAK.join(word[at : at + _LONGEST_WORD // 2] for at in range(0, len(word), _LONGEST_WORD // 2))
        for word in text.split(" ")
    )


def label(kind: str, parent: QWidget | None = None) -> QLabel:
    """A line of text that shows itself only when it has something to say."""
    made = QLabel(parent)
    made.setProperty("kind", kind)
    set_trait(made, "textFormat", "PlainText")
    made.hide()
    return made


class _Wrapping(QLabel):
    """Qt's own label asks for the height that it would need at its narrowest; this one takes what its width needs."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())


def wrapping(kind: str, parent: QWidget | None = None) -> QLabel:
    """The same over as many lines as it takes."""
    made = _Wrapping(parent)
    made.setProperty("kind", kind)
    set_trait(made, "textFormat", "PlainText")
    made.setWordWrap(True)
    made.hide()
    policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    return made


def show_text(target: QLabel, text: str) -> None:
    """Say `text`, or nothing at all."""
    shown = breakable(text) if target.wordWrap() else text
    if target.text() != shown:
        target.setText(shown)
    if target.isHidden() == bool(text):
        target.setVisible(bool(text))


def show_texts(*texts: tuple[QLabel, str]) -> None:
    """The same to several labels."""
    for target, text in texts:
        show_text(target, text)


def show_badge(target: QLabel, badge: "Badge | None") -> None:
    """A word in its box, or no box."""
    if badge is not None:
        restyle(target, _TAGS[badge.tone])
    show_text(target, badge.text if badge else "")


def column(spacing: int, margin: int = 0, parent: QWidget | None = None) -> QVBoxLayout:
    """A column of widgets."""
    made = QVBoxLayout() if parent is None else QVBoxLayout(parent)
    made.setSpacing(spacing)
    made.setContentsMargins(margin, margin, margin, margin)
    return made


def row_of(*widgets: QWidget | QLayout | None, spacing: int) -> QHBoxLayout:
    """Widgets side by side; None is the gap that gives way."""
    made = QHBoxLayout()
    made.setSpacing(spacing)
    made.setContentsMargins(0, 0, 0, 0)
    for each in widgets:
        if each is None:
            made.addStretch(1)
        elif isinstance(each, QLayout):
            made.addLayout(each)
        else:
            made.addWidget(each)
    return made


def heading_row(caption: QLabel, badge: QLabel, theme: Theme) -> QHBoxLayout:
    """The first line of a card, as high without its badge as with it, so that neighbours stay level."""
    made = row_of(caption, None, badge, spacing=theme.metrics["pad_small"])
    made.addStrut(round(1.7 * theme.metrics["size_caption"]))
    return made


def card(theme: Theme, parent: QWidget | None = None) -> tuple[QFrame, QVBoxLayout]:
    """A white card and the column in it."""
    frame = QFrame(parent)
    frame.setProperty("kind", "card")
    return frame, column(theme.metrics["pad_small"], theme.metrics["pad"], frame)


def rule(parent: QWidget | None = None) -> QFrame:
    """A thin line."""
    frame = QFrame(parent)
    frame.setProperty("kind", "rule")
    return frame


class _RowView(QWidget):
    """One row of a list."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        pad = theme.metrics["pad_small"]
        self._pad = pad
        self._rule = rule(self)
        self._label = wrapping("body", self)
        self._detail = wrapping("subtle", self)
        self._value = label("body", self)
        words = column(0)
        words.addWidget(self._label)
        words.addWidget(self._detail)
        line = row_of(spacing=pad)
        line.addLayout(words, 1)
        line.addWidget(self._value, 0, QtCore.Qt.AlignmentFlag.AlignTop)
        outer = column(0, 0, self)
        outer.addWidget(self._rule)
        self._line = line
        self.squeeze(dense=False)
        outer.addLayout(line)

    def squeeze(self, *, dense: bool) -> None:
        pad = self._pad // 3 if dense else self._pad
        self._line.setContentsMargins(0, pad, 0, pad)

    def show_row(self, row: "Row", *, first: bool) -> None:
        self._rule.setVisible(not first)
        show_text(self._label, row.label)
        show_text(self._detail, row.detail)
        restyle(self._value, _VALUES[row.tone])
        show_text(self._value, row.value)


class RowList(QWidget):
    """Rows under each other with thin lines between them."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: list[_RowView] = []
        self._dense = False
        self._column = column(0, 0, self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def show_rows(self, rows: "tuple[Row, ...]") -> None:
        """Draw exactly these."""
        while len(self._rows) < len(rows):
            made = _RowView(self._theme, self)
            made.squeeze(dense=self._dense)
            self._rows.append(made)
            self._column.addWidget(made)
        for at, view in enumerate(self._rows):
            if at < len(rows):
                view.show_row(rows[at], first=at == 0)
            view.setVisible(at < len(rows))

    def squeeze(self, *, dense: bool) -> None:
        """Less air between the rows, for a small screen."""
        self._dense = dense
        for view in self._rows:
            view.squeeze(dense=dense)


class NoteBox(QFrame):
    """A tinted box with a few words, the strong ones first; gone when there is nothing to say."""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, wide: bool = False) -> None:
        super().__init__(parent)
        self._theme = theme
        self._wide = wide
        self._words = wrapping("body", self)
        set_trait(self._words, "textFormat", "RichText")
        self._words.show()
        self._say = wrapping("subtle", self)
        set_trait(self._say, "alignment", "AlignRight|AlignVCenter")
        inside = self._inside = QHBoxLayout(self)
        self.squeeze(dense=False)
        inside.setSpacing(theme.metrics["pad"])
        inside.addWidget(self._words, 3)
        inside.addWidget(self._say, 2)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def squeeze(self, *, dense: bool) -> None:
        """Less air around the words, for a small screen with large text."""
        metrics = self._theme.metrics
        side, edge = (metrics["pad"], metrics["gap"]) if self._wide else (metrics["gap"], metrics["pad_small"])
        edge = edge // 2 if dense else edge
        self._inside.setContentsMargins(side, edge, side, edge)

    def show_note(self, note: "Note | None") -> None:
        """Say it, or nothing."""
        if note is None:
            self.hide()
            return
        import html  # noqa: PLC0415 - its table of names is no part of the first paint

        box = _BOXES[note.tone]
        if self._wide and note.tone in {Tone.WARNING, Tone.DANGER}:
            box = box.replace("banner-", "banner-wide-")
        restyle(self, box)
        ink = self._theme.colours[_STRONG_INK.get(note.tone, "text")]
        strong = f'<span style="font-weight:600; color:{ink}">{html.escape(breakable(note.strong))}</span>'
        first = f"{strong} {html.escape(breakable(note.text))}" if note.text else strong
        say = note.lines[-1] if self._wide and note.lines[-1:] and note.lines[-1].endswith("»") else ""
        below = note.lines[:-1] if say else note.lines
        said = (" " if self._wide else "<br>").join((first, *(html.escape(breakable(line)) for line in below)))
        show_text(self._say, say)
        if self._words.text() != said:
            self._words.setText(said)
            self.setAccessibleName(" ".join((note.strong, note.text, *note.lines)))
        self.show()
