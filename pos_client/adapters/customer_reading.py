"""A customer out of processing's answers, with personal data masked before anybody else sees it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.tolerant import UnreadableAnswerError, identifier, node, nodes, number, points, text, whole_day
from pos_client.domain.customer import (
    Balance,
    Candidate,
    Customer,
    CustomerKey,
    Expiration,
    KeyKind,
    Standing,
    masked_phone,
)
from pos_client.domain.money import NO_POINTS, Points

__all__ = ["balance_in", "candidates_in", "customer_in", "kept", "system_of"]

_STANDINGS: Final = {
    "found": Standing.MEMBER,
    "notfound": Standing.NOT_FOUND,
    "ambiguous": Standing.AMBIGUOUS,
    "discountcardisblocked": Standing.BLOCKED,
}


def customer_in(body: Mapping[str, Any], key: CustomerKey, names: ProcessingNames, read_at: datetime) -> Customer:
    """Who answered to the key, with personal data masked.

    A blocked card is refused whoever owns it; the owner is welcome by CDEK ID or phone.

    Raises:
        UnreadableAnswerError: the answer does not say whether anybody was found.
    """
    found = node(body.get("customer"))
    status = text(found.get("processingStatus"))
    standing = _STANDINGS.get(status.lower())
    if standing is None:
        raise UnreadableAnswerError(f"customer.processingStatus {status or 'is missing'}")
    if standing is Standing.BLOCKED or (key.kind is KeyKind.CARD and _card_is_blocked(body, key.value)):
        return Customer(kept(key), Standing.BLOCKED, card_blocked=True)
    if standing is not Standing.MEMBER:
        return Customer(kept(key), standing)
    processing_id = identifier(node(found.get("ids")).get("mindboxId"))
    if not processing_id:
        raise UnreadableAnswerError("customer.ids.mindboxId is missing")
    return Customer(
        key=kept(key),
        standing=standing,
        processing_id=processing_id,
        name=" ".join(part for part in (text(found.get("lastName")), text(found.get("firstName"))) if part),
        phone=masked_phone(text(found.get("mobilePhone"))),
        level=_level(body, names),
        balance=balance_in(body, names, read_at),
    )


def candidates_in(body: Mapping[str, Any], names: ProcessingNames) -> tuple[Candidate, ...]:
    """Everybody whom a key may mean, each once; whoever has no id cannot be chosen and is left out.

    Raises:
        UnreadableAnswerError: there is no list of customers.
    """
    if not isinstance(body.get("customers"), list):
        raise UnreadableAnswerError("customers are missing")
    found: dict[str, Candidate] = {}
    for one in nodes(body.get("customers")):
        processing_id = identifier(node(one.get("ids")).get("mindboxId"))
        if processing_id:
            name = _short_name(text(one.get("firstName")), text(one.get("lastName")))
            hint = _level(one, names) or text(node(one.get("area")).get("name"))
            found[processing_id] = Candidate(processing_id, name, masked_phone(text(one.get("mobilePhone"))), hint)
    return tuple(found.values())


def kept(key: CustomerKey) -> CustomerKey:
    """The key as it stays with the sale: once processing has answered, nobody needs the whole phone again."""
    return replace(key, value=masked_phone(key.value)) if key.kind is KeyKind.PHONE else key


def _short_name(first: str, last: str) -> str:
    initial = f"{last[:1]}." if last else ""
    return " ".join(part for part in (first, initial) if part)


def balance_in(body: Mapping[str, Any], names: ProcessingNames, read_at: datetime) -> Balance | None:
    """The points account that the project names, wherever it stands in the list; None when it cannot be read."""
    for one in nodes(body.get("balances")):
        if system_of(one) != names.balance:
            continue
        available = _not_below_zero(one.get("available"))
        if available is None:
            return None
        nearest = node(one.get("nearestExpiration"))
        burning, on = points(nearest.get("total")), whole_day(nearest.get("date"))
        return Balance(
            available=available,
            blocked=points(one.get("blocked")) or NO_POINTS,
            expiring=Expiration(burning, on) if burning and on else None,
            read_at=read_at,
        )
    return None


def _not_below_zero(value: object) -> Points | None:
    """An overdrawn account has nothing to spend, which is known; one without a number is not known at all."""
    found = number(value)
    return None if found is None else Points(max(0, int(found)))


def system_of(one: Mapping[str, Any]) -> str:
    """System name of the points account that a part of an answer speaks of; empty when it does not say."""
    return text(one.get("systemName")) or text(node(node(one.get("balanceType")).get("ids")).get("systemName"))


def _card_is_blocked(body: Mapping[str, Any], card: str) -> bool:
    return any(
        identifier(node(one.get("ids")).get("number")) == card
        and text(node(node(one.get("status")).get("ids")).get("systemName")).lower() == "blocked"
        for one in nodes(body.get("discountCards"))
    )


def _level(body: Mapping[str, Any], names: ProcessingNames) -> str:
    for one in nodes(body.get("customerSegmentations")):
        if text(node(node(one.get("segmentation")).get("ids")).get("externalId")) == names.level_segmentation:
            return text(node(one.get("segment")).get("name"))
    return ""
