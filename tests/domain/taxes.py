"""The tax that a register would compute of a line: the till states its rate alone."""

from pos_client.domain.money import Money
from pos_client.domain.order import Vat
from pos_client.training.register_taxes import tax_in

__all__ = ["percent_of", "tax_of"]


def percent_of(rate: Vat) -> int:
    return 0 if rate is Vat.NONE else int(rate.value)


def tax_of(amount: Money, rate: Vat) -> Money:
    return Money(tax_in(amount.kopecks, percent_of(rate)))
