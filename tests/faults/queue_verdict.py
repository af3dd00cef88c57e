"""What a queue must still be after a fault: everything promised is in it, in order, and arrives once in effect."""

from __future__ import annotations

import asyncio
import os
import random
from typing import TYPE_CHECKING

from offline_queue import Courier, Event, Later, Outbox, Pace, State
from tests.faults.queue_seal import CIPHERS
from tests.faults.queue_worker import ACCOUNT, Server, Witness, message, stream_of

if TYPE_CHECKING:
    from pathlib import Path

    from offline_queue import Entry, Message

LONG = os.environ.get("TILL_LONG") == "1"
"""Set to 1 for the long part: the same tests, many more faults."""
_DRAINED_WITHIN = 30.0


class FaithfulServer(Server):
    """The other side on a good day: always there, every answer arrives."""

    def __init__(self, witness: Witness) -> None:
        super().__init__(witness, random.Random(0))  # noqa: S311 - never asked
        self._known = witness

    async def send(self, sent: Message) -> str:
        self._known.learn(f"sent {sent.key}")
        if sent.body != message(sent.key).body:
            self._known.learn(f"complaint {sent.key} arrived as another body")
        if sent.key not in self._known.executed:
            self._known.learn(f"executed {sent.key} x")
        return "taken"


def verdict(file: Path, witness: Witness, store: str = "queue") -> list[str]:
    """Open a queue after a fault, use it, deliver all of it; returns everything that is not as promised."""
    with Outbox.open(file, account=ACCOUNT, cipher=CIPHERS[store]) as outbox:
        entries = outbox.entries(*State, limit=1_000_000)
        complaints = _complaints_about_content(entries, witness)
        # The till comes back: what it had intended it puts again, and it sells at once.
        fresh = [*(key for key in witness.intended if key not in witness.promised), "s0/after-the-fault"]
        outbox.put(*(message(key) for key in fresh))
        asyncio.run(drain(outbox, FaithfulServer(witness)))
        complaints += _complaints_about_delivery(outbox.entries(*State, limit=1_000_000), witness)
    return complaints + witness.complaints


def _complaints_about_content(entries: tuple[Entry, ...], witness: Witness) -> list[str]:
    states = {entry.message.key: entry.state for entry in entries}
    complaints = [f"{key} was promised and is lost" for key in sorted(witness.promised - set(states))]
    complaints += [f"{key} counts as delivered and never was" for key in _delivered(entries) - set(witness.executed)]
    complaints += [f"{key} was delivered and is to be sent again" for key in witness.settled - _delivered(entries)]
    complaints += [f"{key} is {state.value}" for key, state in states.items() if state in {State.DEAD, State.SKIPPED}]
    calls: dict[str, set[bool]] = {}
    for key, first in witness.intended.items():
        calls.setdefault(first, set()).add(key in states)
    halves = [first for first, present in calls.items() if len(present) > 1]
    complaints += [f"the put that began with {first} was half stored" for first in halves]
    complaints += [
        f"{entry.message.key} holds another body"
        for entry in entries
        if entry.state is State.WAITING and entry.message.body != message(entry.message.key).body
    ]
    return complaints


def _complaints_about_delivery(entries: tuple[Entry, ...], witness: Witness) -> list[str]:
    keys = [entry.message.key for entry in entries]
    complaints = [f"{key} did not arrive" for key in keys if key not in witness.executed]
    order: dict[str, list[str]] = {}
    for key in keys:
        order.setdefault(stream_of(key), []).append(key)
    complaints += [
        f"stream {stream} arrived out of order" for stream, put in order.items() if witness.streams.get(stream) != put
    ]
    return complaints


def _delivered(entries: tuple[Entry, ...]) -> set[str]:
    return {entry.message.key for entry in entries if entry.state is State.DELIVERED}


async def drain(outbox: Outbox, server: Server) -> None:
    """Let a courier deliver all there is; ends when nothing waits, or after half a minute."""
    empty = asyncio.Event()

    def look(_event: Event | None = None) -> None:
        if not outbox.summary().count:
            empty.set()

    unsubscribe = outbox.subscribe(look)
    # What an earlier life left waiting for a time goes at once: this till has all day, the test has not.
    courier = Courier(outbox, server.send, lambda error: Later(str(error)), pace=Pace(base=0.001, cap=0.002))
    work = asyncio.create_task(courier.run())
    emptied = asyncio.create_task(empty.wait())
    try:
        await asyncio.wait({work, emptied}, timeout=_DRAINED_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        unsubscribe()
        work.cancel()
        emptied.cancel()
        await asyncio.gather(work, emptied, return_exceptions=True)
