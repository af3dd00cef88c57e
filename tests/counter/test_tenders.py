"""One visit paid by several means: what moved is recorded as moved, what did not is taken only by a new word."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pos_client.adapters.journal import SqliteJournal
from pos_client.app import Till
from pos_client.counter import words
from pos_client.counter.state import CounterState, TenderStep
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderState, TenderWish
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Sale, Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.cashless import Bank, CardTerminal
from tests.tills import ANNA, C2C, COINS, Time, deliver, open_till, receipts

CARD, CASH, SBP = TenderKind.CARD, TenderKind.CASH, TenderKind.SBP
WHOLE = Money(499000)


@pytest.fixture
def terminal() -> CardTerminal:
    return CardTerminal()


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path, terminal: CardTerminal, bank: Bank) -> AsyncIterator[Till]:
    async with open_till(shop, tmp_path, clock, terminal=terminal, sbp=bank) as till:
        await till.desk.scanned(C2C)
        yield till


def step(till: Till) -> TenderStep:
    now = till.desk.state.tendering
    assert now is not None
    return now.step


def last(till: Till) -> Sale:
    done = till.desk.state.last
    assert done is not None, till.desk.state.sale
    return done


def wish(kind: TenderKind, kopecks: int, received: int | None = None) -> TenderWish:
    return TenderWish(kind, Money(kopecks), None if received is None else Money(received))


def paid_by(till: Till) -> list[tuple[TenderKind, int, TenderState]]:
    return [(one.kind, one.amount.kopecks, one.state) for one in last(till).tenders]


async def test_card_transfer_and_cash_pay_one_visit_with_one_receipt(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal, bank: Bank
) -> None:
    await till.desk.tenders.pay_plan([wish(CASH, 149000, 150000), wish(CARD, 200000), wish(SBP, 150000)])
    approved = TenderState.APPROVED
    assert paid_by(till) == [(CARD, 200000, approved), (SBP, 150000, approved), (CASH, 149000, approved)]
    assert last(till).takings.change == Money(1000)
    assert (terminal.holds, bank.holds, receipts(shop)) == (Money(200000), Money(150000), [499000])
    await deliver(till, clock)
    told = [(one["type"], one["sum"]) for payment in shop.payments(C2C) for one in payment["tenders"]]
    assert told == [("CARD", 2000.0), ("SBP", 1500.0), ("CASH", 1490.0)]


async def test_the_rest_is_paid_by_one_key(till: Till, terminal: CardTerminal) -> None:
    await till.desk.tenders.rest_by(CARD)
    assert terminal.holds == WHOLE
    assert last(till).settles


async def test_cash_beside_a_card_is_counted_after_the_card(till: Till, shop: Shop) -> None:
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CASH, 299000)])
    now = till.desk.state.tendering
    assert now is not None
    assert (now.step, now.approved, now.rest, now.left) == (TenderStep.CASH, Money(200000), Money(299000), ZERO)
    assert receipts(shop) == []
    await till.desk.tenders.cash(Money(298999))
    assert till.desk.state.notice is not None
    await till.desk.tenders.cash(Money(300000))
    assert (last(till).takings.change, receipts(shop)) == (Money(1000), [499000])


async def test_equal_parts_sum_to_the_kopeck(till: Till, terminal: CardTerminal) -> None:
    await till.desk.cancel()
    await till.desk.scanned(COINS)
    await till.desk.tenders.split(7)
    assert sorted(money.kopecks for money in terminal.charged.values()) == [5880] * 7
    assert sum(5880 for _ in terminal.charged) == last(till).taken.kopecks


async def test_a_declined_card_leaves_what_moved_and_the_rest_is_paid_in_cash(
    till: Till, shop: Shop, terminal: CardTerminal
) -> None:
    terminal.does = ["approve", "decline"]
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CARD, 299000)])
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.trouble is not None
    assert (step(till), sale.takings.approved, sale.trouble.what) == (
        TenderStep.DECIDE,
        Money(200000),
        "Недостаточно средств.",
    )
    await till.desk.tenders.rest_by(CASH, Money(300000))
    assert [one.state for one in last(till).attempts] == [TenderState.DECLINED]
    assert (last(till).taken, last(till).takings.change, receipts(shop)) == (WHOLE, Money(1000), [499000])
    assert terminal.holds == Money(200000)


async def test_after_a_declined_card_the_customer_may_pay_the_rest_another_day(
    till: Till, shop: Shop, terminal: CardTerminal
) -> None:
    terminal.does = ["approve", "decline"]
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CARD, 299000)])
    await till.desk.tenders.enough()
    assert (last(till).taken, last(till).settles, receipts(shop)) == (Money(200000), False, [200000])
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.due == Money(299000)


async def test_with_nothing_moved_there_is_nothing_to_stop_at(till: Till, terminal: CardTerminal) -> None:
    terminal.does = ["decline"]
    await till.desk.tenders.rest_by(CARD)
    await till.desk.tenders.enough()
    assert till.desk.state.notice is not None
    assert step(till) is TenderStep.DECIDE


async def test_giving_up_gives_the_card_its_money_back_first(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    terminal.does = ["approve", "decline"]
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CARD, 299000)])
    sale = till.desk.state.sale
    assert sale is not None
    await till.desk.cancel()
    assert till.desk.state.sale is None
    ended = till.outside.journal.find(sale.id)
    assert ended is not None
    assert (ended.stage, ended.tenders[0].state) == (Stage.CANCELLED, TenderState.RETURNED)
    await deliver(till, clock)
    assert (terminal.holds, receipts(shop), shop.payments(C2C)) == (ZERO, [], [])


async def test_a_return_that_was_declined_is_not_forgotten(till: Till, terminal: CardTerminal) -> None:
    terminal.does = ["approve", "decline", "decline"]
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CARD, 299000)])
    await till.desk.cancel()
    assert (step(till), terminal.holds) == (TenderStep.STUCK, Money(200000))
    await till.desk.recheck()
    assert (till.desk.state.sale, terminal.holds) == (None, ZERO)


async def test_a_return_whose_answer_was_lost_is_not_made_twice(till: Till, terminal: CardTerminal) -> None:
    terminal.does = ["approve", "decline", "lose"]
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CARD, 299000)])
    terminal.dumb = True
    await till.desk.cancel()
    assert step(till) is TenderStep.QUESTIONS
    terminal.dumb = False
    await till.desk.recheck()
    assert (till.desk.state.sale, terminal.holds, len(terminal.given_back)) == (None, ZERO, 1)


@pytest.mark.parametrize(("word", "asked"), [("lose", 1), ("drop", 2)])
async def test_a_lost_answer_is_asked_about_and_never_charged_again(
    till: Till, shop: Shop, terminal: CardTerminal, word: str, asked: int
) -> None:
    terminal.does = [word]
    await till.desk.tenders.rest_by(CARD)
    if word == "drop":
        assert step(till) is TenderStep.DECIDE
        await till.desk.tenders.rest_by(CARD)
    assert (len(terminal.asked), terminal.holds, receipts(shop)) == (asked, WHOLE, [499000])


async def test_while_nobody_can_tell_no_other_money_is_touched(till: Till, shop: Shop, terminal: CardTerminal) -> None:
    terminal.does, terminal.dumb = ["lose"], True
    await till.desk.tenders.rest_by(CARD)
    assert step(till) is TenderStep.QUESTIONS
    await till.desk.tenders.rest_by(CASH, WHOLE)
    await till.desk.cancel()
    await till.desk.recheck()
    assert (step(till), len(terminal.asked), receipts(shop)) == (TenderStep.QUESTIONS, 1, [])
    terminal.dumb = False
    await till.desk.recheck()
    assert (last(till).taken, receipts(shop)) == (WHOLE, [499000])


async def test_two_answers_of_the_cashier_settle_what_nobody_can_tell(
    till: Till, shop: Shop, terminal: CardTerminal
) -> None:
    terminal.does, terminal.dumb = ["lose"], True
    await till.desk.tenders.rest_by(CARD)
    await till.desk.tenders.answer_check(True, ZERO)
    assert (step(till), receipts(shop)) == (TenderStep.QUESTIONS, [])
    await till.desk.tenders.answer_check(True, WHOLE)
    signed = last(till).tenders[0].testimony
    assert signed is not None
    assert (signed.cashier, signed.amount, receipts(shop)) == (last(till).cashier.name, WHOLE, [499000])


async def test_without_a_slip_nothing_was_charged_and_the_rest_is_open(till: Till, terminal: CardTerminal) -> None:
    terminal.does, terminal.dumb = ["drop"], True
    await till.desk.tenders.rest_by(CARD)
    await till.desk.tenders.answer_check(False, ZERO)
    assert step(till) is TenderStep.DECIDE
    terminal.dumb = False
    await till.desk.tenders.rest_by(CASH, WHOLE)
    kept = [(one.state, one.testimony is not None) for one in last(till).attempts]
    assert kept == [(TenderState.DECLINED, True)]


async def test_a_smaller_sum_on_the_slip_leaves_the_difference_to_be_paid(till: Till, terminal: CardTerminal) -> None:
    terminal.does, terminal.dumb = ["lose"], True
    await till.desk.tenders.rest_by(CARD)
    await till.desk.tenders.answer_check(True, Money(490000))
    now = till.desk.state.tendering
    assert now is not None
    assert (now.step, now.approved, now.rest) == (TenderStep.CASH, Money(490000), Money(9000))
    await till.desk.tenders.cash(Money(9000))
    assert last(till).settles


async def test_what_was_charged_beyond_the_due_is_recorded_and_can_only_go_back(
    till: Till, shop: Shop, terminal: CardTerminal
) -> None:
    terminal.does = ["more"]
    await till.desk.tenders.rest_by(CARD)
    sale = till.desk.state.sale
    assert sale is not None
    assert (sale.takings.approved, step(till), receipts(shop)) == (Money(499100), TenderStep.DECIDE, [])
    await till.desk.cancel()
    assert (till.desk.state.sale, terminal.holds) == (None, ZERO)


async def test_more_charged_by_one_card_is_taken_less_by_what_comes_after(till: Till, terminal: CardTerminal) -> None:
    terminal.does = ["more"]
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CASH, 299000)])
    now = till.desk.state.tendering
    assert now is not None
    assert (now.step, now.approved, now.rest) == (TenderStep.CASH, Money(200100), Money(298900))
    await till.desk.tenders.cash(Money(299000))
    assert (last(till).settles, last(till).takings.change, terminal.holds) == (True, Money(100), Money(200100))


async def test_while_the_terminal_waits_for_a_card_nobody_is_asked_for_a_slip(
    till: Till, shop: Shop, terminal: CardTerminal
) -> None:
    terminal.does, terminal.at_work = ["lose"], True
    await till.desk.tenders.rest_by(CARD)
    await till.desk.tenders.answer_check(False, ZERO)
    await till.desk.tenders.rest_by(CASH, WHOLE)
    await till.desk.cancel()
    assert (step(till), len(terminal.asked), receipts(shop)) == (TenderStep.STUCK, 1, [])
    terminal.at_work = False
    await till.desk.recheck()
    assert (last(till).taken, terminal.holds, receipts(shop)) == (WHOLE, WHOLE, [499000])


async def test_while_the_terminal_gives_back_nobody_is_asked_for_a_slip(till: Till, terminal: CardTerminal) -> None:
    terminal.does = ["approve", "decline"]
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CARD, 299000)])
    terminal.does, terminal.at_work = ["lose"], True
    await till.desk.cancel()
    await till.desk.tenders.answer_check(False, ZERO)
    assert (step(till), len(terminal.given_back)) == (TenderStep.STUCK, 1)
    terminal.at_work = False
    await till.desk.recheck()
    assert (till.desk.state.sale, terminal.holds, len(terminal.given_back)) == (None, ZERO, 1)


async def test_less_charged_than_asked_for_is_recorded_and_the_rest_waits(till: Till, terminal: CardTerminal) -> None:
    terminal.does = ["less"]
    await till.desk.tenders.rest_by(CARD)
    now = till.desk.state.tendering
    assert now is not None
    assert (now.step, now.approved, now.rest) == (TenderStep.CASH, Money(498900), Money(100))


async def test_the_bank_approved_and_the_receipt_failed_means_no_second_charge(
    till: Till, shop: Shop, terminal: CardTerminal
) -> None:
    shop.faults.set(Fault("register", "paper-out", times=None))
    await till.desk.tenders.rest_by(CARD)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.stage is Stage.FISCALISING
    await till.desk.tenders.rest_by(CARD)
    shop.faults.lift()
    await till.desk.recheck()
    assert (len(terminal.asked), receipts(shop)) == (1, [499000])


async def test_giving_up_after_a_refused_receipt_gives_the_card_its_money_back(
    till: Till, shop: Shop, terminal: CardTerminal
) -> None:
    shop.faults.set(Fault("register", "paper-out", times=None))
    await till.desk.tenders.rest_by(CARD)
    await till.desk.cancel()
    assert (till.desk.state.sale, terminal.holds, receipts(shop)) == (None, ZERO, [])


async def test_a_second_press_charges_nothing_more(till: Till, terminal: CardTerminal) -> None:
    await asyncio.gather(*(till.desk.tenders.rest_by(CARD) for _ in range(5)))
    assert len(terminal.asked) == 1


@pytest.mark.parametrize(
    "wishes",
    [
        [wish(CARD, 499100)],
        [wish(CARD, 0), wish(CASH, 499000, 499000)],
        [wish(CASH, 499000, 498000)],
        [wish(CARD, 200000, 300000)],
        [wish(CARD, -100), wish(CASH, 499000, 499000)],
        [],
    ],
)
async def test_a_plan_that_makes_no_sense_touches_nothing(
    till: Till, terminal: CardTerminal, wishes: list[TenderWish]
) -> None:
    await till.desk.tenders.pay_plan(wishes)
    sale = till.desk.state.sale
    assert sale is not None
    assert (sale.stage, terminal.asked) == (Stage.OPEN, [])
    assert till.desk.state.notice is not None


async def test_a_till_without_a_terminal_says_so(shop: Shop, clock: Time, tmp_path: Path, bank: Bank) -> None:
    async with open_till(shop, tmp_path, clock, sbp=bank) as till:
        await till.desk.scanned(C2C)
        assert till.desk.state.means == (CASH, SBP)
        await till.desk.tenders.rest_by(CARD)
        sale = till.desk.state.sale
        assert sale is not None
        assert (sale.stage, till.desk.state.notice is not None) == (Stage.OPEN, True)


async def test_the_code_is_on_the_screen_exactly_while_it_can_be_paid(till: Till, bank: Bank) -> None:
    bank.pays = False
    seen: list[tuple[TenderStep, bool]] = []

    def look(state: CounterState) -> None:
        if state.tendering is not None:
            seen.append((state.tendering.step, state.qr is not None))
        if state.qr is not None and state.qr.operation not in bank.paid:
            bank.scan(state.qr.operation)

    till.desk.listen(look)
    await till.desk.tenders.rest_by(SBP)
    assert (TenderStep.QR, True) in seen
    assert (till.desk.state.qr, last(till).taken, bank.holds) == (None, WHOLE, WHOLE)


async def test_a_code_that_nobody_pays_is_taken_back(till: Till, shop: Shop, bank: Bank) -> None:
    bank.pays = False
    await till.desk.tenders.rest_by(SBP)
    assert (step(till), till.desk.state.qr, len(bank.revoked)) == (TenderStep.DECIDE, None, 1)
    await till.desk.tenders.rest_by(CASH, WHOLE)
    assert (bank.holds, receipts(shop)) == (ZERO, [499000])


async def test_the_cashier_may_take_the_code_back_at_once(till: Till, bank: Bank) -> None:
    bank.pays = False
    till.desk.listen(lambda state: till.desk.tenders.stop_qr() if state.qr is not None else None)
    await till.desk.tenders.rest_by(SBP)
    assert (step(till), len(bank.revoked)) == (TenderStep.DECIDE, 1)


async def test_money_that_came_while_the_code_was_revoked_is_money_paid(till: Till, shop: Shop, bank: Bank) -> None:
    bank.pays, bank.late = False, True
    await till.desk.tenders.rest_by(SBP)
    assert (last(till).taken, bank.holds, receipts(shop)) == (WHOLE, WHOLE, [499000])


async def test_a_silent_bank_ends_in_two_questions(till: Till, bank: Bank) -> None:
    bank.pays, bank.dumb = False, True
    await till.desk.tenders.rest_by(SBP)
    assert step(till) is TenderStep.QUESTIONS
    bank.dumb = False
    await till.desk.recheck()
    assert step(till) is TenderStep.DECIDE


async def test_points_are_spent_once_however_often_the_card_is_declined(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    terminal.does = ["decline", "away", "approve"]
    await till.desk.scanned(ANNA)
    await till.desk.redeem(None)
    for _ in range(3):
        await till.desk.tenders.rest_by(CARD)
    await deliver(till, clock)
    sale = last(till)
    assert sale.points_asked
    assert terminal.holds == sale.taken
    assert [one.status for one in shop.loyalty_orders() if one.order_id == C2C] == ["Paid"]
    assert receipts(shop) == [sale.taken.kopecks]


async def test_a_price_asked_for_after_the_first_tender_stays_frozen(till: Till, terminal: CardTerminal) -> None:
    terminal.does = ["approve", "decline"]
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CARD, 299000)])
    before = till.desk.state.sale
    await till.desk.scanned(C2C)
    await till.desk.scanned(ANNA)
    await till.desk.redeem(None)
    after = till.desk.state.sale
    assert before is not None
    assert after is not None
    assert (after.quote, after.customer, after.tenders) == (before.quote, before.customer, before.tenders)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


async def paid_at_another_till(shop: Shop, folder: Path, clock: Time, amount: Money) -> None:
    async with open_till(shop, folder, clock) as other:
        await other.desk.scanned(C2C)
        await other.desk.pay(amount, amount)
        await deliver(other, clock)


async def test_an_order_paid_elsewhere_is_seen_though_the_clock_was_set_back(
    till: Till, shop: Shop, clock: Time, elsewhere: Path
) -> None:
    await paid_at_another_till(shop, elsewhere, clock, WHOLE)
    clock.now -= timedelta(hours=1)
    await till.desk.pay(WHOLE, WHOLE)
    assert receipts(shop) == [499000]


async def test_a_visit_put_aside_takes_no_more_after_the_order_was_paid_elsewhere(
    till: Till, shop: Shop, clock: Time, elsewhere: Path, terminal: CardTerminal
) -> None:
    terminal.does = ["approve", "decline"]
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(CARD, 299000)])
    await till.desk.set_aside()
    await paid_at_another_till(shop, elsewhere, clock, WHOLE)
    clock.now += timedelta(hours=1)
    await till.desk.resume(till.desk.state.unfinished[0].id)
    await till.desk.tenders.rest_by(CASH, Money(299000))
    assert (step(till), receipts(shop)) == (TenderStep.DECIDE, [499000])
    assert till.desk.state.notice is not None
    assert "на другой кассе" in till.desk.state.notice.what
    await till.desk.cancel()
    assert (till.desk.state.sale, terminal.holds) == (None, ZERO)


async def paid_by_three_means(till: Till, clock: Time) -> None:
    await till.desk.tenders.pay_plan([wish(CARD, 200000), wish(SBP, 150000), wish(CASH, 149000, 149000)])
    await deliver(till, clock)


async def test_a_refund_gives_card_and_transfer_back_first_and_cash_last(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal, bank: Bank
) -> None:
    await paid_by_three_means(till, clock)
    await till.desk.refunds.open(C2C)
    page = till.desk.state.refund
    assert page is not None, till.desk.state.notice
    assert [back.kind for back in page.refund.paid.paybacks] == [CARD, SBP, CASH]
    await till.desk.refunds.confirm()
    assert (terminal.holds, bank.holds) == (ZERO, ZERO)
    await till.desk.refunds.handed_out()
    await deliver(till, clock)
    returns = [document.total for document in shop.fiscal_documents() if document.type == "sellReturn"]
    assert (till.desk.state.refund, returns) == (None, [499000])


def of_the_days_before_totals(folder: Path) -> Path:
    """A copy of the till's journal, written by a program that did not sum refunds."""
    copy = folder / "as-it-was.sqlite3"
    known = sqlite3.connect(next(folder.rglob("journal.sqlite3")))
    with closing(known), closing(sqlite3.connect(copy)) as old:
        known.backup(old)
        for column in ("cash", "card", "sbp"):
            old.execute(f"ALTER TABLE refund_head DROP COLUMN {column}")
        old.execute("DROP INDEX entry_correction")
        old.execute("DROP INDEX entry_slip")
        for index in ("head_shift", "refund_shift"):
            old.execute(f"DROP INDEX {index}")
        for table in ("head", "refund_head"):
            for column in ("fn", "shift"):
                old.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        old.execute("PRAGMA user_version = 4")
    return copy


