"""The only bridge from a Qt signal to a coroutine: tasks that are kept, named, reported and ended."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["Tasks", "spawn"]

_T = TypeVar("_T")

_kept: set[asyncio.Task[Any]] = set()  # asyncio itself holds tasks weakly and may collect one that still runs


def spawn(coro: Coroutine[Any, Any, _T], *, name: str) -> asyncio.Task[_T]:
    """Start `coro` as a task of the running loop, keep it alive, and send its failure to `sys.excepthook`.

    Raises:
        RuntimeError: no loop runs; `coro` is closed, so nothing is left half-started.
    """
    try:
        task = asyncio.get_running_loop().create_task(coro, name=name)
    except RuntimeError:
        coro.close()
        raise
    _kept.add(task)
    task.add_done_callback(_finished)
    return task


class Tasks:
    """The tasks of one owner (a window, the courier), so that shutdown can cancel them and wait."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, coro: Coroutine[Any, Any, _T], *, name: str) -> asyncio.Task[_T]:
        """As the function `spawn`, and remember the task until it ends."""
        task = spawn(coro, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Cancel what still runs and wait until it has really ended, its `finally` blocks included.

        Failures on the way out are reported as any other; the caller is not interrupted by them.
        """
        current = asyncio.current_task()
        while others := [task for task in self._tasks if task is not current]:
            for task in others:
                task.cancel()
            await asyncio.wait(others)


def _finished(task: asyncio.Task[Any]) -> None:
    _kept.discard(task)
    if task.cancelled():
        return
    failure = task.exception()
    if failure is not None:
        sys.excepthook(type(failure), failure, failure.__traceback__)
