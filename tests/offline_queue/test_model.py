"""The queue against a few lines of plain Python that say the same."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from offline_queue import (
    DuplicateKeyError,
    IllegalMoveError,
    Message,
    Outbox,
    State,
    UnknownKeyError,
)

if TYPE_CHECKING:
    from offline_queue.dispatch import Head

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
KEYS = st.sampled_from([f"key{n}" for n in range(8)])
STREAMS = st.sampled_from(["red", "green"])
BODIES = st.sampled_from([b"one", b"two"])
DESTINATION = "processing"


@dataclass
class Told:
    stream: str
    body: bytes
    state: State = State.WAITING


class QueueMachine(RuleBasedStateMachine):
    """Puts, answers, decisions and restarts in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "queue.db"
        self.outbox = self.opened()
        self.model: dict[str, Told] = {}

    def opened(self) -> Outbox:
        return Outbox.open(self.path, account="test", now=lambda: NOW)

    def teardown(self) -> None:
        self.outbox.close()
        self.folder.cleanup()

    def message(self, key: str, stream: str, body: bytes) -> Message:
        return Message(key=key, stream=stream, destination=DESTINATION, kind="order", body=body, created=NOW, amount=7)

    def unsettled(self) -> dict[str, Told]:
        return {key: told for key, told in self.model.items() if told.state in {State.WAITING, State.DEAD}}

    def expected_heads(self) -> list[str]:
        first: dict[str, str] = {}
        for key, told in self.unsettled().items():
            first.setdefault(told.stream, key)
        return [key for key in self.model if key in first.values() and self.model[key].state is State.WAITING]

    def heads(self) -> list[Head]:
        return self.outbox.dispatch.heads(DESTINATION, 100)

    @rule(keys=st.lists(KEYS, min_size=1, max_size=3), stream=STREAMS, body=BODIES, together=st.booleans())
    def put(self, keys: list[str], stream: str, body: bytes, together: bool) -> None:  # noqa: FBT001 - hypothesis names it
        messages = [self.message(key, stream, body) for key in keys]
        clash = any(
            key in self.model and (self.model[key].stream, self.model[key].body) != (stream, body) for key in keys
        )
        if clash:
            with pytest.raises(DuplicateKeyError):
                self.do_put(messages, together=together)
            return
        self.do_put(messages, together=together)
        for key in keys:
            self.model.setdefault(key, Told(stream, body))

    def do_put(self, messages: list[Message], *, together: bool) -> None:
        if together:
            asyncio.run(self.outbox.put_together(*messages))
        else:
            self.outbox.put(*messages)

    @precondition(lambda self: self.expected_heads())
    @rule(data=st.data(), answer=st.sampled_from(["taken", "refused", "unsure", "away", "paused"]))
    def answer(self, data: st.DataObject, answer: str) -> None:
        head = data.draw(st.sampled_from(self.heads()))
        key, dispatch = head.message.key, self.outbox.dispatch
        match answer:
            case "taken":
                dispatch.delivered(head, "receipt", recovered=False)
                self.model[key].state = State.DELIVERED
            case "refused":
                dispatch.refused(head, "no", what="refused", recovered=True)
                self.model[key].state = State.DEAD
            case "unsure":
                dispatch.unsure(head, "odd", NOW)
            case "away":
                dispatch.away(head, "nobody answers", 1, NOW)
            case _:
                dispatch.paused(head, "sign in")

    @rule(key=KEYS)
    def retry(self, key: str) -> None:
        self.decide(key, self.outbox.retry, State.WAITING)

    @rule(key=KEYS)
    def skip(self, key: str) -> None:
        self.decide(key, self.outbox.skip, State.SKIPPED)

    def decide(self, key: str, decision: Any, state: State) -> None:  # noqa: ANN401 - retry or skip
        if key not in self.model:
            with pytest.raises(UnknownKeyError):
                decision(key, by="a person", reason="a reason")
        elif key not in self.unsettled():
            with pytest.raises(IllegalMoveError):
                decision(key, by="a person", reason="a reason")
        else:
            decision(key, by="a person", reason="a reason")
            self.model[key].state = state

    @rule(stream=STREAMS)
    def cancel(self, stream: str) -> None:
        doomed = [told for told in self.unsettled().values() if told.stream == stream]
        assert self.outbox.cancel_stream(stream, by="a person", reason="a reason") == len(doomed)
        for told in doomed:
            told.state = State.SKIPPED

    @rule()
    def restart(self) -> None:
        self.outbox.close()
        self.outbox = self.opened()

    @invariant()
    def the_same_messages_are_in_the_same_states(self) -> None:
        entries = self.outbox.entries(*State)
        assert [(e.message.key, e.message.stream, e.state) for e in entries] == [
            (key, told.stream, told.state) for key, told in self.model.items()
        ]
        assert all(e.message.body == self.model[e.message.key].body for e in entries if e.state is not State.DELIVERED)

    @invariant()
    def exactly_the_waiting_head_of_each_stream_may_go(self) -> None:
        assert [head.message.key for head in self.heads()] == self.expected_heads()

    @invariant()
    def the_summary_is_the_sum_of_the_rows(self) -> None:
        summary = self.outbox.summary()
        assert (summary.count, summary.amount) == (len(self.unsettled()), 7 * len(self.unsettled()))


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
