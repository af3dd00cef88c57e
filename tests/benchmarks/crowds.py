"""Training shops with a crowd, each in a process of its own on a real socket, and the load that is put on them.

A crowd of millions takes minutes and three gigabytes: ``TILL_BENCH_CACHE`` names a folder to keep it in for the next
run; without it a temporary folder is used and removed. ``TILL_BENCH_MEMBERS`` makes the crowd smaller or larger.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pos_client.train import ShopProcess
from pos_client.training.crowd import main as fill
from pos_client.training.store import FILE_NAME

__all__ = ["FEW", "MANY", "Loaded", "crowd_shop", "hello", "loaded"]

MANY = int(os.environ.get("TILL_BENCH_MEMBERS") or 7_500_000)
FEW = 1_000
_ROOT = Path(__file__).resolve().parents[2]
_CHUNK = 1 << 24
_STARTS_WITHIN = 60


@dataclass(frozen=True)
class Loaded:
    """What a load came to; latencies in milliseconds by kind of call."""

    seconds: float
    errors: int
    first: list[str]
    milliseconds: dict[str, list[float]]

    @property
    def all(self) -> list[float]:
        """Latencies of all calls."""
        return [one for of_kind in self.milliseconds.values() for one in of_kind]

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.all) / self.seconds


@contextmanager
def crowd_shop(members: int) -> Iterator[ShopProcess]:
    """A shop with so many more members; its file has been read once, as that of any shop that has served for a day."""
    with _folder() as kept:
        data = kept / f"crowd-{members}"
        if fill(["--members", str(members), "--data", str(data)]) != 0:
            raise ValueError(f"no crowd of {members}")
        with (data / FILE_NAME).open("rb", buffering=0) as file:
            while file.read(_CHUNK):
                pass
        shop = ShopProcess(data)
        try:
            shop.wait_for_url()
            yield shop
        finally:
            shop.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    if kept := os.environ.get("TILL_BENCH_CACHE"):
        yield Path(kept)
        return
    with TemporaryDirectory(prefix="pos-crowd-") as folder:
        yield Path(folder)


@contextmanager
def hello() -> Iterator[str]:
    """The bare application on the same server; yields its address."""
    words = [sys.executable, "-m", "tests.benchmarks.hello_server"]
    process = subprocess.Popen(words, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(_STARTS_WITHIN)
        process.stdout.close()


def loaded(url: str, members: int, seconds: float, rate: float = 0, *, truly: bool = True) -> Loaded:
    """Put load on an address from another process: at a rate, or as much as goes (0); `truly` reads the answers."""
    words = [sys.executable, "-m", "tests.benchmarks.shop_load", url, str(members), str(seconds), str(rate)]
    words += [] if truly else ["any"]
    done = subprocess.run(words, cwd=_ROOT, stdout=subprocess.PIPE, timeout=seconds + _STARTS_WITHIN, check=True)  # noqa: S603 - the same
    return Loaded(**json.loads(done.stdout))
