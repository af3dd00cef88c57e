"""The strip above the counter: where we are, how every service is doing, what waits, and who is at the till."""

from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo
from enum import Enum

from pos_client.counter.state import CounterState, Light, LightState, WaitFor
from pos_client.ports import QueueSummary, Service, ShiftState
from pos_client.ui.entry import Entry
from pos_client.ui.parts_screen import Badge, Note, Tone
from pos_client.ui.wording import NBSP, age, clock, number, roubles, since, when

__all__ = ["IN_FULL", "Lamp", "Shape", "StripScreen", "light_note", "overdue", "strip"]


class Shape(Enum):
    """What a lamp looks like besides its colour."""

    DISC = "disc"
    RING = "ring"
    DIAMOND = "diamond"
    TRIANGLE = "triangle"


@dataclass(frozen=True, slots=True)
class Lamp:
    """One light: shape, colour and word, and a sentence for the tool tip and for those who listen."""

    service: Service | None
    """None: this till has no such service."""
    text: str
    shape: Shape
    tone: Tone
    story: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class StripScreen:
    """The whole strip."""

    office: str
    place: str
    lamps: tuple[Lamp, ...]
    queue: Badge
    queue_story: str
    cashier: str
    clock: str


_NAMES: dict[Service, str] = {
    Service.ORDERS: "Заказы",
    Service.PROCESSING: "Баллы",
    Service.REGISTER: "ККТ",
    Service.OFD: "ОФД",
    Service.TERMINAL: "Терминал",
    Service.SBP: "СБП",
}
IN_FULL: dict[Service, str] = {
    Service.ORDERS: "Служба заказов",
    Service.PROCESSING: "Система лояльности",
    Service.REGISTER: "Касса (ККТ)",
    Service.OFD: "Оператор фискальных данных",
    Service.TERMINAL: "Терминал для карт",
    Service.SBP: "Оплата по СБП",
}
_STILL_WORKS: dict[Service, str] = {
    Service.ORDERS: "Новый заказ сейчас не открыть. Начатая оплата дойдёт до конца.",
    Service.PROCESSING: "Деньги и чеки в безопасности, продаём без списания баллов.",
    Service.REGISTER: "Без чека деньги не берём. Принятые деньги записаны.",
    Service.OFD: "Чеки печатаются и хранятся в ККТ: она передаст их сама, на это есть 30 дней.",
    Service.TERMINAL: "Новую оплату картой не начать. О начатой касса скажет отдельно, пока второй раз не берём.",
    Service.SBP: "Новый QR-код не получить. О начатом касса скажет отдельно, пока второй раз не берём.",
}
_SAY: dict[Service, str] = {
    Service.ORDERS: "Программа заказов не отвечает, подождите, пожалуйста, минуту.",
    Service.PROCESSING: "Баллы начислятся сами, мы пришлём сообщение.",
    Service.REGISTER: "Касса готовится, это займёт минуту.",
    Service.OFD: "Ваш чек пробит, электронная копия придёт чуть позже.",
    Service.TERMINAL: "Терминал сейчас не отвечает, подождите, пожалуйста, минуту.",
    Service.SBP: "Банк сейчас не отвечает, подождите, пожалуйста, минуту.",
}
_LOYALTY_AT_REFUND = (
    "Деньги возвращаем как обычно. Баллы по возврату пересчитаются сами, когда она ответит.",
    "Баллы по возврату пересчитаются сами, мы пришлём сообщение.",
)
"""What still works and what to say while an order goes back: no sale goes on, and nothing is earned."""
_ASK_NOW = "Спросить сейчас — Shift+F12."
_LATE = timedelta(hours=1)
_TELL_OWNER_AFTER = (72, 24, 4)
"""Hours after which the owner should know: a queue that nobody sees for days is how orders used to vanish."""
_NO_TERMINAL = Lamp(None, "Терминал · нет", Shape.RING, Tone.SUBTLE, "Терминал: в настройках этой кассы не подключён.")
_NO_RECEIPTS = Lamp(None, "Чеки · нет", Shape.RING, Tone.SUBTLE, "Электронные чеки: в этой версии кассы не подключены.")


def strip(state: CounterState, entry: Entry, zone: tzinfo | None) -> StripScreen:
    """The strip at this moment."""
    return StripScreen(
        office=state.office,
        place=_place(state),
        lamps=(*(_lamp(light, state, entry, zone) for light in state.lights), *_absent(state)),
        queue=_chip(state.queue, state),
        queue_story=_chip_story(state.queue, state),
        cashier=state.cashier.name,
        clock=clock(state.now, zone),
    )


def _absent(state: CounterState) -> tuple[Lamp, ...]:
    has_terminal = any(light.service is Service.TERMINAL for light in state.lights)
    return (_NO_RECEIPTS,) if has_terminal else (_NO_TERMINAL, _NO_RECEIPTS)


def _place(state: CounterState) -> str:
    till = f"Касса {state.till}" if state.till[:1].isdigit() else state.till
    if state.register is None:
        return till
    match state.register.shift:
        case ShiftState.OPEN:
            return f"{till} · Смена {state.register.shift_number}"
        case ShiftState.CLOSED:
            return f"{till} · Смена закрыта"
        case ShiftState.EXPIRED:
            return f"{till} · Смена больше 24 ч"


