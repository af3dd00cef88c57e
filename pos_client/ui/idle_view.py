"""Draws the counter with nothing on it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from pos_client.ui.controls import ButtonRows, FieldBox
from pos_client.ui.drawing import NoteBox, RowList, card, column, label, row_of, rule, show_badge, show_text, wrapping
from pos_client.ui.icons import pixmap
from pos_client.ui.recent_view import RecentView
from pos_client.ui.scrolling import scrolled
from pos_client.ui.theme import Theme, restyle
from pos_client.ui.traits import set_trait

if TYPE_CHECKING:
    from pos_client.ui.idle_screen import IdleScreen, UnfinishedCard

__all__ = ["IdleView"]


class _UnfinishedView(QFrame):
    """One interrupted sale."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        inside = column(theme.metrics["pad_small"] // 2, theme.metrics["gap"], self)
        self._title = wrapping("strong", self)
        self._text = wrapping("subtle", self)
        inside.addWidget(self._title)
        inside.addWidget(self._text)

    def show_sale(self, shown: "UnfinishedCard") -> None:
        restyle(self, "card-chosen" if shown.chosen else "card")
        show_text(self._title, shown.title)
        show_text(self._text, shown.text)
        self.setAccessibleName(f"{shown.title}. {shown.text}")


class IdleView(QWidget):
    """Between customers."""

    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._large = False
        whole = self._line = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.metrics["gap"])
        self.call = self._build_call()
        """The card that asks for a scan: what is said in passing lies over it and covers no figure."""
        whole.addWidget(self.call)
        whole.addWidget(self._build_day())

    def _build_call(self) -> QFrame:
        theme = self._theme
        frame, outer = card(theme, self)
        side = round(96 * theme.scale)
        self._hero = QFrame(frame)
        self._hero.setProperty("kind", "hero")
        self._hero.setFixedSize(side, side)
        picture = QLabel(self._hero)
        picture.setPixmap(pixmap("scan-barcode", theme.colours["on_brand"], side // 2, self.devicePixelRatioF()))
        set_trait(picture, "alignment", "AlignCenter")
        picture.setAccessibleName("Сканер")
        column(0, 0, self._hero).addWidget(picture)
        self._heading = wrapping("heading", frame)
        self._detail = wrapping("subtle", frame)
        for each in (self._heading, self._detail):
            set_trait(each, "alignment", "AlignCenter")
        self._field = FieldBox(theme, frame)
        self._field.setMaximumWidth(round(560 * theme.scale))
        self._listening = label("chip", frame)
        self._unfinished: list[_UnfinishedView] = []
        self._cards = QWidget()
        self._cards_column = column(theme.metrics["pad_small"], 0, self._cards)
        self._cards_column.addStretch(1)
        self._area = scrolled(self._cards, frame)
        self._recent = RecentView(theme, frame)
        self._buttons = ButtonRows(theme, frame)
        self._buttons.asked.connect(self.asked)
        outer.setSpacing(theme.metrics["gap"])
        outer.addStretch(1)
        outer.addLayout(row_of(None, self._hero, None, spacing=0))
        outer.addSpacing(theme.metrics["gap"])
        outer.addWidget(self._heading)
        outer.addWidget(self._detail)
        outer.addLayout(row_of(None, spacing=0))
        middle = row_of(spacing=0)
        middle.addStretch(1)
        middle.addWidget(self._field, 8 if theme.scale > 1 else 3)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addWidget(self._area)
        outer.addWidget(self._recent)
        outer.addWidget(self._buttons)
        outer.addSpacing(theme.metrics["pad_small"])
        outer.addLayout(row_of(None, self._listening, None, spacing=0))
        outer.addStretch(1)
        return frame

    def _build_day(self) -> QFrame:
        theme = self._theme
        frame, outer = card(theme, self)
        inside = QWidget()
        day = column(theme.metrics["pad_small"], 0, inside)
        self._last_label = label("caption", inside)
        self._last_badge = label("tag-brand", inside)
        self._last = RowList(theme, inside)
        self._change_rule = rule(inside)
        self._change_label = label("strong", inside)
        self._change = label("value", inside)
        self._last_note = NoteBox(theme, inside)
        self._today_label = label("caption", inside)
        self._since = label("caption", inside)
        self._today = RowList(theme, inside)
        day.addLayout(row_of(self._last_label, None, self._last_badge, spacing=theme.metrics["pad_small"]))
        day.addWidget(self._last)
        day.addWidget(self._change_rule)
        day.addLayout(row_of(self._change_label, None, self._change, spacing=theme.metrics["pad_small"]))
        day.addWidget(self._last_note)
        day.addStretch(1)
        day.addLayout(row_of(self._today_label, None, self._since, spacing=theme.metrics["pad_small"]))
        day.addWidget(self._today)
        outer.addWidget(scrolled(inside, frame), 1)
        frame.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        return frame

    def squeeze(self, *, dense: bool) -> None:
        """Less air between the rows, for a small screen with large text."""
        for rows in (self._last, self._today):
            rows.squeeze(dense=dense)
        self._last_note.squeeze(dense=dense)
        self._large = large = dense and self._theme.scale > 1
        for at, share in enumerate((820, 510) if large else (900, 430)):
            self._line.setStretch(at, share)

    def show_idle(self, screen: "IdleScreen") -> None:
        """Draw it."""
        show_text(self._heading, screen.heading)
        show_text(self._detail, "" if self._is_crowded(screen) else screen.detail)
        self._field.show_field(screen.field)
        show_badge(self._listening, screen.listening)
        restyle(self._listening, "tag-warning" if screen.listening.tone.value == "warning" else "chip")
        self._show_unfinished(screen)
        show_text(self._last_label, screen.last_label)
        show_badge(self._last_badge, screen.last_badge)
        self._last.show_rows(screen.last)
        self._change_rule.setVisible(bool(screen.change))
        show_text(self._change_label, "Сдача" if screen.change else "")
        show_text(self._change, screen.change)
        self._last_note.show_note(screen.last_note)
        # What has to be done about the last receipt comes before the day.
        has_room = screen.last_note is None or not self._large
        show_text(self._today_label, "Сегодня" if has_room else "")
        show_text(self._since, screen.today_since if has_room else "")
        self._today.show_rows(screen.today if has_room else ())

    def _is_crowded(self, screen: "IdleScreen") -> bool:
        """Whether in large text the field and its hint need the room of what is unfinished; the heading counts it."""
        return self._theme.scale > 1 and screen.field is not None and bool(screen.unfinished)

    def _show_unfinished(self, screen: "IdleScreen") -> None:
        while len(self._unfinished) < len(screen.unfinished):
            made = _UnfinishedView(self._theme, self._cards)
            self._unfinished.append(made)
            self._cards_column.insertWidget(self._cards_column.count() - 1, made)
        for at, view in enumerate(self._unfinished):
            if at < len(screen.unfinished):
                view.show_sale(screen.unfinished[at])
            view.setVisible(at < len(screen.unfinished))
        self._area.setVisible(bool(screen.unfinished) and not self._is_crowded(screen))
        self._area.updateGeometry()
        shown = zip(self._unfinished, screen.unfinished, strict=False)
        self._area.keep_in_sight(next((view for view, card in shown if card.chosen), None))
        self._recent.show_recent(screen.recent)
        self._hero.setVisible(
            not screen.unfinished and not screen.recent and not (screen.field and self._theme.scale > 1)
        )
        self._buttons.setVisible(bool(screen.buttons))
        self._buttons.show_buttons((screen.buttons,) if screen.buttons else ())
