from dataclasses import replace
from datetime import UTC

import pytest

from pos_client.counter.state import Arrival, CounterState
from pos_client.domain.money import NO_POINTS
from pos_client.domain.order import TenderKind
from pos_client.domain.sale import Sale, Stage
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.idle_screen import IdleScreen
from pos_client.ui.sale_screen import SaleScreen, present
from tests.ui import counter_states as given
from tests.ui.refund_states import DOCUMENT


def shown(state: CounterState, entry: Entry | None = None) -> SaleScreen:
    return present(state, entry or Entry(), zone=UTC)


def idle_of(state: CounterState, entry: Entry | None = None) -> IdleScreen:
    screen = shown(state, entry).idle
    assert screen is not None
    return screen


def test_change_of_the_last_sale_stays_on_the_idle_screen() -> None:
    idle = idle_of(given.counter(last=given.a_done_sale(), last_points=Arrival.ARRIVED))
    assert given.plain(idle.change) == "500,00 ₽"
    assert given.plain(idle.last[0].label) == "Заказ 1106 153 417"
    assert given.plain(idle.last[-1].value) == "125 баллов — дошли"


def test_a_finished_sale_leaves_the_counter_empty() -> None:
    screen = shown(given.counter(sale=given.a_done_sale(), last=given.a_done_sale()))
    assert screen.counter is None
    assert screen.idle is not None


def test_paper_that_did_not_come_out_asks_for_a_copy_and_never_for_a_second_receipt() -> None:
    note = idle_of(given.counter(last=given.a_done_sale(printed=False))).last_note
    assert note is not None
    assert "бумага не вышла" in note.strong
    assert "копию" in note.text
    assert "Второй раз не пробивайте" in note.text


@pytest.mark.parametrize(
    ("arrival", "said"),
    [
        (Arrival.ARRIVED, "125 баллов — дошли"),
        (Arrival.WAITING, "125 баллов — в пути"),
        (Arrival.REFUSED, "отклонены: см. очередь"),
    ],
)
def test_what_became_of_the_points_is_said(arrival: Arrival, said: str) -> None:
    assert given.plain(idle_of(given.counter(last=given.a_done_sale(), last_points=arrival)).last[-1].value) == said


def test_a_day_that_gave_money_back_says_how_much() -> None:
    totals = replace(given.counter().totals, refunds=2, given_back=given.roubles(1_210))
    rows = idle_of(given.counter(totals=totals)).today
    assert [(given.plain(row.label), given.plain(row.value)) for row in rows][:2] == [
        ("Продаж 37", "48 210 ₽"),
        ("Возвратов 2", "1 210 ₽"),
    ]


def test_the_day_is_summed_up() -> None:
    rows = idle_of(given.counter()).today
    assert [(given.plain(row.label), given.plain(row.value)) for row in rows] == [
        ("Продаж 37", "48 210 ₽"),
        ("С CDEK ID", "62 %"),
        ("Списано баллов", "3 920"),
    ]


def test_an_unfinished_sale_is_the_first_thing_after_a_restart() -> None:
    idle = idle_of(given.counter(unfinished=(given.a_paid_sale(),)))
    card = idle.unfinished[0]
    assert given.plain(card.title) == "Незавершённая продажа: заказ 1106 153 417"
    assert given.plain(card.text) == "14:01 · взято 2 500 ₽ наличными, чек не подтверждён"
    assert [button.text for button in idle.buttons] == ["Проверить и довести"]


def test_an_unfinished_sale_whose_receipt_never_left_may_be_given_up() -> None:
    state = given.counter(unfinished=(given.an_unfinished_sale(), given.a_paid_sale()))
    idle = idle_of(state)
    assert given.plain(idle.unfinished[0].text) == "12:02 · взято 2 500 ₽ наличными, чек ещё не пробивали"
    assert [given.plain(button.text) for button in idle.buttons] == [
        "Проверить и довести",
        "Отменить, вернуть 2 500 ₽ наличными",
    ]
    assert len(idle_of(state, Entry(unfinished=1)).buttons) == 1


