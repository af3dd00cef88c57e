"""Waiting for the outbox by what it tells, when it does not run empty."""

import asyncio
from collections.abc import Callable

from pos_client.app import Till


async def deliver_until(till: Till, happened: Callable[[], bool]) -> None:
    """Let the courier work until something has happened to the queue.

    Raises:
        TimeoutError: it did not within twenty seconds.
    """
    news = asyncio.Event()
    unsubscribe = till._files.queue.subscribe(lambda _event: news.set())
    work = asyncio.create_task(till.deliver())
    try:
        async with asyncio.timeout(20):
            while not happened():
                news.clear()
                await news.wait()
    finally:
        unsubscribe()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
