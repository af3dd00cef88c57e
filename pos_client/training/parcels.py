"""CDEK's orders as the shop keeps them: API v2 entities, looked up by number, shop number or uuid."""

import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from pos_client.training.store import Store
from pos_client.training.wire import Answer, JsonObject, instant, roubles, whole

__all__ = ["Parcels", "errors"]

_BEARER = "Bearer "


def errors(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in CDEK's simple error form."""
    return Answer(status, {"errors": [{"code": code, "message": message}]}, headers or {})


class Parcels:
    """The read side of API v2; what was paid at counters shows through `delivery_detail` and `/v2/check`."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], *, client_id: str, client_secret: str, token_seconds: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._client = (client_id, client_secret)
        self._token_seconds = token_seconds

    def token(self, form: Mapping[str, str]) -> Answer:
        """`POST /v2/oauth/token`: client credentials against a token of limited life."""
        if form.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type", "error_description": "Unsupported grant type"})
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            return Answer(400, {"error": "invalid_client", "error_description": "Bad client credentials"})
        token = secrets.token_urlsafe(24)
        expires = self._clock() + timedelta(seconds=self._token_seconds)
        self._store.run("INSERT INTO tokens VALUES (?, ?)", token, instant(expires))
        body: JsonObject = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self._token_seconds,
            "scope": "order:all payment:all",
            "jti": str(uuid.uuid4()),
        }
        return Answer(200, body)

    def denied(self, authorization: str) -> Answer | None:
        """The 401 for a missing, unknown or expired token; None when the caller may pass."""
        if not authorization.startswith(_BEARER):
            return errors(401, "unauthorized", "Full authentication is required to access this resource")
        row = self._store.one("SELECT expires FROM tokens WHERE token = ?", authorization.removeprefix(_BEARER))
        if row is None:
            return errors(401, "v2_authorization_incorrect", "Authorization header is incorrect")
        if row["expires"] <= instant(self._clock()):
            return errors(401, "v2_token_expired", "Access token is expired")
        return None

    def by_query(self, query: Mapping[str, str]) -> Answer:
        """`GET /v2/orders?cdek_number=` or `?im_number=`."""
        if query.get("cdek_number"):
            number = query["cdek_number"]
            return self._entity(self.row(number), "v2_order_not_found", f"Order not found by cdek_number {number}")
        if query.get("im_number"):
            number = query["im_number"]
            row = self._store.one("SELECT * FROM parcels WHERE im_number = ?", number)
            return self._entity(row, "v2_entity_not_found_im_number", f"Entity is not found by number {number}")
        return self._invalid("v2_parameters_empty", "All parameters are empty")

    def by_uuid(self, order_uuid: str) -> Answer:
        """`GET /v2/orders/{uuid}`."""
        row = self._store.one("SELECT * FROM parcels WHERE uuid = ?", order_uuid.lower())
        return self._entity(row, "v2_entity_not_found", f"Entity is not found by uuid {order_uuid}")

    def check(self, query: Mapping[str, str]) -> Answer:
        """`GET /v2/check`: receipts of an order or of a day."""
        number, order_uuid, day = query.get("cdek_number"), query.get("order_uuid"), query.get("date")
        if not (number or order_uuid or day):
            return errors(400, "v2_parameters_empty", "All parameters are empty")
        if number or order_uuid:
            row = (
                self.row(str(number)) if number else self._store.one("SELECT * FROM parcels WHERE uuid = ?", order_uuid)
            )
            if row is None:
                warning = {"code": "v2_order_not_found", "message": f"Order not found {number or order_uuid}"}
                return Answer(200, {"check_info": [], "errors": [], "warnings": [warning]})
            visits = self._visits(row["cdek_number"])
            returns = self._returns("cdek_number = ?", row["cdek_number"])
        else:
            visits = self._store.rows("SELECT * FROM visits WHERE day = ? ORDER BY seq", day)
            returns = self._returns("substr(json_extract(receipt, '$.returned_at'), 1, 10) = ?", str(day))
        checks = [*(self._check(one) for one in visits), *returns]
        return Answer(200, {"check_info": checks, "errors": [], "warnings": []})

    def row(self, cdek_number: str) -> sqlite3.Row | None:
        """The stored order; None when there is none of this number."""
        return self._store.one("SELECT * FROM parcels WHERE cdek_number = ?", cdek_number)

    def _visits(self, cdek_number: str) -> list[sqlite3.Row]:
        return self._store.rows("SELECT * FROM visits WHERE cdek_number = ? ORDER BY seq", cdek_number)

    def _entity(self, row: sqlite3.Row | None, code: str, message: str) -> Answer:
        if row is None:
            return self._invalid(code, message)
        entity = json.loads(row["entity"])
        paid = [json.loads(one["body"]) for one in self._visits(row["cdek_number"])]
        info = _payment_info([tender for one in paid for tender in one["tenders"]])
        detail = entity["delivery_detail"]
        detail["payment_info"] = info
        if entity["type"] == 1:
            detail["payment_sum"] = roubles(sum(round(one["sum"] * 100) for one in info))
        request = self._request("SUCCESSFUL")
        return Answer(200, {"entity": entity, "requests": [request], "related_entities": []})

    def _returns(self, which: str, value: str) -> list[JsonObject]:
        rows = self._store.rows(f"SELECT * FROM refunds WHERE state = 'done' AND {which}", value)  # noqa: S608 - our own
        return [
            self._receipt(
                row["cdek_number"],
                json.loads(row["receipt"])["receipt"],
                json.loads(row["claim"])["tenders"],
                "CASH_RECEIPT_REFUND",
            )
            for row in rows
        ]

    def _check(self, visit: sqlite3.Row) -> JsonObject:
        body = json.loads(visit["body"])
        return self._receipt(visit["cdek_number"], body["receipt"], body["tenders"], "CASH_RECEIPT_IN")

    def _receipt(self, cdek_number: str, receipt: JsonObject, tenders: list[JsonObject], kind: str) -> JsonObject:
        parcel = self.row(cdek_number)
        return {
            "order_uuid": parcel["uuid"] if parcel is not None else "",
            "cdek_number": int(cdek_number),
            "date": receipt["date"],
            "fiscal_storage_number": receipt["fn"],
            "document_number": str(receipt["document_number"]),
            "fiscal_sign": whole(receipt.get("fiscal_sign", 0)),
            "shift_no": receipt.get("shift", 0),
            "type": kind,
            "payment_info": _payment_info(tenders),
        }

    def _invalid(self, code: str, message: str) -> Answer:
        request = self._request("INVALID")
        request["errors"] = [{"code": code, "message": message}]
        return Answer(400, {"requests": [request]})

    def _request(self, state: str) -> JsonObject:
        at = self._clock().strftime("%Y-%m-%dT%H:%M:%S%z")
        return {"request_uuid": str(uuid.uuid4()), "type": "GET", "date_time": at, "state": state}


def _payment_info(tenders: list[JsonObject]) -> list[JsonObject]:
    """The API knows CASH and CARD only: money by SBP is cashless and shows as CARD."""
    sums = {"CASH": 0, "CARD": 0}
    for one in tenders:
        sums["CASH" if one["type"] == "CASH" else "CARD"] += round(float(one["sum"]) * 100)
    return [{"type": kind, "sum": roubles(amount)} for kind, amount in sums.items() if amount]
