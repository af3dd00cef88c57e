"""Conditions in a whole till over the training shop: never in the middle of a sale, always at the next start."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.conditions.standing import Keeper, shelf_of
from pos_client.settings import ConditionsSection
from pos_client.training.shop import Shop
from tests.adapters.conditions_maker import KEY, PROJECT, issue
from tests.tills import ANNA, C2C, SETTINGS, Time, shop_at, sold

OTHER_BALANCE = {"balance": "Other"}
WORDS = {"receipt": {"promised": "За заказ: {points} Б {не формат}", "closing": ["Подробности у сотрудника"]}}
FOLLOWING = SETTINGS.model_copy(
    update={
        "conditions": ConditionsSection(
            project=PROJECT, public_keys=(KEY.public,), address="http://127.0.0.1:8765/conditions/v1"
        )
    }
)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def shop(clock: Time) -> Iterator[Shop]:
    with shop_at(clock) as shop:
        yield shop


@asynccontextmanager
async def started(shop: Shop, folder: Path, clock: Time) -> AsyncIterator[Till]:
    """A till as the program starts it: what is in force first, then everything else."""
    standing = Keeper(FOLLOWING, shelf_of(folder)).at_start(clock())
    till = Till(standing.settings, folder, training=True, clock=clock, wire=shop.transport(), standing=standing)
    async with till:
        yield till


async def heard(till: Till) -> str:
    """Let the till work until something about conditions is on the strip."""
    said = asyncio.Event()
    till.desk.listen(lambda state: said.set() if state.notice else None)
    work = asyncio.create_task(till.run())
    try:
        await asyncio.wait_for(said.wait(), 10)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    notice = till.desk.state.notice
    return notice.what if notice else ""


async def test_conditions_that_come_during_a_sale_wait_for_the_next_start(
    shop: Shop, tmp_path: Path, clock: Time
) -> None:
    Keeper(FOLLOWING, shelf_of(tmp_path)).take(issue(1, processing={}), clock())
    shop.published.content = issue(2, processing=OTHER_BALANCE)
    async with started(shop, tmp_path, clock) as till:
        await till.desk.scanned(ANNA)
        assert await heard(till) == "Новые условия № 2 действуют со следующего запуска."
        till.desk.dismiss_notice()
        sale = await sold(till, C2C)
        assert sale.customer is not None
        assert sale.customer.balance is not None
    async with started(shop, tmp_path, clock) as till:
        await till.desk.scanned(ANNA)
        on_counter = till.desk.state.sale
        assert on_counter is not None
        assert on_counter.customer is not None
        assert on_counter.customer.balance is None, "the account has another name now"


async def test_a_damaged_issue_is_on_the_strip_and_the_sale_goes_on(shop: Shop, tmp_path: Path, clock: Time) -> None:
    Keeper(FOLLOWING, shelf_of(tmp_path)).take(issue(1, processing={}), clock())
    shop.published.content = issue(2)[:-50]
    async with started(shop, tmp_path, clock) as till:
        assert await heard(till) == "Файл условий повреждён: это не JSON."
        notice = till.desk.state.notice
        assert notice is not None
        assert notice.money == "Действуют условия № 1."
        assert (await sold(till, ANNA, C2C)).document is not None


async def test_receipts_speak_in_the_words_from_above(shop: Shop, tmp_path: Path, clock: Time) -> None:
    Keeper(FOLLOWING, shelf_of(tmp_path)).take(issue(1, processing={}, texts=WORDS), clock())
    async with started(shop, tmp_path, clock) as till:
        sale = await sold(till, ANNA, C2C)
    assert sale.fiscal is not None
    promised, closing = sale.fiscal.receipt.notes[-2:]
    assert promised == f"За заказ: {sale.loyalty.promised} Б {{не формат}}"
    assert closing == "Подробности у сотрудника"
