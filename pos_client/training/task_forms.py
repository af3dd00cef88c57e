"""The form of a receipt's task: which fields there are, of which types; a field that nobody knows is refused.

Source: JSON tasks of the ATOL driver 10, FFD 1.2. Sums are JSON numbers in roubles; lengths are those of the tags.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from pos_client.training.wire import JsonObject

__all__ = ["METHODS", "OBJECTS", "FormError", "check_correction", "check_form", "check_text"]

Check = Callable[[object, str], None]
"""Looks at a value; the text is its path."""

# In the sequence of their codes, from one on (tags 1214 and 1212).
METHODS = (
    "fullPrepayment", "prepayment", "advance", "fullPayment", "partialPayment", "credit", "creditPayment",
)  # fmt: skip
OBJECTS = (
    "commodity", "excise", "job", "service", "gamblingBet", "gamblingPrize", "lottery", "lotteryPrize",
    "intellectualActivity", "payment", "agentCommission", "pay", "another", "proprietaryLaw", "nonOperatingIncome",
    "otherContributions", "merchantTax", "resortFee", "deposit", "consumption",
)  # fmt: skip
_TAXES = (
    "none", "vat0", "vat5", "vat105", "vat7", "vat107", "vat10", "vat110", "vat20", "vat120", "vat22", "vat122",
)  # fmt: skip
_PAYMENTS = ("cash", "electronically", "prepaid", "credit", "other")
_TAXATIONS = ("osn", "usnIncome", "usnIncomeOutcome", "esn", "patent")
_AGENTS = (
    "bankPayingAgent", "bankPayingSubagent", "payingAgent", "payingSubagent", "attorney", "commissionAgent", "another",
)  # fmt: skip
_UNITS = (
    "piece", "gram", "kilogram", "ton", "centimeter", "decimeter", "meter", "squareCentimeter", "squareDecimeter",
    "squareMeter", "milliliter", "liter", "cubicMeter", "kilowattHour", "gkal", "day", "hour", "minute", "second",
    "kilobyte", "megabyte", "gigabyte", "terabyte", "otherUnits",
)  # fmt: skip
_UNIT_CODES: Final = frozenset(
    {0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 70, 71, 72, 73, 80, 81, 82, 83, 255}
)
"""Of tag 2108."""
_BARCODES = (
    "EAN8", "EAN13", "UPCA", "UPCE", "CODE39", "CODE93", "CODE128", "CODABAR", "ITF", "ITF14", "GS1_128", "PDF417",
    "QR", "CODE39_EXTENDED",
)  # fmt: skip
_INN = r"\d{10}|\d{12}"
_PHONE = r"\+?\d{1,18}"
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_LONGEST_QR = 400


class FormError(ValueError):
    """A task that the driver's parser refuses; the text names the field."""


# ------------------------------------------------------------------------------------------------ kinds of values


def _text(longest: int = 0, form: str = "", *, empty: bool = False) -> Check:
    def check(value: object, path: str) -> None:
        if not isinstance(value, str) or not (value or empty):
            raise _wrong(path, "string")
        fits = (not longest or len(value) <= longest) and _CONTROL.search(value) is None
        if not fits or (form and re.fullmatch(form, value, re.ASCII) is None):
            raise _no_such(path, value)

    return check


def _day(form: str, *, example: str) -> Check:
    def check(value: object, path: str) -> None:
        _text(len(example))(value, path)
        try:
            made = datetime.strptime(str(value), form).strftime(form)  # noqa: DTZ007 - a day of the calendar
        except ValueError:
            made = ""
        if made != value:
            raise _no_such(path, value)

    return check


