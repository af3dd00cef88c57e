"""Corrected receipts at the counter's write side: which document stands for a visit, and which ones stood for it."""

import json
import uuid

from pos_client.training.parcels import Parcels, errors
from pos_client.training.store import Store
from pos_client.training.told import RefusedError, check_lines, check_receipt, demand, parsed, told, wrong_field
from pos_client.training.wire import Answer, JsonObject, moment, text

__all__ = ["Corrections", "standing"]


def standing(store: Store, visit: JsonObject) -> JsonObject:
    """A recorded visit with the receipt and the lines that stand for it now, and the corrections that led there."""
    made = [
        json.loads(row["body"])
        for row in store.rows("SELECT body FROM corrections WHERE visit_id = ? ORDER BY seq", visit["visit_id"].lower())
    ]
    if not made:
        return visit
    last = made[-1]
    found = {**visit, "receipt": last["receipt"], "corrections": made}
    found.pop("lines", None)
    return {**found, "lines": last["lines"]} if "lines" in last else found


class Corrections:
    """Remembers each correction once. What a register has registered has happened, so a refunded order takes it too."""

    def __init__(self, store: Store, parcels: Parcels) -> None:
        self._store = store
        self._parcels = parcels

    def record(self, cdek_number: str, visit_id: str, body: bytes) -> Answer:
        """`POST …/payments/{visit_id}/corrections`: another document, or none, stands for the visit from now on."""
        return told(self._store, lambda: self._record(cdek_number, visit_id.lower(), body))

    def _record(self, cdek_number: str, visit_id: str, raw: bytes) -> Answer:
        if self._parcels.row(cdek_number) is None:
            raise RefusedError(errors(404, "v2_order_not_found", f"Order not found by cdek_number {cdek_number}"))
        content = parsed(raw)
        row = self._store.one("SELECT body FROM visits WHERE visit_id = ? AND cdek_number = ?", visit_id, cdek_number)
        if row is None:
            raise RefusedError(errors(404, "counter_visit_not_found", "Такой оплаты у заказа нет"))
        correction_id = _checked(content)
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True)
        known = self._store.one("SELECT body FROM corrections WHERE correction_id = ?", correction_id)
        if known is not None:
            if known["body"] != canonical:
                raise RefusedError(errors(422, "counter_correction_recorded", "Эта коррекция уже записана другой"))
            return Answer(200, standing(self._store, json.loads(row["body"])), {"Idempotent-Replayed": "true"})
        stands = standing(self._store, json.loads(row["body"])).get("receipt")
        if stands is None or _name(stands) != _name(content["wrong"]):
            raise RefusedError(errors(409, "counter_receipt_superseded", "За оплату отвечает другой чек"))
        self._store.run(
            "INSERT INTO corrections (correction_id, cdek_number, visit_id, body) VALUES (?, ?, ?, ?)",
            correction_id,
            cdek_number,
            visit_id,
            canonical,
        )
        return Answer(201, standing(self._store, json.loads(row["body"])))


def _name(receipt: JsonObject) -> tuple[str, str]:
    return text(receipt["fn"]), text(receipt["document_number"])


def _checked(content: JsonObject) -> str:
    """Check every field; returns the id of the correction.

    Raises:
        RefusedError: 422 with the name of the first wrong field.
    """
    field = "correction_id"
    try:
        found = str(uuid.UUID(text(content.get(field))))
        # The time is the register's: it has happened, however wrong that clock may be.
        field = "corrected_at"
        moment(text(content.get(field)))
        field = "cashier"
        demand(bool(text(content.get(field))), "не указано")
        for field in ("wrong", "opposite"):
            check_receipt(content.get(field))
        field = "receipt"
        if content[field] is not None:
            check_receipt(content[field])
            field = "lines"
            check_lines(content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise wrong_field(field, error) from error
    return found
