"""A receipt as the JSON task of the ATOL driver, and what the driver's answers and codes mean.

Source: JSON tasks of the ATOL driver 10 and its Web Server API v2; tags by order ЕД-7-20/662@ (FFD 1.2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pos_client.domain.contact import phones_in
from pos_client.domain.money import Money
from pos_client.domain.order import Seller, Vat
from pos_client.domain.receipt import (
    CorrectionBasis,
    FiscalDocument,
    PaymentSign,
    Receipt,
    ReceiptKind,
    ReceiptLine,
    Subject,
)
from pos_client.domain.sale import Cashier, Trouble
from pos_client.domain.terms import IN_ADVANCE, USUAL_AGENT, Agent, AgentSign, Settlement, Taxation

__all__ = [
    "AGENTS",
    "BEFORE_CLOSING",
    "ORDER_ATTRIBUTE",
    "TAXATIONS",
    "RegisterSettings",
    "document_in",
    "moment",
    "open_shift_task",
    "receipt_task",
    "trouble",
]

ORDER_ATTRIBUTE: Final = "orderUuid"
"""Name of the user requisite (tag 1085) whose value (1086) joins a fiscal document to our sale."""

SHIFT_ALREADY_OPEN: Final = 83
OTHER_TOTAL: Final = 227
SHIFT_EXPIRED: Final = frozenset({68, 141})
BEFORE_CLOSING: Final = SHIFT_EXPIRED | {
    *(8, 11, 13, 16, 44, 45, 52, 55, 60, 66, 73, 80, 143, 144, 145),
    *(161, 167, 172, 195, 215, 216, 217, 227, 243, 501, 502),
}
"""Codes of errors that surely come before a document is closed: it is not in the storage, whatever cannot be read."""

_TAX: Final = {
    Vat.NONE: "none",
    Vat.VAT0: "vat0",
    Vat.VAT5: "vat5",
    Vat.VAT7: "vat7",
    Vat.VAT10: "vat10",
    Vat.VAT20: "vat20",
    Vat.VAT22: "vat22",
}
# A part of the price is taxed at the settlement rate x/(100+x): order ЕД-7-20/662@, tag 1199.
_SETTLEMENT_TAX: Final = {
    Vat.VAT5: "vat105",
    Vat.VAT7: "vat107",
    Vat.VAT10: "vat110",
    Vat.VAT20: "vat120",
    Vat.VAT22: "vat122",
}
_METHOD: Final = {
    Settlement.FULL_PREPAYMENT: "fullPrepayment",
    Settlement.PREPAYMENT: "prepayment",
    Settlement.ADVANCE: "advance",
    Settlement.FULL: "fullPayment",
    Settlement.PARTIAL_CREDIT: "partialPayment",
    Settlement.CREDIT: "credit",
    Settlement.CREDIT_PAYMENT: "creditPayment",
}
_OBJECT: Final = {Subject.COMMODITY: "commodity", Subject.SERVICE: "service", Subject.PAYMENT: "payment"}
# In the sequence in which registers take them: cash last, because only cash may give change.
_PAYMENT: Final = {
    PaymentSign.PREPAID: "prepaid",
    PaymentSign.CREDIT: "credit",
    PaymentSign.OTHER: "other",
    PaymentSign.CASHLESS: "electronically",
    PaymentSign.CASH: "cash",
}
_TASK: Final = {ReceiptKind.SALE: "sell", ReceiptKind.RETURN: "sellReturn"}
_CORRECTION: Final = {ReceiptKind.SALE: "sellCorrection", ReceiptKind.RETURN: "sellReturnCorrection"}
# By our own decision there is no prescription whose number could be named; the driver wants a blank all the same.
_NO_PRESCRIPTION: Final = " "
TAXATIONS: Final = {
    "osn": Taxation.GENERAL,
    "usnIncome": Taxation.SIMPLIFIED_INCOME,
    "usnIncomeOutcome": Taxation.SIMPLIFIED_INCOME_LESS_EXPENSES,
    "esn": Taxation.AGRICULTURAL,
    "patent": Taxation.PATENT,
}
"""Systems of taxation by the driver's names, which are those of the settings too."""
AGENTS: Final = {
    "bankPayingAgent": AgentSign.BANK_PAYING_AGENT,
    "bankPayingSubagent": AgentSign.BANK_PAYING_SUBAGENT,
    "payingAgent": AgentSign.PAYING_AGENT,
    "payingSubagent": AgentSign.PAYING_SUBAGENT,
    "attorney": AgentSign.ATTORNEY,
    "commissionAgent": AgentSign.COMMISSION_AGENT,
    "another": AgentSign.ANOTHER,
}
"""Signs of agents by the driver's names, which are those of the settings too."""
_TAXATION: Final = {taxation: name for name, taxation in TAXATIONS.items()}
_AGENT: Final = {sign: name for name, sign in AGENTS.items()}
_MOSCOW: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSettings:
    """How this fiscal device is registered, and how long it is waited for (seconds)."""

    taxation: Taxation = Taxation.GENERAL
    """For receipts that state none."""
    agent: Agent = USUAL_AGENT
    """For agent's lines that state none."""
    place: str = ""
    address: str = ""
    sender_email: str = ""
    device: str = ""
    post_timeout: float = 3.0
    query_timeout: float = 2.0
    print_deadline: float = 20.0
    poll_every: float = 0.25


