"""Loyalty and joining that only write down what they were asked."""

from dataclasses import dataclass
from typing import Any

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
