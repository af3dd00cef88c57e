"""`ports.Outbox` over the durable queue: facts in, what waits and why out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from offline_queue import (
    DuplicateKeyError,
    Entry,
    IllegalMoveError,
    Lane,
    LaneState,
    LimitReachedError,
    Limits,
    Load,
    OutboxError,
    State,
    UnknownKeyError,
)
from offline_queue import Outbox as Queue
from offline_queue.burial import DAMAGED, IN_DOUBT, NOT_EXPORTED
from pos_client.adapters.fact_messages import ORDERS, PROCESSING, Kind, message_of, sale_id_in
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.waiting import WaitingFacts
from pos_client.domain.facts import Fact
from pos_client.domain.money import Money
from pos_client.ports import Clock, FactFate, FactState, QueueEntry, QueueFullError, QueueLane, QueueSummary, Service

__all__ = ["DurableOutbox", "OutboxStorageError", "examine"]

_TITLES: Final = {
    Kind.PAYMENT: "Оплата по заказу",
    Kind.OFFLINE: "Баллы за заказ",
    Kind.SETTLED: "Открыть баллы",
    Kind.CANCEL: "Отмена резерва баллов",
    Kind.RESTORE: "Возврат списанных баллов",
    Kind.NOTICE: "Сообщение клиенту о баллах",
    Kind.RETURN: "Возврат баллов по заказу",
    Kind.REFUND: "Возврат денег по заказу",
    Kind.RELEASE: "Отмена начатого возврата",
    Kind.CORRECTION: "Исправление чека по заказу",
}
_STATES: Final = {
    State.WAITING: FactState.WAITING,
    State.DEAD: FactState.REFUSED,
    State.DELIVERED: FactState.DELIVERED,
    State.SKIPPED: FactState.CLOSED,
    State.MOVED: FactState.MOVED,
}
_BY_HAND: Final = frozenset({"skipped", "cancelled"})
"""Records of a queue's history that tell why a person took a message away."""
_MOST_SHOWN: Final = 50
"""Entries read for the screen each time that something has changed: more than anybody looks through."""
_EVERYTHING: Final = 1_000_000_000
_REMEMBERED: Final = timedelta(days=60)
"""How long it is known what has arrived, so that whoever puts it again, from a journal or an export, changes nothing.

A register goes on without its OFD for 30 days and then stops (54-ФЗ): no outage in which a till sells lasts longer, and
whoever has to bring its facts out by hand has as much time again. What is put later goes out once more under its key.
"""
_FORGOTTEN_AT_ONCE: Final = 500
_FACTS_OF_A_SALE: Final = 2
"""A payment and its points."""
_OF_DAMAGE: Final = {
    DAMAGED: "Запись на диске испорчена, отправить её нельзя. Сверьте операцию у службы и пропустите запись.",
    NOT_EXPORTED: "Запись на диске испорчена и осталась на этой кассе. Сверьте операцию у службы и пропустите запись.",
    IN_DOUBT: "После повреждения диска неизвестно, ушла ли операция. Сверьте её у службы; повторите или пропустите.",
}
"""What the queue says in its own words, for the cashier."""
_BEHIND: Final = "Ждёт, пока уйдёт предыдущая операция этого заказа."
_RETRY: Final = "повтор с кассы"
_LIMITS: Final = {"count": "по числу операций", "amount": "по сумме", "age": "по возрасту старшей операции"}


class OutboxStorageError(OSError):
    """The queue could not be written; the text is one Russian sentence for the cashier."""


