"""The counter's own write side: payments of an order, once each, as `resources/openapi/counter-v1.yaml` says."""

import json
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pos_client.training.parcels import Parcels, errors
from pos_client.training.refunds import refund_of
from pos_client.training.store import Store
from pos_client.training.wire import Answer, JsonObject, as_object, kopecks, moment, roubles, text, whole

__all__ = ["Counter"]

_TENDERS = ("CASH", "CARD", "SBP")
_SETTLEMENTS = ("FULL_PREPAYMENT", "PREPAYMENT", "ADVANCE", "FULL", "PARTIAL_CREDIT", "CREDIT", "CREDIT_PAYMENT")
_SUBJECTS = ("COMMODITY", "SERVICE", "PAYMENT")
_LONGEST_KEY = 200
_CLOCK_TOLERANCE = timedelta(minutes=10)


class _RefusedError(Exception):
    """A payment that cannot be recorded, with the answer to give."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class _Visit:
    """A payment that was read and found well formed; money in kopecks."""

    visit_id: str
    paid_at: datetime
    paid: int
    discount: int
    loyalty_order: str | None
    body: JsonObject


class Counter:
    """Records visits and tells what an order still owes; money on this wire is JSON numbers in roubles."""

    def __init__(self, store: Store, clock: Callable[[], datetime], parcels: Parcels) -> None:
        self._store = store
        self._clock = clock
        self._parcels = parcels

    def payments(self, cdek_number: str) -> Answer:
        """`GET …/payments`: total, what has been paid, what is due, and every visit."""
        row = self._parcels.row(cdek_number)
        return Answer(200, self._state(row)) if row is not None else _unknown(cdek_number)

    def pay(self, cdek_number: str, key: str, body: bytes) -> Answer:
        """`POST …/payments`: record a visit once; a repeat of key and body gets the first answer again."""
        try:
            with self._store.transaction():
                return self._pay(cdek_number, key.strip(), body)
        except _RefusedError as refused:
            return refused.answer

    def _pay(self, cdek_number: str, key: str, raw: bytes) -> Answer:
        if not key or len(key) > _LONGEST_KEY:
            raise _RefusedError(errors(400, "counter_key_required", "Нужен заголовок Idempotency-Key"))
        row = self._parcels.row(cdek_number)
        if row is None:
            raise _RefusedError(_unknown(cdek_number))
        content = _parsed(raw)
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True)
        known = self._store.one("SELECT cdek_number, body, answer FROM visits WHERE idempotency_key = ?", key)
        if known is not None:
            return _repeat(known, cdek_number, canonical)
        visit = _visit(content, self._clock())
        if self._store.one("SELECT 1 FROM visits WHERE visit_id = ?", visit.visit_id) is not None:
            raise _RefusedError(errors(422, "counter_visit_known", "Этот визит уже записан под другим ключом"))
        if refund_of(self._store, cdek_number) is not None:
            raise _RefusedError(errors(409, "counter_order_refunded", "Заказ возвращён или возвращается"))
        due = self._state(row)["due"]
        if not due:
            raise _RefusedError(errors(409, "counter_order_finished", "Заказ уже оплачен полностью"))
        if visit.paid + visit.discount > kopecks(due):
            message = f"Оплата больше остатка: к оплате {due:.2f}"
            raise _RefusedError(errors(422, "counter_overpayment", message))
        self.record(cdek_number, key, visit.visit_id, canonical)
        state = self._state(row)
        self._store.run(
            "UPDATE visits SET answer = ? WHERE idempotency_key = ?", json.dumps(state, ensure_ascii=False), key
        )
        return Answer(201, state)

    def record(self, cdek_number: str, key: str, visit_id: str, body: str) -> None:
        """Write a visit down without asking questions; `body` is its JSON."""
        content = json.loads(body)
        self._store.run(
            "INSERT INTO visits"
            " (idempotency_key, visit_id, cdek_number, day, paid, discount, loyalty_order, body, answer)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
            key,
            visit_id,
            cdek_number,
            str(content["paid_at"])[:10],
            sum(kopecks(one["sum"]) for one in content["tenders"]),
            kopecks(content.get("discount", 0)),
            content.get("loyalty_order"),
            body,
        )

    def _state(self, row: sqlite3.Row) -> JsonObject:
        visits = self._store.rows("SELECT * FROM visits WHERE cdek_number = ? ORDER BY seq", row["cdek_number"])
        paid, discount = sum(one["paid"] for one in visits), sum(one["discount"] for one in visits)
        due = int(row["total"]) - paid - discount
        orders = [one["loyalty_order"] for one in visits if one["loyalty_order"]]
        return {
            "cdek_number": row["cdek_number"],
            "total": roubles(row["total"]),
            "discount": roubles(discount),
            "paid": roubles(paid),
            "due": roubles(due),
            "finished": due == 0,
            "loyalty_order": orders[-1] if orders else None,
            "payments": [json.loads(one["body"]) for one in visits],
            "refund": refund_of(self._store, row["cdek_number"]),
        }


def _unknown(cdek_number: str) -> Answer:
    return errors(404, "v2_order_not_found", f"Order not found by cdek_number {cdek_number}")


def _repeat(known: sqlite3.Row, cdek_number: str, canonical: str) -> Answer:
    if known["cdek_number"] != cdek_number or known["body"] != canonical:
        message = "Этот Idempotency-Key уже использован с другим телом"
        return errors(422, "counter_key_reused", message)
    return Answer(200, json.loads(known["answer"]), {"Idempotent-Replayed": "true"})


def _parsed(raw: bytes) -> JsonObject:
    try:
        content = json.loads(raw)
    except ValueError as error:
        raise _RefusedError(errors(400, "v2_bad_request", "Тело запроса не является JSON")) from error
    if not isinstance(content, dict):
        raise _RefusedError(errors(400, "v2_bad_request", "Тело запроса не является объектом JSON"))
    return content


def _visit(body: JsonObject, now: datetime) -> _Visit:
    """Check every field.

    Raises:
        _RefusedError: 422 with the name of the first wrong field.
    """
    field = "visit_id"
    try:
        visit_id = str(uuid.UUID(text(body.get(field))))
        field = "paid_at"
        paid_at = moment(text(body.get(field)))
        _demand(paid_at <= now + _CLOCK_TOLERANCE, "в будущем")
        for field in ("office", "till", "cashier"):
            _demand(bool(text(body.get(field))), "не указано")
        field = "tenders"
        paid = sum(_tender(one) for one in body.get(field) or [])
        field = "discount"
        discount = kopecks(body.get(field, 0))
        _demand(discount >= 0 and paid + discount > 0, "нет ни денег, ни скидки")
        field = "points_spent"
        _demand(whole(body.get(field, 0)) >= 0, "меньше нуля")
        field = "loyalty_order"
        _demand(body.get(field) is None or bool(text(body[field])), "пустая строка")
        field = "coupons"
        _demand(all(bool(text(one)) for one in body.get(field) or []), "пустая строка")
        field = "receipt"
        _receipt(as_object(body.get(field)))
        field = "lines"
        _lines(body)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"Invalid value in [{field}] parameter: {error}"
        raise _RefusedError(errors(422, "v2_invalid_format", message)) from error
    return _Visit(visit_id, paid_at, paid, discount, body.get("loyalty_order"), body)


def _tender(one: JsonObject) -> int:
    _demand(one["type"] in _TENDERS, "неизвестное средство оплаты")
    amount = kopecks(one["sum"])
    _demand(amount > 0, "сумма не больше нуля")
    return amount


def _receipt(receipt: JsonObject) -> None:
    _demand(bool(text(receipt.get("fn"))), "нет номера фискального накопителя")
    for name in ("document_number", "fiscal_sign", "shift"):
        _demand(whole(receipt.get(name)) > 0, f"неверное поле {name}")
    moment(text(receipt.get("date")))
    _demand(kopecks(receipt.get("total")) >= 0, "неверная сумма чека")


def _lines(body: JsonObject) -> None:
    """Lines of the receipt are optional; told, they sum to its total, so that a return may copy them."""
    if "lines" not in body:
        return
    total = 0
    for one in body["lines"]:
        _demand(bool(text(one["name"])) and kopecks(one["price"]) >= 0, "нет имени или цены")
        _demand(whole(one["quantity"]) > 0, "количество не больше нуля")
        _demand(one["settlement"] in _SETTLEMENTS and one["subject"] in _SUBJECTS, "неверный признак")
        _demand(bool(text(one["vat"])), "не указана ставка НДС")
        total += kopecks(one["price"]) * whole(one["quantity"])
    _demand(total == kopecks(body["receipt"]["total"]), "строки не сходятся с чеком")


def _demand(holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as the sentence it checks
    if not holds:
        raise ValueError(complaint)
