from dataclasses import replace
from datetime import UTC, timedelta
from uuid import UUID

import pytest

from pos_client.counter.state import CounterState, Reconciliation
from pos_client.domain import choosing
from pos_client.domain.account import Blocked
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.loyalty import Coupon, CouponState, Earning, base_quote
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.sale import Sale
from pos_client.ports import ShiftState
from pos_client.ui.customer_screen import CustomerScreen
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.joining_screen import JoinScreen
from pos_client.ui.parts_screen import Row, Tone
from pos_client.ui.reading import read
from pos_client.ui.sale_screen import CounterScreen, SaleScreen, present
from pos_client.ui.screen_log import masked
from pos_client.ui.shift_screen import ShiftScreen
from tests.ui import counter_states as given
from tests.ui import loyalty_states as loyal


def shown(state: CounterState, entry: Entry | None = None) -> SaleScreen:
    return present(state, entry or Entry(), zone=UTC)


def counter_of(state: CounterState, entry: Entry | None = None) -> CounterScreen:
    screen = shown(state, entry).counter
    assert screen is not None
    return screen


def card(**changes: object) -> CustomerScreen:
    return counter_of(given.counter(**{"sale": given.a_sale(0), **changes})).customer


def plain(rows: tuple[Row, ...]) -> list[tuple[str, str, str]]:
    return [(given.plain(row.label), given.plain(row.value), given.plain(row.detail)) for row in rows]


# ------------------------------------------------------------------------------------------------------- the account


@pytest.mark.parametrize(
    ("order_id", "named"),
    [
        ("1106150002", "1106 150 002"),
        ("1106150002-1a2b3c4d", "1106 150 002"),
        ("MSK548-1106150002", "1106 150 002"),
        ("подарок", "подарок"),
    ],
)
def test_blocked_points_name_the_order_that_they_wait_for(order_id: str, named: str) -> None:
    account = loyal.an_account(Blocked(Points(80), order_id))
    assert ("Ждут оплаты заказа", "80", named) in plain(card(account=account).rows)


def test_blocked_points_without_an_order_say_when_they_open() -> None:
    account = loyal.an_account(Blocked(Points(80), "", given.NOW + timedelta(days=3)))
    assert ("Пока закрыты", "80", "откроются 17 ноября") in plain(card(account=account).rows)


def test_a_history_that_explains_only_a_part_explains_nothing() -> None:
    account = loyal.an_account(Blocked(Points(30), "1106150002"))
    assert ("Ждут полной оплаты", "80", "") in plain(card(account=account).rows)


def test_points_blocked_by_many_orders_stay_in_three_rows() -> None:
    account = loyal.an_account(*(Blocked(Points(20), f"110615000{at}") for at in range(4)))
    blocked = [row for row in plain(card(account=account).rows) if "жд" in row[0].lower() or "ещё" in row[0]]
    assert [(label, value) for label, value, _ in blocked] == [
        ("Ждут оплаты заказа", "20"),
        ("Ждут оплаты заказа", "20"),
        ("и ещё по 2 заказам", "40"),
    ]


def test_a_blocked_card_says_so_and_the_money_says_the_same() -> None:
    screen = counter_of(given.counter(sale=loyal.blocked_card()))
    assert screen.customer.note is not None
    assert screen.customer.note.strong == "Карта заблокирована."
    assert screen.money.earning is not None
    assert "заблокированы" in screen.money.earning.text


# ------------------------------------------------------------------------------------------------------- points owed


