from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QProgressBar, QPushButton, QScrollArea, QWidget

from pos_client.counter.state import CounterState, LightState, WaitFor
from pos_client.ui.controls import AskButton, FieldBox, HintButton
from pos_client.ui.drawing import RowList
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.fonts import money_font
from pos_client.ui.key_button import KeyButton
from pos_client.ui.lamp_view import LampView
from pos_client.ui.sale_screen import present
from pos_client.ui.sum_drawing import BarView, MoneyLabel
from pos_client.ui.theme import Scheme, apply_theme, load_theme
from pos_client.ui.window import PosWindow
from tests.ui import counter_states as given
from tests.ui.gallery import HEIGHT, STOPPED, TURNS_TO_SETTLE, WIDTH, states

if TYPE_CHECKING:
    from pos_client.ports import Service

LOOKS = [(Scheme.LIGHT, 1.0), (Scheme.DARK, 1.0), (Scheme.LIGHT, 1.5)]


class Shown:
    """A window with a screen on it."""

    def __init__(self, app: QApplication, scheme: Scheme = Scheme.LIGHT, scale: float = 1.0) -> None:
        self._app = app
        theme = load_theme(scheme, scale)
        apply_theme(app, theme)
        self.window = PosWindow(theme)
        self.window.resize(WIDTH, HEIGHT)
        self.window.show()

    def screen(self, state: CounterState, entry: Entry | None = None) -> PosWindow:
        self.window.show_screen(present(state, entry or Entry(), zone=UTC))
        for _ in range(TURNS_TO_SETTLE):
            self._app.sendPostedEvents()
        return self.window

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[Shown]:
    made = Shown(qapp)
    yield made
    made.close()


def visible(window: QWidget, kind: type[QWidget]) -> list[QWidget]:
    return [each for each in window.findChildren(QWidget) if isinstance(each, kind) and each.isVisible()]


def texts(window: QWidget) -> str:
    said = [label.text() for label in visible(window, QLabel) if isinstance(label, QLabel)]
    said += [button.text() for button in visible(window, QPushButton) if isinstance(button, QPushButton)]
    said += [money.text() for money in visible(window, MoneyLabel) if isinstance(money, MoneyLabel)]
    return "\n".join(said).replace("\N{NO-BREAK SPACE}", " ")


def button(window: PosWindow, ask: Ask) -> AskButton:
    found = [each for each in visible(window, AskButton) if isinstance(each, AskButton) and each.ask is ask]
    assert len(found) == 1
    return found[0]


def within(part: QWidget, window: QWidget) -> QRect:
    return QRect(part.mapTo(window, QPoint(0, 0)), part.size())


def cut(window: QWidget) -> list[str]:
    """Every visible text that has less room than it needs."""
    return [*cut_labels(window), *cut_controls(window)]


def cut_labels(window: QWidget) -> list[str]:
    found: list[str] = []
    for each in visible(window, QLabel):
        assert isinstance(each, QLabel)
        if each.text() and each.wordWrap() and each.height() < each.heightForWidth(each.width()):
            found.append(f"{each.text()!r} is {each.height()} px high")
        if each.text() and not each.wordWrap() and each.width() < each.sizeHint().width():
            found.append(f"{each.text()!r} is {each.width()} px wide of {each.sizeHint().width()}")
    return found


def cut_controls(window: QWidget) -> list[str]:
    found: list[str] = []
    for each in visible(window, QPushButton):
        if each.width() < each.minimumSizeHint().width() or each.height() < each.fontMetrics().height():
            found.append(f"{each.accessibleName()!r} is {each.width()}×{each.height()}")
        if not window.rect().contains(within(each, window)):
            found.append(f"{each.accessibleName()!r} leaves the window")
    for each in visible(window, MoneyLabel):
        assert isinstance(each, MoneyLabel)
        if QFontMetrics(money_font(each.size_that_fits())).horizontalAdvance(each.text()) > each.width():
            found.append(f"{each.text()!r} is cut")
    return found


@pytest.mark.parametrize(("scheme", "scale"), LOOKS)
def test_no_text_is_cut_and_no_button_lost(qapp: QApplication, scheme: Scheme, scale: float) -> None:
    shown = Shown(qapp, scheme, scale)
    try:
        offences = {name: cut(shown.screen(state, entry)) for name, (state, entry) in states().items()}
        assert {name: found for name, found in offences.items() if found} == {}
    finally:
        shown.close()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1366, 698), (1280, 720)])
def test_a_trouble_with_money_in_it_is_read_without_scrolling(qapp: QApplication, width: int, height: int) -> None:
    shown = Shown(qapp, Scheme.LIGHT, 1.0)
    shown.window.resize(width, height)
    try:
        for name in STOPPED:
            window = shown.screen(*states()[name])
            bars = [area.verticalScrollBar().maximum() for area in window.findChildren(QScrollArea) if area.isVisible()]
            assert max(bars) == 0, name
            assert cut(window) == [], name
    finally:
        shown.close()


