import json
from dataclasses import astuple, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from pos_client.adapters.customer_reading import customer_in
from pos_client.adapters.operations import OutcomeKind, outcome_of
from pos_client.adapters.processing import MindboxProcessing, authorization
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.quote_reading import UnreadableAnswerError, quote_in
from pos_client.adapters.transport import Transport
from pos_client.adapters.troubles import DeniedError
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing, masked_phone
from pos_client.domain.loyalty import Earning, Quote, QuoteSource
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import LineKind, Order, OrderLine, TenderKind
from pos_client.domain.receipt import Tender
from pos_client.ports import (
    OutcomeUnknownError,
    PosError,
    PriceChangedError,
    RefusedError,
    ReserveIntent,
    Service,
    UnavailableError,
)
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.adapters.conftest import NOON, SetClock
from tests.samples import ORDER, with_visits
from tests.samples import visit as earlier

ANNA = CustomerKey(KeyKind.CDEK_ID, "48210967")
NAMES = ProcessingNames()
CASH = (Tender(TenderKind.CASH, Money(100000), Money(100000)),)


async def intent(
    processing: MindboxProcessing, points: int = 0, order: Order = ORDER, transaction: UUID | None = None
) -> ReserveIntent:
    customer = await processing.find_customer(ANNA)
    quote = await processing.quote(order, customer, Points(points), order_id=order.number)
    return ReserveIntent(order, customer, quote, order.number, transaction or uuid4(), CASH, NOON)


# ------------------------------------------------------------------------------------------------- what answers mean


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"status": "Success"}, OutcomeKind.OK),
        (200, {"status": "Success", "order": {"processingStatus": "Created"}}, OutcomeKind.OK),
        (200, {"status": "Success", "order": {"processingStatus": "Processed"}}, OutcomeKind.OK),
        (200, {"status": "TransactionAlreadyProcessed"}, OutcomeKind.DUPLICATE),
        (200, {"status": "ValidationError", "validationMessages": [{"message": "нет"}]}, OutcomeKind.REJECTED),
        (200, {"status": "Success", "order": {"processingStatus": "PriceHasBeenChanged"}}, OutcomeKind.PRICE_CHANGED),
        (200, {"status": "PriceHasBeenChanged"}, OutcomeKind.PRICE_CHANGED),
        (
            200,
            {"status": "Success", "order": {"processingStatus": "PersonalDiscountsCalculationIsUnavailable"}},
            OutcomeKind.DEGRADED,
        ),
        (
            200,
            {"status": "Success", "order": {"processingStatus": "DiscountsCalculationIsUnavailable"}},
            OutcomeKind.DEGRADED,
        ),
        (200, {"status": "Success", "order": {"processingStatus": "unavailable"}}, OutcomeKind.DEGRADED),
        (200, {"status": "Success", "order": {"processingStatus": "ValidationError"}}, OutcomeKind.REJECTED),
        (200, {"status": "Success", "order": {"processingStatus": "MindboxServerError"}}, OutcomeKind.UNKNOWN),
        (200, {"status": "ProtocolError"}, OutcomeKind.PROTOCOL),
        (400, {"status": "ProtocolError", "errorMessage": "нет"}, OutcomeKind.PROTOCOL),
        (400, {"errorId": "6b3f5b0e", "errorMessage": "нет"}, OutcomeKind.PROTOCOL),
        (404, {"status": "ProtocolError"}, OutcomeKind.PROTOCOL),
        (404, None, OutcomeKind.FOREIGN),
        (400, {"message": "bad gateway"}, OutcomeKind.FOREIGN),
        (408, None, OutcomeKind.UNKNOWN),
        (425, None, OutcomeKind.THROTTLED),
        (401, {"status": "ProtocolError"}, OutcomeKind.DENIED),
        (403, {"status": "ProtocolError"}, OutcomeKind.DENIED),
        (429, {"status": "ProtocolError"}, OutcomeKind.THROTTLED),
        (500, {"status": "InternalServerError"}, OutcomeKind.UNAVAILABLE),
        (503, {"status": "InternalServerError"}, OutcomeKind.UNAVAILABLE),
        (503, None, OutcomeKind.UNAVAILABLE),
        (500, None, OutcomeKind.UNKNOWN),
        (502, None, OutcomeKind.UNKNOWN),
        (504, None, OutcomeKind.UNKNOWN),
        (302, None, OutcomeKind.UNKNOWN),
        (200, None, OutcomeKind.UNKNOWN),
        (200, {"status": "SomethingOfTomorrow"}, OutcomeKind.UNKNOWN),
    ],
)
def test_every_documented_answer_has_exactly_one_meaning(
    status: int, body: dict[str, Any] | None, kind: OutcomeKind
) -> None:
    assert outcome_of(status, b"" if body is None else json.dumps(body).encode()).kind is kind


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe", b'"Success"', b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_no_success(body: bytes) -> None:
    assert outcome_of(200, body).kind is OutcomeKind.UNKNOWN


