"""What the gestures of loyalty come to: codes from the customer's phone, coupons, and joining; pure, without Qt."""

from dataclasses import replace
from datetime import datetime

from pos_client.counter.state import CodeAsked, CounterState, JoinStep
from pos_client.domain.sale import Sale, Stage
from pos_client.ui.commands import (
    AddCoupon,
    Dismiss,
    DropCoupon,
    JoinApply,
    JoinBack,
    JoinBegin,
    JoinClose,
    JoinCode,
    JoinCodeAgain,
    SendCodeAgain,
    SpendingCode,
    WithoutPoints,
)
from pos_client.ui.entry import Entry, Mode, Step, may_join, on_counter
from pos_client.ui.joining_entry import last_place

__all__ = [
    "chosen_coupon",
    "code_typed",
    "code_wanted_again",
    "coupon_dropped",
    "coupon_typed",
    "coupon_wanted",
    "has_joined",
    "joining_code_typed",
    "joining_wanted",
    "next_in_form",
    "stepped_back",
    "too_soon",
]

_SHORTEST_CODE = 4
_BETWEEN_CODES = 30
"""Seconds: a message takes some time to arrive, and each one costs the shop."""
_BUSY = "Секунду: ждём ответа."


# ----------------------------------------------------------------------------------------------- codes from the phone


def too_soon(code: CodeAsked, now: datetime) -> int:
    """Seconds until a new code may be sent; 0 when it may, at once after trouble or too many wrong ones."""
    if code.trouble is not None or code.wrong >= code.most:
        return 0
    return min(_BETWEEN_CODES, max(0, _BETWEEN_CODES - int((now - code.sent_at).total_seconds())))


def code_typed(entry: Entry, state: CounterState) -> Step:
    """The code that allows to spend points."""
    if refused := _refusal_of_code(entry, state.code):
        return Step(entry.telling(refused))
    return Step(entry.typing(Mode.CODE), SpendingCode(entry.text))


def code_wanted_again(entry: Entry, state: CounterState) -> Step:
    """A new code for spending points."""
    refused = _refusal_of_sending(state.code, state.now)
    return Step(entry.telling(refused)) if refused else Step(entry.typing(Mode.CODE), SendCodeAgain())


def joining_code_typed(entry: Entry, state: CounterState) -> Step:
    """The code that proves the phone. After a lost answer the code was right already: Enter alone goes on."""
    joining = state.joining
    if joining is None or joining.busy:
        return Step(entry.telling(_BUSY))
    if joining.trouble is not None and not entry.text:
        return Step(entry.typing(Mode.JOIN_CODE), JoinCode(""))
    if refused := _refusal_of_code(entry, joining.code):
        return Step(entry.telling(refused))
    return Step(entry.typing(Mode.JOIN_CODE), JoinCode(entry.text))


def _refusal_of_code(entry: Entry, code: CodeAsked | None) -> str:
    if code is None or code.busy:
        return _BUSY
    if code.wrong >= code.most:
        return "Этот код больше не подойдёт: отправьте новый."
    if len(entry.text) < _SHORTEST_CODE:
        return "Наберите код из сообщения целиком."
    return ""


def _refusal_of_sending(code: CodeAsked | None, now: datetime) -> str:
    if code is None or code.busy:
        return _BUSY
    wait = too_soon(code, now)
    return f"Код уже в пути. Новый можно отправить через {wait}\N{NO-BREAK SPACE}с." if wait else ""


# ------------------------------------------------------------------------------------------------------------ coupons


def coupon_wanted(entry: Entry, state: CounterState) -> Step:
    """A coupon is to be named."""
    sale = on_counter(state)
    if sale is None:
        return Step(entry.telling("Сначала сканируйте заказ или CDEK ID."))
    if sale.stage is not Stage.OPEN:
        return Step(entry.telling("Оплата уже идёт: купон к ней не добавить."))
    return Step(entry if entry.mode is Mode.COUPON else replace(entry.typing(Mode.COUPON), coupon=-1))


def coupon_typed(entry: Entry, state: CounterState) -> Step:
    """The coupon is to be used."""
    code = entry.text.strip()
    if not code or state.sale is None:
        return Step(entry.bare())
    if code.casefold() in {each.casefold() for each in state.sale.coupons}:
        return Step(entry.telling("Этот купон уже назван."))
    return Step(entry.bare(), AddCoupon(code))


def coupon_dropped(entry: Entry, state: CounterState) -> Step:
    """The chosen coupon is not to be used after all."""
    if state.sale is None or not state.sale.coupons:
        return Step(entry.telling("Купонов ещё нет."))
    return Step(entry.bare(), DropCoupon(state.sale.coupons[chosen_coupon(entry, state.sale)]))


def chosen_coupon(entry: Entry, sale: Sale) -> int:
    """Which coupon the hands are at: the last one until the cashier moves. The sale has one at least."""
    last = len(sale.coupons) - 1
    return entry.coupon if 0 <= entry.coupon <= last else last


# ------------------------------------------------------------------------------------------------------------ joining


def joining_wanted(entry: Entry, state: CounterState) -> Step:
    """One key for joining: it opens the form, sends the code, and sends another one."""
    joining = state.joining
    if joining is None:
        if not may_join(state):
            known = "Дождитесь конца оплаты." if on_counter(state) is None else "Клиент уже выбран: вступать не нужно."
            return Step(entry.telling(known))
        return Step(entry.bare(), JoinBegin())
    match joining.step:
        case JoinStep.FORM:
            return _apply(entry, state)
        case JoinStep.CODE:
            refused = _BUSY if joining.busy else ""
            if joining.trouble is None:
                refused = refused or _refusal_of_sending(joining.code, state.now)
            return Step(entry.telling(refused)) if refused else Step(entry.typing(Mode.JOIN_CODE), JoinCodeAgain())
        case JoinStep.DONE:
            return Step(entry.bare(), JoinClose())


def has_joined(state: CounterState) -> bool:
    """Whether the welcome is on the screen; it goes with the next customer or with the money."""
    return state.joining is not None and state.joining.step is JoinStep.DONE


def next_in_form(entry: Entry, state: CounterState) -> Step:
    """Enter goes on to the next place of the form, and from the last one sends the code."""
    if entry.join is None or state.joining is None:
        return Step(entry)
    if entry.join.at >= last_place(state.joining.texts):
        return _apply(entry, state)
    return Step(replace(entry, join=entry.join.moved(1, state.joining.texts)))


def _apply(entry: Entry, state: CounterState) -> Step:
    form, joining = entry.join, state.joining
    if form is None or joining is None:
        return Step(entry)
    if joining.busy:
        return Step(entry.telling(_BUSY))
    missing = form.missing(joining.texts)
    if missing is not None:
        said, at = missing
        return Step(replace(entry.typing(Mode.JOIN), join=replace(form, at=at), note=said))
    return Step(entry.typing(Mode.JOIN), JoinApply(form.whole_phone, form.name.strip(), form.purposes))


def stepped_back(entry: Entry, state: CounterState) -> Step | None:
    """Esc, where a code is asked for or somebody joins; None where it means something else."""
    match entry.mode:
        case Mode.CODE:
            return Step(entry.bare(), WithoutPoints())
        case Mode.JOIN | Mode.JOIN_CODE if state.notice is not None:
            return Step(entry, Dismiss())
        case Mode.JOIN:
            return Step(entry.bare(), JoinClose())
        case Mode.JOIN_CODE:
            return Step(entry.bare(), JoinBack())
        case _:
            return None
