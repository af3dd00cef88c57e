from __future__ import annotations

import hmac
import os
import secrets
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from offline_queue import (
    AccountMismatchError,
    DuplicateKeyError,
    DurabilityRefusedError,
    Outbox,
    OwnerRunningError,
    ReadOnlyError,
    SchemaError,
    State,
    StorageError,
    WrongCipherError,
)
from offline_queue.places import kind_of_mount
from offline_queue.schema import APPLICATION_ID, MIGRATIONS, migrate
from offline_queue.sealing import Envelope
from offline_queue.storage import require_durability

if TYPE_CHECKING:
    from collections.abc import Callable

    from offline_queue import Cipher
    from tests.offline_queue.conftest import Server, World

FIXTURES = Path(__file__).parent / "fixtures"
HOLDER = """
import sys
from offline_queue import Outbox
with Outbox.open(sys.argv[1], account="test"):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_second_owner_is_told_who_the_first_one_is(world: World) -> None:
    holder = subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", HOLDER, str(world.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"open"
        with pytest.raises(OwnerRunningError) as caught:
            world.open()
        assert caught.value.pid == holder.pid
        assert str(holder.pid) in str(caught.value)
        holder.kill()
    with world.open() as outbox:
        assert outbox.summary().count == 0


def test_one_process_cannot_own_a_file_twice(world: World) -> None:
    with world.open(), pytest.raises(OwnerRunningError):
        world.open()


@pytest.mark.skipif(sys.platform == "win32", reason="links there take rights of an administrator")
def test_a_link_to_a_queue_makes_no_second_owner(world: World) -> None:
    (world.folder / "elsewhere").mkdir()
    other = world.folder / "elsewhere" / "other.db"
    other.symlink_to(world.path)
    with world.open() as outbox:
        outbox.put(world.message("a"))
        with pytest.raises(OwnerRunningError):
            Outbox.open(other, account="test")
    with Outbox.open(other, account="test") as outbox:
        assert outbox.entry("a").message.key == "a"
        with pytest.raises(OwnerRunningError):
            world.open()
        with Outbox.inspect(other) as inspection:
            assert inspection.summary().count == 1
    assert not list((world.folder / "elsewhere").glob("other.db?*"))


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a file be locked that SQLite locks too")
def test_a_second_name_or_a_lock_removed_by_hand_makes_no_second_owner(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
        os.link(world.path, world.folder / "second.db")
        with pytest.raises(OwnerRunningError):
            Outbox.open(world.folder / "second.db", account="test")
        (world.folder / "queue.db.lock").unlink()
        for _ in range(2):
            with pytest.raises(OwnerRunningError, match="another process"):
                world.open()
        outbox.put(world.message("b"))
    with world.open() as outbox:
        assert outbox.summary().count == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a file be locked that SQLite locks too")
def test_a_salvaged_queue_has_one_owner_too(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
    content = world.path.read_bytes()
    world.path.write_bytes(bytes(4096) + content[4096:])
    with world.open() as outbox:
        assert outbox.salvages
        (world.folder / "queue.db.lock").unlink()
        with pytest.raises(OwnerRunningError):
            world.open()


@pytest.mark.parametrize("name", ["folder", "loop"])
def test_what_can_be_no_file_is_named(world: World, name: str) -> None:
    (world.folder / "folder").mkdir()
    (world.folder / "loop").symlink_to(world.folder / "loop")
    with pytest.raises(StorageError, match=name):
        Outbox.open(world.folder / name, account="test")
    assert not list(world.folder.glob("*.lock"))


def test_a_failed_opening_leaves_no_lock_behind(world: World) -> None:
    with world.open(account="live"):
        pass
    with pytest.raises(AccountMismatchError):
        world.open(account="training")
    with world.open(account="live"):
        pass


def test_a_queue_of_another_account_stays_shut(world: World) -> None:
    with world.open(account="live") as outbox:
        outbox.put(world.message("a"))
    with pytest.raises(AccountMismatchError) as caught:
        world.open(account="training")
    assert (caught.value.wanted, caught.value.found) == ("training", "live")


def test_the_file_is_opened_with_a_durable_log(world: World) -> None:
    with world.open() as outbox:
        ((journal,),) = outbox._storage.read("PRAGMA journal_mode", {})
        ((synchronous,),) = outbox._storage.read("PRAGMA synchronous", {})
    assert (journal, synchronous) == ("wal", 3)


@pytest.mark.parametrize(
    ("pragma", "answer"), [("synchronous = NORMAL", "synchronous=1"), ("journal_mode = DELETE", "delete")]
)
def test_a_connection_that_could_lose_a_commit_is_refused(tmp_path: Path, pragma: str, answer: str) -> None:
    connection = sqlite3.connect(tmp_path / "file.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    require_durability(connection)
    connection.execute(f"PRAGMA {pragma}")
    with pytest.raises(DurabilityRefusedError, match=answer):
        require_durability(connection)
    connection.close()


def test_a_newer_queue_is_refused_in_one_sentence_and_left_as_it_is(world: World) -> None:
    with world.open():
        pass
    connection = sqlite3.connect(world.path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SchemaError, match=r"newer program \(version 99\)"):
        world.open()
    with pytest.raises(SchemaError, match="newer program"):
        Outbox.inspect(world.path)


def test_a_database_of_another_program_is_refused(world: World) -> None:
    connection = sqlite3.connect(world.path)
    connection.execute("CREATE TABLE photos (name)")
    connection.close()
    with pytest.raises(SchemaError, match="another program"):
        world.open()


def test_a_migration_takes_a_file_forward_with_its_content(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
    connection = sqlite3.connect(world.path, isolation_level=None)
    migrate(connection, world.path, (*MIGRATIONS, ["ALTER TABLE message ADD COLUMN colour TEXT DEFAULT 'green'"]))
    assert connection.execute("SELECT key, colour FROM message").fetchall() == [("a", "green")]
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    connection.close()


def test_a_migration_that_fails_changes_nothing(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
    connection = sqlite3.connect(world.path, isolation_level=None)
    step = ["ALTER TABLE message ADD COLUMN colour TEXT", "DROP TABLE nothing_of_this_name"]
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, world.path, (*MIGRATIONS, step))
    connection.close()
    with world.open() as outbox:
        assert outbox.summary().count == 1


def test_an_older_queue_is_not_migrated_by_looking_at_it(world: World) -> None:
    connection = sqlite3.connect(world.path)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.close()
    with pytest.raises(SchemaError, match="older version"):
        Outbox.inspect(world.path)


def test_a_folder_that_is_missing_is_named(world: World) -> None:
    with pytest.raises(ReadOnlyError, match="nowhere"):
        Outbox.open(world.folder / "nowhere" / "queue.db", account="test")


def test_garbage_in_the_place_of_a_queue_is_moved_aside_and_the_queue_goes_on(world: World) -> None:
    with world.open():
        pass
    world.path.write_bytes(b"garbage" * 1000)
    world.events.clear()
    with world.open() as outbox:
        outbox.put(world.message("a"))
        (salvage,) = outbox.salvages
    assert Path(salvage.moved_to).read_bytes() == b"garbage" * 1000
    assert (salvage.read, salvage.lost) == (0, ())
    assert [type(event).__name__ for event in world.events] == ["Salvaged", "Accepted"]


def test_a_file_that_never_was_a_queue_is_refused_and_left_alone(world: World) -> None:
    photo = b"\xff\xd8\xff\xe0JFIF" * 5000
    world.path.write_bytes(photo)
    for _ in range(2):
        with pytest.raises(SchemaError, match="is no queue"):
            world.open()
    assert world.path.read_bytes() == photo
    assert {file.name for file in world.folder.iterdir()} == {"queue.db", "queue.db.lock"}


def test_looking_at_a_queue_that_is_not_there_makes_none(world: World) -> None:
    with pytest.raises(StorageError):
        Outbox.inspect(world.path)
    assert not world.path.exists()


def test_others_can_look_while_the_owner_works(world: World) -> None:
    with world.open() as outbox, Outbox.inspect(world.path, now=world.now) as inspection:
        outbox.put(world.message("a", amount=100))
        assert inspection.account == "test"
        assert inspection.summary() == outbox.summary()
        assert inspection.entries() == outbox.entries()


def test_an_inspection_cannot_write(world: World) -> None:
    with world.open(), Outbox.inspect(world.path) as inspection, pytest.raises(ReadOnlyError):
        inspection._storage.write(lambda connection: connection.execute("DELETE FROM message"))


def test_a_connection_is_not_believed_after_an_error_and_the_next_call_opens_the_file_again(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a", amount=5))
        outbox._storage._connection.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
        with pytest.raises(StorageError, match="not authorized"):
            outbox.put(world.message("b", amount=7))
        outbox.put(world.message("b", amount=7))
        assert outbox.summary().amount == 12
        assert [entry.message.key for entry in outbox.entries()] == ["a", "b"]


def test_a_row_that_changed_on_the_disk_is_not_sent(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"), world.message("b"))
    with world.open() as outbox:
        outbox._storage.write(
            lambda connection: connection.execute("UPDATE message SET body = zeroblob(9) WHERE key = 'a'")
        )
        world.deliver(outbox, server.send, seconds=1)
        assert server.effects == ["b"]
        assert [record.what for record in outbox.history("a")] == ["damaged"]
        assert outbox.summary().needs_human == 1
        (problem,) = outbox.verify().problems
        assert "message a" in problem


def test_only_its_owner_may_read_the_file(world: World) -> None:
    if sys.platform == "win32":
        pytest.skip("rights are inherited from the user's folder there")
    with world.open() as outbox:
        outbox.put(world.message("a"))
        modes = {file.name: file.stat().st_mode & 0o077 for file in world.folder.iterdir()}
    assert set(modes.values()) == {0}


def test_sealed_bodies_are_not_on_the_disk_and_arrive_open(world: World, sealing: Callable[[bytes], Cipher]) -> None:
    seen: list[bytes] = []

    async def send(message: object) -> None:
        seen.append(getattr(message, "body", b""))

    with world.open(cipher=sealing(b"key")) as outbox:
        outbox.put(world.message("a", body=b"name of a customer"))
        on_disk = b"".join(file.read_bytes() for file in world.folder.iterdir())
        assert b"name of a customer" not in on_disk
        world.deliver(outbox, send, seconds=1)
    assert seen == [b"name of a customer"]


def test_a_wrong_key_is_not_damage(world: World, sealing: Callable[[bytes], Cipher]) -> None:
    with world.open(cipher=sealing(b"key")) as outbox:
        outbox.put(world.message("a"))
    with pytest.raises(WrongCipherError, match="key does not open"):
        world.open(cipher=sealing(b"another"))
    with pytest.raises(WrongCipherError, match="sealed by «xor»"):
        world.open()


def test_a_sealed_fingerprint_is_the_hmac_that_any_program_can_compute(sealing: Callable[[bytes], Cipher]) -> None:
    for secret in (b"one secret", b"another", secrets.token_bytes(32)):
        envelope = Envelope("test", sealing(b"key"), secret)
        assert envelope.keyed(b"first") == hmac.digest(secret, b"first", "sha256")
        envelope.secret = b"read again"
        assert envelope.keyed(b"first") == hmac.digest(b"read again", b"first", "sha256")


def test_fingerprints_do_not_betray_sealed_bodies(world: World, sealing: Callable[[bytes], Cipher]) -> None:
    message = world.message("a", body=b"79161234567")
    with world.open(cipher=sealing(b"key")) as outbox:
        outbox.put(message)
    with world.open(cipher=sealing(b"key")) as outbox:
        outbox.put(message)
        with pytest.raises(DuplicateKeyError):
            outbox.put(world.message("a", body=b"79161234568"))
    assert message.fingerprint() not in world.path.read_bytes()


def test_a_sealed_file_is_not_opened_without_its_cipher_and_an_open_one_not_with_one(
    world: World, sealing: Callable[[bytes], Cipher]
) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
    with pytest.raises(WrongCipherError, match="sealed by «nothing»"):
        world.open(cipher=sealing(b"key"))


@pytest.mark.parametrize("fixture", ["version_1.sql", "version_1_sealed.sql"])
def test_a_queue_of_version_1_goes_on_where_it_was(
    world: World, server: Server, sealing: Callable[[bytes], Cipher], fixture: str
) -> None:
    connection = sqlite3.connect(world.path)
    connection.executescript((FIXTURES / fixture).read_text(encoding="utf-8"))
    connection.close()
    with world.open(cipher=sealing(b"key") if "sealed" in fixture else None) as outbox:
        states = {entry.message.key: entry.state.value for entry in outbox.entries(*State)}
        assert states == {
            "done": "delivered",
            "skipped": "skipped",
            "a0": "dead",
            "a1": "waiting",
            "b0": "waiting",
            "c0": "waiting",
        }
        assert outbox.entry("a0").message.body == b"body of a0"
        summary = outbox.summary()
        assert (summary.count, summary.amount, summary.needs_human) == (4, 550, 1)
        assert outbox.verify().problems == ()
        assert [(record.by, record.words) for record in outbox.history("skipped")] == [("Иванова М.", "ошибка")]
        created = outbox.entry("done").message.created
        done = {"amount": 100, "created": created, "label": "label done"}
        outbox.put(world.message("done", "alone", body=b"body of done", **done))
        with pytest.raises(DuplicateKeyError):
            outbox.put(world.message("done", "alone", body=b"another body", **done))
        world.deliver(outbox, server.send, seconds=3600)
        assert sorted(server.effects) == ["b0", "c0"]


def test_a_network_drive_is_known_by_its_mount() -> None:
    mounts = (
        "/dev/vda / ext4 rw 0 0\n"
        "shop:/till /mnt/shop\\040server nfs4 rw 0 0\n"
        "/dev/vdb /mnt/shop\\040server/disk xfs rw 0 0\n"
    )
    assert kind_of_mount(Path("/srv/queue"), mounts) == "ext4"
    assert kind_of_mount(Path("/mnt/shop server/queue"), mounts) == "nfs4"
    assert kind_of_mount(Path("/mnt/shop server/disk"), mounts) == "xfs"
    assert kind_of_mount(Path("/mnt/shop"), mounts) == "ext4"


def test_a_file_that_somebody_holds_for_a_moment_is_only_busy(world: World) -> None:
    with world.open() as outbox:
        outbox._storage.read("PRAGMA busy_timeout = 0", {})
        other = sqlite3.connect(world.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked"):
            outbox.put(world.message("a"))
        other.execute("ROLLBACK")
        other.close()
        outbox.put(world.message("a"))
        assert outbox.summary().count == 1
