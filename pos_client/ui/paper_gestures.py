"""What the gestures come to when nobody but the cashier can tell whether a receipt is registered; pure, without Qt."""

from dataclasses import replace

from pos_client.counter.state import CounterState
from pos_client.ui.commands import Dismiss, ReceiptAnswer, Recheck, RefundRecheck
from pos_client.ui.entry import Entry, Mode, Step

__all__ = ["no_paper", "number_of_paper"]

_FAR = 20
"""So many documents behind the last one that was known, a number is asked about: it may be another one of the paper."""


def number_of_paper(entry: Entry, state: CounterState) -> Step:
    """Enter: the number that stands on the paper after «ФД»; with nothing typed the register is asked once more."""
    doubt = state.receipt_doubt
    if not entry.text:
        if state.notice is not None:
            return Step(entry, Dismiss())
        return Step(entry.bare(), Recheck() if state.refund is None else RefundRecheck())
    number = int(entry.text)
    after = None if doubt is None else doubt.after
    if not number or (after is not None and number <= after):
        why = "" if after is None else f": перед этим чеком в кассе уже был № {after}"
        return Step(entry.telling(f"Это не тот номер{why}. На бумаге он стоит после «ФД»."))
    if not entry.doubted and (after is None or number > after + _FAR):
        note = f"На бумаге точно ФД № {number}? Да — Enter, исправить — Backspace."
        return Step(replace(entry, doubted=True, note=note))
    return Step(entry.bare(), ReceiptAnswer(number))


def no_paper(entry: Entry) -> Step:
    """There is no paper; said twice, because it is signed, and the receipt is printed then."""
    if entry.mode is Mode.NO_PAPER:
        return Step(entry.bare(), ReceiptAnswer(0))
    return Step(entry.typing(Mode.NO_PAPER))
