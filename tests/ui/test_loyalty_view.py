from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from pos_client.domain.sale import Sale
from pos_client.ui.controls import AskButton
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.joining_view import JoinView
from pos_client.ui.sum_drawing import BarView, MoneyLabel
from pos_client.ui.theme import Scheme, contrast, load_theme
from pos_client.ui.window import PosWindow
from tests.ui import counter_states as given
from tests.ui import loyalty_states as loyal
from tests.ui.test_counter_view import Shown, button, cut, texts, visible, within

NEWCOMER = given.counter(sale=loyal.nobody(), joining=loyal.a_form())


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[Shown]:
    made = Shown(qapp)
    yield made
    made.close()


def named(window: PosWindow, beginning: str) -> QWidget:
    [found] = [each for each in visible(window, QFrame) if each.accessibleName().startswith(beginning)]
    return found


def press(part: QWidget) -> None:
    QTest.mouseClick(part, Qt.MouseButton.LeftButton)


def test_a_candidate_tells_who_was_pointed_at(shown: Shown) -> None:
    window = shown.screen(given.counter(sale=loyal.ambiguous()))
    chosen: list[str] = []
    window.customer_chosen.connect(chosen.append)
    press(named(window, "2: Андрей"))
    assert chosen == ["12"]


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1000, 700), (960, 600)])
def test_the_name_of_a_candidate_is_read_whole_on_any_screen(shown: Shown, width: int, height: int) -> None:
    shown.window.resize(width, height)
    window = shown.screen(given.counter(sale=loyal.ambiguous()))
    assert cut(named(window, "1: Анна")) == []
    assert "Серебро" in texts(named(window, "1: Анна"))


def test_candidates_of_the_customer_before_are_gone(shown: Shown) -> None:
    shown.screen(given.counter(sale=loyal.ambiguous()))
    assert "Андрей" not in texts(shown.screen(given.counter(sale=given.a_sale())))


def test_consents_and_fields_of_the_form_tell_their_place(shown: Shown) -> None:
    window = shown.screen(NEWCOMER, Entry(mode=Mode.JOIN))
    places: list[int] = []
    window.place_chosen.connect(places.append)
    press(named(window, "Обработка персональных данных"))
    for field in visible(window, QWidget):
        if field.accessibleName() == "Имя":
            press(field)
    assert places == [3, 1]


def test_a_tick_differs_from_none_without_colour(shown: Shown) -> None:
    assert "\N{CHECK MARK}" not in texts(form(shown.screen(NEWCOMER, Entry(mode=Mode.JOIN))))
    ticked = shown.screen(NEWCOMER, Entry(mode=Mode.JOIN, join=loyal.FILLED))
    assert texts(form(ticked)).count("\N{CHECK MARK}") == 2
    assert named(ticked, "Сообщения о скидках").accessibleName().endswith("не отмечено")
    theme = load_theme()
    assert contrast(theme.colours["on_brand"], theme.colours["brand"]) >= 4.5


def form(window: PosWindow) -> QWidget:
    [found] = visible(window, JoinView)
    return found


@pytest.mark.parametrize(("scheme", "scale"), [(Scheme.LIGHT, 1.0), (Scheme.LIGHT, 1.5)])
def test_the_form_covers_no_sum_and_no_key_that_pays(qapp: QApplication, scheme: Scheme, scale: float) -> None:
    shown = Shown(qapp, scheme, scale)
    try:
        window = shown.screen(NEWCOMER, Entry(mode=Mode.JOIN, join=loyal.FILLED))
        place = within(form(window), window)
        money = [*visible(window, MoneyLabel), *visible(window, BarView), *(button(window, ask) for ask in PAYING)]
        assert [each for each in money if within(each, window).intersects(place)] == []
        assert cut(window) == []
    finally:
        shown.close()


PAYING = (Ask.CASH, Ask.CARD, Ask.SBP, Ask.PART)


def test_the_sums_do_not_move_when_the_form_opens_and_closes(shown: Shown) -> None:
    def picture() -> list[object]:
        window = shown.screen(given.counter(sale=loyal.nobody()))
        return [within(each, window) for kind in (MoneyLabel, BarView, AskButton) for each in visible(window, kind)]

    before = picture()
    window = shown.screen(NEWCOMER, Entry(mode=Mode.JOIN))
    assert within(visible(window, MoneyLabel)[0], window) in before
    assert picture() == before


def test_the_place_where_the_hands_are_is_in_sight(qapp: QApplication) -> None:
    shown = Shown(qapp, Scheme.LIGHT, 1.5)
    try:
        for at in range(5):
            shown.screen(NEWCOMER, Entry(mode=Mode.JOIN, join=replace(loyal.FILLED, at=at)))
            window = shown.screen(NEWCOMER, Entry(mode=Mode.JOIN, join=replace(loyal.FILLED, at=at)))
            carets = [each for each in visible(window, QFrame) if each.property("kind") in {"caret", "tick-active"}]
            assert len(carets) == 1
            assert not carets[0].visibleRegion().isEmpty(), at
    finally:
        shown.close()


def test_the_form_goes_with_the_one_who_joined(shown: Shown) -> None:
    shown.screen(NEWCOMER, Entry(mode=Mode.JOIN))
    window = shown.screen(given.counter(sale=given.a_sale()))
    assert visible(window, JoinView) == []
    assert "Доставка" in texts(window)


def test_a_code_that_is_asked_for_leaves_the_keys_that_pay(shown: Shown) -> None:
    window = shown.screen(given.counter(sale=given.a_sale(0), code=loyal.code_asked(wrong=1)))
    assert button(window, Ask.CASH).isEnabled()
    assert "Осталось попыток: 2." in texts(window)


def test_the_shift_page_draws_both_goals(shown: Shown) -> None:
    window = shown.screen(loyal.a_shift(), Entry(shift_open=True))
    assert [each.accessibleName()[:22] for each in window.findChildren(QWidget) if "цель" in each.accessibleName()]
    for text in ("62 %", "30 %", "Обещано, ждём начисления", "48 210,00 ₽"):
        assert text in texts(window)


def test_what_is_due_stays_where_it_was_when_a_discount_and_the_points_come(shown: Shown) -> None:
    def top(sale: Sale) -> int:
        window = shown.screen(given.counter(sale=sale))
        return within(visible(window, MoneyLabel)[0], window).top()

    assert top(given.a_sale(0)) == top(given.a_sale()) == top(loyal.with_coupons(replace(loyal.AUTUMN, name="ОСЕНЬ26")))
