"""The two questions about a receipt: what is seen, what each key comes to, and that nothing is signed by one press."""

import pytest

from pos_client.counter.state import CounterState
from pos_client.ui import gestures
from pos_client.ui.commands import Command, ReceiptAnswer, Recheck, RefundRecheck, RefundSetAside, SetAside
from pos_client.ui.entry import Ask, Entry, Mode, Step
from pos_client.ui.sale_screen import present
from tests.ui import counter_states as given
from tests.ui import paper_states as paper
from tests.ui.paper_states import AFTER, of_correction, of_return, of_sale

BOTH = pytest.mark.parametrize("state", [of_sale(), of_return(), of_correction()], ids=["sale", "return", "correction"])


def asked(state: CounterState) -> Entry:
    return Entry().kept(state)


def typed(state: CounterState, text: str) -> Step:
    return gestures.typed(asked(state), text, state)


def pressed(entry: Entry, ask: Ask, state: CounterState) -> Step:
    return gestures.made(entry, ask, state)


def buttons(state: CounterState, entry: Entry) -> list[str]:
    screen = present(state, entry)
    rows = screen.refund.buttons if screen.refund is not None else ()
    if screen.counter is not None:
        rows = screen.counter.money.buttons
    return [button.text for row in rows for button in row]


def label(state: CounterState, entry: Entry) -> str:
    screen = present(state, entry)
    field = screen.refund.field if screen.refund is not None else None
    if screen.counter is not None:
        field = screen.counter.money.field
    return "" if field is None else field.label


@BOTH
def test_the_question_has_the_hands_by_itself_and_goes_with_the_doubt(state: CounterState) -> None:
    entry = asked(state)
    assert entry.mode is Mode.PAPER
    assert entry.kept(given.counter()).mode is Mode.NONE
    assert Entry(mode=Mode.NO_PAPER).kept(given.counter()).mode is Mode.NONE


def test_each_question_names_its_document() -> None:
    assert label(of_sale(), asked(of_sale())) == "Чек напечатан? Номер ФД с бумаги"
    assert label(of_return(), asked(of_return())) == "Чек возврата напечатан? Номер ФД с бумаги"
    assert label(of_correction(), asked(of_correction())) == "Чек коррекции напечатан? Номер ФД с бумаги"


@BOTH
def test_the_answers_are_offered_and_no_giving_up(state: CounterState) -> None:
    first, *others = buttons(state, asked(state))
    assert first in {"Проверить ещё раз", "Исправить чек"}
    assert others == ["Чека нет", "Отложить"]
    assert buttons(state, Entry(mode=Mode.PAPER, text="4120"))[0] == "На чеке ФД № 4120"
    assert buttons(state, Entry(mode=Mode.NO_PAPER)) == ["Чека нет, подписать", "Назад"]


@BOTH
def test_enter_with_nothing_typed_asks_the_register_once_more(state: CounterState) -> None:
    command = pressed(asked(state), Ask.CONFIRM, state).command
    assert command == (Recheck() if state.refund is None else RefundRecheck())


def answer(state: CounterState, text: str) -> tuple[Command | None, str]:
    step = pressed(typed(state, text).entry, Ask.CONFIRM, state)
    return step.command, step.entry.note


@pytest.mark.parametrize("number", [AFTER + 1, AFTER + 20])
def test_a_number_close_behind_the_last_one_is_the_answer(number: int) -> None:
    assert answer(of_sale(), str(number)) == (ReceiptAnswer(number), "")


@pytest.mark.parametrize("number", [0, 1, AFTER])
def test_a_number_that_was_given_before_is_not_taken(number: int) -> None:
    command, note = answer(of_sale(), str(number))
    assert command is None
    assert f"№ {AFTER}" in note


@pytest.mark.parametrize("about", [paper.doubt(), paper.doubt(after=None)])
def test_a_number_far_off_is_asked_about_once(about: object) -> None:
    assert isinstance(about, type(paper.doubt()))
    state = of_sale(about=about)
    first = pressed(typed(state, "9102").entry, Ask.CONFIRM, state)
    assert (first.command, "точно" in first.entry.note) == (None, True)
    assert pressed(first.entry, Ask.CONFIRM, state).command == ReceiptAnswer(9102)
    assert not gestures.typed(first.entry, "1", state).entry.doubted


def test_a_letter_is_no_part_of_a_number() -> None:
    assert typed(of_sale(), "41a0.2,+").entry.text == "4102"


@BOTH
def test_that_there_is_no_paper_is_said_twice(state: CounterState) -> None:
    first = pressed(asked(state), Ask.GIVE_UP, state)
    assert (first.command, first.entry.mode) == (None, Mode.NO_PAPER)
    assert pressed(first.entry, Ask.CONFIRM, state).command is None
    back = pressed(first.entry, Ask.PUT_OFF, state)
    assert (back.command, back.entry.kept(state).mode) == (None, Mode.PAPER)
    assert pressed(first.entry, Ask.GIVE_UP, state).command == ReceiptAnswer(0)


@BOTH
def test_the_next_customer_need_not_wait_for_an_answer(state: CounterState) -> None:
    command = pressed(asked(state), Ask.PUT_OFF, state).command
    assert command == (SetAside() if state.refund is None else RefundSetAside())


def test_the_signature_is_named_before_it_is_given() -> None:
    state = of_sale()
    screen = present(state, Entry(mode=Mode.NO_PAPER))
    assert screen.counter is not None
    note = screen.counter.money.doing
    assert note is not None
    assert note.strong == "Бумажного чека точно нет?"
    assert state.cashier.name.rstrip(".") in note.text
