from __future__ import annotations

import errno
import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.queue_disk import Did, Fate, Recording, lay_out, record
from tests.faults.queue_verdict import LONG, verdict
from tests.faults.queue_worker import Witness

if TYPE_CHECKING:
    from pathlib import Path

PUTS = 25
CALLS = ("write", "sync", "open", "truncate", "read")
CUTS = 6 if LONG else 2
ERRORS = ((errno.EIO, 1), (errno.EIO, 3), (errno.ENOSPC, 1), (errno.ENOSPC, 40), (errno.EIO, -1), (errno.ENOSPC, -1))
"""Which error, and how many times in a row; -1 is for ever."""


def places(call: str) -> range:
    """Which call of its kind fails first: the opening, the first put, the middle, the closing."""
    last, step = {"write": (200, 41), "sync": (50, 11), "open": (8, 3), "truncate": (6, 3), "read": (80, 13)}[call]
    return range(1, last, max(1, step // 8) if LONG else step)


def life(folder: Path, order: str, store: str = "queue") -> Recording:
    words = [store, str(folder / "disk"), str(folder / "seen"), "1", str(PUTS), order]
    recording = record(folder, {}, b"", ["tests.faults.queue_worker", *words])
    assert recording.exit_code == 0, recording.complaint
    return recording


def verdict_on(folder: Path, files: dict[str, bytes], seen: bytes, store: str = "queue") -> list[str]:
    lay_out(folder / "after", files)
    return verdict(folder / "after" / "queue.db", Witness.of(seen), store)


@pytest.mark.timeout(900 if LONG else 90)
@pytest.mark.parametrize(
    ("call", "store"),
    [*((call, "queue") for call in CALLS), *((call, "sealed") for call in (CALLS if LONG else CALLS[:1]))],
)
def test_a_failing_disk_takes_nothing_promised_and_is_named(tmp_path: Path, call: str, store: str) -> None:
    rng = random.Random(call)  # noqa: S311 - repeatable cuts
    failures = met = 0
    for nth in places(call):
        error, times = ERRORS[failures % len(ERRORS)]
        order = f"#fail {call} {nth} {error} {times}"
        recording = life(tmp_path, order, store)
        failures += 1
        files, seen = recording.end()
        met += bool(Witness.of(seen).raised)
        assert not verdict_on(tmp_path, files, seen, store), order
        # The disk that failed may also lose its power later on.
        for _ in range(CUTS):
            moment, fate = rng.randrange(len(recording.deeds) + 1), rng.choice(tuple(Fate))
            complaints = verdict_on(tmp_path, *recording.cut(moment, fate, rng), store)
            assert not complaints, f"{order}, cut at {moment}, {fate}"
    assert met, "no failure was ever felt"
    print(f"\nfailing {call}, {store}: {failures} places, felt in {met}")  # noqa: T201 - the result is for README.md


@pytest.mark.timeout(900 if LONG else 90)
def test_a_failed_sync_does_not_poison_what_is_promised_later(tmp_path: Path) -> None:
    rng = random.Random(5)  # noqa: S311 - repeatable cuts
    for nth in range(8, 32, 2 if LONG else 8):
        recording = life(tmp_path, f"#fail sync {nth} {errno.EIO} 1")
        failed = next((number for number, deed in enumerate(recording.deeds) if deed.did is Did.SYNC_FAILED), None)
        assert failed is not None, "the failure did not happen"
        for _ in range(4 * CUTS):
            moment = rng.randrange(failed, len(recording.deeds) + 1)
            complaints = verdict_on(tmp_path, *recording.cut(moment, Fate.LOST, rng))
            assert not complaints, f"sync {nth} failed at deed {failed}, power cut at {moment}"


@pytest.mark.timeout(900 if LONG else 90)
def test_a_put_that_failed_is_not_promised_by_asking_again_while_the_disk_does_not_sync(tmp_path: Path) -> None:
    rng = random.Random(6)  # noqa: S311 - repeatable cuts
    for nth in range(8, 32, 2 if LONG else 8):
        recording = life(tmp_path, f"#fail sync {nth} {errno.EIO} -1")
        for _ in range(4 * CUTS):
            moment = rng.randrange(len(recording.deeds) * 3 // 4, len(recording.deeds) + 1)
            complaints = verdict_on(tmp_path, *recording.cut(moment, Fate.TORN, rng))
            assert not complaints, f"syncs fail from the {nth}th on, power cut at {moment}"


@pytest.mark.timeout(900 if LONG else 90)
def test_a_log_that_failed_syncs_left_half_on_the_disk_is_never_played_over_a_newer_file(tmp_path: Path) -> None:
    rng = random.Random(38)  # noqa: S311 - repeatable cuts
    for nth in range(36, 40) if LONG else (38,):
        recording = life(tmp_path, f"#fail sync {nth} {errno.EIO} 3")
        failed = [number for number, deed in enumerate(recording.deeds) if deed.did is Did.SYNC_FAILED]
        assert failed, "the failure did not happen"
        for _ in range(60 if LONG else 25):
            moment = rng.randrange(failed[-1], min(failed[-1] + 30, len(recording.deeds)) + 1)
            fate = rng.choice((Fate.TORN, Fate.IN_ORDER, Fate.SOME_PAGES))
            assert not verdict_on(tmp_path, *recording.cut(moment, fate, rng)), f"cut at {moment}, {fate}"
