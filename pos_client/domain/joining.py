"""Joining the programme at the counter: who, by which consents, under which texts.

152-ФЗ, art. 9 (as amended by 156-ФЗ, from 2025-09-01): consent is a document of its own, one for each purpose, never
ticked in advance and never a condition of the sale; what was agreed to is kept with the text's version and hash.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

__all__ = ["NEEDED", "Application", "Consent", "ConsentText", "Method", "Purpose"]


class Purpose(Enum):
    """What a consent is for: one purpose, one consent."""

    PROGRAMME = "programme"
    PERSONAL_DATA = "personal_data"
    ADVERTISING = "advertising"
    """Sending advertisements (38-ФЗ, art. 18): always the customer's free choice."""


NEEDED = frozenset({Purpose.PROGRAMME, Purpose.PERSONAL_DATA})
"""Without these two there is nothing to join; the third changes nothing about it."""


class Method(Enum):
    """How the customer showed the consent."""

    SMS_CODE = "sms_code"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What the customer agrees to. `version` is the text's own, for example `2026-09`."""

    purpose: Purpose
    id: str
    version: str
    title: str
    text: str

    @property
    def sha256(self) -> str:
        """Fingerprint of the exact text, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent that was given: the evidence, without personal data beyond the masked phone."""

    purpose: Purpose
    text_id: str
    version: str
    sha256: str
    given_at: datetime
    cashier: str
    method: Method
    phone: str
    """Masked."""
    processing_id: str = ""


@dataclass(frozen=True, slots=True)
class Application:
    """A request to join. `phone` is complete (digits with the country code): it goes over the wire and nowhere else."""

    phone: str
    name: str
    """As the customer says it, may be empty."""
    purposes: frozenset[Purpose]

    @property
    def is_complete(self) -> bool:
        """Whether everything is there that joining needs."""
        return self.purposes >= NEEDED and bool(self.phone)
