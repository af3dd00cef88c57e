from __future__ import annotations

import asyncio
import random
import shutil
from typing import TYPE_CHECKING

import pytest

from offline_queue import Message, Outbox, State
from tests.faults.queue_disk import Did, Fate, lay_out, record
from tests.faults.queue_seal import CIPHERS
from tests.faults.queue_verdict import LONG, FaithfulServer, drain
from tests.faults.queue_worker import ACCOUNT, Witness, message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDERS = 1_000
PAGE = 4_096
NAMES = ("queue.db", "queue.db-wal")
PLACES = 60 if LONG else 4
WORST = 0.995
"""The share of the orders that one smashed page may leave at the least."""


def order(number: int) -> Message:
    """Each is its own stream, so that none is found by way of another."""
    return message(f"s{number}/{number:06}")


LAST_COMMIT = {order(number).key for number in range(ORDERS - 10, ORDERS)}
"""With zeros or an older page in its middle it looks as a power cut leaves a commit that was never acknowledged."""


def filled(folder: Path, orders: int = ORDERS, store: str = "queue") -> Path:
    """A queue as its owner left it when it was killed: half of the orders in the file, half in the log."""
    folder.mkdir()
    with Outbox.open(folder / "queue.db", account=ACCOUNT, cipher=CIPHERS[store]) as outbox:
        for first in range(0, orders, 10):
            outbox.put(*(order(number) for number in range(first, first + 10)))
            if first == orders // 2:
                outbox.checkpoint()
        left = folder.with_name("left")
        left.mkdir()
        for file in folder.glob("queue.db*"):
            shutil.copy(file, left)
    return left


