"""A cashier without hands: sells and gives back by herself, and answers honestly what only a person can answer."""

import asyncio
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from pos_client.app import Till
from pos_client.counter.state import CounterState, TenderStep
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Tender, TenderState, TenderWish, split_equally
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Sale, Stage
from pos_client.ui.entry import return_in_doubt

__all__ = ["ORDERS_PER_LIFE", "PEOPLE", "Books", "SelfSellingTill", "customer_of", "order_number", "tell"]

ORDERS_PER_LIFE = 20
PEOPLE = ("48210967", "48211331", "48211229", "48211003", "")
"""Codes of members with few, many, no and soon burning points; an empty one is a customer without a code."""

_TRIES = 400
_REST = 0.02
"""Seconds between two looks at trouble; a cashier is slower, and the test shorter."""
_PATIENCE_WITH_QR = 0.25
"""Seconds after which a code is taken off the screen."""
_MIXES = (
    (TenderKind.CARD, TenderKind.SBP, TenderKind.CASH),
    (TenderKind.CARD, TenderKind.CARD, TenderKind.SBP, TenderKind.CASH),
    (TenderKind.CARD, TenderKind.CARD, TenderKind.CARD),
    (TenderKind.CARD, TenderKind.CASH),
    (TenderKind.SBP, TenderKind.CASH),
    (TenderKind.SBP,),
    (TenderKind.CARD,),
)
_SMALLEST_MIXED = 400
"""Kopecks: four parts, each of them a rouble."""
_RETURNING = 4
_DRAINED_WITHIN = 60.0


def tell(line: str) -> None:
    """Let whoever kills hear how far this life has come, at once."""
    os.write(1, line.encode() + b"\n")


def order_number(life: int, at: int) -> str:
    """The CDEK number of the `at`-th order that is there for a life; no other life begins with it."""
    return f"12{life:05d}{at:03d}"


def customer_of(number: str) -> str:
    """Whose order it is: whoever comes back for it is the same person."""
    return PEOPLE[int(number) % len(PEOPLE)]


@dataclass(frozen=True, slots=True)
class Books:
    """What a cashier can see besides her screen: slips on the terminal, the customer's phone."""

    url: str

    async def read(self) -> Mapping[str, Any]:
        """Everything that terminal and bank have done."""
        async with httpx.AsyncClient(trust_env=False, timeout=10.0) as http:
            found: Mapping[str, Any] = (await http.get(f"{self.url}/_books")).json()
            return found

    async def return_by_hand(self, amount: Money) -> None:
        """Give money back at the terminal itself, past the till."""
        async with httpx.AsyncClient(trust_env=False, timeout=10.0) as http:
            (await http.post(f"{self.url}/_books/by-hand/{amount.kopecks}")).raise_for_status()

    @staticmethod
    def slip(books: Mapping[str, Any], kind: str, since: datetime | None, operation: str) -> Mapping[str, Any] | None:
        """The slip of an operation: the first of its kind since it was asked for, because one at a time is asked for.

        Where the terminal knows our id, it is the one with that.
        """
        asked = "" if since is None else since.astimezone(UTC).isoformat(timespec="microseconds")
        for one in books["cards"]:
            if one["kind"] == kind and one["at"] >= asked and one["guid"] in {"", operation}:
                return dict(one)
        return None


