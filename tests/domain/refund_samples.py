"""Visits as the order service tells them, and refunds of them."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from pos_client.domain.money import Money, Points
from pos_client.domain.order import Order, TenderKind, Visit, VisitTender
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.receipt import (
    ReceiptLine,
    Tender,
    receipt_for,
)
from pos_client.domain.refund import Refund
from pos_client.domain.sale import Cashier
from tests.samples import NOW, ORDER, live_quote, new_sale


def sold(order: Order, tenders: tuple[Tender, ...], *, points: int = 0) -> tuple[ReceiptLine, ...]:
    """Lines of the receipt that the till made for this payment."""
    quote = live_quote(order, points + order.points_spent.count)
    return receipt_for(order, quote, tenders, sale_id=new_sale().id, cashier="Иванова М.").lines


def visit(
    number: int,
    *tenders: tuple[TenderKind, int],
    lines: tuple[ReceiptLine, ...] = (),
    points: int = 0,
    loyalty_order: str = "MSK548-1",
) -> PaidVisit:
    return PaidVisit(
        id=f"v{number}",
        at=NOW + timedelta(days=number),
        office="MSK548",
        till="1",
        cashier="Иванова М.",
        tenders=tuple(VisitTender(kind, Money(kopecks)) for kind, kopecks in tenders),
        discount=Money(points * 100),
        points_spent=Points(points),
        loyalty_order=loyalty_order,
        document=str(100 + number),
        fn="9999078900001341",
        lines=lines,
    )


def paid(*visits: PaidVisit, order: Order = ORDER) -> PaidOrder:
    """The order after these visits, as the order service tells it."""
    known = tuple(Visit(v.id, v.at, v.office, v.tenders, v.discount, v.points_spent, v.document) for v in visits)
    return PaidOrder(replace(order, visits=known), visits)


def opened(*visits: PaidVisit, order: Order = ORDER) -> Refund:
    return Refund(UUID(int=1), NOW, "MSK548", "1", Cashier("Иванова М."), paid(*visits, order=order))
