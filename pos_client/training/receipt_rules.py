"""What the driver of an ATOL cash register accepts as a receipt or a correction, restated as our own checks.

The one place that knows them: the training register refuses by it, and tests hold to it all that the till sends. Sums
are JSON numbers in roubles; everything here counts in kopecks. Error numbers are the driver's; lengths are those of the
tags (order ЕД-7-20/662@).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pos_client.training.wire import JsonObject, kopecks

__all__ = [
    "DESCRIPTIONS",
    "METHODS",
    "OBJECTS",
    "RECEIPTS",
    "DeviceError",
    "Receipt",
    "check_operator",
    "read_receipt",
    "read_text",
]

DESCRIPTIONS: Final = {
    2: "Нет связи",
    11: "Не поддерживается",
    16: "Некорректная сумма",
    44: "Нет бумаги",
    45: "Открыта крышка",
    52: "Сумма безналичных платежей превышает сумму чека",
    55: "Занято",
    66: "Чек оплачен не полностью",
    68: "Смена превысила 24 часа",
    73: "Операция невозможна в закрытой смене",
    80: "В денежном ящике недостаточно денег",
    83: "Смена уже открыта",
    123: "Документ не найден в фискальном накопителе",
    161: "Отсутствует обязательный реквизит",
    172: "Нет активного оператора",
    227: "Неверный итог чека",
    501: "Ошибка разбора задания",
    502: "Прервано из-за предыдущих ошибок",
}
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
_PAYING_AGENTS = ("bankPayingAgent", "bankPayingSubagent", "payingAgent", "payingSubagent")
_AGENTS = (*_PAYING_AGENTS, "attorney", "commissionAgent", "another")
_ITEMS = ("position", "text", "barcode", "pictureFromMemory", "pixels", "userAttribute", "additionalAttribute")
_CORRECTIONS: Final = {"sellCorrection": "sell", "sellReturnCorrection": "sellReturn"}
RECEIPTS: Final = ("sell", "sellReturn", *_CORRECTIONS)
"""Tasks that move money: a sale and its return, and their corrections."""
_LONGEST_NAME = 128
_MOST_POSITIONS = 100
_MOST_BYTES = 32768
_TAG_BYTES, _NUMBER_BYTES = 4, 8
_LONGEST_QR = 400
_INN = re.compile(r"\d{10}|\d{12}")
_PERSONS_INN = re.compile(r"\d{12}")
_PHONE = re.compile(r"\+?\d{1,18}")
_CONTACT = re.compile(r"\+?\d{10,15}|[^@\s]+@[^@\s]+\.[^@\s]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DAY = re.compile(r"\d{4}\.(0[1-9]|1[0-2])\.(0[1-9]|[12]\d|3[01])")
_HALF_KOPECK = Decimal("0.005")


class DeviceError(Exception):
    """The device or its driver refuses a task; `code` as in the driver's table."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(detail or DESCRIPTIONS[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that may be registered; money in kopecks."""

    total: int
    cash: int
    order_uuid: str
    is_return: bool = False


def read_text(task: JsonObject) -> tuple[str, ...]:
    """The lines of a `nonFiscal` task.

    Raises:
        DeviceError: 501: it has none, or one of them is no text.
    """
    items = task.get("items")
    if not isinstance(items, list) or not items:
        raise DeviceError(501, "Не найдено обязательное поле items")
    for at, one in enumerate(items):
        if not isinstance(one, dict) or one.get("type") != "text" or not isinstance(one.get("text"), str):
            raise DeviceError(501, f"Поле items[{at}] имеет недопустимое значение")
    return tuple(one["text"] for one in items)


def read_receipt(task: JsonObject) -> Receipt:
    """Check a task of `RECEIPTS` as the driver would.

    Raises:
        DeviceError: 501 for the form, 172, 161, 16, 227, 52 or 66 for the content.
    """
    kind = _enum(task, "type", RECEIPTS)
    check_operator(task)
    _enum(task, "taxationType", _TAXATIONS, required=False)
    _buyer(task)
    items = _items(task)
    if kind in _CORRECTIONS:
        _correction(task, items)
    positions = [(at, one) for at, one in enumerate(items) if one["type"] == "position"]
    if not positions:
        raise DeviceError(501, "Не найдено обязательное поле items[].type=position")
    if len(positions) > _MOST_POSITIONS:
        raise DeviceError(501, f"Позиций больше {_MOST_POSITIONS}")
    amount = sum(_position(one, f"items[{at}]") for at, one in positions)
    if "total" in task and _sum(task, "total", "") != amount:
        raise DeviceError(227)
    cashless = _payments(task, amount)
    for at, one in enumerate(_array(task, "postItems") if "postItems" in task else []):
        _printed(one, f"postItems[{at}]")
    if _bytes(task) * 6 // 5 > _MOST_BYTES:
        raise DeviceError(501, f"Документ больше {_MOST_BYTES} байт")
    attributes = [str(one.get("value", "")) for one in items if one["type"] == "userAttribute"]
    order_uuid = attributes[-1] if attributes else ""
    return Receipt(amount, amount - cashless, order_uuid, _CORRECTIONS.get(kind, kind) == "sellReturn")


