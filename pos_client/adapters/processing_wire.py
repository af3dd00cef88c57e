"""The processing wire as pure functions: names, what an answer means, and the bodies of Mindbox API v3.

Source: Mindbox API v3 (one-step orders). Every name is a project's own, so each is a field of `ProcessingNames`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal

from pos_client.adapters.tolerant import node, nodes, text
from pos_client.domain.customer import Customer, CustomerKey, KeyKind
from pos_client.domain.debts import Debt
from pos_client.domain.money import Money, Points
from pos_client.domain.order import LineKind, Order, OrderLine, TenderKind
from pos_client.domain.receipt import Tender

__all__ = [
    "Outcome",
    "OutcomeKind",
    "ProcessingNames",
    "create_body",
    "customer_node",
    "lookup_body",
    "notice_body",
    "offline_body",
    "outcome_of",
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
    cash: str = "cash"
    card: str = "card"
    sbp: str = "sbp"
    lookup_timeout: float = 3.0
    preorder_timeout: float = 3.0
    create_timeout: float = 1.2
    delivery_timeout: float = 25.0

    def product(self, line: OrderLine) -> str:
        """The project's id of what a line sells."""
        prefixes = {
            LineKind.DELIVERY: self.tariff_prefix,
            LineKind.SERVICE: self.service_prefix,
            LineKind.GOODS: self.goods_prefix,
        }
        return prefixes[line.kind] + (line.code or line.id)

    def tender(self, kind: TenderKind) -> str:
        """The project's code of a means of payment."""
        return {TenderKind.CASH: self.cash, TenderKind.CARD: self.card, TenderKind.SBP: self.sbp}[kind]


class OutcomeKind(Enum):
    """What an answer of processing means."""

    OK = "ok"
    DUPLICATE = "duplicate"
    """This transaction was processed before: success, without its numbers."""
    REJECTED = "rejected"
    PRICE_CHANGED = "price changed"
    DEGRADED = "degraded"
    """Success in form, but the calculation was not done."""
    PROTOCOL = "protocol"
    DENIED = "denied"
    THROTTLED = "throttled"
    """Not processed: too many calls."""
    UNAVAILABLE = "unavailable"
    """Not processed: a passing failure that processing itself reports."""
    UNKNOWN = "unknown"
    """Nobody says whether it was processed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer and its meaning; `words` are the server's own."""

    kind: OutcomeKind
    words: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


_OK: Final = 200
_BY_CODE: Final = {
    401: OutcomeKind.DENIED,
    403: OutcomeKind.DENIED,
    429: OutcomeKind.THROTTLED,
    503: OutcomeKind.UNAVAILABLE,
}
_CLIENT_ERRORS: Final = range(400, 500)
_BY_STATUS: Final = {
    "transactionalreadyprocessed": OutcomeKind.DUPLICATE,
    "validationerror": OutcomeKind.REJECTED,
    "pricehasbeenchanged": OutcomeKind.PRICE_CHANGED,
    "protocolerror": OutcomeKind.PROTOCOL,
    "internalservererror": OutcomeKind.UNAVAILABLE,
}
_BY_ORDER_STATUS: Final = {
    "pricehasbeenchanged": OutcomeKind.PRICE_CHANGED,
    "personaldiscountscalculationisunavailable": OutcomeKind.DEGRADED,
    "discountscalculationisunavailable": OutcomeKind.DEGRADED,
}


def outcome_of(status: int, content: bytes) -> Outcome:
    """The one meaning of an HTTP status and a body, whatever they are."""
    body = _parsed(content)
    return Outcome(_kind(status, body), _words(body), body)


def _kind(status: int, body: Mapping[str, Any]) -> OutcomeKind:
    said = text(body.get("status")).lower()
    if status in _BY_CODE:
        return _BY_CODE[status]
    if status in _CLIENT_ERRORS:
        return OutcomeKind.PROTOCOL
    if status == _OK and said == "success":
        order_status = text(node(body.get("order")).get("processingStatus")).lower()
        return _BY_ORDER_STATUS.get(order_status, OutcomeKind.OK)
    if status == _OK or said == "internalservererror":
        return _BY_STATUS.get(said, OutcomeKind.UNKNOWN)
    # A gateway in between: the request may have reached the processing behind it.
    return OutcomeKind.UNKNOWN


def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        return node(json.loads(content, parse_float=Decimal))
    except ValueError:
        return {}


def _words(body: Mapping[str, Any]) -> str:
    messages = [text(message.get("message")) for message in nodes(body.get("validationMessages"))]
    said = [*messages, text(body.get("errorMessage")), text(node(body.get("order")).get("statusDescription"))]
    return " ".join(sentence for sentence in said if sentence)


# ------------------------------------------------------------------------------------------------------- bodies


def lookup_body(key: CustomerKey, office: str, names: ProcessingNames) -> dict[str, Any]:
    """Who is this?"""
    return {"pointOfContact": office, "customer": _key_node(key, names)}


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
) -> dict[str, Any]:
    """Create or update the order; `points` are all that the order takes, earlier visits included."""
    body = _order_body(order, order_id, names.checked_out, names=names) | _wanted(points, coupons)
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
    customer = {"ids": {"mindboxId": debt.customer_id}} if debt.customer_id else _key_node(debt.key, names)
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
    return _key_node(customer.key, names)


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


def _key_node(key: CustomerKey, names: ProcessingNames) -> dict[str, Any]:
    match key.kind:
        case KeyKind.CDEK_ID:
            return {"ids": {names.customer_id_field: key.value}}
        case KeyKind.PHONE:
            return {"mobilePhone": "".join(sign for sign in key.value if sign.isdigit())}
        case KeyKind.CARD:
            return {"discountCard": {"ids": {"number": key.value}}}


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


def _roubles(amount: Money) -> float:
    return float(amount.roubles)
