"""The people and orders of the shop, read from `resources/training` and laid out around the shop's present day."""

import json
import tomllib
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from pos_client.bundled import bundled
from pos_client.training.counter import Counter
from pos_client.training.ledger import Ledger
from pos_client.training.store import Store
from pos_client.training.wire import JsonObject, instant, kopecks, roubles

__all__ = ["bring", "order_total", "read_people", "seed_order", "seed_orders", "seed_people", "weigh_again"]

_NAMESPACE: Final = uuid.UUID("7d0f8f3e-52a5-4c0e-9a70-1f0d5d1c0de1")
_VAT: Final = 22
_FREE_STORAGE = timedelta(days=7)
_LONG_AGO: Final = "before-the-lesson"


def read_people() -> JsonObject:
    """The table of people, strangers and coupons."""
    return tomllib.loads(bundled("training/people.toml").read_text(encoding="utf-8"))


def read_orders() -> list[JsonObject]:
    """The table of orders."""
    found: list[JsonObject] = tomllib.loads(bundled("training/orders.toml").read_text(encoding="utf-8"))["orders"]
    return found


def seed_people(store: Store, ledger: Ledger, clock: Callable[[], datetime]) -> None:
    """Write members, their cards, points and personal promotions, and the coupons."""
    table = read_people()
    now = clock()
    for person in table["people"]:
        _seed_person(store, ledger, person, now)
    for coupon in table["coupons"]:
        starts, ended = coupon.get("starts_in_days"), coupon.get("ended_days_ago")
        store.run(
            "INSERT INTO coupons VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            coupon["code"],
            coupon["promotion"],
            coupon.get("customer"),
            coupon.get("issued", True),
            coupon.get("blocked", False),
            None if starts is None else instant(now + timedelta(days=starts)),
            None if ended is None else instant(now - timedelta(days=ended)),
            _LONG_AGO if coupon.get("used") else None,
        )


def _seed_person(store: Store, ledger: Ledger, person: JsonObject, now: datetime) -> None:
    store.run(
        "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        person["id"],
        person["code"],
        person.get("phone"),
        person.get("email"),
        *person["name"],
        *person["level"],
        person["paid_orders"],
    )
    for number, status in person.get("cards", []):
        store.run("INSERT INTO cards VALUES (?, ?, ?)", number, person["id"], status)
    for promotion in person.get("promotions", []):
        store.run("INSERT INTO privileges VALUES (?, ?)", person["id"], promotion)
    for lot in person["lots"]:
        order = lot.get("waits_for_order")
        ledger.grant(
            person["id"],
            lot["points"],
            kind="RetailOrderBonus" if order else "Custom",
            order_id=order,
            available_from=None if order else now,
            expires=now + timedelta(days=lot["expires_in_days"]),
        )
        if order:
            _waiting_order(store, order, person["id"], lot["points"], now)


def seed_orders(store: Store, counter: Counter, clock: Callable[[], datetime]) -> None:
    """Write the bundled orders and the payments that were made for them before."""
    for spec in read_orders():
        seed_order(store, counter, clock(), spec)


def seed_order(store: Store, counter: Counter, now: datetime, spec: JsonObject) -> None:
    """Write one order, described as `resources/training/orders.toml` describes them."""
    number = spec["number"]
    order_uuid = str(uuid.uuid5(_NAMESPACE, number))
    store.run(
        "INSERT INTO parcels VALUES (?, ?, ?, ?, ?, ?)",
        number,
        order_uuid,
        spec.get("shop_number"),
        spec["title"],
        order_total(spec),
        json.dumps(_entity(spec, order_uuid, now), ensure_ascii=False),
    )
    for at, visit in enumerate(spec.get("paid", [])):
        visit_id = str(uuid.uuid5(_NAMESPACE, f"{number}:{at}"))
        body = json.dumps(_visit(visit, visit_id, now), ensure_ascii=False, sort_keys=True)
        counter.record(number, visit_id, visit_id, body)


