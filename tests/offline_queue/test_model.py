"""The queue against a few lines of plain Python that say the same."""

from __future__ import annotations

import asyncio
import json
import shutil
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
    LimitReachedError,
    Limits,
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
MOST = 6


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
        self.copies = 0
        self.exported: Path | None = None

    def opened(self) -> Outbox:
        return Outbox.open(self.path, account="test", now=lambda: NOW, limits=Limits(count=MOST))

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
        new = {key for key in keys if key not in self.model}
        if new and len(self.unsettled()) + len(new) > MOST:
            with pytest.raises(LimitReachedError):
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

    @rule()
    def export(self) -> None:
        self.copies += 1
        self.exported = Path(self.folder.name) / f"unsent{self.copies}"
        assert self.outbox.export(self.exported, by="a person", reason="a reason") == len(self.unsettled())
        for told in self.unsettled().values():
            told.state = State.MOVED

    @precondition(lambda self: self.exported)
    @rule()
    def take_back(self) -> None:
        assert self.exported is not None
        moved = {key: told for key, told in self.model.items() if told.state is State.MOVED}
        taken = self.outbox.import_from(self.exported, by="a person", reason="a reason")
        back = {entry.message.key for entry in self.outbox.entries()} & set(moved)
        assert taken == len(back)
        lines = self.exported.read_text().splitlines()[1:-1]
        assert back == {json.loads(line)["key"] for line in lines} & set(moved)
        for key in back:
            self.model[key].state = State.WAITING

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
        with Outbox.inspect(self.path) as inspection:
            assert inspection.summary() == summary
            assert inspection.verify().problems == ()


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
