"""Sales that owe facts, and a courier that takes the facts of a queue to the training shop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from offline_queue import Courier, Pace
from offline_queue import Outbox as Queue
from pos_client.adapters.delivery import Deliveries, classify
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.domain import creating
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.loyalty import Earning
from pos_client.domain.money import Points
from pos_client.domain.sale import Sale
from tests.adapters.conftest import NOON
from tests.samples import cash, document, priced_sale

NAMES = ProcessingNames()
ANNA = CustomerKey(KeyKind.CDEK_ID, "48210967")
NUMBER = "1106153417"


def recorded(sale: Sale, kopecks: int) -> Sale:
    """The sale with its receipt registered: every fact of it is owed."""
    paid = sale.paid(UUID(int=77)).receipt_sent(after=7)
    return paid.receipted(document(total=kopecks))


def live_sale(kopecks: int = 450000, points: int = 490) -> Sale:
    sale = creating.reserved(priced_sale(points).payment_asked(cash(kopecks), at=NOON), Points(225))
    return recorded(sale, kopecks)


def offline_sale(kopecks: int = 499000, customer: Customer | None = None) -> Sale:
    """Sold while processing was down, to a code that nobody resolved."""
    sale = priced_sale().payment_asked(cash(kopecks), at=NOON)
    sale = creating.left_without_points(sale, Earning.LATER, maybe_created=False)
    return replace(recorded(sale, kopecks), customer=customer or Customer(ANNA, Standing.UNRESOLVED))


@asynccontextmanager
async def delivering(queue: Queue, deliveries: Deliveries) -> AsyncIterator[Courier]:
    courier = Courier(queue, deliveries.send, classify, pace=Pace(base=0.001, cap=0.002))
    task = asyncio.create_task(courier.run())
    yield courier
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(queue: Queue, happened: Callable[[], bool]) -> None:
    news = asyncio.Event()
    unsubscribe = queue.subscribe(lambda _event: news.set())
    async with asyncio.timeout(20):
        while not happened():
            news.clear()
            await news.wait()
    unsubscribe()


async def deliver(queue: Queue, deliveries: Deliveries, *, left: int = 0) -> None:
    """Run a courier until no more than `left` messages wait."""
    async with delivering(queue, deliveries):
        await until(queue, lambda: queue.summary().count <= left)
