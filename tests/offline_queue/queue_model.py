"""The queue as a few lines of plain Python say it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from offline_queue import Message, State

MORNING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MOST = 6
OLDEST = timedelta(hours=6)
AMOUNT = 7
UNSETTLED = {State.WAITING, State.DEAD}


@dataclass
class Told:
    stream: str
    destination: str
    body: bytes
    created: datetime
    state: State = State.WAITING


@dataclass
class Model:
    """What was put, in this order, and what became of it.

    Attributes:
        told: by key.
        flying: keys of what is being sent.
        paused: destinations that wait for a person.
        resumed: how often a person let a destination go on.
        now: the wall clock.
    """

    told: dict[str, Told] = field(default_factory=dict)
    flying: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)
    resumed: int = 0
    now: datetime = MORNING

    def unsettled(self) -> dict[str, Told]:
        return {key: told for key, told in self.told.items() if told.state in UNSETTLED}

    def in_state(self, state: State) -> set[str]:
        return {key for key, told in self.told.items() if told.state is state}

    def heads(self, destination: str) -> list[str]:
        """Whoever waits first in a stream, if it goes there: a stream may go to several destinations."""
        first: dict[str, str] = {}
        for key, told in self.unsettled().items():
            first.setdefault(told.stream, key)
        return [
            key
            for key, told in self.told.items()
            if key in first.values() and told.state is State.WAITING and told.destination == destination
        ]

    def oldest(self) -> datetime | None:
        return min((told.created for told in self.unsettled().values()), default=None)

    def needs_human(self) -> int:
        return len(self.in_state(State.DEAD)) + len(self.paused)

    def clashes(self, messages: list[Message]) -> bool:
        """Whether a key stands for another message already."""
        return any(
            (told.stream, told.destination, told.body) != (message.stream, message.destination, message.body)
            for message in messages
            if (told := self.told.get(message.key)) is not None
        )

    def has_room(self, messages: list[Message]) -> bool:
        """Whether the new ones among messages keep the limits of the shop."""
        new = {message.key: message.created for message in messages if message.key not in self.told}
        ages = [*new.values(), *(told.created for told in self.unsettled().values())]
        return not new or (len(ages) <= MOST and self.now - min(ages) <= OLDEST)

    def put(self, messages: list[Message]) -> None:
        for message in messages:
            self.told.setdefault(message.key, Told(message.stream, message.destination, message.body, message.created))
