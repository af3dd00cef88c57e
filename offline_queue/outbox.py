"""The outbox: put a fact in, and it is never lost; the decisions of people about what could not be delivered."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from offline_queue import ledger
from offline_queue.dispatch import Dispatch
from offline_queue.errors import (
    AccountMismatchError,
    DuplicateKeyError,
    IllegalMoveError,
    LimitReachedError,
    UnknownKeyError,
    WrongCipherError,
)
from offline_queue.events import Accepted, LaneResumed, Retried, Skipped
from offline_queue.inspection import Inspection, message_in
from offline_queue.moments import system_now, to_disk
from offline_queue.owner import Ownership
from offline_queue.storage import Storage
from offline_queue.values import LaneState

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from offline_queue.events import Event
    from offline_queue.values import Cipher, Limits, Message

_PROOF = b"offline_queue"
"""Sealed into a new file, so that a wrong key is known at once and never taken for damage."""

_Group = tuple[tuple["Message", ...], "asyncio.Future[None]"]


class Outbox(Inspection):
    """A queue file and the only right to change it. Lives in one thread; its commits are short and synchronous."""

    def __init__(
        self,
        storage: Storage,
        ownership: Ownership,
        now: Callable[[], datetime],
        limits: Limits | None,
        cipher: Cipher | None,
    ) -> None:
        super().__init__(storage, now, cipher)
        self._ownership = ownership
        self._limits = limits
        self._subscribers: list[Callable[[Event], None]] = []
        self._groups: list[_Group] = []
        self._closed = False
        self.dispatch = Dispatch(storage, now, cipher, self._emit)
        """For the courier alone."""

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        account: str,
        now: Callable[[], datetime] = system_now,
        limits: Limits | None = None,
        cipher: Cipher | None = None,
    ) -> Self:
        """Take a queue file, making it if need be; its folder must exist and be local.

        Args:
            path: the file; two more with the endings ``-wal`` and ``-shm`` and a ``.lock`` stand beside it.
            account: the server and account that everything in it is meant for, for example "live/MSK548".
            now: the wall clock, aware; only written down and shown, never waited by.
            limits: how much may wait.
            cipher: seals the bodies at rest.

        Raises:
            OwnerRunningError: another process has it.
            AccountMismatchError: it belongs to another account.
            WrongCipherError: it was sealed otherwise.
            SchemaError: it is newer than this program, or no queue.
            DurabilityRefusedError: SQLite would not keep what it acknowledges.
            StorageError: it cannot be opened or written, or it is damaged.
        """
        file = Path(path)
        ownership = Ownership.take(file, now())
        try:
            storage = Storage.open(file)
            try:
                _bind(storage, account, cipher)
                return cls(storage, ownership, now, limits, cipher)
            except BaseException:
                storage.close()
                raise
        except BaseException:
            ownership.release()
            raise

    @classmethod
    def inspect(
        cls,
        path: str | os.PathLike[str],
        *,
        now: Callable[[], datetime] = system_now,
        cipher: Cipher | None = None,
    ) -> Inspection:
        """Look into a queue file without owning it, also while its owner runs. Without the cipher bodies stay sealed.

        Raises:
            SchemaError: it is of another version, or no queue.
            StorageError: it is not there, cannot be read, or is damaged.
        """
        storage = Storage.inspect(Path(path))
        try:
            return Inspection(storage, now, cipher)
        except BaseException:
            storage.close()
            raise

    def put(self, *messages: Message) -> None:
        """Store messages, all or none; when it returns they survive a power cut.

        A message that was put before, even if it was delivered since, is left as it is.

        Raises:
            DuplicateKeyError: a key stands for another message.
            LimitReachedError: the shop's limit.
            DiskFullError: no room; nothing was stored.
            StorageError: nobody knows whether it was stored; open again and put again under the same keys.
        """

        def change(connection: sqlite3.Connection) -> list[Message]:
            return self._add(connection, messages)

        for message in self._storage.write(change):
            self._emit(Accepted(message))

    async def put_together(self, *messages: Message) -> None:
        """Like ``put``, but calls that run at the same time share one commit; none returns before it.

        Each call stays all or none, and its errors are its own. A caller cancelled meanwhile must take the outcome
        for unknown.

        Raises:
            OutboxError: as ``put`` does.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._groups.append((messages, done))
        if len(self._groups) == 1:
            loop.call_soon(self._commit_groups)
        await done

    def _commit_groups(self) -> None:
        groups, self._groups = self._groups, []
        if not groups:
            return
        failures: dict[int, Exception] = {}
        accepted: list[Message] = []

        def change(connection: sqlite3.Connection) -> None:
            failures.clear()
            accepted.clear()
            for number, (messages, _) in enumerate(groups):
                connection.execute("SAVEPOINT one_call")
                try:
                    accepted.extend(self._add(connection, messages))
                except (DuplicateKeyError, LimitReachedError) as error:
                    connection.execute("ROLLBACK TO one_call")
                    failures[number] = error
                connection.execute("RELEASE one_call")

        try:
            self._storage.write(change)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait for this commit
            failures = dict.fromkeys(range(len(groups)), error)
            accepted = []
        for number, (_, done) in enumerate(groups):
            if done.cancelled():
                continue
            if number in failures:
                done.set_exception(failures[number])
            else:
                done.set_result(None)
        for message in accepted:
            self._emit(Accepted(message))

    def _add(self, connection: sqlite3.Connection, messages: Iterable[Message]) -> list[Message]:
        added = []
        for message in messages:
            body = message.body
            if self._cipher is not None and body:
                body = self._cipher.seal(body, message.key.encode())
            if ledger.add(connection, message, body):
                added.append(message)
        if added and self._limits is not None:
            self._require_room(connection, self._limits)
        return added

    def _require_room(self, connection: sqlite3.Connection, limits: Limits) -> None:
        row = connection.execute(
            "SELECT count(*) AS n, sum(amount) AS amount, min(created) AS oldest FROM message WHERE state <= 2"
        ).fetchone()
        if limits.count is not None and row["n"] > limits.count:
            raise LimitReachedError("count")
        if limits.amount is not None and row["amount"] > limits.amount:
            raise LimitReachedError("amount")
        if limits.age is not None and row["oldest"] < to_disk(self._now() - limits.age):
            raise LimitReachedError("age")

    def retry(self, key: str, *, by: str, reason: str) -> None:
        """Give a dead letter, or one that waits after unknown errors, a fresh start; stays on record.

        Raises:
            UnknownKeyError: no such message.
            IllegalMoveError: it is settled, or being sent.
        """
        row = self._movable(key)

        def change(connection: sqlite3.Connection) -> None:
            ledger.revive(connection, row)
            ledger.note(connection, row["seq"], self._now(), what="retried", words=reason, by=by)

        self._storage.write(change)
        self._emit(Retried(message_in(row, self._cipher), by, reason))

    def skip(self, key: str, *, by: str, reason: str) -> None:
        """Decide that a message shall not be sent; its stream goes on. Stays on record with its body.

        Raises:
            UnknownKeyError: no such message.
            IllegalMoveError: it is settled, or being sent.
        """
        self._give_up([self._movable(key)], "skipped", by, reason)

    def cancel_stream(self, stream: str, *, by: str, reason: str) -> int:
        """Skip everything of a stream that is not settled; returns how many. New messages may follow.

        Raises:
            IllegalMoveError: one of them is being sent; nothing was changed.
        """
        rows = self._storage.read(
            "SELECT * FROM message WHERE stream = :stream AND state <= 2 ORDER BY seq DESC", {"stream": stream}
        )
        for row in rows:
            self._require_resting(row)
        if rows:
            self._give_up(rows, "cancelled", by, reason)
        return len(rows)

    def _give_up(self, rows: list[sqlite3.Row], what: str, by: str, reason: str) -> None:
        def change(connection: sqlite3.Connection) -> None:
            for row in rows:
                ledger.settle(connection, row, ledger.SKIPPED, self._now())
                ledger.note(connection, row["seq"], self._now(), what=what, words=reason, by=by)

        self._storage.write(change)
        for row in rows:
            self._emit(Skipped(message_in(row, self._cipher), by, reason))

    def resume(self, destination: str, *, by: str, reason: str) -> None:
        """Let a paused destination go on, after signing in for example.

        Raises:
            IllegalMoveError: it is not paused.
        """
        if all(lane.destination != destination or lane.state is not LaneState.PAUSED for lane in self.lanes()):
            raise IllegalMoveError(f"The destination {destination} is not paused.")

        def change(connection: sqlite3.Connection) -> None:
            ledger.set_lane(connection, destination, LaneState.OPEN, self._now(), words=f"{by}: {reason}")

        self._storage.write(change)
        self._emit(LaneResumed(destination, by, reason))

    def forget_settled(self, before: datetime) -> int:
        """Drop tombstones settled before a time; returns how many. Keep them longer than the longest outage."""

        def change(connection: sqlite3.Connection) -> int:
            bound = (to_disk(before),)
            connection.execute(
                "DELETE FROM history WHERE seq IN (SELECT seq FROM message WHERE state > 2 AND settled < ?)", bound
            )
            return connection.execute("DELETE FROM message WHERE state > 2 AND settled < ?", bound).rowcount

        return self._storage.write(change)

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``on_event`` for each event from now on, after its commit; returns how to stop it.

        What a subscriber raises goes to ``sys.excepthook``: the fact is stored, so the caller must not see a failure.
        """
        self._subscribers.append(on_event)
        return lambda: self._subscribers.remove(on_event)

    def _emit(self, event: Event) -> None:
        for on_event in tuple(self._subscribers):
            try:
                on_event(event)
            except Exception:  # noqa: BLE001 - not swallowed: reported where the program reports its bugs
                sys.excepthook(*sys.exc_info())

    def checkpoint(self) -> None:
        """Write the log back into the file; meant for idle moments.

        Raises:
            StorageError: see there.
        """
        self._storage.checkpoint()

    def close(self) -> None:
        """Commit what waits in ``put_together``, write the log back, let the file go; may be called twice."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._groups:
                self._commit_groups()
        finally:
            self._storage.close()
            self._ownership.release()

    def _movable(self, key: str) -> sqlite3.Row:
        rows = self._storage.read("SELECT * FROM message WHERE key = :key", {"key": key})
        if not rows:
            raise UnknownKeyError(f"The queue knows no message with the key {key}.")
        if rows[0]["state"] > ledger.DEAD:
            raise IllegalMoveError(f"The message {key} is settled.")
        self._require_resting(rows[0])
        return rows[0]

    def _require_resting(self, row: sqlite3.Row) -> None:
        if row["seq"] in self.dispatch.in_flight:
            raise IllegalMoveError(f"The message {row['key']} is being sent; its answer comes first.")


