"""Receipts on disk: tasks written before anybody noted their storage, or a cashier's word, are read and go on."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from pos_client.adapters.cash_register import AtolRegister
from pos_client.domain.correction import Correction
from pos_client.domain.money import Money
from pos_client.domain.receipt import FiscalTask
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Sale, Stage
from pos_client.ports import OutcomeUnknownError
from pos_client.training.shop import Shop
from tests.samples import NOW
from tests.tills import replace_register

FIXTURES = Path(__file__).parent / "fixtures"


def body(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def sale() -> Sale:
    return TypeAdapter(Sale).validate_json(body("sale-of-2026-11-22.json"))


def refund() -> Refund:
    return TypeAdapter(Refund).validate_json(body("refund-with-receipt-of-2026-11-22.json"))


def correction() -> Correction:
    return TypeAdapter(Correction).validate_json(body("correction-of-2026-11-22.json"))


def tasks() -> list[FiscalTask]:
    found = (sale().fiscal, refund().fiscal, correction().fiscal)
    return [task for task in found if task is not None]


def test_tasks_of_earlier_versions_have_no_storage_no_doubt_and_no_words() -> None:
    read = tasks()
    assert [(task.fn, task.doubted, task.words, task.is_denied) for task in read] == [("", False, (), False)] * 3
    assert [(task.sent, task.after) for task in read] == [(True, 39091), (True, 39091), (True, 39092)]


def test_what_owes_such_a_receipt_goes_on_and_is_stored_as_it_is_now() -> None:
    assert (sale().stage, refund().stage, correction().is_open) == (Stage.CORRECTING, RefundStage.FISCALISING, True)
    wrong = sale().misregistered
    assert wrong is not None
    assert (wrong.document.signed_by, wrong.document.total) == ("", Money(499100))
    again = refund().receipt_sent(after=39095, fn="9999078900001341")
    stored = TypeAdapter(Refund).dump_json(again)
    assert TypeAdapter(Refund).validate_json(stored) == again


@pytest.mark.parametrize("at", range(3))
async def test_a_storage_that_has_not_come_so_far_is_another_one(register: AtolRegister, shop: Shop, at: int) -> None:
    replace_register(shop, lambda: NOW)
    with pytest.raises(OutcomeUnknownError):
        await register.find_document(tasks()[at])
