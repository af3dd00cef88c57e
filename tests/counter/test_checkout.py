"""The path of a sale over the training shop: usual, in parts, refused, slow, unanswered."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.counter.state import Arrival, LightState
from pos_client.domain import choosing, creating
from pos_client.domain.customer import Standing
from pos_client.domain.loyalty import Earning, QuoteSource
from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.sale import LoyaltyPath, Stage
from pos_client.ports import Service
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, RICH, Time, deliver, open_till, receipts, sold

STRANGER = "40400404"
TWO_PEOPLE = "55500055"
PARTLY_PAID = "1106321645"


def light(till: Till, service: Service) -> LightState:
    return next(light.state for light in till.desk.state.lights if light.service is service)


async def test_a_usual_sale_takes_money_prints_once_and_accrues(till: Till, shop: Shop, clock: Time) -> None:
    before = shop.balance(ANNA)
    sale = await sold(till, ANNA, C2C)
    assert sale.stage is Stage.DONE
    arrivals = [till.desk.state.last_points]
    await deliver(till, clock)
    arrivals.append(till.desk.state.last_points)
    assert arrivals == [Arrival.WAITING, Arrival.ARRIVED]
    assert len(receipts(shop)) == 1
    assert len(shop.payments(C2C)) == 1
    promised = sale.loyalty.promised
    assert promised is not None
    assert promised.count > 0
    assert shop.balance(ANNA).available == before.available + promised.count


async def test_points_lower_the_price_on_screen_on_the_receipt_and_on_the_balance(
    till: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    sale = await sold(till, ANNA, C2C, points=True)
    assert sale.quote is not None
    assert sale.quote.points == Points(620)
    assert sale.taken == Money(499000 - 62000)
    assert sale.document is not None
    assert sale.document.total == sale.taken
    await deliver(till, clock)
    promised = sale.loyalty.promised
    assert promised is not None
    assert shop.balance(ANNA).available == before.available - 620 + promised.count


async def test_a_part_blocks_the_points_and_the_rest_releases_them(till: Till, shop: Shop, clock: Time) -> None:
    before = shop.balance(ANNA)
    first = await sold(till, ANNA, C2C, part=Money(200000))
    await deliver(till, clock)
    middle = shop.balance(ANNA)
    assert (middle.available, middle.blocked > before.blocked) == (before.available, True)
    last = await sold(till, ANNA, C2C)
    assert (first.settles, last.settles) == (False, True)
    assert last.taken == Money(299000)
    await deliver(till, clock)
    after = shop.balance(ANNA)
    assert first.loyalty.promised is not None
    assert after.available == before.available + first.loyalty.promised.count
    assert after.blocked == before.blocked
    assert receipts(shop) == [200000, 299000]


async def test_an_order_paid_partly_elsewhere_asks_only_for_the_rest(till: Till) -> None:
    await till.desk.scanned(PARTLY_PAID)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.order is not None
    assert (sale.order.paid, sale.due) == (Money(200000), Money(200000))


async def test_a_part_that_the_order_service_has_not_heard_of_yet_is_not_asked_for_twice(
    till: Till, shop: Shop, clock: Time
) -> None:
    first = await sold(till, ANNA, C2C, points=True, part=Money(200000))
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.order is not None
    assert (sale.order.paid, sale.due) == (Money(200000), Money(499000 - 62000 - 200000))
    assert sale.order.loyalty_order == first.loyalty.order_id
    await till.desk.pay(sale.due, sale.due)
    await deliver(till, clock)
    assert receipts(shop) == [200000, 237000]
    assert len(shop.payments(C2C)) == 2
    assert till.outside.outbox.summary().count == 0


async def test_an_order_with_an_unfinished_sale_cannot_be_paid_anew(shop: Shop, clock: Time, tmp_path: Path) -> None:
    shop.faults.set(Fault("register", "paper-out", times=None))
    async with open_till(shop, tmp_path, clock) as till:
        await sold(till, C2C)
    shop.faults.lift()
    async with open_till(shop, tmp_path, clock) as till:
        await till.desk.scanned(C2C)
        state = till.desk.state
        assert state.notice is not None
        assert state.sale is None
        [unfinished] = state.unfinished
        await till.desk.resume(unfinished.id)
        assert till.desk.state.last is not None
    assert receipts(shop) == [499000]


async def test_nobody_pays_without_an_order(till: Till) -> None:
    await till.desk.scanned(ANNA)
    await till.desk.pay(Money(100), Money(100))
    assert till.desk.state.sale is not None
    assert till.desk.state.sale.stage is Stage.OPEN


@pytest.mark.parametrize(
    ("code", "standing", "earning"),
    [(STRANGER, Standing.NOT_FOUND, Earning.NOT_MEMBER), (TWO_PEOPLE, Standing.AMBIGUOUS, Earning.NOT_MEMBER)],
)
async def test_a_customer_that_processing_cannot_name_pays_without_points(
    till: Till, code: str, standing: Standing, earning: Earning
) -> None:
    await till.desk.scanned(code)
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.customer is not None
    assert sale.quote is not None
    assert (sale.customer.standing, sale.quote.earning, choosing.may_redeem(sale)) == (standing, earning, False)


async def test_the_scans_may_come_in_any_sequence(till: Till) -> None:
    await till.desk.scanned(C2C)
    await till.desk.scanned(ANNA)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.quote is not None
    assert sale.quote.source is QuoteSource.LIVE


async def test_another_order_takes_the_place_of_the_first_and_keeps_the_customer(till: Till) -> None:
    for scan in (ANNA, C2C, PARTLY_PAID):
        await till.desk.scanned(scan)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.order is not None
    assert sale.customer is not None
    assert (sale.order.number, sale.customer.key.value) == (PARTLY_PAID, ANNA)
    assert till.outside.journal.open_sales() == (sale,)


@pytest.mark.parametrize("number", ["1106150056", "10000063729", "1106150001", "1100285492"])
async def test_an_order_that_cannot_be_paid_here_is_shown_and_takes_no_money(till: Till, number: str) -> None:
    await till.desk.scanned(number)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.order is not None
    assert sale.order.obstacle("MSK548") is not None
    await till.desk.pay(Money(100), Money(100))
    assert till.desk.state.sale is not None
    assert till.desk.state.sale.stage is Stage.OPEN


async def test_an_unknown_order_leaves_what_lay_on_the_counter(till: Till) -> None:
    await till.desk.scanned(C2C)
    await till.desk.scanned("1999999999")
    state = till.desk.state
    assert state.notice is not None
    assert state.sale is not None
    assert state.sale.order is not None
    assert state.sale.order.number == C2C


@pytest.mark.parametrize(
    "noise", ["", "   ", "x" * 10_000, "110615\x003417", "\x1b[31m1106153417", "ABC", "http://example.ru", "1" * 20]
)
async def test_a_senseless_scan_changes_nothing_and_says_so(till: Till, noise: str) -> None:
    await till.desk.scanned(C2C)
    before = till.desk.state.sale
    await till.desk.scanned(noise)
    assert till.desk.state.sale == before
    assert till.desk.state.notice is not None


async def test_a_fiscal_qr_is_recognised_and_does_not_pay(till: Till) -> None:
    await till.desk.scanned(C2C)
    before = till.desk.state.sale
    await till.desk.scanned("t=20260115T1033&s=1804.00&fn=9999078900001341&i=39090&fp=3635260533&n=1")
    assert till.desk.state.sale == before
    assert till.desk.state.notice is not None


# ------------------------------------------------------------------------------------------------------ double press


async def test_a_double_click_pays_once(till: Till, shop: Shop, clock: Time) -> None:
    await till.desk.scanned(C2C)
    due = Money(499000)
    await asyncio.gather(*(till.desk.pay(due, due) for _ in range(5)))
    await till.desk.pay(due, due)
    await deliver(till, clock)
    assert len(receipts(shop)) == 1
    assert len(shop.payments(C2C)) == 1


async def test_a_scan_during_the_payment_changes_nothing(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "slow", "POST", seconds=0.05))
    await till.desk.scanned(C2C)
    due = Money(499000)
    paying = asyncio.create_task(till.desk.pay(due, due))
    await asyncio.sleep(0)
    await till.desk.scanned(PARTLY_PAID)
    await paying
    assert till.desk.state.last is not None
    assert till.desk.state.last.order is not None
    assert till.desk.state.last.order.number == C2C


# ------------------------------------------------------------------------------------------------------------ outage


@pytest.mark.parametrize("kind", ["refuse", "hang", "http-503", "http-502-empty", "malformed-json", "http-429"])
async def test_a_sale_goes_on_without_points_and_accrues_by_itself(
    till: Till, shop: Shop, clock: Time, kind: str
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", kind, times=None))
    sale = await sold(till, ANNA, C2C)
    assert (sale.stage, sale.loyalty.path, sale.taken) == (Stage.DONE, LoyaltyPath.OFFLINE, Money(499000))
    assert light(till, Service.PROCESSING) in {LightState.DOWN, LightState.WEAK}
    shop.faults.lift()
    await deliver(till, clock)
    assert till.outside.outbox.summary().count == 0
    assert shop.balance(ANNA).available > before.available
    [offline] = [order for order in shop.loyalty_orders() if order.order_id == creating.offline_order_id(sale)]
    assert (offline.offline, offline.spent) == (True, 0)


async def test_one_lost_packet_does_not_cost_the_customer_his_points(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "refuse"))
    shop.faults.set(Fault("processing", "refuse", skip=1))
    sale = await sold(till, ANNA, C2C, points=True)
    assert sale.taken == Money(499000 - 62000)


async def test_the_next_customer_does_not_wait_for_a_processing_that_hangs(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "hang", times=None))
    await sold(till, ANNA, C2C)
    asked = len(shop.calls("processing"))
    await till.desk.scanned(RICH)
    await till.desk.scanned(PARTLY_PAID)
    assert len(shop.calls("processing")) == asked


async def test_one_key_goes_on_without_waiting(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "hang", times=None))
    scan = asyncio.create_task(till.desk.scanned(ANNA))
    await asyncio.sleep(0.02)
    till.desk.loyalty.go_on_without_points()
    async with asyncio.timeout(0.15):
        await scan
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.customer is not None
    assert sale.customer.standing is Standing.UNRESOLVED


async def test_the_last_known_balance_is_remembered_through_an_outage(till: Till, shop: Shop) -> None:
    await till.desk.scanned(ANNA)
    await till.desk.cancel()
    shop.faults.set(Fault("processing", "refuse", times=None))
    await till.desk.scanned(ANNA)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.customer is not None
    assert sale.customer.standing is Standing.UNRESOLVED
    assert sale.customer.balance is not None
    assert sale.customer.balance.available == Points(620)


async def test_a_probe_brings_processing_back(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "refuse", times=2))
    await till.desk.scanned(ANNA)
    await till.desk.scanned(ANNA)
    assert till.health.is_open(Service.PROCESSING)
    probing = asyncio.create_task(
        till.health.probe(Service.PROCESSING, till.outside.processing.probe, every=0.01, within=1.0)
    )
    back = asyncio.Event()
    till.health.on_recovered = lambda _service: back.set()
    async with asyncio.timeout(5):
        await back.wait()
    probing.cancel()
    await asyncio.gather(probing, return_exceptions=True)
    await till.desk.scanned(ANNA)
    assert till.desk.state.sale is not None
    assert till.desk.state.sale.customer is not None
    assert till.desk.state.sale.customer.standing is Standing.MEMBER


# ------------------------------------------------------------------------------------------- create and its answer


async def test_a_lost_answer_to_create_is_asked_once_more_with_the_same_transaction(
    till: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", "lose-answer", "Offline.CreateAuthorizedOrder"))
    sale = await sold(till, ANNA, C2C, points=True)
    await deliver(till, clock)
    assert sale.taken == Money(499000 - 62000)
    assert sale.loyalty.promised is not None
    assert shop.balance(ANNA).available == before.available - 620 + sale.loyalty.promised.count


async def test_a_create_that_stays_unknown_takes_the_points_off_and_undoes_itself(
    till: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", "lose-answer", "Offline.CreateAuthorizedOrder", times=2))
    sale = await sold(till, ANNA, C2C, points=True)
    assert (sale.stage, sale.due, sale.loyalty.abandoned) == (Stage.OPEN, Money(499000), (C2C,))
    assert sale.trouble is not None
    await till.desk.pay(sale.due, sale.due)
    last = till.desk.state.last
    assert last is not None
    assert last.loyalty.path is LoyaltyPath.OFFLINE
    await deliver(till, clock)
    after = shop.balance(ANNA)
    assert after.available > before.available
    assert after.blocked == before.blocked
    statuses = {order.order_id: order.status for order in shop.loyalty_orders()}
    assert statuses[C2C] == "Cancelled"
    assert statuses[creating.offline_order_id(last)] == "Paid"


async def test_an_order_whose_create_was_given_up_gets_a_new_id_in_the_next_sale(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.faults.set(Fault("processing", "lose-answer", "Offline.CreateAuthorizedOrder", times=2))
    await sold(till, ANNA, C2C, points=True)
    await till.desk.cancel()
    await deliver(till, clock)
    sale = await sold(till, ANNA, C2C, points=True)
    await deliver(till, clock)
    assert sale.stage is Stage.DONE
    assert sale.loyalty.order_id != C2C
    assert sale.taken == Money(499000 - 62000)


async def test_a_changed_price_is_shown_and_asked_again(till: Till, shop: Shop, clock: Time) -> None:
    shop.faults.set(Fault("processing", "price-changed", "Offline.CreateAuthorizedOrder"))
    sale = await sold(till, ANNA, C2C, points=True)
    assert sale.stage is Stage.OPEN
    assert sale.trouble is not None
    first = creating.transaction(sale)
    await till.desk.pay(sale.due, sale.due)
    last = till.desk.state.last
    assert last is not None
    assert creating.transaction(last) != first
    await deliver(till, clock)
    assert till.outside.outbox.summary().count == 0


async def test_a_refused_create_never_stops_the_sale(till: Till, shop: Shop, clock: Time) -> None:
    shop.faults.set(Fault("processing", "refused", "Offline.CreateAuthorizedOrder"))
    sale = await sold(till, ANNA, C2C)
    assert (sale.stage, sale.loyalty.path) == (Stage.DONE, LoyaltyPath.OFFLINE)
    await deliver(till, clock)
    assert till.outside.outbox.summary().count == 0


# ----------------------------------------------------------------------------------------------------------- receipt


async def test_a_lost_answer_to_sell_is_asked_about_and_printed_once(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "lose-answer", "sell"))
    sale = await sold(till, C2C)
    assert sale.stage is Stage.DONE
    assert len(receipts(shop)) == 1


@pytest.mark.parametrize("kind", ["paper-out", "cover-open", "no-connection"])
async def test_a_register_that_refuses_keeps_the_money_recorded_and_prints_once_mended(
    till: Till, shop: Shop, kind: str
) -> None:
    shop.faults.set(Fault("register", kind, times=None))
    sale = await sold(till, C2C)
    assert sale.stage is Stage.FISCALISING
    assert sale.trouble is not None
    shop.faults.lift()
    await till.desk.recheck()
    assert till.desk.state.last is not None
    assert till.desk.state.last.id == sale.id
    assert len(receipts(shop)) == 1


async def test_a_sale_without_a_receipt_may_be_given_up_and_its_points_come_back(
    till: Till, shop: Shop, clock: Time
) -> None:
    before = shop.balance(ANNA)
    shop.faults.set(Fault("register", "paper-out", times=None))
    sale = await sold(till, ANNA, C2C, points=True)
    assert sale.stage is Stage.FISCALISING
    await till.desk.cancel()
    assert till.desk.state.sale is None
    await deliver(till, clock)
    assert shop.balance(ANNA) == before
    assert shop.payments(C2C) == []


async def test_a_receipt_whose_fate_is_unknown_cannot_be_given_up(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "hang", times=None))
    await till.desk.scanned(C2C)
    await till.desk.pay(Money(499000), Money(499000))
    sale = till.desk.state.sale
    assert sale is not None
    if sale.fiscal is not None and sale.fiscal.sent:
        await till.desk.cancel()
        assert till.desk.state.sale == sale


async def test_a_document_that_was_not_printed_is_still_the_one_document(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "not-printed", "sell"))
    sale = await sold(till, C2C)
    assert sale.document is not None
    assert not sale.document.printed
    assert len(receipts(shop)) == 1


# ------------------------------------------------------------------------------------------------------ order service


async def test_a_lost_answer_to_payments_records_one_payment(till: Till, shop: Shop, clock: Time) -> None:
    shop.faults.set(Fault("counter", "lose-answer", "*", times=2, skip=1))
    await sold(till, C2C)
    await deliver(till, clock)
    assert len(shop.payments(C2C)) == 1
    assert till.outside.outbox.summary().count == 0


async def test_an_order_service_that_is_down_shows_nothing_and_loses_nothing(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("orders", "refuse", times=None))
    await till.desk.scanned(C2C)
    state = till.desk.state
    assert state.notice is not None
    assert state.sale is None or state.sale.order is None


async def test_points_pay_everything_and_the_receipt_is_of_zero_or_a_kopeck(till: Till, shop: Shop) -> None:
    sale = await sold(till, RICH, "1106150063", points=True)
    assert sale.stage is Stage.DONE
    assert ZERO <= sale.taken < Money(35000)
    assert receipts(shop) == [sale.taken.kopecks]


async def test_a_shift_of_more_than_a_day_is_noticed_before_money_is_taken(till: Till, shop: Shop, clock: Time) -> None:
    await sold(till, "1106150032")
    clock.now += timedelta(hours=25)
    await till.desk.register.look()
    await till.desk.scanned(C2C)
    await till.desk.pay(Money(499000), Money(499000))
    state = till.desk.state
    assert state.sale is not None
    assert (state.sale.stage, state.sale.tenders) == (Stage.OPEN, ())
    assert state.notice is not None
    assert len(receipts(shop)) == 1


async def test_points_that_a_person_closed_by_hand_have_not_arrived(till: Till, shop: Shop, clock: Time) -> None:
    shop.faults.set(Fault("processing", "refused", "Offline.ChangeStatus", times=None))
    await sold(till, ANNA, C2C)
    await deliver(till, clock)
    [entry] = till.desk.state.entries
    assert entry.needs_human
    till.desk.queue.close(entry.key, "клиент не против")
    assert till.desk.state.last_points is Arrival.REFUSED
