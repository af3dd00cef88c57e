"""While nobody knows the end of one card operation, the terminal is asked for no other: it remembers only its last."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from pos_client.app import Till
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderState, TenderWish
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Sale, Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.cashless import Bank, CardTerminal
from tests.counter.test_cashless_at_the_shop import CASHLESS
from tests.tills import C2C, COINS, Time, deliver, open_till

CARD, CASH, SBP = TenderKind.CARD, TenderKind.CASH, TenderKind.SBP
PART, REST, WHOLE, SMALL = Money(200000), Money(299000), Money(499000), Money(41160)


@pytest.fixture
def terminal(clock: Time) -> CardTerminal:
    return CardTerminal(clock=clock)


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path, terminal: CardTerminal, bank: Bank) -> AsyncIterator[Till]:
    async with open_till(shop, tmp_path, clock, terminal=terminal, sbp=bank) as till:
        yield till


async def left_in_doubt(till: Till, terminal: CardTerminal) -> Sale:
    """A card was charged, nobody can tell, and the next customer waits."""
    terminal.does, terminal.dumb = ["lose"], True
    await till.desk.scanned(C2C)
    await till.desk.tenders.rest_by(CARD)
    await till.desk.set_aside()
    (sale,) = till.desk.state.unfinished
    assert sale.tenders[0].state is TenderState.UNKNOWN
    return sale


def told(till: Till) -> str:
    notice = till.desk.state.notice
    return "" if notice is None else f"{notice.what} {notice.action}"


def at_the_counter(till: Till) -> Sale:
    sale = till.desk.state.sale
    assert sale is not None, till.desk.state.notice
    return sale


async def test_a_second_card_is_not_charged_and_the_cashier_hears_which_order_comes_first(
    till: Till, terminal: CardTerminal
) -> None:
    await left_in_doubt(till, terminal)
    await till.desk.scanned(COINS)
    for _ in range(2):
        await till.desk.tenders.rest_by(CARD)
        assert "не выяснено, прошла ли оплата картой по заказу 1106153417" in told(till)
        assert "сначала доведите ту продажу: она на первом экране" in told(till)
        assert (at_the_counter(till).stage, len(terminal.asked)) == (Stage.OPEN, 1)


@pytest.mark.parametrize("kind", [CASH, SBP])
async def test_other_money_is_taken_meanwhile(till: Till, terminal: CardTerminal, bank: Bank, kind: TenderKind) -> None:
    await left_in_doubt(till, terminal)
    await till.desk.scanned(COINS)
    await till.desk.tenders.rest_by(kind, SMALL if kind is CASH else None)
    last = till.desk.state.last
    assert last is not None
    assert (last.taken, bank.holds, len(terminal.asked)) == (SMALL, SMALL if kind is SBP else ZERO, 1)


async def test_a_card_among_other_money_stops_the_whole_plan_before_anything_moves(
    till: Till, terminal: CardTerminal, bank: Bank
) -> None:
    await left_in_doubt(till, terminal)
    await till.desk.scanned(COINS)
    await till.desk.tenders.pay_plan([TenderWish(SBP, Money(41060)), TenderWish(CARD, Money(100))])
    assert (at_the_counter(till).stage, bank.requested) == (Stage.OPEN, {})


async def test_a_restart_forgets_no_doubt(shop: Shop, clock: Time, tmp_path: Path, terminal: CardTerminal) -> None:
    async with open_till(shop, tmp_path, clock, terminal=terminal) as till:
        await left_in_doubt(till, terminal)
    async with open_till(shop, tmp_path, clock, terminal=terminal) as till:
        await till.desk.scanned(COINS)
        await till.desk.tenders.rest_by(CARD)
        assert "по заказу 1106153417" in told(till)
        assert len(terminal.asked) == 1


async def test_what_is_in_doubt_is_asked_about_and_goes_on_by_itself(till: Till, terminal: CardTerminal) -> None:
    sale = await left_in_doubt(till, terminal)
    await till.desk.resume(sale.id)
    assert at_the_counter(till).tenders[0].state is TenderState.UNKNOWN
    terminal.dumb = False
    await till.desk.recheck()
    assert (till.desk.state.sale, terminal.holds) == (None, WHOLE)
    await till.desk.scanned(COINS)
    await till.desk.tenders.rest_by(CARD)
    assert (till.desk.state.sale, terminal.holds) == (None, WHOLE + SMALL)


async def test_a_card_that_surely_was_not_charged_can_be_asked_for_again(till: Till, terminal: CardTerminal) -> None:
    terminal.does, terminal.dumb = ["drop"], True
    await till.desk.scanned(C2C)
    await till.desk.tenders.rest_by(CARD)
    await till.desk.tenders.answer_check(False, ZERO)
    await till.desk.tenders.rest_by(CARD)
    assert (till.desk.state.sale, terminal.holds) == (None, WHOLE)


async def test_a_refund_to_a_card_is_not_begun(till: Till, shop: Shop, clock: Time, terminal: CardTerminal) -> None:
    await till.desk.scanned(COINS)
    await till.desk.tenders.rest_by(CARD)
    await deliver(till, clock)
    await left_in_doubt(till, terminal)
    await till.desk.refunds.open(COINS)
    await till.desk.refunds.confirm()
    page = till.desk.state.refund
    assert page is not None
    assert "Возврат на карту пока не начать" in told(till)
    assert "ту продажу: она на первом экране" in told(till)
    assert (page.refund.stage, shop.refund(COINS), len(terminal.asked)) == (RefundStage.OPEN, None, 2)


async def test_cash_is_refunded_meanwhile(till: Till, clock: Time, terminal: CardTerminal) -> None:
    await till.desk.scanned(COINS)
    await till.desk.pay(SMALL, SMALL)
    await deliver(till, clock)
    await left_in_doubt(till, terminal)
    await till.desk.refunds.open(COINS)
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()
    assert till.desk.state.last_refund is not None


async def returned_in_doubt(till: Till, clock: Time, terminal: CardTerminal) -> None:
    await till.desk.scanned(C2C)
    await till.desk.tenders.rest_by(CARD)
    await deliver(till, clock)
    terminal.does, terminal.dumb = ["lose"], True
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    till.desk.refunds.set_aside()
    assert len(till.desk.state.unfinished_refunds) == 1


async def test_a_return_in_doubt_keeps_every_card_away_until_it_is_seen_through(
    till: Till, clock: Time, terminal: CardTerminal
) -> None:
    await returned_in_doubt(till, clock, terminal)
    await till.desk.scanned(COINS)
    await till.desk.tenders.rest_by(CARD)
    assert "не выяснено, прошёл ли возврат на карту по заказу 1106153417" in told(till)
    assert "тот возврат: он на первом экране" in told(till)
    assert len(terminal.asked) == 2
    await till.desk.cancel()
    terminal.dumb = False
    (refund,) = till.desk.state.unfinished_refunds
    await till.desk.refunds.resume(refund.id)
    assert (till.desk.state.refund, len(terminal.given_back)) == (None, 1)
    await till.desk.scanned(COINS)
    await till.desk.tenders.rest_by(CARD)
    assert (till.desk.state.sale, len(terminal.asked)) == (None, 3)


async def test_what_a_person_gives_back_at_the_terminal_keeps_no_card_away(
    till: Till, clock: Time, terminal: CardTerminal
) -> None:
    await left_in_doubt(till, terminal)
    await till.desk.resume(till.desk.state.unfinished[0].id)
    await till.desk.tenders.answer_check(True, WHOLE)
    await deliver(till, clock)
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    assert "на самом терминале" in str(till.desk.state.refund)
    till.desk.refunds.set_aside()
    assert len(till.desk.state.unfinished_refunds) == 1
    await till.desk.scanned(COINS)
    await till.desk.tenders.rest_by(CARD)
    assert (till.desk.state.sale, len(terminal.asked)) == (None, 2)


async def test_a_return_of_another_sum_keeps_no_card_away_while_the_bank_looks_into_it(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock, settings=CASHLESS) as till:
        await till.desk.scanned(C2C)
        await till.desk.tenders.rest_by(CARD)
        await deliver(till, clock)
        shop.faults.set(Fault("terminal", "card-wrong-sum", operation="refund"))
        await till.desk.refunds.open(C2C)
        await till.desk.refunds.confirm()
        await till.desk.refunds.recheck()
        till.desk.refunds.set_aside()
        assert len(till.desk.state.unfinished_refunds) == 1
        await till.desk.scanned(COINS)
        await till.desk.tenders.rest_by(CARD)
        assert till.desk.state.sale is None
        assert [(one.kind, one.amount) for one in shop.terminal.operations()][-1] == ("pay", SMALL.kopecks)


def another_doubt(till: Till, like: Sale) -> Sale:
    """What a version that kept no card away may have left in the journal."""
    order = like.order
    assert order is not None
    asked = replace(like.tenders[0], state=TenderState.ASKED, operation=uuid4(), approval=None)
    other = replace(
        like, id=uuid4(), stage=Stage.PAYING, order=replace(order, number="1106159999"), tenders=(asked,), trouble=None
    )
    till.outside.journal.save(other)
    return other


def ended(till: Till, other: Sale) -> None:
    surely_nothing = other.tender_became(other.tenders[0], other.tenders[0].refused("нет"))
    till.outside.journal.save(surely_nothing.given_up().cancelled(at=other.started_at))


async def test_a_plan_that_goes_on_later_asks_for_no_card_while_another_order_is_in_doubt(
    till: Till, terminal: CardTerminal
) -> None:
    terminal.does, terminal.dumb = ["lose"], True
    await till.desk.scanned(C2C)
    await till.desk.tenders.pay_plan([TenderWish(CARD, PART), TenderWish(CARD, REST)])
    another_doubt(till, at_the_counter(till))
    await till.desk.tenders.answer_check(True, PART)
    sale = at_the_counter(till)
    assert [one.state for one in sale.tenders] == [TenderState.APPROVED, TenderState.DECLINED]
    assert sale.trouble is not None
    assert "по заказу 1106159999" in sale.trouble.what
    assert (len(terminal.asked), terminal.holds) == (1, PART)
    await till.desk.tenders.rest_by(CARD)
    assert "1106159999" in told(till)
    await till.desk.tenders.rest_by(CASH, REST)
    assert till.desk.state.sale is None


async def test_money_of_a_visit_given_up_goes_back_to_its_card_after_the_other_doubt_is_gone(
    till: Till, terminal: CardTerminal
) -> None:
    terminal.does = ["approve", "decline"]
    await till.desk.scanned(C2C)
    await till.desk.tenders.pay_plan([TenderWish(CARD, PART), TenderWish(CARD, REST)])
    other = another_doubt(till, at_the_counter(till))
    await till.desk.cancel()
    sale = at_the_counter(till)
    assert sale.trouble is not None
    assert "по заказу 1106159999" in sale.trouble.what
    assert "Отложите (Esc)" in sale.trouble.action
    assert (sale.tenders[0].state, terminal.given_back) == (TenderState.APPROVED, {})
    ended(till, other)
    await till.desk.recheck()
    assert (till.desk.state.sale, terminal.holds) == (None, ZERO)
