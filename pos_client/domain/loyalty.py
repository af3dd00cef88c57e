"""What an order costs with the loyalty programme, or without it when the programme cannot answer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import LineKind, Order

__all__ = ["Coupon", "CouponState", "Discount", "Earning", "LinePart", "Quote", "QuoteSource", "base_quote"]


class Earning(Enum):
    """Whether points will be earned, and why not. "Could not read the rule" is never "the rule says zero"."""

    AFTER_FULL_PAYMENT = "after_full_payment"
    NOTHING_BY_RULE = "nothing_by_rule"
    INTERNATIONAL = "international"
    NO_CUSTOMER = "no_customer"
    NOT_MEMBER = "not_member"
    BLOCKED = "blocked"
    """The card, or the customer's part in the programme, is blocked."""
    RULE_UNKNOWN = "rule_unknown"
    CARRIED = "carried"
    """Nobody has to be asked: an earlier visit's points wait for the rest of the money, whoever brings it."""
    LATER = "later"
    """Processing is down: by the rules of the day of sale, when it works again."""


class QuoteSource(Enum):
    """Who made the price."""

    LIVE = "live"
    BASE = "base"
    """Full prices less what earlier visits already took off; nobody was asked."""


@dataclass(frozen=True, slots=True)
class Discount:
    """Money taken off by one promotion, by the name that the customer reads."""

    name: str
    amount: Money


class CouponState(Enum):
    """What processing says of a coupon (`coupon.status` of the wire)."""

    APPLIED = "applied"
    UNAVAILABLE = "unavailable"
    """The coupons could not be read now: not the same as a bad coupon."""
    NOT_FOUND = "not_found"
    NOT_ISSUED = "not_issued"
    USED = "used"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    NOT_FOR_THIS_ORDER = "not_for_this_order"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon that the customer named, and what it did."""

    code: str
    state: CouponState
    amount: Money = ZERO
    """Taken off by it."""
    name: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LinePart:
    """A part of an order line as the server cut it, because points or a promotion do not divide by the quantity."""

    line_id: str
    number: int
    """Of the part, among all parts of the order, on the server."""
    quantity: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of a whole order. Parts always sum: total − discounts − points = payable = Σ line amounts."""

    total: Money
    discounts: tuple[Discount, ...]
    points: Points
    """Points applied to the order, earlier visits included."""
    points_off: Money
    redeemable: Points
    """The most points that the server lets this order take in all."""
    amounts: tuple[Money, ...]
    """Price of each order line after discounts and points, in the order's sequence."""
    earning: Earning
    earned: Points | None = None
    earn_percent: Decimal | None = None
    source: QuoteSource = QuoteSource.BASE
    coupons: tuple[Coupon, ...] = ()
    """Every coupon that was asked for, in the sequence of asking."""
    earned_expire: datetime | None = None
    """When the points that this order earns would burn; None when the answer does not say."""
    messages: tuple[str, ...] = ()
    """Processing's own sentences for the receipt and the screen."""
    redeemable_known: bool = True
    """False: the account could not be read just now, which is not the same as an order that takes no points."""
    parts: tuple[LinePart, ...] = ()
    """Set when the server cut a line: the order is created in these parts, or the server refuses it."""

    def __post_init__(self) -> None:
        if self.payable != self.total - self.discount:
            raise ValueError("a quote's parts do not sum to its whole")
        if any(amount < ZERO for amount in self.amounts):
            raise ValueError("a line costs less than nothing")

    @property
    def payable(self) -> Money:
        """Price of the order after discounts and points, before any payment."""
        return Money.sum(self.amounts)

    @property
    def used(self) -> tuple[str, ...]:
        """Codes of the coupons that lower this price."""
        return tuple(one.code for one in self.coupons if one.state is CouponState.APPLIED)

    @property
    def discount(self) -> Money:
        """Everything taken off: promotions and points."""
        return Money.sum([discount.amount for discount in self.discounts]) + self.points_off


def base_quote(order: Order, earning: Earning, coupons: tuple[str, ...] = ()) -> Quote:
    """The price nobody has to be asked for: full lines less what earlier visits took off.

    A coupon does nothing here: only processing can tell what it is worth, and only processing may use it up.

    What was taken off earlier came off services only, so it is spread over them here too (points never touch goods).
    """
    points_off = min(Money(order.points_spent.count * 100), order.discounted)
    other = order.discounted - points_off
    weights = [0 if line.kind is LineKind.GOODS else line.total.kopecks for line in order.lines]
    if order.discounted.kopecks > sum(weights):
        weights = [line.total.kopecks for line in order.lines]
    off = order.discounted.split(weights) if order.lines else ()
    return Quote(
        total=order.total,
        discounts=(Discount("Скидки прошлых визитов", other),) if other else (),
        points=order.points_spent,
        points_off=points_off,
        redeemable=order.points_spent,
        amounts=tuple(line.total - part for line, part in zip(order.lines, off, strict=True)),
        earning=earning,
        coupons=tuple(Coupon(code, CouponState.UNAVAILABLE) for code in coupons),
    )
