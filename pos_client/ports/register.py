"""The fiscal device and what it says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from pos_client.domain.receipt import FiscalDocument, FiscalTask
from pos_client.domain.sale import Cashier

__all__ = [
    "CashRegister",
    "RegisterState",
    "ShiftState",
]


class ShiftState(Enum):
    """State of the fiscal shift: at most 24 hours from open to close (54-ФЗ, art. 4.3)."""

    CLOSED = "closed"
    OPEN = "open"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class RegisterState:
    """What the cash register says of itself."""

    shift: ShiftState
    shift_number: int
    last_document: int
    """Number of the last fiscal document in the fiscal storage."""
    fn: str
    unsent: int = 0
    """Documents that have not reached the OFD."""
    unsent_since: datetime | None = None
    paper: bool = True
    cover_closed: bool = True
    shift_since: datetime | None = None
    """When the open shift was opened; None while none is, and where the register does not say."""


class CashRegister(Protocol):
    """The fiscal device."""

    async def state(self) -> RegisterState:
        """What it says of itself now.

        Raises:
            UnavailableError: it does not answer.
        """

    async def open_shift(self, cashier: Cashier, task_id: UUID) -> None:
        """Open a shift; one that is open already is success.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as everywhere.
        """

    async def print_text(self, lines: Sequence[str], task_id: UUID) -> None:
        """Print what is no receipt, such as a slip of the card terminal. Printed twice it harms nobody.

        Raises:
            UnavailableError, RefusedError: it is not on paper.
            OutcomeUnknownError: it may be.
        """

    async def print_receipt(self, task: FiscalTask) -> FiscalDocument:
        """Register the receipt under the task's id, which must be durable before this call.

        Raises:
            UnavailableError: it surely was not registered.
            RefusedError: the device refused; nothing was registered.
            OutcomeUnknownError: it may be registered; only `find_document` tells.
        """

    async def find_document(self, task: FiscalTask) -> FiscalDocument | None:
        """The document registered for this task, or None when there surely is none.

        Raises:
            UnavailableError: nobody can tell now; ask again later.
            StillAtItError: the same, and it will be known if only it is waited for.
            OutcomeUnknownError: the register cannot tell: a person has to.
        """

    async def document_under(self, number: int, task: FiscalTask) -> FiscalDocument:
        """The document of this number, which somebody has read from the task's receipt on paper.

        Raises:
            RefusedError: it surely is not the task's: of another sum or sale, or there is none.
            UnavailableError, OutcomeUnknownError: nobody can tell.
        """
