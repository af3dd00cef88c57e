import asyncio
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from pos_client.domain.refund import RefundStage
from pos_client.ui.entry import Ask
from pos_client.ui.keys import GESTURES, Gestures
from pos_client.ui.presenter import PosPresenter
from pos_client.ui.scanner import Scanner
from pos_client.ui.screen_log import ScreenLog
from pos_client.ui.theme import load_theme
from pos_client.ui.window import PosWindow
from tests.hands import Hands, Layout, show, wait_until
from tests.ui import counter_states as given
from tests.ui import refund_states as back
from tests.ui import tender_states as money
from tests.ui.test_presenter import Notebook, Till


@pytest.fixture
async def till(dressed: QApplication, tmp_path: Path) -> AsyncIterator[Till]:
    counter = Notebook(back.on_page())
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


async def shift_f9(till: Till) -> None:
    till.hands.press("F9", modifiers=Qt.KeyboardModifier.ShiftModifier)
    await till.struck()


@pytest.mark.parametrize("suffix", ["Enter", "Tab", ""])
@pytest.mark.parametrize("layout", list(Layout))
async def test_a_scan_on_the_page_of_a_refund_is_a_scan_and_gives_nothing_back(
    till: Till, suffix: str, layout: Layout
) -> None:
    till.hands.scan("t=20261114T1402&s=2500.00&fn=9999&i=4119&fp=1&n=1", suffix=suffix, layout=layout)
    await wait_until(lambda: till.counter.asked)
    assert [each[0] for each in till.counter.asked] == ["scanned"]


async def test_the_refund_goes_by_keys_from_the_page_to_the_cash(till: Till) -> None:
    await shift_f9(till)
    assert till.counter.asked == [("refund confirmed",)]
    till.counter.become(back.on_page(back.at_stage(RefundStage.HANDING_OUT)))
    await till.keys("F9")
    await shift_f9(till)
    assert len(till.counter.asked) == 1
    till.hands.press("F9", modifiers=Qt.KeyboardModifier.ControlModifier)
    await till.struck()
    assert till.counter.asked[1:] == [("handed out",)]


async def test_a_key_held_down_or_struck_twice_gives_back_once(till: Till) -> None:
    held = Qt.KeyboardModifier.ShiftModifier
    till.hands.press("F9", modifiers=held)
    till.hands.repeat("F9", 5)
    till.hands.strike_named("F9", modifiers=held)
    await asyncio.sleep(0.1)
    assert till.counter.asked.count(("refund confirmed",)) == 1


async def test_the_order_of_a_refund_is_scanned_or_typed(till: Till) -> None:
    till.counter.become(given.counter())
    await till.keys("F9")
    till.hands.scan("1106153417")
    await wait_until(lambda: len(till.counter.asked) > 1)
    assert till.counter.asked == [("recent sales",), ("refund", "1106153417")]


async def test_one_of_the_last_sales_is_chosen_by_arrows(till: Till) -> None:
    till.counter.become(given.counter())
    await till.keys("F9")
    till.counter.become(given.counter(recent=back.sold_lately()))
    for arrow in (Ask.DOWN, Ask.DOWN, Ask.UP, Ask.DOWN):
        till.window.asked.emit(arrow.value)
    await till.keys("Enter")
    assert till.counter.asked == [("recent sales",), ("refund", "1106150070")]


@pytest.mark.parametrize("suffix", ["Enter", "Tab", ""])
async def test_a_scan_comes_before_the_sale_that_was_chosen(till: Till, suffix: str) -> None:
    till.counter.become(given.counter(recent=back.sold_lately()))
    await till.keys("F9")
    till.window.asked.emit(Ask.DOWN.value)
    till.hands.scan("1106321645", suffix=suffix)
    await wait_until(lambda: len(till.counter.asked) > 1)
    assert till.counter.asked == [("recent sales",), ("refund", "1106321645")]


async def test_the_sum_on_the_slip_of_a_return_is_typed_on_its_page_and_reaches_the_refund(till: Till) -> None:
    till.counter.become(back.in_doubt())
    await till.keys("2000", "Enter")
    assert till.counter.asked == [("refund answer", True, given.roubles(2000))]


async def test_the_reference_on_the_slip_of_a_payment_is_typed_and_sent_by_the_key_that_gives_back(till: Till) -> None:
    till.counter.become(back.by_hand())
    await till.keys("610000000001", "Enter")
    assert till.counter.asked == []
    till.window.asked.emit(Ask.GIVE_BACK.value)
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("refund named", "610000000001")]


async def test_card_and_code_are_asked_for_by_their_keys(till: Till) -> None:
    till.counter.become(money.OPEN)
    await till.keys("F6")
    await wait_until(lambda: till.counter.asked)
    assert till.counter.asked == [("rest by", money.CARD, None)]
    till.counter.become(money.scanning())
    await till.keys("Esc")
    assert till.counter.asked[1:] == [("stop qr",)]


@pytest.mark.parametrize("suffix", ["Enter", "Tab", ""])
async def test_a_scan_while_cash_is_counted_or_a_slip_is_asked_about_moves_no_money(till: Till, suffix: str) -> None:
    for state in (
        money.counting(),
        money.asked_person(),
        money.deciding(money.PAID_2000),
        back.in_doubt(),
        back.by_hand(),
    ):
        till.counter.become(state)
        till.counter.asked.clear()
        till.hands.scan("1106153417", suffix=suffix)
        await wait_until(lambda: till.counter.asked)
        assert [each[0] for each in till.counter.asked] == ["scanned"]


def test_keys_that_take_and_keys_that_give_do_not_touch() -> None:
    keys = {each.id: each.keys[0] for each in GESTURES}
    takes = [int(keys[ask.value].removeprefix("F")) for ask in (Ask.CASH, Ask.CARD, Ask.SBP)]
    giving = [keys[ask.value] for ask in (Ask.REFUND, Ask.GIVE_BACK, Ask.HANDED_OUT)]
    gives = [int(key.rpartition("F")[2]) for key in giving]
    assert min(abs(take - give) for take in takes for give in gives) > 1
    assert len(set(giving)) == len(giving)
