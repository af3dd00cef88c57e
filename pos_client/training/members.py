"""Members of the programme: looked up, told apart, joined."""

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from pos_client.training.conditions import Conditions
from pos_client.training.ledger import Ledger
from pos_client.training.processing_wire import (
    ProcessingNames,
    ProtocolError,
    ValidationError,
    balance_json,
    normal_phone,
)
from pos_client.training.store import Store
from pos_client.training.switches import Switches
from pos_client.training.wire import JsonObject, as_object, text

__all__ = ["Found", "Members"]

_MEMBER = "SELECT * FROM customers WHERE "
_BY_FIELD = {
    "id": _MEMBER + "id = ? LIMIT 11",
    "cdek_id": _MEMBER + "cdek_id = ? LIMIT 11",
    "phone": _MEMBER + "phone = ? LIMIT 11",
    "card": "SELECT * FROM customers WHERE id = (SELECT customer FROM cards WHERE number = ?)",
    "email": _MEMBER + "email = ? AND email IS NOT NULL LIMIT 11",
}
_BLOCKED = "Blocked"
_MOST_CANDIDATES = 10
_RUSSIAN_PHONE = 11
# Longer numbers are beyond SQLite's integers.
_LONGEST_ID = 18
# Joined members get numbers that nobody of the data set and of the crowd has.
_FIRST_JOINED_ID = 800_200_000
_FIRST_JOINED_CODE = 30_000_000


class Found(Enum):
    """`customer.processingStatus` of a look-up."""

    FOUND = "Found"
    NOT_FOUND = "NotFound"
    AMBIGUOUS = "Ambiguous"
    CARD_IS_BLOCKED = "DiscountCardIsBlocked"


