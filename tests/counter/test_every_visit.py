"""Orders, visits, tills and faults in every mixture: money is conserved, and every document is made once.

Tills tell the order service when they can: they may pay and refund the same order before either has.
"""

import asyncio
import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from pos_client.app import Till
from pos_client.counter.state import TenderStep
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Sale, Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.cashless import Bank, CardTerminal
from tests.tills import ANNA, C2C, COINS, Time, deliver, open_till

LONG = os.environ.get("TILL_LONG") == "1"
ORDERS = (C2C, COINS)
KINDS = tuple(TenderKind)
WORDS = ("approve", "approve", "approve", "decline", "away", "lose", "drop")
FAULTS = (
    None,
    None,
    Fault("register", "paper-out", times=None),
    Fault("register", "lose-answer", "sell"),
    Fault("register", "recorded-error", "sell"),
    Fault("processing", "refuse", times=None),
    Fault("processing", "lose-answer", "Offline.CreateAuthorizedOrder", times=2),
    Fault("counter", "lose-answer", "pay"),
)


class Chain(RuleBasedStateMachine):
    """Two tills of one office, each with a terminal and a bank of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Time()
        self.shop = Shop(":memory:", clock=self.clock)
        self.terminals = [CardTerminal(clock=self.clock), CardTerminal(clock=self.clock)]
        self.banks = [Bank(), Bank()]
        self.stacks: list[AsyncExitStack] = [AsyncExitStack(), AsyncExitStack()]
        self.tills: list[Till] = []
        self.returned: dict[str, int] = {}
        """By order, what its refund gave back."""
        self.surplus: dict[str, int] = {}
        """By visit, what went back of it alone, because its order did not take it."""
        self.drawer = self.shop.register.device.drawer()

    @initialize()
    def opened(self) -> None:
        self.tills = [self.runner.run(self.open(at)) for at in range(2)]

    async def open(self, at: int) -> Till:
        folder = Path(self.folder.name) / str(at)
        folder.mkdir(exist_ok=True)
        till = open_till(self.shop, folder, self.clock, terminal=self.terminals[at], sbp=self.banks[at])
        return await self.stacks[at].enter_async_context(till)

    # ------------------------------------------------------------------------------------------------------- rules

    @rule(
        at=st.integers(0, 1),
        order=st.sampled_from(ORDERS),
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
        share=st.integers(1, 100),
        words=st.lists(st.sampled_from(WORDS), max_size=5),
        fault=st.sampled_from(FAULTS),
        member=st.booleans(),
        pays=st.booleans(),
        gives_up=st.booleans(),
        tells=st.booleans(),
        hurried=st.booleans(),
        forgetful=st.booleans(),
    )
    def visit(self, **how: Any) -> None:  # noqa: ANN401 - what the strategies above draw
        self.runner.run(self.visited(**how))

    async def visited(  # noqa: PLR0917 - as many as a visit has sides
        self,
        at: int,
        order: str,
        kinds: list[TenderKind],
        share: int,
        words: list[str],
        fault: Fault | None,
        member: bool,  # noqa: FBT001 - drawn by a strategy
        pays: bool,  # noqa: FBT001 - the same
        gives_up: bool,  # noqa: FBT001 - the same
        tells: bool,  # noqa: FBT001 - the same
        hurried: bool,  # noqa: FBT001 - the same
        forgetful: bool,  # noqa: FBT001 - the same
    ) -> None:
        await (self.put_aside(at) if hurried else self.settled(at, gives_up=gives_up))
        if tells:
            await self.told_everybody()
        desk = self.tills[at].desk
        if member:
            await desk.scanned(ANNA)
        await desk.scanned(order)
        sale = desk.state.sale
        if sale is None or sale.order is None or sale.quote is None or sale.due.kopecks < len(kinds):
            await desk.cancel()
            return
        if member:
            await desk.redeem(None)
        sale = desk.state.sale
        assert sale is not None
        amount = Money(max(sale.due.kopecks * share // 100, len(kinds)))
        if fault is not None:
            self.shop.faults.set(fault)
        self.terminals[at].does, self.terminals[at].dumb = list(words), forgetful
        self.banks[at].pays = pays
        parts = amount.split([1] * len(kinds))
        await desk.tenders.pay_plan([TenderWish(kind, part) for kind, part in zip(kinds, parts, strict=True)])

    @rule(at=st.integers(0, 1), gives_up=st.booleans(), kind=st.sampled_from(KINDS))
    def settle(self, at: int, kind: TenderKind, *, gives_up: bool) -> None:
        self.runner.run(self.settled(at, gives_up=gives_up, kind=kind))

    @rule(at=st.integers(0, 1))
    def restart(self, at: int) -> None:
        self.runner.run(self.restarted(at))

    async def restarted(self, at: int) -> None:
        await self.stacks[at].aclose()
        self.stacks[at] = AsyncExitStack()
        self.tills[at] = await self.open(at)

    @precondition(lambda self: any(self.paid_for(order) for order in ORDERS))
    @rule(
        at=st.integers(0, 1),
        order=st.sampled_from(ORDERS),
        words=st.lists(st.sampled_from(WORDS), max_size=2),
        tells=st.booleans(),
    )
    def refund(self, at: int, order: str, words: list[str], *, tells: bool) -> None:
        self.runner.run(self.refunded(at, order, words, tells=tells))

    async def refunded(self, at: int, order: str, words: list[str], *, tells: bool) -> bool:
        """Give back what this till gives back for the order first: a payment too many, or the order. False: nothing."""
        await self.settled(at, gives_up=False)
        if tells:
            await self.told_everybody()
        desk = self.tills[at].desk
        self.terminals[at].does = list(words)
        await desk.refunds.open(order)
        if desk.state.refund is None:
            return False
        refund = desk.state.refund.refund
        assert refund.surplus is not None or order not in self.returned, "a second refund has a page"
        assert refund.surplus is None or str(refund.surplus.visit) not in self.surplus, "a visit goes back twice"
        if any(one.approval is not None for one in refund.paid.paybacks if not self.took(at, one.approval)):
            await desk.refunds.close()  # a terminal gives back only what it took
            return False
        await desk.refunds.confirm()
        self.terminals[at].does = []
        await self.refund_finished(at)
        done = self.tills[at].outside.refund_book.find(refund.id)
        assert done is not None
        assert done.stage is RefundStage.DONE, desk.state.notice
        if refund.surplus is not None:
            self.surplus[str(refund.surplus.visit)] = refund.amount.kopecks
        else:
            self.returned[order] = refund.amount.kopecks
        return True

    async def refund_finished(self, at: int) -> None:
        desk = self.tills[at].desk
        for _ in range(6):
            page = desk.state.refund
            if page is None:
                return
            if page.refund.stage is RefundStage.HANDING_OUT:
                await desk.refunds.handed_out()
            else:
                await desk.refunds.recheck()
        raise AssertionError(f"cannot be finished: {desk.state.refund}")

    # ------------------------------------------------------------------------------------------------------- doing

    async def settled(self, at: int, *, gives_up: bool, kind: TenderKind = TenderKind.CASH) -> None:
        """A cashier sees through what lies on the counter and what a restart has left."""
        self.shop.faults.lift()
        self.terminals[at].does, self.terminals[at].dumb = [], False
        self.banks[at].pays = True
        desk = self.tills[at].desk
        doubtful = sorted(desk.state.unfinished, key=lambda one: not _is_in_doubt(one))
        # No card is taken before the one that is in doubt is seen through, and that comes right after.
        by = TenderKind.CASH if any(map(_is_in_doubt, doubtful)) else kind
        await self.finished(at, gives_up=gives_up, kind=by)
        for sale in doubtful:
            await desk.resume(sale.id)
            await self.finished(at, gives_up=gives_up, kind=kind)

    async def put_aside(self, at: int) -> None:
        """The next customer does not wait for what trouble has stopped."""
        self.shop.faults.lift()
        sale = self.tills[at].desk.state.sale
        if sale is not None and sale.stage is not Stage.OPEN and sale.trouble is not None:
            await self.tills[at].desk.set_aside()
        await self.finished(at, gives_up=False, kind=TenderKind.CASH)

    async def finished(self, at: int, *, gives_up: bool, kind: TenderKind) -> None:
        desk = self.tills[at].desk
        for _ in range(8):
            now = desk.state
            if now.sale is None:
                return
            gone = now.notice is not None and now.notice.what.startswith("Пока эта оплата ждала")
            if now.sale.stage is Stage.OPEN or ((gives_up or gone) and now.sale.may_be_given_up):
                await desk.cancel()
            elif now.tendering is not None and now.tendering.step is TenderStep.CASH:
                await desk.tenders.cash(desk.tenders.rest)
            elif now.tendering is not None and now.tendering.step is TenderStep.DECIDE:
                await desk.tenders.rest_by(kind, desk.tenders.rest if kind is TenderKind.CASH else None)
            else:
                await desk.recheck()
        raise AssertionError(f"cannot be finished: {desk.state.sale}")

    async def told_everybody(self) -> None:
        self.shop.faults.lift()
        for till in self.tills:
            await deliver(till, self.clock)

    # --------------------------------------------------------------------------------------------------- the model

    def done(self, at: int, order: str) -> list[Sale]:
        begun = self.tills[at].outside.journal.begun_for(order)
        return [sale for sale in begun if sale.stage is Stage.DONE]

    def kept(self, at: int, order: str) -> list[Sale]:
        """Visits whose money did not go back alone."""
        return [sale for sale in self.done(at, order) if str(sale.id) not in self.surplus]

    def paid_for(self, order: str) -> int:
        return sum(sale.taken.kopecks for at in range(len(self.tills)) for sale in self.done(at, order))

    def took(self, at: int, approval: Any) -> bool:  # noqa: ANN401 - an approval, or none for cash
        return approval is None or approval.operation in {*self.terminals[at].charged, *self.banks[at].paid}

    def teardown(self) -> None:
        try:
            if self.tills:
                self.runner.run(self.all_is_well())
        finally:
            for stack in self.stacks:
                self.runner.run(stack.aclose())
            self.runner.close()
            self.shop.close()
            self.folder.cleanup()

    async def every_surplus_given_back(self) -> None:
        """Tell everything, and give back whatever an order did not take, until nothing is left to tell or to give."""
        for _ in range(20):
            await self.told_everybody()
            refused = [
                (at, entry.order_number)
                for at, till in enumerate(self.tills)
                for entry in till.outside.outbox.entries()
                if entry.payment_refused
            ]
            if not refused:
                return
            for at, order in dict.fromkeys(refused):
                assert await self.refunded(at, order, [], tells=False), self.tills[at].desk.state.notice
        raise AssertionError("payments are refused for ever")

    async def all_is_well(self) -> None:
        for at in range(2):
            await self.settled(at, gives_up=False)
            assert self.tills[at].outside.journal.open_sales() == ()
        await self.every_surplus_given_back()
        documents = self.shop.fiscal_documents()
        for order in ORDERS:
            sales = [sale for at in range(2) for sale in self.done(at, order)]
            payments = self.shop.payments(order)
            told = {str(one["visit_id"]): _kopecks(one) for one in payments}
            assert told == {str(sale.id): sale.taken.kopecks for at in range(2) for sale in self.kept(at, order)}
            price = {C2C: 499000, COINS: 41160}[order]
            assert sum(told.values()) + sum(round(one["discount"] * 100) for one in payments) <= price
            assert sum(told.values()) == self.returned.get(order, sum(told.values()))
            for sale in sales:
                registered = [one for one in documents if one.type == "sell" and one.order_uuid == str(sale.id)]
                assert len(registered) == 1
        assert len([one for one in documents if one.type == "sell"]) == sum(
            len(self.done(at, order)) for at in range(2) for order in ORDERS
        )
        returns = sorted(one.total for one in documents if one.type == "sellReturn")
        assert returns == sorted((*self.returned.values(), *self.surplus.values()))
        assert self.shop.register.device.drawer() - self.drawer == sum(
            tender.amount.kopecks
            for at in range(2)
            for order in ORDERS
            if order not in self.returned
            for sale in self.kept(at, order)
            for tender in sale.tenders
            if tender.kind is TenderKind.CASH
        )
        for at in range(2):
            taken = sum(
                tender.amount.kopecks
                for order in ORDERS
                if order not in self.returned
                for sale in self.kept(at, order)
                for tender in sale.tenders
                if tender.kind is not TenderKind.CASH
            )
            assert (self.terminals[at].holds + self.banks[at].holds).kopecks == taken


def _is_in_doubt(sale: Sale) -> bool:
    return any(tender.is_card_in_doubt for tender in sale.tenders)


def _kopecks(payment: dict[str, Any]) -> int:
    return sum(round(tender["sum"] * 100) for tender in payment["tenders"])


Chain.TestCase.settings = settings(
    max_examples=300 if LONG else 8,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestChain = pytest.mark.timeout(3_600 if LONG else 110)(Chain.TestCase)
