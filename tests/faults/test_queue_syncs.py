from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.faults.queue_disk import Deed, Did, Recording, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SALES = 500


@pytest.fixture
def good_day(tmp_path: Path) -> Recording:
    words = ["tests.faults.queue_steady", str(tmp_path / "disk"), str(tmp_path / "seen"), str(SALES)]
    recording = record(tmp_path, {}, b"", words)
    assert recording.exit_code == 0, recording.complaint
    return recording


def between(recording: Recording, first: str, last: str) -> Iterator[list[Deed]]:
    """What was done to the disk between a line of the witness and the next that begins with ``last``."""
    deeds: list[Deed] | None = None
    for deed in recording.deeds:
        if deed.did is not Did.SEEN:
            if deeds is not None:
                deeds.append(deed)
        elif deed.data.startswith(first.encode()):
            deeds = []
        elif deed.data.startswith(last.encode()) and deeds is not None:
            yield deeds
            deeds = None


def syncs(recording: Recording, first: str, last: str) -> list[dict[str, int]]:
    """How often which file was synced, in each stretch between two such lines of the witness."""
    names = {deed.file: deed.data.decode() for deed in recording.deeds if deed.did in {Did.CREATED, Did.KNOWN}}
    return [
        dict(Counter(names[deed.file] for deed in deeds if deed.did is Did.SYNCED))
        for deeds in between(recording, first, last)
    ]


def test_a_put_costs_one_sync_of_the_log_and_writes_nothing_back(good_day: Recording) -> None:
    puts = syncs(good_day, "intended", "promised")
    assert len(puts) == SALES
    assert puts == [{"queue.db-wal": 1}] * SALES


def test_a_claim_costs_no_sync_and_an_ack_one(good_day: Recording) -> None:
    acks = syncs(good_day, "sent", "settled")
    claims = syncs(good_day, "settled", "sent")
    assert len(acks) == SALES
    assert acks == [{"queue.db-wal": 1}] * SALES
    assert sum(not claim for claim in claims) >= SALES * 9 // 10, "only a write-back in an idle moment syncs here"
    assert all(claim.get("queue.db-wal", 0) <= 1 for claim in claims)
