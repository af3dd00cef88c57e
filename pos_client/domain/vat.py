"""VAT as data with dates: which standard rate is in force. How much of a price is tax, the register computes.

Sources: НК РФ, art. 164 (the standard rate is 20 % from 2019-01-01 and 22 % from 2026-01-01); ФНС letter
АБ-4-20/11248@ of 15.12.2025 on receipts about the turn of that year.
"""

from datetime import date
from typing import Final

from pos_client.domain.order import Vat

__all__ = ["in_force", "standard_rate"]

_STANDARD: Final = (
    (date(2026, 1, 1), Vat.VAT22),
    (date(2019, 1, 1), Vat.VAT20),
)
"""The standard rate since a day, newest first."""


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
