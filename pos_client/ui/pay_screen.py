"""The lower half of the money card: what is going on, what is being typed, and the buttons that fit."""

from dataclasses import dataclass

from pos_client.counter.state import CounterState, Wait, WaitFor
from pos_client.domain.money import ZERO, Money
from pos_client.domain.sale import Sale, Stage
from pos_client.ui.entry import (
    Ask,
    Entry,
    Mode,
    banknotes,
    cannot_take_money,
    loyalty_is_slow,
    may_cancel,
    payment,
    refusal_of_cash,
)
from pos_client.ui.gestures import NOT_YET
from pos_client.ui.giving_up_screen import cancelling, giving_up, question
from pos_client.ui.parts_screen import Button, Field, Look, Note, Tone, note_of
from pos_client.ui.wording import age, roubles, typed_sum

__all__ = ["Chip", "actions", "chips", "doing", "field", "spaced"]

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A sum that may be meant; `text` is what the cashier would have typed for it."""

    label: str
    text: str
    chosen: bool


def spaced(text: str) -> str:
    """Typed roubles in groups of three, as they grow."""
    whole, comma, part = text.partition(",")
    groups = f"{int(whole):,}".replace(",", "\N{NO-BREAK SPACE}") if whole else ""
    return groups + comma + part


# ------------------------------------------------------------------------------------------------ what is going on

_WAITS: dict[WaitFor, tuple[str, str]] = {
    WaitFor.CUSTOMER: ("Ищем клиента…", ""),
    WaitFor.ORDER: ("Открываем заказ…", ""),
    WaitFor.QUOTE: ("Считаем цену и баллы…", ""),
    WaitFor.RESERVE: ("Записываем баллы…", "Деньги пока не проведены. Второй раз ничего нажимать не нужно."),
    WaitFor.TENDER: ("Ждём карту на терминале…", "Второй раз ничего нажимать не нужно."),
    WaitFor.QR: ("Ждём оплату по QR-коду…", ""),
    WaitFor.TENDER_CHECK: ("Проверяем, прошла ли оплата…", "Второй раз деньги не берём."),
    WaitFor.GIVE_BACK: ("Возвращаем деньги клиенту…", "Второй раз ничего нажимать не нужно."),
    WaitFor.RECEIPT: ("Печатаем чек…", "Деньги приняты и записаны. Второй раз ничего нажимать не нужно."),
    WaitFor.RECEIPT_CHECK: (
        "Проверяем, прошёл ли чек…",
        "Деньги приняты и записаны. Второй раз ничего нажимать не нужно.",
    ),
}


def doing(state: CounterState, entry: Entry) -> Note | None:
    """The note in the place where the hand would go, if there is something to say there."""
    sale = state.sale
    if entry.mode is Mode.CANCEL and sale is not None:
        return Note(Tone.DANGER, *question(sale))
    if state.wait is not None and (state.wait.slow or _moves_money(sale)):
        return _wait_note(state, state.wait)
    if sale is None:
        return None
    if sale.trouble is not None:
        return note_of(sale.trouble, Tone.WARNING)
    if _moves_money(sale):
        return Note(Tone.INFO, "Проводим оплату…", "Второй раз ничего нажимать не нужно.")
    return None


def _moves_money(sale: Sale | None) -> bool:
    return sale is not None and sale.is_open and sale.stage is not Stage.OPEN


def _wait_note(state: CounterState, wait: Wait) -> Note:
    strong, text = _WAITS[wait.what]
    passed = state.now - wait.since
    strong = f"{strong} {age(wait.since, state.now)}" if passed.total_seconds() >= 1 else strong
    if loyalty_is_slow(state):
        choice = "Продолжить без баллов — Enter, подождать ещё — Пробел."
        return Note(Tone.INFO, strong, "", ("Система лояльности отвечает медленно.", choice))
    return Note(Tone.INFO, strong, "", (text,) if text else ())


# --------------------------------------------------------------------------------------------- what is being typed


def field(sale: Sale, entry: Entry) -> Field | None:
    """The sum that is being typed."""
    if sale.stage is not Stage.OPEN:
        return None
    if entry.mode is Mode.CASH:
        return _cash_field(sale, entry)
    if entry.mode is Mode.PART:
        return _part_field(sale, entry)
    return None


def _cash_field(sale: Sale, entry: Entry) -> Field:
    amount, received = payment(entry, sale)
    label = "Получено наличными" if entry.part is None else f"Получено наличными за часть {roubles(amount)}"
    refused = refusal_of_cash(entry, sale)
    short = received is not None and received < amount
    back = ZERO if received is None else (amount - received if short else received - amount)
    tone = Tone.WARNING if entry.doubted else (Tone.DANGER if entry.note or (refused and not short) else Tone.PLAIN)
    return Field(
        label=label,
        text=spaced(entry.text),
        placeholder=f"{_typable(amount)} — без сдачи",
        aside="не хватает" if short else "сдача",
        value=str(back),
        tone=tone,
        hint=entry.note,
    )


def _part_field(sale: Sale, entry: Entry) -> Field:
    amount = typed_sum(entry.text) if entry.text else None
    fits = amount is not None and amount <= sale.due
    return Field(
        label="Какую часть оплачивает клиент",
        text=spaced(entry.text),
        placeholder=f"до {_typable(sale.due)}",
        aside="останется" if fits else "",
        value=str(sale.due - amount) if fits and amount is not None else "",
        tone=Tone.DANGER if entry.note else Tone.PLAIN,
        hint=entry.note,
    )


def _typable(amount: Money) -> str:
    return roubles(amount)[:-2]


def chips(sale: Sale, entry: Entry) -> tuple[Chip, ...]:
    """Sums that the customer is likely to hand over."""
    if entry.mode is not Mode.CASH or sale.stage is not Stage.OPEN:
        return ()
    amount, _ = payment(entry, sale)
    sums = ((_typable(each), str(each.kopecks // 100)) for each in banknotes(amount))
    labelled = (("без сдачи", ""), *sums)
    return tuple(Chip(label, text, chosen=text == entry.text) for label, text in labelled)


# ------------------------------------------------------------------------------------------------------ the buttons


def actions(state: CounterState, entry: Entry) -> Rows:
    """Rows of buttons that fit what is going on, the usual one first."""
    sale = state.sale
    if entry.mode is Mode.CANCEL and sale is not None:
        yes, no = cancelling(sale)
        return ((yes,), (no,))
    if loyalty_is_slow(state):
        return (
            (Button(Ask.CONFIRM, "Продолжить без баллов", "Enter", Look.PRIMARY),),
            (Button(Ask.WAIT, "Подождать ещё", "Пробел"),),
        )
    if sale is not None and _moves_money(sale):
        return _unfinished(state, sale)
    if sale is not None and entry.mode is Mode.CASH:
        return _cash_buttons(sale, entry)
    if entry.mode is Mode.PART:
        return ((Button(Ask.CONFIRM, "Дальше: наличные", "Enter", Look.PRIMARY),), (_back(),))
    return _ways_to_pay(state, sale)


def _back() -> Button:
    return Button(Ask.PUT_OFF, "Назад", "Esc")


def _unfinished(state: CounterState, sale: Sale) -> Rows:
    if state.wait is not None or sale.trouble is None:
        reason = "Оплата уже идёт. Второй раз нажимать не нужно."
        return (
            (
                Button(Ask.CASH, "Наличные", "", enabled=False, reason=reason),
                Button(Ask.CARD, "Карта", "", enabled=False, reason=reason),
            ),
        )
    sent = sale.fiscal is not None and sale.fiscal.sent
    again = (Button(Ask.CONFIRM, "Проверить ещё раз" if sent else "Пробить чек", "Enter", Look.PRIMARY),)
    if not may_cancel(sale):
        return (again,)
    return (again, (giving_up(sale),))


def _cash_buttons(sale: Sale, entry: Entry) -> Rows:
    if entry.doubted:
        _, received = payment(entry, sale)
        sure = f"Да, получено {roubles(received)}" if received is not None else "Да"
        return ((Button(Ask.CASH, sure, "F5", Look.CONTRAST),),)
    refused = refusal_of_cash(entry, sale)
    return ((Button(Ask.CONFIRM, "Принять и пробить чек", "Enter", Look.PRIMARY, not refused, refused),),)


def _ways_to_pay(state: CounterState, sale: Sale | None) -> Rows:
    reason = cannot_take_money(state)
    ready = not reason
    due = sale.due if sale is not None and sale.order is not None else ZERO
    cash = f"Наличные {roubles(due)}" if ready and due > ZERO else "Наличные"
    if ready and not due:
        cash = "Пробить чек без доплаты"
    nothing = "К оплате ничего: часть не нужна."
    return (
        (Button(Ask.CASH, cash, "F5", Look.PRIMARY, ready, reason),),
        (
            Button(Ask.CARD, "Карта", "F6", enabled=False, reason=NOT_YET[Ask.CARD]),
            Button(Ask.SBP, "СБП", "F7", enabled=False, reason=NOT_YET[Ask.SBP]),
        ),
        (Button(Ask.PART, "Оплатить часть", "F8", Look.SECONDARY, ready and bool(due), reason or nothing),),
    )
