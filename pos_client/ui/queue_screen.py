"""The queue that a person can read: what waits, why, since when, what to do, and what to tell the customer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from uuid import UUID

from pos_client.counter.state import CounterState
from pos_client.domain.sale import Sale
from pos_client.ports import QueueEntry, QueueLane, Service
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.parts_screen import Badge, Button, Field, Look, Note, Row, Tone
from pos_client.ui.strip_screen import IN_FULL, overdue
from pos_client.ui.wording import age, counted, number, points, receipt_and_number, roubles, since, tenders, tidy, when

__all__ = ["Group", "LaneLine", "QueueRow", "QueueScreen", "SaleLookup", "queue"]

SaleLookup = Callable[[UUID], Sale | None]
"""The sale behind an entry, if the journal has it."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One fact that waits."""

    key: str
    title: str
    amount: str
    age: str
    steps: Badge
    reason: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One of the two classes: needs a human, or waits by itself."""

    title: str
    rows: tuple[QueueRow, ...]


@dataclass(frozen=True, slots=True)
class LaneLine:
    """How one service fares, in a line."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class QueueScreen:
    """The whole list and the story of the chosen row."""

    heading: str
    detail: str
    send: Button | None
    alarm: str = ""
    """What the age of the oldest entry asks for; while it says anything, the heading stands on a warning."""
    lanes: tuple[LaneLine, ...] = ()
    groups: tuple[Group, ...] = ()
    empty: str = ""
    story_title: str = ""
    story_badge: Badge | None = None
    story: tuple[Row, ...] = ()
    notes: tuple[Note, ...] = ()
    field: Field | None = None
    buttons: tuple[Button, ...] = ()


_WAITING_FOR: dict[Service, str] = {
    Service.ORDERS: "оплата заказа",
    Service.PROCESSING: "баллы",
    Service.REGISTER: "чек",
    Service.OFD: "ОФД",
    Service.TERMINAL: "оплата картой",
    Service.SBP: "перевод по СБП",
}
_LANE_NAMES: dict[Service, str] = {**IN_FULL, Service.ORDERS: "Заказы"}
_NOTHING_WAITS = "Новые операции появятся здесь, только если что-то не отвечает."
_BUT_UNFINISHED = "Но есть незавершённая продажа: она на первом экране, её нужно довести."
_SAY_TAKEN_BACK = "Если баллы успели списаться, они вернутся сами. Деньги и чек в порядке."
_SAY_WAITING: dict[Service, str] = {
    Service.ORDERS: "Оплата принята, чек у вас. Отметка об оплате появится в заказе сама.",
    Service.PROCESSING: "Баллы за заказ начислятся сами, делать ничего не нужно.",
    Service.REGISTER: "Чек оформляется, мы его выдадим.",
    Service.OFD: "Чек пробит, электронная копия придёт чуть позже.",
    Service.TERMINAL: "Оплата картой уточняется, второй раз платить не нужно.",
    Service.SBP: "Перевод уточняется, второй раз платить не нужно.",
}
_SAY_HUMAN: dict[Service, str] = {
    Service.ORDERS: "Оплата принята, чек у вас. Отметку в заказе мы поправим сами.",
    Service.PROCESSING: "Баллы за этот заказ уточним и начислим, деньги и чек в порядке.",
    Service.REGISTER: "Чек оформляется, мы его выдадим.",
    Service.OFD: "Чек пробит, электронная копия придёт позже.",
    Service.TERMINAL: "Оплату картой мы проверим, второй раз платить не нужно.",
    Service.SBP: "Перевод мы проверим, второй раз платить не нужно.",
}

_SAY_OF_REFUND: dict[Service, str] = {
    Service.ORDERS: "Деньги и чек в порядке. Отметка о возврате в заказе поправится сама.",
    Service.PROCESSING: "Баллы по возврату пересчитаются сами: потраченные вернутся, начисленные снимутся.",
}
_SAY_OF_REFUND_HUMAN: dict[Service, str] = {
    Service.ORDERS: "Деньги и чек в порядке. Отметку о возврате в заказе мы поправим сами.",
    Service.PROCESSING: "Баллы по возврату мы уточним и пересчитаем, деньги и чек в порядке.",
}
_SAY_NOT_TAKEN = "Эта оплата в заказ не вошла. Сейчас проверю: если она лишняя, верну её вам."
_SAY_OF_CORRECTION = "Деньги в порядке. Номер верного чека появится в заказе сам."
_SAY_OF_CORRECTION_HUMAN = "Деньги в порядке. Номер верного чека мы впишем в заказ сами."


