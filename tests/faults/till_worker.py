"""A till that sells by itself, in a process that may be killed: a cashier without hands, and the cradle of her lives.

Run as ``python -m tests.faults.till_worker URL FOLDER``. Each line ``LIFE SEED WORK`` on its input begins one life in a
process of its own, whose work is SELLS, REFUNDS, CARD-BACK, SETTLES or DRAINS; its output says ``born PID``, what the
life tells, and ``died CODE``.
"""

import asyncio
import os
import random
import sys
import traceback
from datetime import datetime, timedelta
from pathlib import Path

from pos_client.app import Till, Watch, real_time, warm_up
from pos_client.counter.state import TenderStep
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish, split_equally
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Sale, Stage
from pos_client.settings import (
    CounterSection,
    OrdersSection,
    ProcessingSection,
    RegisterSection,
    Settings,
    TerminalSection,
)
from pos_client.training.card_terminal import TERMINAL
from pos_client.ui.entry import return_in_doubt

__all__ = ["ORDERS_PER_LIFE", "PEOPLE", "customer_of", "order_number"]

ORDERS_PER_LIFE = 40
PEOPLE = ("48210967", "48211331", "48211229", "48211003", "")
"""Codes of members with few, many, no and soon burning points; an empty one is a customer without a code."""

_TRIES = 400
_REST = 0.02
"""Seconds between two looks at trouble; a cashier is slower, and the test shorter."""
_SMALLEST_MIXED = 300
"""Kopecks: three parts, each of them a rouble."""
_RETURNING = 4
_DRAINED_WITHIN = 60.0


def order_number(life: int, at: int) -> str:
    """The CDEK number of the `at`-th order that is there for a life; no other life begins with it."""
    return f"12{life:05d}{at:03d}"


def customer_of(number: str) -> str:
    """Whose order it is: whoever comes back for it is the same person."""
    return PEOPLE[int(number) % len(PEOPLE)]


class SelfSellingTill:
    """One life: it first settles what an earlier one left, as a cashier would, and then sells until it is killed."""

    def __init__(self, till: Till, rng: random.Random) -> None:
        self._till = till
        self._desk = till.desk
        self._rng = rng

    async def settle(self) -> None:
        """Carry every unfinished sale through, or give it up where nothing has moved."""
        for refund in self._desk.state.unfinished_refunds:
            _tell(f"unfinished refund {refund.stage.value}")
            await self._desk.refunds.resume(refund.id)
            await self._finish_refund()
        for sale in self._desk.state.unfinished:
            _tell(f"unfinished {sale.stage.value}")
            await self._desk.resume(sale.id)
            await self._finish(gives_up=self._rng.random() < 1 / 2)
        left = [sale.stage.value for sale in self._till.outside.journal.open_sales()]
        if left:
            raise RuntimeError(f"unfinished sales cannot be settled: {left}")
        self._desk.queue.retry(None)

    async def sell(self, life: int) -> None:
        """Sell what an earlier life began in parts, and then order after order."""
        earlier = [order_number(life - 1, at) for at in range(ORDERS_PER_LIFE)] if life else []
        begun = [number for number in earlier if self._till.outside.journal.begun_for(number)]
        for number in begun[-_RETURNING:]:
            await self._visit(number)
        for at in range(ORDERS_PER_LIFE):
            number = order_number(life, at)
            await self._visit(number)
            if self._rng.random() < 1 / 3:
                await self._visit(number)

    async def refund(self, life: int) -> None:
        """Sell order after order for cash, and give each back as soon as the order service has heard of it."""
        for at in range(ORDERS_PER_LIFE):
            number = order_number(life, at)
            await self._desk.scanned(number)
            sale = self._desk.state.sale
            if sale is not None and sale.order is not None and sale.due:
                await self._desk.pay(sale.due, sale.due)
                await self._finish()
            for _ in range(_TRIES):
                await self._desk.refunds.open(number)
                if self._desk.state.refund is not None:
                    _tell("page")
                    break
                await asyncio.sleep(_REST)
            await self._desk.refunds.confirm()
            await self._finish_refund()

    async def card_back(self, life: int) -> None:
        """Sell one order by card, and give it back."""
        number = order_number(life, 0)
        await self._desk.scanned(number)
        await self._desk.tenders.rest_by(TenderKind.CARD)
        await self._finish()
        await self.drain()
        await self._desk.refunds.open(number)
        await self._desk.refunds.confirm()
        await self._finish_refund()

    async def _finish_refund(self) -> None:
        for _ in range(_TRIES):
            page = self._desk.state.refund
            if (back := return_in_doubt(self._desk.state)) is not None:
                # Whoever asks her is shown the slip: in these lives the terminal has always done what it was asked for.
                _tell("asked about a slip")
                await self._desk.refunds.answer_check(True, back.amount)
                continue
            if page is None or page.refund.stage is RefundStage.OPEN:
                await self._desk.refunds.close()
                return
            if page.refund.stage is RefundStage.HANDING_OUT:
                await self._desk.refunds.handed_out()
            else:
                await self._desk.refunds.recheck()
            await asyncio.sleep(_REST / 10)
        raise RuntimeError(f"a refund cannot be finished: {self._desk.state.refund}")

    async def drain(self) -> None:
        """Let everything that waits arrive."""
        async with asyncio.timeout(_DRAINED_WITHIN):
            while (summary := self._till.outside.outbox.summary()).count > summary.needs_human:
                self._desk.queue.retry(None)
                await asyncio.sleep(0.2)
        for entry in self._till.outside.outbox.entries():
            _tell(f"dead {entry.key} {entry.order_number} {entry.reason}")

    async def _visit(self, number: str) -> None:
        scans = [number, customer] if (customer := customer_of(number)) else [number]
        self._rng.shuffle(scans)
        for scan in scans:
            await self._desk.scanned(scan)
        if self._rng.random() < 1 / 2:
            await self._desk.redeem(None)
        await self._finish(in_part=self._rng.random() < 1 / 3)

    async def _finish(self, *, in_part: bool = False, gives_up: bool = False) -> None:
        for _ in range(_TRIES):
            sale = self._desk.state.sale
            if sale is None:
                return
            if gives_up and sale.stage is not Stage.OPEN and sale.may_be_given_up:
                await self._desk.cancel()
            elif sale.stage is not Stage.OPEN:
                await self._go_on()
            elif gives_up or sale.quote is None or sale.order is None or not sale.due:
                await self._desk.cancel()
            else:
                await self._pay(self._part(sale) if in_part else sale.due)
            if self._desk.state.sale is not None:
                await asyncio.sleep(_REST)
        raise RuntimeError(f"a sale cannot be finished: {self._desk.state.sale}")

    async def _go_on(self) -> None:
        """Answer what the till asks while money is being taken, and have it look again at everything else."""
        tenders, now = self._desk.tenders, self._desk.state.tendering
        match now.step if now is not None else None:
            case TenderStep.CASH:
                await tenders.cash(tenders.rest)
            case TenderStep.DECIDE if self._rng.random() < 1 / 2:
                await tenders.rest_by(TenderKind.CARD)
            case TenderStep.DECIDE:
                await tenders.rest_by(TenderKind.CASH, tenders.rest)
            case _:
                await self._desk.recheck()

    async def _pay(self, amount: Money) -> None:
        """In cash, or by one card or two, with the rest in cash."""
        if self._rng.random() < 1 / 2 or amount.kopecks < _SMALLEST_MIXED:
            await self._desk.pay(amount, amount)
            return
        first, second, rest = split_equally(amount, 3)
        in_cash = self._rng.random() < 1 / 2
        kinds = (TenderKind.CARD, TenderKind.CARD, TenderKind.CASH if in_cash else TenderKind.CARD)
        await self._desk.tenders.pay_plan(
            [TenderWish(kind, part) for kind, part in zip(kinds, (first, second, rest), strict=True)]
        )

    def _part(self, sale: Sale) -> Money:
        return Money(self._rng.randint(1, sale.due.kopecks))


