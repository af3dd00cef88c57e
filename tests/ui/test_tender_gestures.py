from dataclasses import replace

import pytest

from pos_client.counter.state import CounterState
from pos_client.domain.money import ZERO
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.ui import gestures
from pos_client.ui.commands import (
    AnswerCheck,
    Cancel,
    CashTaken,
    Command,
    Enough,
    Pay,
    PayPlan,
    ReceiptWanted,
    Recheck,
    RestBy,
    SetAside,
    StopQr,
)
from pos_client.ui.entry import Ask, Entry, Mode
from tests.ui import counter_states as given
from tests.ui import tender_states as money
from tests.ui.test_presenter_gestures import hands

CARD, CASH, SBP = TenderKind.CARD, TenderKind.CASH, TenderKind.SBP
DUE = given.roubles(2500)
PAYING_KEYS = [Ask.CASH, Ask.EXACT, Ask.CARD, Ask.SBP, Ask.PART, Ask.ENOUGH]


def plan(*wishes: TenderWish) -> PayPlan:
    return PayPlan(wishes)


# -------------------------------------------------------------------------------------------------------- the receipt


@pytest.mark.parametrize(
    ("moves", "command"),
    [
        (("a@b.ru", Ask.CONFIRM), ReceiptWanted("a@b.ru", paper=True)),
        (("+7 916 123-45-67", Ask.RECEIPT), ReceiptWanted("+7 916 123-45-67", paper=False)),
        ((Ask.CONFIRM,), ReceiptWanted("", paper=True)),
    ],
)
def test_the_receipt_goes_where_the_customer_wants(moves: tuple[Ask | str, ...], command: Command) -> None:
    assert hands(money.OPEN, Ask.RECEIPT, *moves)[1] == [command]


def test_a_receipt_has_to_go_somewhere() -> None:
    entry, commands = hands(money.OPEN, Ask.RECEIPT, Ask.RECEIPT)
    assert commands == []
    assert "без бумаги" in entry.note.casefold()


def test_where_the_receipt_goes_is_said_before_money_is_taken() -> None:
    for state in (money.asking(), money.counting(), given.counter(sale=given.a_paid_sale()), given.counter()):
        entry, commands = hands(state, Ask.RECEIPT)
        assert (entry.mode is Mode.CONTACT, commands) == (False, [])


# ---------------------------------------------------------------------------------------------------------- one means


@pytest.mark.parametrize(("ask", "kind"), [(Ask.CARD, CARD), (Ask.SBP, SBP)])
def test_one_key_takes_everything_without_cash(ask: Ask, kind: TenderKind) -> None:
    assert hands(money.OPEN, ask)[1] == [RestBy(kind, None)]


@pytest.mark.parametrize("ask", [Ask.CARD, Ask.SBP])
def test_a_till_without_the_means_says_so_and_asks_nobody(ask: Ask) -> None:
    entry, commands = hands(given.counter(sale=given.a_sale()), ask)
    assert commands == []
    assert "не принимается" in entry.note


@pytest.mark.parametrize("ask", [Ask.CARD, Ask.SBP])
def test_there_has_to_be_something_to_pay(ask: Ask) -> None:
    assert hands(given.counter(means=money.MEANS), ask)[1] == []
    settled = given.a_sale(order=given.an_order(visits=(replace(given.paid_before(), tenders=()),)))
    assert hands(given.counter(sale=settled, means=money.MEANS), ask)[1] != []


def test_a_part_that_was_named_for_cash_can_go_to_the_card() -> None:
    moves = (Ask.PART, "1000", Ask.CONFIRM, Ask.CARD)
    assert hands(money.OPEN, *moves)[1] == [plan(money.wish(CARD, 1000))]


# ------------------------------------------------------------------------------------------------------------- a plan


def test_card_for_a_part_and_cash_for_the_rest_is_five_actions_with_the_scan() -> None:
    moves = (Ask.PART, "2000", Ask.CARD, Ask.CASH)
    assert hands(money.OPEN, *moves) == (Entry(), [plan(money.wish(CARD, 2000), money.wish(CASH, 500))])


@pytest.mark.parametrize(("ask", "kind"), [(Ask.CARD, CARD), (Ask.SBP, SBP)])
def test_cash_can_be_named_first_and_the_rest_goes_to_card_or_transfer(ask: Ask, kind: TenderKind) -> None:
    entry, commands = hands(money.OPEN, Ask.PART, "1000", Ask.CASH)
    assert (entry.mode, entry.plan, commands) == (Mode.PART, (money.wish(CASH, 1000),), [])
    assert hands(money.OPEN, ask, entry=entry) == (Entry(), [plan(money.wish(CASH, 1000), money.wish(kind, 1500))])


def test_a_plan_of_one_part_in_cash_asks_what_was_received_before_anything_is_taken() -> None:
    entry, commands = hands(money.OPEN, Ask.PART, "1000", Ask.CASH, Ask.CONFIRM)
    assert (entry.mode, entry.part, commands) == (Mode.CASH, given.roubles(1000), [])
    assert hands(money.OPEN, "1500", Ask.CONFIRM, entry=entry)[1] == [Pay(given.roubles(1000), given.roubles(1500))]