async def test_what_went_back_is_no_longer_counted_as_taken(till: Till, clock: Time, tmp_path: Path) -> None:
    await paid_by_three_means(till, clock)
    by = {CARD: Money(200000), SBP: Money(150000), CASH: Money(149000)}
    assert dict(till.desk.state.totals.kept_by_tender) == by
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    await till.desk.refunds.handed_out()
    totals = till.desk.state.totals
    assert (totals.taken, totals.refunds, totals.given_back, totals.kept) == (WHOLE, 1, WHOLE, ZERO)
    assert (dict(totals.back_by_tender), set(dict(totals.kept_by_tender).values())) == (by, {ZERO})
    with closing(SqliteJournal(of_the_days_before_totals(tmp_path), now=clock)) as journal:
        assert journal.totals(totals.since) == totals


@pytest.mark.parametrize("word", ["decline", "lose", "drop"])
async def test_a_refund_that_the_terminal_did_not_do_at_once_is_done_once(
    till: Till, clock: Time, terminal: CardTerminal, word: str
) -> None:
    await paid_by_three_means(till, clock)
    terminal.does = [word]
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    await till.desk.refunds.recheck()
    await till.desk.refunds.handed_out()
    assert (till.desk.state.refund, terminal.holds, len(terminal.given_back)) == (None, ZERO, 1)


