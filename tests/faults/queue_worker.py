"""A till that sells, in a process of its own that may be killed: it puts, sends and acknowledges, and tells a witness.

Run as ``python -m tests.faults.queue_worker STORE FOLDER WITNESS SEED PUTS [STEPS]``. The witness file is the world
outside, which no fault reaches: what the till had journalled, what it had been promised, what the server has done.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import random
import sqlite3
import sys
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from offline_queue import Courier, Delivered, Event, Later, Message, Outbox, OutboxError, Pace, StorageError
from tests.faults.queue_seal import CIPHERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offline_queue import Cipher

ACCOUNT = "test"
STREAMS = 5
OPENINGS = 8
"""How often a till opens its queue again after errors before it calls for help."""


class AwayError(Exception):
    """Nobody answered: nothing was done, or it was done and the answer was lost."""


@dataclass
class Witness:
    """What the world outside knows; each line is written at once, whole, and survives everything."""

    path: Path
    intended: dict[str, str] = field(default_factory=dict)
    promised: set[str] = field(default_factory=set)
    executed: dict[str, str] = field(default_factory=dict)
    streams: dict[str, list[str]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    descriptor: int = -1

    def __post_init__(self) -> None:
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else ():
            self.learn(line)

    @classmethod
    def of(cls, text: bytes) -> Witness:
        """A witness who read this."""
        witness = cls(Path(os.devnull))
        for line in text.decode().splitlines():
            witness.learn(line)
        return witness

    def learn(self, line: str) -> None:
        what, key, *more = line.split(" ", 2)
        match what:
            case "intended":
                self.intended[key] = more[0]
            case "promised":
                self.promised.add(key)
            case "sent" if key in self.settled:
                self.complaints.append(f"{key} was sent again after its delivery was on disk")
            case "executed" if key in self.executed:
                self.complaints.append(f"{key} had its effect twice")
            case "executed":
                self.executed[key] = more[0]
                self.streams.setdefault(stream_of(key), []).append(key)
            case "settled":
                self.settled.add(key)
            case "complaint":
                self.complaints.append(line)
            case "raised":
                self.raised.append(line)
            case _:
                pass

    def unfinished(self) -> list[list[str]]:
        """Calls of put of which nobody was told that they succeeded; each as its keys."""
        calls: dict[str, list[str]] = {}
        for key, first in self.intended.items():
            calls.setdefault(first, []).append(key)
        return [keys for keys in calls.values() if not self.promised.issuperset(keys)]

    def tell(self, line: str) -> None:
        """Write a line down and know it."""
        if self.descriptor < 0:
            self.descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(self.descriptor, line.encode() + b"\n")
        self.learn(line)


def stream_of(key: str) -> str:
    """The stream is written in the key."""
    return key.partition("/")[0]


def message(key: str) -> Message:
    """The fact that a key stands for: always the same, so that it can be put again after a crash."""
    body = (hashlib.sha256(key.encode()).hexdigest() * 16).encode()
    return Message(
        key=key,
        stream=stream_of(key),
        destination="processing",
        kind="order",
        body=body,
        created=datetime.now(UTC),
        amount=100,
    )


class Server:
    """The other side: knows keys for ever, may be away, may do the work and lose the answer."""

    def __init__(self, witness: Witness, rng: random.Random) -> None:
        self._witness = witness
        self._rng = rng

    async def send(self, sent: Message) -> str:
        self._witness.tell(f"sent {sent.key}")
        await asyncio.sleep(0)
        digest = hashlib.sha256(sent.body).hexdigest()[:16]
        if sent.body != message(sent.key).body:
            self._witness.tell(f"complaint {sent.key} arrived as another body")
        if self._rng.random() < 1 / 10:
            raise AwayError("nobody answers")
        if sent.key not in self._witness.executed:
            self._witness.tell(f"executed {sent.key} {digest}")
        if self._rng.random() < 1 / 10:
            raise AwayError("the answer was lost")
        return "taken"


class Till:
    """One life of a till: finishes what an earlier life had intended, sells, and delivers meanwhile."""

    def __init__(self, folder: Path, witness: Witness, seed: int, cipher: Cipher | None) -> None:
        self._path = folder / "queue.db"
        self._cipher = cipher
        self._witness = witness
        self._rng = random.Random(seed)  # noqa: S311 - repeatable choices
        self._life = f"{seed}-{len(witness.intended)}"

    async def live(self, puts: int) -> None:
        """Sell ``puts`` times; a queue that failed is opened again, as its README tells."""
        left = deque(range(puts))
        for _ in range(OPENINGS):
            try:
                await self._work(left)
            except OutboxError as error:
                self._witness.tell(f"raised {type(error).__name__} {error}")
            except (OSError, sqlite3.Error) as error:
                self._witness.tell(f"complaint untyped {type(error).__name__}: {error}")
            else:
                return
        self._witness.tell("raised GaveUp after many openings")

    async def _work(self, left: deque[int]) -> None:
        outbox = Outbox.open(self._path, account=ACCOUNT, cipher=self._cipher)
        try:
            outbox.subscribe(self._on_event)
            server = Server(self._witness, self._rng)
            pace = Pace(base=0.001, cap=0.002)
            courier = Courier(outbox, server.send, lambda error: Later(str(error)), pace=pace, rng=self._rng)
            delivering = asyncio.create_task(courier.run())
            try:
                await self._sell(outbox, left, delivering)
            finally:
                delivering.cancel()
                await _ended(delivering)
        finally:
            with _told(self._witness):
                outbox.close()

    async def _sell(self, outbox: Outbox, left: deque[int], delivering: asyncio.Task[None]) -> None:
        say("selling")
        for keys in self._witness.unfinished():
            await self._put(outbox, *keys)
        while left:
            size = min(len(left), self._rng.choice((1, 1, 1, 3)))
            numbers = [left.popleft() for _ in range(size)]
            keys = [f"s{self._rng.randrange(STREAMS)}/{self._life}-{number}" for number in numbers]
            together = size > 1 and self._rng.random() < 1 / 2
            for key in keys:
                # A till journals first: what it intended it can put again.
                self._witness.tell(f"intended {key} {key if together else keys[0]}")
            if together:
                await _first_failure(self._put_together(outbox, key) for key in keys)
            else:
                await self._put(outbox, *keys)
            if self._rng.random() < 1 / 20:
                outbox.checkpoint()
            if delivering.done():
                delivering.result()
        for _ in range(self._rng.randrange(40)):
            await asyncio.sleep(0)

    async def _put(self, outbox: Outbox, *keys: str) -> None:
        outbox.put(*(message(key) for key in keys))
        for key in keys:
            self._witness.tell(f"promised {key}")
        await asyncio.sleep(0)

    async def _put_together(self, outbox: Outbox, key: str) -> None:
        await outbox.put_together(message(key))
        self._witness.tell(f"promised {key}")

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Delivered):
            self._witness.tell(f"settled {event.message.key}")


async def _first_failure(calls: Iterator[object]) -> None:
    outcomes = await asyncio.gather(*calls, return_exceptions=True)  # type: ignore[call-overload] # coroutines all
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


async def _ended(task: asyncio.Task[None]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.contextmanager
def _told(witness: Witness) -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        witness.tell(f"raised {type(error).__name__} {error}")


def say(word: str) -> None:
    """Tell whoever started this process how far it is."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