def queue(state: CounterState, entry: Entry, zone: tzinfo | None, lookup: SaleLookup | None) -> QueueScreen:
    """The queue at this moment."""
    summary = state.queue
    if not state.entries:
        return QueueScreen(
            heading="Очередь пуста",
            detail=_NOTHING_WAITS if not state.unfinished else _BUT_UNFINISHED,
            send=None,
            empty="Ничего не ждёт отправки",
        )
    human = tuple(each for each in state.entries if each.needs_human)
    waiting = tuple(each for each in state.entries if not each.needs_human)
    stuck = max(summary.stuck, len(human))
    groups = []
    if human:
        title = f"Нужен человек · {number(stuck)}{_part(human, stuck)}"
        groups.append(Group(title, _group_rows(human, state, entry, zone, lookup)))
    if waiting:
        rest = max(summary.count - stuck, len(waiting))
        title = f"Ждут связи · {number(rest)} — отправятся сами, срок не ограничен{_part(waiting, rest)}"
        groups.append(Group(title, _group_rows(waiting, state, entry, zone, lookup)))
    chosen = next((each for each in state.entries if each.key == entry.row), state.entries[0])
    count = counted(summary.count, "операция ждёт", "операции ждут", "операций ждут")
    return QueueScreen(
        heading=f"Ничего не потеряно: {count}",
        detail=_detail(state, zone),
        send=Button(Ask.EXACT, "Отправить сейчас", "Ctrl+Enter", Look.CONTRAST),
        alarm=f"Старшая ждёт {late}" if (late := overdue(state)) else "",
        lanes=tuple(_lane(each, state, zone) for each in state.lanes),
        groups=tuple(groups),
        story_title=f"Заказ {tidy(chosen.order_number)}" if chosen.order_number else chosen.title,
        story_badge=Badge("нужен человек", Tone.WARNING) if chosen.needs_human else Badge("ждёт связи", Tone.SUBTLE),
        story=_story(chosen, _sale(chosen, lookup), state, zone),
        notes=_notes(chosen),
        field=_reason_field(entry, chosen),
        buttons=_buttons(chosen, entry),
    )


def _part(shown: tuple[QueueEntry, ...], of: int) -> str:
    """Says so when there are more than the rows below."""
    return f" · показано {number(len(shown))}" if len(shown) < of else ""


def _sale(each: QueueEntry, lookup: SaleLookup | None) -> Sale | None:
    return lookup(each.sale_id) if lookup is not None and each.sale_id is not None else None


def _detail(state: CounterState, zone: tzinfo | None) -> str:
    summary = state.queue
    parts = [roubles(summary.amount)] if summary.amount else []
    if summary.oldest:
        parts.append(f"старшей {age(summary.oldest, state.now)}")
    if summary.needs_human and not summary.next_try:
        parts.append("без человека дальше не пойдёт")
    return " · ".join(parts) or f"на {when(state.now, state.now, zone)}"


def _lane(lane: QueueLane, state: CounterState, zone: tzinfo | None) -> LaneLine:
    parts = [f"{_LANE_NAMES[lane.service]}: {number(lane.count)}" + (f" на {roubles(lane.amount)}" * bool(lane.amount))]
    if lane.needs_human:
        parts.append(f"отказов {number(lane.needs_human)}")
    if lane.paused:
        parts.append("доступ отклонён: войдите снова или проверьте ключ, затем Ctrl+Enter")
        return LaneLine(" · ".join(parts), Tone.DANGER)
    if lane.since is not None:
        verb = "не отвечают" if lane.service is Service.ORDERS else "не отвечает"
        parts.append(f"{verb} {since(lane.since, state.now, zone)}")
    if lane.next_try is not None and lane.next_try > state.now:
        parts.append(f"попытка через {age(state.now, lane.next_try)}")
    elif lane.count > lane.needs_human:
        parts.append("отправляем сейчас")
    return LaneLine(" · ".join(parts), Tone.SUBTLE)


def _group_rows(
    entries: tuple[QueueEntry, ...], state: CounterState, entry: Entry, zone: tzinfo | None, lookup: SaleLookup | None
) -> tuple[QueueRow, ...]:
    return tuple(
        QueueRow(
            key=each.key,
            title=f"Заказ {tidy(each.order_number)}" if each.order_number else each.title,
            amount=roubles(each.amount) if each.amount else "",
            age=when(each.created, state.now, zone) if each.needs_human else age(each.created, state.now),
            steps=_steps(each, _sale(each, lookup)),
            reason=f"{each.title} — {_inside(each.reason)}" if each.reason else each.title,
            chosen=each.key == entry.row,
        )
        for each in entries
    )


