from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING

import pytest

from offline_queue import Outbox, State
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


@pytest.mark.parametrize(
    ("words", "said"), [(["retry", "a0"], "a0 will be sent again\n"), (["skip", "a0"], "a0 will not be sent\n")]
)
def test_a_decision_says_what_it_did(
    file: str, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main([file, *words, "--by", "support", "--reason", "asked by phone"]) == 0
    assert capsys.readouterr().out == said


def test_a_destination_goes_on_and_the_list_says_by_whom(
    world: World, server: Server, stranger: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    server.failures["a"] = stranger("401")
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=1)
    assert main([str(world.path), "resume", "processing", "--by", "support", "--reason", "signed in"]) == 0
    assert capsys.readouterr().out == "processing goes on\n"
    assert main([str(world.path), "list", "--all"]) == 0
    assert capsys.readouterr().out.endswith(" resumed ×1 support processing: signed in\n")
    assert main([str(world.path), "list", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)["decisions"]
    assert (record["by"], record["words"]) == ("support", "processing: signed in")


@pytest.mark.parametrize("who", [["--by", "", "--reason", "why"], ["--by", "support", "--reason", " "]])
def test_a_nameless_decision_is_refused_in_one_sentence(
    world: World, file: str, capsys: pytest.CaptureFixture[str], who: list[str]
) -> None:
    assert main([file, "skip", "a0", *who]) == 1
    assert capsys.readouterr().err == "A decision needs the name of a person (--by) and a reason (--reason).\n"
    with world.open() as outbox:
        assert outbox.entry("a0").state is State.DEAD


@pytest.mark.parametrize("place", ["nowhere_at_all:cipher", "json:nothing", "json", "json:loads", ":"])
def test_a_cipher_that_cannot_be_had_is_one_sentence(file: str, capsys: pytest.CaptureFixture[str], place: str) -> None:
    assert main([file, "--cipher", place, "list"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"The cipher {place} cannot be had: ")
    assert said.count("\n") == 1


def test_an_import_makes_the_queue_of_a_till_that_has_none(
    world: World, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unsent, other = world.folder / "unsent", world.folder / "other.db"
    who = ["--by", "support", "--reason", "the till burnt"]
    assert main([file, "export", str(unsent), *who]) == 0
    torn = world.folder / "torn"
    torn.write_bytes(unsent.read_bytes()[:-9])
    assert main([str(other), "import", str(torn), *who]) == 1
    assert "is not whole" in capsys.readouterr().err
    assert not other.exists()
    assert main([str(other), "import", str(unsent), *who]) == 0
    with Outbox.open(other, account="test") as outbox:
        assert outbox.summary().count == 2


def test_what_cannot_be_done_is_one_sentence(world: World, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([file, "show", "nothing"]) == 1
    assert capsys.readouterr().err == "The queue knows no message with the key nothing.\n"
    with world.open():
        assert main([file, "list"]) == 0
        assert main([file, "skip", "a0", "--by", "support", "--reason", "late"]) == 1
        assert "is open in process" in capsys.readouterr().err


def test_verify_reads_every_row_beside_the_owner_and_names_what_does_not_read(
    world: World, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with world.open() as outbox:
        assert main([file, "verify"]) == 0
        assert capsys.readouterr().out == "3 messages read, 0 problems\n"
        outbox._storage.write(lambda connection: connection.execute("UPDATE message SET amount = 1 WHERE key = 'a1'"))
        assert main([file, "verify", "--json"]) == 1
        answer = json.loads(capsys.readouterr().out)
    assert answer["rows"] == 3
    assert ["a1" in problem for problem in answer["problems"]] == [True]


def test_the_unsent_move_to_another_till_on_the_command_line(
    world: World, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unsent, other = str(world.folder / "unsent"), str(world.folder / "other.db")
    who = ["--by", "support", "--reason", "the till burnt"]
    with Outbox.open(other, account="test"):
        pass
    assert main([file, "export", unsent, *who]) == 0
    assert main([other, "import", unsent, *who, "--json"]) == 0
    assert main([other, "import", unsent, *who]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 messages\n")
    assert '"messages": 2' in said
    assert said.endswith("0 messages\n")
    assert main([other, "list", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(load["name"], load["count"]) for load in answer["streams"]] == [("a", 2)]


def test_an_export_tells_of_what_could_not_leave(world: World, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    with world.open() as outbox:
        outbox._storage.write(lambda connection: connection.execute("UPDATE message SET amount = 1 WHERE key = 'a1'"))
    who = ["--by", "support", "--reason", "the till burnt"]
    assert main([file, "export", str(world.folder / "unsent"), *who]) == 0
    assert capsys.readouterr().out.startswith("1 messages\n1 stay here, damaged")
    assert main([file, "export", str(world.folder / "nothing"), *who, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["messages"], answer["left_behind"]) == (0, 1)


PLAIN = """
class Plain:
    name = "plain"

    def seal(self, body, bound_to):
        return bound_to + body

    def unseal(self, sealed, bound_to):
        return sealed.removeprefix(bound_to)
"""


def test_a_sealed_queue_is_decided_upon_with_its_cipher(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.folder / "ciphers_of_the_shop.py").write_text(PLAIN, encoding="utf-8")
    monkeypatch.syspath_prepend(world.folder)
    plain = importlib.import_module("ciphers_of_the_shop").Plain()
    with world.open(cipher=plain) as outbox:
        outbox.put(world.message("a"))
    words = ["skip", "a", "--by", "support", "--reason", "asked by phone"]
    assert main([str(world.path), *words]) == 1
    assert "sealed by «plain»" in capsys.readouterr().err
    assert main([str(world.path), "--cipher", "ciphers_of_the_shop:Plain", *words]) == 0
    with world.open(cipher=plain) as outbox:
        assert outbox.entry("a").state is State.SKIPPED
