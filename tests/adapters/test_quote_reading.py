import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from pos_client.adapters.customer_reading import customer_in
from pos_client.adapters.processing import MindboxProcessing
from pos_client.adapters.processing_wire import ProcessingNames, create_body
from pos_client.adapters.quote_reading import UnreadableAnswerError, quote_in
from pos_client.adapters.transport import Transport
from pos_client.domain.customer import CustomerKey, KeyKind, Standing
from pos_client.domain.loyalty import CouponState, Earning, LinePart, Quote
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import LineKind, Order, OrderLine
from pos_client.ports import OutcomeUnknownError, ReserveIntent, Service
from tests.adapters.conftest import NOON
from tests.samples import MEMBER, ORDER, cash

NAMES = ProcessingNames()
MAIN = {"balanceType": {"ids": {"systemName": "Main"}}}
DELIVERY = OrderLine("1", "Доставка", LineKind.DELIVERY, Money(100000), code="136")
BOXES = OrderLine("2", "Коробки", LineKind.SERVICE, Money(10000), quantity=3, code="BOX")
SMALL = replace(ORDER, lines=(DELIVERY, BOXES))


def line(number: int, line_id: str, price: float, *, quantity: int = 1, **more: object) -> dict[str, object]:
    return {"lineId": line_id, "lineNumber": number, "quantity": quantity, "discountedPriceOfLine": price, **more}


def answer(*lines: dict[str, object], total: float = 1300, **more: object) -> dict[str, Any]:
    return {"order": {"processingStatus": "Calculated", "totalPrice": total, "lines": list(lines), **more}}


WHOLE = (line(1, "1", 1000), line(2, "2", 300, quantity=3))
CUT = (line(1, "1", 1000), line(2, "2", 200, quantity=2), line(3, "2", 99, quantity=1))


def read(body: dict[str, Any], order: Order = SMALL, *, wanted: int = 0, coupons: tuple[str, ...] = ()) -> Quote:
    return quote_in(body, order, NAMES, wanted=Points(wanted), coupons=coupons)


def off(kind: str, amount: float, name: str = "", **more: object) -> dict[str, object]:
    return {"type": kind, "amount": amount, "promotion": {"name": name}, **more}


# ------------------------------------------------------------------------------------------------------------ coupons


def coupon(code: str, status: str, amount: float = 0, **more: object) -> dict[str, object]:
    return {"discountAmountForCurrentOrder": amount, "coupon": {"ids": {"code": code}, "status": status, **more}}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CanBeUsed", CouponState.APPLIED),
        ("CANBEUSED", CouponState.APPLIED),
        ("Unavailable", CouponState.UNAVAILABLE),
        ("NotFound", CouponState.NOT_FOUND),
        ("NotIssued", CouponState.NOT_ISSUED),
        ("used", CouponState.USED),
        ("YetNotActive", CouponState.NOT_YET),
        ("AlreadyNotActive", CouponState.EXPIRED),
        ("CanNotBeUsedForCurrentOrder", CouponState.NOT_FOR_THIS_ORDER),
        (" Blocked ", CouponState.BLOCKED),
        ("StatusOfTomorrow", CouponState.UNAVAILABLE),
        (None, CouponState.UNAVAILABLE),
    ],
)
def test_every_coupon_status_has_one_meaning(status: str, state: CouponState) -> None:
    (found,) = read(answer(*WHOLE, couponsInfo=[coupon("SPRING10", status)]), coupons=("SPRING10",)).coupons
    assert (found.code, found.state, found.amount) == ("SPRING10", state, ZERO)


def test_coupons_are_told_in_the_sequence_of_asking_and_none_is_left_out() -> None:
    quote = read(
        answer(line(1, "1", 900), WHOLE[1], total=1200, couponsInfo=[coupon("two", "CanBeUsed", 100)]),
        coupons=("one", "TWO"),
    )
    assert [(one.code, one.state, one.amount) for one in quote.coupons] == [
        ("one", CouponState.UNAVAILABLE, ZERO),
        ("TWO", CouponState.APPLIED, Money(10000)),
    ]


def test_a_coupon_tells_its_name_and_its_days() -> None:
    info = coupon(
        "A",
        "YetNotActive",
        pool={"name": "Весна"},
        availableFromDateTimeUtc="2026-12-01T00:00:00Z",
        availableTillDateTimeUtc="2027-01-01 00:00:00.000",
    )
    (found,) = read(answer(*WHOLE, couponsInfo=[info]), coupons=("A",)).coupons
    assert (found.name, found.since, found.until) == (
        "Весна",
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )


