"""One row that does not read as it was written: it becomes a dead letter, and everything else goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from offline_queue import Died, Outbox, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from offline_queue import Cipher
    from tests.offline_queue.conftest import Server, World

WHO = {"by": "Иванова М.", "reason": "строка повреждена"}
FLIPS = {
    "key": "CAST(x'62ff62' AS TEXT)",
    "empty key": "''",
    "stream": "CAST(x'c3' AS TEXT)",
    "empty stream": "''",
    "destination": "CAST(x'ff' || CAST(destination AS BLOB) AS TEXT)",
    "empty destination": "''",
    "kind": "CAST(x'80' AS TEXT)",
    "empty kind": "''",
    "amount": "amount | (1 << 62)",
    "created": "created | (1 << 62)",
    "created long ago": "-(1 << 62)",
    "label": "CAST(x'ee' AS TEXT)",
    "fingerprint": "x'00'",
    "crc": "crc + 1",
    "state": "9",
    "era": "-1",
    "tries": "1 << 62",
    "attempts": "1 << 62",
    "last_error": "CAST(x'ff' AS TEXT)",
    "last_try": "1 << 62",
    "next_try": "1 << 62",
    "settled": "1 << 62",
    "receipt": "CAST(x'ff' AS TEXT)",
    "body": "x'00'",
}
UNDER_THE_CHECK = {"key", "stream", "kind", "amount", "created", "label", "fingerprint", "crc", "body"}
"""But for the destination: a row that is of no destination is looked at by none. A person finds it by ``verify``."""


def damage(outbox: Outbox, column: str, value: str, key: str = "bad") -> None:
    statement = f"UPDATE message SET {column} = {value} WHERE key = '{key}'"  # noqa: S608 - our own words
    outbox._storage.write(lambda connection: connection.execute(statement))


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
@pytest.mark.parametrize("what", FLIPS)
def test_damage_in_a_column_of_one_row_stops_no_other(
    world: World, server: Server, sealing: Callable[[bytes], Cipher], what: str, *, sealed: bool
) -> None:
    column = what.removeprefix("empty ").removesuffix(" long ago")
    settings: dict[str, Any] = {"cipher": sealing(b"key")} if sealed else {}
    with world.open(**settings) as outbox:
        for key in ("bad", "good"):
            outbox.put(world.message(key, amount=100), world.message(f"behind {key}", key))
        outbox.put(world.message("elsewhere", destination="orders"))
    with world.open(**settings) as outbox:
        damage(outbox, column, FLIPS[what])
        world.deliver(outbox, server.send, seconds=10)
        assert {"good", "behind good", "elsewhere"} <= set(server.effects)
        everything_can_be_looked_at(outbox)
        with Outbox.inspect(world.path, **settings) as inspection:
            everything_can_be_looked_at(inspection)
        if column == "destination":
            assert outbox.verify().problems == ("The message bad does not read as it was written.",)
            outbox.skip("bad", **WHO)
            world.deliver(outbox, server.send, seconds=10)
            assert "behind bad" in server.effects
        if column in UNDER_THE_CHECK:
            (dead,) = outbox.entries(State.DEAD)
            assert "bad" not in server.effects
            assert any(isinstance(event, Died) for event in world.events)
            assert [record.what for record in outbox.history(dead.message.key)] == ["damaged"]
            outbox.retry(dead.message.key, **WHO)
            world.deliver(outbox, server.send, seconds=10)
            (dead,) = outbox.entries(State.DEAD)
            outbox.skip(dead.message.key, **WHO)
            world.deliver(outbox, server.send, seconds=10)
            assert "behind bad" in server.effects
            assert (outbox.summary().count, outbox.summary().needs_human) == (0, 0)
            assert outbox.by_destination() == ()


def everything_can_be_looked_at(queue: object) -> None:
    for look in ("summary", "entries", "by_stream", "by_destination", "lanes", "verify"):
        getattr(queue, look)()
    assert queue.entries(*State)  # type: ignore[attr-defined] # an outbox or an inspection


def test_many_damaged_rows_are_all_told_of_and_counted_right(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{n:02}", amount=1) for n in range(40)))
    with world.open() as outbox:
        damage(outbox, "stream", "'?'", "k00' OR key BETWEEN 'k10' AND 'k29")
        world.deliver(outbox, server.send, seconds=10)
        assert len(server.effects) == 19
        assert outbox.summary().count == 21
        assert sum(isinstance(event, Died) for event in world.events) == 21
        assert outbox.summary().needs_human == 21


@pytest.mark.parametrize("state", [0, 9])
def test_a_stream_that_lost_its_head_goes_on_at_the_next_opening(world: World, server: Server, state: int) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a0", "a"), world.message("a1", "a"), world.message("b"))
    with world.open() as outbox:
        damage(outbox, "state", str(state), "a0")
    with world.open() as outbox:
        world.deliver(outbox, server.send, seconds=10)
        assert server.effects == (["a0", "b", "a1"] if state == 0 else ["a1", "b"])
