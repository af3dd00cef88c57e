import os
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from offline_queue import Message
from offline_queue import Outbox as Queue
from pos_client.adapters.outbox import DurableOutbox
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.sealing import AesGcm
from tests.benchmarks.timing_table import Measured, timing_table

_ROUNDS = int(os.environ.get("TILL_BENCH_ROUNDS") or 30)
_SHORT, _LONG = 100, 5_000
_AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_MOST_RATIO = 1.5
"""How much longer a redraw may take with 5 000 facts waiting than with 100."""


def facts_of(number: int) -> tuple[Message, Message]:
    """The payment and the points of an order, a kilobyte each."""

    def fact(kind: str, lane: str) -> Message:
        key, stream = f"{kind}:{number:08}:x", f"{lane}:{number}"
        return Message(key=key, stream=stream, destination=lane, kind=kind, body=bytes(1024), created=_AT, amount=100)

    return fact("payment", "orders"), fact("settled", "processing")


def opened(folder: Path, count: int, stack: ExitStack) -> tuple[Queue, DurableOutbox]:
    path = folder / f"{count}.sqlite"
    queue = stack.enter_context(Queue.open(path, account="bench", now=lambda: _AT, cipher=AesGcm(b"k" * 32)))
    queue.put(*(fact for number in range(count // 2) for fact in facts_of(number)))
    queue.checkpoint()
    outbox = DurableOutbox(queue, ProcessingNames(), now=lambda: _AT)
    drawn(outbox)
    return queue, outbox


def drawn(outbox: DurableOutbox) -> float:
    """Milliseconds that everything takes which a redraw asks of the queue."""
    begun = time.perf_counter()
    outbox.summary()
    outbox.lanes()
    outbox.shown()
    return (time.perf_counter() - begun) * 1e3


@pytest.mark.benchmark
def test_a_redraw_in_a_long_outage_costs_what_it_costs_in_a_short_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed: dict[int, list[float]] = {_SHORT: [], _LONG: []}
    quiet: dict[int, list[float]] = {_SHORT: [], _LONG: []}
    with ExitStack() as stack:
        tills = {count: opened(tmp_path, count, stack) for count in (_SHORT, _LONG)}
        for _ in range(_ROUNDS):
            for count, (queue, outbox) in tills.items():
                (head,) = queue.dispatch.heads("orders", 1)
                queue.dispatch.delivered(head, "", recovered=False)
                changed[count].append(drawn(outbox))
                quiet[count].append(drawn(outbox))
                # As many wait as before, so that the short one never falls under what a screen shows.
                queue.put(facts_of(_LONG + len(quiet[count]))[0])
    rows = [
        Measured(f"redraw after an event, {_SHORT} waiting", changed[_SHORT]),
        Measured(f"redraw after an event, {_LONG} waiting", changed[_LONG]),
        Measured(f"redraw when nothing happened, {_SHORT} waiting", quiet[_SHORT]),
        Measured(f"redraw when nothing happened, {_LONG} waiting", quiet[_LONG]),
    ]
    with capsys.disabled():
        print(f"\n{timing_table(rows)}")  # noqa: T201 - the table is what a benchmark is for
    assert rows[1].median <= rows[0].median * _MOST_RATIO
