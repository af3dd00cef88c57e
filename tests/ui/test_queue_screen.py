from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from pos_client.counter.state import CounterState
from pos_client.ports import QueueLane, Service
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.parts_screen import Tone
from pos_client.ui.queue_screen import QueueScreen
from pos_client.ui.sale_screen import present
from tests.ui import counter_states as given


def queue_of(state: CounterState, entry: Entry | None = None) -> QueueScreen:
    screen = present(state, entry or Entry(queue_open=True), zone=UTC, lookup=lambda _id: given.a_done_sale()).queue
    assert screen is not None
    return screen


def test_the_queue_begins_with_what_needs_a_human() -> None:
    queue = queue_of(given.with_queue(given.counter()))
    assert given.plain(queue.heading) == "Ничего не потеряно: 4 операции ждут"
    assert given.plain(queue.detail) == "4 180 ₽ · старшей 42 мин"
    assert [group.title.partition(" —")[0] for group in queue.groups] == ["Нужен человек · 1", "Ждут связи · 3"]
    assert "«Потребитель с таким CDEK ID не найден»" in queue.groups[0].rows[0].reason


def test_a_list_that_shows_a_part_of_the_queue_counts_all_of_it_and_says_so() -> None:
    state = given.with_queue(given.counter())
    queue = queue_of(replace(state, queue=replace(state.queue, count=5_200, stuck=71)))
    assert given.plain(queue.heading) == "Ничего не потеряно: 5 200 операций ждут"
    assert [given.plain(group.title) for group in queue.groups] == [
        "Нужен человек · 71 · показано 1",
        "Ждут связи · 5 129 — отправятся сами, срок не ограничен · показано 3",
    ]


def test_the_steps_of_an_entry_show_only_what_is_known() -> None:
    state = given.with_queue(given.counter())
    with_sale = queue_of(state).groups[0].rows[0].steps.text
    bare = present(state, Entry(queue_open=True), zone=UTC).queue
    assert with_sale == "✓ деньги ✓ чек × баллы"
    assert bare is not None
    assert bare.groups[0].rows[0].steps.text == "× баллы"


def test_only_what_needs_a_human_can_be_closed_by_hand() -> None:
    state = given.with_queue(given.counter())
    human = queue_of(state, Entry(queue_open=True, row="offline:a"))
    waits = queue_of(state, Entry(queue_open=True, row="offline:1106153417"))
    assert [button.ask for button in human.buttons] == [Ask.CONFIRM, Ask.GIVE_UP]
    assert [button.ask for button in waits.buttons] == [Ask.CONFIRM]


def test_every_entry_says_what_to_do_and_what_to_tell_the_customer() -> None:
    state = given.with_queue(given.counter())
    for each in state.entries:
        notes = queue_of(state, Entry(queue_open=True, row=each.key)).notes
        assert [note.strong for note in notes] == ["Что делать.", "Что сказать."]


def test_an_empty_queue_says_so_and_points_at_an_unfinished_sale() -> None:
    state = given.counter()
    queue = queue_of(state)
    assert (queue.heading, queue.groups) == ("Очередь пуста", ())
    assert "незавершённая" not in queue.detail
    assert "незавершённая" in queue_of(replace(state, unfinished=(given.an_unfinished_sale(),))).detail


def test_a_reserve_that_is_taken_back_is_never_promised_as_an_accrual() -> None:
    state = given.with_queue(given.counter())
    undo = replace(state.entries[0], takes_back=True)
    _, say = queue_of(replace(state, entries=(undo,)), Entry(queue_open=True, row=undo.key)).notes
    assert "вернутся сами" in say.text
    assert "начисл" not in say.text


def test_an_entry_that_left_the_queue_takes_its_half_typed_reason_with_it() -> None:
    entry = Entry(queue_open=True, row="gone", mode=Mode.REASON, text="почти")
    assert queue_of(given.with_queue(given.counter()), entry).field is None


SOON = given.NOW + timedelta(seconds=18)
AWAY = given.NOW - timedelta(minutes=4)


