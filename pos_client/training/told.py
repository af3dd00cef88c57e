"""What tills tell the counter's write side, read and checked: JSON, receipts, and the refusals that stop a call."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from pos_client.training.parcels import errors
from pos_client.training.store import Store
from pos_client.training.wire import Answer, JsonObject, as_object, kopecks, moment, text, whole

__all__ = ["RefusedError", "check_lines", "check_receipt", "demand", "not_ahead", "parsed", "told", "wrong_field"]

_SETTLEMENTS: Final = ("FULL_PREPAYMENT", "PREPAYMENT", "ADVANCE", "FULL", "PARTIAL_CREDIT", "CREDIT", "CREDIT_PAYMENT")
_SUBJECTS: Final = ("COMMODITY", "SERVICE", "PAYMENT")
_CLOCK_TOLERANCE: Final = timedelta(minutes=10)


class RefusedError(Exception):
    """A call that cannot be followed, with the answer to give."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def told(store: Store, act: Callable[[], Answer]) -> Answer:
    """The answer to a call that writes: all of it is written, or nothing."""
    try:
        with store.transaction():
            return act()
    except RefusedError as refused:
        return refused.answer


def parsed(raw: bytes) -> JsonObject:
    """The body of a call.

    Raises:
        RefusedError: 400, it is no JSON object.
    """
    try:
        content = json.loads(raw)
    except ValueError as error:
        raise RefusedError(errors(400, "v2_bad_request", "Тело запроса не является JSON")) from error
    if not isinstance(content, dict):
        raise RefusedError(errors(400, "v2_bad_request", "Тело запроса не является объектом JSON"))
    return content


def wrong_field(field: str, error: Exception) -> RefusedError:
    """422 with the name of the wrong field."""
    return RefusedError(errors(422, "v2_invalid_format", f"Invalid value in [{field}] parameter: {error}"))


def demand(holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as the sentence it checks
    """What is not so is wrong.

    Raises:
        ValueError: it is not so.
    """
    if not holds:
        raise ValueError(complaint)


def not_ahead(value: object, now: datetime) -> datetime:
    """A moment that has come, as far as two clocks can agree.

    Raises:
        ValueError: it has not, or it is no moment.
    """
    found = moment(text(value))
    demand(found <= now + _CLOCK_TOLERANCE, "в будущем")
    return found


def check_receipt(value: object) -> JsonObject:
    """A fiscal document as it is told.

    Raises:
        ValueError, TypeError, KeyError: it is not one.
    """
    receipt = as_object(value)
    demand(bool(text(receipt.get("fn"))), "нет номера фискального накопителя")
    # Of a document that a cashier has signed for, nobody may know more than the number on its paper.
    signed = bool(text(receipt.get("signed_by")))
    for name in ("document_number", "fiscal_sign", "shift"):
        missing = signed and name != "document_number" and receipt.get(name) is None
        demand(missing or whole(receipt.get(name)) > 0, f"неверное поле {name}")
    moment(text(receipt.get("date")))
    demand(kopecks(receipt.get("total")) >= 0, "неверная сумма чека")
    return receipt


def check_lines(body: JsonObject) -> None:
    """Lines of the receipt are optional; told, they sum to its total, so that a return may copy them.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: they do not, or are no lines.
    """
    if "lines" not in body:
        return
    total = 0
    for one in body["lines"]:
        demand(bool(text(one["name"])) and kopecks(one["price"]) >= 0, "нет имени или цены")
        demand(whole(one["quantity"]) > 0, "количество не больше нуля")
        demand(one["settlement"] in _SETTLEMENTS and one["subject"] in _SUBJECTS, "неверный признак")
        demand(bool(text(one["vat"])), "не указана ставка НДС")
        total += kopecks(one["price"]) * whole(one["quantity"])
    demand(total == kopecks(body["receipt"]["total"]), "строки не сходятся с чеком")
