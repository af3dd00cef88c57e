import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_client.training.server import running
from pos_client.training.shop import Shop
from tests.benchmarks.sales_orders import OUTAGES, add_orders, sales_of
from tests.benchmarks.timing_table import Measured, timing_table

_RUNNER = Path(__file__).with_name("look_up_runner.py")
_ROOT = _RUNNER.parents[2]
_ROUNDS = int(os.environ.get("TILL_BENCH_ROUNDS") or 30)
_SALES = 6
_LONGEST_WAIT = 300.0
"""Milliseconds that a processing without an answer may cost a cashier, from the second sale on."""


@pytest.fixture
def shop_url() -> Iterator[str]:
    shop = Shop()
    add_orders(shop, sales_of(_SALES))
    shop.add_crowd(sales_of(_SALES))
    with running(shop) as server:
        yield server.url
    shop.close()


def measured(what: str, url: str, folder: Path, rounds: int) -> dict[str, list[float]]:
    """What the runner measured, in milliseconds."""
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(_ROOT)}
    words = [sys.executable, str(_RUNNER), what, url, str(folder), str(rounds)]
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, timeout=300, check=True)  # noqa: S603 - our own runner
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


@pytest.mark.benchmark
@pytest.mark.timeout(400)
def test_a_look_up_can_be_measured_against_the_bare_call(
    tmp_path: Path, shop_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured("look-up", shop_url, tmp_path, _ROUNDS)
    rows = [
        Measured("bare httpx call", found["bare"]),
        Measured("the till's adapter, the same call", found["call"]),
        Measured("last key of the scan (Enter) → customer on screen", found["scan"]),
        Measured("of it: the scanner's own hold", found["hold"]),
        Measured("last key of a scan without Enter → customer on screen", found["open scan"]),
        Measured("of it: the scanner's own hold", found["open hold"]),
    ]
    with capsys.disabled():
        print(f"\n{timing_table(rows)}")  # noqa: T201 - the table is what a benchmark is for
    assert len(found["scan"]) == _ROUNDS


@pytest.mark.benchmark
@pytest.mark.timeout(400)
def test_a_processing_that_hangs_makes_the_cashier_wait_once(
    tmp_path: Path, shop_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured("outage", shop_url, tmp_path, _SALES)
    waited = statistics.median(found["hanging"]) - statistics.median(found["healthy"])
    rows = [
        Measured("healthy sale", found["healthy"]),
        Measured("first sale while processing hangs", found["first"]),
        Measured("sales after it, still hanging", found["hanging"]),
    ]
    with capsys.disabled():
        print(f"\n{timing_table(rows)}\nmedian wait caused, from the second sale on: {waited:.0f} ms")  # noqa: T201 - the same
    assert (len(found["hanging"]), len(found["first"])) == (OUTAGES * _SALES, OUTAGES)
    assert waited < _LONGEST_WAIT
