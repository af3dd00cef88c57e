"""A receipt that the register registered with another total than was asked for, as its fiscal storage tells it."""

from dataclasses import dataclass

from pos_client.domain.receipt import FiscalDocument, Receipt

__all__ = ["Misregistered"]


@dataclass(frozen=True, slots=True)
class Misregistered:
    """A document that has to be taken back and replaced: never printed again, never charged again."""

    document: FiscalDocument
    receipt: Receipt
    """Lines and payments as registered: only a correction of the same sums takes the document back."""
