import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from offline_queue import Later, Message, Paused, Refused, StorageError, Unsure
from offline_queue import Outbox as Queue
from offline_queue.burial import DAMAGED, IN_DOUBT, NOT_EXPORTED
from pos_client.adapters.delivery import Deliveries, NotYetError, classify
from pos_client.adapters.fact_messages import message_of, payment_body
from pos_client.adapters.outbox import DurableOutbox, OutboxStorageError
from pos_client.adapters.processing import MindboxProcessing, UnknownOrderError
from pos_client.adapters.troubles import DeniedError, refused, unavailable, unknown
from pos_client.domain import choosing, creating
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.facts import Fact, LoyaltyUndone, OrderSettled, SoldOffline, VisitPaid, facts_of
from pos_client.domain.loyalty import Earning
from pos_client.domain.money import Money, Points
from pos_client.domain.sale import Trouble
from pos_client.ports import PriceChangedError, ReserveIntent, Service
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.adapters.conftest import NOON, SetClock
from tests.adapters.couriers import ANNA, NAMES, NUMBER, deliver, delivering, live_sale, offline_sale, recorded, until
from tests.samples import ORDER, cash, live_quote, new_sale, priced_sale, with_visits
from tests.samples import visit as earlier

Json = dict[str, Any]


def body_of(fact: Fact) -> Json:
    content: Json = json.loads(message_of(fact, NAMES, now=NOON).body)
    return content


# ------------------------------------------------------------------------------------------------ facts as messages


def test_a_live_visit_owes_its_payment_and_the_release_of_its_points() -> None:
    paid, settled = facts_of(live_sale())
    payment, release = (message_of(fact, NAMES, now=NOON) for fact in (paid, settled))
    assert (payment.stream, payment.destination, payment.amount) == (f"orders:{NUMBER}", "orders", 450000)
    assert (release.stream, release.destination, release.kind) == (f"loyalty:{NUMBER}", "processing", "settled")
    assert payment.created == release.created == NOON
    assert payment.label == NUMBER
    assert body_of(settled)["body"] == {
        "order": {"ids": {"offlineTransactionId": NUMBER}},
        "orderLinesStatus": "Paid",
        "executionDateTimeUtc": "2026-11-21T09:00:00.000Z",
    }


def test_a_payment_says_what_this_visit_took_and_no_other() -> None:
    order = with_visits(earlier(100000, discount=10000, points=100), loyalty_order=NUMBER)
    sale = creating.reserved(priced_sale(50, order).payment_asked(cash(20000, 50000), at=NOON), None)
    body = payment_body(recorded(sale, 20000), NUMBER)
    assert body["tenders"] == [{"type": "CASH", "sum": 200.0}]
    assert (body["discount"], body["points_spent"], body["loyalty_order"]) == (50.0, 50, NUMBER)
    assert body["receipt"] == {
        "fn": "9999078900001341",
        "document_number": 39091,
        "fiscal_sign": 3635260533,
        "shift": 118,
        "date": "2026-11-21T11:02:00+00:00",
        "total": 200.0,
        "taxation": 1,
    }


def test_a_payment_that_no_programme_knows_names_no_order_of_it() -> None:
    assert "loyalty_order" not in payment_body(live_sale(), "")


@pytest.mark.parametrize(("kopecks", "status"), [(499000, "Paid"), (100000, "CheckedOut")])
def test_an_offline_order_has_full_prices_the_true_time_and_no_points(kopecks: int, status: str) -> None:
    sale = offline_sale(kopecks)
    _, offline = facts_of(sale)
    body = body_of(offline)["body"]
    assert body["customer"] == {"ids": {"cdekId": "48210967"}}
    assert body["executionDateTimeUtc"] == "2026-11-21T09:00:00.000Z"
    order = body["order"]
    assert order["ids"] == {"offlineTransactionId": creating.offline_order_id(sale)}
    assert (order["totalPrice"], "bonusPoints" in order) == (4990.0, False)
    assert order["payments"] == [{"type": "cash", "amount": kopecks / 100}]
    assert [line["basePricePerItem"] for line in order["lines"]] == [4500.0, 300.0, 190.0]
    assert {line["status"]["ids"]["externalId"] for line in order["lines"]} == {status}


