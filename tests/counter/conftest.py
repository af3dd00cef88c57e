"""A shop, its clock, and a till that stands before it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.training.shop import Shop
from tests.tills import Time, open_till, shop_at


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def shop(clock: Time) -> Iterator[Shop]:
    with shop_at(clock) as shop:
        yield shop


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(shop, tmp_path, clock) as till:
        yield till