@pytest.mark.parametrize(
    ("debt", "row"),
    [
        (loyal.a_debt(), ("Обещано", "45", "1106 150 002 · 12 ноября")),
        (loyal.a_debt(expected=None), ("Обещано по правилам дня", "", "1106 150 002 · 12 ноября")),
        (loyal.a_debt(DebtState.ACCRUED, accrued=Points(40)), ("Начислено", "40", "1106 150 002 · 12 ноября")),
        (
            loyal.a_debt(DebtState.ACCRUED, accrued=Points(40), waits_for_payment=True),
            ("Начислено", "40", "1106 150 002 · 12 ноября, ждут полной оплаты"),
        ),
        (
            loyal.a_debt(DebtState.REFUSED, words="Клиент не найден."),
            ("Отказано", "45", "1106 150 002 · 12 ноября. Клиент не найден."),
        ),
        (
            loyal.a_debt(DebtState.REFUSED, expected=None),
            ("Отказано", "", "1106 150 002 · 12 ноября. Причину процессинг не назвал."),
        ),
    ],
)
def test_what_has_become_of_a_promise_is_on_the_card(debt: Debt, row: tuple[str, str, str]) -> None:
    assert plain(card(debts=(debt,)).debts) == [row]


def test_open_promises_come_first_and_refunded_ones_are_silent() -> None:
    late_open = (*loyal.debts()[2:], loyal.a_debt(order_number="1106159999"))
    labels = [label for label, _, _ in plain(card(debts=late_open).debts)]
    assert labels == ["Обещано", "Начислено", "Раньше"]


def test_without_debts_nothing_is_said_of_them() -> None:
    screen = card(debts=(loyal.a_debt(DebtState.CANCELLED),))
    assert (screen.debts, screen.debts_label) == ((), "")


@pytest.mark.parametrize(
    ("debt", "value"),
    [
        (loyal.a_debt(), "45 баллов — начислим сами"),
        (loyal.a_debt(expected=None), "баллы — начислим сами"),
        (loyal.a_debt(DebtState.ACCRUED, accrued=Points(45)), "начислено 45"),
        (loyal.a_debt(DebtState.REFUSED), "отказано"),
        (loyal.a_debt(DebtState.CANCELLED), "отменены возвратом"),
    ],
)
def test_the_last_sale_follows_its_debt(debt: Debt, value: str) -> None:
    idle = shown(given.counter(last=given.a_done_sale(), last_debt=debt)).idle
    assert idle is not None
    assert given.plain(idle.last[-1].value) == value


def test_a_debt_of_another_sale_is_not_told_of_the_last_one() -> None:
    other = loyal.a_debt(sale_id=UUID(int=99))
    idle = shown(given.counter(last=given.a_done_sale(), last_debt=other)).idle
    assert idle is not None
    assert all(row.label != "Баллы за заказ" for row in idle.last)


# ------------------------------------------------------------------------------------------------------- the earnings


def earning_of(sale: Sale) -> str:
    note = counter_of(given.counter(sale=sale)).money.earning
    assert note is not None
    return f"{note.strong} {note.text}"


def test_every_earning_has_a_sentence_and_no_two_reasons_share_one() -> None:
    order = given.an_order()
    said = {
        each: earning_of(choosing.quoted(given.a_sale(0), base_quote(order, each), order_id="1"))
        for each in Earning
        if each is not Earning.AFTER_FULL_PAYMENT
    }
    assert len(set(said.values())) == len(said)
    assert "прочитать не удалось" in said[Earning.RULE_UNKNOWN]
    assert "не начисляются" not in said[Earning.RULE_UNKNOWN] + said[Earning.LATER]


def test_points_that_will_be_earned_say_when_they_burn() -> None:
    quote = replace(given.a_quote(given.an_order(), 0), earned_expire=given.NOW + timedelta(days=365))
    note = counter_of(given.counter(sale=choosing.quoted(given.a_sale(0), quote, order_id="1"))).money.earning
    assert note is not None
    assert [given.plain(line) for line in note.lines] == ["Сгорят 14 ноября 2027"]


def test_of_several_customers_it_is_not_said_that_none_was_found() -> None:
    assert "не найден" not in earning_of(loyal.ambiguous())


# ------------------------------------------------------------------------------------------------ coupons and messages


@pytest.mark.parametrize("state", [each for each in CouponState if each is not CouponState.APPLIED])
def test_a_coupon_that_was_not_applied_says_why(state: CouponState) -> None:
    rows = plain(counter_of(given.counter(sale=loyal.with_coupons(Coupon("ЛЕТО25", state)))).money.rows)
    label, value, _ = rows[-1]
    assert label == "Купон ЛЕТО25"
    assert value
    assert value != "применён"


