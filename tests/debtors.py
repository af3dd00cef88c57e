"""A till that delivers, asks about owed points and probes processing, all by a clock that a test turns."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from pos_client.app import Till
from pos_client.domain.debts import Debt
from pos_client.domain.sale import Sale
from pos_client.ports import Service
from tests.tills import Time

__all__ = ["debt_of_sale", "follow", "settled"]

_QUIET = 10
"""Rounds without a movement of the clock after which nothing is under way any more."""


def debt_of_sale(till: Till, sale: Sale) -> Debt:
    """The debt that a sale left behind; there must be one."""
    debt = till.outside.debts.find(sale.id)
    assert debt is not None
    return debt


def settled(*tills: Till) -> bool:
    """Whether nothing is owed any more and nothing waits to be sent."""
    return all(not till.outside.debts.open_debts() and not till.outside.outbox.summary().count for till in tills)


async def follow(
    *tills: Till, clock: Time, until: Callable[[], bool] | None = None, within: timedelta = timedelta(days=3)
) -> None:
    """Let couriers and the watch over debts work until all is settled (or `until` holds), or so much time is over.

    Raises:
        BaseException: what one of them failed with.
    """
    done = until or (lambda: settled(*tills))
    over = clock.now + within
    work = [asyncio.create_task(task) for till in tills for task in (till.deliver(), till.follow_debts(), _probe(till))]
    quiet = 0
    try:
        while not done() and clock.now < over:
            before = clock.now
            for _ in range(50):
                await asyncio.sleep(0)
            quiet = quiet + 1 if clock.now == before else 0
            if quiet == _QUIET:
                # Nobody waits for a time, so nobody turns the clock.
                clock.now += timedelta(minutes=10)
                quiet = 0
            for task in work:
                if task.done():
                    task.result()  # none of them ends but by its failure
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


async def _probe(till: Till) -> None:
    await till.health.probe(Service.PROCESSING, till.outside.processing.probe, every=0.001, within=1.0)
