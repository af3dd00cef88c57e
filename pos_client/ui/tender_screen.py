"""What the money card shows while money is taken: tenders by their state, the code to scan, what to decide."""

from dataclasses import dataclass

from pos_client.counter.state import CounterState, Tendering, TenderStep
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Tender, TenderState, split_equally
from pos_client.domain.sale import Sale
from pos_client.ui.entry import Ask, Entry, Mode, cannot_take_money, step_of
from pos_client.ui.parts_screen import Button, Field, Look, Row, Tone
from pos_client.ui.sums import rest_of, split_in, unplanned
from pos_client.ui.tender_gestures import NO_MEANS
from pos_client.ui.wording import roubles, typed_sum

__all__ = [
    "QrScreen",
    "headline",
    "no_slip_question",
    "plan_buttons",
    "plan_field",
    "qr",
    "slip_field",
    "step_buttons",
    "tender_rows",
    "ways",
]

Rows = tuple[tuple[Button, ...], ...]
_HURRY = 30
"""Seconds before the end of a code from which on the countdown is a warning."""


@dataclass(frozen=True, slots=True)
class QrScreen:
    """The code that the customer scans, in the place of the order."""

    payload: str
    heading: str
    amount: str
    countdown: str
    tone: Tone
    how: str


def qr(state: CounterState) -> QrScreen | None:
    """The code at this moment; None when there is none to show."""
    code, tendering = state.qr, state.tendering
    if code is None or tendering is None or tendering.current is None:
        return None
    left = max(0, int((code.expires - state.now).total_seconds()))
    return QrScreen(
        payload=code.payload,
        heading="Оплата по СБП",
        amount=str(tendering.current.amount),
        countdown=f"Код действует ещё {left // 60}:{left % 60:02}" if left else "Время кода вышло, проверяем оплату…",
        tone=Tone.SUBTLE if left > _HURRY else Tone.WARNING,
        how="Клиент наводит на код камеру телефона или приложение своего банка.",
    )


# ------------------------------------------------------------------------------------------------------- the tenders

_STATES: dict[TenderState, tuple[str, Tone]] = {
    TenderState.PLANNED: ("ждёт", Tone.SUBTLE),
    TenderState.ASKED: ("сейчас", Tone.INFO),
    TenderState.APPROVED: ("✓", Tone.GOOD),
    TenderState.DECLINED: ("не прошло", Tone.WARNING),
    TenderState.UNKNOWN: ("неизвестно", Tone.WARNING),
    TenderState.RETURNING: ("возвращаем", Tone.INFO),
    TenderState.RETURN_UNKNOWN: ("неизвестно, вернулось ли", Tone.WARNING),
    TenderState.RETURNED: ("возвращено", Tone.GOOD),
}


def tender_rows(state: CounterState, entry: Entry) -> tuple[Row, ...]:
    """Rows of the plan that is being made, or of the money that is being taken."""
    if entry.mode is Mode.PART:
        made = tuple(
            Row(f"{at + 1}. {_SHORT[wish.kind]}", str(wish.amount), Tone.INFO) for at, wish in enumerate(entry.plan)
        )
        if entry.plan or state.tendering is None:
            return made
    tendering = state.tendering
    if tendering is None or (len(tendering.tenders) == 1 and tendering.step is TenderStep.ASKING):
        return ()
    # What the trouble below tells of already needs no row.
    told = tendering.current if tendering.step in {TenderStep.DECIDE, TenderStep.QUESTIONS} else None
    return tuple(_tender_row(each) for each in tendering.tenders if each is not told)


def _tender_row(tender: Tender) -> Row:
    word, tone = _STATES[tender.state]
    card = tender.approval.card if tender.approval is not None else ""
    name = " ".join(part for part in (_SHORT[tender.kind], card) if part)
    return Row(name, f"{roubles(tender.amount)} · {word}" if word != "✓" else f"{roubles(tender.amount)} ✓", tone)


_NOW: dict[TenderKind, str] = {
    TenderKind.CASH: "Наличными сейчас",
    TenderKind.CARD: "Картой сейчас",
    TenderKind.SBP: "По СБП сейчас",
}


def headline(tendering: Tendering) -> tuple[str, str]:
    """What stands over the large sum while money is taken, and the sum."""
    turn = tendering.current
    amount = str(turn.amount) if turn is not None else str(tendering.rest)
    match tendering.step:
        case TenderStep.ASKING | TenderStep.QR | TenderStep.CASH:
            return _NOW[turn.kind] if turn is not None else "Сейчас", amount
        case TenderStep.CHECKING:
            return "Проверяем оплату", amount
        case TenderStep.QUESTIONS:
            return "Прошла ли эта оплата?", amount
        case TenderStep.DECIDE:
            return "Осталось оплатить", str(tendering.rest)
        case TenderStep.GIVING_BACK | TenderStep.STUCK:
            return "Вернуть клиенту" if turn is not None and turn.has_moved else "Оплата", amount


# -------------------------------------------------------------------------------------------------------- the fields


