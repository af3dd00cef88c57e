"""Refunds on the wire of counter v1: the story of an order's payments, the claim, the receipt of the return.

Source: `resources/openapi/counter-v1.yaml`; the text of a receipt's QR code is tag 1196 of FFD 1.2.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from pos_client.adapters.order_reading import UnreadableOrderError
from pos_client.adapters.tolerant import identifier, moment, money, node, nodes, text, whole
from pos_client.domain.correction import Correction
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import Order, Seller, TenderKind, Vat
from pos_client.domain.paid_order import PaidOrder, PaidVisit, Returned
from pos_client.domain.payment import Approval
from pos_client.domain.receipt import FiscalDocument, ReceiptLine, Subject
from pos_client.domain.refund import Refund
from pos_client.domain.terms import Agent, AgentSign, Settlement, Taxation

__all__ = [
    "claim_body",
    "correction_body",
    "line_nodes",
    "paid_order",
    "receipt_body",
    "receipt_node",
    "receipt_query",
    "returned_in",
]

_TENDERS: Final = {TenderKind.CASH: "CASH", TenderKind.CARD: "CARD", TenderKind.SBP: "SBP"}
_TAXATIONS: Final[Mapping[int | None, Taxation]] = {one.value: one for one in Taxation}


def paid_order(order: Order, counter: Mapping[str, Any]) -> PaidOrder:
    """The order with what the counter's answer says of its visits beyond what a sale needs to know."""
    told = {identifier(one.get("visit_id")): one for one in nodes(counter.get("payments"))}
    visits = []
    for visit in order.visits:
        body = told.get(visit.id, {})
        receipt = node(body.get("receipt"))
        visits.append(
            PaidVisit(
                id=visit.id,
                at=visit.at,
                office=visit.office,
                till=identifier(body.get("till")),
                cashier=text(body.get("cashier")),
                tenders=visit.tenders,
                discount=visit.discount,
                points_spent=visit.points_spent,
                loyalty_order=identifier(body.get("loyalty_order")),
                document=visit.document,
                fn=identifier(receipt.get("fn")),
                lines=_lines(body, money(receipt.get("total"))),
                approvals=tuple(_approval(one) for one in nodes(body.get("tenders"))),
                taken_back=not receipt and any(nodes(body.get("corrections"))),
                taxation=_TAXATIONS.get(whole(receipt.get("taxation"))),
            )
        )
    return PaidOrder(order, tuple(visits), returned_in(node(counter.get("refund"))))


def _approval(tender: Mapping[str, Any]) -> Approval | None:
    """The operation that took a tender; None when nobody recorded one that a bank would recognise."""
    told = node(tender.get("operation"))
    at, amount = moment(told.get("at")), money(tender.get("sum"))
    try:
        operation = UUID(text(told.get("id")))
    except ValueError:
        return None
    if at is None or amount is None:
        return None
    reference, code, card, terminal = (text(told.get(name)) for name in ("reference", "code", "card", "terminal"))
    signed_by = text(told.get("signed_by"))
    return Approval(operation, amount, at, reference, code, card, terminal, signed_by=signed_by)


def returned_in(refund: Mapping[str, Any]) -> Returned | None:
    """The refund that holds the order; None for an empty node.

    Raises:
        UnreadableOrderError: there is one, and it does not say since when.
    """
    if not refund:
        return None
    claimed_at = moment(refund.get("claimed_at"))
    if claimed_at is None:
        raise UnreadableOrderError("a refund without a time")
    receipt = node(refund.get("receipt"))
    return Returned(
        refund_id=identifier(refund.get("refund_id")),
        office=text(refund.get("office")),
        till=identifier(refund.get("till")),
        claimed_at=claimed_at,
        amount=money(refund.get("amount")) or ZERO,
        at=moment(refund.get("returned_at")),
        document=identifier(receipt.get("document_number")),
    )


def claim_body(refund: Refund) -> dict[str, Any]:
    """What a refund asks for: the whole of what was paid, visit by visit.

    Raises:
        ValueError: the refund was never confirmed.
    """
    if refund.claimed_at is None:
        raise ValueError("a claim of a refund that was not confirmed")
    sums: dict[TenderKind, Money] = {}
    for back in refund.paid.paybacks:
        sums[back.kind] = sums.get(back.kind, ZERO) + back.amount
    return {
        "refund_id": str(refund.id),
        "claimed_at": refund.claimed_at.isoformat(),
        "office": refund.office,
        "till": refund.till,
        "cashier": refund.cashier.name,
        "visits": [visit.id for visit in refund.paid.visits],
        "tenders": [{"type": _TENDERS[kind], "sum": _roubles(amount)} for kind, amount in sums.items()],
        "points_returned": refund.paid.points_spent.count,
    }


