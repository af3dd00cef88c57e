from __future__ import annotations

import asyncio
import itertools
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from offline_queue import (
    Courier,
    Delivered,
    Died,
    LanePaused,
    LaneResumed,
    LaneState,
    Pace,
    Postponed,
    State,
    StorageError,
)

if TYPE_CHECKING:
    from offline_queue import Fate, Message
    from tests.offline_queue.conftest import Server, World

DAY = 86_400.0


def test_a_message_is_delivered_at_once_and_its_receipt_kept(world: World, server: Server) -> None:
    async def put_one(_: Courier) -> None:
        await asyncio.sleep(100)
        outbox.put(world.message("a"))

    with world.open() as outbox:
        world.deliver(outbox, server.send, seconds=200, meanwhile=put_one)
        assert server.tries == [(100.0, "a")]
        assert outbox.entry("a").receipt == "receipt of a"
        assert world.events[-1] == Delivered(
            world.message("a", created=world.now() - timedelta(seconds=100)), "receipt of a"
        )


def test_an_idle_courier_does_not_wake_up(world: World, server: Server) -> None:
    with world.open() as outbox:
        statements: list[str] = []
        outbox._storage._connection.set_trace_callback(statements.append)
        world.deliver(outbox, server.send, seconds=DAY)
        outbox._storage._connection.set_trace_callback(None)
        assert len(statements) == 1


def test_a_stream_keeps_its_order_and_streams_do_not_wait_for_each_other(world: World, server: Server) -> None:
    server.takes = 1.0
    with world.open() as outbox:
        outbox.put(*(world.message(f"{stream}{n}", stream) for n in range(5) for stream in "abc"))
        world.deliver(outbox, server.send, seconds=5.5)
        for stream in "abc":
            assert [key for key in server.effects if key[0] == stream] == [f"{stream}{n}" for n in range(5)]
        assert server.most_at_once == 3


def test_one_destination_gets_no_more_than_its_share_at_a_time(world: World, server: Server) -> None:
    server.takes = 1.0
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{n}") for n in range(20)))
        world.deliver(outbox, server.send, seconds=100, pace=Pace(parallel=3))
        assert server.most_at_once == 3
        assert len(server.effects) == 20


def test_a_dead_letter_stops_only_its_own_stream(world: World, server: Server, refusal: type[Exception]) -> None:
    server.failures["a1"] = refusal("the sum is wrong")
    with world.open() as outbox:
        outbox.put(*(world.message(f"{stream}{n}", stream) for stream in "ab" for n in range(3)))
        world.deliver(outbox, server.send, seconds=DAY)
        assert sorted(server.effects) == ["a0", "b0", "b1", "b2"]
        dead = outbox.entry("a1")
        assert (dead.state, dead.last_error, dead.tries) == (State.DEAD, "the sum is wrong", 1)
        assert outbox.entry("a2").waits_for == "a1"
        assert Died(dead.message, "the sum is wrong") in world.events


def test_seven_days_of_outage_spend_no_attempt_and_lose_nothing(world: World, server: Server) -> None:
    server.down_until = 7 * DAY
    with world.open() as outbox:
        outbox.put(*(world.message(f"{stream}{n}", stream) for n in range(4) for stream in "abcdefghij"))
        world.deliver(outbox, server.send, seconds=7 * DAY - 1)
        waiting = outbox.entries()
        assert len(waiting) == 40
        assert {entry.attempts for entry in waiting} == {0}
        assert {entry.state for entry in waiting} == {State.WAITING}
        assert {entry.last_error for entry in waiting} == {"nobody answers"}
        assert len(server.tries) < 7 * DAY / 900 * 4
        assert [record.what for record in outbox.history("a0")] == ["later"]
        assert outbox.history("a0")[0].times > 100
        world.deliver(outbox, server.send, seconds=1000)
        assert outbox.summary().count == 0
        for stream in "abcdefghij":
            assert [key for key in server.effects if key[0] == stream] == [f"{stream}{n}" for n in range(4)]