def test_a_button_without_room_shows_that_words_are_missing(qapp: QApplication) -> None:
    card = QWidget()
    button = KeyButton("Del", "Отменить, вернуть 2 500 ₽ наличными", "secondary", card)
    shown = []
    try:
        card.resize(700, 60)
        card.show()
        for width in (160, 600):
            button.resize(width, 49)
            qapp.sendPostedEvents()
            shown.append([label.text() for label in button.findChildren(QLabel)][-1])
        assert shown[0].startswith("Отм")
        assert shown[0].endswith("…")
        assert shown[1] == button.words() == "Отменить, вернуть 2 500 ₽ наличными"
    finally:
        card.close()
        card.deleteLater()


def test_the_buttons_of_a_card_do_not_lie_on_each_other(qapp: QApplication) -> None:
    shown = Shown(qapp, Scheme.LIGHT, 1.5)
    try:
        for name, (state, entry) in states().items():
            window = shown.screen(state, entry)
            places = [within(each, window) for each in visible(window, AskButton)]
            crossed = [(a, b) for at, a in enumerate(places) for b in places[:at] if a.intersects(b)]
            assert crossed == [], name
    finally:
        shown.close()


def test_every_control_has_an_accessible_name(shown: Shown) -> None:
    for name, (state, entry) in states().items():
        window = shown.screen(state, entry)
        for kind in (QPushButton, FieldBox, BarView, MoneyLabel, QProgressBar):
            nameless = [each for each in visible(window, kind) if not each.accessibleName().strip()]
            empty = [each for each in nameless if isinstance(each, MoneyLabel) and not each.text()]
            bare = [each for each in nameless if isinstance(each, BarView) and not texts(each).strip()]
            assert len(nameless) == len(empty) + len(bare), (name, kind)


def test_a_sale_shows_its_sums_together(shown: Shown) -> None:
    said = texts(shown.screen(given.counter(sale=given.a_sale())))
    for text in ("4 990,00 ₽", "−490,00 ₽", "−2 000,00 ₽", "2 500,00 ₽", "Начислим 125 баллов", "осталось 2 500 ₽"):
        assert text in said


def test_what_is_due_does_not_move_when_a_row_comes(shown: Shown) -> None:
    def place(points: int) -> int:
        window = shown.screen(given.counter(sale=given.a_sale(points)))
        return within(visible(window, MoneyLabel)[0], window).top()

    assert place(0) == place(490)


def test_a_button_tells_its_gesture(shown: Shown) -> None:
    window = shown.screen(given.counter(sale=given.a_sale()))
    asked: list[str] = []
    window.asked.connect(asked.append)
    for ask in (Ask.CASH, Ask.PART, Ask.POINTS):
        button(window, ask).click()
    assert asked == ["cash", "part", "points"]


def test_a_disabled_button_says_why(shown: Shown) -> None:
    window = shown.screen(given.counter(sale=given.a_sale()))
    card = button(window, Ask.CARD)
    assert not card.isEnabled()
    assert "терминал не подключён" in card.toolTip()


def test_a_suggested_sum_tells_what_it_stands_for(shown: Shown) -> None:
    window = shown.screen(given.counter(sale=given.a_sale()), Entry(mode=Mode.CASH))
    chosen: list[str] = []
    window.sum_chosen.connect(chosen.append)
    for each in visible(window, QPushButton):
        assert isinstance(each, QPushButton)
        if each.text().replace("\N{NO-BREAK SPACE}", " ") in {"3 000", "без сдачи"}:
            each.click()
    assert chosen == ["", "3000"]


def test_a_light_tells_its_service_and_an_absent_one_nothing(shown: Shown) -> None:
    window = shown.screen(given.counter())
    opened: list[Service] = []
    window.light_opened.connect(opened.append)
    for each in visible(window, LampView):
        assert isinstance(each, LampView)
        each.click()
    assert opened == [light.service for light in given.lights()]


def test_a_row_of_the_queue_tells_its_key(shown: Shown) -> None:
    window = shown.screen(given.with_queue(given.counter()), Entry(queue_open=True))
    chosen: list[str] = []
    window.row_chosen.connect(chosen.append)
    cards = [
        each
        for each in visible(window, QFrame)
        if each.accessibleName().replace("\N{NO-BREAK SPACE}", " ")[:18] == "Заказ 1106 153 390"
    ]
    QTest.mouseClick(cards[0], Qt.MouseButton.LeftButton)
    assert chosen == ["offline:1106153390"]