def partly_settled(folder: Path, store: str) -> tuple[Path, set[str]]:
    """The same, when some orders were delivered and some given up, before the log was written back and after it."""
    folder.mkdir()
    settled: set[str] = set()
    with Outbox.open(folder / "queue.db", account=ACCOUNT, cipher=CIPHERS[store]) as outbox:
        for first in range(0, ORDERS, 10):
            outbox.put(*(order(number) for number in range(first, first + 10)))
            if first in {ORDERS // 4, ORDERS // 2}:
                outbox.checkpoint()
            if first % 50 == 0:
                outbox.skip(order(first + 1).key, by="support", reason="twice")
                settled.add(order(first + 1).key)
            if first % 200 == 0:
                for head in outbox.dispatch.heads("processing", 12):
                    outbox.dispatch.delivered(head, "taken", recovered=False)
                    settled.add(head.message.key)
        left = folder.with_name("left")
        left.mkdir()
        for file in folder.glob("queue.db*"):
            shutil.copy(file, left)
    return left, settled


def smashed(left: Path, name: str, place: float, rng: random.Random) -> Iterator[tuple[str, Path]]:
    """Copies of the queue in which one page of a file is garbage, zeros, or another page of the same file."""
    content = (left / name).read_bytes()
    start = int(place * (len(content) // PAGE)) * PAGE
    other = rng.randrange(len(content) // PAGE) * PAGE
    pages = {"garbage": rng.randbytes(PAGE), "zeros": bytes(PAGE), "another page": content[other : other + PAGE]}
    for kind, page in pages.items():
        folder = left.with_name("smashed")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(left, folder)
        (folder / name).write_bytes(content[:start] + page + content[start + PAGE :])
        yield f"{kind} at {start // PAGE} of {len(content) // PAGE} in {name}", folder / "queue.db"


@pytest.mark.timeout(3600 if LONG else 90)
@pytest.mark.parametrize("store", CIPHERS)
@pytest.mark.parametrize("name", NAMES)
def test_a_smashed_page_costs_hardly_an_order_and_the_rest_is_delivered(tmp_path: Path, name: str, store: str) -> None:
    rng = random.Random(name)  # noqa: S311 - repeatable places
    left = filled(tmp_path / "whole", store=store)
    smashes, least = 0, ORDERS
    places = PLACES if LONG or store == "queue" else PLACES // 2
    for number in range(places):
        # The first pages hold what the others hang on.
        place = number / (left / name).stat().st_size * PAGE if number < max(1, places // 3) else rng.random()
        for what, file in smashed(left, name, place, rng):
            with Outbox.open(file, account=ACCOUNT, cipher=CIPHERS[store]) as outbox:
                outbox.put(order(ORDERS))
                waiting = outbox.entries(State.WAITING, limit=2 * ORDERS)
                sound = {each.message.key for each in waiting if each.message.body == message(each.message.key).body}
                assert order(ORDERS).key in sound, what
                missing = {order(number).key for number in range(ORDERS)} - sound
                assert len(missing) <= (1 - WORST) * ORDERS or missing == LAST_COMMIT, what
                may_go = {head.message.key for head in outbox.dispatch.heads("processing", 2 * ORDERS)}
                assert may_go == sound, what
                if LONG or (number == places - 1 and what.startswith("another")):
                    assert delivered(outbox) == sound, what
            smashes += 1
            least = min(least, len(sound) - 1)
    print(f"\nsmashed pages in {name}, {store}: {smashes}, salvaged at the least: {least} of {ORDERS}")  # noqa: T201 - the result is for README.md


@pytest.mark.timeout(3600 if LONG else 90)
@pytest.mark.parametrize("store", CIPHERS if LONG else ["queue"])
@pytest.mark.parametrize("name", NAMES)
def test_a_smashed_page_brings_nothing_back_that_was_settled(tmp_path: Path, name: str, store: str) -> None:
    rng = random.Random(f"settled {name}")  # noqa: S311 - repeatable places
    left, settled = partly_settled(tmp_path / "whole", store)
    for _ in range(PLACES if LONG else 2):
        for what, file in smashed(left, name, rng.random(), rng):
            with Outbox.open(file, account=ACCOUNT, cipher=CIPHERS[store]) as outbox:
                waiting = {entry.message.key for entry in outbox.entries(State.WAITING, limit=2 * ORDERS)}
                assert not waiting & settled, what
                missing = {order(number).key for number in range(ORDERS)} - settled - waiting
                assert len(missing) <= (1 - WORST) * ORDERS or missing == LAST_COMMIT, what


def delivered(outbox: Outbox) -> set[str]:
    """What arrives at the other side when it is there."""
    witness = Witness.of(b"")
    asyncio.run(drain(outbox, FaithfulServer(witness)))
    assert not witness.complaints
    return set(witness.executed)


@pytest.mark.timeout(900 if LONG else 90)
@pytest.mark.parametrize("name", ["queue.db", "queue.db-wal"])
def test_a_power_cut_during_the_salvage_takes_nothing_that_could_be_read(tmp_path: Path, name: str) -> None:
    rng = random.Random(f"cut {name}")  # noqa: S311 - repeatable places and cuts
    left = filled(tmp_path / "whole", 60)
    put = {order(number).key for number in range(60)}
    known = "".join(f"intended {key} -\npromised {key}\n" for key in put).encode()
    cuts = 0
    for _ in range(PLACES // 3):
        for what, file in smashed(left, name, rng.random(), rng):
            before = {each.name: each.read_bytes() for each in file.parent.iterdir() if not each.name.endswith("-shm")}
            words = ["queue", str(tmp_path / "disk"), str(tmp_path / "seen"), "1", "2"]
            recording = record(tmp_path, before, known, ["tests.faults.queue_worker", *words])
            files, _ = recording.end()
            salvaged = keys_in(tmp_path / "uncut", files)
            for _ in range(6):
                moment, fate = rng.randrange(len(recording.deeds) + 1), rng.choice(tuple(Fate))
                files, news = recording.cut(moment, fate, rng)
                kept = keys_in(tmp_path / "cut", files)
                sold = Witness.of(news).promised
                assert salvaged & put | sold <= kept, f"{what}, {moment}, {fate}"
                cuts += 1
    print(f"\npower cuts during a salvage of {name}: {cuts}, lost: 0")  # noqa: T201 - the result is for README.md


def test_a_power_cut_between_the_renames_of_a_salvage_parts_no_file_from_its_log(tmp_path: Path) -> None:
    left = filled(tmp_path / "whole", 60)
    put = {order(number).key for number in range(60)}
    content = (left / "queue.db").read_bytes()
    (left / "queue.db").write_bytes(content[:PAGE] + bytes(PAGE) + content[2 * PAGE :])
    before = {each.name: each.read_bytes() for each in left.iterdir() if not each.name.endswith("-shm")}
    words = ["queue", str(tmp_path / "disk"), str(tmp_path / "seen"), "1", "2"]
    recording = record(tmp_path, before, b"", ["tests.faults.queue_worker", *words])
    kept = put & keys_in(tmp_path / "uncut", recording.end()[0])
    renames = [moment for moment, deed in enumerate(recording.deeds) if deed.did is Did.RENAMED]
    assert len(renames) >= 3
    rng = random.Random("renames")  # noqa: S311 - repeatable cuts
    for moment in range(renames[0], renames[-1] + 3):
        for fate in Fate:
            for _ in range(3):
                files, _ = recording.cut(moment, fate, rng)
                assert kept <= keys_in(tmp_path / "cut", files), f"{moment}, {fate}"


def keys_in(folder: Path, files: dict[str, bytes]) -> set[str]:
    """What a queue holds that is opened on these files."""
    lay_out(folder, files)
    with Outbox.open(folder / "queue.db", account=ACCOUNT) as outbox:
        return {entry.message.key for entry in outbox.entries(*State, limit=10_000)}
