from dataclasses import replace
from datetime import timedelta

import pytest

from pos_client.counter.state import CodeAsked, CounterState, Joining, WaitFor
from pos_client.domain.customer import CustomerKey, KeyKind, Standing
from pos_client.domain.joining import Purpose
from pos_client.domain.order import TenderKind
from pos_client.ui import gestures
from pos_client.ui.commands import (
    AddCoupon,
    Choose,
    Command,
    DropCoupon,
    Find,
    GoOn,
    JoinApply,
    JoinBack,
    JoinBegin,
    JoinClose,
    JoinCode,
    JoinCodeAgain,
    Pay,
    Reconcile,
    SendCodeAgain,
    SpendingCode,
    WithoutPoints,
)
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.joining_entry import JoinForm, spoken_phone
from tests.ui import counter_states as given
from tests.ui import loyalty_states as loyal
from tests.ui.test_presenter_gestures import hands

CHOOSING = given.counter(sale=loyal.ambiguous())
FORM = given.counter(sale=loyal.nobody(), joining=loyal.a_form())
DUE = given.roubles(2990)
LATER = given.NOW + timedelta(seconds=40)


def asking(**changes: object) -> CounterState:
    return given.counter(sale=given.a_sale(0), code=loyal.code_asked(**changes))


def joining(what: Joining, **changes: object) -> CounterState:
    return given.counter(**{"sale": loyal.nobody(), "joining": what, **changes})


# --------------------------------------------------------------------------------------------------------- candidates


def test_a_digit_chooses_among_several_customers() -> None:
    assert hands(CHOOSING, "2") == (Entry(), [Choose("12")])


@pytest.mark.parametrize("text", ["4", "0", "12"])
def test_a_digit_that_is_nobodys_is_the_beginning_of_a_search(text: str) -> None:
    entry, commands = hands(CHOOSING, text)
    assert (entry.mode, entry.text, commands) == (Mode.FIND, text, [])


def test_a_digit_in_a_search_or_a_sum_chooses_nobody() -> None:
    assert hands(CHOOSING, Ask.FIND, "2", Ask.CONFIRM)[1] == [Find("2")]
    assert hands(CHOOSING, Ask.CASH, "2", Ask.PUT_OFF)[1] == []


def test_nobody_is_chosen_once_money_moves() -> None:
    sale = loyal.ambiguous()
    paying = given.counter(sale=sale.payment_asked((given.cash(sale.due),), at=given.NOW))
    assert hands(paying, "1")[1] == []


def test_a_customer_who_is_pointed_at_is_chosen_only_while_he_is_offered() -> None:
    assert gestures.choose_customer(Entry(), "13", CHOOSING).command == Choose("13")
    assert gestures.choose_customer(Entry(), "13", given.counter(sale=given.a_sale())).command is None


def test_points_are_not_spent_before_somebody_is_chosen() -> None:
    entry, commands = hands(CHOOSING, Ask.POINTS)
    assert (commands, entry.note) == ([], "Сначала выберите клиента: цифры 1–3.")


# ---------------------------------------------------------------------------------------------------- the spending code


@pytest.mark.parametrize(
    ("moves", "command"),
    [
        (("4821", Ask.CONFIRM), SpendingCode("4821")),
        (("48 21", Ask.CONFIRM), SpendingCode("4821")),
        ((Ask.PUT_OFF,), WithoutPoints()),
        ((Ask.CASH, Ask.CONFIRM), Pay(DUE, DUE)),
        ((Ask.EXACT,), Pay(DUE, DUE)),
    ],
)
def test_while_a_code_is_asked_for(moves: tuple[Ask | str, ...], command: Command) -> None:
    assert hands(asking(), *moves)[1] == [command]


def test_a_code_takes_the_hands_by_itself_and_gives_them_back() -> None:
    entry = Entry(mode=Mode.POINTS, text="20").kept(asking())
    assert (entry.mode, entry.text) == (Mode.CODE, "")
    assert entry.kept(given.counter(sale=given.a_sale())).mode is Mode.NONE


def test_a_code_does_not_take_the_hands_from_a_sum() -> None:
    entry = Entry(mode=Mode.CASH, text="30").kept(asking())
    assert (entry.mode, entry.text) == (Mode.CASH, "30")


