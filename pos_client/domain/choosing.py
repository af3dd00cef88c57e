"""The moves of an open sale, before money is asked for: whose it is, which order, which coupons, which receipt.

Each returns the sale as it is then, and raises `IllegalMoveError` once money is asked for.
"""

from dataclasses import replace

from pos_client.domain.contact import destination
from pos_client.domain.customer import Customer
from pos_client.domain.loyalty import Quote, QuoteSource
from pos_client.domain.money import NO_POINTS, Points
from pos_client.domain.order import Order
from pos_client.domain.sale import IllegalMoveError, LoyaltyPath, Sale, Stage

__all__ = [
    "coupons_named",
    "identified",
    "is_visit_of_same",
    "may_redeem",
    "order_taken",
    "quoted",
    "receipt_wanted",
    "spending_allowed",
]


def may_redeem(sale: Sale) -> bool:
    """Whether spending points can be offered now."""
    return (
        sale.stage is Stage.OPEN
        and sale.customer is not None
        and sale.customer.may_redeem
        and sale.quote is not None
        and sale.quote.source is QuoteSource.LIVE
        and sale.order is not None
        and not sale.order.sold_offline
    )


def is_visit_of_same(sale: Sale, other: Sale) -> bool:
    """Whether both are one sale, and still of the same customer of the programme."""
    who, whom = sale.customer, other.customer
    same = who is not None and whom is not None and who.processing_id == whom.processing_id
    return sale.id == other.id and same


def identified(sale: Sale, customer: Customer | None) -> Sale:
    """Somebody stands at the counter (or, with None, nobody does any more). Prices have to be asked anew."""
    # Not by the key: a phone that is resolved is kept masked, and two people may share the mask.
    before, now = (one.processing_id if one is not None else "" for one in (sale.customer, customer))
    return replace(
        sale.moved(Stage.OPEN),
        customer=customer,
        quote=None,
        points_asked=NO_POINTS,
        spending_confirmed=sale.spending_confirmed and bool(now) and now == before,
    )


def spending_allowed(sale: Sale) -> Sale:
    """The customer named the code that was sent to the phone."""
    return replace(sale.moved(Stage.OPEN), spending_confirmed=True)


def coupons_named(sale: Sale, *codes: str) -> Sale:
    """The customer named these coupons, and no others. Prices have to be asked anew."""
    return replace(sale.moved(Stage.OPEN), coupons=tuple(dict.fromkeys(codes)), quote=None)


def receipt_wanted(sale: Sale, contact: str, *, paper: bool) -> Sale:
    """How the customer wants the receipt: on paper, sent to a phone or e-mail, or both.

    Raises:
        ValueError: the contact is no phone and no e-mail, or the receipt would reach nobody.
        IllegalMoveError: money is asked for already.
    """
    where = destination(contact, paper=paper)
    if sale.stage is not Stage.OPEN:
        raise IllegalMoveError(f"another receipt at {sale.stage.value}")
    return replace(sale.moved(Stage.OPEN), contact=where, paper=paper)


def order_taken(sale: Sale, order: Order) -> Sale:
    """An order is on the counter. Prices have to be asked anew."""
    return replace(sale.moved(Stage.OPEN), order=order, quote=None, points_asked=NO_POINTS)


def quoted(sale: Sale, quote: Quote, *, order_id: str) -> Sale:
    """Processing, or nobody, priced the order; `order_id` is its id at processing."""
    if sale.order is None:
        raise IllegalMoveError("a price without an order")
    asked = quote.points - sale.order.points_spent
    path = _path(sale.order, sale.customer, quote, asked)
    loyalty = replace(sale.loyalty, path=path, order_id=order_id, promised=quote.earned)
    return replace(sale.moved(Stage.OPEN), quote=quote, points_asked=asked, loyalty=loyalty)


def _path(order: Order, customer: Customer | None, quote: Quote, asked: Points) -> LoyaltyPath:
    carried = bool(order.loyalty_order)
    if customer is None or not customer.may_earn:
        return LoyaltyPath.CARRIED if carried else LoyaltyPath.NONE
    live = quote.source is QuoteSource.LIVE
    if carried and not asked and quote.discount == order.discounted:
        # Processing earns by the price that it was told: another one has to be told, when it can be.
        return LoyaltyPath.LIVE if live and order.added else LoyaltyPath.CARRIED
    return LoyaltyPath.LIVE if live else LoyaltyPath.OFFLINE