def weigh_again(store: Store, number: str, grams: int, delivery: int) -> None:
    """Have an order weigh `grams` and its delivery cost so many kopecks, whatever its sender declared.

    Raises:
        LookupError: there is no such order.
    """
    row = store.one("SELECT entity, total FROM parcels WHERE cdek_number = ?", number)
    if row is None:
        raise LookupError(number)
    entity = json.loads(row["entity"])
    detail, vat = entity["delivery_detail"], _vat(delivery)
    before = kopecks(detail["delivery_sum"]) + kopecks(detail["delivery_vat_sum"])
    total = row["total"] + delivery - before
    entity["packages"][0]["weight_calc"] = grams
    detail |= {"delivery_sum": roubles(delivery - vat), "delivery_vat_sum": roubles(vat), "total_sum": roubles(total)}
    body = json.dumps(entity, ensure_ascii=False)
    store.run("UPDATE parcels SET total = ?, entity = ? WHERE cdek_number = ?", total, body, number)


def bring(store: Store, number: str, now: datetime) -> None:
    """Have a parcel arrive at the pickup point.

    Raises:
        LookupError: there is no such order.
    """
    row = store.one("SELECT entity FROM parcels WHERE cdek_number = ?", number)
    if row is None:
        raise LookupError(number)
    entity = json.loads(row["entity"])
    arrived = {"code": "ACCEPTED_AT_PICK_UP_POINT", "name": "Принят на склад до востребования"}
    entity["statuses"].append({**arrived, "date_time": _wire_time(now), "city": entity["to_location"]["city"]})
    store.run("UPDATE parcels SET entity = ? WHERE cdek_number = ?", json.dumps(entity, ensure_ascii=False), number)


def order_total(spec: JsonObject) -> int:
    """Kopecks that the counter takes for the order: services, or goods and the recipient's fee for a shop's order."""
    if spec["type"] == 1:
        goods: int = sum(kopecks(price) * amount for _, _, price, amount, _ in spec.get("items", []))
        return goods + kopecks(spec.get("recipient_cost", 0))
    return kopecks(spec["delivery"]) + sum(kopecks(price) for _, _, price in spec.get("services", []))


def _waiting_order(store: Store, order: str, customer: int, points: int, now: datetime) -> None:
    at = (now - timedelta(days=2)).isoformat(timespec="microseconds")
    store.run(
        "INSERT INTO loyalty_orders VALUES (?, ?, ?, 'CheckedOut', '{}', 0, 0, ?, 0, ?, ?, ?)",
        order,
        988_330_000 + store.number("SELECT count(*) FROM loyalty_orders"),
        customer,
        points,
        at,
        at,
        at,
    )


def _wire_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S%z")


def _vat(gross: int, rate: int = _VAT) -> int:
    return int((Decimal(gross) * rate / (100 + rate)).quantize(Decimal(1), ROUND_HALF_UP))


def _entity(spec: JsonObject, order_uuid: str, now: datetime) -> JsonObject:
    delivery = kopecks(spec["delivery"])
    vat = _vat(delivery)
    services = [_service(*one) for one in spec.get("services", [])]
    created = now - timedelta(days=5)
    entity: JsonObject = {
        "uuid": order_uuid,
        "type": spec["type"],
        "is_return": False,
        "is_reverse": False,
        "cdek_number": spec["number"],
        "tariff_code": spec["tariff"],
        "delivery_mode": spec["mode"],
        "keep_free_until": _wire_time(now + _FREE_STORAGE),
        "sender": _person("Отправитель Учебный", "+79005550001"),
        "recipient": _person("Получатель Учебный", "+79005550002"),
        "from_location": _place(spec["from"]),
        "to_location": _place(spec["to"]),
        "services": services,
        "packages": [_package(spec)],
        "statuses": [
            {"code": "CREATED", "name": "Создан", "date_time": _wire_time(created), "city": spec["from"][0]},
            {
                "code": spec["status"][0],
                "name": spec["status"][1],
                "date_time": _wire_time(now - timedelta(hours=20)),
                "city": spec["to"][0],
            },
        ],
        "delivery_detail": {
            "delivery_sum": roubles(delivery - vat),
            "delivery_vat_rate": _VAT,
            "delivery_vat_sum": roubles(vat),
            "total_sum": roubles(delivery + sum(kopecks(price) for _, _, price in spec.get("services", []))),
            "payment_sum": 0.0,
            "payment_info": [],
        },
        "transacted_payment": False,
    }
    return entity | _optional(spec, now)


