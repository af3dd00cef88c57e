"""Members of the programme and the personal discounts and coupons that wait for them."""

import sqlite3
from collections.abc import Mapping
from enum import Enum

from pos_client.training.conditions import Conditions, Promotion
from pos_client.training.processing_wire import ProcessingNames, ProtocolError, ValidationError, normal_phone
from pos_client.training.store import Store
from pos_client.training.wire import JsonObject, as_object, text

__all__ = ["Found", "Members"]

_MEMBER = "SELECT * FROM customers WHERE "
_BY_FIELD = {
    "id": _MEMBER + "id = ? LIMIT 2",
    "cdek_id": _MEMBER + "cdek_id = ? LIMIT 2",
    "phone": _MEMBER + "phone = ? LIMIT 2",
    "card": _MEMBER + "card = ? LIMIT 2",
    "email": _MEMBER + "email = ? LIMIT 2",
}


class Found(Enum):
    """`customer.processingStatus` of a look-up."""

    FOUND = "Found"
    NOT_FOUND = "NotFound"
    AMBIGUOUS = "Ambiguous"


class Members:
    """Looks people up by an index, never by reading the table through."""

    def __init__(self, store: Store, names: ProcessingNames, conditions: Conditions) -> None:
        self._store = store
        self._names = names
        self._conditions = conditions

    def find(self, customer: JsonObject) -> tuple[Found, sqlite3.Row | None]:
        """The member that the customer node names, by exactly one family of identifiers.

        Raises:
            ProtocolError: the node names nobody.
        """
        field, value = self._identifier(customer)
        rows = self._store.rows(_BY_FIELD[field], value)
        if len(rows) > 1:
            return Found.AMBIGUOUS, None
        return (Found.FOUND, rows[0]) if rows else (Found.NOT_FOUND, None)

    def the_one(self, customer: JsonObject) -> sqlite3.Row:
        """The member for whom an order is created or saved.

        Raises:
            ProtocolError: the node names nobody.
            ValidationError: there is no such member, or there are several.
        """
        found, row = self.find(customer)
        if row is not None:
            return row
        _, value = self._identifier(customer)
        if found is Found.AMBIGUOUS:
            raise ValidationError(f"Найдено несколько потребителей: {value}", "/customer")
        raise ValidationError(f"Потребитель {value} не найден", "/customer")

    def promotions(self, customer: int, order_id: str, coupons: tuple[str, ...]) -> list[Promotion]:
        """Discounts that apply: personal ones first, then coupons, those already used by this order included."""
        rows = self._store.rows(
            "SELECT coupon, promotion FROM privileges WHERE customer = ? AND coupon IS NULL"
            " AND (used_by IS NULL OR used_by = ?) ORDER BY id",
            customer,
            order_id,
        )
        for code in coupons:
            rows += self._store.rows(
                "SELECT coupon, promotion FROM privileges WHERE coupon = ? AND (customer IS NULL OR customer = ?)"
                " AND (used_by IS NULL OR used_by = ?) ORDER BY id",
                code,
                customer,
                order_id,
            )
        known = self._conditions.promotions
        return [_with_coupon(known[row["promotion"]], row["coupon"]) for row in rows]

    def coupon_statuses(self, coupons: tuple[str, ...], order_id: str) -> Mapping[str, str]:
        """`coupon.status` of every code that was presented."""
        found = {}
        for code in coupons:
            row = self._store.one("SELECT used_by FROM privileges WHERE coupon = ?", code)
            if row is None:
                found[code] = "NotFound"
            else:
                found[code] = "CanBeUsed" if row["used_by"] in (None, order_id) else "Used"
        return found

    def use(self, customer: int, order_id: str, coupons: tuple[str, ...]) -> None:
        """Bind the personal discounts and coupons to the order; those that it no longer uses become free."""
        self.free(order_id)
        self._store.run(
            "UPDATE privileges SET used_by = ? WHERE customer = ? AND coupon IS NULL AND used_by IS NULL",
            order_id,
            customer,
        )
        for code in coupons:
            self._store.run("UPDATE privileges SET used_by = ? WHERE coupon = ? AND used_by IS NULL", order_id, code)

    def free(self, order_id: str) -> None:
        """The order is cancelled: its discounts may be used again."""
        self._store.run("UPDATE privileges SET used_by = NULL WHERE used_by = ?", order_id)

    def card(self, row: sqlite3.Row) -> JsonObject:
        """The customer node of a look-up; only what is filled."""
        found: JsonObject = {
            "processingStatus": Found.FOUND.value,
            "ids": {"mindboxId": row["id"], self._names.customer_id_field: row["cdek_id"]},
            "lastName": row["last_name"],
            "firstName": row["first_name"],
            "middleName": row["middle_name"],
            "mobilePhone": row["phone"],
            "isMobilePhoneConfirmed": True,
            "email": row["email"],
            "ianaTimeZone": "Europe/Moscow",
        }
        return {name: value for name, value in found.items() if value is not None}

    def level(self, row: sqlite3.Row) -> list[JsonObject]:
        """`customerSegmentations`: the level of the member."""
        segmentation: JsonObject = {"segmentation": {"ids": {"externalId": "LoyaltyLevel"}, "name": "Уровень"}}
        if row["level"] is not None:
            segmentation["segment"] = {"ids": {"externalId": row["level"]}, "name": row["level_name"]}
        return [segmentation]

    def _identifier(self, customer: JsonObject) -> tuple[str, str | int]:
        ids = as_object(customer.get("ids"))
        mindbox_id = text(ids.get("mindboxId"))
        if mindbox_id:
            return "id", int(mindbox_id) if mindbox_id.isdecimal() else -1
        others = (
            ("cdek_id", text(ids.get(self._names.customer_id_field))),
            ("phone", normal_phone(text(customer.get("mobilePhone")))),
            ("card", text(as_object(as_object(customer.get("discountCard")).get("ids")).get("number"))),
            ("email", text(customer.get("email")).lower()),
        )
        for field, value in others:
            if value:
                return field, value
        raise ProtocolError("/customer: не указан идентификатор потребителя")


def _with_coupon(promotion: Promotion, coupon: str | None) -> Promotion:
    return Promotion(promotion.id, promotion.name, promotion.percent, promotion.applies_to, coupon)