def _inside(sentence: str) -> str:
    """A sentence after a dash begins small, unless it begins with an abbreviation or a quotation."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def _steps(each: QueueEntry, sale: Sale | None) -> Badge:
    mark = "×" if each.needs_human else "◔"
    known = []
    if sale is not None and sale.stage.has_money:
        known.append("✓ деньги")
    if sale is not None and sale.document is not None:
        known.append("✓ чек")
    tone = Tone.WARNING if each.needs_human else Tone.SUBTLE
    return Badge(" ".join((*known, f"{mark} {_WAITING_FOR[each.service]}")), tone)


def _story(each: QueueEntry, sale: Sale | None, state: CounterState, zone: tzinfo | None) -> tuple[Row, ...]:
    rows: list[Row] = []
    if sale is not None:
        if sale.paid_at is not None and sale.tenders:
            rows.append(Row(f"{when(sale.paid_at, state.now, zone)} · Взято", tenders(sale.tenders)))
        if sale.document is not None:
            made = when(sale.document.at, state.now, zone)
            rows.append(Row(f"{made} · {receipt_and_number(sale.document, ', ')}", "✓"))
        if sale.loyalty.promised is not None:
            rows.append(Row("Обещано", points(sale.loyalty.promised)))
    rows.append(Row(f"{when(each.created, state.now, zone)} · {each.title}", "отказ" if each.needs_human else "ждёт"))
    if each.attempts:
        rows.append(Row("Попыток", str(each.attempts)))
    if each.next_try is not None and not each.needs_human:
        ahead = each.next_try > state.now
        rows.append(Row("Следующая попытка", f"через {age(state.now, each.next_try)}" if ahead else "сейчас"))
    rows.append(Row("Кому", IN_FULL[each.service]))
    return tuple(rows)


def _notes(each: QueueEntry) -> tuple[Note, ...]:
    said = _SAY_HUMAN if each.needs_human else _SAY_WAITING
    if each.of_refund:
        said = {**said, **(_SAY_OF_REFUND_HUMAN if each.needs_human else _SAY_OF_REFUND)}
    say = _SAY_TAKEN_BACK if each.takes_back else said[each.service]
    if each.of_correction:
        say = _SAY_OF_CORRECTION_HUMAN if each.needs_human else _SAY_OF_CORRECTION
    if each.payment_refused:
        say = _SAY_NOT_TAKEN
        todo = (
            f"Ответ: {each.reason or 'причина не названа'}. Заказ оплатили или вернули на другой кассе — эта оплата "
            "лишняя: «Вернуть клиенту», F9. Причина другая — исправьте её и нажмите «Повторить». "
            "Закрывайте, только если деньги уже у клиента."
        )
    elif each.needs_human:
        todo = (
            f"Ответ: {each.reason or 'причина не названа'}. Исправьте причину и нажмите «Повторить». "
            "Если решили иначе, закройте с причиной: она останется в журнале."
        )
    else:
        todo = "Ничего: отправится само, как только появится связь. Попытки не кончаются."
    return (Note(Tone.SUBTLE, "Что делать.", todo.replace("..", ".")), Note(Tone.SUBTLE, "Что сказать.", f"«{say}»"))


def _reason_field(entry: Entry, chosen: QueueEntry) -> Field | None:
    if entry.mode is not Mode.REASON:
        return None
    return Field(
        label="Чем закончилось",
        text=entry.text,
        placeholder="например: деньги вернули, чек № …" if chosen.payment_refused else "например: начислили вручную",
        tone=Tone.DANGER if entry.note else Tone.PLAIN,
        hint=entry.note or "Имя кассира и причина останутся в журнале",
    )


def _buttons(chosen: QueueEntry, entry: Entry) -> tuple[Button, ...]:
    if entry.mode is Mode.REASON:
        return (
            Button(Ask.CONFIRM, "Закрыть операцию", "Enter", Look.CONTRAST),
            Button(Ask.PUT_OFF, "Назад", "Esc"),
        )
    if chosen.payment_refused:
        return (
            Button(Ask.REFUND, "Вернуть клиенту", "F9", Look.PRIMARY),
            Button(Ask.CONFIRM, "Повторить", "Enter"),
            Button(Ask.GIVE_UP, "Закрыть с причиной", "Del"),
        )
    again = Button(Ask.CONFIRM, "Повторить", "Enter", Look.PRIMARY)
    if not chosen.needs_human:
        return (again,)
    return (again, Button(Ask.GIVE_UP, "Закрыть с причиной", "Del"))
