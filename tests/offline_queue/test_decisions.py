from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from offline_queue import (
    IllegalMoveError,
    LaneState,
    Outbox,
    Pace,
    Retried,
    Skipped,
    State,
    UnknownKeyError,
    UnstorableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_history_is_bounded_but_keeps_what_people_did(world: World, outbox: Outbox) -> None:
    outbox.retry("a0", **WHO)
    for number in range(80):
        (head,) = outbox.dispatch.heads("processing", 1)
        outbox.dispatch.away(head, f"trouble {number}", 1, world.now())
    records = outbox.history("a0")
    assert len(records) <= 51
    assert [record.by for record in records if record.by] == [WHO["by"]]
    assert records[-1].words == "trouble 79"
    outbox.close()


@pytest.mark.parametrize(("by", "reason"), [("", "why"), (" ", "why"), ("Иванова М.", ""), ("Иванова М.", "\t")])
def test_nobody_decides_namelessly_or_for_no_reason(
    world: World, server: Server, stranger: type[Exception], outbox: Outbox, *, by: str, reason: str
) -> None:
    server.failures["c"] = stranger("401")
    outbox.put(world.message("c"))
    world.deliver(outbox, server.send, seconds=1)
    decisions: list[Callable[..., object]] = [
        partial(outbox.retry, "a0"),
        partial(outbox.skip, "a0"),
        partial(outbox.cancel_stream, "a"),
        partial(outbox.cancel_stream, "nothing"),
        partial(outbox.resume, "processing"),
        partial(outbox.export, world.folder / "unsent"),
        partial(outbox.import_from, world.folder / "unsent"),
    ]
    for decide in decisions:
        with pytest.raises(ValueError, match="name of a person and a reason"):
            decide(by=by, reason=reason)
    assert outbox.summary().count == 4
    assert [lane.state for lane in outbox.lanes()] == [LaneState.PAUSED]
    assert not (world.folder / "unsent").exists()
    outbox.close()


def test_words_that_no_file_can_hold_decide_nothing(outbox: Outbox) -> None:
    with pytest.raises(UnstorableError):
        outbox.skip("a0", by="Иванова М.", reason="half of a pair: \ud83d")
    with pytest.raises(UnstorableError):
        outbox.entry("\ud83d")
    assert outbox.entry("a0").state is State.DEAD
    assert len(outbox.history("a0")) == 1
    outbox.close()


def test_who_let_a_destination_go_on_stays_on_record_through_later_outages_and_restarts(
    world: World, server: Server, stranger: type[Exception]
) -> None:
    async def sign_in(_: Courier) -> None:
        await asyncio.sleep(1)
        server.failures.clear()
        server.down.add("processing")
        queue.resume("processing", **WHO)

    server.failures["a"] = stranger("401")
    with world.open() as queue:
        queue.put(world.message("a"))
        world.deliver(queue, server.send, seconds=10, meanwhile=sign_in)
        assert queue.lanes()[0].words == "nobody answers"
    with world.open() as queue:
        (record,) = queue.decisions()
        assert (record.what, record.by) == ("resumed", WHO["by"])
        assert record.words == f"processing: {WHO['reason']}"