def _bind(storage: Storage, account: str, cipher: Cipher | None) -> None:
    if not account:
        raise ValueError("a queue needs an account")
    about = {row["name"]: str(row["value"]) for row in storage.read("SELECT name, value FROM about", {})}
    if not about:
        wanted = {"account": account}
        if cipher is not None:
            wanted |= {"cipher": cipher.name, "proof": cipher.seal(_PROOF, _PROOF).hex()}
        storage.write(
            lambda connection: connection.executemany("INSERT INTO about (name, value) VALUES (?, ?)", wanted.items())
        )
        return
    if about["account"] != account:
        raise AccountMismatchError(str(storage.path), account, about["account"])
    _require_same_cipher(storage, about, cipher)


def _require_same_cipher(storage: Storage, about: dict[str, str], cipher: Cipher | None) -> None:
    if about.get("cipher") != (None if cipher is None else cipher.name):
        raise WrongCipherError(f"The queue {storage.path} was sealed by «{about.get('cipher', 'nothing')}».")
    if cipher is None:
        return
    try:
        proof = cipher.unseal(bytes.fromhex(about["proof"]), _PROOF)
    except ValueError as error:
        raise WrongCipherError(f"The key does not open the queue {storage.path}.") from error
    if proof != _PROOF:
        raise WrongCipherError(f"The key does not open the queue {storage.path}.")