# --------------------------------------------------------------------------------------------------------- customers


async def test_a_member_is_found_with_masked_data_and_the_whole_balance(processing: MindboxProcessing) -> None:
    anna = await processing.find_customer(ANNA)
    assert (anna.standing, anna.processing_id) == (Standing.MEMBER, "800136209")
    assert (anna.name, anna.phone, anna.level) == ("Смирнова Анна", "+7 916 •••-••-67", "Серебро")
    assert anna.balance is not None
    assert (anna.balance.available, anna.balance.blocked) == (Points(620), Points(80))
    assert anna.balance.expiring is not None
    assert (anna.balance.expiring.points, anna.balance.expiring.on) == (Points(25), date(2026, 11, 30))


@pytest.mark.parametrize(
    "key", [CustomerKey(KeyKind.PHONE, "+7 (916) 555-00-67"), CustomerKey(KeyKind.CARD, "231534554262")]
)
async def test_a_member_is_found_by_phone_and_by_card(processing: MindboxProcessing, key: CustomerKey) -> None:
    assert (await processing.find_customer(key)).processing_id == "800136209"


@pytest.mark.parametrize(("code", "standing"), [("40400404", Standing.NOT_FOUND), ("55500055", Standing.AMBIGUOUS)])
async def test_a_code_without_one_member_is_an_answer(
    processing: MindboxProcessing, code: str, standing: Standing
) -> None:
    found = await processing.find_customer(CustomerKey(KeyKind.CDEK_ID, code))
    assert (found.standing, found.may_redeem, found.balance) == (standing, False, None)


def test_a_blocked_card_is_not_redeemed() -> None:
    body = {
        "customer": {"processingStatus": "Found", "ids": {"mindboxId": 1}},
        "discountCards": [{"ids": {"number": "77"}, "status": {"ids": {"systemName": "Blocked"}}}],
    }
    assert customer_in(body, CustomerKey(KeyKind.CARD, "77"), NAMES, NOON).standing is Standing.BLOCKED
    assert customer_in(body, CustomerKey(KeyKind.CARD, "78"), NAMES, NOON).standing is Standing.MEMBER


@pytest.mark.parametrize("status", ["Unavailable", "NotProcessed", "", "Новое"])
def test_a_look_up_that_names_no_standing_is_no_answer(status: str) -> None:
    with pytest.raises(UnreadableAnswerError):
        customer_in({"customer": {"processingStatus": status}}, ANNA, NAMES, NOON)


@pytest.mark.parametrize(
    ("phone", "shown"), [("79165550067", "+7 916 •••-••-67"), ("375291112233", "+37 ••• 33"), ("", ""), ("12", "")]
)
def test_no_shown_phone_can_be_called(phone: str, shown: str) -> None:
    assert masked_phone(phone) == shown


@pytest.mark.parametrize("kind", ["strings", "numeric-ids", "extra-fields"])
async def test_answers_in_other_types_and_orders_read_the_same(
    processing: MindboxProcessing, shop: Shop, kind: str
) -> None:
    usual = await processing.find_customer(ANNA)
    usual_quote = await processing.quote(ORDER, usual, Points(100), order_id=ORDER.number)
    shop.faults.set(Fault("processing", kind, times=None))
    assert await processing.find_customer(ANNA) == usual
    assert await processing.quote(ORDER, usual, Points(100), order_id=ORDER.number) == usual_quote


# ------------------------------------------------------------------------------------------------------------ quotes


async def test_a_quote_shows_the_price_with_points_and_what_will_be_earned(processing: MindboxProcessing) -> None:
    anna = await processing.find_customer(ANNA)
    quote = await processing.quote(ORDER, anna, Points(490), order_id=ORDER.number)
    assert (quote.source, quote.total, quote.payable) == (QuoteSource.LIVE, Money(499000), Money(450000))
    assert (quote.points, quote.points_off, quote.redeemable) == (Points(490), Money(49000), Points(620))
    assert quote.earning is Earning.AFTER_FULL_PAYMENT
    assert quote.earned is not None
    assert quote.earned.count in range(220, 226)
    assert len(quote.amounts) == 3


