"""The page of a refund: what was paid and how, what goes back and how, and how far it has come."""

from dataclasses import dataclass, replace
from datetime import tzinfo

from pos_client.counter.state import CounterState, PointsBack, RefundPage, WaitFor
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.paid_order import PaidVisit
from pos_client.domain.payment import Tender
from pos_client.domain.refund import Refund, RefundStage
from pos_client.ui import surplus_screen as surplus
from pos_client.ui.entry import Ask, Entry, Mode, return_by_hand, return_in_doubt
from pos_client.ui.paper_screen import no_paper_question, paper_buttons, paper_field
from pos_client.ui.parts_screen import Badge, Button, Field, Look, Note, Row, Tone, note_of
from pos_client.ui.refund_gestures import is_reference, under_way
from pos_client.ui.wording import (
    NBSP,
    TENDER_BY,
    TENDER_NAME,
    age,
    day,
    number,
    points,
    roubles,
    tidy,
    typed_sum,
    when,
    where_sent,
)

__all__ = ["RefundScreen", "giving_up_question", "last_refund_rows", "refund", "stage_in_words"]


@dataclass(frozen=True, slots=True)
class RefundScreen:
    """What was paid, what goes back, how far it has come."""

    title: str
    badge: Badge
    number: str
    about: str
    visits: tuple[Row, ...]
    paid_label: str
    paid: str
    back_label: str
    back: str
    ways: tuple[Row, ...]
    points_label: str
    points: tuple[Row, ...]
    whole: str
    """Why it is all or nothing."""
    steps_label: str
    steps: tuple[Row, ...]
    doing: Note | None
    field: Field | None
    """The sum on the slip of a return that only the cashier can tell of."""
    buttons: tuple[tuple[Button, ...], ...]


_WHOLE = "Услуги заказа возвращаются только вместе: одну строку вернуть нельзя (F8 — почему)."


def refund(state: CounterState, entry: Entry, zone: tzinfo | None) -> RefundScreen | None:
    """The page at this moment; None when no refund lies on the counter."""
    page = state.refund
    if page is None:
        return None
    paid = page.refund
    order = paid.paid.order
    way = " → ".join(part for part in (order.origin_city, order.destination_city) if part)
    partly = f"оплачено {roubles(paid.amount)} из {roubles(order.total)}" if order.due > ZERO else ""
    rows, alone = _points_rows(page.points, paid), paid.surplus
    return RefundScreen(
        title="Возврат заказа" if alone is None else surplus.TITLE,
        badge=_badge(page),
        number=tidy(order.number),
        about=" · ".join(part for part in ((way, partly) if alone is None else (surplus.why(paid, alone),)) if part),
        visits=tuple(_visit(visit, state, zone) for visit in paid.paid.visits),
        paid_label="Всего оплачено" if alone is None else surplus.PAID_LABEL,
        paid=str(paid.amount),
        back_label="Возвращено клиенту" if paid.document is not None and not paid.paid.cash else "Вернём клиенту",
        back=str(paid.amount),
        ways=_ways(paid),
        points_label="Баллы" if rows else "",
        points=rows,
        whole=_WHOLE if alone is None else surplus.WHOLE,
        steps_label="После подтверждения" if paid.stage is RefundStage.OPEN else "Ход возврата",
        steps=_steps(page, state),
        doing=_doing(page, state, entry),
        field=_slip(state, entry) or paper_field(state, entry),
        buttons=_buttons(page, state, entry),
    )


def _badge(page: RefundPage) -> Badge:
    refund = page.refund
    if _stands(page):
        return Badge("Остановлен", Tone.WARNING)
    if refund.stage is RefundStage.OPEN:
        return Badge("Ещё не начат", Tone.SUBTLE)
    return Badge(
        "Чек пробит" if refund.document is not None else "Идёт", Tone.GOOD if refund.document is not None else Tone.INFO
    )