def _number(value: object, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(path, "number")


def _whole(value: object, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(path, "integer")


def _flag(value: object, path: str) -> None:
    if not isinstance(value, bool):
        raise _wrong(path, "boolean")


def _one_of(*allowed: str) -> Check:
    def check(value: object, path: str) -> None:
        if not isinstance(value, str):
            raise _wrong(path, "string")
        if value not in allowed:
            raise _no_such(path, value)

    return check


def _unit(value: object, path: str) -> None:
    if isinstance(value, str):
        _one_of(*_UNITS)(value, path)
    else:
        _number(value, path)
        if value not in _UNIT_CODES:
            raise _no_such(path, value)


def _list(check_one: Check, *, least: int = 0) -> Check:
    def check(value: object, path: str) -> None:
        if not isinstance(value, list):
            raise _wrong(path, "array")
        if len(value) < least:
            raise _missing(f"{path}[]")
        for at, one in enumerate(value):
            check_one(one, f"{path}[{at}]")

    return check


def _record(needed: Mapping[str, Check], possible: Mapping[str, Check] | None = None) -> Check:
    known = {**needed, **(possible or {})}

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise _wrong(path, "object")
        for name in needed:
            if name not in value:
                raise _missing(_under(path, name))
        for name, one in value.items():
            if name not in known:
                raise FormError(f"Неизвестное поле {_under(path, name)}")
            known[name](one, _under(path, name))

    return check


def _by_type(kinds: Mapping[str, Check]) -> Check:
    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise _wrong(path, "object")
        if "type" not in value:
            raise _missing(_under(path, "type"))
        _one_of(*kinds)(value["type"], _under(path, "type"))
        kinds[value["type"]](value, path)

    return check


def _any(_value: object, _path: str) -> None:
    """Whatever the caller looks at itself."""


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _missing(path: str) -> FormError:
    return FormError(f"Не найдено обязательное поле {path}")


def _wrong(path: str, kind: str) -> FormError:
    return FormError(f"Поле {path} имеет неверный тип (ожидается {kind})")


def _no_such(path: str, value: object) -> FormError:
    return FormError(f"Поле {path} имеет недопустимое значение «{value}»")


# -------------------------------------------------------------------------------------------------------- the forms

_PHONES = _list(_text(19, _PHONE))
_TAX = _record({"type": _one_of(*_TAXES)}, {"sum": _number})
_ALIGNMENT = {"alignment": _one_of("left", "center", "right")}
_AGENT = _record(
    {"agents": _list(_one_of(*_AGENTS), least=1)},
    {
        "payingAgent": _record({}, {"operation": _text(24), "phones": _PHONES}),
        "receivePaymentsOperator": _record({}, {"phones": _PHONES}),
        "moneyTransferOperator": _record(
            {}, {"name": _text(64), "address": _text(256), "vatin": _text(12, _INN), "phones": _PHONES}
        ),
    },
)
_SUPPLIER = _record({}, {"name": _text(256), "vatin": _text(12, _INN), "phones": _PHONES})
_POSITION = _record(
    {
        "type": _any,
        "name": _text(128),
        "price": _number,
        "quantity": _number,
        "amount": _number,
        "measurementUnit": _unit,
        "paymentMethod": _one_of(*METHODS),
        "paymentObject": _one_of(*OBJECTS),
        "tax": _TAX,
    },
    {
        "infoDiscountAmount": _number,
        "additionalAttribute": _text(64),
        "agentInfo": _AGENT,
        "supplierInfo": _SUPPLIER,
    },
)
_PRINTED: Final[Mapping[str, Check]] = {
    "text": _record(
        {"type": _any, "text": _text(empty=True)},
        {
            **_ALIGNMENT,
            "wrap": _one_of("none", "chars", "words"),
            "font": _whole,
            "doubleWidth": _flag,
            "doubleHeight": _flag,
        },
    ),
    "barcode": _record(
        {"type": _any, "barcode": _text(_LONGEST_QR), "barcodeType": _one_of(*_BARCODES)},
        {**_ALIGNMENT, "scale": _whole, "height": _whole, "printText": _flag, "overlay": _list(_any)},
    ),
    "pixels": _record({"type": _any, "pixels": _text(), "width": _whole}, {**_ALIGNMENT, "scale": _whole}),
    "pictureFromMemory": _record({"type": _any, "pictureNumber": _whole}, _ALIGNMENT),
}
_MARKS: Final[Mapping[str, Check]] = {
    "userAttribute": _record({"type": _any, "name": _text(64), "value": _text(234)}, {"print": _flag}),
    "additionalAttribute": _record({"type": _any, "value": _text(16)}, {"print": _flag}),
}
_ITEMS = _list(_by_type({"position": _POSITION, **_PRINTED, **_MARKS}))
_PRINTED_ITEMS = _list(_by_type(_PRINTED))
_CLIENT = {
    "emailOrPhone": _text(64, rf"\+?\d{{10,15}}|{_EMAIL}"),
    "vatin": _text(12, _INN),
    "name": _text(256),
    "birthDate": _day("%d.%m.%Y", example="31.12.2026"),
    "citizenship": _text(3, r"\d{3}"),
    "identityDocumentCode": _text(2, r"\d{2}"),
    "identityDocumentData": _text(64),
    "address": _text(256),
}
_ADDED_PAYMENT = _record(
    {"sum": _number, "paymentMethod": _whole}, {"electronicallyId": _text(256), "electronicallyAddInfo": _text(256)}
)
_INDUSTRY = {"fois": _text(3), "date": _text(10), "number": _text(32), "industryAttribute": _text(256)}
_RECEIPT: Final[Mapping[str, Check]] = {
    "operator": _record({"name": _text(64)}, {"vatin": _text(12, r"\d{12}")}),
    "electronically": _flag,
    "ignoreNonFiscalPrintErrors": _flag,
    "taxationType": _one_of(*_TAXATIONS),
    "paymentsPlace": _text(256),
    "paymentsAddress": _text(256),
    "machineNumber": _text(20),
    "clientInfo": _record({}, _CLIENT),
    "companyInfo": _record({}, {"email": _text(64, _EMAIL)}),
    "operationInfo": _record(
        {}, {"id": _whole, "data": _text(64), "dateTime": _day("%Y.%m.%d %H:%M:%S", example="2026.12.31 23:59:59")}
    ),
    "industryInfo": _list(_record(_INDUSTRY)),
    "taxes": _list(_record({"type": _one_of(*_TAXES), "sum": _number})),
    "preItems": _PRINTED_ITEMS,
    "postItems": _PRINTED_ITEMS,
    "customParameters": _list(_record({"id": _whole, "value": _text(empty=True)})),
    "validateMarkingCodes": _flag,
    "internet": _flag,
    "checkSize": _flag,
    "paymentsAddInfo": _list(_ADDED_PAYMENT),
    "salesNotice": _list(_any),
}
# What the driver would do without, the law would not: the system of taxation, and our total to compare its own with.
_NEEDED: Final[Mapping[str, Check]] = {
    "type": _any,
    "items": _ITEMS,
    "payments": _list(_record({"type": _one_of(*_PAYMENTS), "sum": _number}, {"printItems": _PRINTED_ITEMS}), least=1),
    "taxationType": _RECEIPT["taxationType"],
    "total": _number,
}
_BASIS: Final[Mapping[str, Check]] = {
    "correctionType": _one_of("self", "instruction"),
    "correctionBaseDate": _day("%Y.%m.%d", example="2026.12.31"),
}
_SALE = _record(_NEEDED, _RECEIPT)
_CORRECTION = _record({**_NEEDED, **_BASIS}, {**_RECEIPT, "correctionBaseNumber": _text(32)})
_TEXT = _record({"type": _any, "items": _list(_by_type({"text": _PRINTED["text"]}), least=1)})


def check_form(task: JsonObject) -> None:
    """Whether it is a receipt or a return by its form.

    Raises:
        FormError: it is not.
    """
    _SALE(task, "")


def check_correction(task: JsonObject) -> None:
    """Whether it is a correction by its form.

    Raises:
        FormError: it is not.
    """
    _CORRECTION(task, "")


def check_text(task: JsonObject) -> None:
    """Whether it is a text to be printed, and no document.

    Raises:
        FormError: it is not.
    """
    _TEXT(task, "")
