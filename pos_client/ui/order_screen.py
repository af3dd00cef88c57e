"""The middle card: what is being paid for, and what was paid before."""

from dataclasses import dataclass
from datetime import tzinfo

from pos_client.counter.state import CounterState, TenderStep, WaitFor
from pos_client.domain.money import Money
from pos_client.domain.order import LineKind, Order, OrderLine, OrderState, Payer, TenderKind, Visit
from pos_client.domain.payment import TenderState
from pos_client.domain.sale import Stage
from pos_client.ui.entry import OBSTACLES, step_of
from pos_client.ui.parts_screen import Badge, Note, Row, Tone
from pos_client.ui.points_screen import messages
from pos_client.ui.wording import NBSP, TENDER_NAME, day, grams, points, roubles, tidy

__all__ = ["OrderScreen", "order"]


@dataclass(frozen=True, slots=True)
class OrderScreen:
    """What."""

    badge: Badge | None = None
    number: str = ""
    about: str = ""
    note: Note | None = None
    weighing: tuple[Row, ...] = ()
    """Declared and measured weight, when the parcel is heavier than its sender said."""
    lines: tuple[Row, ...] = ()
    messages: Note | None = None
    """The programme's own sentences about this order: a gift, a next discount."""
    visits_label: str = ""
    visits: tuple[Row, ...] = ()
    prompt: str = ""
    """Shown instead of an order."""
    prompt_detail: str = ""


def order(state: CounterState, zone: tzinfo | None) -> OrderScreen:
    """The card at this moment."""
    taken = state.sale.order if state.sale else None
    if taken is None or state.sale is None:
        if state.wait is not None and state.wait.what is WaitFor.ORDER:
            return OrderScreen(prompt="Открываем заказ…", prompt_detail="Обычно это занимает меньше секунды.")
        return OrderScreen(prompt="Сканируйте заказ", prompt_detail="или введите номер с накладной и нажмите Enter")
    obstacle = taken.obstacle(state.sale.office)
    return OrderScreen(
        badge=_badge(taken),
        number=tidy(taken.number),
        about=_about(taken),
        note=Note(Tone.WARNING, OBSTACLES[obstacle], _where(taken)) if obstacle else _paid_by_code(state),
        weighing=_weighing(taken),
        lines=tuple(_line(line) for line in taken.lines),
        messages=messages(state.sale.quote) if state.sale.quote is not None else None,
        visits_label="Оплаты по заказу" if taken.visits else "",
        visits=tuple(_visit(visit, state, zone) for visit in taken.visits),
    )


def _paid_by_code(state: CounterState) -> Note | None:
    """Where the code was, that it is paid: until the next thing of this visit has come to its own end."""
    sale = state.sale
    if sale is None or sale.trouble is not None or state.qr is not None:
        return None
    takes_next = sale.stage is Stage.PAYING and step_of(state) in {TenderStep.ASKING, TenderStep.CASH}
    if not takes_next and sale.stage is not Stage.FISCALISING:
        return None
    moved = [tender for tender in sale.tenders if tender.state is TenderState.APPROVED]
    if not moved or moved[-1].kind is not TenderKind.SBP:
        return None
    return Note(Tone.GOOD, f"Оплачено по СБП {moved[-1].amount}{NBSP}✓")


def _badge(taken: Order) -> Badge:
    who = "платит отправитель" if taken.payer is Payer.SENDER else "платит получатель"
    match taken.state:
        case OrderState.ACCEPTED:
            return Badge(f"Приём · {who}", Tone.INFO)
        case OrderState.ON_THE_WAY:
            return Badge(f"В пути · {who}", Tone.INFO)
        case OrderState.WAITING:
            return Badge(f"Выдача · {who}", Tone.INFO)
        case OrderState.DELIVERED:
            return Badge("Выдан", Tone.SUBTLE)
        case OrderState.NOT_DELIVERED:
            return Badge("Не вручён", Tone.WARNING)


def _about(taken: Order) -> str:
    to = ", ".join(part for part in (taken.destination_city, taken.destination_office) if part)
    way = " → ".join(part for part in (taken.origin_city or taken.origin_office, to) if part)
    abroad = "международный" if taken.international else ""
    weight = grams(taken.weight_grams) if taken.weight_grams else ""
    tariff = "" if taken.tariff.isdigit() else taken.tariff  # a bare code stands on the line of the delivery already
    return " · ".join(part for part in (way, abroad, tariff, weight) if part)


def _weighing(taken: Order) -> tuple[Row, ...]:
    """Why more is to be paid than was said: both weights and the difference, and what it adds to the price."""
    if not taken.overweight_grams:
        return ()
    weights = f"заявлено {grams(taken.declared_grams)}, измерено {grams(taken.weight_grams)}"
    price = f"+{roubles(taken.added)}" if taken.added > Money(0) else ""
    return (Row(f"Перевес {grams(taken.overweight_grams)}", price, Tone.WARNING, weights),)


def _where(taken: Order) -> str:
    office = taken.origin_office if taken.payer is Payer.SENDER else taken.destination_office
    match taken.state:
        case OrderState.ACCEPTED | OrderState.WAITING:
            return f"Офис этого заказа: {office}." if office else ""
        case OrderState.ON_THE_WAY | OrderState.DELIVERED | OrderState.NOT_DELIVERED:
            return ""


def _line(line: OrderLine) -> Row:
    times = f"{line.quantity} × {roubles(line.price)}" if line.quantity > 1 else ""
    tariff = f"тариф {line.code}" if line.kind is LineKind.DELIVERY and line.code else ""
    seller = f"продавец {line.seller.name}" if line.seller else ""
    return Row(
        line.name, str(line.total), detail=" · ".join(part for part in (times, tariff, line.note, seller) if part)
    )


def _visit(visit: Visit, state: CounterState, zone: tzinfo | None) -> Row:
    means = ", ".join(TENDER_NAME[tender.kind] for tender in visit.tenders)
    on = day(visit.at.astimezone(zone).date(), state.now.astimezone(zone).date())
    label = " · ".join(part for part in (f"{on}, {visit.office}", means) if part)
    off: list[str] = []
    if visit.points_spent:
        off.append(f"списано {points(visit.points_spent)}")
    elif visit.discount > Money(0):
        off.append(f"скидка {roubles(visit.discount)}")
    if visit.document:
        off.append(f"чек {visit.document}")
    return Row(label, str(visit.paid), detail=" · ".join(off))
