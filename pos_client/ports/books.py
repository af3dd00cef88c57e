"""What the till keeps of its own beside sales: points owed, consents given, corrections."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from pos_client.domain.correction import Correction
from pos_client.domain.customer import CustomerKey
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.joining import Consent
from pos_client.domain.sale import Sale

__all__ = ["ConsentBook", "CorrectionBook", "DebtBook"]


class DebtBook(Protocol):
    """Points owed by this till's sales. Local, synchronous, durable on return."""

    def keep(self, debt: Debt) -> None:
        """Write the debt's present state; the same debt is written once however often it is kept.

        Raises:
            OSError: the disk refused.
        """

    def find(self, sale_id: UUID) -> Debt | None:
        """The debt that a sale left behind."""

    def open_debts(self) -> tuple[Debt, ...]:
        """Debts that are still owed, oldest first."""

    def refused(self, since: datetime) -> tuple[Debt, ...]:
        """Debts of sales made since then that were refused, oldest first: a person may have had one sent again."""

    def of_customer(self, key: CustomerKey, customer_id: str) -> tuple[Debt, ...]:
        """A customer's debts by what was scanned or by processing's id, latest first, settled ones too."""

    def of_order(self, order_number: str) -> tuple[Debt, ...]:
        """Debts of an order's visits at this till, oldest first."""

    def counts(self, since: datetime) -> dict[DebtState, int]:
        """How many debts of sales made since then are in each state, for the shift report."""


class ConsentBook(Protocol):
    """Consents given at this till: evidence that must outlive the till's day. Local, synchronous, durable on return."""

    def keep(self, *consents: Consent) -> None:
        """Write them all or none.

        Raises:
            OSError: the disk refused; nobody may be registered on the strength of these consents.
        """

    def made_member(self, processing_id: str, *, phone: str, given_at: datetime) -> None:
        """Name the member who came of the consents given then; nothing else of them ever changes.

        Raises:
            OSError: the disk refused.
        """

    def given(self) -> tuple[Consent, ...]:
        """Every consent, oldest first."""


class CorrectionBook(Protocol):
    """Corrections of this till's fiscal documents. Local, synchronous, durable on return."""

    def save(self, correction: Correction) -> None:
        """Write the correction's present state.

        Raises:
            OSError: the disk refused; nothing may be done on the strength of it.
        """

    def find(self, correction_id: UUID) -> Correction | None:
        """The last saved state of a correction."""

    def of_document(self, fn: str, number: int) -> Correction | None:
        """The correction of a document, under way or done."""

    def of_order(self, number: str) -> tuple[Correction, ...]:
        """Corrections of documents of this order, under way or done."""

    def sold_under(self, number: int) -> tuple[Sale, ...]:
        """Sales of this till whose receipt has this document number, of whatever fiscal storage, oldest first."""

    def right_under(self, number: int) -> tuple[Correction, ...]:
        """Done corrections whose right document has this number, of whatever fiscal storage."""

    def unfinished(self) -> tuple[Correction, ...]:
        """Corrections that are not done and told yet, oldest first."""
