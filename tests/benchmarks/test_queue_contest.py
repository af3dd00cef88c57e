from __future__ import annotations

import pytest

from tests.benchmarks.queue_contest import OURS, YARDSTICK, main
from tests.benchmarks.queue_contestants import CONTESTANTS, order, packed
from tests.benchmarks.queue_table import Goal, Row, table


@pytest.mark.benchmark
@pytest.mark.timeout(3_600)
def test_the_contest_of_the_queues_can_be_run_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        main(["--rounds", "20", "--runs", "1"])


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (Goal("a", 1.15, 1.15), True),
        (Goal("a", 1.16, 1.15), False),
        (Goal("a", 6.0, 6.0, at_least=True), True),
        (Goal("a", 5.9, 6.0, at_least=True), False),
    ],
)
def test_a_goal_says_whether_it_is_met(goal: Goal, *, met: bool) -> None:
    assert ("missed" not in str(goal)) is met


def test_the_table_begins_with_the_fastest_and_gives_medians_of_ratios() -> None:
    about = {"version": "1.0", "level": "WAL FULL"}
    times = {"put": [1_000] * 1_000, "take": [2_000] * 1_000}
    slow = Row.of(OURS, about, times, {"put": [1.0, 9.0, 2.0], "take": [1.0]})
    fast = Row.of(YARDSTICK, about, times, {"put": [1.0], "take": [1.0]})
    first, second = table([slow, fast]).splitlines()[2:]
    assert first.startswith(f"| {YARDSTICK} 1.0 | WAL FULL | 1 / 1 / 1 | **1.00** | 2 / 2 / 2 |")
    assert "| **2.00** |" in second


def test_every_order_is_a_kilobyte() -> None:
    assert {len(packed(order(number))) for number in (1, 10_000, 10**18)} == {1_024}


def test_the_yardstick_and_ours_are_among_the_contestants() -> None:
    assert {YARDSTICK, OURS} <= set(CONTESTANTS)
