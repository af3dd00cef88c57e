"""Where a receipt is sent: the buyer's phone or e-mail (tag 1008), as a person writes it and as the law wants it."""

import re
from typing import Final

__all__ = ["contact_in"]

_SIGNS: Final = re.compile(r"[\s()\-\u2010-\u2015\u00a0.]")
_PHONE: Final = re.compile(r"\+\d{11,15}")
_EMAIL: Final = re.compile(r"[^@\s,;]+@[^@\s,;.]+(\.[^@\s,;.]+)+")
_LONGEST: Final = 64


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
