"""The bridge from signals to coroutines: nothing is lost, nothing is silent."""

import asyncio
import gc
import sys
from collections.abc import Iterator
from types import TracebackType

import pytest

from pos_client.ui.tasks import Tasks, spawn

Hooked = list[BaseException]


@pytest.fixture
def hooked() -> Iterator[Hooked]:
    """What reaches `sys.excepthook`, which is the seam that crash reports use."""
    caught: Hooked = []

    def hook(_kind: type[BaseException], failure: BaseException, _trace: TracebackType | None) -> None:
        caught.append(failure)

    before, sys.excepthook = sys.excepthook, hook
    yield caught
    sys.excepthook = before


async def fail_after(seconds: float) -> None:
    await asyncio.sleep(seconds)
    raise ValueError("a bug")


async def test_a_failure_in_a_task_reaches_the_exception_hook(hooked: Hooked) -> None:
    task = spawn(fail_after(0), name="failing")
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert [str(failure) for failure in hooked] == ["a bug"]


async def test_a_cancelled_task_is_not_a_failure(hooked: Hooked) -> None:
    task = spawn(asyncio.sleep(60), name="sleeper")
    task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert hooked == []


async def test_a_task_that_nobody_holds_runs_to_its_end() -> None:
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.set()

    spawn(work(), name="work")
    gc.collect()
    await asyncio.wait_for(done.wait(), 5)


def test_spawning_without_a_loop_says_so() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        spawn(asyncio.sleep(0), name="nowhere")


async def test_closing_waits_until_every_task_has_cleaned_up() -> None:
    tasks, cleaned = Tasks(), []

    async def work(number: int) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            cleaned.append(number)

    for number in range(3):
        tasks.spawn(work(number), name=f"work {number}")
    await asyncio.sleep(0)
    await tasks.close()
    assert sorted(cleaned) == [0, 1, 2]
    assert len(tasks) == 0


async def test_one_task_may_close_its_owner_without_waiting_for_itself() -> None:
    tasks = Tasks()
    other = tasks.spawn(asyncio.sleep(60), name="other")
    closing = tasks.spawn(tasks.close(), name="closing")
    await asyncio.wait_for(closing, 5)
    assert other.cancelled()
