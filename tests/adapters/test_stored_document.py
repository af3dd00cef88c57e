"""What the fiscal storage tells of a document that was registered with another total."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from pos_client.adapters.stored_document import as_registered
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import Vat
from pos_client.domain.receipt import (
    FiscalDocument,
    FiscalPayment,
    FiscalTask,
    PaymentSign,
    Receipt,
    ReceiptLine,
    Settlement,
    Subject,
)

DELIVERY = ReceiptLine("Доставка", Money(10000), 2, Settlement.FULL_PREPAYMENT, Subject.SERVICE, Vat.VAT22)
PACKING = ReceiptLine("Упаковка", Money(5000), 1, Settlement.FULL_PREPAYMENT, Subject.SERVICE, Vat.VAT22)
TASK = FiscalTask(
    UUID(int=1),
    Receipt(UUID(int=2), "1", (DELIVERY, PACKING), (FiscalPayment(PaymentSign.CASH, Money(25000)),), "Иванова М."),
    sent=True,
)


def line(name: str, price: float, quantity: object, amount: float, **signs: object) -> dict[str, object]:
    return {"1030": name, "1079": price, "1023": quantity, "1043": amount, **signs}


def stored(total: float, *lines: dict[str, object], **payments: object) -> dict[str, Any]:
    return {"short": False, "1020": total, "1059": list(lines), "1031": 0, "1081": 0, **payments}


def read(tags: dict[str, Any]) -> Misregistered | None:
    total = Money.from_roubles(str(tags["1020"]))
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    return as_registered(tags, FiscalDocument(7, "9999", "1", 1, 1, at, total, ""), TASK)


def test_lines_and_payments_are_those_of_the_storage() -> None:
    tags = stored(
        260.0,
        line("Доставка", 105.0, 2.0, 210.0),
        line("Упаковка", 50.0, 1, 50.0),
        **{"1031": 160.0, "1081": 100.0},
    )
    found = read(tags)
    assert found is not None
    assert [(one.price, one.quantity) for one in found.receipt.lines] == [(Money(10500), 2), (Money(5000), 1)]
    assert set(found.receipt.payments) == {
        FiscalPayment(PaymentSign.CASH, Money(16000)),
        FiscalPayment(PaymentSign.CASHLESS, Money(10000)),
    }
    assert (found.receipt.total, found.document.total) == (Money(26000), Money(26000))
    assert (found.receipt.sale_id, found.receipt.cashier) == (TASK.receipt.sale_id, "Иванова М.")


def test_signs_are_those_of_the_storage_where_it_tells_them_by_number_and_else_those_that_were_sent() -> None:
    tags = stored(
        250.0,
        line("Доставка", 200.0, 1, 200.0, **{"1214": 4, "1212": 1, "1199": 1}),
        line("Упаковка", 50.0, 1, 50.0, **{"1214": "fullPayment", "1199": "vat120"}),
        **{"1031": 250.0},
    )
    found = read(tags)
    assert found is not None
    told, sent = found.receipt.lines
    assert (told.settlement, told.subject, told.vat) == (Settlement.FULL, Subject.COMMODITY, Vat.VAT20)
    assert (sent.settlement, sent.subject, sent.vat) == (Settlement.FULL_PREPAYMENT, Subject.SERVICE, Vat.VAT22)


@pytest.mark.parametrize("quantity", [3, 1.5, 0, None, "много"])
def test_a_sum_that_the_price_does_not_lead_to_is_repeated_as_the_sum(quantity: object) -> None:
    found = read(stored(201.0, line("Доставка", 100.0, quantity, 201.0), **{"1031": 201.0}))
    assert found is not None
    [only] = found.receipt.lines
    assert (only.price, only.quantity, only.amount) == (Money(20100), 1, Money(20100))


def test_a_document_of_nothing_is_paid_by_nothing() -> None:
    found = read(stored(0, line("Доставка", 0, 1, 0)))
    assert found is not None
    assert found.receipt.payments == (FiscalPayment(PaymentSign.OTHER, ZERO),)


@pytest.mark.parametrize(
    "tags",
    [
        {"short": True, "1020": 260.0},
        stored(260.0, **{"1031": 260.0}),
        stored(260.0, line("Доставка", 105.0, 2, 210.0), **{"1031": 260.0}),
        stored(210.0, line("Доставка", 105.0, 2, 210.0), **{"1031": 200.0}),
        stored(210.0, line("Доставка", 105.0, 2, 210.0)),
        stored(210.0, line("Чужое", 105.0, 2, 210.0), **{"1031": 210.0}),
        stored(210.0, line("Доставка", 105.0, 2, 210.0), line("Чужое", 0.0, 1, 0.0), **{"1031": 210.0}),
        stored(210.0, {"1030": "Доставка"}, **{"1031": 210.0}),
        stored(-210.0, line("Доставка", 210.0, -1, -210.0), **{"1031": -210.0}),
    ],
)
def test_what_is_not_told_whole_or_does_not_add_up_is_not_guessed(tags: dict[str, Any]) -> None:
    assert read(tags) is None
