from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from offline_queue import Courier, Message, Outbox, OwnerRunningError, State
from tests.faults.queue_disk import ROOT
from tests.faults.queue_time import DAY, AwayError, Days, fate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER = """
import sys
from offline_queue import Outbox
outbox = Outbox.open(sys.argv[1], account="test")
print("mine", flush=True)
sys.stdin.read()
"""


IN_HAND = """
import asyncio, sys
from datetime import UTC, datetime
from offline_queue import Courier, Later, Message, Outbox

async def send(message):
    print("in hand", flush=True)
    await asyncio.Event().wait()

outbox = Outbox.open(sys.argv[1], account="test")
outbox.put(Message(key="order 1", stream="a", destination="processing", kind="order", body=b"{}",
                   created=datetime.now(UTC)))
asyncio.run(Courier(outbox, send, lambda error: Later(str(error))).run())
"""


def order(number: int, days: Days, stream: str = "") -> Message:
    return Message(
        key=f"order {number}",
        stream=stream or f"stream {number % 7}",
        destination="processing",
        kind="order",
        body=b"{}",
        created=days.now(),
    )


class Server:
    def __init__(self) -> None:
        self.away = True
        self.poison: set[str] = set()
        self.tries: list[str] = []
        self.effects: list[str] = []

    async def send(self, message: Message) -> str:
        self.tries.append(message.key)
        if self.away:
            raise AwayError("no network")
        if message.key in self.poison:
            raise ValueError("the other side chokes on it")
        self.effects.append(message.key)
        return "taken"


@contextmanager
def owner(file: Path, program: str = OWNER, says: bytes = b"mine\n") -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has the queue."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", program, str(file)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == says
        yield process
        process.kill()


def test_a_second_owner_is_told_who_has_the_queue(tmp_path: Path) -> None:
    with owner(tmp_path / "queue.db") as first:
        with pytest.raises(OwnerRunningError) as told:
            Outbox.open(tmp_path / "queue.db", account="test")
        assert told.value.pid == first.pid


def test_a_killed_owner_leaves_the_queue_to_the_next_at_once(tmp_path: Path) -> None:
    with owner(tmp_path / "queue.db") as first:
        first.kill()
        first.wait(timeout=10)
        with Outbox.open(tmp_path / "queue.db", account="test") as outbox:
            assert outbox.summary().count == 0


async def test_an_order_in_hand_at_a_kill_is_sent_again_at_once_and_not_after_a_lease(tmp_path: Path) -> None:
    with owner(tmp_path / "queue.db", IN_HAND, b"in hand\n") as first:
        first.kill()
        first.wait(timeout=10)
    sent = asyncio.Event()

    async def send(message: Message) -> None:
        assert message.key == "order 1"
        sent.set()

    with Outbox.open(tmp_path / "queue.db", account="test") as outbox:
        courier = asyncio.create_task(Courier(outbox, send, fate).run())
        # A second is wanted; the shortest lease among other queues is thirty.
        await asyncio.wait_for(sent.wait(), timeout=10)
        courier.cancel()
        await asyncio.gather(courier, return_exceptions=True)


def test_seven_days_offline_cost_no_message_anything(tmp_path: Path) -> None:
    days, server = Days(), Server()
    with days.open(tmp_path / "queue.db") as outbox:
        for day in range(7):
            outbox.put(*(order(100 * day + number, days) for number in range(20)))
            days.deliver(outbox, server.send, DAY)
        offline = outbox.entries(*State, limit=1_000)
        assert {entry.state for entry in offline} == {State.WAITING}
        assert {entry.attempts for entry in offline} == {0}
        assert 100 < len(server.tries) < 7 * DAY / 60, "an outage is probed, neither forgotten nor hammered"
        server.away = False
        days.deliver(outbox, server.send, 1_800)
        assert {entry.state for entry in outbox.entries(*State, limit=1_000)} == {State.DELIVERED}
        for stream in range(7):
            arrived = [int(key.split()[1]) for key in server.effects if int(key.split()[1]) % 7 == stream]
            assert arrived == sorted(arrived)
        assert len(server.effects) == 140


def test_seven_days_offline_survive_a_restart_every_morning(tmp_path: Path) -> None:
    days, server = Days(), Server()
    for day in range(7):
        with days.open(tmp_path / "queue.db") as outbox:
            outbox.put(order(day, days))
            days.deliver(outbox, server.send, DAY)
    with days.open(tmp_path / "queue.db") as outbox:
        assert outbox.summary().needs_human == 0
        server.away = False
        days.deliver(outbox, server.send, 1_800)
        assert outbox.summary().count == 0


@pytest.mark.parametrize("jump", [timedelta(days=-3650), timedelta(hours=-1), timedelta(hours=1), timedelta(days=3650)])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_wall_clock_that_jumps_neither_freezes_nor_stampedes(
    tmp_path: Path, jump: timedelta, *, restarted: bool
) -> None:
    days, server = Days(), Server()
    outbox = days.open(tmp_path / "queue.db")
    try:
        outbox.put(*(order(number, days) for number in range(20)))
        days.deliver(outbox, server.send, 3_600)
        days.set_by = jump
        if restarted:
            outbox.close()
            outbox = days.open(tmp_path / "queue.db")
        before = len(server.tries)
        days.deliver(outbox, server.send, 3_600)
        assert 1 <= len(server.tries) - before <= 60, "one probe at a time, as if the clock had not been touched"
        server.away = False
        days.deliver(outbox, server.send, 1_800)
        assert outbox.summary().count == 0
        assert len(server.effects) == 20
    finally:
        outbox.close()


def test_a_poisoned_message_stops_its_own_stream_only(tmp_path: Path) -> None:
    days, server = Days(), Server()
    server.away = False
    server.poison = {"order 3"}
    with days.open(tmp_path / "queue.db") as outbox:
        outbox.put(*(order(number, days) for number in range(21)))
        days.deliver(outbox, server.send, DAY)
        left = {entry.message.key: entry.state for entry in outbox.entries(limit=1_000)}
        assert left == {"order 3": State.DEAD, "order 10": State.WAITING, "order 17": State.WAITING}
        assert server.tries.count("order 3") == 5
        server.poison.clear()
        outbox.retry("order 3", by="Иванова", reason="the other side was mended")
        days.deliver(outbox, server.send, 1_800)
        assert outbox.summary().count == 0
        assert [key for key in server.effects if key in left] == list(left)
