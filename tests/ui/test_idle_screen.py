from datetime import UTC

import pytest

from pos_client.counter.state import Arrival, CounterState
from pos_client.ui.entry import Entry
from pos_client.ui.idle_screen import IdleScreen
from pos_client.ui.sale_screen import SaleScreen, present
from tests.ui import counter_states as given


def shown(state: CounterState) -> SaleScreen:
    return present(state, Entry(), zone=UTC)


def idle_of(state: CounterState) -> IdleScreen:
    screen = shown(state).idle
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


def test_the_day_is_summed_up() -> None:
    rows = idle_of(given.counter()).today
    assert [(given.plain(row.label), given.plain(row.value)) for row in rows] == [
        ("Продаж 37", "48 210 ₽"),
        ("С CDEK ID", "62 %"),
        ("Списано баллов", "3 920"),
    ]


def test_an_unfinished_sale_is_the_first_thing_after_a_restart() -> None:
    idle = idle_of(given.counter(unfinished=(given.an_unfinished_sale(),)))
    card = idle.unfinished[0]
    assert given.plain(card.title) == "Незавершённая продажа: заказ 1106 153 417"
    assert given.plain(card.text) == "12:02 · взято 2 500 ₽ наличными, чек не подтверждён"
    assert [button.text for button in idle.buttons] == ["Проверить и довести"]
