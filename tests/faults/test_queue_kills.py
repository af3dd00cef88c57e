from __future__ import annotations

import random
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.faults.queue_disk import ROOT
from tests.faults.queue_seal import CIPHERS
from tests.faults.queue_verdict import LONG, verdict
from tests.faults.queue_worker import Witness

if TYPE_CHECKING:
    from pathlib import Path

QUEUES, KILLS_PER_QUEUE = (25, 11) if LONG else (1, 13)
LONGEST_LIFE = 0.06
"""Seconds that a till may live, counted from its start or from its first sale."""


def kill(folder: Path, store: str, seed: int, rng: random.Random) -> None:
    """Let a till open its queue, sell and deliver, and end it with SIGKILL at a random moment."""
    words = [store, str(folder), str(folder / "seen"), str(seed), "100000"]
    till = subprocess.Popen(  # noqa: S603 - our own interpreter and worker
        [sys.executable, "-m", "tests.faults.queue_worker", *words], cwd=ROOT, stdout=subprocess.PIPE
    )
    with till:
        assert till.stdout is not None
        assert till.stdout.readline() == b"ready\n"
        # Every fourth dies while it opens or soon after.
        if rng.random() > 1 / 4:
            assert till.stdout.readline() == b"selling\n"
        axe = threading.Timer(rng.uniform(0.0, LONGEST_LIFE), till.kill)
        axe.start()
        till.stdout.read()
        axe.join()
    assert till.returncode != 0, "the till ended before it was killed"


@pytest.mark.timeout(900 if LONG else 90)
@pytest.mark.parametrize("store", CIPHERS)
def test_kill_9_takes_nothing_promised_and_doubles_nothing(tmp_path: Path, store: str) -> None:
    rng = random.Random(20261121)  # noqa: S311 - repeatable moments
    promises = effects = 0
    for number in range(QUEUES):
        folder = tmp_path / str(number)
        folder.mkdir()
        for seed in range(KILLS_PER_QUEUE):
            kill(folder, store, seed, rng)
        witness = Witness(folder / "seen")
        assert witness.promised, "the kills came too early to prove anything"
        promises += len(witness.promised)
        assert not verdict(folder / "queue.db", witness, store)
        effects += len(witness.executed)
    kills = QUEUES * KILLS_PER_QUEUE
    print(f"\nkills of {store}: {kills}, promises: {promises}, effects: {effects}, lost: 0, doubled: 0")  # noqa: T201 - the result is for README.md
