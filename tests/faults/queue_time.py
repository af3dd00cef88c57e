"""Days of a queue in seconds: a loop whose time jumps to the next thing to do, and a wall clock that can be set."""

from __future__ import annotations

import asyncio
import random
import selectors
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from offline_queue import Courier, Later, Outbox, Unsure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from offline_queue import Fate, Message

MORNING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DAY = 86_400.0


class AwayError(Exception):
    """The network is down."""


class _Selector(selectors.SelectSelector):
    def __init__(self, days: Days) -> None:
        super().__init__()
        self._days = days

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("nothing will ever happen again")
        self._days.seconds += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, days: Days) -> None:
        self._days = days
        super().__init__(_Selector(days))

    def time(self) -> float:
        return self._days.seconds


class Days:
    """Simulated time of one till; ``set_by`` is what somebody did to its wall clock."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.set_by = timedelta()

    def now(self) -> datetime:
        return MORNING + timedelta(seconds=self.seconds) + self.set_by

    def open(self, file: Path) -> Outbox:
        return Outbox.open(file, account="test", now=self.now)

    def deliver(self, outbox: Outbox, send: Callable[[Message], Awaitable[str | None]], seconds: float) -> None:
        """Let a courier work for ``seconds``; away is ``Later``, everything else is unknown."""

        async def working() -> None:
            courier = Courier(
                outbox,
                send,
                fate,
                now=self.now,
                monotonic=lambda: self.seconds,
                rng=random.Random(self.seconds),  # noqa: S311 - repeatable jitter
            )
            work = asyncio.create_task(courier.run())
            await asyncio.wait({work}, timeout=seconds)
            if not work.cancel():
                work.result()
            await asyncio.gather(work, return_exceptions=True)

        with asyncio.Runner(loop_factory=lambda: _Loop(self)) as runner:
            runner.run(working())


def fate(error: Exception) -> Fate:
    """The network costs nothing; what nobody knows is unknown."""
    return Later(str(error)) if isinstance(error, AwayError) else Unsure(str(error))
