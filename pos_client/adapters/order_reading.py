"""A CDEK order out of API v2 and the counter's payments: what is sold, where it is, what was paid before.

Source: CDEK API v2 (`GET /v2/orders`) and counter v1 (`GET /counter/v1/orders/{number}/payments`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from pos_client.adapters.tolerant import flag, identifier, moment, money, node, nodes, number, points, text
from pos_client.domain.money import NO_POINTS, ZERO, Money
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
from pos_client.domain.terms import Settlement, sign_among

__all__ = ["UnreadableOrderError", "disagreement", "order_in"]

_SHOP_ORDER: Final = 1
_LONGEST_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STATES: Final = {
    "CREATED": OrderState.ACCEPTED,
    "ACCEPTED": OrderState.ACCEPTED,
    "RECEIVED_AT_SHIPMENT_WAREHOUSE": OrderState.ACCEPTED,
    "READY_TO_SHIP_AT_SENDING_OFFICE": OrderState.ACCEPTED,
    "READY_FOR_SHIPMENT_IN_SENDER_CITY": OrderState.ACCEPTED,
    "ACCEPTED_AT_PICK_UP_POINT": OrderState.WAITING,
    "ENTERED_TO_WAREHOUSE_ON_DEMAND": OrderState.WAITING,
    "DELIVERED": OrderState.DELIVERED,
    "POSTOMAT_RECEIVED": OrderState.DELIVERED,
    "NOT_DELIVERED": OrderState.NOT_DELIVERED,
    "REMOVED": OrderState.NOT_DELIVERED,
    "INVALID": OrderState.NOT_DELIVERED,
}
_TENDERS: Final = {"CASH": TenderKind.CASH, "CARD": TenderKind.CARD, "SBP": TenderKind.SBP}
_VATS: Final = {
    0: Vat.VAT0,
    5: Vat.VAT5,
    7: Vat.VAT7,
    10: Vat.VAT10,
    20: Vat.VAT20,
    22: Vat.VAT22,
}
_SERVICES: Final = {
    "INSURANCE": "Страхование",
    "TAKE_SENDER": "Забор у отправителя",
    "DELIV_RECEIVER": "Доставка до двери",
    "TRYING_ON": "Примерка",
    "PART_DELIV": "Частичная доставка",
    "DANGER_CARGO": "Опасный груз",
    "THERMAL_MODE": "Тепловой режим",
    "BUBBLE_WRAP": "Пузырчатая плёнка",
    "WASTE_PAPER": "Бумага для упаковки",
    "CARTON_FILLER": "Наполнитель",
    "GET_UP_FLOOR_BY_HAND": "Подъём на этаж (по лестнице)",
    "GET_UP_FLOOR_BY_ELEVATOR": "Подъём на этаж (на лифте)",
    "ADULT_GOODS": "Проверка возраста 18+",
    "LOADING_OPERATIONS_AT_THE_SENDER": "Погрузка у отправителя",
    "LOAD_THE_OPERATION_AT_THE_RECIPIENT": "Разгрузка у получателя",
    "CUSTOMS_CLEARANCE": "Таможенное оформление",
    "PHOTO_OF_DOCUMENTS": "Фото документов",
}
_SIGNS: Final[Mapping[str, Settlement]] = Settlement.__members__
_BOX: Final = "CARTON_BOX"


class UnreadableOrderError(ValueError):
    """The order lacks something without which it cannot be sold."""


@dataclass(frozen=True, slots=True)
class _Fee:
    """A price and the VAT inside it."""

    amount: Money
    vat: Vat


def order_in(entity: Mapping[str, Any], counter: Mapping[str, Any]) -> Order:
    """The order with everything earlier visits paid.

    Raises:
        UnreadableOrderError: something that cannot be guessed is missing or makes no sense.
    """
    cdek_number = identifier(entity.get("cdek_number"))
    if not cdek_number:
        raise UnreadableOrderError("cdek_number is missing")
    shop_order = number(entity.get("type")) == _SHOP_ORDER
    state = _state(entity)
    sender_pays = not shop_order and state is OrderState.ACCEPTED
    origin, destination = node(entity.get("from_location")), node(entity.get("to_location"))
    countries = {text(place.get("country_code")).upper() for place in (origin, destination)} - {""}
    return Order(
        number=cdek_number,
        uuid=identifier(entity.get("uuid")),
        lines=tuple(_shop_lines(entity) if shop_order else _service_lines(entity)),
        state=state,
        payer=Payer.SENDER if sender_pays else Payer.RECIPIENT,
        visits=tuple(_visit(one) for one in nodes(counter.get("payments"))),
        origin_office=text(entity.get("shipment_point")),
        destination_office=text(entity.get("delivery_point")),
        origin_city=text(origin.get("city")),
        destination_city=text(destination.get("city")),
        tariff=text(entity.get("tariff_code")),
        weight_grams=sum(_grams(package) for package in nodes(entity.get("packages"))),
        declared_grams=sum(int(number(package.get("weight")) or 0) for package in nodes(entity.get("packages"))),
        international=len(countries) > 1,
        loyalty_order=identifier(counter.get("loyalty_order")),
        waiting_since=_waiting_since(entity),
    )


def disagreement(order: Order, counter: Mapping[str, Any]) -> str:
    """Which of the counter's sums differs from ours, with both in kopecks; empty when all agree."""
    ours = {"total": order.total, "paid": order.paid, "discount": order.discounted, "due": order.due}
    for name, mine in ours.items():
        theirs = money(counter.get(name))
        if theirs != mine:
            return f"{name}: {mine.kopecks} here, {'nothing' if theirs is None else theirs.kopecks} there"
    return ""