@pytest.mark.parametrize(
    ("lane", "said", "tone"),
    [
        (
            given.a_lane(count=3, since=AWAY, next_try=SOON),
            "Система лояльности: 3 на 2 990 ₽ · не отвечает с 13:58 · попытка через 18 с",
            Tone.SUBTLE,
        ),
        (
            given.a_lane(Service.ORDERS, since=AWAY, next_try=SOON),
            "Заказы: 1 на 2 990 ₽ · не отвечают с 13:58 · попытка через 18 с",
            Tone.SUBTLE,
        ),
        (
            given.a_lane(Service.ORDERS, amount=given.roubles(0)),
            "Заказы: 1 · отправляем сейчас",
            Tone.SUBTLE,
        ),
        (
            given.a_lane(count=2, needs_human=2),
            "Система лояльности: 2 на 2 990 ₽ · отказов 2",
            Tone.SUBTLE,
        ),
        (
            given.a_lane(since=AWAY, paused=True),
            "Система лояльности: 1 на 2 990 ₽ · доступ отклонён: войдите снова или проверьте ключ, затем Ctrl+Enter",
            Tone.DANGER,
        ),
    ],
)
def test_a_line_says_how_a_service_fares(lane: QueueLane, said: str, tone: Tone) -> None:
    (line,) = queue_of(replace(given.with_queue(given.counter()), lanes=(lane,))).lanes
    assert (given.plain(line.text), line.tone) == (said, tone)


@pytest.mark.parametrize(
    ("hours", "said", "tone"),
    [
        (0.9, "", Tone.PLAIN),
        (1.1, "дольше 1 ч", Tone.WARNING),
        (4.1, "дольше 4 ч: сообщите владельцу", Tone.WARNING),
        (24.1, "дольше 24 ч: сообщите владельцу", Tone.WARNING),
        (80, "дольше 72 ч: сообщите владельцу", Tone.WARNING),
    ],
)
def test_an_old_queue_warns_and_later_asks_for_the_owner(hours: float, said: str, tone: Tone) -> None:
    state = given.aged(hours)
    state = replace(state, queue=replace(state.queue, needs_human=0))
    shown = present(state, Entry(queue_open=True), zone=UTC)
    assert shown.queue is not None
    assert given.plain(shown.queue.alarm) == (f"Старшая ждёт {said}" if said else "")
    assert shown.strip.queue.tone is tone
    assert ("сообщите владельцу" in shown.strip.queue.text) is ("владельцу" in said)
    assert said in given.plain(shown.strip.queue_story)


def test_an_old_entry_that_needs_a_human_keeps_the_chip_red() -> None:
    assert present(given.aged(5), Entry(), zone=UTC).strip.queue.tone is Tone.DANGER


@pytest.mark.parametrize("service", [Service.PROCESSING, Service.ORDERS])
@pytest.mark.parametrize("needs_human", [False, True])
def test_an_entry_of_a_refund_promises_neither_an_accrual_nor_a_payment(service: Service, needs_human: bool) -> None:  # noqa: FBT001 - both kinds of entries
    state = given.with_queue(given.counter())
    entry = replace(state.entries[1], service=service, needs_human=needs_human, of_refund=True)
    said = queue_of(replace(state, entries=(entry,)), Entry(queue_open=True, row=entry.key)).notes[-1].text
    assert "возврат" in said
    assert "начислятся" not in said
    assert "Оплата принята" not in said


@pytest.mark.parametrize("needs_human", [False, True])
def test_an_entry_of_a_correction_speaks_of_the_receipt_and_not_of_a_payment(needs_human: bool) -> None:  # noqa: FBT001 - both kinds of entries
    state = given.with_queue(given.counter())
    entry = replace(state.entries[1], service=Service.ORDERS, needs_human=needs_human, of_correction=True)
    said = queue_of(replace(state, entries=(entry,)), Entry(queue_open=True, row=entry.key)).notes[-1].text
    assert "верного чека" in said
    assert "Оплата принята" not in said
