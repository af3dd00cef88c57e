"""Status changes, offline orders and messages from the outbox: what each outcome of processing means for them."""

from datetime import timedelta

import pytest

from pos_client.app import Till
from pos_client.counter.state import LightState
from pos_client.domain.money import Money
from pos_client.ports import QueueEntry, Service
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.contract.waiting import deliver_until
from tests.tills import ANNA, C2C, COINS, Time, deliver, sold

STATUS, OFFLINE = "Offline.ChangeStatus", "Offline.SaveOfflineOrder"


def status_of(shop: Shop, order: str = C2C) -> str:
    return next(one.status for one in shop.loyalty_orders() if one.order_id == order)


def to_processing(till: Till) -> list[QueueEntry]:
    return [entry for entry in till.outside.outbox.entries() if entry.service is Service.PROCESSING]


def statuses(shop: Shop) -> list[tuple[int, str]]:
    return [(call.status, call.query["transactionId"]) for call in shop.calls("processing", STATUS)]


async def test_an_accepted_message_is_done(till: Till, shop: Shop, clock: Time) -> None:
    await sold(till, ANNA, C2C)
    await deliver(till, clock)
    assert (till.outside.outbox.summary().count, status_of(shop), len(statuses(shop))) == (0, "Paid", 1)


@pytest.mark.parametrize("kind", ["lose-answer", "hang", "drop"])
async def test_a_message_without_an_answer_goes_again_under_its_key_and_works_once(
    till: Till, shop: Shop, clock: Time, kind: str
) -> None:
    before = shop.balance(ANNA).available
    sale = await sold(till, ANNA, C2C)
    shop.faults.set(Fault("processing", kind, STATUS, after=kind == "hang"))
    await deliver(till, clock)
    assert len(statuses(shop)) == 2
    assert len({transaction for _, transaction in statuses(shop)}) == 1
    assert till.outside.outbox.summary().count == 0
    assert sale.loyalty.promised is not None
    assert shop.balance(ANNA).available == before + sale.loyalty.promised.count


async def test_a_message_that_was_processed_before_is_done(till: Till, shop: Shop, clock: Time) -> None:
    await sold(till, ANNA, C2C)
    shop.faults.set(Fault("processing", "duplicate", STATUS, after=True))
    await deliver(till, clock)
    assert (till.outside.outbox.summary().count, status_of(shop)) == (0, "Paid")


@pytest.mark.parametrize(("kind", "status"), [("refused", 200), ("protocol-400", 400)])
async def test_a_refused_message_waits_for_a_person_with_its_words_and_is_sent_no_more(
    till: Till, shop: Shop, clock: Time, kind: str, status: int
) -> None:
    await sold(till, ANNA, C2C)
    shop.faults.set(Fault("processing", kind, STATUS, times=None))
    await deliver(till, clock)
    (dead,) = to_processing(till)
    assert dead.needs_human
    assert dead.reason
    assert [code for code, _ in statuses(shop)] == [status]
    shop.faults.lift()
    till.outside.outbox.retry(dead.key, by="Иванова М.")
    await deliver(till, clock)
    assert (to_processing(till), status_of(shop)) == ([], "Paid")
    assert len({transaction for _, transaction in statuses(shop)}) == 1


@pytest.mark.parametrize("kind", ["unauthorized-401", "forbidden-403"])
async def test_a_key_that_is_not_accepted_pauses_everything_for_processing_and_loses_nothing(
    till: Till, shop: Shop, clock: Time, kind: str
) -> None:
    for number in (C2C, COINS):
        await sold(till, ANNA, number)
    shop.faults.set(Fault("processing", kind, STATUS, times=None))
    await deliver_until(till, lambda: any(lane.paused for lane in till.outside.outbox.lanes()))
    (lane,) = [lane for lane in till.outside.outbox.lanes() if lane.service is Service.PROCESSING]
    assert (lane.paused, lane.count, lane.needs_human) == (True, 2, 0)
    assert len(statuses(shop)) == len(set(statuses(shop)))
    lights = {light.service: light.state for light in till.desk.state.lights}
    assert lights[Service.PROCESSING] is LightState.ATTENTION
    shop.faults.lift()
    till.outside.outbox.retry(None, by="Иванова М.")
    await deliver(till, clock)
    assert (to_processing(till), status_of(shop, C2C), status_of(shop, COINS)) == ([], "Paid", "Paid")


@pytest.mark.parametrize("kind", ["http-429", "http-503", "http-500", "http-502-empty", "malformed-json"])
async def test_a_passing_failure_is_waited_out_in_growing_pauses(
    till: Till, shop: Shop, clock: Time, kind: str
) -> None:
    await sold(till, ANNA, C2C)
    moments = []
    shop.faults.set(Fault("processing", kind, STATUS, times=4, seconds=0))
    till.desk.listen(lambda state: moments.append((len(statuses(shop)), state.now)))
    await deliver(till, clock)
    assert (to_processing(till), status_of(shop), len(statuses(shop))) == ([], "Paid", 5)
    tries = [min(at for count, at in moments if count >= number) for number in range(1, 6)]
    # Each of the four pauses may be next to nothing, but hardly all of them together.
    assert tries[-1] - tries[0] >= timedelta(seconds=0.2)


async def test_a_safe_offline_order_refused_waits_for_a_person_and_the_debt_says_why(
    till: Till, shop: Shop, clock: Time
) -> None:
    shop.faults.set(Fault("processing", "refuse", "Offline.GetCustomerInfo", times=2))
    await sold(till, ANNA, C2C)
    shop.faults.set(Fault("processing", "refused", OFFLINE, times=None))
    await deliver(till, clock)
    (dead,) = to_processing(till)
    assert (dead.needs_human, bool(dead.reason)) == (True, True)


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        ("personal-unavailable", "Offline.AuthorizedPreorder"),
        ("discounts-unavailable", "Offline.AuthorizedPreorder"),
        ("personal-unavailable", "Offline.CreateAuthorizedOrder"),
        ("price-changed", "Offline.CreateAuthorizedOrder"),
    ],
)
async def test_an_order_that_is_put_back_waits_for_a_price_that_is_calculated_and_stands(
    till: Till, shop: Shop, clock: Time, kind: str, operation: str
) -> None:
    await sold(till, ANNA, C2C, part=Money(200000))
    await deliver(till, clock)
    before = shop.balance(ANNA)
    shop.faults.set(Fault("processing", "lose-answer", "Offline.CreateAuthorizedOrder", times=2))
    sale = await sold(till, ANNA, C2C, points=True)
    assert shop.balance(ANNA).available < before.available
    shop.faults.set(Fault("processing", kind, operation, times=2))
    await deliver(till, clock)
    assert (to_processing(till), sale.loyalty.abandoned) == ([], (C2C,))
    assert shop.balance(ANNA) == before
    assert not any(entry.needs_human for entry in till.outside.outbox.entries())
