"""Phones and e-mails as a person writes them and as the law wants them: the buyer's (tag 1008), a seller's (1171)."""

import re
from typing import Final

__all__ = ["contact_in", "destination", "phones_in"]

_SIGNS: Final = re.compile(r"[\s()\-\u2010-\u2015\u00a0.]")
_PHONE: Final = re.compile(r"\+\d{11,15}")
_EMAIL: Final = re.compile(r"[^@\s,;]+@[^@\s,;.]+(\.[^@\s,;.]+)+")
_LONGEST: Final = 64
_BETWEEN_PHONES: Final = re.compile(r"[,;/|]|\s{2,}")
_EXTENSION: Final = re.compile(r"[^\W\d_].*")
_TOWN: Final = re.compile(r"[348]\d{9}")


def contact_in(text: str) -> str | None:
    """A phone as `+79161234567` or an e-mail; None for anything else.

    Russian numbers may begin with 8, or with the code of the operator.
    """
    word = text.strip()
    if "@" in word:
        return word if _EMAIL.fullmatch(word) and len(word) <= _LONGEST else None
    digits = _SIGNS.sub("", word)
    if re.fullmatch(r"[78]\d{10}", digits):
        digits = f"+7{digits[1:]}"
    elif re.fullmatch(r"9\d{9}", digits):
        digits = f"+7{digits}"
    return digits if _PHONE.fullmatch(digits) else None


def destination(text: str, *, paper: bool) -> str:
    """Where a receipt is sent besides its paper, if there is any; empty for paper alone.

    Raises:
        ValueError: the text is no phone and no e-mail, or the receipt would reach nobody.
    """
    where = contact_in(text) if text else ""
    if where is None or not (where or paper):
        raise ValueError("a receipt needs paper or a contact")
    return where


def phones_in(text: str) -> tuple[str, ...]:
    """The phones of a text that may name several, as `+74955550101`; none for what cannot be read.

    An extension is left off. A number of ten digits is a Russian one without its country.
    """
    found = (_phone(_EXTENSION.sub("", one).strip()) for one in _BETWEEN_PHONES.split(text))
    return tuple(dict.fromkeys(phone for phone in found if phone))


def _phone(word: str) -> str | None:
    digits = _SIGNS.sub("", word)
    return contact_in(f"+7{digits}" if _TOWN.fullmatch(digits) else digits)
