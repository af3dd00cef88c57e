"""The counter with nothing on it: what to scan, what is unfinished, the last sale, and the day so far."""

from dataclasses import dataclass, replace
from datetime import tzinfo
from uuid import UUID

from pos_client.counter.state import Arrival, CounterState, WaitFor
from pos_client.domain.money import NO_POINTS, ZERO
from pos_client.domain.order import TenderKind
from pos_client.domain.refund import Refund
from pos_client.domain.sale import LoyaltyPath, Sale, Stage
from pos_client.ports import ShiftTotals
from pos_client.ui.entry import Ask, Entry, Mode, in_question, may_cancel, refund_in_question
from pos_client.ui.giving_up_screen import cancelling, giving_up, question
from pos_client.ui.parts_screen import Badge, Button, Field, Look, Note, Row, Tone
from pos_client.ui.points_screen import last_debt_row
from pos_client.ui.recent_screen import RecentRow, recent, which_order
from pos_client.ui.refund_screen import giving_up_question, last_refund_rows, stage_in_words
from pos_client.ui.wording import (
    TENDER_BY,
    TENDER_NAME,
    clock,
    counted,
    first_large,
    number,
    points,
    receipt_and_number,
    roubles,
    tenders,
    tidy,
    when,
)

__all__ = ["IdleScreen", "UnfinishedCard", "find_field", "idle", "later_refund"]


@dataclass(frozen=True, slots=True)
class UnfinishedCard:
    """A sale or a refund that was begun and not finished."""

    id: UUID
    title: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class IdleScreen:
    """What is on screen between customers."""

    heading: str
    detail: str
    field: Field | None
    listening: Badge
    unfinished: tuple[UnfinishedCard, ...] = ()
    buttons: tuple[Button, ...] = ()
    recent: tuple[RecentRow, ...] = ()
    """In the place of what is unfinished while it is asked which order goes back."""
    last_badge: Badge | None = None
    last: tuple[Row, ...] = ()
    last_label: str = "Продаж ещё не было"
    change: str = ""
    last_note: Note | None = None
    today_since: str = ""
    today: tuple[Row, ...] = ()


def idle(state: CounterState, entry: Entry, zone: tzinfo | None) -> IdleScreen:
    """The empty counter at this moment."""
    asks = entry.mode is Mode.REFUND
    unfinished = () if asks else _unfinished(state, entry, zone)
    # While a number is typed, Enter finds it: a button that promises another Enter would lie, and needs room.
    buttons = () if asks or entry.mode is Mode.FIND else _buttons(state, entry)
    heading, detail = _heading(state)
    if asks and state.wait is None:
        heading, detail = which_order(state)
    if entry.mode is Mode.CANCEL:
        chosen = in_question(entry, state)
        heading, detail = giving_up_question(refund_in_question(entry, state)) if chosen is None else question(chosen)
    screen = IdleScreen(
        heading=heading,
        detail=detail,
        field=find_field(entry),
        listening=_listening(entry),
        unfinished=unfinished,
        buttons=buttons,
        recent=recent(state, entry, zone),
        today_since=f"с {clock(state.totals.since, zone)}",
        today=_today(state.totals),
    )
    if (given := later_refund(state)) is not None:
        rows = last_refund_rows(given, state, zone)
        return replace(screen, last_badge=Badge("Возврат", Tone.INFO), last_label="Последний возврат", last=rows)
    last = state.last
    if last is None:
        return screen
    return replace(
        screen,
        last_badge=_last_badge(last),
        last_label="Последняя продажа",
        last=_last_rows(last, state),
        change=str(last.takings.change) if last.takings.change else "",
        last_note=_paper(last),
    )


def _listening(entry: Entry) -> Badge:
    if entry.listening:
        return Badge("Сканер слушает", Tone.SUBTLE)
    return Badge("Окно не активно: сканер не слышно", Tone.WARNING)


def later_refund(state: CounterState) -> Refund | None:
    """The last refund, if it came after the last sale."""
    given, last = state.last_refund, state.last
    if given is None or given.finished_at is None:
        return None
    return given if last is None or last.finished_at is None or last.finished_at < given.finished_at else None


def _unfinished(state: CounterState, entry: Entry, zone: tzinfo | None) -> tuple[UnfinishedCard, ...]:
    sales = [(sale.id, *_interrupted(sale, state, zone)) for sale in state.unfinished]
    refunds = [(refund.id, *_interrupted_refund(refund, state, zone)) for refund in state.unfinished_refunds]
    return tuple(
        UnfinishedCard(each, title, text, chosen=at == entry.unfinished)
        for at, (each, title, text) in enumerate([*sales, *refunds])
    )


def _interrupted_refund(refund: Refund, state: CounterState, zone: tzinfo | None) -> tuple[str, str]:
    at = when(refund.claimed_at or refund.opened_at, state.now, zone)
    return f"Незавершённый возврат: заказ {tidy(refund.number)}", f"{at} · {stage_in_words(refund)}"


