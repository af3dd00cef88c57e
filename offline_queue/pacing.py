"""When a destination may be tried: back-off with full jitter, a breaker with one probe, a ramp after an outage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from offline_queue.dispatch import Head
    from offline_queue.values import Message

_LONGEST_RETRY_AFTER = 86_400.0
_SEVERAL = ""
"""Stands for more than one stream; none has this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How eager a courier is.

    Attributes:
        base: longest wait after the first failure, seconds; doubles with each failure in a row.
        cap: longest wait of all, seconds.
        parallel: messages on their way to one destination at the same time.
        unsure_tries: tries that an unknown error gets before it is a dead letter.
        unsure_rest: longest rest of a message after its first unknown error, seconds; doubles with each up to ``cap``.
            A rest is never less than half of that: what nobody understands may be mended in minutes, not in seconds.
        start: longest wait before what an earlier run left is sent, seconds: the tills of a chain are switched on at
            the same minute.
    """

    base: float = 1.0
    cap: float = 900.0
    parallel: int = 4
    unsure_tries: int = 5
    unsure_rest: float = 240.0
    start: float = 0.0

    def wait(self, failures: int, rng: random.Random) -> float:
        """Seconds to wait after ``failures`` in a row: anything up to the bound, so that tills do not march in step."""
        return rng.uniform(0.0, min(self.cap, self.base * 2.0 ** min(failures - 1, 60)))

    def rest(self, attempts: int, rng: random.Random) -> float:
        """Seconds that a message rests after its ``attempts``-th unknown error."""
        longest = min(self.cap, self.unsure_rest * 2.0 ** min(attempts - 1, 60))
        return rng.uniform(longest / 2.0, longest)


class Rests:
    """Until when messages rest that wait out an unknown error, by key; monotonic seconds."""

    def __init__(self, cap: float) -> None:
        self._cap = cap
        self._ends: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def begin(self, key: str, until: float) -> None:
        """Let a message rest."""
        self._ends[key] = until

    def end(self, key: str) -> None:
        """It need not rest any more, if it did."""
        self._ends.pop(key, None)

    def end_of(self, key: str, wait: float | None, now: float) -> float:
        """When a message may go. ``wait`` are the seconds left as the wall clock has it; None if it need not rest.

        The wall clock is believed once: whoever sets it later neither freezes nor hurries what rests.
        """
        if wait is None:
            self._ends.pop(key, None)
            return now
        if key not in self._ends:
            self._ends[key] = now + min(max(wait, 0.0), self._cap)
        return self._ends[key]


class LanePace:
    """How one destination fares in this process; times are monotonic seconds."""

    def __init__(self, pace: Pace, rng: random.Random) -> None:
        self._pace = pace
        self._rng = rng
        self._ramp = pace.parallel
        self._held_until = -math.inf
        self._failed_at = -math.inf
        self._failing: str | None = None
        self._passed: set[str] = set()
        self._news_spent = False
        self._probed_on_news = False
        self.failures = 0
        """Probes that failed in a row; above zero the breaker is open."""
        self.due = -math.inf
        """Before this nothing is sent."""
        self.paused = False
        """A person is needed."""
        self.flying = 0
        """Messages on their way."""

    def restore(self, failures: int, wait: float, held: float, now: float) -> None:
        """Go on with an outage that an earlier process met; a clock that was set must not freeze it.

        Args:
            failures: probes that failed in a row.
            wait: seconds left until the next probe, as the wall clock has it.
            held: seconds left of what the other side asked for, as the wall clock has it; at most a day is believed.
            now: monotonic seconds.
        """
        self.failures = max(failures, 1)
        self._failing = _SEVERAL
        self._ramp = 1
        self.due = now + min(max(wait, 0.0), self._pace.cap)
        if held > 0.0:
            self._held_until = now + min(held, _LONGEST_RETRY_AFTER)
            self.due = max(self.due, self._held_until)

    def start(self, now: float) -> None:
        """Let what an earlier run left wait a little, each till its own while."""
        if self._pace.start > 0.0:
            self.due = max(self.due, now + self._rng.uniform(0.0, self._pace.start))

    def held_for(self, now: float) -> float:
        """Seconds that the other side still wants to be left alone for."""
        return max(0.0, self._held_until - now)

    def slots(self, now: float) -> int:
        """How many more messages may go now: during an outage one, the probe."""
        if self.paused or now < self.due:
            return 0
        return max(0, (1 if self.failures else self._ramp) - self.flying)

    @property
    def passed(self) -> int:
        """How many heads had their turn as a probe and did not end the outage."""
        return len(self._passed)

    def in_turn(self, heads: list[Head]) -> list[Head]:
        """Those of the heads that are to go first: probes take turns, or one odd message could keep an outage alive."""
        if not self._passed:
            return heads
        fresh = [head for head in heads if head.message.key not in self._passed]
        if heads and not fresh:
            self._passed.clear()
            return heads
        return fresh

    def blames(self, message: Message) -> bool:
        """Note an unknown error; True if it is the message's own, False if it is the destination's.

        It is the destination's when messages of several streams failed since it answered last.
        """
        if self._failing in {None, message.stream}:
            self._failing = message.stream
            return True
        return False

    def failed(self, message: Message, started: float, now: float, retry_after: float | None = None) -> float | None:
        """Note an outage; returns seconds until the next probe, or None if this send was under way when it began."""
        self._failing = message.stream if self._failing in {None, message.stream} else _SEVERAL
        self._passed.add(message.key)
        if retry_after is not None and not math.isnan(retry_after):
            self._held_until = max(self._held_until, now + min(max(retry_after, 0.0), _LONGEST_RETRY_AFTER))
        known = self.failures > 0 and started <= self._failed_at
        if not known:
            self.failures += 1
            self._failed_at = now
            self._ramp = 1
            self.due = now + self._pace.wait(self.failures, self._rng)
            self._news_spent, self._probed_on_news = self._probed_on_news, False
        held = self._held_until > self.due
        if held:
            # A little later than asked, each till at its own moment.
            self.due = self._held_until + self._rng.uniform(0.0, self._pace.base)
        return None if known and not held else self.due - now

    def answered(self) -> bool:
        """Note that the other side answered; True if that ends an outage. Each answer lets one more go at a time."""
        self._failing = None
        if self.failures == 0:
            self._ramp = min(self._ramp + 1, self._pace.parallel)
            return False
        self._ramp = 1
        self.failures = 0
        self.due = self._held_until = -math.inf
        self._passed.clear()
        self._news_spent = self._probed_on_news = False
        return True

    def hurry(self, now: float) -> None:
        """Probe at once, unless the other side asked to be left alone."""
        self.due = self._held_until if self._held_until > now else -math.inf

    def hear_good_news(self, now: float) -> None:
        """Probe at once because another destination answered: the first time since this one failed last.

        A probe that fails in spite of good news says that the trouble is this destination's own: the next good news
        counts only after a probe that waited its time. Otherwise a busy neighbour would undo the back-off.
        """
        # A probe that is under way will tell by itself.
        if self.failures and not self._news_spent and not self.flying:
            self._news_spent = self._probed_on_news = True
            self.hurry(now)
