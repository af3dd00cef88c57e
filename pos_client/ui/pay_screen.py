"""The lower half of the money card: what is going on, what is being typed, and the buttons that fit."""

from dataclasses import dataclass, replace

from pos_client.counter.state import CounterState, TenderStep, Wait, WaitFor
from pos_client.domain.money import ZERO, Money
from pos_client.domain.sale import Sale, Stage
from pos_client.ui.entry import Ask, Entry, Mode, cannot_take_money, loyalty_is_slow, may_cancel, step_of
from pos_client.ui.giving_up_screen import cancelling, giving_up, question
from pos_client.ui.paper_screen import no_paper_question, paper_buttons, paper_field
from pos_client.ui.parts_screen import Button, Field, Look, Note, Tone, note_of
from pos_client.ui.sums import banknotes, payment, refusal_of_cash
from pos_client.ui.tender_gestures import CASH_IS_TYPED, ways_to_split
from pos_client.ui.tender_screen import no_slip_question, plan_buttons, plan_field, slip_field, step_buttons, ways
from pos_client.ui.wording import age, roubles

__all__ = ["Chip", "actions", "chips", "doing", "field", "spaced"]

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A sum that may be meant; `text` is what the cashier would have typed for it."""

    label: str
    text: str
    chosen: bool
    spoken: str = ""
    """For those who listen; empty for a sum of cash that was received."""


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
    WaitFor.RECEIPT: ("Печатаем чек…", "Деньги приняты и записаны. Второй раз ничего нажимать не нужно."),
    WaitFor.RECEIPT_CHECK: (
        "Проверяем, прошёл ли чек…",
        "Деньги приняты и записаны. Второй раз ничего нажимать не нужно.",
    ),
    WaitFor.CORRECTION: ("Исправляем чек…", "Касса пробьёт два чека коррекции. Деньги второй раз не берём."),
    WaitFor.TENDER: ("Карта: смотрите на экран терминала…", "Отменить можно на самом терминале."),
    WaitFor.QR: ("Ждём оплату по коду…", "Как только клиент заплатит, касса пробьёт чек сама."),
    WaitFor.TENDER_CHECK: (
        "Проверяем, прошла ли оплата…",
        "Второй раз деньги не берём, пока это не выяснится. Нажимать ничего не нужно.",
    ),
    WaitFor.GIVE_BACK: ("Возвращаем деньги…", "Тем же способом, каким платили. Нажимать ничего не нужно."),
}


def doing(state: CounterState, entry: Entry) -> Note | None:  # noqa: PLR0911 - the first that applies
    """The note in the place where the hand would go, if there is something to say there."""
    sale = state.sale
    if entry.mode is Mode.CANCEL and sale is not None:
        return Note(Tone.DANGER, *question(sale))
    if entry.mode is Mode.NO_SLIP:
        return Note(Tone.DANGER, *no_slip_question(state))
    if entry.mode is Mode.NO_PAPER:
        return Note(Tone.DANGER, *no_paper_question(state))
    if state.wait is not None and (state.wait.slow or _moves_money(sale)):
        return _wait_note(state, state.wait)
    if sale is None or _has_the_hands(entry, state):
        return None
    is_asked = step_of(state) in {TenderStep.QUESTIONS, TenderStep.DECIDE} or state.receipt_doubt is not None
    if sale.trouble is not None and is_asked:
        # What to do now is asked by the field and offered by the buttons below.
        return note_of(replace(sale.trouble, action=""), Tone.WARNING)
    if sale.trouble is not None:
        return note_of(sale.trouble, Tone.WARNING)
    if _moves_money(sale):
        return Note(Tone.INFO, "Проводим оплату…", "Второй раз ничего нажимать не нужно.")
    return None


def _has_the_hands(entry: Entry, state: CounterState) -> bool:
    """Whether a sum is being typed while money is taken: the field says what is wanted."""
    return state.tendering is not None and entry.mode in {Mode.CASH, Mode.PART}


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


def field(state: CounterState, sale: Sale, entry: Entry) -> Field | None:
    """The sum that is being typed."""
    if (paper := paper_field(state, entry)) is not None:
        return paper
    if sale.stage not in {Stage.OPEN, Stage.PAYING, Stage.CANCELLING}:
        return None
    if entry.mode is Mode.SLIP and state.tendering is not None:
        return slip_field(state.tendering, entry)
    if entry.mode is Mode.CASH:
        return _cash_field(sale, entry)
    if entry.mode is Mode.PART:
        return plan_field(sale, entry)
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


def _typable(amount: Money) -> str:
    return roubles(amount)[:-2]


def chips(sale: Sale, entry: Entry) -> tuple[Chip, ...]:
    """Sums that the customer is likely to hand over."""
    if entry.mode is Mode.PART:
        split = ways_to_split(sale, entry)
        chosen = (Chip(f"1{text}", text, text == entry.text, f"Поровну на {text[1:]}") for text in split[1:])
        return () if entry.plan else tuple(chosen)
    if entry.mode is not Mode.CASH:
        return ()
    amount, _ = payment(entry, sale)
    sums = ((_typable(each), str(each.kopecks // 100)) for each in banknotes(amount))
    labelled = (("без сдачи", ""), *sums)
    return tuple(Chip(label, text, chosen=text == entry.text) for label, text in labelled)


# ------------------------------------------------------------------------------------------------------ the buttons


def actions(state: CounterState, entry: Entry) -> Rows:  # noqa: PLR0911 - the first that applies
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
    if sale is not None and (rows := step_buttons(state, sale, entry)) is not None:
        return rows
    if sale is not None and entry.mode is Mode.CASH:
        return _cash_buttons(state, sale, entry)
    if sale is not None and entry.mode is Mode.PART:
        return plan_buttons(state, sale, entry)
    if sale is not None and _moves_money(sale):
        return _unfinished(state, sale, entry)
    return _ways_to_pay(state, sale)


def _unfinished(state: CounterState, sale: Sale, entry: Entry) -> Rows:
    if state.wait is not None or sale.trouble is None:
        reason = "Оплата уже идёт. Второй раз нажимать не нужно."
        return (
            (
                Button(Ask.CASH, "Наличные", "", enabled=False, reason=reason),
                Button(Ask.CARD, "Карта", "", enabled=False, reason=reason),
            ),
        )
    once_more = Button(Ask.CONFIRM, _once_more(sale), "Enter", Look.PRIMARY)
    if (answers := paper_buttons(state, entry, once_more)) is not None:
        return answers
    again = (once_more,)
    if not may_cancel(sale):
        return (again,)
    return (again, (giving_up(sale),))


def _once_more(sale: Sale) -> str:
    if sale.stage is Stage.CORRECTING:
        return "Исправить чек"
    return "Проверить ещё раз" if sale.fiscal is not None and sale.fiscal.sent else "Пробить чек"


def _cash_buttons(state: CounterState, sale: Sale, entry: Entry) -> Rows:
    if entry.doubted:
        _, received = payment(entry, sale)
        sure = f"Да, получено {roubles(received)}" if received is not None else "Да"
        return ((Button(Ask.CASH, sure, "F5", Look.CONTRAST),),)
    refused = refusal_of_cash(entry, sale)
    accept = (Button(Ask.CONFIRM, "Принять и пробить чек", "Enter", Look.PRIMARY, not refused, refused),)
    if state.tendering is None or len(state.means) == 1:
        return (accept,)
    return (accept, ways(state, ready=not entry.text, reason=CASH_IS_TYPED if entry.text else ""))


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
        ways(state, ready=ready and bool(due), reason=reason or nothing),
        (Button(Ask.PART, "Оплатить часть", "F8", Look.SECONDARY, ready and bool(due), reason or nothing),),
    )
