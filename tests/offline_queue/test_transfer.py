from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from offline_queue import IllegalMoveError, Limits, Moved, Outbox, State, TransferError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from offline_queue import Cipher, Courier
    from tests.offline_queue.conftest import Server, World

WHO = {"by": "Иванова М.", "reason": "касса сгорела"}


def second_till(world: World, **settings: Any) -> Outbox:  # noqa: ANN401 - passes on what Outbox.open takes
    return Outbox.open(world.folder / "other.db", **{"account": "test", "now": world.now, **settings})


@pytest.fixture
def exported(world: World, server: Server, refusal: type[Exception]) -> Path:
    """One delivered, one dead, one behind it, one waiting: three for another till."""
    server.failures["a0"] = refusal("no")
    with world.open() as outbox:
        outbox.put(world.message("done"), world.message("a0", "a", amount=5, label="1106"), world.message("a1", "a"))
        world.deliver(outbox, server.send, seconds=1)
        outbox.put(world.message("b"))
        assert outbox.export(world.folder / "unsent", **WHO) == 3
    return world.folder / "unsent"


def test_the_unsent_go_to_another_till_in_order_and_this_one_sends_them_no_more(
    world: World, server: Server, exported: Path
) -> None:
    server.failures.clear()
    with world.open() as outbox:
        assert outbox.summary().count == 0
        assert [entry.message.key for entry in outbox.entries(State.MOVED)] == ["a0", "a1", "b"]
        record = outbox.history("b")[-1]
        assert (record.what, record.by, record.words) == ("exported", WHO["by"], WHO["reason"])
        before = outbox.entry("a0").message
        world.deliver(outbox, server.send, seconds=10)
        assert server.effects == ["done"]
    with second_till(world) as other:
        assert other.import_from(exported, **WHO) == 3
        assert other.entry("a0").message == before
        world.deliver(other, server.send, seconds=10)
    assert sorted(server.effects) == ["a0", "a1", "b", "done"]
    assert server.effects.index("a0") < server.effects.index("a1")


def test_a_second_import_changes_nothing_even_after_delivery(world: World, server: Server, exported: Path) -> None:
    server.failures.clear()
    with second_till(world, limits=Limits(count=1)) as other:
        assert other.import_from(exported, **WHO) == 3
        assert other.import_from(exported, **WHO) == 0
        world.deliver(other, server.send, seconds=10)
        assert other.import_from(exported, **WHO) == 0
        assert other.summary().count == 0


def test_a_till_takes_back_what_it_had_exported(world: World, server: Server, exported: Path) -> None:
    server.failures.clear()
    with world.open() as outbox:
        outbox.put(world.message("a2", "a"))
        assert outbox.import_from(exported, **WHO) == 3
        assert outbox.summary().count == 4
        assert [record.what for record in outbox.history("b")] == ["exported", "imported"]
        world.deliver(outbox, server.send, seconds=10)
        assert [key for key in server.effects if key[0] == "a"] == ["a0", "a1", "a2"]


def test_who_took_a_message_in_stays_on_record_at_the_other_till(world: World, exported: Path) -> None:
    with second_till(world) as other:
        other.import_from(exported, by="Петров П.", reason="замена кассы")
        other.import_from(exported, by="Иванова М.", reason="ещё раз")
        for key in ("a0", "a1", "b"):
            (record,) = other.history(key)
            assert (record.what, record.by, record.words) == ("imported", "Петров П.", "замена кассы")


def test_an_export_tells_of_each_message_that_moved(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
        outbox.export(world.folder / "unsent", **WHO)
    assert world.events[-1] == Moved(world.message("a"), **WHO)


def test_nothing_is_exported_while_it_is_being_sent(world: World, server: Server) -> None:
    async def meddle(_: Courier) -> None:
        await asyncio.sleep(1)
        with pytest.raises(IllegalMoveError, match="being sent"):
            outbox.export(world.folder / "unsent", **WHO)

    server.takes = 5.0
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=10, meanwhile=meddle)
    assert not (world.folder / "unsent").exists()


def test_nothing_is_taken_back_while_something_is_being_sent_and_no_stream_gets_stuck(
    world: World, server: Server
) -> None:
    async def meddle(_: Courier) -> None:
        await asyncio.sleep(1)
        with pytest.raises(IllegalMoveError, match="being sent"):
            outbox.import_from(world.folder / "second", **WHO)
        await asyncio.sleep(10)
        assert outbox.import_from(world.folder / "second", **WHO) == 1
        outbox.put(world.message("c", "stream"))

    server.takes = 5.0
    with world.open() as outbox:
        outbox.put(world.message("a", "stream"))
        outbox.export(world.folder / "first", **WHO)
        outbox.put(world.message("b", "stream"))
        outbox.export(world.folder / "second", **WHO)
        outbox.import_from(world.folder / "first", **WHO)
        world.deliver(outbox, server.send, seconds=30, meanwhile=meddle)
        assert server.effects == ["a", "b", "c"]


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "other"])
def test_an_export_that_is_not_whole_stores_nothing(world: World, exported: Path, damage: str) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    exported.write_bytes(
        {
            "cut": b"".join(lines[:-2]),
            "changed": b"".join([lines[0], lines[1].replace(b"1106", b"1107"), *lines[2:]]),
            "empty": b"",
            "other": b"a letter\nto a friend\n",
        }[damage]
    )
    with second_till(world) as other:
        with pytest.raises(TransferError):
            other.import_from(exported, **WHO)
        assert other.summary().count == 0


