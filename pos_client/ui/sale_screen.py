"""What the cashier sees, as one value: `present` decides every word of it, and a view only draws it."""

from dataclasses import dataclass
from datetime import tzinfo

from pos_client.counter.state import CounterState, LightState
from pos_client.domain.order import TenderKind
from pos_client.domain.sale import Stage
from pos_client.ports import Service
from pos_client.ui.customer_screen import CustomerScreen, customer
from pos_client.ui.entry import Ask, Entry, Mode, cannot_take_money, may_choose_receipt, may_join, on_counter
from pos_client.ui.help_screen import HelpScreen, help_page
from pos_client.ui.idle_screen import IdleScreen, find_field, idle
from pos_client.ui.joining_screen import JoinScreen, joining
from pos_client.ui.money_screen import MoneyScreen, money
from pos_client.ui.order_screen import OrderScreen, order
from pos_client.ui.parts_screen import Field, Note, Tone, note_of
from pos_client.ui.queue_screen import QueueScreen, SaleLookup, queue
from pos_client.ui.refund_screen import RefundScreen, refund
from pos_client.ui.shift_screen import ShiftScreen, shift
from pos_client.ui.strip_screen import StripScreen, light_note, strip
from pos_client.ui.tender_screen import QrScreen, qr

__all__ = ["CounterScreen", "SaleScreen", "present"]


@dataclass(frozen=True, slots=True)
class CounterScreen:
    """A sale on the counter: who, what, how much."""

    customer: CustomerScreen
    order: OrderScreen
    money: MoneyScreen
    qr: QrScreen | None = None
    """In the place of the order while the customer is to scan it."""


@dataclass(frozen=True, slots=True)
class SaleScreen:
    """The whole window. Exactly one of `idle`, `counter`, `queue`, `shift` and `refund` is there."""

    strip: StripScreen
    training: str
    """Words of the orange frame; empty at a real till."""
    banner: Note | None
    waiting: bool
    """A thin progress: something has not answered for longer than 0.7 s."""
    toast: str
    """A calm word about the last gesture."""
    find: Field | None
    """What is being looked up while something else is on screen."""
    keys: frozenset[Ask]
    """Gestures that mean something now; the bar of keys draws the others faint."""
    help: HelpScreen | None = None
    idle: IdleScreen | None = None
    counter: CounterScreen | None = None
    queue: QueueScreen | None = None
    shift: ShiftScreen | None = None
    refund: RefundScreen | None = None
    joining: JoinScreen | None = None
    """Lies beside the sale; hidden while a page is open."""


def present(
    state: CounterState, entry: Entry, *, zone: tzinfo | None = None, lookup: SaleLookup | None = None
) -> SaleScreen:
    """The screen for what the counter knows and what the cashier is typing.

    `zone` is the wall clock of the office (None: of this computer); `lookup` finds the sale behind an entry of the
    queue.
    """
    entry = entry.kept(state)
    selling = on_counter(state) is not None
    return SaleScreen(
        strip=strip(state, entry, zone),
        training="Учебная касса — деньги, чеки и баллы ненастоящие" if state.training else "",
        banner=_banner(state, entry, zone),
        waiting=any(wait.slow for wait in (state.wait, state.refund.wait if state.refund else None) if wait),
        toast="" if _told_elsewhere(entry) else entry.note,
        find=find_field(entry) if selling or entry.page_open or state.joining or state.refund else None,
        keys=_keys(state, entry, selling=selling),
        help=help_page(state, entry),
        queue=queue(state, entry, zone, lookup) if entry.queue_open else None,
        shift=shift(state, zone) if entry.shift_open else None,
        refund=None if entry.page_open else refund(state, entry, zone),
        joining=None if entry.page_open or state.refund or state.qr else joining(state, entry),
        counter=_counter(state, entry, zone) if selling and not entry.page_open else None,
        idle=None if selling or entry.page_open or state.refund else idle(state, entry, zone),
    )


def _counter(state: CounterState, entry: Entry, zone: tzinfo | None) -> CounterScreen:
    return CounterScreen(customer(state, entry, zone), order(state, zone), money(state, entry, zone), qr(state))


_TELL_THEMSELVES = frozenset(Mode) - {Mode.NONE, Mode.POINTS, Mode.CANCEL, Mode.NO_SLIP, Mode.NO_PAPER}


def _told_elsewhere(entry: Entry) -> bool:
    """A field says itself what is wrong with what is typed in it."""
    return entry.mode in _TELL_THEMSELVES


def _banner(state: CounterState, entry: Entry, zone: tzinfo | None) -> Note | None:
    if state.notice is not None and not (state.sale and state.notice == state.sale.trouble):
        return note_of(state.notice, Tone.WARNING)
    if entry.light is not None:
        return light_note(state, entry.light, zone)
    told = _told_by_the_sale(state)
    for light in state.lights:
        if light.service is told:
            continue
        if light.state is LightState.DOWN and light.service is Service.PROCESSING:
            if state.refund is not None:
                return Note(
                    Tone.WARNING,
                    "Система лояльности не отвечает.",
                    "Деньги возвращаем как обычно, баллы по возврату пересчитаются сами.",
                    ("Скажите клиенту: «Баллы по возврату пересчитаются сами»",),
                )
            return Note(
                Tone.WARNING,
                "Система лояльности не отвечает.",
                "Деньги и чеки в безопасности, продаём без списания баллов.",
                ("Скажите клиенту: «Баллы начислятся сами»",),
            )
        if light.state in {LightState.DOWN, LightState.ATTENTION}:
            return light_note(state, light.service, zone)
    return None


def _told_by_the_sale(state: CounterState) -> Service | None:
    """The service whose trouble the card of the money tells already, knowing better what it means for the money."""
    sale = on_counter(state)
    if sale is None:
        return None
    if sale.stage is not Stage.OPEN:
        return Service.REGISTER
    return Service.PROCESSING if sale.trouble is not None else None


def _keys(state: CounterState, entry: Entry, *, selling: bool) -> frozenset[Ask]:
    always = {Ask.HELP, Ask.SHIFT, Ask.QUEUE, Ask.PUT_OFF}
    if entry.page_open:
        refused = entry.queue_open and any(each.key == entry.row and each.payment_refused for each in state.entries)
        return frozenset(always | ({Ask.REFUND} if refused else set()))
    always |= {Ask.FIND, Ask.REFUND}
    if state.refund is not None:
        # F9 has opened it, and opens no other one here.
        receipt = {Ask.RECEIPT} if may_choose_receipt(state) else set()
        return frozenset(always - {Ask.REFUND} | {Ask.GIVE_BACK, Ask.HANDED_OUT, Ask.PART} | receipt)
    if state.joining is not None or may_join(state):
        always.add(Ask.JOIN)
    sale = state.sale
    if not selling or sale is None or sale.order is None or sale.order.obstacle(sale.office) is not None:
        return frozenset(always)
    by = {Ask.CARD: TenderKind.CARD, Ask.SBP: TenderKind.SBP}
    means = {ask for ask, kind in by.items() if kind in state.means and sale.due}
    if sale.stage is not Stage.OPEN:
        takes = not cannot_take_money(state)
        return frozenset(always | ({Ask.CASH, Ask.EXACT, Ask.PART} | means if takes else set()))
    return frozenset(
        always | means | {Ask.RECEIPT, Ask.POINTS, Ask.CASH, Ask.EXACT} | ({Ask.PART} if sale.due else set())
    )
