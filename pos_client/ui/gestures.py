"""What each gesture of the cashier comes to, given what is being typed and what the counter knows: pure, without Qt."""

from collections.abc import Callable
from dataclasses import replace

from pos_client.counter.state import CounterState
from pos_client.domain.customer import Standing
from pos_client.domain.money import ZERO, Points
from pos_client.domain.sale import Stage
from pos_client.ports import Service
from pos_client.ui.entry import (
    Ask,
    Cancel,
    CloseEntry,
    Dismiss,
    Entry,
    Find,
    GiveUp,
    GoOn,
    Mode,
    Pay,
    Recheck,
    Redeem,
    Resume,
    Retry,
    SetAside,
    Step,
    WaitLonger,
    allowed_sign,
    banknotes,
    cannot_redeem,
    cannot_take_money,
    in_question,
    longest,
    looks_mistyped,
    loyalty_is_slow,
    may_cancel,
    on_counter,
    payment,
    refusal_of_cash,
    refusal_of_points,
)
from pos_client.ui.wording import roubles, typed_sum

__all__ = ["choose_row", "choose_sum", "erased", "listening", "made", "open_light", "scanned", "typed"]

NOT_YET: dict[Ask, str] = {
    Ask.CARD: "Карта на этой кассе пока не принимается: терминал не подключён.",
    Ask.SBP: "СБП на этой кассе пока не принимается.",
    Ask.REFUND: "Возврат в этой версии кассы не проводится.",
    Ask.SHIFT: "Смену касса откроет сама с первым чеком. Закройте её на самой ККТ.",
    Ask.COMMAND: "Строки команд в этой версии нет. Найти заказ или клиента — F2.",
}


def made(entry: Entry, ask: Ask, state: CounterState) -> Step:
    """What `ask` comes to."""
    entry = entry.kept(state).telling("")
    if ask in NOT_YET:
        return Step(entry.telling(NOT_YET[ask]))
    if entry.queue_open and ask in {Ask.CASH, Ask.PART, Ask.POINTS, Ask.FIND}:
        return Step(entry.telling("Сначала закройте очередь: F12 или Esc."))
    return _MADE[ask](entry, state)


def typed(entry: Entry, text: str, state: CounterState) -> Step:
    """What typed signs come to. Digits typed at a counter that waits begin a search by themselves."""
    entry = entry.kept(state).telling("")
    if text == " " and entry.mode not in {Mode.FIND, Mode.REASON}:
        return made(entry, Ask.WAIT, state)
    if entry.mode is Mode.NONE and not entry.queue_open and text[:1].isdigit() | (text[:1] == "+"):
        entry = entry.typing(Mode.FIND)
    signs = "".join(char for char in text if allowed_sign(entry.mode, char))
    if entry.mode in {Mode.CASH, Mode.PART}:
        candidate = (entry.text + signs).replace(".", ",")
        if typed_sum(candidate) is None:
            return Step(entry)
    return Step(replace(entry, text=(entry.text + signs)[: longest(entry.mode)].replace("\n", " "), doubted=False))


def erased(entry: Entry, state: CounterState) -> Step:
    """The last sign is taken back."""
    entry = entry.kept(state)
    return Step(replace(entry, text=entry.text[:-1], doubted=False, note=""))


def scanned(entry: Entry) -> Entry:
    """A scan comes before anything that was being typed, and never pays."""
    return replace(entry.bare(), queue_open=False, help_open=False, light=None)


def choose_sum(entry: Entry, text: str, state: CounterState) -> Step:
    """One of the suggested sums was pointed at; it still has to be accepted."""
    entry = entry.kept(state)
    return Step(replace(entry, text=text, doubted=False, note="") if entry.mode is Mode.CASH else entry)


def choose_row(entry: Entry, key: str, state: CounterState) -> Step:
    """A row of the queue was pointed at."""
    return Step(replace(entry.bare(), row=key).kept(state))


def open_light(entry: Entry, service: Service) -> Entry:
    """The story of a light is shown, or put away by the same gesture."""
    return replace(entry, light=None if entry.light is service else service, note="")


def listening(entry: Entry, *, active: bool) -> Entry:
    """Whether a scanner reaches the window."""
    return replace(entry, listening=active)


# ---------------------------------------------------------------------------------------------- gesture by gesture


