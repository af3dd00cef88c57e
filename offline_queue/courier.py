"""The courier: takes messages to where they belong until it is cancelled, and never asks the clock for news."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from offline_queue.answers import fate_of, receipt_of, report, unknown
from offline_queue.errors import OutboxError
from offline_queue.events import Accepted, LaneResumed, Moved, Retried, Skipped
from offline_queue.fates import Later, Paused, Refused, Unsure
from offline_queue.flights import Flights
from offline_queue.moments import system_now
from offline_queue.pacing import LanePace, Pace, Rests
from offline_queue.values import LaneState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from offline_queue.dispatch import Head
    from offline_queue.events import Event
    from offline_queue.fates import Fate
    from offline_queue.outbox import Outbox
    from offline_queue.values import Message

_IDLE_CHECKPOINT_AFTER = 64
"""Commits since the last checkpoint that make an idle moment worth one."""


class Courier:
    """Delivers what an outbox holds. One courier for an outbox; it lives on the loop's thread.

    Args:
        outbox: what to deliver.
        send: delivers one message under its key; returns a receipt to keep, or None; raises if it could not.
            It brings its own time-out. If it is cancelled by anybody but the courier, that is an unknown error.
        classify: says what an exception of ``send`` means. If it fails itself or returns what is no fate, that is
            reported to ``sys.excepthook`` and the error counts as unknown.
        pace: how eager to be.
        now: the wall clock, for times shown to people.
        monotonic: seconds that no one can set; the courier waits by these.
        sleep: waits for seconds of ``monotonic``.
        rng: the jitter.
    """

    def __init__(
        self,
        outbox: Outbox,
        send: Callable[[Message], Awaitable[str | None]],
        classify: Callable[[Exception], Fate],
        *,
        pace: Pace | None = None,
        now: Callable[[], datetime] = system_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._outbox = outbox
        self._dispatch = outbox.dispatch
        self._send = send
        self._classify = classify
        self._pace = pace or Pace()
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._lanes: dict[str, LanePace] = {}
        self._rests = Rests(self._pace.cap)
        self._flights = Flights()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled. What was on its way then goes again later under the same key.

        Raises:
            StorageError: the queue's disk failed; run again after a while, and the file is opened anew.
        """
        self._flights.begin()
        for lane in self._outbox.lanes():
            pace = self._lane(lane.destination)
            pace.paused = lane.state is LaneState.PAUSED
            if lane.state is LaneState.AWAY:
                pace.restore(lane.failures, self._until(lane.next_try), self._until(lane.held_until), self._monotonic())
        for destination in self._dispatch.destinations():
            self._lane(destination).start(self._monotonic())
        unsubscribe = self._outbox.subscribe(self._on_event)
        try:
            while True:
                self._news.clear()
                due = self._start_what_may_go()
                self._checkpoint_if_idle()
                await self._wait_for_news(due)
                self._flights.raise_failures()
        finally:
            unsubscribe()
            await self._flights.end()

    def wake(self, destination: str | None = None) -> None:
        """Try at once what waits out an outage, everywhere or at one destination.

        Does not hurry a destination that asked to be left alone (Retry-After) or that waits for a person.
        """
        now = self._monotonic()
        for name, lane in self._lanes.items():
            if destination in {None, name}:
                lane.hurry(now)
        self._news.set()

    def _lane(self, destination: str) -> LanePace:
        return self._lanes.setdefault(destination, LanePace(self._pace, self._rng))

    def _on_event(self, event: Event) -> None:
        match event:
            case Accepted():
                self._news.set()
            case Skipped(message) | Moved(message):
                self._rests.end(message.key)
                self._news.set()
            case Retried(message):
                self._rests.end(message.key)
                self.wake(message.destination)
            case LaneResumed(destination) if event.by:
                self._lane(destination).paused = False
                self.wake(destination)
            case _:
                pass

    def _start_what_may_go(self) -> float | None:
        """Start sends wherever there is room; returns the monotonic time to look again, if time decides."""
        times = [self._start_lane(destination) for destination in self._dispatch.destinations()]
        return min((moment for moment in times if moment is not None), default=None)

    def _start_lane(self, destination: str) -> float | None:
        lane = self._lane(destination)
        now = self._monotonic()
        slots = lane.slots(now)
        if not slots:
            return lane.due if now < lane.due and not lane.paused else None
        heads = self._resting_heads(destination, slots, now)
        ready = lane.in_turn([head for head in heads if self._due(head, now) <= now])
        for head in ready[:slots]:
            self._start(head, lane, now)
        if len(ready) >= slots:
            return None
        return min((self._due(head, now) for head in heads if head not in ready), default=None)

    def _resting_heads(self, destination: str, slots: int, now: float) -> list[Head]:
        """Heads that are not on their way: enough to find ``slots`` among them that need not wait, if there are."""
        lane = self._lanes[destination]
        while True:
            limit = slots + lane.flying + lane.passed + len(self._rests)
            heads = self._dispatch.heads(destination, limit)
            resting = [head for head in heads if head.seq not in self._dispatch.in_flight]
            ready = sum(self._due(head, now) <= now for head in resting)
            if len(heads) < limit or ready >= slots + lane.passed:
                return resting

    def _due(self, head: Head, now: float) -> float:
        wait = None if head.next_try is None else self._until(head.next_try)
        return self._rests.end_of(head.message.key, wait, now)

    def _start(self, head: Head, lane: LanePace, now: float) -> None:
        self._rests.end(head.message.key)
        self._dispatch.in_flight.add(head.seq)
        lane.flying += 1
        self._flights.start(self._deliver(head, lane, now), f"deliver {head.message.key}")

    async def _deliver(self, head: Head, lane: LanePace, started: float) -> None:
        answer: object = None
        failure: BaseException | None = None
        try:
            answer = await self._send(head.message)
        except asyncio.CancelledError as cancelled:
            if self._flights.are_ending:
                raise
            failure = cancelled
        except Exception as error:  # noqa: BLE001 - every failure of a delivery has a fate
            failure = error
        finally:
            self._dispatch.in_flight.discard(head.seq)
            lane.flying -= 1
            self._news.set()
        try:
            if failure is None:
                self._note_delivered(head, lane, receipt_of(answer))
            elif isinstance(failure, Exception):
                self._note_fate(head, lane, started, fate_of(failure, self._classify))
            else:
                self._note_fate(head, lane, started, unknown(failure))
        except OutboxError:
            raise
        except Exception as bug:  # noqa: BLE001 - reported, and no reason to stop all others
            report(bug)
            self._note_fate(head, lane, started, unknown(bug))

    def _note_delivered(self, head: Head, lane: LanePace, receipt: str) -> None:
        recovered = lane.answered() and not lane.paused
        self._dispatch.delivered(head, receipt, recovered=recovered)
        self._tell_the_rest(recovered=recovered)

    def _note_fate(self, head: Head, lane: LanePace, started: float, fate: Fate) -> None:
        match fate:
            case Later(words, retry_after):
                self._note_away(head, lane, words, lane.failed(head.message, started, self._monotonic(), retry_after))
            case Refused(words):
                recovered = lane.answered() and not lane.paused
                self._dispatch.refused(head, words, what="refused", recovered=recovered)
                self._tell_the_rest(recovered=recovered)
            case Paused(words):
                if not lane.paused:
                    lane.paused = True
                    self._dispatch.paused(head, words)
            case Unsure(words) if not lane.blames(head.message):
                self._note_away(head, lane, words, lane.failed(head.message, started, self._monotonic()))
            case Unsure(words) if head.attempts + 1 >= self._pace.unsure_tries:
                self._dispatch.refused(head, words, what="unsure", recovered=False)
            case Unsure(words):
                wait = self._pace.rest(head.attempts + 1, self._rng)
                self._rests.begin(head.message.key, self._monotonic() + wait)
                self._dispatch.unsure(head, words, self._in(wait))

    def _note_away(self, head: Head, lane: LanePace, words: str, wait: float | None) -> None:
        # What a person must decide is not covered up by an answer that was still under way.
        if wait is not None and not lane.paused:
            held = lane.held_for(self._monotonic())
            self._dispatch.away(head, words, lane.failures, self._in(wait), self._in(held) if held else None)

    def _until(self, moment: datetime | None) -> float:
        return 0.0 if moment is None else (moment - self._now()).total_seconds()

    def _in(self, seconds: float) -> datetime:
        return self._now() + timedelta(seconds=seconds)

    def _tell_the_rest(self, *, recovered: bool) -> None:
        """An answer from anywhere says that others may answer too; the end of an outage says it best."""
        now = self._monotonic()
        for lane in self._lanes.values():
            if lane.failures and recovered:
                lane.hurry(now)
            elif lane.failures:
                lane.hear_good_news(now)

    def _checkpoint_if_idle(self) -> None:
        if not self._flights and self._outbox.unwritten >= _IDLE_CHECKPOINT_AFTER:
            self._outbox.checkpoint()

    async def _wait_for_news(self, due: float | None) -> None:
        if due is None:
            await self._news.wait()
            return
        waits = (
            asyncio.ensure_future(self._news.wait()),
            asyncio.ensure_future(self._sleep(max(0.0, due - self._monotonic()))),
        )
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
