"""A quote out of processing's answer; an answer that does not add up is no answer."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pos_client.adapters.coupon_reading import coupons_in
from pos_client.adapters.customer_reading import system_of
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.tolerant import (
    UnreadableAnswerError,
    identifier,
    moment,
    money,
    node,
    nodes,
    number,
    points,
    text,
    whole,
)
from pos_client.domain.loyalty import Discount, Earning, LinePart, Quote, QuoteSource
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import LineKind, Order

__all__ = ["UnreadableAnswerError", "parts_in", "promised_in", "quote_in", "total_in"]

_DISCOUNTS: Final = frozenset({"discount", "correctiondiscount", "deliverydiscount"})
_SPENT: Final = "spentbonuspoints"
_EARNED: Final = "earnedbonuspoints"
_STRANGERS: Final = {"notfound": Earning.NOT_MEMBER, "discountcardisblocked": Earning.BLOCKED}
_UNSURE: Final = frozenset({"ambiguous", "unavailable", "notprocessed"})
_PERCENT: Final = re.compile(r"(\d{1,3}(?:[.,]\d{1,4})?)\s*%")
_HUNDRED: Final = 100
_MOST_MESSAGES: Final = 5
_LONGEST_MESSAGE: Final = 200


def quote_in(
    body: Mapping[str, Any],
    order: Order,
    names: ProcessingNames,
    *,
    wanted: Points | None = None,
    coupons: tuple[str, ...] = (),
) -> Quote:
    """The price of the order as processing calculated it, with what it says of each of the `coupons` asked for.

    Raises:
        UnreadableAnswerError: a line has no price or one above its own, the lines do not sum to the total, the shop's
            goods are cheaper, more points are spent than were `wanted`, points are spent for nothing, or something that
            earlier visits took off has come back.
    """
    answer = node(body.get("order"))
    amounts = _amounts(answer, order)
    total = total_in(body)
    payable = Money.sum(amounts)
    if payable != total:
        raise UnreadableAnswerError(f"lines sum to {payable.kopecks}, the total is {total.kopecks} kopecks")
    spent = _spent(answer, names)
    if wanted is not None and spent > wanted:
        raise UnreadableAnswerError("more points are spent than were asked for")
    discounts, points_off = _taken_off(answer, order.total - payable, spent, names)
    if spent < order.points_spent or order.total - payable < order.discounted:
        raise UnreadableAnswerError("less is taken off than earlier visits already took off")
    earned = promised_in(body, names)
    redeemable = _redeemable(answer, names)
    return Quote(
        total=order.total,
        discounts=discounts,
        points=spent,
        points_off=points_off,
        redeemable=max(redeemable or NO_POINTS, spent),
        amounts=amounts,
        earning=_earning(body, order, earned),
        earned=earned,
        earn_percent=_percent(answer) if earned else None,
        source=QuoteSource.LIVE,
        coupons=coupons_in(answer, coupons, most=order.total - payable - points_off),
        earned_expire=_expires(answer, names) if earned else None,
        messages=_messages(answer),
        redeemable_known=redeemable is not None,
        parts=parts_in(body, {line.id: line.quantity for line in order.lines}),
    )


def total_in(body: Mapping[str, Any]) -> Money:
    """The final price of the whole order.

    Raises:
        UnreadableAnswerError: there is none.
    """
    found = money(node(body.get("order")).get("totalPrice"))
    if found is None or found < ZERO:
        raise UnreadableAnswerError("order.totalPrice is missing")
    return found


def promised_in(body: Mapping[str, Any], names: ProcessingNames) -> Points | None:
    """Points that will be earned; None when the answer does not say, which is not "none"."""
    answer = node(body.get("order"))
    changes = answer.get("bonusPointsChanges")
    for change in nodes(changes):
        if system_of(change) in {names.balance, ""}:
            return points(change.get("earnedAmount"))
    applied = [number(one.get("amount")) for one in _applied(answer, _EARNED, names)]
    if not applied:
        return NO_POINTS if changes == [] else None
    known = [amount for amount in applied if amount is not None and amount >= 0]
    return Points(int(sum(known, Decimal(0)))) if len(known) == len(applied) else None


def parts_in(body: Mapping[str, Any], quantities: Mapping[str, int]) -> tuple[LinePart, ...]:
    """How the server cut the lines, by our line ids; empty when it cut none.

    Raises:
        UnreadableAnswerError: the parts do not make up the lines again.
    """
    found = list(nodes(node(body.get("order")).get("lines")))
    if len(found) == len(quantities):
        return ()
    parts: list[LinePart] = []
    left = dict(quantities)
    for at, line in enumerate(found, start=1):
        line_id, quantity = identifier(line.get("lineId")), whole(line.get("quantity"))
        if line_id not in left or quantity is None or quantity <= 0:
            raise UnreadableAnswerError("a part of a line without its line or its quantity")
        left[line_id] -= quantity
        parts.append(LinePart(line_id, whole(line.get("lineNumber")) or at, quantity))
    if any(left.values()) or len({part.number for part in parts}) < len(parts) or any(p.number < 1 for p in parts):
        raise UnreadableAnswerError("the parts of the lines do not make up the lines")
    return tuple(parts)


def _amounts(answer: Mapping[str, Any], order: Order) -> tuple[Money, ...]:
    """Price of each of our lines; a line that the server cut is put together again."""
    by_line: dict[str, Money] = {}
    ours = {line.id: line for line in order.lines}
    found = list(nodes(answer.get("lines")))
    for at, one in enumerate(found, start=1):
        price = money(one.get("discountedPriceOfLine"))
        line_id = identifier(one.get("lineId"))
        if line_id not in ours and len(found) == len(order.lines):
            # Numbers stand for lines only while none was cut: after that they are the server's.
            place = whole(one.get("lineNumber")) or at
            line_id = order.lines[place - 1].id if 0 < place <= len(order.lines) else ""
        if price is None or price < ZERO or line_id not in ours:
            raise UnreadableAnswerError("a line without a price, or one that was not asked about")
        base = money(one.get("basePricePerItem"))
        if base is not None and base != ours[line_id].price:
            raise UnreadableAnswerError("the price of another line was calculated")
        by_line[line_id] = by_line.get(line_id, ZERO) + price
    if by_line.keys() != ours.keys():
        raise UnreadableAnswerError("lines are missing")
    for line in order.lines:
        amount = by_line[line.id]
        if amount > line.total or (line.kind is LineKind.GOODS and amount != line.total):
            raise UnreadableAnswerError("a line above its price, or goods of a shop below theirs")
    return tuple(by_line[line.id] for line in order.lines)


def _taken_off(
    answer: Mapping[str, Any], off: Money, spent: Points, names: ProcessingNames
) -> tuple[tuple[Discount, ...], Money]:
    """Promotions by name, and money that points took off; together exactly `off`."""
    by_name = _named(_of_lines(answer))
    by_points = Money.sum([_amount(one) for one in _spendings(answer, names)])
    rest = off - Money.sum([*by_name.values()])
    if rest < ZERO:
        raise UnreadableAnswerError("discounts are larger than the difference of prices")
    if by_points and int(by_points.roubles) != spent.count:
        raise UnreadableAnswerError("the lines name another number of points than the order")
    if by_points > rest:
        raise UnreadableAnswerError("points and discounts are larger than the difference of prices")
    # What the order itself names may only sum up its lines: it counts as far as the lines leave room for it.
    for name, amount in _named(nodes(answer.get("appliedPromotions"))).items():
        if name not in by_name and amount <= rest - (by_points or (rest if spent else ZERO)):
            by_name[name] = amount
            rest -= amount
    # Where no line says what points took off, it is what the lines lost beside the discounts.
    points_off = (by_points or rest) if spent else ZERO
    if spent and not points_off:
        raise UnreadableAnswerError("points are spent and take nothing off")
    other = rest - points_off
    if other:
        by_name["Прочие скидки"] = by_name.get("Прочие скидки", ZERO) + other
    return tuple(Discount(name, amount) for name, amount in by_name.items() if amount), points_off


def _named(applied: Iterable[Mapping[str, Any]]) -> dict[str, Money]:
    found: dict[str, Money] = {}
    for one in applied:
        if text(one.get("type")).lower() in _DISCOUNTS:
            name = text(node(one.get("promotion")).get("name"))[:_LONGEST_MESSAGE] or "Скидка"
            found[name] = found.get(name, ZERO) + _amount(one)
    return found


def _amount(one: Mapping[str, Any]) -> Money:
    found = money(one.get("amount"))
    if found is None or found < ZERO:
        raise UnreadableAnswerError("a promotion that takes off nobody knows what")
    return found


def _of_lines(answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for line in nodes(answer.get("lines")):
        yield from nodes(line.get("appliedPromotions"))


def _applied(answer: Mapping[str, Any], kind: str, names: ProcessingNames) -> list[Mapping[str, Any]]:
    """Movements of our account that the lines and the order itself name."""
    return [
        one
        for one in [*_of_lines(answer), *nodes(answer.get("appliedPromotions"))]
        if text(one.get("type")).lower() == kind and system_of(one) in {names.balance, ""}
    ]


def _spendings(answer: Mapping[str, Any], names: ProcessingNames) -> list[Mapping[str, Any]]:
    """What points took off line by line, or in the order as a whole when no line says it.

    Raises:
        UnreadableAnswerError: points of an account that the project's settings do not name are spent.
    """
    ours = _applied(answer, _SPENT, names)
    every = [*_of_lines(answer), *nodes(answer.get("appliedPromotions"))]
    if len(ours) < sum(text(one.get("type")).lower() == _SPENT for one in every):
        raise UnreadableAnswerError("points of another account are spent")
    lines = [one for one in _of_lines(answer) if text(one.get("type")).lower() == _SPENT]
    return lines or ours


def _points_info(answer: Mapping[str, Any], names: ProcessingNames) -> Mapping[str, Any]:
    for one in nodes(answer.get("bonusPointsInfo")):
        if system_of(one) == names.balance:
            return one
    return node(answer.get("totalBonusPointsInfo"))


def _spent(answer: Mapping[str, Any], names: ProcessingNames) -> Points:
    """Points that the order takes; both places that tell it have to agree."""
    info = points(_points_info(answer, names).get("spentAmountForCurrentOrder"))
    changes = [one for one in nodes(answer.get("bonusPointsChanges")) if system_of(one) in {names.balance, ""}]
    change = points(changes[0].get("spentAmount")) if changes else None
    if info is not None and change is not None and info != change:
        raise UnreadableAnswerError("two numbers of points are spent")
    return info or change or NO_POINTS


def _redeemable(answer: Mapping[str, Any], names: ProcessingNames) -> Points | None:
    """The most points that the order takes; None when the account could not be read."""
    info = _points_info(answer, names)
    if text(info.get("status")).lower() == "unavailable":
        return None
    return points(info.get("availableAmountForCurrentOrder"))


def _earning(body: Mapping[str, Any], order: Order, earned: Points | None) -> Earning:
    """Why points are earned or not: "abroad", "the rule says zero" and "no rule could be read" are three things."""
    standing = text(node(body.get("customer")).get("processingStatus")).lower()
    if standing in _STRANGERS:
        return _STRANGERS[standing]
    if earned:
        return Earning.AFTER_FULL_PAYMENT
    if earned is None or standing in _UNSURE:
        return Earning.RULE_UNKNOWN
    return Earning.INTERNATIONAL if order.international else Earning.NOTHING_BY_RULE


def _percent(answer: Mapping[str, Any]) -> Decimal | None:
    """The rate, if the promotion's name says one and all lines earn at it: the wire has no field for it."""
    names = {
        text(node(one.get("promotion")).get("name"))
        for one in _of_lines(answer)
        if text(one.get("type")).lower() == _EARNED
    }
    rates = {match.group(1).replace(",", ".") if (match := _PERCENT.search(name)) else "" for name in names}
    rate = number(next(iter(rates))) if len(rates) == 1 else None
    return rate if rate is not None and 0 < rate <= _HUNDRED else None


def _expires(answer: Mapping[str, Any], names: ProcessingNames) -> datetime | None:
    """When the first of the earned points would burn."""
    found = [moment(one.get("expirationDateTimeUtc")) for one in _applied(answer, _EARNED, names)]
    return min((at for at in found if at is not None), default=None)


def _messages(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Texts that the project wants shown or printed, each once and of a length that a receipt bears."""
    places = [*nodes(answer.get("placeholders"))]
    for line in nodes(answer.get("lines")):
        places += nodes(line.get("placeholders"))
    said = [
        text(one.get("message"))[:_LONGEST_MESSAGE]
        for place in places
        for one in nodes(place.get("content"))
        if text(one.get("type")).lower() == "text"
    ]
    return tuple(dict.fromkeys(message for message in said if message))[:_MOST_MESSAGES]