def _state(entity: Mapping[str, Any]) -> OrderState:
    """By the latest status that stands; the order of the list is not promised."""
    history = _history(entity)
    if not history:
        return OrderState.ACCEPTED
    latest = max(
        enumerate(history), key=lambda numbered: (moment(numbered[1].get("date_time")) or _LONGEST_AGO, numbered[0])
    )
    return _STATES.get(text(latest[1].get("code")).upper(), OrderState.ON_THE_WAY)


def _waiting_since(entity: Mapping[str, Any]) -> datetime | None:
    """When it came to the pickup point for the first time."""
    waiting = [one for one in _history(entity) if _STATES.get(text(one.get("code")).upper()) is OrderState.WAITING]
    return min((at for one in waiting if (at := moment(one.get("date_time"))) is not None), default=None)


def _history(entity: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in nodes(entity.get("statuses")) if not flag(one.get("deleted"))]


def _grams(package: Mapping[str, Any]) -> int:
    return int(number(package.get("weight_calc")) or number(package.get("weight")) or 0)


# -------------------------------------------------------------------------------------------------------- lines


def _service_lines(entity: Mapping[str, Any]) -> Iterator[OrderLine]:
    """A delivery between people: CDEK's own services, with VAT inside."""
    detail = node(entity.get("delivery_detail"))
    net = money(detail.get("delivery_sum"))
    if net is None:
        raise UnreadableOrderError("delivery_detail.delivery_sum is missing")
    tariff = text(entity.get("tariff_code"))
    # delivery_sum is without VAT; what the customer pays includes it.
    price = net + (money(detail.get("delivery_vat_sum")) or ZERO)
    if price:
        vat = _vat(detail.get("delivery_vat_rate"))
        yield OrderLine("delivery", "Доставка", LineKind.DELIVERY, price, vat=vat, code=tariff)
    for at, service in enumerate(nodes(entity.get("services")), start=1):
        found = _fee_of_service(service)
        code = text(service.get("code"))
        if found.amount:
            name = text(service.get("name")) or _service_name(code)
            yield OrderLine(f"service-{at}", name, LineKind.SERVICE, found.amount, vat=found.vat, code=code)


def _fee_of_service(service: Mapping[str, Any]) -> _Fee:
    total = money(service.get("total_sum"))
    if total is None:
        total = (money(service.get("sum")) or ZERO) + (money(service.get("vat_sum")) or ZERO)
    return _Fee(total, _vat(service.get("vat_rate")))


def _service_name(code: str) -> str:
    if code.startswith(_BOX):
        return f"Упаковка, короб {code.removeprefix(_BOX).strip('_').split('_')[0]}".strip()
    return _SERVICES.get(code, code or "Услуга")