def _buyer(task: JsonObject) -> None:
    """A receipt goes to the buyer on paper or to his address (54-ФЗ since 2025-09-01), and names who sends it."""
    electronically = task.get("electronically", False)
    if not isinstance(electronically, bool):
        raise DeviceError(501, _wrong("electronically", "boolean"))
    contact = _object(task, "clientInfo").get("emailOrPhone")
    if contact is not None:
        _text(contact, "clientInfo.emailOrPhone", 64, _CONTACT)
    if electronically and contact is None:
        raise DeviceError(161, "clientInfo.emailOrPhone: без бумаги нужен адрес покупателя")
    sender = _object(task, "companyInfo").get("email")
    if sender is not None:
        _text(sender, "companyInfo.email", 64, _EMAIL)
    for name in ("paymentsPlace", "paymentsAddress"):
        if name in task:
            _text(task[name], name, 256)


def _items(task: JsonObject) -> list[JsonObject]:
    items = _array(task, "items")
    for at, one in enumerate(items):
        kind, where = _enum(one, "type", _ITEMS, f"items[{at}]"), f"items[{at}]"
        if kind == "userAttribute":
            _text(one.get("name"), f"{where}.name", 64)
            _text(one.get("value"), f"{where}.value", 234)
        elif kind == "additionalAttribute":
            _text(one.get("value"), f"{where}.value", 16)
        elif kind in {"text", "barcode"}:
            _printed(one, where)
    return items


def _correction(task: JsonObject, items: Sequence[JsonObject]) -> None:
    """Why a correction is made (1173), of which day's settlement (1178), and of which document (1192)."""
    _enum(task, "correctionType", ("self", "instruction"))
    _text(task.get("correctionBaseDate"), "correctionBaseDate", 10, _DAY)
    _text(task.get("correctionBaseNumber", " "), "correctionBaseNumber", 32)
    if not any(one["type"] == "additionalAttribute" for one in items):
        raise DeviceError(161, "items[].type=additionalAttribute: не указан признак исправляемого документа")


def _payments(task: JsonObject, amount: int) -> int:
    """Sum of what is not cash, kopecks. It is registered first, and only cash may exceed the total."""
    paid: dict[str, int] = dict.fromkeys(_PAYMENTS, 0)
    seen = ""
    payments = _array(task, "payments")
    if not payments:
        raise DeviceError(501, _missing("payments[]"))
    for at, one in enumerate(payments):
        kind = _enum(one, "type", _PAYMENTS, f"payments[{at}]")
        if seen == "cash" and kind != "cash":
            raise DeviceError(501, f"payments[{at}]: безналичная оплата после наличной")
        seen = kind
        paid[kind] += _sum(one, "sum", f"payments[{at}]")
    cashless = sum(paid.values()) - paid["cash"]
    if cashless > amount:
        raise DeviceError(52)
    if cashless + paid["cash"] < amount:
        raise DeviceError(66)
    return cashless


def _printed(one: JsonObject, where: str) -> None:
    kind = _enum(one, "type", _ITEMS, where)
    if kind == "text" and not isinstance(one.get("text"), str):
        raise DeviceError(501, _wrong(f"{where}.text", "string"))
    if kind == "barcode":
        _text(one.get("barcode"), f"{where}.barcode", _LONGEST_QR)