def _optional(spec: JsonObject, now: datetime) -> JsonObject:
    found: JsonObject = {}
    if spec["from"][2]:
        found["shipment_point"] = spec["from"][2]
    if spec["to"][2]:
        found["delivery_point"] = spec["to"][2]
    if "shop_number" in spec:
        found["number"] = spec["shop_number"]
    if "recipient_cost" in spec:
        fee = kopecks(spec["recipient_cost"])
        found["delivery_recipient_cost"] = {"value": roubles(fee), "vat_sum": roubles(_vat(fee)), "vat_rate": _VAT}
    if "seller" in spec:
        found["seller"] = _seller(spec)
    if spec["status"][0] == "DELIVERED":
        found["planned_delivery_date"] = (now - timedelta(days=1)).strftime("%Y-%m-%d")
    return found


def _service(code: str, name: str, price: str) -> JsonObject:
    gross = kopecks(price)
    return {
        "code": code,
        "name": name,
        "sum": roubles(gross - _vat(gross)),
        "total_sum": roubles(gross),
        "vat_rate": _VAT,
        "vat_sum": roubles(_vat(gross)),
        "discount_percent": 0,
        "discount_sum": 0.0,
    }


def _person(name: str, phone: str) -> JsonObject:
    return {"name": name, "contragent_type": "INDIVIDUAL", "phones": [{"number": phone}]}


def _place(spec: list[str]) -> JsonObject:
    city, country, _ = spec
    return {"city": city, "country_code": country}


def _seller(spec: JsonObject) -> JsonObject:
    name, inn, phone = spec["seller"]
    return {"name": name, "inn": inn, "phone": phone}


def _package(spec: JsonObject) -> JsonObject:
    found: JsonObject = {
        "number": "1",
        "package_id": str(uuid.uuid5(_NAMESPACE, spec["number"] + ":package")),
        "barcode": f"{spec['number']}001",
        "weight": spec["weight"],
        "weight_calc": spec["weight"],
        "length": 30,
        "width": 25,
        "height": 20,
    }
    if "items" in spec:
        found["items"] = [_item(spec, one) for one in spec["items"]]
    return found


def _item(spec: JsonObject, row: list[Any]) -> JsonObject:
    name, key, price, amount, rate = row
    unit = kopecks(price)
    return {
        "name": name,
        "ware_key": key,
        "payment": {"value": roubles(unit), "vat_rate": rate, "vat_sum": roubles(_vat(unit, rate))},
        "cost": roubles(unit),
        "weight": spec["weight"] // amount,
        "amount": amount,
        "delivery_amount": 0,
        "seller": _seller(spec),
    }


def _visit(spec: JsonObject, visit_id: str, now: datetime) -> JsonObject:
    at = now - timedelta(days=spec["days_ago"])
    total = sum(kopecks(amount) for _, amount in spec["tenders"])
    return {
        "visit_id": visit_id,
        "paid_at": at.isoformat(timespec="seconds"),
        "office": spec["office"],
        "till": spec["till"],
        "cashier": spec["cashier"],
        "tenders": [{"type": kind, "sum": roubles(kopecks(amount))} for kind, amount in spec["tenders"]],
        "discount": 0.0,
        "points_spent": 0,
        "loyalty_order": None,
        "receipt": {
            "fn": "9999078900009999",
            "document_number": spec["fd"],
            "fiscal_sign": 3_000_000_000 + spec["fd"],
            "shift": 100,
            "date": at.isoformat(timespec="seconds"),
            "total": roubles(total),
        },
    }