@pytest.mark.parametrize(
    ("key", "node"),
    [
        (CustomerKey(KeyKind.PHONE, "+7 916 555-00-67"), {"mobilePhone": "79165550067"}),
        (CustomerKey(KeyKind.CARD, "231534554262"), {"discountCard": {"ids": {"number": "231534554262"}}}),
    ],
)
def test_an_unresolved_customer_goes_out_by_what_was_captured(key: CustomerKey, node: Json) -> None:
    _, offline = facts_of(offline_sale(customer=Customer(key, Standing.UNRESOLVED)))
    assert body_of(offline)["body"]["customer"] == node


def test_undoing_blocks_nobody_and_its_body_stays_the_same_whatever_becomes_of_the_sale() -> None:
    sale = priced_sale(100).payment_asked(cash(10000), at=NOON)
    opened = creating.left_without_points(sale, Earning.LATER, maybe_created=True)
    (undo,) = facts_of(opened)
    later = choosing.quoted(opened, live_quote(ORDER), order_id="x").payment_asked(cash(1), at=NOON)
    (same,) = [fact for fact in facts_of(later) if isinstance(fact, LoyaltyUndone)]
    first, second = message_of(undo, NAMES, now=NOON), message_of(same, NAMES, now=NOON + timedelta(hours=1))
    assert first.stream == f"undo:{NUMBER}:{sale.id}"
    assert first.destination not in {"processing", "orders"}
    assert (first.key, first.body, first.fingerprint()) == (second.key, second.body, second.fingerprint())


def test_an_order_that_earlier_visits_carry_is_restored_and_not_cancelled() -> None:
    order = with_visits(earlier(100000, discount=10000, points=100), loyalty_order=NUMBER)
    sale = priced_sale(50, order).payment_asked(cash(20000), at=NOON)
    (undo,) = facts_of(creating.left_without_points(sale, Earning.LATER, maybe_created=True))
    message = message_of(undo, NAMES, now=NOON)
    body = body_of(undo)["body"]
    assert message.kind == "restore"
    assert body["order"]["bonusPoints"] == [{"amount": 100}]
    assert body["order"]["payments"] == [{"type": "card", "amount": 1000.0}]


def test_a_fact_that_a_sale_cannot_have_is_a_bug_and_no_message() -> None:
    for fact in (VisitPaid(new_sale(), ""), VisitPaid(priced_sale(), ""), SoldOffline(new_sale(), "x")):
        with pytest.raises(ValueError, match=r"without an order|a paid visit"):
            message_of(fact, NAMES, now=NOON)


# ------------------------------------------------------------------------------------------------------------- the port


def test_a_fact_is_taken_once_even_when_names_changed_since(outbox: DurableOutbox, queue: Queue) -> None:
    facts = facts_of(live_sale())
    outbox.put(*facts)
    DurableOutbox(queue, replace(NAMES, paid="Оплачен"), now=SetClock()).put(*facts)
    assert outbox.summary().count == 2


def test_money_of_one_sale_counts_once_however_many_of_its_facts_wait(outbox: DurableOutbox, queue: Queue) -> None:
    outbox.put(*facts_of(live_sale()))
    outbox.put(*facts_of(replace(offline_sale(100000), id=UUID(int=2))))
    summary = outbox.summary()
    assert (summary.count, summary.amount, summary.oldest) == (4, Money(550000), NOON)
    queue.skip(f"payment:{UUID(int=2)}", by="И", reason="проверка")
    assert outbox.summary().amount == Money(550000)
    queue.skip(f"offline:{UUID(int=2)}", by="И", reason="проверка")
    assert outbox.summary().amount == Money(450000)


