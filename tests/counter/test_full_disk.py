"""A disk that refuses at any step: the screen says so, and once there is room the sale goes on, nothing done twice."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pos_client.app import Till
from pos_client.counter.desk import Desk
from pos_client.counter.scans import Formats
from pos_client.domain.facts import Fact
from pos_client.domain.sale import Sale, Stage
from pos_client.ports import Journal, Outbox
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, Time, deliver, open_till, receipts, shop_at, sold


class Disk:
    """Has room, except for sales of one stage or for the queue."""

    def __init__(self) -> None:
        self.refuses: Stage | str = ""

    def write(self, what: Stage | str) -> None:
        if what == self.refuses:
            raise OSError(28, "No space left on device")


@dataclass
class _Journal:
    inner: Journal
    disk: Disk

    def save(self, sale: Sale) -> None:
        self.disk.write(sale.stage)
        self.inner.save(sale)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self.inner, name)


@dataclass
class _Outbox:
    inner: Outbox
    disk: Disk

    def put(self, *facts: Fact) -> None:
        self.disk.write("queue")
        self.inner.put(*facts)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self.inner, name)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def shop(clock: Time) -> Iterator[Shop]:
    with shop_at(clock) as shop:
        yield shop


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path, disk: Disk) -> AsyncIterator[Till]:
    async with open_till(shop, tmp_path, clock) as till:
        outside = till.outside
        failing = replace(outside, journal=_Journal(outside.journal, disk), outbox=_Outbox(outside.outbox, disk))
        till.desk = Desk(failing, till.health, till.checkout_settings, formats=Formats(), training=True)
        yield till


@pytest.mark.parametrize(
    "refuses", [Stage.RESERVING, Stage.PAYING, Stage.FISCALISING, Stage.RECORDING, Stage.DONE, "queue"]
)
async def test_a_sale_that_a_full_disk_stopped_goes_on_once_there_is_room(
    till: Till, shop: Shop, clock: Time, disk: Disk, refuses: Stage | str
) -> None:
    before = shop.balance(ANNA)
    for scan in (ANNA, C2C):
        await till.desk.scanned(scan)
    await till.desk.redeem(None)
    begun = till.desk.state.sale
    assert begun is not None
    disk.refuses = refuses
    await till.desk.pay(begun.due, begun.due)
    stopped = till.desk.state.sale
    assert stopped is not None
    assert till.desk.state.notice is not None
    # A sale under way is taken up with the key that its trouble shows; an open one is simply paid again.
    assert (stopped.trouble is not None) is (stopped.stage is not Stage.OPEN)
    disk.refuses = ""
    if stopped.stage is Stage.OPEN:
        await till.desk.pay(stopped.due, stopped.due)
    else:
        await till.desk.recheck()
    last = till.desk.state.last
    assert last is not None
    assert (till.desk.state.sale, last.id) == (None, begun.id)
    await deliver(till, clock)
    assert receipts(shop) == [begun.due.kopecks]
    assert len(shop.payments(C2C)) == 1
    assert last.loyalty.promised is not None
    assert shop.balance(ANNA).available == before.available - 620 + last.loyalty.promised.count


@pytest.mark.parametrize(
    "case",
    [
        (Stage.CANCELLING, "cancel"),
        (Stage.CANCELLED, "cancel"),
        (Stage.CANCELLED, "recheck"),
        ("queue", "cancel"),
        ("queue", "recheck"),
    ],
)
async def test_a_sale_half_given_up_on_a_full_disk_is_given_up_in_the_end(
    till: Till, shop: Shop, clock: Time, disk: Disk, case: tuple[Stage | str, str]
) -> None:
    refuses, key = case
    before = shop.balance(ANNA)
    shop.faults.set(Fault("register", "paper-out"))
    sale = await sold(till, ANNA, C2C, points=True)
    assert sale.stage is Stage.FISCALISING
    disk.refuses = refuses
    await till.desk.cancel()
    stopped = till.desk.state.sale
    assert stopped is not None
    assert stopped.trouble is not None
    disk.refuses = ""
    await (till.desk.cancel() if key == "cancel" else till.desk.recheck())
    assert till.desk.state.sale is None
    await deliver(till, clock)
    assert shop.balance(ANNA) == before
    assert receipts(shop) == []