def test_an_outage_is_probed_by_one_message_and_ends_with_a_ramp(world: World, server: Server) -> None:
    server.takes = 1.0
    server.down_until = 3600
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{n}") for n in range(40)))
        world.deliver(outbox, server.send, seconds=3599)
        assert server.most_at_once == 4
        assert outbox.lanes()[0].failures == len(server.tries) - 3
        probes = server.tries[4:]
        assert all(later - sooner >= 1.0 for (sooner, _), (later, _) in itertools.pairwise(probes))
        server.most_at_once = 0
        before = len(server.tries)
        world.deliver(outbox, server.send, seconds=1800)
        assert outbox.summary().count == 0
        starts = [moment for moment, _ in server.tries[before:] if moment > 3600]
        moments = sorted(set(starts))
        assert [starts.count(moment) for moment in moments[:4]] == [1, 1, 2, 4]
        assert server.most_at_once == 4
        assert LaneResumed("processing", "", "the other side answered") in world.events


def test_the_wait_never_exceeds_its_cap(world: World, server: Server) -> None:
    server.down.add("processing")
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=3 * DAY)
        moments = [moment for moment, _ in server.tries]
        waits = [later - sooner for sooner, later in itertools.pairwise(moments)]
        assert max(waits) <= 900.1
        assert max(waits) > 800


def test_the_other_side_is_left_alone_as_long_as_it_asks(world: World, server: Server) -> None:
    async def insist(courier: Courier) -> None:
        await asyncio.sleep(60)
        courier.wake()
        outbox.put(world.message("b"))

    server.down_until = 5
    server.retry_after = 120.0
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=119, meanwhile=insist)
        assert server.tries == [(0.0, "a")]
        next_try = outbox.entry("a").next_try
        assert next_try is not None
        assert timedelta(seconds=120) <= next_try - (world.now() - timedelta(seconds=119)) <= timedelta(seconds=122)


def test_waking_the_courier_ends_a_plain_wait(world: World, server: Server) -> None:
    async def come_back(courier: Courier) -> None:
        await asyncio.sleep(DAY)
        assert server.effects == []
        server.down.clear()
        courier.wake("processing")
        await asyncio.sleep(0.5)
        assert server.effects == ["a"]

    server.down.add("processing")
    with world.open() as outbox:
        outbox.put(world.message("a"))
        endless = Pace(base=1000 * DAY, cap=1000 * DAY)
        world.deliver(outbox, server.send, seconds=DAY + 2, pace=endless, meanwhile=come_back)


def test_the_end_of_one_outage_wakes_the_others(world: World, server: Server) -> None:
    async def come_back(_: Courier) -> None:
        await asyncio.sleep(10 * DAY)
        server.down.clear()
        outbox.put(world.message("c", destination="receipts"))
        outbox.retry("c", by="cashier", reason="the network is back")
        await asyncio.sleep(1)

    server.down = {"orders", "receipts"}
    with world.open() as outbox:
        outbox.put(world.message("a", destination="orders"), world.message("b", destination="receipts"))
        world.deliver(
            outbox, server.send, seconds=10 * DAY + 1, pace=Pace(base=1000 * DAY, cap=1000 * DAY), meanwhile=come_back
        )
        assert sorted(server.effects) == ["a", "b", "c"]


def test_an_outage_of_one_destination_leaves_the_others_alone(world: World, server: Server) -> None:
    server.down = {"receipts"}
    with world.open() as outbox:
        outbox.put(world.message("a", destination="receipts"), world.message("b", destination="orders"))
        world.deliver(outbox, server.send, seconds=2)
        assert server.effects == ["b"]
        assert [(lane.destination, lane.state) for lane in outbox.lanes()] == [("receipts", LaneState.AWAY)]


def test_a_stranger_pauses_the_whole_destination_until_a_person_resumes_it(
    world: World, server: Server, stranger: type[Exception]
) -> None:
    async def sign_in(courier: Courier) -> None:
        await asyncio.sleep(DAY)
        courier.wake()
        outbox.put(world.message("c"))
        await asyncio.sleep(DAY)
        assert len(server.tries) == 2
        server.failures.clear()
        outbox.resume("processing", by="Иванова М.", reason="вошла заново")

    server.failures = {"a": stranger("401"), "b": stranger("401")}
    with world.open() as outbox:
        outbox.put(world.message("a"), world.message("b"))
        world.deliver(outbox, server.send, seconds=2 * DAY + 5, meanwhile=sign_in)
        assert world.events.count(LanePaused("processing", "401")) == 1
        assert sorted(server.effects) == ["a", "b", "c"]


