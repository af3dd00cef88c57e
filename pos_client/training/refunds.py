"""Refunds at the counter's write side: one order, one refund, claimed before any money moves."""

import json
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from pos_client.training.parcels import Parcels, errors
from pos_client.training.store import Store
from pos_client.training.told import RefusedError, check_receipt, demand, not_ahead, parsed, told, wrong_field
from pos_client.training.wire import Answer, JsonObject, as_list, kopecks, moment, roubles, text, whole

__all__ = ["Refunds", "refund_of"]

_CLAIMED, _DONE, _RELEASED = "claimed", "done", "released"
_TENDERS = ("CARD", "SBP", "CASH")
_RECEIPTS = (
    ("visits", "body", "receipt"),
    ("refunds", "receipt", "receipt"),
    ("corrections", "body", "receipt"),
    ("corrections", "body", "opposite"),
)
"""Where documents are: table, column, and part of its JSON."""


def refund_of(store: Store, cdek_number: str) -> JsonObject | None:
    """The refund that holds the order, claimed or finished; None while nobody refunds it."""
    row = store.one("SELECT * FROM refunds WHERE cdek_number = ? AND state <> ?", cdek_number, _RELEASED)
    return None if row is None else _shown(row)


class Refunds:
    """Gives an order to one refund, remembers its receipt, and frees orders whose refund was given up."""

    def __init__(self, store: Store, clock: Callable[[], datetime], parcels: Parcels) -> None:
        self._store = store
        self._clock = clock
        self._parcels = parcels

    def claim(self, cdek_number: str, key: str, body: bytes) -> Answer:
        """`POST …/refunds`: 201 the order is this refund's; 200 it was already; 409 it is somebody else's."""
        return told(self._store, lambda: self._claim(cdek_number, key.strip(), body))

    def record(self, cdek_number: str, refund_id: str, body: bytes) -> Answer:
        """`POST …/refunds/{id}/receipt`: the receipt of the return, once."""
        return told(self._store, lambda: self._record(cdek_number, refund_id.lower(), body))

    def release(self, cdek_number: str, refund_id: str) -> Answer:
        """`POST …/refunds/{id}/release`: nothing moved; a claim that arrives after this is refused for ever."""
        return told(self._store, lambda: self._release(cdek_number, refund_id.lower()))

    def find(self, query: Mapping[str, str]) -> Answer:
        """`GET /counter/v1/receipts`: the order that a fiscal receipt belongs to, also one that was corrected."""
        wanted = [query.get(name, "") for name in ("fn", "document_number", "fiscal_sign")]
        if not all(one.isdecimal() for one in wanted):
            return errors(400, "v2_bad_request", "Нужны fn, document_number и fiscal_sign")
        fn, number, sign = wanted[0], int(wanted[1]), int(wanted[2])
        for table, column, part in _RECEIPTS:
            row = self._store.one(
                f"SELECT cdek_number FROM {table} WHERE json_extract({column}, '$.{part}.fn') = ?"  # noqa: S608 - our names
                f" AND json_extract({column}, '$.{part}.document_number') = ?"
                f" AND json_extract({column}, '$.{part}.fiscal_sign') = ?",
                fn,
                number,
                sign,
            )
            if row is not None:
                return Answer(200, {"cdek_number": row["cdek_number"]})
        return errors(404, "counter_receipt_not_found", "Такого чека среди оплат заказов нет")

    def _claim(self, cdek_number: str, key: str, raw: bytes) -> Answer:
        self._known_order(cdek_number)
        if key != f"refund:{cdek_number}":
            raise RefusedError(errors(400, "counter_key_required", "Нужен Idempotency-Key: refund:{номер заказа}"))
        content = parsed(raw)
        refund_id = _uuid(text(content.get("refund_id")))
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True)
        known = self._store.one("SELECT * FROM refunds WHERE refund_id = ?", refund_id)
        if known is not None and known["state"] == _RELEASED:
            raise RefusedError(errors(409, "counter_refund_released", "От этого возврата касса отказалась"))
        if known is not None and known["claim"] == canonical:
            return Answer(200, _shown(known), {"Idempotent-Replayed": "true"})
        held = refund_of(self._store, cdek_number)
        if held is not None:
            known_as = errors(409, "counter_refund_known", "Заказ уже возвращён или возвращается")
            raise RefusedError(Answer(409, {**(known_as.body or {}), "refund": held}))
        _checked(content, self._clock())
        self._check_visits(cdek_number, content)
        self._store.run("INSERT INTO refunds VALUES (?, ?, ?, ?, '{}')", refund_id, cdek_number, _CLAIMED, canonical)
        return Answer(201, refund_of(self._store, cdek_number))

    def _check_visits(self, cdek_number: str, content: JsonObject) -> None:
        """What is claimed is what was paid: a payment that came in between changes the sum that goes back."""
        visits = self._store.rows("SELECT * FROM visits WHERE cdek_number = ? ORDER BY seq", cdek_number)
        if not visits:
            raise RefusedError(errors(409, "counter_nothing_to_refund", "По этому заказу ничего не оплачено"))
        claimed = content.get("visits")
        same = isinstance(claimed, list) and {text(one).lower() for one in claimed} == {
            one["visit_id"] for one in visits
        }
        if not same or _paid_back(content) != sum(one["paid"] for one in visits):
            raise RefusedError(errors(409, "counter_refund_changed", "По заказу есть другие оплаты"))

    def _record(self, cdek_number: str, refund_id: str, raw: bytes) -> Answer:
        self._known_order(cdek_number)
        row = self._own(cdek_number, refund_id)
        content = parsed(raw)
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True)
        if row["state"] == _DONE:
            if row["receipt"] != canonical:
                raise RefusedError(errors(422, "counter_refund_recorded", "У возврата уже есть другой чек"))
            return Answer(200, _shown(row), {"Idempotent-Replayed": "true"})
        if row["state"] == _RELEASED:
            raise RefusedError(errors(409, "counter_refund_released", "От этого возврата касса отказалась"))
        _check_receipt(content, json.loads(row["claim"]))
        self._store.run("UPDATE refunds SET state = ?, receipt = ? WHERE refund_id = ?", _DONE, canonical, refund_id)
        return Answer(201, _shown(self._own(cdek_number, refund_id)))

    def _release(self, cdek_number: str, refund_id: str) -> Answer:
        self._known_order(cdek_number)
        known = self._store.one("SELECT * FROM refunds WHERE refund_id = ?", _uuid(refund_id))
        if known is None:
            # Its claim may still be on the way and must find the door closed.
            self._store.run("INSERT INTO refunds VALUES (?, ?, ?, '{}', '{}')", refund_id, cdek_number, _RELEASED)
        elif known["state"] == _DONE:
            raise RefusedError(errors(409, "counter_refund_done", "Возврат проведён, отказаться от него нельзя"))
        else:
            self._store.run("UPDATE refunds SET state = ? WHERE refund_id = ?", _RELEASED, refund_id)
        return Answer(200, {"refund_id": refund_id, "state": "RELEASED"})

    def _own(self, cdek_number: str, refund_id: str) -> sqlite3.Row:
        row = self._store.one(
            "SELECT * FROM refunds WHERE refund_id = ? AND cdek_number = ?", _uuid(refund_id), cdek_number
        )
        if row is None:
            raise RefusedError(errors(404, "counter_refund_not_found", "Такого возврата нет"))
        return row

    def _known_order(self, cdek_number: str) -> None:
        if self._parcels.row(cdek_number) is None:
            raise RefusedError(errors(404, "v2_order_not_found", f"Order not found by cdek_number {cdek_number}"))


