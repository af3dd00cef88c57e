from collections.abc import Iterator
from datetime import UTC

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from pos_client.ui.commands import RestBy
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.help_screen import HelpScreen, help_page
from pos_client.ui.help_view import HelpView
from pos_client.ui.keys import GESTURES
from pos_client.ui.sale_screen import present
from pos_client.ui.scrolling import Scrolled
from pos_client.ui.theme import Scheme
from tests.ui import counter_states as given
from tests.ui import loyalty_states as loyal
from tests.ui import tender_states as money
from tests.ui.test_counter_view import LOOKS, Shown, cut_labels, within
from tests.ui.test_presenter_gestures import hands

SALE = given.counter(sale=given.a_sale())
READING = Entry(help_open=True)
NEEDS_NO_WORDS = {"help", "confirm", "command"}
"""The key that opened it, the one that every button names, and the one that does nothing yet."""


@pytest.fixture
def large(qapp: QApplication) -> Iterator[Shown]:
    made = Shown(qapp, Scheme.DARK, 1.5)
    yield made
    made.close()


def page() -> HelpScreen:
    found = help_page(SALE, READING)
    assert found is not None
    return found


def view(window: QWidget) -> HelpView:
    return next(each for each in window.findChildren(HelpView))


def left_to_scroll(window: QWidget) -> int:
    return next(each for each in view(window).findChildren(Scrolled)).verticalScrollBar().maximum()


def test_every_key_of_the_table_is_explained_once() -> None:
    explained = [key for line in page().lines for key in line.key.split(", ")]
    assert len(explained) == len(set(explained))
    wanted = {key for each in GESTURES if each.id not in NEEDS_NO_WORDS for key in each.keys}
    assert wanted <= set(explained)


@pytest.mark.parametrize(("scheme", "scale"), LOOKS)
def test_the_whole_help_is_seen_at_once(qapp: QApplication, scheme: Scheme, scale: float) -> None:
    made = Shown(qapp, scheme, scale)
    try:
        window = made.screen(SALE, READING)
        assert left_to_scroll(window) == 0
        assert cut_labels(view(window)) == []
        assert window.rect().contains(within(view(window), window))
    finally:
        made.close()


def test_what_does_not_fit_is_scrolled_by_the_arrows_and_moves_nothing_behind_it(large: Shown) -> None:
    window = large.screen(given.counter(sale=loyal.with_coupons(messages=("Подарок. " * 90,))), READING)
    asked: list[str] = []
    window.asked.connect(asked.append)
    bar = next(each for each in view(window).findChildren(Scrolled)).verticalScrollBar()
    assert bar.maximum() > 0
    QTest.keyClick(window, Qt.Key.Key_Down)
    assert bar.value() > 0
    QTest.keyClick(window, Qt.Key.Key_Up)
    assert (bar.value(), asked) == (0, [])


def test_a_word_in_passing_lies_over_help(large: Shown) -> None:
    window = large.screen(SALE, Entry(help_open=True, note="Карта пока не принимается."))
    toast = next(each for each in window.findChildren(QFrame) if each.property("kind") == "toast")
    middle = toast.mapTo(window, toast.rect().center())
    on_top = window.childAt(middle)
    assert on_top is not None
    assert on_top is toast or toast.isAncestorOf(on_top)


@pytest.mark.parametrize("ask", [Ask.CONFIRM, Ask.PUT_OFF, Ask.HELP])
def test_help_is_put_away_and_nothing_else_happens(ask: Ask) -> None:
    assert hands(SALE, ask, entry=READING) == (Entry(), [])


@pytest.mark.parametrize("ask", [Ask.UP, Ask.DOWN])
def test_arrows_move_nothing_that_help_hides(ask: Ask) -> None:
    reading = Entry(mode=Mode.CASH, help_open=True)
    assert hands(SALE, ask, entry=reading) == (reading, [])


def test_any_other_key_puts_help_away_and_does_what_it_says() -> None:
    entry, commands = hands(money.OPEN, Ask.CARD, entry=READING)
    assert not entry.help_open
    assert commands == [RestBy(money.CARD, None)]
    entry, _ = hands(SALE, Ask.POINTS, entry=READING)
    assert (entry.help_open, entry.mode) == (False, Mode.POINTS)


def test_figures_typed_over_help_are_seen() -> None:
    entry, _ = hands(given.counter(), "1106", entry=READING)
    assert (entry.help_open, entry.text) == (False, "1106")
    assert present(given.counter(), entry, zone=UTC).help is None
