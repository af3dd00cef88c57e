from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from pos_client.domain.joining import Purpose
from pos_client.domain.order import TenderKind
from pos_client.ui.entry import Mode
from pos_client.ui.keys import Gestures
from pos_client.ui.presenter import PosPresenter
from pos_client.ui.scanner import Scanner
from pos_client.ui.screen_log import ScreenLog
from pos_client.ui.theme import load_theme
from pos_client.ui.window import PosWindow
from tests.hands import Hands, Layout, show, wait_until
from tests.ui import counter_states as given
from tests.ui import loyalty_states as loyal
from tests.ui.test_presenter import Notebook, Till

DUE = given.roubles(2990)


@pytest.fixture
async def till(dressed: QApplication, tmp_path: Path) -> AsyncIterator[Till]:
    counter = Notebook(given.counter(sale=loyal.nobody(), joining=loyal.a_form()))
    window = PosWindow(load_theme())
    window.resize(1366, 768)
    keys = Gestures(window)
    scanner = Scanner(dressed, on_key=keys.press)
    presenter = PosPresenter(counter, window, keys, scanner, zone=UTC, log=ScreenLog(tmp_path / "log"))
    await show(window)
    yield Till(counter, window, presenter, scanner, Hands(), tmp_path / "log")
    await presenter.close()
    scanner.close()
    window.close()
    window.deleteLater()


async def test_somebody_joins_by_keys_alone(till: Till) -> None:
    await till.keys("9161234567", "Enter")
    till.hands.type_text("Анна")
    await till.keys("Enter", " ", "Enter", " ", "F3")
    await wait_until(lambda: till.counter.asked)
    consents = frozenset({Purpose.PROGRAMME, Purpose.PERSONAL_DATA})
    assert till.counter.asked == [("apply", "79161234567", "Анна", consents)]
    till.counter.become(given.counter(sale=loyal.nobody(), joining=loyal.a_joining_code()))
    await till.keys("4821", "Enter")
    await wait_until(lambda: len(till.counter.asked) > 1)
    assert till.counter.asked[1:] == [("join code", "4821")]
    till.counter.become(given.counter(sale=loyal.nobody(), joining=loyal.joined()))
    await till.keys("Esc")
    assert till.counter.asked[2:] == [("join close",)]


@pytest.mark.parametrize("suffix", ["Enter", "Tab", ""])
@pytest.mark.parametrize("layout", list(Layout))
async def test_a_scan_into_the_form_is_a_scan_and_no_part_of_the_form(till: Till, suffix: str, layout: Layout) -> None:
    await till.keys("916")
    till.hands.scan("1106153417", suffix=suffix, layout=layout)
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("scanned", "1106153417")]
    assert till.presenter.entry.join is not None
    assert (till.presenter.entry.mode, till.presenter.entry.join.phone) == (Mode.JOIN, "7916")


async def test_the_sale_is_paid_while_somebody_joins(till: Till) -> None:
    await till.keys("916", "F5", "3000", "Enter")
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("pay", DUE, given.roubles(3000))]


async def test_a_scan_while_a_code_is_asked_for_is_no_code(till: Till) -> None:
    till.counter.become(given.counter(sale=given.a_sale(0), code=loyal.code_asked()))
    await till.keys("48")
    till.hands.scan("482109")
    await wait_until(lambda: till.counter.asked)
    await till.keys("Enter")
    assert till.counter.asked == [("scanned", "482109")]


async def test_points_are_spent_by_a_code_or_left(till: Till) -> None:
    till.counter.become(given.counter(sale=given.a_sale(0), code=loyal.code_asked()))
    await till.keys("4821", "Enter")
    await wait_until(lambda: till.counter.asked)
    await till.keys("Esc")
    assert till.counter.asked == [("code", "4821"), ("without points",)]


async def test_a_digit_chooses_a_customer_and_a_burst_of_digits_does_not(till: Till) -> None:
    till.counter.become(given.counter(sale=loyal.ambiguous()))
    till.hands.scan("1106153417")
    await wait_until(lambda: till.counter.asked)
    till.hands.pause(1_000)
    till.hands.type_text("2")
    await wait_until(lambda: len(till.counter.asked) > 1)
    assert till.counter.asked == [("scanned", "1106153417"), ("choose", "12")]


async def test_a_coupon_has_a_key_of_its_own(till: Till) -> None:
    till.counter.become(given.counter(sale=given.a_sale(0)))
    till.hands.press("F4", modifiers=Qt.KeyboardModifier.ShiftModifier)
    await wait_until(lambda: till.presenter.entry.mode is Mode.COUPON)
    await till.keys("2026", "Enter")
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("coupon", "2026")]


async def test_the_key_of_joining_struck_twice_by_a_slip_joins_once(till: Till) -> None:
    till.counter.become(given.counter())
    till.hands.press("F3")
    till.hands.pause(90)
    till.hands.strike_named("F3")
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("join",)]


async def test_neither_phone_nor_codes_get_into_the_log(till: Till) -> None:
    await till.keys("9161234567")
    till.counter.become(given.counter(sale=given.a_sale(0), code=loyal.code_asked()))
    await till.keys("4821", "Enter")
    await wait_until(lambda: till.counter.asked)
    said = till.log.read_text(encoding="utf-8")
    assert "123-45" not in said
    assert "9161234567" not in said
    assert "4821" not in said


async def test_the_shift_page_is_one_key_away_and_back(till: Till) -> None:
    till.counter.become(given.counter(sale=given.a_sale(0)))
    await till.keys("F10")
    await wait_until(lambda: till.presenter.screen is not None and till.presenter.screen.shift is not None)
    await till.keys("F5", "Enter", "Esc")
    assert till.presenter.screen is not None
    assert till.presenter.screen.counter is not None
    assert till.counter.asked == []


async def test_the_page_of_the_shift_has_the_totals_of_the_terminal_settled(till: Till) -> None:
    till.counter.become(given.counter(means=(TenderKind.CASH, TenderKind.CARD)))
    await till.keys("F10", "Ctrl+F10")
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("reconcile",)]


async def test_another_slip_has_a_key_of_its_own(till: Till) -> None:
    till.counter.become(given.counter(sale=given.a_sale(0)))
    till.hands.press("F11", modifiers=Qt.KeyboardModifier.ShiftModifier)
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("slip", "1106153417")]


async def test_the_welcome_goes_when_the_new_member_pays(till: Till) -> None:
    till.counter.become(given.counter(sale=given.a_sale(0), joining=loyal.joined()))
    await till.keys("Ctrl+Enter")
    await wait_until(lambda: len(till.counter.asked) > 1)
    assert till.counter.asked == [("join close",), ("pay", DUE, DUE)]
