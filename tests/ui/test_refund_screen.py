from dataclasses import replace
from datetime import UTC

import pytest

from pos_client.counter.refund_words import misregistered, receipt_unknown
from pos_client.counter.state import CounterState, PointsBack, WaitFor
from pos_client.domain.money import Points
from pos_client.domain.order import TenderKind
from pos_client.domain.paid_order import PaidVisit
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Trouble
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.parts_screen import Look, Row, Tone
from pos_client.ui.reading import read
from pos_client.ui.refund_screen import RefundScreen
from pos_client.ui.sale_screen import present
from tests.ui import counter_states as given
from tests.ui import loyalty_states as loyal
from tests.ui import refund_states as back


def page(state: CounterState, entry: Entry | None = None) -> RefundScreen:
    made = present(state, entry or Entry(), zone=UTC).refund
    assert made is not None
    return made


def said(state: CounterState, entry: Entry | None = None) -> str:
    return given.plain("\n".join(read(present(state, entry or Entry(), zone=UTC))))


def pairs(rows: tuple[Row, ...]) -> list[tuple[str, str]]:
    return [(row.label, given.plain(row.value)) for row in rows]


def test_the_page_takes_the_place_of_everything_else() -> None:
    screen = present(back.on_page(), Entry(), zone=UTC)
    assert screen.refund is not None
    assert (screen.idle, screen.counter, screen.queue, screen.shift) == (None, None, None, None)


def test_another_page_lies_over_it() -> None:
    assert present(back.on_page(), Entry(shift_open=True), zone=UTC).refund is None


def test_every_visit_says_when_where_how_and_by_which_receipt() -> None:
    first, second = page(back.on_page(back.a_refund(*back.mixed_visits()))).visits
    assert (given.plain(first.label), given.plain(first.detail)) == (
        "12 ноября 14:02 · NSK1 · касса 2",
        "карта 2 000 ₽ · чек ФД 4118",
    )
    assert given.plain(second.detail) == "наличные 2 500 ₽ · списано 490 баллов · чек ФД 4119"


def test_what_goes_back_is_said_by_its_way_card_first() -> None:
    shown = page(back.on_page(back.a_refund(*back.mixed_visits())))
    assert given.plain(shown.back) == "4 500,00 ₽"
    assert pairs(shown.ways) == [("На ту же карту", "2 000,00 ₽"), ("Наличными из кассы", "2 500,00 ₽")]


def test_an_order_paid_in_part_says_how_much_of_it_goes_back() -> None:
    assert "оплачено 2 500 ₽ из 4 990 ₽" in given.plain(page(back.on_page()).about)


def test_points_that_return_are_taken_back_or_were_only_promised_are_told_apart() -> None:
    owed = (loyal.a_debt(), loyal.a_debt(expected=Points(5)))
    shown = page(back.on_page(points=PointsBack(Points(490), Points(125), owed)))
    assert pairs(shown.points) == [
        ("Списанные вернутся на счёт", "490"),
        ("Начисленные за заказ спишутся", "125"),
        ("Обещанные просто отменим", "50"),
    ]


def test_a_number_of_points_that_nobody_knows_is_not_made_up() -> None:
    shown = page(back.on_page(points=PointsBack(Points(0), None, (loyal.a_debt(expected=None),))))
    assert pairs(shown.points) == [("Начисленные за заказ спишутся", ""), ("Обещанные просто отменим", "")]
    assert shown.points[0].detail


def test_an_order_without_points_says_nothing_of_them() -> None:
    bare = back.a_refund(back.a_visit(loyalty_order=""))
    shown = page(back.on_page(bare, points=PointsBack(Points(0), None)))
    assert (shown.points, shown.points_label) == ((), "")


def test_before_the_confirmation_the_one_heavy_button_names_key_and_sum() -> None:
    [[give], [close]] = page(back.on_page()).buttons
    assert (give.ask, give.key, given.plain(give.text), give.look) == (
        Ask.GIVE_BACK,
        "Shift+F9",
        "Вернуть 2 500 ₽",
        Look.CONTRAST,
    )
    assert (close.ask, close.key) == (Ask.PUT_OFF, "Esc")


