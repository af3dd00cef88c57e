"""What was on the screen and what was pressed, one JSON line each, without personal data: support reads it."""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from pos_client.ui.customer_screen import Choice, CustomerScreen
from pos_client.ui.joining_screen import JoinScreen
from pos_client.ui.parts_screen import Field
from pos_client.ui.sale_screen import SaleScreen
from pos_client.ui.strip_screen import StripScreen

__all__ = ["Json", "ScreenLog", "initials", "masked", "shape"]

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_LARGEST_BYTES = 8_000_000
_PHONE = re.compile(r"(?:\+7|\b[78])[\s(-]*9\d{2}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*(\d{2})\b")

_log = logging.getLogger(__name__)


def shape(text: str) -> str:
    """What a text looks like without saying it: digits become 0, letters a, a long one its length.

    A reader of the log sees that ten digits and a letter were scanned, and not whose they are.
    """
    plain = "".join(
        "0" if char.isdigit() else "a" if char.isalpha() else char if char in "+-()., " else "?" for char in text
    )
    return plain if len(plain) <= 24 else f"{plain[:24]}… {len(plain)}"  # noqa: PLR2004 - enough to tell kinds apart


def initials(name: str) -> str:
    """`Смирнова Анна` becomes `С. А.`."""
    return " ".join(f"{word[:1]}." for word in name.split())


def masked(value: object) -> Json:  # noqa: PLR0911 - one answer for each kind of value
    """A screen value as JSON without personal data: names by initials, typed text by shape, phones by their end."""
    if isinstance(value, CustomerScreen | Choice | JoinScreen):
        plain = _fields(value)
        somebody = not isinstance(value, CustomerScreen) or value.person
        return {**plain, "name": initials(value.name)} if somebody else plain
    if isinstance(value, StripScreen):
        return {**_fields(value), "cashier": initials(value.cashier)}
    if isinstance(value, Field):
        return {**_fields(value), "text": shape(value.text)}
    if is_dataclass(value):
        return _fields(value)
    match value:
        case Enum():
            return str(value.value)
        case None | bool() | int() | float():
            return value
        case str():
            return _PHONE.sub(r"+7 9•• •••-••-\1", value)
        case frozenset():
            return [masked(each) for each in sorted(value)]
        case Sequence():
            return [masked(each) for each in value]
        case _:
            return type(value).__name__


def _fields(value: object) -> dict[str, Json]:
    if not is_dataclass(value):
        return {}
    return {each.name: masked(getattr(value, each.name)) for each in fields(value)}


class ScreenLog:
    """Appends to `path` until it holds `largest` bytes, then begins anew and keeps the one before as `.1`.

    A disk that refuses ends the log and nothing else.
    """

    def __init__(self, path: Path, *, largest: int = _LARGEST_BYTES) -> None:
        self._path = path
        self._largest = largest
        self._size = path.stat().st_size if path.exists() else 0
        self._last: dict[str, Json] = {}
        self._broken = False

    def shown(self, at: datetime, screen: SaleScreen) -> None:
        """A screen was drawn: the parts that differ from the one before are written; a new file begins with all."""
        now = _fields(screen)
        changed = {name: part for name, part in now.items() if name not in self._last or self._last[name] != part}
        if not changed:
            return
        self._last = now
        if not self._fits(_line({"at": at.isoformat(), "shown": changed})):
            changed = now
        self._write(_line({"at": at.isoformat(), "shown": changed}))

    def gesture(self, at: datetime, name: str, about: str = "", *, plain: bool = False) -> None:
        """The cashier did something; `about` is written by its shape alone unless it is `plain` figures."""
        line: dict[str, Json] = {"at": at.isoformat(), "gesture": name}
        if about:
            line["about"] = about if plain and about.isdecimal() else shape(about)
        if not self._fits(_line(line)):
            self._last = {}  # a file is to be read alone, so its next screen is written whole
        self._write(_line(line))

    def _fits(self, data: bytes) -> bool:
        return not self._size or self._size + len(data) <= self._largest

    def _write(self, data: bytes) -> None:
        if self._broken:
            return
        try:
            if not self._fits(data):
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
                self._size = 0
            with self._path.open("ab") as file:
                file.write(data)
        except OSError:
            self._broken = True
            _log.warning("the screen log %s cannot be written and ends here", self._path, exc_info=True)
            return
        self._size += len(data)


def _line(line: Mapping[str, Json]) -> bytes:
    return (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
