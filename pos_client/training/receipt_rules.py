"""What an ATOL cash register takes as a receipt or a correction, restated as our own checks.

The one place that knows them: the training register refuses by it, and tests hold to it all that the till sends. The
form is that of the driver; what is said here of signs that go together is FFD 1.2, which a driver may let pass and a
tax office does not. Everything here counts in kopecks. Error numbers are the driver's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pos_client.training.task_forms import METHODS, OBJECTS, FormError, check_correction, check_form, check_text
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
    144: "Неверная ставка налога",
    161: "Отсутствует обязательный реквизит",
    167: "Неверные данные агента",
    172: "Нет активного оператора",
    195: "Недопустимое сочетание реквизитов",
    216: "Неверный признак способа расчёта",
    217: "Неверный признак предмета расчёта",
    227: "Неверный итог чека",
    501: "Ошибка разбора задания",
    502: "Прервано из-за предыдущих ошибок",
}
_CORRECTIONS: Final = {"sellCorrection": "sell", "sellReturnCorrection": "sellReturn"}
RECEIPTS: Final = ("sell", "sellReturn", *_CORRECTIONS)
"""Tasks that move money: a sale and its return, and their corrections."""
_PAYING_AGENTS: Final = frozenset({"bankPayingAgent", "bankPayingSubagent", "payingAgent", "payingSubagent"})
_IN_ADVANCE: Final = frozenset({"fullPrepayment", "prepayment", "advance"})
_ON_CREDIT: Final = frozenset({"partialPayment", "credit"})
_HANDED_OVER: Final = _ON_CREDIT | {"fullPayment"}
_OF_PAYMENT: Final = frozenset({"advance", "creditPayment"})
"""What is paid so has no name yet, or had one when it was handed over: its subject is the payment itself."""
_SETTLEMENT_RATES: Final = frozenset({"vat105", "vat107", "vat110", "vat120", "vat122"})
_WHOLE_RATES: Final = frozenset({"vat5", "vat7", "vat10", "vat20", "vat22"})
_MOST_POSITIONS = 100
_MOST_BYTES = 32768
_LONGEST_SUPPLIER = 256
"""Characters of tag 1225 with the phones beside it."""
_TAG = 4
"""Bytes before the value of each tag: its number and its length."""
_DOCUMENT = 400
"""Bytes of what the register itself states: numbers, marks, sums, taxes."""
_POSITION = 66
"""Bytes of tags 1059, 1079, 1023, 1043, 2108, 1214, 1212, 1199 and 1200."""
_AGENT = 29
"""Bytes of tags 1222 and 1226, and the heads of 1223 and 1224."""
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
    try:
        check_text(task)
    except FormError as error:
        raise DeviceError(501, str(error)) from error
    return tuple(one["text"] for one in task["items"])


def read_receipt(task: JsonObject, *, sender: str = "") -> Receipt:
    """Check a task of `RECEIPTS`. `sender` is the e-mail of the receipts' sender that the register is registered with.

    Raises:
        DeviceError: 501 for the form, 172, 161, 167, 16, 227, 52 or 66 for the content, 144, 195, 216 or 217 for signs.
    """
    kind = task.get("type")
    if kind not in RECEIPTS:
        raise DeviceError(501, f"Поле type имеет недопустимое значение «{kind}»")
    check_operator(task)
    try:
        (check_correction if kind in _CORRECTIONS else check_form)(task)
    except FormError as error:
        raise DeviceError(501, str(error)) from error
    _buyer(task, sender)
    items = task["items"]
    if kind in _CORRECTIONS and not any(one["type"] == "additionalAttribute" for one in items):
        raise DeviceError(161, "items[].type=additionalAttribute: не указан признак исправляемого документа")
    positions = {f"items[{at}]": one for at, one in enumerate(items) if one["type"] == "position"}
    if not positions:
        raise DeviceError(501, "Не найдено обязательное поле items[].type=position")
    if len(positions) > _MOST_POSITIONS:
        raise DeviceError(501, f"Позиций больше {_MOST_POSITIONS}")
    amount = sum(_position(one, where) for where, one in positions.items())
    if _sum(task, "total") != amount:
        raise DeviceError(227)
    is_return = _CORRECTIONS.get(kind, kind) == "sellReturn"
    paid = _payments(task["payments"], amount)
    _signs(paid, {one["paymentMethod"] for one in positions.values()}, is_return=is_return)
    if _bytes(task) * 6 // 5 > _MOST_BYTES:
        raise DeviceError(501, f"Документ больше {_MOST_BYTES} байт")
    attributes = [one["value"] for one in items if one["type"] == "userAttribute"]
    return Receipt(amount, amount - sum(paid.values()) + paid["cash"], attributes[-1] if attributes else "", is_return)


def _buyer(task: JsonObject, sender: str) -> None:
    """A receipt goes to the buyer on paper or to his address, and then names who sends it (54-ФЗ since 2025-09-01)."""
    if not task.get("electronically", False):
        return
    if "emailOrPhone" not in task.get("clientInfo", {}):
        raise DeviceError(161, "clientInfo.emailOrPhone: без бумаги нужен адрес покупателя")
    if not (sender or "email" in task.get("companyInfo", {})):
        raise DeviceError(161, "companyInfo.email: без бумаги нужен адрес отправителя чека")


def _payments(payments: Sequence[JsonObject], amount: int) -> Mapping[str, int]:
    """Sums by their kind. What is not cash is registered first, and only cash may exceed the total."""
    paid = dict.fromkeys(("cash", "electronically", "prepaid", "credit", "other"), 0)
    seen = ""
    for at, one in enumerate(payments):
        if seen == "cash" and one["type"] != "cash":
            raise DeviceError(501, f"payments[{at}]: безналичная оплата после наличной")
        seen = one["type"]
        paid[seen] += _sum(one, "sum", f"payments[{at}]")
    cashless = sum(paid.values()) - paid["cash"]
    if cashless > amount:
        raise DeviceError(52)
    if cashless + paid["cash"] < amount:
        raise DeviceError(66)
    return paid


def _signs(paid: Mapping[str, int], methods: set[str], *, is_return: bool) -> None:
    """What was paid in advance is offset by a handing-over alone (1215), and a credit is given by one (1216)."""
    if paid["prepaid"] and not methods & _HANDED_OVER:
        raise DeviceError(195, "payments: зачёт предоплаты без передачи товара или услуги")
    if paid["credit"] and not methods & _ON_CREDIT:
        raise DeviceError(195, "payments: кредит без передачи в кредит")
    # What was owed may have been paid since: a return of it returns money alone.
    if methods & _ON_CREDIT and not paid["credit"] and not is_return:
        raise DeviceError(195, "payments: передача в кредит без суммы кредита")
    if methods == {"credit"} and not is_return and any(paid[kind] for kind in paid if kind != "credit"):
        raise DeviceError(195, "payments: передача в кредит, а не частичный расчёт, ничего не принимает")


def _position(item: JsonObject, where: str) -> int:
    price, amount = _sum(item, "price", where), _sum(item, "amount", where)
    quantity = Decimal(str(item["quantity"]))
    if quantity <= 0 or abs(Decimal(price) / 100 * quantity - Decimal(amount) / 100) > _HALF_KOPECK:
        raise DeviceError(16, f"{where}: цена × количество ≠ сумма")
    method, rate = item["paymentMethod"], item["tax"]["type"]
    if rate in (_WHOLE_RATES if method in _IN_ADVANCE else _SETTLEMENT_RATES):
        raise DeviceError(144, f"{where}.tax: ставка {rate} не для {method}")
    if (item["paymentObject"] == "payment") != (method in _OF_PAYMENT):
        raise DeviceError(217, f"{where}.paymentObject: {item['paymentObject']} не для {method}")
    _agent(item, where)
    return amount


def _agent(item: JsonObject, where: str) -> None:
    """Supplier's INN always (1226); his name and phones too for the four kinds of paying agents (1225, 1171)."""
    supplier, agent = item.get("supplierInfo", {}), item.get("agentInfo")
    if agent is None:
        if supplier:
            raise DeviceError(167, f"{where}.supplierInfo: поставщик без признака агента")
        return
    if not supplier.get("vatin"):
        raise DeviceError(161, f"{where}.supplierInfo.vatin: ИНН поставщика обязателен для агента")
    name, phones = supplier.get("name", ""), supplier.get("phones", [])
    paying = _PAYING_AGENTS & set(agent["agents"])
    if paying and not (name and phones):
        raise DeviceError(161, f"{where}.supplierInfo: имя и телефоны поставщика обязательны")
    if not paying and set(agent) > {"agents"}:
        raise DeviceError(167, f"{where}.agentInfo: данные платёжного агента не для {agent['agents']}")
    if len(name) + sum(len(phone) + _TAG for phone in phones) > _LONGEST_SUPPLIER:
        raise DeviceError(501, f"Поле {where}.supplierInfo.name вместе с телефонами длиннее {_LONGEST_SUPPLIER}")


