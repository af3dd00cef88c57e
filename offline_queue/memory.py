"""What the owner knows by heart, because nobody else writes: messages too new for the indexes, sums, who is paused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offline_queue.ages import Ages

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from datetime import datetime

    from offline_queue.dispatch import Head
    from offline_queue.storage import Storage
    from offline_queue.values import Message

WORTH_FILING = 64
"""Rows lying unfiled that make an idle moment worth filing them; fewer may be gone before it would have paid."""
MOST_FRESH = 1024
"""Rows that may come without an idle moment before a put itself files what still lies of them."""

# By the index of streams SQLite would read the whole file in the order of their names, ten times as slowly.
_TALLIES = """
    SELECT destination, count(*) AS count, sum(amount) AS amount, sum(state = 2) AS dead
    FROM message NOT INDEXED WHERE state <= 2 GROUP BY destination
"""
_DEAD = """
    SELECT destination, count(*) AS n FROM message WHERE state = 2 AND state IN (1, 2) GROUP BY destination
"""
_FILE = """
    UPDATE message SET state = NOT EXISTS (SELECT 1 FROM message WHERE stream = ? AND state <= 2)
    WHERE seq = ? AND state = 6
"""

FILE_ALL = (
    """UPDATE message SET state = 0 WHERE state = 6
        AND seq > (SELECT CAST(value AS INTEGER) FROM about WHERE name = 'filed')""",
    """UPDATE message SET state = 1 WHERE state = 0
        AND seq > (SELECT CAST(value AS INTEGER) FROM about WHERE name = 'filed')
        AND NOT EXISTS (SELECT 1 FROM message AS h
            WHERE h.stream = message.stream AND h.state <= 2 AND h.seq < message.seq)""",
    "UPDATE about SET value = (SELECT coalesce(max(seq), 0) FROM message) WHERE name = 'filed'",
)
"""What files every fresh row of a file that was just opened."""


@dataclass(slots=True)
class Tally:
    """What one destination has waiting: messages, kopecks, and how many of the messages are dead."""

    count: int = 0
    amount: int = 0
    dead: int = 0


@dataclass(slots=True)
class Arrival:
    """A message that was put lately. Not frozen, because making it is on the way of every put."""

    seq: int
    message: Message


@dataclass(slots=True)
class Ahead:
    """What was read ahead of a destination.

    Attributes:
        heads: its first filed messages that may go.
        all_of_them: whether no other filed one may go.
    """

    heads: list[Head]
    all_of_them: bool


class Memory:
    """Read from the file when it is opened, and kept in step after each commit."""

    def __init__(self) -> None:
        self.fresh: dict[str, Arrival] = {}
        """Rows in state 6 by key, in the order they were put."""
        self.tallies: dict[str, Tally] = {}
        """By destination; only those that have something waiting."""
        self.paused: set[str] = set()
        """Destinations that wait for a person."""
        self.next_seq = 1
        self.last_key = ""
        """No row has a key behind this one: keys that are ordered by time need no look whether they are known."""
        self.filed = 0
        """All rows up to this one are in the indexes."""
        self.dead = 0
        self.count = 0
        """Messages waiting or dead."""
        self.amount = 0
        """The money behind them, kopecks."""
        self.ages = Ages()
        self.ahead: dict[str, Ahead] = {}
        """By destination; nothing when something may have changed."""
        self._blocked: dict[str, bool] = {}
        self.dead_in_doubt: set[int] = set()
        """Places of what was being sent when the file was opened again, whose answers are still to come."""

    def load(self, storage: Storage, tallies: str | None) -> None:
        """Forget everything and begin anew with the file, all of whose rows are filed.

        Args:
            storage: the file.
            tallies: what the last owner told at a clean close; without it they are counted from the rows.
        """
        self.__init__()  # type: ignore[misc] # everything anew, without saying it all twice
        ((last,),) = storage.read("SELECT coalesce(max(seq), 0) FROM message")
        self.next_seq, self.filed = last + 1, last
        keys = storage.read("SELECT key FROM message WHERE state <> 6 ORDER BY key DESC LIMIT 1")
        self.last_key = keys[0]["key"] if keys else ""
        self.paused = {
            row["destination"] for row in storage.read("SELECT destination FROM lane WHERE state = 'paused'")
        }
        rows = json.loads(tallies) if tallies else [tuple(row) for row in storage.read(_TALLIES)]
        for destination, count, amount, dead in rows:
            self.tallies[destination] = Tally(count, amount, dead)
            self.count += count
            self.amount += amount
            self.dead += dead
        self.ages.load(storage, last, clean=tallies is not None)

    def told(self) -> dict[str, str]:
        """What the file shall say of itself, to be believed by the next owner, in the commit that files all."""
        self.ages.filed((arrival.message for arrival in self.fresh.values()), self.next_seq - 1)
        tallies = [[name, tally.count, tally.amount, tally.dead] for name, tally in self.tallies.items()]
        return {"tally": json.dumps(tallies), "ages": self.ages.told(self.next_seq - 1)}

    # ------------------------------------------------------------------------------------------- after a commit

    def arrived(self, arrival: Arrival) -> None:
        """A row was put."""
        message, seq = arrival.message, arrival.seq
        # Everything in sight and no call that can be spared: this is on the way of every put.
        oldest = self.ages.oldest
        if oldest is None or not self.count or message.created < oldest:
            self.ages.arrived(message.created, alone=not self.count)
        tally = self.tallies.get(message.destination)
        if tally is None:
            tally = self.tallies[message.destination] = Tally()
        amount = message.amount
        tally.count += 1
        tally.amount += amount
        self.count += 1
        self.amount += amount
        key = message.key
        self.fresh[key] = arrival
        self.last_key = max(self.last_key, key)
        self.next_seq = seq + 1

    def withdrawn(self, arrival: Arrival) -> None:
        """The row that was put last was not stored after all."""
        if self.fresh.pop(arrival.message.key, None) is not None:
            self._count(arrival.message.destination, -1, -arrival.message.amount)
            self.next_seq = arrival.seq
            self.ages.withdrawn()

    def all_filed(self) -> None:
        """Every row is in the indexes now."""
        self.ages.filed((arrival.message for arrival in self.fresh.values()), self.next_seq - 1)
        self.fresh.clear()
        self._blocked.clear()
        self.ahead.clear()
        self.filed = self.next_seq - 1

    def settled(self, message: Message, *, was_dead: bool = False) -> None:
        """A message was delivered or given up."""
        self.changed(message.stream)
        self.fresh.pop(message.key, None)
        self._count(message.destination, -1, -message.amount)
        if was_dead:
            self.died(message.destination, -1)
        self.ages.settled(message.created, none_left=not self.count)

    def came_back(self, message: Message) -> None:
        """A message that was settled waits again."""
        self._count(message.destination, 1, message.amount)
        self.ages.came_back(self.next_seq - 1)

    def died(self, destination: str, by: int = 1) -> None:
        """A message of a destination became a dead letter, or with -1 is one no more."""
        self.dead += by
        tally = self.tallies.get(destination)
        if tally is not None:
            tally.dead += by

    def count_dead(self, storage: Storage, in_flight: set[int]) -> None:
        """Count the dead letters again where answers to what was salvaged may have changed them unseen."""
        if not self.dead_in_doubt:
            return
        found = {row["destination"]: row["n"] for row in storage.read(_DEAD)}
        for destination, tally in self.tallies.items():
            tally.dead = found.get(destination, 0)
        self.dead = sum(found.values())
        self.dead_in_doubt &= in_flight

    def changed(self, stream: str) -> None:
        """Something happened to the head of a stream."""
        self._blocked.pop(stream, None)

    def _count(self, destination: str, count: int, amount: int) -> None:
        self.count += count
        self.amount += amount
        tally = self.tallies.get(destination)
        if tally is None:
            tally = self.tallies[destination] = Tally()
        tally.count += count
        tally.amount += amount
        if tally.count == 0:
            del self.tallies[destination]

    # ------------------------------------------------------------------------------------------------- the fresh

    @property
    def is_worth_filing(self) -> bool:
        """Whether so much lies unfiled that an idle moment should file it."""
        return len(self.fresh) >= WORTH_FILING

    @property
    def all_is_fresh(self) -> bool:
        """Whether nothing that is filed waits any more, so that nobody need look."""
        return len(self.fresh) == self.count

    def heads(self, destination: str, storage: Storage) -> Iterator[Arrival]:
        """Fresh messages of a destination that nothing of their own stream holds back."""
        seen: set[str] = set()
        free = self.all_is_fresh
        for arrival in self.fresh.values():
            stream = arrival.message.stream
            if stream not in seen:
                seen.add(stream)
                if arrival.message.destination == destination and (free or not self._is_blocked(stream, storage)):
                    yield arrival

    def _is_blocked(self, stream: str, storage: Storage) -> bool:
        known = self._blocked.get(stream)
        if known is None:
            query = "SELECT 1 FROM message WHERE stream = ? AND state <= 2 LIMIT 1"
            known = self._blocked[stream] = bool(storage.read(query, (stream,)))
        return known

    def file_all(self, connection: sqlite3.Connection, more: list[Arrival] | None = None) -> None:
        """Give every fresh row, and ``more``, its place in the indexes; ``all_filed`` follows the commit."""
        arrivals = [*self.fresh.values(), *(more or [])]
        last = arrivals[-1].seq if arrivals else self.next_seq - 1
        if last == self.filed:
            return
        connection.executemany(_FILE, [(arrival.message.stream, arrival.seq) for arrival in arrivals])
        connection.execute("UPDATE about SET value = ? WHERE name = 'filed'", (str(max(last, self.next_seq - 1)),))

    def oldest(self, storage: Storage) -> datetime | None:
        """When the oldest fact that waits happened."""
        return self.ages.look_up(storage, (arrival.message for arrival in self.fresh.values()), self.tallies)
