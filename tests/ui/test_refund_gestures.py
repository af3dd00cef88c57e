from dataclasses import replace
from uuid import UUID

import pytest

from pos_client.counter.refund_words import receipt_unknown
from pos_client.counter.state import CounterState, WaitFor
from pos_client.domain.money import ZERO
from pos_client.domain.order import TenderKind
from pos_client.domain.refund import RefundStage
from pos_client.ui import gestures
from pos_client.ui.commands import (
    Command,
    Dismiss,
    Find,
    RefundAnswer,
    RefundClose,
    RefundConfirm,
    RefundGiveUp,
    RefundHandedOut,
    RefundNamed,
    RefundOneLine,
    RefundOpen,
    RefundRecall,
    RefundReceipt,
    RefundRecheck,
    RefundResume,
    RefundSetAside,
    Resume,
    Scanned,
)
from pos_client.ui.entry import Ask, Entry, Mode
from tests.ui import counter_states as given
from tests.ui import refund_states as back
from tests.ui.test_presenter_gestures import hands

PAGE = back.on_page()
HANDING_OUT = back.on_page(back.at_stage(RefundStage.HANDING_OUT))
UNKNOWN = back.on_page(back.fiscalising(receipt_unknown(given.STOPPED)))
NOT_SENT = back.on_page(back.not_sent())
BUSY = back.on_page(back.fiscalising(), busy=True, wait=given.waiting(WaitFor.RECEIPT, 1))
MONEY_KEYS = [Ask.CASH, Ask.EXACT, Ask.POINTS, Ask.COUPON, Ask.JOIN]


# -------------------------------------------------------------------------------------------------------- the opening


def test_the_order_on_the_counter_is_opened_by_one_key() -> None:
    assert hands(given.counter(sale=given.a_sale()), Ask.REFUND)[1] == [RefundOpen("1106153417")]


def test_an_order_of_which_nothing_is_paid_is_not_even_asked_about() -> None:
    entry, commands = hands(given.counter(sale=given.a_sale(order=given.an_order(visits=()))), Ask.REFUND)
    assert commands == []
    assert "ничего не оплачено" in entry.note


def test_with_nothing_on_the_counter_the_order_is_asked_for() -> None:
    entry, commands = hands(given.counter(), Ask.REFUND, "1106153417")
    assert (entry.mode, commands) == (Mode.REFUND, [RefundRecall()])
    assert hands(given.counter(), Ask.CONFIRM, entry=entry)[1] == [RefundOpen("1106153417")]
    assert hands(given.counter(), Ask.REFUND, entry=entry)[1] == [RefundOpen("1106153417")]


def test_a_scan_answers_which_order_is_to_be_refunded() -> None:
    step = gestures.scanned(Entry(mode=Mode.REFUND, text="11"), "t=20261114T1402&s=2500.00", given.counter())
    assert (step.entry.mode, step.command) == (Mode.NONE, RefundOpen("t=20261114T1402&s=2500.00"))


def test_a_scan_is_an_ordinary_one_when_no_refund_is_asked_about() -> None:
    assert gestures.scanned(Entry(mode=Mode.FIND), "1106153417", given.counter()).command == Scanned("1106153417")


def test_the_arrows_go_through_the_orders_sold_last_and_past_the_end_to_none() -> None:
    state = given.counter(recent=back.sold_lately())
    asked = hands(state, Ask.REFUND)[0]
    down = [hands(state, *[Ask.DOWN] * times, entry=asked)[0].text for times in range(5)]
    assert down == ["", "1106153417", "1106150070", "1106150032", ""]
    assert hands(state, Ask.UP, entry=asked)[0].text == "1106150032"
    assert hands(state, Ask.DOWN, Ask.DOWN, Ask.CONFIRM, entry=asked)[1] == [RefundOpen("1106150070")]


def test_where_nothing_was_sold_the_arrows_leave_the_field_empty() -> None:
    assert hands(given.counter(), Ask.REFUND, Ask.DOWN)[0].text == ""


def test_the_last_sales_are_looked_up_once_for_each_time_the_question_is_asked() -> None:
    commands = hands(given.counter(recent=back.sold_lately()), Ask.REFUND, Ask.DOWN, Ask.UP, Ask.DOWN)[1]
    assert commands == [RefundRecall()]


def test_no_number_opens_nothing_and_escape_leaves() -> None:
    entry, commands = hands(given.counter(), Ask.REFUND, Ask.CONFIRM)
    assert commands == [RefundRecall()]
    assert entry.note
    assert hands(given.counter(), Ask.PUT_OFF, entry=entry) == (Entry(), [])


