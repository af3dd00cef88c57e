"""Slips that a terminal gives come out of the register: after the money, once by themselves, and again by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.domain.sale import Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.cashless import Bank, CardTerminal
from tests.counter.test_cashless_at_the_shop import CASHLESS
from tests.tills import C2C, COINS, Fuse, PowerCutError, Time, deliver, open_till, receipts, shop_at

CARD, CASH, SBP = TenderKind.CARD, TenderKind.CASH, TenderKind.SBP
PART, REST = Money(200000), Money(299000)
REPEATED = "ПОВТОР СЛИПА"


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
        yield till


def slips(shop: Shop) -> list[tuple[str, ...]]:
    return shop.register.device.printed


def what(shop: Shop) -> list[str]:
    """What each of the slips is of, and for how much."""
    return [
        f"{'возврат' if any('Возврат' in line for line in slip) else 'оплата'} {slip[-5 if slip[-1] else -6].strip()}"
        for slip in slips(shop)
    ]


async def pay(till: Till, order: str = C2C, *wishes: TenderWish) -> None:
    await till.desk.scanned(order)
    if wishes:
        await till.desk.tenders.pay_plan(wishes)
    else:
        await till.desk.tenders.rest_by(CARD)


def told(till: Till) -> str:
    notice = till.desk.state.notice
    return "" if notice is None else notice.what


async def test_the_slip_of_a_payment_is_printed_as_the_terminal_gave_it(till: Till, shop: Shop) -> None:
    await pay(till)
    last = till.desk.state.last
    assert last is not None
    approval = last.tenders[0].approval
    assert approval is not None
    assert slips(shop) == [approval.slip]
    assert "ОДОБРЕНО" in " ".join(approval.slip)


async def test_each_card_of_a_visit_and_each_return_has_its_slip(till: Till, shop: Shop, clock: Time) -> None:
    await pay(till, C2C, TenderWish(CARD, PART), TenderWish(CARD, REST))
    assert what(shop) == ["оплата 2000.00", "оплата 2990.00"]
    await deliver(till, clock)
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    assert till.desk.state.last_refund is not None
    assert what(shop)[2:] == ["возврат 2000.00", "возврат 2990.00"]


async def test_a_visit_given_up_has_the_slips_of_what_went_there_and_back(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "card-no-funds", "pay", skip=1))
    await pay(till, C2C, TenderWish(CARD, PART), TenderWish(CARD, REST))
    assert what(shop) == ["оплата 2000.00"], "while the customer decides"
    await till.desk.cancel()
    assert till.desk.state.sale is None
    assert what(shop) == ["оплата 2000.00", "возврат 2000.00"]


async def test_the_receipt_comes_before_the_slip(till: Till, shop: Shop) -> None:
    await pay(till)
    posted = [call.operation for call in shop.calls("register") if call.operation in {"sell", "nonFiscal"}]
    assert posted == ["sell", "nonFiscal"]


async def test_a_payment_whose_receipt_fails_has_its_slip_and_gets_no_second_one_with_the_receipt(
    till: Till, shop: Shop
) -> None:
    shop.faults.set(Fault("register", "busy", "sell"))
    await pay(till)
    sale = till.desk.state.sale
    assert sale is not None
    assert (sale.stage, len(slips(shop)), receipts(shop)) == (Stage.FISCALISING, 1, [])
    await till.desk.recheck()
    assert (till.desk.state.sale, len(slips(shop)), receipts(shop)) == (None, 1, [499000])


async def test_a_slip_that_found_no_paper_comes_with_the_receipt_that_found_none_either(till: Till, shop: Shop) -> None:
    paper = shop.faults.set(Fault("register", "paper-out", times=None))
    await pay(till)
    assert (slips(shop), told(till)) == ([], ""), "the receipt has the word"
    shop.faults.lift(paper.id)
    await till.desk.recheck()
    assert (till.desk.state.sale, len(slips(shop)), receipts(shop)) == (None, 1, [499000])


async def test_a_slip_that_fails_alone_stops_nothing_and_is_a_word_to_the_cashier(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "paper-out", "nonFiscal"))
    await pay(till)
    assert (till.desk.state.sale, receipts(shop), slips(shop)) == (None, [499000], [])
    assert told(till) == "Слип не напечатан. В кассе закончилась бумага."
    await till.desk.slips.print_again(C2C)
    assert told(till) == ""
    assert [slip[0] for slip in slips(shop)] == [REPEATED]


async def test_while_a_slip_is_being_printed_the_next_customer_is_served(till: Till, shop: Shop) -> None:
    held = shop.faults.set(Fault("register", "hang", "nonFiscal", seconds=5))
    first = asyncio.create_task(pay(till))
    await asyncio.to_thread(shop.faults.wait_for_hanging, 1, 5)
    await till.desk.scanned(COINS)
    await till.desk.pay(Money(41160), Money(50000))
    assert receipts(shop) == [499000, 41160]
    assert not first.done()
    shop.faults.lift(held.id)
    await first


async def test_an_answer_that_was_lost_brings_its_slip_when_it_is_found(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "lose-answer", "pay"))
    await pay(till)
    assert what(shop) == ["оплата 4990.00"]


async def test_cash_and_transfers_have_no_slip(shop: Shop, clock: Time, tmp_path: Path) -> None:
    async with open_till(shop, tmp_path, clock, sbp=Bank()) as till:
        await pay(till, C2C, TenderWish(SBP, PART), TenderWish(CASH, REST, REST))
        assert till.desk.state.last is not None
        await till.desk.slips.print_again(C2C)
        assert "слипа нет" in told(till)
    assert slips(shop) == []


async def test_a_terminal_that_prints_by_itself_leaves_nothing_to_print(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock, terminal=CardTerminal()) as till:
        await pay(till)
        await till.desk.slips.print_again(C2C)
        assert "слипа нет" in told(till)
    assert (slips(shop), receipts(shop)) == ([], [499000])


async def test_by_hand_every_card_visit_of_the_order_is_printed_again_and_says_so(till: Till, shop: Shop) -> None:
    await pay(till, C2C, TenderWish(CARD, PART))
    await pay(till)
    await till.desk.slips.print_again(C2C)
    assert what(shop) == ["оплата 2000.00", "оплата 2990.00"] * 2
    assert [slip[0] == REPEATED for slip in slips(shop)] == [False, False, True, True]


async def test_by_hand_an_order_that_was_given_back_has_the_slip_of_the_return(
    till: Till, shop: Shop, clock: Time
) -> None:
    await pay(till)
    await deliver(till, clock)
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    await till.desk.slips.print_again(C2C)
    assert what(shop) == ["оплата 4990.00", "возврат 4990.00", "возврат 4990.00"]


async def test_by_hand_a_payment_that_waits_for_its_receipt_is_printed_again(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "busy", "sell"))
    await pay(till)
    await till.desk.slips.print_again(C2C)
    assert [slip[0] == REPEATED for slip in slips(shop)] == [False, True]


async def test_a_payment_of_another_till_gives_back_without_its_slip_being_printed_here(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    await pay(till)
    await deliver(till, clock)
    del slips(shop)[:]
    async with open_till(shop, made(tmp_path / "another"), clock, settings=CASHLESS) as other:
        await other.desk.refunds.open(C2C)
        await other.desk.refunds.confirm()
        assert other.desk.state.last_refund is not None
    assert what(shop) == ["возврат 4990.00"]


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def lived(folder: Path, cut: int | None) -> tuple[Fuse, list[tuple[str, ...]], list[int]]:
    """One card sale of a till that is cut off at this effect and seen through after a restart: its slips, receipts."""
    clock, fuse = Time(), Fuse(cut)
    with shop_at(clock) as shop:
        terminal = CardTerminal(slip=("СЛИП",), clock=clock)
        async with open_till(shop, folder, clock, fuse=fuse, terminal=terminal) as till:
            with suppress(PowerCutError):
                await pay(till)
        async with open_till(shop, folder, clock, terminal=terminal) as till:
            for sale in till.desk.state.unfinished:
                await till.desk.resume(sale.id)
                if till.desk.state.sale is not None:
                    await till.desk.cancel()
            assert till.desk.state.unfinished == ()
        return fuse, list(slips(shop)), receipts(shop)


@pytest.mark.timeout(120)
async def test_no_cut_of_a_card_sale_prints_its_slip_twice_and_none_before_its_end_loses_it(tmp_path: Path) -> None:
    fuse, whole, registered = await lived(made(tmp_path / "whole"), None)
    assert (whole, registered) == ([("СЛИП", "4990.00")], [499000])
    ended = fuse.names.index("before journal done") + 1
    for number in range(fuse.names.index("before journal paying") + 1, fuse.count + 1):
        _, printed, registered = await lived(made(tmp_path / str(number)), number)
        assert len(printed) <= 1, fuse.names[number - 1]
        if number <= ended:
            assert len(printed) == len(registered), fuse.names[number - 1]