def receipt_task(receipt: Receipt, settings: RegisterSettings) -> dict[str, Any]:
    """The task of a receipt, a return or a correction of either.

    Sums are JSON numbers in roubles: the driver refuses strings (error 501). `total` has the driver compare its own sum
    with ours before it closes the document (error 227).
    """
    task: dict[str, Any] = {
        "type": _TASK[receipt.kind],
        "electronically": not receipt.paper,
        "ignoreNonFiscalPrintErrors": True,
        "taxationType": _TAXATION[receipt.taxation or settings.taxation],
        "operator": _operator(receipt.cashier, receipt.cashier_inn),
        "items": [
            *(_position(line, settings) for line in receipt.lines),
            {"type": "userAttribute", "name": ORDER_ATTRIBUTE, "value": str(receipt.sale_id), "print": False},
        ],
        "payments": _payments(receipt),
        "total": _roubles(receipt.total),
    }
    if receipt.correction is not None:
        _correct(task, receipt.kind, receipt.correction)
    if receipt.contact:
        task["clientInfo"] = {"emailOrPhone": receipt.contact}
    if settings.sender_email:
        task["companyInfo"] = {"email": settings.sender_email}
    if settings.place:
        task["paymentsPlace"] = settings.place
    if settings.address:
        task["paymentsAddress"] = settings.address
    if receipt.notes:
        task["postItems"] = [{"type": "text", "text": note, "alignment": "left"} for note in receipt.notes]
    return task


def _correct(task: dict[str, Any], kind: ReceiptKind, basis: CorrectionBasis) -> None:
    """Make the task a correction. Tags 1173, 1178, 1179 and 1192; FFD 1.2."""
    task["type"] = _CORRECTION[kind]
    task["correctionType"] = "self"
    task["correctionBaseDate"] = f"{basis.settled_on:%Y.%m.%d}"
    task["correctionBaseNumber"] = _NO_PRESCRIPTION
    task["items"].insert(0, {"type": "additionalAttribute", "value": basis.wrong_sign, "print": True})


def open_shift_task(cashier: Cashier) -> dict[str, Any]:
    """The `openShift` task."""
    return {"type": "openShift", "operator": _operator(cashier.name, cashier.inn), "electronically": False}


def text_task(lines: Sequence[str]) -> dict[str, Any]:
    """The `nonFiscal` task: these lines on paper, and no document."""
    return {"type": "nonFiscal", "items": [{"type": "text", "text": line} for line in lines]}


def document_in(result: Mapping[str, Any], kind: ReceiptKind = ReceiptKind.SALE) -> FiscalDocument:
    """The registered document of this kind out of the result of a finished task.

    Raises:
        ValueError: the answer lacks what a fiscal document consists of.
    """
    try:
        fiscal: Mapping[str, Any] = result["fiscalParams"]
        total = Money.from_roubles(str(fiscal["total"]))
        at = moment(fiscal["fiscalDocumentDateTime"])
        number, fn, sign = (
            int(fiscal["fiscalDocumentNumber"]),
            str(fiscal["fnNumber"]),
            str(fiscal["fiscalDocumentSign"]),
        )
        shift, receipt_number = int(fiscal.get("shiftNumber") or 0), int(fiscal.get("fiscalReceiptNumber") or 0)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"fiscalParams: {error}") from error
    warnings = result.get("warnings")
    not_printed = isinstance(warnings, Mapping) and warnings.get("notPrinted") is True
    return FiscalDocument(
        number=number,
        fn=fn,
        sign=sign,
        shift=shift,
        receipt_number=receipt_number,
        at=at,
        total=total,
        qr=str(fiscal.get("qr") or "")
        or qr_of(number=number, fn=fn, sign=sign, local=_local(fiscal), total=total, kind=kind),
        printed=not not_printed,
    )


def qr_of(*, number: int, fn: str, sign: str, local: datetime, total: Money, kind: ReceiptKind) -> str:
    """The text of the receipt's QR code (tag 1196), with the time as the register's clock shows it."""
    return f"t={local:%Y%m%dT%H%M}&s={total.roubles}&fn={fn}&i={number}&fp={sign}&n={kind.value}"


def moment(value: object) -> datetime:
    """An aware moment; one without an offset is read as Moscow time, in which most registers are set.

    Raises:
        ValueError: not a date.
    """
    found = datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        return datetime.fromisoformat(f"{found.isoformat()}+03:00")
    return found


