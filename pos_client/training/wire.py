"""What all four wires of the shop share: answers, money and moments as they travel in JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = [
    "Answer",
    "JsonObject",
    "as_list",
    "as_object",
    "instant",
    "iso_millis",
    "kopecks",
    "moment",
    "roubles",
    "text",
    "whole",
]


JsonObject = dict[str, Any]

_CASH_DESK_FORMATS = ("%d.%m.%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer before faults are applied; `body` None means an empty body.

    A wire that does not speak JSON fills `content` instead, bytes of the type `media`.
    """

    status: int
    body: JsonObject | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    media: str = "application/json; charset=utf-8"


def kopecks(value: object) -> int:
    """Kopecks of an amount in roubles: a JSON number or a numeric string with two decimals at most.

    Raises:
        ValueError: not an amount, or it has fractions of a kopeck.
    """
    try:
        cents = Decimal("NaN" if isinstance(value, bool) else str(value)) * 100
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {value!r}") from error
    if not cents.is_finite() or cents != cents.to_integral_value():
        raise ValueError(f"not an amount, or fractions of a kopeck: {value!r}")
    return int(cents)


def roubles(amount: int) -> float:
    """A JSON number in roubles for an amount in kopecks."""
    return float(Decimal(amount) / 100)


def whole(value: object) -> int:
    """A whole number that came as a JSON number or as a numeric string.

    Raises:
        ValueError: not a whole number.
    """
    cents = kopecks(value)
    if cents % 100:
        raise ValueError(f"not a whole number: {value!r}")
    return cents // 100


def text(value: object) -> str:
    """An identifier or code as a string, whatever scalar it came as; empty for anything else."""
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def as_object(value: object) -> JsonObject:
    """The JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[JsonObject]:
    """The JSON objects of a JSON array, or none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def moment(value: str) -> datetime:
    """An aware UTC moment from any of the date formats that the processing wire accepts.

    Raises:
        ValueError: not a date.
    """
    try:
        # What tills send; the other formats cost ten times as much to try.
        found = datetime.fromisoformat(value)
    except ValueError:
        found = _of_cash_desk(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _of_cash_desk(value: str) -> datetime:
    for pattern in _CASH_DESK_FORMATS:
        try:
            return datetime.strptime(value, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(f"not a date: {value!r}")


def instant(at: datetime) -> str:
    """A moment as the shop stores it: UTC ISO 8601 of constant length, so that text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def iso_millis(at: datetime) -> str:
    """A moment as processing answers it: ISO 8601, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
