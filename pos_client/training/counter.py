"""The counter's own write side: payments of an order, once each, as `resources/openapi/counter-v1.yaml` says."""

import json
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pos_client.training.corrections import standing
from pos_client.training.parcels import Parcels, errors
from pos_client.training.refunds import refund_of
from pos_client.training.store import Store
from pos_client.training.told import (
    RefusedError,
    check_lines,
    check_receipt,
    demand,
    not_ahead,
    parsed,
    told,
    wrong_field,
)
from pos_client.training.wire import Answer, JsonObject, kopecks, roubles, text, whole

__all__ = ["Counter"]

_TENDERS = ("CASH", "CARD", "SBP")
_LONGEST_KEY = 200


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
        return told(self._store, lambda: self._pay(cdek_number, key.strip(), body))

    def _pay(self, cdek_number: str, key: str, raw: bytes) -> Answer:
        if not key or len(key) > _LONGEST_KEY:
            raise RefusedError(errors(400, "counter_key_required", "Нужен заголовок Idempotency-Key"))
        row = self._parcels.row(cdek_number)
        if row is None:
            raise RefusedError(_unknown(cdek_number))
        content = parsed(raw)
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True)
        known = self._store.one("SELECT cdek_number, body, answer FROM visits WHERE idempotency_key = ?", key)
        if known is not None:
            return _repeat(known, cdek_number, canonical)
        visit = _visit(content, self._clock())
        if self._store.one("SELECT 1 FROM visits WHERE visit_id = ?", visit.visit_id) is not None:
            raise RefusedError(errors(422, "counter_visit_known", "Этот визит уже записан под другим ключом"))
        if refund_of(self._store, cdek_number) is not None:
            raise RefusedError(errors(409, "counter_order_refunded", "Заказ возвращён или возвращается"))
        due = self._state(row)["due"]
        if not due:
            raise RefusedError(errors(409, "counter_order_finished", "Заказ уже оплачен полностью"))
        if visit.paid + visit.discount > kopecks(due):
            message = f"Оплата больше остатка: к оплате {due:.2f}"
            raise RefusedError(errors(422, "counter_overpayment", message))
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
            "payments": [standing(self._store, json.loads(one["body"])) for one in visits],
            "refund": refund_of(self._store, row["cdek_number"]),
        }


def _unknown(cdek_number: str) -> Answer:
    return errors(404, "v2_order_not_found", f"Order not found by cdek_number {cdek_number}")


def _repeat(known: sqlite3.Row, cdek_number: str, canonical: str) -> Answer:
    if known["cdek_number"] != cdek_number or known["body"] != canonical:
        message = "Этот Idempotency-Key уже использован с другим телом"
        return errors(422, "counter_key_reused", message)
    return Answer(200, json.loads(known["answer"]), {"Idempotent-Replayed": "true"})


def _visit(body: JsonObject, now: datetime) -> _Visit:
    """Check every field.

    Raises:
        RefusedError: 422 with the name of the first wrong field.
    """
    field = "visit_id"
    try:
        visit_id = str(uuid.UUID(text(body.get(field))))
        field = "paid_at"
        paid_at = not_ahead(body.get(field), now)
        for field in ("office", "till", "cashier"):
            demand(bool(text(body.get(field))), "не указано")
        field = "tenders"
        paid = sum(_tender(one) for one in body.get(field) or [])
        field = "discount"
        discount = kopecks(body.get(field, 0))
        demand(discount >= 0 and paid + discount > 0, "нет ни денег, ни скидки")
        field = "points_spent"
        demand(whole(body.get(field, 0)) >= 0, "меньше нуля")
        field = "loyalty_order"
        demand(body.get(field) is None or bool(text(body[field])), "пустая строка")
        field = "coupons"
        demand(all(bool(text(one)) for one in body.get(field) or []), "пустая строка")
        field = "receipt"
        check_receipt(body.get(field))
        field = "lines"
        check_lines(body)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise wrong_field(field, error) from error
    return _Visit(visit_id, paid_at, paid, discount, body.get("loyalty_order"), body)


def _tender(one: JsonObject) -> int:
    demand(one["type"] in _TENDERS, "неизвестное средство оплаты")
    amount = kopecks(one["sum"])
    demand(amount > 0, "сумма не больше нуля")
    return amount
