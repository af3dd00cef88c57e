"""Reading a queue: what waits, why, since when; also beside the process that owns it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from offline_queue.errors import DamagedError, SchemaError, UnknownKeyError
from offline_queue.moments import from_disk, known_from_disk
from offline_queue.sealing import Envelope
from offline_queue.soundness import NEVER_FILED
from offline_queue.values import Entry, Lane, LaneState, Load, Record, State, Summary, Verdict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from offline_queue.storage import Storage
    from offline_queue.values import Cipher

_STATES = {
    0: State.WAITING,
    1: State.WAITING,
    2: State.DEAD,
    3: State.DELIVERED,
    4: State.SKIPPED,
    5: State.MOVED,
    6: State.WAITING,
}

# Rows in state 6 are in no index, but all of them lie behind this place.
_FILED = "(SELECT CAST(value AS INTEGER) FROM about WHERE name = 'filed')"
_ENTRY = f"""
    SELECT m.*, l.state AS lane_state, l.words AS lane_words, l.next_try AS lane_next_try,
        CASE WHEN m.state BETWEEN 3 AND 5 THEN '' ELSE coalesce(
            (SELECT h.key FROM message AS h WHERE h.stream = m.stream AND h.state <= 2 AND h.seq < m.seq
                ORDER BY h.seq LIMIT 1),
            (SELECT h.key FROM message AS h WHERE h.seq > {_FILED} AND h.seq < m.seq AND h.state = 6
                AND h.stream = m.stream ORDER BY h.seq LIMIT 1),
            '') END AS waits_for
    FROM message AS m LEFT JOIN lane AS l ON l.destination = m.destination AND l.state <> 'open'
"""  # noqa: S608 - put together from our own constants, as below
_CHOSEN = f"""
    WHERE m.seq IN (SELECT seq FROM message WHERE state <= 2 AND :unsettled
        UNION ALL SELECT seq FROM message WHERE seq > {_FILED} AND state = 6 AND :unsettled
        UNION ALL SELECT seq FROM message WHERE state BETWEEN 3 AND 5 AND :settled)
    AND (m.state IN (0, 1, 6) AND :waiting OR m.state = 2 AND :dead
        OR m.state = 3 AND :delivered OR m.state = 4 AND :skipped OR m.state = 5 AND :moved)
    AND (:stream IS NULL OR m.stream = :stream) AND (:destination IS NULL OR m.destination = :destination)
"""  # noqa: S608
_OLDEST_FIRST = _ENTRY + _CHOSEN + " ORDER BY m.seq LIMIT :limit"
_NEWEST_FIRST = _ENTRY + _CHOSEN + " ORDER BY m.seq DESC LIMIT :limit"
_KEY = f"""
    (SELECT seq FROM message WHERE key = :key AND state <> 6
        UNION ALL SELECT seq FROM message WHERE seq > {_FILED} AND state = 6 AND key = :key)
"""  # noqa: S608
BY_KEY = "SELECT * FROM message WHERE seq IN " + _KEY  # noqa: S608 - put together from our own constants
"""A row by its key."""
_ENTRY_BY_KEY = _ENTRY + " WHERE m.seq IN " + _KEY
_DECISIONS = "SELECT * FROM history WHERE seq = 0 ORDER BY line"
_HISTORY = "SELECT * FROM history WHERE seq IN " + _KEY + " ORDER BY line"  # noqa: S608 - the same

_UNSETTLED = f"""
    (SELECT * FROM message WHERE state <= 2 UNION ALL SELECT * FROM message WHERE seq > {_FILED} AND state = 6)
"""  # noqa: S608
_AMOUNTS = "SELECT key, amount FROM " + _UNSETTLED  # noqa: S608 - the same
_HEADS = f"""{_ENTRY}
    WHERE m.seq IN (SELECT seq FROM (SELECT seq FROM message
            WHERE destination = :destination AND state = :state AND state IN (1, 2) ORDER BY seq LIMIT :limit)
        UNION ALL SELECT seq FROM (SELECT seq FROM message
            WHERE seq > {_FILED} AND state = 6 AND destination = :destination AND :state = 1 ORDER BY seq LIMIT :limit))
    ORDER BY m.seq LIMIT :limit
