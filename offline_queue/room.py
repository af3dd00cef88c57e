"""How much more may come: the limits of a shop, and the warnings before them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING

from offline_queue.events import LimitNear

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from offline_queue.events import Event
    from offline_queue.memory import Memory
    from offline_queue.storage import Storage
    from offline_queue.values import Limits, Message


class Room:
    """Judges by shares of each limit, and keeps bounds below which a put need not be judged at all."""

    def __init__(
        self,
        limits: Limits,
        storage: Storage,
        memory: Memory,
        *,
        now: Callable[[], datetime],
        emit: Callable[[Event], None],
    ) -> None:
        self._limits = limits
        self._storage = storage
        self._memory = memory
        self._now = now
        self._emit = emit
        self._warned: set[str] = set()
        self._near_amount = sys.maxsize if limits.amount is None else ceil(limits.amount * limits.warn_at)
        self._near_count = self._usual_near_count = (
            sys.maxsize if limits.count is None else ceil(limits.count * limits.warn_at)
        )
        # From when on the age is near its limit, as long as the oldest fact is the very one it was worked out for.
        self._near_from = self._worked_out_for = datetime.max.replace(tzinfo=UTC)

    def is_ample(self, message: Message, count: int = 1, amount: int = 0) -> bool:
        """Whether a message surely comes near no limit; cheap, because it is on the way of every put.

        Args:
            message: the one.
            count: how many come with it, itself among them; 0 if it is counted already.
            amount: what those that come with it amount to, or less its own amount if it is counted already.
        """
        memory = self._memory
        if memory.count + count >= self._near_count or memory.amount + amount + message.amount >= self._near_amount:
            return False
        if self._limits.age is None:
            return True
        # An oldest fact that was settled since only makes the queue look older than it is.
        oldest = memory.ages.oldest
        return oldest is self._worked_out_for and message.created >= oldest and self._now() < self._near_from

    def reached(self, messages: Sequence[Message]) -> str:
        """The limit that messages would go beyond, "" if none."""
        amount, created = sum(message.amount for message in messages), min(message.created for message in messages)
        shares = self._shares(len(messages), amount, created)
        return next((limit for limit, share in shares.items() if share > 1.0), "")

    def warn(self) -> None:
        """Tell of limits that came near since the last look, and work out until when nobody need look again."""
        shares = self._shares()
        near = {limit: share for limit, share in shares.items() if share >= self._limits.warn_at}
        for limit, share in near.items():
            if limit not in self._warned:
                self._emit(LimitNear(limit, share))
        self._warned = set(near)
        # As long as people are warned, each put is judged: only so they are warned again after the limit was left.
        self._near_count = 0 if near else self._usual_near_count

    def _shares(self, count: int = 0, amount: int = 0, created: datetime | None = None) -> dict[str, float]:
        """How much of each limit is used up with ``count`` more messages over ``amount``, the oldest of ``created``."""
        limits, memory = self._limits, self._memory
        shares: dict[str, float] = {}
        if limits.count is not None:
            shares["count"] = _share(memory.count + count, limits.count)
        if limits.amount is not None:
            shares["amount"] = _share(memory.amount + amount, limits.amount)
        if limits.age is not None:
            oldest = memory.oldest(self._storage)
            if oldest is not None:
                self._worked_out_for, self._near_from = oldest, _later(oldest, limits.age * limits.warn_at)
            if oldest is None or (created is not None and created < oldest):
                oldest = created
            age = 0.0 if oldest is None else (self._now() - oldest).total_seconds()
            shares["age"] = _share(age, limits.age.total_seconds())
        return shares


def _later(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _share(used: float, limit: float) -> float:
    if limit > 0:
        return used / limit
    return 2.0 if used > 0 else 0.0
