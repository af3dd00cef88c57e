"""Sample values that tests of several rooms share."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from pos_client.domain import choosing
from pos_client.domain.customer import Balance, Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.loyalty import Earning, Quote, QuoteSource
from pos_client.domain.money import Money, Points
from pos_client.domain.order import LineKind, Order, OrderLine, OrderState, Payer, TenderKind, Vat, Visit, VisitTender
from pos_client.domain.receipt import FiscalDocument, Tender
from pos_client.domain.sale import Cashier, Sale

NOW = datetime(2026, 11, 21, 11, 2, tzinfo=UTC)

LINES = (
    OrderLine("1", "Доставка", LineKind.DELIVERY, Money(450000), vat=Vat.VAT22, code="136"),
    OrderLine("2", "Упаковка", LineKind.SERVICE, Money(30000), vat=Vat.VAT22, code="CARTON_BOX_L"),
    OrderLine("3", "Подъём на этаж", LineKind.SERVICE, Money(19000), vat=Vat.VAT22, code="LIFT"),
)

ORDER = Order(
    number="1106153417",
    uuid="72753031-0000-4fc8-97ee-000000000001",
    lines=LINES,
    state=OrderState.ACCEPTED,
    payer=Payer.SENDER,
    origin_office="MSK548",
    destination_office="NSK1",
)

MEMBER = Customer(
    CustomerKey(KeyKind.CDEK_ID, "482915"),
    Standing.MEMBER,
    processing_id="800136209",
    name="Смирнова Анна",
    phone="+7 916 •••-••-67",
    balance=Balance(Points(620), Points(80), None, NOW),
)


def visit(paid: int, *, discount: int = 0, points: int = 0) -> Visit:
    """An earlier visit that paid so many kopecks by card."""
    tenders = (VisitTender(TenderKind.CARD, Money(paid)),)
    return Visit("v1", NOW, "NSK1", tenders, Money(discount), Points(points), "4118")


def live_quote(order: Order, points: int = 0, earned: int = 225) -> Quote:
    """A quote of processing with the points taken off the first line."""
    off = Money(points * 100)
    amounts = [line.total for line in order.lines]
    amounts[0] -= off
    return Quote(
        total=order.total,
        discounts=(),
        points=Points(points),
        points_off=off,
        redeemable=Points(490),
        amounts=tuple(amounts),
        earning=Earning.AFTER_FULL_PAYMENT,
        earned=Points(earned),
        source=QuoteSource.LIVE,
    )


def new_sale(number: int = 1) -> Sale:
    """A sale that has just begun."""
    return Sale(UUID(int=number), NOW, "MSK548", "1", Cashier("Иванова М."))


def priced_sale(points: int = 0, order: Order = ORDER) -> Sale:
    """A member and an order on the counter, priced live."""
    sale = choosing.order_taken(choosing.identified(new_sale(), MEMBER), order)
    return choosing.quoted(
        sale, live_quote(order, points + order.points_spent.count), order_id=order.loyalty_order or order.number
    )


def cash(kopecks: int, received: int | None = None) -> tuple[Tender, ...]:
    """One cash tender."""
    return (Tender(TenderKind.CASH, Money(kopecks), Money(kopecks if received is None else received)),)


def document(number: int = 39091, total: int = 450000) -> FiscalDocument:
    """A registered document."""
    return FiscalDocument(number, "9999078900001341", "3635260533", 118, 1, NOW, Money(total), "t=…")


def with_visits(*visits: Visit, loyalty_order: str = "") -> Order:
    """The sample order after earlier visits."""
    return replace(ORDER, visits=visits, loyalty_order=loyalty_order)