class Members:
    """Looks people up by an index, never by reading the table through."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        clock: Callable[[], datetime],
        *,
        names: ProcessingNames,
        conditions: Conditions,
        switches: Switches,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._names = names
        self._conditions = conditions
        self._switches = switches

    def find(self, customer: JsonObject) -> tuple[Found, sqlite3.Row | None]:
        """The member that the customer node names, by exactly one family of identifiers.

        Raises:
            ProtocolError: the node names nobody.
        """
        field, value = self._identifier(customer)
        rows = self._store.rows(_BY_FIELD[field], value)
        if len(rows) > 1:
            return Found.AMBIGUOUS, None
        if field == "card" and rows and not self._switches.blocked_card_is_found and self._is_blocked(str(value)):
            return Found.CARD_IS_BLOCKED, None
        return (Found.FOUND, rows[0]) if rows else (Found.NOT_FOUND, None)

    def the_one(self, customer: JsonObject) -> sqlite3.Row:
        """The member for whom an order is created or saved.

        Raises:
            ProtocolError: the node names nobody.
            ValidationError: there is no such member, there are several, or the card is blocked.
        """
        found, row = self.find(customer)
        if row is not None:
            return row
        _, value = self._identifier(customer)
        if found is Found.AMBIGUOUS:
            raise ValidationError(f"Найдено несколько потребителей: {value}", "/customer")
        if found is Found.CARD_IS_BLOCKED:
            raise ValidationError(f"Карта {value} заблокирована", "/customer/discountCard")
        raise ValidationError(f"Потребитель {value} не найден", "/customer")

    def lookup(self, body: JsonObject, quirk: str) -> JsonObject:
        """Who is this, and what has he got?"""
        node = as_object(body.get("customer"))
        found, row = self.find(node)
        if quirk == "ambiguous":
            found, row = Found.AMBIGUOUS, None
        if row is None:
            answer: JsonObject = {"status": "Success", "customer": {"processingStatus": found.value}}
            if found is Found.CARD_IS_BLOCKED:
                _, number = self._identifier(node)
                answer["discountCards"] = [_card(str(number), _BLOCKED)]
            return answer
        return {
            "status": "Success",
            "customer": self.card(row),
            "balances": [balance_json(self._ledger.balance(row["id"]), self._conditions)],
            "discountCards": self._cards(row["id"]),
            "customerSegmentations": self._level(row),
        }

    def candidates(self, body: JsonObject, _quirk: str) -> JsonObject:
        """Everybody whom an identifier may mean, ten at most."""
        field, value = self._identifier(as_object(body.get("customer")))
        rows = self._store.rows(_BY_FIELD[field], value)
        shown = rows[:_MOST_CANDIDATES]
        people = [self.card(row) | {"customerSegmentations": self._level(row)} for row in shown]
        return {"status": "Success", "customers": people, "customersCount": len(rows)}

    def join(self, body: JsonObject, _quirk: str) -> JsonObject:
        """Register a member with whatever consents came along; welcome points are there at once.

        Raises:
            ValidationError: there is no usable phone, or several members have it.
        """
        node = as_object(body.get("customer"))
        phone = normal_phone(text(node.get("mobilePhone")))
        if len(phone) != _RUSSIAN_PHONE or not phone.startswith("7"):
            raise ValidationError("Укажите номер мобильного телефона", "/customer/mobilePhone")
        known = self._store.rows(_BY_FIELD["phone"], phone)
        if len(known) > 1:
            raise ValidationError(f"Найдено несколько потребителей: {phone}", "/customer/mobilePhone")
        if known and self._switches.existing_is_refused:
            raise ValidationError("Потребитель с таким телефоном уже есть", "/customer/mobilePhone")
        if known:
            return {"status": "Success", "customer": {"processingStatus": "AlreadyExists", "ids": self._ids(known[0])}}
        row = self._joined(node, phone)
        return {
            "status": "Success",
            "customer": {"processingStatus": "Created", "ids": self._ids(row)},
            "balances": [balance_json(self._ledger.balance(row["id"]), self._conditions)],
        }

    def card(self, row: sqlite3.Row) -> JsonObject:
        """The customer node of a look-up; only what is filled."""
        found: JsonObject = {
            "processingStatus": Found.FOUND.value,
            "ids": self._ids(row),
            "lastName": row["last_name"],
            "firstName": row["first_name"],
            "middleName": row["middle_name"],
            "mobilePhone": row["phone"],
            "isMobilePhoneConfirmed": True if row["phone"] else None,
            "email": row["email"],
            "ianaTimeZone": "Europe/Moscow",
        }
        if row["given"]:
            found |= json.loads(row["given"])
        return {name: value for name, value in found.items() if value is not None}

    def _joined(self, node: JsonObject, phone: str) -> sqlite3.Row:
        number = int(self._store.fact("joined", "0")) + 1
        self._store.remember("joined", str(number))
        given = {name: node[name] for name in ("customFields", "subscriptions") if node.get(name)}
        member = _FIRST_JOINED_ID + number
        last, first, middle = _names(node)
        self._store.run(
            "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?, 'Base', 'Базовый', 0, ?)",
            member,
            str(_FIRST_JOINED_CODE + number),
            phone,
            text(node.get("email")).lower() or None,
            last or None,
            first or None,
            middle or None,
            json.dumps(given, ensure_ascii=False) if given else None,
        )
        welcome, now = self._conditions.welcome, self._clock()
        if welcome.points:
            self._ledger.grant(
                member,
                welcome.points,
                comment=welcome.comment,
                available_from=now,
                expires=now + timedelta(days=welcome.days),
            )
        return self._store.rows(_BY_FIELD["id"], member)[0]

    def _ids(self, row: sqlite3.Row) -> JsonObject:
        return {"mindboxId": row["id"], self._names.customer_id_field: row["cdek_id"]}

    def _cards(self, customer: int) -> list[JsonObject]:
        rows = self._store.rows("SELECT number, status FROM cards WHERE customer = ? ORDER BY number", customer)
        return [_card(row["number"], row["status"]) for row in rows]

    def _level(self, row: sqlite3.Row) -> list[JsonObject]:
        """`customerSegmentations`: the level of the member."""
        segmentation: JsonObject = {"segmentation": {"ids": {"externalId": "LoyaltyLevel"}, "name": "Уровень"}}
        if row["level"] is not None:
            segmentation["segment"] = {"ids": {"externalId": row["level"]}, "name": row["level_name"]}
        return [segmentation]

    def _is_blocked(self, number: str) -> bool:
        row = self._store.one("SELECT status FROM cards WHERE number = ?", number)
        return row is not None and row["status"] == _BLOCKED

    def _identifier(self, customer: JsonObject) -> tuple[str, str | int]:
        ids = as_object(customer.get("ids"))
        mindbox_id = text(ids.get("mindboxId"))
        if mindbox_id:
            return "id", int(mindbox_id) if mindbox_id.isdecimal() and len(mindbox_id) <= _LONGEST_ID else -1
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


def _card(number: str, status: str) -> JsonObject:
    return {
        "ids": {"number": number},
        "type": {"ids": {"externalId": "virtual"}, "name": "Виртуальная"},
        "status": {"ids": {"systemName": status}},
    }


def _names(node: JsonObject) -> tuple[str, str, str]:
    """Last, first and middle name; `fullName` may stand for all three, and one word alone is a first name."""
    words = text(node.get("fullName")).split(maxsplit=2)
    if len(words) == 1:
        words = ["", *words]
    words += [""] * (3 - len(words))
    return (
        text(node.get("lastName")) or words[0],
        text(node.get("firstName")) or words[1],
        text(node.get("middleName")) or words[2],
    )
