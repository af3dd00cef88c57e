"""A long outage: what the screen shows of the queue is true of all of it, and costs the same however much waits."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from offline_queue import Inspection, Message
from offline_queue import Outbox as Queue
from pos_client.adapters.outbox import DurableOutbox
from pos_client.adapters.sealing import AesGcm
from pos_client.domain.money import Money
from pos_client.ports import Service
from tests.adapters.conftest import NOON, SetClock
from tests.adapters.couriers import NAMES

Making = Callable[[int], tuple[Message, ...]]


class Counting(AesGcm):
    """The till's own cipher, and how many bodies were opened."""

    opened = 0

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes:
        self.opened += 1
        return super().unseal(sealed, bound_to)


def facts_of_a_sale(number: int) -> tuple[Message, ...]:
    """A payment and its points, of another sum for each sale; every third order of a shop has been sold offline."""
    sale, order = UUID(int=number), f"11{number:08}"
    at, body, kopecks = NOON + timedelta(seconds=number), b"{" + b" " * 1000 + b"}", 10_000 + number
    points = "processing" if number % 3 else f"processing:{order}"

    def fact(kind: str, stream: str, destination: str) -> Message:
        key = f"{kind}:{sale}:{order}"
        return Message(
            key=key,
            stream=stream,
            destination=destination,
            kind=kind,
            body=body,
            created=at,
            amount=kopecks,
            label=order,
        )

    return fact("payment", f"orders:{order}", "orders"), fact("settled", f"loyalty:{order}", points)


def only_two_lanes(number: int) -> tuple[Message, ...]:
    return facts_of_a_sale(number * 3 + 1)


@contextmanager
def waiting(
    folder: Path, sales: int, making: Making = only_two_lanes
) -> Iterator[tuple[Queue, DurableOutbox, Counting]]:
    clock, cipher = SetClock(), Counting(b"k" * 32)
    clock.advance(timedelta(days=1))
    with Queue.open(folder / f"{sales}.sqlite", account="training", now=clock, cipher=cipher) as queue:
        queue.put(*(message for number in range(sales) for message in making(number)))
        queue.checkpoint()
        yield queue, DurableOutbox(queue, NAMES, now=clock), cipher


def counted(queue: Queue) -> tuple[int, int, int]:
    """Count, money of each sale once, and dead letters, all from the rows."""
    entries = queue.entries(limit=100_000)
    by_sale: dict[str, int] = {}
    for entry in entries:
        sale = entry.message.key.split(":")[1]
        by_sale[sale] = max(by_sale.get(sale, 0), entry.message.amount)
    return len(entries), sum(by_sale.values()), sum(entry.state.name == "DEAD" for entry in entries)


def draw(outbox: DurableOutbox) -> None:
    """Everything that a redraw asks of the queue."""
    outbox.summary()
    outbox.lanes()
    outbox.shown()


def refuse(queue: Queue, destination: str, words: str = "нет") -> str:
    (head,) = queue.dispatch.heads(destination, 1)
    queue.dispatch.refused(head, words, what="refused", recovered=False)
    return head.message.key


def test_the_money_of_everything_that_waits_is_counted(tmp_path: Path) -> None:
    with waiting(tmp_path, 2_600) as (queue, outbox, _):
        found = outbox.summary()
        assert found.count == 5_200
        assert found.amount == Money(sum(10_000 + number * 3 + 1 for number in range(2_600)))
        assert [(lane.service, lane.count) for lane in outbox.lanes()] == [
            (Service.ORDERS, 2_600),
            (Service.PROCESSING, 2_600),
        ]
        assert len(outbox.waiting()) == len(outbox.entries()) == 5_200
        assert queue.summary().amount == 2 * found.amount.kopecks


def test_a_redraw_reads_no_more_of_a_long_queue_than_of_a_short_one(tmp_path: Path) -> None:
    read = {}
    for sales in (100, 1_500):
        with waiting(tmp_path, sales) as (queue, outbox, cipher):
            draw(outbox)
            refuse(queue, "orders")
            cipher.opened = 0
            draw(outbox)
            read[sales] = cipher.opened
            draw(outbox)
            assert cipher.opened == read[sales], "nothing has happened, and something was read again"
    assert read[100] == read[1_500] <= 150


