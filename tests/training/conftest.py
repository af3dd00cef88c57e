"""A fresh shop in memory for every test, standing at one moment."""

from collections.abc import AsyncIterator, Iterator

import pytest

from pos_client.training.shop import Shop
from tests.training.till import SetClock, Till


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def shop(clock: SetClock) -> Iterator[Shop]:
    shop = Shop(clock=clock)
    yield shop
    shop.close()


@pytest.fixture
async def till(shop: Shop) -> AsyncIterator[Till]:
    till = Till(shop)
    yield till
    await till.http.aclose()