def test_no_refund_is_opened_while_money_is_taken() -> None:
    assert hands(given.counter(sale=given.a_paid_sale()), Ask.REFUND)[1] == []


@pytest.mark.parametrize("ask", [Ask.REFUND, Ask.GIVE_BACK])
@pytest.mark.parametrize("page", [Entry(queue_open=True), Entry(shift_open=True)])
def test_no_refund_is_touched_behind_another_page(ask: Ask, page: Entry) -> None:
    assert hands(PAGE, ask, entry=page)[1] == []


# ------------------------------------------------------------------------------------------------------- the giving


def test_one_key_gives_everything_back() -> None:
    assert hands(PAGE, Ask.GIVE_BACK)[1] == [RefundConfirm()]


@pytest.mark.parametrize("ask", [ask for ask in Ask if ask is not Ask.GIVE_BACK])
def test_no_other_key_gives_anything_back(ask: Ask) -> None:
    assert RefundConfirm() not in hands(PAGE, ask, ask)[1]


@pytest.mark.parametrize("text", ["1106153417", " ", "t=20261114T1402&s=2500.00", "\r"])
def test_nothing_that_a_scanner_types_gives_anything_back(text: str) -> None:
    _, commands = hands(PAGE, text, Ask.CONFIRM)
    assert not any(isinstance(each, RefundConfirm | RefundHandedOut) for each in commands)


def test_the_key_that_gives_back_needs_a_page() -> None:
    entry, commands = hands(given.counter(sale=given.a_sale()), Ask.GIVE_BACK)
    assert (commands, entry.note) == ([], "Сначала откройте возврат: F9.")


@pytest.mark.parametrize("ask", [Ask.GIVE_BACK, Ask.REFUND, Ask.CONFIRM, Ask.PUT_OFF, Ask.GIVE_UP])
def test_while_it_is_under_way_nothing_is_asked_for_twice(ask: Ask) -> None:
    assert hands(BUSY, ask, ask)[1] == []


@pytest.mark.parametrize("ask", MONEY_KEYS)
@pytest.mark.parametrize("state", [PAGE, HANDING_OUT, UNKNOWN, BUSY])
def test_no_money_is_taken_while_a_refund_lies_there(ask: Ask, state: CounterState) -> None:
    entry, commands = hands(state, ask)
    assert (entry.mode, commands) == (Mode.NONE, [])
    assert entry.note


def test_a_wish_for_a_part_is_answered() -> None:
    assert hands(PAGE, Ask.PART)[1] == [RefundOneLine()]


def test_the_cash_is_handed_out_by_another_key_than_the_one_that_gave_back() -> None:
    for other in (Ask.GIVE_BACK, Ask.REFUND, Ask.CONFIRM):
        entry, commands = hands(HANDING_OUT, other)
        assert (commands, entry.note) == ([], "Выдайте деньги клиенту, потом нажмите Ctrl+F9.")
    assert hands(HANDING_OUT, Ask.HANDED_OUT)[1] == [RefundHandedOut()]


@pytest.mark.parametrize("state", [given.counter(), PAGE, BUSY, UNKNOWN])
def test_no_cash_is_said_to_be_handed_out_before_its_receipt(state: CounterState) -> None:
    entry, commands = hands(state, Ask.HANDED_OUT)
    assert commands == []
    assert entry.note


@pytest.mark.parametrize(
    "state", [PAGE, HANDING_OUT, UNKNOWN, BUSY, given.counter(), given.counter(sale=given.a_sale())]
)
def test_the_key_of_a_refund_only_ever_opens_one(state: CounterState) -> None:
    assert all(isinstance(each, RefundOpen | RefundRecall) for each in hands(state, Ask.REFUND)[1])


# -------------------------------------------------------------------------------------------- what stands in the way


@pytest.mark.parametrize(
    ("state", "ask", "command"),
    [
        (PAGE, Ask.PUT_OFF, RefundClose()),
        (HANDING_OUT, Ask.PUT_OFF, RefundSetAside()),
        (UNKNOWN, Ask.CONFIRM, RefundRecheck()),
        (UNKNOWN, Ask.PUT_OFF, RefundSetAside()),
        (NOT_SENT, Ask.CONFIRM, RefundRecheck()),
        (replace(PAGE, notice=given.NOTICE), Ask.PUT_OFF, Dismiss()),
        (replace(UNKNOWN, notice=given.NOTICE), Ask.CONFIRM, Dismiss()),
    ],
)
def test_a_key_on_the_page(state: CounterState, ask: Ask, command: Command) -> None:
    assert hands(state, ask)[1] == [command]