def test_an_applied_coupon_stands_beside_the_discount_that_it_brought_and_once() -> None:
    rows = plain(counter_of(given.counter(sale=loyal.with_coupons(loyal.AUTUMN))).money.rows)
    assert [row for row in rows if "ОСЕНЬ26" in "".join(row)] == [("Осенняя скидка", "−100,00 ₽", "купон ОСЕНЬ26")]


def test_a_coupon_named_before_the_price_waits_in_sight() -> None:
    sale = choosing.coupons_named(given.a_sale(0), "ВЕСНА")
    assert ("Купон ВЕСНА", "ждёт цены", "") in plain(counter_of(given.counter(sale=sale)).money.rows)


def test_two_messages_are_shown_and_all_of_them_can_be_read_whole() -> None:
    said = ("Подарок. " * 30, "Вторая", "Третья")
    state = given.counter(sale=loyal.with_coupons(messages=said))
    note = counter_of(state).order.messages
    assert note is not None
    assert (note.text[-4:], note.lines) == ("… F1", ("Вторая",))
    assert len(note.text) <= 110
    page = shown(state, Entry(help_open=True)).help
    assert page is not None
    assert all(each in "\n".join(page.paragraphs) for each in said)


# ----------------------------------------------------------------------------------------------------------- the codes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"wrong": 1}, "Код не подошёл. Осталось попыток: 2."),
        ({"wrong": 3}, "Этот код больше не подойдёт. Отправьте новый или продолжайте без него."),
        ({"busy": True}, "Секунду…"),
        ({"trouble": loyal.DOWN_FOR_CODE}, f"{loyal.DOWN_FOR_CODE.what} {loyal.DOWN_FOR_CODE.action}"),
    ],
)
def test_the_code_step_says_how_the_code_fares(changes: dict[str, object], said: str) -> None:
    screen = card(code=loyal.code_asked(**changes))
    assert screen.code_note is not None
    assert given.plain(f"{screen.code_note.strong} {screen.code_note.text}".strip()) == said


def test_the_code_step_offers_a_new_code_and_the_sale_without_points() -> None:
    soon = card(code=loyal.code_asked())
    asked = {button.ask: button for row in soon.buttons for button in row}
    assert set(asked) == {Ask.CONFIRM, Ask.POINTS, Ask.PUT_OFF}
    assert not asked[Ask.POINTS].enabled
    later = card(code=loyal.code_asked(), now=given.NOW + timedelta(seconds=40))
    assert [button.text for row in later.buttons for button in row if button.ask is Ask.POINTS] == ["Отправить ещё раз"]
    money = counter_of(given.counter(sale=given.a_sale(0), code=loyal.code_asked())).money
    assert money.buttons[0][0].enabled


# -------------------------------------------------------------------------------------------------------- the choosing


def test_candidates_are_numbered_as_their_keys_are() -> None:
    screen = counter_of(given.counter(sale=loyal.ambiguous(12))).customer
    assert [each.key for each in screen.choices] == list("123456789")
    assert screen.choices[1].id == "12"
    assert screen.buttons == ()


def test_names_of_candidates_and_new_members_do_not_get_into_the_log() -> None:
    said = str(masked(shown(given.counter(sale=loyal.ambiguous(), joining=loyal.joined()))))
    assert "Андрей" not in said
    assert "Анна" not in said


def test_a_phone_that_is_typed_does_not_get_into_the_log() -> None:
    form = shown(given.counter(sale=loyal.nobody(), joining=loyal.a_form()), Entry(mode=Mode.JOIN, join=loyal.FILLED))
    assert "123-45" not in str(masked(form))
    assert "Анна" not in str(masked(form))


# ------------------------------------------------------------------------------------------------------------- joining