class SelfSellingTill:
    """One life: it first settles what an earlier one left, as a cashier would, and then works until it is killed."""

    def __init__(self, till: Till, rng: random.Random, books: Books) -> None:
        self._till = till
        self._desk = till.desk
        self._rng = rng
        self._books = books
        self._shown = self._where = ""
        self._desk.listen(self._watch)

    def _watch(self, state: CounterState) -> None:
        if (where := _where(state)) != self._where:
            self._where = where
            if where:
                tell(f"at {where}")
        if state.qr is not None and state.qr.operation.hex != self._shown:
            self._shown = state.qr.operation.hex
            tell(f"qr {self._shown}")
            asyncio.get_running_loop().call_later(_PATIENCE_WITH_QR, self._desk.tenders.stop_qr)

    # ---------------------------------------------------------------------------------------------------- works

    async def settle(self) -> None:
        """Carry every unfinished sale and refund through, or give it up where nothing has moved."""
        for refund in self._desk.state.unfinished_refunds:
            back = refund.next_return
            tell(f"unfinished refund {refund.stage.value}{_told(back)}")
            if self._rng.random() < 1 / 4:
                await self._desk.refunds.give_up(refund.id)
            else:
                await self._desk.refunds.resume(refund.id)
            await self._finish_refund()
        for sale in self._desk.state.unfinished:
            current = sale.takings.next if sale.stage is Stage.PAYING else sale.next_return
            tell(f"unfinished {sale.stage.value}{_told(current) if not sale.stage.has_money else ''}")
            await self._desk.resume(sale.id)
            await self._finish(gives_up=self._rng.random() < 1 / 2)
        left = [sale.stage.value for sale in self._till.outside.journal.open_sales()]
        left += [refund.stage.value for refund in self._till.outside.refund_book.open_refunds()]
        if left:
            raise RuntimeError(f"what is unfinished cannot be settled: {left}")
        self._desk.queue.retry(None)

    async def sell(self, life: int) -> None:
        """Sell what an earlier life began in parts, and then order after order."""
        for number in self._begun(life - 1)[-_RETURNING:]:
            await self._visit(number)
        for at in range(ORDERS_PER_LIFE):
            number = order_number(life, at)
            await self._visit(number)
            if self._rng.random() < 1 / 3:
                await self._visit(number)

    async def refund(self, life: int) -> None:
        """Give back what the earlier life sold last, then sell order after order and give each back."""
        for number in self._begun(life - 1)[-1:]:
            await self._give_back(number)
        for at in range(ORDERS_PER_LIFE):
            number = order_number(life, at)
            await self._visit(number)
            if self._rng.random() < 1 / 4:
                await self._visit(number)
            if self._till.outside.journal.begun_for(number):
                await self._give_back(number)

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

    async def drain(self) -> None:
        """Let everything that waits arrive."""
        async with asyncio.timeout(_DRAINED_WITHIN):
            while (summary := self._till.outside.outbox.summary()).count > summary.needs_human:
                self._desk.queue.retry(None)
                await asyncio.sleep(0.2)
        for entry in self._till.outside.outbox.entries():
            tell(f"dead {entry.key} {entry.order_number} {entry.reason}")

    def _begun(self, life: int) -> list[str]:
        numbers = [order_number(life, at) for at in range(ORDERS_PER_LIFE)] if life >= 0 else []
        outside = self._till.outside
        sold = [number for number in numbers if outside.journal.begun_for(number)]
        return [number for number in sold if outside.refund_book.holds(number) is None]

    # -------------------------------------------------------------------------------------------------- refunds

    async def _give_back(self, number: str) -> None:
        for _ in range(_TRIES):
            self._desk.queue.retry(None)
            await self._desk.refunds.open(number)
            if self._desk.state.refund is not None:
                tell("page")
                break
            await asyncio.sleep(_REST)
        for _ in range(_TRIES):
            # Nobody heard the first try: the page is as it was, and the cashier tries again.
            page = self._desk.state.refund
            if page is None or page.refund.stage is not RefundStage.OPEN:
                break
            await self._desk.refunds.confirm()
        await self._finish_refund()

    async def _finish_refund(self) -> None:
        for _ in range(_TRIES):
            page = self._desk.state.refund
            if (back := return_in_doubt(self._desk.state)) is not None:
                await self._answer_return(back, in_refund=True)
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

    async def _answer_return(self, back: Tender, *, in_refund: bool) -> None:
        """Look at slips and phone: has it gone back? What no call can name goes back by hand, or by its slip's name."""
        tell("asked about a return")
        desk = self._desk.refunds if in_refund else self._desk.tenders
        books = await self._books.read()
        if back.kind is TenderKind.SBP:
            paid = back.approval.operation if back.approval is not None else back.operation
            gone = paid is not None and books["transfers"].get(paid.hex) == "REFUNDED"
            await desk.answer_check(gone, back.amount if gone else ZERO)
            return
        if books["at_work"]:
            await asyncio.sleep(_REST)
            return
        nameless = back.approval is None or back.approval.is_nameless
        slip = Books.slip(books, "refund", back.return_asked_at, "")
        if slip is None and nameless:
            paid = back.approval.operation if back.approval is not None else back.operation
            payment = Books.slip(books, "pay", back.approval.at if back.approval else back.asked_at, str(paid))
            if in_refund and payment is not None and payment["guid"] and self._rng.random() < 1 / 2:
                tell("asked for a reference")
                await self._desk.refunds.name_payment(payment["reference"])
                return
            tell("asked by hand")
            await self._books.return_by_hand(back.amount)
            slip = {"amount": back.amount.kopecks}
        await desk.answer_check(slip is not None, Money(slip["amount"]) if slip is not None else ZERO)

    # ---------------------------------------------------------------------------------------------------- sales

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
        step = now.step if now is not None else None
        if now is None or now.current is None:
            over = now is not None and now.approved > now.due
            await (self._desk.cancel() if over else self._desk.recheck())
        elif step is TenderStep.CASH:
            await tenders.cash(now.current.amount)
        elif step is TenderStep.QUESTIONS and now.current.state is TenderState.UNKNOWN:
            await self._answer_payment(now.current)
        elif step is TenderStep.QUESTIONS:
            await self._answer_return(now.current, in_refund=False)
        elif step is TenderStep.DECIDE:
            await self._decide(over=now.approved > now.due, some=bool(now.approved))
        else:
            await self._desk.recheck()

    async def _decide(self, *, over: bool, some: bool) -> None:
        tenders, choice = self._desk.tenders, self._rng.random()
        if over or choice < 1 / 8:
            await self._desk.cancel()
        elif some and choice < 1 / 4:
            await tenders.enough()
        elif choice < 1 / 2:
            await tenders.rest_by(TenderKind.CARD)
        elif choice < 3 / 4:
            await tenders.rest_by(TenderKind.SBP)
        else:
            await tenders.rest_by(TenderKind.CASH, tenders.rest)

    async def _answer_payment(self, tender: Tender) -> None:
        """Look at slips and phone: is it paid, and how much? While money may still move, an honest answer waits."""
        tell("asked about a payment")
        books = await self._books.read()
        operation = tender.operation
        if operation is None:
            raise RuntimeError("cash is never in doubt")
        if tender.kind is TenderKind.SBP:
            state = books["transfers"].get(operation.hex, "")
            if state == "CREATED":
                await self._desk.recheck()
            else:
                await self._desk.tenders.answer_check(state == "PAID", tender.amount if state == "PAID" else ZERO)
        elif not books["at_work"]:
            slip = Books.slip(books, "pay", tender.asked_at, str(operation))
            await self._desk.tenders.answer_check(slip is not None, Money(slip["amount"]) if slip is not None else ZERO)

    async def _pay(self, amount: Money) -> None:
        """In cash, or by whatever else the customer has, with or without a rest in cash."""
        if self._rng.random() < 1 / 4 or amount.kopecks < _SMALLEST_MIXED:
            await self._desk.pay(amount, amount)
            return
        kinds = self._rng.choice(_MIXES)
        parts = split_equally(amount, len(kinds))
        await self._desk.tenders.pay_plan([TenderWish(kind, part) for kind, part in zip(kinds, parts, strict=True)])

    def _part(self, sale: Sale) -> Money:
        return Money(self._rng.randint(1, sale.due.kopecks))


def _told(tender: Tender | None) -> str:
    return "" if tender is None else f" {tender.kind.value} {tender.state.value}"


def _where(state: CounterState) -> str:
    """How far a sale or a refund has come: another text after every effect that is journaled."""
    if state.refund is not None:
        refund = state.refund.refund
        fiscal = " sent" if refund.fiscal is not None and refund.fiscal.sent else ""
        return f"refund {refund.stage.value}{_told(refund.next_return)}{fiscal}"
    if state.sale is None:
        return ""
    current = state.tendering.current if state.tendering is not None else None
    fiscal = " sent" if state.sale.fiscal is not None and state.sale.fiscal.sent else ""
    return f"sale {state.sale.stage.value}{_told(current)}{fiscal}"
