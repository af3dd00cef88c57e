"""Taking messages in: each key once, within the limits of the shop, one commit for all who come together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from offline_queue import ledger
from offline_queue.errors import DuplicateKeyError, LimitReachedError, UnstorableError
from offline_queue.events import Accepted
from offline_queue.memory import MOST_FRESH, Arrival
from offline_queue.room import Room

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from offline_queue.events import Event
    from offline_queue.memory import Memory
    from offline_queue.sealing import Envelope
    from offline_queue.storage import Storage
    from offline_queue.values import Limits, Message

_KNOWN = "SELECT * FROM message WHERE key = ? AND state <> 6"
_LARGEST_BODY = 64 << 20
_LARGEST_AMOUNT = (1 << 63) - 1
Note = Callable[["sqlite3.Connection", int], None]
_Group = tuple[tuple["Message", ...], "asyncio.Future[None]"]


@dataclass(slots=True)
class _Batch:
    """What is to share a commit: rows by key, and the kopecks behind them."""

    arrivals: dict[str, Arrival] = field(default_factory=dict)
    amount: int = 0


class Intake:
    """The door of an outbox."""

    def __init__(
        self,
        storage: Storage,
        memory: Memory,
        envelope: Envelope,
        *,
        now: Callable[[], datetime],
        limits: Limits | None,
        heard: Sequence[object],
        emit: Callable[[Event], None],
    ) -> None:
        self._storage = storage
        self._memory = memory
        self._envelope = envelope
        self._room = None if limits is None else Room(limits, storage, memory, now=now, emit=emit)
        self._heard = heard
        self._emit = emit
        self._groups: list[_Group] = []

    def put(self, messages: Sequence[Message], *, note: Note | None = None) -> int:
        """Store messages, all or none; returns how many are new.

        Args:
            messages: the messages.
            note: writes something down with each new one, in the same commit. Such messages come from the hands of a
                person who answers for them, and no limit applies.

        Raises:
            OutboxError: see ``Outbox.put``.
        """
        self._storage.ready()
        arrivals = self._planned(messages, _Batch(), limited=note is None)
        if arrivals:
            self._store(arrivals, note)
            self._announce(arrivals)
        return len(arrivals)

    def put_one(self, message: Message) -> bool:
        """Store a message in one statement; False, and nothing done, if it takes the closer look of ``put``."""
        if self._storage.is_broken:
            self._storage.ready()
        memory = self._memory
        key, seq = message.key, memory.next_seq
        if key in memory.fresh or seq - memory.filed > MOST_FRESH or len(message.body) > _LARGEST_BODY:
            return False
        room = self._room
        near = room is not None and not room.is_ample(message)
        if room is not None and near and room.reached((message,)):
            return False
        statement = ledger.INSERT if key > memory.last_key else ledger.INSERT_IF_NEW
        try:
            row, arrival = self._envelope.row(seq, message), Arrival(seq, message)
        except UnicodeEncodeError:
            return False
        # Noted before the commit, because behind the wait for the disk all work takes three times as long.
        memory.arrived(arrival)
        stored = 0
        try:
            stored = self._storage.write_one(statement, row)
        except OverflowError as error:
            raise _unstorable(message, "its amount is beyond 64 bits") from error
        finally:
            if not stored:
                memory.withdrawn(arrival)
        if not stored:
            return False
        if self._heard:
            self._emit(Accepted(message))
        if room is not None and near:
            room.warn()
        return True

    def put_together(self, messages: tuple[Message, ...]) -> asyncio.Future[None]:
        """Store messages with the others that come in the same turn of the loop; done after their commit."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._groups.append((messages, done))
        if len(self._groups) == 1:
            loop.call_soon(self.commit_groups)
        return done

    def commit_groups(self) -> None:
        """Commit whatever waits for company."""
        groups, self._groups = self._groups, []
        batch = _Batch()
        failures: dict[int, Exception] = {}
        try:
            self._storage.ready()
            for number, (messages, _) in enumerate(groups):
                try:
                    for arrival in self._planned(messages, batch):
                        batch.arrivals[arrival.message.key] = arrival
                        batch.amount += arrival.message.amount
                except (DuplicateKeyError, LimitReachedError, UnstorableError) as error:
                    failures[number] = error
            if batch.arrivals:
                self._store(list(batch.arrivals.values()))
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait for this commit
            failures = dict.fromkeys(range(len(groups)), error)
            batch = _Batch()
        for number, (_, done) in enumerate(groups):
            if done.cancelled():
                continue
            if number in failures:
                done.set_exception(failures[number])
            else:
                done.set_result(None)
        if batch.arrivals:
            self._announce(list(batch.arrivals.values()))

    def _planned(self, messages: Iterable[Message], before: _Batch, *, limited: bool = True) -> list[Arrival]:
        """The rows that messages will be, behind those of ``before``, which share their commit."""
        planned: dict[str, Arrival] = {}
        seq = self._memory.next_seq + len(before.arrivals)
        for message in messages:
            _require_storable(message)
            key = message.key
            arrival = planned.get(key) or before.arrivals.get(key) or self._memory.fresh.get(key)
            known = self._known(message) if arrival is None else arrival.message.says_the_same(message)
            if known is None:
                planned[key] = Arrival(seq + len(planned), message)
            elif not known:
                raise DuplicateKeyError(key)
        arrivals = list(planned.values())
        if limited and arrivals and self._room is not None:
            self._require_room(self._room, arrivals, before)
        return arrivals

    def _require_room(self, room: Room, arrivals: list[Arrival], before: _Batch) -> None:
        count, amount = len(before.arrivals), before.amount
        for arrival in arrivals:
            count += 1
            if not room.is_ample(arrival.message, count, amount):
                break
            amount += arrival.message.amount
        else:
            return
        limit = room.reached([arrival.message for arrival in (*before.arrivals.values(), *arrivals)])
        if limit:
            raise LimitReachedError(limit)

    def _known(self, message: Message) -> bool | None:
        """Whether the filed row of a message's key says the same as it does; None if there is none."""
        if message.key > self._memory.last_key:
            return None
        rows = self._storage.read(_KNOWN, (message.key,))
        return self._envelope.says_the_same(rows[0], message) if rows else None

    def _store(self, arrivals: list[Arrival], note: Note | None = None) -> None:
        filing = arrivals[-1].seq - self._memory.filed > MOST_FRESH
        rows = [self._envelope.row(arrival.seq, arrival.message) for arrival in arrivals]

        def change(connection: sqlite3.Connection) -> None:
            connection.executemany(ledger.INSERT, rows)
            if note is not None:
                for arrival in arrivals:
                    note(connection, arrival.seq)
            if filing:
                self._memory.file_all(connection, arrivals)

        self._storage.write(change)
        for arrival in arrivals:
            self._memory.arrived(arrival)
        if filing:
            self._memory.all_filed()

    def _announce(self, arrivals: list[Arrival]) -> None:
        if self._heard:
            for arrival in arrivals:
                self._emit(Accepted(arrival.message))
        last = arrivals[-1].message
        if self._room is not None and not self._room.is_ample(last, 0, -last.amount):
            self._room.warn()


def _require_storable(message: Message) -> None:
    texts = (message.key, message.stream, message.destination, message.kind, message.label)
    try:
        "".join(texts).encode()
    except UnicodeEncodeError as error:
        raise _unstorable(message, "its texts cannot be written as UTF-8") from error
    if abs(message.amount) > _LARGEST_AMOUNT:
        raise _unstorable(message, "its amount is beyond 64 bits")
    if len(message.body) > _LARGEST_BODY:
        raise _unstorable(message, "its body is longer than 64 MiB")


def _unstorable(message: Message, why: str) -> UnstorableError:
    return UnstorableError(f"The message {message.key!a} cannot be stored: {why}.")
