"""The queue against a few lines of plain Python that say the same."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from offline_queue import (
    DuplicateKeyError,
    IllegalMoveError,
    LimitReachedError,
    Limits,
    Message,
    Outbox,
    OutboxError,
    State,
    UnknownKeyError,
)
from tests.offline_queue.queue_model import AMOUNT, MOST, OLDEST, Model

if TYPE_CHECKING:
    from offline_queue.dispatch import Head

KEYS = st.sampled_from([f"key{n}" for n in range(8)])
STREAMS = st.sampled_from(["red", "green"])
BODIES = st.sampled_from([b"one", b"two"])
DESTINATIONS = ("orders", "processing")
TO = st.sampled_from(DESTINATIONS)
MINUTES = st.integers(-90, 90)
"""Also back: somebody sets the clock."""
ANSWERS = st.sampled_from(["taken", "recovered", "refused", "unsure", "away", "paused", "none"])
WHO = {"by": "a person", "reason": "a reason"}


class QueueMachine(RuleBasedStateMachine):
    """Puts, flights, answers, decisions and restarts in any order, while time goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "queue.db"
        self.model = Model()
        self.flights: dict[str, Head] = {}
        self.copies = 0
        self.exports: list[Path] = []
        self.outbox = self.opened()

    def opened(self) -> Outbox:
        """Opened anew: nothing is on its way any more."""
        self.flights.clear()
        self.model.flying.clear()
        limits = Limits(count=MOST, age=OLDEST)
        return Outbox.open(self.path, account="test", now=lambda: self.model.now, limits=limits)

    def teardown(self) -> None:
        self.outbox.close()
        self.folder.cleanup()

    def heads(self, destination: str) -> list[Head]:
        return self.outbox.dispatch.heads(destination, 100)

    @rule(minutes=MINUTES)
    def time_goes_by(self, minutes: int) -> None:
        self.model.now += timedelta(minutes=minutes)

    # ------------------------------------------------------------------------------------------------------- puts

    @rule(
        keys=st.lists(KEYS, min_size=1, max_size=3),
        stream=STREAMS,
        destination=TO,
        body=BODIES,
        late=st.sampled_from([0, 0, 45]),
        together=st.booleans(),
    )
    def put(self, keys: list[str], late: int, *, together: bool, **fields: Any) -> None:  # noqa: ANN401 - as Message has them
        created = self.model.now - timedelta(minutes=late)
        messages = [Message(key=key, kind="order", created=created, amount=AMOUNT, **fields) for key in keys]
        if self.model.clashes(messages):
            with pytest.raises(DuplicateKeyError):
                self.do_put(messages, together=together)
        elif not self.model.has_room(messages):
            with pytest.raises(LimitReachedError):
                self.do_put(messages, together=together)
        else:
            self.do_put(messages, together=together)
            self.model.put(messages)

    def do_put(self, messages: list[Message], *, together: bool) -> None:
        if together:
            asyncio.run(self.outbox.put_together(*messages))
        else:
            self.outbox.put(*messages)

    # ---------------------------------------------------------------------------------------------------- flights

    @rule(destination=TO, data=st.data())
    def take_off(self, destination: str, data: st.DataObject) -> None:
        """As the courier does it; what is known of a head at this moment may be old when its answer comes."""
        resting = [head for head in self.heads(destination) if head.message.key not in self.flights]
        if resting:
            head = data.draw(st.sampled_from(resting))
            self.outbox.dispatch.in_flight.add(head.seq)
            self.flights[head.message.key] = head
            self.model.flying.add(head.message.key)

    @precondition(lambda self: self.flights)
    @rule(data=st.data(), answer=ANSWERS)
    def land(self, data: st.DataObject, answer: str) -> None:
        key = data.draw(st.sampled_from(sorted(self.flights)))
        head, dispatch, told = self.flights.pop(key), self.outbox.dispatch, self.model.told[key]
        dispatch.in_flight.discard(head.seq)
        self.model.flying.discard(key)
        match answer:
            case "taken" | "recovered":
                dispatch.delivered(head, "receipt", recovered=answer == "recovered")
                told.state = State.DELIVERED
            case "refused":
                dispatch.refused(head, "no", what="refused", recovered=False)
                told.state = State.DEAD
            case "unsure":
                dispatch.unsure(head, "odd", self.model.now + timedelta(minutes=3))
            case "paused":
                dispatch.paused(head, "sign in")
                self.model.paused.add(told.destination)
            case "away" if told.destination not in self.model.paused:
                dispatch.away(head, "nobody answers", 1, self.model.now + timedelta(minutes=1))
        if answer == "recovered":
            self.model.paused.discard(told.destination)

    # -------------------------------------------------------------------------------------------------- decisions

    @rule(key=KEYS)
    def retry(self, key: str) -> None:
        self.decide(key, self.outbox.retry, State.WAITING)

    @rule(key=KEYS)
    def skip(self, key: str) -> None:
        self.decide(key, self.outbox.skip, State.SKIPPED)

    def decide(self, key: str, decision: Any, state: State) -> None:  # noqa: ANN401 - retry or skip
        wrong: type[OutboxError] | None = None
        if key not in self.model.told:
            wrong = UnknownKeyError
        elif key not in self.model.unsettled() or key in self.model.flying:
            wrong = IllegalMoveError
        if wrong is not None:
            with pytest.raises(wrong):
                decision(key, **WHO)
        else:
            decision(key, **WHO)
            self.model.told[key].state = state

    @rule(stream=STREAMS)
    def cancel(self, stream: str) -> None:
        doomed = {key for key, told in self.model.unsettled().items() if told.stream == stream}
        if doomed & self.model.flying:
            with pytest.raises(IllegalMoveError, match="being sent"):
                self.outbox.cancel_stream(stream, **WHO)
            return
        assert self.outbox.cancel_stream(stream, **WHO) == len(doomed)
        for key in doomed:
            self.model.told[key].state = State.SKIPPED

    @rule(destination=TO)
    def resume(self, destination: str) -> None:
        if destination not in self.model.paused:
            with pytest.raises(IllegalMoveError, match="not paused"):
                self.outbox.resume(destination, **WHO)
            return
        self.outbox.resume(destination, **WHO)
        self.model.paused.discard(destination)
        self.model.resumed += 1

    @rule()
    def export(self) -> None:
        self.copies += 1
        file = Path(self.folder.name) / f"unsent{self.copies}"
        if self.model.flying:
            with pytest.raises(IllegalMoveError, match="being sent"):
                self.outbox.export(file, **WHO)
            return
        self.exports.append(file)
        assert self.outbox.export(file, **WHO) == len(self.model.unsettled())
        for told in self.model.unsettled().values():
            told.state = State.MOVED

    @precondition(lambda self: self.exports)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        file = data.draw(st.sampled_from(self.exports))
        lines = file.read_text().splitlines()[1:-1]
        back = {json.loads(line)["key"] for line in lines} & self.model.in_state(State.MOVED)
        if back and self.model.flying:
            with pytest.raises(IllegalMoveError, match="being sent"):
                self.outbox.import_from(file, **WHO)
            return
        assert self.outbox.import_from(file, **WHO) == len(back)
        for key in back:
            self.model.told[key].state = State.WAITING

    # --------------------------------------------------------------------------------------------------- restarts

    @rule()
    def rest(self) -> None:
        self.outbox.checkpoint()

    @rule()
    def restart(self) -> None:
        self.outbox.close()
        self.outbox = self.opened()

    @rule()
    def crash(self) -> None:
        """Go on with what the disk has at this moment."""
        self.copies += 1
        left = Path(self.folder.name) / f"copy{self.copies}.db"
        for side in ("", "-wal"):
            shutil.copy(f"{self.path}{side}", f"{left}{side}")
        self.outbox.close()
        self.path = left
        self.outbox = self.opened()
        assert self.outbox.salvages == []

    @rule()
    def lose_the_first_page(self) -> None:
        """Without it SQLite knows nothing of the rest."""
        self.outbox.close()
        content = self.path.read_bytes()
        self.path.write_bytes(b"\xa5" * 4096 + content[4096:])
        self.outbox = self.opened()
        assert len(self.outbox.salvages) == 1

    # ------------------------------------------------------------------------------------------------- invariants

    @invariant()
    def the_same_messages_are_in_the_same_states(self) -> None:
        entries = self.outbox.entries(*State)
        assert [(e.message.key, e.message.stream, e.message.destination, e.state) for e in entries] == [
            (key, told.stream, told.destination, told.state) for key, told in self.model.told.items()
        ]
        assert all(
            e.message.body == self.model.told[e.message.key].body for e in entries if e.state is not State.DELIVERED
        )

    @invariant()
    def exactly_the_waiting_head_of_each_stream_may_go(self) -> None:
        for destination in DESTINATIONS:
            assert [head.message.key for head in self.heads(destination)] == self.model.heads(destination)

    @invariant()
    def the_summary_is_the_sum_of_the_rows(self) -> None:
        summary, count = self.outbox.summary(), len(self.model.unsettled())
        assert (summary.count, summary.amount) == (count, AMOUNT * count)
        assert (summary.oldest, summary.needs_human) == (self.model.oldest(), self.model.needs_human())
        assert len(self.outbox.decisions()) == self.model.resumed
        with Outbox.inspect(self.path) as inspection:
            assert inspection.summary() == summary
            assert inspection.verify().problems == ()


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
