from dataclasses import replace
from datetime import UTC, date, timedelta
from uuid import UUID

import pytest

from pos_client.counter.state import CounterState, LightState, WaitFor
from pos_client.domain import choosing
from pos_client.domain.customer import Balance, Customer, Expiration, Standing
from pos_client.domain.loyalty import Earning
from pos_client.domain.money import NO_POINTS, Points
from pos_client.domain.order import Obstacle, OrderState, Payer
from pos_client.domain.sale import Sale, Trouble
from pos_client.ports import RegisterState, Service, ShiftState
from pos_client.ui.entry import OBSTACLES, Ask, Entry, Mode
from pos_client.ui.money_screen import BarKind, MoneyScreen
from pos_client.ui.parts_screen import Button, Tone
from pos_client.ui.sale_screen import CounterScreen, SaleScreen, present
from pos_client.ui.strip_screen import Shape
from tests.ui import counter_states as given
from tests.ui import refund_states as refunds


def shown(state: CounterState, entry: Entry | None = None) -> SaleScreen:
    return present(state, entry or Entry(), zone=UTC)


def counter_of(state: CounterState, entry: Entry | None = None) -> CounterScreen:
    screen = shown(state, entry).counter
    assert screen is not None
    return screen


def money_of(sale: Sale, entry: Entry | None = None, **changes: object) -> MoneyScreen:
    return counter_of(given.counter(sale=sale, **changes), entry).money


def buttons(money: MoneyScreen) -> dict[Ask, Button]:
    return {each.ask: each for row in money.buttons for each in row}


# ------------------------------------------------------------------------------------------------------- the money


def test_total_points_paid_before_due_and_points_to_be_earned_stand_together() -> None:
    money = money_of(given.a_sale())
    assert [(row.label, given.plain(row.value)) for row in money.rows] == [
        ("Стоимость заказа", "4 990,00 ₽"),
        ("Баллами", "−490,00 ₽"),
        ("Оплачено раньше", "−2 000,00 ₽"),
    ]
    assert given.plain(money.due) == "2 500,00 ₽"
    assert money.earning is not None
    assert given.plain(money.earning.strong) == "Начислим 125 баллов"
    assert "(5 %)" in money.earning.text


@pytest.mark.parametrize("mode", list(Mode))
def test_whatever_is_typed_the_total_stays_in_sight(mode: Mode) -> None:
    money = money_of(given.a_sale(), Entry(mode=mode, text="1"))
    assert given.plain(money.rows[0].value) == "4 990,00 ₽"
    assert "2 500,00 ₽" in given.plain(f"{money.due_label} {money.due}")
    assert money.earning is not None


def test_every_discount_stands_by_its_name() -> None:
    sale = choosing.quoted(given.a_sale(), given.discounted(given.an_order()), order_id="1")
    assert [row.label for row in money_of(sale).rows] == [
        "Стоимость заказа",
        "Третья отправка −50 %",
        "Купон ОСЕНЬ",
        "Оплачено раньше",
    ]


def test_a_row_of_zero_is_not_shown() -> None:
    money = money_of(given.a_sale(0, order=given.an_order(visits=())))
    assert [row.label for row in money.rows] == ["Стоимость заказа"]


def test_the_bar_sums_to_the_whole_price() -> None:
    bar = money_of(given.a_sale()).bar
    assert {segment.kind: segment.share for segment in bar.segments} == {
        BarKind.OFF: 49_000,
        BarKind.PAID: 200_000,
        BarKind.LEFT: 250_000,
    }
    assert given.plain(bar.done) == "баллы 490 · карта 2 000 ✓"
    assert given.plain(bar.left) == "осталось 2 500 ₽"


def test_points_that_cannot_be_spent_are_named_in_an_outage() -> None:
    rows = money_of(given.an_outage_sale()).rows
    assert ("Баллами", "не списываем") in [(row.label, row.value) for row in rows]


def test_points_of_an_earlier_visit_are_promised_to_whoever_brings_the_rest() -> None:
    note = money_of(given.carried_sale()).earning
    assert note is not None
    assert f"{note.strong} {note.text}" == "Баллы прошлого визита откроются после полной оплаты."
    assert note.tone is Tone.GOOD


