"""Errors that nobody understands: one odd message is its own trouble, many are their destination's."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from offline_queue import Courier, Died, LaneState, Pace, State

if TYPE_CHECKING:
    from offline_queue import Message
    from tests.offline_queue.conftest import Server, World

DAY = 86_400.0
MINUTE = 60.0


class Gateway:
    """Answers with pages of HTML while it is broken, whoever calls."""

    def __init__(self, server: Server, world: World) -> None:
        self._server = server
        self._world = world
        self.broken_until = 0.0

    async def send(self, message: Message) -> str:
        if self._world.seconds < self.broken_until:
            self._server.tries.append((self._world.seconds, message.key))
            raise ValueError("<html>502 Bad Gateway</html>")
        return await self._server.send(message)


def moments_of(server: Server, key: str) -> list[float]:
    return [moment for moment, tried in server.tries if tried == key]


def waits_of(server: Server, key: str) -> list[float]:
    return [later - sooner for sooner, later in itertools.pairwise(moments_of(server, key))]


def test_a_gateway_broken_for_a_day_kills_no_order(world: World, server: Server) -> None:
    gateway = Gateway(server, world)
    gateway.broken_until = DAY
    with world.open() as outbox:
        outbox.put(*(world.message(f"{stream}{n}", stream) for n in range(4) for stream in "abcdefghij"))
        world.deliver(outbox, gateway.send, seconds=DAY)
        entries = outbox.entries()
        assert {entry.state for entry in entries} == {State.WAITING}
        assert sum(entry.attempts for entry in entries) <= 1
        (lane,) = outbox.lanes()
        assert (lane.state, lane.words) == (LaneState.AWAY, "ValueError: <html>502 Bad Gateway</html>")
        assert len(server.tries) < DAY / 900 * 4, "a storm is probed like an outage"
        world.deliver(outbox, gateway.send, seconds=1_800)
        assert outbox.summary().count == 0
        for stream in "abcdefghij":
            assert [key for key in server.effects if key[0] == stream] == [f"{stream}{n}" for n in range(4)]


def test_a_broken_gateway_kills_nothing_though_the_till_is_started_every_morning(world: World, server: Server) -> None:
    gateway = Gateway(server, world)
    gateway.broken_until = 2 * DAY
    for start in range(8):
        with world.open() as outbox:
            outbox.put(world.message(f"first of {start}"), world.message(f"second of {start}"))
            world.deliver(outbox, gateway.send, seconds=DAY / 4)
            assert outbox.summary().needs_human == 0
    assert not any(isinstance(event, Died) for event in world.events)


def test_unknown_errors_in_the_middle_of_an_outage_are_the_outage(world: World, server: Server) -> None:
    async def let_the_portal_answer(_: Courier) -> None:
        await asyncio.sleep(10 * MINUTE)
        server.down.clear()
        gateway.broken_until = DAY

    gateway = Gateway(server, world)
    server.down = {"processing"}
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{n:02}") for n in range(40)))
        world.deliver(outbox, gateway.send, seconds=DAY - 1, meanwhile=let_the_portal_answer)
        assert {(entry.state, entry.attempts) for entry in outbox.entries()} == {(State.WAITING, 0)}
        assert len(server.tries) < DAY / 900 * 4


def test_one_odd_message_among_good_ones_gets_a_few_tries_minutes_apart(world: World, server: Server) -> None:
    async def work_on(_: Courier) -> None:
        for number in range(200):
            outbox.put(world.message(f"good{number:03}"))
            await asyncio.sleep(MINUTE)

    server.failures = {"odd": ZeroDivisionError("odd")}
    with world.open() as outbox:
        outbox.put(world.message("odd"))
        world.deliver(outbox, server.send, seconds=DAY, meanwhile=work_on)
        assert len(server.effects) == 200
        odd = outbox.entry("odd")
        assert (odd.state, odd.attempts, odd.tries) == (State.DEAD, 5, 5)
        waits = waits_of(server, "odd")
        assert min(waits) >= 2 * MINUTE
        assert max(waits) <= 15 * MINUTE + 1
        moments = [moment for moment, key in server.tries if key.startswith("good")]
        assert max(later - sooner for sooner, later in itertools.pairwise(moments)) <= MINUTE + 2, (
            "nobody waited for it"
        )


def test_one_odd_message_alone_gets_a_few_tries_minutes_apart(world: World, server: Server) -> None:
    server.failures = {"odd": ZeroDivisionError("odd")}
    with world.open() as outbox:
        outbox.put(world.message("odd"))
        world.deliver(outbox, server.send, seconds=DAY)
        assert outbox.entry("odd").state is State.DEAD
        assert len(waits_of(server, "odd")) == 4
        assert min(waits_of(server, "odd")) >= 2 * MINUTE


def test_two_odd_messages_among_good_ones_both_die_and_stop_nobody(world: World, server: Server) -> None:
    async def work_on(_: Courier) -> None:
        for number in range(400):
            outbox.put(world.message(f"good{number:03}"))
            await asyncio.sleep(MINUTE)

    server.failures = {"odd1": ZeroDivisionError("odd"), "odd2": ZeroDivisionError("odd")}
    with world.open() as outbox:
        outbox.put(world.message("odd1"), world.message("odd2"))
        world.deliver(outbox, server.send, seconds=DAY, meanwhile=work_on)
        assert len(server.effects) == 400
        assert [entry.state for entry in outbox.entries()] == [State.DEAD, State.DEAD]


def test_a_message_that_only_ever_meets_a_busy_server_does_not_keep_the_others_from_it(
    world: World, server: Server
) -> None:
    async def send(message: Message) -> str:
        server.down = {"processing"} if message.key == "first" else set()
        return await server.send(message)

    with world.open() as outbox:
        outbox.put(world.message("first"), *(world.message(f"k{n}") for n in range(5)))
        world.deliver(outbox, send, seconds=DAY / 4, pace=Pace(parallel=1))
        assert sorted(server.effects) == [f"k{n}" for n in range(5)]
        assert outbox.entry("first").attempts == 0


def test_success_anywhere_wakes_what_waits_out_an_outage(world: World, server: Server) -> None:
    async def come_back(_: Courier) -> None:
        await asyncio.sleep(DAY)
        server.down.clear()
        outbox.put(world.message("a", destination="orders"))
        await asyncio.sleep(1)
        assert sorted(server.effects) == ["a", "b"]

    server.down = {"receipts"}
    with world.open() as outbox:
        outbox.put(world.message("b", destination="receipts"))
        endless = Pace(base=1_000 * DAY, cap=1_000 * DAY)
        world.deliver(outbox, server.send, seconds=DAY + 2, pace=endless, meanwhile=come_back)


def test_a_refusal_anywhere_is_an_answer_too(world: World, server: Server, refusal: type[Exception]) -> None:
    async def come_back(_: Courier) -> None:
        await asyncio.sleep(DAY)
        server.down.clear()
        outbox.put(world.message("a", destination="orders"))
        await asyncio.sleep(1)
        assert server.effects == ["b"]

    server.down = {"receipts"}
    server.failures["a"] = refusal("no")
    with world.open() as outbox:
        outbox.put(world.message("b", destination="receipts"))
        endless = Pace(base=1_000 * DAY, cap=1_000 * DAY)
        world.deliver(outbox, server.send, seconds=DAY + 2, pace=endless, meanwhile=come_back)


def test_a_busy_neighbour_does_not_undo_the_back_off(world: World, server: Server) -> None:
    async def work_on(_: Courier) -> None:
        for number in range(360):
            outbox.put(world.message(f"good{number}", destination="orders"))
            await asyncio.sleep(10)

    server.down = {"receipts"}
    with world.open() as outbox:
        outbox.put(world.message("b", destination="receipts"))
        world.deliver(outbox, server.send, seconds=3_600, meanwhile=work_on)
        assert len(server.effects) == 360
        assert 10 < len(moments_of(server, "b")) < 50


def test_good_news_does_not_hurry_who_asked_to_be_left_alone(world: World, server: Server) -> None:
    async def good_news(_: Courier) -> None:
        await asyncio.sleep(MINUTE)
        outbox.put(world.message("a", destination="orders"))

    server.down, server.retry_after = {"receipts"}, 3_600.0
    with world.open() as outbox:
        outbox.put(world.message("b", destination="receipts"))
        world.deliver(outbox, server.send, seconds=3_599, meanwhile=good_news)
        assert server.effects == ["a"]
        assert len(moments_of(server, "b")) == 1
