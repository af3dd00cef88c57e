"""How long the receipt would be that gives an order back after one more visit: known before the visit takes money.

A return copies the lines of every receipt that stands for what was paid, in one document; each prepayment has lines of
its own until the receipt of the handing-over replaces them.
"""

from pos_client.domain.loyalty import Quote
from pos_client.domain.money import Money
from pos_client.domain.order import Order, Visit
from pos_client.domain.receipt import lines_for
from pos_client.domain.settling import FiscalRules, settlement_of
from pos_client.domain.terms import HANDED_OVER, Settlement

__all__ = ["lines_of_return"]


def lines_of_return(order: Order, quote: Quote, taken: Money, rules: FiscalRules) -> int:
    """Lines of the receipt that would return the order after a visit that takes `taken`; at most so many.

    Where nobody told how long the receipt of an earlier visit was, it is taken to have had a part of every line.
    """
    settlement = settlement_of(order, quote.payable, taken, rules)
    if settlement is Settlement.CREDIT_PAYMENT:
        # What it pays was returned with the handing-over already.
        return 0
    standing = _standing(order.visits)
    if settlement in HANDED_OVER:
        standing = tuple(visit for visit in standing if visit.settled)
    before = [_lines(visit, order) for visit in standing]
    return sum(before) + len(lines_for(order, quote, taken, settlement))


def _standing(visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
    """Without the prepayments that a later settlement offset."""
    last = max((at for at, visit in enumerate(visits) if visit.settled), default=0)
    return tuple(visit for at, visit in enumerate(visits) if visit.settled or at >= last)


def _lines(visit: Visit, order: Order) -> int:
    return len(order.lines) if visit.receipt_lines is None else visit.receipt_lines