@pytest.mark.parametrize("earning", list(Earning))
def test_every_earning_has_a_sentence_of_its_own(earning: Earning) -> None:
    order = given.an_order()
    said = {
        kind: money_of(choosing.quoted(given.a_sale(), given.a_quote(order, 0, kind), order_id="1")).earning
        for kind in Earning
    }
    mine = said[earning]
    assert mine is not None
    assert [kind for kind, note in said.items() if note == mine] == [earning]


@pytest.mark.parametrize(("points", "said"), [(4990, "доставка оплачена баллами."), (490, "условия тарифа")])
def test_zero_points_are_put_down_to_points_only_where_points_cover_the_delivery(points: int, said: str) -> None:
    order = given.an_order(visits=())
    quote = replace(given.a_quote(order, points, Earning.NOTHING_BY_RULE), redeemable=Points(4990))
    note = money_of(choosing.quoted(given.a_sale(0, order=order), quote, order_id="1")).earning
    assert note is not None
    assert said in note.text


def test_an_order_from_abroad_promises_nothing_for_a_scan() -> None:
    order = given.an_order(international=True)
    quote = given.a_quote(order, 0, Earning.NO_CUSTOMER)
    note = money_of(choosing.quoted(choosing.identified(given.a_sale(order=order), None), quote, order_id="1")).earning
    assert note is not None
    assert note.strong == "Международный заказ:"


@pytest.mark.parametrize(
    ("customer", "found"),
    [
        (given.member(), True),
        (replace(given.member(), card_blocked=True), False),
        (given.standing(Standing.BLOCKED), False),
        (given.standing(Standing.UNRESOLVED), False),
    ],
)
def test_only_a_member_is_said_to_be_found(customer: Customer, found: bool) -> None:  # noqa: FBT001 - a column of the table
    bare = choosing.identified(Sale(UUID(int=9), given.NOW, "MSK548", "1", given.CASHIER), customer)
    note = money_of(bare).earning
    assert note is not None
    assert (note.strong == "Клиент найден.") == found


def test_an_outage_beside_a_refund_does_not_promise_to_accrue() -> None:
    down = given.lights(processing=LightState.DOWN)
    banner = shown(replace(refunds.on_page(), lights=down)).banner
    assert banner is not None
    assert not any("начислятся" in line for line in banner.lines)
    assert any("Баллы по возврату" in line for line in banner.lines)


def test_a_rule_that_could_not_be_read_is_never_called_zero() -> None:
    order = given.an_order()
    note = money_of(
        choosing.quoted(given.a_sale(), given.a_quote(order, 0, Earning.RULE_UNKNOWN), order_id="1")
    ).earning
    assert note is not None
    assert "неизвестно" in note.strong
    assert note.tone is Tone.WARNING


# ------------------------------------------------------------------------------------------------------ the typing


def test_typed_cash_shows_the_change() -> None:
    field = money_of(given.a_sale(), Entry(mode=Mode.CASH, text="3000")).field
    assert field is not None
    assert (given.plain(field.text), field.aside, given.plain(field.value)) == ("3 000", "сдача", "500,00 ₽")


def test_cash_below_what_is_due_says_how_much_is_missing_and_cannot_be_accepted() -> None:
    money = money_of(given.a_sale(), Entry(mode=Mode.CASH, text="2000"))
    assert money.field is not None
    assert (money.field.aside, given.plain(money.field.value)) == ("не хватает", "500,00 ₽")
    assert not buttons(money)[Ask.CONFIRM].enabled


def test_suggested_sums_are_the_next_round_ones() -> None:
    labels = [given.plain(chip.label) for chip in money_of(given.a_sale(), Entry(mode=Mode.CASH)).chips]
    assert labels == ["без сдачи", "3 000", "5 000"]


def test_a_part_shows_itself_and_the_whole() -> None:
    money = money_of(given.a_sale(), Entry(mode=Mode.CASH, part=given.roubles(1000)))
    assert given.plain(money.due) == "1 000,00 ₽"
    assert given.plain(money.due_label) == "Часть из 2 500,00 ₽"


