"""The real adapters, each before a fresh training shop in memory that stands at one moment."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offline_queue import Outbox as Queue
from pos_client.adapters.cash_register import AtolRegister, RegisterSettings
from pos_client.adapters.delivery import Deliveries
from pos_client.adapters.members import MindboxMembers
from pos_client.adapters.orders import CdekOrders, OrdersSettings
from pos_client.adapters.outbox import DurableOutbox
from pos_client.adapters.processing import MindboxProcessing, ProcessingNames, authorization
from pos_client.adapters.transport import Transport
from pos_client.ports import Service
from pos_client.training.shop import Shop

NOON = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FAST = ProcessingNames(
    lookup_timeout=0.3, preorder_timeout=0.3, create_timeout=0.3, member_timeout=0.3, delivery_timeout=0.3
)


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def shop(clock: SetClock) -> Iterator[Shop]:
    shop = Shop(clock=clock)
    yield shop
    shop.close()


@pytest.fixture
async def processing(shop: Shop, clock: SetClock) -> AsyncIterator[MindboxProcessing]:
    headers = authorization(shop.names.secret_key)
    async with Transport(Service.PROCESSING, "http://shop", headers=headers, inner=shop.transport()) as transport:
        yield MindboxProcessing(transport, FAST, office="MSK548", now=clock)


@pytest.fixture
async def members(shop: Shop, clock: SetClock) -> AsyncIterator[MindboxMembers]:
    headers = authorization(shop.names.secret_key)
    async with Transport(Service.PROCESSING, "http://shop", headers=headers, inner=shop.transport()) as transport:
        yield MindboxMembers(transport, FAST, office="MSK548", now=clock)


@pytest.fixture
async def orders(shop: Shop) -> AsyncIterator[CdekOrders]:
    settings = OrdersSettings(
        client_id=shop.names.client_id,
        client_secret=shop.names.client_secret,
        read_timeout=0.3,
        payment_timeout=0.3,
    )
    async with Transport(Service.ORDERS, "http://shop", inner=shop.transport()) as transport:
        yield CdekOrders(transport, settings)


@pytest.fixture
async def register(shop: Shop) -> AsyncIterator[AtolRegister]:
    settings = RegisterSettings(post_timeout=0.2, query_timeout=0.2, print_deadline=0.6, poll_every=0.01)
    async with Transport(Service.REGISTER, "http://shop", inner=shop.transport()) as transport:
        yield AtolRegister(transport, settings)


@pytest.fixture
def queue(tmp_path: Path, clock: SetClock) -> Iterator[Queue]:
    queue = Queue.open(tmp_path / "queue.sqlite", account="training", now=clock)
    yield queue
    queue.close()


@pytest.fixture
def outbox(queue: Queue, clock: SetClock) -> DurableOutbox:
    return DurableOutbox(queue, ProcessingNames(), now=clock)


@pytest.fixture
def deliveries(orders: CdekOrders, processing: MindboxProcessing, clock: SetClock) -> Deliveries:
    return Deliveries(orders, processing, now=clock)
