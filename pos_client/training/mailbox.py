"""Messages to customers' phones, kept instead of sent: codes, and notices of points that have arrived."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pos_client.training.conditions import CodeRules
from pos_client.training.members import Members
from pos_client.training.processing_wire import ValidationError, normal_phone
from pos_client.training.store import Store
from pos_client.training.wire import JsonObject, as_object, instant, moment, text

__all__ = ["Mailbox", "Message", "WrongCodeError"]

_RUSSIAN_PHONE = 11
_CODE_FIELD = "/authentificationCode"
_NOT_RIGHT = "Неверный код"


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS. `kind` is "code" or "notice"; `parameters` are what a notice came with."""

    at: str
    customer: int | None
    phone: str
    kind: str
    text: str
    code: str
    parameters: JsonObject


class Mailbox:
    """Sends and checks codes, stores notices; every method but `messages` runs inside the caller's transaction."""

    def __init__(self, store: Store, members: Members, clock: Callable[[], datetime], rules: CodeRules) -> None:
        self._store = store
        self._members = members
        self._clock = clock
        self._rules = rules

    def send_code(self, body: JsonObject, _quirk: str) -> JsonObject:
        """A new code to the phone; it replaces the one before.

        Raises:
            ValidationError: no such member, or no phone.
        """
        customer, phone = self._recipient(body)
        number = int(self._store.fact("codes", "0")) + 1
        self._store.remember("codes", str(number))
        # Different at every call and the same in every run: lessons and tests can be repeated.
        digest = hashlib.sha256(f"{phone}:{number}".encode()).hexdigest()
        code = str(int(digest, 16) % 10**self._rules.digits).zfill(self._rules.digits)
        expires = instant(self._clock() + timedelta(seconds=self._rules.live_seconds))
        self._store.run(
            "INSERT INTO codes (phone, code, expires, tries) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET code = excluded.code, expires = excluded.expires, tries = excluded.tries",
            phone,
            code,
            expires,
            self._rules.tries,
        )
        self._store_message(customer, phone, "code", f"Код для кассы: {code}", code=code)
        return {"status": "Success"}

    def check_code(self, body: JsonObject, _quirk: str) -> JsonObject:
        """Whether this code was sent to that phone; a right one is used up.

        Raises:
            ValidationError: it was not, its time is over, or it was tried too often.
        """
        _, phone = self._recipient(body)
        row = self._store.one("SELECT * FROM codes WHERE phone = ?", phone)
        if row is None or not row["code"]:
            raise ValidationError("Код не запрашивали", _CODE_FIELD)
        if row["expires"] <= instant(self._clock()):
            raise ValidationError("Срок действия кода истёк", _CODE_FIELD)
        if row["tries"] <= 0:
            raise ValidationError("Попытки кончились, запросите новый код", _CODE_FIELD)
        if text(body.get("authentificationCode")) != row["code"]:
            raise WrongCodeError(phone)
        self._store.run("UPDATE codes SET code = '', checked_at = ? WHERE phone = ?", instant(self._clock()), phone)
        return {"status": "Success"}

    def count_wrong(self, phone: str) -> None:
        """A wrong code was tried: one try less, although the call itself was refused."""
        self._store.run("UPDATE codes SET tries = tries - 1 WHERE phone = ?", phone)

    def has_confirmed(self, member: sqlite3.Row) -> bool:
        """Whether the member's code was checked lately enough to let him spend."""
        row = self._store.one("SELECT checked_at FROM codes WHERE phone = ?", member["phone"])
        if row is None or row["checked_at"] is None:
            return False
        return moment(row["checked_at"]) + timedelta(seconds=self._rules.yes_counts_seconds) > self._clock()

    def notice(self, body: JsonObject, _quirk: str) -> JsonObject:
        """A notice of points that have arrived; one who has no phone gets none, which only the log tells.

        Raises:
            ValidationError: there is no such member.
        """
        member = self._members.the_one(as_object(body.get("customer")))
        parameters = as_object(as_object(body.get("smsMailing")).get("customParameters"))
        if not member["phone"]:
            self._store.run(
                "INSERT INTO processing_log (at, operation, message) VALUES (?, 'notice', ?)",
                instant(self._clock()),
                f"У потребителя {member['id']} нет телефона: сообщение не отправлено",
            )
            return {"status": "Success"}
        points, order = text(parameters.get("points")), text(parameters.get("orderNumber"))
        when = " Станут доступны после полной оплаты." if parameters.get("waitsForPayment") is True else ""
        words = f"Начислены баллы по заказу {order}: {points}.{when}"
        self._store_message(member["id"], member["phone"], "notice", words, parameters=parameters)
        return {"status": "Success"}

    def messages(self) -> list[Message]:
        """Everything that was sent, oldest first."""
        rows = self._store.rows("SELECT at, customer, phone, kind, text, code, parameters FROM messages ORDER BY id")
        return [Message(**{**dict(row), "parameters": json.loads(row["parameters"])}) for row in rows]

    def _recipient(self, body: JsonObject) -> tuple[int | None, str]:
        """Who, and his phone. A phone that belongs to nobody yet may get a code too: its owner is about to join."""
        node = as_object(body.get("customer"))
        phone = normal_phone(text(node.get("mobilePhone")))
        if phone and not as_object(node.get("ids")):
            if len(phone) != _RUSSIAN_PHONE or not phone.startswith("7"):
                raise ValidationError("Укажите номер мобильного телефона", "/customer/mobilePhone")
            return None, phone
        member = self._members.the_one(node)
        if not member["phone"]:
            raise ValidationError("У потребителя нет номера телефона", "/customer/mobilePhone")
        return member["id"], member["phone"]

    def _store_message(
        self,
        customer: int | None,
        phone: str,
        kind: str,
        words: str,
        *,
        code: str = "",
        parameters: JsonObject | None = None,
    ) -> None:
        self._store.run(
            "INSERT INTO messages (at, customer, phone, kind, text, code, parameters) VALUES (?, ?, ?, ?, ?, ?, ?)",
            instant(self._clock()),
            customer,
            phone,
            kind,
            words,
            code,
            json.dumps(parameters or {}, ensure_ascii=False),
        )


class WrongCodeError(ValidationError):
    """The code is another one."""

    def __init__(self, phone: str) -> None:
        super().__init__(_NOT_RIGHT, _CODE_FIELD)
        self.phone = phone
