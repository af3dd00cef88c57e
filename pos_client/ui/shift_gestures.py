"""What the gestures on the page of the shift come to: pure, without Qt."""

from pos_client.counter.state import CounterState
from pos_client.domain.order import TenderKind
from pos_client.ui.commands import Reconcile
from pos_client.ui.entry import Entry, Step

__all__ = ["reconciliation_wanted"]


def reconciliation_wanted(entry: Entry, state: CounterState) -> Step:
    """The totals of the terminal are held against the bank's, on the page that shows what comes of it."""
    if TenderKind.CARD not in state.means:
        return Step(entry.telling("У этой кассы нет терминала: сверять нечего."))
    if not entry.shift_open:
        return Step(entry.telling("Сверка итогов терминала — на странице смены: F10."))
    return Step(entry, Reconcile())
