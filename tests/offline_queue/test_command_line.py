from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from offline_queue import State
from offline_queue.__main__ import main

if TYPE_CHECKING:
    from tests.offline_queue.conftest import Server, World


@pytest.fixture
def file(world: World, server: Server, refusal: type[Exception]) -> str:
    """Two in a stream, the first of them dead, and one delivered."""
    server.failures["a0"] = refusal("нет такого клиента")
    with world.open() as outbox:
        outbox.put(world.message("a0", "a", amount=100, body="Смирнова".encode()), world.message("a1", "a"))
        outbox.put(world.message("b"))
        world.deliver(outbox, server.send, seconds=1)
    return str(world.path)


def test_the_list_says_what_waits_and_why(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([file, "list"]) == 0
    first, dead, behind = capsys.readouterr().out.splitlines()
    assert first == "test: 2 waiting, 1.00, 1 for a person to decide"
    assert dead.startswith("a0  dead")
    assert dead.endswith("нет такого клиента")
    assert behind.endswith("behind a0")


def test_the_list_as_json_holds_everything_but_bodies(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([file, "list", "--all", "--json"]) == 0
    text = capsys.readouterr().out
    answer = json.loads(text)
    assert [(entry["key"], entry["state"]) for entry in answer["entries"]] == [
        ("a0", "dead"),
        ("a1", "waiting"),
        ("b", "delivered"),
    ]
    assert answer["summary"]["needs_human"] == 1
    assert "Смирнова" not in text


def test_a_message_is_shown_with_its_history(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([file, "show", "a0", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)["history"]
    assert (record["what"], record["words"]) == ("refused", "нет такого клиента")
    assert main([file, "show", "a0"]) == 0
    assert "refused ×1" in capsys.readouterr().out


@pytest.mark.parametrize(("command", "state"), [("retry", State.WAITING), ("skip", State.SKIPPED)])
def test_a_decision_is_carried_out_and_kept_with_its_name(world: World, file: str, command: str, state: State) -> None:
    assert main([file, command, "a0", "--by", "support", "--reason", "asked by phone"]) == 0
    with world.open() as outbox:
        assert outbox.entry("a0").state is state
        record = outbox.history("a0")[-1]
        assert (record.by, record.words) == ("support", "asked by phone")


def test_what_cannot_be_done_is_one_sentence(world: World, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([file, "show", "nothing"]) == 1
    assert capsys.readouterr().err == "The queue knows no message with the key nothing.\n"
    with world.open():
        assert main([file, "list"]) == 0
        assert main([file, "skip", "a0", "--by", "support", "--reason", "late"]) == 1
        assert "is open in process" in capsys.readouterr().err
