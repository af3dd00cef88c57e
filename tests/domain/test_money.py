"""Money and points: integers that sum to the kopeck."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.domain.money import ZERO, Money, Points, largest_remainder

sums = st.integers(min_value=-(10**12), max_value=10**12)
weights = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=40)


@given(sums, weights)
def test_parts_always_sum_to_the_whole(total: int, shares: list[int]) -> None:
    assert sum(largest_remainder(total, shares)) == total


@given(st.integers(min_value=0, max_value=10**12), weights)
def test_a_part_is_never_a_kopeck_off_its_exact_share(total: int, shares: list[int]) -> None:
    base = sum(shares)
    if base == 0:
        return
    for part, share in zip(largest_remainder(total, shares), shares, strict=True):
        assert abs(part * base - total * share) < base


@given(st.integers(min_value=0, max_value=10**9), weights)
def test_nobody_without_a_weight_gets_a_part(total: int, shares: list[int]) -> None:
    if not any(shares):
        return
    parts = largest_remainder(total, shares)
    assert all(part == 0 for part, share in zip(parts, shares, strict=True) if share == 0)


def test_equal_remainders_go_to_the_earlier_part() -> None:
    assert Money(100).split([1, 1, 1]) == (Money(34), Money(33), Money(33))


def test_sharing_something_with_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody"):
        Money(1).split([])
    assert Money(0).split([]) == ()


def test_negative_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Money(10).split([1, -1])


@pytest.mark.parametrize(
    ("roubles", "kopecks"),
    [("10.005", 1001), ("-10.005", -1001), (Decimal("0.1"), 10), (7, 700), ("4990.00", 499000)],
)
def test_roubles_become_kopecks_half_up(roubles: Decimal | int | str, kopecks: int) -> None:
    assert Money.from_roubles(roubles) == Money(kopecks)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1,5"])
def test_what_is_not_a_sum_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a sum"):
        Money.from_roubles(text)


@given(sums)
def test_roubles_and_back_is_the_same_sum(kopecks: int) -> None:
    assert Money.from_roubles(Money(kopecks).roubles) == Money(kopecks)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(499000), "4 990,00 ₽"),
        (Money(-49000), "−490,00 ₽"),
        (ZERO, "0,00 ₽"),
        (Money(5), "0,05 ₽"),
        (Money(123456789), "1 234 567,89 ₽"),
    ],
)
def test_a_sum_reads_as_russian_tills_print_it(money: Money, text: str) -> None:
    assert str(money).replace("\N{NO-BREAK SPACE}", " ") == text


def test_points_are_never_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        Points(3) - Points(4)


def test_points_do_not_add_to_money() -> None:
    with pytest.raises(AttributeError):
        Money(1) + Points(1)  # type: ignore[operator]


def test_points_are_added_and_taken_away_as_they_are() -> None:
    assert (Points(490) + Points(31), Points(490) - Points(31)) == (Points(521), Points(459))


def test_a_debt_is_the_sum_with_the_other_sign() -> None:
    assert (-Money(150), -Money(-150)) == (Money(-150), Money(150))


def test_equal_remainders_go_to_the_larger_weight_first() -> None:
    assert largest_remainder(2, [1, 3]) == (0, 2)
    assert largest_remainder(-2, [1, 3]) == (0, -2)