def test_a_doubtful_sum_is_accepted_by_another_key_than_the_one_that_typed_it() -> None:
    money = money_of(given.a_sale(), Entry(mode=Mode.CASH, text="30000", doubted=True))
    assert set(buttons(money)) == {Ask.CASH}
    assert buttons(money)[Ask.CASH].key == "F5"


# ----------------------------------------------------------------------------------------------------- the buttons


def test_what_this_till_cannot_take_is_disabled_and_says_why() -> None:
    made = buttons(money_of(given.a_sale()))
    assert made[Ask.CASH].enabled
    for ask in (Ask.CARD, Ask.SBP):
        assert not made[ask].enabled
        assert made[ask].reason


def test_while_money_moves_nothing_can_be_pressed() -> None:
    money = money_of(given.a_paid_sale(), wait=given.waiting(WaitFor.RECEIPT_CHECK, 3))
    assert not any(button.enabled for button in buttons(money).values())
    assert money.doing is not None
    assert given.plain(money.doing.strong) == "Проверяем, прошёл ли чек… 3 с"


def test_a_trouble_says_what_money_action_and_what_to_tell_the_customer() -> None:
    money = money_of(given.a_paid_sale().troubled(given.UNKNOWN_RECEIPT))
    assert money.doing is not None
    assert money.doing.strong == given.UNKNOWN_RECEIPT.what
    assert money.doing.lines == (
        given.UNKNOWN_RECEIPT.money,
        given.UNKNOWN_RECEIPT.action,
        f"Скажите клиенту: «{given.UNKNOWN_RECEIPT.say}»",
    )


def test_a_sale_whose_receipt_may_exist_cannot_be_given_up() -> None:
    unknown = given.a_paid_sale().troubled(given.UNKNOWN_RECEIPT)
    refused = given.an_unfinished_sale().troubled(given.UNKNOWN_RECEIPT)
    assert Ask.GIVE_UP not in buttons(money_of(unknown))
    assert Ask.GIVE_UP in buttons(money_of(refused))


def test_slow_loyalty_offers_the_key_that_goes_on_without_it() -> None:
    money = money_of(given.a_sale(0), wait=given.waiting(WaitFor.QUOTE))
    assert buttons(money)[Ask.CONFIRM].text == "Продолжить без баллов"
    assert buttons(money)[Ask.CONFIRM].key == "Enter"
    assert shown(given.counter(wait=given.waiting(WaitFor.QUOTE))).waiting


def test_while_a_customer_is_looked_up_nobody_is_told_that_there_is_none() -> None:
    bare = choosing.quoted(given.a_sale(0), given.a_quote(given.an_order(), 0, Earning.NO_CUSTOMER), order_id="1")
    note = money_of(bare, wait=given.waiting(WaitFor.CUSTOMER)).earning
    assert note is not None
    assert note.strong == "Считаем цену и баллы…"


def test_a_quick_wait_disturbs_nobody() -> None:
    state = given.counter(sale=given.a_sale(), wait=given.waiting(WaitFor.QUOTE, 0.2, slow=False))
    assert not shown(state).waiting
    assert counter_of(state).money.doing is None


@pytest.mark.parametrize(
    ("obstacle", "changes"),
    [
        (Obstacle.OTHER_OFFICE, {"origin_office": "SPB2"}),
        (Obstacle.DELIVERED, {"state": OrderState.DELIVERED}),
        (Obstacle.NOT_DELIVERED, {"state": OrderState.NOT_DELIVERED}),
        (Obstacle.ON_THE_WAY, {"state": OrderState.ON_THE_WAY, "payer": Payer.RECIPIENT}),
        (Obstacle.NOTHING_DUE, {"lines": given.lines()[1:]}),
    ],
)
def test_an_order_that_cannot_be_paid_here_says_why_and_takes_no_money(
    obstacle: Obstacle, changes: dict[str, object]
) -> None:
    screen = counter_of(given.counter(sale=replace(given.a_sale(), order=given.an_order(**changes), quote=None)))
    assert screen.order.note is not None
    assert screen.order.note.strong == OBSTACLES[obstacle]
    assert buttons(screen.money)[Ask.CASH].reason == OBSTACLES[obstacle]
    assert not buttons(screen.money)[Ask.CASH].enabled


# ---------------------------------------------------------------------------------------------------- the customer


