"""Which order the wish for another slip is about: the one in sight, or the one chosen from the list; without Qt."""

from pos_client.counter.state import CounterState
from pos_client.ui.commands import PrintSlip
from pos_client.ui.entry import Entry, Mode, Step, on_counter
from pos_client.ui.idle_screen import later_refund

__all__ = ["slip_wanted"]


def slip_wanted(entry: Entry, state: CounterState) -> Step:
    """Shift+F11: the slips of one order are printed once more. Nothing else changes, on the screen or in the sale."""
    if state.wait is not None:
        return Step(entry.telling("Секунду: сначала закончим то, что идёт."))
    number = _order_in_sight(entry, state)
    if not number:
        return Step(entry.telling("Слип какого заказа? Выберите его в списке продаж: F9 и стрелки."))
    return Step(entry, PrintSlip(number))


def _order_in_sight(entry: Entry, state: CounterState) -> str:
    if entry.mode is Mode.REFUND:
        return entry.text.strip()
    if state.refund is not None:
        return state.refund.refund.number
    if (sale := on_counter(state)) is not None:
        return sale.order.number if sale.order is not None else ""
    if (refund := later_refund(state)) is not None:
        return refund.number
    return state.last.order.number if state.last is not None and state.last.order is not None else ""
