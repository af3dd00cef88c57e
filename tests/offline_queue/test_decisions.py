from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from offline_queue import IllegalMoveError, Outbox, Pace, Retried, Skipped, State, UnknownKeyError

if TYPE_CHECKING:
    from offline_queue import Courier, Message
    from tests.offline_queue.conftest import Server, World

WHO = {"by": "Иванова М.", "reason": "исправили в процессинге"}


@pytest.fixture
def outbox(world: World, server: Server, refusal: type[Exception]) -> Outbox:
    """A stream of three whose first is dead."""
    server.failures["a0"] = refusal("unknown customer")
    outbox = world.open()
    outbox.put(*(world.message(f"a{n}", "a") for n in range(3)))
    world.deliver(outbox, server.send, seconds=1)
    assert server.effects == []
    return outbox


def test_a_retried_dead_letter_goes_again_and_its_stream_follows(world: World, server: Server, outbox: Outbox) -> None:
    async def decide(_: Courier) -> None:
        await asyncio.sleep(10)
        server.failures.clear()
        outbox.retry("a0", **WHO)

    world.deliver(outbox, server.send, seconds=20, meanwhile=decide)
    assert server.effects == ["a0", "a1", "a2"]
    assert Retried(decided_message(world, "a0"), **WHO) in world.events
    record = outbox.history("a0")[-1]
    assert (record.what, record.words, record.by) == ("retried", WHO["reason"], WHO["by"])
    outbox.close()


def decided_message(world: World, key: str) -> Message:
    return next(
        event.message for event in world.events if isinstance(event, Retried | Skipped) and event.message.key == key
    )


def test_a_skipped_dead_letter_stays_on_record_and_lets_its_stream_go(
    world: World, server: Server, outbox: Outbox
) -> None:
    outbox.skip("a0", **WHO)
    world.deliver(outbox, server.send, seconds=1)
    assert server.effects == ["a1", "a2"]
    entry = outbox.entry("a0")
    assert (entry.state, entry.message.body) == (State.SKIPPED, b"a0")
    assert [(record.what, record.by) for record in outbox.history("a0")] == [("refused", ""), ("skipped", WHO["by"])]
    outbox.close()


def test_a_message_behind_its_head_can_be_skipped_alone(world: World, server: Server, outbox: Outbox) -> None:
    outbox.skip("a1", **WHO)
    assert outbox.entry("a0").state is State.DEAD
    outbox.skip("a0", **WHO)
    world.deliver(outbox, server.send, seconds=1)
    assert server.effects == ["a2"]
    outbox.close()


def test_a_cancelled_stream_sends_nothing_more_and_takes_new_messages(
    world: World, server: Server, outbox: Outbox
) -> None:
    outbox.put(world.message("b"))
    assert outbox.cancel_stream("a", **WHO) == 3
    outbox.put(world.message("a3", "a"))
    world.deliver(outbox, server.send, seconds=1)
    assert sorted(server.effects) == ["a3", "b"]
    assert [entry.message.key for entry in outbox.entries(State.SKIPPED)] == ["a0", "a1", "a2"]
    assert outbox.cancel_stream("a", **WHO) == 0
    outbox.close()


def test_what_is_being_sent_cannot_be_decided_upon(world: World, server: Server, outbox: Outbox) -> None:
    async def meddle(_: Courier) -> None:
        await asyncio.sleep(5)
        with pytest.raises(IllegalMoveError, match="being sent"):
            outbox.skip("b", **WHO)
        with pytest.raises(IllegalMoveError, match="being sent"):
            outbox.cancel_stream("b", **WHO)

    server.takes = 10.0
    outbox.put(world.message("b"))
    world.deliver(outbox, server.send, seconds=20, meanwhile=meddle)
    assert server.effects == ["b"]
    outbox.close()


def test_what_is_settled_or_unknown_cannot_be_moved(outbox: Outbox) -> None:
    outbox.skip("a0", **WHO)
    with pytest.raises(IllegalMoveError, match="settled"):
        outbox.retry("a0", **WHO)
    with pytest.raises(UnknownKeyError):
        outbox.skip("nothing", **WHO)
    with pytest.raises(UnknownKeyError):
        outbox.entry("nothing")
    with pytest.raises(IllegalMoveError, match="not paused"):
        outbox.resume("processing", **WHO)
    outbox.close()


def test_a_retry_of_a_delayed_message_does_not_wait(world: World, server: Server) -> None:
    async def decide(_: Courier) -> None:
        await asyncio.sleep(1)
        server.failures.clear()
        queue.retry("a", **WHO)
        await asyncio.sleep(0.1)
        assert server.effects == ["a"]

    server.failures = {"a": ZeroDivisionError("odd")}
    with world.open() as queue:
        queue.put(world.message("a"))
        world.deliver(queue, server.send, seconds=2, pace=Pace(base=1e6, cap=1e6), meanwhile=decide)


def test_history_is_bounded_but_keeps_what_people_did(world: World, outbox: Outbox, server: Server) -> None:
    async def refuse_differently(_: Courier) -> None:
        for number in range(80):
            server.failures["a0"] = type(server.failures["a0"])(f"refusal {number}")
            outbox.retry("a0", by="" if number else "Иванова М.", reason=f"try {number}")
            await asyncio.sleep(1)

    world.deliver(outbox, server.send, seconds=100, meanwhile=refuse_differently)
    records = outbox.history("a0")
    assert len(records) <= 51
    assert records[0].by == "Иванова М."
    assert records[-1].words == "refusal 79"
    outbox.close()
