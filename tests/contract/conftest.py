"""A till and the training shop with a real socket between them: what is agreed with processing, row by row."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pos_client.app import Till, Waiting
from pos_client.settings import CounterSection, OrdersSection, ProcessingSection, RegisterSection, Settings
from pos_client.training.server import ShopServer, running
from pos_client.training.shop import Shop
from tests.tills import Time

SHORT = 0.6
"""Seconds that the till waits for an answer: long beside a healthy one, short beside a test."""


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def server(clock: Time) -> Iterator[ShopServer]:
    # The shop lives in a thread of its own, and only the till turns the clock.
    shop = Shop(clock=lambda: clock.now)
    with running(shop) as server:
        yield server
    shop.close()


@pytest.fixture
def shop(server: ShopServer) -> Shop:
    return server.shop


@pytest.fixture
async def till(server: ShopServer, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    settings = Settings(
        orders=OrdersSection(address=server.url),
        processing=ProcessingSection(
            address=server.url,
            lookup_timeout=SHORT,
            preorder_timeout=SHORT,
            create_timeout=SHORT,
            member_timeout=SHORT,
            delivery_timeout=SHORT,
        ),
        cash_register=RegisterSection(address=server.url, poll_every=0.01),
        counter=CounterSection(budget=3.0),
    )
    waiting = Waiting(clock.monotonic, clock.sleep)
    async with Till(settings, tmp_path, training=True, clock=clock, waiting=waiting) as till:
        yield till