def test_before_the_confirmation_no_step_is_marked() -> None:
    assert {row.value for row in page(back.on_page()).steps} == {""}


def test_a_step_that_is_not_needed_is_not_shown() -> None:
    labels = [row.label for row in page(back.on_page()).steps]
    assert "Вернуть безналичное" not in labels
    card = [row.label for row in page(back.on_page(back.a_refund(back.mixed_visits()[0]))).steps]
    assert "Вернуть безналичное" in card
    assert "Выдать наличные" not in card


def test_steps_tell_done_going_on_and_still_to_come() -> None:
    state = back.on_page(back.fiscalising(), busy=True, wait=given.waiting(WaitFor.RECEIPT_CHECK, 3))
    steps = page(state).steps
    assert [(given.plain(row.value), row.tone) for row in steps] == [
        ("✓", Tone.GOOD),
        ("идёт… 3 с", Tone.INFO),
        ("—", Tone.SUBTLE),
        ("—", Tone.SUBTLE),
    ]


def test_an_unknown_receipt_counts_seconds_and_offers_nothing_to_press() -> None:
    state = back.on_page(back.fiscalising(), busy=True, wait=given.waiting(WaitFor.RECEIPT_CHECK, 3))
    assert "Проверяем, пробит ли чек возврата… 3 с" in said(state)
    assert "не выдавайте" in said(state)
    assert page(state).buttons == ()


def test_trouble_is_said_whole_and_stops_its_step() -> None:
    state = back.on_page(back.fiscalising(receipt_unknown(given.STOPPED)))
    assert [row.value for row in page(state).steps][1] == "стоим"
    assert "Не удалось узнать, пробит ли чек возврата." in said(state)
    assert "Скажите клиенту" in said(state)


def test_giving_up_is_offered_exactly_while_nothing_can_have_moved() -> None:
    offered = {
        name: any(button.ask is Ask.GIVE_UP for row in page(state).buttons for button in row)
        for name, state in (
            ("unknown", back.on_page(back.fiscalising(receipt_unknown(given.STOPPED)))),
            ("not sent", back.on_page(back.not_sent())),
            ("registered", back.on_page(back.at_stage(RefundStage.HANDING_OUT))),
        )
    }
    assert offered == {"unknown": False, "not sent": True, "registered": False}


def test_the_question_before_giving_up_says_that_nothing_went_back() -> None:
    shown = page(back.on_page(back.not_sent()), Entry(mode=Mode.CANCEL))
    assert shown.doing is not None
    assert shown.doing.tone is Tone.DANGER
    assert [[button.key for button in row] for row in shown.buttons] == [["Del"], ["Esc"]]


def test_after_the_receipt_the_cash_is_asked_for_by_its_sum() -> None:
    state = back.on_page(back.at_stage(RefundStage.HANDING_OUT))
    assert "Выдайте клиенту 2 500 ₽" in said(state)
    [[given_out], [later]] = page(state).buttons
    assert (given_out.ask, given.plain(given_out.text), later.ask) == (Ask.HANDED_OUT, "Выдано 2 500 ₽", Ask.PUT_OFF)
    assert page(state).steps[1].value == "ФД\N{NO-BREAK SPACE}4120 ✓"


def test_the_empty_counter_shows_the_refund_that_came_after_the_last_sale() -> None:
    done = back.at_stage(RefundStage.DONE)
    state = given.counter(last=given.a_done_sale(), last_refund=done)
    assert "Последний возврат: Заказ 1106 153 417 −2 500,00 ₽" in said(state)
    earlier = replace(done, finished_at=given.NOW.replace(hour=9))
    assert "Последняя продажа" in said(replace(state, last_refund=earlier))


