"""Shift+F11 prints the slips of the order in sight once more, or of the one chosen from the list, and does no more."""

from dataclasses import replace

import pytest

from pos_client.counter.state import CounterState, WaitFor
from pos_client.domain.refund import RefundStage
from pos_client.ui.commands import PrintSlip
from pos_client.ui.entry import Ask, Entry, Mode
from tests.ui import counter_states as given
from tests.ui import refund_states as back
from tests.ui import tender_states as tender
from tests.ui.test_presenter_gestures import hands

LISTED = given.counter(recent=back.sold_lately(), last=given.a_done_sale())


@pytest.mark.parametrize(
    ("state", "number"),
    [
        (given.counter(sale=given.a_sale(order=given.an_order(number="1106150032"))), "1106150032"),
        (given.counter(last=replace(given.a_done_sale(), order=given.an_order(number="1106150070"))), "1106150070"),
        (back.on_page(back.at_stage(RefundStage.HANDING_OUT)), back.at_stage(RefundStage.HANDING_OUT).number),
    ],
    ids=["on the counter", "sold last", "being given back"],
)
def test_the_order_in_sight_is_the_one(state: CounterState, number: str) -> None:
    assert hands(state, Ask.SLIP)[1] == [PrintSlip(number)]


def test_after_a_refund_it_is_the_refunded_order() -> None:
    done = replace(back.at_stage(RefundStage.DONE), finished_at=given.NOW)
    sold = replace(given.a_done_sale(), order=given.an_order(number="1106150070"))
    assert hands(given.counter(last=sold, last_refund=done), Ask.SLIP)[1] == [PrintSlip(done.number)]


def test_in_the_list_it_is_the_chosen_order_and_the_list_stays() -> None:
    entry, commands = hands(LISTED, Ask.DOWN, Ask.DOWN, Ask.SLIP, entry=Entry(mode=Mode.REFUND))
    assert (commands, entry.mode, entry.text) == ([PrintSlip("1106150070")], Mode.REFUND, "1106150070")


@pytest.mark.parametrize(
    ("state", "entry"), [(LISTED, Entry(mode=Mode.REFUND)), (given.counter(), Entry())], ids=["list", "nothing sold"]
)
def test_with_no_order_to_be_about_it_says_where_to_choose_one(state: CounterState, entry: Entry) -> None:
    after, commands = hands(state, Ask.SLIP, entry=entry)
    assert commands == []
    assert "F9 и стрелки" in after.note


def test_what_moves_money_is_not_disturbed() -> None:
    busy = replace(LISTED, wait=given.waiting(WaitFor.TENDER, 2))
    entry, commands = hands(busy, Ask.SLIP)
    assert commands == []
    assert "сначала закончим" in entry.note


def test_what_is_being_typed_stays_typed() -> None:
    state, _ = tender.states()["tender-cash"]
    entry, commands = hands(state, Ask.CASH, "1500", Ask.SLIP)
    assert (entry.mode, entry.text, len(commands)) == (Mode.CASH, "1500", 1)
