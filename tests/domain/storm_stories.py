"""Random orders, their prices and their visits, for the storm: an order is told again by its number alone."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from pos_client.domain.loyalty import Discount, Earning, Quote
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import (
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Payer,
    Seller,
    TenderKind,
    Vat,
    Visit,
    VisitTender,
)
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.payment import Tender
from pos_client.domain.receipt import (
    FiscalRules,
    Receipt,
    receipt_for,
)
from pos_client.domain.refund import Refund
from pos_client.domain.sale import Cashier
from pos_client.domain.terms import ON_CREDIT, Settlement

__all__ = ["BEGUN", "CASHIER", "RULES", "Paid", "Story", "receipt_of", "refund_of", "story_of"]

BEGUN = datetime(2025, 12, 31, 8, tzinfo=UTC)
HERE, THERE = "MSK548", "NSK1"
SELLER = Seller("ООО «Ромашка»", "7707083893", "+74950000000")
CASHIER = Cashier("Иванова М.")
RULES = (
    FiscalRules(),
    FiscalRules(utc_offset_hours=12),
    FiscalRules(acceptance_settles=True),
    FiscalRules(on_credit=True),
)
KINDS, RATES, TENDERS = list(LineKind), list(Vat), list(TenderKind)


@dataclass(frozen=True, slots=True)
class Paid:
    """One visit: the order before it, its price, who paid what, and the receipt."""

    order: Order
    quote: Quote
    tenders: tuple[Tender, ...]
    at: datetime
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Story:
    """An order after its visits."""

    order: Order
    rules: FiscalRules
    visits: tuple[Paid, ...]

    def __str__(self) -> str:
        told = [f"order {self.order.lines}, {self.rules}"]
        for paid in self.visits:
            tenders = ", ".join(f"{one.kind.value} {one.amount} of {one.received}" for one in paid.tenders)
            sign, price = paid.receipt.lines[0].settlement.name, f"{paid.quote.total} − {paid.quote.discount}"
            told.append(f"{paid.at}, {paid.order.state.value}, {price}: {tenders or 'nothing'}, {sign}")
        return "\n".join(told)


def order_of(chance: Random) -> Order:
    """One to six lines of any kind, price, quantity and rate."""
    lines = []
    for at in range(chance.randint(1, 6)):
        kind = chance.choice(KINDS)
        price = Money(chance.choice((1, 33, 100, chance.randint(1, 3_000_000))))
        seller = SELLER if kind is LineKind.GOODS else None
        quantity, rate = chance.choice((1, 1, 2, 3, 7)), chance.choice(RATES)
        lines.append(OrderLine(str(at), f"Строка {at}", kind, price, quantity, rate, seller=seller))
    state = OrderState.ACCEPTED if chance.random() < 0.6 else OrderState.WAITING
    # A parcel within one town may be accepted and handed over by the same office.
    there = chance.choice((HERE, THERE))
    return Order("1106153417", "u", tuple(lines), state, Payer.SENDER, origin_office=HERE, destination_office=there)


def price_of(chance: Random, order: Order, off: int) -> Quote:
    """The order with `off` kopecks taken off by a promotion, points, or both, spread over its lines."""
    by_points = chance.choice((0, off, off // 2))
    parts = Money(off).split([line.total.kopecks for line in order.lines])
    amounts = tuple(line.total - part for line, part in zip(order.lines, parts, strict=True))
    promotions = (Discount("Акция", Money(off - by_points)),) if off > by_points else ()
    points = Points(-(-by_points // 100))
    return Quote(order.total, promotions, points, Money(by_points), points, amounts, Earning.AFTER_FULL_PAYMENT)


def tenders_of(chance: Random, amount: Money) -> tuple[Tender, ...]:
    """The sum by one to three means; cash may be more than it has to."""
    kinds = chance.sample(TENDERS, chance.randint(1, 3))
    tenders = []
    for kind, part in zip(kinds, amount.split([chance.randint(0, 9) for _ in kinds]), strict=True):
        over = Money(chance.choice((0, 1, 50000))) if kind is TenderKind.CASH and part else ZERO
        tenders.append(Tender(kind, part, part + over))
    return tuple(tender for tender in tenders if tender.amount)


def weighed_again(chance: Random, order: Order, off: int) -> Order:
    """The order with another price of a service of ours, unless that would be less than is paid or taken off."""
    at = next((at for at, line in enumerate(order.lines) if line.kind is not LineKind.GOODS), None)
    if at is None:
        return order
    line = replace(order.lines[at], price=Money(chance.randint(1, 3_000_000)))
    other = replace(order, lines=(*order.lines[:at], line, *order.lines[at + 1 :]))
    return other if (other.total - order.paid).kopecks > off else order


def story_of(chance: Random) -> Story:
    """Up to four visits, before and after the parcel comes to the pickup point, that pay the order or some of it."""
    order, rules = order_of(chance), chance.choice(RULES)
    most = order.total.kopecks
    off = chance.choice((0, 0, most, chance.randint(0, most), chance.randint(0, most)))
    visits: list[Paid] = []
    at = BEGUN
    for number in range(chance.randint(1, 4)):
        at += timedelta(hours=chance.randint(1, 30))
        if chance.random() < 0.3:
            order = replace(order, state=OrderState.WAITING)
        # What left on credit is at its buyer's; anything else may be found heavier even after a settlement.
        gone = any(visit.settlement in ON_CREDIT for visit in order.visits)
        if visits and not gone and chance.random() < 0.3:
            order = weighed_again(chance, order, off)
        quote = price_of(chance, order, off)
        due = (quote.payable - order.paid).kopecks
        if visits and not due:
            break
        arrived, least = order.state is OrderState.WAITING, min(1, due)
        tenders = tenders_of(chance, Money(chance.choice((due, least, chance.randint(least, due)))))
        made = receipt_of(order, quote, tenders, at, rules)
        visits.append(Paid(order, quote, tenders, at, made))
        told = tuple(VisitTender(tender.kind, tender.amount) for tender in tenders)
        discount, points = (quote.discount, quote.points) if number == 0 else (ZERO, NO_POINTS)
        # Also what is on its way is paid for where it will be handed over.
        office = order.destination_office if arrived or chance.random() < 0.2 else HERE
        sign = made.settlement
        settled = sign is Settlement.FULL
        visit = Visit(str(number), at, office, told, discount, points, settled=settled, settlement=sign)
        order = replace(order, visits=(*order.visits, visit))
    return Story(order, rules, tuple(visits))


def receipt_of(order: Order, quote: Quote, tenders: tuple[Tender, ...], at: datetime, rules: FiscalRules) -> Receipt:
    """The receipt of a visit."""
    return receipt_for(order, quote, tenders, sale_id=UUID(int=1), cashier=CASHIER.name, at=at, rules=rules)


def refund_of(story: Story) -> Refund:
    """The refund of everything that the visits paid."""
    visits = tuple(
        PaidVisit(
            id=told.id,
            at=told.at,
            office=told.office,
            till="1",
            cashier=CASHIER.name,
            tenders=told.tenders,
            discount=told.discount,
            points_spent=told.points_spent,
            loyalty_order="",
            document=told.id,
            fn="9999078900001341",
            lines=paid.receipt.lines,
        )
        for told, paid in zip(story.order.visits, story.visits, strict=True)
    )
    return Refund(UUID(int=99), BEGUN, HERE, "1", CASHIER, PaidOrder(story.order, visits))
