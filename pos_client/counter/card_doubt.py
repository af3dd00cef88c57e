"""Which card operation nobody knows the end of: the terminal tells of its last one only, so it has to stay that."""

from dataclasses import dataclass
from uuid import UUID

from pos_client.counter.pricing import Outside

__all__ = ["CardDoubt", "card_in_doubt"]


@dataclass(frozen=True, slots=True)
class CardDoubt:
    """An operation whose end has to be found out first; `number` is its order's, `is_refund` where it is found."""

    number: str
    is_refund: bool
    gives_back: bool
    """Money may have gone back; else it may have been taken."""


def card_in_doubt(outside: Outside, *, besides: UUID | None = None) -> CardDoubt | None:
    """The first sale or refund of the journal whose card is in doubt, but for the one of this id; None if none is.

    Raises:
        OSError: the journal cannot be read; then no card may be asked for.
    """
    for sale in outside.journal.open_sales():
        if sale.id != besides and (found := next((one for one in sale.tenders if one.is_card_in_doubt), None)):
            number = sale.order.number if sale.order is not None else ""
            return CardDoubt(number, is_refund=False, gives_back=found.return_operation is not None)
    for refund in outside.refund_book.open_refunds():
        if refund.id != besides and any(one.is_card_in_doubt for one in refund.backs):
            return CardDoubt(refund.number, is_refund=True, gives_back=True)
    return None
