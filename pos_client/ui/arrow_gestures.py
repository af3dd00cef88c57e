"""What the arrows move to: a suggested sum, a coupon, a field, an entry of the queue, an unfinished sale; pure."""

from dataclasses import replace

from pos_client.counter.state import CounterState
from pos_client.domain.sale import Sale
from pos_client.ui import loyalty_gestures as loyalty
from pos_client.ui import refund_gestures as refunds
from pos_client.ui import tender_gestures as tenders
from pos_client.ui.entry import Entry, Mode, Step
from pos_client.ui.sums import banknotes, payment

__all__ = ["down", "up"]


def up(entry: Entry, state: CounterState) -> Step:
    """The one above, or before."""
    return Step(_moved(entry, state, -1))


def down(entry: Entry, state: CounterState) -> Step:
    """The one below, or after."""
    return Step(_moved(entry, state, 1))


def _moved(entry: Entry, state: CounterState, by: int) -> Entry:
    if entry.page_open:
        return _moved_in_queue(entry, state, by)
    match entry.mode:
        case Mode.JOIN if entry.join is not None and state.joining is not None:
            return replace(entry, join=entry.join.moved(by, state.joining.texts), note="")
        case Mode.COUPON if state.sale is not None and state.sale.coupons:
            at = loyalty.chosen_coupon(entry, state.sale) + by
            return replace(entry, coupon=at % len(state.sale.coupons))
        case Mode.CASH | Mode.PART if state.sale is not None:
            texts = _offered(entry, state.sale)
            at = texts.index(entry.text) if entry.text in texts else 0
            return replace(entry, text=texts[(at + by) % len(texts)], doubted=False)
        case Mode.REFUND:
            return refunds.suggested(entry, state, by)
        case _:
            return _moved_among_unfinished(entry, state, by)


def _offered(entry: Entry, sale: Sale) -> tuple[str, ...]:
    if entry.mode is Mode.PART:
        return tenders.ways_to_split(sale, entry)
    amount, _ = payment(entry, sale)
    return ("", *(_typable(each.kopecks) for each in banknotes(amount)))


def _moved_among_unfinished(entry: Entry, state: CounterState, by: int) -> Entry:
    left = len(state.unfinished) + len(state.unfinished_refunds)
    if not left:
        return entry
    entry = entry.bare() if entry.mode is Mode.CANCEL else entry
    return replace(entry, unfinished=(entry.unfinished + by) % left)


def _moved_in_queue(entry: Entry, state: CounterState, by: int) -> Entry:
    keys = [each.key for each in state.entries]
    if not keys or entry.mode is Mode.REASON or entry.shift_open:
        return entry
    return replace(entry, row=keys[(keys.index(entry.row) + by) % len(keys)])


def _typable(kopecks: int) -> str:
    return str(kopecks // 100)
