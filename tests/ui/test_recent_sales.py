"""The last sales that a refund may be chosen from: their words, and their drawing."""

from dataclasses import replace
from datetime import UTC

import pytest
from PySide6.QtWidgets import QApplication, QFrame, QLabel

from pos_client.domain.order import TenderKind
from pos_client.domain.receipt import Tender
from pos_client.ui.entry import Entry, Mode
from pos_client.ui.idle_screen import IdleScreen, idle
from pos_client.ui.reading import read
from pos_client.ui.recent_screen import RecentRow
from pos_client.ui.recent_view import RecentView
from pos_client.ui.sale_screen import present
from pos_client.ui.theme import load_theme
from tests.hands import wait_until
from tests.ui import counter_states as given
from tests.ui import refund_states as back

ASKED = given.counter(last=given.a_done_sale(), recent=back.sold_lately())


def shown(text: str = "") -> IdleScreen:
    return idle(ASKED, Entry(mode=Mode.REFUND, text=text), UTC)


def test_each_sale_says_when_how_and_by_which_receipt_it_was_paid() -> None:
    rows = [tuple(map(given.plain, (row.order, row.about, row.amount))) for row in shown().recent]
    assert rows == [
        ("1106 153 417", "13:59 · наличные · чек 4102", "2 500,00 ₽"),
        ("1106 150 070", "09:02 · СБП · чек 96", "1 200,00 ₽"),
        ("1106 150 032", "вчера 19:02 · карта · чек 95", "640,50 ₽"),
        ("1106 153 417", "вчера 13:02 · наличные · чек 4102", "2 500,00 ₽"),
    ]


def test_every_visit_of_the_chosen_order_is_marked_because_the_whole_order_goes_back() -> None:
    assert [row.chosen for row in shown("1106153417").recent] == [True, False, False, True]
    assert not any(row.chosen for row in shown("110615").recent)


def test_a_sale_by_several_means_names_each_once() -> None:
    card, cash = (Tender(kind, given.roubles(500), given.roubles(500)) for kind in (TenderKind.CARD, TenderKind.CASH))
    mixed = replace(given.a_done_sale(), tenders=(card, cash, cash))
    rows = idle(given.counter(recent=(mixed,)), Entry(mode=Mode.REFUND), UTC).recent
    assert given.plain(rows[0].about) == "13:59 · карта, наличные · чек 4102"


def test_the_list_is_there_only_while_it_is_asked_which_order_goes_back() -> None:
    assert idle(ASKED, Entry(), UTC).recent == ()
    assert idle(ASKED, Entry(mode=Mode.FIND), UTC).recent == ()


def test_while_it_is_asked_nothing_offers_enter_for_anything_else() -> None:
    state = replace(ASKED, unfinished=(given.an_unfinished_sale(),))
    asking = idle(state, Entry(mode=Mode.REFUND), UTC)
    assert (asking.unfinished, asking.buttons, asking.heading) == ((), (), "Какой заказ вернуть?")
    assert idle(state, Entry(), UTC).buttons


def test_the_arrows_are_spoken_of_only_where_there_is_something_to_choose() -> None:
    assert "стрелками" in shown().detail
    assert "стрелками" not in idle(given.counter(), Entry(mode=Mode.REFUND), UTC).detail


def test_the_transcript_reads_the_list_with_the_chosen_order() -> None:
    lines = [given.plain(line) for line in read(present(ASKED, Entry(mode=Mode.REFUND, text="1106150070"), zone=UTC))]
    assert "▸ 1106 150 070 · 09:02 · СБП · чек 96 · 1 200,00 ₽" in lines


# ---------------------------------------------------------------------------------------------------------- drawing


@pytest.fixture
def view(dressed: QApplication) -> RecentView:
    assert dressed.styleSheet()
    made = RecentView(load_theme())
    made.resize(800, 150)
    return made


def lines_of(view: RecentView) -> list[tuple[str, str]]:
    drawn = [each for each in view.findChildren(QFrame) if str(each.property("kind")).startswith("tick")]
    return [(each.property("kind"), each.findChildren(QLabel)[0].text()) for each in drawn if not each.isHidden()]


def test_a_list_that_becomes_shorter_leaves_no_line_behind_and_an_empty_one_is_not_shown(view: RecentView) -> None:
    view.show_recent((RecentRow("1", "09:00", "1 ₽", chosen=False), RecentRow("2", "09:01", "2 ₽", chosen=True)))
    assert lines_of(view) == [("tick", "1"), ("tick-active", "2")]
    view.show_recent((RecentRow("3", "09:02", "3 ₽", chosen=False),))
    assert lines_of(view) == [("tick", "3")]
    view.show_recent(())
    assert view.isHidden()
    view.deleteLater()


async def test_the_chosen_sale_is_scrolled_into_sight(view: RecentView) -> None:
    rows = [RecentRow(str(at), "09:00", "1 ₽", chosen=False) for at in range(10)]
    view.show_recent(tuple(rows))
    view.show()
    last = [each for each in view.findChildren(QFrame) if each.property("kind") == "tick"][-1]
    assert last.visibleRegion().isEmpty()
    view.show_recent((*rows[:9], replace(rows[9], chosen=True)))
    await wait_until(lambda: last.visibleRegion().boundingRect().height() == last.height())
    view.close()
    view.deleteLater()