async def test_a_refund_that_nobody_can_tell_of_asks_the_cashier_and_goes_back_once(
    till: Till, clock: Time, terminal: CardTerminal
) -> None:
    await paid_by_three_means(till, clock)
    terminal.does, terminal.dumb = ["lose"], True
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    await till.desk.refunds.close()
    page = till.desk.state.refund
    assert page is not None
    assert (page.refund.stage, page.refund.backs[0].state) == (RefundStage.RETURNING, TenderState.RETURN_UNKNOWN)
    assert page.refund.trouble is not None
    assert "прошёл ли возврат" in page.refund.trouble.action
    assert "оплата" not in page.refund.trouble.action
    await till.desk.refunds.answer_check(True, Money(1))
    assert till.desk.state.notice is not None
    await till.desk.refunds.answer_check(True, Money(200000))
    await till.desk.refunds.handed_out()
    assert (till.desk.state.refund, len(terminal.given_back)) == (None, 1)


async def test_a_card_s_money_is_not_refunded_where_there_is_no_terminal(
    till: Till, shop: Shop, clock: Time, tmp_path_factory: pytest.TempPathFactory, terminal: CardTerminal
) -> None:
    await paid_by_three_means(till, clock)
    async with open_till(shop, tmp_path_factory.mktemp("other"), clock) as other:
        await other.desk.refunds.open(C2C)
        assert (other.desk.state.refund, other.desk.state.notice is not None) == (None, True)
    assert terminal.holds == Money(200000)


def test_a_payment_that_did_not_go_through_says_once_to_each_that_nothing_was_charged() -> None:
    told = words.tender_declined(words.NOT_CHARGED, ZERO)
    to_the_cashier, to_the_customer = f"{told.what} {told.money} {told.action}", told.say
    assert (to_the_cashier.count("деньги не списаны"), to_the_customer.count("деньги не списаны")) == (1, 1)
