"""The wire of people as pure functions: bodies of codes, joining and history, and what their answers say.

Source: Mindbox API v3, customer operations; in answers an order's external id is named with `Id` at its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pos_client.adapters.customer_reading import system_of
from pos_client.adapters.processing_wire import ProcessingNames, customer_node, digits, utc_millis
from pos_client.adapters.tolerant import (
    UnreadableAnswerError,
    flag,
    identifier,
    moment,
    node,
    nodes,
    number,
    points,
    text,
)
from pos_client.domain.account import Movement, MovementKind
from pos_client.domain.customer import Customer
from pos_client.domain.joining import Application, ConsentText, Purpose
from pos_client.domain.money import NO_POINTS, Points

__all__ = [
    "Page",
    "chosen_body",
    "code_body",
    "earned_in",
    "history_body",
    "join_body",
    "order_body",
    "page_in",
]

_CONSENTS: Final = {
    Purpose.PROGRAMME: "Programme",
    Purpose.PERSONAL_DATA: "PersonalData",
    Purpose.ADVERTISING: "Advertising",
}
_KINDS: Final = {
    "retailorderbonus": MovementKind.EARNED,
    "retailorderpayment": MovementKind.SPENT,
    "expired": MovementKind.BURNED,
}


# ------------------------------------------------------------------------------------------------------- bodies


def chosen_body(processing_id: str, office: str) -> dict[str, Any]:
    """Who has this id of processing's own?"""
    return {"pointOfContact": office, "customer": {"ids": {"mindboxId": processing_id}}}


def code_body(to: Customer | Application, names: ProcessingNames, code: str = "") -> dict[str, Any]:
    """Send a code, or check the one that was sent. The misspelt field is the wire's own."""
    customer = {"mobilePhone": digits(to.phone)} if isinstance(to, Application) else customer_node(to, names)
    body: dict[str, Any] = {"customer": customer}
    return {**body, "authentificationCode": code} if code else body


def history_body(
    customer: Customer, names: ProcessingNames, *, since: datetime, till: datetime, number: int, size: int
) -> dict[str, Any]:
    """One page of the account's movements; pages count from 1."""
    page = {
        "sinceDateTimeUtc": utc_millis(since),
        "tillDateTimeUtc": utc_millis(till),
        "pageNumber": number,
        "itemsPerPage": size,
    }
    return {"customer": customer_node(customer, names), "page": page}


def order_body(order_id: str, names: ProcessingNames) -> dict[str, Any]:
    """What has become of an order?"""
    return {"order": {"ids": {names.order_id_field: order_id}}}


def join_body(
    application: Application, texts: tuple[ConsentText, ...], names: ProcessingNames, *, office: str, at: datetime
) -> dict[str, Any]:
    """Register a customer with the consents given: what was agreed to, in which words, and when.

    Raises:
        ValueError: a needed consent or the phone is missing, or the text that was agreed to.
    """
    if not application.is_complete:
        raise ValueError("nobody joins without a phone and the needed consents")
    by_purpose = {one.purpose: one for one in texts}
    fields: dict[str, str] = {}
    for purpose in sorted(application.purposes, key=lambda one: one.value):
        if purpose not in by_purpose:
            raise ValueError(f"no text for the consent {purpose.value}")
        name = names.consent_prefix + _CONSENTS[purpose]
        said = by_purpose[purpose]
        fields |= {
            f"{name}Text": said.id,
            f"{name}Version": said.version,
            f"{name}Sha256": said.sha256,
            f"{name}AtUtc": utc_millis(at),
        }
    customer: dict[str, Any] = {"mobilePhone": digits(application.phone), "customFields": fields}
    if application.name.strip():
        customer["fullName"] = application.name.strip()
    if Purpose.ADVERTISING in application.purposes:
        subscription: dict[str, Any] = {"pointOfContact": names.advertising_channel, "isSubscribed": True}
        customer["subscriptions"] = [{"brand": names.brand, **subscription} if names.brand else subscription]
    return {"pointOfContact": office, "executionDateTimeUtc": utc_millis(at), "customer": customer}


# ------------------------------------------------------------------------------------------------------ answers


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the history. `actions` of it may hold several movements; `of` is all of the time asked for."""

    movements: tuple[Movement, ...]
    actions: int
    of: int | None


def page_in(body: Mapping[str, Any], names: ProcessingNames) -> Page:
    """The movements of our account on one page.

    Raises:
        UnreadableAnswerError: there is no list, or a movement without its sum or its time.
    """
    actions = body.get("customerActions")
    if not isinstance(actions, list):
        raise UnreadableAnswerError("customerActions are missing")
    movements: list[Movement] = []
    for action in nodes(actions):
        at = moment(action.get("dateTimeUtc"))
        order_id = _order_id(node(node(action.get("order")).get("ids")), names)
        for change in nodes(action.get("customerBalanceChanges")):
            if system_of(change) not in {names.balance, ""}:
                continue
            if at is None:
                raise UnreadableAnswerError("a movement without its time")
            movement = _movement(change, at, order_id)
            if movement is not None:
                movements.append(movement)
    count = number(body.get("customerActionsCount"))
    return Page(tuple(movements), len(actions), None if count is None else int(count))


def _movement(change: Mapping[str, Any], at: datetime, order_id: str) -> Movement | None:
    amount = number(change.get("changeAmount"))
    if amount is None:
        raise UnreadableAnswerError("a movement without its sum")
    if not int(amount):
        return None
    available = change.get("isAvailable")
    return Movement(
        kind=_KINDS.get(text(node(change.get("balanceChangeKind")).get("systemName")).lower(), MovementKind.GRANTED),
        points=int(amount),
        at=at,
        order_id=order_id,
        available=available is None or flag(available),
        available_from=moment(change.get("availableFromDateTimeUtc")),
        expires=moment(change.get("expirationDateTimeUtc")),
        comment=text(change.get("comment"))[:200],
    )


def _order_id(ids: Mapping[str, Any], names: ProcessingNames) -> str:
    name = names.order_id_field
    return identifier(ids.get(f"{name[:1].lower()}{name[1:]}Id")) or identifier(ids.get(name))


def earned_in(body: Mapping[str, Any], order_id: str, names: ProcessingNames) -> Points | None:
    """What the order accrued to our account; None when there is no such order.

    Raises:
        UnreadableAnswerError: there is an order, and nobody can tell what it accrued, or it is another one.
    """
    order = body.get("order")
    if order is None and isinstance(body.get("orders"), list):
        order = next(nodes(body.get("orders")), {"processingStatus": "NotFound"})
    found = node(order)
    if text(found.get("processingStatus")).lower() == "notfound":
        return None
    if _order_id(node(found.get("ids")), names) not in {order_id, ""}:
        raise UnreadableAnswerError("another order was answered")
    infos = found.get("bonusPointsInfoPerBalanceTypes", found.get("bonusPointsInfoPerBalanceType"))
    if infos == []:
        return NO_POINTS
    for info in nodes(infos):
        if system_of(info) in {names.balance, ""}:
            earned = points(info.get("earnedAmount"))
            if earned is not None:
                return earned
    raise UnreadableAnswerError("bonusPointsInfoPerBalanceTypes do not name the account")
