"""Money that does not pass through the drawer: what a terminal or a bank answered, kept as it was said."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pos_client.domain.money import Money

__all__ = ["Approval", "QrCode"]


@dataclass(frozen=True, slots=True)
class Approval:
    """Money that moved, by the words of the one who moved it. Never holds a full card number."""

    operation: UUID
    """Our id of the operation, minted and journaled before anybody was asked."""
    amount: Money
    at: datetime
    reference: str = ""
    """RRN of the card operation, or the bank's id of the transfer: what a refund names."""
    code: str = ""
    """Authorisation code."""
    card: str = ""
    """Masked, e.g. `•••• 1234`; empty for a transfer."""
    terminal: str = ""
    slip: tuple[str, ...] = ()
    """The slip, line by line, as it has to be printed."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A request to pay that the customer's bank application reads from the screen."""

    operation: UUID
    payload: str
    """The address in the code (`https://qr.nspk.ru/…`)."""
    reference: str
    """The bank's id of the request."""
    expires: datetime