def test_a_coupon_that_takes_off_more_than_the_order_lost_is_no_price() -> None:
    with pytest.raises(UnreadableAnswerError):
        read(answer(*WHOLE, couponsInfo=[coupon("A", "CanBeUsed", 1)]), coupons=("A",))


# --------------------------------------------------------------------------------------------------------- promotions


def test_promotions_are_named_whether_a_line_or_the_order_names_them() -> None:
    first = line(1, "1", 700, appliedPromotions=[off("discount", 200, "Третья отправка −50 %")])
    body = answer(first, WHOLE[1], total=1000, appliedPromotions=[off("Discount", 100, "Первая отправка −30 %")])
    assert [(one.name, one.amount) for one in read(body).discounts] == [
        ("Третья отправка −50 %", Money(20000)),
        ("Первая отправка −30 %", Money(10000)),
    ]


def test_a_promotion_that_the_order_only_sums_up_is_counted_once() -> None:
    first = line(1, "1", 700, appliedPromotions=[off("discount", 300, "Весна")])
    body = answer(first, WHOLE[1], total=1000, appliedPromotions=[off("discount", 300, "Весна")])
    assert [(one.name, one.amount) for one in read(body).discounts] == [("Весна", Money(30000))]


def test_what_the_order_names_never_takes_the_place_of_points() -> None:
    first = line(1, "1", 700, appliedPromotions=[off("spentBonusPoints", 300, "", **MAIN)])
    info = [{**MAIN, "status": "Success", "spentAmountForCurrentOrder": 300, "availableAmountForCurrentOrder": 500}]
    body = answer(
        first, WHOLE[1], total=1000, bonusPointsInfo=info, appliedPromotions=[off("discount", 300, "Скидка по чеку")]
    )
    quote = read(body, wanted=300)
    assert (quote.points_off, quote.discounts) == (Money(30000), ())


@pytest.mark.parametrize("amount", [-1, "много", None])
def test_a_promotion_without_a_readable_sum_is_no_price(amount: object) -> None:
    first = line(1, "1", 1000, appliedPromotions=[{"type": "discount", "amount": amount}])
    with pytest.raises(UnreadableAnswerError):
        read(answer(first, WHOLE[1]))


# -------------------------------------------------------------------------------------------------------------- points


def test_an_account_that_cannot_be_read_is_not_an_order_that_takes_no_points() -> None:
    unavailable = [{**MAIN, "status": "Unavailable", "availableAmountForCurrentOrder": 0}]
    none = [{**MAIN, "status": "Success", "availableAmountForCurrentOrder": 0, "spentAmountForCurrentOrder": 0}]
    assert [read(answer(*WHOLE, bonusPointsInfo=info)).redeemable_known for info in (unavailable, none, None)] == [
        False,
        True,
        False,
    ]


def spending(spent: object, price: float = 900, applied: object = ()) -> dict[str, Any]:
    info = [{**MAIN, "status": "Success", "spentAmountForCurrentOrder": spent, "availableAmountForCurrentOrder": 500}]
    return answer(line(1, "1", price, appliedPromotions=applied), WHOLE[1], total=price + 300, bonusPointsInfo=info)


def test_more_points_than_were_asked_for_are_never_spent() -> None:
    assert read(spending(100), wanted=100).points == Points(100)
    with pytest.raises(UnreadableAnswerError):
        read(spending(101), wanted=100)


def test_points_are_never_spent_for_nothing() -> None:
    with pytest.raises(UnreadableAnswerError):
        read(spending(100, price=1000), wanted=100)


def test_points_that_take_money_off_are_points_that_are_spent() -> None:
    with pytest.raises(UnreadableAnswerError):
        read(spending(0, applied=[off("spentBonusPoints", 100, "", **MAIN)]))


def test_points_and_discounts_that_make_more_than_the_order_lost_are_no_price() -> None:
    spent = [off("spentBonusPoints", 100, "", **MAIN)]
    assert read(spending(100, applied=spent), wanted=100).points_off == Money(10000)
    with pytest.raises(UnreadableAnswerError):
        read(spending(100, applied=[*spent, off("discount", 10, "Весна")]), wanted=100)


def test_two_numbers_of_spent_points_are_no_price() -> None:
    body = spending(100)
    body["order"]["bonusPointsChanges"] = [{**MAIN, "spentAmount": 99}]
    with pytest.raises(UnreadableAnswerError):
        read(body, wanted=100)


def test_points_of_another_account_are_not_ours() -> None:
    other = {"balanceType": {"ids": {"systemName": "Partner"}}}
    first = line(1, "1", 1000, appliedPromotions=[off("earnedBonusPoints", 77, "", **other)])
    quote = read(answer(first, WHOLE[1], bonusPointsChanges=[{**other, "earnedAmount": 77}]))
    assert (quote.earned, quote.earning) == (None, Earning.RULE_UNKNOWN)


