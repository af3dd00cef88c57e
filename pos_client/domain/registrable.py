"""Whether any register would take a receipt: known before its money is taken, because no key helps afterwards.

Lengths are those of the tags (order ЕД-7-20/662@). A fiscal storage keeps no document of more than 32 kilobytes.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Final

from pos_client.domain.contact import phones_in
from pos_client.domain.receipt import Receipt, ReceiptKind, ReceiptLine
from pos_client.domain.settling import FiscalRules
from pos_client.domain.terms import Agent

__all__ = [
    "MOST_BYTES",
    "MOST_LINES",
    "ReceiptObstacle",
    "bytes_of_document",
    "bytes_of_line",
    "is_inn",
    "obstacle",
]

MOST_LINES: Final = 100
"""Lines of one fiscal document: no register takes more."""
MOST_BYTES: Final = 32768
"""Of one fiscal document."""
_LONGEST_SELLER: Final = 256
"""Characters of a seller's name (tag 1225) and of the phones that stand with it, each with the head of its tag."""
_LONGEST_CASHIER: Final = 64
"""Characters of tag 1021."""
_TAG: Final = 4
"""Bytes of the number and the length that stand before the value of each tag."""
_DOCUMENT: Final = 2000
"""Bytes of everything but the lines at most: place and address of 256 each, cashier, addresses, sums, marks, notes."""
_LINE: Final = 70
"""Bytes of a line without its texts: tags 1059, 1079, 1023, 1043, 2108, 1214, 1212, 1199 and 1200."""
_AGENT: Final = 30
"""Bytes of an agent's line besides: tags 1222 and 1226, and what holds the others, 1223 and 1224."""
_COMPANY, _PERSON = 10, 12
_TEN: Final = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_ELEVEN: Final = (7, *_TEN)
_TWELVE: Final = (3, *_ELEVEN)


class ReceiptObstacle(Enum):
    """Why no register would take a receipt, whoever pays it and how."""

    TOO_MANY_LINES = "too_many_lines"
    TOO_LONG = "too_long"
    SELLER_UNKNOWN = "seller_unknown"
    """A paying agent names the seller (tag 1225) and his phone (tag 1171), and one of them is missing."""
    SELLER_INN = "seller_inn"
    """Tag 1226 stands on every agent's line (FFD 1.2), and is no INN."""
    SELLER_NAME = "seller_name"
    CASHIER_NAME = "cashier_name"


def obstacle(receipt: Receipt, rules: FiscalRules) -> ReceiptObstacle | None:
    """Why no register would take a receipt; None when one would."""
    if len(receipt.lines) > MOST_LINES:
        return ReceiptObstacle.TOO_MANY_LINES
    if not 0 < len(receipt.cashier.strip()) <= _LONGEST_CASHIER:
        return ReceiptObstacle.CASHIER_NAME
    for line in receipt.lines:
        # What a register once took with a misprint is given back with it: of a return the form is looked at alone.
        found = _seller_obstacle(line, line.agent or rules.agent, new=receipt.kind is ReceiptKind.SALE)
        if found is not None:
            return found
    notes = [_TAG + len(note) for note in receipt.notes]
    fits = bytes_of_document([*map(bytes_of_line, receipt.lines), *notes]) <= MOST_BYTES
    return None if fits else ReceiptObstacle.TOO_LONG


def _seller_obstacle(line: ReceiptLine, agent: Agent, *, new: bool) -> ReceiptObstacle | None:
    seller = line.seller
    if seller is None:
        return None
    if not (is_inn(seller.inn) if new else _has_form_of_inn(seller.inn)):
        return ReceiptObstacle.SELLER_INN
    phones = phones_in(seller.phone)
    if agent.is_paying and not (seller.name and phones):
        return ReceiptObstacle.SELLER_UNKNOWN
    named = len(seller.name) + sum(len(phone) + _TAG for phone in phones)
    return ReceiptObstacle.SELLER_NAME if named > _LONGEST_SELLER else None


def bytes_of_document(lines: Iterable[int]) -> int:
    """Bytes of the storage for a document with lines of so many bytes, at most: a fifth is the driver's own reserve."""
    return (_DOCUMENT + sum(lines)) * 6 // 5


def bytes_of_line(line: ReceiptLine) -> int:
    """Bytes of a line, which are a letter each (CP866)."""
    texts, fixed = [line.name], _LINE
    if line.seller is not None:
        agent = line.agent or Agent()
        texts += [line.seller.name, *phones_in(line.seller.phone), agent.operation, agent.phone]
        fixed += _AGENT
    return fixed + sum(_TAG + len(text) for text in texts)


def _has_form_of_inn(text: str) -> bool:
    """Whether it has as many digits as the number of a taxpayer: 10 of a company, 12 of a person."""
    return text.isascii() and text.isdecimal() and len(text) in {_COMPANY, _PERSON}


def is_inn(text: str) -> bool:
    """Whether it can be the number of a taxpayer: its last digits are made of the others (order ММВ-7-6/435@).

    Twelve zeros are one that was never given: of a foreign seller (tag 1226).
    """
    if not _has_form_of_inn(text):
        return False
    weights = (_TEN,) if len(text) == _COMPANY else (_ELEVEN, _TWELVE)
    return all(_check(text, one) == int(text[len(one)]) for one in weights)


def _check(text: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, text, strict=False)) % 11 % 10