def test_an_export_reaches_no_other_account_and_overwrites_nothing(world: World, exported: Path) -> None:
    with second_till(world, account="live") as other, pytest.raises(TransferError, match="of account «test»"):
        other.import_from(exported, **WHO)
    with world.open() as outbox, pytest.raises(TransferError, match="there already"):
        outbox.export(exported, **WHO)


def test_a_sealed_queue_exports_sealed_lines_that_only_its_key_opens(
    world: World, sealing: Callable[[bytes], Cipher]
) -> None:
    with world.open(cipher=sealing(b"key")) as outbox:
        outbox.put(world.message("a", body=b"name of a customer"))
        outbox.export(world.folder / "unsent", **WHO)
    assert b"customer" not in (world.folder / "unsent").read_bytes()
    with second_till(world, cipher=sealing(b"another")) as other, pytest.raises(TransferError, match="key"):
        other.import_from(world.folder / "unsent", **WHO)
    (world.folder / "other.db").unlink()
    with second_till(world, cipher=sealing(b"key")) as other:
        assert other.import_from(world.folder / "unsent", **WHO) == 1
        assert other.entry("a").message.body == b"name of a customer"


@pytest.mark.parametrize("sealed", [False, True])
def test_a_damaged_message_stays_behind_with_those_that_follow_it_and_never_leaves_as_a_good_one(
    world: World, server: Server, sealing: Callable[[bytes], Cipher], *, sealed: bool
) -> None:
    cipher = sealing(b"key") if sealed else None
    with world.open(cipher=cipher) as outbox:
        outbox.put(*(world.message(key, key[0]) for key in ("a0", "a1", "b0", "b1", "b2", "c")))
    with world.open(cipher=cipher) as outbox:
        outbox._storage.write(lambda db: db.execute("UPDATE message SET body = zeroblob(60) WHERE key IN ('b1', 'c')"))
        assert outbox.export(world.folder / "unsent", **WHO) == 3
        assert [(entry.message.key, entry.state) for entry in outbox.entries()] == [
            ("b1", State.DEAD),
            ("b2", State.WAITING),
            ("c", State.DEAD),
        ]
        assert [(record.what, record.by) for record in outbox.history("b1")] == [("damaged", "")]
        assert [type(event).__name__ for event in world.events[-2:]] == ["Died", "Died"]
        assert outbox.summary().needs_human == 2
        outbox.skip("b1", by="support", reason="damaged")
        assert outbox.export(world.folder / "the rest", **WHO) == 1
    with second_till(world, cipher=cipher) as other:
        assert other.import_from(world.folder / "unsent", **WHO) == 3
        assert other.import_from(world.folder / "the rest", **WHO) == 1
        world.deliver(other, server.send, seconds=10)
        assert sorted(server.effects) == ["a0", "a1", "b0", "b2"]
        assert other.verify().problems == ()


def test_a_damaged_message_buried_behind_another_comes_back_at_its_own_place(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a0", "a"), world.message("a1", "a"), world.message("a2", "a"))
    with world.open() as outbox:
        outbox._storage.write(lambda db: db.execute("UPDATE message SET state = 2 WHERE key = 'a1'"))
        outbox.retry("a1", **WHO)
        world.deliver(outbox, server.send, seconds=10)
        assert server.effects == ["a0", "a1", "a2"]


def test_an_export_may_be_sealed_for_a_till_that_has_another_key(
    world: World, sealing: Callable[[bytes], Cipher]
) -> None:
    ours, carried, theirs = (sealing(name) for name in (b"ours", b"carried", b"theirs"))
    file = world.folder / "unsent"
    with world.open(cipher=ours) as outbox:
        outbox.put(world.message("a"), world.message("b"))
        assert outbox.export(file, carried, **WHO) == 2
    with second_till(world, cipher=theirs) as other:
        for wrong in (None, ours, theirs):
            with pytest.raises(TransferError, match="does not open"):
                other.import_from(file, wrong, **WHO)
        assert other.import_from(file, carried, **WHO) == 2
        assert [entry.message.body for entry in other.entries()] == [b"a", b"b"]
