from dataclasses import replace
from datetime import UTC

import pytest

from pos_client.counter.state import CounterState, JoinStep, TenderStep
from pos_client.domain.payment import TenderState
from pos_client.domain.sale import Stage
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.money_screen import BarKind, MoneyScreen
from pos_client.ui.reading import read
from pos_client.ui.sale_screen import present
from tests.ui import counter_states as given
from tests.ui import loyalty_states as loyal
from tests.ui import tender_states as money


def card(state: CounterState, entry: Entry | None = None) -> MoneyScreen:
    made = present(state, entry or Entry(), zone=UTC).counter
    assert made is not None
    return made.money


def said(state: CounterState, entry: Entry | None = None) -> str:
    return given.plain("\n".join(read(present(state, entry or Entry(), zone=UTC))))


def enabled(state: CounterState, entry: Entry | None = None) -> set[Ask]:
    return {button.ask for row in card(state, entry).buttons for button in row if button.enabled}


def test_card_and_transfer_can_be_pressed_exactly_where_the_till_has_them() -> None:
    assert {Ask.CARD, Ask.SBP} <= enabled(money.OPEN)
    bare = given.counter(sale=given.a_sale())
    assert not enabled(bare) & {Ask.CARD, Ask.SBP}
    [row] = [row for row in card(bare).buttons if row[0].ask is Ask.CARD]
    assert [bool(button.reason) for button in row] == [True, True]


def test_the_plan_is_seen_row_by_row_with_what_is_left() -> None:
    shown = card(money.OPEN, Entry(mode=Mode.PART, plan=(money.wish(money.CARD, 2000),)))
    assert (shown.rows[-1].label, given.plain(shown.rows[-1].value)) == ("1. Карта", "2 000,00 ₽")
    assert shown.field is not None
    assert given.plain(shown.field.placeholder) == "остаток 500"


def test_equal_parts_say_how_much_each_is() -> None:
    field = card(money.OPEN, Entry(mode=Mode.PART, text="/3")).field
    assert field is not None
    assert (field.text, given.plain(field.value)) == ("поровну на 3", "833,34 ₽")


@pytest.mark.parametrize(
    ("text", "plan", "label", "due"),
    [
        ("", 0, "К оплате сейчас", "2 500,00 ₽"),
        ("1000", 0, "Часть из 2 500,00 ₽", "1 000,00 ₽"),
        ("9000", 0, "К оплате сейчас", "2 500,00 ₽"),
        ("/3", 0, "Каждая из 3 частей из 2 500,00 ₽", "833,34 ₽"),
        ("", 2000, "Остаток из 2 500,00 ₽: чем платят", "500,00 ₽"),
        ("200", 2000, "Часть из 2 500,00 ₽", "200,00 ₽"),
    ],
)
def test_the_large_sum_is_the_part_that_is_being_planned(text: str, plan: int, label: str, due: str) -> None:
    rows = (money.wish(money.CARD, plan),) if plan else ()
    shown = card(money.OPEN, Entry(mode=Mode.PART, text=text, plan=rows))
    assert (given.plain(shown.due_label), given.plain(shown.due)) == (label, due)


def test_the_bar_shows_what_is_planned_together_with_the_part_in_hand() -> None:
    rows = (money.wish(money.CARD, 2000),)
    shown = card(money.OPEN, Entry(mode=Mode.PART, text="200", plan=rows))
    shares = {piece.kind: piece.share for piece in shown.bar.segments}
    assert (shares[BarKind.NOW], shares[BarKind.LEFT]) == (220_000, 30_000)


def test_while_the_rest_is_planned_anew_the_large_sum_is_the_part_in_hand() -> None:
    shown = card(money.deciding(money.PAID_2000), Entry(mode=Mode.PART, text="300"))
    assert (given.plain(shown.due_label), given.plain(shown.due)) == ("Часть из 500,00 ₽", "300,00 ₽")


def test_the_bar_tells_what_moved_and_what_is_left() -> None:
    bar = card(money.deciding(money.PAID_2000)).bar
    assert given.plain(bar.done) == "баллы 490 · карта 4 000 ✓"
    assert given.plain(bar.left) == "осталось 500 ₽"


def test_money_that_has_not_moved_is_not_told_as_paid() -> None:
    assert given.plain(card(money.asking()).bar.left) == "осталось 2 500 ₽"


@pytest.mark.parametrize(
    ("state", "label", "due"),
    [
        (money.asking(), "Картой сейчас", "2 000,00 ₽"),
        (money.scanning(), "По СБП сейчас", "2 500,00 ₽"),
        (money.counting(), "Наличными сейчас", "500,00 ₽"),
        (money.deciding(money.PAID_2000), "Осталось оплатить", "500,00 ₽"),
        (money.checking(), "Проверяем оплату", "2 500,00 ₽"),
        (money.asked_person(), "Прошла ли эта оплата?", "2 500,00 ₽"),
    ],
)
def test_the_large_sum_is_the_one_that_is_dealt_with(state: CounterState, label: str, due: str) -> None:
    shown = card(state, Entry().kept(state))
    assert (shown.due_label, given.plain(shown.due)) == (label, due)
    assert given.plain(shown.rows[0].value) == "4 990,00 ₽"


def test_an_unknown_outcome_counts_seconds_and_allows_nothing() -> None:
    assert "Проверяем, прошла ли оплата… 3 с" in said(money.checking())
    assert enabled(money.checking()) == set()
    assert not present(money.checking(), Entry(), zone=UTC).keys & {Ask.CASH, Ask.CARD, Ask.SBP, Ask.PART, Ask.EXACT}


