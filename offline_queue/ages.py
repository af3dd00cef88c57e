"""When the oldest of the facts that wait happened, known without an index by age."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from offline_queue.moments import from_disk, known_from_disk, to_disk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from offline_queue.storage import Storage
    from offline_queue.values import Message

_FIRST_HEAD = """
    SELECT created FROM message WHERE destination = ? AND state = ? AND state IN (1, 2) ORDER BY seq LIMIT 1
"""
_LAST_OUT_OF_ORDER = """
    SELECT coalesce(max(seq), 0) FROM (
        SELECT seq, created, max(created) OVER (ORDER BY seq) AS latest FROM message NOT INDEXED
        WHERE state <= 2)
    WHERE created < latest
"""
_OLDEST_UP_TO = """
    SELECT created, seq FROM message WHERE state <= 2 AND seq <= ? ORDER BY created, seq LIMIT 1000
"""
_WAITS = "SELECT 1 FROM message WHERE seq = ? AND state <= 2"


class Ages:
    """The age of the queue.

    Facts come in the order in which they happened, but for those that another till hands over and those that a clock
    set back makes older than they are. As long as they come in order, the first one in the queue is the oldest; up to
    the last one that did not, the oldest are looked for among all, a thousand at a time.
    """

    def __init__(self) -> None:
        self.oldest: datetime | None = None
        """When the oldest fact happened, or one that was settled lately and is older still; see ``look_up``."""
        self._known = False
        self._latest: datetime | None = None
        self._disordered = 0
        self._candidates: list[tuple[int, int]] = []

    def load(self, storage: Storage, last: int, *, clean: bool) -> None:
        """Begin with a file all of whose rows, up to ``last``, are filed; unless it was closed well, look at each."""
        told = storage.read("SELECT value FROM about WHERE name = 'ages'") if clean else []
        as_of, latest, disordered = json.loads(told[0]["value"]) if told else (-1, None, 0)
        # An older program keeps no such record and leaves it behind as it was.
        if as_of != last:
            ((latest,),) = storage.read("SELECT max(created) FROM message NOT INDEXED WHERE state <= 2")
            ((disordered,),) = storage.read(_LAST_OUT_OF_ORDER)
        self._latest, self._disordered = from_disk(latest), disordered

    def told(self, last: int) -> str:
        """What the next owner may believe after a clean close, if ``last`` is still the last row."""
        return json.dumps([last, None if self._latest is None else to_disk(self._latest), self._disordered])

    def arrived(self, created: datetime, *, alone: bool) -> None:
        """A fact was put; ``alone`` when nothing else waits."""
        if alone:
            self.oldest, self._known = created, True
        elif self.oldest is None or created < self.oldest:
            self.oldest = created

    def withdrawn(self) -> None:
        """The fact that was put last was not stored after all."""
        self.oldest, self._known = None, False

    def settled(self, created: datetime, *, none_left: bool) -> None:
        """A fact was delivered or given up."""
        if none_left:
            self.oldest, self._known = None, True
        elif created == self.oldest:
            self._known = False

    def came_back(self, last: int) -> None:
        """A fact somewhere among those up to ``last`` waits again."""
        self.oldest, self._known = None, False
        self._disordered, self._candidates = last, []

    def filed(self, messages: Iterable[Message], last: int) -> None:
        """These lie behind all others that are filed now, in this order, none of them behind ``last``."""
        for message in messages:
            if self._latest is None or message.created >= self._latest:
                self._latest = message.created
            else:
                self._disordered, self._candidates = last, []

    def look_up(self, storage: Storage, fresh: Iterable[Message], destinations: Iterable[str]) -> datetime | None:
        """When the oldest fact happened, None if nothing waits; a few index look-ups for each destination."""
        if not self._known:
            found = [message.created for message in fresh]
            for destination in destinations:
                for state in (1, 2):
                    found += [
                        known_from_disk(row["created"]) for row in storage.read(_FIRST_HEAD, (destination, state))
                    ]
            if self._disordered:
                found += self._oldest_of_the_disordered(storage)
            self.oldest, self._known = min(found, default=None), True
        return self.oldest

    def _oldest_of_the_disordered(self, storage: Storage) -> list[datetime]:
        while self._disordered:
            while self._candidates:
                created, seq = self._candidates[-1]
                if storage.read(_WAITS, (seq,)):
                    return [known_from_disk(created)]
                self._candidates.pop()
            found = storage.read(_OLDEST_UP_TO, (self._disordered,))
            self._candidates = [(row["created"], row["seq"]) for row in reversed(found)]
            if not self._candidates:
                self._disordered = 0
        return []