def test_a_member_shows_what_may_be_spent_what_waits_and_what_burns() -> None:
    screen = counter_of(given.counter(sale=given.a_sale())).customer
    assert (screen.name, screen.balance) == ("Смирнова Анна", "620")
    assert [(given.plain(row.label), row.value) for row in screen.rows] == [
        ("Можно списать", "490"),
        ("Ждут полной оплаты", "80"),
        ("Сгорят 30 ноября", "25"),
    ]


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing.NOT_FOUND, "Такого клиента в программе нет."),
        (Standing.AMBIGUOUS, "Нашлось несколько клиентов."),
        (Standing.BLOCKED, "Участие в программе заблокировано."),
        (Standing.UNRESOLVED, "Баланс сейчас неизвестен"),
    ],
)
def test_every_standing_but_a_members_says_what_it_means(standing: Standing, said: str) -> None:
    sale = replace(given.a_sale(0), customer=given.standing(standing))
    screen = counter_of(given.counter(sale=sale)).customer
    assert screen.note is not None
    assert screen.note.strong == said
    assert screen.balance == ""


def test_points_that_burn_in_another_year_say_so() -> None:
    balance = Balance(Points(620), NO_POINTS, Expiration(Points(25), date(2027, 11, 21)), given.NOW)
    rows = counter_of(given.counter(sale=given.a_sale(customer=replace(given.member(), balance=balance)))).customer.rows
    assert [given.plain(row.label) for row in rows] == ["Можно списать", "Сгорят 21 ноября 2027"]


def test_a_balance_that_is_only_remembered_is_shown_with_its_time() -> None:
    screen = counter_of(given.counter(sale=given.an_outage_sale())).customer
    assert screen.note is not None
    assert given.plain(screen.note.lines[0]) == "Последний известный: 620 баллов, 12:40"


def test_a_code_nobody_resolved_is_not_shown_in_full() -> None:
    sale = given.an_outage_sale(given.standing(Standing.UNRESOLVED))
    screen = counter_of(given.counter(sale=sale)).customer
    assert "48151623" not in f"{screen}"


def test_points_cannot_be_spent_while_loyalty_is_down() -> None:
    down = given.lights(processing=LightState.DOWN)
    button = counter_of(given.counter(sale=given.an_outage_sale(), lights=down)).customer.buttons[0][0]
    assert button.ask is Ask.POINTS
    assert not button.enabled
    assert "не отвечает" in button.reason


# ------------------------------------------------------------------------------------------------- strip and banner


def test_a_light_differs_by_shape_and_word_as_well_as_colour() -> None:
    lights = given.lights(
        orders=LightState.UNKNOWN,
        processing=LightState.DOWN,
        register=LightState.ATTENTION,
    )
    lamps = shown(given.counter(lights=lights)).strip.lamps
    assert [(lamp.shape, given.plain(lamp.text)) for lamp in lamps[:4]] == [
        (Shape.RING, "Заказы"),
        (Shape.DIAMOND, "Баллы · не отвечают 4 мин"),
        (Shape.TRIANGLE, "ККТ · проверьте"),
        (Shape.DISC, "ОФД"),
    ]


def test_a_service_that_does_not_exist_yet_is_never_green() -> None:
    absent = shown(given.counter()).strip.lamps[4:]
    assert [lamp.text for lamp in absent] == ["Терминал · нет", "Чеки · нет"]
    assert all(lamp.shape is Shape.RING and lamp.tone is Tone.SUBTLE for lamp in absent)


def test_loyalty_down_is_a_calm_line_that_says_what_to_tell_the_customer() -> None:
    banner = shown(given.counter(lights=given.lights(processing=LightState.DOWN))).banner
    assert banner is not None
    assert banner.strong == "Система лояльности не отвечает."
    assert "в безопасности" in banner.text
    assert banner.lines[-1].startswith("Скажите клиенту")


def test_a_notice_comes_before_the_state_of_the_services() -> None:
    state = given.counter(notice=given.NOTICE, lights=given.lights(processing=LightState.DOWN))
    banner = shown(state).banner
    assert banner is not None
    assert banner.strong == given.NOTICE.what


