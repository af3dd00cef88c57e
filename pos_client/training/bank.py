"""The bank of the shop: orders that customers pay by a QR code (SBP), and the customer's phone that pays or refuses."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pos_client.training.store import Store
from pos_client.training.wire import Answer, JsonObject, instant, iso_millis, moment, text

__all__ = ["Bank", "Transfer"]

_BEARER: Final = "Bearer "
_TOKEN_SECONDS: Final = 60
_LIFE: Final = timedelta(minutes=5)
_WAITS: Final = "CREATED"


@dataclass(frozen=True, slots=True)
class Transfer:
    """An order at the bank: `number` is the till's, `amount` kopecks."""

    order_id: str
    number: str
    at: datetime
    expires: datetime
    amount: int
    purpose: str
    state: str
    operations: tuple[Mapping[str, Any], ...]

    @property
    def payload(self) -> str:
        """The address in the code."""
        return f"https://qr.nspk.ru/{self.order_id}?type=02&bank=100000000111&sum={self.amount}&cur=RUB"


class Bank:
    """Orders under the till's numbers; who asks must be signed in."""

    def __init__(self, store: Store, clock: Callable[[], datetime], client_id: str, client_secret: str) -> None:
        self._store = store
        self._clock = clock
        self._client = (client_id, client_secret)

    def token(self, form: Mapping[str, str]) -> Answer:
        """Client credentials against a token of a minute."""
        if form.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type"})
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            return Answer(401, {"error": "invalid_client"})
        token = secrets.token_urlsafe(24)
        expires = self._clock() + timedelta(seconds=_TOKEN_SECONDS)
        self._store.run("INSERT INTO tokens VALUES (?, ?)", token, instant(expires))
        return Answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_SECONDS})

    def ask(self, act: str, authorization: str, body: bytes, quirk: str) -> Answer:
        """One signed request."""
        row = self._store.one("SELECT expires FROM tokens WHERE token = ?", authorization.removeprefix(_BEARER))
        if row is None or row["expires"] <= instant(self._clock()):
            return Answer(401, {"error_code": "401", "error_description": "Токен не действует"})
        try:
            fields = json.loads(body)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            return _no("bad_request", "Запрос не понят", 400)
        acts: Mapping[str, Callable[[], Answer]] = {
            "creation": lambda: self._create(fields),
            "status": lambda: self._with_order(fields, _told),
            "revocation": lambda: self._with_order(fields, lambda one: self._revoke(one, quirk)),
            "cancel": lambda: self._with_order(fields, lambda one: self._give_back(one, fields)),
        }
        with self._store.transaction():
            return acts[act]() if act in acts else _no("not_found", "Нет такого адреса", 404)

    # ------------------------------------------------------------------------------------------ the customer's phone

    def transfers(self) -> list[Transfer]:
        """Every order, oldest first, as it stands now."""
        self._expire()
        rows = self._store.rows(
            "SELECT order_id, number, at, expires, amount, purpose, state, operations FROM transfers"
            " ORDER BY at, number"
        )
        return [
            Transfer(row[0], row[1], moment(row[2]), moment(row[3]), row[4], row[5], row[6], tuple(json.loads(row[7])))
            for row in rows
        ]

    def pay(self, number: str) -> bool:
        """The customer pays the code; False when it cannot be paid any more."""
        return self._answered(number, "PAID")

    def reject(self, number: str) -> bool:
        """The customer's bank refuses; False when it is too late for that."""
        return self._answered(number, "DECLINED")

    def _answered(self, number: str, state: str) -> bool:
        found = next((one for one in self.transfers() if number in (one.number, one.order_id)), None)
        if found is None or found.state != _WAITS:
            return False
        if state == "PAID":
            self._pay(found)
        else:
            self._put(found.order_id, state, found.operations)
        return True

    # ------------------------------------------------------------------------------------------------------ inside

    def _expire(self) -> None:
        now = instant(self._clock())
        self._store.run("UPDATE transfers SET state = 'EXPIRED' WHERE state = ? AND expires <= ?", _WAITS, now)

    def _create(self, fields: JsonObject) -> Answer:
        number, amount = text(fields.get("order_number")), fields.get("order_sum")
        if not number or not isinstance(amount, int) or isinstance(amount, bool) or amount < 1:
            return _no("bad_order", "Неверный номер или сумма заказа")
        known = next((one for one in self.transfers() if one.number == number), None)
        if known is None:
            now = self._clock()
            try:
                expires = moment(text(fields.get("order_expire_date")))
            except ValueError:
                expires = now + _LIFE
            self._store.run(
                "INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, '[]')",
                f"AD{secrets.token_hex(15).upper()}",
                number,
                instant(now),
                instant(expires),
                amount,
                text(fields.get("description")),
                _WAITS,
            )
            known = next(one for one in self.transfers() if one.number == number)
        elif known.amount != amount:
            return _no("order_number_used", "Заказ с таким номером уже есть, и сумма у него другая")
        return _told(known)

    def _with_order(self, fields: JsonObject, act: Callable[[Transfer], Answer]) -> Answer:
        names = {text(fields.get("order_id")), text(fields.get("partner_order_number"))} - {""}
        found = next((one for one in self.transfers() if names & {one.order_id, one.number}), None)
        return act(found) if found else _no("order_not_found", "Заказ не найден")

    def _revoke(self, order: Transfer, quirk: str) -> Answer:
        if order.state != _WAITS:
            return _no("wrong_state", f"Заказ в состоянии {order.state}")
        if quirk == "paid-after-revoke":
            self._pay(order)
        else:
            self._put(order.order_id, "REVOKED", order.operations)
        return Answer(200, {"order_id": order.order_id, "order_state": "REVOKED", "error_code": "000000"})

    def _give_back(self, order: Transfer, fields: JsonObject) -> Answer:
        uid, amount = text(fields.get("rq_uid")), fields.get("cancel_operation_sum")
        again = next(
            (one for one in order.operations if one["operation_type"] == "REFUND" and one["rq_uid"] == uid), None
        )
        if again is None:
            if order.state != "PAID":
                return _no("wrong_state", f"Заказ в состоянии {order.state}")
            if amount != order.amount:
                return _no("wrong_sum", "Вернуть можно только весь перевод")
            again = self._operation("REFUND", order.amount, uid)
            self._put(order.order_id, "REFUNDED", (*order.operations, again))
        return Answer(200, {**again, "order_id": order.order_id, "order_status": "REFUNDED", "error_code": "000000"})

    def _pay(self, order: Transfer) -> None:
        self._put(order.order_id, "PAID", (*order.operations, self._operation("PAY", order.amount, "")))

    def _operation(self, kind: str, amount: int, uid: str) -> JsonObject:
        return {
            "operation_id": f"B{secrets.token_hex(15).upper()}",
            "operation_type": kind,
            "operation_sum": amount,
            "operation_date_time": iso_millis(self._clock()),
            "rrn": f"{secrets.randbelow(10**12):012d}",
            "auth_code": f"{secrets.randbelow(10**6):06d}",
            "rq_uid": uid,
        }

    def _put(self, order_id: str, state: str, operations: tuple[Mapping[str, Any], ...]) -> None:
        self._store.run(
            "UPDATE transfers SET state = ?, operations = ? WHERE order_id = ?",
            state,
            json.dumps([dict(one) for one in operations]),
            order_id,
        )


def _told(order: Transfer) -> Answer:
    return Answer(
        200,
        {
            "order_id": order.order_id,
            "order_number": order.number,
            "order_form_url": order.payload,
            "order_state": order.state,
            "order_sum": order.amount,
            "order_expire_date": iso_millis(order.expires),
            "order_operation_params": [dict(one) for one in order.operations],
            "error_code": "000000",
        },
    )


def _no(code: str, words: str, status: int = 200) -> Answer:
    return Answer(status, {"error_code": code, "error_description": words})