def _settings(url: str) -> Settings:
    """A till in a hurry: the world of this test answers at once or never."""
    return Settings(
        orders=OrdersSection(address=url, read_timeout=1.0, payment_timeout=2.0),
        processing=ProcessingSection(address=url, create_timeout=1.0, delivery_timeout=2.0),
        cash_register=RegisterSection(
            address=url, post_timeout=0.5, query_timeout=0.5, print_deadline=1.0, poll_every=0.01
        ),
        counter=CounterSection(slow=0.1, budget=0.3, longer=1.0, receipt_check_for=0.3, receipt_check_pause=0.02),
        terminal=TerminalSection(
            kind="inpas",
            address=f"{url}/dualconnector",
            terminal_id=TERMINAL,
            status_operation=52,
            pay_timeout=0.5,
            ask_timeout=0.5,
        ),
    )


async def _live(url: str, folder: Path, life: int, seed: int, work: str) -> None:
    watch = Watch(register_every=5.0, probe_every=0.05, probe_within=0.3)
    till = Till(
        _settings(url), folder, training=True, watch=watch, clock=_a_while_later if work == "DRAINS" else real_time
    )
    async with till:
        seller = SelfSellingTill(till, random.Random(seed))  # noqa: S311 - repeatable choices
        async with asyncio.TaskGroup() as group:
            running = group.create_task(till.run())
            await seller.settle()
            match work:
                case "SELLS":
                    await seller.sell(life)
                case "REFUNDS":
                    await seller.refund(life)
                case "CARD-BACK":
                    await seller.card_back(life)
                case "DRAINS":
                    await seller.drain()
                case _:
                    pass
            running.cancel()


def _a_while_later() -> datetime:
    """The last life comes when every watch over a create that may land late is over."""
    return real_time() + timedelta(minutes=8)


def _tell(line: str) -> None:
    os.write(1, line.encode() + b"\n")


def _born(url: str, folder: Path, words: list[str]) -> None:
    """Live in this process, which a fork has just made, and never come back from here."""
    life, seed, work = words
    code = 1
    try:
        asyncio.run(_live(url, folder, int(life), int(seed), work))
        code = 0
    except Exception:  # noqa: BLE001 - whatever it was, the life has failed and says why
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def main(words: list[str]) -> None:
    """Begin one life after another. Imports are paid once, so that a test can afford many deaths."""
    url, folder = words
    warm_up()
    _tell("ready")
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _born(url, Path(folder), line.split())
        _tell(f"born {pid}")
        _, status = os.waitpid(pid, 0)
        _tell(f"died {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main(sys.argv[1:])
