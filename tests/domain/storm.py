"""A storm of random orders: prices, discounts, points, visits and payments in parts, each refunded in the end.

`python -m tests.domain.storm 1000000` goes through a million on all processors; a second number is the first order's.
An order is told again by its number alone, and a number always tells the same.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from random import Random
from uuid import UUID

from pos_client.adapters.receipt_json import RegisterSettings, receipt_task
from pos_client.domain.loyalty import Discount, Earning, Quote
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import (
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Payer,
    Seller,
    TenderKind,
    Vat,
    Visit,
    VisitTender,
)
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.payment import Tender, split_equally
from pos_client.domain.receipt import FiscalRules, PaymentSign, Receipt, ReceiptKind, Settlement, receipt_for
from pos_client.domain.refund import Refund, return_receipt
from pos_client.domain.sale import Cashier
from pos_client.domain.settling import HANDED_OVER, IN_ADVANCE
from pos_client.domain.vat import tax_in
from pos_client.training.receipt_rules import read_receipt

__all__ = ["Storm", "go_through", "go_through_on_all_processors"]

BEGUN = datetime(2025, 12, 31, 8, tzinfo=UTC)
NEW_RATE = datetime(2026, 1, 1, tzinfo=UTC)
HERE, THERE = "MSK548", "NSK1"
SELLER = Seller("ООО «Ромашка»", "7707083893", "+74950000000")
SETTINGS = RegisterSettings()
CASHIER = Cashier("Иванова М.")
RULES = (
    FiscalRules(),
    FiscalRules(utc_offset_hours=12),
    FiscalRules(acceptance_settles=True),
    FiscalRules(on_credit=True),
)
KINDS, RATES, TENDERS = list(LineKind), list(Vat), list(TenderKind)
SHOWN_TO_THE_REGISTER = 0.25
"""Share of the orders whose documents are put before its rules, which take as long as everything else together."""
AT_ONCE = 2_500
"""Orders that a process goes through before it is heard of."""

Storm = Counter[Settlement]
"""How many receipts of each sign of settlement there were."""


@dataclass(frozen=True, slots=True)
class Paid:
    """One visit: the order before it, its price, who paid what, and the receipt."""

    order: Order
    quote: Quote
    tenders: tuple[Tender, ...]
    at: datetime
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Story:
    """An order after its visits."""

    order: Order
    rules: FiscalRules
    visits: tuple[Paid, ...]

    def __str__(self) -> str:
        told = [f"order {self.order.lines}, {self.rules}"]
        for paid in self.visits:
            tenders = ", ".join(f"{one.kind.value} {one.amount} of {one.received}" for one in paid.tenders)
            sign, price = paid.receipt.lines[0].settlement.name, f"{paid.quote.total} − {paid.quote.discount}"
            told.append(f"{paid.at}, {paid.order.state.value}, {price}: {tenders or 'nothing'}, {sign}")
        return "\n".join(told)


# ------------------------------------------------------------------------------------------------------- the stories


def order_of(chance: Random) -> Order:
    """One to six lines of any kind, price, quantity and rate."""
    lines = []
    for at in range(chance.randint(1, 6)):
        kind = chance.choice(KINDS)
        price = Money(chance.choice((1, 33, 100, chance.randint(1, 3_000_000))))
        seller = SELLER if kind is LineKind.GOODS else None
        quantity, rate = chance.choice((1, 1, 2, 3, 7)), chance.choice(RATES)
        lines.append(OrderLine(str(at), f"Строка {at}", kind, price, quantity, rate, seller=seller))
    state = OrderState.ACCEPTED if chance.random() < 0.6 else OrderState.WAITING
    return Order("1106153417", "u", tuple(lines), state, Payer.SENDER, origin_office=HERE, destination_office=THERE)


def price_of(chance: Random, order: Order, off: int) -> Quote:
    """The order with `off` kopecks taken off by a promotion, points, or both, spread over its lines."""
    by_points = chance.choice((0, off, off // 2))
    parts = Money(off).split([line.total.kopecks for line in order.lines])
    amounts = tuple(line.total - part for line, part in zip(order.lines, parts, strict=True))
    promotions = (Discount("Акция", Money(off - by_points)),) if off > by_points else ()
    points = Points(-(-by_points // 100))
    return Quote(order.total, promotions, points, Money(by_points), points, amounts, Earning.AFTER_FULL_PAYMENT)


def tenders_of(chance: Random, amount: Money) -> tuple[Tender, ...]:
    """The sum by one to three means; cash may be more than it has to."""
    kinds = chance.sample(TENDERS, chance.randint(1, 3))
    tenders = []
    for kind, part in zip(kinds, amount.split([chance.randint(0, 9) for _ in kinds]), strict=True):
        over = Money(chance.choice((0, 1, 50000))) if kind is TenderKind.CASH and part else ZERO
        tenders.append(Tender(kind, part, part + over))
    return tuple(tender for tender in tenders if tender.amount)


def weighed_again(chance: Random, order: Order, off: int) -> Order:
    """The order with another price of a service of ours, unless that would be less than is paid or taken off."""
    at = next((at for at, line in enumerate(order.lines) if line.kind is not LineKind.GOODS), None)
    if at is None:
        return order
    line = replace(order.lines[at], price=Money(chance.randint(1, 3_000_000)))
    other = replace(order, lines=(*order.lines[:at], line, *order.lines[at + 1 :]))
    return other if (other.total - order.paid).kopecks > off else order


def story_of(chance: Random) -> Story:
    """Up to four visits, before and after the parcel comes to the pickup point, that pay the order or some of it."""
    order, rules = order_of(chance), chance.choice(RULES)
    most = order.total.kopecks
    off = chance.choice((0, 0, most, chance.randint(0, most), chance.randint(0, most)))
    visits: list[Paid] = []
    at = BEGUN
    for number in range(chance.randint(1, 4)):
        at += timedelta(hours=chance.randint(1, 30))
        if chance.random() < 0.3:
            order = replace(order, state=OrderState.WAITING)
        before = {visit.office for visit in order.visits}
        # What left on credit is at its buyer's; anything else may be found heavier even after a settlement.
        gone = rules.on_credit and THERE in before
        if visits and not gone and chance.random() < 0.3:
            order = weighed_again(chance, order, off)
        quote = price_of(chance, order, off)
        due = (quote.payable - order.paid).kopecks
        if visits and not due:
            break
        arrived = order.state is OrderState.WAITING
        least = 0 if arrived and rules.on_credit and not gone else min(1, due)
        tenders = tenders_of(chance, Money(chance.choice((due, least, chance.randint(least, due)))))
        made = receipt_for(
            order, quote, tenders, sale_id=UUID(int=number), cashier=CASHIER.name, at=at, rules=rules, paper=True
        )
        visits.append(Paid(order, quote, tenders, at, made))
        told = tuple(VisitTender(tender.kind, tender.amount) for tender in tenders)
        discount, points = (quote.discount, quote.points) if number == 0 else (ZERO, NO_POINTS)
        office = THERE if arrived else HERE
        visit = Visit(str(number), at, office, told, discount, points, settled=made.is_settlement)
        order = replace(order, visits=(*order.visits, visit))
    return Story(order, rules, tuple(visits))


def refund_of(story: Story) -> Refund:
    """The refund of everything that the visits paid."""
    visits = tuple(
        PaidVisit(
            id=told.id,
            at=told.at,
            office=told.office,
            till="1",
            cashier=CASHIER.name,
            tenders=told.tenders,
            discount=told.discount,
            points_spent=told.points_spent,
            loyalty_order="",
            document=told.id,
            fn="9999078900001341",
            lines=paid.receipt.lines,
        )
        for told, paid in zip(story.order.visits, story.visits, strict=True)
    )
    return Refund(UUID(int=99), BEGUN, HERE, "1", CASHIER, PaidOrder(story.order, visits))


# -------------------------------------------------------------------------------------------------------- the checks


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
    """Our standard rate is the day's, goods keep their seller's; the tax of lines is that of their price, within it."""
    old = {Vat.VAT20, Vat.VAT22} - {Vat.VAT22 if on >= NEW_RATE else Vat.VAT20}
    stated = {f"{line.name} (заказ {paid.order.number})": line for line in paid.order.lines}
    together: dict[Vat, list[int]] = {}
    for line in paid.receipt.lines:
        kept = stated[line.name]
        ours = kept.kind is not LineKind.GOODS
        assert line.vat not in old if ours else line.vat is kept.vat
        assert line.seller is kept.seller
        assert line.vat is kept.vat or kept.vat in {Vat.VAT20, Vat.VAT22}
        tax, amount = tax_in(line.amount, line.vat).kopecks, line.amount.kopecks
        assert 0 <= tax <= amount
        together.setdefault(line.vat, []).extend((tax, amount))
    for rate, sums in together.items():
        whole = tax_in(Money(sum(sums[1::2])), rate).kopecks
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
    """The register takes the document, and reads the same sums of it."""
    cashless = sum(one.sum.kopecks for one in made.payments if one.sign is not PaymentSign.CASH)
    read = read_receipt(receipt_task(made, SETTINGS))
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


def _enter(books: Counter[tuple[str, object]], made: Receipt, sign: int) -> None:
    for line in made.lines:
        amount = line.amount.kopecks
        if line.settlement is Settlement.CREDIT_PAYMENT:
            # The whole price was entered when the parcel was handed over; this only pays what is owed of it.
            books["credit", None] -= sign * amount
            continue
        books["price", line.vat] += sign * amount
        books["tax", line.vat] += sign * tax_in(line.amount, line.vat).kopecks


def check_story(story: Story, chance: Random) -> Iterator[Settlement]:
    """Everything above, of one order; yields the signs of its receipts."""
    handed = next((visit.at for visit in story.order.visits if visit.office == THERE), BEGUN)
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
        for made in (*sold, back):
            check_register(made)
    whole = story.visits[0].quote.payable
    if whole:
        parts = split_equally(whole, chance.randint(1, min(9, whole.kopecks)))
        assert Money.sum(parts) == whole
        assert ZERO < parts[-1] <= parts[0] <= parts[-1] + Money(1)


# --------------------------------------------------------------------------------------------------------- the storm


def go_through(first: int, count: int) -> Storm:
    """So many orders from that number on.

    Raises:
        AssertionError: an order for which something does not hold; its number and story are in the note.
    """
    seen: Storm = Counter()
    for number in range(first, first + count):
        chance = Random(number)  # noqa: S311 - a storm that can be told again by its number
        story = None
        try:
            story = story_of(chance)
            seen.update(check_story(story, chance))
        except Exception as error:
            error.add_note(f"order number {number} of the storm: {story}")
            raise
    return seen


def go_through_on_all_processors(count: int, first: int = 0) -> Storm:
    """The same orders in as many processes as there are processors.

    Raises:
        AssertionError: as `go_through` does, for the first order that is heard of.
    """
    parts = [(at, min(AT_ONCE, first + count - at)) for at in range(first, first + count, AT_ONCE)]
    seen: Storm = Counter()
    # Not a fork: whoever calls may have threads of its own.
    with get_context("spawn").Pool(os.cpu_count()) as pool:
        for part in pool.imap_unordered(_go_through_part, parts):
            seen.update(part)
    return seen


def _go_through_part(part: tuple[int, int]) -> Storm:
    return go_through(*part)


def main(count: int, first: int = 0) -> int:
    """Go through the storm and say what there was."""
    begun = time.monotonic()
    seen = go_through_on_all_processors(count, first)
    signs = ", ".join(f"{sign.name} {times}" for sign, times in sorted(seen.items(), key=lambda one: one[0].value))
    sys.stdout.write(f"{count} orders from {first}, {seen.total()} receipts and {count} returns: nothing found\n")
    sys.stdout.write(f"{signs}; {time.monotonic() - begun:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
