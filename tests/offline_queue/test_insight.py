from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from offline_queue import Load, Outbox, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from offline_queue import Cipher, Message
    from tests.offline_queue.conftest import Server, World


class Counting:
    """A cipher that tells how many bodies were opened."""

    def __init__(self, inner: Cipher) -> None:
        self._inner = inner
        self.opened = 0

    @property
    def name(self) -> str:
        return self._inner.name

    def seal(self, body: bytes, bound_to: bytes) -> bytes:
        return self._inner.seal(body, bound_to)

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes:
        self.opened += 1
        return self._inner.unseal(sealed, bound_to)


def counted(world: World) -> tuple[Load, ...]:
    """What waits for each destination as a reader counts it from the rows."""
    with Outbox.inspect(world.path) as inspection:
        return inspection.by_destination()


@pytest.mark.parametrize("seed", range(6))
def test_what_is_known_by_heart_of_each_destination_is_what_the_rows_say(
    world: World, server: Server, refusal: type[Exception], stranger: type[Exception], seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a plan that can be had again
    with world.open() as outbox:
        for number in range(120):
            destination = dice.choice(("orders", "processing", "receipts"))
            key, stream = f"k{number:03}", f"{destination} {dice.randrange(40)}"
            if dice.random() < 0.05:
                server.failures[key] = refusal("no")
            world.seconds += 1.0
            outbox.put(world.message(key, stream, destination=destination, amount=number))
            if number % 30 == 7:
                server.down = {dice.choice(("orders", "receipts"))}
                if dice.random() < 0.3:
                    server.failures[key] = stranger("who are you")
                world.deliver(outbox, server.send, seconds=0.02)
                outbox.checkpoint()
            assert outbox.by_destination() == counted(world)
        assert outbox.by_destination(limit=1) == counted(world)[:1]
    with world.open() as outbox:
        assert outbox.by_destination() == counted(world)


def test_what_stands_behind_another_destinations_message_is_known_too(
    world: World, server: Server, refusal: type[Exception]
) -> None:
    server.failures["a0"] = refusal("no")
    with world.open() as outbox:
        outbox.put(world.message("a0", "a"), world.message("a1", "a", destination="orders", amount=4))
        world.deliver(outbox, server.send, seconds=1)
        outbox.retry("a0", by="Анна", reason="files what is fresh")
        assert outbox.by_destination() == counted(world)


def test_the_first_of_a_destination_are_read_and_nothing_else(
    world: World, server: Server, sealing: Callable[[bytes], Cipher], refusal: type[Exception]
) -> None:
    cipher = Counting(sealing(b"key"))

    def messages(destination: str) -> list[Message]:
        return [world.message(f"{destination}{n:04}", destination=destination) for n in range(1_500)]

    server.failures = {f"orders{n:04}": refusal("no") for n in (3, 5)}
    with world.open(cipher=cipher) as outbox:
        outbox.put(*messages("orders"), *messages("processing"))
        server.down.add("processing")
        world.deliver(outbox, server.send, seconds=0.04)
        outbox.checkpoint()
        cipher.opened = 0
        first = [entry.message.key for entry in outbox.heads("processing", limit=3)]
        assert first == ["processing0000", "processing0001", "processing0002"]
        assert [entry.message.key for entry in outbox.heads("orders", State.DEAD)] == ["orders0003", "orders0005"]
        assert cipher.opened == 5
        assert all(entry.state is State.DEAD for entry in outbox.heads("orders", State.DEAD))


def test_the_first_of_a_destination_are_those_whose_streams_let_them_go_filed_or_fresh(world: World) -> None:
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{n}", f"stream {n % 3}") for n in range(100)))
        outbox.checkpoint()
        assert [entry.message.key for entry in outbox.heads("processing")] == ["k0", "k1", "k2"]
        outbox.put(world.message("fresh"), world.message("behind", "stream 1"))
        assert [entry.message.key for entry in outbox.heads("processing")] == ["k0", "k1", "k2", "fresh", "behind"]
        assert outbox.heads("processing")[-1].waits_for == "k1"
        assert [entry.message.key for entry in outbox.heads("processing", limit=2)] == ["k0", "k1"]
        assert outbox.heads("elsewhere") == ()


def test_the_sums_of_everything_that_waits_are_told_without_opening_it(
    world: World, server: Server, sealing: Callable[[bytes], Cipher]
) -> None:
    cipher = Counting(sealing(b"key"))
    with world.open(cipher=cipher) as outbox:
        outbox.put(*(world.message(f"k{n}", amount=n) for n in range(100)))
        outbox.checkpoint()
        outbox.put(world.message("fresh", amount=7, created=world.now() - timedelta(days=1)))
        server.down_until = 1e9
        outbox.skip("k4", by="Анна", reason="проверка")
        cipher.opened = 0
        assert outbox.amounts() == {**{f"k{n}": n for n in range(100) if n != 4}, "fresh": 7}
        assert cipher.opened == 0
