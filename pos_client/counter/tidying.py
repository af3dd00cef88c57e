"""Lets the queue forget what arrived long ago, a little at a time and never while somebody is at the counter."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from pos_client.ports import Outbox

__all__ = ["Tidying"]

log = logging.getLogger(__name__)

_EVERY: Final = 1800.0
"""Seconds: a till is idle often enough, and a day brings few facts."""
_BREATH: Final = 0.5


class Tidying:
    """Works whenever `is_idle` says that nobody is about to pay or to be paid back."""

    def __init__(
        self,
        outbox: Outbox,
        is_idle: Callable[[], bool],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outbox = outbox
        self._is_idle = is_idle
        self._sleep = sleep

    async def run(self) -> None:
        """Until cancelled. What cannot be forgotten now can be forgotten next time."""
        while True:
            await self._sleep(_EVERY)
            try:
                while self._is_idle() and self._outbox.forget_old():
                    await self._sleep(_BREATH)
            except OSError:
                log.warning("the queue forgot nothing", exc_info=True)