def test_all_of_it_named_as_a_part_in_cash_is_simply_cash() -> None:
    entry, commands = hands(money.OPEN, Ask.PART, "2500", Ask.CASH)
    assert (entry.mode, entry.part, entry.plan, commands) == (Mode.CASH, None, (), [])


@pytest.mark.parametrize("ask", [Ask.CARD, Ask.SBP])
@pytest.mark.parametrize(
    ("state", "before"),
    [
        (money.OPEN, (Ask.CASH,)),
        (money.OPEN, (Ask.PART, "150", Ask.CONFIRM)),
        (money.counting(), ()),
        (money.deciding(money.PAID_2000), (Ask.CASH,)),
    ],
)
def test_received_cash_that_is_typed_is_never_dropped_for_a_charge(
    state: CounterState, before: tuple[Ask, ...], ask: Ask
) -> None:
    entry, _ = hands(state, *before, "1000", entry=Entry().kept(state))
    pressed, commands = hands(state, ask, ask, entry=entry)
    assert (pressed.mode, pressed.text, pressed.part, commands) == (Mode.CASH, "1000", entry.part, [])
    assert "Enter" in pressed.note
    assert "Backspace" in pressed.note


def test_a_plan_that_does_not_pay_everything_begins_only_by_enter() -> None:
    entry, commands = hands(money.OPEN, Ask.PART, "2000", Ask.CARD)
    assert (entry.plan, commands) == ((money.wish(CARD, 2000),), [])
    assert hands(money.OPEN, Ask.CONFIRM, entry=entry)[1] == [plan(money.wish(CARD, 2000))]


def test_three_means_in_one_visit() -> None:
    moves = (Ask.PART, "1000", Ask.SBP, "700", Ask.CASH, Ask.CARD)
    wishes = (money.wish(SBP, 1000), money.wish(CASH, 700), money.wish(CARD, 800))
    assert hands(money.OPEN, *moves)[1] == [plan(*wishes)]


def test_equal_parts_sum_to_the_kopeck() -> None:
    _, [command] = hands(money.OPEN, Ask.PART, "/3", Ask.CARD)
    assert isinstance(command, PayPlan)
    assert [wish.amount.kopecks for wish in command.wishes] == [83334, 83333, 83333]


def test_an_arrow_offers_equal_parts() -> None:
    assert hands(money.OPEN, Ask.PART, Ask.DOWN, Ask.DOWN)[0].text == "/3"
    assert hands(money.OPEN, Ask.PART, Ask.UP)[0].text == "/4"


@pytest.mark.parametrize("text", ["2500,01", "9999", "0", "/", "/1"])
def test_a_part_that_cannot_be_is_refused_in_words(text: str) -> None:
    entry, commands = hands(money.OPEN, Ask.PART, text, Ask.CARD)
    assert commands == []
    assert entry.note


@pytest.mark.parametrize("text", ["/x", "2/3", "//"])
def test_what_is_no_sum_and_no_split_is_not_even_typed(text: str) -> None:
    assert hands(money.OPEN, Ask.PART, *text)[0].text in {"/", "23"}


def test_a_typed_sum_needs_its_means() -> None:
    entry, commands = hands(money.OPEN, Ask.PART, "2000", Ask.CARD, "300", Ask.CONFIRM)
    assert commands == []
    assert "F6" in entry.note


def test_escape_forgets_the_plan() -> None:
    assert hands(money.OPEN, Ask.PART, "2000", Ask.CARD, Ask.PUT_OFF) == (Entry(), [])


def test_backspace_with_nothing_typed_takes_a_row_back() -> None:
    entry, _ = hands(money.OPEN, Ask.PART, "2000", Ask.CARD)
    assert gestures.erased(entry, money.OPEN).entry.plan == ()


def test_a_till_with_cash_only_pays_a_part_as_before() -> None:
    state = given.counter(sale=given.a_sale())
    for key in (Ask.CONFIRM, Ask.CASH):
        assert hands(state, Ask.PART, "1000", key, Ask.CONFIRM)[1] == [Pay(given.roubles(1000), given.roubles(1000))]


# ------------------------------------------------------------------------------------------- while money is being taken


@pytest.mark.parametrize("ask", PAYING_KEYS)
@pytest.mark.parametrize("state", [money.asking(), money.scanning(), money.checking(), money.asked_person()])
def test_no_second_money_is_asked_for(state: CounterState, ask: Ask) -> None:
    entry, commands = hands(state, ask, ask)
    assert commands == []
    assert entry.note


@pytest.mark.parametrize("state", [money.asking(), money.checking()])
@pytest.mark.parametrize("ask", [Ask.CONFIRM, Ask.PUT_OFF, Ask.GIVE_UP, Ask.POINTS, Ask.COUPON])
def test_an_open_question_is_left_alone(state: CounterState, ask: Ask) -> None:
    assert hands(state, ask)[1] == []