async def test_asking_for_too_many_points_gets_what_the_server_allows(processing: MindboxProcessing) -> None:
    anna = await processing.find_customer(ANNA)
    assert (await processing.quote(ORDER, anna, Points(10**6), order_id=ORDER.number)).points == Points(620)


async def test_discounts_come_by_the_names_that_the_customer_reads(processing: MindboxProcessing) -> None:
    dasha = await processing.find_customer(CustomerKey(KeyKind.CDEK_ID, "48211446"))
    quote = await processing.quote(ORDER, dasha, Points(50), order_id=ORDER.number)
    (discount,) = quote.discounts
    assert (discount.name, discount.amount) == ("Первая отправка −30 %", Money(135000))
    assert quote.points_off == Money(5000)


async def test_an_international_order_earns_nothing_and_says_why(processing: MindboxProcessing) -> None:
    anna = await processing.find_customer(ANNA)
    quote = await processing.quote(replace(ORDER, international=True), anna, NO_POINTS, order_id=ORDER.number)
    assert (quote.earned, quote.earning) == (NO_POINTS, Earning.INTERNATIONAL)


@pytest.mark.parametrize(("percent", "most"), [(100, 620), (10, 499), (0, 0)])
async def test_the_till_never_asks_for_more_points_than_the_project_lets_it(
    shop: Shop, clock: SetClock, percent: int, most: int
) -> None:
    transport = Transport(
        Service.PROCESSING, "http://shop", headers=authorization("training-secret-key"), inner=shop.transport()
    )
    async with transport:
        names = replace(NAMES, most_points_percent=percent)
        capped = MindboxProcessing(transport, names, office="MSK548", now=clock)
        anna = await capped.find_customer(ANNA)
        for wanted, spent in ((620, most), (0, 0)):
            quote = await capped.quote(ORDER, anna, Points(wanted), order_id=ORDER.number)
            assert (quote.points, quote.redeemable) == (Points(spent), Points(most))


async def test_points_never_touch_the_goods_of_a_shop(processing: MindboxProcessing) -> None:
    goods = OrderLine("g", "Чайник", LineKind.GOODS, Money(10000), code="KT-17")
    cheap = OrderLine("d", "Доставка", LineKind.DELIVERY, Money(20000), code="185")
    anna = await processing.find_customer(ANNA)
    quote = await processing.quote(replace(ORDER, lines=(cheap, goods)), anna, Points(1000), order_id="x")
    assert (quote.points, quote.amounts[1]) == (Points(198), Money(10000))


@pytest.mark.parametrize("kind", ["personal-unavailable", "discounts-unavailable"])
async def test_a_calculation_that_was_not_done_is_no_price(
    processing: MindboxProcessing, shop: Shop, kind: str
) -> None:
    anna = await processing.find_customer(ANNA)
    shop.faults.set(Fault("processing", kind))
    with pytest.raises(UnavailableError):
        await processing.quote(ORDER, anna, NO_POINTS, order_id=ORDER.number)


async def test_when_points_are_unavailable_none_can_be_spent(processing: MindboxProcessing, shop: Shop) -> None:
    anna = await processing.find_customer(ANNA)
    shop.faults.set(Fault("processing", "points-unavailable"))
    quote = await processing.quote(ORDER, anna, NO_POINTS, order_id=ORDER.number)
    assert (quote.redeemable, quote.points) == (NO_POINTS, NO_POINTS)


async def test_points_of_earlier_visits_are_never_taken_back_by_a_quote(
    processing: MindboxProcessing, shop: Shop
) -> None:
    anna = await processing.find_customer(ANNA)
    order = with_visits(earlier(100000, discount=10000, points=100), loyalty_order=ORDER.number)
    shop.faults.set(Fault("processing", "points-unavailable"))
    with pytest.raises(UnavailableError):
        await processing.quote(order, anna, order.points_spent, order_id=ORDER.number)


def quoted(**changes: object) -> Quote:
    """A quote read from an answer for one line of 1 000,00 with something changed or, with None, missing."""
    line = {"lineId": "1", "discountedPriceOfLine": 1000}
    answer: dict[str, object] = {"processingStatus": "Calculated", "totalPrice": 1000, "lines": [line], **changes}
    order = replace(ORDER, lines=(OrderLine("1", "Доставка", LineKind.DELIVERY, Money(100000)),))
    return quote_in({"order": {name: each for name, each in answer.items() if each is not None}}, order, NAMES)


