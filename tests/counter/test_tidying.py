"""What arrived long ago is forgotten when nobody is at the counter, and what is forgotten harms nobody."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from offline_queue import Message, State
from offline_queue import Outbox as Queue
from pos_client.adapters.outbox import DurableOutbox
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.app import Till
from pos_client.counter.tidying import Tidying
from pos_client.domain.facts import facts_of
from pos_client.ports import FactState, Outbox
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, Time, deliver, sold


class Rounds:
    """A sleep that ends at once, so many times; what then waits for ever is over."""

    def __init__(self, rounds: int) -> None:
        self.slept: list[float] = []
        self._left = rounds
        self.over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if not self._left:
            self.over.set()
            await asyncio.Event().wait()
        self._left -= 1
        self.slept.append(seconds)


async def tidied(outbox: Outbox, *, rounds: int, idle: bool = True) -> list[float]:
    """Let it work so many pauses long; returns them."""
    pauses = Rounds(rounds)
    work = asyncio.create_task(Tidying(outbox, lambda: idle, sleep=pauses.sleep).run())
    await pauses.over.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    return pauses.slept


def message(key: str, clock: Time) -> Message:
    return Message(key=key, stream=key, destination="orders", kind="payment", body=b"{}", created=clock())


def known(outbox: Outbox, keys: list[str]) -> list[bool]:
    return [outbox.fate(key).state is FactState.DELIVERED for key in keys]


async def facts_that_arrived(till: Till, clock: Time) -> list[str]:
    """The keys of a sale's facts, all delivered, and one more behind them so that none of them is the last row."""
    await sold(till, ANNA, C2C)
    keys = list(till.outside.outbox.waiting())
    await deliver(till, clock)
    await sold(till, ANNA, "1105660806")
    await deliver(till, clock)
    assert len(keys) >= 2
    return keys


async def test_what_arrived_two_months_ago_is_forgotten_and_nothing_before(till: Till, clock: Time) -> None:
    outbox = till.outside.outbox
    keys = await facts_that_arrived(till, clock)
    clock.now += timedelta(days=59)
    await tidied(outbox, rounds=2)
    assert known(outbox, keys) == [True] * len(keys)
    clock.now += timedelta(days=2)
    await tidied(outbox, rounds=1)
    assert known(outbox, keys) == [False] * len(keys)


async def test_nothing_is_forgotten_while_somebody_is_at_the_counter(till: Till, clock: Time) -> None:
    outbox = till.outside.outbox
    keys = await facts_that_arrived(till, clock)
    clock.now += timedelta(days=61)
    await tidied(outbox, rounds=3, idle=False)
    assert known(outbox, keys) == [True] * len(keys)


async def test_a_fact_that_was_forgotten_and_is_put_again_has_no_second_effect(
    till: Till, shop: Shop, clock: Time
) -> None:
    outbox = till.outside.outbox
    sale = await sold(till, ANNA, C2C)
    facts = facts_of(sale)
    await deliver(till, clock)
    await sold(till, ANNA, "1105660806")
    await deliver(till, clock)
    clock.now += timedelta(days=61)
    await tidied(outbox, rounds=1)
    before = shop.balance(ANNA), shop.counter.payments(C2C).body
    assert not any(outbox.has_arrived(fact.key) for fact in facts)
    outbox.put(*facts)
    await deliver(till, clock)
    assert known(outbox, [fact.key for fact in facts]) == [True] * len(facts)
    assert shop.calls("counter", "pay")[-1].status == 200
    assert (shop.balance(ANNA), shop.counter.payments(C2C).body) == before
    assert outbox.summary().count == 0


async def test_a_disk_that_refuses_is_asked_again_next_time() -> None:
    class Refusing:
        """An outbox whose disk is full once."""

        def __init__(self) -> None:
            self.asked = 0

        def forget_old(self) -> bool:
            self.asked += 1
            if self.asked == 1:
                raise OSError(28, "No space left on device")
            return self.asked < 4

    refusing: Any = Refusing()
    slept = await tidied(refusing, rounds=5)
    assert refusing.asked == 5
    assert [seconds > 60 for seconds in slept] == [True, True, False, False, True]


async def test_much_that_is_old_is_forgotten_in_parts_and_the_rest_stays(tmp_path: Path, clock: Time) -> None:
    with Queue.open(tmp_path / "queue.sqlite", account="training", now=clock) as queue:
        outbox = DurableOutbox(queue, ProcessingNames(), now=clock)
        queue.put(*(message(f"k{number}", clock) for number in range(1_100)))
        for head in queue.dispatch.heads("orders", 1_050):
            queue.dispatch.delivered(head, "", recovered=False)
        clock.now += timedelta(days=61)
        assert [outbox.forget_old(), outbox.forget_old(), outbox.forget_old()] == [True, True, False]
        assert len(outbox.waiting()) == 50
        assert queue.entries(State.DELIVERED) == ()
        assert queue.verify().problems == ()
