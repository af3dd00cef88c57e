"""What ``send`` and ``classify`` may come up with, and what must become of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from offline_queue import Courier, LaneState, Later, Paused, Refused, State, Unsure

if TYPE_CHECKING:
    from collections.abc import Callable

    from offline_queue import Message, Outbox
    from tests.offline_queue.conftest import World

pytestmark = pytest.mark.qt_no_exception_capture


class Names:
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise ValueError("no words")


def delivered_by(
    world: World, outbox: Outbox, send: Callable[[Message], Any], classify: Callable[[Exception], Any]
) -> None:
    """Let a courier work for a second; a run that ends by itself is a failure."""

    async def scenario() -> None:
        courier = Courier(outbox, send, classify, now=world.now, monotonic=lambda: world.seconds)
        work = asyncio.create_task(courier.run())
        await asyncio.wait({work}, timeout=1.0)
        assert not work.done(), "the courier gave up"
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    world.run(scenario())


@pytest.mark.parametrize("fate", [None, True, "later", Later, 503], ids=repr)
def test_what_is_no_fate_is_unknown_and_reported_and_never_a_delivery(
    world: World, capsys: pytest.CaptureFixture[str], fate: object
) -> None:
    async def send(_: Message) -> str:
        raise OSError("no network")

    with world.open() as outbox:
        outbox.put(world.message("a", amount=250_000))
        delivered_by(world, outbox, send, lambda _: fate)
        entry = outbox.entry("a")
        assert (entry.state, entry.message.body, entry.attempts) == (State.WAITING, b"a", 1)
        assert entry.last_error == "OSError: no network"
        assert outbox.summary().count == 1
    assert "no fate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [("r\ud800", "r\\ud800"), ({"id": 1}, "{'id': 1}"), (b"taken", "b'taken'"), (None, ""), (Names(), "Names")],
    ids=["surrogate", "dict", "bytes", "none", "speechless"],
)
def test_whatever_send_returns_the_message_is_delivered(world: World, answer: object, receipt: str) -> None:
    async def send(_: Message) -> object:
        return answer

    with world.open() as outbox:
        outbox.put(world.message("a"), world.message("b", destination="other"))
        delivered_by(world, outbox, send, lambda error: Later(str(error)))
        assert [entry.receipt for entry in outbox.entries(State.DELIVERED)] == [receipt, receipt]


@pytest.mark.parametrize("kind", [Later, Refused, Paused, Unsure])
@pytest.mark.parametrize("words", ["odd \ud800", None, {"error": 1}, Names(), "x" * 1_000_000])
def test_whatever_the_words_are_they_stop_nobody_else(world: World, kind: Callable[[Any], Any], words: object) -> None:
    async def send(message: Message) -> None:
        if message.key == "odd":
            raise OSError

    with world.open() as outbox:
        outbox.put(world.message("odd"), world.message("good", destination="other"))
        delivered_by(world, outbox, send, lambda _: kind(words))
        assert outbox.entry("good").state is State.DELIVERED
        odd = outbox.entry("odd")
        assert odd.state in {State.WAITING, State.DEAD}
        assert 0 < len(odd.last_error) <= 2_000


@pytest.mark.parametrize(("asked", "held"), [("120", True), ("soon", False), ([], False), (10**400, True), (-1, False)])
def test_a_retry_after_of_any_kind_stops_nobody_else(world: World, asked: Any, held: bool) -> None:  # noqa: ANN401, FBT001 - odd on purpose
    async def send(message: Message) -> None:
        if message.key == "odd":
            raise OSError

    with world.open() as outbox:
        outbox.put(world.message("odd"), world.message("good", destination="other"))
        delivered_by(world, outbox, send, lambda _: Later("busy", asked))
        assert outbox.entry("good").state is State.DELIVERED
        assert outbox.entry("odd").attempts == 0
        (lane,) = outbox.lanes()
        assert lane.state is LaneState.AWAY
        assert (lane.held_until is not None) is held


@pytest.mark.parametrize("by", ["raised", "task"])
def test_a_delivery_that_cancels_itself_is_unknown_and_the_courier_goes_on(world: World, by: str) -> None:
    async def send(message: Message) -> None:
        if message.key == "odd":
            if by == "raised":
                raise asyncio.CancelledError
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(1)

    with world.open() as outbox:
        outbox.put(world.message("odd"), world.message("good", destination="other"))
        delivered_by(world, outbox, send, lambda error: Later(str(error)))
        assert outbox.entry("good").state is State.DELIVERED
        assert (outbox.entry("odd").state, outbox.entry("odd").attempts) == (State.WAITING, 1)


def test_a_courier_that_is_cancelled_spends_nothing(world: World) -> None:
    async def send(_: Message) -> None:
        await asyncio.Event().wait()

    with world.open() as outbox:
        outbox.put(world.message("a"))
        delivered_by(world, outbox, send, lambda error: Later(str(error)))
        assert (outbox.entry("a").tries, outbox.entry("a").attempts) == (0, 0)


def test_a_loop_that_is_torn_down_spends_nothing(world: World) -> None:
    async def send(_: Message) -> None:
        await asyncio.Event().wait()

    async def end_of_the_program() -> None:
        courier = Courier(outbox, send, lambda _: Unsure("odd"), now=world.now, monotonic=lambda: world.seconds)
        tasks.append(asyncio.create_task(courier.run()))
        await asyncio.sleep(1)

    tasks: list[asyncio.Task[None]] = []
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.run(end_of_the_program())
        assert tasks[0].cancelled()
        assert (outbox.entry("a").tries, outbox.entry("a").attempts) == (0, 0)