class DurableOutbox:
    """`ports.Outbox`; `wake` tells the courier to try at once (a destination, or everything).

    `promise` hears of all facts before any of them is taken: what they promise is written down first. It is repeated
    with them, and what it raises keeps them from being taken.
    """

    def __init__(
        self,
        queue: Queue,
        names: ProcessingNames,
        *,
        now: Clock,
        wake: Callable[[str | None], None] | None = None,
        limits: Limits | None = None,
        promise: Callable[[Sequence[Fact]], None] = lambda _facts: None,
    ) -> None:
        self._queue = queue
        self._promise = promise
        self._limits = limits or Limits()
        self._names = names
        self._now = now
        self._wake = wake
        self._waiting = WaitingFacts(queue)
        self._seen: _Seen | None = None
        self._shown: tuple[QueueEntry, ...] | None = None
        queue.subscribe(self._forget)

    def wake_by(self, wake: Callable[[str | None], None]) -> None:
        """Name the courier that is to be woken, once there is one."""
        self._wake = wake

    def put(self, *facts: Fact) -> None:
        """Take the facts; returns after the disk has them all. A fact it already has is taken once.

        Raises:
            QueueFullError: the shop's own limit; the facts are not taken.
            OutboxStorageError: the disk refused; the facts are not taken.
        """
        self._promise(facts)
        try:
            # What was taken before stays as it was: names and programs may have changed since.
            new = [fact for fact in facts if not self._has(fact.key)]
            if new:
                now = self._now()
                self._queue.put(*(message_of(fact, self._names, now=now) for fact in new))
        except DuplicateKeyError:
            # Two different facts under one key in one call: a bug, not the disk's fault.
            raise
        except LimitReachedError as error:
            raise QueueFullError(f"Очередь отправки заполнена: {_LIMITS.get(error.limit, error.limit)}.") from error
        except OutboxError as error:
            raise _not_written(error) from error

    def _has(self, key: str) -> bool:
        try:
            self._queue.entry(key)
        except UnknownKeyError:
            return False
        return True

    # -------------------------------------------------------------------------------------------------- showing

    def summary(self) -> QueueSummary:
        """The queue in one line. Money of one sale counts once, however many of its facts wait."""
        found = self._queue.summary()
        return QueueSummary(
            count=found.count,
            amount=self._waiting.money(found),
            oldest=found.oldest,
            next_try=found.next_try,
            needs_human=found.needs_human,
            stuck=self._look().stuck,
        )

    def shown(self) -> tuple[QueueEntry, ...]:
        """As much of what waits as a screen can show: first what needs a human, then by age.

        Of a queue that is longer, what stands behind another fact of its order is left out.
        """
        if self._shown is None:
            if self._queue.summary().count <= _MOST_SHOWN:
                self._shown = self.entries()
            else:
                self._shown = self._sorted(self._look().first(self._queue))[:_MOST_SHOWN]
        return self._shown

    def entries(self) -> tuple[QueueEntry, ...]:
        """Everything that waits, in the order of `shown`. Reads all of it."""
        return self._sorted(self._queue.entries(limit=_EVERYTHING))

    def _sorted(self, entries: Iterable[Entry]) -> tuple[QueueEntry, ...]:
        found = [_shown(entry, self._look().paused) for entry in entries]
        return tuple(sorted(found, key=lambda entry: (not entry.needs_human, entry.created)))

    def waiting(self) -> tuple[str, ...]:
        """The keys of everything that waits."""
        return self._waiting.keys(self._queue.summary())

    def lanes(self) -> tuple[QueueLane, ...]:
        """Every service that something waits for: first those that need a person, then by age.

        What waits in a lane of its own counts with processing, but says nothing about how processing fares.
        """
        return self._look().lanes

    def _look(self) -> "_Seen":
        if self._seen is None:
            self._seen = _seen(self._queue)
        return self._seen

    def has_room(self, amount: Money) -> bool:
        """Whether the shop's limits let the facts of one more sale wait."""
        limits, found = self._limits, self._queue.summary()
        return (
            (limits.count is None or found.count + _FACTS_OF_A_SALE <= limits.count)
            and (limits.amount is None or found.amount + amount.kopecks * _FACTS_OF_A_SALE <= limits.amount)
            and (limits.age is None or found.oldest is None or self._now() - found.oldest <= limits.age)
        )

    def has_arrived(self, key: str) -> bool:
        """Whether the other side has taken this fact."""
        try:
            return self._queue.entry(key).state is State.DELIVERED
        except UnknownKeyError:
            return False

    def fate(self, key: str) -> FactFate:
        """What has become of a fact."""
        try:
            entry = self._queue.entry(key)
        except UnknownKeyError:
            return FactFate(FactState.UNKNOWN)
        words = entry.last_error
        if entry.state is State.SKIPPED:
            words = next((one.words for one in reversed(self._queue.history(key)) if one.what in _BY_HAND), "")
        return FactFate(_STATES[entry.state], words, entry.settled or entry.last_try)

    def _forget(self, _event: object) -> None:
        self._seen = None
        self._shown = None

    def forget_old(self) -> bool:
        """Forget a part of what arrived so long ago that nobody will put it again; True if there may be more.

        What a person decided about stays, with who and why.

        Raises:
            OutboxStorageError: the disk refused; nothing was forgotten.
        """
        try:
            before = self._now() - _REMEMBERED
            forgotten = self._queue.forget_settled(before, decided=False, limit=_FORGOTTEN_AT_ONCE)
        except OutboxError as error:
            raise _not_written(error) from error
        return forgotten == _FORGOTTEN_AT_ONCE

    # ------------------------------------------------------------------------------------------------- decisions

    def retry(self, key: str | None, *, by: str) -> None:
        """Try one entry, or everything, now; what waits for a person at a paused destination goes on."""
        destination = None if key is None else self._queue.entry(key).message.destination
        for lane in self._queue.lanes():
            if lane.state is LaneState.PAUSED and destination in {None, lane.destination}:
                self._queue.resume(lane.destination, by=by, reason=_RETRY)
        if key is not None:
            try:
                self._queue.retry(key, by=by, reason=_RETRY)
            except IllegalMoveError:
                # It is on its way this very moment, or has just arrived: there is nothing to hurry.
                return
        if self._wake is not None:
            self._wake(destination)

    def close_as_handled(self, key: str, *, by: str, reason: str) -> None:
        """Take an entry that needs a human out of the way; name and reason stay on record."""
        try:
            self._queue.skip(key, by=by, reason=reason)
        except IllegalMoveError:
            # It arrived while the cashier was reading: there is nothing left to take away.
            return
        except OutboxError as error:
            raise _not_written(error) from error


