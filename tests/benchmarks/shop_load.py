"""Load for the shop from a process of its own: tills that look up, price, create and release orders of a crowd.

Run as ``python -m tests.benchmarks.shop_load URL MEMBERS SECONDS RATE`` with RATE in calls a second, 0 for as many as
the connections carry. One JSON line comes out: calls, errors, seconds, and milliseconds of every call. Of twenty calls
ten look somebody up, seven price an order, two create one and one releases it; bodies are those of the till's adapter.
"""

import asyncio
import json
import random
import sys
import time
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from pos_client.adapters.processing_wire import (
    ProcessingNames,
    create_body,
    lookup_body,
    preorder_body,
    status_body,
)
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.money import Money, Points
from pos_client.training.crowd import code_of, id_of, phone_of
from tests.samples import ORDER

_CONNECTIONS = 16
_NAMES = ProcessingNames()
_OFFICE = "MSK548"
_POINTS = Points(5)
"""Everybody of the crowd has them."""
_PHONE_EVERY = 5
_SHOWN_ERRORS = 5


@dataclass
class Tally:
    """What happened; latencies in milliseconds, in the order of the answers."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def answered(self, kind: str, milliseconds: float) -> None:
        """A call was answered as it should be."""
        self.milliseconds.setdefault(kind, []).append(milliseconds)


class Connection(asyncio.Protocol):
    """One connection that is kept alive; one call at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._heard = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head = self._heard.find(b"\r\n\r\n")
        if head < 0 or self._answer is None:
            return
        length = self._heard.lower().index(b"content-length:", 0, head) + len(b"content-length:")
        if len(self._heard) < head + 4 + int(self._heard[length : self._heard.index(b"\r\n", length)]):
            return
        whole = bytes(self._heard)
        self._heard.clear()
        self._answer.set_result(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed"))

    async def ask(self, request: bytes) -> bytes:
        """Send a request and wait for the whole answer, its head included."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Let the connection go."""
        if self._transport is not None:
            self._transport.close()


class Cashier:
    """A till's calls, one after another for ever; `said` takes the answer of the call before the next one is made."""

    def __init__(self, host: str, members: int, dice: random.Random) -> None:
        self._host = host
        self._members = members
        self._dice = dice
        self.said: dict[str, Any] = {}

    def calls(self) -> Iterator[tuple[str, str, bytes]]:
        """Kind, what a good answer contains, and the request."""
        while True:
            yield from self._looks(2)
            order_id = yield from self._bought()
            yield from self._looks(2)
            yield from self._prices(1)
            yield from self._looks(2)
            yield from self._bought()
            yield from self._looks(2)
            yield from self._prices(2)
            status = status_body(order_id, _NAMES.paid, _NAMES, datetime.now(UTC))
            yield "status", '"status": "Success"', self._request(_NAMES.status, status, "async", keyed=True)
            yield from self._looks(2)
            yield from self._prices(2)

    def _looks(self, times: int) -> Iterator[tuple[str, str, bytes]]:
        for _ in range(times):
            number = self._dice.randrange(self._members)
            by_phone = self._dice.randrange(_PHONE_EVERY) == 0
            key = (
                CustomerKey(KeyKind.PHONE, phone_of(number))
                if by_phone
                else CustomerKey(KeyKind.CDEK_ID, code_of(number))
            )
            body = lookup_body(key, _OFFICE, _NAMES)
            yield "look-up", f'"mindboxId": {id_of(number)}', self._request(_NAMES.lookup, body)

    def _prices(self, times: int) -> Iterator[tuple[str, str, bytes]]:
        for _ in range(times):
            yield self._priced(self._somebody(), f"{_OFFICE}-{uuid.uuid4()}")

    def _bought(self) -> Generator[tuple[str, str, bytes], None, str]:
        """Price an order and create it at that price; returns its id."""
        who, order_id = self._somebody(), f"{_OFFICE}-{uuid.uuid4()}"
        yield self._priced(who, order_id)
        body = create_body(
            ORDER,
            who,
            _POINTS,
            order_id=order_id,
            total=Money(round(float(self.said.get("order", {}).get("totalPrice", 0)) * 100)),
            tenders=(),
            at=datetime.now(UTC),
            names=_NAMES,
            office=_OFFICE,
        )
        yield "create", '"processingStatus": "Created"', self._request(_NAMES.create, body, keyed=True)
        return order_id

    def _priced(self, who: Customer, order_id: str) -> tuple[str, str, bytes]:
        body = preorder_body(ORDER, who, _POINTS, order_id=order_id, at=datetime.now(UTC), names=_NAMES, office=_OFFICE)
        return "preorder", '"processingStatus": "Calculated"', self._request(_NAMES.preorder, body)

    def _somebody(self) -> Customer:
        number = self._dice.randrange(self._members)
        key = CustomerKey(KeyKind.CDEK_ID, code_of(number))
        return Customer(key, Standing.MEMBER, processing_id=str(id_of(number)))

    def _request(self, operation: str, body: dict[str, Any], mode: str = "sync", *, keyed: bool = False) -> bytes:
        query = {"endpointId": _NAMES.endpoint, "operation": operation}
        if keyed:
            query["transactionId"] = str(uuid.uuid4())
        content = json.dumps(body, ensure_ascii=False).encode()
        head = (
            f"POST /v3/operations/{mode}?{urlencode(query)} HTTP/1.1\r\nHost: {self._host}\r\n"
            "Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
            "User-Agent: pos-client\r\nAuthorization: SecretKey training-secret-key\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


async def load(url: str, members: int, seconds: float, rate: float, *, seed: int, truly: bool = True) -> dict[str, Any]:
    """Put the load on; `truly` False takes any answer with status 200 for good.

    With a rate every call has its moment, and its time is counted from that moment, waited for a connection or not.
    """
    address = urlsplit(url)
    tally, loop = Tally(), asyncio.get_running_loop()
    tickets = iter(range(sys.maxsize))
    began = time.perf_counter()

    async def work(at: int) -> None:
        _, connection = await loop.create_connection(Connection, address.hostname or "", address.port or 0)
        dice = random.Random(f"{seed}/{at}")  # noqa: S311 - the same load again, not a secret
        cashier = Cashier(address.netloc, members, dice)
        calls = cashier.calls()
        while True:
            due = began + next(tickets) / rate if rate else time.perf_counter()
            if due >= began + seconds:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            # The cashier makes the next call only after he was told what the last one said.
            kind, wanted, request = next(calls)
            started = due if rate else time.perf_counter()
            answer = await connection.ask(request)
            took = (time.perf_counter() - started) * 1000
            if not answer.startswith(b"HTTP/1.1 200") or (truly and wanted.encode() not in answer):
                tally.errors.append(f"{kind}: {answer[-300:].decode(errors='replace')}")
            else:
                tally.answered(kind, took)
            cashier.said = json.loads(answer[answer.index(b"\r\n\r\n") :]) if kind == "preorder" and truly else {}
        connection.close()

    async with asyncio.TaskGroup() as group:
        for at in range(_CONNECTIONS):
            group.create_task(work(at))
    return {
        "seconds": time.perf_counter() - began,
        "errors": len(tally.errors),
        "first": tally.errors[:_SHOWN_ERRORS],
        "milliseconds": tally.milliseconds,
    }


def main(words: list[str]) -> None:
    """Put the load on and print what came of it."""
    url, members, seconds, rate, *rest = words
    found = asyncio.run(
        load(url, int(members), float(seconds), float(rate), seed=time.time_ns(), truly="any" not in rest)
    )
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
