"""The right card of a sale: the whole price, what lowers it, what is due, what will be earned, and how to pay."""

from dataclasses import dataclass
from datetime import tzinfo
from enum import Enum

from pos_client.counter.state import CounterState, TenderStep, WaitFor
from pos_client.domain.customer import Standing
from pos_client.domain.loyalty import Earning, Quote, QuoteSource
from pos_client.domain.money import NO_POINTS, ZERO, Money
from pos_client.domain.order import LineKind, Order, TenderKind
from pos_client.domain.payment import split_equally
from pos_client.domain.sale import Sale, Stage
from pos_client.ui.entry import Entry, Mode, loyalty_is_down
from pos_client.ui.parts_screen import Button, Field, Note, Row, Tone
from pos_client.ui.pay_screen import Chip, actions, chips, doing, field
from pos_client.ui.points_screen import coupon_rows, discount_rows
from pos_client.ui.sums import rest_of, split_in, unplanned
from pos_client.ui.tender_screen import headline, tender_rows
from pos_client.ui.wording import TENDER_NAME, day, points, roubles, typed_sum, where_sent

__all__ = ["Bar", "BarKind", "MoneyScreen", "Segment", "money"]


class BarKind(Enum):
    """What a piece of the bar stands for."""

    OFF = "off"
    PAID = "paid"
    NOW = "now"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the bar; `share` is in kopecks."""

    kind: BarKind
    share: int


@dataclass(frozen=True, slots=True)
class Bar:
    """How far the order is paid."""

    segments: tuple[Segment, ...] = ()
    done: str = ""
    left: str = ""


@dataclass(frozen=True, slots=True)
class MoneyScreen:
    """How much."""

    rows: tuple[Row, ...] = ()
    due_label: str = ""
    due: str = ""
    bar: Bar = Bar()
    earning: Note | None = None
    doing: Note | None = None
    """What is going on or stands in the way, in the place where the hand would go."""
    field: Field | None = None
    chips: tuple[Chip, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    """Rows of buttons, the usual one first."""


def money(state: CounterState, entry: Entry, zone: tzinfo | None = None) -> MoneyScreen:
    """The card at this moment."""
    sale = state.sale
    note, buttons = doing(state, entry), actions(state, entry)
    if sale is None or sale.order is None:
        return MoneyScreen(due_label="", due="", earning=_waiting_for_order(sale), doing=note, buttons=buttons)
    part = _part_now(sale, entry)
    label, due = _due_label(sale), str(sale.due)
    if sale.due < ZERO and sale.stage is Stage.OPEN:
        label, due = "Взято больше, чем стоит заказ, на", str(-sale.due)
    elif part is not None:
        label, due = _part_label(sale, entry), str(part)
    elif state.tendering is not None:
        label, due = headline(state.tendering)
    return MoneyScreen(
        rows=(*_rows(sale, sale.order), *tender_rows(state, entry), *_receipt_row(sale)),
        due_label=label,
        due=due,
        bar=_bar(
            sale,
            sale.order,
            _planned(sale, entry, part),
            paying=entry.mode.value in {"cash", "part"} or sale.stage.has_money,
        ),
        earning=None if _plans(state, entry) else _points_note(sale, state, zone),
        doing=note,
        field=field(state, sale, entry),
        chips=chips(sale, entry),
        buttons=buttons,
    )


def _waiting_for_order(sale: Sale | None) -> Note | None:
    if sale is None or sale.customer is None or sale.customer.standing in {Standing.NOT_FOUND, Standing.AMBIGUOUS}:
        return None  # the card of the customer says on its own that nobody was found
    if sale.customer.standing is not Standing.MEMBER or sale.customer.is_blocked:
        return Note(Tone.INFO, "Теперь откройте заказ:", "его сумма появится здесь.")
    return Note(Tone.INFO, "Клиент найден.", "Сумма и баллы за заказ появятся, когда откроете заказ.")


def _part_now(sale: Sale, entry: Entry) -> Money | None:
    """The part that is being talked about, which is what the cashier takes next; None while it is all of it."""
    if entry.mode is Mode.CASH:
        return entry.part
    if entry.mode is not Mode.PART:
        return None
    left, parts = unplanned(entry, sale), split_in(entry.text)
    if 1 < parts <= left.kopecks:
        return split_equally(left, parts)[0]
    typed = typed_sum(entry.text) if entry.text and not entry.text.startswith("/") else None
    if typed is not None and ZERO < typed <= left:
        return typed
    return left if entry.plan else None


def _planned(sale: Sale, entry: Entry, part: Money | None) -> Money | None:
    """The part in hand and those that the plan has already."""
    if part is None or entry.mode is not Mode.PART:
        return part
    return part + (rest_of(sale) - unplanned(entry, sale))


def _part_label(sale: Sale, entry: Entry) -> str:
    whole = f"из {rest_of(sale)}"
    if entry.mode is Mode.PART and entry.text.startswith("/"):
        return f"Каждая из {split_in(entry.text)} частей {whole}"
    if entry.mode is Mode.PART and entry.plan and not entry.text:
        return f"Остаток {whole}: чем платят"
    return f"Часть {whole}"


def _due_label(sale: Sale) -> str:
    if not sale.stage.has_money:
        return "К оплате сейчас"
    return "Оплачено сейчас" if sale.settles else f"Оплачена часть: {sale.taken} из"


def _rows(sale: Sale, order: Order) -> tuple[Row, ...]:
    quote = sale.quote
    rows = [Row("Стоимость заказа", str(order.total), Tone.STRONG)]
    if quote is None:
        if order.discounted:
            rows.append(Row("Скидки прошлых визитов", str(-order.discounted), Tone.GOOD))
    else:
        rows.extend(discount_rows(quote))
        if quote.points_off:
            rows.append(Row("Баллами", str(-quote.points_off), Tone.GOOD))
        elif _kept_out_by_outage(sale, quote):
            rows.append(Row("Баллами", "не списываем", Tone.SUBTLE))
    if order.paid:
        rows.append(Row("Оплачено раньше", str(-order.paid)))
    rows.extend(coupon_rows(sale))
    return tuple(rows)


def _kept_out_by_outage(sale: Sale, quote: Quote) -> bool:
    """Whether the customer might have spent points, had processing answered."""
    who = sale.customer
    if who is None or not who.may_earn or quote.source is not QuoteSource.BASE:
        return False
    return quote.earning in {Earning.LATER, Earning.CARRIED}


def _bar(sale: Sale, order: Order, part: Money | None, *, paying: bool) -> Bar:
    quote = sale.quote
    off = quote.discount if quote else order.discounted
    taken = _moved(sale)
    now = taken or ((sale.due if part is None else part) if paying else ZERO)
    left = sale.due - taken
    shares = ((BarKind.OFF, off), (BarKind.PAID, order.paid), (BarKind.NOW, now), (BarKind.LEFT, sale.due - now))
    return Bar(
        segments=tuple(Segment(kind, share.kopecks) for kind, share in shares if share > ZERO),
        done="" if _in_trouble(sale) else " · ".join(_done(sale, order, quote)),
        left=f"осталось {roubles(left)}" if left > ZERO else "оплачено",
    )


def _moved(sale: Sale) -> Money:
    """What the customer has paid in this visit already."""
    if sale.stage is Stage.PAYING:
        return sale.takings.approved
    return sale.taken if sale.stage.has_money else ZERO


def _done(sale: Sale, order: Order, quote: Quote | None) -> list[str]:
    """`баллы 490 · карта 2 000 ✓`: everything that has already lowered what is due."""
    parts: list[str] = []
    points_off = quote.points_off if quote else ZERO
    other = (quote.discount if quote else order.discounted) - points_off
    if points_off:
        parts.append(f"баллы {_bare(points_off)}")
    if other:
        parts.append(f"скидки {_bare(other)}")
    sums: dict[TenderKind, Money] = {}
    for visit in order.visits:
        for tender in visit.tenders:
            sums[tender.kind] = sums.get(tender.kind, ZERO) + tender.amount
    for now in sale.tenders:
        if now.has_moved and (sale.stage.has_money or sale.stage is Stage.PAYING):
            sums[now.kind] = sums.get(now.kind, ZERO) + now.amount
    parts.extend(f"{TENDER_NAME[kind]} {_bare(amount)} ✓" for kind, amount in sums.items() if amount)
    return parts


def _bare(amount: Money) -> str:
    return roubles(amount)[:-2]


def _looking(state: CounterState) -> bool:
    """Whether a customer is being looked up, so that the price on the counter is not the last word."""
    return state.wait is not None and state.wait.what is WaitFor.CUSTOMER


def _unpriced(sale: Sale, state: CounterState) -> Note | None:
    if _obstructed(sale):
        return None
    asked = state.wait is not None
    return Note(Tone.INFO, "Считаем цену и баллы…") if asked else Note(Tone.INFO, "Цена ещё не посчитана.")


def _in_trouble(sale: Sale) -> bool:
    """Whether money is taken and something stands between it and its receipt."""
    return sale.trouble is not None and sale.stage.has_money


def _receipt_row(sale: Sale) -> tuple[Row, ...]:
    """Where the receipt goes, when it is not paper alone; no more of the contact than it takes to recognise it."""
    if not sale.contact:
        return ()
    return (Row("Чек и на бумаге" if sale.paper else "Чек без бумаги", where_sent(sale.contact), Tone.SUBTLE),)


def _plans(state: CounterState, entry: Entry) -> bool:
    """Whether several means are being divided among, which needs the room."""
    return entry.mode is Mode.PART and len(state.means) > 1


def _hands_are_full(state: CounterState, sale: Sale) -> bool:
    """Whether what has to be done about the money needs the room."""
    return state.tendering is not None and (sale.trouble is not None or state.tendering.step is TenderStep.CASH)


def _points_note(sale: Sale, state: CounterState, zone: tzinfo | None) -> Note | None:
    """What will become of the points; silent while a receipt is in trouble, because that has to be read first."""
    if _in_trouble(sale) or sale.stage is Stage.CANCELLING or _hands_are_full(state, sale):
        return None
    if sale.quote is None or _looking(state):
        return _unpriced(sale, state)
    if sale.quote.earning is Earning.LATER and loyalty_is_down(state) and not _obstructed(sale):
        return Note(Tone.WARNING, "Баллы за заказ начислим сами.")  # the line above the cards says why
    return _earning(sale, sale.quote, zone)


def _obstructed(sale: Sale) -> bool:
    return sale.order is None or sale.order.obstacle(sale.office) is not None


_ONE_POINT = Money(100)

_SAID: dict[Earning, Note] = {
    Earning.NOTHING_BY_RULE: Note(Tone.INFO, "За этот заказ баллы не начисляются", "— так устроены условия тарифа."),
    Earning.INTERNATIONAL: Note(Tone.INFO, "Международный заказ:", "баллы за него не начисляются."),
    Earning.NOT_MEMBER: Note(Tone.INFO, "Баллы не начислим:", "клиент не найден в программе."),
    Earning.BLOCKED: Note(Tone.INFO, "Баллы не начислим:", "карта или участие клиента заблокированы."),
    Earning.RULE_UNKNOWN: Note(
        Tone.WARNING,
        "Сколько начислим, пока неизвестно:",
        "правило прочитать не удалось. Начисление придёт само.",
    ),
    Earning.CARRIED: Note(Tone.GOOD, "Баллы прошлого визита", "откроются после полной оплаты."),
    Earning.LATER: Note(Tone.WARNING, "Баллы за заказ начислим сами,", "когда система лояльности заработает."),
}
"""Every earning has a sentence of its own, but for the two that depend on the sale."""


def _earning(sale: Sale, quote: Quote, zone: tzinfo | None) -> Note | None:
    if _obstructed(sale):
        return None
    if quote.earning is Earning.AFTER_FULL_PAYMENT:
        return _will_earn(sale, quote, zone)
    if quote.earning is Earning.NO_CUSTOMER:
        return _nobody(sale)
    if quote.earning is Earning.NOT_MEMBER and _undecided(sale):
        return Note(Tone.INFO, "Баллы не начислим:", "пока не ясно, кто из клиентов перед вами.")
    if quote.earning is Earning.NOTHING_BY_RULE and sale.order is not None and _points_cover(sale.order, quote):
        return Note(Tone.INFO, "За этот заказ баллы не начислятся:", "доставка оплачена баллами.")
    return _SAID[quote.earning]


def _nobody(sale: Sale) -> Note:
    if sale.order is not None and sale.order.international:
        return _SAID[Earning.INTERNATIONAL]
    hint = "" if sale.stage is not Stage.OPEN else "Сканируйте CDEK ID до оплаты, и они начислятся."
    return Note(Tone.INFO, "Баллы начислять некому.", hint)


def _points_cover(order: Order, quote: Quote) -> bool:
    """Whether points left less than one more point could take off every service; they never touch goods."""
    pairs = zip(order.lines, quote.amounts, strict=True)
    left = [amount for line, amount in pairs if line.kind is not LineKind.GOODS]
    return bool(quote.points_off) and all(amount < _ONE_POINT for amount in left)


def _undecided(sale: Sale) -> bool:
    return sale.customer is not None and sale.customer.standing is Standing.AMBIGUOUS


def _will_earn(sale: Sale, quote: Quote, zone: tzinfo | None) -> Note:
    promised = sale.loyalty.promised if sale.loyalty.promised is not None else quote.earned
    if promised is None:
        return Note(Tone.GOOD, "Баллы начислим", "после полной оплаты; сколько — скажет система лояльности.")
    if promised == NO_POINTS:
        return Note(Tone.INFO, "За этот заказ баллов не будет:", "слишком маленькая сумма.")
    percent = f"({quote.earn_percent.normalize():f} %) ".replace(".", ",") if quote.earn_percent else ""
    release = "— сейчас заморозим, откроем после полной оплаты"
    expire = quote.earned_expire
    burns = (
        (f"Сгорят {day(expire.astimezone(zone).date(), sale.started_at.astimezone(zone).date())}",) if expire else ()
    )
    return Note(Tone.GOOD, f"Начислим {points(promised)}", f"{percent}{release}", burns)