def _stands(page: RefundPage) -> bool:
    """Whether it waits for a person: trouble told before stays told while it is being put right."""
    return page.refund.trouble is not None and not under_way(page)


def _visit(visit: PaidVisit, state: CounterState, zone: tzinfo | None) -> Row:
    where = " · ".join(
        part
        for part in (when(visit.at, state.now, zone), visit.office, f"касса {visit.till}" if visit.till else "")
        if part
    )
    means = [f"{TENDER_NAME[one.kind]} {roubles(one.amount)}" for one in visit.tenders if one.amount]
    if visit.points_spent:
        means.append(f"списано {points(visit.points_spent)}")
    if visit.document:
        means.append(f"чек ФД{NBSP}{visit.document}")
    return Row(where, str(visit.paid), detail=" · ".join(means))


_WAY: dict[TenderKind, str] = {
    TenderKind.CARD: "На ту же карту",
    TenderKind.SBP: "По СБП на тот же счёт",
    TenderKind.CASH: "Наличными из кассы",
}


_BY_WORD = "записано со слов: нужен слип"


def _ways(refund: Refund) -> tuple[Row, ...]:
    """Sums by the way they go, cards first: what may fail goes before the drawer is opened."""
    sums: dict[TenderKind, Money] = {}
    for back in refund.paid.paybacks:
        sums[back.kind] = sums.get(back.kind, ZERO) + back.amount
    by_word = {back.kind for back in refund.paid.paybacks if back.approval is not None and back.approval.is_nameless}
    return tuple(
        Row(_WAY[kind], str(amount), detail=_BY_WORD if kind is TenderKind.CARD and kind in by_word else "")
        for kind, amount in sums.items()
    )


def _points_rows(back: PointsBack, refund: Refund) -> tuple[Row, ...]:
    rows: list[Row] = []
    if back.returned:
        rows.append(Row("Списанные вернутся на счёт", number(back.returned.count), Tone.GOOD))
    if back.taken is None and refund.paid.loyalty_orders:
        rows.append(Row("Начисленные за заказ спишутся", "", detail="сколько, скажет система лояльности"))
    elif back.taken is not None and back.taken:
        rows.append(Row("Начисленные за заказ спишутся", number(back.taken.count), Tone.WARNING))
    if back.owed:
        known = [debt.expected.count for debt in back.owed if debt.expected is not None]
        much = number(sum(known)) if len(known) == len(back.owed) else ""
        rows.append(Row("Обещанные просто отменим", much, Tone.SUBTLE))
    return tuple(rows)


# ---------------------------------------------------------------------------------------------------- how far it is

_SEQUENCE = (
    RefundStage.CLAIMING,
    RefundStage.RETURNING,
    RefundStage.FISCALISING,
    RefundStage.RECORDING,
    RefundStage.HANDING_OUT,
)


def _steps(page: RefundPage, state: CounterState) -> tuple[Row, ...]:
    refund = page.refund
    cashless = refund.amount - refund.paid.cash
    document = f"ФД{NBSP}{refund.document.number}" if refund.document is not None else ""
    names = {
        RefundStage.CLAIMING: "Закрепить заказ за этим возвратом" if refund.surplus is None else "",
        RefundStage.RETURNING: "Вернуть безналичное" if cashless else "",
        RefundStage.FISCALISING: f"Пробить чек возврата{_sent(refund)}",
        RefundStage.RECORDING: "Записать возврат и баллы",
        RefundStage.HANDING_OUT: "Выдать наличные" if refund.paid.cash else "",
    }
    return tuple(
        _step(names[stage], stage, page, state, document if stage is RefundStage.FISCALISING else "")
        for stage in _SEQUENCE
        if names[stage]
    )


def _sent(refund: Refund) -> str:
    """How the customer gets the receipt, where it is not on paper alone."""
    if not refund.contact:
        return ""
    return f"{', на бумаге и' if refund.paper else ' без бумаги,'} на {where_sent(refund.contact)}"


