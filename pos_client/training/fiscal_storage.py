"""The fiscal storage of the training cash register: documents that are numbered once and for ever."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pos_client.training.receipt_rules import METHODS, OBJECTS
from pos_client.training.register_taxes import RATES, tax_of, tax_tags
from pos_client.training.store import Store
from pos_client.training.wire import JsonObject, instant, kopecks, roubles

__all__ = ["FiscalDocument", "FiscalStorage", "RegisterNames"]

# The cash register keeps the local time of its shop; Moscow has had no summer time since 2014.
_LOCAL = timezone(timedelta(hours=3))
_SIGN_DIGITS = 10
_SIGNS = {"sell": 1, "sellReturn": 2, "sellCorrection": 1, "sellReturnCorrection": 2}
_DOCUMENT_TYPES = {
    "sell": "receipt",
    "sellReturn": "receipt",
    "sellCorrection": "receiptCorrection",
    "sellReturnCorrection": "receiptCorrection",
    "openShift": "openShift",
    "closeShift": "closeShift",
}
_CASHLESS = {"1081": "electronically", "1215": "prepaid", "1216": "credit", "1217": "other"}


@dataclass(frozen=True, slots=True)
class RegisterNames:
    """Numbers of the device."""

    fn: str
    registration_number: str
    serial: str
    first_fd: int
    shift: int
    drawer: int
    sender_email: str
    """Of who sends receipts to their buyers, as the register is registered (tag 1117)."""


@dataclass(frozen=True, slots=True)
class FiscalDocument:
    """A document in the storage; `total` in kopecks, `receipt` counts within the shift, `at` is local time."""

    fd: int
    type: str
    at: datetime
    shift: int
    receipt: int | None
    total: int
    sign: str
    printed: bool
    task: JsonObject
    fn: str

    @property
    def qr(self) -> str:
        """Text of the receipt's QR code (tag 1196); empty for documents of a shift."""
        if self.type not in _SIGNS:
            return ""
        roubles_text = f"{self.total // 100}.{self.total % 100:02d}"
        return f"t={self.at:%Y%m%dT%H%M}&s={roubles_text}&fn={self.fn}&i={self.fd}&fp={self.sign}&n={_SIGNS[self.type]}"

    @property
    def order_uuid(self) -> str:
        """What the till wrote into the user requisite (tag 1084 → 1086)."""
        found = [one.get("value", "") for one in self.task.get("items", []) if one.get("type") == "userAttribute"]
        return str(found[-1]) if found else ""


