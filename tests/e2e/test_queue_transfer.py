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


@pytest.fixture
def configured(tmp_path: Path) -> dict[str, str]:
    """The environment of a computer on which a till is set up, with a key that both tills were given."""
    folder = tmp_path / "config" / "pos-client"
    folder.mkdir(parents=True)
    shutil.copy(bundled("settings/example.toml"), folder / "settings.toml")
    (folder / "queue.key").write_text(KEY.hex(), encoding="ascii")
    return {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}


def support(environment: dict[str, str], file: Path, *words: str) -> str:
    cipher = ("--cipher", "pos_client.app:queue_cipher")
    command = (sys.executable, "-m", "offline_queue", *cipher, str(file), *words)
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=30).stdout  # noqa: S603 - our own module


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