def _help(entry: Entry, _state: CounterState) -> Step:
    return Step(replace(entry, help_open=not entry.help_open))


def _find(entry: Entry, _state: CounterState) -> Step:
    return Step(entry if entry.mode is Mode.FIND else entry.typing(Mode.FIND))


def _points(entry: Entry, state: CounterState) -> Step:
    """All points at the first press, because that is what customers ask for; a number can be typed after it."""
    if reason := cannot_redeem(state):
        return Step(entry.telling(reason))
    sale = state.sale
    if sale is None or sale.customer is None or entry.mode is Mode.POINTS:
        return Step(entry)
    if sale.customer.standing is Standing.UNRESOLVED:
        return Step(entry.bare(), Redeem(None))
    return Step(entry.typing(Mode.POINTS), None if sale.points_asked else Redeem(None))


def _cash(entry: Entry, state: CounterState) -> Step:
    if reason := cannot_take_money(state):
        return Step(entry.telling(reason))
    if entry.mode is Mode.CASH:
        return _accept(replace(entry, doubted=False), state, sure=True) if entry.doubted else Step(entry)
    if entry.mode is Mode.PART:
        return _part_typed(entry, state)
    return Step(entry.typing(Mode.CASH))


def _exact(entry: Entry, state: CounterState) -> Step:
    """Exactly what is due, in one gesture; in the queue, everything at once."""
    if entry.queue_open:
        return Step(entry, Retry(None))
    if reason := cannot_take_money(state):
        return Step(entry.telling(reason))
    if entry.mode is Mode.PART:
        return Step(entry.telling("Сначала подтвердите часть: Enter."))
    return _accept(entry.typing(Mode.CASH, part=entry.part), state, sure=True)


def _part(entry: Entry, state: CounterState) -> Step:
    if reason := cannot_take_money(state):
        return Step(entry.telling(reason))
    if state.sale is not None and not state.sale.due:
        return Step(entry.telling("К оплате ничего: часть не нужна."))
    return Step(entry if entry.mode is Mode.PART else entry.typing(Mode.PART))


def _queue(entry: Entry, _state: CounterState) -> Step:
    opened = not entry.queue_open
    return Step(replace(entry.bare(), queue_open=opened, light=None))


def _wait(entry: Entry, state: CounterState) -> Step:
    return Step(entry, WaitLonger()) if loyalty_is_slow(state) else Step(entry)


def _confirm(entry: Entry, state: CounterState) -> Step:  # noqa: PLR0911 - Enter means one thing in each place
    if entry.mode is Mode.REASON:
        return _reason_given(entry)
    if entry.queue_open:
        return Step(entry, Retry(entry.row) if entry.row else None)
    if loyalty_is_slow(state):
        return Step(entry, GoOn())
    match entry.mode:
        case Mode.FIND:
            text = entry.text.strip()
            return Step(entry.bare(), Find(text) if text else None)
        case Mode.CASH:
            return _accept(entry, state, sure=False)
        case Mode.PART:
            return _part_typed(entry, state)
        case Mode.POINTS:
            return _points_typed(entry, state)
        case Mode.CANCEL:
            return Step(entry.telling("Отменить — Del, оставить — Esc."))
        case Mode.NONE:
            return _confirm_bare(entry, state)


def _confirm_bare(entry: Entry, state: CounterState) -> Step:
    """Enter with nothing typed never opens or takes a payment: a scanner may have sent it."""
    sale = state.sale
    if sale is not None and sale.is_open:
        if sale.stage is not Stage.OPEN and state.wait is None and sale.trouble is not None:
            return Step(entry.bare(), Recheck())
        return Step(entry, Dismiss() if state.notice else None)
    if state.notice:
        return Step(entry, Dismiss())
    if state.unfinished:
        return Step(entry.bare(), Resume(state.unfinished[entry.unfinished].id))
    return Step(entry)


