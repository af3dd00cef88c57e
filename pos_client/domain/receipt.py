"""The fiscal receipt of one visit: which lines, signs and payments the law wants for the money just taken.

Rules: 54-ФЗ and FFD 1.2 (order ЕД-7-20/662@). Points lower the price of lines (ФНС letter ЕД-3-20/6387@); a part of the
price is a prepayment of every line, and the last part is a full settlement that offsets what was paid before.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from pos_client.domain.loyalty import Quote
from pos_client.domain.money import Money, Points
from pos_client.domain.order import LineKind, Order, OrderLine, Seller, TenderKind, Vat
from pos_client.domain.payment import Tender

__all__ = [
    "FiscalDocument",
    "FiscalPayment",
    "FiscalTask",
    "PaymentSign",
    "Receipt",
    "ReceiptKind",
    "ReceiptLine",
    "ReceiptWords",
    "Settlement",
    "Subject",
    "Tender",
    "lines_for",
    "receipt_for",
]


class ReceiptKind(Enum):
    """Sign of calculation, tag 1054."""

    SALE = 1
    RETURN = 2
    """«Возврат прихода»: copies the lines of what it returns."""


class Settlement(Enum):
    """Sign of the way of settlement, tag 1214."""

    PREPAYMENT = 2
    FULL = 4


class Subject(Enum):
    """Sign of the subject of settlement, tag 1212."""

    COMMODITY = 1
    SERVICE = 4


class PaymentSign(Enum):
    """Which total of the receipt a payment goes to: tags 1031, 1081, 1215."""

    CASH = 1031
    CASHLESS = 1081
    PREPAID = 1215


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One subject of settlement (tag 1059). `price × quantity == amount` to the kopeck, always."""

    name: str
    price: Money
    quantity: int
    settlement: Settlement
    subject: Subject
    vat: Vat
    seller: Seller | None = None
    """Set on an agent's line (tags 1222–1226)."""

    @property
    def amount(self) -> Money:
        """Sum of the line after every discount (tag 1043)."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class FiscalPayment:
    """A sum under one payment sign."""

    sign: PaymentSign
    sum: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt ready to be registered."""

    sale_id: UUID
    """The sale or refund that owes it; travels in the user requisite (tag 1086)."""
    order_number: str
    lines: tuple[ReceiptLine, ...]
    payments: tuple[FiscalPayment, ...]
    cashier: str
    cashier_inn: str = ""
    contact: str = ""
    """Buyer's phone or e-mail (tag 1008), given before the settlement; empty means paper only."""
    notes: tuple[str, ...] = ()
    """Non-fiscal text below the receipt."""
    kind: ReceiptKind = ReceiptKind.SALE

    @property
    def total(self) -> Money:
        """ИТОГ (tag 1020)."""
        return Money.sum([line.amount for line in self.lines])


@dataclass(frozen=True, slots=True)
class FiscalTask:
    """A receipt and the identity under which it is registered exactly once."""

    id: UUID
    receipt: Receipt
    after: int | None = None
    """Number of the last fiscal document before this one; None when the register could not say."""
    sent: bool = False
    """Set before the first byte leaves: from then on the register is asked before anything is printed."""


@dataclass(frozen=True, slots=True)
class FiscalDocument:
    """A registered fiscal document, as the register answered."""

    number: int
    fn: str
    sign: str
    shift: int
    receipt_number: int
    at: datetime
    total: Money
    qr: str
    printed: bool = True
    """False: the document is registered, the paper did not come out; print a copy, never a second document."""


@dataclass(frozen=True, slots=True)
class ReceiptWords:
    """What a receipt tells the customer of points, unless a programme has words of its own.

    `{points}` is their number.
    """

    owed: str = "Баллы за заказ начислятся позже: по правилам дня продажи"
    promised: str = "Будет начислено баллов: {points}"
    after_full_payment: str = "Будет начислено баллов: {points} после полной оплаты"
    closing: tuple[str, ...] = ()
    """Last lines of every receipt."""


_WORDS = ReceiptWords()


