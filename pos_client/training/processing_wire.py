"""The processing wire read and written: bodies into values, values into the answers of Mindbox API v3."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from pos_client.training.conditions import Calculation, Conditions, Line, PricedLine
from pos_client.training.ledger import Balance
from pos_client.training.promotions import CouponState
from pos_client.training.splitting import MUST_BE_RECALCULATED
from pos_client.training.wire import Answer, JsonObject, as_list, as_object, iso_millis, kopecks, moment, roubles, text
from pos_client.training.wire import whole as whole_number

__all__ = [
    "OrderRequest",
    "ProcessingNames",
    "ProtocolError",
    "Refusal",
    "ValidationError",
    "balance_json",
    "balance_type",
    "changes",
    "normal_phone",
    "order_id",
    "order_json",
    "placeholders",
    "read_order",
    "read_time",
]

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LOCAL_PHONE = 10
_FULL_PHONE = 11
# Clocks of a till and of processing never agree to the second; later than this is "an action in the future".
_CLOCK_TOLERANCE = timedelta(minutes=2)


class Refusal(Exception):  # noqa: N818 - the trade's word for an answer "no"; its kinds below are errors
    """An answer that says no; nothing of the request has been executed."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


class ProtocolError(Refusal):
    """The request cannot be understood or makes no sense: HTTP 400, 401, 403 or 429."""

    def __init__(self, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        body = {"status": "ProtocolError", "errorMessage": message, "httpStatusCode": status}
        super().__init__(message, Answer(status, body, headers or {}))


class ValidationError(Refusal):
    """What a person entered is wrong: HTTP 200 with `validationMessages`."""

    def __init__(self, message: str, location: str = "") -> None:
        note = {"message": message, "location": location} if location else {"message": message}
        super().__init__(message, Answer(200, {"status": "ValidationError", "validationMessages": [note]}))


@dataclass(frozen=True, slots=True)
class ProcessingNames:
    """What a Mindbox project decides for itself: names of operations, fields and statuses, and the key."""

    endpoint: str
    secret_key: str
    order_id_field: str
    customer_id_field: str
    checked_out: str
    paid: str
    cancelled: str
    returned: str
    operations: Mapping[str, str]

    def is_guid(self, value: str) -> bool:
        """Whether a transactionId has the one form that is accepted."""
        return _GUID.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as preorder, create and the safe offline order carry it; money in kopecks."""

    order_id: str
    lines: tuple[Line, ...]
    points: int
    coupons: tuple[str, ...]
    total: int | None
    international: bool
    at: datetime
    status: str


def normal_phone(value: str) -> str:
    """Digits with the country code: 8… and ten digits become 7…."""
    digits = "".join(sign for sign in value if sign.isdigit())
    if len(digits) == _LOCAL_PHONE:
        return "7" + digits
    if len(digits) == _FULL_PHONE and digits.startswith("8"):
        return "7" + digits[1:]
    return digits


def read_time(body: JsonObject, clock: Callable[[], datetime]) -> datetime:
    """`executionDateTimeUtc`, the present moment when absent.

    Raises:
        ProtocolError: not a date.
        ValidationError: a moment in the future.
    """
    raw = body.get("executionDateTimeUtc")
    now = clock()
    if not raw:
        return now
    try:
        at = moment(str(raw))
    except ValueError as error:
        raise ProtocolError(f"/executionDateTimeUtc: неверная дата {raw!r}") from error
    if at > now + _CLOCK_TOLERANCE:
        raise ValidationError("Дата выполнения операции находится в будущем", "/executionDateTimeUtc")
    return min(at, now)


def order_id(order: JsonObject, names: ProcessingNames, *, required: bool = True) -> str:
    """External id of the order.

    Raises:
        ProtocolError: it is required and absent.
    """
    found = text(as_object(order.get("ids")).get(names.order_id_field))
    if required and not found:
        raise ProtocolError(f"/order/ids/{names.order_id_field}: не указан идентификатор заказа")
    return found


def read_order(
    body: JsonObject, names: ProcessingNames, conditions: Conditions, clock: Callable[[], datetime], *, final: bool
) -> OrderRequest:
    """The order of a request; `final` asks for what only creating and saving need.

    Raises:
        ProtocolError: a field is missing or has a wrong type.
        ValidationError: a price has fractions of a kopeck, or the moment is in the future.
    """
    order = as_object(body.get("order"))
    if not order:
        raise ProtocolError("/order: не указан заказ")
    lines = _lines(order, names, conditions, numbered=final)
    statuses = {line.status for line in lines}
    try:
        points = sum(whole_number(one.get("amount", 0)) for one in as_list(order.get("bonusPoints")))
        total = kopecks(order["totalPrice"]) if "totalPrice" in order else None
    except ValueError as error:
        raise ProtocolError(f"/order: {error}") from error
    if final and total is None:
        raise ProtocolError("/order/totalPrice: не указана цена заказа")
    codes = [text(as_object(one.get("ids")).get("code")) for one in as_list(order.get("coupons"))]
    return OrderRequest(
        order_id=order_id(order, names, required=final),
        lines=lines,
        points=points,
        coupons=tuple(dict.fromkeys(code for code in codes if code)),
        total=total,
        international=str(as_object(order.get("customFields")).get("international", "")).lower() == "true",
        at=read_time(body, clock),
        status=names.paid if statuses == {names.paid} else names.checked_out,
    )


def _lines(order: JsonObject, names: ProcessingNames, conditions: Conditions, *, numbered: bool) -> tuple[Line, ...]:
    found = tuple(
        _line(raw, at, names, conditions, numbered=numbered)
        for at, raw in enumerate(as_list(order.get("lines")), start=1)
    )
    if not found:
        raise ProtocolError("/order/lines: в заказе нет позиций")
    numbers = [line.number for line in found]
    if numbers != sorted(set(numbers)):
        raise ProtocolError("/order/lines: номера позиций должны возрастать")
    ids = [line.line_id for line in found]
    if len(set(ids)) != len(ids):
        raise ProtocolError(f"/order/lines: {MUST_BE_RECALCULATED}")
    return found


def _line(raw: JsonObject, at: int, names: ProcessingNames, conditions: Conditions, *, numbered: bool) -> Line:
    where = f"/order/lines/{at}"
    product = text(as_object(as_object(raw.get("product")).get("ids")).get(conditions.product_system))
    if not product:
        raise ProtocolError(f"{where}/product/ids/{conditions.product_system}: не указан продукт")
    if numbered and "lineNumber" not in raw:
        raise ProtocolError(f"{where}/lineNumber: не указан номер позиции")
    try:
        quantity = Decimal(str(raw.get("quantity")))
        number = whole_number(raw.get("lineNumber", at))
    except (InvalidOperation, ValueError) as error:
        raise ProtocolError(f"{where}: неверное число") from error
    if not quantity.is_finite() or quantity <= 0 or quantity != round(quantity, 3):
        raise ProtocolError(f"{where}/quantity: неверное количество")
    try:
        unit = kopecks(raw.get("basePricePerItem"))
        floor = kopecks(raw.get("minPricePerItem", 0))
    except ValueError as error:
        raise ValidationError("Базовая цена не может содержать дробные доли копейки", where) from error
    if unit < 0:
        raise ValidationError("Базовая цена не может быть отрицательной", where)
    if not 0 <= floor <= unit:
        raise ValidationError("Минимальная цена не может быть отрицательной или выше базовой", where)
    status = text(as_object(as_object(raw.get("status")).get("ids")).get("externalId")) or names.checked_out
    known = (names.checked_out, names.paid, names.cancelled, names.returned)
    if status not in known:
        raise ProtocolError(f"{where}/status: неизвестный статус «{status}»")
    kind = conditions.kind_of(product)
    return Line(text(raw.get("lineId")) or str(at), number, product, quantity, unit, status, kind, floor)


def balance_json(balance: Balance, conditions: Conditions) -> JsonObject:
    """One item of `balances[]`."""
    found: JsonObject = {
        "total": balance.total,
        "available": balance.available,
        "blocked": balance.blocked,
        "systemName": conditions.balance_system,
        "balanceType": balance_type(conditions),
    }
    if balance.burns_on is not None:
        found["nearestExpiration"] = {"total": balance.burning, "date": balance.burns_on}
    return found


def order_json(
    request: OrderRequest,
    found: Calculation,
    balance: Balance,
    coupons: Sequence[CouponState],
    *,
    names: ProcessingNames,
    conditions: Conditions,
) -> JsonObject:
    """The calculated order of a preorder answer."""
    points = {
        "availableAmountForCurrentOrder": found.most_points,
        "spentAmountForCurrentOrder": found.points,
        "balance": {"total": balance.total, "available": balance.available, "blocked": balance.blocked},
    }
    expires = request.at + timedelta(days=conditions.earned_points_live_days)
    gifts = [
        _earned_json(
            one.gift_points,
            one.name,
            one.id,
            expires if one.gift_days is None else request.at + timedelta(days=one.gift_days),
            conditions,
        )
        for one in found.gifts
    ]
    answer: JsonObject = {
        "processingStatus": "Calculated",
        "totalPrice": roubles(found.total),
        "deliveryCost": 0,
        "lines": [_line_json(one, conditions, expires, found.percent) for one in found.lines],
        "appliedPromotions": gifts,
        "placeholders": placeholders(found),
        "bonusPointsInfo": [{"status": "Success", "balanceType": balance_type(conditions), **points}],
        "totalBonusPointsInfo": points,
        "couponsInfo": [_coupon_json(one, found) for one in coupons],
        "paymentsInfo": [],
        "bonusPointsChanges": changes(found, conditions),
    }
    if request.order_id:
        answer["ids"] = {f"{names.order_id_field}Id": request.order_id}
    return answer


def changes(found: Calculation, conditions: Conditions) -> list[JsonObject]:
    """What the order will earn and spend, points."""
    return [{"balanceType": balance_type(conditions), "earnedAmount": found.earned, "spentAmount": found.points}]


def placeholders(found: Calculation) -> list[JsonObject]:
    """The text for the receipt and for the screen."""
    message = found.why_nothing_earned or f"Начислим баллов: {found.earned}"
    return [{"ids": {"externalId": "receipt"}, "content": [{"type": "text", "message": message}]}]


def balance_type(conditions: Conditions) -> JsonObject:
    """The one account of the programme as the wire names it."""
    return {"ids": {"systemName": conditions.balance_system}, "name": conditions.balance_name}


def _coupon_json(one: CouponState, found: Calculation) -> JsonObject:
    amount = sum(
        discount.amount for line in found.lines for discount in line.discounts if discount.promotion.coupon == one.code
    )
    coupon: JsonObject = {"ids": {"code": one.code}, "status": one.status}
    if one.promotion is not None:
        coupon["pool"] = {"ids": {"externalId": one.promotion.id}, "name": one.promotion.name, "description": ""}
    if one.starts is not None:
        coupon["availableFromDateTimeUtc"] = iso_millis(one.starts)
    if one.ends is not None:
        coupon["availableTillDateTimeUtc"] = iso_millis(one.ends)
    return {"discountAmountForCurrentOrder": roubles(amount), "coupon": coupon}


def _line_json(one: PricedLine, conditions: Conditions, expires: datetime, percent: int) -> JsonObject:
    applied: list[JsonObject] = []
    for discount in one.discounts:
        named = {"ids": {"externalId": discount.promotion.id}, "name": discount.promotion.name, "type": "mindbox"}
        entry: JsonObject = {"type": "discount", "amount": roubles(discount.amount), "promotion": named}
        if discount.promotion.coupon:
            entry["coupon"] = {"ids": {"code": discount.promotion.coupon}}
        applied.append(entry)
    if one.points:
        promotion = {"ids": {"externalId": "pay-by-points"}, "name": "Оплата баллами", "type": "mindbox"}
        applied.append(
            {
                "type": "spentBonusPoints",
                "amount": one.points,
                "balanceType": balance_type(conditions),
                "promotion": promotion,
            }
        )
    if one.earned:
        applied.append(_earned_json(one.earned, f"Кешбэк {percent} %", "cashback", expires, conditions))
    quantity = int(one.line.quantity) if one.line.quantity == int(one.line.quantity) else float(one.line.quantity)
    return {
        "product": {"ids": {conditions.product_system: one.line.product}},
        "lineId": one.line.line_id,
        "lineNumber": one.line.number,
        "quantity": quantity,
        "basePricePerItem": roubles(one.line.unit),
        "discountedPriceOfLine": roubles(one.total),
        "status": {"ids": {"externalId": one.line.status}},
        "appliedPromotions": applied,
        "placeholders": [],
    }


def _earned_json(points: int, name: str, promotion: str, expires: datetime, conditions: Conditions) -> JsonObject:
    return {
        "type": "earnedBonusPoints",
        "amount": points,
        "expirationDateTimeUtc": iso_millis(expires),
        "balanceType": balance_type(conditions),
        "promotion": {"ids": {"externalId": promotion}, "name": name, "type": "mindbox"},
    }
