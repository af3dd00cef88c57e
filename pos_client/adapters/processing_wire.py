"""The processing wire as pure functions: the names of a project, and the bodies of Mindbox API v3.

Source: Mindbox API v3 (one-step orders). Every name is a project's own, so each is a field of `ProcessingNames`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pos_client.domain.customer import Customer, CustomerKey, KeyKind
from pos_client.domain.debts import Debt
from pos_client.domain.loyalty import LinePart
from pos_client.domain.money import Money, Points
from pos_client.domain.order import LineKind, Order, OrderLine, TenderKind
from pos_client.domain.receipt import Tender

__all__ = [
    "ProcessingNames",
    "create_body",
    "customer_node",
    "cut",
    "digits",
    "key_node",
    "lookup_body",
    "notice_body",
    "offline_body",
    "payments_of",
    "preorder_body",
    "status_body",
    "utc_millis",
]

Mode = Literal["sync", "async"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingNames:
    """Everything that a Mindbox project names or decides for itself; defaults are the training shop's.

    Timeouts in seconds.
    """

    endpoint: str = "CDEK.Offline"
    lookup: str = "Offline.GetCustomerInfo"
    preorder: str = "Offline.AuthorizedPreorder"
    create: str = "Offline.CreateAuthorizedOrder"
    status: str = "Offline.ChangeStatus"
    offline: str = "Offline.SaveOfflineOrder"
    history: str = "Offline.GetBalanceHistory"
    order_info: str = "Offline.GetOrder"
    candidates: str = "Offline.FindCustomers"
    join: str = "Offline.RegisterCustomer"
    send_code: str = "Offline.SendMobilePhoneAuthorizationCode"
    check_code: str = "Offline.CheckMobilePhoneAuthorizationCode"
    notice: str = "Offline.SendPointsNotice"
    status_mode: Mode = "async"
    cancel_mode: Mode = "sync"
    offline_mode: Mode = "async"
    customer_id_field: str = "cdekId"
    order_id_field: str = "offlineTransactionId"
    product_system: str = "cdekService"
    tariff_prefix: str = "TARIFF-"
    service_prefix: str = ""
    goods_prefix: str = "GOODS-"
    number_field: str = "cdekNumber"
    international_field: str = "international"
    cash_desk: str = ""
    checked_out: str = "CheckedOut"
    paid: str = "Paid"
    cancelled: str = "Cancelled"
    returned: str = "Return"
    balance: str = "Main"
    level_segmentation: str = "LoyaltyLevel"
    most_points_percent: int = 100
    cash: str = "cash"
    card: str = "card"
    sbp: str = "sbp"
    brand: str = "CDEK"
    advertising_channel: str = "Sms"
    consent_prefix: str = "consent"
    lookup_timeout: float = 3.0
    preorder_timeout: float = 3.0
    create_timeout: float = 1.2
    member_timeout: float = 5.0
    delivery_timeout: float = 25.0

    def product(self, line: OrderLine) -> str:
        """The project's id of what a line sells."""
        prefixes = {
            LineKind.DELIVERY: self.tariff_prefix,
            LineKind.SERVICE: self.service_prefix,
            LineKind.GOODS: self.goods_prefix,
        }
        return prefixes[line.kind] + (line.code or line.id)

    def most_points(self, order: Order) -> Points:
        """The most that the till ever asks for in all, by the project's share of the services; a point is a rouble."""
        services = Money.sum([line.total for line in order.lines if line.kind is not LineKind.GOODS])
        return max(order.points_spent, Points(services.kopecks * self.most_points_percent // 100 // 100))

    def tender(self, kind: TenderKind) -> str:
        """The project's code of a means of payment."""
        return {TenderKind.CASH: self.cash, TenderKind.CARD: self.card, TenderKind.SBP: self.sbp}[kind]


# ------------------------------------------------------------------------------------------------------- bodies


def lookup_body(key: CustomerKey, office: str, names: ProcessingNames) -> dict[str, Any]:
    """Who is this?"""
    return {"pointOfContact": office, "customer": key_node(key, names)}


def preorder_body(
    order: Order,
    customer: Customer,
    points: Points,
    *,
    order_id: str,
    at: datetime,
    names: ProcessingNames,
    office: str,
    coupons: tuple[str, ...] = (),
) -> dict[str, Any]:
    """What would it cost with `points` in all?"""
    body = _order_body(order, order_id, names.checked_out, names=names) | _wanted(points, coupons)
    return _request(customer_node(customer, names), body, at, office)


def create_body(
    order: Order,
    customer: Customer,
    points: Points,
    *,
    order_id: str,
    total: Money | None,
    tenders: tuple[Tender, ...],
    at: datetime,
    names: ProcessingNames,
    office: str,
    coupons: tuple[str, ...] = (),
    parts: tuple[LinePart, ...] = (),
    settled: bool = False,
) -> dict[str, Any]:
    """Create or update the order; `points` are all that the order takes, earlier visits included."""
    body = _order_body(order, order_id, names.paid if settled else names.checked_out, names=names)
    body |= _wanted(points, coupons)
    body["lines"] = cut(body["lines"], parts)
    if total is not None:
        body["totalPrice"] = _roubles(total)
    payments = payments_of(order, tenders, names)
    if payments:
        body["payments"] = payments
    return _request(customer_node(customer, names), body, at, office)


def _wanted(points: Points, coupons: tuple[str, ...]) -> dict[str, Any]:
    """Points and coupons as the order names them; what is not wanted is not sent at all."""
    wanted: dict[str, Any] = {}
    if points:
        wanted["bonusPoints"] = [{"amount": points.count}]
    if coupons:
        wanted["coupons"] = [{"ids": {"code": code}} for code in coupons]
    return wanted


def offline_body(
    order: Order,
    customer: Customer,
    *,
    order_id: str,
    settled: bool,
    tenders: tuple[Tender, ...],
    at: datetime,
    names: ProcessingNames,
    office: str,
) -> dict[str, Any]:
    """The safe offline order: full composition at full prices, no points, the true time of the sale."""
    body = _order_body(order, order_id, names.paid if settled else names.checked_out, names=names)
    body["totalPrice"] = _roubles(order.total)
    payments = payments_of(order, tenders, names)
    if payments:
        body["payments"] = payments
    return _request(customer_node(customer, names), body, at, office)


def status_body(order_id: str, status: str, names: ProcessingNames, at: datetime | None = None) -> dict[str, Any]:
    """Move the whole order to a status; without `at` the server's own time counts."""
    body: dict[str, Any] = {"order": {"ids": {names.order_id_field: order_id}}, "orderLinesStatus": status}
    if at is not None:
        body["executionDateTimeUtc"] = utc_millis(at)
    return body


def notice_body(debt: Debt, names: ProcessingNames) -> dict[str, Any]:
    """Tell the customer that owed points are on the account; the words are the project's own template."""
    customer = {"ids": {"mindboxId": debt.customer_id}} if debt.customer_id else key_node(debt.key, names)
    parameters = {
        "orderNumber": debt.order_number,
        "points": debt.accrued.count,
        "soldAtUtc": utc_millis(debt.sold_at),
        "waitsForPayment": debt.waits_for_payment,
    }
    return {"customer": customer, "smsMailing": {"customParameters": parameters}}


def customer_node(customer: Customer, names: ProcessingNames) -> dict[str, Any]:
    """The customer by processing's own id, or by what was scanned, verbatim, when nobody could resolve it."""
    if customer.processing_id:
        return {"ids": {"mindboxId": customer.processing_id}}
    return key_node(customer.key, names)


def payments_of(order: Order, tenders: tuple[Tender, ...], names: ProcessingNames) -> list[dict[str, Any]]:
    """Money by means of payment: what earlier visits took and what this one takes."""
    sums: dict[TenderKind, Money] = {}
    earlier = [(tender.kind, tender.amount) for visit in order.visits for tender in visit.tenders]
    for kind, amount in [*earlier, *((tender.kind, tender.amount) for tender in tenders)]:
        sums[kind] = sums.get(kind, Money(0)) + amount
    return [{"type": names.tender(kind), "amount": _roubles(amount)} for kind, amount in sums.items() if amount]


def utc_millis(at: datetime) -> str:
    """A moment as the wire wants it: ISO 8601, UTC, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _request(customer: dict[str, Any], order: dict[str, Any], at: datetime, office: str) -> dict[str, Any]:
    return {
        "pointOfContact": office,
        "executionDateTimeUtc": utc_millis(at),
        "customer": customer,
        "order": order,
    }


def _order_body(order: Order, order_id: str, status: str, *, names: ProcessingNames) -> dict[str, Any]:
    fields: dict[str, Any] = {names.number_field: order.number}
    if order.international:
        fields[names.international_field] = True
    body: dict[str, Any] = {"ids": {names.order_id_field: order_id}, "customFields": fields}
    if names.cash_desk:
        body["cashdesk"] = {"ids": {"externalId": names.cash_desk}}
    body["lines"] = [_line(line, at, status, names) for at, line in enumerate(order.lines, start=1)]
    return body


def _line(line: OrderLine, at: int, status: str, names: ProcessingNames) -> dict[str, Any]:
    found: dict[str, Any] = {
        "lineId": line.id,
        "lineNumber": at,
        "quantity": line.quantity,
        "basePricePerItem": _roubles(line.price),
        "product": {"ids": {names.product_system: names.product(line)}},
        "status": {"ids": {"externalId": status}},
    }
    if line.kind is LineKind.GOODS:
        # Goods belong to the shop that sells them: neither points nor promotions may lower their price.
        found["minPricePerItem"] = _roubles(line.price)
    return found


def cut(lines: Sequence[Mapping[str, Any]], parts: Sequence[LinePart]) -> list[dict[str, Any]]:
    """The wire's lines in the parts that the server made of them, under its numbers; uncut if it made none.

    A part needs an id of its own, or the create is refused: the first keeps the line's, the others add their number.
    """
    if not parts:
        return [dict(line) for line in lines]
    by_id = {line["lineId"]: line for line in lines}
    taken: set[str] = set()
    found: list[dict[str, Any]] = []
    for part in sorted(parts, key=lambda one: one.number):
        line_id = part.line_id if part.line_id not in taken else f"{part.line_id}/{part.number}"
        while line_id in taken or (line_id != part.line_id and line_id in by_id):
            line_id += "/"
        taken.add(line_id)
        found.append({**by_id[part.line_id], "lineId": line_id, "lineNumber": part.number, "quantity": part.quantity})
    return found


def key_node(key: CustomerKey, names: ProcessingNames) -> dict[str, Any]:
    """What was scanned or typed, as the wire names a customer by it."""
    match key.kind:
        case KeyKind.CDEK_ID:
            return {"ids": {names.customer_id_field: key.value}}
        case KeyKind.PHONE:
            return {"mobilePhone": digits(key.value)}
        case KeyKind.CARD:
            return {"discountCard": {"ids": {"number": key.value}}}


def digits(phone: str) -> str:
    """A phone as the wire wants it."""
    return "".join(sign for sign in phone if sign.isdigit())


def _roubles(amount: Money) -> float:
    return float(amount.roubles)