def form_of(entry: Entry | None = None, **changes: object) -> JoinScreen:
    screen = shown(given.counter(sale=loyal.nobody(), **changes), entry).joining
    assert screen is not None
    return screen


def test_the_form_opens_with_three_separate_consents_and_none_of_them_ticked() -> None:
    screen = form_of(joining=loyal.a_form())
    assert [tick.on for tick in screen.ticks] == [False, False, False]
    assert [tick.badge.text for tick in screen.ticks] == ["нужно для вступления", "нужно для вступления", "по желанию"]


def test_the_key_of_help_shows_the_consents_whole_with_their_version() -> None:
    state = given.counter(joining=loyal.a_form())
    every = shown(state, Entry(mode=Mode.JOIN, help_open=True)).help
    assert every is not None
    assert every.title == "Согласия целиком"
    assert all(text.text in "\n".join(every.paragraphs) for text in loyal.TEXTS)
    one = shown(state, Entry(mode=Mode.JOIN, help_open=True, join=replace(loyal.FILLED, at=3))).help
    assert one is not None
    assert one.paragraphs == (f"{loyal.TEXTS[1].title}\n{loyal.TEXTS[1].text}\nРедакция 2026-09",)


def test_joining_takes_nothing_from_the_sale() -> None:
    without = counter_of(given.counter(sale=loyal.nobody())).money
    assert counter_of(given.counter(sale=loyal.nobody(), joining=loyal.a_form())).money == without


def test_joining_is_offered_only_to_those_who_are_not_members() -> None:
    offered = {
        name: any(button.ask is Ask.JOIN for row in card(sale=sale).buttons for button in row)
        for name, sale in (("nobody", loyal.nobody()), ("member", given.a_sale(0)), ("several", loyal.ambiguous()))
    }
    assert offered == {"nobody": True, "member": False, "several": False}


@pytest.mark.parametrize(("points", "balance"), [(50, "50"), (0, "")])
def test_welcome_points_are_what_the_server_granted(points: int, balance: str) -> None:
    screen = form_of(joining=loyal.joined(points))
    assert screen.balance == balance
    assert screen.note is not None
    assert (screen.note.tone is Tone.GOOD) == bool(points)


def test_joining_is_out_of_sight_while_a_page_is_open() -> None:
    assert shown(given.counter(joining=loyal.a_form()), Entry(queue_open=True)).joining is None
    assert shown(given.counter(joining=loyal.a_form()), Entry(shift_open=True)).joining is None


# ----------------------------------------------------------------------------------------------------------- the shift


def page(**changes: object) -> ShiftScreen:
    screen = shown(loyal.a_shift(**changes), Entry(shift_open=True)).shift
    assert screen is not None
    return screen


def test_the_shift_shows_both_goals_and_the_debts_by_state() -> None:
    screen = page()
    assert [(each.share, each.goal, given.plain(each.detail)) for each in screen.shares] == [
        (62, 40, "23 из 37 продаж · цель 40 %"),
        (30, 40, "11 из 37 продаж · цель 40 %"),
    ]
    assert [(row.label, row.value) for row in screen.debts] == [
        ("Обещано, ждём начисления", "3"),
        ("Начислено", "5"),
        ("Отказано", "1"),
    ]
    assert ("Наличными", "48 210 ₽", "") in plain(screen.rows)
    assert all(not row[0].startswith("Картой") for row in plain(screen.rows))


def test_the_sums_are_those_of_the_shift_and_the_page_says_since_when() -> None:
    night = replace(given.counter().totals, since=given.NOW - timedelta(hours=20), taken=given.roubles(99_000))
    register = given.counter().register
    assert register is not None
    whole = page(shift_totals=night, register=replace(register, shift_since=night.since))
    assert (whole.heading, whole.taken) == ("Смена 118", str(night.taken))
    assert whole.detail.startswith("с 18:02 вчерашнего дня")
    unsaid = page(shift_totals=night, register=register)
    assert unsaid.detail.startswith("с её открытия")
    closed = page(shift_totals=night, register=replace(register, shift=ShiftState.CLOSED))
    assert (closed.heading, closed.taken, closed.detail.split(" · ")[0]) == ("Смена 118", str(night.taken), "закрыта")


