"""How long the receipt would be that gives an order back after one more visit: known before the visit takes money.

A return copies the lines of every receipt that stands for what was paid, in one document; each prepayment has lines of
its own until the receipt of the handing-over replaces them.
"""

from dataclasses import dataclass, replace
from itertools import cycle, islice

from pos_client.domain.loyalty import Quote
from pos_client.domain.money import Money
from pos_client.domain.order import Order, Visit
from pos_client.domain.receipt import ReceiptLine, lines_for
from pos_client.domain.registrable import MOST_BYTES, MOST_LINES, bytes_of_document, bytes_of_line
from pos_client.domain.settling import FiscalRules, settlement_of
from pos_client.domain.terms import HANDED_OVER, Settlement

__all__ = ["ReturnSize", "size_of_return"]


@dataclass(frozen=True, slots=True)
class ReturnSize:
    """How long the receipt of a return would be, at most."""

    lines: int
    bytes: int

    @property
    def fits(self) -> bool:
        """Whether a register would take it."""
        return self.lines <= MOST_LINES and self.bytes <= MOST_BYTES


def size_of_return(order: Order, quote: Quote, taken: Money, rules: FiscalRules) -> ReturnSize:
    """Size of the receipt that would return the order after a visit that takes `taken`.

    Where nobody told how long the receipt of an earlier visit was, it is taken to have had a part of every line.
    """
    settlement = settlement_of(order, quote.payable, taken, rules)
    if settlement is Settlement.CREDIT_PAYMENT:
        # What it pays was returned with the handing-over already.
        return ReturnSize(0, 0)
    standing = _standing(order.visits)
    if settlement in HANDED_OVER:
        standing = tuple(visit for visit in standing if visit.settled)
    before = sum(_lines(visit, order) for visit in standing)
    made = lines_for(order, quote, taken, settlement)
    sizes = _sizes_of_parts(order, quote, settlement)
    told = list(islice(cycle(sizes), before))
    return ReturnSize(before + len(made), bytes_of_document([*map(bytes_of_line, made), *told]))


def _sizes_of_parts(order: Order, quote: Quote, settlement: Settlement) -> list[int]:
    """Bytes of a part of each line, the largest first."""
    whole: tuple[ReceiptLine, ...] = lines_for(replace(order, visits=()), quote, quote.payable, settlement)
    return sorted((bytes_of_line(line) for line in whole), reverse=True)


def _standing(visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
    """Without the prepayments that a later settlement offset."""
    last = max((at for at, visit in enumerate(visits) if visit.settled), default=0)
    return tuple(visit for at, visit in enumerate(visits) if visit.settled or at >= last)


def _lines(visit: Visit, order: Order) -> int:
    return len(order.lines) if visit.receipt_lines is None else visit.receipt_lines
