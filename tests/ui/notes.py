"""Loyalty, joining and refunds that only write down what they were asked."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pos_client.domain.joining import Purpose


@dataclass
class NotedLoyalty:
    asked: list[tuple[Any, ...]]

    async def code(self, text: str) -> None:
        self.asked.append(("code", text))

    async def send_code_again(self) -> None:
        self.asked.append(("send code again",))

    def without_points(self) -> None:
        self.asked.append(("without points",))

    async def choose(self, processing_id: str) -> None:
        self.asked.append(("choose", processing_id))

    async def coupon(self, code: str) -> None:
        self.asked.append(("coupon", code))

    async def drop_coupon(self, code: str) -> None:
        self.asked.append(("drop coupon", code))


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

    async def open(self, text: str) -> None:
        self.asked.append(("refund", text))

    async def confirm(self) -> None:
        self.asked.append(("refund confirmed",))

    async def handed_out(self) -> None:
        self.asked.append(("handed out",))

    async def recheck(self) -> None:
        self.asked.append(("refund recheck",))

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
