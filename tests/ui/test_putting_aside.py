"""Esc takes a stopped sale off the counter, and never one that is on its way."""

from dataclasses import replace

from pos_client.counter.state import Wait, WaitFor
from pos_client.ui.commands import SetAside
from pos_client.ui.entry import Ask, Entry
from pos_client.ui.gestures import made
from tests.ui import counter_states as given


def test_a_sale_that_trouble_stopped_is_put_aside() -> None:
    state = given.counter(sale=given.a_paid_sale().troubled(given.UNKNOWN_RECEIPT))
    step = made(Entry(), Ask.PUT_OFF, replace(state, wait=None))
    assert step.command == SetAside()


def test_a_sale_on_its_way_stays_and_says_why() -> None:
    state = given.counter(sale=given.a_paid_sale())
    waiting = replace(state, wait=Wait(WaitFor.RECEIPT_CHECK, state.now, slow=True))
    step = made(Entry(), Ask.PUT_OFF, waiting)
    assert step.command is None
    assert "чек" in step.entry.note