def test_escape_takes_the_code_back() -> None:
    assert hands(money.scanning(), Ask.PUT_OFF)[1] == [StopQr()]
    assert hands(money.scanning(), Ask.CONFIRM)[1] == []


def test_cash_has_the_hands_when_its_turn_comes() -> None:
    state = money.counting()
    assert Entry().kept(state).mode is Mode.CASH
    entry = Entry().kept(state)
    assert hands(state, "1000", Ask.CONFIRM, entry=entry)[1] == [CashTaken(given.roubles(1000))]
    assert hands(state, Ask.EXACT, entry=entry)[1] == [CashTaken(given.roubles(500))]
    assert hands(state, "400", Ask.CONFIRM, entry=entry)[1] == []
    assert hands(state, Ask.CARD, entry=entry)[1] == [RestBy(CARD, None)]


def test_less_cash_than_was_planned_is_a_part_of_its_own_and_no_answer_for_all_of_it() -> None:
    entry = Entry().kept(money.counting())
    moves = (Ask.PART, "300", Ask.CONFIRM, "500", Ask.CONFIRM)
    assert hands(money.counting(), *moves, entry=entry)[1] == [plan(money.wish(CASH, 300, 500))]


@pytest.mark.parametrize(
    ("moves", "command"),
    [
        ((Ask.CASH, Ask.CONFIRM), RestBy(CASH, given.roubles(500))),
        ((Ask.CASH, "1000", Ask.CONFIRM), RestBy(CASH, given.roubles(1000))),
        ((Ask.EXACT,), RestBy(CASH, given.roubles(500))),
        ((Ask.CARD,), RestBy(CARD, None)),
        ((Ask.SBP,), RestBy(SBP, None)),
        ((Ask.PART, "300", Ask.SBP, Ask.CASH), plan(money.wish(SBP, 300), money.wish(CASH, 200))),
        ((Ask.PART, "300", Ask.CONFIRM, Ask.CONFIRM), plan(money.wish(CASH, 300, 300))),
        ((Ask.ENOUGH,), Enough()),
        ((Ask.PUT_OFF, Ask.GIVE_UP), Cancel()),
        ((Ask.GIVE_UP, Ask.GIVE_UP), Cancel()),
    ],
)
def test_after_a_declined_card_the_rest_is_paid_otherwise(moves: tuple[Ask | str, ...], command: Command) -> None:
    assert hands(money.deciding(money.PAID_2000), *moves)[1] == [command]


def test_a_visit_in_which_nothing_moved_is_left_by_one_key_and_cannot_be_enough() -> None:
    assert hands(money.deciding(), Ask.PUT_OFF)[1] == [Cancel()]
    entry, commands = hands(money.deciding(), Ask.ENOUGH)
    assert commands == []
    assert entry.note


def test_money_that_moved_is_given_back_only_after_a_question() -> None:
    entry, commands = hands(money.deciding(money.PAID_2000), Ask.PUT_OFF)
    assert (entry.mode, commands) == (Mode.CANCEL, [])
    assert hands(money.deciding(money.PAID_2000), Ask.PUT_OFF, entry=entry) == (Entry(), [])


def test_enter_with_nothing_typed_decides_nothing() -> None:
    commands = hands(money.deciding(money.PAID_2000), Ask.CONFIRM)[1]
    assert not any(isinstance(each, RestBy | PayPlan | Enough | CashTaken) for each in commands)


# ------------------------------------------------------------------------------------------------------- two questions


def asked(*moves: Ask | str) -> tuple[Entry, list[Command]]:
    state = money.asked_person()
    return hands(state, *moves, entry=Entry().kept(state))


def test_a_slip_is_answered_by_its_sum() -> None:
    assert asked("2500", Ask.CONFIRM)[1] == [AnswerCheck(slip=True, amount=DUE)]


def test_another_sum_on_the_slip_is_doubted_once() -> None:
    entry, commands = asked("2005", Ask.CONFIRM)
    assert commands == []
    assert "2\N{NO-BREAK SPACE}005" in entry.note
    assert asked("2005", Ask.CONFIRM, Ask.CONFIRM)[1] == [AnswerCheck(slip=True, amount=given.roubles(2005))]


def test_no_slip_is_said_twice() -> None:
    entry, commands = asked(Ask.GIVE_UP)
    assert (entry.mode, commands) == (Mode.NO_SLIP, [])
    assert asked(Ask.GIVE_UP, Ask.CONFIRM)[1] == []
    assert asked(Ask.GIVE_UP, Ask.GIVE_UP)[1] == [AnswerCheck(slip=False, amount=ZERO)]
    assert asked(Ask.GIVE_UP, Ask.PUT_OFF)[1] == []


def test_nothing_typed_asks_terminal_and_bank_again() -> None:
    assert asked(Ask.CONFIRM)[1] == [Recheck()]


def test_a_question_can_wait_while_the_next_customer_is_served() -> None:
    assert asked(Ask.PUT_OFF)[1] == [SetAside()]
