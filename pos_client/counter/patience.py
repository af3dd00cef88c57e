"""How long a customer waits for loyalty: a little in silence, a little with a word, then the sale goes on."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from pos_client.counter.health import Health
from pos_client.counter.state import WaitFor
from pos_client.domain.sale import Trouble
from pos_client.ports import Service, UnavailableError

__all__ = ["LOYALTY_IS_DOWN", "Patience", "PatienceSettings"]

T = TypeVar("T")

LOYALTY_IS_DOWN = Trouble(
    "Система лояльности не отвечает.",
    money="Деньги и чеки в безопасности, продаём без списания баллов.",
    action="Продолжайте продажу: баллы начислятся сами.",
    say="Баллы начислятся сами, мы пришлём сообщение.",
)


_SILENT = Trouble(LOYALTY_IS_DOWN.what)
"""What the lamp may say: it is read during a refund too, when nothing is sold and nothing is earned."""


@dataclass(frozen=True, slots=True)
class PatienceSettings:
    """Seconds. Two is seven times a usual answer of processing and the most that a queue forgives."""

    slow: float = 0.7
    budget: float = 2.0
    longer: float = 5.0


class Patience:
    """Runs one loyalty call at a time within the budget, and lets the cashier cut it short or extend it."""

    def __init__(
        self, health: Health, settings: PatienceSettings, show: Callable[[WaitFor | None, bool], None]
    ) -> None:
        self._health = health
        self._settings = settings
        self._show = show
        self._skipped = asyncio.Event()
        self._deadline = 0.0
        self._running = False

    async def run(self, what: WaitFor, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The call's answer within the budget. A call cut off in the middle is cancelled.

        Raises:
            UnavailableError: the breaker is open, or the budget is spent, or the cashier went on.
            PosError: whatever the call raised.
        """
        if self._health.is_open(Service.PROCESSING):
            raise UnavailableError(LOYALTY_IS_DOWN, detail="left alone until a probe gets through")
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._deadline = began + self._settings.budget
        self._skipped.clear()
        self._running = True
        self._show(what, False)
        task = asyncio.ensure_future(call())
        skip = asyncio.ensure_future(self._skipped.wait())
        try:
            await asyncio.wait({task, skip}, timeout=self._settings.slow, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and not skip.done():
                self._show(what, True)
            while not task.done() and not skip.done() and (left := self._deadline - loop.time()) > 0:
                await asyncio.wait({task, skip}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if not skip.done():
                # A cashier in a hurry says nothing about processing; two silent seconds do.
                self._health.spent_budget(Service.PROCESSING, _SILENT)
            raise UnavailableError(LOYALTY_IS_DOWN, detail=f"no answer in {loop.time() - began:.1f} s")
        finally:
            self._running = False
            skip.cancel()
            task.cancel()
            await asyncio.gather(task, skip, return_exceptions=True)
            self._show(None, False)

    def skip(self) -> None:
        """Go on without loyalty now."""
        if self._running:
            self._skipped.set()

    def extend(self) -> None:
        """Wait a little longer for this one answer."""
        if self._running:
            self._deadline = asyncio.get_running_loop().time() + self._settings.longer
