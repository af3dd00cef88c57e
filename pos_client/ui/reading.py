"""What a screen says, as lines of words: for a transcript that a person reads without the picture."""

from collections.abc import Iterable, Iterator

from pos_client.ui.customer_screen import CustomerScreen
from pos_client.ui.idle_screen import IdleScreen
from pos_client.ui.joining_screen import JoinScreen
from pos_client.ui.money_screen import MoneyScreen
from pos_client.ui.order_screen import OrderScreen
from pos_client.ui.parts_screen import Field, Note, Row
from pos_client.ui.queue_screen import QueueScreen
from pos_client.ui.refund_screen import RefundScreen
from pos_client.ui.sale_screen import SaleScreen
from pos_client.ui.shift_screen import ShiftScreen
from pos_client.ui.strip_screen import Shape

__all__ = ["read"]


def read(screen: SaleScreen) -> tuple[str, ...]:
    """The words of the screen from top to bottom, without those that never change."""
    return tuple(line for line in _lines(screen) if line)


def _lines(screen: SaleScreen) -> Iterator[str]:
    ill = [lamp.text for lamp in screen.strip.lamps if lamp.shape in {Shape.DIAMOND, Shape.TRIANGLE}]
    yield " · ".join((*ill, screen.strip.queue.text))
    yield _note(screen.banner)
    if screen.counter is not None:
        yield from _customer(screen.counter.customer)
        yield from _order(screen.counter.order)
        yield from _money(screen.counter.money)
        code = screen.counter.qr
        yield f"{code.heading} {code.amount}: QR-код. {code.countdown}. {code.how}" if code else ""
    if screen.joining is not None:
        yield from _joining(screen.joining)
    if screen.shift is not None:
        yield from _shift(screen.shift)
    if screen.refund is not None:
        yield from _refund(screen.refund)
    if screen.queue is not None:
        yield from _queue(screen.queue)
    if screen.idle is not None:
        yield from _idle(screen.idle)
    yield _field(screen.find)
    yield screen.toast


def _customer(screen: CustomerScreen) -> Iterator[str]:
    who = screen.name or screen.prompt
    balance = f"{screen.balance_label} {screen.balance}" if screen.balance else ""
    yield "; ".join(part for part in (f"Клиент: {who}", balance, *_rows(screen.rows)) if part)
    yield _note(screen.note)
    yield from (f"{each.key}: {each.name} {each.phone} {each.hint}".rstrip() for each in screen.choices)
    yield f"{screen.debts_label}: {'; '.join(_rows(screen.debts))}" if screen.debts else ""
    yield _note(screen.code_note)
    yield _field(screen.field)


def _order(screen: OrderScreen) -> Iterator[str]:
    yield f"Заказ {screen.number}: {'; '.join(_rows(screen.lines))}" if screen.number else screen.prompt
    yield _note(screen.note)
    yield from (f"{row.label} {row.value} ({row.detail})" for row in screen.weighing)
    yield _note(screen.messages)


def _money(screen: MoneyScreen) -> Iterator[str]:
    yield "; ".join(_rows(screen.rows))
    yield f"{screen.due_label}: {screen.due}" if screen.due else ""
    yield " · ".join(part for part in (screen.bar.done, screen.bar.left) if part) if screen.bar.segments else ""
    yield _note(screen.earning)
    yield _note(screen.doing)
    yield _field(screen.field)


def _joining(screen: JoinScreen) -> Iterator[str]:
    yield f"{screen.heading}. {screen.detail}"
    yield " ".join(part for part in (screen.name, screen.balance_label, screen.balance) if part)
    yield from (_field(field) for field in screen.fields)
    yield from (f"[{'x' if tick.on else ' '}] {tick.title} ({tick.badge.text})" for tick in screen.ticks)
    yield _note(screen.note)


def _shift(screen: ShiftScreen) -> Iterator[str]:
    yield f"{screen.heading}. {screen.taken_label} {screen.taken}; {'; '.join(_rows(screen.rows))}"
    yield from (f"{each.label} {each.value}, {each.detail}" for each in screen.shares)
    yield f"Долг по баллам: {'; '.join(_rows(screen.debts))}" if screen.debts else ""
    yield _note(screen.debts_note)
    yield _note(screen.terminal)
    yield _note(screen.closing)


def _refund(screen: RefundScreen) -> Iterator[str]:
    yield f"{screen.title} {screen.number}. {screen.about}".rstrip()
    yield f"{screen.paid_label} {screen.paid}: {'; '.join(_rows(screen.visits))}"
    yield f"{screen.back_label} {screen.back}: {'; '.join(_rows(screen.ways))}"
    yield f"{screen.points_label}: {'; '.join(_rows(screen.points))}" if screen.points else ""
    yield f"{screen.steps_label}: {'; '.join(_rows(screen.steps))}"
    yield _note(screen.doing)
    yield _field(screen.field)


def _queue(screen: QueueScreen) -> Iterator[str]:
    yield f"{screen.heading}. {screen.detail}"
    for group in screen.groups:
        for row in group.rows:
            yield f"{row.title}: {row.amount}, {row.steps.text}. {row.reason}"
    yield from (_note(note) for note in screen.notes)


def _idle(screen: IdleScreen) -> Iterator[str]:
    yield screen.heading
    yield from (f"{card.title}. {card.text}" for card in screen.unfinished)
    for row in screen.recent:
        yield f"{'▸ ' if row.chosen else ''}{row.order} · {row.about} · {row.amount}"
    if screen.last:
        yield f"{screen.last_label}: {'; '.join(_rows(screen.last))}"
    yield f"Сдача: {screen.change}" if screen.change else ""
    yield _note(screen.last_note)
    yield _field(screen.field)


def _rows(rows: Iterable[Row]) -> list[str]:
    return [f"{row.label} {row.value}".rstrip() for row in rows]


def _note(note: Note | None) -> str:
    return " ".join(part for part in (note.strong, note.text, *note.lines) if part) if note else ""


def _field(field: Field | None) -> str:
    if field is None:
        return ""
    beside = f", {field.aside} {field.value}" if field.value else ""
    return f"{field.label}: {field.text or field.placeholder.strip()}{beside}. {field.hint}".strip()