def _shop_lines(entity: Mapping[str, Any]) -> Iterator[OrderLine]:
    """A shop's order: its goods, for which CDEK is an agent, and the fee that the recipient pays for delivery."""
    goods = [*_goods(entity)]
    fee = _recipient_fee(entity, Money.sum([line.total for line in goods]))
    if fee.amount:
        tariff = text(entity.get("tariff_code"))
        yield OrderLine("delivery", "Доставка", LineKind.DELIVERY, fee.amount, vat=fee.vat, code=tariff)
    yield from goods


def _goods(entity: Mapping[str, Any]) -> Iterator[OrderLine]:
    for package_at, package in enumerate(nodes(entity.get("packages")), start=1):
        for at, item in enumerate(nodes(package.get("items")), start=1):
            payment = node(item.get("payment"))
            price, quantity = money(payment.get("value")) or ZERO, number(item.get("amount"))
            if quantity is None or quantity < 1 or quantity != int(quantity):
                raise UnreadableOrderError(f"items[{at}].amount {quantity}")
            if not price:
                continue
            seller = node(item.get("seller")) or node(entity.get("seller"))
            yield OrderLine(
                id=f"goods-{package_at}-{at}",
                name=text(item.get("name")) or "Товар",
                kind=LineKind.GOODS,
                price=price,
                quantity=int(quantity),
                vat=_vat(payment.get("vat_rate")),
                code=text(item.get("ware_key")),
                seller=_seller(seller),
            )


def _recipient_fee(entity: Mapping[str, Any], goods: Money) -> _Fee:
    """The fixed fee, or the one of the smallest threshold that the goods do not exceed."""
    steps = [
        (limit, one)
        for one in nodes(entity.get("delivery_recipient_cost_adv"))
        if (limit := money(one.get("threshold"))) is not None and goods <= limit
    ]
    if steps:
        _, step = min(steps, key=lambda pair: pair[0])
        return _Fee(money(step.get("sum")) or ZERO, _vat(step.get("vat_rate")))
    fixed = node(entity.get("delivery_recipient_cost"))
    return _Fee(money(fixed.get("value")) or ZERO, _vat(fixed.get("vat_rate")))


def _seller(seller: Mapping[str, Any]) -> Seller:
    name, inn = text(seller.get("name")), text(seller.get("inn"))
    if not inn:
        # Tag 1226 is required on every agent's line (FFD 1.2): without it the receipt would be refused after payment.
        raise UnreadableOrderError("the seller of the goods has no INN")
    return Seller(name, inn, text(seller.get("phone")))


def _vat(rate: object) -> Vat:
    found = number(rate)
    if found is None:
        return Vat.NONE
    known = _VATS.get(int(found)) if found == int(found) else None
    if known is None:
        raise UnreadableOrderError(f"VAT rate {found}")
    return known


# ------------------------------------------------------------------------------------------------------- visits


def _visit(payment: Mapping[str, Any]) -> Visit:
    at = moment(payment.get("paid_at"))
    if at is None:
        raise UnreadableOrderError("a payment without a time")
    lines = tuple(nodes(payment.get("lines")))
    sign = sign_among(known for one in lines if (known := _SIGNS.get(text(one.get("settlement")))) is not None)
    return Visit(
        id=identifier(payment.get("visit_id")),
        at=at,
        office=text(payment.get("office")),
        tenders=tuple(_tender(one) for one in nodes(payment.get("tenders"))),
        discount=money(payment.get("discount")) or ZERO,
        points_spent=points(payment.get("points_spent")) or NO_POINTS,
        document=identifier(node(payment.get("receipt")).get("document_number")),
        coupons=tuple(code for one in _list(payment.get("coupons")) if (code := identifier(one))),
        order_total=money(payment.get("order_total")),
        settled=sign is Settlement.FULL,
        receipt_lines=len(lines) or None,
        settlement=sign,
    )


def _list(found: object) -> list[object]:
    return found if isinstance(found, list) else []


def _tender(tender: Mapping[str, Any]) -> VisitTender:
    kind, amount = _TENDERS.get(text(tender.get("type")).upper()), money(tender.get("sum"))
    if kind is None or amount is None or amount.roubles < Decimal(0):
        raise UnreadableOrderError(f"a tender {text(tender.get('type'))!r} that nobody knows")
    return VisitTender(kind, amount)
