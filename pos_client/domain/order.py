"""A CDEK order as the counter sees it: its lines, what earlier visits paid, and what is due."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.terms import Settlement

__all__ = [
    "OFFLINE_MARK",
    "LineKind",
    "Obstacle",
    "Order",
    "OrderLine",
    "OrderState",
    "Payer",
    "Seller",
    "TenderKind",
    "Vat",
    "Visit",
    "VisitTender",
]


OFFLINE_MARK = "-off-"
"""Marks the id of a safe offline order, so that any till can tell that an order's points travel that way."""


class TenderKind(Enum):
    """A means of payment. Points are a discount and never appear here."""

    CASH = "cash"
    CARD = "card"
    SBP = "sbp"


class LineKind(Enum):
    """What a line is, because the law and the programme treat the kinds differently."""

    DELIVERY = "delivery"
    SERVICE = "service"
    GOODS = "goods"
    """Cash on delivery for a shop: CDEK is its agent, and points never touch it."""


class Vat(Enum):
    """VAT rate of a line as the order states it (percent inside the price)."""

    NONE = "none"
    VAT0 = "0"
    VAT5 = "5"
    VAT7 = "7"
    VAT10 = "10"
    VAT20 = "20"
    VAT22 = "22"


@dataclass(frozen=True, slots=True)
class Seller:
    """The true seller of goods, printed on the agent's line (54-ФЗ, tags 1225, 1226, 1171)."""

    name: str
    inn: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One position of an order: a price per unit and a whole quantity."""

    id: str
    name: str
    kind: LineKind
    price: Money
    quantity: int = 1
    vat: Vat = Vat.NONE
    code: str = ""
    """Code of the tariff or service, by which processing knows its rules."""
    seller: Seller | None = None
    note: str = ""

    @property
    def total(self) -> Money:
        """Price of the whole line before discounts."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class VisitTender:
    """Money that an earlier visit took by one means."""

    kind: TenderKind
    amount: Money


@dataclass(frozen=True, slots=True)
class Visit:
    """An earlier payment session for the order, anywhere in the chain, as the order service remembers it."""

    id: str
    at: datetime
    office: str
    tenders: tuple[VisitTender, ...]
    discount: Money = ZERO
    """Taken off the order's price in that visit by promotions and points together."""
    points_spent: Points = NO_POINTS
    document: str = ""
    """Number of its fiscal document."""
    coupons: tuple[str, ...] = ()
    """Codes that lowered the price in that visit; without them later visits would be priced as if it had not."""
    order_total: Money | None = None
    """Full price of the order at that time; None when whoever recorded the visit did not tell."""
    settled: bool = False
    """Whether its receipt was a full settlement, so that no later one may offset its money."""
    receipt_lines: int | None = None
    """How many lines its receipt had; None when whoever recorded the visit did not tell."""
    settlement: Settlement | None = None
    """Sign of settlement of its receipt; None when whoever recorded the visit did not tell its lines."""

    @property
    def paid(self) -> Money:
        """Money taken in that visit."""
        return Money.sum([tender.amount for tender in self.tenders])


class OrderState(Enum):
    """Where the shipment is, as far as paying for it is concerned."""

    ACCEPTED = "accepted"
    """At the sender's office: the sender may pay."""
    ON_THE_WAY = "on_the_way"
    WAITING = "waiting"
    """At the pickup point: the recipient may pay and take it."""
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"


class Payer(Enum):
    """Who pays at the counter."""

    SENDER = "sender"
    RECIPIENT = "recipient"


class Obstacle(Enum):
    """Why an order cannot be paid at this counter now."""

    NOTHING_DUE = "nothing_due"
    OTHER_OFFICE = "other_office"
    ON_THE_WAY = "on_the_way"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"


@dataclass(frozen=True, slots=True)
class Order:
    """A CDEK shipment with everything that is to be paid for it."""

    number: str
    uuid: str
    lines: tuple[OrderLine, ...]
    state: OrderState
    payer: Payer
    visits: tuple[Visit, ...] = ()
    origin_office: str = ""
    destination_office: str = ""
    origin_city: str = ""
    destination_city: str = ""
    tariff: str = ""
    weight_grams: int = 0
    """What the price is made of: measured, or the volume's if that is more."""
    declared_grams: int = 0
    """What the sender said; 0 when nobody did."""
    international: bool = False
    loyalty_order: str = ""
    """The processing order that carries this order's points since its first visit; empty before it."""
    waiting_since: datetime | None = None
    """When it came to the pickup point; None when it has not, or nobody told."""

    @property
    def total(self) -> Money:
        """Full price of the order before any discount: always on the screen."""
        return Money.sum([line.total for line in self.lines])

    @property
    def paid(self) -> Money:
        """Money taken by earlier visits."""
        return Money.sum([visit.paid for visit in self.visits])

    @property
    def settled(self) -> Money:
        """What of it stands in full settlements: all that was taken up to the last of them."""
        last = max((at for at, visit in enumerate(self.visits) if visit.settled), default=-1)
        return Money.sum([visit.paid for visit in self.visits[: last + 1]])

    @property
    def discounted(self) -> Money:
        """Taken off by earlier visits; later ones cannot take it back."""
        return Money.sum([visit.discount for visit in self.visits])

    @property
    def points_spent(self) -> Points:
        """Points that earlier visits spent on this order."""
        return Points(sum(visit.points_spent.count for visit in self.visits))

    @property
    def coupons(self) -> tuple[str, ...]:
        """Codes that earlier visits used on this order, each once."""
        return tuple(dict.fromkeys(code for visit in self.visits for code in visit.coupons))

    @property
    def due(self) -> Money:
        """What is still to be paid at the prices that earlier visits left."""
        return self.total - self.discounted - self.paid

    @property
    def overweight_grams(self) -> int:
        """By how much more than declared is charged for."""
        return max(self.weight_grams - self.declared_grams, 0) if self.declared_grams else 0

    @property
    def added(self) -> Money:
        """By how much the full price has changed since the last visit: what a second weighing added, or took off."""
        before = self.visits[-1].order_total if self.visits else None
        return ZERO if before is None else self.total - before

    @property
    def sold_offline(self) -> bool:
        """Whether the order's first visit was sold without processing.

        Its offline order may still be under way from another till, so no points are spent on it.
        """
        return OFFLINE_MARK in self.loyalty_order

    def obstacle(self, office: str) -> Obstacle | None:
        """Why this order cannot be paid at `office`; None when it can."""
        if self.state is OrderState.DELIVERED:
            return Obstacle.DELIVERED
        if self.state is OrderState.NOT_DELIVERED:
            return Obstacle.NOT_DELIVERED
        # What lies at a pickup point is paid for where it is handed over.
        here = {self.destination_office} if self.state is OrderState.WAITING else {self.origin_office}
        if office not in here | {self.destination_office}:
            return Obstacle.OTHER_OFFICE
        if self.due <= ZERO:
            return Obstacle.NOTHING_DUE
        if self.state is OrderState.ON_THE_WAY and self.payer is Payer.RECIPIENT:
            return Obstacle.ON_THE_WAY
        return None