@pytest.mark.parametrize(
    ("sales", "refunds", "heading"),
    [
        (0, 1, "Сначала 1 незавершённый возврат"),
        (1, 2, "Сначала 3 незавершённых дела"),
        (1, 0, "Сначала 1 незавершённая продажа"),
    ],
)
def test_what_is_unfinished_comes_first(sales: int, refunds: int, heading: str) -> None:
    state = given.counter(
        unfinished=(given.an_unfinished_sale(),) * sales,
        unfinished_refunds=(back.at_stage(RefundStage.HANDING_OUT),) * refunds,
    )
    assert said(state).splitlines()[1] == heading


def test_an_unfinished_refund_says_what_is_left_of_it() -> None:
    state = given.counter(unfinished_refunds=(back.at_stage(RefundStage.HANDING_OUT), back.not_sent()))
    assert "чек возврата пробит, осталось выдать 2 500 ₽" in said(state)
    assert "чек возврата ещё не пробивали, деньги не выданы" in said(state)


def test_already_returned_is_said_above_everything() -> None:
    assert "Уже возвращено 14 ноября в MSK548" in said(given.counter(notice=back.ALREADY))


def test_asking_for_the_order_says_how_to_answer() -> None:
    screen = present(given.counter(), Entry(mode=Mode.REFUND), zone=UTC)
    assert screen.idle is not None
    assert screen.idle.field is not None
    assert screen.idle.field.label == "Возврат заказа"
    over = present(given.counter(sale=given.a_sale()), Entry(mode=Mode.REFUND), zone=UTC)
    assert over.find is not None


def test_only_keys_that_mean_something_are_lit() -> None:
    lit = present(back.on_page(), Entry(), zone=UTC).keys
    assert {Ask.GIVE_BACK, Ask.HANDED_OUT, Ask.PART} <= lit
    assert not lit & {Ask.REFUND, Ask.CASH, Ask.CARD, Ask.SBP, Ask.POINTS, Ask.JOIN}


def test_money_known_by_word_says_what_to_do_with_a_slip_and_without() -> None:
    state = back.by_hand()
    shown = page(state, Entry().kept(state))
    assert shown.field is not None
    assert shown.field.label == "RRN со слипа оплаты или сумма возврата"
    assert shown.ways[0].detail == "записано со слов: нужен слип"
    assert shown.ways[1].detail == ""
    assert [[button.text for button in row] for row in shown.buttons] == [
        ["Проверить ещё раз"],
        ["Не вернули", "Отложить возврат"],
    ]
    text = said(state)
    assert "картой записаны со слов кассира (Иванова М)" in text
    assert "Shift+F9: вернём через терминал" in text
    assert "на самом терминале" in text
    assert "Не удалось узнать" not in text
    assert "Деньги точно ещё не возвращены?" in said(state, Entry(mode=Mode.NO_SLIP))


@pytest.mark.parametrize(
    ("typed", "words", "key"),
    [
        ("610000000001", "Вернуть через терминал", "Shift+F9"),
        ("2000", "Возвращено 2 000 ₽", "Enter"),
        ("", "Проверить ещё раз", "Enter"),
    ],
)
def test_the_button_says_what_is_typed_by_hand(typed: str, words: str, key: str) -> None:
    shown = page(back.by_hand(), Entry(mode=Mode.SLIP, text=typed)).buttons[0][0]
    assert (given.plain(shown.text), shown.key) == (words, key)


def test_a_transfer_known_by_word_is_given_back_through_the_bank_and_asks_for_no_reference() -> None:
    state = back.by_hand(TenderKind.SBP, Trouble("Банк не находит этот перевод."))
    shown = page(state, Entry().kept(state))
    assert shown.field is not None
    assert shown.field.label == "Сколько вернули через банк?"
    text = said(state)
    assert "Банк ответил: «Банк не находит этот перевод»" in text
    assert "RRN" not in text


