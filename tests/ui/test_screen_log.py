import json
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from pos_client.counter.state import CounterState
from pos_client.domain.customer import Standing
from pos_client.ui.entry import Entry, Mode
from pos_client.ui.sale_screen import present
from pos_client.ui.screen_log import ScreenLog, initials, shape
from tests.ui import counter_states as given


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def log_of(path: Path, *moments: tuple[CounterState, Entry]) -> str:
    log = ScreenLog(path)
    for state, entry in moments:
        log.shown(state.now, present(state, entry, zone=UTC))
    return path.read_text(encoding="utf-8")


def test_one_screen_is_one_line(tmp_path: Path) -> None:
    log_of(tmp_path / "log", (given.counter(sale=given.a_sale()), Entry()))
    lines = written(tmp_path / "log")
    assert len(lines) == 1
    assert lines[0]["shown"]["counter"]["money"]["due"].replace("\N{NO-BREAK SPACE}", " ") == "2 500,00 ₽"


def test_only_what_changed_is_written_next(tmp_path: Path) -> None:
    sale = given.counter(sale=given.a_sale())
    log_of(tmp_path / "log", (sale, Entry()), (sale, Entry(mode=Mode.FIND, text="1")))
    assert set(written(tmp_path / "log")[1]["shown"]) == {"find"}


def test_the_same_screen_is_not_written_twice(tmp_path: Path) -> None:
    state = given.counter()
    later = given.counter(now=given.NOW + timedelta(seconds=5))
    log_of(tmp_path / "log", (state, Entry()), (later, Entry()))
    assert len(written(tmp_path / "log")) == 1


def test_names_are_written_by_their_initials(tmp_path: Path) -> None:
    text = log_of(tmp_path / "log", (given.counter(sale=given.a_sale()), Entry()))
    assert "Смирнова" not in text
    assert "Иванова" not in text
    assert "С. А." in text


def test_what_the_till_says_of_a_stranger_is_not_taken_for_a_name(tmp_path: Path) -> None:
    sale = replace(given.a_sale(0), customer=given.standing(Standing.NOT_FOUND))
    assert "Не в программе" in log_of(tmp_path / "log", (given.counter(sale=sale), Entry()))


def test_typed_phones_and_codes_and_reasons_are_written_by_shape(tmp_path: Path) -> None:
    queue = given.with_queue(given.counter())
    reason = Entry(queue_open=True, row="offline:a", mode=Mode.REASON, text="Петрову 89161234567")
    text = log_of(tmp_path / "log", (given.counter(), Entry(mode=Mode.FIND, text="+79161234567")), (queue, reason))
    assert "9161234567" not in text
    assert "Петров" not in text
    assert "+00000000000" in text


def test_a_whole_phone_in_any_sentence_is_masked(tmp_path: Path) -> None:
    notice = replace(given.NOTICE, what="Клиент +7 916 123-45-67 не найден, 89161234567")
    text = log_of(tmp_path / "log", (given.counter(notice=notice), Entry()))
    assert "123-45" not in text
    assert "1234567" not in text


def test_a_gesture_is_written_without_what_was_scanned(tmp_path: Path) -> None:
    ScreenLog(tmp_path / "log").gesture(given.NOW, "scanned", "48151623")
    assert written(tmp_path / "log") == [{"at": given.NOW.isoformat(), "gesture": "scanned", "about": "00000000"}]


def test_the_log_never_grows_beyond_its_bounds(tmp_path: Path) -> None:
    log = ScreenLog(tmp_path / "log", largest=2_000)
    for at in range(500):
        log.gesture(given.NOW, f"gesture {at}")
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["log", "log.1"]
    assert all(file.stat().st_size <= 2_000 for file in files)


def test_a_new_file_begins_with_a_whole_screen(tmp_path: Path) -> None:
    log = ScreenLog(tmp_path / "log", largest=9_000)
    for second in range(120):
        state = given.counter(now=given.NOW + timedelta(minutes=second), sale=given.a_sale())
        log.shown(state.now, present(state, Entry(), zone=UTC))
    lines = written(tmp_path / "log")
    assert (tmp_path / "log.1").exists()
    assert "counter" in lines[0]["shown"]


def test_a_disk_that_refuses_ends_the_log_and_nothing_else(tmp_path: Path) -> None:
    log = ScreenLog(tmp_path / "missing" / "log")
    log.gesture(given.NOW, "queue")
    log.gesture(given.NOW, "queue")
    assert not (tmp_path / "missing").exists()


def test_a_shape_tells_kinds_apart_and_says_nothing_else() -> None:
    assert shape("1106153417") == "0000000000"
    assert shape("+7 (916) Я") == "+0 (000) a"
    assert shape("9" * 10_000) == "0" * 24 + "… 10000"
    assert initials("Смирнова Анна") == "С. А."
