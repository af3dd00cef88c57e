"""Whether any register would take the receipt of what lies on the counter: known before the money is taken."""

from pos_client.counter import words
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Tender
from pos_client.domain.receipt import receipt_for
from pos_client.domain.registrable import obstacle
from pos_client.domain.returnable import size_of_return
from pos_client.domain.sale import Sale, Trouble
from pos_client.domain.settling import FiscalRules

__all__ = ["objection", "objection_to_part"]


def objection(sale: Sale | None, rules: FiscalRules) -> Trouble | None:
    """Why the order must not be paid; None when it may, and where there is no price yet.

    The receipt that settles everything is looked at, whatever is paid today: parts have no more lines than the whole,
    and an order that could never be settled is better not begun.
    """
    if sale is None or sale.order is None or sale.quote is None:
        return None
    tenders = (Tender(TenderKind.CASH, sale.due, sale.due),)
    receipt = receipt_for(sale.order, sale.quote, tenders, sale_id=sale.id, cashier=sale.cashier.name, rules=rules)
    found = obstacle(receipt, rules)
    return words.receipt_impossible(found) if found is not None else objection_to_part(sale, sale.due, rules)


def objection_to_part(sale: Sale, taken: Money, rules: FiscalRules) -> Trouble | None:
    """Why this visit must not take just so much; None when it may, and where there is no price yet.

    Each prepayment has a receipt of its own, and the order returns by one document that copies them all.
    """
    if sale.order is None or sale.quote is None:
        return None
    size = size_of_return(sale.order, sale.quote, taken, rules)
    if size.fits:
        return None
    whole = size_of_return(sale.order, sale.quote, sale.due, rules).fits
    return words.part_unreturnable(size, moved=sale.takings.approved, whole_is_possible=whole)