def _buttons(state: CounterState, entry: Entry) -> tuple[Button, ...]:
    if (refund := refund_in_question(entry, state)) is not None:
        return _refund_buttons(refund, entry)
    chosen = in_question(entry, state)
    if chosen is None:
        return ()
    if entry.mode is Mode.CANCEL:
        return cancelling(chosen)
    on = "Продолжить продажу" if chosen.stage is Stage.OPEN else "Проверить и довести"
    go_on = Button(Ask.CONFIRM, on, "Enter", Look.PRIMARY)
    return (go_on, giving_up(chosen)) if may_cancel(chosen) else (go_on,)


def _refund_buttons(refund: Refund, entry: Entry) -> tuple[Button, ...]:
    if entry.mode is Mode.CANCEL:
        yes = Button(Ask.GIVE_UP, "Да, отказаться", "Del", Look.CONTRAST)
        return yes, Button(Ask.PUT_OFF, "Нет, оставить", "Esc")
    go_on = Button(Ask.CONFIRM, "Проверить и довести", "Enter", Look.PRIMARY)
    return (go_on, Button(Ask.GIVE_UP, "Отказаться", "Del")) if refund.may_be_given_up else (go_on,)


def find_field(entry: Entry) -> Field | None:
    """What is being looked up."""
    if entry.mode is Mode.REFUND:
        return Field(
            label="Возврат заказа",
            text=entry.text,
            placeholder="сканируйте чек или наберите номер",
            hint=entry.note or "↑↓ — последние продажи, Enter — открыть, Shift+F11 — слип, Esc — закрыть",
        )
    if entry.mode is Mode.CONTACT:
        return Field(
            label="Куда прислать чек",
            text=entry.text,
            placeholder="телефон с +7 или e-mail, пусто — только бумага",
            hint=entry.note or "Enter — и на бумаге, F11 — без бумаги, Esc — закрыть",
        )
    if entry.mode is not Mode.FIND:
        return None
    return Field(
        label="Найти",
        text=entry.text,
        placeholder="номер заказа, код CDEK ID или телефон с +7",
        hint=entry.note or "Enter — найти, Esc — закрыть",
    )


def _heading(state: CounterState) -> tuple[str, str]:
    if state.wait is not None:
        what = {WaitFor.ORDER: "Открываем заказ…", WaitFor.CUSTOMER: "Ищем клиента…"}.get(state.wait.what, "Секунду…")
        return what, "Сканировать дальше уже можно"
    sales, refunds = len(state.unfinished), len(state.unfinished_refunds)
    if sales and refunds:
        count = counted(sales + refunds, "незавершённое дело", "незавершённых дела", "незавершённых дел")
        return f"Сначала {count}", "Деньги записаны, второй чек не пробьётся."
    if refunds:
        count = counted(refunds, "незавершённый возврат", "незавершённых возврата", "незавершённых возвратов")
        return f"Сначала {count}", "Всё записано, дважды деньги не вернутся."
    if sales:
        count = counted(sales, "незавершённая продажа", "незавершённые продажи", "незавершённых продаж")
        return f"Сначала {count}", "Деньги записаны, второй чек не пробьётся."
    return "Сканируйте CDEK ID или заказ", "или введите номер заказа, телефон либо код — и нажмите Enter"


def _interrupted(sale: Sale, state: CounterState, zone: tzinfo | None) -> tuple[str, str]:
    order = f"заказ {tidy(sale.order.number)}" if sale.order else "без заказа"
    title = f"Незавершённая продажа: {order}"
    at = when(sale.paid_at or sale.started_at, state.now, zone)
    return title, f"{at} · {_stage_in_words(sale, tenders(sale.tenders))}"


def _stage_in_words(sale: Sale, took: str) -> str:  # noqa: PLR0911 - each stage has its words
    match sale.stage:
        case Stage.OPEN:
            return "деньги не брали"
        case Stage.RESERVING:
            return f"собирались взять {took}, баллы могли списаться"
        case Stage.PAYING:
            moved = tuple(each for each in sale.tenders if each.has_moved)
            if any(each.is_under_way for each in sale.tenders):
                return "прошла ли оплата, ещё неизвестно: проверим"
            return f"взято {tenders(moved)}, чека ещё не было" if moved else "деньги не взяты"
        case Stage.FISCALISING:
            sent = sale.fiscal is not None and sale.fiscal.sent
            return f"взято {took}, чек не подтверждён" if sent else f"взято {took}, чек ещё не пробивали"
        case Stage.CORRECTING:
            return f"взято {took}, чек пробит на другую сумму: его нужно исправить"
        case Stage.RECORDING | Stage.DONE:
            return f"взято {took}, чек пробит, осталось записать"
        case Stage.CANCELLING | Stage.CANCELLED:
            return _given_up_in_words(sale)


