"""What the screen says of points that were promised: those of the customer, of the last sale, of the whole shift."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pos_client.counter.state import Arrival
from pos_client.domain.customer import Customer
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.facts import OrderSettled, SoldOffline, facts_of
from pos_client.domain.sale import Sale
from pos_client.ports import DebtBook, FactState, Outbox, Service

__all__ = ["DebtsShown", "arrival", "debts_shown"]

_ARRIVALS = {
    DebtState.OWED: Arrival.WAITING,
    DebtState.ACCRUED: Arrival.ARRIVED,
    DebtState.REFUSED: Arrival.REFUSED,
    DebtState.CANCELLED: Arrival.NONE,
}


@dataclass(frozen=True, slots=True)
class DebtsShown:
    """Debts of the customer on the counter, that of the last sale, and how many of the shift are in each state."""

    of_customer: tuple[Debt, ...] = ()
    last: Debt | None = None
    counts: Mapping[DebtState, int] = field(default_factory=dict)


def debts_shown(book: DebtBook, customer: Customer | None, last: Sale | None, *, since: datetime) -> DebtsShown:
    """What the book has of them.

    Nothing while its disk refuses: no sale waits for it, and whoever follows debts says what is wrong.
    """
    try:
        return DebtsShown(
            () if customer is None else book.of_customer(customer.key, customer.processing_id),
            None if last is None else book.find(last.id),
            book.counts(since),
        )
    except OSError:
        return DebtsShown()


def arrival(last: Sale | None, debt: Debt | None, outbox: Outbox) -> Arrival:
    """What became of the last sale's points: by the account where they were owed, else by the queue."""
    if last is None:
        return Arrival.NONE
    if debt is not None:
        return _ARRIVALS[debt.state]
    fates = {outbox.fate(fact.key).state for fact in facts_of(last) if isinstance(fact, SoldOffline | OrderSettled)}
    if not fates:
        return Arrival.NONE
    if fates == {FactState.DELIVERED}:
        return Arrival.ARRIVED
    if FactState.REFUSED in fates or FactState.WAITING not in fates:
        # What a person closed by hand has not arrived, though nothing waits any more.
        return Arrival.REFUSED
    shut = any(lane.paused for lane in outbox.lanes() if lane.service is Service.PROCESSING)
    return Arrival.REFUSED if shut else Arrival.WAITING
