"""The plug pulled before and after every write that a debt causes: no accrual is forgotten, nobody is told twice."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pos_client.adapters.outbox import DurableOutbox
from pos_client.app import Till
from pos_client.counter.debts import promise
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.facts import Fact
from pos_client.domain.sale import Stage
from pos_client.ports import DebtBook, Outbox
from pos_client.training.faults import Fault
from tests.debtors import follow
from tests.tills import ANNA, C2C, Fuse, PowerCutError, Time, open_till, receipts, shop_at, sold


@dataclass
class FusedBook:
    inner: DebtBook
    fuse: Fuse

    def keep(self, debt: Debt) -> None:
        self.fuse.spark(f"before debt {debt.state.value}")
        self.inner.keep(debt)
        self.fuse.spark(f"after debt {debt.state.value}")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self.inner, name)


@dataclass
class FusedNotices:
    inner: Outbox
    fuse: Fuse

    def put(self, *facts: Fact) -> None:
        self.fuse.spark("before notice")
        self.inner.put(*facts)
        self.fuse.spark("after notice")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self.inner, name)


def fuse_debts(till: Till, fuse: Fuse) -> None:
    """Every write of this till's debts, and every notice, can be its last."""
    book = FusedBook(till.outside.debts, fuse)
    outbox = till.outside.outbox
    assert isinstance(outbox, DurableOutbox)
    outbox._promise = partial(promise, book)
    fused = replace(till.outside, debts=book, outbox=FusedNotices(outbox, fuse))
    till.debts._out = till.debts._settling._out = fused


@dataclass(frozen=True)
class Ending:
    receipts: int
    states: list[DebtState]
    available: int
    told: int


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def run_cut_at(number: int | None, folder: Path) -> tuple[Fuse, Ending]:
    """A sale without processing and all that follows, cut at the n-th write and taken up by the next start."""
    clock = Time()
    fuse = Fuse(number)
    with shop_at(clock) as shop:
        outage = shop.faults.set(Fault("processing", "refuse", times=None))
        try:
            async with open_till(shop, folder, clock) as till:
                fuse_debts(till, fuse)
                await sold(till, ANNA, C2C)
                shop.faults.lift(outage.id)
                await follow(till, clock=clock)
        except PowerCutError:
            shop.faults.lift()
        async with open_till(shop, folder, clock) as till:
            for sale in till.desk.state.unfinished:
                assert sale.stage is Stage.RECORDING
                await till.desk.resume(sale.id)
            await follow(till, clock=clock)
            assert till.outside.outbox.summary().count == 0
            states = [debt.state for debt in till.outside.debts.of_order(C2C)]
            return fuse, Ending(len(receipts(shop)), states, shop.balance(ANNA).available, len(shop.messages()))


async def test_no_cut_forgets_a_debt_or_tells_of_it_twice(tmp_path: Path) -> None:
    fuse, whole = await run_cut_at(None, made(tmp_path / "whole"))
    assert (whole.receipts, whole.states, whole.told) == (1, [DebtState.ACCRUED], 1)
    assert {"before debt owed", "before notice", "before debt accrued"} <= set(fuse.names)
    for number in range(1, fuse.count + 1):
        cut, ending = await run_cut_at(number, made(tmp_path / f"cut{number}"))
        assert ending == whole, f"cut {number} ({cut.names[-1]})"
