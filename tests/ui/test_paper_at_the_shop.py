"""Keys, window, counter and shop together: the register is replaced, and the cashier answers for a receipt."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from pos_client.domain.sale import Stage
from pos_client.training.faults import Fault
from pos_client.training.register import Register
from pos_client.training.shop import Shop
from tests.hands import wait_until
from tests.tills import C2C, COINS, Time, replace_register, shop_at
from tests.ui.test_loyalty_at_the_shop import Counter, counter_at


@pytest.fixture
def clock() -> Time:
    return Time()


async def sold_for_cash(at: Counter, order: str) -> None:
    await at.scan(order, lambda state: state.sale is not None and state.sale.quote is not None)
    await at.press("F5")
    await at.press("Enter")


async def asked(at: Counter, shop: Shop, clock: Time, *, registered: bool) -> Register:
    await sold_for_cash(at, COINS)
    await wait_until(lambda: at.state.last is not None)
    shop.faults.set(Fault("register", "lose-answer" if registered else "drop", "sell"))
    shop.faults.set(Fault("register", "refuse", "poll", times=None))
    await sold_for_cash(at, C2C)
    await wait_until(lambda: at.state.sale is not None and at.state.sale.trouble is not None)
    old = replace_register(shop, clock)
    shop.faults.lift()
    await at.press("Enter")
    await wait_until(lambda: "Чек напечатан? Номер ФД с бумаги" in at.said and "другой фискальный" in at.said)
    return old


async def test_the_number_on_the_paper_is_typed_and_the_customer_may_go(
    dressed: QApplication, tmp_path: Path, clock: Time
) -> None:
    with shop_at(clock) as shop:
        async with counter_at(shop, tmp_path, clock, dressed) as at:
            old = await asked(at, shop, clock, registered=True)
            number = old.device.storage.last()
            await at.write(str(number))
            await wait_until(lambda: f"Номер ФД с бумаги: {number}" in at.said)
            await at.press("Enter")
            await wait_until(lambda: at.state.sale is None)
            await wait_until(lambda: f"Чек ФД {number}" in at.said and "записан со слов" in at.said)
            last = at.state.last
            assert last is not None
            assert (last.stage, last.order is not None and last.order.number) == (Stage.DONE, C2C)
            assert [one for one in shop.fiscal_documents() if one.type == "sell"] == []


async def test_no_paper_is_signed_by_two_keys_and_printed_once(
    dressed: QApplication, tmp_path: Path, clock: Time
) -> None:
    with shop_at(clock) as shop:
        async with counter_at(shop, tmp_path, clock, dressed) as at:
            await asked(at, shop, clock, registered=False)
            await at.press("Del")
            await wait_until(lambda: "Бумажного чека точно нет?" in at.said)
            await at.press("Enter")
            assert [one for one in shop.fiscal_documents() if one.type == "sell"] == []
            await at.press("Del")
            await wait_until(lambda: at.state.sale is None)
            assert [one.total for one in shop.fiscal_documents() if one.type == "sell"] == [499000]