def test_the_bar_of_keys_is_the_table_of_keys_and_can_be_clicked(shown: Shown) -> None:
    window = shown.screen(given.counter(sale=given.a_sale()))
    asked: list[str] = []
    window.asked.connect(asked.append)
    hints = {each.accessibleName(): each for each in visible(window, HintButton) if isinstance(each, HintButton)}
    hints["очередь, F12"].click()
    assert asked == ["queue"]
    assert "наличные, F5" in hints


def test_keys_that_are_no_gesture_become_typing(shown: Shown) -> None:
    window = shown.screen(given.counter())
    typed: list[str] = []
    erased: list[bool] = []
    asked: list[str] = []
    window.typed.connect(typed.append)
    window.erased.connect(lambda: erased.append(True))
    window.asked.connect(asked.append)
    for key in (Qt.Key.Key_1, Qt.Key.Key_Backspace, Qt.Key.Key_Down):
        QTest.keyClick(window, key)
    assert (typed, erased, asked) == (["1"], [True], ["down"])


def test_progress_keeps_its_place_when_nothing_is_awaited(shown: Shown) -> None:
    def top(state: CounterState) -> int:
        window = shown.screen(state)
        return within(visible(window, MoneyLabel)[0], window).top()

    quiet = given.counter(sale=given.a_sale(0))
    assert top(quiet) == top(given.counter(sale=given.a_sale(0), wait=given.waiting(WaitFor.QUOTE)))


def test_a_word_in_passing_covers_no_figure_of_the_day(shown: Shown) -> None:
    window = shown.screen(given.counter(), Entry(note="Сначала сканируйте заказ."))
    [toast] = [each for each in visible(window, QFrame) if each.property("kind") == "toast"]
    day = [each for each in visible(window, RowList) if each.height() > 0]
    assert day
    assert [each for each in day if within(toast, window).intersects(within(each, window))] == []


def test_a_training_till_has_an_orange_frame(shown: Shown) -> None:
    def corner(state: CounterState) -> QColor:
        image: QImage = shown.screen(state).grab().toImage()
        return image.pixelColor(1, HEIGHT // 2)

    assert corner(given.counter(training=True)) == QColor(load_theme().colours["light_warning"])
    assert corner(given.counter()) == QColor(load_theme().colours["ground"])


def test_drawing_the_same_screen_again_changes_no_pixel(shown: Shown) -> None:
    state = given.counter(sale=given.a_sale())
    before = shown.screen(state, Entry(mode=Mode.CASH, text="3000")).grab().toImage()
    after = shown.screen(state, Entry(mode=Mode.CASH, text="3000")).grab().toImage()
    assert before == after


def test_coming_back_to_a_screen_draws_it_as_at_first(shown: Shown) -> None:
    state = given.counter(sale=given.a_sale())
    before = shown.screen(state).grab().toImage()
    for other, entry in states().values():
        shown.screen(other, entry)
    assert shown.screen(state).grab().toImage() == before


def test_hostile_words_stay_words(shown: Shown) -> None:
    evil = "<b>Скидка</b><img src=x>" + "Ж" * 300
    line = replace(given.lines()[0], name=evil)
    window = shown.screen(given.counter(sale=given.a_sale(0, order=given.an_order(lines=(line,), visits=()))))
    assert cut(window) == []
    assert "<b>Скидка</b>" in texts(window).replace("\N{ZERO WIDTH SPACE}", "")


def test_a_lamp_differs_without_colour(shown: Shown) -> None:
    lights = given.lights(processing=LightState.DOWN, register=LightState.WEAK, orders=LightState.UNKNOWN)
    window = shown.screen(given.counter(lights=lights))
    masks = set()
    for each in visible(window, LampView):
        assert isinstance(each, LampView)
        image = each.icon().pixmap(each.iconSize()).toImage()
        masks.add(
            tuple(image.pixelColor(x, y).alpha() > 127 for x in range(image.width()) for y in range(image.height()))
        )
    assert len(masks) == 4


def test_the_hint_of_the_search_lies_below_its_field_beside_an_unfinished_sale_in_large_text(
    qapp: QApplication,
) -> None:
    large = Shown(qapp, scale=1.5)
    large.window.resize(1024, 640)
    state = given.counter(unfinished=(given.an_unfinished_sale(),), notice=given.NOTICE)
    try:
        window = large.screen(state, Entry(mode=Mode.FIND, text="1106"))
        (field,) = visible(window, FieldBox)
        hint = next(each for each in visible(field, QLabel) if "Esc" in getattr(each, "text", str)())
        frame = next(each for each in visible(field, QFrame) if each.property("kind") == "entry")
        assert within(frame, window).bottom() < within(hint, window).top()
    finally:
        large.close()