def _put_off(entry: Entry, state: CounterState) -> Step:  # noqa: PLR0911 - one step back from each place
    if entry.help_open:
        return Step(replace(entry, help_open=False))
    if entry.mode is Mode.CASH and entry.part is not None:
        return Step(entry.typing(Mode.PART, text=""))
    if entry.mode is not Mode.NONE:
        return Step(entry.bare())
    if entry.light is not None:
        return Step(replace(entry, light=None))
    if entry.queue_open:
        return Step(replace(entry, queue_open=False))
    if state.notice is not None:
        return Step(entry, Dismiss())
    sale = state.sale
    if sale is None or not sale.is_open:
        return Step(entry)
    if sale.stage is Stage.OPEN or (sale.trouble is not None and state.wait is None):
        return Step(entry, SetAside())
    return Step(entry.telling("Деньги уже приняты: сначала закончим с чеком."))


def _give_up(entry: Entry, state: CounterState) -> Step:  # noqa: PLR0911 - each refusal has its words
    if entry.queue_open:
        chosen = next((each for each in state.entries if each.key == entry.row), None)
        if chosen is None:
            return Step(entry)
        if not chosen.needs_human:
            return Step(entry.telling("Эта операция отправится сама, закрывать её не нужно."))
        return Step(entry.typing(Mode.REASON))
    sale = in_question(entry, state)
    if sale is None or entry.mode not in {Mode.NONE, Mode.CANCEL}:
        return Step(entry)
    if not may_cancel(sale) or state.wait is not None:
        return Step(entry.telling("Отменить нельзя: чек мог пройти. Сначала проверим его: Enter."))
    if entry.mode is Mode.CANCEL:
        return Step(entry.bare(), Cancel() if sale is on_counter(state) else GiveUp(sale.id))
    return Step(entry.typing(Mode.CANCEL))


def _up(entry: Entry, state: CounterState) -> Step:
    return Step(_moved(entry, state, -1))


def _down(entry: Entry, state: CounterState) -> Step:
    return Step(_moved(entry, state, 1))


def _moved(entry: Entry, state: CounterState, by: int) -> Entry:
    if entry.queue_open:
        keys = [each.key for each in state.entries]
        if not keys or entry.mode is Mode.REASON:
            return entry
        return replace(entry, row=keys[(keys.index(entry.row) + by) % len(keys)])
    if entry.mode is Mode.CASH and state.sale is not None:
        amount, _ = payment(entry, state.sale)
        texts = ["", *(_typable(each.kopecks) for each in banknotes(amount))]
        at = texts.index(entry.text) if entry.text in texts else 0
        return replace(entry, text=texts[(at + by) % len(texts)], doubted=False)
    if state.unfinished:
        entry = entry.bare() if entry.mode is Mode.CANCEL else entry
        return replace(entry, unfinished=(entry.unfinished + by) % len(state.unfinished))
    return entry


def _typable(kopecks: int) -> str:
    return str(kopecks // 100)


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
    return Step(entry.bare(), Pay(amount, received))


def _part_typed(entry: Entry, state: CounterState) -> Step:
    sale = state.sale
    amount = typed_sum(entry.text)
    if sale is None or amount is None or amount <= ZERO:
        return Step(entry.telling("Введите, какую часть оплачивает клиент."))
    if amount > sale.due:
        return Step(entry.telling(f"Это больше, чем к оплате: {roubles(sale.due)}."))
    return Step(entry.typing(Mode.CASH, part=None if amount == sale.due else amount))


def _points_typed(entry: Entry, state: CounterState) -> Step:
    sale = state.sale
    if sale is None or not entry.text:
        return Step(entry.bare())
    if refused := refusal_of_points(entry, sale):
        return Step(entry.telling(refused))
    wanted = Points(int(entry.text))
    return Step(entry.bare(), None if wanted == sale.points_asked else Redeem(wanted))


def _reason_given(entry: Entry) -> Step:
    reason = entry.text.strip()
    if not reason:
        return Step(entry.telling("Напишите, чем закончилось: причина остаётся в журнале."))
    return Step(entry.bare(), CloseEntry(entry.row, reason))


_MADE: dict[Ask, Callable[[Entry, CounterState], Step]] = {
    Ask.HELP: _help,
    Ask.FIND: _find,
    Ask.POINTS: _points,
    Ask.CASH: _cash,
    Ask.EXACT: _exact,
    Ask.PART: _part,
    Ask.QUEUE: _queue,
    Ask.WAIT: _wait,
    Ask.CONFIRM: _confirm,
    Ask.PUT_OFF: _put_off,
    Ask.GIVE_UP: _give_up,
    Ask.UP: _up,
    Ask.DOWN: _down,
}
