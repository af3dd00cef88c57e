"""Reading JSON as it really comes: numbers as text, flags as words, fields missing, extra or in another order."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pos_client.domain.money import Money, Points

__all__ = [
    "UnreadableAnswerError",
    "flag",
    "identifier",
    "moment",
    "money",
    "node",
    "nodes",
    "number",
    "parsed",
    "points",
    "text",
    "whole",
    "whole_day",
]

_NO_COLON = re.compile(r"([+-]\d{2})(\d{2})$")
_MOST_DIGITS = 15
_FRACTION = re.compile(r"\.(\d{6})\d+")


class UnreadableAnswerError(ValueError):
    """The answer lacks something that cannot be guessed, or its sums do not agree."""


def parsed(content: bytes) -> Any:  # noqa: ANN401 - JSON is what the other side made it
    """JSON, numbers with a fraction as `Decimal`.

    Raises:
        ValueError: not JSON, or nested so deeply that nobody means it.
    """
    try:
        return json.loads(content, parse_float=Decimal)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def node(value: object) -> Mapping[str, Any]:
    """The JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def nodes(value: object) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in a list; nothing if it is missing or no list."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def text(value: object) -> str:
    """A string; numbers as they are written, anything else empty."""
    if isinstance(value, str):
        return value.strip() if value.isprintable() else _printable(value)
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def _printable(value: str) -> str:
    """Without what no screen, printer or disk takes: control characters, halves of surrogate pairs."""
    return "".join(" " if sign.isspace() else sign for sign in value if sign.isprintable() or sign.isspace()).strip()


def identifier(value: object) -> str:
    """An id, which may come as a number or as text."""
    return text(value)


def flag(value: object) -> bool:
    """A boolean, which may come as a word."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def number(value: object) -> Decimal | None:
    """A finite number, which may come as text; None when there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    written = str(value).strip().replace(",", ".")
    try:
        # Decimal itself would take 1_0 for ten.
        found = Decimal("NaN" if "_" in written else written)
    except ArithmeticError:
        return None
    # A number with more digits than any sum here is noise, and rounding or counting it could take for ever.
    return found if found.is_finite() and found.adjusted() <= _MOST_DIGITS else None


def money(value: object) -> Money | None:
    """A sum in roubles; None when there is none."""
    found = number(value)
    return None if found is None else Money.from_roubles(found)


def points(value: object) -> Points | None:
    """Whole points, a fraction cut off; None when there are none or less than none."""
    found = number(value)
    return None if found is None or found < 0 else Points(int(found))


def whole(value: object) -> int | None:
    """A whole number of either sign; None when there is none, or one with a fraction."""
    found = number(value)
    return int(found) if found is not None and found == found.to_integral_value() else None


def moment(value: object) -> datetime | None:
    """An aware moment in ISO 8601, with or without a colon in the offset; without an offset it is UTC."""
    written = _FRACTION.sub(r".\1", _NO_COLON.sub(r"\1:\2", text(value)))
    try:
        found = datetime.fromisoformat(written)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        # Overflow: a moment at the edge of the calendar, which another zone's offset pushes over it.
        return None


def whole_day(value: object) -> date | None:
    """A date, alone or at the head of a moment."""
    try:
        return date.fromisoformat(text(value)[:10])
    except ValueError:
        return None