def test_entries_speak_russian_and_name_their_sale(outbox: DurableOutbox) -> None:
    sale = live_sale()
    outbox.put(*facts_of(sale), LoyaltyUndone(sale, "x"), SoldOffline(sale, "y"))
    shown = {entry.title: entry for entry in outbox.entries()}
    assert set(shown) == {"Оплата по заказу", "Открыть баллы", "Отмена резерва баллов", "Баллы за заказ"}
    payment = shown["Оплата по заказу"]
    assert (payment.sale_id, payment.order_number, payment.service) == (sale.id, NUMBER, Service.ORDERS)
    assert shown["Отмена резерва баллов"].service is Service.PROCESSING
    assert "предыдущая" in shown["Баллы за заказ"].reason


class Full(Queue):
    """A queue whose disk is full."""

    def put(self, *messages: Message) -> None:
        raise StorageError(f"no room for {len(messages)}")


@pytest.mark.parametrize(
    ("words", "said"), [(DAMAGED, "испорчена"), (NOT_EXPORTED, "осталась"), (IN_DOUBT, "неизвестно")]
)
def test_what_damage_did_to_an_entry_is_said_in_russian(
    outbox: DurableOutbox, queue: Queue, words: str, said: str
) -> None:
    outbox.put(*facts_of(live_sale()))
    queue._storage.write(lambda db: db.execute("UPDATE message SET state = 2, last_error = ?", (words,)))
    entry = outbox.entries()[0]
    assert entry.needs_human
    assert said in entry.reason


def test_a_disk_that_refuses_is_an_oserror_in_russian(tmp_path: Path, clock: SetClock) -> None:
    queue = Full.open(tmp_path / "q", account="training", now=clock)
    with pytest.raises(OutboxStorageError, match="Очередь отправки") as caught:
        DurableOutbox(queue, NAMES, now=clock).put(*facts_of(live_sale()))
    assert isinstance(caught.value, OSError)
    queue.close()


# ------------------------------------------------------------------------------------------------------------ delivery


async def test_a_live_visit_arrives_and_its_points_open(
    outbox: DurableOutbox, queue: Queue, deliveries: Deliveries, processing: MindboxProcessing, shop: Shop
) -> None:
    customer = await processing.find_customer(ANNA)
    quote = await processing.quote(ORDER, customer, Points(490), order_id=NUMBER)
    sale = replace(live_sale(), customer=customer)
    intent = ReserveIntent(ORDER, customer, quote, NUMBER, creating.transaction(sale), sale.tenders, NOON)
    earned = (await processing.reserve(intent)).promised
    assert earned is not None
    outbox.put(*facts_of(sale))
    await deliver(queue, deliveries)
    assert (shop.balance(ANNA.value).available, shop.balance(ANNA.value).blocked) == (130 + earned.count, 80)
    (paid,) = shop.payments(NUMBER)
    assert (paid["visit_id"], paid["points_spent"], paid["loyalty_order"]) == (str(sale.id), 490, NUMBER)
    assert queue.entry(f"payment:{sale.id}").receipt == str(sale.id)
    outbox.put(*facts_of(sale))
    assert outbox.summary().count == 0


@pytest.mark.parametrize("kind", ["lose-answer", "hang", "drop", "refuse", "http-500", "http-502-empty", "http-429"])
async def test_an_offline_sale_accrues_once_whatever_happens_on_the_way(
    outbox: DurableOutbox, queue: Queue, deliveries: Deliveries, shop: Shop, kind: str
) -> None:
    before = shop.balance(ANNA.value)
    shop.faults.set(Fault("processing", kind, times=2, seconds=0))
    shop.faults.set(Fault("counter", kind, times=2, seconds=0))
    sale = offline_sale()
    outbox.put(*facts_of(sale))
    await deliver(queue, deliveries)
    after = shop.balance(ANNA.value)
    assert after.available > before.available
    assert after.blocked == before.blocked
    assert len(shop.payments(NUMBER)) == 1
    (order,) = [order for order in shop.loyalty_orders() if order.order_id == creating.offline_order_id(sale)]
    assert (order.status, order.spent) == ("Paid", 0)