def receipt_for(
    order: Order,
    quote: Quote,
    tenders: tuple[Tender, ...],
    *,
    sale_id: UUID,
    cashier: str,
    cashier_inn: str = "",
    promised: Points | None = None,
    owed: bool = False,
    words: ReceiptWords = _WORDS,
) -> Receipt:
    """The receipt for taking `tenders` now, with what the customer may expect of it.

    `promised` are the points that processing said will be earned; `owed` says that it could not be asked, and that
    the till will see to the accrual itself.

    Raises:
        ValueError: more would be taken than is due.
    """
    taken = Money.sum([tender.amount for tender in tenders])
    due = quote.payable - order.paid
    if taken > due:
        raise ValueError("a receipt never takes more than is due")
    settles = taken == due
    lines = lines_for(order, quote, taken, settles=settles)
    offset = (FiscalPayment(PaymentSign.PREPAID, order.paid),) if settles and order.paid else ()
    # Non-cash sums stand before cash: registers take them in this order, and only cash may give change.
    cashless = Money.sum([tender.amount for tender in tenders if tender.kind is not TenderKind.CASH])
    cash = Money.sum([tender.received for tender in tenders if tender.kind is TenderKind.CASH])
    payments = [*offset]
    if cashless:
        payments.append(FiscalPayment(PaymentSign.CASHLESS, cashless))
    if cash or not payments:
        payments.append(FiscalPayment(PaymentSign.CASH, cash))
    return Receipt(
        sale_id=sale_id,
        order_number=order.number,
        lines=lines,
        payments=tuple(payments),
        cashier=cashier,
        cashier_inn=cashier_inn,
        notes=(*_notes(quote), *_points_notes(promised, words, owed=owed, settles=settles), *words.closing),
    )


def lines_for(order: Order, quote: Quote, taken: Money, *, settles: bool) -> tuple[ReceiptLine, ...]:
    """Lines of a receipt that settles the order at the quote's prices, or takes a part of them in advance."""
    return _settled(order, quote) if settles else _prepaid(order, quote, taken)


def _settled(order: Order, quote: Quote) -> tuple[ReceiptLine, ...]:
    lines: list[ReceiptLine] = []
    for line, amount in zip(order.lines, quote.amounts, strict=True):
        # A price is per unit, so an amount that the quantity does not divide becomes two lines a kopeck apart.
        unit, extra = divmod(amount.kopecks, line.quantity)
        if line.quantity > extra:
            lines.append(_line(order, line, Money(unit), line.quantity - extra, Settlement.FULL))
        if extra:
            lines.append(_line(order, line, Money(unit + 1), extra, Settlement.FULL))
    return tuple(lines)


def _prepaid(order: Order, quote: Quote, taken: Money) -> tuple[ReceiptLine, ...]:
    parts = taken.split([amount.kopecks for amount in quote.amounts])
    # A part of a price belongs to the whole position, not to a number of its units.
    return tuple(
        _line(order, line, part, 1, Settlement.PREPAYMENT)
        for line, part in zip(order.lines, parts, strict=True)
        if part
    )


def _line(order: Order, line: OrderLine, price: Money, quantity: int, settlement: Settlement) -> ReceiptLine:
    goods = line.kind is LineKind.GOODS
    return ReceiptLine(
        name=f"{line.name} (заказ {order.number})"[:128],
        price=price,
        quantity=quantity,
        settlement=settlement,
        subject=Subject.COMMODITY if goods else Subject.SERVICE,
        vat=line.vat,
        seller=line.seller if goods else None,
    )


def _notes(quote: Quote) -> tuple[str, ...]:
    notes: list[str] = []
    if quote.discount:
        notes.append(f"Стоимость заказа: {quote.total}")
    if quote.points:
        notes.append(f"Списано баллов: {quote.points}")
    return tuple(notes)


def _points_notes(promised: Points | None, words: ReceiptWords, *, owed: bool, settles: bool) -> tuple[str, ...]:
    if owed:
        return (words.owed,)
    if not promised:
        return ()
    sentence = words.promised if settles else words.after_full_payment
    # Not str.format: the words came from outside, and braces in them are only braces.
    return (sentence.replace("{points}", str(promised)),)