def _seen_as(stage: RefundStage) -> RefundStage:
    """A receipt that is being corrected is not there yet."""
    return RefundStage.FISCALISING if stage is RefundStage.CORRECTING else stage


def _step(name: str, stage: RefundStage, page: RefundPage, state: CounterState, document: str) -> Row:
    refund = page.refund
    if _seen_as(refund.stage) not in _SEQUENCE:  # before the first step, or given up
        return Row(name, "")
    at, now = _SEQUENCE.index(stage), _SEQUENCE.index(_seen_as(refund.stage))
    if at < now:
        return Row(name, f"{document} ✓".strip(), Tone.GOOD)
    if at > now:
        return Row(name, "—", Tone.SUBTLE)
    if _stands(page):
        return Row(name, "стоим", Tone.WARNING)
    if stage is RefundStage.HANDING_OUT:
        return Row(name, "сейчас", Tone.WARNING)
    since = page.wait.since if page.wait is not None else state.now
    lasts = (state.now - since).total_seconds() >= 1
    return Row(name, f"идёт… {age(since, state.now)}" if lasts else "идёт…", Tone.INFO)


_WAITS: dict[WaitFor, tuple[str, str]] = {
    WaitFor.CORRECTION: ("Исправляем чек возврата…", "Касса пробьёт два чека коррекции. Наличные пока не выдавайте."),
    WaitFor.ORDER: ("Закрепляем заказ за возвратом…", "Клиенту ещё ничего не возвращено."),
    WaitFor.RECEIPT: ("Пробиваем чек возврата…", "Деньги клиенту пока не выдавайте."),
    WaitFor.RECEIPT_CHECK: (
        "Проверяем, пробит ли чек возврата…",
        "Деньги клиенту пока не выдавайте: второй чек не пробивается.",
    ),
}


def _doing(page: RefundPage, state: CounterState, entry: Entry) -> Note | None:
    refund = page.refund
    if (question := _question(state, entry)) is not None:
        return Note(Tone.DANGER, *question)
    if under_way(page):
        return _waiting(page, state)
    if refund.trouble is not None:
        # Where something is asked, what to do now is said by the field and offered by the buttons below.
        asked = state.receipt_doubt is not None
        return note_of(replace(refund.trouble, action="") if asked else refund.trouble, Tone.WARNING)
    match refund.stage:
        case RefundStage.OPEN:
            return Note(Tone.INFO, "Пока ничего не произошло.", "Сверьте сумму с клиентом. F11 — куда прислать чек.")
        case RefundStage.HANDING_OUT:
            return Note(
                Tone.GOOD, f"Чек возврата пробит. Выдайте клиенту {roubles(refund.paid.cash)}", "и нажмите Ctrl+F9."
            )
        case _:
            return Note(Tone.INFO, "Возврат начат.", "Enter — проверить, чем он закончился.")


def _question(state: CounterState, entry: Entry) -> tuple[str, str] | None:
    """What is asked once more before it is done."""
    match entry.mode:
        case Mode.CANCEL:
            return giving_up_question(None if state.refund is None else state.refund.refund)
        case Mode.NO_SLIP:
            return _no_slip_question(state)
        case Mode.NO_PAPER:
            return no_paper_question(state)
        case _:
            return None


def _slip(state: CounterState, entry: Entry) -> Field | None:
    back = return_in_doubt(state)
    if back is None or entry.mode is not Mode.SLIP:
        return None
    label, placeholder = "Если слип возврата есть: какая на нём сумма?", roubles(back.amount)
    if _nameless(back) and back.kind is TenderKind.CARD:
        label, placeholder = "RRN со слипа оплаты или сумма возврата", f"12 цифр или {placeholder}"
    elif _nameless(back):
        label = "Сколько вернули через банк?"
    return Field(
        label=label,
        text=entry.text,
        placeholder=placeholder,
        tone=Tone.DANGER if entry.note else Tone.PLAIN,
        hint=entry.note,
    )


