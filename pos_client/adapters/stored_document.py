"""Our receipt among the documents of the fiscal storage: recognised by its tags, never by a guess."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pos_client.adapters.receipt_json import ORDER_ATTRIBUTE, document_in
from pos_client.adapters.tolerant import money, nodes, number, text, whole
from pos_client.adapters.troubles import unknown, unreadable
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.money import Money
from pos_client.domain.order import Vat
from pos_client.domain.receipt import (
    FiscalDocument,
    FiscalPayment,
    FiscalTask,
    PaymentSign,
    ReceiptKind,
    ReceiptLine,
    Subject,
)
from pos_client.domain.sale import Trouble
from pos_client.domain.terms import Settlement
from pos_client.ports import OtherTotalError, OutcomeUnknownError, RefusedError, Service

__all__ = ["adopted", "as_registered", "as_said", "other_total"]

_SETTLEMENTS: Final[Mapping[int | None, Settlement]] = {one.value: one for one in Settlement}
_SUBJECTS: Final[Mapping[int | None, Subject]] = {one.value: one for one in Subject}
# Tag 1199; a settlement rate (of money taken in advance) is the rate that it is made of.
_RATES: Final[Mapping[int | None, Vat]] = {
    1: Vat.VAT20,
    2: Vat.VAT10,
    3: Vat.VAT20,
    4: Vat.VAT10,
    5: Vat.VAT0,
    6: Vat.NONE,
    7: Vat.VAT5,
    8: Vat.VAT7,
    9: Vat.VAT5,
    10: Vat.VAT7,
    11: Vat.VAT22,
    12: Vat.VAT22,
}


def adopted(result: Mapping[str, Any], document_number: int, task: FiscalTask) -> FiscalDocument | None:
    """The stored document if it is this task's; None if it surely is another's. Tags by FFD 1.2.

    Raises:
        UnavailableError: the document cannot be read.
        OutcomeUnknownError: it has our sum and names no sale, so only a person can tell.
        OtherTotalError: it names our sale and has another sum.
    """
    tags = result.get("documentTLV")
    if not isinstance(tags, Mapping):
        raise unreadable(Service.REGISTER, f"document {document_number}: no documentTLV")
    total = money(tags.get("1020"))
    if number(tags.get("1054")) != task.receipt.kind.value:
        return None
    owner = _owner(tags.get("1084"))
    if total != task.receipt.total:
        if owner == str(task.receipt.sale_id) and total is not None:
            document = _document(tags, document_number, task)
            raise other_total(total, task, None if document is None else as_registered(tags, document, task))
        return None
    if owner is None:
        raise OutcomeUnknownError(
            Trouble(
                f"В кассе есть чек № {document_number} на эту же сумму, но чей он, не видно.",
                "Оплата принята и записана.",
                "Посмотрите последний чек кассы и позвоните в поддержку; второй чек не пробивайте.",
                "Проверяем ваш чек, подождите, пожалуйста.",
            ),
            detail=f"document {document_number} has no {ORDER_ATTRIBUTE}",
        )
    if owner != str(task.receipt.sale_id):
        return None
    document = _document(tags, document_number, task)
    if document is None:
        raise unknown(Service.REGISTER, f"document {document_number} lacks what a document consists of")
    return document


def as_said(result: Mapping[str, Any], document_number: int, task: FiscalTask) -> FiscalDocument:
    """The stored document that a person takes for the task's, having its number from the paper.

    Raises:
        UnavailableError: the document cannot be read.
        RefusedError: it has another sum, is of another kind, or names another sale.
    """
    tags = result.get("documentTLV")
    if not isinstance(tags, Mapping):
        raise unreadable(Service.REGISTER, f"document {document_number}: no documentTLV")
    total, owner = money(tags.get("1020")), _owner(tags.get("1084"))
    if number(tags.get("1054")) != task.receipt.kind.value:
        wanted = "чек прихода" if task.receipt.kind is ReceiptKind.SALE else "чек возврата"
        raise _not_it(document_number, f"это не {wanted}")
    if total != task.receipt.total:
        raise _not_it(document_number, f"он на {total or Money(0)}, а нужен на {task.receipt.total}")
    if owner not in {None, str(task.receipt.sale_id)}:
        raise _not_it(document_number, "это чек другой операции на ту же сумму")
    document = _document(tags, document_number, task)
    if document is None:
        raise unreadable(Service.REGISTER, f"document {document_number} lacks what a document consists of")
    return document


def _not_it(document_number: int, why: str) -> RefusedError:
    return RefusedError(
        Trouble(
            f"Чек ФД № {document_number} не подходит: {why}.",
            "Второй чек не пробивается.",
            "Проверьте номер на бумаге («ФД») и введите его ещё раз.",
        ),
        detail=f"document {document_number} is not it",
    )


def _document(tags: Mapping[str, Any], document_number: int, task: FiscalTask) -> FiscalDocument | None:
    fiscal = {
        "total": str(tags["1020"]),
        "fiscalDocumentNumber": document_number,
        "fiscalDocumentDateTime": tags.get("1012"),
        "fiscalDocumentSign": tags.get("1077"),
        "fnNumber": tags.get("1041"),
        "shiftNumber": tags.get("1038"),
        "fiscalReceiptNumber": tags.get("1042"),
        "qr": tags.get("qr"),
    }
    try:
        return document_in({"fiscalParams": fiscal}, task.receipt.kind)
    except ValueError:
        return None


def as_registered(tags: Mapping[str, Any], document: FiscalDocument, task: FiscalTask) -> Misregistered | None:
    """The task's receipt with the lines and the payments that the storage has; None when it does not tell all of them.

    Signs that it does not tell as numbers are those that were sent: sums are what may differ. The storage keeps the
    whole of a document for about thirty days, then its head alone.
    """
    sent = {line.name: line for line in task.receipt.lines}
    lines = tuple(_line(one, sent.get(text(one.get("1030")))) for one in nodes(tags.get("1059")))
    read = tuple(line for line in lines if line is not None)
    sums = {sign: money(tags.get(str(sign.value))) for sign in PaymentSign}
    payments = tuple(FiscalPayment(sign, amount) for sign, amount in sums.items() if amount)
    if not lines or len(read) < len(lines) or Money.sum([line.amount for line in read]) != document.total:
        return None
    if Money.sum([payment.sum for payment in payments]) != document.total:
        return None
    payments = payments or (FiscalPayment(PaymentSign.OTHER, document.total),)
    return Misregistered(document, replace(task.receipt, lines=read, payments=payments))


def _line(told: Mapping[str, Any], sent: ReceiptLine | None) -> ReceiptLine | None:
    price, quantity, amount = money(told.get("1079")), whole(told.get("1023")), money(told.get("1043"))
    if sent is None or price is None or amount is None or amount.kopecks < 0:
        return None
    if not quantity or price * quantity != amount:
        # What was registered is the sum: a price that does not lead to it is not repeated.
        price, quantity = amount, 1
    return replace(
        sent,
        price=price,
        quantity=quantity,
        settlement=_SETTLEMENTS.get(whole(told.get("1214")), sent.settlement),
        subject=_SUBJECTS.get(whole(told.get("1212")), sent.subject),
        vat=_RATES.get(whole(told.get("1199")), sent.vat),
    )


def other_total(theirs: Money, task: FiscalTask, found: Misregistered | None) -> OtherTotalError:
    """Our document, registered with a sum that is not ours: both are named, and everything stops here."""
    of_return = task.receipt.kind is ReceiptKind.RETURN and task.receipt.correction is None
    again = "«Проверить ещё раз» прочтёт его снова; если не поможет, позвоните" if found is None else "Позвоните"
    return OtherTotalError(
        Trouble(
            f"Касса пробила чек на {theirs}, а должна была на {task.receipt.total}.",
            "Наличные по возврату пока не выдавайте." if of_return else "Оплата принята и записана.",
            f"Не пробивайте второй чек. {again} в поддержку: нужен чек коррекции.",
            "Проверяем ваш чек, подождите, пожалуйста.",
        ),
        detail="the register's total differs from ours",
        registered=found,
    )


def _owner(attribute: object) -> str | None:
    """Value of our requisite (tag 1084: name 1085, value 1086), which the driver gives alone or in a list."""
    for one in attribute if isinstance(attribute, list) else [attribute]:
        if isinstance(one, Mapping) and one.get("1085") == ORDER_ATTRIBUTE:
            return str(one.get("1086"))
    return None
