"""Our receipt among the documents of the fiscal storage: recognised by its tags, never by a guess."""

from collections.abc import Mapping
from typing import Any

from pos_client.adapters.receipt_json import ORDER_ATTRIBUTE, document_in
from pos_client.adapters.tolerant import money, number
from pos_client.adapters.troubles import unknown, unreadable
from pos_client.domain.money import Money
from pos_client.domain.receipt import FiscalDocument, FiscalTask
from pos_client.domain.sale import Trouble
from pos_client.ports import OtherTotalError, OutcomeUnknownError, Service

__all__ = ["adopted", "other_total"]


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
            raise other_total(total, task.receipt.total)
        return None
    if owner is None:
        raise OutcomeUnknownError(
            Trouble(
                f"В кассе есть чек № {document_number} на эту же сумму, но чей он, не видно.",
                "Деньги у вас и записаны.",
                "Посмотрите последний чек кассы и позвоните в поддержку; второй чек не пробивайте.",
                "Проверяем ваш чек, подождите, пожалуйста.",
            ),
            detail=f"document {document_number} has no {ORDER_ATTRIBUTE}",
        )
    if owner != str(task.receipt.sale_id):
        return None
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
    except ValueError as error:
        raise unknown(Service.REGISTER, f"document {document_number}: {error}") from error


def other_total(theirs: Money, ours: Money) -> OtherTotalError:
    """Our document, registered with a sum that is not ours: both are named, and everything stops here."""
    return OtherTotalError(
        Trouble(
            f"Касса пробила чек на {theirs}, а должна была на {ours}.",
            "Деньги у вас и записаны.",
            "Не пробивайте второй чек. Позвоните в поддержку: нужен чек коррекции.",
            "Проверяем ваш чек, подождите, пожалуйста.",
        ),
        detail="the register's total differs from ours",
    )


def _owner(attribute: object) -> str | None:
    """Value of our requisite (tag 1084: name 1085, value 1086), which the driver gives alone or in a list."""
    for one in attribute if isinstance(attribute, list) else [attribute]:
        if isinstance(one, Mapping) and one.get("1085") == ORDER_ATTRIBUTE:
            return str(one.get("1086"))
    return None