def test_what_needs_a_person_comes_first_and_is_counted_whole(tmp_path: Path) -> None:
    with waiting(tmp_path, 200) as (queue, outbox, _):
        refused = {refuse(queue, "orders", f"нет {number}") for number in range(70)}
        shown = outbox.shown()
        assert len(shown) == 50
        assert {entry.key for entry in shown} <= refused
        assert [entry.created for entry in shown] == sorted(entry.created for entry in shown)
        found = outbox.summary()
        assert (found.count, found.needs_human, found.stuck) == (400, 70, 70)
        for key in sorted(refused)[:69]:
            outbox.close_as_handled(key, by="Анна", reason="проверка")
        assert [entry.needs_human for entry in outbox.shown()] == [True] + [False] * 49


def test_a_lane_that_refused_the_tills_keys_is_stuck_whole(tmp_path: Path) -> None:
    with waiting(tmp_path, 200) as (queue, outbox, _):
        refuse(queue, "orders")
        (head,) = queue.dispatch.heads("processing", 1)
        queue.dispatch.paused(head, "ключ не принят")
        found = outbox.summary()
        assert (found.needs_human, found.stuck) == (2, 201)
        shown = outbox.shown()
        assert all(entry.needs_human for entry in shown)
        assert {entry.service for entry in shown} == {Service.ORDERS, Service.PROCESSING}
        outbox.retry(None, by="Анна")
        assert outbox.summary().stuck == 1


def test_the_oldest_of_many_lanes_are_shown_by_age(tmp_path: Path) -> None:
    with waiting(tmp_path, 120, facts_of_a_sale) as (_, outbox, _):
        everything = outbox.entries()
        assert len(outbox.lanes()) == 2
        assert [entry.key for entry in outbox.shown()] == [entry.key for entry in everything[:50]]


def test_a_short_queue_is_shown_whole(tmp_path: Path) -> None:
    with waiting(tmp_path, 25, facts_of_a_sale) as (_, outbox, _):
        assert len(outbox.shown()) == 50
        assert outbox.shown() == outbox.entries()


@pytest.mark.parametrize("seed", range(4))
def test_the_sums_stay_those_of_the_rows_whatever_happens(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a plan that can be had again
    with waiting(tmp_path, 10, facts_of_a_sale) as (queue, outbox, _):
        draw(outbox)
        heard: list[tuple[int, int]] = []
        queue.subscribe(lambda _event: heard.append((outbox.summary().count, outbox.summary().amount.kopecks)))
        for step in range(60):
            match dice.randrange(4):
                case 0:
                    queue.put(*facts_of_a_sale(100 + step))
                case 1 if heads := queue.dispatch.heads(dice.choice(("orders", "processing")), 3):
                    queue.dispatch.delivered(dice.choice(heads), "", recovered=False)
                case 2 if queue.dispatch.heads("orders", 1):
                    key = refuse(queue, "orders")
                    if dice.random() < 0.5:
                        queue.skip(key, by="Анна", reason="проверка")
                case _:
                    queue.export(tmp_path / f"{step}.moved", by="Анна", reason="проверка")
                    queue.put(*facts_of_a_sale(1_000 + step))
                    if dice.random() < 0.5:
                        # Comes back without a word to anybody.
                        queue.import_from(tmp_path / f"{step}.moved", by="Анна", reason="проверка")
                        draw(outbox)
            found = outbox.summary()
            assert (found.count, found.amount.kopecks, found.stuck) == counted(queue)
        assert heard


def test_an_inspector_beside_the_till_counts_the_same(tmp_path: Path) -> None:
    with waiting(tmp_path, 60) as (queue, outbox, _):
        refuse(queue, "orders")
        inspection: Inspection
        with Queue.inspect(tmp_path / "60.sqlite") as inspection:
            loads = {load.name: (load.count, load.amount, load.dead) for load in inspection.by_destination()}
        assert {
            lane.service.value: (lane.count, lane.amount.kopecks, lane.needs_human) for lane in outbox.lanes()
        } == loads
