"""Those who move money without cash: a card terminal, and a bank that takes transfers by a QR code (SBP)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from pos_client.domain.money import Money
from pos_client.domain.payment import Approval, QrCode

__all__ = ["Sbp", "SbpAnswer", "SbpState", "Terminal"]


class Terminal(Protocol):
    """A card terminal. One operation at a time; `operation` is journaled before the call and never used again.

    It tells of its last operation only: while nobody knows what became of one, no other is asked for.
    """

    async def pay(self, amount: Money, operation: UUID) -> Approval:
        """Charge the card that the customer presents.

        Raises:
            UnavailableError: the terminal was not reached; nothing was charged.
            RefusedError: declined or cancelled at the terminal, in its own words; nothing was charged.
            OutcomeUnknownError: it may have charged; only `find` tells. A killed process is not a cancelled payment.
        """

    async def find(self, operation: UUID, amount: Money, *, since: datetime, back: bool = False) -> Approval | None:
        """The approval of an operation whose answer was lost, or None when there surely is none.

        `back` says that it was to give money back: a terminal that knows payments by our id need not know returns.

        Raises:
            StillAtItError: the terminal still waits for the card, or works, or is silent while it may: whatever a
                person sees now may change.
            UnavailableError, OutcomeUnknownError: nobody can tell now; a person has to look at the terminal's slip.
        """

    async def refund(self, paid: Approval, amount: Money, operation: UUID) -> Approval:
        """Give money back to the card it came from.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as `pay`.
        """

    async def settle(self) -> tuple[str, ...]:
        """Reconcile the terminal's totals with the bank; returns the slip.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as `pay`; repeating it is harmless.
        """

    async def probe(self) -> None:
        """Whether the terminal answers.

        Raises:
            UnavailableError: it does not.
        """


class SbpState(Enum):
    """What the bank says of a request to pay."""

    WAITING = "waiting"
    PAID = "paid"
    REJECTED = "rejected"
    EXPIRED = "expired"
    """Its time is over, or it was revoked: nothing can be paid by it any more."""


@dataclass(frozen=True, slots=True)
class SbpAnswer:
    """The state of a request; `approval` is there exactly when it is paid, `words` when the bank said something."""

    state: SbpState
    approval: Approval | None = None
    words: str = ""


class Sbp(Protocol):
    """Transfers by a QR code through a bank. The bank knows the request by our `operation`."""

    async def request(self, amount: Money, operation: UUID, purpose: str) -> QrCode:
        """Ask for a code to show; the same operation gives the same code.

        Raises:
            UnavailableError: no code was made.
            RefusedError: the bank refused, in its own words.
            OutcomeUnknownError: a code may exist; asked again it is found.
        """

    async def state(self, operation: UUID) -> SbpAnswer:
        """What has become of the request.

        Raises:
            UnavailableError: nobody can tell now.
            RefusedError: the bank does not know the request.
        """

    async def revoke(self, operation: UUID) -> SbpAnswer:
        """Take the code back; the answer tells whether money came before that. Money may still land: look once more.

        Raises:
            UnavailableError, OutcomeUnknownError: nobody can tell now.
        """

    async def refund(self, paid: Approval, amount: Money, operation: UUID) -> Approval:
        """Give the transfer back; asked again under the same operation, it is given back once.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as `Terminal.pay`.
        """

    async def probe(self) -> None:
        """Whether the bank answers and knows this till; no code is made and no money is asked for.

        Raises:
            UnavailableError, RefusedError: it does not, or not to this till.
        """