"""  # noqa: S608 - the same
_WAITING = "SELECT count(*) AS n, coalesce(sum(amount), 0) AS amount, min(created) AS oldest FROM " + _UNSETTLED  # noqa: S608 - the same
NEXT_TRY = f"""
    SELECT min(due) AS next_try FROM (
        SELECT m.next_try AS due FROM message AS m LEFT JOIN lane AS l USING (destination)
        WHERE m.next_try IS NOT NULL AND m.state = 1 AND coalesce(l.state, 'open') = 'open'
        UNION ALL
        SELECT l.next_try FROM lane AS l WHERE l.state = 'away' AND (
            EXISTS (SELECT 1 FROM message WHERE destination = l.destination AND state = 1 AND state IN (1, 2))
            OR EXISTS (SELECT 1 FROM message WHERE seq > {_FILED} AND state = 6 AND destination = l.destination)))
"""  # noqa: S608
"""The soonest time set for a try: a few index look-ups, however long the queue is."""
_NEEDS_HUMAN = """
    SELECT (SELECT count(*) FROM message WHERE state = 2 AND state IN (1, 2))
        + (SELECT count(*) FROM lane WHERE state = 'paused') AS n
"""
_LOADS = """
    SELECT {by} AS name, count(*) AS count, sum(amount) AS amount, sum(m.state = 2) AS dead, min(created) AS oldest,
        min(CASE WHEN m.state IN (1, 6) AND coalesce(l.state, 'open') <> 'paused'
            THEN nullif(max(coalesce(m.next_try, 0), coalesce(l.next_try, 0)), 0) END) AS next_try
    FROM {unsettled} AS m LEFT JOIN lane AS l USING (destination) GROUP BY 1 ORDER BY min(m.seq) LIMIT :limit
