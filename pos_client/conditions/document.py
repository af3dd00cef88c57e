"""What conditions may say: names of a project, shapes of codes, rules of the counter, texts; never an address or a key.

A signature tells who wrote the conditions. It must not become the power to lead a till elsewhere: whoever gets hold of
the signing key could otherwise take every till's customers, secrets and payments to a server of their own. So
addresses, secrets, the integration point that a secret opens, the till's own place and its cash register stay in its
settings.
"""

import difflib
import json
from collections.abc import Mapping
from datetime import datetime
from itertools import combinations, product
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pos_client.conditions.envelope import ConditionsError
from pos_client.domain.joining import ConsentText, Purpose
from pos_client.domain.receipt import ReceiptWords
from pos_client.settings import Settings, mistake

__all__ = ["FROM_ABOVE", "HERE_ONLY", "Conditions", "ConsentPart", "TextsPart", "applied", "canonical", "read"]

FROM_ABOVE: Final[Mapping[str, frozenset[str]]] = {
    "processing": frozenset(
        {"lookup", "preorder", "create", "status", "offline", "history", "order_info", "candidates", "join"}
        | {"send_code", "check_code", "notice", "status_mode", "cancel_mode", "offline_mode"}
        | {"customer_id_field", "order_id_field", "product_system", "number_field", "international_field"}
        | {"brand", "consent_prefix", "advertising_channel"}
        | {"tariff_prefix", "service_prefix", "goods_prefix", "checked_out", "paid", "cancelled", "returned"}
        | {"balance", "level_segmentation", "most_points_percent", "cash", "card", "sbp"}
    ),
    "orders": frozenset({"number_format"}),
    "counter": frozenset({"cdek_id_format", "card_format", "coupon_format", "confirm_spending"}),
}
"""The keys of the settings that conditions may fill; a key that is not named here is refused."""

HERE_ONLY: Final[Mapping[str, frozenset[str]]] = {
    "processing": frozenset(
        {"address", "secret_key", "endpoint", "cash_desk"}
        | {"lookup_timeout", "preorder_timeout", "create_timeout", "member_timeout", "delivery_timeout"}
    ),
    "orders": frozenset({"address", "client_id", "client_secret", "read_timeout", "payment_timeout", "refresh_before"}),
    "counter": frozenset({"slow", "budget", "longer", "receipt_check_for", "receipt_check_pause"}),
}
"""The other keys of the same sections: how to reach a service, and how long to wait for it from this place."""

_CHANGES: Final = ("create", "status", "offline", "join", "send_code", "check_code", "notice")
_APART: Final = (
    *combinations(_CHANGES, 2),
    *product(_CHANGES, ("lookup", "preorder", "history", "order_info", "candidates")),
    *combinations(("checked_out", "paid", "cancelled"), 2),
    *product(("checked_out", "paid"), ("returned",)),
)
"""Names that may not be one: a question that bears the name of a change would make one at every look, and an order
that is paid would be cancelled. One that is returned may well be called cancelled."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
Counted = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f]*\{points\}[^\x00-\x1f]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class ConsentPart(_Part):
    """One text that a customer may agree to when joining."""

    purpose: Purpose
    id: Line
    version: Line
    title: Line
    text: Text


class ReceiptPart(_Part):
    """What receipts tell of points; `{points}` is their number. A line left out leaves the till its own words."""

    owed: Line | None = None
    promised: Counted | None = None
    after_full_payment: Counted | None = None
    closing: Annotated[list[Line], Field(max_length=5)] = Field(default_factory=list)


class TextsPart(_Part):
    """What customers read: an empty list leaves the till its own texts."""

    consents: list[ConsentPart] = Field(default_factory=list)
    receipt: ReceiptPart = Field(default_factory=ReceiptPart)


class Conditions(_Part):
    """One issue of the conditions. `serial` only grows, so that an older issue is known as one."""

    serial: Annotated[int, Field(ge=1, le=2**53)]
    project: Line
    issued: AwareDatetime
    valid_from: AwareDatetime
    valid_till: AwareDatetime | None = None
    processing: dict[str, Any] = Field(default_factory=dict)
    orders: dict[str, Any] = Field(default_factory=dict)
    counter: dict[str, Any] = Field(default_factory=dict)
    texts: TextsPart = Field(default_factory=TextsPart)
    extra: dict[str, Any] = Field(default_factory=dict)
    """Whatever newer programs know of. Elsewhere an unknown key is refused: a misspelt name must not pass for one."""

    def begun(self, now: datetime) -> bool:
        """Whether the time of these conditions has come."""
        return self.valid_from <= now

    def over(self, now: datetime) -> bool:
        """Whether their time is over."""
        return self.valid_till is not None and self.valid_till <= now

    def receipt_words(self) -> ReceiptWords:
        """The words of receipts, the till's own where these conditions have none."""
        said = self.texts.receipt.model_dump(exclude_none=True)
        return ReceiptWords(**said | {"closing": tuple(said["closing"])})

    def consents(self) -> tuple[ConsentText, ...]:
        """The texts to be agreed to, as the counter shows them."""
        return tuple(ConsentText(one.purpose, one.id, one.version, one.title, one.text) for one in self.texts.consents)


def read(payload: str) -> Conditions:
    """Conditions out of a text whose signature is good.

    Raises:
        ConditionsError: a key is unknown, forbidden, missing or wrong.
    """
    try:
        table = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ConditionsError("Условия: это не JSON") from error
    if not isinstance(table, dict):
        raise ConditionsError("Условия: нужны ключи со значениями")
    try:
        found = Conditions.model_validate_json(payload)
    except ValidationError as error:
        raise ConditionsError(f"Условия: {mistake(error, table, Conditions)}") from None
    _check_keys(found)
    if found.valid_till is not None and found.valid_till <= found.valid_from:
        raise ConditionsError("Условия: valid_till раньше valid_from")
    purposes = [one.purpose for one in found.texts.consents]
    if purposes and sorted(one.value for one in purposes) != sorted(one.value for one in Purpose):
        raise ConditionsError("Условия: согласий ровно три, по одному на цель: программа, персональные данные, реклама")
    return found


def _check_keys(conditions: Conditions) -> None:
    for section, allowed in FROM_ABOVE.items():
        for key in getattr(conditions, section):
            if key in HERE_ONLY[section]:
                raise ConditionsError(f"Условия: [{section}].{key} задаётся только в настройках кассы")
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, n=1)
                raise ConditionsError(
                    f"Условия: [{section}].{key}: такого ключа нет" + (f", есть {near[0]}" if near else "")
                )


def canonical(table: Mapping[str, Any]) -> str:
    """The one spelling in which conditions are signed, so that the same conditions are the same text."""
    return json.dumps(table, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def applied(conditions: Conditions, settings: Settings) -> Settings:
    """The settings with what the conditions fill in; they win over the till's own names.

    Raises:
        ConditionsError: a value is not one that the settings take, or two names are one.
    """
    table = settings.model_dump()
    for section in FROM_ABOVE:
        table[section] |= getattr(conditions, section)
    try:
        filled = Settings.model_validate(table)
    except ValidationError as error:
        raise ConditionsError(f"Условия: {mistake(error, table)}") from None
    for one, other in _APART:
        name = getattr(filled.processing, one)
        if name and name == getattr(filled.processing, other):
            raise ConditionsError(f"Условия: [processing]: {one} и {other} названы одинаково: «{name[:64]}»")
    return filled
