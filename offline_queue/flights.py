"""The deliveries on their way: tasks of one loop that are ended together, and whose failures nobody overlooks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Flights:
    """Belongs to the task that called ``begin``."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._owner: asyncio.Task[object] | None = None
        self._stopping = False

    def begin(self) -> None:
        """From now on deliveries fly for the task that runs at this moment."""
        self._owner, self._stopping = asyncio.current_task(), False

    def start(self, delivery: Coroutine[object, object, None], name: str) -> None:
        """Let a delivery go its way."""
        self._tasks.add(asyncio.create_task(delivery, name=name))

    def __bool__(self) -> bool:
        return bool(self._tasks)

    @property
    def are_ending(self) -> bool:
        """Whether a delivery that is cancelled now is so by our side; what it meets otherwise, it brought upon itself.

        A loop that is torn down cancels owner and deliveries at once, in any order.
        """
        return self._stopping or (self._owner is not None and self._owner.cancelling() > 0)

    def raise_failures(self) -> None:
        """Raise what ended a delivery that should not have ended so."""
        done = {task for task in self._tasks if task.done()}
        self._tasks -= done
        for task in done:
            task.result()

    async def end(self) -> None:
        """Cancel all and wait for them."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
