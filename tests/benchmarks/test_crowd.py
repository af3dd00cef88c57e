import os
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from pos_client.adapters.processing import MindboxProcessing, authorization
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.transport import Transport
from pos_client.domain.customer import CustomerKey, KeyKind, Standing
from pos_client.ports import Service
from pos_client.training.crowd import code_of, id_of
from tests.benchmarks.crowds import FEW, MANY, Loaded, crowd_shop, hello, loaded

PEAK = 78.0
"""Calls a second of CDEK's busiest hour."""
GOAL = 10 * PEAK
_LOOK_UPS = int(os.environ.get("TILL_BENCH_LOOK_UPS") or 1500)
_WARMING_UP = 100
_SECONDS = float(os.environ.get("TILL_BENCH_SECONDS") or 10)
_ROUNDS = 3
_MOST = 1.2


@pytest.fixture(scope="module")
def large() -> Iterator[str]:
    with crowd_shop(MANY) as shop:
        yield shop.url


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    with crowd_shop(FEW) as shop:
        yield shop.url


def at(share: float, values: Sequence[float]) -> float:
    """The value that so large a share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def looked_up(urls: dict[str, int], times: int) -> dict[str, list[float]]:
    """Milliseconds of look-ups through the till's own adapter, in turns at each shop, somebody else every time."""
    names, office = ProcessingNames(), "MSK548"
    found: dict[str, list[float]] = {url: [] for url in urls}
    transports = {url: Transport(Service.PROCESSING, url, headers=authorization("training-secret-key")) for url in urls}
    for turn in range(-_WARMING_UP, times):
        for url, members in urls.items():
            till = MindboxProcessing(transports[url], names, office=office, now=lambda: datetime.now(UTC))
            # A stride that shares no factor with the number of members visits all of them, neighbours far apart.
            number = (turn % members) * 611_953 % members
            began = time.perf_counter()
            customer = await till.find_customer(CustomerKey(KeyKind.CDEK_ID, code_of(number)))
            took = (time.perf_counter() - began) * 1000
            assert customer.standing is Standing.MEMBER
            assert customer.processing_id == str(id_of(number))
            if turn >= 0:
                found[url].append(took)
    for transport in transports.values():
        await transport.close()
    return found


@pytest.mark.benchmark
@pytest.mark.timeout(1200)
async def test_a_look_up_among_millions_costs_at_most_a_fifth_more_than_among_a_thousand(
    large: str, small: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await looked_up({small: FEW, large: MANY}, _LOOK_UPS)
    few, many = found[small], found[large]
    median = statistics.median(many) / statistics.median(few)
    tail = at(0.99, many) / at(0.99, few)
    with capsys.disabled():
        print(f"\n| participants | median | p99 | of {_LOOK_UPS} look-ups |\n|---|---|---|---|")  # noqa: T201 - the table is what a benchmark is for
        for members, times in ((FEW, few), (MANY, many)):
            print(f"| {members} | {statistics.median(times):.2f} ms | {at(0.99, times):.2f} ms | |")  # noqa: T201 - the same
        print(f"| ratio | {median:.3f} | {tail:.3f} | |")  # noqa: T201 - the same
    assert median <= _MOST


@pytest.mark.benchmark
@pytest.mark.timeout(1200)
def test_the_shop_holds_the_peak_of_cdek(large: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[tuple[str, Loaded]] = [
        (f"{rate:.0f} calls a second, each at its moment", loaded(large, MANY, _SECONDS, rate)) for rate in (PEAK, GOAL)
    ]
    ratios = []
    with hello() as bare:
        for _ in range(_ROUNDS):
            shop = loaded(large, MANY, _SECONDS / 2)
            yardstick = loaded(bare, MANY, _SECONDS / 2, truly=False)
            rows += [("as many as go", shop), ("bare Starlette, as many as go", yardstick)]
            ratios.append(shop.rate / yardstick.rate)
    with capsys.disabled():
        print("\n| load | calls a second | errors | p50 | p99 |\n|---|---|---|---|---|")  # noqa: T201 - the same
        for what, one in rows:
            half, most = at(0.5, one.all), at(0.99, one.all)
            print(f"| {what} | {one.rate:.0f} | {one.errors} | {half:.1f} ms | {most:.1f} ms |")  # noqa: T201 - the same
        kinds = rows[2][1].milliseconds
        shares = {kind: len(times) / len(rows[2][1].all) for kind, times in kinds.items()}
        print("mix: " + ", ".join(f"{kind} {share:.0%}" for kind, share in shares.items()))  # noqa: T201 - the same
        print(f"to bare Starlette: {statistics.median(ratios):.2f}")  # noqa: T201 - the same
    for _, one in rows:
        assert (one.errors, one.first) == (0, [])
    assert rows[0][1].rate >= 0.99 * PEAK
