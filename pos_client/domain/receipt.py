"""The fiscal receipt of one visit: which lines, signs and payments the law wants for the money just taken.

Rules: 54-ФЗ and FFD 1.2 (order ЕД-7-20/662@). Points lower the price of lines (ФНС letter ЕД-3-20/6387@), to nothing
if they pay for all (letter АБ-4-20/6093). What is taken before the parcel is handed over is a prepayment of every line;
the receipt of the handing-over states the whole price and offsets what was paid before.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from uuid import UUID

from pos_client.domain.loyalty import Quote
from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import LineKind, Order, OrderLine, Seller, TenderKind, Vat
from pos_client.domain.payment import Tender
from pos_client.domain.settling import FiscalRules, credit_of, settlement_of
from pos_client.domain.terms import HANDED_OVER, ON_CREDIT, Agent, Settlement, Taxation, sign_among
from pos_client.domain.vat import in_force

__all__ = [
    "LONGEST_NAME",
    "CorrectionBasis",
    "FiscalDocument",
    "FiscalPayment",
    "FiscalRules",
    "FiscalTask",
    "PaperWord",
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


LONGEST_NAME = 128
"""Characters of a line's name (tag 1030)."""


class ReceiptKind(Enum):
    """Sign of calculation, tag 1054."""

    SALE = 1
    RETURN = 2
    """«Возврат прихода»: copies the lines of what it returns."""


class Subject(Enum):
    """Sign of the subject of settlement, tag 1212."""

    COMMODITY = 1
    SERVICE = 4
    PAYMENT = 10
    """Not a thing but money for it: an advance, or a credit being paid off."""


class PaymentSign(Enum):
    """Which total of the receipt a payment goes to: its tag."""

    CASH = 1031
    CASHLESS = 1081
    PREPAID = 1215
    """Offset of what earlier receipts took in advance."""
    CREDIT = 1216
    OTHER = 1217
    """Anything but money; the only sign, and a sum of zero, when points have paid for everything."""


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
    agent: Agent | None = None
    """As what the agent sells; None where nobody has said: as the register is set when the line is printed."""

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
class CorrectionBasis:
    """What makes a receipt a correction (FFD 1.2), by our own decision (tag 1173 = 0)."""

    wrong_sign: str
    """Fiscal sign of the wrong document, in the additional requisite (tag 1192)."""
    settled_on: date
    """The register's own day of the settlement that is corrected (tag 1178)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt ready to be registered.

    Raises:
        ValueError: it would reach the buyer neither on paper nor by his contact (54-ФЗ since 2025-09-01).
    """

    sale_id: UUID
    """The sale or refund that owes it; travels in the user requisite (tag 1086)."""
    order_number: str
    lines: tuple[ReceiptLine, ...]
    payments: tuple[FiscalPayment, ...]
    cashier: str
    cashier_inn: str = ""
    contact: str = ""
    """Buyer's phone or e-mail (tag 1008), given before the settlement; empty means paper only."""
    paper: bool = True
    """Whether it is printed; without paper there is a contact."""
    notes: tuple[str, ...] = ()
    """Non-fiscal text below the receipt."""
    kind: ReceiptKind = ReceiptKind.SALE
    correction: CorrectionBasis | None = None
    taxation: Taxation | None = None
    """System of taxation (tag 1055); None where nobody has said: as the register is set when it is printed."""

    def __post_init__(self) -> None:
        if not (self.paper or self.contact):
            raise ValueError("a receipt reaches its buyer on paper, by his contact, or both")

    @property
    def total(self) -> Money:
        """ИТОГ (tag 1020)."""
        return Money.sum([line.amount for line in self.lines])

    @property
    def settlement(self) -> Settlement | None:
        """Sign of settlement by which it is known."""
        return sign_among(line.settlement for line in self.lines)


@dataclass(frozen=True, slots=True)
class PaperWord:
    """What the cashier saw where neither register nor storage could tell of a receipt; signed with the name."""

    cashier: str
    at: datetime
    task: UUID
    """The task that it is about: a later try of the same receipt is another one."""
    number: int = 0
    """Number of the fiscal document («ФД») on the paper; 0 when surely nothing was printed."""


