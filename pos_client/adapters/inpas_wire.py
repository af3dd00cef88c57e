"""XML of INPAS DualConnector: numbered fields there and back, in whatever encoding a terminal speaks."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Final
from xml.sax.saxutils import escape

from pos_client.adapters.slips import decoded, slip_lines, without_cards

__all__ = [
    "ANSWER",
    "CARD",
    "CODE",
    "CURRENCY",
    "MODE",
    "MOMENT",
    "OPERATION",
    "REFERENCE",
    "SECOND_MODE",
    "SLIP",
    "STATUS",
    "SUM",
    "TERMINAL",
    "WORDS",
    "fields_of",
    "moment_of",
    "request",
    "slip_of",
]

SUM, CURRENCY, MOMENT, CARD = "00", "04", "06", "10"
CODE, REFERENCE, ANSWER, WORDS = "13", "14", "15", "19"
OPERATION, TERMINAL, STATUS, SLIP = "25", "27", "39", "90"
MODE, SECOND_MODE = "64", "65"
_FIELD: Final = re.compile(r"""<field\s+id=["'](\d{1,3})["']\s*>(.*?)</field>""", re.DOTALL)
_CASHIERS_COPY: Final = "(КАССИР)"


def request(fields: Mapping[str, str]) -> bytes:
    """A request of these fields, as DualConnector reads it."""
    inside = "".join(f'<field id="{name}">{escape(value)}</field>' for name, value in sorted(fields.items()))
    return f'<?xml version="1.0" encoding="windows-1251"?><request>{inside}</request>'.encode("cp1251")


def fields_of(content: bytes) -> dict[str, str]:
    """Fields of an answer, whatever else is around them; only the slip may hold more than a line."""
    fields = {}
    for found in _FIELD.finditer(decoded(content)):
        name, value = found[1].zfill(2), unescape(found[2])
        # Digits of an id of ours may look like a card; a card never stands in its place.
        value = value if name == REFERENCE else without_cards(value)
        fields[name] = value.strip("\n") if name == SLIP else value.strip()
    return fields


def slip_of(found: Mapping[str, str]) -> tuple[str, ...]:
    """The customer's copy: what comes before the mark of the cashier's."""
    return slip_lines(found.get(SLIP, "").partition(_CASHIERS_COPY)[0])


def moment_of(written: str) -> datetime | None:
    """`20261122134501`, local time of the terminal."""
    try:
        return datetime.strptime(written, "%Y%m%d%H%M%S").astimezone(UTC)
    except ValueError:
        return None