@pytest.mark.parametrize("text", ["", "48"])
def test_a_code_that_is_too_short_costs_no_try(text: str) -> None:
    entry, commands = hands(asking(), *([text] if text else []), Ask.CONFIRM)
    assert (commands, entry.note) == ([], "Наберите код из сообщения целиком.")


def test_a_new_code_is_sent_half_a_minute_after_the_last() -> None:
    entry, commands = hands(asking(), Ask.POINTS)
    assert commands == []
    assert given.plain(entry.note) == "Код уже в пути. Новый можно отправить через 18 с."
    assert hands(replace(asking(), now=LATER), Ask.POINTS)[1] == [SendCodeAgain()]


@pytest.mark.parametrize("changes", [{"wrong": 3}, {"trouble": loyal.DOWN_FOR_CODE}])
def test_when_only_a_new_code_helps_it_is_sent_at_once(changes: dict[str, object]) -> None:
    assert hands(asking(**changes), Ask.POINTS)[1] == [SendCodeAgain()]


def test_after_too_many_wrong_codes_no_other_is_taken() -> None:
    entry, commands = hands(asking(wrong=3), "4821", Ask.CONFIRM)
    assert (commands, entry.note) == ([], "Этот код больше не подойдёт: отправьте новый.")


@pytest.mark.parametrize("move", [Ask.CONFIRM, Ask.POINTS])
def test_while_a_code_is_checked_a_second_press_does_nothing(move: Ask) -> None:
    assert hands(replace(asking(busy=True), now=LATER), "4821", move)[1] == []


# ------------------------------------------------------------------------------------------------------------- coupons


@pytest.mark.parametrize(
    ("moves", "command"),
    [
        (("ВЕСНА", Ask.CONFIRM), AddCoupon("ВЕСНА")),
        ((Ask.GIVE_UP,), DropCoupon("ЛЕТО25")),
        ((Ask.UP, Ask.GIVE_UP), DropCoupon("ОСЕНЬ26")),
        ((Ask.DOWN, Ask.GIVE_UP), DropCoupon("ОСЕНЬ26")),
    ],
)
def test_a_coupon_is_named_or_taken_away(moves: tuple[Ask | str, ...], command: Command) -> None:
    state = given.counter(sale=loyal.with_coupons(loyal.AUTUMN, loyal.EXPIRED))
    entry, commands = hands(state, Ask.COUPON, *moves)
    assert (commands, entry.mode) == ([command], Mode.NONE)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (given.counter(), "Сначала сканируйте заказ или CDEK ID."),
        (given.counter(sale=given.a_paid_sale()), "Оплата уже идёт: купон к ней не добавить."),
    ],
)
def test_a_coupon_without_a_sale_to_put_it_on_is_refused_in_words(state: CounterState, said: str) -> None:
    entry, commands = hands(state, Ask.COUPON, "ВЕСНА", Ask.CONFIRM)
    assert commands == []
    assert hands(state, Ask.COUPON)[0].note == said
    assert entry.mode is Mode.NONE


def test_the_same_coupon_is_not_named_twice() -> None:
    state = given.counter(sale=loyal.with_coupons(loyal.AUTUMN))
    entry, commands = hands(state, Ask.COUPON, "осень26", Ask.CONFIRM)
    assert (commands, entry.note) == ([], "Этот купон уже назван.")


def test_delete_in_the_field_of_coupons_gives_up_no_sale() -> None:
    entry, commands = hands(given.counter(sale=given.a_sale()), Ask.COUPON, Ask.GIVE_UP)
    assert (commands, entry.note) == ([], "Купонов ещё нет.")


# ------------------------------------------------------------------------------------------------------------- joining


def test_joining_needs_no_mouse() -> None:
    phone, space = "8 916 123-45-67", " "
    entry, commands = hands(
        FORM, phone, Ask.CONFIRM, "Анна", Ask.CONFIRM, space, Ask.CONFIRM, space, Ask.CONFIRM, Ask.CONFIRM
    )
    assert commands == [JoinApply("79161234567", "Анна", frozenset({Purpose.PROGRAMME, Purpose.PERSONAL_DATA}))]
    assert entry.mode is Mode.JOIN


