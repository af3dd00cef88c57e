"""What a terminal prints: read in whatever encoding it came, without a full card number, and the facts found in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from pos_client.domain.money import Money

__all__ = ["SlipFacts", "decoded", "facts", "masked_card", "slip_lines", "without_cards"]

_LONGEST_SLIP: Final = 200
_LONGEST_LINE: Final = 80
_TAIL: Final = 4
_SURELY_A_CARD: Final = 16
_TRACK: Final = re.compile(r"(?<=\d)[=D]\d{4,}\??")
_CARD: Final = re.compile(
    r"(?<![0-9A-Za-z*])(?:\d{13,19}|\d{4}[ -]\d{6}[ -]\d{5}|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,7})?)(?![0-9A-Za-z])"
)
_CYRILLIC: Final = re.compile(r"[А-Яа-яЁё]")
_DECLARED: Final = re.compile(rb"""encoding=["']([\w-]{1,20})["']""")
_SUM: Final = re.compile(r"сумма\D{0,60}?((?:\d{1,3}(?:[  ]\d{3})+|\d+)[.,]\d{2})(?!\d)", re.IGNORECASE)
_CODE: Final = re.compile(r"код\s+авториз\w*[^\w\n]{1,20}([0-9A-Z]{4,8})\b", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"(?:RRN|ссылк\w*|ссылочн\w+\s+номер\w*)\W{1,20}(\d{12})\b", re.IGNORECASE)
_MOMENT: Final = re.compile(r"\b(\d{2})[./](\d{2})[./](\d{2}|20\d{2})\b\D{1,20}?(\d{2}):(\d{2})(?::(\d{2}))?")


def decoded(content: bytes, *order: str) -> str:
    """Text of bytes whose encoding nobody says for sure.

    UTF-8 when they are that, then what an XML declaration names, then the one of `order` (cp1251 and cp866 unless told)
    that gives the most Russian letters: both of those accept nearly anything.
    """
    declared = [found[1].decode("ascii")] if (found := _DECLARED.search(content[:200])) else []
    for name in ("utf-8", *declared):
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    candidates = [content.decode(name, "replace") for name in order or ("cp1251", "cp866")]
    return max(candidates, key=lambda text: len(_CYRILLIC.findall(text)))


def without_cards(text: str) -> str:
    """The text with every full card number reduced to its last four digits (PCI DSS 3.4), tracks removed."""
    return _CARD.sub(_hidden, _TRACK.sub("=•", text))


def masked_card(text: str) -> str:
    """A card as an approval keeps it: `•••• 1234`; empty when there are no four digits at its end."""
    found = re.search(r"(\d{4})\D*$", text)
    return f"•••• {found[1]}" if found else ""


def slip_lines(text: str) -> tuple[str, ...]:
    """The slip as it may be printed and kept: one copy, no control characters, no card numbers, no empty margins."""
    # The same slip comes twice: the customer's copy ends where the cashier's begins, or at the cut (0x01, 0x1C).
    first = re.split(r"[\x01\x1c]|~S\w", text.lstrip("\x01\x1c\r\n "), maxsplit=1)[0]
    lines = [_printable(line) for line in without_cards(first).splitlines()[:_LONGEST_SLIP]]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """What a slip says of its operation; None or empty where it says nothing. `at` is aware UTC."""

    amount: Money | None
    code: str
    reference: str
    at: datetime | None
    back: bool
    """It gives money back."""

    @property
    def mark(self) -> str:
        """What tells this operation from every other of the terminal; empty when the slip does not tell."""
        return "|".join((self.code, self.reference, self.at.isoformat() if self.at else "")) if self.code else ""


def facts(slip: Sequence[str]) -> SlipFacts:
    """Read a slip; a terminal's clock is the local time of where it stands, and so is the till's."""
    text = "\n".join(slip)
    amount = _SUM.search(text)
    code, reference, moment = _CODE.search(text), _REFERENCE.search(text), _MOMENT.search(text)
    return SlipFacts(
        Money.from_roubles(Decimal(re.sub(r"[  ]", "", amount[1]).replace(",", "."))) if amount else None,
        code[1] if code else "",
        reference[1] if reference else "",
        _when(moment) if moment else None,
        "возврат" in text.lower() or "отмена" in text.lower(),
    )


def _when(found: re.Match[str]) -> datetime | None:
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year % 100 + 2000, month, day, hour, minute, second).astimezone(UTC)
    except ValueError:
        return None


def _hidden(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    if len(digits) < _SURELY_A_CARD and not _is_luhn(digits):
        return found[0]
    return "*" * (len(digits) - _TAIL) + digits[-_TAIL:]


def _is_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _printable(line: str) -> str:
    return "".join(sign for sign in line if sign.isprintable()).rstrip()[:_LONGEST_LINE]