# -------------------------------------------------------------------------------------------------------------- earning


@pytest.mark.parametrize(
    ("changes", "abroad", "earning"),
    [
        ([{**MAIN, "earnedAmount": 0}], True, Earning.INTERNATIONAL),
        ([{**MAIN, "earnedAmount": 0}], False, Earning.NOTHING_BY_RULE),
        ([], False, Earning.NOTHING_BY_RULE),
        ([{**MAIN, "earnedAmount": "?"}], False, Earning.RULE_UNKNOWN),
        ([{**MAIN, "earnedAmount": "?"}], True, Earning.RULE_UNKNOWN),
        (None, True, Earning.RULE_UNKNOWN),
        ([{**MAIN, "earnedAmount": "31.00"}], False, Earning.AFTER_FULL_PAYMENT),
    ],
)
def test_abroad_zero_by_rule_and_an_unreadable_rule_are_three_things(
    changes: object, *, abroad: bool, earning: Earning
) -> None:
    assert read(answer(*WHOLE, bonusPointsChanges=changes), replace(SMALL, international=abroad)).earning is earning


@pytest.mark.parametrize(
    ("status", "earning"),
    [
        ("NotFound", Earning.NOT_MEMBER),
        ("DiscountCardIsBlocked", Earning.BLOCKED),
        ("Ambiguous", Earning.RULE_UNKNOWN),
        ("Unavailable", Earning.RULE_UNKNOWN),
        ("found", Earning.NOTHING_BY_RULE),
    ],
)
def test_whoever_the_price_was_made_for_decides_what_can_be_said_of_earning(status: str, earning: Earning) -> None:
    body = answer(*WHOLE, bonusPointsChanges=[{**MAIN, "earnedAmount": 0}])
    assert read({**body, "customer": {"processingStatus": status}}).earning is earning


def test_earned_points_burn_on_the_first_of_the_days_told() -> None:
    earned = [
        off("earnedBonusPoints", 20, "Кешбэк 5,5 %", expirationDateTimeUtc="2027-11-21T09:00:00Z", **MAIN),
        off("earnedBonusPoints", 11, "Кешбэк 5,5%", expirationDateTimeUtc="2027-05-14 00:00:00.000", **MAIN),
    ]
    quote = read(answer(line(1, "1", 1000, appliedPromotions=earned), WHOLE[1]))
    assert (quote.earned, quote.earned_expire) == (Points(31), datetime(2027, 5, 14, tzinfo=UTC))


def test_texts_of_placeholders_come_once_each_and_possible_discounts_are_no_text() -> None:
    def place(*content: tuple[str, object]) -> list[dict[str, object]]:
        return [{"content": [{"type": kind, "message": message} for kind, message in content]}]

    thanks, gift = ("text", "Спасибо!"), ("Text", " Подарок\u0000 к\nпосылке ")
    first = line(1, "1", 1000, placeholders=place(gift, thanks))
    body = answer(first, WHOLE[1], placeholders=place(thanks, ("possibleDiscounts", "нет"), ("text", 7), ("text", {})))
    assert read(body).messages == ("Спасибо!", "7", "Подарок к посылке")


# ---------------------------------------------------------------------------------------------------------- split lines


def test_a_line_that_the_server_cut_costs_the_sum_of_its_parts() -> None:
    quote = read(answer(*CUT, total=1299))
    assert quote.amounts == (Money(100000), Money(29900))
    assert quote.parts == (LinePart("1", 1, 1), LinePart("2", 2, 2), LinePart("2", 3, 1))


def test_lines_that_come_back_whole_have_no_parts() -> None:
    assert read(answer(*WHOLE)).parts == ()


@pytest.mark.parametrize(
    "parts",
    [
        (line(1, "1", 1000), line(2, "2", 200, quantity=2), line(3, "2", 100, quantity=2)),
        (line(1, "1", 1000), line(2, "2", 200, quantity=2), line(2, "2", 100, quantity=1)),
        (line(1, "1", 1000), line(2, "", 200, quantity=2), line(3, "2", 100, quantity=1)),
        (line(1, "1", 1000), line(2, "2", 300, quantity=3), line(3, "2", 0, quantity=0)),
    ],
)
def test_parts_that_do_not_make_up_the_line_are_no_price(parts: tuple[dict[str, object], ...]) -> None:
    with pytest.raises(UnreadableAnswerError):
        read(answer(*parts))


