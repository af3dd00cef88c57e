"""The totals of the card terminal are held against the bank's, and the slip of it comes out of the register."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.domain.sale import Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.cashless import CardTerminal
from tests.counter.test_cashless_at_the_shop import CASHLESS
from tests.tills import C2C, Time, open_till


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
        yield till


def slips(shop: Shop) -> list[tuple[str, ...]]:
    """Those of settlements: payments have theirs."""
    return [slip for slip in shop.register.device.printed if "СВЕРКА ИТОГОВ" in slip]


async def paid_by_card(till: Till, rubles: int) -> None:
    await till.desk.scanned(C2C)
    await till.desk.tenders.pay_plan([TenderWish(TenderKind.CARD, Money(100 * rubles))])


async def test_the_bank_agrees_and_the_slip_is_on_paper(till: Till, shop: Shop, clock: Time) -> None:
    await paid_by_card(till, 2000)
    await till.desk.shift.reconcile()
    done = till.desk.state.reconciliation
    assert done is not None
    assert done.printed
    assert done.at is not None
    assert done.at <= clock.now
    assert slips(shop) == [done.slip]
    assert "Итого (Руб): 2000.00" in done.slip
    assert all(one.settled for one in shop.terminal.operations())
    assert till.desk.state.notice is None


async def test_a_second_one_holds_only_what_came_since(till: Till, shop: Shop) -> None:
    await paid_by_card(till, 2000)
    await till.desk.shift.reconcile()
    await till.desk.shift.reconcile()
    assert ["Операций: 1" in slip for slip in slips(shop)] == [True, False]


async def test_everybody_sees_that_the_terminal_is_at_it(till: Till) -> None:
    seen = []
    till.desk.listen(lambda state: seen.append(state.reconciliation and (state.reconciliation.at is None)))
    await till.desk.shift.reconcile()
    assert True in seen
    assert seen[-1] is False


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("card-no-link", "Сверка итогов не прошла. У терминала нет связи с банком."),
        ("card-odd", "Сверка итогов не прошла. Банк ответил: ОТКАЗ 77."),
        ("refuse", "Сверка итогов не прошла. Терминал: нет ответа."),
        ("lose-answer", "Терминал не подтвердил сверку итогов."),
    ],
)
async def test_a_failure_is_one_sentence_that_leaves_the_shift_alone(
    till: Till, shop: Shop, kind: str, words: str
) -> None:
    shop.faults.set(Fault("terminal", kind, operation="settle"))
    await till.desk.shift.reconcile()
    state = till.desk.state
    assert state.reconciliation is None
    assert state.notice is not None
    assert state.notice.what == words
    assert "Закрыть смену в ККТ можно и без неё." in state.notice.action
    assert slips(shop) == []
    await till.desk.shift.reconcile()
    assert len(slips(shop)) == 1
    assert till.desk.state.notice is None


async def test_a_slip_that_found_no_paper_is_printed_later_without_another_settlement(till: Till, shop: Shop) -> None:
    await paid_by_card(till, 2000)
    shop.faults.set(Fault("register", "paper-out", operation="nonFiscal"))
    await till.desk.shift.reconcile()
    state = till.desk.state
    assert state.reconciliation is not None
    assert not state.reconciliation.printed
    assert state.notice is not None
    assert state.notice.what.startswith("Сверка итогов прошла, но слип не напечатан.")
    assert "бумага" in state.notice.what
    await till.desk.shift.reconcile()
    assert [len(shop.calls("terminal", "settle")), len(slips(shop))] == [1, 1]
    assert "Операций: 1" in slips(shop)[0]
    assert till.desk.state.notice is None


async def test_a_second_press_while_the_terminal_is_at_it_does_nothing(till: Till, shop: Shop) -> None:
    held = shop.faults.set(Fault("terminal", "hang", operation="settle", seconds=5))
    first = asyncio.create_task(till.desk.shift.reconcile())
    await asyncio.to_thread(shop.faults.wait_for_hanging, 1, 5)
    await till.desk.shift.reconcile()
    shop.faults.lift(held.id)
    await first
    assert len(shop.calls("terminal", "settle")) == 1


async def test_a_card_in_doubt_comes_first_because_a_settlement_would_hide_its_last_slip(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    terminal = CardTerminal(["drop"], dumb=True)
    async with open_till(shop, tmp_path, clock, terminal=terminal) as till:
        await paid_by_card(till, 2000)
        for aside in (False, True):
            if aside:
                await till.desk.set_aside()
                assert till.desk.state.unfinished
            await till.desk.shift.reconcile()
            notice = till.desk.state.notice
            assert notice is not None
            assert "сначала закончим оплату или возврат картой" in notice.what
            assert till.desk.state.reconciliation is None


async def test_a_terminal_that_gives_no_slip_is_done_without_one(shop: Shop, clock: Time, tmp_path: Path) -> None:
    async with open_till(shop, tmp_path, clock, terminal=CardTerminal()) as till:
        await till.desk.shift.reconcile()
        done = till.desk.state.reconciliation
        assert done is not None
        assert done.printed
        assert slips(shop) == []


async def test_a_till_without_a_terminal_has_nothing_to_settle(shop: Shop, clock: Time, tmp_path: Path) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        await till.desk.shift.reconcile()
        assert (till.desk.state.reconciliation, till.desk.state.notice) == (None, None)


async def test_a_terminal_that_takes_no_card_before_it_is_settled_takes_it_afterwards(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "card-settlement", operation="pay"))
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    await till.desk.tenders.pay_plan([TenderWish(TenderKind.CARD, sale.due)])
    assert till.desk.state.sale is not None
    await till.desk.shift.reconcile()
    assert len(slips(shop)) == 1
    await till.desk.tenders.pay_plan([TenderWish(TenderKind.CARD, sale.due)])
    done = till.outside.journal.find(sale.id)
    assert done is not None
    assert done.stage is Stage.DONE


async def test_a_sale_is_paid_in_cash_while_the_terminal_is_at_it(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "hang", operation="settle", seconds=5))
    settling = asyncio.create_task(till.desk.shift.reconcile())
    await asyncio.to_thread(shop.faults.wait_for_hanging, 1, 5)
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    await till.desk.pay(sale.due, sale.due)
    done = till.outside.journal.find(sale.id)
    assert done is not None
    assert done.stage is Stage.DONE
    settling.cancel()
    await asyncio.gather(settling, return_exceptions=True)
    assert till.desk.state.reconciliation is None
