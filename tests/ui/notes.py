"""Loyalty, joining, refunds, tenders and a queue that only write down what they were asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pos_client.domain.joining import Purpose
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.ports import Service


@dataclass
class NotedLoyalty:
    asked: list[tuple[Any, ...]]

    async def code(self, text: str) -> None:
        self.asked.append(("code", text))

    async def send_code_again(self) -> None:
        self.asked.append(("send code again",))

    def without_points(self) -> None:
        self.asked.append(("without points",))

    def go_on_without_points(self) -> None:
        self.asked.append(("go on",))

    def wait_longer(self) -> None:
        self.asked.append(("wait",))

    async def choose(self, processing_id: str) -> None:
        self.asked.append(("choose", processing_id))

    async def coupon(self, code: str) -> None:
        self.asked.append(("coupon", code))

    async def drop_coupon(self, code: str) -> None:
        self.asked.append(("drop coupon", code))


@dataclass
class NotedShift:
    asked: list[tuple[Any, ...]]

    async def reconcile(self) -> None:
        self.asked.append(("reconcile",))


@dataclass
class NotedSlips:
    asked: list[tuple[Any, ...]]

    async def print_again(self, number: str) -> None:
        self.asked.append(("slip", number))


@dataclass
class NotedQueue:
    asked: list[tuple[Any, ...]]

    def retry(self, key: str | None) -> None:
        self.asked.append(("retry", key))

    def close(self, key: str, reason: str) -> None:
        self.asked.append(("close", key, reason))


@dataclass
class NotedLights:
    asked: list[tuple[Any, ...]]

    async def ask(self, service: Service | None = None) -> None:
        self.asked.append(("services", service))


@dataclass
class NotedJoining:
    asked: list[tuple[Any, ...]]

    def begin(self) -> None:
        self.asked.append(("join",))

    async def apply(self, phone: str, name: str, purposes: frozenset[Purpose]) -> None:
        self.asked.append(("apply", phone, name, purposes))

    async def code(self, text: str) -> None:
        self.asked.append(("join code", text))

    async def send_code_again(self) -> None:
        self.asked.append(("join code again",))

    def back(self) -> None:
        self.asked.append(("join back",))

    def close(self) -> None:
        self.asked.append(("join close",))


@dataclass
class NotedRefunds:
    asked: list[tuple[Any, ...]]

    def recall(self) -> None:
        self.asked.append(("recent sales",))

    async def open(self, text: str) -> None:
        self.asked.append(("refund", text))

    async def confirm(self) -> None:
        self.asked.append(("refund confirmed",))

    async def receipt_wanted(self, contact: str, *, paper: bool) -> None:
        self.asked.append(("refund receipt", contact, paper))

    async def handed_out(self) -> None:
        self.asked.append(("handed out",))

    async def recheck(self) -> None:
        self.asked.append(("refund recheck",))

    async def answer_check(self, slip: bool, amount: Money) -> None:  # noqa: FBT001 - as the counter asks it
        self.asked.append(("refund answer", slip, amount))

    async def name_payment(self, reference: str) -> None:
        self.asked.append(("refund named", reference))

    async def close(self) -> None:
        self.asked.append(("refund close",))

    def set_aside(self) -> None:
        self.asked.append(("refund aside",))

    async def resume(self, refund_id: UUID) -> None:
        self.asked.append(("refund resume", refund_id))

    async def give_up(self, refund_id: UUID) -> None:
        self.asked.append(("refund give up", refund_id))

    def one_line(self) -> None:
        self.asked.append(("one line",))


@dataclass
class NotedReceipts:
    asked: list[tuple[Any, ...]]

    async def answer(self, number: int) -> None:
        self.asked.append(("receipt number", number))


@dataclass
class NotedTenders:
    asked: list[tuple[Any, ...]]

    async def receipt_wanted(self, contact: str, *, paper: bool) -> None:
        self.asked.append(("receipt", contact, paper))

    async def pay_plan(self, wishes: Sequence[TenderWish]) -> None:
        self.asked.append(("plan", *((wish.kind, wish.amount, wish.received) for wish in wishes)))

    async def rest_by(self, kind: TenderKind, received: Money | None = None) -> None:
        self.asked.append(("rest by", kind, received))

    async def cash(self, received: Money) -> None:
        self.asked.append(("cash", received))

    async def enough(self) -> None:
        self.asked.append(("enough",))

    def stop_qr(self) -> None:
        self.asked.append(("stop qr",))

    async def answer_check(self, slip: bool, amount: Money) -> None:  # noqa: FBT001 - as the counter asks it
        self.asked.append(("answer", slip, amount))
