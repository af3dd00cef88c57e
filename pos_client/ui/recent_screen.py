"""The sales that the order of a refund may be chosen from, as they read on one line each."""

from dataclasses import dataclass
from datetime import tzinfo

from pos_client.counter.state import CounterState
from pos_client.domain.sale import Sale
from pos_client.ui.entry import Entry, Mode
from pos_client.ui.wording import NBSP, TENDER_NAME, tidy, when

__all__ = ["RecentRow", "recent", "which_order"]


@dataclass(frozen=True, slots=True)
class RecentRow:
    """One sale of this till. An order that was paid in several visits has several rows, all of them chosen at once."""

    order: str
    about: str
    amount: str
    chosen: bool


def recent(state: CounterState, entry: Entry, zone: tzinfo | None) -> tuple[RecentRow, ...]:
    """The last sales while it is asked which order goes back; none at any other time."""
    if entry.mode is not Mode.REFUND:
        return ()
    typed = entry.text.strip()
    return tuple(
        RecentRow(
            order=tidy(sale.order.number),
            about=_about(sale, state, zone),
            amount=str(sale.taken),
            chosen=sale.order.number == typed,
        )
        for sale in state.recent
        if sale.order is not None
    )


def _about(sale: Sale, state: CounterState, zone: tzinfo | None) -> str:
    means = ", ".join(dict.fromkeys(TENDER_NAME[tender.kind] for tender in sale.tenders if tender.amount))
    document = sale.document
    # Known from its paper alone, it has no number within the shift.
    name = "" if document is None else f"{document.receipt_number or f'ФД{NBSP}{document.number}'}"
    receipt = f"чек{NBSP}{name}" if name else ""
    at = when(sale.finished_at or sale.started_at, state.now, zone)
    return " · ".join(part for part in (at, means, receipt) if part)


def which_order(state: CounterState) -> tuple[str, str]:
    """The question, and the ways to answer it."""
    listed = " или выберите стрелками из последних продаж этой кассы" if state.recent else ""
    return "Какой заказ вернуть?", f"Сканируйте чек или накладную, наберите номер{listed}"
