"""A customer and a quote out of processing's answers; an answer that does not add up is no answer."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.tolerant import identifier, money, node, nodes, number, points, text, whole_day
from pos_client.domain.customer import Balance, Customer, CustomerKey, Expiration, KeyKind, Standing
from pos_client.domain.loyalty import Discount, Earning, Quote, QuoteSource
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import Order

__all__ = ["UnreadableAnswerError", "customer_in", "masked_phone", "promised_in", "quote_in", "total_in"]

_DISCOUNTS: Final = frozenset({"discount", "correctiondiscount", "deliverydiscount"})
_STANDINGS: Final = {
    "found": Standing.MEMBER,
    "notfound": Standing.NOT_FOUND,
    "ambiguous": Standing.AMBIGUOUS,
    "discountcardisblocked": Standing.BLOCKED,
}
_PERCENT: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*%")
_RUSSIAN_PHONE: Final = 11
_SHORTEST_PHONE: Final = 6
_HUNDRED: Final = 100


class UnreadableAnswerError(ValueError):
    """The answer lacks something that cannot be guessed, or its sums do not agree."""


# ---------------------------------------------------------------------------------------------------- customer


def customer_in(body: Mapping[str, Any], key: CustomerKey, names: ProcessingNames, read_at: datetime) -> Customer:
    """Who answered to the key, with personal data masked.

    Raises:
        UnreadableAnswerError: the answer does not say whether anybody was found.
    """
    found = node(body.get("customer"))
    status = text(found.get("processingStatus"))
    standing = _STANDINGS.get(status.lower())
    if standing is None:
        raise UnreadableAnswerError(f"customer.processingStatus {status or 'is missing'}")
    if standing is not Standing.MEMBER:
        return Customer(_kept(key), standing)
    if key.kind is KeyKind.CARD and _card_is_blocked(body, key.value):
        return Customer(key, Standing.BLOCKED)
    processing_id = identifier(node(found.get("ids")).get("mindboxId"))
    if not processing_id:
        raise UnreadableAnswerError("customer.ids.mindboxId is missing")
    return Customer(
        key=_kept(key),
        standing=standing,
        processing_id=processing_id,
        name=" ".join(part for part in (text(found.get("lastName")), text(found.get("firstName"))) if part),
        phone=masked_phone(text(found.get("mobilePhone"))),
        level=_level(body, names),
        balance=_balance(body, names, read_at),
    )


def _kept(key: CustomerKey) -> CustomerKey:
    """The key as it stays with the sale: once processing has answered, nobody needs the whole phone again."""
    return replace(key, value=masked_phone(key.value)) if key.kind is KeyKind.PHONE else key


def masked_phone(phone: str) -> str:
    """A phone of which nobody can be called: `+7 916 •••-••-67`; empty stays empty."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    if len(digits) == _RUSSIAN_PHONE:
        return f"+{digits[0]} {digits[1:4]} •••-••-{digits[-2:]}"
    return f"+{digits[:2]} ••• {digits[-2:]}" if len(digits) >= _SHORTEST_PHONE else ""


def _card_is_blocked(body: Mapping[str, Any], card: str) -> bool:
    return any(
        identifier(node(one.get("ids")).get("number")) == card
        and text(node(node(one.get("status")).get("ids")).get("systemName")).lower() == "blocked"
        for one in nodes(body.get("discountCards"))
    )


def _level(body: Mapping[str, Any], names: ProcessingNames) -> str:
    for one in nodes(body.get("customerSegmentations")):
        if text(node(node(one.get("segmentation")).get("ids")).get("externalId")) == names.level_segmentation:
            return text(node(one.get("segment")).get("name"))
    return ""


def _balance(body: Mapping[str, Any], names: ProcessingNames, read_at: datetime) -> Balance | None:
    for one in nodes(body.get("balances")):
        if _system(one) != names.balance:
            continue
        available = points(one.get("available"))
        if available is None:
            return None
        nearest = node(one.get("nearestExpiration"))
        burning, on = points(nearest.get("total")), whole_day(nearest.get("date"))
        return Balance(
            available=available,
            blocked=points(one.get("blocked")) or NO_POINTS,
            expiring=Expiration(burning, on) if burning and on else None,
            read_at=read_at,
        )
    return None


def _system(one: Mapping[str, Any]) -> str:
    return text(one.get("systemName")) or text(node(node(one.get("balanceType")).get("ids")).get("systemName"))


# ------------------------------------------------------------------------------------------------------- quote


def quote_in(body: Mapping[str, Any], order: Order, names: ProcessingNames) -> Quote:
    """The price of the order as processing calculated it.

    Raises:
        UnreadableAnswerError: a line has no price, the lines do not sum to the total, or something that earlier visits
            took off has come back.
    """
    answer = node(body.get("order"))
    amounts = _amounts(answer, order)
    total = total_in(body)
    payable = Money.sum(amounts)
    if payable != total:
        raise UnreadableAnswerError(f"lines sum to {payable.kopecks}, the total is {total.kopecks} kopecks")
    spent = _spent(answer, names)
    discounts, points_off = _taken_off(answer, order.total - payable, spent)
    if spent < order.points_spent or order.total - payable < order.discounted:
        raise UnreadableAnswerError("less is taken off than earlier visits already took off")
    earned = promised_in(body, names)
    return Quote(
        total=order.total,
        discounts=discounts,
        points=spent,
        points_off=points_off,
        redeemable=max(_redeemable(answer, names), spent),
        amounts=amounts,
        earning=_earning(body, order, earned),
        earned=earned,
        earn_percent=_percent(answer) if earned else None,
        source=QuoteSource.LIVE,
    )


