from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from offline_queue import Limits
from offline_queue import Outbox as Queue
from pos_client.adapters.delivery import Deliveries
from pos_client.adapters.outbox import DurableOutbox
from pos_client.domain import creating
from pos_client.domain.facts import LoyaltyUndone, SoldOffline, facts_of
from pos_client.domain.money import Money
from pos_client.ports import QueueFullError, Service
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.adapters.conftest import NOON, SetClock
from tests.adapters.couriers import NAMES, NUMBER, delivering, live_sale, offline_sale, until


async def test_a_closed_door_is_told_first_and_in_its_own_words(
    outbox: DurableOutbox, queue: Queue, deliveries: Deliveries, shop: Shop
) -> None:
    shop.faults.set(Fault("processing", "unauthorized-401"))
    shop.faults.set(Fault("orders", "http-503", times=None))
    outbox.put(*facts_of(offline_sale()))
    async with delivering(queue, deliveries):
        await until(queue, lambda: {lane.destination for lane in queue.lanes()} == {"processing", "orders"})
        shut, away = outbox.lanes()
    assert (shut.service, shut.paused, shut.next_try) == (Service.PROCESSING, True, None)
    assert "ключ" in shut.words
    assert (away.service, away.paused, away.count, away.amount) == (Service.ORDERS, False, 1, Money(499000))
    assert away.since == NOON
    assert away.next_try is not None
    outbox.retry(None, by="Иванова М.")
    assert not any(lane.paused for lane in outbox.lanes())


async def test_what_waits_in_a_lane_of_its_own_counts_with_processing_and_blames_it_for_nothing(
    outbox: DurableOutbox, queue: Queue, deliveries: Deliveries, clock: SetClock
) -> None:
    undone = replace(offline_sale(), id=UUID(int=5))
    outbox.put(LoyaltyUndone(undone, NUMBER))
    clock.advance(timedelta(minutes=1))
    async with delivering(queue, deliveries):
        await until(queue, lambda: any(lane.next_try for lane in queue.lanes()))
    sale = offline_sale()
    outbox.put(SoldOffline(sale, creating.offline_order_id(sale)))
    assert {load.name for load in queue.by_destination()} == {"processing", f"processing:{NUMBER}"}
    (lane,) = outbox.lanes()
    assert (lane.service, lane.count, lane.amount) == (Service.PROCESSING, 2, Money(499000))
    assert (lane.oldest, lane.since, lane.words) == (NOON, None, "")


def test_refusals_are_counted_apart_from_what_waits(outbox: DurableOutbox, queue: Queue) -> None:
    outbox.put(*facts_of(live_sale()))
    (head,) = queue.dispatch.heads("orders", 1)
    queue.dispatch.refused(head, "нет такого заказа", what="refused", recovered=False)
    assert [(lane.service, lane.needs_human) for lane in outbox.lanes()] == [
        (Service.ORDERS, 1),
        (Service.PROCESSING, 0),
    ]
    queue.skip(head.message.key, by="И", reason="проверка")
    assert [lane.service for lane in outbox.lanes()] == [Service.PROCESSING]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(count=1), "по числу операций"),
        (Limits(amount=1), "по сумме"),
        (Limits(age=timedelta(hours=1)), "по возрасту старшей операции"),
    ],
)
def test_a_fact_beyond_the_shops_limit_is_refused_by_name(
    tmp_path: Path, clock: SetClock, limits: Limits, said: str
) -> None:
    with Queue.open(tmp_path / "small.sqlite", account="training", now=clock, limits=limits) as small:
        clock.advance(timedelta(hours=2))
        outbox = DurableOutbox(small, NAMES, now=clock)
        with pytest.raises(QueueFullError, match=said):
            outbox.put(*facts_of(live_sale()))
        assert (small.summary().count, outbox.lanes()) == (0, ())