"""
_BY_STREAM = _LOADS.format(by="stream", unsettled=_UNSETTLED)
_BY_DESTINATION = _LOADS.format(by="destination", unsettled=_UNSETTLED)


class Inspection:
    """A queue file to look at. Nothing here changes the file."""

    def __init__(self, storage: Storage, now: Callable[[], datetime], cipher: Cipher | None) -> None:
        self._storage = storage
        self._now = now
        about = {row["name"]: str(row["value"]) for row in storage.read("SELECT name, value FROM about", {})}
        if "account" not in about:
            raise SchemaError(f"The queue {storage.path} was never finished: open it once to write.")
        self.account = about["account"]
        """The account that the file is bound to."""
        self._envelope = Envelope(self.account, cipher)

    def summary(self) -> Summary:
        """Count, sum and times of all that is not settled, counted from the rows themselves."""
        (waiting,) = self._storage.read(_WAITING, {})
        (next_try,) = self._storage.read(NEXT_TRY, {})
        (needs_human,) = self._storage.read(_NEEDS_HUMAN, {})
        return Summary(
            count=waiting["n"],
            amount=waiting["amount"],
            oldest=from_disk(waiting["oldest"]),
            next_try=from_disk(next_try["next_try"]),
            needs_human=needs_human["n"],
        )

    def entries(
        self,
        *states: State,
        stream: str | None = None,
        destination: str | None = None,
        newest_first: bool = False,
        limit: int = 500,
    ) -> tuple[Entry, ...]:
        """Messages in the order they were put; without ``states`` those that are not settled."""
        wanted = set(states) or {State.WAITING, State.DEAD}
        values = {
            "stream": stream,
            "destination": destination,
            "limit": limit,
            "unsettled": bool(wanted & {State.WAITING, State.DEAD}),
            "settled": bool(wanted - {State.WAITING, State.DEAD}),
            **{state.value: state in wanted for state in State},
        }
        rows = self._storage.read(_NEWEST_FIRST if newest_first else _OLDEST_FIRST, values)
        return tuple(self._entry(row) for row in rows)

    def heads(self, destination: str, state: State = State.WAITING, *, limit: int = 500) -> tuple[Entry, ...]:
        """The first messages of a destination that wait or, with the state ``DEAD``, that are dead letters.

        Takes the same time however long the queue is: what stands behind another of its stream is left out, unless it
        was put so lately that nobody has looked yet.
        """
        values = {"destination": destination, "state": 2 if state is State.DEAD else 1, "limit": limit}
        return tuple(self._entry(row) for row in self._storage.read(_HEADS, values))

    def amounts(self) -> dict[str, int]:
        """Kopecks behind each message that is not settled, by key; looks at every one of them."""
        return {row["key"]: row["amount"] for row in self._storage.read(_AMOUNTS, {})}

    def entry(self, key: str) -> Entry:
        """One message, in whatever state.

        Raises:
            UnknownKeyError: it was never put, or its tombstone was forgotten.
        """
        rows = self._storage.read(_ENTRY_BY_KEY, {"key": key})
        if not rows:
            raise UnknownKeyError(f"The queue knows no message with the key {key}.")
        return self._entry(rows[0])

    def history(self, key: str) -> tuple[Record, ...]:
        """What happened to a message, oldest first; bounded, the decisions of people are always kept.

        Raises:
            UnknownKeyError: see ``entry``.
        """
        self.entry(key)
        return self._records(_HISTORY, {"key": key})

    def decisions(self) -> tuple[Record, ...]:
        """What people decided about whole destinations, oldest first; its words begin with the destination's name."""
        return self._records(_DECISIONS, {})

    def _records(self, query: str, values: dict[str, str]) -> tuple[Record, ...]:
        return tuple(
            Record(
                first=known_from_disk(row["first"]),
                last=known_from_disk(row["last"]),
                times=row["times"],
                what=row["what"],
                words=row["words"],
                by=row["by"],
            )
            for row in self._storage.read(query, values)
        )

    def lanes(self) -> tuple[Lane, ...]:
        """Every destination that is or was in trouble."""
        return tuple(
            Lane(
                destination=row["destination"],
                state=LaneState(row["state"]),
                words=row["words"],
                since=from_disk(row["since"]),
                failures=row["failures"],
                next_try=from_disk(row["next_try"]),
                held_until=from_disk(row["held_until"]),
            )
            for row in self._storage.read("SELECT * FROM lane ORDER BY destination", {})
        )

    def by_destination(self, limit: int = 500) -> tuple[Load, ...]:
        """What waits for each destination, counted from the rows; the one that has waited longest first."""
        return self._loads(_BY_DESTINATION, limit)

    def by_stream(self, limit: int = 500) -> tuple[Load, ...]:
        """What waits in each stream, counted from the rows; the one that has waited longest first."""
        return self._loads(_BY_STREAM, limit)

    def _loads(self, query: str, limit: int) -> tuple[Load, ...]:
        return tuple(
            Load(
                name=row["name"],
                count=row["count"],
                amount=row["amount"],
                dead=row["dead"],
                oldest=known_from_disk(row["oldest"]),
                next_try=from_disk(row["next_try"]),
            )
            for row in self._storage.read(query, {"limit": limit})
        )

    def verify(self) -> Verdict:
        """Look at every page, index and row; changes nothing, works beside the owner, takes some 20 s per gigabyte."""
        problems: list[str] = []
        rows, last = 0, 0
        try:
            problems += [str(row[0]) for row in self._storage.read("PRAGMA integrity_check") if row[0] != "ok"]
            problems += [f"{row[0]} messages are in no index." for row in self._storage.read(NEVER_FILED) if row[0]]
            while found := self._storage.read("SELECT * FROM message WHERE seq > ? ORDER BY seq LIMIT 500", (last,)):
                rows += len(found)
                last = found[-1]["seq"]
                unsound = [row["key"] for row in found if not self._envelope.opens(row)]
                problems += [f"The message {key} does not read as it was written." for key in unsound]
        except DamagedError as error:
            problems.append(str(error))
        return Verdict(rows=rows, problems=tuple(problems))

    def close(self) -> None:
        """Let the file go."""
        self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _entry(self, row: sqlite3.Row) -> Entry:
        message = self._envelope.readable(row)
        # A state that there is not is damage, which is for a person.
        state = _STATES.get(row["state"], State.DEAD)
        waiting = state is State.WAITING
        away = waiting and row["lane_state"] is not None
        due = max(row["next_try"] or 0, row["lane_next_try"] or 0)
        sendable = waiting and not row["waits_for"] and row["lane_state"] != LaneState.PAUSED.value
        return Entry(
            message=message,
            state=state,
            waits_for=row["waits_for"],
            tries=row["tries"],
            attempts=row["attempts"],
            last_error=row["lane_words"] if away else row["last_error"],
            last_try=from_disk(row["last_try"]),
            next_try=known_from_disk(due) if sendable and due else None,
            settled=from_disk(row["settled"]),
            receipt=row["receipt"],
            age=self._now() - message.created,
        )