def _no_slip_question(state: CounterState) -> tuple[str, str]:
    if return_by_hand(state) is not None:
        return (
            "Деньги точно ещё не возвращены?",
            f"Запишем это; вернуть их можно будет и позже. Подпись: {state.cashier.name.rstrip('.')}.",
        )
    return (
        "Слипа возврата точно нет?",
        f"Запишем, что деньги не вернулись, и вернём их ещё раз. Подпись: {state.cashier.name.rstrip('.')}.",
    )


def _waiting(page: RefundPage, state: CounterState) -> Note:
    again = "Второй раз ничего нажимать не нужно."
    if page.wait is None:
        return Note(Tone.INFO, "Проводим возврат…", again)
    if page.refund.stage is RefundStage.OPEN:
        return Note(Tone.INFO, "Проверяем, готова ли касса…", again)
    strong, text = _WAITS.get(page.wait.what, ("Возвращаем безналичное…", "Наличные пока не выдавайте."))
    if (state.now - page.wait.since).total_seconds() >= 1:
        strong = f"{strong} {age(page.wait.since, state.now)}"
    return Note(Tone.INFO, strong, "", (f"{text} {again}",))


def giving_up_question(refund: Refund | None) -> tuple[str, str]:
    """The question before a refund is given up, and what follows from a yes."""
    usual = "Клиенту ничего не возвращено, чек возврата не пробит. Заказ останется оплаченным."
    alone = refund is not None and refund.surplus is not None
    return "Отказаться от возврата?", surplus.GIVING_UP if alone else usual


def _buttons(page: RefundPage, state: CounterState, entry: Entry) -> tuple[tuple[Button, ...], ...]:  # noqa: PLR0911 - each place has its own
    refund = page.refund
    later = Button(Ask.PUT_OFF, "Отложить возврат", "Esc")
    if entry.mode is Mode.CANCEL:
        yes = Button(Ask.GIVE_UP, "Да, отказаться", "Del", Look.CONTRAST)
        return ((yes,), (Button(Ask.PUT_OFF, "Нет, оставить", "Esc"),))
    if entry.mode is Mode.NO_SLIP:
        words = "Не вернули, подписать" if _nameless(refund.next_return) else "Слипа нет, подписать"
        signed = Button(Ask.GIVE_UP, words, "Del", Look.CONTRAST)
        return ((signed,), (Button(Ask.PUT_OFF, "Назад", "Esc"),))
    busy = under_way(page)
    if refund.stage is RefundStage.OPEN:
        why = "Возврат уже идёт." if busy else ""
        give = Button(Ask.GIVE_BACK, f"Вернуть {roubles(refund.amount)}", "Shift+F9", Look.CONTRAST, not busy, why)
        return ((give,), (Button(Ask.PUT_OFF, "Закрыть без возврата", "Esc"),))
    if busy:
        return ()
    if refund.stage is RefundStage.HANDING_OUT:
        return ((Button(Ask.HANDED_OUT, f"Выдано {roubles(refund.paid.cash)}", "Ctrl+F9", Look.PRIMARY),), (later,))
    once_more = "Исправить чек" if refund.stage is RefundStage.CORRECTING else "Проверить ещё раз"
    again = Button(Ask.CONFIRM, once_more, "Enter", Look.PRIMARY)
    if entry.mode is Mode.SLIP:
        return _answers(refund, entry, again, later)
    if (asked := paper_buttons(state, entry, again)) is not None:
        return asked
    if refund.may_be_given_up:
        return ((again,), (later,), (Button(Ask.GIVE_UP, "Отказаться от возврата", "Del"),))
    return ((again,), (later,))