def test_giving_up_is_asked_twice() -> None:
    entry, commands = hands(NOT_SENT, Ask.GIVE_UP)
    assert (entry.mode, commands) == (Mode.CANCEL, [])
    assert hands(NOT_SENT, Ask.CONFIRM, entry=entry)[1] == []
    assert hands(NOT_SENT, Ask.GIVE_UP, entry=entry)[1] == [RefundClose()]
    assert hands(NOT_SENT, Ask.PUT_OFF, entry=entry) == (replace(entry, mode=Mode.NONE), [])


@pytest.mark.parametrize("state", [UNKNOWN, HANDING_OUT])
def test_what_may_have_moved_is_not_given_up(state: CounterState) -> None:
    entry, commands = hands(state, Ask.GIVE_UP, Ask.GIVE_UP)
    assert (entry.mode, commands) == (Mode.NONE, [])
    assert "нельзя" in entry.note


def test_a_page_that_was_only_read_has_nothing_to_give_up() -> None:
    assert hands(PAGE, Ask.GIVE_UP, Ask.GIVE_UP) == (Entry(), [])


def test_an_order_can_be_looked_up_from_the_page() -> None:
    assert hands(PAGE, "1106150002", Ask.CONFIRM)[1] == [Find("1106150002")]


# ------------------------------------------------------------------------------------------------------ the unfinished


def left_behind() -> CounterState:
    refunds = (back.at_stage(RefundStage.HANDING_OUT, id=UUID(int=20)), replace(back.not_sent(), id=UUID(int=21)))
    return given.counter(unfinished=(given.an_unfinished_sale(),), unfinished_refunds=refunds)


def test_unfinished_refunds_follow_the_sales_in_one_list() -> None:
    state = left_behind()
    assert hands(state, Ask.CONFIRM)[1] == [Resume(UUID(int=1))]
    assert hands(state, Ask.DOWN, Ask.CONFIRM)[1] == [RefundResume(UUID(int=20))]
    assert hands(state, Ask.UP, Ask.CONFIRM)[1] == [RefundResume(UUID(int=21))]
    assert hands(state, Ask.DOWN, Ask.DOWN, Ask.DOWN, Ask.CONFIRM)[1] == [Resume(UUID(int=1))]


def test_an_unfinished_refund_is_given_up_only_if_nothing_moved() -> None:
    state = left_behind()
    assert hands(state, Ask.UP, Ask.GIVE_UP, Ask.GIVE_UP)[1] == [RefundGiveUp(UUID(int=21))]
    assert hands(state, Ask.DOWN, Ask.GIVE_UP, Ask.GIVE_UP)[1] == []


# ------------------------------------------------------------------------------- a return that nobody else can tell of


def test_the_slip_of_a_return_in_doubt_is_asked_for_and_the_answer_goes_to_the_refund() -> None:
    entry, commands = hands(back.in_doubt(), "2000", Ask.CONFIRM)
    assert commands == [RefundAnswer(slip=True, amount=given.roubles(2000))]
    assert entry.text == ""


def test_a_slip_of_another_sum_never_tells_the_cashier_to_say_that_there_is_none() -> None:
    entry, commands = hands(back.in_doubt(), "1999", Ask.CONFIRM)
    assert commands == []
    assert given.plain(entry.note) == (
        "Возвращали 2 000 ₽. Слип этого возврата на другую сумму — не нажимайте Del: Esc и в поддержку."
    )


def test_that_there_is_no_slip_of_a_return_is_said_twice() -> None:
    entry, commands = hands(back.in_doubt(), Ask.GIVE_UP)
    assert (entry.mode, commands) == (Mode.NO_SLIP, [])
    assert hands(back.in_doubt(), Ask.GIVE_UP, entry=entry)[1] == [RefundAnswer(slip=False, amount=ZERO)]
    assert hands(back.in_doubt(), Ask.PUT_OFF, entry=entry)[1] == []


def test_a_reference_goes_to_the_refund_by_the_key_that_gives_back_and_by_no_other() -> None:
    entry, commands = hands(back.by_hand(), "610000000001", Ask.CONFIRM)
    assert (commands, entry.text) == ([], "610000000001")
    assert "Shift+F9" in entry.note
    assert hands(back.by_hand(), Ask.GIVE_BACK, entry=entry)[1] == [RefundNamed("610000000001")]