def test_a_pause_outlives_a_restart_and_counts_as_a_decision(
    world: World, server: Server, stranger: type[Exception]
) -> None:
    server.failures = {"a": stranger("401")}
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=1)
    with world.open() as outbox:
        world.deliver(outbox, server.send, seconds=DAY)
        assert len(server.tries) == 1
        assert outbox.summary().needs_human == 1
        assert outbox.entry("a").last_error == "401"
        assert outbox.entry("a").next_try is None


def test_an_unknown_error_gets_a_few_tries_and_then_a_person(world: World, server: Server) -> None:
    server.failures = {"a": ZeroDivisionError("odd")}
    with world.open() as outbox:
        outbox.put(world.message("a"), world.message("b"))
        world.deliver(outbox, server.send, seconds=DAY, pace=Pace(unsure_tries=3))
        entry = outbox.entry("a")
        assert (entry.state, entry.attempts, entry.tries) == (State.DEAD, 3, 3)
        outbox.retry("a", by="a person", reason="the bug is mended")
        assert (outbox.entry("a").state, outbox.entry("a").attempts) == (State.WAITING, 0)
        assert server.effects == ["b"]
        postponed = [event for event in world.events if isinstance(event, Postponed)]
        assert len(postponed) == 2


def test_many_delayed_messages_do_not_hide_the_ones_behind_them_after_a_restart(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(*(world.message(f"odd{n}") for n in range(20)))
        for head in outbox.dispatch.heads("processing", 20):
            outbox.dispatch.unsure(head, "odd", world.now() + timedelta(minutes=10))
        outbox.put(world.message("fine"))
    with world.open() as outbox:
        world.deliver(outbox, server.send, seconds=1)
        assert server.effects == ["fine"]
        assert len(server.tries) == 1


@pytest.mark.qt_no_exception_capture
def test_a_classifier_that_fails_costs_an_attempt_and_is_reported(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    class UnprintableError(Exception):
        def __str__(self) -> str:
            return "no words"

    async def send(_: Message) -> None:
        raise UnprintableError

    with world.open() as outbox:
        outbox.put(world.message("a"))

        def broken(_: Exception) -> Fate:
            raise KeyError("bug in the classifier")

        async def scenario() -> None:
            courier = Courier(outbox, send, broken, now=world.now, monotonic=lambda: world.seconds)
            work = asyncio.create_task(courier.run())
            await asyncio.wait({work}, timeout=0.001)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

        world.run(scenario())
        assert outbox.entry("a").attempts >= 1
        assert outbox.entry("a").last_error == "UnprintableError: no words"
    assert "bug in the classifier" in capsys.readouterr().err


def test_a_restart_in_an_outage_waits_no_longer_than_the_cap_though_the_clock_was_set_back(
    world: World, server: Server
) -> None:
    server.down_until = 100.0
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=99)
    world.skew = timedelta(days=-400)
    with world.open() as outbox:
        world.deliver(outbox, server.send, seconds=901)
        assert server.effects == ["a"]


@pytest.mark.parametrize("days", [-400, 400])
def test_a_wall_clock_that_is_set_changes_nothing_for_a_running_courier(
    world: World, server: Server, days: int
) -> None:
    async def set_clock(_: Courier) -> None:
        await asyncio.sleep(7000)
        before = len(server.tries)
        world.skew = timedelta(days=days)
        await asyncio.sleep(7000)
        assert 0 < len(server.tries) - before < 60

    server.down.add("processing")
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{n}") for n in range(100)))
        world.deliver(outbox, server.send, seconds=14_001, meanwhile=set_clock)


def test_what_was_on_its_way_when_the_courier_stopped_goes_again_under_the_same_key(
    world: World, server: Server
) -> None:
    server.takes = 10.0
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=5)
        assert outbox.entry("a").state is State.WAITING
        server.takes = 0.1
        world.deliver(outbox, server.send, seconds=1)
        assert [key for _, key in server.tries] == ["a", "a"]
        assert server.effects == ["a"]