def test_a_return_in_doubt_shows_the_question_and_its_answers() -> None:
    state = back.in_doubt()
    shown = page(state, Entry().kept(state))
    assert shown.field is not None
    assert shown.field.label == "Если слип возврата есть: какая на нём сумма?"
    assert [[button.text for button in row] for row in shown.buttons] == [
        ["Проверить ещё раз"],
        ["Слипа нет", "Отложить возврат"],
    ]
    assert "Слипа возврата точно нет?" in said(state, Entry(mode=Mode.NO_SLIP))


def test_a_return_of_another_total_is_corrected_by_one_key_and_no_cash_is_handed_out_before() -> None:
    wrong = back.at_stage(RefundStage.CORRECTING, trouble=misregistered(given.roubles(2501), given.roubles(2500)))
    screen = page(back.on_page(wrong))
    assert (screen.buttons[0][0].text, screen.buttons[0][0].ask) == ("Исправить чек", Ask.CONFIRM)
    assert ("Пробить чек возврата", "стоим") in pairs(screen.steps)
    assert "Наличные пока не выдавайте" in said(back.on_page(wrong))
    idle = said(given.counter(unfinished_refunds=(wrong,)))
    assert "чек возврата пробит на другую сумму и не исправлен, деньги не выданы" in idle


def test_while_it_is_being_corrected_it_is_not_said_to_stand_still() -> None:
    wrong = back.at_stage(RefundStage.CORRECTING, trouble=misregistered(given.roubles(2501), given.roubles(2500)))
    waits, works = (
        page(back.on_page(wrong)),
        page(back.on_page(wrong, busy=True, wait=given.waiting(WaitFor.CORRECTION))),
    )
    assert (waits.badge.text, dict(pairs(waits.steps))["Пробить чек возврата"]) == ("Остановлен", "стоим")
    assert (works.badge.text, dict(pairs(works.steps))["Пробить чек возврата"][:4]) == ("Идёт", "идёт")


@pytest.mark.parametrize(
    ("visits", "stage", "words"),
    [
        ((back.a_visit(TenderKind.CASH),), RefundStage.FISCALISING, "чек возврата ещё не пробивали, деньги не выданы"),
        ((back.a_visit(TenderKind.CARD),), RefundStage.FISCALISING, "ещё не пробивали, безналичное вернулось"),
        (back.mixed_visits(), RefundStage.CORRECTING, "не исправлен, безналичное вернулось, наличные не выданы"),
        ((back.a_visit(TenderKind.CARD),), RefundStage.RECORDING, "чек возврата пробит, осталось записать"),
        ((back.a_visit(TenderKind.CASH),), RefundStage.RECORDING, "осталось записать и выдать 2 500 ₽"),
    ],
)
def test_the_first_screen_asks_for_no_cash_where_the_money_went_back_to_the_card(
    visits: tuple[PaidVisit, ...], stage: RefundStage, words: str
) -> None:
    left = said(given.counter(unfinished_refunds=(back.at_stage(stage, *visits),)))
    assert words in left
    if all(tender.kind is not TenderKind.CASH for visit in visits for tender in visit.tenders):
        assert "выда" not in left.partition(words)[2].partition("\n")[0]


@pytest.mark.parametrize(
    ("contact", "paper", "step"),
    [
        ("", True, "Пробить чек возврата"),
        ("+79165550067", True, "Пробить чек возврата, на бумаге и на ••• 00-67"),
        ("anna@mail.ru", False, "Пробить чек возврата без бумаги, на a•••@mail.ru"),
    ],
)
def test_the_page_says_how_the_customer_gets_the_receipt_and_no_more_of_the_address_than_it_takes(
    contact: str, step: str, *, paper: bool
) -> None:
    shown = page(back.on_page(back.a_refund(contact=contact, paper=paper)))
    assert step in dict(pairs(shown.steps))


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (back.on_page(), True),
        (back.on_page(busy=True), False),
        (back.on_page(back.at_stage(RefundStage.HANDING_OUT)), False),
    ],
)
def test_the_key_of_the_receipt_is_offered_until_anything_moves(state: CounterState, *, offered: bool) -> None:
    assert (Ask.RECEIPT in present(state, Entry(), zone=UTC).keys) is offered
