"""The device behind the cash register's web server: shift, drawer, receipts and what it says about itself."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pos_client.training.fiscal_storage import FiscalDocument, FiscalStorage, RegisterNames
from pos_client.training.receipt_rules import RECEIPTS, DeviceError, check_operator, read_receipt, read_text
from pos_client.training.register_shift import RegisterShift
from pos_client.training.store import Store
from pos_client.training.wire import JsonObject, kopecks, roubles

__all__ = ["Device"]

_MISCOUNT = 100
"""Kopecks."""
_QUIRKS = {"no-connection": 2, "paper-out": 44, "cover-open": 45, "busy": 55}
_LINK_LOST = 241


class Device:
    """State of the device; runs one task at a time and knows nothing of uuids and polls."""

    def __init__(self, store: Store, clock: Callable[[], datetime], names: RegisterNames) -> None:
        self.storage = FiscalStorage(store, clock, names)
        self.shift = RegisterShift(store, clock)
        self._store = store
        self._clock = clock
        self._names = names
        self._prints, self._miscounts = True, False
        self.printed: list[tuple[str, ...]] = []
        """What is on paper besides documents, since the shop was opened."""
        self._tasks: Mapping[str, Callable[[JsonObject], JsonObject]] = {
            "openShift": self._open_shift,
            "closeShift": self._close_shift,
            "nonFiscal": self._text,
            "reportX": self._only_print,
            "printLastReceiptCopy": self._only_print,
            **dict.fromkeys(RECEIPTS, self._receipt),
            "cashIn": self._cash,
            "cashOut": self._cash,
            "getDeviceStatus": self._device_status,
            "getShiftStatus": self._shift_status,
            "getFnStatus": self._fn_status,
            "getFnDocument": self._fn_document,
            "continuePrint": self._continue_print,
            "getDeviceInfo": lambda _task: _device_info(names),
            "getFnInfo": lambda _task: _fn_info(names),
            "ofdExchangeStatus": lambda _task: _ofd_status(),
        }

    def perform(self, task: JsonObject, quirk: str = "") -> JsonObject:
        """Do one task; `quirk` is a fault to act out.

        Raises:
            DeviceError: the task is refused or the device cannot work.
        """
        if quirk in _QUIRKS:
            raise DeviceError(_QUIRKS[quirk])
        run = self._tasks.get(str(task.get("type")))
        if run is None:
            raise DeviceError(501, f"Поле type имеет недопустимое значение «{task.get('type')}»")
        self._prints = quirk != "not-printed"
        self._miscounts = quirk == "other-total"
        answer = run(task)
        if quirk == "recorded-error":
            raise DeviceError(_LINK_LOST, "Связь с устройством потеряна")
        return answer

    def set_up(self) -> None:
        """A device after installation: shift closed, change money in the drawer."""
        self.shift.set_up(self._names.shift)
        self._store.remember("drawer", str(self._names.drawer))

    def drawer(self) -> int:
        """Cash in the drawer as the device counts it, kopecks."""
        return int(self._store.fact("drawer", "0"))

    def _start_shift(self, task: JsonObject) -> FiscalDocument:
        self.shift.begin()
        document = {"type": "openShift", "operator": task["operator"]}
        return self.storage.add(document, shift=self.shift.number, receipt=None, total=0)

    def _open_shift(self, task: JsonObject) -> JsonObject:
        check_operator(task)
        if self.shift.opened_at is not None:
            raise DeviceError(83)
        return self._answer(self._start_shift(task))

    def _close_shift(self, task: JsonObject) -> JsonObject:
        check_operator(task)
        if self.shift.opened_at is None:
            raise DeviceError(73)
        document = self.storage.add(task, shift=self.shift.number, receipt=None, total=0, printed=self._prints)
        self.shift.end()
        return self._answer(document)

    def _receipt(self, task: JsonObject) -> JsonObject:
        receipt = read_receipt(task, sender=self._names.sender_email)
        if self._miscounts:
            task = _miscounted(task)
            receipt = read_receipt(task, sender=self._names.sender_email)
        if self.shift.is_expired:
            raise DeviceError(68)
        auto_opened = self.shift.opened_at is None
        back = receipt.is_return
        if back and receipt.cash > self.drawer():
            raise DeviceError(80)
        if auto_opened:
            self._start_shift(task)
        number = self.shift.next_receipt()
        self._store.remember("drawer", str(self.drawer() + (-receipt.cash if back else receipt.cash)))
        document = self.storage.add(
            task, shift=self.shift.number, receipt=number, total=receipt.total, printed=self._prints
        )
        answer = self._answer(document)
        if auto_opened:
            answer.setdefault("warnings", {})["shiftAutoOpened"] = True
        return answer

    def _cash(self, task: JsonObject) -> JsonObject:
        value = task.get("cashSum")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise DeviceError(501, "Поле cashSum имеет неверный тип (ожидается number)")
        change = kopecks(value) if task["type"] == "cashIn" else -kopecks(value)
        if self.drawer() + change < 0:
            raise DeviceError(80)
        self._store.remember("drawer", str(self.drawer() + change))
        return {"counters": {"cashSum": roubles(self.drawer())}}

    def _answer(self, document: FiscalDocument) -> JsonObject:
        answer: JsonObject = {"fiscalParams": self.storage.fiscal_params(document)}
        if not document.printed:
            answer["warnings"] = {"notPrinted": True}
        return answer

    def _device_status(self, _task: JsonObject) -> JsonObject:
        now = self._clock().isoformat(timespec="seconds")
        return {
            "deviceStatus": {
                "blocked": False,
                "coverOpened": False,
                "currentDateTime": now,
                "fiscal": True,
                "fnFiscal": True,
                "fnPresent": True,
                "paperPresent": True,
                "cashDrawerOpened": False,
                "shift": self.shift.state,
            }
        }

    def _shift_status(self, _task: JsonObject) -> JsonObject:
        expires = self.shift.expires_at
        found = {
            "number": self.shift.number,
            "expiredTime": expires.isoformat(timespec="seconds") if expires is not None else "",
            "state": self.shift.state,
            "documentsCount": self.shift.receipts,
        }
        return {"shiftStatus": found}

    def _fn_status(self, _task: JsonObject) -> JsonObject:
        return {
            "fnStatus": {
                "fiscalDocumentNumber": self.storage.last(),
                "fiscalReceiptNumber": self.shift.receipts,
                "warnings": {"ofdTimeout": False},
            }
        }

    def _fn_document(self, task: JsonObject) -> JsonObject:
        number = task.get("fiscalDocumentNumber")
        document = self.storage.get(number) if isinstance(number, int) else None
        if document is None:
            raise DeviceError(123)
        return self.storage.tlv(document)

    def _only_print(self, task: JsonObject) -> JsonObject:
        check_operator(task)
        return {}

    def _text(self, task: JsonObject) -> JsonObject:
        self.printed.append(read_text(task))
        return {}

    def _continue_print(self, _task: JsonObject) -> JsonObject:
        self.storage.finish_printing()
        return {}


def _miscounted(task: JsonObject) -> JsonObject:
    """A receipt as a faulty device takes it: a rouble more for its first position, and a rouble more paid."""
    items, payments = [dict(one) for one in task["items"]], [dict(one) for one in task["payments"]]
    first = next(one for one in items if one["type"] == "position")
    dearer = roubles(kopecks(first["amount"]) + _MISCOUNT)
    first |= {"price": dearer, "quantity": 1, "amount": dearer}
    payments[0]["sum"] = roubles(kopecks(payments[0]["sum"]) + _MISCOUNT)
    changed = task | {"items": items, "payments": payments}
    return changed | {"total": roubles(kopecks(task["total"]) + _MISCOUNT)} if "total" in task else changed


def _device_info(names: RegisterNames) -> JsonObject:
    return {"deviceInfo": {"serial": names.serial, "modelName": "Учебная ККТ", "ffdVersion": "1.2"}}


def _fn_info(names: RegisterNames) -> JsonObject:
    quiet = ("criticalError", "memoryOverflow", "needReplacement", "ofdTimeout", "resourceExhausted")
    return {
        "fnInfo": {
            "serial": names.fn,
            "livePhase": "fiscalMode",
            "ffdVersion": "1.2",
            "registrationNumber": names.registration_number,
            "warnings": dict.fromkeys(quiet, False),
        }
    }


def _ofd_status() -> JsonObject:
    clean = {"code": 0, "description": ""}
    return {"status": {"notSentCount": 0}, "errors": {"fn": clean, "network": clean, "ofd": clean}, "warnings": {}}