def trouble(code: int, description: str) -> Trouble:
    """What a driver's error code means to the cashier: nothing was registered, and what to do next."""
    for codes, what, action, say in _CLASSES:
        if code in codes:
            return Trouble(what, _KEPT, action, say)
    words = description or "без объяснения"
    return Trouble(f"Касса отказала: {words} (код {code}).", _KEPT, "Позвоните в сервис кассы и назовите код.", _WAIT)


_KEPT: Final = "Чек не пробит. Оплата принята и записана: второй раз брать не нужно."
_WAIT: Final = "Касса не печатает, подождите, пожалуйста, минуту."
_CLASSES: Final[tuple[tuple[frozenset[int], str, str, str], ...]] = (
    (frozenset({44}), "В кассе закончилась бумага.", "Замените ленту и повторите печать.", _WAIT),
    (frozenset({45}), "Открыта крышка кассы.", "Закройте крышку и повторите печать.", _WAIT),
    (
        frozenset({46, 47, 114, 150}),
        "Принтер кассы неисправен.",
        "Выключите и включите кассу, проверьте ленту и резак, повторите печать.",
        _WAIT,
    ),
    (
        SHIFT_EXPIRED,
        "Смена открыта больше 24 часов.",
        "Закройте смену (Z-отчёт), откройте новую и повторите печать.",
        _WAIT,
    ),
    (frozenset({73}), "Смена закрыта.", "Откройте смену и повторите печать.", _WAIT),
    (
        frozenset({1, 2, 3, 4, 241, 601}),
        "Нет связи с кассой.",
        "Проверьте питание и кабель кассы, повторите печать.",
        _WAIT,
    ),
    (frozenset({55}), "Касса занята.", "Подождите, пока она допечатает, и повторите.", _WAIT),
    (frozenset({80}), "В денежном ящике кассы не хватает наличных.", "Внесите наличные в кассу и повторите.", _WAIT),
    (
        frozenset({89, 113, 115, 116, 117, 118, 119, 120, 121, 136, 137, 139, 165}),
        "Фискальный накопитель не работает.",
        "Позвоните в сервис кассы: без него чеки пробивать нельзя.",
        "Касса неисправна, мы вызываем мастера.",
    ),
    (
        frozenset({8, 13, 16, 52, 60, 66, 143, 144, 145, 161, 167, 195, 215, 216, 217, 227, 243, 501}),
        "Касса не приняла чек: в нём ошибка программы.",
        "Позвоните в поддержку программы и назовите номер заказа.",
        _WAIT,
    ),
)


def _operator(name: str, inn: str) -> dict[str, str]:
    return {"name": name, "vatin": inn} if inn else {"name": name}


def _position(line: ReceiptLine, settings: RegisterSettings) -> dict[str, Any]:
    tax = _TAX[line.vat]
    if line.settlement in IN_ADVANCE:
        tax = _SETTLEMENT_TAX.get(line.vat, tax)
    position: dict[str, Any] = {
        "type": "position",
        "name": line.name,
        "price": _roubles(line.price),
        "quantity": line.quantity,
        "amount": _roubles(line.amount),
        "measurementUnit": "piece",
        "paymentMethod": _METHOD[line.settlement],
        "paymentObject": _OBJECT[line.subject],
        "tax": {"type": tax},
    }
    if line.seller is not None:
        position["agentInfo"] = _agent(line.agent or settings.agent)
        position["supplierInfo"] = _supplier(line.seller)
    return position


def _agent(agent: Agent) -> dict[str, Any]:
    found: dict[str, Any] = {"agents": [_AGENT[agent.sign]]}
    if agent.is_paying:
        paying: dict[str, Any] = {}
        if agent.operation:
            paying["operation"] = agent.operation
        if agent.phone:
            paying["phones"] = [agent.phone]
        if paying:
            found["payingAgent"] = paying
    return found


def _supplier(seller: Seller) -> dict[str, Any]:
    found: dict[str, Any] = {"name": seller.name} if seller.name else {}
    found["vatin"] = seller.inn
    if phones := phones_in(seller.phone):
        found["phones"] = list(phones)
    return found


def _payments(receipt: Receipt) -> list[dict[str, Any]]:
    order = list(_PAYMENT)
    return [
        {"type": _PAYMENT[payment.sign], "sum": _roubles(payment.sum)}
        for payment in sorted(receipt.payments, key=lambda payment: order.index(payment.sign))
    ]


def _roubles(amount: Money) -> float:
    """A JSON number with two decimals at most; exact, because it is the shortest number that reads so."""
    return float(amount.roubles)


def _local(fiscal: Mapping[str, Any]) -> datetime:
    found = datetime.fromisoformat(str(fiscal["fiscalDocumentDateTime"]))
    if found.utcoffset() == timedelta(0):
        # A server that answers in UTC still prints its code in the time of its clock.
        return found + _MOSCOW
    return found
