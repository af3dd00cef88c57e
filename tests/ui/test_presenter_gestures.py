from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from pos_client.counter.state import CounterState, LightState, WaitFor
from pos_client.domain.customer import Standing
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.sale import Sale
from pos_client.ui import gestures
from pos_client.ui.commands import (
    Cancel,
    CloseEntry,
    Command,
    Dismiss,
    Find,
    GiveUp,
    GoOn,
    Pay,
    Recheck,
    Redeem,
    Resume,
    Retry,
    SetAside,
    WaitLonger,
)
from pos_client.ui.entry import Ask, Entry, Mode, Step
from pos_client.ui.sums import banknotes
from tests.ui import counter_states as given

SALE = given.counter(sale=given.a_sale())
UNSPENT = given.counter(sale=given.a_sale(0))
DUE = given.roubles(2500)


def hands(state: CounterState, *moves: Ask | str, entry: Entry | None = None) -> tuple[Entry, list[Command]]:
    """Gestures and typed texts, one after another, on a counter that does not move."""
    at, commands = entry or Entry(), []
    for move in moves:
        step: Step = gestures.made(at, move, state) if isinstance(move, Ask) else gestures.typed(at, move, state)
        at = step.entry
        if step.command is not None:
            commands.append(step.command)
    return at, commands


@pytest.mark.parametrize(
    ("moves", "command"),
    [
        ((Ask.CASH, Ask.CONFIRM), Pay(DUE, DUE)),
        ((Ask.EXACT,), Pay(DUE, DUE)),
        ((Ask.CASH, "3000", Ask.CONFIRM), Pay(DUE, given.roubles(3000))),
        ((Ask.CASH, "2500,50", Ask.CONFIRM), Pay(DUE, given.roubles("2500.50"))),
        ((Ask.CASH, Ask.DOWN, Ask.CONFIRM), Pay(DUE, given.roubles(3000))),
        ((Ask.CASH, Ask.UP, Ask.CONFIRM), Pay(DUE, given.roubles(5000))),
        ((Ask.PART, "1000", Ask.CONFIRM, Ask.CONFIRM), Pay(given.roubles(1000), given.roubles(1000))),
        ((Ask.PART, "1000", Ask.CONFIRM, Ask.EXACT), Pay(given.roubles(1000), given.roubles(1000))),
        ((Ask.PART, "1000", Ask.CONFIRM, "1500", Ask.CONFIRM), Pay(given.roubles(1000), given.roubles(1500))),
        ((Ask.PART, "2500", Ask.CONFIRM, Ask.CONFIRM), Pay(DUE, DUE)),
        ((Ask.CASH, "30000", Ask.CONFIRM, Ask.CASH), Pay(DUE, given.roubles(30_000))),
        ((Ask.POINTS, "200", Ask.CONFIRM), Redeem(Points(200))),
        ((Ask.POINTS, "0", Ask.CONFIRM), Redeem(NO_POINTS)),
        ((Ask.FIND, "+79161234567", Ask.CONFIRM), Find("+79161234567")),
        (("1106153417", Ask.CONFIRM), Find("1106153417")),
        ((Ask.PUT_OFF,), SetAside()),
    ],
)
def test_gestures_come_to_this_command(moves: tuple[Ask | str, ...], command: Command) -> None:
    assert hands(SALE, *moves)[1] == [command]


def test_the_points_key_spends_all_at_once_and_then_takes_a_number() -> None:
    entry, commands = hands(UNSPENT, Ask.POINTS)
    assert commands == [Redeem(None)]
    assert entry.mode is Mode.POINTS


def test_the_points_key_on_spent_points_only_opens_the_number() -> None:
    entry, commands = hands(SALE, Ask.POINTS)
    assert commands == []
    assert entry.mode is Mode.POINTS


