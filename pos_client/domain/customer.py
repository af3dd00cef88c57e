"""Who stands at the counter, as far as the loyalty programme knows, and what is on the balance."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from pos_client.domain.money import Points

__all__ = ["Balance", "Candidate", "Customer", "CustomerKey", "Expiration", "KeyKind", "Standing", "masked_phone"]


class KeyKind(Enum):
    """By what a customer was named."""

    CDEK_ID = "cdek_id"
    PHONE = "phone"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class CustomerKey:
    """What was scanned or typed, kept verbatim: if nobody can resolve it now, it is resolved later."""

    kind: KeyKind
    value: str


class Standing(Enum):
    """What processing said about a key."""

    MEMBER = "member"
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    """Several customers match: points are touched for none of them."""
    BLOCKED = "blocked"
    UNRESOLVED = "unresolved"
    """Processing gave no answer; the key waits, and so do the points."""


@dataclass(frozen=True, slots=True)
class Expiration:
    """The nearest burning of points."""

    points: Points
    on: date


@dataclass(frozen=True, slots=True)
class Balance:
    """Points of a customer at a moment: what may be spent, what waits for full payment, what burns next."""

    available: Points
    blocked: Points
    expiring: Expiration | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several customers whom a key may mean, masked: enough to ask "are you …?", not enough to learn who."""

    processing_id: str
    name: str
    phone: str
    """Masked."""
    hint: str = ""
    """Whatever else tells them apart, for example the level."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer at the counter. Personal data comes masked from the adapter and is never complete here."""

    key: CustomerKey
    standing: Standing
    processing_id: str = ""
    name: str = ""
    phone: str = ""
    """Masked, e.g. `+7 916 •••-••-67`."""
    level: str = ""
    balance: Balance | None = None
    candidates: tuple[Candidate, ...] = ()
    """Set when the key is ambiguous and the project lets the till ask who it may be."""
    card_blocked: bool = False
    """The discount card that was scanned is blocked, whoever its owner is."""

    @property
    def may_redeem(self) -> bool:
        """Only a member whom processing knows right now spends points, and never by a card that is blocked."""
        return self.standing is Standing.MEMBER and not self.card_blocked

    @property
    def may_earn(self) -> bool:
        """An unresolved key may turn out to be a member, so its sale is reported and accrued later."""
        return self.standing in {Standing.MEMBER, Standing.UNRESOLVED} and not self.card_blocked

    @property
    def is_blocked(self) -> bool:
        """Whether nothing is earned or spent by this key until a person has cleared it up."""
        return self.standing is Standing.BLOCKED or self.card_blocked


_HIDDEN = "•"
_RUSSIAN_PHONE = 11
_SHORTEST_PHONE = 6


def masked_phone(phone: str) -> str:
    """A phone of which nobody can be called: `+7 916 •••-••-67`; one that is masked already, or empty, stays so."""
    if _HIDDEN in phone:
        return phone
    digits = "".join(sign for sign in phone if sign.isdigit())
    if len(digits) == _RUSSIAN_PHONE:
        return f"+{digits[0]} {digits[1:4]} •••-••-{digits[-2:]}"
    return f"+{digits[:2]} ••• {digits[-2:]}" if len(digits) >= _SHORTEST_PHONE else ""