class PlainSqlite:
    """What a program does that only uses SQLite; the yardstick that shows whether a fault bites."""

    def __init__(self, path: Path, journal: str, synchronous: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute(f"PRAGMA journal_mode = {journal}")
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")
        # Small, so that a short run meets checkpoints.
        self._connection.execute("PRAGMA wal_autocheckpoint = 40")
        self._connection.execute("CREATE TABLE IF NOT EXISTS orders (key TEXT, body BLOB)")

    def put(self, key: str) -> None:
        self._connection.execute("INSERT INTO orders VALUES (?, ?)", (key, message(key).body))

    def close(self) -> None:
        self._connection.close()


def main(words: list[str]) -> None:
    """Live one life; ``STORE`` is "queue" or "sealed", or "plain:JOURNAL:SYNCHRONOUS" for SQLite alone."""
    store, folder, path, seed, puts, *orders = words
    say("ready")
    witness = Witness(Path(path))
    for order in orders:
        witness.tell(order)
    if store in CIPHERS:
        asyncio.run(Till(Path(folder), witness, int(seed), CIPHERS[store]).live(int(puts)))
        return
    _, journal, synchronous = store.split(":")
    plain = PlainSqlite(Path(folder, "queue.db"), journal, synchronous)
    for number in range(int(puts)):
        plain.put(f"s0/{seed}-{number}")
        witness.tell(f"promised s0/{seed}-{number}")
    # An order that fails at leaving is as good as a crash.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