def test_before_an_unfinished_sale_is_given_up_the_money_to_hand_back_is_named() -> None:
    idle = idle_of(given.counter(unfinished=(given.an_unfinished_sale(),)), Entry(mode=Mode.CANCEL))
    assert idle.heading == "Отменить эту продажу?"
    assert "Верните клиенту 2 500 ₽ наличными" in given.plain(idle.detail)
    assert [button.ask for button in idle.buttons] == [Ask.GIVE_UP, Ask.PUT_OFF]


def labels(sale: Sale, arrival: Arrival) -> dict[str, str]:
    rows = idle_of(given.counter(last=sale, last_points=arrival)).last
    return {row.label: given.plain(row.value) for row in rows}


@pytest.mark.parametrize("arrival", [Arrival.ARRIVED, Arrival.WAITING, Arrival.NONE])
def test_no_points_are_not_said_to_have_arrived(arrival: Arrival) -> None:
    sale = given.a_done_sale()
    nothing = replace(sale, loyalty=replace(sale.loyalty, promised=NO_POINTS))
    assert "Баллы за заказ" not in labels(nothing, arrival)


def test_points_of_a_part_are_promised_after_the_rest() -> None:
    part = given.a_paid_sale(given.roubles(1000))
    done = part.receipted(DOCUMENT).recorded(at=given.NOW)
    assert labels(done, Arrival.NONE)["Баллы за заказ"] == "125 баллов — после полной оплаты"
    assert "Баллы за заказ" not in labels(given.a_done_sale(), Arrival.NONE)


def test_the_button_of_an_unfinished_sale_is_away_while_enter_finds() -> None:
    state = given.counter(unfinished=(given.an_unfinished_sale(),))
    assert [each.ask for each in idle_of(state).buttons][:1] == [Ask.CONFIRM]
    assert idle_of(state, Entry(mode=Mode.FIND, text="1106")).buttons == ()


def of_last(sale: Sale) -> list[tuple[str, str]]:
    return [(given.plain(row.label), given.plain(row.value)) for row in idle_of(given.counter(last=sale)).last]


def test_the_last_sale_tells_by_what_it_was_paid_and_which_points_it_spent() -> None:
    by_cash = given.a_done_sale()
    assert of_last(by_cash)[:2] == [("Заказ 1106 153 417", "2 500,00 ₽"), ("Получено наличными", "3 000,00 ₽")]
    assert ("Списано баллов", "490") in of_last(by_cash)
    card = replace(by_cash.tenders[0], kind=TenderKind.CARD, received=given.roubles(2500))
    by_card = replace(by_cash, tenders=(card,))
    assert of_last(by_card)[1] == ("Оплачено", "картой")


def test_the_last_sale_of_several_means_names_each_with_its_sum() -> None:
    done = given.a_done_sale()
    parts = (
        replace(done.tenders[0], kind=TenderKind.CARD, amount=given.roubles(2000), received=given.roubles(2000)),
        replace(done.tenders[0], amount=given.roubles(500), received=given.roubles(1000)),
    )
    assert of_last(replace(done, tenders=parts))[1:4] == [
        ("Карта", "2 000,00 ₽"),
        ("Наличные", "500,00 ₽"),
        ("Получено наличными", "1 000,00 ₽"),
    ]


def test_points_that_an_earlier_visit_spent_are_not_told_again() -> None:
    done = given.a_done_sale()
    assert done.order is not None
    assert done.quote is not None
    later = replace(
        done, order=replace(done.order, visits=(replace(given.paid_before(), points_spent=done.quote.points),))
    )
    assert "Списано баллов" not in dict(of_last(later))


def test_a_sale_that_was_given_up_is_not_said_to_have_been_paid_by_anything() -> None:
    sale = replace(given.a_done_sale(), stage=Stage.CANCELLED)
    assert not {"Оплачено", "Списано баллов"} & set(dict(of_last(sale)))