def test_a_rule_that_cannot_be_read_is_unknown_and_not_zero() -> None:
    quote = quoted()
    assert (quote.earning, quote.earned) == (Earning.RULE_UNKNOWN, None)
    assert quoted(bonusPointsChanges=[{"earnedAmount": 0}]).earning is Earning.NOTHING_BY_RULE


def test_the_rate_is_read_from_a_promotion_that_names_one() -> None:
    earned = {"type": "earnedBonusPoints", "amount": 50, "promotion": {"name": "Кешбэк 5%"}}
    line = {"lineId": "1", "discountedPriceOfLine": 1000, "appliedPromotions": [earned]}
    quote = quoted(lines=[line])
    assert (quote.earned, quote.earn_percent) == (Points(50), Decimal(5))


@pytest.mark.parametrize(
    "changes",
    [
        {"totalPrice": 999.99},
        {"totalPrice": None},
        {"totalPrice": "много"},
        {"lines": None},
        {"lines": []},
        {"lines": [{"lineId": "1"}]},
        {"lines": [{"lineId": "1", "discountedPriceOfLine": -1}], "totalPrice": -1},
        {"lines": [{"lineId": "1", "discountedPriceOfLine": 1000}, {"lineId": "9", "discountedPriceOfLine": 5}]},
    ],
)
def test_sums_that_do_not_agree_are_no_price(changes: dict[str, object]) -> None:
    with pytest.raises(UnreadableAnswerError):
        quoted(**changes)


def test_money_taken_off_without_a_name_is_still_shown() -> None:
    quote = quoted(lines=[{"lineId": "1", "discountedPriceOfLine": 900}], totalPrice=900)
    assert [(each.name, each.amount) for each in quote.discounts] == [("Прочие скидки", Money(10000))]
    assert quote.points_off == ZERO


# ----------------------------------------------------------------------------------------------------------- creating


async def test_creating_an_order_spends_points_and_promises_others(processing: MindboxProcessing, shop: Shop) -> None:
    reserved = await processing.reserve(await intent(processing, 490))
    assert reserved.promised is not None
    assert reserved.promised.count > 0
    assert shop.balance(ANNA.value).available == 130
    (order,) = [each for each in shop.loyalty_orders() if each.order_id == ORDER.number]
    assert (order.status, order.spent, order.total) == ("CheckedOut", 490, 450000)


async def test_the_same_transaction_twice_is_success_and_moves_points_once(
    processing: MindboxProcessing, shop: Shop
) -> None:
    meant = await intent(processing, 490)
    await processing.reserve(meant)
    assert (await processing.reserve(meant)).promised is None
    assert shop.balance(ANNA.value).available == 130


async def test_a_lost_answer_is_unknown_and_asking_again_says_that_it_landed(
    processing: MindboxProcessing, shop: Shop
) -> None:
    meant = await intent(processing, 490)
    shop.faults.set(Fault("processing", "lose-answer"))
    with pytest.raises(OutcomeUnknownError):
        await processing.reserve(meant)
    assert (await processing.reserve(meant)).promised is None
    assert shop.balance(ANNA.value).available == 130


async def test_nobody_answering_after_a_lost_answer_stays_unknown(processing: MindboxProcessing, shop: Shop) -> None:
    meant = await intent(processing)
    shop.faults.set(Fault("processing", "lose-answer"))
    with pytest.raises(OutcomeUnknownError):
        await processing.reserve(meant)
    shop.faults.set(Fault("processing", "refuse", times=2))
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            await processing.reserve(meant)