def total_in(body: Mapping[str, Any]) -> Money:
    """The final price of the whole order.

    Raises:
        UnreadableAnswerError: there is none.
    """
    found = money(node(body.get("order")).get("totalPrice"))
    if found is None:
        raise UnreadableAnswerError("order.totalPrice is missing")
    return found


def promised_in(body: Mapping[str, Any], names: ProcessingNames) -> Points | None:
    """Points that will be earned; None when the answer does not say, which is not "none"."""
    answer = node(body.get("order"))
    for change in nodes(answer.get("bonusPointsChanges")):
        if _system(change) in {names.balance, ""}:
            return points(change.get("earnedAmount"))
    applied = [number(one.get("amount")) for one in _applied(answer) if text(one.get("type")) == "earnedBonusPoints"]
    return Points(int(sum((amount or Decimal(0) for amount in applied), Decimal(0)))) if applied else None


def _amounts(answer: Mapping[str, Any], order: Order) -> tuple[Money, ...]:
    """Price of each of our lines; a line that the server split is put together again."""
    by_line: dict[str, Money] = {}
    ids = {line.id for line in order.lines}
    for at, line in enumerate(nodes(answer.get("lines")), start=1):
        price = money(line.get("discountedPriceOfLine"))
        line_id = identifier(line.get("lineId"))
        if line_id not in ids:
            place = number(line.get("lineNumber")) or Decimal(at)
            line_id = order.lines[int(place) - 1].id if 0 < place <= len(order.lines) else ""
        if price is None or price < ZERO or not line_id:
            raise UnreadableAnswerError("a line without a price, or one that was not asked about")
        by_line[line_id] = by_line.get(line_id, ZERO) + price
    if by_line.keys() != ids:
        raise UnreadableAnswerError("lines are missing")
    return tuple(by_line[line.id] for line in order.lines)


def _taken_off(answer: Mapping[str, Any], off: Money, spent: Points) -> tuple[tuple[Discount, ...], Money]:
    """Promotions by name, and money that points took off; together exactly `off`."""
    by_name: dict[str, Money] = {}
    by_points = ZERO
    for one in _applied(answer):
        kind, amount = text(one.get("type")).lower(), money(one.get("amount")) or ZERO
        if kind in _DISCOUNTS:
            name = text(node(one.get("promotion")).get("name")) or "Скидка"
            by_name[name] = by_name.get(name, ZERO) + amount
        elif kind == "spentbonuspoints":
            by_points += amount
    rest = off - Money.sum([*by_name.values()])
    if rest < ZERO:
        raise UnreadableAnswerError("discounts are larger than the difference of prices")
    # On the wire points are named by number; what they are worth is what the lines lost beside the discounts.
    points_off = (min(by_points, rest) if by_points else rest) if spent else ZERO
    other = rest - points_off
    if other:
        by_name["Прочие скидки"] = by_name.get("Прочие скидки", ZERO) + other
    return tuple(Discount(name, amount) for name, amount in by_name.items() if amount), points_off


def _applied(answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for line in nodes(answer.get("lines")):
        yield from nodes(line.get("appliedPromotions"))


def _points_info(answer: Mapping[str, Any], names: ProcessingNames) -> Mapping[str, Any]:
    for one in nodes(answer.get("bonusPointsInfo")):
        if _system(one) == names.balance:
            return one
    return node(answer.get("totalBonusPointsInfo"))


def _spent(answer: Mapping[str, Any], names: ProcessingNames) -> Points:
    info = points(_points_info(answer, names).get("spentAmountForCurrentOrder"))
    if info is not None:
        return info
    for change in nodes(answer.get("bonusPointsChanges")):
        if _system(change) in {names.balance, ""}:
            return points(change.get("spentAmount")) or NO_POINTS
    return NO_POINTS


def _redeemable(answer: Mapping[str, Any], names: ProcessingNames) -> Points:
    info = _points_info(answer, names)
    if text(info.get("status")).lower() == "unavailable":
        return NO_POINTS
    return points(info.get("availableAmountForCurrentOrder")) or NO_POINTS


def _earning(body: Mapping[str, Any], order: Order, earned: Points | None) -> Earning:
    if text(node(body.get("customer")).get("processingStatus")).lower() == "notfound":
        return Earning.NOT_MEMBER
    if earned is None:
        return Earning.RULE_UNKNOWN
    if earned:
        return Earning.AFTER_FULL_PAYMENT
    return Earning.INTERNATIONAL if order.international else Earning.NOTHING_BY_RULE


def _percent(answer: Mapping[str, Any]) -> Decimal | None:
    """The rate, if the promotion's name says one and all lines earn at it: the wire has no field for it."""
    names = {
        text(node(one.get("promotion")).get("name"))
        for one in _applied(answer)
        if text(one.get("type")).lower() == "earnedbonuspoints"
    }
    rates = {match.group(1).replace(",", ".") if (match := _PERCENT.search(name)) else "" for name in names}
    rate = number(next(iter(rates))) if len(rates) == 1 else None
    return rate if rate is not None and 0 < rate <= _HUNDRED else None
