"""Draws the queue: what waits on the left, the story of one entry on the right."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from pos_client.ports import Service
from pos_client.ui.controls import ButtonRows, FieldBox
from pos_client.ui.drawing import (
    NoteBox,
    RowList,
    card,
    column,
    label,
    row_of,
    show_badge,
    show_text,
    show_texts,
    wrapping,
)
from pos_client.ui.parts_screen import Tone
from pos_client.ui.queue_screen import Group, LaneLine, QueueRow, QueueScreen
from pos_client.ui.scrolling import scrolled
from pos_client.ui.theme import Theme, restyle

__all__ = ["QueueView"]


class _RowCard(QFrame):
    """One entry."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._key = ""
        pad = theme.metrics["pad_small"]
        self._title = wrapping("strong", self)
        self._amount = label("strong", self)
        self._age = label("subtle", self)
        self._steps = label("tag-neutral", self)
        self._reason = wrapping("subtle", self)
        inside = column(pad // 2, theme.metrics["gap"], self)
        line = row_of(spacing=pad)
        line.addWidget(self._title, 5)
        for widget, share, side in (
            (self._amount, 3, Qt.AlignmentFlag.AlignRight),
            (self._age, 3, Qt.AlignmentFlag.AlignHCenter),
            (self._steps, 4, Qt.AlignmentFlag.AlignRight),
        ):
            line.addWidget(widget, share, side)
        inside.addLayout(line)
        inside.addWidget(self._reason)

    def show_row(self, row: QueueRow) -> None:
        self._key = row.key
        restyle(self, "card-chosen" if row.chosen else "card")
        show_texts(
            (self._title, row.title),
            (self._amount, row.amount),
            (self._age, row.age),
            (self._reason, row.reason),
        )
        show_badge(self._steps, row.steps)
        self.setAccessibleName(f"{row.title}, {row.amount}, {row.age}. {row.reason}")

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.chosen.emit(self._key)


class _GroupView(QWidget):
    """A heading and its entries."""

    row_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = wrapping("caption", self)
        self._rows: list[_RowCard] = []
        self._column = column(theme.metrics["pad_small"], 0, self)
        self._column.addWidget(self._title)

    def show_group(self, group: Group) -> None:
        show_text(self._title, group.title)
        while len(self._rows) < len(group.rows):
            made = _RowCard(self._theme, self)
            made.chosen.connect(self.row_chosen)
            self._rows.append(made)
            self._column.addWidget(made)
        for at, view in enumerate(self._rows):
            if at < len(group.rows):
                view.show_row(group.rows[at])
            view.setVisible(at < len(group.rows))

    def chosen_card(self, key: str, group: Group) -> QWidget | None:
        at = next((at for at, row in enumerate(group.rows) if row.key == key), None)
        return None if at is None else self._rows[at]


class QueueView(QWidget):
    """The queue."""

    asked = Signal(str)
    row_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chosen = ""
        whole = self._line = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.metrics["gap"])
        self.middle = self._build_list()
        """What is said in passing lies over it and covers no button."""
        whole.addWidget(self.middle)
        whole.addWidget(self._build_story())

    def _build_list(self) -> QWidget:
        theme = self._theme
        left = QWidget(self)
        outer = column(theme.metrics["gap"], 0, left)
        self._head = head = QFrame(left)
        head.setProperty("kind", "card")
        inside_head = column(2, theme.metrics["pad"], head)
        top = row_of(spacing=theme.metrics["gap"])
        inside_head.addLayout(top)
        words = column(2)
        self._heading = wrapping("title", head)
        self._alarm = wrapping("warning", head)
        self._detail = wrapping("subtle", head)
        self._lanes = tuple(wrapping("subtle", head) for _ in Service)
        words.addWidget(self._heading)
        words.addWidget(self._detail)
        for line in (self._alarm, *self._lanes):
            inside_head.addWidget(line)
        self._send = ButtonRows(theme, head)
        self._send.asked.connect(self.asked)
        top.addLayout(words, 1)
        top.addWidget(self._send)
        self._empty = label("subtle", left)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside = QWidget()
        self._groups = (_GroupView(theme, inside), _GroupView(theme, inside))
        groups = column(theme.metrics["gap"], 0, inside)
        for group in self._groups:
            group.row_chosen.connect(self.row_chosen)
            groups.addWidget(group)
        groups.addStretch(1)
        self._area = scrolled(inside, left)
        outer.addWidget(head)
        outer.addWidget(self._empty, 1)
        outer.addWidget(self._area, 1)
        return left

    def _build_story(self) -> QFrame:
        theme = self._theme
        self._story_card, outer = card(theme, self)
        frame = self._story_card
        inside = QWidget()
        story = column(theme.metrics["pad_small"], 0, inside)
        self._title = wrapping("caption", inside)
        self._badge = label("tag-neutral", inside)
        self._story = RowList(theme, inside)
        self._notes = (NoteBox(theme, inside), NoteBox(theme, inside))
        head = row_of(spacing=theme.metrics["pad_small"])
        head.addWidget(self._title, 1)
        head.addWidget(self._badge)
        story.addLayout(head)
        story.addWidget(self._story)
        for note in self._notes:
            story.addWidget(note)
        story.addStretch(1)
        self._field = FieldBox(theme, frame)
        self._buttons = ButtonRows(theme, frame)
        self._buttons.asked.connect(self.asked)
        outer.addWidget(scrolled(inside, frame), 1)
        outer.addWidget(self._field)
        outer.addWidget(self._buttons)
        return frame

    def show_queue(self, screen: QueueScreen) -> None:
        """Draw it."""
        show_text(self._heading, screen.heading)
        restyle(self._head, "banner-warning" if screen.alarm else "card")
        show_text(self._alarm, screen.alarm)
        show_text(self._detail, screen.detail)
        for at, line in enumerate(self._lanes):
            self._show_lane(line, screen.lanes[at] if at < len(screen.lanes) else None)
        self._send.setVisible(screen.send is not None)
        self._send.show_buttons(((screen.send,),) if screen.send else ())
        show_text(self._empty, screen.empty)
        self._area.setVisible(bool(screen.groups))
        for at, view in enumerate(self._groups):
            if at < len(screen.groups):
                view.show_group(screen.groups[at])
            view.setVisible(at < len(screen.groups))
        self._story_card.setVisible(bool(screen.groups))
        show_text(self._title, screen.story_title)
        show_badge(self._badge, screen.story_badge)
        self._story.show_rows(screen.story)
        for at, box in enumerate(self._notes):
            box.show_note(screen.notes[at] if at < len(screen.notes) else None)
        self._field.show_field(screen.field)
        self._buttons.show_buttons(tuple((button,) for button in screen.buttons))
        self._keep_in_sight(screen)

    @staticmethod
    def _show_lane(line: QLabel, lane: LaneLine | None) -> None:
        if lane is not None:
            restyle(line, "danger" if lane.tone is Tone.DANGER else "subtle")
        show_text(line, lane.text if lane else "")

    def _keep_in_sight(self, screen: QueueScreen) -> None:
        """The chosen entry is always to be seen, however it was chosen."""
        chosen = next((row.key for group in screen.groups for row in group.rows if row.chosen), "")
        if chosen == self._chosen:
            return
        self._chosen = chosen
        for view, group in zip(self._groups, screen.groups, strict=False):
            shown = view.chosen_card(chosen, group)
            if shown is not None:
                self._area.ensureWidgetVisible(shown)

    def squeeze(self, *, dense: bool) -> None:
        """Lower buttons, for a small screen with large text."""
        self._send.squeeze(dense=dense)
        self._buttons.squeeze(dense=dense)
        self._story.squeeze(dense=dense)
        large = dense and self._theme.scale > 1
        for at, share in enumerate((770, 560) if large else (900, 430)):
            self._line.setStretch(at, share)