def test_nothing_is_ticked_until_somebody_ticks_it() -> None:
    entry, commands = hands(FORM, "9161234567", Ask.JOIN)
    assert commands == []
    assert entry.join is not None
    assert entry.join.purposes == frozenset()
    assert "Правила программы CDEK ID" in entry.note
    assert entry.join.at == 2


def test_advertising_is_not_needed_and_each_consent_is_ticked_alone() -> None:
    needed = JoinForm("79161234567", purposes=frozenset({Purpose.PROGRAMME, Purpose.PERSONAL_DATA}))
    assert needed.missing(loyal.TEXTS) is None
    for purpose in (Purpose.PROGRAMME, Purpose.PERSONAL_DATA):
        assert replace(needed, purposes=needed.purposes - {purpose}).missing(loyal.TEXTS) is not None
    assert needed.ticked(4, loyal.TEXTS).purposes == frozenset(Purpose)
    assert needed.ticked(4, loyal.TEXTS).ticked(4, loyal.TEXTS).purposes == needed.purposes


@pytest.mark.parametrize("phone", ["", "916123", "74951234567", "abc"])
def test_without_a_whole_mobile_phone_no_code_is_sent(phone: str) -> None:
    form = JoinForm(purposes=frozenset(Purpose)).typed(phone, loyal.TEXTS)
    entry, commands = hands(FORM, Ask.JOIN, entry=Entry(mode=Mode.JOIN, join=form))
    assert commands == []
    assert entry.note == "Нужен мобильный телефон: на него придёт код."


@pytest.mark.parametrize("typed", ["9161234567", "89161234567", "+7 (916) 123-45-67", "79161234567000"])
def test_a_phone_is_the_same_however_it_is_begun(typed: str) -> None:
    form = JoinForm()
    for sign in typed:
        form = form.typed(sign, loyal.TEXTS)
    assert form.whole_phone == "79161234567"
    assert spoken_phone(form.phone) == "+7 916 123-45-67"


def test_a_phone_is_erased_sign_by_sign_to_nothing() -> None:
    form = JoinForm().typed("916", loyal.TEXTS)
    for _ in range(3):
        form = form.erased()
    assert form.phone == ""


def test_a_phone_by_which_nobody_was_found_need_not_be_typed_again() -> None:
    who = replace(given.standing(Standing.NOT_FOUND), key=CustomerKey(KeyKind.PHONE, "79161234567"))
    state = given.counter(sale=replace(loyal.nobody(), customer=who), joining=loyal.a_form())
    entry = Entry().kept(state)
    assert entry.join is not None
    assert entry.join.whole_phone == "79161234567"


@pytest.mark.parametrize("ask", [Ask.CASH, Ask.EXACT])
def test_the_sale_is_paid_while_the_form_is_open(ask: Ask) -> None:
    entry = Entry(mode=Mode.JOIN, join=loyal.FILLED)
    moves = (ask, Ask.CONFIRM) if ask is Ask.CASH else (ask,)
    after, commands = hands(FORM, *moves, entry=entry)
    assert commands == [Pay(DUE, DUE)]
    assert after.join == loyal.FILLED


def test_a_sum_is_no_part_of_a_phone() -> None:
    entry, _ = hands(FORM, Ask.CASH, "3000")
    assert (entry.mode, entry.text) == (Mode.CASH, "3000")
    assert entry.join == JoinForm()


def test_a_scan_leaves_the_form_as_it_was_filled() -> None:
    step = gestures.scanned(Entry(mode=Mode.JOIN, join=loyal.FILLED), "1106153417", FORM)
    assert (step.entry.kept(FORM).join, step.before) == (loyal.FILLED, None)


def test_a_scan_puts_the_welcome_away() -> None:
    assert gestures.scanned(Entry(), "1106153417", joining(loyal.joined())).before == JoinClose()


def test_the_form_gives_the_hands_to_money_that_moves() -> None:
    state = given.counter(sale=given.stopped_sale(), joining=loyal.a_form())
    entry = Entry(mode=Mode.JOIN, join=loyal.FILLED).kept(state)
    assert (entry.mode, entry.join) == (Mode.NONE, loyal.FILLED)


def test_loyalty_that_is_slow_still_has_its_keys_while_the_form_is_open() -> None:
    state = replace(FORM, wait=given.waiting(WaitFor.QUOTE))
    assert hands(state, Ask.CONFIRM)[1] == [GoOn()]


