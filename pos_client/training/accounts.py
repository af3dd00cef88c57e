"""What processing tells of the past: movements of an account, and one order."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from pos_client.training.conditions import Conditions
from pos_client.training.ledger import Ledger, Movement
from pos_client.training.members import Members
from pos_client.training.processing_wire import ProcessingNames, ProtocolError, balance_type, order_id
from pos_client.training.store import Store
from pos_client.training.switches import Switches
from pos_client.training.wire import JsonObject, as_object, instant, iso_millis, moment, roubles, text, whole

__all__ = ["Accounts"]

_LARGEST_PAGE = 1000
_LONG_AGO, _FAR_AHEAD = "2000-01-01", "2100-01-01"


class Accounts:
    """Reads only; what has burnt by now is written off first."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        members: Members,
        clock: Callable[[], datetime],
        *,
        names: ProcessingNames,
        conditions: Conditions,
        switches: Switches,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._members = members
        self._clock = clock
        self._names = names
        self._balance_type = balance_type(conditions)
        self._switches = switches

    def history(self, body: JsonObject, _quirk: str) -> JsonObject:
        """Movements of an account in a period, oldest first, by pages.

        Raises:
            ProtocolError: a page that cannot be.
            ValidationError: there is no such member.
        """
        member = self._members.the_one(as_object(body.get("customer")))
        self._ledger.burn(member["id"])
        page = as_object(body.get("page"))
        try:
            since = instant(moment(text(page.get("sinceDateTimeUtc")) or _LONG_AGO))
            till = instant(moment(text(page.get("tillDateTimeUtc")) or _FAR_AHEAD))
            size, number = whole(page.get("itemsPerPage", 50)), whole(page.get("pageNumber", 1))
        except ValueError as error:
            raise ProtocolError(f"/page: {error}") from error
        if not 1 <= size <= _LARGEST_PAGE or number < 1:
            raise ProtocolError(f"/page: страница {number} по {size} невозможна")
        count, shown = self._ledger.page(member["id"], since, till, skip=(number - 1) * size, most=size)
        return {
            "status": "Success",
            "customerActions": [self._action(at, movement) for at, movement in shown],
            "customerActionsCount": count,
        }

    def order(self, body: JsonObject, _quirk: str) -> JsonObject:
        """One order by its external id; one that nobody created is NotFound, and so is one that is too young."""
        wanted = order_id(as_object(body.get("order")), self._names)
        row = self._store.one("SELECT * FROM loyalty_orders WHERE order_id = ?", wanted)
        youngest = instant(self._clock() - timedelta(seconds=self._switches.order_visible_after))
        if row is None or row["customer"] is None or row["created_at"] > youngest:
            return {"status": "Success", "order": {"processingStatus": "NotFound"}}
        codes = {
            "CheckedOut": self._names.checked_out,
            "Paid": self._names.paid,
            "Cancelled": self._names.cancelled,
            "Returned": self._names.returned,
        }
        sent = as_object(json.loads(row["body"]).get("order"))
        return {
            "status": "Success",
            "order": {
                "processingStatus": "Found",
                "ids": self._order_ids(wanted, row["number"]),
                "totalPrice": roubles(row["total"]),
                "createDateTimeUtc": iso_millis(moment(row["created_at"])),
                "status": {"ids": {"externalId": codes[row["status"]]}},
                "bonusPointsInfoPerBalanceTypes": [
                    {"earnedAmount": row["earned"], "spentAmount": row["spent"], "balanceType": self._balance_type}
                ],
                "lines": sent.get("lines", []),
            },
        }

    def _action(self, number: int, one: Movement) -> JsonObject:
        change: JsonObject = {
            "changeAmount": one.amount,
            "balanceType": self._balance_type,
            "balanceChangeKind": {"systemName": one.kind},
            **self._availability(one.lot),
        }
        found: JsonObject = {
            "ids": {"mindboxId": number},
            "dateTimeUtc": iso_millis(moment(one.at)),
            "customerBalanceChanges": [change],
        }
        if one.order_id is not None:
            row = self._store.one("SELECT number FROM loyalty_orders WHERE order_id = ?", one.order_id)
            found["order"] = {"ids": self._order_ids(one.order_id, row["number"] if row is not None else 0)}
        return found

    def _order_ids(self, order: str, number: int) -> JsonObject:
        return {"mindboxId": number, f"{self._names.order_id_field}Id": order}

    def _availability(self, lot: int) -> JsonObject:
        row = self._store.one("SELECT available_from, expires, comment FROM lots WHERE id = ?", lot)
        if row is None:
            return {"isAvailable": False}
        start = row["available_from"]
        found: JsonObject = {"isAvailable": start is not None and start <= instant(self._clock())}
        if start:
            found["availableFromDateTimeUtc"] = iso_millis(moment(start))
        if row["expires"]:
            found["expirationDateTimeUtc"] = iso_millis(moment(row["expires"]))
        if row["comment"]:
            found["comment"] = row["comment"]
        return found
