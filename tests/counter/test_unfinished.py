"""What the counter offers for a sale that a restart interrupted, and what it says of points that wait for the rest."""

from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.loyalty import Earning
from pos_client.domain.money import Money
from pos_client.domain.sale import Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, COINS, Time, deliver, open_till, receipts, sold


async def test_an_unfinished_sale_without_a_receipt_is_given_up_and_its_points_come_back(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("register", "paper-out", times=None))
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold(till, ANNA, C2C, points=True)
    async with open_till(shop, tmp_path, clock) as till:
        await till.desk.give_up(sale.id)
        state = till.desk.state
        assert (state.sale, state.unfinished, state.notice) == (None, (), None)
        await deliver(till, clock)
    async with open_till(shop, tmp_path, clock) as till:
        assert till.desk.state.unfinished == ()
    assert shop.balance(ANNA) == before
    assert receipts(shop) == []


async def test_an_unfinished_sale_whose_receipt_may_exist_is_not_given_up(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        await sold(till, COINS)
        shop.faults.set(Fault("register", "lose-answer", "sell"))
        shop.faults.set(Fault("register", "refuse", "poll", times=None))
        sale = await sold(till, C2C)
        assert sale.fiscal is not None
        assert sale.fiscal.sent
    shop.faults.lift()
    async with open_till(shop, tmp_path, clock) as till:
        await till.desk.give_up(sale.id)
        state = till.desk.state
        assert [each.id for each in state.unfinished] == [sale.id]
        assert state.sale is None
        assert state.notice is not None
        await till.desk.resume(sale.id)
        assert till.desk.state.last is not None
    assert receipts(shop) == [41160, 499000]


async def test_a_sale_is_not_given_up_behind_the_one_on_the_counter(shop: Shop, clock: Time, tmp_path: Path) -> None:
    shop.faults.set(Fault("register", "paper-out", times=None))
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold(till, C2C)
    async with open_till(shop, tmp_path, clock) as till:
        await till.desk.scanned(ANNA)
        await till.desk.give_up(sale.id)
        assert [each.id for each in till.desk.state.unfinished] == [sale.id]
        assert till.desk.state.sale is not None


@pytest.mark.parametrize("down", [False, True])
async def test_whoever_brings_the_rest_the_first_visits_points_are_not_denied(
    till: Till, shop: Shop, *, down: bool
) -> None:
    await sold(till, ANNA, C2C, part=Money(100_000))
    if down:
        shop.faults.set(Fault("processing", "refuse", times=None))
        await till.desk.scanned(ANNA)
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.quote is not None
    assert sale.quote.earning is Earning.CARRIED


async def test_a_receipt_that_nobody_can_tell_about_is_set_aside_and_the_till_sells_on(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        await till.desk.register.look()
        shop.faults.set(Fault("register", "lose-answer", "sell"))
        shop.faults.set(Fault("register", "refuse", times=None, skip=3))
        stuck = await sold(till, C2C)
        assert (stuck.stage, stuck.trouble is None) == (Stage.FISCALISING, False)
        await till.desk.set_aside()
        state = till.desk.state
        assert (state.sale, [sale.id for sale in state.unfinished]) == (None, [stuck.id])
        shop.faults.lift()
        await till.desk.scanned(C2C)
        assert till.desk.state.sale is None
        other = await sold(till, COINS)
        assert other.stage is Stage.DONE
        await till.desk.resume(stuck.id)
        assert till.desk.state.last is not None
        assert till.desk.state.last.id == stuck.id
    assert sorted(receipts(shop)) == [41160, 499000]
