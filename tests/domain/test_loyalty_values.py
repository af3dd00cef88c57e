"""Keys, masks and prices that need nobody."""

from dataclasses import replace

import pytest

from pos_client.domain import choosing, creating
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing, masked_phone
from pos_client.domain.loyalty import CouponState, Earning, base_quote
from pos_client.domain.sale import Stage
from tests.samples import MEMBER, ORDER, live_quote, new_sale, priced_sale

CARD = CustomerKey(KeyKind.CARD, "231534554270")


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("79161112233", "+7 916 •••-••-33"),
        ("+7 (916) 111-22-33", "+7 916 •••-••-33"),
        ("+7 916 •••-••-33", "+7 916 •••-••-33"),
        ("4917012345678", "+49 ••• 78"),
        ("", ""),
        ("12345", ""),
    ],
)
def test_a_mask_hides_a_phone_once(phone: str, shown: str) -> None:
    assert masked_phone(phone) == shown


def test_a_blocked_card_of_a_member_neither_earns_nor_spends() -> None:
    who = Customer(CARD, Standing.MEMBER, processing_id="1", card_blocked=True)
    assert (who.may_earn, who.may_redeem, who.is_blocked) == (False, False, True)


def test_a_coupon_takes_nothing_off_a_price_that_nobody_was_asked_for() -> None:
    quote = base_quote(ORDER, Earning.LATER, ("SPRING10", "GIFT70"))
    assert [(one.code, one.state, one.amount.kopecks) for one in quote.coupons] == [
        ("SPRING10", CouponState.UNAVAILABLE, 0),
        ("GIFT70", CouponState.UNAVAILABLE, 0),
    ]
    assert quote.payable == ORDER.total


def test_a_sale_left_without_points_keeps_its_coupons_unused() -> None:
    named = choosing.coupons_named(
        choosing.order_taken(choosing.identified(new_sale(), MEMBER), ORDER), "SPRING10", "SPRING10"
    )
    sale = choosing.quoted(named, live_quote(ORDER), order_id=ORDER.number)
    left = creating.left_without_points(sale, Earning.LATER, maybe_created=False)
    assert left.quote is not None
    assert (left.coupons, left.stage) == (("SPRING10",), Stage.OPEN)
    assert [one.state for one in left.quote.coupons] == [CouponState.UNAVAILABLE]


def test_another_customer_in_the_same_sale_is_another_visitor() -> None:
    sale = priced_sale()
    other = choosing.identified(sale, Customer(CARD, Standing.MEMBER, processing_id="7"))
    nobody = choosing.identified(sale, None)
    assert choosing.is_visit_of_same(sale, choosing.coupons_named(sale, "X1"))
    assert not choosing.is_visit_of_same(other, sale)
    assert not choosing.is_visit_of_same(nobody, nobody)


def test_a_code_named_by_one_customer_does_not_speak_for_the_next() -> None:
    sale = choosing.spending_allowed(priced_sale())
    assert choosing.identified(sale, MEMBER).spending_confirmed
    assert not choosing.identified(sale, Customer(CARD, Standing.MEMBER, processing_id="7")).spending_confirmed
    assert not choosing.identified(sale, replace(MEMBER, processing_id="7")).spending_confirmed
    assert not choosing.identified(choosing.identified(sale, None), MEMBER).spending_confirmed
