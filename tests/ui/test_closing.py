from dataclasses import replace
from datetime import UTC

import pytest

from pos_client.counter.state import CounterState, WaitFor
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderState
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Stage
from pos_client.ui.closing import objection
from pos_client.ui.entry import Ask, Entry
from pos_client.ui.sale_screen import present
from tests.ui import counter_states as given
from tests.ui import refund_states as refunds
from tests.ui import tender_states as money
from tests.ui.tender_states import paying, tender
from tests.ui.test_presenter_gestures import hands

CARD = TenderKind.CARD


@pytest.mark.parametrize("state", [TenderState.APPROVED, TenderState.RETURNING, TenderState.RETURN_UNKNOWN])
def test_the_till_does_not_close_while_a_visit_that_is_given_up_owes_money(state: TenderState) -> None:
    against = objection(given.counter(sale=paying(tender(CARD, 2000, state), given_up=True)))
    assert against is not None
    assert "не вернулись" in against.what
    assert "отложите" in against.action


def test_the_till_closes_when_only_points_are_on_their_way_back() -> None:
    sale = paying(tender(CARD, 2000, TenderState.RETURNED), given_up=True)
    assert sale.stage is Stage.CANCELLING
    assert objection(given.counter(sale=sale)) is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (TenderState.APPROVED, "осталось вернуть 2 000 ₽ картой"),
        (TenderState.RETURNING, "ещё неизвестно"),
        (TenderState.RETURNED, "осталось вернуть баллы"),
    ],
)
def test_after_a_restart_a_visit_that_is_given_up_names_the_money_that_it_owes(state: TenderState, words: str) -> None:
    sale = paying(tender(CARD, 2000, state), given_up=True)
    screen = present(given.counter(unfinished=(sale,)), Entry(), zone=UTC).idle
    assert screen is not None
    assert words in given.plain(screen.unfinished[0].text)


@pytest.mark.parametrize("stage", [RefundStage.CLAIMING, RefundStage.RETURNING, RefundStage.FISCALISING])
def test_a_refund_under_way_is_waited_for_and_only_one_that_stopped_can_be_set_aside(stage: RefundStage) -> None:
    refund = replace(refunds.a_refund(), stage=stage)
    for running in (
        refunds.on_page(refund, busy=True),
        refunds.on_page(refund, wait=given.waiting(WaitFor.GIVE_BACK, 1)),
    ):
        against = objection(running)
        assert against is not None
        assert "тложите" not in against.action
        assert "Подождите" in against.action
    stopped = objection(refunds.on_page(refund.troubled(given.STOPPED)))
    assert stopped is not None
    assert "отложите" in stopped.action


def test_cash_that_waits_to_be_handed_out_is_named_as_such() -> None:
    against = objection(refunds.on_page(refunds.at_stage(RefundStage.HANDING_OUT)))
    assert against is not None
    assert "наличные клиенту ещё не выданы" in against.what


def test_a_visit_that_gives_money_back_right_now_is_waited_for() -> None:
    sale = paying(tender(CARD, 2000, TenderState.RETURNING), given_up=True)
    running = objection(given.counter(sale=sale, wait=given.waiting(WaitFor.GIVE_BACK, 1)))
    assert running is not None
    assert (running.action, "тложите" in running.action) == ("Подождите, пока возврат закончится.", False)


@pytest.mark.parametrize(
    ("stage", "closes"), [(RefundStage.OPEN, True), (RefundStage.RETURNING, False), (RefundStage.HANDING_OUT, False)]
)
def test_the_till_closes_on_a_refund_exactly_while_it_is_only_read(stage: RefundStage, *, closes: bool) -> None:
    state = refunds.on_page(replace(refunds.a_refund(), stage=stage))
    assert (objection(state) is None) is closes


@pytest.mark.parametrize(
    "state",
    [
        given.counter(sale=given.a_paid_sale(), wait=given.waiting(WaitFor.RECEIPT_CHECK, 3)),
        given.counter(sale=given.a_paid_sale(), wait=given.waiting(WaitFor.RECEIPT, 1)),
        money.asking(),
        money.checking(),
    ],
)
def test_while_a_payment_goes_on_nothing_is_to_be_pressed(state: CounterState) -> None:
    against = objection(state)
    assert against is not None
    assert "нажимать ничего не нужно" in against.action
    assert "Esc" not in against.action


@pytest.mark.parametrize(
    "state",
    [
        given.counter(sale=given.a_paid_sale().troubled(given.UNKNOWN_RECEIPT)),
        money.deciding(money.PAID_2000),
        money.counting(),
        money.asked_person(),
    ],
)
def test_what_a_refusal_to_close_tells_to_press_can_be_pressed(state: CounterState) -> None:
    against = objection(state)
    assert against is not None
    assert "Esc" in against.action
    assert "«" not in against.action
    _, commands = hands(state, Ask.PUT_OFF, Ask.GIVE_UP)
    assert commands
