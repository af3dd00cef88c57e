"""A world for the queue: time that jumps instead of passing, and another side that fails on demand."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
import selectors
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from offline_queue import Cipher, Courier, Event, Fate, Later, Message, Outbox, Pace, Paused, Refused, Unsure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class AwayError(Exception):
    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("nobody answers")
        self.retry_after = retry_after


class RefusalError(Exception):
    pass


class StrangerError(Exception):
    pass


def classify(error: Exception) -> Fate:
    match error:
        case AwayError():
            return Later(str(error), error.retry_after)
        case RefusalError():
            return Refused(str(error))
        case StrangerError():
            return Paused(str(error))
        case _:
            return Unsure(f"{type(error).__name__}: {error}")


class _JumpingSelector(selectors.SelectSelector):
    """Where a loop would wait, time jumps to the end of the wait."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("the loop would wait for ever")
        self._world.seconds += max(0.0, timeout)
        return super().select(0)


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self, world: World) -> None:
        self._world = world
        super().__init__(_JumpingSelector(world))

    def time(self) -> float:
        return self._world.seconds


@dataclass
class World:
    """Simulated time and a folder. ``skew`` is what somebody did to the wall clock."""

    folder: Path
    seconds: float = 0.0
    skew: timedelta = timedelta()
    events: list[Event] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / "queue.db"

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds) + self.skew

    def open(self, **settings: Any) -> Outbox:  # noqa: ANN401 - passes on what Outbox.open takes
        outbox = Outbox.open(self.path, **{"account": "test", "now": self.now, **settings})
        outbox.subscribe(self.events.append)
        return outbox

    def message(self, key: str, stream: str = "", **fields: Any) -> Message:  # noqa: ANN401 - passes on fields
        body = key.encode(errors="replace")
        known = {"destination": "processing", "kind": "order", "body": body, "created": self.now()}
        return Message(key=key, stream=stream or key, **{**known, **fields})

    def courier(
        self, outbox: Outbox, send: Callable[[Message], Awaitable[str | None]], pace: Pace | None = None
    ) -> Courier:
        return Courier(
            outbox,
            send,
            classify,
            pace=pace,
            now=self.now,
            monotonic=lambda: self.seconds,
            rng=random.Random(7),  # noqa: S311 - repeatable jitter
        )

    def run(self, scenario: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=lambda: _JumpingLoop(self)) as runner:
            runner.run(scenario)

    def deliver(
        self,
        outbox: Outbox,
        send: Callable[[Message], Awaitable[str | None]],
        *,
        seconds: float,
        pace: Pace | None = None,
        meanwhile: Callable[[Courier], Awaitable[None]] | None = None,
    ) -> None:
        """Let a courier work for simulated seconds, while something else may happen."""

        async def scenario() -> None:
            courier = self.courier(outbox, send, pace)
            end = self.seconds + seconds
            work = asyncio.create_task(courier.run())
            if meanwhile is not None:
                await meanwhile(courier)
            await asyncio.wait({work}, timeout=end - self.seconds)
            if not work.cancel():
                work.result()
            await asyncio.gather(work, return_exceptions=True)

        self.run(scenario())


@dataclass
class Server:
    """The other side: takes each key once, keeps the order of arrival, fails as it is told."""

    world: World
    takes: float = 0.01
    down_until: float = -1.0
    retry_after: float | None = None
    failures: dict[str, Exception] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    tries: list[tuple[float, str]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0

    async def send(self, message: Message) -> str:
        self.tries.append((self.world.seconds, message.key))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.takes)
        finally:
            self._at_once -= 1
        if self.world.seconds < self.down_until or message.destination in self.down:
            raise AwayError(self.retry_after)
        if message.key in self.failures:
            raise self.failures[message.key]
        if message.key not in self.effects:
            self.effects.append(message.key)
        return f"receipt of {message.key}"


class Xor:
    """A cipher only in shape: enough to see that bodies are sealed and bound to their keys."""

    name = "xor"

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _pad(self, body: bytes) -> bytes:
        stream = hashlib.shake_256(self._key).digest(len(body))
        return bytes(a ^ b for a, b in zip(body, stream, strict=True))

    def seal(self, body: bytes, bound_to: bytes) -> bytes:
        return hmac.digest(self._key, bound_to + body, "sha256") + self._pad(body)

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes:
        body = self._pad(sealed[32:])
        if not hmac.compare_digest(sealed[:32], hmac.digest(self._key, bound_to + body, "sha256")):
            raise ValueError("not what was sealed")
        return body


@pytest.fixture
def sealing() -> Callable[[bytes], Cipher]:
    """A cipher in the shape of the real one, made of a key."""
    return Xor


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def server(world: World) -> Server:
    return Server(world)


@pytest.fixture
def refusal() -> type[Exception]:
    return RefusalError


@pytest.fixture
def stranger() -> type[Exception]:
    return StrangerError
