"""A damaged file: moved aside whole, read page by page, and the queue goes on with all that could be read of it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from offline_queue import ledger
from offline_queue.binding import believable, bind
from offline_queue.burial import DAMAGED, IN_DOUBT
from offline_queue.errors import SchemaError, StorageError
from offline_queue.pages import Pages
from offline_queue.recovered import Findings, Listed
from offline_queue.schema import INDEXES
from offline_queue.storage import connect_to_write, named_error
from offline_queue.values import Salvage

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from offline_queue.values import Cipher

_FRESH = ".salvage"
_SIDES = ("", "-wal", "-shm")
_HEADS = (
    "UPDATE message SET state = 0 WHERE state IN (1, 6)",
    *INDEXES.values(),
    """UPDATE message SET state = 1 WHERE state = 0 AND NOT EXISTS (SELECT 1 FROM message AS h
        WHERE h.stream = message.stream AND h.state <= 2 AND h.seq < message.seq)""",
    "UPDATE about SET value = (SELECT coalesce(max(seq), 0) FROM message) WHERE name = 'filed'",
)


def salvaged(path: Path, account: str, cipher: Cipher | None, now: datetime, cause: str) -> Salvage:
    """Put a sound file in the place of a damaged one. Needs room for it; memory for the file twice.

    The new file is finished before the old one is touched, so that a power cut at any moment leaves one of the two.

    Raises:
        AccountMismatchError: the file is of another account.
        WrongCipherError: it was sealed otherwise.
        SchemaError: nothing in it or about it is of a queue.
        StorageError: it cannot be read or moved, or there is no room.
    """
    fresh, aside = _named(path, _FRESH), _new_name(path, now)
    try:
        _remove(fresh)
        findings = Findings(account)
        pages = Pages(path)
        for cell in pages.cells():
            findings.take(cell)
        findings.listed = Listed.of(pages)
        if findings.is_empty and not pages.are_of_a_queue and not _named(path, ".reserve").exists():
            # Only a queue that was open once has room put by.
            raise SchemaError(f"The file {path} is no queue.")
        report = _written(path, fresh, findings, cipher, (aside, now, cause))
        _put_in_place(path, aside, fresh)
    except OSError as error:
        raise StorageError(f"The damaged queue {path} cannot be salvaged: {error.strerror}.") from error
    except sqlite3.DatabaseError as error:
        named = named_error(error, path)
        if named is None:
            raise
        raise named from error
    finally:
        _remove_leftover(path)
    return report


def _written(
    path: Path,
    fresh: Path,
    findings: Findings,
    cipher: Cipher | None,
    found: tuple[Path, datetime, str],
) -> Salvage:
    aside, now, cause = found
    told = believable(findings.about, path, findings.account, cipher, fits=findings.fits)
    with closing(connect_to_write(fresh)) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        if "account" in told and (cipher is None or "secret" in told or "proof" in told):
            connection.executemany("INSERT INTO about (name, value) VALUES (?, ?)", told.items())
        envelope = bind(connection, path, findings.account, cipher)
        connection.execute("BEGIN IMMEDIATE")
        for name in INDEXES:
            connection.execute(f"DROP INDEX {name}")
        secret_lost = envelope.secret != b"" and not {"secret", "proof"} & set(told)
        damaged, in_doubt = findings.write(connection, envelope, secret_lost=secret_lost)
        for statement in _HEADS:
            connection.execute(statement)
        for seq in damaged.values():
            ledger.note(connection, seq, now, what="damaged", words=cause)
        for seq in in_doubt.values():
            ledger.note(connection, seq, now, what="damaged", words=IN_DOUBT)
        why = [(DAMAGED, seq) for seq in damaged.values()] + [(IN_DOUBT, seq) for seq in in_doubt.values()]
        connection.executemany("UPDATE message SET last_error = ? WHERE seq = ?", why)
        ((read,),) = connection.execute("SELECT count(*) FROM message").fetchall()
        lost = findings.lost(connection)
        connection.execute("COMMIT")
    return Salvage(
        at=now,
        cause=cause,
        moved_to=str(aside),
        read=read - len(damaged) - len(in_doubt),
        damaged=(*damaged, *in_doubt),
        lost=lost,
    )


def finish_interrupted(path: Path) -> None:
    """Finish a salvage that a power cut stopped between moving the old file away and the new one in.

    Raises:
        StorageError: the files cannot be moved.
    """
    _remove_leftover(path)
    fresh = _named(path, _FRESH)
    aside = max(path.parent.glob(f"{path.name}.damaged-*[0-9]"), default=None)
    # Without a file that was moved away this is no queue, but what a salvage left that never came so far.
    if path.exists() or not fresh.exists() or aside is None:
        return
    try:
        _put_in_place(path, aside, fresh)
    except OSError as error:
        raise StorageError(f"The damaged queue {path} cannot be salvaged: {error.strerror}.") from error


def _remove_leftover(path: Path) -> None:
    """Remove what a salvage wrote that was given up: as long as the file is in its place, it is that which counts."""
    if path.exists():
        with suppress(OSError):
            _remove(_named(path, _FRESH))


def _remove(file: Path) -> None:
    for side in _SIDES:
        _named(file, side).unlink(missing_ok=True)


def _put_in_place(path: Path, aside: Path, fresh: Path) -> None:
    # The new file is there for good before the old one goes, and the old one before its log, which it needs to be read.
    sync_folder(path.parent)
    for side in _SIDES:
        if _named(path, side).exists():
            _named(path, side).replace(_named(aside, side))
            sync_folder(path.parent)
    fresh.replace(path)
    sync_folder(path.parent)


def _new_name(path: Path, now: datetime) -> Path:
    name = _named(path, f".damaged-{now:%Y%m%d-%H%M%S}")
    number = 1
    while name.exists():
        number += 1
        name = _named(path, f".damaged-{now:%Y%m%d-%H%M%S}-{number}")
    return name


def _named(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the system knows how."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