async def test_a_cancel_gives_the_points_back(
    outbox: DurableOutbox, queue: Queue, deliveries: Deliveries, processing: MindboxProcessing, shop: Shop
) -> None:
    before = shop.balance(ANNA.value)
    customer = await processing.find_customer(ANNA)
    quote = await processing.quote(ORDER, customer, Points(490), order_id=NUMBER)
    sale = replace(priced_sale(490), customer=customer).payment_asked(cash(450000), at=NOON)
    intent = ReserveIntent(ORDER, customer, quote, NUMBER, creating.transaction(sale), sale.tenders, NOON)
    await processing.reserve(intent)
    assert shop.balance(ANNA.value) != before
    outbox.put(*facts_of(creating.left_without_points(sale, Earning.LATER, maybe_created=True)))
    await deliver(queue, deliveries)
    assert shop.balance(ANNA.value) == before


async def test_a_create_that_never_was_is_watched_for_five_minutes_and_then_let_go(
    deliveries: Deliveries, shop: Shop, clock: SetClock
) -> None:
    shop.processing.remember_cancelled = False
    undo = message_of(LoyaltyUndone(priced_sale(), NUMBER), NAMES, now=clock.now)
    for minutes in (0, 2, 2):
        clock.advance(timedelta(minutes=minutes))
        with pytest.raises(NotYetError) as caught:
            await deliveries.send(undo)
        assert classify(caught.value) == Later(caught.value.words, 60.0)
    clock.advance(timedelta(minutes=1))
    assert await deliveries.send(undo)


async def test_a_create_that_lands_late_is_cancelled_by_the_watch(
    deliveries: Deliveries, processing: MindboxProcessing, shop: Shop, clock: SetClock
) -> None:
    shop.processing.remember_cancelled = False
    before = shop.balance(ANNA.value)
    undo = message_of(LoyaltyUndone(priced_sale(), NUMBER), NAMES, now=clock.now)
    with pytest.raises(NotYetError):
        await deliveries.send(undo)
    customer = await processing.find_customer(ANNA)
    quote = await processing.quote(ORDER, customer, Points(490), order_id=NUMBER)
    await processing.reserve(ReserveIntent(ORDER, customer, quote, NUMBER, UUID(int=9), cash(450000), NOON))
    await deliveries.send(undo)
    assert shop.balance(ANNA.value) == before


async def test_restoring_puts_back_what_this_visit_spent_and_keeps_what_earlier_ones_did(
    deliveries: Deliveries, processing: MindboxProcessing, shop: Shop, clock: SetClock
) -> None:
    customer = await processing.find_customer(ANNA)
    first = await processing.quote(ORDER, customer, Points(100), order_id=NUMBER)
    await processing.reserve(ReserveIntent(ORDER, customer, first, NUMBER, UUID(int=8), cash(100000), NOON))
    settled = shop.balance(ANNA.value)
    order = with_visits(earlier(100000, discount=10000, points=100), loyalty_order=NUMBER)
    second = await processing.quote(order, customer, Points(300), order_id=NUMBER)
    late = ReserveIntent(order, customer, second, NUMBER, UUID(int=9), cash(100000), NOON)
    sale = replace(priced_sale(200, order), customer=customer)
    undo = message_of(LoyaltyUndone(sale, NUMBER), NAMES, now=clock.now)
    with pytest.raises(NotYetError):
        await deliveries.send(undo)
    await processing.reserve(late)
    assert shop.balance(ANNA.value) != settled
    clock.advance(timedelta(minutes=5))
    await deliveries.send(undo)
    assert shop.balance(ANNA.value) == settled


async def test_the_release_of_an_offline_order_waits_for_the_till_that_holds_it(
    deliveries: Deliveries, shop: Shop
) -> None:
    sale = offline_sale(100000)
    last = replace(live_sale(), id=UUID(int=2))
    release = message_of(OrderSettled(last, creating.offline_order_id(sale)), NAMES, now=NOON)
    with pytest.raises(NotYetError):
        await deliveries.send(release)
    await deliveries.send(message_of(SoldOffline(sale, creating.offline_order_id(sale)), NAMES, now=NOON))
    await deliveries.send(release)
    (order,) = [order for order in shop.loyalty_orders() if order.order_id == creating.offline_order_id(sale)]
    assert order.status == "Paid"


