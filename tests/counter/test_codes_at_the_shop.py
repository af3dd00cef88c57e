"""A project that wants a code for points, and a till that asks for one, over the wire."""

from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import Points
from pos_client.domain.sale import Stage
from pos_client.settings import CounterSection, Settings
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, SETTINGS, Time, deliver, open_till, receipts, sold

PHONE = "79165550067"
NO_PHONE = "48211775"
SEND = "Offline.SendMobilePhoneAuthorizationCode"
CHECK = "Offline.CheckMobilePhoneAuthorizationCode"


def asking() -> Settings:
    """A till that asks for codes."""
    counter = SETTINGS.counter.model_dump() | {"confirm_spending": True}
    return SETTINGS.model_copy(update={"counter": CounterSection(**counter)})


async def redeemed(till: Till, shop: Shop, points: Points | None = None) -> None:
    await till.desk.scanned(ANNA)
    await till.desk.scanned(C2C)
    await till.desk.redeem(points)
    await till.desk.loyalty.code(shop.sms(PHONE)[-1].code)


async def test_the_right_code_opens_the_points_at_a_project_that_demands_one(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    shop.processing.switches.require_code_to_spend = True
    before = shop.balance(ANNA).available
    async with open_till(shop, tmp_path, clock, settings=asking()) as till:
        await redeemed(till, shop, Points(100))
        sale = await sold(till)
        await deliver(till, clock)
    assert (sale.stage, receipts(shop)) == (Stage.DONE, [499000 - 10000])
    assert sale.loyalty.promised is not None
    assert shop.balance(ANNA).available == before - 100 + sale.loyalty.promised.count


async def test_a_project_that_demands_a_code_from_a_till_that_asks_for_none_is_told_to_the_cashier(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.processing.switches.require_code_to_spend = True
    before = shop.balance(ANNA).available
    first = await sold(till, ANNA, C2C, points=True)
    assert first.trouble is not None
    assert (first.stage, first.due, receipts(shop)) == (Stage.OPEN, first.order.total if first.order else None, [])
    assert "Баллы не списаны" in first.trouble.what
    assert "код" in first.trouble.what.lower()
    second = await sold(till)
    await deliver(till, clock)
    assert (second.stage, receipts(shop)) == (Stage.DONE, [499000])
    assert shop.balance(ANNA).available >= before


@pytest.mark.parametrize("kind", ["refuse", "hang", "http-503", "protocol-400"])
@pytest.mark.parametrize("operation", [SEND, CHECK])
async def test_processing_that_fails_at_the_code_leaves_a_sale_without_points(
    shop: Shop, clock: Time, tmp_path: Path, operation: str, kind: str
) -> None:
    processing = SETTINGS.processing.model_copy(update={"member_timeout": 0.1})
    settings = asking().model_copy(update={"processing": processing})
    async with open_till(shop, tmp_path, clock, settings=settings) as till:
        shop.faults.set(Fault("processing", kind, operation, times=None))
        await till.desk.scanned(ANNA)
        await till.desk.scanned(C2C)
        await till.desk.redeem(None)
        await till.desk.loyalty.code("0000")
        code = till.desk.state.code
        assert code is not None
        assert code.trouble is not None
        sale = await sold(till)
    assert (sale.stage, receipts(shop), sale.points_asked) == (Stage.DONE, [499000], Points(0))


async def test_a_member_without_a_phone_is_told_that_no_code_can_be_sent(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock, settings=asking()) as till:
        await till.desk.scanned(NO_PHONE)
        await till.desk.scanned(C2C)
        await till.desk.redeem(None)
        code = till.desk.state.code
        assert code is not None
        assert code.trouble is not None
        sale = await sold(till)
    assert sale.stage is Stage.DONE


async def test_a_confirmed_customer_is_not_asked_again_after_a_restart(shop: Shop, clock: Time, tmp_path: Path) -> None:
    async with open_till(shop, tmp_path, clock, settings=asking()) as till:
        await redeemed(till, shop)
        sale = till.desk.state.sale
        assert sale is not None
    async with open_till(shop, tmp_path, clock, settings=asking()) as till:
        await till.desk.resume(sale.id)
        await till.desk.redeem(None)
        now = till.desk.state.sale
        assert now is not None
        assert (till.desk.state.code, now.points_asked, len(shop.sms(PHONE))) == (None, Points(620), 1)
        assert now.spending_confirmed