def _bytes(task: JsonObject) -> int:
    """About how much of the fiscal storage a document takes: a head for each tag, a byte for each letter (CP866)."""
    return _DOCUMENT + sum(_TAG + len(text) for text in _texts(task)) + sum(_fixed(one) for one in task["items"])


def _fixed(item: JsonObject) -> int:
    if item["type"] != "position":
        return 2 * _TAG
    return _POSITION + (_AGENT if "agentInfo" in item else 0)


def _texts(value: object, name: str = "") -> Iterator[str]:
    """Every text of a task that reaches the document or the paper; words of the driver are numbers there."""
    if isinstance(value, dict):
        for inner, one in value.items():
            yield from _texts(one, inner)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, name)
    elif isinstance(value, str) and name not in _WORDS:
        yield value


_WORDS: Final = frozenset(
    {
        "type", "taxationType", "measurementUnit", "paymentMethod", "paymentObject", "agents", "alignment", "wrap",
        "barcodeType", "correctionType", "vatin",
    }
)  # fmt: skip
"""Fields whose words are codes of a fixed length."""


def check_operator(task: JsonObject) -> None:
    """Every document names its cashier.

    Raises:
        DeviceError: 172 without an operator, 501 when it has no name.
    """
    if "operator" not in task:
        raise DeviceError(172)
    operator = task["operator"]
    if not isinstance(operator, dict):
        raise DeviceError(501, "Поле operator имеет неверный тип (ожидается object)")
    if not isinstance(operator.get("name"), str) or not operator["name"]:
        raise DeviceError(501, "Поле operator.name имеет неверный тип (ожидается string)")


def _sum(item: JsonObject, name: str, where: str = "") -> int:
    try:
        amount = kopecks(str(item[name]))
    except ValueError as error:
        raise DeviceError(16, f"{where}.{name}: дробные доли копейки") from error
    if amount < 0:
        raise DeviceError(16)
    return amount
