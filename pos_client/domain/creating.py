"""The create order call of a sale: the ids under which it leaves, and what becomes of the sale by its answer."""

from dataclasses import replace
from uuid import UUID, uuid5

from pos_client.domain.loyalty import Earning, base_quote
from pos_client.domain.money import NO_POINTS, Points
from pos_client.domain.order import OFFLINE_MARK
from pos_client.domain.sale import IllegalMoveError, LoyaltyPath, Sale, Stage, Trouble

__all__ = ["left_without_points", "offline_order_id", "reopened", "reserved", "transaction"]


def transaction(sale: Sale) -> UUID:
    """Idempotency key of this visit's create call: the same body, the same key, for ever."""
    return uuid5(sale.id, f"create:{sale.loyalty.order_id}:{sale.loyalty.revision}")


def offline_order_id(sale: Sale) -> str:
    """Id of this visit's safe offline order; never the id of a create whose fate is unknown."""
    if sale.order is None:
        raise IllegalMoveError("an offline order without an order")
    return f"{sale.order.number}{OFFLINE_MARK}{sale.id.hex[:8]}"


def reserved(sale: Sale, promised: Points | None) -> Sale:
    """Processing created the order: the points are spent and the accrual waits."""
    return replace(sale.moved(Stage.PAYING), loyalty=replace(sale.loyalty, reserved=True, promised=promised))


def reopened(sale: Sale, trouble: Trouble | None = None) -> Sale:
    """The create was refused: nothing moved, the cashier decides anew."""
    return replace(sale.moved(Stage.OPEN), tenders=(), paid_at=None, trouble=trouble)


def left_without_points(sale: Sale, earning: Earning, *, maybe_created: bool) -> Sale:
    """Processing cannot be relied on: this visit sells at base prices, and its points follow by themselves.

    `maybe_created` says that the create may have landed, so its order must be undone. If the price stays what the
    cashier accepted, the payment goes on; otherwise the sale is open again, because more money has to be asked for.
    """
    order = sale.order
    if order is None:
        raise IllegalMoveError("nothing was to be created")
    quote = base_quote(order, earning, sale.coupons)
    undo = (*sale.loyalty.abandoned, sale.loyalty.order_id) if maybe_created else sale.loyalty.abandoned
    path = LoyaltyPath.CARRIED if order.loyalty_order else LoyaltyPath.OFFLINE
    loyalty = replace(sale.loyalty, path=path, abandoned=tuple(dict.fromkeys(undo)), promised=None)
    same_price = sale.quote is not None and quote.payable == sale.quote.payable
    if sale.stage is Stage.RESERVING and same_price:
        return replace(sale.moved(Stage.PAYING), quote=quote, points_asked=NO_POINTS, loyalty=loyalty)
    opened = replace(sale.moved(Stage.OPEN), quote=quote, points_asked=NO_POINTS, loyalty=loyalty)
    return replace(opened, tenders=(), paid_at=None)
