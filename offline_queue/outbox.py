"""The outbox: put a fact in, and it is never lost; what people decide about it; who hears of it."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from offline_queue import ledger, transfer
from offline_queue.decisions import Decisions, require_named
from offline_queue.dispatch import Dispatch
from offline_queue.errors import DiskFullError, StorageError
from offline_queue.events import Salvaged, tell
from offline_queue.inspection import NEXT_TRY, Inspection
from offline_queue.intake import Intake
from offline_queue.loads import loads
from offline_queue.memory import Memory
from offline_queue.moments import from_disk, system_now
from offline_queue.opening import Opener, write_told
from offline_queue.owner import Ownership
from offline_queue.places import real_place, require_local
from offline_queue.reserve import Reserve
from offline_queue.storage import Storage, connect_to_read
from offline_queue.values import Summary

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from offline_queue.events import Event
    from offline_queue.values import Cipher, Limits, Load, Message, Salvage


class Outbox(Inspection):
    """A queue file and the only right to change it. Lives in one thread; its commits are short and synchronous.

    When the disk fails under a call, that call raises ``StorageError``; the next one opens the file again, verifies it
    and goes on, so that repeating a put under the same key is always right.
    """

    def __init__(
        self,
        storage: Storage,
        opener: Opener,
        ownership: Ownership,
        now: Callable[[], datetime],
        limits: Limits | None,
    ) -> None:
        super().__init__(storage, now, opener.envelope.cipher)
        self._envelope = opener.envelope
        self._opener = opener
        self._ownership = ownership
        self._subscribers: list[Callable[[Event], None]] = []
        self._emit = partial(tell, self._subscribers)
        self._closed = False
        self.salvages: list[Salvage] = []
        """What was found damaged, and what became of it, since this outbox was opened."""
        self._memory = Memory()
        parts = (storage, self._memory, self._envelope)
        self.dispatch = Dispatch(*parts, now=now, emit=self._emit)
        """For the courier alone."""
        self._learn()
        storage.on_reopened = self._learn
        self._intake = Intake(*parts, now=now, limits=limits, heard=self._subscribers, emit=self._emit)
        self._decisions = Decisions(*parts, dispatch=self.dispatch, now=now, emit=self._emit)

    def _learn(self) -> None:
        self._memory.load(self._storage, self._opener.tallies)
        # A salvage may have buried what is on its way; its answer settles it all the same.
        self._memory.dead_in_doubt = set(self.dispatch.in_flight)
        self.salvages += self._opener.salvages
        if self._subscribers:
            self._tell_salvages()

    def _tell_salvages(self) -> None:
        reports, self._opener.salvages = self._opener.salvages, []
        for report in reports:
            self._emit(Salvaged(report))

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

        A file that is found damaged is moved aside and salvaged, see ``salvages``.

        Args:
            path: the file; others with more endings stand beside it.
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
            NetworkDriveError: it lies on a network drive.
            StorageError: it cannot be opened or written.
            ValueError: no account.
        """
        if not account:
            raise ValueError("a queue needs an account")
        file = real_place(path)
        require_local(file)
        ownership = Ownership.take(file, now())
        try:
            reserve = Reserve(file)
            opener = Opener(file, account, cipher, now=now, reserve=reserve, ownership=ownership)
            storage = Storage(file, opener.connect, reserve)
            try:
                reserve.make()
                return cls(storage, opener, ownership, now, limits)
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
        file = real_place(path)
        storage = Storage(file, lambda: connect_to_read(file))
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
            UnstorableError: no file can hold one of them.
            DiskFullError: no room; nothing was stored.
            StorageError: nobody knows whether it was stored; put again under the same keys.
        """
        # The usual one message takes the short way, without a call more.
        if len(messages) != 1 or not self._intake.put_one(messages[0]):
            self._intake.put(messages)

    async def put_together(self, *messages: Message) -> None:
        """Like ``put``, but calls that run at the same time share one commit; none returns before it.

        Each call stays all or none, and its errors are its own. A caller cancelled meanwhile must take the outcome
        for unknown.

        Raises:
            OutboxError: as ``put`` does.
        """
        await self._intake.put_together(messages)

    def summary(self) -> Summary:
        """Count, sum and times of all that is not settled; takes the same time however long the queue is."""
        self._storage.ready()
        self._memory.count_dead(self._storage, self.dispatch.in_flight)
        (next_try,) = self._storage.read(NEXT_TRY)
        return Summary(
            count=self._memory.count,
            amount=self._memory.amount,
            oldest=self._memory.oldest(self._storage),
            next_try=from_disk(next_try["next_try"]),
            needs_human=self._memory.dead + len(self._memory.paused),
        )

    def by_destination(self, limit: int = 500) -> tuple[Load, ...]:
        """What waits for each destination; takes the same time however long the queue is.

        The oldest is looked for among those that were put first and those that were put lately.
        """
        self._storage.ready()
        self._memory.count_dead(self._storage, self.dispatch.in_flight)
        return loads(self._storage, self._memory, limit)

    def retry(self, key: str, *, by: str, reason: str) -> None:
        """Give a dead letter, or one that waits after unknown errors, a fresh start; stays on record.

        Raises:
            UnknownKeyError: no such message.
            IllegalMoveError: it is settled, or being sent.
            ValueError: no name or no reason.
        """
        self._decisions.retry(key, by, reason)

    def skip(self, key: str, *, by: str, reason: str) -> None:
        """Decide that a message shall not be sent; its stream goes on. Stays on record with its body.

        Raises:
            UnknownKeyError: no such message.
            IllegalMoveError: it is settled, or being sent.
            ValueError: no name or no reason.
        """
        self._decisions.skip(key, by, reason)

    def cancel_stream(self, stream: str, *, by: str, reason: str) -> int:
        """Skip everything of a stream that is not settled; returns how many. New messages may follow.

        Raises:
            IllegalMoveError: one of them is being sent; nothing was changed.
            ValueError: no name or no reason.
        """
        return self._decisions.cancel_stream(stream, by, reason)

    def resume(self, destination: str, *, by: str, reason: str) -> None:
        """Let a paused destination go on, after signing in for example.

        Raises:
            IllegalMoveError: it is not paused.
            ValueError: no name or no reason.
        """
        self._decisions.resume(destination, by, reason)

    def export(self, to: str | os.PathLike[str], seal: Cipher | None = None, /, *, by: str, reason: str) -> int:
        """Write everything unsent into one file for another till, and then send it no more; returns how many.

        The file is safe on its disk before anything is marked as moved. A power cut between leaves the messages in both
        places, and so does a till that is started again from an old copy of its disk: both then deliver under the same
        keys, which is harmless by what keys are for.

        A message that does not read as it was written stays here as a dead letter, and so does what stands behind it in
        its stream: skip it and export again.

        The file is sealed by ``seal``, for a till that has another key, or else as this queue is.

        Raises:
            IllegalMoveError: a message is being sent; stop the courier first.
            TransferError: the file is there already or cannot be written.
            ValueError: no name or no reason.
        """
        require_named(by, reason)
        rows, damaged = self._decisions.exportable()
        messages = [self._envelope.message(row) for row in reversed(rows)]
        transfer.write(Path(to), self.account, seal or self._envelope.cipher, messages)
        self._decisions.hand_over(rows, damaged, by, reason)
        return len(messages)

    def import_from(
        self, source: str | os.PathLike[str], seal: Cipher | None = None, /, *, by: str, reason: str
    ) -> int:
        """Take in what another till exported; returns how many were new here. Doing it again changes nothing.

        Dead letters get a fresh start. What this very till had exported comes back. Limits do not apply: the facts have
        happened. The whole file is checked before anything is stored. ``seal`` is what it was exported with, unless
        that is what the queue itself is sealed with.

        Raises:
            TransferError: not an export of this account and cipher, or not whole.
            DuplicateKeyError: a key stands for another message here.
            IllegalMoveError: a message must be taken back while one is being sent; stop the courier first.
            ValueError: no name or no reason.
            StorageError: as ``put``; import again.
        """
        require_named(by, reason)
        found = transfer.read(Path(source), self.account, seal or self._envelope.cipher)
        back = [message.key for message in found if self._decisions.take_back(message.key, by, reason)]
        return self._intake.put(found, note=self._decisions.noting_import(by, reason)) + len(back)

    def forget_settled(self, before: datetime, *, decided: bool = True, limit: int | None = None) -> int:
        """Drop tombstones settled before a time; returns how many. Keep them longer than the longest outage.

        Args:
            before: the time.
            decided: also those about which a person decided something, and who and why with them.
            limit: no more than so many, those that were put first.
        """
        return self._storage.write(
            lambda connection: ledger.forget(connection, before, decided=decided, limit=limit), vital=True
        )

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``on_event`` for each event from now on, after its commit; returns how to stop it.

        The first one also hears of a salvage at the opening. What a subscriber raises goes to ``sys.excepthook``: the
        fact is stored, so the caller must not see a failure.
        """
        self._subscribers.append(on_event)
        self._tell_salvages()
        return lambda: self._subscribers.remove(on_event)

    def checkpoint(self) -> None:
        """File what still waits and write the log back into the file; meant for idle moments.

        Raises:
            StorageError: see there.
        """
        if self._memory.is_worth_filing:
            # It can wait: a full disk has better uses for its last room.
            with suppress(DiskFullError):
                self._storage.write(self._memory.file_all)
                self._memory.all_filed()
        self._storage.checkpoint()

    @property
    def unwritten(self) -> int:
        """Commits since the log was last written back."""
        return self._storage.unwritten

    def close(self) -> None:
        """Commit what waits in ``put_together``, write the log back, let the file go; may be called twice."""
        if self._closed:
            return
        self._closed = True

        def mark_clean(connection: sqlite3.Connection) -> None:
            self._memory.file_all(connection)
            write_told(connection, self._memory.told())

        try:
            self._intake.commit_groups()
            with suppress(StorageError):
                self._memory.count_dead(self._storage, self.dispatch.in_flight)
            # Without the mark the next opening only takes longer.
            with suppress(StorageError):
                self._storage.write(mark_clean, vital=True)
        finally:
            self._storage.close()
            self._ownership.release()
