import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos_client.training.server import running
from pos_client.training.shop import Shop
from tests.benchmarks.timing_table import Measured, timing_table

_RUNNER = Path(__file__).with_name("start_up_runner.py")
_ROOT = _RUNNER.parents[2]
_ROUNDS = int(os.environ.get("TILL_BENCH_ROUNDS") or 10)


@dataclass(frozen=True)
class Start:
    """One start: milliseconds since the process was asked for, CPU milliseconds, MiB of memory."""

    paint_ms: float
    paint_cpu_ms: float
    paint_mib: float
    attached_ms: float = 0.0
    ready_ms: float = 0.0
    ready_mib: float = 0.0


@contextmanager
def started(home: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A process of the runner, and the moment it was asked for; it is told to end in the end."""
    env = os.environ | {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(_ROOT)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    asked = time.monotonic()
    with subprocess.Popen([sys.executable, str(_RUNNER), *words], env=env, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own runner
        try:
            yield process, asked
        finally:
            process.terminate()


def first_paint(process: subprocess.Popen[bytes], asked: float) -> Start:
    assert process.stdout is not None
    moment, cpu, rss = process.stdout.readline().split()
    return Start((int(moment) / 1e9 - asked) * 1000, float(cpu) * 1000, float(rss))


def bare(home: Path) -> Start:
    with started(home, "bare") as (process, asked):
        return first_paint(process, asked)


def till(home: Path, config: Path) -> Start:
    """The real till up to the moment when the register has answered and everything can be sold.

    Its screen log is a pipe, so that each screen is known here when it is drawn, and no time is lost by looking.
    """
    pipe = home / "screens"
    os.mkfifo(pipe)
    try:
        with started(home, "till", str(config), str(pipe)) as (process, asked):
            # Open for both, or the writer that closes after each line would end what is read.
            with os.fdopen(os.open(pipe, os.O_RDWR), "rb") as screens:
                attached, ready = _milestones(screens, asked)
            rss = resident(process.pid)
            painted = first_paint(process, asked)
    finally:
        pipe.unlink()
    return Start(painted.paint_ms, painted.paint_cpu_ms, painted.paint_mib, attached, ready, rss)


def _milestones(screens: Iterable[bytes], asked: float) -> tuple[float, float]:
    attached = 0.0
    for line in screens:
        now = (time.monotonic() - asked) * 1000
        attached = attached or now
        if _register_is_known(line):
            return attached, now
    raise AssertionError("the till ended before it was ready")


def _register_is_known(line: bytes) -> bool:
    """The place is followed by the state of the shift as soon as the register has said everything of itself."""
    return "·" in json.loads(line).get("shown", {}).get("strip", {}).get("place", "")


def resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def settings_file(folder: Path, url: str) -> Path:
    address = json.dumps(url)
    file = folder / "settings.toml"
    file.write_text(
        f'[till]\noffice = "MSK548"\ndata_folder = {json.dumps(str(folder / "data"))}\n'
        f'[orders]\naddress = {address}\nclient_id = "training-client"\nclient_secret = "training-client-secret"\n'
        f'[processing]\naddress = {address}\nsecret_key = "training-secret-key"\n'
        f"[cash_register]\naddress = {address}\n",
        encoding="utf-8",
    )
    return file


@pytest.mark.benchmark
@pytest.mark.timeout(600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the runner reads /proc and writes to a pipe")
def test_the_start_of_the_till_can_be_measured_against_an_empty_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Shop()
    with running(shop) as server:
        config = settings_file(tmp_path, server.url)
        bare(tmp_path)
        till(tmp_path, config)
        rounds = [(bare(tmp_path), till(tmp_path, config)) for _ in range(_ROUNDS)]
    shop.close()
    empty, ours = [each for each, _ in rounds], [each for _, each in rounds]
    limit = Measured("empty window: first paint", [each.paint_ms for each in empty])
    rows = [
        limit,
        Measured("till: first paint", [each.paint_ms for each in ours]),
        Measured("till: counter attached", [each.attached_ms for each in ours]),
        Measured("till: ready to sell", [each.ready_ms for each in ours]),
    ]
    cpu = [
        Measured("empty window: CPU to first paint", [each.paint_cpu_ms for each in empty]),
        Measured("till: CPU to first paint", [each.paint_cpu_ms for each in ours]),
    ]
    memory = [
        Measured("empty window: memory", [each.paint_mib for each in empty], "MiB"),
        Measured("till: memory at first paint", [each.paint_mib for each in ours], "MiB"),
        Measured("till: memory when ready", [each.ready_mib for each in ours], "MiB"),
    ]
    with capsys.disabled():
        for part in (rows, cpu, memory):
            print(f"\n{timing_table(part)}")  # noqa: T201 - the table is what a benchmark is for
    assert statistics.median(each.ready_ms for each in ours) > statistics.median(each.paint_ms for each in ours)