def test_sums_of_the_day_are_not_said_to_be_of_a_shift() -> None:
    screen = page(shift_totals=None, register=None)
    assert (screen.heading, screen.taken) == ("Сегодня", str(given.counter().totals.taken))
    assert "с начала дня" in screen.detail


def test_a_shift_that_gave_money_back_shows_what_it_kept() -> None:
    totals = replace(given.counter().totals, refunds=1, given_back=Money(1_210_00))
    screen = page(totals=totals)
    assert (screen.taken_label, screen.taken) == ("Принято за вычетом возвратов", str(totals.taken - Money(1_210_00)))
    assert ("Возвраты (уже вычтены)", "1 на 1 210 ₽", "") in plain(screen.rows)


def test_a_shift_without_debts_does_not_claim_that_every_sale_was_accrued() -> None:
    note = page(shift_debts={}).debts_note
    assert note is not None
    assert note.text == "Долга по баллам нет."


def test_a_shift_without_sales_divides_by_nothing() -> None:
    totals = replace(given.counter().totals, sales=0, with_customer=0, taken=ZERO, points_spent=NO_POINTS)
    screen = page(totals=totals, shift_debts={})
    assert screen.shares == ()
    assert screen.empty
    assert screen.debts == ()


def test_the_page_says_calmly_that_a_shift_is_not_closed_here() -> None:
    assert "Закрыть смену отсюда пока нельзя." in page().closing.strong
    register = given.counter().register
    assert register is not None
    assert "закрыта" in page(register=replace(register, shift=ShiftState.CLOSED)).closing.strong


def with_cards(reconciliation: Reconciliation | None) -> ShiftScreen:
    return page(means=(TenderKind.CASH, TenderKind.CARD), reconciliation=reconciliation)


def test_a_till_without_a_terminal_says_nothing_of_its_totals() -> None:
    assert (page().terminal, page().reconcile) == (None, None)


def test_the_totals_of_the_terminal_are_suggested_before_the_shift_is_closed() -> None:
    screen = with_cards(None)
    assert screen.terminal is not None
    assert screen.terminal.text == "Сверьте их, прежде чем закрывать смену."
    assert screen.reconcile is not None
    assert (screen.reconcile.ask, screen.reconcile.enabled) == (Ask.RECONCILE, True)


@pytest.mark.parametrize(
    ("reconciliation", "strong", "button"),
    [
        (Reconciliation(), "Идёт сверка итогов терминала.", ("Сверка итогов", False)),
        (replace(loyal.RECONCILED, printed=False), "Сверка итогов прошла, слип не", ("Напечатать слип сверки", True)),
        (loyal.RECONCILED, "Сверка итогов прошла в ", ("Сверка итогов", True)),
    ],
)
def test_the_page_says_how_the_totals_of_the_terminal_stand(
    reconciliation: Reconciliation, strong: str, button: tuple[str, bool]
) -> None:
    screen = with_cards(reconciliation)
    assert screen.terminal is not None
    assert screen.reconcile is not None
    assert screen.terminal.strong.startswith(strong)
    assert (screen.reconcile.text, screen.reconcile.enabled) == button


def test_a_slip_that_a_terminal_did_not_give_is_not_said_to_be_printed() -> None:
    screen = with_cards(replace(loyal.RECONCILED, slip=()))
    assert screen.terminal is not None
    assert screen.terminal.text == ""


def test_a_transcript_tells_of_everything_new_on_the_screen() -> None:
    said = {name: given.plain("\n".join(read(shown(*state)))) for name, state in loyal.states().items()}
    assert "Обещано 45" in said["card-full"]
    assert "[x] Правила программы CDEK ID" in said["join-filled"]
    assert "С CDEK ID 62 %" in said["shift"]
    assert "2: Андрей С. +7 903 •••-••-12 Старт" in said["candidates"]
    assert "Подарок" in said["coupons"]