@dataclass(frozen=True, slots=True)
class FiscalTask:
    """A receipt and the identity under which it is registered exactly once."""

    id: UUID
    receipt: Receipt
    after: int | None = None
    """Number of the last fiscal document before this one; None when the register could not say."""
    sent: bool = False
    """Set before the first byte leaves: from then on the register is asked before anything is printed."""
    fn: str = ""
    """The fiscal storage that `after` is counted in; empty when nobody noted it."""
    doubted: bool = False
    """Nobody could tell of it within the time for it: the cashier is asked."""
    words: tuple[PaperWord, ...] = ()
    """What cashiers have signed of this receipt, oldest first."""

    @property
    def is_denied(self) -> bool:
        """Whether a cashier has signed that this try of the receipt surely is not there."""
        return any(word.task == self.id and not word.number for word in self.words)

    def leaving(self, *, after: int | None, fn: str) -> "FiscalTask":
        """About to leave, `after` being the last document that the storage `fn` has."""
        return replace(self, after=after, fn=fn, sent=True, doubted=False)

    def again(self, task_id: UUID) -> "FiscalTask":
        """The next try of the receipt: nothing was registered, and what was signed of the last one is kept."""
        return FiscalTask(task_id, self.receipt, words=self.words)


@dataclass(frozen=True, slots=True)
class FiscalDocument:
    """A registered fiscal document, as the register answered."""

    number: int
    fn: str
    sign: str
    """Empty when the document is known by a signed word alone."""
    shift: int
    receipt_number: int
    at: datetime
    total: Money
    qr: str
    printed: bool = True
    """False: the document is registered, the paper did not come out; print a copy, never a second document."""
    signed_by: str = ""
    """The cashier who read its number from the paper; empty when the register told of it by itself."""


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
_RULES = FiscalRules()


def receipt_for(
    order: Order,
    quote: Quote,
    tenders: tuple[Tender, ...],
    *,
    sale_id: UUID,
    cashier: str,
    cashier_inn: str = "",
    contact: str = "",
    paper: bool = True,
    at: datetime | None = None,
    promised: Points | None = None,
    owed: bool = False,
    words: ReceiptWords = _WORDS,
    rules: FiscalRules = _RULES,
) -> Receipt:
    """The receipt for taking `tenders` now, with what the customer may expect of it.

    `at` decides on the VAT rates; None leaves them as the order states them. `promised` are the points that processing
    said will be earned; `owed` says that it could not be asked, and that the till will see to the accrual itself.

    Raises:
        ValueError: more would be taken than is due, or the receipt reaches nobody.
    """
    taken = Money.sum([tender.amount for tender in tenders])
    due = quote.payable - order.paid
    if taken > due:
        raise ValueError("a receipt never takes more than is due")
    settlement = settlement_of(order, quote.payable, taken, rules)
    lines = lines_for(order, quote, taken, settlement, on=_tax_day(order, settlement, at, rules))
    return Receipt(
        sale_id=sale_id,
        order_number=order.number,
        lines=tuple(line if line.seller is None else replace(line, agent=rules.agent) for line in lines),
        payments=_payments(order, quote, tenders, settlement),
        cashier=cashier,
        cashier_inn=cashier_inn,
        contact=contact,
        paper=paper,
        notes=(*_notes(quote), *_points_notes(promised, words, owed=owed, settles=taken == due), *words.closing),
        taxation=rules.taxation,
    )


