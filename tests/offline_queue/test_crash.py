from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import offline_queue
from offline_queue import Outbox, State

if TYPE_CHECKING:
    from tests.offline_queue.conftest import World

ROOT = Path(offline_queue.__file__).resolve().parent.parent
KILLS = 24
WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from offline_queue import Courier, Later, Message, Outbox

async def main(path, generation):
    with Outbox.open(path, account="test") as outbox:
        def say(*words):
            print(*words, flush=True)

        async def send(message):
            say("effect", message.key)
            await asyncio.sleep(0)
            return "taken"

        courier = asyncio.create_task(Courier(outbox, send, lambda error: Later(str(error))).run())
        say("ready")
        for number in range(1_000_000):
            key = f"{generation}-{number}"
            outbox.put(Message(key=key, stream=f"stream {number % 5}", destination="processing", kind="order",
                               body=key.encode() * 50, created=datetime.now(UTC)))
            say("put", key)
            await asyncio.sleep(0)

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


def killed_at_random(path: Path, generation: int, seed: random.Random) -> list[list[str]]:
    """Let a worker put and deliver, end it with SIGKILL at a random moment; returns what it had said until then."""
    worker = subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", WORKER, str(path), str(generation)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        axe = threading.Timer(seed.uniform(0.0, 0.05), worker.kill)
        axe.start()
        said = worker.stdout.read()
        axe.join()
    assert worker.returncode != 0
    # The last line may have been cut.
    return [line.split() for line in said.split("\n")[:-1]]


@pytest.mark.timeout(90)
def test_kill_9_loses_no_put_that_returned_and_delivers_nothing_twice_in_effect(world: World) -> None:
    seed = random.Random(20261121)  # noqa: S311 - repeatable moments
    put: set[str] = set()
    sent: list[str] = []
    for generation in range(KILLS):
        for what, key in killed_at_random(world.path, generation, seed):
            if what == "put":
                put.add(key)
            else:
                sent.append(key)
    with Outbox.open(world.path, account="test") as outbox:
        everything = outbox.entries(*State, limit=1_000_000)
        known = {entry.message.key: entry.state for entry in everything}
        assert len(put) > KILLS
        assert put - set(known) == set()
        assert {key for key, state in known.items() if state is State.DELIVERED} <= set(sent)
        assert set(known.values()) <= {State.DELIVERED, State.WAITING}
        for stream in {entry.message.stream for entry in everything}:
            in_order = [entry.message.key for entry in everything if entry.message.stream == stream]
            first_sent = list(dict.fromkeys(key for key in sent if key in set(in_order)))
            assert first_sent == [key for key in in_order if key in set(sent)]
