"""What waits for each destination, told by heart and with a few index look-ups, however long the queue is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offline_queue.moments import from_disk, known_from_disk
from offline_queue.values import LaneState, Load

if TYPE_CHECKING:
    from datetime import datetime

    from offline_queue.memory import Memory
    from offline_queue.storage import Storage

_LANES = "SELECT destination, state, next_try FROM lane WHERE state <> 'open'"
_DELAYED = """
    SELECT destination, min(next_try) AS due FROM message WHERE next_try IS NOT NULL AND state = 1 GROUP BY destination
"""
_FIRST = """
    SELECT created, seq FROM message WHERE destination = :destination AND state = :state AND state IN (1, 2)
        ORDER BY seq LIMIT 1
"""
_FIRST_BEHIND = """
    SELECT created, seq FROM message WHERE state <= 2 AND destination = :destination ORDER BY seq LIMIT 1
"""
"""Where everything stands behind messages of other destinations, which is rare: looks at all that waits."""


def loads(storage: Storage, memory: Memory, limit: int) -> tuple[Load, ...]:
    """The first ``limit`` destinations that have something waiting, the one that has waited longest first."""
    lanes = {row["destination"]: row for row in storage.read(_LANES)}
    delayed = {row["destination"]: row["due"] for row in storage.read(_DELAYED)}
    firsts: dict[str, tuple[int, datetime]] = {}
    for arrival in memory.fresh.values():
        _note(firsts, arrival.message.destination, arrival.seq, arrival.message.created)
    found: list[tuple[int, Load]] = []
    for name, tally in memory.tallies.items():
        rows = [row for state in (1, 2) for row in storage.read(_FIRST, {"destination": name, "state": state})]
        if not rows and name not in firsts:
            rows = storage.read(_FIRST_BEHIND, {"destination": name})
        for row in rows:
            _note(firsts, name, row["seq"], known_from_disk(row["created"]))
        seq, oldest = firsts[name]
        lane, due = lanes.get(name), delayed.get(name)
        if lane is not None:
            due = None if lane["state"] == LaneState.PAUSED.value or tally.count == tally.dead else lane["next_try"]
        found.append(
            (
                seq,
                Load(
                    name=name,
                    count=tally.count,
                    amount=tally.amount,
                    dead=tally.dead,
                    oldest=oldest,
                    next_try=from_disk(due),
                ),
            )
        )
    return tuple(load for _, load in sorted(found, key=lambda one: one[0])[:limit])


def _note(firsts: dict[str, tuple[int, datetime]], destination: str, seq: int, created: datetime) -> None:
    known = firsts.get(destination)
    firsts[destination] = (seq, created) if known is None else (min(known[0], seq), min(known[1], created))
