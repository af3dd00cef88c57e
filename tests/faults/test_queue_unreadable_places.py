"""A disk that cannot read one place of the file or the log any more, and never will again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from offline_queue import Message, Outbox, State
from tests.faults.queue_disk import lay_out, record
from tests.faults.queue_seal import CIPHERS
from tests.faults.queue_verdict import LONG
from tests.faults.queue_worker import ACCOUNT, Witness, message

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = 60
PAGE = 4_096
ROWS = 8
"""Orders that two neighbouring pages hold at the most: a place of the log may lie in two of its frames."""
NEW = 2


def left_by_a_killed_owner(folder: Path, store: str) -> dict[str, bytes]:
    folder.mkdir()
    with Outbox.open(folder / "queue.db", account=ACCOUNT, cipher=CIPHERS[store]) as outbox:
        for number in range(ORDERS):
            outbox.put(order(number))
            if number == ORDERS // 2:
                outbox.checkpoint()
        return {each.name: each.read_bytes() for each in folder.glob("queue.db*") if not each.name.endswith("-shm")}


def order(number: int) -> Message:
    return message(f"s{number}/{number:03}")


@pytest.mark.timeout(900 if LONG else 90)
@pytest.mark.parametrize(("name", "store"), [("queue.db", "queue"), ("queue.db-wal", "queue"), ("queue.db", "sealed")])
def test_a_place_that_cannot_be_read_costs_no_more_than_its_rows_and_stops_nothing(
    tmp_path: Path, name: str, store: str
) -> None:
    before = left_by_a_killed_owner(tmp_path / "whole", store)
    put = {order(number).key for number in range(ORDERS)}
    pages = range(len(before[name]) // PAGE)
    least = ORDERS
    rng = random.Random(name)  # noqa: S311 - repeatable places
    for page in pages if LONG else [0, *rng.sample(pages[1:], 2)]:
        place = page * PAGE + rng.randrange(PAGE - 512)
        order_to_disk = f"#unreadable {name} {place} 512"
        words = [store, str(tmp_path / "disk"), str(tmp_path / "seen"), "1", str(NEW), order_to_disk]
        recording = record(tmp_path, before, b"", ["tests.faults.queue_worker", *words])
        files, seen = recording.end()
        witness = Witness.of(seen)
        assert len(witness.promised) == NEW, f"{place}: {witness.raised} {recording.complaint}"
        assert not witness.complaints, place
        kept = keys_in(tmp_path / "after", files, store)
        assert witness.promised <= kept, place
        assert len(put - kept) <= ROWS, place
        least = min(least, len(put & kept))
    print(f"\nunreadable places in {name}, {store}: kept at the least {least} of {ORDERS}")  # noqa: T201 - for README.md


def keys_in(folder: Path, files: dict[str, bytes], store: str) -> set[str]:
    lay_out(folder, files)
    with Outbox.open(folder / "queue.db", account=ACCOUNT, cipher=CIPHERS[store]) as outbox:
        return {entry.message.key for entry in outbox.entries(*State, limit=10_000)}
