"""The newest page of some rows is lost, and the log still holds what they were before somebody ended them."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from offline_queue import Outbox, State, UnknownKeyError
from offline_queue.burial import IN_DOUBT
from tests.offline_queue.row_damage import change_behind_the_indexes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.offline_queue.conftest import Server, World

PAGE = 4096
WHO = {"by": "Иванова М.", "reason": "двойной чек"}
ENDED = [f"k{number:03}" for number in range(60, 70)]


def skip(outbox: Outbox, _: Path) -> None:
    for key in ENDED:
        outbox.skip(key, **WHO)


def cancel(outbox: Outbox, _: Path) -> None:
    for key in ENDED:
        outbox.cancel_stream(key, **WHO)


def export(outbox: Outbox, folder: Path) -> None:
    outbox.export(folder / "unsent", **WHO)


def deliver(outbox: Outbox, _: Path) -> None:
    for head in outbox.dispatch.heads("processing", 200):
        if head.message.key in ENDED:
            outbox.dispatch.delivered(head, "taken", recovered=False)


def refuse(outbox: Outbox, _: Path) -> None:
    for head in outbox.dispatch.heads("processing", 200):
        if head.message.key in ENDED:
            outbox.dispatch.refused(head, "no", what="refused", recovered=False)


def export_and_take_back(outbox: Outbox, folder: Path) -> None:
    outbox.export(folder / "unsent", **WHO)
    outbox.import_from(folder / "unsent", **WHO)


def leave(_: Outbox, __: Path) -> None:
    """Nobody ended them."""


def damaged(world: World, end: Callable[[Outbox, Path], None], *, history: bool) -> None:
    """Put, end some, put more, so that the log begins anew over some of the old; then smash where the ended stand."""
    work = world.folder / "work"
    work.mkdir()
    with Outbox.open(work / "queue.db", account="test", now=world.now) as outbox:
        outbox.put(*(world.message(f"k{number:03}", body=b"%03d" % number * 300) for number in range(120)))
        outbox.checkpoint()
        end(outbox, work)
        outbox.checkpoint()
        for number in range(3):
            outbox.put(world.message(f"n{number:03}", body=bytes(900)))
        outbox.checkpoint()
        for number in range(40):
            outbox.put(world.message(f"p{number:03}", body=bytes(900)))
        for name in ("queue.db", "queue.db-wal"):
            shutil.copy(work / name, world.folder)
    pages = bytearray(world.path.read_bytes())
    smashed = 0
    for start in range(0, len(pages), PAGE):
        page = pages[start : start + PAGE]
        of_history = WHO["reason"].encode() in page
        if (page[0] == 0x0D and any(key.encode() in page for key in ENDED)) or (of_history and not history):
            pages[start : start + PAGE] = random.Random(start).randbytes(PAGE)  # noqa: S311 - repeatable garbage
            smashed += 1
    assert smashed
    world.path.write_bytes(pages)


def states(outbox: Outbox) -> set[State]:
    known = {entry.message.key: entry.state for entry in outbox.entries(*State, limit=1_000)}
    return {known[key] for key in ENDED if key in known}


@pytest.mark.parametrize(("end", "state"), [(skip, State.SKIPPED), (cancel, State.SKIPPED), (export, State.MOVED)])
def test_what_a_person_ended_stays_ended_though_only_its_history_tells(
    world: World, server: Server, end: Callable[[Outbox, Path], None], state: State
) -> None:
    damaged(world, end, history=True)
    with world.open() as outbox:
        assert len(outbox.salvages) == 1
        assert states(outbox) == {state}
        assert outbox.history(ENDED[4])[-1].by == WHO["by"]
        world.deliver(outbox, server.send, seconds=60)
        assert not set(server.effects) & set(ENDED)


@pytest.mark.parametrize("end", [skip, cancel, export, deliver, refuse])
def test_what_was_ended_does_not_come_back_to_life_where_nothing_tells_how_it_ended(
    world: World, server: Server, end: Callable[[Outbox, Path], None]
) -> None:
    damaged(world, end, history=False)
    with world.open() as outbox:
        assert State.WAITING not in states(outbox)
        world.deliver(outbox, server.send, seconds=60)
        assert not set(server.effects) & set(ENDED)
        dead = [entry.message.key for entry in outbox.entries(State.DEAD)]
        (salvage,) = outbox.salvages
        assert set(dead) <= set(salvage.damaged) or end is refuse
        for key in dead:
            assert "may have been sent or given up" in outbox.history(key)[-1].words or end is refuse
            assert outbox.entry(key).last_error in ({IN_DOUBT, "no"} if end is refuse else {IN_DOUBT})
            outbox.retry(key, **WHO)
        world.deliver(outbox, server.send, seconds=60)
        assert set(dead) <= set(server.effects)


@pytest.mark.parametrize("end", [leave, export_and_take_back])
def test_what_still_waits_by_the_indexes_goes_on_from_its_older_version(
    world: World, server: Server, end: Callable[[Outbox, Path], None]
) -> None:
    damaged(world, end, history=True)
    with world.open() as outbox:
        found = {entry.message.key for entry in outbox.entries(limit=1_000)} & set(ENDED)
        assert found
        assert states(outbox) == {State.WAITING}
        world.deliver(outbox, server.send, seconds=60)
        assert found <= set(server.effects)


def test_a_forgotten_message_stays_forgotten(world: World) -> None:
    work = world.folder / "before"
    work.mkdir()
    with Outbox.open(work / "queue.db", account="test", now=world.now) as outbox:
        outbox.put(*(world.message(f"k{number:03}", body=b"%03d" % number * 300) for number in range(120)))
        outbox.checkpoint()
        skip(outbox, work)
        outbox.forget_settled(world.now() + timedelta(days=1))
        outbox.checkpoint()
        outbox.put(world.message("n"))
        for name in ("queue.db", "queue.db-wal"):
            shutil.copy(work / name, world.folder)
    pages = bytearray(world.path.read_bytes())
    at = next(start for start in range(0, len(pages), PAGE) if b"100" * 200 in pages[start : start + PAGE])
    pages[at : at + PAGE] = random.Random(1).randbytes(PAGE)  # noqa: S311 - repeatable garbage
    world.path.write_bytes(pages)
    with world.open() as outbox:
        assert len(outbox.salvages) == 1
        for key in ENDED:
            with pytest.raises(UnknownKeyError):
                outbox.entry(key)


@pytest.mark.parametrize("flipped", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("fresh", [False, True])
def test_a_waiting_message_is_not_lost_by_a_flipped_state(world: World, flipped: int, *, fresh: bool) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"), world.message("b"))
    change = [f"UPDATE message SET state = {flipped} WHERE key = 'a'"]  # noqa: S608 - a number of this test
    if fresh:
        change = [
            "UPDATE message SET state = 6",
            *change,
            "UPDATE about SET value = '0' WHERE name = 'filed'",
        ]
        with closing(sqlite3.connect(world.path)) as db:
            db.execute("UPDATE message SET state = 6")
            db.commit()
    change_behind_the_indexes(world.path, *change)
    with world.open() as outbox:
        assert outbox.entry("a").state in {State.WAITING, State.DEAD}
        assert outbox.entry("b").state is State.WAITING
        assert outbox.summary().count == 2


@pytest.mark.parametrize("flipped", [0, 1, 6])
@pytest.mark.parametrize("end", [skip, deliver, refuse, export])
def test_an_ended_message_is_not_brought_back_by_a_flipped_state(
    world: World, end: Callable[[Outbox, Path], None], flipped: int
) -> None:
    with world.open() as outbox:
        outbox.put(*(world.message(key) for key in ENDED))
        end(outbox, world.folder)
    change_behind_the_indexes(world.path, f"UPDATE message SET state = {flipped} WHERE seq = 4")  # noqa: S608 - the same
    with world.open() as outbox:
        assert len(outbox.salvages) == 1
        assert outbox.entry(ENDED[3]).state is not State.WAITING