def test_more_points_than_the_server_allows_are_refused_in_words() -> None:
    entry, commands = hands(SALE, Ask.POINTS, "491", Ask.CONFIRM)
    assert commands == []
    assert "490" in entry.note


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ((Ask.CASH, "2000", Ask.CONFIRM), "Не хватает"),
        ((Ask.PART, "2501", Ask.CONFIRM), "больше, чем к оплате"),
        ((Ask.PART, Ask.CONFIRM), "какую часть"),
        ((Ask.PART, "0", Ask.CONFIRM), "какую часть"),
        ((Ask.PART, Ask.EXACT), "подтвердите часть"),
        ((Ask.CASH, "25000", Ask.CONFIRM), "Получено"),
        ((Ask.CASH, "30000", Ask.CONFIRM, Ask.CONFIRM), "Получено"),
        ((Ask.CARD,), "Карта"),
        ((Ask.SBP,), "СБП"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words_and_does_nothing(moves: tuple[Ask | str, ...], said: str) -> None:
    entry, commands = hands(SALE, *moves)
    assert commands == []
    assert said in entry.note


@pytest.mark.parametrize("ask", [Ask.CASH, Ask.EXACT, Ask.PART, Ask.POINTS])
def test_without_an_order_no_key_takes_money_or_points(ask: Ask) -> None:
    entry, commands = hands(given.counter(), ask, Ask.CONFIRM)
    assert commands == []
    assert entry.mode is Mode.NONE


@pytest.mark.parametrize("ask", [Ask.CASH, Ask.EXACT, Ask.PART, Ask.POINTS, Ask.PUT_OFF, Ask.GIVE_UP])
def test_while_the_receipt_is_unknown_nothing_can_be_begun(ask: Ask) -> None:
    state = given.counter(sale=given.a_paid_sale(), wait=given.waiting(WaitFor.RECEIPT_CHECK))
    entry, commands = hands(state, ask, Ask.CONFIRM)
    assert commands == []
    assert entry.mode is Mode.NONE


def test_enter_alone_never_pays() -> None:
    assert hands(SALE, Ask.CONFIRM, Ask.CONFIRM, Ask.CONFIRM)[1] == []


def test_a_price_that_is_still_asked_for_is_not_paid() -> None:
    state = replace(SALE, wait=given.waiting(WaitFor.QUOTE, 0.3, slow=False))
    entry, commands = hands(state, Ask.CASH, Ask.CONFIRM)
    assert commands == []
    assert entry.mode is Mode.CASH


def test_a_scan_puts_away_a_half_typed_payment() -> None:
    entry, _ = hands(SALE, Ask.CASH, "3000")
    assert gestures.scanned(entry, "1106153417", SALE).entry.mode is Mode.NONE


def test_letters_do_not_get_into_a_sum() -> None:
    assert hands(SALE, Ask.CASH, "1а0x0")[0].text == "100"


def test_a_sum_has_two_digits_of_kopecks_at_most() -> None:
    assert hands(SALE, Ask.CASH, "10", ",", "5", "0", "9")[0].text == "10,50"


def test_backspace_takes_the_doubt_away() -> None:
    entry, _ = hands(SALE, Ask.CASH, "30000", Ask.CONFIRM)
    assert entry.doubted
    assert gestures.erased(entry, SALE).entry == replace(entry, text="3000", doubted=False, note="")


def test_escape_goes_one_step_back_at_a_time() -> None:
    entry, _ = hands(SALE, Ask.PART, "1000", Ask.CONFIRM)
    modes = []
    for _ in range(2):
        entry = gestures.made(entry, Ask.PUT_OFF, SALE).entry
        modes.append(entry.mode)
    assert modes == [Mode.PART, Mode.NONE]


def test_slow_loyalty_is_left_by_enter_and_waited_for_by_space() -> None:
    state = given.counter(sale=given.a_sale(0), wait=given.waiting(WaitFor.QUOTE))
    assert hands(state, Ask.CONFIRM)[1] == [GoOn()]
    assert hands(state, " ")[1] == [WaitLonger()]


def test_a_slow_order_cannot_be_left() -> None:
    state = given.counter(wait=given.waiting(WaitFor.ORDER))
    assert hands(state, Ask.CONFIRM)[1] == []


def test_trouble_is_tried_again_by_enter() -> None:
    state = given.counter(sale=given.a_paid_sale().troubled(given.UNKNOWN_RECEIPT))
    assert hands(state, Ask.CONFIRM)[1] == [Recheck()]


def test_giving_up_money_is_asked_for_twice() -> None:
    state = given.counter(sale=given.an_unfinished_sale().troubled(given.UNKNOWN_RECEIPT))
    assert hands(state, Ask.GIVE_UP)[1] == []
    assert hands(state, Ask.GIVE_UP, Ask.GIVE_UP)[1] == [Cancel()]
    assert hands(state, Ask.GIVE_UP, Ask.PUT_OFF, Ask.GIVE_UP)[1] == []


def test_the_chosen_unfinished_sale_is_resumed() -> None:
    second = replace(given.a_paid_sale(), id=UUID(int=7))
    state = given.counter(unfinished=(given.an_unfinished_sale(), second))
    assert hands(state, Ask.DOWN, Ask.CONFIRM)[1] == [Resume(second.id)]


def test_giving_up_an_unfinished_sale_is_asked_for_twice_and_never_when_its_receipt_may_exist() -> None:
    unsent, sent = given.an_unfinished_sale(), replace(given.a_paid_sale(), id=UUID(int=7))
    state = given.counter(unfinished=(unsent, sent))
    assert hands(state, Ask.GIVE_UP)[1] == []
    assert hands(state, Ask.GIVE_UP, Ask.CONFIRM)[1] == []
    assert hands(state, Ask.GIVE_UP, Ask.PUT_OFF, Ask.GIVE_UP)[1] == []
    assert hands(state, Ask.GIVE_UP, Ask.GIVE_UP)[1] == [GiveUp(unsent.id)]
    entry, commands = hands(state, Ask.GIVE_UP, Ask.DOWN, Ask.GIVE_UP, Ask.GIVE_UP)
    assert commands == []
    assert "чек мог пройти" in entry.note


@pytest.mark.parametrize("ask", [Ask.CASH, Ask.EXACT, Ask.PART])
def test_a_paying_key_on_an_empty_counter_says_what_comes_first(ask: Ask) -> None:
    entry, commands = hands(given.counter(), ask)
    assert (entry.note, commands) == ("Сначала сканируйте заказ.", [])


@pytest.mark.parametrize("ask", [Ask.CARD, Ask.SBP, Ask.COMMAND])
def test_a_key_that_does_nothing_yet_says_so_everywhere(ask: Ask) -> None:
    for state in (given.counter(), SALE, given.counter(sale=given.a_paid_sale())):
        entry, commands = hands(state, ask)
        assert entry.note
        assert commands == []


def test_a_notice_is_put_away_by_enter_or_escape() -> None:
    state = given.counter(notice=given.NOTICE)
    assert hands(state, Ask.CONFIRM)[1] == [Dismiss()]
    assert hands(state, Ask.PUT_OFF)[1] == [Dismiss()]


def test_a_notice_does_not_take_enter_from_the_unfinished_sale_that_its_button_goes_on_with() -> None:
    sale = given.an_unfinished_sale()
    state = given.counter(unfinished=(sale,), notice=given.NOTICE)
    assert hands(state, Ask.CONFIRM)[1] == [Resume(sale.id)]
    assert hands(state, Ask.PUT_OFF)[1] == [Dismiss()]


def test_the_queue_is_walked_retried_and_closed_with_a_reason() -> None:
    state = given.with_queue(given.counter())
    assert hands(state, Ask.QUEUE, Ask.DOWN, Ask.CONFIRM)[1] == [Retry("offline:1106153417")]
    assert hands(state, Ask.QUEUE, Ask.EXACT)[1] == [Retry(None)]
    closed = hands(state, Ask.QUEUE, Ask.GIVE_UP, "начислили вручную", Ask.CONFIRM)[1]
    assert closed == [CloseEntry("offline:a", "начислили вручную")]


def test_an_entry_is_not_closed_without_a_reason() -> None:
    entry, commands = hands(given.with_queue(given.counter()), Ask.QUEUE, Ask.GIVE_UP, "  ", Ask.CONFIRM)
    assert commands == []
    assert entry.note


def test_what_sends_itself_is_not_closed_by_hand() -> None:
    entry, _ = hands(given.with_queue(given.counter()), Ask.QUEUE, Ask.DOWN, Ask.GIVE_UP)
    assert entry.mode is Mode.NONE
    assert "отправится сама" in entry.note


def test_no_money_is_taken_behind_an_open_queue() -> None:
    state = given.with_queue(SALE)
    assert hands(state, Ask.QUEUE, Ask.CASH, "3000")[0].mode is Mode.NONE


@pytest.mark.parametrize("what", [Standing.NOT_FOUND, Standing.AMBIGUOUS, Standing.BLOCKED])
def test_points_of_nobody_in_particular_are_not_spent(what: Standing) -> None:
    sale = replace(given.a_sale(0), customer=given.standing(what))
    entry, commands = hands(given.counter(sale=sale), Ask.POINTS)
    assert commands == []
    assert entry.note


def test_points_of_an_unresolved_customer_are_asked_for_once_more() -> None:
    assert hands(given.counter(sale=given.an_outage_sale()), Ask.POINTS)[1] == [Redeem(None)]
    down = given.lights(processing=LightState.DOWN)
    assert hands(given.counter(sale=given.an_outage_sale(), lights=down), Ask.POINTS)[1] == []


@examples(kopecks=st.integers(min_value=1, max_value=10_000_000))
def test_suggested_notes_always_cover_what_is_due(kopecks: int) -> None:
    due = Money(kopecks)
    notes = banknotes(due)
    assert all(note > due for note in notes)
    assert list(notes) == sorted(set(notes))
    assert len(notes) <= 3


@examples(
    moves=st.lists(st.one_of(st.sampled_from(list(Ask)), st.text(max_size=4)), max_size=12),
    start=st.sampled_from(["idle", "sale", "unspent", "queue", "unknown"]),
)
def test_no_sequence_of_gestures_pays_wrongly_or_fails(moves: list[Ask | str], start: str) -> None:
    state = {
        "idle": given.counter(),
        "sale": SALE,
        "unspent": UNSPENT,
        "queue": given.with_queue(SALE),
        "unknown": given.counter(sale=given.a_paid_sale()),
    }[start]
    for command in hands(state, *moves)[1]:
        if isinstance(command, Pay):
            sale = state.sale
            assert isinstance(sale, Sale)
            assert ZERO < command.amount <= sale.due
            assert command.received >= command.amount
