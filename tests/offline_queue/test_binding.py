"""What a file says of itself is damaged: that is no wrong key and no other account, and is not taken for one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from offline_queue import AccountMismatchError, DuplicateKeyError, State, WrongCipherError
from offline_queue.binding import check_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from offline_queue import Cipher
    from tests.offline_queue.conftest import Server, World

AGES = {"of today": "", "of before the check": "DELETE FROM about WHERE name = 'check'"}


def filled(world: World, server: Server, cipher: Cipher | None, *, account: str = "live") -> None:
    with world.open(cipher=cipher, account=account) as outbox:
        outbox.put(world.message("delivered"))
        world.deliver(outbox, server.send, seconds=1)
        outbox.put(world.message("a"), world.message("b"))


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize(
    "flip",
    [
        "UPDATE about SET value = 'livd' WHERE name = 'account'",
        "UPDATE about SET value = 'xos' WHERE name = 'cipher'",
        "UPDATE about SET value = 'f' || substr(value, 2) WHERE name = 'secret' AND value NOT LIKE 'f%'",
        "UPDATE about SET value = substr(value, 1, 9) || 'g' || substr(value, 11) WHERE name = 'secret'",
        "UPDATE about SET name = 'accounu' WHERE name = 'account'",
        "UPDATE about SET name = 'tecret' WHERE name = 'secret'",
        "UPDATE about SET value = '7' || value WHERE name = 'check'",
    ],
)
@pytest.mark.parametrize("sealed", [False, True])
def test_a_flipped_bit_in_what_a_file_says_of_itself_costs_nothing(
    world: World, server: Server, sealing: Callable[[bytes], Cipher], age: str, flip: str, *, sealed: bool
) -> None:
    cipher = sealing(b"key") if sealed else None
    filled(world, server, cipher)
    change(world.path, *filter(None, [AGES[age]]), flip)
    with world.open(cipher=cipher, account="live") as outbox:
        assert [entry.message.body for entry in outbox.entries()] == [b"a", b"b"]
        assert outbox.entry("delivered").state is State.DELIVERED
        with pytest.raises(DuplicateKeyError):
            outbox.put(world.message("a", body=b"another"))
        world.deliver(outbox, server.send, seconds=10)
    assert server.effects == ["delivered", "a", "b"]
    with world.open(cipher=cipher, account="live") as outbox:
        assert outbox.verify().problems == ()
        assert not outbox.salvages


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize(
    "flip",
    [
        "",
        "UPDATE about SET value = 'f' || substr(value, 2) WHERE name = 'secret' AND value NOT LIKE 'f%'",
        "UPDATE about SET value = '7' || value WHERE name = 'check'",
    ],
)
def test_a_wrong_key_and_another_account_are_refused_as_such_and_nothing_is_moved(
    world: World, server: Server, sealing: Callable[[bytes], Cipher], age: str, flip: str
) -> None:
    filled(world, server, sealing(b"key"))
    change(world.path, *filter(None, [AGES[age], flip]))
    with pytest.raises(WrongCipherError):
        world.open(cipher=sealing(b"another"), account="live")
    with pytest.raises(WrongCipherError):
        world.open(cipher=None, account="live")
    with pytest.raises(AccountMismatchError):
        world.open(cipher=sealing(b"key"), account="training")
    assert not list(world.folder.glob("*.damaged-*"))
    assert not list(world.folder.glob("*.salvage*"))
    with world.open(cipher=sealing(b"key"), account="live") as outbox:
        assert outbox.summary().count == 2


def test_an_open_file_is_not_taken_for_a_damaged_sealed_one(
    world: World, server: Server, sealing: Callable[[bytes], Cipher]
) -> None:
    filled(world, server, None)
    change(world.path, "UPDATE about SET value = '7' || value WHERE name = 'check'")
    with pytest.raises(WrongCipherError):
        world.open(cipher=sealing(b"key"), account="live")


def test_a_file_of_before_the_check_is_given_one(world: World) -> None:
    with world.open():
        pass
    change(world.path, AGES["of before the check"])
    with world.open() as outbox:
        told = {row["name"]: row["value"] for row in outbox._storage.read("SELECT name, value FROM about")}
    assert told["check"] == check_of(told)


def test_sums_that_a_flipped_bit_changed_are_counted_again(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a", amount=7), world.message("b", amount=8))
    for damage in ("replace(value, '15', '95')", "'[['", "'7'", "replace(value, '[', '')"):
        change(world.path, f"UPDATE about SET value = {damage} WHERE name = 'tally'")  # noqa: S608 - one of four above
        with world.open() as outbox:
            assert (outbox.summary().count, outbox.summary().amount) == (2, 15), damage
