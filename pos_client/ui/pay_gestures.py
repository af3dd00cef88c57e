"""What the gestures of money and points come to: what is typed, what is taken, what is spent; pure, without Qt."""

from dataclasses import replace

from pos_client.counter.state import CounterState, TenderStep
from pos_client.domain.customer import Standing
from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.ui import loyalty_gestures as loyalty
from pos_client.ui.commands import CashTaken, Command, Pay, PayPlan, Redeem, RestBy, Retry
from pos_client.ui.entry import Entry, Mode, Step, cannot_redeem, cannot_take_money, step_of
from pos_client.ui.sums import looks_mistyped, payment, refusal_of_cash, refusal_of_points, rest_of
from pos_client.ui.tender_gestures import begun, plan_entered, planned_by
from pos_client.ui.wording import roubles, typed_sum

__all__ = [
    "cash_typed",
    "cash_wanted",
    "exact_wanted",
    "part_typed",
    "part_wanted",
    "points_typed",
    "points_wanted",
]


def points_wanted(entry: Entry, state: CounterState) -> Step:
    """All points at the first press, because that is what customers ask for; a number can be typed after it.

    While a code is asked for, the same key asks for a new one.
    """
    if entry.mode is Mode.CODE:
        return loyalty.code_wanted_again(entry, state)
    if reason := cannot_redeem(state):
        return Step(entry.telling(reason))
    sale = state.sale
    if sale is None or sale.customer is None or entry.mode is Mode.POINTS:
        return Step(entry)
    if sale.customer.standing is Standing.UNRESOLVED:
        return Step(entry.bare(), Redeem(None))
    return Step(entry.typing(Mode.POINTS), None if sale.points_asked else Redeem(None))


def cash_wanted(entry: Entry, state: CounterState) -> Step:
    """The received sum is to be typed; once it was doubted, the same key says that it is right."""
    if reason := cannot_take_money(state):
        return Step(entry.telling(reason))
    if entry.mode is Mode.CASH:
        return _accept(replace(entry, doubted=False), state, sure=True) if entry.doubted else Step(entry)
    if entry.mode is Mode.PART:
        among_others = _plans(entry) or (len(state.means) > 1 and _is_less(entry, state))
        return planned_by(entry, state, TenderKind.CASH) if among_others else part_typed(entry, state)
    return Step(entry.typing(Mode.CASH))


def _plans(entry: Entry) -> bool:
    """Whether cash is one row among several, and not simply a part of the order."""
    return bool(entry.plan) or entry.text.startswith("/")


def _is_less(entry: Entry, state: CounterState) -> bool:
    """Whether what is typed leaves something to be paid by other means."""
    amount = typed_sum(entry.text)
    return state.sale is not None and amount is not None and ZERO < amount < rest_of(state.sale)


def exact_wanted(entry: Entry, state: CounterState) -> Step:
    """Exactly what is due, in one gesture; in the queue, everything at once."""
    if entry.queue_open:
        return Step(entry, Retry(None))
    if reason := cannot_take_money(state):
        return Step(entry.telling(reason))
    if entry.mode is Mode.PART:
        return Step(entry.telling("Сначала подтвердите часть: Enter."))
    return _accept(entry.typing(Mode.CASH, part=entry.part), state, sure=True)


def part_wanted(entry: Entry, state: CounterState) -> Step:
    """Only a part of what is due is to be paid."""
    if reason := cannot_take_money(state):
        return Step(entry.telling(reason))
    if state.sale is not None and not rest_of(state.sale):
        return Step(entry.telling("К оплате ничего: часть не нужна."))
    return Step(entry if entry.mode is Mode.PART else entry.typing(Mode.PART))


# ------------------------------------------------------------------------------------------- what was typed is meant


def _accept(entry: Entry, state: CounterState, *, sure: bool) -> Step:
    sale = state.sale
    if sale is None or (reason := cannot_take_money(state)):
        return Step(entry.bare(reason if sale else ""))
    if state.wait is not None or sale.quote is None:
        return Step(entry.telling("Секунду: ждём цену. Потом нажмите ещё раз."))
    if refused := refusal_of_cash(entry, sale):
        return Step(entry.telling(refused))
    amount, received = payment(entry, sale)
    if received is None:
        return Step(entry)
    if looks_mistyped(entry, sale) and not sure:
        doubt = f"Получено {roubles(received)} при оплате {roubles(amount)}? Если так — F5, исправить — Backspace."
        return Step(replace(entry, doubted=True, note=doubt))
    return begun(entry, state, _cash_command(entry, state, amount, received))


def _cash_command(entry: Entry, state: CounterState, amount: Money, received: Money) -> Command:
    match step_of(state):
        case TenderStep.CASH if entry.part is None:
            return CashTaken(received)
        case TenderStep.DECIDE if entry.part is None:
            return RestBy(TenderKind.CASH, received)
        case TenderStep.CASH | TenderStep.DECIDE:
            return PayPlan((TenderWish(TenderKind.CASH, amount, received),))
        case _:
            return Pay(amount, received)


def cash_typed(entry: Entry, state: CounterState) -> Step:
    """What was received is accepted, unless it looks like a slip."""
    return _accept(entry, state, sure=False)


def part_typed(entry: Entry, state: CounterState) -> Step:
    """The part is named, and is paid in cash unless a key says otherwise."""
    if _plans(entry):
        return plan_entered(entry)
    sale = state.sale
    amount = typed_sum(entry.text)
    if sale is None or amount is None or amount <= ZERO:
        return Step(entry.telling("Введите, какую часть оплачивает клиент."))
    due = rest_of(sale)
    if amount > due:
        return Step(entry.telling(f"Это больше, чем к оплате: {roubles(due)}."))
    return Step(entry.typing(Mode.CASH, part=None if amount == due else amount))


def points_typed(entry: Entry, state: CounterState) -> Step:
    """So many points are to be spent."""
    sale = state.sale
    if sale is None or not entry.text:
        return Step(entry.bare())
    if refused := refusal_of_points(entry, sale):
        return Step(entry.telling(refused))
    wanted = Points(int(entry.text))
    return Step(entry.bare(), None if wanted == sale.points_asked else Redeem(wanted))
