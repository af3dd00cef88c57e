"""Words of the screen, read out for a transcript."""

from datetime import UTC

import pytest

from pos_client.counter.state import Arrival, CounterState, LightState, WaitFor
from pos_client.ui.entry import Entry, Mode
from pos_client.ui.reading import read
from pos_client.ui.sale_screen import present
from tests.ui import counter_states as given

DOWN = given.lights(processing=LightState.DOWN)


def words(state: CounterState, entry: Entry | None = None) -> str:
    return given.plain("\n".join(read(present(state, entry or Entry(), zone=UTC))))


@pytest.mark.parametrize(
    ("state", "entry", "said"),
    [
        (given.counter(sale=given.a_sale()), Entry(), "К оплате сейчас: 2 500,00 ₽"),
        (given.counter(sale=given.a_sale()), Entry(mode=Mode.CASH, text="3000"), "3 000, сдача 500,00 ₽"),
        (given.counter(sale=given.an_outage_sale(), lights=DOWN), Entry(), "Скажите клиенту: «Баллы начислятся сами»"),
        (
            given.counter(sale=given.a_paid_sale(), wait=given.waiting(WaitFor.RECEIPT_CHECK, 3)),
            Entry(),
            "Проверяем, прошёл ли чек… 3 с",
        ),
        (given.with_queue(given.counter(lights=DOWN)), Entry(queue_open=True), "Ничего не потеряно: 4 операции ждут"),
        (given.counter(last=given.a_done_sale(), last_points=Arrival.ARRIVED), Entry(), "Сдача: 500,00 ₽"),
        (given.counter(), Entry(mode=Mode.FIND, text="1106"), "Найти: 1106"),
        (given.counter(unfinished=(given.a_paid_sale(),)), Entry(), "чек не подтверждён"),
    ],
)
def test_what_stands_on_the_screen_is_read_out(state: CounterState, entry: Entry, said: str) -> None:
    assert said in words(state, entry)


def test_nothing_is_read_of_lights_that_are_well() -> None:
    assert "ОФД" not in words(given.counter())
