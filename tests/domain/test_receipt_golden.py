"""Golden pages: every kind of document is what its page says, and the register takes it."""

import pytest

from pos_client.adapters.receipt_json import receipt_task
from pos_client.domain.money import Money
from pos_client.domain.order import Vat
from pos_client.domain.receipt import PaymentSign
from pos_client.domain.terms import IN_ADVANCE
from pos_client.training.receipt_rules import read_receipt
from tests.domain.fiscal_cases import Case, cases
from tests.domain.fiscal_pages import FOLDER, page

CASES = {case.slug: case for case in cases()}


@pytest.mark.parametrize("slug", CASES)
def test_a_document_is_what_its_page_says(slug: str) -> None:
    assert page(CASES[slug]) == (FOLDER / f"{slug}.txt").read_text(encoding="utf-8")


def test_every_page_has_its_case() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(CASES)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_register_takes_every_document(case: Case) -> None:
    for receipt in case.receipts:
        read = read_receipt(receipt_task(receipt, case.settings))
        assert Money(read.total) == receipt.total


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_money_taken_in_advance_is_taxed_at_the_settlement_rate_and_nothing_else_is(case: Case) -> None:
    names = {Vat.NONE: ("none", "none"), Vat.VAT20: ("vat20", "vat120"), Vat.VAT22: ("vat22", "vat122")}
    for receipt in case.receipts:
        positions = [one for one in receipt_task(receipt, case.settings)["items"] if one["type"] == "position"]
        sent = [one["tax"]["type"] for one in positions]
        assert sent == [names[line.vat][line.settlement in IN_ADVANCE] for line in receipt.lines]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_points_are_never_a_payment(case: Case) -> None:
    for receipt in case.receipts:
        assert all(payment.sum == Money(0) for payment in receipt.payments if payment.sign is PaymentSign.OTHER)
