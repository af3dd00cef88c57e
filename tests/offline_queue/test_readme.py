"""What the README shows is run as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import offline_queue
from offline_queue import Outbox, OutboxError, State

PACKAGE = Path(offline_queue.__file__).parent
README = (PACKAGE / "README.md").read_text(encoding="utf-8")


def example() -> str:
    found = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_delivers_as_printed(tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(example(), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-u", "-W", "error", "example.py"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own words
        assert process.stdout is not None
        said = []
        # Ends with the delivery, or with the program: it runs until it is cancelled.
        for line in process.stdout:
            said.append(line.decode())
            if said[-1].startswith("Delivered("):
                process.kill()
    assert [line.partition("(")[0].split()[0] for line in said[:3]] == ["Accepted", "offline-order", "Delivered"]
    with Outbox.open(tmp_path / "queue.db", account="live/MSK548") as outbox:
        (entry,) = outbox.entries(*State)
        assert (entry.state, entry.receipt) == (State.DELIVERED, "receipt 17")


@pytest.mark.parametrize("name", ["Later", "Refused", "Paused", "Unsure"])
def test_the_example_shows_every_fate(name: str) -> None:
    assert f"return {name}(" in example()


def test_every_error_is_named() -> None:
    errors = {
        name
        for name, value in vars(offline_queue).items()
        if isinstance(value, type) and issubclass(value, OutboxError) and value is not OutboxError
    }
    assert {name for name in errors if name not in README} == set()


def test_every_method_is_named() -> None:
    methods = {name for kind in Outbox.__mro__ for name in vars(kind) if not name.startswith("_")} - set(dir(object))
    said_otherwise = {"dispatch", "unwritten"}  # for the courier alone
    assert {name for name in methods - said_otherwise if not re.search(rf"`{name}\b|\b{name}\(", README)} == set()
