"""The sales that a restart or trouble left unfinished, as the first screen lists them."""

from uuid import UUID

from pos_client.domain.sale import Sale
from pos_client.ports import Journal

__all__ = ["Unfinished"]


class Unfinished:
    """What the journal has open but the counter; whoever takes one to the counter sees to it or puts it back."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.sales = journal.open_sales()

    def add(self, sale: Sale) -> None:
        """Trouble stopped this one, and the counter is wanted for the next customer."""
        self.sales = (*self.sales, sale)

    def take(self, sale_id: UUID) -> Sale | None:
        """The sale, for the counter; None if it is not among these, or not any more."""
        found = next((sale for sale in self.sales if sale.id == sale_id), None)
        self.sales = tuple(sale for sale in self.sales if sale.id != sale_id)
        return found

    def put_back(self, sale_id: UUID, *, on_counter: Sale | None) -> None:
        """What could neither be ended nor laid on the counter waits here, as it did."""
        sale = self._journal.find(sale_id)
        if sale is not None and sale.is_open and (on_counter is None or on_counter.id != sale_id):
            self.sales = (sale, *self.sales)
