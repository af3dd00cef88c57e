from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from offline_queue import Outbox, State
from tests.faults.queue_disk import lay_out, record
from tests.faults.queue_worker import ACCOUNT, Witness

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("sold", "room"), [(30, 0), (30, 20_000), (300, 0), (300, 5_000), (0, 1_000), (3, 0)])
def test_a_full_disk_refuses_sales_by_name_and_still_settles_what_was_sold(
    tmp_path: Path, sold: int, room: int
) -> None:
    words = [str(tmp_path / "disk"), str(tmp_path / "seen"), str(sold), str(room)]
    recording = record(tmp_path, {}, b"", ["tests.faults.queue_full_disk", *words])
    assert recording.exit_code == 0, recording.complaint
    files, seen = recording.end()
    witness = Witness.of(seen)
    assert not witness.complaints
    assert len(witness.raised) == 2, "the disk was not full"
    assert b"left 0 .\n" in seen, "what was sold could not be settled on the full disk"
    lay_out(tmp_path / "after", files)
    with Outbox.open(tmp_path / "after" / "queue.db", account=ACCOUNT) as outbox:
        states = {entry.message.key: entry.state for entry in outbox.entries(*State, limit=1_000_000)}
    assert set(states) == witness.promised
    assert [key for key, state in states.items() if state is not State.DELIVERED] == ["s0/after"]