def receipt_body(refund: Refund) -> dict[str, Any]:
    """The receipt of the return, as the order service keeps it.

    Raises:
        ValueError: there is none.
    """
    document = refund.document
    if document is None:
        raise ValueError("a refund without a receipt")
    return {"refund_id": str(refund.id), "returned_at": document.at.isoformat(), "receipt": receipt_node(document)}


def correction_body(correction: Correction) -> dict[str, Any]:
    """What stands in place of a visit's document, as the order service keeps it.

    Raises:
        IllegalMoveError: a step of the correction is left.
    """
    right = correction.right
    body: dict[str, Any] = {
        "correction_id": str(correction.id),
        "corrected_at": correction.documents[-1].at.isoformat(),
        "cashier": correction.cashier.name,
        "why": correction.why,
        "wrong": receipt_node(correction.wrong),
        "opposite": receipt_node(correction.documents[0]),
        "receipt": None,
    }
    if right is not None:
        document, receipt = right
        body |= {"receipt": receipt_node(document, receipt.taxation), "lines": line_nodes(receipt.lines)}
    return body


def receipt_node(document: FiscalDocument, taxation: Taxation | None = None) -> dict[str, Any]:
    """A fiscal document on the wire, with the system of taxation that it states if somebody may have to copy it.

    One that is known by a signed word has the signer's name, and no sign and shift if only its paper tells of it.
    """
    found: dict[str, Any] = {"fn": document.fn, "document_number": document.number}
    if document.sign or not document.signed_by:
        found["fiscal_sign"] = int(document.sign) if document.sign.isdecimal() else document.sign
        found["shift"] = document.shift
    found |= {"date": document.at.isoformat(), "total": _roubles(document.total)}
    if document.signed_by:
        found["signed_by"] = document.signed_by
    return found if taxation is None else {**found, "taxation": taxation.value}


def line_nodes(lines: tuple[ReceiptLine, ...]) -> list[dict[str, Any]]:
    """Lines of a receipt on the wire: whoever returns the order copies them, at any till."""
    return [_line_node(line) for line in lines]


def receipt_query(qr: str) -> dict[str, str]:
    """What names a receipt, out of the text of its QR code; empty when something is missing."""
    found = dict(parse_qsl(qr.strip()))
    query = {
        "fn": found.get("fn", ""),
        "document_number": found.get("i", ""),
        # Printed codes may pad the sign with zeros; the wire has it as a number.
        "fiscal_sign": found.get("fp", "").lstrip("0"),
    }
    return query if all(one.isdecimal() for one in query.values()) else {}


def _line_node(line: ReceiptLine) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": line.name,
        "price": _roubles(line.price),
        "quantity": line.quantity,
        "settlement": line.settlement.name,
        "subject": line.subject.name,
        "vat": line.vat.value,
    }
    if line.seller is not None:
        found["seller"] = {"name": line.seller.name, "inn": line.seller.inn, "phone": line.seller.phone}
    if line.agent is not None:
        found["agent"] = {
            "sign": line.agent.sign.value,
            "operation": line.agent.operation,
            "phone": line.agent.phone,
        }
    return found


def _lines(body: Mapping[str, Any], total: Money | None) -> tuple[ReceiptLine, ...]:
    """Lines that can be copied as they are; none at all if one is unreadable or they miss the receipt's total."""
    try:
        lines = tuple(_line(one) for one in nodes(body.get("lines")))
    except (KeyError, ValueError):
        return ()
    return lines if Money.sum([line.amount for line in lines]) == total else ()


def _line(one: Mapping[str, Any]) -> ReceiptLine:
    price, quantity, seller = money(one.get("price")), whole(one.get("quantity")), node(one.get("seller"))
    agent = node(one.get("agent"))
    if price is None or price < ZERO or quantity is None or quantity < 1:
        raise ValueError("a line without a price or a quantity")
    return ReceiptLine(
        name=text(one.get("name")),
        price=price,
        quantity=quantity,
        settlement=Settlement[text(one.get("settlement"))],
        subject=Subject[text(one.get("subject"))],
        vat=Vat(identifier(one.get("vat"))),
        seller=Seller(text(seller.get("name")), identifier(seller.get("inn")), text(seller.get("phone")))
        if seller
        else None,
        agent=Agent(AgentSign(whole(agent.get("sign"))), text(agent.get("operation")), text(agent.get("phone")))
        if agent
        else None,
    )


def _roubles(amount: Money) -> float:
    return float(amount.roubles)
