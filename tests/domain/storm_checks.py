"""What has to hold of every order of the storm, of each of its receipts, and of their books after a refund."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from pos_client.adapters.receipt_json import RegisterSettings, receipt_task
from pos_client.domain.correction import correction_of
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import (
    LineKind,
    Order,
    TenderKind,
    Vat,
)
from pos_client.domain.payment import split_equally
from pos_client.domain.receipt import (
    FiscalDocument,
    PaymentSign,
    Receipt,
    ReceiptKind,
)
from pos_client.domain.refund import Refund, return_receipt
from pos_client.domain.terms import HANDED_OVER, IN_ADVANCE, ON_CREDIT, Settlement
from pos_client.training.receipt_rules import read_receipt
from pos_client.training.register_taxes import tax_tags
from pos_client.training.wire import kopecks
from tests.domain.storm_stories import BEGUN, CASHIER, RULES, Paid, Story, receipt_of, refund_of
from tests.domain.taxes import tax_of

__all__ = ["check_story"]

NEW_RATE = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = RegisterSettings()
TAX_TAGS: dict[Vat, tuple[int | str, int | str]] = {
    Vat.NONE: ("1105", "1105"),
    Vat.VAT0: ("1104", "1104"),
    Vat.VAT5: (7, 9),
    Vat.VAT7: (8, 10),
    Vat.VAT10: ("1103", "1107"),
    Vat.VAT20: ("1102", "1106"),
    Vat.VAT22: (11, 12),
}
"""Where the register sums the tax of a rate, and of money taken in advance: a tag, or a code within tag 1115."""
SHOWN_TO_THE_REGISTER = 0.1
"""Share of the orders whose documents, and a correction of the last, are put before its rules: they take long."""


def settled_by(order: Order) -> int:
    """Kopecks that were taken up to the last full settlement."""
    taken = settled = 0
    for visit in order.visits:
        taken += visit.paid.kopecks
        settled = taken if visit.settled else settled
    return settled


def check_receipt(paid: Paid) -> None:
    """Lines sum to the receipt, payments to the due; only cash gives change."""
    made, payable, before = paid.receipt, paid.quote.payable.kopecks, paid.order.paid.kopecks
    taken = sum(tender.amount.kopecks for tender in paid.tenders)
    by_cash = sum(tender.amount.kopecks for tender in paid.tenders if tender.kind is TenderKind.CASH)
    total = sum(line.price.kopecks * line.quantity for line in made.lines)
    (sign,) = {line.settlement for line in made.lines}
    settles, settled = sign in HANDED_OVER, settled_by(paid.order)
    assert made.kind is ReceiptKind.SALE
    assert made.total.kopecks == total == (payable - settled if settles else taken)
    sums = {payment.sign: payment.sum.kopecks for payment in made.payments}
    assert len(sums) == len(made.payments)
    assert all(amount > 0 for amount in sums.values()) or sums == {PaymentSign.OTHER: 0}
    change = sum(sums.values()) - total
    assert change == sum(tender.change.kopecks for tender in paid.tenders)
    assert 0 <= change <= sums.get(PaymentSign.CASH, 0)
    assert sums.get(PaymentSign.CASH, 0) - change == by_cash
    assert sums.get(PaymentSign.CASHLESS, 0) == taken - by_cash
    assert sums.get(PaymentSign.PREPAID, 0) == (before - settled if settles else 0)
    assert sums.get(PaymentSign.CREDIT, 0) == (payable - before - taken if settles else 0)


def check_lines(paid: Paid) -> None:
    """Each position is sold at its price to the kopeck, or a part of it no larger than that; none is negative."""
    parts: Counter[str] = Counter()
    units: Counter[str] = Counter()
    for line in paid.receipt.lines:
        assert line.price.kopecks >= 0
        assert line.quantity > 0
        assert line.amount.kopecks == line.price.kopecks * line.quantity
        parts[line.name] += line.amount.kopecks
        units[line.name] += line.quantity
    sign, settled = paid.receipt.lines[0].settlement, settled_by(paid.order)
    whole = sign is Settlement.FULL_PREPAYMENT or (sign in HANDED_OVER and not settled)
    ours = sum(p.kopecks for p, line in zip(paid.quote.amounts, paid.order.lines, strict=True) if line.seller is None)
    if settled and paid.receipt.total.kopecks <= ours:
        assert not any(line.seller for line in paid.receipt.lines)
    for position, price in zip(paid.order.lines, paid.quote.amounts, strict=True):
        name = f"{position.name} (заказ {paid.order.number})"
        assert 0 <= price.kopecks <= position.total.kopecks
        assert parts[name] == price.kopecks if whole else parts[name] <= price.kopecks
        assert units[name] == (position.quantity if whole else min(parts[name], 1))
    assert paid.quote.payable + paid.quote.discount == paid.order.total


def check_tax(paid: Paid, on: datetime) -> None:
    """Our standard rate is the day's, goods keep their seller's: the rate is all that a till says of tax.

    Its sums are the register's to compute. Of those that the training register makes of our lines, as a device would,
    none is more than its price, and together they are the tax of the whole but for the rounding of each line.
    """
    old = {Vat.VAT20, Vat.VAT22} - {Vat.VAT22 if on >= NEW_RATE else Vat.VAT20}
    stated = {f"{line.name} (заказ {paid.order.number})": line for line in paid.order.lines}
    together: dict[Vat, list[int]] = {}
    for line in paid.receipt.lines:
        kept = stated[line.name]
        ours = kept.kind is not LineKind.GOODS
        assert line.vat not in old if ours else line.vat is kept.vat
        assert line.seller is kept.seller
        assert line.vat is kept.vat or kept.vat in {Vat.VAT20, Vat.VAT22}
        tax, amount = tax_of(line.amount, line.vat).kopecks, line.amount.kopecks
        assert 0 <= tax <= amount
        together.setdefault(line.vat, []).extend((tax, amount))
    for rate, sums in together.items():
        whole = tax_of(Money(sum(sums[1::2])), rate).kopecks
        # Rounding line by line may miss the whole by half a kopeck a line, and by no more.
        assert abs(sum(sums[::2]) - whole) * 2 <= len(sums) // 2 + 1


def check_refund(story: Story, refund: Refund) -> Receipt:
    """All that was paid goes back, as it was paid, on lines that sum to it."""
    back = return_receipt(refund)
    taken = [tender for paid in story.visits for tender in paid.tenders]
    total = sum(tender.amount.kopecks for tender in taken)
    cash = sum(tender.amount.kopecks for tender in taken if tender.kind is TenderKind.CASH)
    sums = {payment.sign: payment.sum.kopecks for payment in back.payments}
    assert back.kind is ReceiptKind.RETURN
    assert refund.amount.kopecks == refund.paid.paid.kopecks == total
    assert refund.paid.cash.kopecks == cash == sums.get(PaymentSign.CASH, 0)
    assert sums.get(PaymentSign.CASHLESS, 0) == total - cash
    assert sum(sums.values()) == back.total.kopecks == sum(line.amount.kopecks for line in back.lines)
    assert all(amount > 0 for amount in sums.values()) or sums == {PaymentSign.OTHER: 0}
    kinds = [payback.kind for payback in refund.paid.paybacks]
    assert TenderKind.CASH not in kinds[: len(kinds) - kinds.count(TenderKind.CASH)]
    assert refund.paid.points_spent == story.order.points_spent
    return back


def check_register(made: Receipt) -> None:
    """The register takes the document, and reads the same sums of it; its tax, rate by rate, is that of our lines."""
    cashless = sum(one.sum.kopecks for one in made.payments if one.sign is not PaymentSign.CASH)
    task = receipt_task(made, SETTINGS)
    read = read_receipt(task)
    tags = tax_tags(one for one in task["items"] if one["type"] == "position")
    others = {one["1199"]: kopecks(one["1120"]) for one in tags.get("1115", ())}
    stated: Counter[int | str] = Counter(others)
    stated.update({tag: kopecks(amount) for tag, amount in tags.items() if tag != "1115"})
    due: Counter[int | str] = Counter()
    for line in made.lines:
        ahead = line.settlement in IN_ADVANCE
        untaxed = line.vat in {Vat.NONE, Vat.VAT0}
        due[TAX_TAGS[line.vat][ahead]] += line.amount.kopecks if untaxed else tax_of(line.amount, line.vat).kopecks
    assert stated == due
    assert (read.total, read.cash) == (made.total.kopecks, made.total.kopecks - cashless)
    assert read.is_return == (made.kind is ReceiptKind.RETURN)


def check_books(receipts: tuple[Receipt, ...], back: Receipt) -> None:
    """With the return nothing stays in the books: no price and no tax of any rate, no prepayment, credit or money.

    A prepayment is closed, with its tax, by the receipt that offsets it, and is offset whole (НК РФ, art. 171, 8).
    """
    books: Counter[tuple[str, object]] = Counter()
    ahead: Counter[tuple[str, object]] = Counter()
    for made in receipts:
        sums = {payment.sign: payment.sum.kopecks for payment in made.payments}
        if offset := sums.get(PaymentSign.PREPAID, 0):
            assert offset == sum(amount for (what, _), amount in ahead.items() if what == "price")
            ahead.clear()
        change = sum(sums.values()) - made.total.kopecks
        _enter(ahead if made.lines[0].settlement in IN_ADVANCE else books, made, 1)
        books["credit", None] += sums.get(PaymentSign.CREDIT, 0)
        books["cash", None] += sums.get(PaymentSign.CASH, 0) - change
        books["cashless", None] += sums.get(PaymentSign.CASHLESS, 0)
    books.update(ahead)
    _enter(books, back, -1)
    for payment in back.payments:
        books[payment.sign.name.lower(), None] -= payment.sum.kopecks
    assert not any(books.values()), books


def check_correction(wrong: Receipt, right: Receipt) -> tuple[Receipt, ...]:
    """The opposite takes back what the wrong one said, the right one says what it should have; neither gives change."""
    at = FiscalDocument(7, "9999078900001341", "1", 1, 1, BEGUN, wrong.total, "t=…")
    ids = UUID(int=1), UUID(int=2)
    made = correction_of(
        wrong, at, right, correction_id=UUID(int=3), task_ids=ids, opened_at=BEGUN, cashier=CASHIER, rules=RULES[0]
    )
    opposite, better = (step.receipt for step in made.steps)
    assert (opposite.kind, opposite.lines, better.kind) == (ReceiptKind.RETURN, wrong.lines, wrong.kind)
    for before, after in ((wrong, opposite), (right, better)):
        assert Money.sum([payment.sum for payment in after.payments]) == before.total == after.total
        not_cash = [payment for payment in before.payments if payment.sign is not PaymentSign.CASH]
        assert [payment for payment in after.payments if payment.sign is not PaymentSign.CASH] == not_cash
        assert before.lines == after.lines
    return opposite, better


def _enter(books: Counter[tuple[str, object]], made: Receipt, sign: int) -> None:
    for line in made.lines:
        amount = line.amount.kopecks
        if line.settlement is Settlement.CREDIT_PAYMENT:
            # The whole price was entered when the parcel was handed over; this only pays what is owed of it.
            books["credit", None] -= sign * amount
            continue
        books["price", line.vat] += sign * amount
        books["tax", line.vat] += sign * tax_of(line.amount, line.vat).kopecks


def check_story(story: Story, chance: Random) -> Iterator[Settlement]:
    """Everything above, of one order; yields the signs of its receipts."""
    handed = next((paid.at for paid in story.visits if paid.receipt.lines[0].settlement in ON_CREDIT), BEGUN)
    for paid in story.visits:
        sign = paid.receipt.lines[0].settlement
        check_receipt(paid)
        check_lines(paid)
        on = handed if sign is Settlement.CREDIT_PAYMENT else paid.at
        check_tax(paid, on + timedelta(hours=story.rules.utc_offset_hours))
        yield sign
    back = check_refund(story, refund_of(story))
    sold = tuple(paid.receipt for paid in story.visits)
    check_books(sold, back)
    if chance.random() < SHOWN_TO_THE_REGISTER:
        last = story.visits[-1]
        by_other_rules = receipt_of(
            last.order, last.quote, last.tenders, last.at, chance.choice(RULES) if last.tenders else story.rules
        )
        for made in (*sold, back, *check_correction(sold[-1], by_other_rules)):
            check_register(made)
    whole = story.visits[0].quote.payable
    if whole:
        parts = split_equally(whole, chance.randint(1, min(9, whole.kopecks)))
        assert Money.sum(parts) == whole
        assert ZERO < parts[-1] <= parts[0] <= parts[-1] + Money(1)
