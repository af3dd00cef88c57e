"""Facts as messages of the outbox: the body that will go over the wire is written once, when the fact is taken."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, assert_never

from offline_queue import Message
from pos_client.adapters.processing_wire import (
    ProcessingNames,
    create_body,
    notice_body,
    offline_body,
    status_body,
)
from pos_client.adapters.refund_reading import correction_body, line_nodes, receipt_body, receipt_node
from pos_client.domain.customer import Customer
from pos_client.domain.facts import (
    DocumentCorrected,
    Fact,
    LoyaltyUndone,
    OrderReturned,
    OrderSettled,
    PointsArrived,
    RefundRecorded,
    RefundReleased,
    SaleFact,
    SoldOffline,
    VisitPaid,
)
from pos_client.domain.money import Money
from pos_client.domain.order import Order, TenderKind
from pos_client.domain.payment import Tender
from pos_client.domain.sale import Sale

__all__ = ["ORDERS", "PROCESSING", "Kind", "message_of", "payment_body", "sale_id_in"]

ORDERS: Final = "orders"
PROCESSING: Final = "processing"
_APART: Final = ":"
"""Follows `processing` in the name of a lane of its own, for what may have to wait while its neighbours go."""

_TENDERS: Final = {TenderKind.CASH: "CASH", TenderKind.CARD: "CARD", TenderKind.SBP: "SBP"}


class Kind:
    """Names of the kinds of message, which outlive the program that wrote them."""

    PAYMENT: Final = "payment"
    SETTLED: Final = "settled"
    OFFLINE: Final = "offline"
    CANCEL: Final = "cancel"
    RESTORE: Final = "restore"
    NOTICE: Final = "notice"
    RETURN: Final = "return"
    REFUND: Final = "refund"
    RELEASE: Final = "release"
    CORRECTION: Final = "correction"


@dataclass(frozen=True, slots=True)
class _Parts:
    kind: str
    number: str
    stream: str
    destination: str
    content: dict[str, Any]
    created: datetime
    amount: Money


def message_of(fact: Fact, names: ProcessingNames, *, now: datetime) -> Message:
    """The message that carries a fact. Its key is the fact's, so that the same fact is taken once.

    Raises:
        ValueError: a fact of a sale that cannot have it (no order, no receipt, no customer).
    """
    parts = _parts(fact, names, now)
    body = json.dumps(parts.content, ensure_ascii=False, separators=(",", ":")).encode()
    return Message(
        key=fact.key,
        stream=parts.stream,
        destination=parts.destination,
        kind=parts.kind,
        body=body,
        created=parts.created,
        amount=parts.amount.kopecks,
        label=parts.number,
    )


def sale_id_in(key: str) -> str:
    """The sale that a key belongs to, as text; empty for a key of another form."""
    parts = key.split(":")
    return parts[1] if len(parts) > 1 else ""


def _parts(fact: Fact, names: ProcessingNames, now: datetime) -> _Parts:
    match fact:
        case PointsArrived(debt):
            notice = {"body": notice_body(debt, names)}
            return _Parts(Kind.NOTICE, debt.order_number, fact.key, PROCESSING, notice, now, Money(0))
        case OrderReturned():
            status = {"body": status_body(fact.order_id, names.returned, names, fact.at)}
            lane = _lane_of(fact.order_id, fact.order_number)
            stream = f"loyalty:{fact.order_number}"
            return _Parts(Kind.RETURN, fact.order_number, stream, lane, status, fact.at, fact.amount)
        case DocumentCorrected(correction, visit_id):
            number, body = correction.order_number, correction_body(correction)
            corrected = {"number": number, "visit": str(visit_id), "body": body}
            # In the stream of the payment: the order service has to know the visit whose document is another now.
            return _Parts(Kind.CORRECTION, number, f"orders:{number}", ORDERS, corrected, now, Money(0))
        case RefundRecorded(refund) | RefundReleased(refund):
            done = isinstance(fact, RefundRecorded)
            told = {
                "number": refund.number,
                "refund": str(refund.id),
                "body": receipt_body(refund) if done else {},
            }
            kind, amount = (Kind.REFUND, refund.amount) if done else (Kind.RELEASE, Money(0))
            return _Parts(kind, refund.number, f"orders:{refund.number}", ORDERS, told, now, amount)
        case _:
            return _parts_of_sale(fact, names, now)


def _parts_of_sale(fact: SaleFact, names: ProcessingNames, now: datetime) -> _Parts:
    sale = fact.sale
    order, at = _order(sale), sale.paid_at or now
    number = order.number
    match fact:
        case VisitPaid():
            content = {"number": number, "body": payment_body(sale, fact.loyalty_order)}
            return _Parts(Kind.PAYMENT, number, f"orders:{number}", ORDERS, content, at, sale.taken)
        case OrderSettled():
            status = {"body": status_body(fact.order_id, names.paid, names, at)}
            lane = _lane_of(fact.order_id, number)
            return _Parts(Kind.SETTLED, number, f"loyalty:{number}", lane, status, at, sale.taken)
        case SoldOffline():
            saved = offline_body(
                order,
                _customer(sale),
                order_id=fact.order_id,
                settled=sale.settles,
                tenders=sale.tenders,
                at=at,
                names=names,
                office=sale.office,
            )
            return _Parts(Kind.OFFLINE, number, f"loyalty:{number}", PROCESSING, {"body": saved}, at, sale.taken)
        case LoyaltyUndone():
            return _undone(fact, order, names, now)
        case _:
            assert_never(fact)


def _lane_of(order_id: str, number: str) -> str:
    """An offline order may still lie in the outbox of another till: what changes it waits, and nobody behind it."""
    return f"{PROCESSING}{_APART}{number}" if order_id.startswith(f"{number}-") else PROCESSING


def _undone(fact: LoyaltyUndone, order: Order, names: ProcessingNames, now: datetime) -> _Parts:
    """The watch over a create that may land late counts from now: the sale itself may be of yesterday."""
    stream = f"undo:{fact.order_id}:{fact.sale.id}"
    lane = f"{PROCESSING}{_APART}{order.number}"
    nothing = Money(0)
    if not fact.restores:
        # Without a time of its own: the sale may be paid anew before this goes out, and the body has to stay.
        return _Parts(
            Kind.CANCEL,
            order.number,
            stream,
            lane,
            {"body": status_body(fact.order_id, names.cancelled, names)},
            now,
            nothing,
        )
    create = create_body(
        order,
        _customer(fact.sale),
        order.points_spent,
        order_id=fact.order_id,
        total=None,
        tenders=(),
        at=fact.sale.started_at,
        names=names,
        office=fact.sale.office,
        coupons=order.coupons,
        settled=fact.settled,
    )
    # In the order's own stream: were its payment told first, a late restore would take the payment back.
    return _Parts(Kind.RESTORE, order.number, f"loyalty:{order.number}", lane, {"body": create}, now, nothing)


def payment_body(sale: Sale, loyalty_order: str) -> dict[str, Any]:
    """What a visit paid, as `resources/openapi/counter-v1.yaml` has it: money in roubles.

    Raises:
        ValueError: the visit has no receipt or was never paid.
    """
    order, quote, document = _order(sale), sale.quote, sale.document
    if quote is None or document is None or sale.paid_at is None:
        raise ValueError("a paid visit has a price, a receipt and a time")
    body: dict[str, Any] = {
        "visit_id": str(sale.id),
        "paid_at": sale.paid_at.isoformat(),
        "office": sale.office,
        "till": sale.till,
        "cashier": sale.cashier.name,
        "tenders": [_tender(tender) for tender in sale.tenders if tender.amount],
        "order_total": _roubles(order.total),
        "discount": _roubles(quote.discount - order.discounted),
        "points_spent": (quote.points - order.points_spent).count,
        "receipt": receipt_node(document, None if sale.fiscal is None else sale.fiscal.receipt.taxation),
    }
    if sale.fiscal is not None:
        body["lines"] = line_nodes(sale.fiscal.receipt.lines)
    if loyalty_order:
        body["loyalty_order"] = loyalty_order
    if coupons := [code for code in quote.used if code not in order.coupons]:
        body["coupons"] = coupons
    return body


def _tender(tender: Tender) -> dict[str, Any]:
    """Money by one means, with the operation that moved it: whoever refunds the order, anywhere, has to name it."""
    told: dict[str, Any] = {"type": _TENDERS[tender.kind], "sum": _roubles(tender.amount)}
    done = tender.approval
    if done is not None:
        told["operation"] = {
            "id": str(done.operation),
            "at": done.at.isoformat(),
            "reference": done.reference,
            "code": done.code,
            "card": done.card,
            "terminal": done.terminal,
        }
    elif tender.operation is not None and tender.testimony is not None:
        at = tender.asked_at or tender.testimony.at
        told["operation"] = {
            "id": str(tender.operation),
            "at": at.isoformat(),
            "signed_by": tender.testimony.cashier,
        }
    return told


def _order(sale: Sale) -> Order:
    if sale.order is None:
        raise ValueError("a fact of a sale without an order")
    return sale.order


def _customer(sale: Sale) -> Customer:
    if sale.customer is None:
        raise ValueError("points of a sale without a customer")
    return sale.customer


def _roubles(amount: Money) -> float:
    return float(amount.roubles)
