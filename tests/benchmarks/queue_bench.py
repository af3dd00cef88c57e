"""One queue in a process of its own, which measures itself as it is told on its standard input.

Run as ``python -m tests.benchmarks.queue_bench NAME FOLDER`` by an interpreter that has the peers installed. A line in
is ``[method, argument, ...]`` of ``Bench`` as JSON, a line out is its answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import statistics
import sys
import time
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.queue_contestants import (
    CONTESTANTS,
    Json,
    OfflineQueue,
    OfflineQueueAndCourier,
    message,
    order,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from offline_queue import Message


class Bench:
    """What a contestant can be told."""

    def __init__(self, name: str, folder: Path) -> None:
        self._memory = memory()
        self._package, opened = CONTESTANTS[name]
        started = time.perf_counter_ns()
        self._queue = opened(folder)
        if isinstance(self._queue, OfflineQueue):
            self._queue.outbox.summary()
        self._opening = time.perf_counter_ns() - started
        self._folder = folder
        self._next = time.time_ns()

    def about(self) -> Json:
        version = metadata.version(self._package) if self._package else ""
        return {"version": version, "level": self._queue.level(), "sqlite": sqlite3.sqlite_version}

    def put(self, count: int) -> list[int]:
        """Nanoseconds of each of ``count`` puts."""
        orders = [order(self._number()) for _ in range(count)]
        times = []
        for what in orders:
            started = time.perf_counter_ns()
            self._queue.put(what)
            times.append(time.perf_counter_ns() - started)
        return times

    def take(self, count: int) -> list[int]:
        """Nanoseconds of each of ``count`` gets with their acks."""
        if isinstance(self._queue, OfflineQueueAndCourier):
            return self._queue.times_to_take(count)
        return [_time(self._queue.take) for _ in range(count)]

    def rest(self) -> None:
        """An idle moment, as every till has between two customers."""
        self._queue.rest()

    def fill(self, count: int) -> None:
        """Bring the backlog up by ``count`` orders, a thousand in one commit."""
        for _ in range(count // 1_000):
            self._queue.fill(self._next + 1, 1_000)
            self._next += 1_000
            self._queue.rest()

    def close(self) -> None:
        """Leave as a program does that is ended by its user."""
        if isinstance(self._queue, OfflineQueue):
            self._queue.outbox.close()

    def opened(self) -> Json:
        """Seconds until it was open and had been looked at, and megabytes that it took."""
        return {"seconds": self._opening / 1e9, "megabytes": (memory() - self._memory) / 1e6}

    def log_bytes(self, count: int) -> float:
        """Bytes of write-ahead log for each of ``count`` puts of one commit each."""
        before = self._log_size()
        self.put(count)
        return (self._log_size() - before) / count

    def producers(self, crowd: int, each: int) -> Json:
        """Orders a second of many producers that share commits, and of one commit each, right after one another.

        Both are given messages that are ready, because the sharing is measured and not the packing, and the loop runs
        before the clock does.
        """
        assert isinstance(self._queue, OfflineQueue)
        outbox = self._queue.outbox

        async def produce(ready: Iterator[Message]) -> None:
            for what in ready:
                await outbox.put_together(what)

        async def together(loads: Sequence[Sequence[Message]]) -> int:
            started = time.perf_counter_ns()
            await asyncio.gather(*(produce(iter(load)) for load in loads))
            return time.perf_counter_ns() - started

        # Side by side, as producers that work at the same time make them.
        made = self._messages(crowd * each)
        shared = asyncio.run(together([made[first::crowd] for first in range(crowd)]))
        outbox.checkpoint()
        single = sum(_time(partial(outbox.put, what)) for what in self._messages(each * 4)) / 4
        outbox.checkpoint()
        return {"shared": crowd * each / shared * 1e9, "single": each / single * 1e9}

    def summary(self) -> float:
        """Median seconds of a look at the light in the corner of the screen."""
        assert isinstance(self._queue, OfflineQueue)
        return statistics.median(_time(self._queue.outbox.summary) for _ in range(5)) / 1e9

    def _messages(self, count: int) -> list[Message]:
        return [message(order(self._number())) for _ in range(count)]

    def _number(self) -> int:
        self._next += 1
        return self._next

    def _log_size(self) -> int:
        return sum(file.stat().st_size for file in self._folder.glob("*-wal"))


def memory() -> int:
    """Bytes of this process that are in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _time(work: Callable[[], object]) -> int:
    started = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - started


def main() -> None:
    """Serve until the input ends."""
    bench = Bench(sys.argv[1], Path(sys.argv[2]))
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(getattr(bench, method)(*arguments)) + "\n")
        sys.stdout.flush()
    bench.close()


if __name__ == "__main__":
    main()