def _lamp(light: Light, state: CounterState, entry: Entry, zone: tzinfo | None) -> Lamp:
    lamp = _lit(light, state, entry, zone)
    if not light.asked:
        return lamp
    return replace(lamp, text=f"{_NAMES[light.service]}…", story=f"{IN_FULL[light.service]}: спрашиваем…")


def _lit(light: Light, state: CounterState, entry: Entry, zone: tzinfo | None) -> Lamp:
    name = _NAMES[light.service]
    chosen = entry.light is light.service
    full = IN_FULL[light.service]
    lasts = age(light.since, state.now) if light.since else ""
    if light.service is Service.REGISTER and state.wait and state.wait.what is WaitFor.RECEIPT_CHECK:
        story = "Касса (ККТ): проверяем, прошёл ли чек."
        return Lamp(light.service, f"{name} · проверяем", Shape.DIAMOND, Tone.WARNING, story, chosen)
    match light.state:
        case LightState.GOOD:
            return Lamp(light.service, name, Shape.DISC, Tone.GOOD, f"{full}: работает.", chosen)
        case LightState.UNKNOWN:
            return Lamp(light.service, name, Shape.RING, Tone.SUBTLE, f"{full}: ещё не обращались.", chosen)
        case LightState.WEAK:
            story = f"{full}: последний ответ не пришёл или был медленным."
            return Lamp(light.service, f"{name} · с перебоями", Shape.TRIANGLE, Tone.WARNING, story, chosen)
        case LightState.DOWN:
            word = "не отвечают" if light.service in {Service.ORDERS, Service.PROCESSING} else "не отвечает"
            text = f"{name} · {word} {lasts}".rstrip()
            good = f" Последний ответ: {when(light.last_good, state.now, zone)}." if light.last_good else ""
            return Lamp(light.service, text, Shape.DIAMOND, Tone.WARNING, f"{full} не отвечает {lasts}.{good}", chosen)
        case LightState.ATTENTION:
            what = light.trouble.what if light.trouble else f"{full}: нужен человек."
            return Lamp(light.service, f"{name} · проверьте", Shape.TRIANGLE, Tone.DANGER, what, chosen)


def overdue(state: CounterState) -> str:
    """What the age of the oldest entry asks for: nothing within an hour, patience, or a word to the owner."""
    oldest = state.queue.oldest
    if oldest is None or state.now - oldest <= _LATE:
        return ""
    waits = state.now - oldest
    hours = next((hours for hours in _TELL_OWNER_AFTER if waits > timedelta(hours=hours)), None)
    return f"дольше 1{NBSP}ч" if hours is None else f"дольше {hours}{NBSP}ч: сообщите владельцу"


def _chip(queue: QueueSummary, state: CounterState) -> Badge:
    if not queue.count:
        return Badge("Очередь пуста", Tone.SUBTLE)
    parts = [f"В очереди {number(queue.count)}"]
    late = overdue(state)
    if queue.oldest and state.now - queue.oldest > timedelta(hours=_TELL_OWNER_AFTER[-1]):
        # The sum stands on the queue's own page; the lamps need the room.
        parts.append(late)
    else:
        parts += [roubles(queue.amount)] if queue.amount else []
        parts += [age(queue.oldest, state.now)] if queue.oldest else []
    calm = Tone.WARNING if late else Tone.PLAIN
    return Badge(" · ".join(parts), Tone.DANGER if queue.needs_human else calm)


def _chip_story(queue: QueueSummary, state: CounterState) -> str:
    if not queue.count:
        return "Очередь пуста: всё отправлено. Открыть — F12."
    oldest = f", старшей {age(queue.oldest, state.now)}" if queue.oldest else ""
    human = f" Нужен человек: {queue.needs_human}." if queue.needs_human else ""
    late = overdue(state)
    late = f" Старшая ждёт {late}." if late else ""
    return f"Ждут отправки: {number(queue.count)} на {roubles(queue.amount)}{oldest}.{late}{human} Открыть — F12."


def light_note(state: CounterState, service: Service, zone: tzinfo | None) -> Note | None:
    """The story of a light: what, since when, what still works, and what to tell the customer."""
    light = next((each for each in state.lights if each.service is service), None)
    if light is None:
        return None
    lamp = _lamp(light, state, Entry(), zone)
    if light.state in {LightState.GOOD, LightState.UNKNOWN}:
        return Note(Tone.INFO, lamp.story, "" if not light.since else f"Так {since(light.since, state.now, zone)}.")
    trouble = light.trouble
    what = trouble.what if trouble else lamp.story
    lasts = f"Так {since(light.since, state.now, zone)}." if light.since else ""
    good = f"Последний ответ: {when(light.last_good, state.now, zone)}." if light.last_good else ""
    works = (trouble.money if trouble else "") or _STILL_WORKS[service]
    say = (trouble.say if trouble else "") or _SAY[service]
    action = trouble.action if trouble else ""
    if service is Service.PROCESSING and state.refund is not None:
        (works, say), action = _LOYALTY_AT_REFUND, ""
    text = " ".join(part for part in (lasts, good, works, action, _ASK_NOW) if part)
    return Note(Tone.WARNING, what, text, (f"Скажите клиенту: «{say.strip('«»')}»",))