def test_a_declined_card_says_why_and_offers_every_other_way() -> None:
    state = money.deciding(money.PAID_2000)
    assert "На карте недостаточно средств." in said(state)
    assert "2 000,00 ₽" in said(state)
    assert enabled(state) == {Ask.CASH, Ask.CARD, Ask.SBP, Ask.PART, Ask.ENOUGH, Ask.PUT_OFF}
    assert Ask.ENOUGH not in enabled(money.deciding())


def test_card_and_transfer_wait_while_received_cash_is_typed() -> None:
    assert {Ask.CARD, Ask.SBP} <= enabled(money.counting(), Entry(mode=Mode.CASH))
    assert not {Ask.CARD, Ask.SBP} & enabled(money.counting(), Entry(mode=Mode.CASH, text="1000"))


def test_two_questions_are_asked_and_signed() -> None:
    state = money.asked_person()
    assert "какая на нём сумма?" in said(state, Entry(mode=Mode.SLIP))
    assert enabled(state, Entry(mode=Mode.SLIP)) == {Ask.CONFIRM, Ask.GIVE_UP, Ask.PUT_OFF}
    assert "Подпись: Иванова М." in said(state, Entry(mode=Mode.NO_SLIP))


def test_giving_up_says_which_money_goes_back_by_itself() -> None:
    shown = card(money.deciding(money.PAID_2000), Entry(mode=Mode.CANCEL)).doing
    assert shown is not None
    assert "Сами вернутся 2 000 ₽ картой." in given.plain(shown.text)
    assert "Верните" not in shown.text


def test_the_code_stands_in_the_place_of_the_order_and_counts_down() -> None:
    made = present(money.scanning(), Entry(), zone=UTC).counter
    assert made is not None
    assert made.qr is not None
    assert (made.qr.payload, made.qr.countdown) == (money.PAYLOAD, "Код действует ещё 2:41")
    late = present(money.scanning(12), Entry(), zone=UTC).counter
    assert late is not None
    assert late.qr is not None
    assert late.qr.tone is not made.qr.tone
    over = present(money.scanning(-1), Entry(), zone=UTC).counter
    assert over is not None
    assert over.qr is not None
    assert "вышло" in over.qr.countdown


def test_nothing_lies_over_the_code() -> None:
    form = replace(money.scanning(), joining=loyal.a_form())
    assert form.joining is not None
    assert form.joining.step is JoinStep.FORM
    assert present(form, Entry(), zone=UTC).joining is None


def test_a_parcel_that_is_heavier_than_declared_says_both_weights_and_the_difference() -> None:
    state = given.counter(sale=given.a_sale(0, order=money.overweight()))
    assert "Перевес 1,4 кг +500 ₽" in said(state)
    assert "(заявлено 2 кг, измерено 3,4 кг)" in said(state)
    assert "Перевес" not in said(money.OPEN)


@pytest.mark.parametrize(
    ("contact", "shown"),
    [("anna@mail.ru", "Чек и на бумаге a•••@mail.ru"), ("+79161234567", "Чек и на бумаге ••• 45-67")],
)
def test_where_the_receipt_goes_is_seen_without_telling_it(contact: str, shown: str) -> None:
    state = given.counter(sale=replace(given.a_sale(), contact=contact))
    assert shown in said(state)
    assert contact not in said(state)
    assert "Чек и" not in said(money.OPEN)


def test_without_a_code_there_is_an_order() -> None:
    made = present(money.asking(), Entry(), zone=UTC).counter
    assert made is not None
    assert made.qr is None


def test_an_interrupted_payment_says_what_is_known_of_its_money() -> None:
    unknown = given.counter(unfinished=(money.paying(money.tender(money.CARD, 2500, TenderState.ASKED)),))
    assert "прошла ли оплата, ещё неизвестно" in said(unknown)
    partly = given.counter(unfinished=(money.paying(money.PAID_2000, money.tender(money.CASH, 500)),))
    assert "взято 2 000 ₽ картой, чека ещё не было" in said(partly)
    nothing = given.counter(unfinished=(money.paying(money.tender(money.CARD, 2500, TenderState.DECLINED)),))
    assert "деньги не взяты" in said(nothing)


def test_where_the_code_was_it_says_that_it_is_paid_until_the_next_thing_has_ended() -> None:
    paid = "Оплачено по СБП 1 200,00 ₽ ✓"
    card_next = money.taking(TenderStep.ASKING, money.PAID_BY_CODE, money.tender(money.CARD, 1300, TenderState.ASKED))
    receipt_next = given.counter(sale=replace(money.paying(money.PAID_BY_CODE), stage=Stage.FISCALISING))
    for state in (money.paid_by_code(), card_next, receipt_next):
        assert paid in said(state)
    card = money.tender(money.CARD, 600, TenderState.APPROVED)
    card_paid = money.taking(TenderStep.CASH, money.PAID_BY_CODE, card, money.tender(money.CASH, 700))
    declined = money.deciding(money.PAID_BY_CODE)
    gone = money.taking(TenderStep.GIVING_BACK, money.PAID_BY_CODE)
    for state in (card_paid, declined, gone, money.scanning(), money.counting(), money.OPEN):
        assert "Оплачено по СБП" not in said(state)