@pytest.mark.parametrize("typed", ["", "2000", "61000000000"])
def test_without_a_whole_reference_the_key_that_gives_back_gives_nothing(typed: str) -> None:
    entry, commands = hands(back.by_hand(), typed, Ask.GIVE_BACK)
    assert commands == []
    assert "двенадцать цифр" in entry.note


def test_a_reference_means_nothing_where_the_terminal_or_the_bank_was_asked_already() -> None:
    assert hands(back.in_doubt(), "610000000001", Ask.GIVE_BACK)[1] == []
    entry, commands = hands(back.by_hand(TenderKind.SBP), "610000000001", Ask.GIVE_BACK)
    assert commands == []
    assert "через банк" in entry.note


def test_what_was_given_back_by_hand_is_told_by_its_sum_and_nothing_else() -> None:
    assert hands(back.by_hand(), "2000", Ask.CONFIRM)[1] == [RefundAnswer(slip=True, amount=given.roubles(2000))]
    entry, commands = hands(back.by_hand(), "1999", Ask.CONFIRM)
    assert commands == []
    assert "Вернуть нужно 2 000 ₽" in given.plain(entry.note)


def test_what_may_have_gone_back_cannot_be_given_up_and_the_note_speaks_of_money() -> None:
    entry, commands = hands(back.in_doubt(busy=False), Ask.GIVE_UP, entry=Entry(mode=Mode.NONE))
    assert commands == []
    assert "чек" not in entry.note


def test_a_return_in_doubt_is_asked_again_or_set_aside() -> None:
    assert hands(back.in_doubt(), Ask.CONFIRM)[1] == [RefundRecheck()]
    assert hands(back.in_doubt(), Ask.PUT_OFF)[1] == [RefundSetAside()]


def test_a_return_that_is_being_asked_about_puts_no_question() -> None:
    assert Entry().kept(back.in_doubt(busy=True)).mode is Mode.NONE


@pytest.mark.parametrize("ask", MONEY_KEYS)
def test_a_key_of_a_sale_during_a_refund_is_told_what_comes_first(ask: Ask) -> None:
    entry, commands = hands(BUSY, ask)
    assert (entry.note, commands) == ("Сначала доведите возврат.", [])


# -------------------------------------------------------------------------------------------------------- the receipt


@pytest.mark.parametrize(
    ("moves", "command"),
    [
        (("a@b.ru", Ask.CONFIRM), RefundReceipt("a@b.ru", paper=True)),
        (("+7 916 123-45-67", Ask.RECEIPT), RefundReceipt("+7 916 123-45-67", paper=False)),
        ((Ask.CONFIRM,), RefundReceipt("", paper=True)),
    ],
)
def test_the_receipt_of_a_return_goes_where_the_customer_wants(moves: tuple[Ask | str, ...], command: Command) -> None:
    assert hands(PAGE, Ask.RECEIPT, *moves)[1] == [command]


def test_the_receipt_of_a_return_has_to_go_somewhere() -> None:
    entry, commands = hands(PAGE, Ask.RECEIPT, Ask.RECEIPT)
    assert (commands, "без бумаги" in entry.note.casefold()) == ([], True)


def test_where_the_receipt_of_a_return_goes_is_said_before_anything_moves() -> None:
    for state in (BUSY, UNKNOWN, NOT_SENT, HANDING_OUT):
        entry, commands = hands(state, Ask.RECEIPT)
        assert (entry.mode is Mode.CONTACT, commands, "до подтверждения" in entry.note) == (False, [], True)
    typing = hands(PAGE, Ask.RECEIPT, "a@b.ru")[0]
    assert typing.kept(BUSY).mode is not Mode.CONTACT


def test_an_address_that_is_being_typed_is_not_lost_by_giving_the_money_back() -> None:
    entry, commands = hands(PAGE, Ask.RECEIPT, "a@b.ru", Ask.GIVE_BACK)
    assert (entry.text, commands) == ("a@b.ru", [])
    assert hands(PAGE, Ask.PUT_OFF, Ask.GIVE_BACK, entry=entry)[1] == [RefundConfirm()]


def test_the_address_given_before_is_there_to_be_changed() -> None:
    known = back.on_page(back.a_refund(contact="a@b.ru"))
    assert hands(known, Ask.RECEIPT)[0].text == "a@b.ru"
