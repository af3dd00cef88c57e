"""Prices that sum, and the price that nobody has to be asked for."""

from dataclasses import replace

import pytest

from pos_client.domain.loyalty import Coupon, CouponState, Discount, Earning, Quote, QuoteSource, base_quote
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import LineKind, OrderLine
from tests.samples import ORDER, live_quote, visit, with_visits

GOODS = OrderLine("g", "Кружка", LineKind.GOODS, Money(300000))
SERVICE = OrderLine("s", "Доставка", LineKind.DELIVERY, Money(100000))


def quote(amounts: tuple[Money, ...], total: int, off: int, points: int = 0) -> Quote:
    discounts = (Discount("Акция", Money(off)), Discount("Купон", Money(1)))
    left = Money(points)
    return Quote(Money(total), discounts, NO_POINTS, left, NO_POINTS, amounts, Earning.AFTER_FULL_PAYMENT)


def test_a_price_is_the_whole_less_promotions_and_points() -> None:
    made = quote((Money(60), Money(30)), total=100, off=4, points=5)
    assert (made.payable, made.discount) == (Money(90), Money(10))
    for total, off, points in ((101, 4, 5), (100, 5, 5), (100, 4, 4)):
        with pytest.raises(ValueError, match="do not sum"):
            quote((Money(60), Money(30)), total=total, off=off, points=points)


def test_no_line_costs_less_than_nothing() -> None:
    assert quote((ZERO, Money(90)), total=100, off=9).payable == Money(90)
    with pytest.raises(ValueError, match="less than nothing"):
        quote((Money(-1), Money(91)), total=100, off=9)


def test_only_coupons_that_lowered_the_price_are_used() -> None:
    coupons = tuple(Coupon(state.name, state) for state in CouponState)
    assert replace(live_quote(ORDER), coupons=coupons).used == ("APPLIED",)


def test_nobody_is_asked_for_the_full_price() -> None:
    made = base_quote(ORDER, Earning.LATER)
    assert (made.total, made.payable, made.amounts) == (
        ORDER.total,
        ORDER.total,
        tuple(line.total for line in ORDER.lines),
    )
    assert (made.discounts, made.points, made.points_off, made.redeemable) == ((), NO_POINTS, ZERO, NO_POINTS)
    assert (made.earning, made.source, made.earned, made.redeemable_known) == (
        Earning.LATER,
        QuoteSource.BASE,
        None,
        True,
    )


def test_what_earlier_visits_took_off_stays_off_as_points_and_as_promotions() -> None:
    order = with_visits(visit(100000, discount=60000, points=490))
    made = base_quote(order, Earning.CARRIED)
    assert (made.points, made.points_off, made.redeemable) == (Points(490), Money(49000), Points(490))
    assert made.discounts == (Discount("Скидки прошлых визитов", Money(11000)),)
    assert made.payable == order.total - Money(60000)


def test_points_that_took_off_less_than_a_rouble_each_took_off_no_more_than_the_discount() -> None:
    made = base_quote(with_visits(visit(100000, discount=30000, points=490)), Earning.CARRIED)
    assert (made.points_off, made.discounts) == (Money(30000), ())


@pytest.mark.parametrize(
    ("off", "amounts"), [(50000, [300000, 50000]), (100000, [300000, 0]), (100004, [224997, 74999])]
)
def test_what_was_taken_off_came_off_services_as_long_as_they_cost_that_much(off: int, amounts: list[int]) -> None:
    order = replace(with_visits(visit(0, discount=off)), lines=(GOODS, SERVICE))
    assert [amount.kopecks for amount in base_quote(order, Earning.LATER).amounts] == amounts


def test_an_order_of_nothing_costs_nothing() -> None:
    assert base_quote(replace(ORDER, lines=()), Earning.LATER).payable == ZERO


@pytest.mark.parametrize("kept", [Earning, QuoteSource, CouponState])
def test_the_words_in_which_a_price_is_kept_never_change(
    kept: type[Earning] | type[QuoteSource] | type[CouponState],
) -> None:
    assert [one.value for one in kept] == [one.name.lower() for one in kept]