def test_an_order_is_created_in_the_parts_and_under_the_numbers_of_the_server() -> None:
    body = create_body(
        SMALL,
        MEMBER,
        NO_POINTS,
        order_id="7",
        total=Money(129900),
        tenders=(),
        at=NOON,
        names=NAMES,
        office="MSK548",
        parts=read(answer(*CUT, total=1299)).parts,
    )
    sent = [
        (one["lineId"], one["lineNumber"], one["quantity"], one["basePricePerItem"]) for one in body["order"]["lines"]
    ]
    assert sent == [("1", 1, 1, 1000.0), ("2", 2, 2, 100.0), ("2/3", 3, 1, 100.0)]


# ---------------------------------------------------------------------------------------------------------- other lines


@pytest.mark.parametrize(
    "lines",
    [
        (line(1, "1", 1001), line(2, "2", 299, quantity=3)),
        (line(1, "1", 1000, basePricePerItem=1000.01), WHOLE[1]),
    ],
)
def test_the_price_of_another_order_is_no_price(lines: tuple[dict[str, object], ...]) -> None:
    with pytest.raises(UnreadableAnswerError):
        read(answer(*lines))


def test_goods_of_a_shop_are_never_sold_below_their_price() -> None:
    order = replace(SMALL, lines=(DELIVERY, replace(BOXES, kind=LineKind.GOODS)))
    assert read(answer(line(1, "1", 900), WHOLE[1], total=1200), order).payable == Money(120000)
    with pytest.raises(UnreadableAnswerError):
        read(answer(WHOLE[0], line(2, "2", 200, quantity=3), total=1200), order)


def test_a_blocked_card_says_so_whoever_its_owner_is() -> None:
    card = CustomerKey(KeyKind.CARD, "77")
    said = {"customer": {"processingStatus": "discountcardisblocked"}}
    found = customer_in(said, card, NAMES, NOON)
    assert (found.standing, found.card_blocked) == (Standing.BLOCKED, True)


def test_an_overdrawn_account_has_nothing_to_spend() -> None:
    body = {
        "customer": {"processingStatus": "Found", "ids": {"mindboxId": "1"}},
        "balances": [{"systemName": "Other", "available": 9}, {**MAIN, "available": "-31", "blocked": "80"}],
    }
    found = customer_in(body, CustomerKey(KeyKind.CDEK_ID, "1"), NAMES, NOON)
    assert found.balance is not None
    assert (found.balance.available, found.balance.blocked) == (NO_POINTS, Points(80))


# --------------------------------------------------------------------------------------------------------------- create


class Wire(httpx.AsyncBaseTransport):
    """Answers every call with one body and keeps what was sent."""

    def __init__(self, body: object) -> None:
        self.body = body
        self.sent: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(json.loads(await request.aread()))
        return httpx.Response(200, json=self.body)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    wire = Wire({"status": "Success", "order": {"processingStatus": "Created"}})
    yield wire
    await wire.aclose()


def processing_at(wire: Wire) -> MindboxProcessing:
    transport = Transport(Service.PROCESSING, "http://p", inner=wire)
    return MindboxProcessing(transport, NAMES, office="MSK548", now=lambda: NOON)


async def test_an_order_status_that_nobody_knows_does_not_prove_that_the_order_exists(wire: Wire) -> None:
    quote = read(answer(*CUT, total=1299))
    meant = ReserveIntent(SMALL, MEMBER, quote, "7", UUID(int=1), cash(129900), NOON)
    await processing_at(wire).reserve(meant)
    assert len(wire.sent[-1]["order"]["lines"]) == 3
    wire.body = {"status": "Success", "order": {"processingStatus": "PutAsideUntilTomorrow"}}
    with pytest.raises(OutcomeUnknownError):
        await processing_at(wire).reserve(meant)


async def test_an_order_that_is_restored_is_sent_in_the_parts_of_the_server(wire: Wire) -> None:
    create = create_body(
        SMALL, MEMBER, NO_POINTS, order_id="7", total=None, tenders=(), at=NOON, names=NAMES, office="MSK548"
    )
    wire.body = {"status": "Success", "order": {"processingStatus": "Calculated", "totalPrice": 1299, "lines": CUT}}
    await processing_at(wire).restore(create, UUID(int=2))
    asked, updated = wire.sent
    assert [one["quantity"] for one in asked["order"]["lines"]] == [1, 3]
    assert [(one["lineId"], one["quantity"]) for one in updated["order"]["lines"]] == [("1", 1), ("2", 2), ("2/3", 1)]


async def test_a_project_without_messages_is_sent_none(wire: Wire) -> None:
    transport = Transport(Service.PROCESSING, "http://p", inner=wire)
    silent = MindboxProcessing(transport, ProcessingNames(notice=""), office="MSK548", now=lambda: NOON)
    await silent.notify({"customer": {}}, UUID(int=3))
    assert wire.sent == []
