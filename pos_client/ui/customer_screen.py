"""The left card: who stands at the counter, the points, and what may be done with them."""

from dataclasses import dataclass
from datetime import tzinfo

from pos_client.counter.state import CodeAsked, CounterState, WaitFor
from pos_client.domain.customer import Customer, KeyKind, Standing
from pos_client.domain.money import NO_POINTS
from pos_client.domain.sale import Sale, Stage
from pos_client.ui.code_screen import code_note
from pos_client.ui.entry import Ask, Entry, Mode, candidates, cannot_redeem, loyalty_is_down, may_join, most_points
from pos_client.ui.loyalty_gestures import chosen_coupon, too_soon
from pos_client.ui.parts_screen import Badge, Button, Field, Look, Note, Row, Tone
from pos_client.ui.points_screen import balance_rows, debt_rows
from pos_client.ui.sums import refusal_of_points
from pos_client.ui.wording import number, points, when

__all__ = ["Choice", "CustomerScreen", "customer"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several customers, masked, and the key that chooses."""

    id: str
    key: str
    name: str
    phone: str
    hint: str = ""


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
    choices: tuple[Choice, ...] = ()
    debts_label: str = ""
    debts: tuple[Row, ...] = ()
    """Points owed: promised, accrued, refused and why."""
    code_note: Note | None = None
    """How the code fares that has to be typed."""
    field: Field | None = None
    buttons: tuple[tuple[Button, ...], ...] = ()
    """Rows of buttons, the usual one first."""


_KEY_NAMES: dict[KeyKind, str] = {KeyKind.CDEK_ID: "CDEK ID", KeyKind.PHONE: "Телефон", KeyKind.CARD: "Карта"}


def customer(state: CounterState, entry: Entry, zone: tzinfo | None) -> CustomerScreen:
    """The card at this moment."""
    sale = state.sale
    if sale is None or sale.customer is None:
        if state.wait is not None and state.wait.what is WaitFor.CUSTOMER:
            return CustomerScreen(prompt="Ищем клиента…", prompt_detail="Заказ можно сканировать дальше.")
        late = sale is not None and sale.stage is not Stage.OPEN
        hint = "" if late else "Сканируйте код клиента, чтобы начислить и списать баллы."
        return CustomerScreen(
            prompt="Без CDEK ID",
            prompt_detail=hint,
            field=_coupon_field(sale, entry) if sale else None,
            buttons=(*_joining(state), *_coupon_buttons(sale, entry)),
        )
    who = sale.customer
    name, about = _who(who)
    balance = who.balance if who.standing is Standing.MEMBER else None
    debts = debt_rows(state.debts, state, zone)
    return CustomerScreen(
        badge=Badge(_KEY_NAMES[who.key.kind], Tone.GOOD if who.standing is Standing.MEMBER else Tone.SUBTLE),
        name=name,
        person=bool(who.name),
        about=about,
        balance_label="Доступно баллов" if balance else "",
        balance=number(balance.available.count) if balance else "",
        rows=balance_rows(balance, state, zone) if balance else (),
        note=_note(who, state, zone),
        choices=_choices(state),
        debts_label="Баллы в долгу" if debts else "",
        debts=debts,
        code_note=_code_note(state, entry),
        field=_code_field(state, entry) or _coupon_field(sale, entry) or _field(sale, entry),
        buttons=_buttons(state, entry, sale),
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
            return "Карта заблокирована" if who.key.kind is KeyKind.CARD else "Заблокирован", about
        case Standing.UNRESOLVED:
            return "Код сохранён", about or _masked(who)
        case Standing.MEMBER:
            return "Участник программы", about


def _masked(who: Customer) -> str:
    """The end of the code is enough for a customer to recognise it, and too little for anybody else."""
    return f"{_KEY_NAMES[who.key.kind]} ••{who.key.value[-2:]}"


def _choices(state: CounterState) -> tuple[Choice, ...]:
    return tuple(
        Choice(each.processing_id, str(at), each.name or "Без имени", each.phone, each.hint)
        for at, each in enumerate(candidates(state), 1)
    )


def _note(  # noqa: PLR0911 - every standing has a sentence of its own
    who: Customer, state: CounterState, zone: tzinfo | None
) -> Note | None:
    match who.standing:
        case Standing.MEMBER:
            return _blocked_card() if who.card_blocked else None
        case Standing.NOT_FOUND:
            return Note(
                Tone.INFO,
                "Такого клиента в программе нет.",
                "Продаём без баллов. Проверьте код или найдите по телефону: F2.",
            )
        case Standing.AMBIGUOUS if who.candidates:
            keys = f"цифры 1–{len(candidates(state))}" if len(candidates(state)) > 1 else "цифра 1"
            return Note(Tone.INFO, "Спросите, кто перед вами,", f"и выберите: {keys}.")
        case Standing.AMBIGUOUS:
            return Note(
                Tone.WARNING,
                "Нашлось несколько клиентов.",
                "Баллы не трогаем ни у кого. Найдите клиента по телефону: F2.",
            )
        case Standing.BLOCKED if who.card_blocked or who.key.kind is KeyKind.CARD:
            return _blocked_card()
        case Standing.BLOCKED:
            return Note(
                Tone.WARNING,
                "Участие в программе заблокировано.",
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


def _blocked_card() -> Note:
    return Note(
        Tone.WARNING,
        "Карта заблокирована.",
        "По ней баллы не списать и не начислить. Спросите CDEK ID или телефон, либо продавайте без баллов.",
    )


# --------------------------------------------------------------------------------------- the code and the coupon


def _code_field(state: CounterState, entry: Entry) -> Field | None:
    code = state.code
    if code is None or entry.mode is not Mode.CODE:
        return None
    where = f"на номер ••{code.phone[-2:]}" if code.phone else "на телефон клиента"
    return Field(
        label=f"Код из SMS {where}",
        text=entry.text,
        placeholder="из сообщения",
        tone=Tone.DANGER if entry.note or code.trouble or code.wrong else Tone.PLAIN,
        hint=entry.note,
    )


def _code_note(state: CounterState, entry: Entry) -> Note | None:
    code = state.code
    if code is None or entry.mode is not Mode.CODE:
        return None
    return code_note(code)


def _coupon_field(sale: Sale, entry: Entry) -> Field | None:
    if entry.mode is not Mode.COUPON:
        return None
    drop = f"Del — убрать купон {sale.coupons[chosen_coupon(entry, sale)]}" if sale.coupons else ""
    other = "↑↓ — другой" if len(sale.coupons) > 1 else ""
    usual = ", ".join(part for part in ("Enter — применить", drop, other) if part)
    return Field(
        label="Код купона",
        text=entry.text,
        placeholder="как на купоне",
        tone=Tone.DANGER if entry.note else Tone.PLAIN,
        hint=entry.note or usual,
    )


# ------------------------------------------------------------------------------------------------------ the buttons


def _buttons(state: CounterState, entry: Entry, sale: Sale) -> tuple[tuple[Button, ...], ...]:
    if entry.mode is Mode.CODE and state.code is not None:
        return _code_buttons(state, state.code)
    if entry.mode is Mode.COUPON:
        return ((Button(Ask.CONFIRM, "Применить", "Enter", Look.CONTRAST),),)
    if candidates(state):
        return ()  # the customers themselves are to be pressed
    if joining := _joining(state):
        return (*joining, *_coupon_buttons(sale, entry))
    points_row = (_button(state, entry, sale),)
    return (points_row,) if entry.mode is Mode.POINTS else (points_row, *_coupon_buttons(sale, entry))


def _code_buttons(state: CounterState, code: CodeAsked) -> tuple[tuple[Button, ...], ...]:
    spent = code.wrong >= code.most
    wait = too_soon(code, state.now)
    again = f"Ещё раз через {wait} с" if wait else "Отправить ещё раз"
    said = "Код отправляется" if code.busy else "Код уже в пути" if wait else ""
    return (
        (Button(Ask.CONFIRM, "Проверить код", "Enter", Look.CONTRAST, not spent and not code.busy, said),),
        (Button(Ask.POINTS, again, "F4", Look.SECONDARY, not said, said),),
        (Button(Ask.PUT_OFF, "Без баллов", "Esc"),),
    )


def _joining(state: CounterState) -> tuple[tuple[Button, ...], ...]:
    if state.joining is not None or not may_join(state):
        return ()
    return ((Button(Ask.JOIN, "Вступить в программу", "F3"),),)


def _coupon_buttons(sale: Sale | None, entry: Entry) -> tuple[tuple[Button, ...], ...]:
    if entry.mode is Mode.COUPON:
        return ((Button(Ask.CONFIRM, "Применить", "Enter", Look.CONTRAST),),)
    if sale is None or sale.stage is not Stage.OPEN or sale.order is None:
        return ()
    named = f"Купоны: {len(sale.coupons)}" if sale.coupons else "Купон"
    return ((Button(Ask.COUPON, named, "Shift+F4"),),)


def _button(state: CounterState, entry: Entry, sale: Sale) -> Button:
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
