from datetime import UTC

from pos_client.counter.state import CounterState
from pos_client.ui.entry import Ask, Entry, Mode
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
    assert given.plain(queue.detail) == "4 180 ₽ · старшей 42 мин · следующая попытка через 18 с"
    assert [group.title.partition(" —")[0] for group in queue.groups] == ["Нужен человек · 1", "Ждут связи · 3"]
    assert "«Потребитель с таким CDEK ID не найден»" in queue.groups[0].rows[0].reason


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


def test_an_empty_queue_says_that_everything_arrived() -> None:
    queue = queue_of(given.counter())
    assert queue.heading == "Очередь пуста"
    assert queue.groups == ()


def test_an_entry_that_left_the_queue_takes_its_half_typed_reason_with_it() -> None:
    entry = Entry(queue_open=True, row="gone", mode=Mode.REASON, text="почти")
    assert queue_of(given.with_queue(given.counter()), entry).field is None