def _payments(
    order: Order, quote: Quote, tenders: tuple[Tender, ...], settlement: Settlement
) -> tuple[FiscalPayment, ...]:
    offset = order.paid - order.settled if settlement in HANDED_OVER else ZERO
    taken = Money.sum([tender.amount for tender in tenders])
    owed = quote.payable - order.paid - taken if settlement in ON_CREDIT else ZERO
    cashless = Money.sum([tender.amount for tender in tenders if tender.kind is not TenderKind.CASH])
    cash = Money.sum([tender.received for tender in tenders if tender.kind is TenderKind.CASH])
    # Non-cash sums stand before cash: registers take them in this order, and only cash may give change.
    payments = [
        FiscalPayment(sign, amount)
        for sign, amount in (
            (PaymentSign.PREPAID, offset),
            (PaymentSign.CREDIT, owed),
            (PaymentSign.CASHLESS, cashless),
            (PaymentSign.CASH, cash),
        )
        if amount
    ]
    return tuple(payments) or (FiscalPayment(PaymentSign.OTHER, ZERO),)


def _tax_day(order: Order, settlement: Settlement, at: datetime | None, rules: FiscalRules) -> date | None:
    """The day whose VAT rates count: of the receipt, or, for a credit that is paid off, of the handing-over."""
    credit = credit_of(order) if settlement is Settlement.CREDIT_PAYMENT else None
    moment = at if credit is None else credit.at
    return None if moment is None else rules.day_of(moment)


def lines_for(
    order: Order, quote: Quote, taken: Money, settlement: Settlement, *, on: date | None = None
) -> tuple[ReceiptLine, ...]:
    """Lines of a receipt at the quote's prices and a day's VAT rates: whole, or their parts that sum to `taken`.

    What is settled already is not sold a second time: a settlement after another states the difference alone.
    """
    if settlement in HANDED_OVER and order.settled:
        return _parts(order, quote, quote.payable - order.settled, settlement, on)
    if settlement in HANDED_OVER or settlement is Settlement.FULL_PREPAYMENT:
        return _whole(order, quote, settlement, on)
    return _parts(order, quote, taken, settlement, on)


def _whole(order: Order, quote: Quote, settlement: Settlement, on: date | None) -> tuple[ReceiptLine, ...]:
    lines: list[ReceiptLine] = []
    for line, amount in zip(order.lines, quote.amounts, strict=True):
        # A price is per unit, so an amount that the quantity does not divide becomes two lines a kopeck apart.
        unit, extra = divmod(amount.kopecks, line.quantity)
        lines.append(_line(order, line, Money(unit), line.quantity - extra, settlement=settlement, on=on))
        if extra:
            lines.append(_line(order, line, Money(unit + 1), extra, settlement=settlement, on=on))
    return tuple(lines)


def _parts(
    order: Order, quote: Quote, taken: Money, settlement: Settlement, on: date | None
) -> tuple[ReceiptLine, ...]:
    prices = [amount.kopecks for amount in quote.amounts]
    ours = [0 if line.kind is LineKind.GOODS else price for line, price in zip(order.lines, prices, strict=True)]
    # A second weighing makes the delivery dearer, never the goods: they were sold whole by the first settlement.
    beside = bool(order.settled) and sum(ours) >= taken.kopecks
    parts = taken.split(ours if beside else prices)
    # A part of a price belongs to the whole position, not to a number of its units.
    return tuple(
        _line(order, line, part, 1, settlement=settlement, on=on)
        for line, part in zip(order.lines, parts, strict=True)
        if part
    )


def _line(
    order: Order, line: OrderLine, price: Money, quantity: int, *, settlement: Settlement, on: date | None
) -> ReceiptLine:
    goods = line.kind is LineKind.GOODS
    subject = Subject.COMMODITY if goods else Subject.SERVICE
    return ReceiptLine(
        name=_named(line.name, order.number),
        price=price,
        quantity=quantity,
        settlement=settlement,
        subject=Subject.PAYMENT if settlement is Settlement.CREDIT_PAYMENT else subject,
        # The seller states the rate of his goods; ours follows the law of the day.
        vat=line.vat if goods else in_force(line.vat, on),
        seller=line.seller if goods else None,
    )


def _named(name: str, number: str) -> str:
    """Name of a line (tag 1030): a long one is cut, the order's number never."""
    order = f" (заказ {number})"
    return name[: LONGEST_NAME - len(order)] + order


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