class FiscalStorage:
    """Appends documents; the number goes on even after the shop is reset."""

    def __init__(self, store: Store, clock: Callable[[], datetime], names: RegisterNames) -> None:
        self._store = store
        self._clock = clock
        self._names = names

    def add(
        self, task: JsonObject, *, shift: int, receipt: int | None, total: int, printed: bool = True
    ) -> FiscalDocument:
        """Write one document; its number is the next one."""
        fd = self.last() + 1
        kind = str(task["type"])
        seed = f"{self._names.fn}:{fd}:{kind}:{total}".encode()
        sign = str(int(hashlib.sha256(seed).hexdigest(), 16) % 10**_SIGN_DIGITS).rjust(_SIGN_DIGITS, "1")
        at = self._clock()
        self._store.run(
            "INSERT INTO fiscal_documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            fd,
            kind,
            instant(at),
            shift,
            receipt,
            total,
            sign,
            printed,
            json.dumps(task, ensure_ascii=False),
        )
        return FiscalDocument(
            fd=fd,
            type=kind,
            at=at.astimezone(_LOCAL),
            shift=shift,
            receipt=receipt,
            total=total,
            sign=sign,
            printed=printed,
            task=task,
            fn=self._names.fn,
        )

    def last(self) -> int:
        """Number of the last document that was ever written; a new storage was used before it came here."""
        written = self._store.number("SELECT seq FROM sqlite_sequence WHERE name = 'fiscal_documents'")
        return max(written, self._names.first_fd - 1)

    def all(self) -> list[FiscalDocument]:
        """Every document, in order."""
        return [self._document(row) for row in self._store.rows("SELECT * FROM fiscal_documents ORDER BY fd")]

    def get(self, fd: int) -> FiscalDocument | None:
        """The document of this number."""
        row = self._store.one("SELECT * FROM fiscal_documents WHERE fd = ?", fd)
        return self._document(row) if row is not None else None

    def _document(self, row: sqlite3.Row) -> FiscalDocument:
        return FiscalDocument(
            fd=row["fd"],
            type=row["type"],
            at=datetime.fromisoformat(row["at"]).astimezone(_LOCAL),
            shift=row["shift"],
            receipt=row["receipt"],
            total=row["total"],
            sign=row["sign"],
            printed=bool(row["printed"]),
            task=json.loads(row["task"]),
            fn=self._names.fn,
        )

    def finish_printing(self) -> None:
        """The paper is back: what was left unprinted is printed."""
        self._store.run("UPDATE fiscal_documents SET printed = 1 WHERE printed = 0")

    def fiscal_params(self, document: FiscalDocument) -> JsonObject:
        """`fiscalParams` of the answer to a document task."""
        found: JsonObject = {
            "fiscalDocumentNumber": document.fd,
            "fiscalDocumentDateTime": document.at.isoformat(timespec="seconds"),
            "fiscalDocumentSign": document.sign,
            "fnNumber": document.fn,
            "registrationNumber": self._names.registration_number,
            "shiftNumber": document.shift,
            "fnsUrl": "www.nalog.gov.ru",
        }
        if document.receipt is not None:
            found["total"] = roubles(document.total)
            found["fiscalReceiptNumber"] = document.receipt
        return found

    def tlv(self, document: FiscalDocument) -> JsonObject:
        """`getFnDocument`: the document by its tags, as the driver names them."""
        tags: JsonObject = {
            "fiscalDocumentType": _DOCUMENT_TYPES[document.type],
            "short": False,
            "1012": document.at.isoformat(timespec="seconds"),
            "1037": self._names.registration_number,
            "1038": document.shift,
            "1040": document.fd,
            "1041": document.fn,
            "1077": document.sign,
        }
        if document.type in _SIGNS:
            paid = {one["type"]: kopecks(one["sum"]) for one in document.task["payments"]}
            positions = [one for one in document.task["items"] if one["type"] == "position"]
            tags |= {
                "qr": document.qr,
                "1020": roubles(document.total),
                "1021": document.task["operator"]["name"],
                "1031": roubles(max(0, document.total - sum(paid.values()) + paid.get("cash", 0))),
                "1042": document.receipt,
                "1054": _SIGNS[document.type],
                "1059": [_line(one) for one in positions],
                **tax_tags(positions),
                **{tag: roubles(paid.get(name, 0)) for tag, name in _CASHLESS.items()},
            }
            if "correctionType" in document.task:
                tags["1173"] = 0 if document.task["correctionType"] == "self" else 1
                tags["1178"] = document.task["correctionBaseDate"]
            wrong = [one["value"] for one in document.task["items"] if one["type"] == "additionalAttribute"]
            if wrong:
                tags["1192"] = wrong[0]
            if document.order_uuid:
                attribute = next(one for one in document.task["items"] if one["type"] == "userAttribute")
                tags["1084"] = {"1085": attribute.get("name", ""), "1086": document.order_uuid}
        return {"documentTLV": tags}


def _line(item: JsonObject) -> JsonObject:
    return {
        "1030": item["name"],
        "1079": item["price"],
        "1023": item["quantity"],
        "1043": item["amount"],
        "1214": METHODS.index(item["paymentMethod"]) + 1,
        "1212": OBJECTS.index(item["paymentObject"]) + 1,
        "1199": RATES[item["tax"]["type"]],
        "1200": roubles(tax_of(item)),
    }