def plan_field(sale: Sale, entry: Entry) -> Field:
    """Which part, and into how many; what stays after it."""
    left = unplanned(entry, sale)
    parts = split_in(entry.text)
    each = split_equally(left, parts)[0] if 1 < parts <= left.kopecks else None
    amount = typed_sum(entry.text) if entry.text and not entry.text.startswith("/") else None
    fits = amount is not None and amount <= left
    nth = f"Часть {len(entry.plan) + 1}: сколько и чем платят"
    return Field(
        label=nth if entry.plan else "Какую часть оплачивает клиент",
        text=f"поровну на {parts or '…'}" if entry.text.startswith("/") else _spaced(entry.text),
        placeholder=f"остаток {_bare(roubles(left))}" if entry.plan else f"до {_bare(roubles(left))}",
        aside="по" if each is not None else "останется" if fits else "",
        value=str(each) if each is not None else str(left - amount) if fits and amount is not None else "",
        tone=Tone.DANGER if entry.note else Tone.PLAIN,
        hint=entry.note,
    )


def slip_field(tendering: Tendering, entry: Entry) -> Field:
    """The second question: which sum the slip shows."""
    asked = tendering.current.amount if tendering.current is not None else tendering.rest
    return Field(
        label="Есть слип или SMS банка: какая на нём сумма?",
        text=_spaced(entry.text),
        placeholder=_bare(roubles(asked)),
        tone=Tone.WARNING if entry.doubted else Tone.DANGER if entry.note else Tone.PLAIN,
        hint=entry.note,
    )


def no_slip_question(state: CounterState) -> tuple[str, str]:
    """The question before the cashier signs that nothing was charged."""
    return (
        "Слипа и сообщения банка точно нет?",
        f"Запишем, что деньги не списаны. Подпись: {state.cashier.name.rstrip('.')}.",
    )


def _spaced(text: str) -> str:
    whole, comma, part = text.partition(",")
    groups = f"{int(whole):,}".replace(",", "\N{NO-BREAK SPACE}") if whole.isdecimal() else whole
    return groups + comma + part


def _bare(sum_in_roubles: str) -> str:
    return sum_in_roubles[:-2]


# ------------------------------------------------------------------------------------------------------- the buttons

_ASKS = ((Ask.CARD, TenderKind.CARD, "F6"), (Ask.SBP, TenderKind.SBP, "F7"))
_SHORT: dict[TenderKind, str] = {TenderKind.CASH: "Наличные", TenderKind.CARD: "Карта", TenderKind.SBP: "СБП"}


def ways(state: CounterState, *, ready: bool = True, reason: str = "") -> tuple[Button, ...]:
    """Card and transfer, faint where the till has no such means."""
    return tuple(
        Button(
            ask,
            _SHORT[kind],
            key,
            Look.SECONDARY,
            ready and kind in state.means,
            reason if kind in state.means else NO_MEANS[kind],
        )
        for ask, kind, key in _ASKS
    )


def plan_buttons(state: CounterState, sale: Sale, entry: Entry) -> Rows:
    """How the typed part, or the rest, is to be paid; what is in the plan already can be all for today."""
    back = Button(Ask.PUT_OFF, "Назад", "Esc")
    more = Button(Ask.CONFIRM, "Дальше: наличные", "Enter", Look.PRIMARY)
    if entry.plan:
        planned = roubles(rest_of(sale) - unplanned(entry, sale))
        why = "Выберите, чем платят эту часть." if entry.text else ""
        more = Button(Ask.CONFIRM, f"Только {planned} сегодня", "Enter", Look.SECONDARY, not why, why)
    if len(state.means) == 1 and not entry.plan:
        return ((more,), (back,))
    reason = cannot_take_money(state)
    cash = Button(Ask.CASH, "Наличные", "F5", Look.PRIMARY, not reason, reason)
    by = ways(state, ready=not reason, reason=reason)
    return ((cash,), by, (more,)) if entry.plan else ((cash,), by)


def step_buttons(state: CounterState, sale: Sale, entry: Entry) -> Rows | None:  # noqa: PLR0911 - each step has its own
    """What can be pressed while money is being taken; None where a sale has the usual buttons."""
    tendering = state.tendering
    if tendering is None:
        return None
    later = Button(Ask.PUT_OFF, "Отложить", "Esc")
    again = Button(Ask.CONFIRM, "Проверить ещё раз", "Enter", Look.PRIMARY)
    match step_of(state):
        case TenderStep.QR:
            return ((Button(Ask.PUT_OFF, "Клиент не будет платить", "Esc"),),)
        case TenderStep.DECIDE if entry.mode is Mode.NONE:
            return _to_decide(state, sale, tendering)
        case TenderStep.QUESTIONS if entry.mode is Mode.NO_SLIP:
            yes = Button(Ask.GIVE_UP, "Слипа нет, подписать", "Del", Look.CONTRAST)
            return ((yes,), (Button(Ask.PUT_OFF, "Назад", "Esc"),))
        case TenderStep.QUESTIONS:
            shown = typed_sum(entry.text) if entry.text else None
            there = again if shown is None else Button(Ask.CONFIRM, f"На слипе {roubles(shown)}", "Enter", Look.PRIMARY)
            return ((there,), (Button(Ask.GIVE_UP, "Слипа нет", "Del"), later))
        case TenderStep.STUCK:
            return ((again,), (later,))
        case _:
            return None


def _to_decide(state: CounterState, sale: Sale, tendering: Tendering) -> Rows:
    rest = roubles(rest_of(sale))
    leave = Button(Ask.PUT_OFF, "Отказаться", "Esc")
    cash = Button(Ask.CASH, f"Наличные {rest}", "F5", Look.PRIMARY)
    part = Button(Ask.PART, "Часть", "F8")
    last = (Button(Ask.ENOUGH, "На сегодня всё", "Shift+F8"), leave) if tendering.approved else (leave,)
    return ((cash,), (*ways(state), part), last)
