"""What processing says of the coupons that a customer named."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pos_client.adapters.tolerant import UnreadableAnswerError, identifier, moment, money, node, nodes, text
from pos_client.domain.loyalty import Coupon, CouponState
from pos_client.domain.money import ZERO, Money

__all__ = ["coupons_in"]

_STATES: Final = {
    "canbeused": CouponState.APPLIED,
    "unavailable": CouponState.UNAVAILABLE,
    "notfound": CouponState.NOT_FOUND,
    "notissued": CouponState.NOT_ISSUED,
    "used": CouponState.USED,
    "yetnotactive": CouponState.NOT_YET,
    "notyetactive": CouponState.NOT_YET,
    "alreadynotactive": CouponState.EXPIRED,
    "expired": CouponState.EXPIRED,
    "cannotbeusedforcurrentorder": CouponState.NOT_FOR_THIS_ORDER,
    "blocked": CouponState.BLOCKED,
}


def coupons_in(order: Mapping[str, Any], asked: Sequence[str], *, most: Money) -> tuple[Coupon, ...]:
    """Every coupon that was asked for, in the sequence of asking; together they took off `most` at most.

    A coupon about which nothing readable is said could not be read now: that is not a bad coupon.

    Raises:
        UnreadableAnswerError: the coupons take off more than the order lost.
    """
    told: dict[str, Mapping[str, Any]] = {}
    for one in nodes(order.get("couponsInfo")):
        code = identifier(node(node(one.get("coupon")).get("ids")).get("code"))
        told.setdefault(code.casefold(), one)
    found = tuple(_coupon(code, told.get(code.casefold(), {})) for code in asked)
    if Money.sum([coupon.amount for coupon in found]) > most:
        raise UnreadableAnswerError("coupons take off more than the order lost")
    return found


def _coupon(code: str, one: Mapping[str, Any]) -> Coupon:
    coupon = node(one.get("coupon"))
    state = _STATES.get(text(coupon.get("status")).lower(), CouponState.UNAVAILABLE)
    amount = money(one.get("discountAmountForCurrentOrder")) or ZERO
    return Coupon(
        code=code,
        state=state,
        amount=max(amount, ZERO) if state is CouponState.APPLIED else ZERO,
        name=text(node(coupon.get("pool")).get("name")),
        since=moment(coupon.get("availableFromDateTimeUtc")),
        until=moment(coupon.get("availableTillDateTimeUtc")),
    )
