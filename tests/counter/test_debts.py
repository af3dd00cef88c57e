"""Points owed, from the sale without processing to the account that shows them, or to the reason why it never will."""

import asyncio
from datetime import timedelta
from pathlib import Path

from pos_client.app import Till
from pos_client.counter.state import Arrival
from pos_client.domain.debts import DebtState
from pos_client.domain.money import Money, Points
from pos_client.domain.sale import Sale
from pos_client.settings import ProcessingSection
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.debtors import debt_of_sale, follow
from tests.tills import ANNA, C2C, COINS, RICH, SETTINGS, Time, deliver, open_till, sold

STRANGER = "40400404"
SAVE = "Offline.SaveOfflineOrder"
HISTORY = "Offline.GetBalanceHistory"
ORDER = "Offline.GetOrder"
WITHOUT_NOTICES = SETTINGS.model_copy(update={"processing": ProcessingSection(notice="")})


async def sold_without_processing(
    till: Till, shop: Shop, who: str = ANNA, number: str = C2C, part: Money | None = None
) -> Sale:
    """A sale that nobody could price; processing is back when it is over."""
    outage = shop.faults.set(Fault("processing", "refuse", times=None))
    sale = await sold(till, who, number, part=part)
    shop.faults.lift(outage.id)
    return sale


def lose(folder: Path, name: str) -> None:
    for file in folder.glob(f"{name}*"):
        file.unlink()


async def test_a_sale_without_processing_owes_points_until_the_account_shows_them(
    till: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA).available
    sale = await sold_without_processing(till, shop)
    assert debt_of_sale(till, sale).state is DebtState.OWED
    await deliver(till, clock)
    state = till.desk.state
    assert (state.last_points, state.shift_debts) == (Arrival.WAITING, {DebtState.OWED: 1})
    await follow(till, clock=clock)
    debt = debt_of_sale(till, sale)
    assert (debt.state, debt.waits_for_payment) == (DebtState.ACCRUED, False)
    assert debt.accrued == Points(shop.balance(ANNA).available - before)
    state = till.desk.state
    assert (state.last_points, state.last_debt) == (Arrival.ARRIVED, debt)
    assert state.shift_debts == {DebtState.ACCRUED: 1}


async def test_a_sale_with_processing_owes_nothing(till: Till) -> None:
    sale = await sold(till, ANNA, C2C)
    assert till.outside.debts.find(sale.id) is None


async def test_the_customer_is_told_once_that_owed_points_came(till: Till, shop: Shop, clock: Time) -> None:
    sale = await sold_without_processing(till, shop)
    await follow(till, clock=clock)
    till.debts.heard(debt_of_sale(till, sale).fact_key)
    await follow(till, clock=clock, until=lambda: False, within=timedelta(hours=3))
    [message] = shop.messages()
    assert message.parameters["points"] == debt_of_sale(till, sale).accrued.count


