"""A payment too many on disk: it reads back whole, holds no order, and older refunds are none."""

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import TypeAdapter

from pos_client.adapters.journal import SqliteJournal
from pos_client.adapters.orders import CdekOrders
from pos_client.adapters.refund_book import SqliteRefundBook
from pos_client.domain.money import Money
from pos_client.domain.receipt import FiscalPayment, PaymentSign
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Cashier, Sale
from pos_client.domain.surplus import Surplus
from tests.adapters.conftest import SetClock

PAID_IN_CASH = "1106150001"
CASHIER = Cashier("Иванова М.")


@pytest.fixture
async def refund(orders: CdekOrders, clock: SetClock) -> Refund:
    """A refund whose cashier has confirmed."""
    made = Refund(uuid4(), clock(), "MSK548", "1", CASHIER, await orders.paid_for(PAID_IN_CASH))
    return replace(made, stage=RefundStage.CLAIMING, claimed_at=clock())


def test_a_payment_too_many_reads_back_and_holds_no_order(refund: Refund, clock: SetClock, tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    offset = FiscalPayment(PaymentSign.PREPAID, Money(200000))
    sale = Sale(uuid4(), clock(), "MSK548", "1", CASHIER, order=refund.paid.order)
    alone = replace(refund, surplus=Surplus(sale.id, beside_money=(offset,), restored=sale))
    journal = SqliteJournal(path, now=clock)
    SqliteRefundBook(journal).save(alone)
    journal.close()
    journal = SqliteJournal(path, now=clock)
    book = SqliteRefundBook(journal)
    assert (book.holds(alone.number), book.surpluses(alone.number)) == (None, (alone,))
    book.save(alone.given_up())
    book.save(alone.given_up().cancelled(at=clock()))
    assert book.surpluses(alone.number) == ()
    journal.close()


def test_a_refund_that_an_earlier_version_wrote_is_of_a_whole_order(refund: Refund) -> None:
    adapter = TypeAdapter(Refund)
    body = json.loads(adapter.dump_json(refund))
    del body["surplus"]
    assert adapter.validate_json(json.dumps(body)) == refund
