"""What waits at one till is carried to another with the words that the queue's own page gives to support."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from offline_queue import Outbox as Queue
from pos_client.adapters.fact_messages import message_of
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.sealing import AesGcm
from pos_client.bundled import bundled
from pos_client.domain.facts import facts_of
from tests.adapters.conftest import NOON
from tests.adapters.couriers import live_sale

ACCOUNT = "live|CDEK.Offline|MSK548"
KEY = bytes(range(32))

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folder of settings is named as on Linux")


def computer(folder: Path, key: bytes) -> dict[str, str]:
    """The environment of a computer on which a till is set up, with this key of its queue."""
    settings = folder / "config" / "pos-client"
    settings.mkdir(parents=True)
    shutil.copy(bundled("settings/example.toml"), settings / "settings.toml")
    (settings / "queue.key").write_text(key.hex(), encoding="ascii")
    return {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}


@pytest.fixture
def configured(tmp_path: Path) -> dict[str, str]:
    """A computer with a key that both tills were given."""
    return computer(tmp_path, KEY)


def asked(environment: dict[str, str], file: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    cipher = ("--cipher", "pos_client.app:queue_cipher")
    command = (sys.executable, "-m", "offline_queue", *cipher, str(file), *words)
    return subprocess.run(  # noqa: S603 - our own module
        command, env=environment, check=False, capture_output=True, text=True, timeout=30, input=typed
    )


def support(environment: dict[str, str], file: Path, *words: str, typed: str = "") -> str:
    """What it told a person while it did what was asked."""
    done = asked(environment, file, *words, typed=typed)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_what_one_till_exports_another_takes_in_once(tmp_path: Path, configured: dict[str, str]) -> None:
    old, new, carried = tmp_path / "old.sqlite3", tmp_path / "new.sqlite3", tmp_path / "unsent.queue"
    messages = [message_of(fact, ProcessingNames(), now=NOON) for fact in facts_of(live_sale())]
    with Queue.open(old, account=ACCOUNT, cipher=AesGcm(KEY)) as queue:
        queue.put(*messages)
    Queue.open(new, account=ACCOUNT, cipher=AesGcm(KEY)).close()
    named = ("--by", "Иванова М.", "--reason", "замена кассы")
    support(configured, old, "export", str(carried), *named)
    for _ in range(2):
        support(configured, new, "import", str(carried), *named)
    with Queue.open(new, account=ACCOUNT, cipher=AesGcm(KEY)) as queue:
        assert [entry.message.body for entry in queue.entries()] == [message.body for message in messages]
    with Queue.open(old, account=ACCOUNT, cipher=AesGcm(KEY)) as queue:
        assert queue.summary().count == 0


def test_a_till_with_a_key_of_its_own_takes_in_what_another_exported_by_the_words_that_it_told(tmp_path: Path) -> None:
    file, carried = tmp_path / "old.sqlite3", tmp_path / "unsent.queue"
    old, new = computer(tmp_path / "old", KEY), computer(tmp_path / "new", KEY[::-1])
    messages = [message_of(fact, ProcessingNames(), now=NOON) for fact in facts_of(live_sale())]
    with Queue.open(file, account=ACCOUNT, cipher=AesGcm(KEY)) as queue:
        queue.put(*messages)
    named = ("--by", "Иванова М.", "--reason", "замена кассы")
    told = support(old, file, "export", str(carried), "--seal", "pos_client.app:carry_out", *named)
    words = told.rpartition(": ")[2].strip()
    assert len(words.split("-")) == 6
    assert all(message.label not in carried.read_text(encoding="ascii") for message in messages)

    other = tmp_path / "new.sqlite3"
    Queue.open(other, account=ACCOUNT, cipher=AesGcm(KEY[::-1])).close()
    for wrong in ("", "ABCD-EFGH", "-".join(["ABCD"] * 6)):
        refused = asked(
            new, other, "import", str(carried), "--seal", "pos_client.app:carry_in", *named, typed=f"{wrong}\n"
        )
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
    support(new, other, "import", str(carried), "--seal", "pos_client.app:carry_in", *named, typed=f"{words.lower()}\n")
    with Queue.open(other, account=ACCOUNT, cipher=AesGcm(KEY[::-1])) as queue:
        assert [entry.message.body for entry in queue.entries()] == [message.body for message in messages]


def test_whoever_lost_the_words_brings_the_file_back_where_it_came_from(tmp_path: Path) -> None:
    file, carried = tmp_path / "old.sqlite3", tmp_path / "unsent.queue"
    old = computer(tmp_path / "old", KEY)
    with Queue.open(file, account=ACCOUNT, cipher=AesGcm(KEY)) as queue:
        queue.put(*(message_of(fact, ProcessingNames(), now=NOON) for fact in facts_of(live_sale())))
        waiting = queue.summary()
    named = ("--seal", "pos_client.app:carry_out", "--by", "Иванова М.", "--reason", "замена кассы")
    first = support(old, file, "export", str(carried), *named)
    assert support(old, file, "import", str(carried), *named) == first
    with Queue.open(file, account=ACCOUNT, cipher=AesGcm(KEY)) as queue:
        assert queue.summary() == waiting