def _given_up_in_words(sale: Sale) -> str:
    if any(each.is_under_way for each in sale.tenders):
        return "отменяется: вернулись ли деньги, ещё неизвестно, проверим"
    owed = tuple(each for each in sale.tenders if each.must_go_back)
    return f"отменяется, осталось вернуть {tenders(owed)}" if owed else "отменяется, осталось вернуть баллы"


# ---------------------------------------------------------------------------------------------------- the last sale


def _last_badge(last: Sale) -> Badge:
    if last.stage is Stage.CANCELLED:
        return Badge("Отменено", Tone.SUBTLE)
    if last.document is not None and not last.document.printed:
        return Badge("Нужна копия чека", Tone.WARNING)
    return Badge("Готово", Tone.GOOD)


def _last_rows(last: Sale, state: CounterState) -> tuple[Row, ...]:
    rows = [Row(f"Заказ {tidy(last.order.number)}" if last.order else "Заказ", str(last.taken))]
    rows.extend(_paid_by(last))
    if last.takings.change:
        cash = [tender.received for tender in last.tenders if tender.kind is TenderKind.CASH]
        rows.append(Row("Получено наличными", str(sum(cash, ZERO))))
    left = last.due - last.taken
    if left > ZERO:
        rows.append(Row("Осталось по заказу", str(left)))
    if last.document is not None:
        by_word = not last.document.sign and bool(last.document.signed_by)
        paper = "записан со слов" if by_word else "напечатан" if last.document.printed else "без бумаги"
        tone = Tone.GOOD if last.document.printed else Tone.WARNING
        rows.append(Row(receipt_and_number(last.document), paper, tone))
    if spent := _spent(last):
        rows.append(Row("Списано баллов", number(spent)))
    if (row := _points_row(last, state)) is not None:
        rows.append(row)
    return tuple(rows)


def _spent(last: Sale) -> int:
    """Points that this visit spent; those of earlier visits were told then."""
    if last.quote is None or last.order is None or last.stage is not Stage.DONE:
        return 0
    return last.quote.points.count - last.order.points_spent.count


def _paid_by(last: Sale) -> tuple[Row, ...]:
    """By which means; the sums only where there are several. What a visit that was given up took has gone back."""
    paid = last.tenders if last.stage is Stage.DONE else ()
    if len(paid) > 1:
        return tuple(Row(first_large(TENDER_NAME[tender.kind]), str(tender.amount)) for tender in paid)
    return tuple(Row("Оплачено", TENDER_BY[tender.kind]) for tender in paid if not last.takings.change)


def _points_row(last: Sale, state: CounterState) -> Row | None:
    if state.last_debt is not None and state.last_debt.sale_id == last.id:
        return last_debt_row(state.last_debt)
    return _arrival_row(last, state.last_points)


def _arrival_row(last: Sale, arrival: Arrival) -> Row | None:
    promised = last.loyalty.promised
    much = points(promised) if promised is not None else "баллы"
    if arrival is not Arrival.REFUSED and promised == NO_POINTS:
        return None
    part = last.stage is Stage.DONE and last.loyalty.reserved and last.due > last.taken
    if arrival is Arrival.NONE and promised is not None and part:
        return Row("Баллы за заказ", f"{much} — после полной оплаты", Tone.SUBTLE)
    match arrival:
        case Arrival.NONE:
            return None
        case Arrival.ARRIVED:
            return Row("Баллы за заказ", f"{much} — дошли" if promised is not None else "дошли", Tone.GOOD)
        case Arrival.REFUSED:
            return Row("Баллы за заказ", "отклонены: см. очередь", Tone.WARNING)
        case Arrival.WAITING:
            later = "начислим сами" if last.loyalty.path is LoyaltyPath.OFFLINE else "в пути"
            return Row("Баллы за заказ", f"{much} — {later}" if promised is not None else later, Tone.WARNING)


def _paper(last: Sale) -> Note | None:
    if last.document is None or last.document.printed:
        return None
    return Note(
        Tone.WARNING,
        f"Чек {last.document.receipt_number} пробит, бумага не вышла.",
        "Второй раз не пробивайте: проверьте бумагу и напечатайте копию последнего документа на ККТ.",
        ("Скажите клиенту: «Чек пробит, сейчас напечатаю его копию»",),
    )


def _today(totals: ShiftTotals) -> tuple[Row, ...]:
    share = f"{round(100 * totals.with_customer / totals.sales)} %" if totals.sales else "—"
    sold = Row(f"Продаж {number(totals.sales)}", roubles(totals.taken))
    back = (Row(f"Возвратов {number(totals.refunds)}", roubles(totals.given_back)),) if totals.refunds else ()
    rows = (sold, *back, Row("С CDEK ID", share))
    spent = totals.points_spent
    return (*rows, Row("Списано баллов", number(spent.count))) if spent else rows