async def test_what_has_to_wait_holds_up_nothing_else(
    outbox: DurableOutbox, queue: Queue, deliveries: Deliveries, shop: Shop
) -> None:
    shop.processing.remember_cancelled = False
    outbox.put(LoyaltyUndone(priced_sale(), "never-created"))
    outbox.put(*facts_of(replace(offline_sale(), id=UUID(int=2))))
    await deliver(queue, deliveries, left=1)
    (left,) = outbox.entries()
    assert left.title == "Отмена резерва баллов"
    assert not left.needs_human
    assert "следим" in left.reason


async def test_a_release_of_an_order_that_nobody_knows_is_for_a_person(deliveries: Deliveries) -> None:
    message = message_of(OrderSettled(live_sale(), NUMBER), NAMES, now=NOON)
    with pytest.raises(UnknownOrderError) as caught:
        await deliveries.send(message)
    assert isinstance(classify(caught.value), Refused)


async def test_a_refusal_is_a_dead_letter_with_the_servers_own_words(
    outbox: DurableOutbox, queue: Queue, deliveries: Deliveries
) -> None:
    stranger = Customer(CustomerKey(KeyKind.CDEK_ID, "40400404"), Standing.UNRESOLVED)
    sale = offline_sale(customer=stranger)
    outbox.put(SoldOffline(sale, creating.offline_order_id(sale)))
    async with delivering(queue, deliveries):
        await until(queue, lambda: outbox.summary().needs_human > 0)
    (entry,) = outbox.entries()
    assert (entry.needs_human, entry.reason) == (True, "Потребитель 40400404 не найден")
    outbox.close_as_handled(entry.key, by="Иванова М.", reason="клиент не участник")
    assert outbox.summary().count == 0
    assert queue.history(entry.key)[-1].by == "Иванова М."


async def test_a_closed_door_pauses_and_a_person_opens_it(
    outbox: DurableOutbox, queue: Queue, deliveries: Deliveries, shop: Shop
) -> None:
    shop.faults.set(Fault("processing", "unauthorized-401"))
    sale = offline_sale()
    outbox.put(SoldOffline(sale, creating.offline_order_id(sale)))
    async with delivering(queue, deliveries) as courier:
        outbox.wake_by(courier.wake)
        await until(queue, lambda: outbox.summary().needs_human > 0)
        (entry,) = outbox.entries()
        assert "ключ" in entry.reason
        assert entry.needs_human
        outbox.retry(None, by="Иванова М.")
        await until(queue, lambda: outbox.summary().count == 0)


def test_trying_what_has_arrived_meanwhile_hurts_nobody(outbox: DurableOutbox, queue: Queue) -> None:
    sale = live_sale()
    outbox.put(*facts_of(sale))
    queue.skip(f"payment:{sale.id}", by="И", reason="проверка")
    outbox.retry(f"payment:{sale.id}", by="И")
    assert outbox.summary().count == 1


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (unavailable(Service.ORDERS, "x", retry_after=7), Later),
        (unknown(Service.PROCESSING, "x"), Later),
        (DeniedError(Trouble("нет")), Paused),
        (refused(Service.PROCESSING, "нет"), Refused),
        (UnknownOrderError(Trouble("нет")), Refused),
        (PriceChangedError(Trouble("нет")), Unsure),
        (NotYetError("ждём", 5.0), Later),
        (KeyError("body"), Unsure),
        (ValueError("kind"), Unsure),
    ],
)
def test_every_failure_has_one_fate(error: Exception, fate: type[object]) -> None:
    assert type(classify(error)) is fate


def test_the_pause_that_the_server_asked_for_reaches_the_courier() -> None:
    assert classify(unavailable(Service.ORDERS, "x", retry_after=7)) == Later("Сервис заказов: нет ответа.", 7)


async def test_a_kind_that_nobody_knows_is_never_sent_anywhere(deliveries: Deliveries, shop: Shop) -> None:
    odd = replace(message_of(facts_of(live_sale())[0], NAMES, now=NOON), kind="odd")
    with pytest.raises(ValueError, match="odd"):
        await deliveries.send(odd)
    assert not shop.calls()
