"""Large text on a small screen: every lamp is seen, nothing that matters is scrolled away, no button is covered."""

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QScrollArea, QWidget

from pos_client.ui.entry import Entry
from pos_client.ui.idle_view import IdleView
from pos_client.ui.lamp_view import LampView
from pos_client.ui.sale_screen import present
from pos_client.ui.theme import Scheme, load_theme
from tests.hands import wait_until
from tests.ui import counter_states as given
from tests.ui.gallery import HEIGHT, states
from tests.ui.test_counter_view import Shown, cut, cut_labels, texts, visible, within


def lamps_of(window: QWidget) -> dict[str, str]:
    """What every visible light says beside its shape, by the service that its story begins with."""
    found = [each for each in visible(window, LampView) if isinstance(each, LampView)]
    return {each.accessibleName().partition(":")[0].partition(" не ")[0]: each.text().strip() for each in found}


def test_in_large_text_every_light_is_seen_before_the_name_of_the_cashier(qapp: QApplication) -> None:
    shown = Shown(qapp, Scheme.DARK, 1.5)
    try:
        window = shown.screen(*states()["lights-all"])
        assert list(lamps_of(window).values()) == ["Заказы", "Баллы", "ККТ", "ОФД", "Терминал", "СБП"]
        assert "Иванова М." not in texts(window)
        assert cut(window) == []
    finally:
        shown.close()


@pytest.mark.parametrize(("width", "scale"), [(1366, 1.5), (960, 1.0)])
def test_where_room_is_short_an_ill_light_keeps_its_name_and_a_calm_one_its_shape(
    qapp: QApplication, width: int, scale: float
) -> None:
    shown = Shown(qapp, Scheme.LIGHT, scale)
    try:
        shown.window.resize(width, HEIGHT)
        window = shown.screen(*states()["lights-ill"])
        said = list(lamps_of(window).values())
        assert said == ["Заказы", "Баллы", "ККТ", "", "Терминал", ""]
        assert cut_labels(window) == []
        edges = [within(each, window) for each in visible(window, LampView)]
        assert all(one.right() < next_one.left() for one, next_one in pairwise(edges))
    finally:
        shown.close()


@pytest.mark.parametrize("name", ["slow", "unknown", "trouble", "refused", "tender-checking", "tender-questions"])
def test_in_large_text_what_is_going_on_is_read_without_scrolling(qapp: QApplication, name: str) -> None:
    shown = Shown(qapp, Scheme.DARK, 1.5)
    try:
        window = shown.screen(*states()[name])
        bars = [area.verticalScrollBar().maximum() for area in window.findChildren(QScrollArea) if area.isVisible()]
        assert max(bars) == 0
    finally:
        shown.close()


@pytest.mark.parametrize("name", ["refund-slip", "refund-by-word", "refund-claim-unknown", "idle-copy", "cash-doubt"])
def test_in_large_text_what_went_wrong_is_read_without_scrolling(qapp: QApplication, name: str) -> None:
    shown = Shown(qapp, Scheme.LIGHT, 1.5)
    try:
        window = shown.screen(*states()[name])
        bars = [area.verticalScrollBar().maximum() for area in window.findChildren(QScrollArea) if area.isVisible()]
        assert max(bars) == 0
        assert cut(window) == []
    finally:
        shown.close()


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("entry", [Entry(), Entry(queue_open=True), Entry(shift_open=True)])
@pytest.mark.parametrize("name", ["sale", "refund", "queue", "idle"])
def test_a_word_in_passing_covers_no_button(qapp: QApplication, name: str, entry: Entry, scale: float) -> None:
    shown = Shown(qapp, Scheme.LIGHT, scale)
    try:
        window = shown.screen(states()[name][0], replace(entry, note="Сначала вернитесь к продаже: F10 или Esc."))
        toast = next(each for each in visible(window, QFrame) if each.property("kind") == "toast")
        over = within(toast, window)
        covered = [each for each in visible(window, QPushButton) if over.intersects(within(each, window))]
        assert [each.accessibleName() for each in covered] == []
    finally:
        shown.close()


async def test_the_chosen_one_of_many_unfinished_sales_is_scrolled_into_sight(dressed: QApplication) -> None:
    assert dressed.styleSheet()
    view = IdleView(load_theme())
    view.resize(1000, 420)
    view.show()
    many = given.counter(unfinished=(given.an_unfinished_sale(), *(given.a_paid_sale() for _ in range(5))))
    shown = present(many, Entry(unfinished=5)).idle
    assert shown is not None
    view.show_idle(shown)
    chosen = [each for each in view.findChildren(QFrame) if each.property("kind") == "card-chosen"]
    assert len(chosen) == 1
    await wait_until(lambda: chosen[0].visibleRegion().boundingRect().height() == chosen[0].height())
    view.close()
    view.deleteLater()
