"""The left card: who stands at the counter, the points, and what may be done with them."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from pos_client.counter.state import CounterState, WaitFor
from pos_client.domain.customer import Balance, Customer, KeyKind, Standing
from pos_client.domain.money import NO_POINTS
from pos_client.domain.sale import Sale, Stage
from pos_client.ui.entry import (
    Ask,
    Entry,
    Mode,
    cannot_redeem,
    loyalty_is_down,
    most_points,
    refusal_of_points,
)
from pos_client.ui.parts_screen import Badge, Button, Field, Look, Note, Row, Tone
from pos_client.ui.wording import day, number, points, when

__all__ = ["CustomerScreen", "customer"]

_BURNS_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CustomerScreen:
    """Who. Empty strings and None are places that stay empty."""

    badge: Badge | None = None
    name: str = ""
    person: bool = False
    """Whether `name` is somebody's name: personal data, masked wherever it is written down."""
    about: str = ""
    balance_label: str = ""
    balance: str = ""
    rows: tuple[Row, ...] = ()
    note: Note | None = None
    prompt: str = ""
    """Shown instead of a customer."""
    prompt_detail: str = ""
    field: Field | None = None
    button: Button | None = None


_KEY_NAMES: dict[KeyKind, str] = {KeyKind.CDEK_ID: "CDEK ID", KeyKind.PHONE: "Телефон", KeyKind.CARD: "Карта"}


def customer(state: CounterState, entry: Entry, zone: tzinfo | None) -> CustomerScreen:
    """The card at this moment."""
    sale = state.sale
    if sale is None or sale.customer is None:
        if state.wait is not None and state.wait.what is WaitFor.CUSTOMER:
            return CustomerScreen(prompt="Ищем клиента…", prompt_detail="Заказ можно сканировать дальше.")
        late = sale is not None and sale.stage is not Stage.OPEN
        hint = "" if late else "Сканируйте код клиента, чтобы начислить и списать баллы."
        return CustomerScreen(prompt="Без CDEK ID", prompt_detail=hint)
    who = sale.customer
    name, about = _who(who)
    balance = who.balance if who.standing is Standing.MEMBER else None
    return CustomerScreen(
        badge=Badge(_KEY_NAMES[who.key.kind], Tone.GOOD if who.standing is Standing.MEMBER else Tone.SUBTLE),
        name=name,
        person=bool(who.name),
        about=about,
        balance_label="Доступно баллов" if balance else "",
        balance=number(balance.available.count) if balance else "",
        rows=_rows(balance, state, zone) if balance else (),
        note=_note(who, state, zone),
        field=_field(sale, entry),
        button=_button(state, entry, sale),
    )


def _who(who: Customer) -> tuple[str, str]:
    about = "\n".join(part for part in (who.phone, f"уровень «{who.level}»" if who.level else "") if part)
    if who.name:
        return who.name, about
    match who.standing:
        case Standing.NOT_FOUND:
            return "Не в программе", about
        case Standing.AMBIGUOUS:
            return "Несколько клиентов", about
        case Standing.BLOCKED:
            return "Карта заблокирована", about
        case Standing.UNRESOLVED:
            return "Код сохранён", about or _masked(who)
        case Standing.MEMBER:
            return "Участник программы", about


def _masked(who: Customer) -> str:
    """The end of the code is enough for a customer to recognise it, and too little for anybody else."""
    return f"{_KEY_NAMES[who.key.kind]} ••{who.key.value[-2:]}"


def _rows(balance: Balance, state: CounterState, zone: tzinfo | None) -> tuple[Row, ...]:
    rows = []
    if balance.blocked:
        rows.append(Row("Ждут полной оплаты", number(balance.blocked.count)))
    burning = balance.expiring
    if burning is not None and burning.points:
        today = state.now.astimezone(zone).date()
        soon = burning.on <= today + _BURNS_SOON
        tone = Tone.WARNING if soon else Tone.PLAIN
        rows.append(Row(f"Сгорят {day(burning.on, today)}", number(burning.points.count), tone))
    return tuple(rows)


def _note(who: Customer, state: CounterState, zone: tzinfo | None) -> Note | None:
    match who.standing:
        case Standing.MEMBER:
            return None
        case Standing.NOT_FOUND:
            return Note(
                Tone.INFO,
                "Такого клиента в программе нет.",
                "Продаём без баллов. Проверьте код или найдите по телефону: F2.",
            )
        case Standing.AMBIGUOUS:
            return Note(
                Tone.WARNING,
                "Нашлось несколько клиентов.",
                "Баллы не трогаем ни у кого. Найдите клиента по телефону: F2.",
            )
        case Standing.BLOCKED:
            return Note(
                Tone.WARNING,
                "Карта клиента заблокирована.",
                "Баллы не списываются и не начисляются. Продажа идёт как обычно.",
            )
        case Standing.UNRESOLVED:
            known = who.balance
            was = f"Последний известный: {points(known.available)}" if known else ""
            was = f"{was}, {when(known.read_at, state.now, zone)}" if known else ""
            kept = "Код записан вместе с заказом: баллы начислим, когда система ответит."
            return Note(Tone.WARNING, "Баланс сейчас неизвестен", "", (was or kept,))


def _field(sale: Sale, entry: Entry) -> Field | None:
    if entry.mode is not Mode.POINTS:
        return None
    most = most_points(sale)
    refused = refusal_of_points(entry, sale)
    return Field(
        label="Сколько баллов списать",
        text=entry.text,
        placeholder=number(sale.points_asked.count or most.count),
        aside="можно до",
        value=number(most.count),
        tone=Tone.DANGER if refused else Tone.PLAIN,
        hint=refused or "Enter — применить, 0 — не списывать, Esc — оставить как есть",
    )


def _button(state: CounterState, entry: Entry, sale: Sale) -> Button | None:
    if sale.customer is None or sale.stage is not Stage.OPEN:
        spent = f"Списано {number(sale.points_asked.count)}" if sale.points_asked else "Баллы не списываем"
        return Button(Ask.POINTS, spent, "F4", Look.SECONDARY, enabled=False, reason="Оплата уже идёт.")
    if entry.mode is Mode.POINTS:
        return Button(Ask.CONFIRM, "Применить", "Enter", Look.CONTRAST)
    reason = cannot_redeem(state)
    if sale.points_asked > NO_POINTS:
        text = f"Списано {number(sale.points_asked.count)} · изменить"
        return Button(Ask.POINTS, text, "F4", Look.CONTRAST, enabled=not reason, reason=reason)
    if sale.customer.standing is Standing.UNRESOLVED and not loyalty_is_down(state):
        return Button(Ask.POINTS, "Спросить баллы ещё раз", "F4", Look.SECONDARY, enabled=not reason, reason=reason)
    most = most_points(sale)
    text = f"Списать {number(most.count)}" if most and not reason else "Списать баллы"
    return Button(Ask.POINTS, text, "F4", Look.CONTRAST, enabled=not reason, reason=reason)
