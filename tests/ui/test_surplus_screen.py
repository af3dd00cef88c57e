"""A payment too many on the screen: why it goes back, how, and nothing of the order that stays."""

from dataclasses import replace
from datetime import UTC

import pytest

from pos_client.domain.refund import RefundStage
from pos_client.ui.commands import RefundOpen
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.gestures import made
from pos_client.ui.queue_screen import QueueScreen
from pos_client.ui.refund_screen import RefundScreen
from pos_client.ui.sale_screen import present
from tests.ui import counter_states as given
from tests.ui import refund_states as refunds
from tests.ui import surplus_states as surplus


def page_of(name: str) -> RefundScreen:
    state, entry = surplus.states()[name]
    shown = present(state, entry, zone=UTC).refund
    assert shown is not None
    return shown


def queue_of(name: str) -> QueueScreen:
    state, entry = surplus.states()[name]
    shown = present(state, entry, zone=UTC).queue
    assert shown is not None
    return shown


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("surplus", "Заказ уже оплачен без неё"),
        ("surplus-returned", "Заказ вернули раньше, чем дошла эта оплата"),
    ],
)
def test_the_page_says_why_the_order_did_not_take_the_payment(name: str, why: str) -> None:
    shown = page_of(name)
    assert shown.title == "Возврат лишней оплаты, заказ"
    assert (shown.about, shown.paid_label) == (why, "Взято этой оплатой")
    assert "остаются как есть" in shown.whole
    assert given.plain(shown.back) == "4 990,00 ₽"


def test_it_is_told_how_much_is_left_of_an_order_that_took_less() -> None:
    refund = surplus.a_surplus()
    order = refund.paid.order
    due = replace(order, visits=(replace(order.visits[0], tenders=refunds.a_visit(amount=1000).tenders),))
    state = refunds.on_page(replace(refund, paid=replace(refund.paid, order=due)))
    shown = present(state, Entry(), zone=UTC).refund
    assert shown is not None
    assert given.plain(shown.about) == f"Она больше остатка: без неё к оплате {_due(due.due)}"


def _due(amount: object) -> str:
    return given.plain(str(amount)).replace(",00", "")


def test_nobody_is_asked_for_the_order() -> None:
    steps = [row.label for row in page_of("surplus").steps]
    assert steps == ["Вернуть безналичное", "Пробить чек возврата", "Записать возврат и баллы", "Выдать наличные"]


def test_giving_it_up_promises_no_paid_order() -> None:
    doing = page_of("surplus-give-up").doing
    assert doing is not None
    assert "вернуть её нужно будет" in doing.text
    assert "оплаченным" not in doing.text


@pytest.mark.parametrize("stage", [RefundStage.CLAIMING, RefundStage.RETURNING])
def test_an_unfinished_one_is_not_said_to_hold_the_order(stage: RefundStage) -> None:
    state = given.counter(unfinished_refunds=(surplus.a_surplus(stage),))
    idle = present(state, Entry(), zone=UTC).idle
    assert idle is not None
    [card] = idle.unfinished
    assert "лишняя оплата" in card.text
    assert "закреп" not in card.text


def test_the_last_one_is_told_from_the_refund_of_an_order() -> None:
    state, entry = surplus.states()["surplus-done"]
    idle = present(state, entry, zone=UTC).idle
    assert idle is not None
    assert idle.last[0].detail == "лишняя оплата"


def test_the_queue_offers_to_give_a_refused_payment_back_and_promises_nothing_untrue() -> None:
    shown = queue_of("surplus-queue")
    assert [button.ask for button in shown.buttons] == [Ask.REFUND, Ask.CONFIRM, Ask.GIVE_UP]
    todo, say = (note.text for note in shown.notes)
    assert "Заказ уже оплачен полностью" in todo
    assert "F9" in todo
    assert "поправим сами" not in say
    assert "если она лишняя, верну" in say


def test_f9_in_the_queue_opens_the_refund_of_the_chosen_payment() -> None:
    state, entry = surplus.states()["surplus-queue"]
    step = made(entry, Ask.REFUND, state)
    assert (step.command, step.entry.queue_open) == (RefundOpen("1106153417"), False)


def test_f9_in_the_queue_opens_nothing_for_what_only_waits() -> None:
    state, entry = surplus.states()["surplus-queue"]
    step = made(replace(entry, row=state.entries[1].key), Ask.REFUND, state)
    assert (step.command, step.entry.queue_open) == (None, True)
    assert "закройте очередь" in step.entry.note


def test_a_payment_closed_by_hand_is_asked_about_in_words_of_money() -> None:
    field = queue_of("surplus-queue-close").field
    assert field is not None
    assert field.placeholder == "например: деньги вернули, чек № …"
    assert surplus.states()["surplus-queue-close"][1].mode is Mode.REASON


def test_an_order_that_took_too_much_asks_nobody_for_less_than_nothing() -> None:
    state, entry = surplus.states()["surplus-scanned"]
    counter = present(state, entry, zone=UTC).counter
    assert counter is not None
    assert counter.money is not None
    shown = counter.money
    assert (shown.due_label, given.plain(shown.due)) == ("Взято больше, чем стоит заказ, на", "2 000,00 ₽")


def test_the_bar_of_keys_offers_f9_for_a_refused_payment_alone() -> None:
    state, entry = surplus.states()["surplus-queue"]
    assert Ask.REFUND in present(state, entry, zone=UTC).keys
    assert Ask.REFUND not in present(state, replace(entry, row=state.entries[1].key), zone=UTC).keys
