"""What the cashier reads when the queue nears the shop's limit, is full, shut out, or was damaged."""

from pathlib import Path

import pytest

from pos_client.counter.words import queue_salvaged
from pos_client.domain.sale import Sale, Stage
from pos_client.ports import Service
from pos_client.settings import QueueSection, Settings
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, COINS, SETTINGS, Time, deliver, open_till, receipts, sold


def limited(**limits: float) -> Settings:
    return SETTINGS.model_copy(update={"queue": QueueSection.model_validate(limits)})


def processing_is_away(shop: Shop) -> None:
    shop.faults.set(Fault("processing", "http-503", times=None))


async def test_a_full_queue_is_told_before_the_next_sale_meets_it(shop: Shop, clock: Time, tmp_path: Path) -> None:
    processing_is_away(shop)
    async with open_till(shop, tmp_path, clock, settings=limited(most=2)) as till:
        await sold(till, ANNA, C2C)
        notice = till.desk.state.notice
    assert notice is not None
    assert notice.what.startswith("Очередь отправки заполнена: по числу операций")
    assert all((notice.money, notice.action, notice.say))


@pytest.mark.parametrize(
    ("limits", "warned"),
    [
        ({"most": 3, "warn_at": 0.6}, "по числу операций"),
        ({"most_money": 12_000}, "по сумме"),
        ({}, ""),
        ({"most": 1000, "most_money": 1_000_000, "oldest_hours": 24.0}, ""),
    ],
)
async def test_only_a_limit_that_is_near_warns(
    shop: Shop, clock: Time, tmp_path: Path, limits: dict[str, float], warned: str
) -> None:
    processing_is_away(shop)
    async with open_till(shop, tmp_path, clock, settings=limited(**limits)) as till:
        await sold(till, ANNA, C2C)
        notice = till.desk.state.notice
    assert (notice.what if notice else "").startswith("Очередь отправки скоро заполнится") is bool(warned)
    assert warned in (notice.what if notice else "")


async def stopped_by_the_limit(shop: Shop, clock: Time, folder: Path) -> Sale:
    """A sale that took its money before the owner set a limit; its receipt is printed, and its facts are refused."""
    processing_is_away(shop)
    shop.faults.set(Fault("register", "paper-out", times=None, skip=2))
    async with open_till(shop, folder, clock) as till:
        await sold(till, ANNA, C2C)
        paid = await sold(till, COINS)
        assert paid.stage is Stage.FISCALISING
    shop.faults.lift()
    processing_is_away(shop)
    async with open_till(shop, folder, clock, settings=limited(most=2)) as till:
        await till.desk.resume(paid.id)
        stopped = till.desk.state.sale
    assert stopped is not None
    assert stopped.trouble is not None
    assert stopped.trouble.what.startswith("Очередь отправки заполнена")
    return stopped


async def test_a_full_queue_takes_no_more_money(shop: Shop, clock: Time, tmp_path: Path) -> None:
    processing_is_away(shop)
    async with open_till(shop, tmp_path, clock, settings=limited(most=2)) as till:
        await sold(till, ANNA, C2C)
        refused = await sold(till, COINS)
        assert refused.stage is Stage.OPEN
        assert till.desk.state.notice is not None
        assert till.desk.state.notice.money.startswith("Оплата не проведена")
        shop.faults.lift()
        await deliver(till, clock)
        await till.desk.pay(refused.due, refused.due)
        assert till.desk.state.sale is None
    assert len(receipts(shop)) == 2


async def test_a_sale_that_the_limit_stopped_is_finished_once_the_queue_has_room(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    stopped = await stopped_by_the_limit(shop, clock, tmp_path)
    assert stopped.stage is Stage.RECORDING
    async with open_till(shop, tmp_path, clock, settings=limited(most=2)) as till:
        assert till.desk.state.notice is not None
        assert till.desk.state.notice.what.startswith("Очередь отправки заполнена")
        assert [sale.id for sale in till.desk.state.unfinished] == [stopped.id]
        shop.faults.lift()
        await deliver(till, clock)
        await till.desk.resume(stopped.id)
        assert till.desk.state.sale is None
        await deliver(till, clock)
        assert till.desk.state.queue.count == 0
    assert len(receipts(shop)) == 2
    assert [len(shop.payments(number)) for number in (C2C, COINS)] == [1, 1]


async def test_the_counter_tells_which_service_shut_the_till_out(shop: Shop, clock: Time, tmp_path: Path) -> None:
    processing_is_away(shop)
    async with open_till(shop, tmp_path, clock) as till:
        await sold(till, ANNA, C2C)
        shop.faults.lift()
        shop.faults.set(Fault("processing", "unauthorized-401", times=None))
        await deliver(till, clock)
        (lane,) = till.desk.state.lanes
        assert (lane.service, lane.paused, lane.count) == (Service.PROCESSING, True, 1)
        shop.faults.lift()
        till.desk.queue.retry(None)
        await deliver(till, clock)
        assert till.desk.state.lanes == ()


def smash(folder: Path) -> None:
    file = folder / "outbox.sqlite3"
    file.write_bytes(b"\xff" * 100 + file.read_bytes()[100:])


def kept_aside(folder: Path) -> list[Path]:
    return list(folder.glob("outbox.sqlite3.damaged-*"))


async def test_a_damaged_queue_is_kept_aside_told_and_delivered_all_the_same(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    processing_is_away(shop)
    async with open_till(shop, tmp_path, clock) as till:
        await sold(till, ANNA, C2C)
    smash(tmp_path)
    async with open_till(shop, tmp_path, clock) as till:
        notice = till.desk.state.notice
        assert notice is not None
        assert notice.what.startswith("Файл очереди был повреждён и восстановлен")
        assert all((notice.money, notice.action, notice.say))
        shop.faults.lift()
        await deliver(till, clock)
    assert kept_aside(tmp_path)
    assert len(shop.payments(C2C)) == 1


@pytest.mark.parametrize(
    ("damaged", "lost", "said", "action"),
    [
        (0, 0, "прочитано 7.", "Продолжайте работу."),
        (2, 0, "прочитано 7, частично 2.", "назовите файл q.damaged-1"),
        (0, 3, "прочитано 7, не прочитано 3.", "назовите файл q.damaged-1"),
    ],
)
def test_a_salvage_calls_support_only_for_what_is_missing(damaged: int, lost: int, said: str, action: str) -> None:
    trouble = queue_salvaged(7, damaged, lost, "q.damaged-1")
    assert trouble.what.endswith(said)
    assert action in trouble.action
    assert ("стоят в очереди" in trouble.action) is bool(damaged)