@pytest.mark.parametrize(
    ("state", "moves", "command"),
    [
        (given.counter(), (Ask.JOIN,), JoinBegin()),
        (given.counter(sale=loyal.nobody()), (Ask.JOIN,), JoinBegin()),
        (FORM, (Ask.PUT_OFF,), JoinClose()),
        (joining(loyal.a_joining_code()), ("4821", Ask.CONFIRM), JoinCode("4821")),
        (joining(loyal.a_joining_code()), (Ask.PUT_OFF,), JoinBack()),
        (joining(loyal.a_joining_code(), now=LATER), (Ask.JOIN,), JoinCodeAgain()),
        (joining(loyal.a_joining_code(trouble=loyal.DOWN_FOR_CODE)), (Ask.CONFIRM,), JoinCode("")),
        (joining(loyal.joined()), (Ask.CONFIRM,), JoinClose()),
        (joining(loyal.joined()), (Ask.PUT_OFF,), JoinClose()),
        (joining(loyal.joined()), (Ask.JOIN,), JoinClose()),
    ],
)
def test_each_step_of_joining_has_its_keys(state: CounterState, moves: tuple[Ask | str, ...], command: Command) -> None:
    assert hands(state, *moves)[1] == [command]


@pytest.mark.parametrize(
    "state",
    [
        given.counter(sale=given.a_sale()),
        given.counter(sale=given.a_paid_sale()),
        joining(loyal.a_joining_code()),
        joining(loyal.a_form(busy=True)),
        joining(loyal.a_joining_code(busy=True), now=LATER),
    ],
)
def test_the_key_of_joining_does_nothing_where_it_can_mean_nothing(state: CounterState) -> None:
    entry, commands = hands(state, Ask.JOIN, entry=Entry(join=loyal.FILLED if state.joining else None))
    assert commands == []
    assert entry.note


def test_a_field_or_a_consent_can_be_pointed_at() -> None:
    step = gestures.choose_place(Entry(), 3, FORM)
    assert step.entry.join is not None
    assert step.entry.join.purposes == {Purpose.PERSONAL_DATA}
    assert gestures.choose_place(step.entry, 1, FORM).entry.join == replace(step.entry.join, at=1)


def test_what_was_typed_is_forgotten_when_joining_ends() -> None:
    assert Entry(mode=Mode.JOIN, join=loyal.FILLED).kept(given.counter()) == Entry()


def test_a_wrong_code_of_joining_is_counted_like_any_other() -> None:
    spent: CodeAsked = loyal.code_asked(wrong=3)
    entry, commands = hands(joining(loyal.a_joining_code(code=spent)), "4821", Ask.CONFIRM)
    assert (commands, entry.note) == ([], "Этот код больше не подойдёт: отправьте новый.")


# ----------------------------------------------------------------------------------------------------------- the shift


def test_the_page_of_the_shift_opens_and_closes_and_lets_no_money_through() -> None:
    state = given.counter(sale=given.a_sale())
    for key in (Ask.CASH, Ask.EXACT, Ask.PART, Ask.POINTS, Ask.COUPON, Ask.GIVE_UP, Ask.CONFIRM, Ask.UP):
        entry, commands = hands(state, Ask.SHIFT, key)
        assert (entry.shift_open, commands) == (True, [])
    assert not hands(state, Ask.SHIFT, Ask.SHIFT)[0].shift_open
    assert not hands(state, Ask.SHIFT, Ask.PUT_OFF)[0].shift_open
    queue = hands(state, Ask.SHIFT, Ask.QUEUE)[0]
    assert (queue.shift_open, queue.queue_open) == (False, True)


def test_the_totals_of_the_terminal_are_asked_for_on_the_page_of_the_shift_only() -> None:
    cards = given.counter(means=(TenderKind.CASH, TenderKind.CARD))
    assert hands(cards, Ask.SHIFT, Ask.RECONCILE)[1] == [Reconcile()]
    entry, commands = hands(cards, Ask.RECONCILE)
    assert (commands, entry.note) == ([], "Сверка итогов терминала — на странице смены: F10.")
    entry, commands = hands(given.counter(), Ask.SHIFT, Ask.RECONCILE)
    assert (commands, entry.note) == ([], "У этой кассы нет терминала: сверять нечего.")
