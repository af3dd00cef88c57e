"""When to ask about each debt of points again: soon after its message is delivered, then ever more rarely."""

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

__all__ = ["Looks"]

_FIRST_LOOK = 3.0
"""Seconds after delivery: processing executes such orders a moment later."""
_LOOKS = (60.0, 300.0, 900.0)
_RARELY = 3600.0
"""Seconds between looks; each pause is the first of these that the time since delivery has not outgrown."""
_JITTER = 0.4
"""The most that a pause is longer, as a share of it: tills that an outage has lined up go apart again."""


class Looks:
    """The next look at every debt whose message has been delivered; times in seconds of `monotonic`."""

    def __init__(self, monotonic: Callable[[], float], rng: random.Random | None = None) -> None:
        self._monotonic = monotonic
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._due: dict[UUID, float] = {}
        self._missed: set[UUID] = set()
        """Looked for in vain while processing was away."""

    def __contains__(self, sale_id: UUID) -> bool:
        return sale_id in self._due

    def begin(self, sale_id: UUID) -> None:
        """The message has been delivered; who is looked for already is looked for as before."""
        self._due.setdefault(sale_id, self._monotonic() + self._spread(_FIRST_LOOK))

    def first(self, sale_id: UUID) -> None:
        """Look now, before everything else that is due."""
        self._due[sale_id] = self._monotonic() - _RARELY

    def again(self, sale_id: UUID, delivered: timedelta, *, rest: float | None = None) -> None:
        """Look again after `rest` seconds, or as rarely as befits a message delivered so long ago."""
        waited = delivered.total_seconds()
        pause = next((look for look in _LOOKS if waited < look), _RARELY)
        self._due[sale_id] = self._monotonic() + self._spread(rest or pause)

    def drop(self, sale_id: UUID) -> None:
        """Nothing has to be asked about it any more."""
        self._due.pop(sale_id, None)

    def missed(self, sale_ids: Iterable[UUID]) -> None:
        """Nobody answered: `recovered` looks for these at once."""
        self._missed.update(sale_ids)

    def recovered(self) -> None:
        """Processing answers again: what was looked for in vain is looked for now."""
        for sale_id in self._missed & self._due.keys():
            self._due[sale_id] = self._monotonic()
        self._missed.clear()

    def next(self) -> UUID | None:
        """The debt to look for now; None when the time of none has come."""
        sale_id = min(self._due, key=self._due.__getitem__, default=None)
        return sale_id if sale_id is not None and self._due[sale_id] <= self._monotonic() else None

    def pause(self) -> float | None:
        """Seconds until the next look; None when there is nothing to look for."""
        return max(0.0, min(self._due.values()) - self._monotonic()) if self._due else None

    def _spread(self, seconds: float) -> float:
        return seconds * (1.0 + self._rng.uniform(0.0, _JITTER))
