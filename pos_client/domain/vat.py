"""VAT as data with dates: which standard rate is in force, and how much of a price is tax.

Sources: НК РФ, art. 164 (the standard rate is 20 % from 2019-01-01 and 22 % from 2026-01-01); ФНС letter
АБ-4-20/11248@ of 15.12.2025 on receipts about the turn of that year.
"""

from datetime import date
from typing import Final

from pos_client.domain.money import Money
from pos_client.domain.order import Vat

__all__ = ["PERCENT", "in_force", "standard_rate", "tax_in"]

_STANDARD: Final = (
    (date(2026, 1, 1), Vat.VAT22),
    (date(2019, 1, 1), Vat.VAT20),
)
"""The standard rate since a day, newest first."""

PERCENT: Final = {
    Vat.NONE: 0,
    Vat.VAT0: 0,
    Vat.VAT5: 5,
    Vat.VAT7: 7,
    Vat.VAT10: 10,
    Vat.VAT20: 20,
    Vat.VAT22: 22,
}
"""Percent on top of the price without tax."""


def standard_rate(on: date) -> Vat:
    """The standard rate of that day.

    Raises:
        ValueError: a day before the oldest rate that is known here.
    """
    for since, rate in _STANDARD:
        if on >= since:
            return rate
    raise ValueError(f"no VAT rate is known for {on}")


def in_force(stated: Vat, on: date | None) -> Vat:
    """The rate at which our own service is sold that day; None is a day that nobody knows, and changes nothing.

    An order may state the standard rate of the year in which it was made; what counts is the day of settlement. Special
    rates (none, 0, 5, 7, 10 %) do not depend on the day.
    """
    if on is None or stated not in {rate for _, rate in _STANDARD}:
        return stated
    return standard_rate(on)


def tax_in(amount: Money, rate: Vat) -> Money:
    """Tax inside a price: `amount × r / (100 + r)`, half up to the kopeck; a settlement rate is the same."""
    percent = PERCENT[rate]
    whole = 100 + percent
    return Money((2 * amount.kopecks * percent + whole) // (2 * whole))