def _answers(refund: Refund, entry: Entry, again: Button, later: Button) -> tuple[tuple[Button, ...], ...]:
    """What the cashier may say of money of which nobody else can tell, or which no call can name."""
    by_hand = _nameless(refund.next_return)
    shown = typed_sum(entry.text) if entry.text else None
    there = again if shown is None else Button(Ask.CONFIRM, f"На слипе {roubles(shown)}", "Enter", Look.PRIMARY)
    if by_hand and is_reference(entry.text):
        there = Button(Ask.GIVE_BACK, "Вернуть через терминал", "Shift+F9", Look.CONTRAST)
    elif by_hand and shown is not None:
        there = Button(Ask.CONFIRM, f"Возвращено {roubles(shown)}", "Enter", Look.PRIMARY)
    return ((there,), (Button(Ask.GIVE_UP, "Не вернули" if by_hand else "Слипа нет", "Del"), later))


def _nameless(back: Tender | None) -> bool:
    return back is not None and back.approval is not None and back.approval.is_nameless


# ------------------------------------------------------------------------------------------------------- on idle


def stage_in_words(refund: Refund) -> str:
    """What is left of an unfinished refund."""
    alone = "" if refund.surplus is None else surplus.stage_in_words(refund)
    return alone or _stage_in_words(refund)


def _stage_in_words(refund: Refund) -> str:
    much = roubles(refund.amount)
    match refund.stage:
        case RefundStage.OPEN | RefundStage.CLAIMING:
            return f"{much} не возвращены, заказ мог закрепиться за возвратом"
        case RefundStage.RETURNING:
            return f"{much}: заказ закреплён, возврат не закончен"
        case RefundStage.FISCALISING | RefundStage.CORRECTING:
            return f"{much}: чек возврата {_receipt_in_words(refund)}, {_money_in_words(refund)}"
        case RefundStage.RECORDING:
            owed = f" и выдать {roubles(refund.paid.cash)}" if refund.paid.cash else ""
            return f"{much}: чек возврата пробит, осталось записать{owed}"
        case RefundStage.HANDING_OUT:
            return f"чек возврата пробит, осталось выдать {roubles(refund.paid.cash)}"
        case RefundStage.CANCELLING | RefundStage.CANCELLED | RefundStage.DONE:
            return f"{much}: от возврата отказались, осталось сообщить об этом"


def _receipt_in_words(refund: Refund) -> str:
    if refund.stage is RefundStage.CORRECTING:
        return "пробит на другую сумму и не исправлен"
    return "не подтверждён" if refund.fiscal is not None and refund.fiscal.sent else "ещё не пробивали"


def _money_in_words(refund: Refund) -> str:
    """Where the money is before the receipt: whoever reads that nothing was handed out hands it out."""
    if refund.paid.cash == refund.amount:
        return "деньги не выданы"
    return "безналичное вернулось, наличные не выданы" if refund.paid.cash else "безналичное вернулось"


def last_refund_rows(refund: Refund, state: CounterState, zone: tzinfo | None) -> tuple[Row, ...]:
    """What the last refund came to."""
    alone = "" if refund.surplus is None else "лишняя оплата"
    rows = [Row(f"Заказ {tidy(refund.number)}", str(-refund.amount), detail=alone)]
    sums = {row.label: row.value for row in _ways(refund)}
    if len(sums) > 1:
        rows.extend(Row(label, value) for label, value in sums.items())
    elif refund.paid.paybacks:
        rows.append(Row("Возвращено", TENDER_BY[refund.paid.paybacks[0].kind]))
    if refund.document is not None:
        at = refund.document.at
        same_day = at.astimezone(zone).date() == state.now.astimezone(zone).date()
        moment = "" if same_day else day(at.astimezone(zone).date(), state.now.astimezone(zone).date())
        rows.append(Row(f"Чек возврата · ФД {refund.document.number}", "пробит", Tone.GOOD, moment))
    if refund.paid.points_spent:
        rows.append(Row("Вернутся баллы", number(refund.paid.points_spent.count), Tone.GOOD))
    return tuple(rows)