async def test_a_refused_accrual_says_why_and_is_owed_again_when_a_person_has_it_sent_anew(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.faults.set(Fault("processing", "refused", SAVE))
    sale = await sold_without_processing(till, shop)
    await follow(till, clock=clock)
    debt = debt_of_sale(till, sale)
    assert (debt.state, debt.words) == (DebtState.REFUSED, till.desk.state.entries[0].reason)
    assert "Отказ по требованию" in debt.words
    till.desk.queue.retry(debt.fact_key)
    await follow(till, clock=clock, until=lambda: debt_of_sale(till, sale).state is DebtState.ACCRUED)
    assert debt_of_sale(till, sale).words == ""


async def test_a_debt_that_a_person_closes_by_hand_keeps_the_reason(till: Till, shop: Shop, clock: Time) -> None:
    shop.faults.set(Fault("processing", "refused", SAVE))
    sale = await sold_without_processing(till, shop)
    await deliver(till, clock)
    till.desk.queue.close(debt_of_sale(till, sale).fact_key, "клиент отказался")
    await follow(till, clock=clock)
    debt = debt_of_sale(till, sale)
    assert (debt.state, debt.words) == (DebtState.REFUSED, "клиент отказался")


async def test_an_order_that_earns_nothing_by_the_rules_is_refused_and_not_awaited_for_ever(
    till: Till, shop: Shop, clock: Time
) -> None:
    sale = await sold_without_processing(till, shop, number="1000014101")
    await follow(till, clock=clock)
    debt = debt_of_sale(till, sale)
    assert (debt.state, debt.words) == (
        DebtState.REFUSED,
        "По правилам программы за этот заказ баллы не начислены",
    )
    assert shop.messages() == []


async def test_an_order_that_processing_does_not_show_yet_stays_owed(till: Till, shop: Shop, clock: Time) -> None:
    shop.processing.async_errors_visible = False
    shop.processing.async_delay = 1e9
    sale = await sold_without_processing(till, shop)
    await follow(till, clock=clock, until=lambda: False, within=timedelta(hours=9))
    assert debt_of_sale(till, sale).is_open
    assert len(shop.calls(operation=ORDER)) > 0
    assert len(shop.calls(operation=HISTORY)) < 20


async def test_a_code_that_stays_unknown_to_processing_is_given_up_after_a_day(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.processing.async_errors_visible = False
    sale = await sold_without_processing(till, shop, who=STRANGER)
    await follow(till, clock=clock, within=timedelta(hours=20))
    assert debt_of_sale(till, sale).is_open
    await follow(till, clock=clock)
    debt = debt_of_sale(till, sale)
    assert (debt.state, debt.words) == (
        DebtState.REFUSED,
        "Участника программы с этим кодом нет: баллы начислить некому",
    )


async def test_an_unresolved_customer_becomes_known_and_is_shown_his_debt_by_any_key(
    till: Till, shop: Shop, clock: Time
) -> None:
    sale = await sold_without_processing(till, shop)
    assert debt_of_sale(till, sale).customer_id == ""
    await follow(till, clock=clock)
    assert debt_of_sale(till, sale).customer_id == "800136209"
    await till.desk.typed("+7 916 555-00-67")
    assert [debt.order_number for debt in till.desk.state.debts] == [C2C]


async def test_the_phone_of_a_debtor_is_masked_once_processing_knows_him(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        outage = shop.faults.set(Fault("processing", "refuse", times=None))
        await till.desk.typed("+7 916 555-00-67")
        sale = await sold(till, C2C)
        assert debt_of_sale(till, sale).key.value == "79165550067"
        shop.faults.lift(outage.id)
        await follow(till, clock=clock)
        assert debt_of_sale(till, sale).state is DebtState.ACCRUED
    assert b"9165550067" not in (tmp_path / "books.sqlite3").read_bytes()


async def test_several_debtors_are_asked_about_one_at_a_time(till: Till, shop: Shop, clock: Time) -> None:
    outage = shop.faults.set(Fault("processing", "refuse", times=None))
    for who, number in ((ANNA, C2C), (RICH, COINS), ("48211229", "1106321645")):
        await sold(till, who, number)
    shop.faults.lift(outage.id)
    await deliver(till, clock)
    hanging = shop.faults.set(Fault("processing", "hang", times=None))
    watch = asyncio.create_task(till.follow_debts())
    clock.now += timedelta(minutes=1)
    for _ in range(2000):
        await asyncio.sleep(0)
    assert shop.faults.wait_for_hanging(1, 0.0)
    assert not shop.faults.wait_for_hanging(2, 0.0)
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    shop.faults.lift(hanging.id)


async def test_nobody_asks_while_processing_is_down_and_its_recovery_wakes_the_watch(
    till: Till, shop: Shop, clock: Time
) -> None:
    sale = await sold_without_processing(till, shop)
    await deliver(till, clock)
    shop.faults.set(Fault("processing", "refuse", times=None))
    await follow(till, clock=clock, until=lambda: False, within=timedelta(hours=5))
    assert len(shop.calls(operation=HISTORY)) + len(shop.calls(operation="Offline.GetCustomerInfo")) < 200
    assert debt_of_sale(till, sale).is_open
    shop.faults.lift()
    await follow(till, clock=clock)
    assert debt_of_sale(till, sale).state is DebtState.ACCRUED


async def test_open_debts_are_taken_up_at_the_next_start(shop: Shop, clock: Time, tmp_path: Path) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold_without_processing(till, shop)
        await deliver(till, clock)
    async with open_till(shop, tmp_path, clock) as till:
        await follow(till, clock=clock)
        assert debt_of_sale(till, sale).state is DebtState.ACCRUED


async def test_what_a_person_decided_while_the_till_was_off_counts_at_the_next_start(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    shop.faults.set(Fault("processing", "refused", SAVE))
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold_without_processing(till, shop)
        await follow(till, clock=clock)
        key = debt_of_sale(till, sale).fact_key
        # Nobody listens any more: as at the command line of the queue.
        till.outside.outbox.retry(key, by="поддержка")
    async with open_till(shop, tmp_path, clock) as till:
        await follow(till, clock=clock, until=lambda: debt_of_sale(till, sale).state is DebtState.ACCRUED)
        assert debt_of_sale(till, sale).state is DebtState.ACCRUED


async def test_points_are_not_lost_with_the_file_of_the_outbox(shop: Shop, clock: Time, tmp_path: Path) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        sale = await sold_without_processing(till, shop)
    lose(tmp_path, "outbox.sqlite3")
    async with open_till(shop, tmp_path, clock) as till:
        await follow(till, clock=clock)
        assert debt_of_sale(till, sale).state is DebtState.ACCRUED


async def test_one_history_answers_for_all_debts_of_a_customer(till: Till, shop: Shop, clock: Time) -> None:
    first = await sold_without_processing(till, shop)
    second = await sold_without_processing(till, shop, number=COINS)
    await follow(till, clock=clock)
    assert {debt_of_sale(till, sale).state for sale in (first, second)} == {DebtState.ACCRUED}
    assert len(shop.calls(operation=HISTORY)) == 1


async def test_points_of_a_part_payment_are_blocked_until_the_order_is_paid(
    till: Till, shop: Shop, clock: Time
) -> None:
    sale = await sold_without_processing(till, shop, part=Money(100_000))
    await follow(till, clock=clock)
    assert (debt_of_sale(till, sale).state, debt_of_sale(till, sale).waits_for_payment) == (DebtState.ACCRUED, True)
    await sold(till, C2C)
    await follow(till, clock=clock)
    await till.desk.scanned(ANNA)
    await follow(till, clock=clock, until=lambda: not debt_of_sale(till, sale).waits_for_payment)
    assert not debt_of_sale(till, sale).waits_for_payment
    assert len(shop.messages()) == 1


async def test_a_refunded_order_owes_nothing_and_nobody_is_told_of_points(till: Till, shop: Shop, clock: Time) -> None:
    sale = await sold_without_processing(till, shop)
    await deliver(till, clock)
    till.debts.cancelled(C2C)
    till.debts.cancelled(C2C)
    await follow(till, clock=clock, until=lambda: False, within=timedelta(hours=2))
    assert debt_of_sale(till, sale).state is DebtState.CANCELLED
    assert shop.messages() == []


async def test_an_order_that_another_till_refunded_is_cancelled_and_not_refused_by_rules(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    sale = await sold_without_processing(till, shop)
    await deliver(till, clock)
    await refund(shop, clock, made(tmp_path / "other"), C2C)
    await follow(till, clock=clock)
    assert debt_of_sale(till, sale).state is DebtState.CANCELLED
    assert shop.messages() == []


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def refund(shop: Shop, clock: Time, folder: Path, number: str) -> None:
    """Refund an order at a till that did not sell it."""
    async with open_till(shop, folder, clock) as other:
        await other.desk.refunds.open(number)
        await other.desk.refunds.confirm()
        await other.desk.refunds.handed_out()
        await deliver(other, clock)


async def test_points_that_a_refund_elsewhere_took_back_are_not_called_accrued_when_the_customer_comes_again(
    till: Till, shop: Shop, clock: Time, tmp_path: Path
) -> None:
    sale = await sold_without_processing(till, shop)
    await follow(till, clock=clock)
    assert debt_of_sale(till, sale).state is DebtState.ACCRUED
    await refund(shop, clock, made(tmp_path / "other"), C2C)
    await till.desk.scanned(ANNA)
    await follow(till, clock=clock, until=lambda: debt_of_sale(till, sale).state is DebtState.CANCELLED)
    assert debt_of_sale(till, sale).state is DebtState.CANCELLED
    assert len(shop.messages()) == 1


async def test_points_that_came_after_all_are_not_called_refused_when_the_customer_comes_again(
    till: Till, shop: Shop, clock: Time
) -> None:
    sale = await sold_without_processing(till, shop)
    await follow(till, clock=clock)
    debt = debt_of_sale(till, sale)
    till.outside.debts.keep(debt.refused("По правилам не начислены", at=clock.now))
    await till.desk.scanned(ANNA)
    await follow(till, clock=clock, until=lambda: debt_of_sale(till, sale).state is DebtState.ACCRUED)
    assert debt_of_sale(till, sale).accrued == debt.accrued
    asked = len(shop.calls(operation=HISTORY))
    await follow(till, clock=clock, until=lambda: False, within=timedelta(hours=5))
    assert len(shop.calls(operation=HISTORY)) == asked, "what is settled is asked about when he comes, not by the hour"


async def test_nobody_is_told_of_points_while_it_is_unknown_whether_the_order_was_refunded(
    till: Till, shop: Shop, clock: Time
) -> None:
    sale = await sold_without_processing(till, shop)
    await deliver(till, clock)
    closed = shop.faults.set(Fault("orders", "forbidden-403", times=None))
    await follow(till, clock=clock, until=lambda: False, within=timedelta(hours=3))
    assert debt_of_sale(till, sale).is_open
    assert shop.messages() == []
    shop.faults.lift(closed.id)
    await follow(till, clock=clock)
    assert debt_of_sale(till, sale).state is DebtState.ACCRUED
    assert len(shop.messages()) == 1


async def test_a_customer_at_the_counter_is_asked_about_at_once(till: Till, shop: Shop, clock: Time) -> None:
    unreadable = shop.faults.set(Fault("processing", "refused", HISTORY, times=None))
    sale = await sold_without_processing(till, shop)
    await follow(till, clock=clock, until=lambda: len(shop.calls(operation=HISTORY)) > 6)
    shop.faults.lift(unreadable.id)
    now = clock.now
    await till.desk.scanned(ANNA)
    assert [debt.state for debt in till.desk.state.debts] == [DebtState.OWED]
    await follow(till, clock=clock)
    assert debt_of_sale(till, sale).state is DebtState.ACCRUED
    assert clock.now - now < timedelta(minutes=1)


async def test_a_project_without_notices_tells_nobody(clock: Time, shop: Shop, tmp_path: Path) -> None:
    async with open_till(shop, tmp_path, clock, settings=WITHOUT_NOTICES) as till:
        sale = await sold_without_processing(till, shop)
        await follow(till, clock=clock)
        assert debt_of_sale(till, sale).state is DebtState.ACCRUED
    assert shop.messages() == []