def examine(path: Path) -> QueueSummary:
    """Look at a queue without owning it, also beside a till that runs on it.

    Raises:
        OutboxStorageError: it cannot be read.
    """
    try:
        with Queue.inspect(path) as inspection:
            found = inspection.summary()
    except OutboxError as error:
        raise OutboxStorageError(f"Очередь отправки не читается: {error}") from error
    return QueueSummary(found.count, Money(found.amount), found.oldest, found.next_try, found.needs_human)


def _not_written(error: OutboxError) -> OutboxStorageError:
    return OutboxStorageError(f"Очередь отправки не записывается ({type(error).__name__}): проверьте место на диске.")


@dataclass(frozen=True, slots=True)
class _Seen:
    """The destinations at one moment; `paused` ones by name, with what each said."""

    loads: tuple[Load, ...]
    paused: Mapping[str, str]
    lanes: tuple[QueueLane, ...]

    @property
    def stuck(self) -> int:
        return sum(load.count if load.name in self.paused else load.dead for load in self.loads)

    def first(self, queue: Queue) -> Iterator[Entry]:
        """What a screen shows of a long queue: the first refusals, else the first of each destination that waits."""
        for load in self.loads:
            if load.dead:
                yield from queue.heads(load.name, State.DEAD, limit=_MOST_SHOWN)
            if load.name in self.paused:
                yield from queue.heads(load.name, limit=_MOST_SHOWN)
        if self.stuck < _MOST_SHOWN:
            # They come by age, so that a later destination has nothing older than the first of each of these.
            for load in [load for load in self.loads if load.name not in self.paused][:_MOST_SHOWN]:
                yield from queue.heads(load.name, limit=_MOST_SHOWN)


def _seen(queue: Queue) -> _Seen:
    states = {lane.destination: lane for lane in queue.lanes()}
    loads = queue.by_destination(limit=_EVERYTHING)
    by_service: dict[Service, list[Load]] = {}
    for load in loads:
        by_service.setdefault(_service(load.name), []).append(load)
    lanes = [_lane(service, of, states) for service, of in by_service.items()]
    return _Seen(
        loads,
        {name: lane.words for name, lane in states.items() if lane.state is LaneState.PAUSED},
        tuple(sorted(lanes, key=lambda lane: (not lane.paused, not lane.needs_human, lane.oldest))),
    )


def _shown(entry: Entry, paused: Mapping[str, str]) -> QueueEntry:
    message = entry.message
    halted = message.destination in paused
    why = _OF_DAMAGE.get(entry.last_error, entry.last_error)
    return QueueEntry(
        key=message.key,
        sale_id=_uuid(sale_id_in(message.key)),
        order_number=message.label,
        service=_service(message.destination),
        title=_TITLES.get(message.kind, message.kind),
        amount=Money(message.amount),
        created=message.created,
        needs_human=entry.state is State.DEAD or halted,
        reason=paused[message.destination] if halted else why or (_BEHIND if entry.waits_for else ""),
        next_try=entry.next_try,
        attempts=entry.tries,
        takes_back=message.kind in {Kind.CANCEL, Kind.RESTORE},
        of_refund=message.kind in {Kind.RETURN, Kind.REFUND, Kind.RELEASE},
        of_correction=message.kind == Kind.CORRECTION,
        payment_refused=message.kind == Kind.PAYMENT and entry.state is State.DEAD,
    )


def _service(destination: str) -> Service:
    return Service.ORDERS if destination == ORDERS else Service.PROCESSING


def _lane(service: Service, loads: list[Load], states: dict[str, Lane]) -> QueueLane:
    known = [states[load.name] for load in loads if load.name in states]
    paused = next((lane for lane in known if lane.state is LaneState.PAUSED), None)
    # A lane of its own may only be waiting for its turn (for another till, for a late answer): no outage, then.
    away = next(
        (lane for lane in known if lane.state is LaneState.AWAY and lane.destination in {ORDERS, PROCESSING}), None
    )
    trouble = paused or away
    return QueueLane(
        service=service,
        count=sum(load.count for load in loads),
        amount=Money(sum(load.amount for load in loads)),
        oldest=min(load.oldest for load in loads),
        next_try=min((load.next_try for load in loads if load.next_try is not None), default=None),
        since=trouble.since if trouble else None,
        paused=paused is not None,
        needs_human=sum(load.dead for load in loads),
        words=trouble.words if trouble else "",
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