@pytest.mark.parametrize("kind", ["unauthorized-401", "forbidden-403", "protocol-400", "http-503", "http-429"])
async def test_a_door_closed_to_the_second_try_says_nothing_about_the_first(
    processing: MindboxProcessing, shop: Shop, kind: str
) -> None:
    meant = await intent(processing, 490)
    shop.faults.set(Fault("processing", "lose-answer"))
    with pytest.raises(OutcomeUnknownError):
        await processing.reserve(meant)
    shop.faults.set(Fault("processing", kind))
    with pytest.raises(OutcomeUnknownError):
        await processing.reserve(meant)
    assert shop.balance(ANNA.value).available == 130


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", UnavailableError),
        ("drop", OutcomeUnknownError),
        ("hang", OutcomeUnknownError),
        ("lose-answer", OutcomeUnknownError),
        ("malformed-json", OutcomeUnknownError),
        ("http-500", UnavailableError),
        ("http-502-empty", OutcomeUnknownError),
        ("http-503", UnavailableError),
        ("http-429", UnavailableError),
        ("unauthorized-401", DeniedError),
        ("forbidden-403", DeniedError),
        ("protocol-400", RefusedError),
        ("refused", RefusedError),
        ("price-changed", PriceChangedError),
        ("personal-unavailable", OutcomeUnknownError),
    ],
)
async def test_each_fault_of_a_create_is_one_error(
    processing: MindboxProcessing, shop: Shop, kind: str, error: type[PosError]
) -> None:
    meant = await intent(processing, 490)
    shop.faults.set(Fault("processing", kind))
    with pytest.raises(PosError) as caught:
        await processing.reserve(meant)
    assert type(caught.value) is error
    assert all(astuple(caught.value.trouble))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", UnavailableError),
        ("hang", UnavailableError),
        ("drop", UnavailableError),
        ("malformed-json", UnavailableError),
        ("http-500", UnavailableError),
        ("http-502-empty", UnavailableError),
        ("http-429", UnavailableError),
        ("unauthorized-401", DeniedError),
        ("protocol-400", RefusedError),
        ("refused", RefusedError),
    ],
)
async def test_each_fault_of_a_look_up_is_one_error(
    processing: MindboxProcessing, shop: Shop, kind: str, error: type[PosError]
) -> None:
    shop.faults.set(Fault("processing", kind, seconds=7))
    with pytest.raises(PosError) as caught:
        await processing.find_customer(ANNA)
    assert type(caught.value) is error
    assert all(astuple(caught.value.trouble))
    assert caught.value.retry_after == (7.0 if kind == "http-429" else None)


async def test_a_stale_price_creates_nothing(processing: MindboxProcessing, shop: Shop) -> None:
    meant = await intent(processing)
    stale = replace(meant.quote, total=Money(499001), amounts=(Money(450001), Money(30000), Money(19000)))
    with pytest.raises(PriceChangedError):
        await processing.reserve(replace(meant, quote=stale))
    assert all(order.order_id != ORDER.number for order in shop.loyalty_orders())


async def test_a_second_visit_updates_the_order_with_all_money_and_all_points(
    processing: MindboxProcessing, shop: Shop
) -> None:
    await processing.reserve(await intent(processing, 100))
    order = with_visits(earlier(200000, discount=10000, points=100), loyalty_order=ORDER.number)
    await processing.reserve(await intent(processing, 300, order))
    assert shop.balance(ANNA.value).available == 320
    create = shop.calls("processing", "Offline.CreateAuthorizedOrder")[-1]
    sent = json.loads(create.body)["order"]
    assert sent["bonusPoints"] == [{"amount": 300}]
    assert sent["payments"] == [{"type": "card", "amount": 2000.0}, {"type": "cash", "amount": 1000.0}]
    assert sent["totalPrice"] == 4690.0


async def test_a_sale_from_the_future_of_another_clock_is_clamped_to_now(
    processing: MindboxProcessing, shop: Shop
) -> None:
    meant = await intent(processing)
    await processing.reserve(replace(meant, at=NOON + timedelta(hours=1)))
    create = shop.calls("processing", "Offline.CreateAuthorizedOrder")[-1]
    assert json.loads(create.body)["executionDateTimeUtc"] == "2026-11-21T09:00:00.000Z"


async def test_the_probe_is_content_with_finding_nobody(processing: MindboxProcessing, shop: Shop) -> None:
    await processing.probe()
    for kind in ("refuse", "http-503", "unauthorized-401"):
        shop.faults.set(Fault("processing", kind))
        with pytest.raises(UnavailableError):
            await processing.probe()


async def test_an_unresolved_customer_is_named_by_what_was_scanned(
    processing: MindboxProcessing, shop: Shop, clock: SetClock
) -> None:
    clock.advance(timedelta(minutes=1))
    nobody = Customer(ANNA, Standing.UNRESOLVED)
    await processing.quote(ORDER, nobody, NO_POINTS, order_id=ORDER.number)
    (call,) = shop.calls("processing", "Offline.AuthorizedPreorder")
    assert json.loads(call.body)["customer"] == {"ids": {"cdekId": "48210967"}}
