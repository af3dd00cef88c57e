"""What the driver of an ATOL cash register accepts as a receipt, restated as our own checks.

Sums are JSON numbers in roubles; everything here counts in kopecks. Error numbers are the driver's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pos_client.training.wire import JsonObject, kopecks

__all__ = ["DESCRIPTIONS", "DeviceError", "Receipt", "check_operator", "read_receipt"]

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
_METHODS = (
    "fullPrepayment", "prepayment", "advance", "fullPayment", "partialPayment", "credit", "creditPayment",
)  # fmt: skip
_OBJECTS = (
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
_LONGEST_NAME = 128
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


def read_receipt(task: JsonObject) -> Receipt:
    """Check a `sell` or `sellReturn` task as the driver would.

    Raises:
        DeviceError: 501 for the form, 172, 161, 16, 227, 52 or 66 for the content.
    """
    check_operator(task)
    _enum(task, "taxationType", _TAXATIONS, required=False)
    items = _array(task, "items")
    positions = [(at, one) for at, one in enumerate(items) if _enum(one, "type", _ITEMS, f"items[{at}]") == "position"]
    if not positions:
        raise DeviceError(501, "Не найдено обязательное поле items[].type=position")
    amount = sum(_position(one, f"items[{at}]") for at, one in positions)
    if "total" in task and _sum(task, "total", "") != amount:
        raise DeviceError(227)
    paid: dict[str, int] = dict.fromkeys(_PAYMENTS, 0)
    for at, one in enumerate(_array(task, "payments")):
        paid[_enum(one, "type", _PAYMENTS, f"payments[{at}]")] += _sum(one, "sum", f"payments[{at}]")
    cashless = sum(paid.values()) - paid["cash"]
    if cashless > amount:
        raise DeviceError(52)
    if cashless + paid["cash"] < amount:
        raise DeviceError(66)
    attributes = [str(one.get("value", "")) for one in items if one["type"] == "userAttribute"]
    return Receipt(amount, amount - cashless, attributes[-1] if attributes else "")


def check_operator(task: JsonObject) -> None:
    """Every document names its cashier.

    Raises:
        DeviceError: 172 without an operator, 501 when it is malformed.
    """
    if "operator" not in task:
        raise DeviceError(172)
    operator = task["operator"]
    if not isinstance(operator, dict) or not isinstance(operator.get("name"), str) or not operator["name"]:
        raise DeviceError(501, _wrong("operator.name", "string"))


def _position(item: JsonObject, where: str) -> int:
    name = item.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise DeviceError(501, _wrong(f"{where}.name", "string"))
    price, amount = _sum(item, "price", where), _sum(item, "amount", where)
    quantity = _number(item, "quantity", where)
    if quantity <= 0 or abs(Decimal(price) / 100 * quantity - Decimal(amount) / 100) > _HALF_KOPECK:
        raise DeviceError(16, f"{where}: цена × количество ≠ сумма")
    _enum(item, "paymentMethod", _METHODS, where)
    _enum(item, "paymentObject", _OBJECTS, where)
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
    if any(one in _PAYING_AGENTS for one in agents) and not (supplier.get("name") and supplier.get("phones")):
        raise DeviceError(161, f"{where}.supplierInfo: имя и телефоны поставщика обязательны")


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