def _bytes(value: object) -> int:
    """About how much of the fiscal storage a value takes: a head for each tag, a byte for each letter."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return sum([_bytes(one) for one in parts], _TAG_BYTES * len(parts))
    return _NUMBER_BYTES


def check_operator(task: JsonObject) -> None:
    """Every document names its cashier.

    Raises:
        DeviceError: 172 without an operator, 501 when it is malformed.
    """
    if "operator" not in task:
        raise DeviceError(172)
    operator = task["operator"]
    if not isinstance(operator, dict):
        raise DeviceError(501, _wrong("operator", "object"))
    _text(operator.get("name"), "operator.name", 64)
    if "vatin" in operator:
        _text(operator["vatin"], "operator.vatin", 12, _PERSONS_INN)


def _position(item: JsonObject, where: str) -> int:
    _text(item.get("name"), f"{where}.name", _LONGEST_NAME)
    price, amount = _sum(item, "price", where), _sum(item, "amount", where)
    quantity = _number(item, "quantity", where)
    if quantity <= 0 or abs(Decimal(price) / 100 * quantity - Decimal(amount) / 100) > _HALF_KOPECK:
        raise DeviceError(16, f"{where}: цена × количество ≠ сумма")
    _enum(item, "paymentMethod", METHODS, where)
    _enum(item, "paymentObject", OBJECTS, where)
    tax = item.get("tax")
    if not isinstance(tax, dict):
        raise DeviceError(501, _missing(f"{where}.tax"))
    _enum(tax, "type", _TAXES, f"{where}.tax")
    if "agentInfo" in item:
        _agent(item, where)
    return amount


def _agent(item: JsonObject, where: str) -> None:
    """Supplier's INN always (1226); his name and phones too for the four kinds of paying agents (1225, 1171)."""
    agents = item["agentInfo"].get("agents") if isinstance(item["agentInfo"], dict) else None
    if not isinstance(agents, list) or not agents or any(one not in _AGENTS for one in agents):
        raise DeviceError(501, _wrong(f"{where}.agentInfo.agents", "array"))
    supplier = item.get("supplierInfo")
    if not isinstance(supplier, dict) or not supplier.get("vatin"):
        raise DeviceError(161, f"{where}.supplierInfo.vatin: ИНН поставщика обязателен для агента")
    _text(supplier["vatin"], f"{where}.supplierInfo.vatin", 12, _INN)
    if supplier.get("name"):
        _text(supplier["name"], f"{where}.supplierInfo.name", 239)
    for phone in supplier.get("phones", []):
        _text(phone, f"{where}.supplierInfo.phones", 19, _PHONE)
    if any(one in _PAYING_AGENTS for one in agents) and not (supplier.get("name") and supplier.get("phones")):
        raise DeviceError(161, f"{where}.supplierInfo: имя и телефоны поставщика обязательны")
    operation = _object(item["agentInfo"], "payingAgent").get("operation")
    if operation is not None:
        _text(operation, f"{where}.agentInfo.payingAgent.operation", 24)


def _object(task: JsonObject, name: str) -> JsonObject:
    found = task.get(name, {})
    if not isinstance(found, dict):
        raise DeviceError(501, _wrong(name, "object"))
    return found


def _text(value: object, path: str, longest: int, form: re.Pattern[str] | None = None) -> None:
    if not isinstance(value, str) or not value:
        raise DeviceError(501, _wrong(path, "string"))
    if len(value) > longest or (form is not None and not form.fullmatch(value)):
        raise DeviceError(501, f"Поле {path} имеет недопустимое значение «{value}»")


def _array(task: JsonObject, name: str) -> list[JsonObject]:
    if name not in task:
        raise DeviceError(501, _missing(name))
    found = task[name]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise DeviceError(501, _wrong(name, "array"))
    return found


def _number(item: JsonObject, name: str, where: str) -> Decimal:
    path = f"{where}.{name}" if where else name
    if name not in item:
        raise DeviceError(501, _missing(path))
    value = item[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DeviceError(501, _wrong(path, "number"))
    return Decimal(str(value))


def _sum(item: JsonObject, name: str, where: str) -> int:
    value = _number(item, name, where)
    try:
        amount = kopecks(str(value))
    except ValueError as error:
        raise DeviceError(16, f"{where}.{name}: дробные доли копейки") from error
    if amount < 0:
        raise DeviceError(16)
    return amount


def _enum(item: JsonObject, name: str, allowed: Sequence[str], where: str = "", *, required: bool = True) -> str:
    path = f"{where}.{name}" if where else name
    if name not in item:
        if required:
            raise DeviceError(501, _missing(path))
        return ""
    value = item[name]
    if not isinstance(value, str):
        raise DeviceError(501, _wrong(path, "string"))
    if value not in allowed:
        raise DeviceError(501, f"Поле {path} имеет недопустимое значение «{value}»")
    return value


def _missing(path: str) -> str:
    return f"Не найдено обязательное поле {path}"


def _wrong(path: str, kind: str) -> str:
    return f"Поле {path} имеет неверный тип (ожидается {kind})"