def test_trouble_of_the_register_is_told_once_by_the_sale_that_it_stops() -> None:
    lights = given.lights(register=LightState.DOWN)
    stopped = given.an_unfinished_sale().troubled(given.UNKNOWN_RECEIPT)
    assert shown(given.counter(sale=stopped, lights=lights)).banner is None
    assert shown(given.counter(sale=given.a_sale(), lights=lights)).banner is not None
    both = given.lights(register=LightState.DOWN, processing=LightState.DOWN)
    banner = shown(given.counter(sale=stopped, lights=both)).banner
    assert banner is not None
    assert "лояльности" in banner.strong


def test_a_notice_that_the_sale_tells_itself_is_not_told_twice() -> None:
    stopped = given.an_unfinished_sale().troubled(given.UNKNOWN_RECEIPT)
    assert shown(given.counter(sale=stopped, notice=given.UNKNOWN_RECEIPT)).banner is None


@pytest.mark.parametrize(
    ("hours", "said"),
    [(1, "Так с 13:02."), (20, "Так с 18:02 вчерашнего дня."), (24 * 9, "Так с 14:02 5 ноября.")],
)
def test_how_long_a_light_is_so_is_said_in_russian(hours: int, said: str) -> None:
    lights = tuple(replace(light, since=given.NOW - timedelta(hours=hours)) for light in given.lights())
    banner = shown(given.counter(lights=lights), Entry(light=Service.ORDERS)).banner
    assert banner is not None
    assert given.plain(banner.text) == said


def test_a_chosen_light_tells_since_when_and_what_still_works() -> None:
    state = given.counter(lights=given.lights(orders=LightState.WEAK))
    banner = shown(state, Entry(light=Service.ORDERS)).banner
    assert banner is not None
    assert "Так с 13:58" in banner.text
    assert "Последний ответ: 13:57" in banner.text


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (ShiftState.OPEN, "Касса 1 · Смена 118"),
        (ShiftState.CLOSED, "Касса 1 · Смена закрыта"),
        (ShiftState.EXPIRED, "Касса 1 · Смена больше 24 ч"),
    ],
)
def test_the_strip_says_how_the_shift_is(shift: ShiftState, said: str) -> None:
    assert shown(given.counter(register=RegisterState(shift, 118, 1, "9"))).strip.place == said


def test_the_queue_chip_counts_what_waits() -> None:
    chip = shown(given.with_queue(given.counter())).strip.queue
    assert given.plain(chip.text) == "В очереди 4 · 4 180 ₽ · 42 мин"
    assert shown(given.counter()).strip.queue.text == "Очередь пуста"


def test_a_training_till_says_so() -> None:
    assert shown(given.counter(training=True)).training.startswith("Учебная касса")
    assert shown(given.counter()).training == ""


# ------------------------------------------------------------------------------------------------------ everything


def test_exactly_one_page_is_shown() -> None:
    for state, entry in (
        (given.counter(), Entry()),
        (given.counter(sale=given.a_sale()), Entry()),
        (given.counter(sale=given.a_sale()), Entry(queue_open=True)),
    ):
        screen = shown(state, entry)
        assert sum(page is not None for page in (screen.idle, screen.counter, screen.queue)) == 1


def test_a_sale_that_is_only_a_name_has_no_page_of_its_own() -> None:
    bare = Sale(UUID(int=9), given.NOW, "MSK548", "1", given.CASHIER)
    assert shown(given.counter(sale=bare)).idle is not None


def test_time_going_by_changes_nothing_on_a_quiet_screen() -> None:
    state = given.counter(sale=given.a_sale())
    assert shown(state) == shown(replace(state, now=state.now + timedelta(seconds=30)))


def test_trouble_of_an_open_sale_leaves_the_ways_to_pay() -> None:
    sale = given.a_sale(0).troubled(Trouble("Баллы не списаны.", money="Оплата не проведена."))
    money = money_of(sale)
    assert money.doing is not None
    assert buttons(money)[Ask.CASH].enabled


def test_all_paid_by_points_still_prints_a_receipt() -> None:
    order = given.an_order(visits=())
    quote = replace(given.a_quote(order, 4990), redeemable=Points(4990))
    money = money_of(choosing.quoted(given.a_sale(0, order=order), quote, order_id="1"))
    assert buttons(money)[Ask.CASH].text == "Пробить чек без доплаты"