def test_a_failing_store_stops_the_courier_with_its_error_and_the_next_run_delivers(
    world: World, server: Server
) -> None:
    async def break_store(message: Message) -> str | None:
        outbox._storage._connection.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
        return await server.send(message)

    with world.open() as outbox:
        outbox.put(world.message("a"))
        with pytest.raises(StorageError, match="not authorized"):
            world.deliver(outbox, break_store, seconds=10)
        world.deliver(outbox, server.send, seconds=10)
        assert outbox.entry("a").state is State.DELIVERED
        assert server.effects == ["a"]


def test_an_idle_courier_writes_a_long_log_back(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{n}") for n in range(100)))
        statements: list[str] = []
        outbox._storage._connection.set_trace_callback(statements.append)
        world.deliver(outbox, server.send, seconds=100)
        outbox._storage._connection.set_trace_callback(None)
        assert [text for text in statements if "checkpoint" in text] == ["PRAGMA wal_checkpoint(PASSIVE)"]


@pytest.mark.parametrize("late", [None, "away", "refused"])
def test_an_answer_still_under_way_does_not_cover_up_a_pause(
    world: World, server: Server, stranger: type[Exception], refusal: type[Exception], late: str | None
) -> None:
    async def send(message: Message) -> str | None:
        if message.key == "slow":
            await asyncio.sleep(5)
            if late == "away":
                server.down.add("processing")
        return await server.send(message)

    server.failures = {"stranger": stranger("401")}
    if late == "refused":
        server.failures["slow"] = refusal("no")
    with world.open() as outbox:
        outbox.put(world.message("stranger"), world.message("slow"))
        world.deliver(outbox, send, seconds=10)
        assert [lane.state for lane in outbox.lanes()] == [LaneState.PAUSED]
        outbox.resume("processing", by="a person", reason="signed in")


def test_a_late_success_does_not_end_a_pause(world: World, server: Server, stranger: type[Exception]) -> None:
    async def send(message: Message) -> str | None:
        await asyncio.sleep({"away": 1, "stranger": 2, "fine": 3}[message.key])
        if message.key == "away":
            server.down.add("processing")
        else:
            server.down.clear()
        return await server.send(message)

    server.failures = {"stranger": stranger("401")}
    with world.open() as outbox:
        outbox.put(world.message("away"), world.message("stranger"), world.message("fine"))
        world.deliver(outbox, send, seconds=10, pace=Pace(base=1000.0))
        assert server.effects == ["fine"]
        assert [lane.state for lane in outbox.lanes()] == [LaneState.PAUSED]


def test_retry_after_holds_across_a_restart_whatever_the_pace_and_nobody_may_hurry_it(
    world: World, server: Server
) -> None:
    async def hurry(courier: Courier) -> None:
        await asyncio.sleep(1)
        courier.wake()

    server.down_until, server.retry_after = 1.0, 7200.0
    pace = Pace(cap=60.0)
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=10, pace=pace)
        (lane,) = outbox.lanes()
        assert lane.held_until is not None
    with world.open() as outbox:
        world.deliver(outbox, server.send, seconds=7100, pace=pace, meanwhile=hurry)
        assert len(server.tries) == 1
        world.deliver(outbox, server.send, seconds=200, pace=pace)
        assert server.effects == ["a"]


def test_a_clock_set_back_by_years_holds_a_destination_for_a_day_at_most(world: World, server: Server) -> None:
    server.down_until, server.retry_after = 1.0, 7200.0
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=10)
    world.skew = timedelta(days=-1000)
    with world.open() as outbox:
        world.deliver(outbox, server.send, seconds=DAY - 60)
        assert len(server.tries) == 1
        world.deliver(outbox, server.send, seconds=DAY + 120)
        assert server.effects == ["a"]


def test_tills_switched_on_together_do_not_send_together(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(world.message("left over"))
    with world.open() as outbox:
        world.deliver(outbox, server.send, seconds=60, pace=Pace(start=60.0))
        ((moment, _),) = server.tries
        assert 1.0 < moment < 60.0


def test_a_till_in_a_hurry_does_not_wait_for_its_turn(world: World, server: Server) -> None:
    async def hurry(courier: Courier) -> None:
        await asyncio.sleep(0.5)
        courier.wake()

    with world.open() as outbox:
        outbox.put(world.message("left over"))
        world.deliver(outbox, server.send, seconds=60, pace=Pace(start=60.0), meanwhile=hurry)
        assert server.tries == [(0.5, "left over")]