def _shown(row: sqlite3.Row) -> JsonObject:
    claim, receipt = json.loads(row["claim"]), json.loads(row["receipt"])
    return {
        "refund_id": row["refund_id"],
        "state": row["state"].upper(),
        "claimed_at": claim["claimed_at"],
        "office": claim["office"],
        "till": claim["till"],
        "cashier": claim["cashier"],
        "visits": claim["visits"],
        "tenders": claim["tenders"],
        "amount": roubles(_paid_back(claim)),
        "points_returned": claim["points_returned"],
        "returned_at": receipt.get("returned_at"),
        "receipt": receipt.get("receipt"),
    }


def _paid_back(content: JsonObject) -> int:
    return sum(kopecks(one["sum"]) for one in as_list(content.get("tenders")))


def _uuid(value: str) -> str:
    try:
        return str(uuid.UUID(value))
    except ValueError as error:
        raise wrong_field("refund_id", error) from error


def _checked(content: JsonObject, now: datetime) -> None:
    field = "claimed_at"
    try:
        not_ahead(content.get(field), now)
        for field in ("office", "till", "cashier"):
            demand(bool(text(content.get(field))), "не указано")
        field = "tenders"
        for one in content.get(field) or []:
            demand(one["type"] in _TENDERS and kopecks(one["sum"]) > 0, "неверное средство оплаты")
        field = "points_returned"
        demand(whole(content.get(field)) >= 0, "меньше нуля")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise wrong_field(field, error) from error


def _check_receipt(content: JsonObject, claim: JsonObject) -> None:
    # The time is the register's: it has happened, however wrong that clock may be.
    field = "returned_at"
    try:
        moment(text(content.get(field)))
        field = "receipt"
        receipt = check_receipt(content.get(field))
        # More than went back: what was handed over on credit returns at its whole price.
        demand(kopecks(receipt.get("total")) >= _paid_back(claim), "сумма чека меньше суммы возврата")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise wrong_field(field, error) from error
