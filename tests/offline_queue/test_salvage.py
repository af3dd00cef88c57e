from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import offline_queue
from offline_queue import AccountMismatchError, Limits, Outbox, Salvaged, State, WrongCipherError

if TYPE_CHECKING:
    from collections.abc import Callable

    from offline_queue import Cipher, Courier
    from tests.offline_queue.conftest import Server, World

ROOT = Path(offline_queue.__file__).resolve().parent.parent
ORDERS = 600
FILLER = """
import os, sys
from datetime import UTC, datetime
from offline_queue import Message, Outbox

outbox = Outbox.open(sys.argv[1], account="test")
for start in range(0, 600, int(sys.argv[2])):
    outbox.put(*(Message(key=f"{n:06}", stream=f"stream {n % 40}", destination="processing", kind="order",
                         body=f"{n} ".encode() * (250 if n % 100 else 1500), created=datetime.now(UTC), amount=1)
                 for n in range(start, start + int(sys.argv[2]))))
os._exit(9)
"""


def body_of(key: str) -> bytes:
    number = int(key)
    return f"{number} ".encode() * (250 if number % 100 else 1500)


@pytest.fixture(scope="module", params=[1, ORDERS], ids=["one by one", "all at once"])
def unclean(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a queue whose owner was killed; all of it is in the log."""
    folder = tmp_path_factory.mktemp("unclean")
    command = [sys.executable, "-c", FILLER, str(folder / "queue.db"), str(request.param)]
    subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 - our own interpreter and script
    assert (folder / "queue.db-wal").stat().st_size > 100_000
    return folder


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    command = [sys.executable, "-c", FILLER, str(folder / "queue.db"), "30"]
    subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 - our own interpreter and script
    Outbox.open(folder / "queue.db", account="test").close()
    assert not (folder / "queue.db-wal").exists()
    return folder


def smashed(world: World, folder: Path, name: str, page: int) -> None:
    """Copy a queue into the world's folder with 4 KB of garbage at one place."""
    for file in world.folder.iterdir():
        file.unlink()
    for file in folder.iterdir():
        shutil.copy(file, world.folder)
    target = world.folder / name
    content = bytearray(target.read_bytes())
    garbage = random.Random(page).randbytes(4096)  # noqa: S311 - repeatable garbage
    content[page * 4096 : (page + 1) * 4096] = garbage[: len(content) - page * 4096]
    target.write_bytes(content)


def require_salvaged(world: World) -> None:
    """Nearly all is there, whole, in order and to be sent; the queue takes new messages; nobody was deceived."""
    with world.open() as outbox:
        entries = outbox.entries(*State, limit=ORDERS * 2)
        read = [entry.message for entry in entries if entry.state is State.WAITING]
        assert len(read) >= ORDERS * 0.99
        assert all(message.body == body_of(message.key) for message in read)
        assert [message.key for message in read] == sorted(message.key for message in read)
        heads = {head.message.stream for head in outbox.dispatch.heads("processing", 100)}
        damaged = [entry for entry in entries if entry.state is State.DEAD]
        assert len(heads) >= 40 - len(damaged)
        assert len(outbox.verify().problems) <= len(damaged)
        assert all(outbox.history(entry.message.key)[-1].what == "damaged" for entry in damaged)
        outbox.put(world.message("new"))
        assert outbox.summary().count == len(entries) + 1
        if len(read) < ORDERS - 1:
            (salvage,) = outbox.salvages
            assert salvage.read == len(read)
            assert Path(salvage.moved_to).exists()
            assert Salvaged(salvage) in world.events


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_a_smashed_page_of_the_log_costs_no_more_than_its_rows(world: World, unclean: Path, place: float) -> None:
    pages = (unclean / "queue.db-wal").stat().st_size // 4096
    smashed(world, unclean, "queue.db-wal", round(place * (pages - 1)))
    require_salvaged(world)


@pytest.mark.parametrize("page", [0, 1, 2, 3, 4, 5, 6, 7, 8, 20, 100, 200])
def test_a_smashed_page_of_the_file_costs_no_more_than_its_rows(world: World, clean: Path, page: int) -> None:
    smashed(world, clean, "queue.db", page)
    require_salvaged(world)


def test_what_could_not_be_read_is_named(world: World, clean: Path) -> None:
    for page in range(50, 60):
        smashed(world, clean, "queue.db", page)
        with world.open() as outbox:
            known = {entry.message.key for entry in outbox.entries(*State, limit=ORDERS)}
            missing = {f"{number:06}" for number in range(ORDERS)} - known
            (salvage,) = outbox.salvages
            assert set(salvage.lost) == missing


def test_the_damaged_set_is_kept_whole_under_a_dated_name(world: World, unclean: Path) -> None:
    smashed(world, unclean, "queue.db-wal", 7)
    log = (world.folder / "queue.db-wal").read_bytes()
    with world.open():
        pass
    assert (world.folder / "queue.db.damaged-20261121-090000-wal").read_bytes() == log
    assert (world.folder / "queue.db.damaged-20261121-090000").exists()


def test_a_salvage_that_a_power_cut_stopped_is_finished(world: World, clean: Path) -> None:
    smashed(world, clean, "queue.db", 30)
    with world.open() as outbox:
        count = outbox.summary().count
    world.path.replace(world.folder / "queue.db.salvage")
    with world.open() as outbox:
        assert outbox.summary().count == count


def test_what_a_failed_salvage_left_is_removed_and_never_taken_for_the_queue(world: World, clean: Path) -> None:
    smashed(world, clean, "queue.db", 30)
    leftover = world.folder / "queue.db.salvage"
    with pytest.raises(AccountMismatchError):
        world.open(account="another")
    assert not leftover.exists()
    with world.open() as outbox:
        count = outbox.summary().count
    shutil.copy(world.path, leftover)
    with world.open() as outbox:
        assert outbox.summary().count == count
    assert not leftover.exists()
    for file in world.folder.glob("queue.db*"):
        file.rename(leftover if file.name == "queue.db" else world.folder / f"kept-{file.name}")
    with world.open() as outbox:
        assert outbox.summary().count == 0


def test_a_message_that_a_salvage_buried_on_its_way_is_counted_right_after_its_answer(
    world: World, server: Server, refusal: type[Exception]
) -> None:
    keys = [f"k{number:02}" for number in range(80)]
    with world.open() as outbox:
        outbox.put(*(world.message(key, body=bytes(900)) for key in keys))
    server.takes = 5.0
    server.failures["k01"] = refusal("no")

    async def smash(_: Courier) -> None:
        await asyncio.sleep(1)
        assert outbox.dispatch.in_flight
        with closing(sqlite3.connect(world.path)) as db:
            db.execute("UPDATE message SET body = zeroblob(901) WHERE key IN ('k00', 'k01')")
            db.commit()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with world.path.open("r+b") as file:
            file.seek(-4096, os.SEEK_END)
            file.write(os.urandom(4096))
        outbox._storage.is_broken = True
        assert outbox.summary().needs_human >= 2

    with world.open() as outbox:
        world.deliver(outbox, server.send, seconds=9, meanwhile=smash)
        assert len(outbox.salvages) == 1
        assert outbox.entry("k00").state is State.DELIVERED
        dead = len(outbox.entries(State.DEAD))
        assert outbox.summary().needs_human == sum(load.dead for load in outbox.by_destination()) == dead
    with world.open() as outbox:
        assert outbox.summary().needs_human == dead


def test_states_and_histories_are_salvaged_too(world: World, server: Server, refusal: type[Exception]) -> None:
    server.failures["a0"] = refusal("unknown customer")
    with world.open() as outbox:
        outbox.put(*(world.message(f"{stream}{n}", stream, body=bytes(900)) for stream in "abcd" for n in range(5)))
        world.deliver(outbox, server.send, seconds=1)
        outbox.skip("a1", by="Иванова М.", reason="двойной чек")
        before = {entry.message.key: entry.state for entry in outbox.entries(*State)}
    content = bytearray(world.path.read_bytes())
    content[:4096] = os.urandom(4096)
    world.path.write_bytes(content)
    with world.open() as outbox:
        assert {entry.message.key: entry.state for entry in outbox.entries(*State)} == before
        assert [record.what for record in outbox.history("a0")] == ["refused"]
        assert [record.by for record in outbox.history("a1")] == ["Иванова М."]
        assert outbox.summary().needs_human == 1


def test_damage_met_at_work_is_salvaged_by_the_next_call(world: World, clean: Path) -> None:
    for file in clean.iterdir():
        shutil.copy(file, world.folder)
    with world.open(limits=Limits(count=10_000)) as outbox:
        # What was read lately is not read again from the disk.
        outbox._storage.read("PRAGMA shrink_memory")
        with world.path.open("r+b") as pages:
            pages.seek(40 * 4096)
            pages.write(os.urandom(160 * 4096))
        with pytest.raises(offline_queue.DamagedError):
            outbox.entries(*State, limit=ORDERS)
        outbox.put(world.message("new"))
        assert len(outbox.salvages) == 1
        assert outbox.entry("new").state is State.WAITING
        assert outbox.summary().count == len(outbox.entries(limit=ORDERS))


def test_a_damaged_file_of_another_account_or_key_is_refused_and_stays(
    world: World, sealing: Callable[[bytes], Cipher]
) -> None:
    with world.open(account="live", cipher=sealing(b"key")) as outbox:
        outbox.put(*(world.message(f"k{n}", body=bytes(900)) for n in range(50)))
    content = bytearray(world.path.read_bytes())
    content[10 * 4096 : 11 * 4096] = os.urandom(4096)
    content[:4096] = os.urandom(4096)
    world.path.write_bytes(content)
    with pytest.raises(AccountMismatchError):
        world.open(account="training", cipher=sealing(b"key"))
    with pytest.raises(WrongCipherError):
        world.open(account="live", cipher=sealing(b"another"))
    with world.open(account="live", cipher=sealing(b"key")) as outbox:
        assert outbox.summary().count >= 46
        assert outbox.entry("k49").message.body == bytes(900)
