from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from offline_queue import DuplicateKeyError, Outbox
from offline_queue.schema import INDEXES
from offline_queue.soundness import what_is_unsound
from tests.offline_queue.conftest import World
from tests.offline_queue.row_damage import change_behind_the_indexes

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 4096
ORDERS = 1_500


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A queue that was closed well, each message its own stream and each with a time set for another try."""
    path = tmp_path_factory.mktemp("closed") / "queue.db"
    world = World(path.parent)
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{number:05}", f"s{number:05}") for number in range(ORDERS)))
        outbox.checkpoint()
        outbox._storage.write(lambda db: db.execute("UPDATE message SET next_try = seq * 1000"))
    return path


def with_a_leaf_twice(path: Path, index: str) -> bytes:
    """The file when one leaf of an index was written over another, as a disk does that mistakes a place."""
    content = path.read_bytes()
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (index,)).fetchone()
    top = page(content, root)
    cells = [int.from_bytes(top[12 + 2 * n : 14 + 2 * n]) for n in range(int.from_bytes(top[3:5]))]
    one, other = (int.from_bytes(top[cell : cell + 4]) for cell in cells[1:3])
    return content[: (one - 1) * PAGE] + page(content, other) + content[one * PAGE :]


def test_a_damaged_record_of_an_index_does_not_stop_the_salvage(world: World, closed: Path) -> None:
    content = bytearray(closed.read_bytes())
    with closing(sqlite3.connect(closed)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'message_unsettled'").fetchone()
    top = page(bytes(content), root)
    cell = int.from_bytes(top[12:14])
    leaf = int.from_bytes(top[cell : cell + 4])
    first = int.from_bytes(page(bytes(content), leaf)[8:10])
    # A record whose header is over before it begins has no columns.
    content[(leaf - 1) * PAGE + first + 1] = 1
    world.path.write_bytes(content)
    with world.open() as outbox:
        assert len(outbox.salvages) == 1
        assert outbox.summary().count == ORDERS


def page(content: bytes, number: int) -> bytes:
    return content[(number - 1) * PAGE : number * PAGE]


@pytest.mark.parametrize("index", INDEXES)
def test_an_index_with_one_leaf_twice_hides_no_message(world: World, closed: Path, index: str) -> None:
    world.path.write_bytes(with_a_leaf_twice(closed, index))
    with Outbox.inspect(world.path) as inspection:
        assert inspection.verify().problems
    with world.open() as outbox:
        assert len(outbox.salvages) == 1
        assert len(outbox.dispatch.heads("processing", 2 * ORDERS)) == ORDERS
        assert len(outbox.entries(limit=2 * ORDERS)) == outbox.summary().count == ORDERS
        for entry in outbox.entries(limit=2 * ORDERS):
            with pytest.raises(DuplicateKeyError):
                outbox.put(world.message(entry.message.key, entry.message.stream, body=b"another"))
        assert outbox.verify().problems == ()


@pytest.mark.parametrize("index", INDEXES)
def test_a_file_too_large_to_look_up_each_row_is_known_unsound_by_its_sums(
    world: World, closed: Path, index: str
) -> None:
    world.path.write_bytes(with_a_leaf_twice(closed, index))
    with closing(sqlite3.connect(world.path)) as db:
        assert db.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        assert index in what_is_unsound(db, thorough=False, seconds=5.0)
    with closing(sqlite3.connect(closed)) as db:
        assert not what_is_unsound(db, thorough=False, seconds=5.0)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE message SET state = 3 WHERE seq = 700",
        "UPDATE message SET state = 2 WHERE seq = 700",
        "UPDATE message SET state = 6 WHERE seq = 700",
        "UPDATE message SET state = 9 WHERE seq = 700",
        "UPDATE message SET stream = 's00001' WHERE seq = 700",
        "UPDATE message SET next_try = NULL WHERE seq = 700",
        "DELETE FROM message WHERE seq = 700",
    ],
)
def test_a_row_that_its_indexes_know_otherwise_is_seen_after_an_unclean_stop(
    world: World, closed: Path, damage: str
) -> None:
    world.path.write_bytes(closed.read_bytes())
    change_behind_the_indexes(world.path, damage, "DELETE FROM about WHERE name = 'tally'")
    with closing(sqlite3.connect(world.path)) as db:
        assert what_is_unsound(db, thorough=True, seconds=None)


def test_a_table_or_index_that_is_gone_is_named(world: World) -> None:
    with world.open():
        pass
    with closing(sqlite3.connect(world.path)) as db:
        db.execute("DROP INDEX message_head")
        assert what_is_unsound(db, thorough=False, seconds=5.0) == "it lost message_head"
    with world.open() as outbox:
        assert [salvage.cause for salvage in outbox.salvages] == ["it lost message_head"]
