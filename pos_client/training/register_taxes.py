"""VAT as the cash register computes it: the till sends rates alone, and the register answers for the sums.

A price holds `r / (100 + r)` of tax; the settlement rate of money taken in advance is the same share. Tags by order
ЕД-7-20/662@; sums of the rates that have no tag of their own (5, 7 and 22 %) stand in tag 1115.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pos_client.training.wire import JsonObject, kopecks, roubles

__all__ = ["RATES", "tax_in", "tax_of", "tax_tags"]

RATES: Final[Mapping[str, int]] = {
    "vat20": 1,
    "vat10": 2,
    "vat120": 3,
    "vat110": 4,
    "vat0": 5,
    "none": 6,
    "vat5": 7,
    "vat7": 8,
    "vat105": 9,
    "vat107": 10,
    "vat22": 11,
    "vat122": 12,
}
"""Codes of tag 1199 by the driver's names."""
_PERCENT: Final = {1: 20, 2: 10, 3: 20, 4: 10, 7: 5, 8: 7, 9: 5, 10: 7, 11: 22, 12: 22}
_TAGS: Final = {1: "1102", 2: "1103", 5: "1104", 6: "1105", 3: "1106", 4: "1107"}
_UNTAXED: Final = frozenset({5, 6})
"""Of 0 % and of none it is the price that is summed, not its tax."""


def tax_in(amount: int, percent: int) -> int:
    """Kopecks of tax inside a price, half up to the kopeck."""
    whole = 100 + percent
    return (2 * amount * percent + whole) // (2 * whole)


def tax_of(position: JsonObject) -> int:
    """Kopecks of tax in a position of a task (tag 1200)."""
    return tax_in(kopecks(position["amount"]), _PERCENT.get(RATES[position["tax"]["type"]], 0))


def tax_tags(positions: Iterable[JsonObject]) -> JsonObject:
    """The sums of tax of a document, rate by rate, as sums of its lines; roubles."""
    sums: dict[int, int] = {}
    for one in positions:
        rate = RATES[one["tax"]["type"]]
        sums[rate] = sums.get(rate, 0) + (kopecks(one["amount"]) if rate in _UNTAXED else tax_of(one))
    tags: JsonObject = {_TAGS[rate]: roubles(tax) for rate, tax in sorted(sums.items()) if rate in _TAGS}
    others = [{"1199": rate, "1120": roubles(tax)} for rate, tax in sorted(sums.items()) if rate not in _TAGS]
    return {**tags, "1115": others} if others else tags
