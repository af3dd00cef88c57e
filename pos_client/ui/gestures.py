"""What each gesture of the cashier comes to, given what is being typed and what the counter knows: pure, without Qt."""

from collections.abc import Callable
from dataclasses import replace

from pos_client.counter.state import CounterState
from pos_client.domain.sale import Stage
from pos_client.ports import Service
from pos_client.ui import arrow_gestures as arrows
from pos_client.ui import loyalty_gestures as loyalty
from pos_client.ui import paper_gestures as papers
from pos_client.ui import pay_gestures as paying
from pos_client.ui import refund_gestures as refunds
from pos_client.ui import shift_gestures as shifts
from pos_client.ui import slip_gestures as slips
from pos_client.ui import tender_gestures as tenders
from pos_client.ui.commands import (
    AskServices,
    Cancel,
    Choose,
    CloseEntry,
    Dismiss,
    Find,
    GiveUp,
    GoOn,
    JoinClose,
    Recheck,
    RefundOpen,
    Resume,
    Retry,
    Scanned,
    SetAside,
    WaitLonger,
)
from pos_client.ui.entry import (
    Ask,
    Entry,
    Mode,
    Step,
    allowed_sign,
    candidates,
    in_question,
    longest,
    loyalty_is_slow,
    may_cancel,
    money_moves,
    on_counter,
    refund_in_question,
)
from pos_client.ui.sums import split_in
from pos_client.ui.wording import typed_sum

__all__ = [
    "choose_customer",
    "choose_row",
    "choose_sum",
    "erased",
    "listening",
    "made",
    "open_light",
    "scanned",
    "typed",
]

NOT_YET: dict[Ask, str] = {
    Ask.COMMAND: "Строки команд в этой версии нет. Найти заказ или клиента — F2.",
}


_MOVES = frozenset({Ask.UP, Ask.DOWN})
_READING = _MOVES | {Ask.CONFIRM, Ask.PUT_OFF}
"""What means help itself while it lies over everything; any other gesture puts it away and does what it says."""
_OF_THE_SALE = frozenset({Ask.CASH, Ask.CARD, Ask.SBP, Ask.ENOUGH, Ask.PART, Ask.POINTS, Ask.COUPON, Ask.JOIN})
_OF_THE_COUNTER = _OF_THE_SALE | {Ask.FIND, Ask.REFUND, Ask.GIVE_BACK, Ask.HANDED_OUT, Ask.SLIP, Ask.RECEIPT}


def made(entry: Entry, ask: Ask, state: CounterState) -> Step:
    """What `ask` comes to."""
    entry = entry.kept(state).telling("")
    if entry.help_open and ask is not Ask.HELP:
        if ask in _READING:
            return Step(replace(entry, help_open=ask in _MOVES))
        entry = replace(entry, help_open=False)
    if ask in NOT_YET:
        return Step(entry.telling(NOT_YET[ask]))
    if entry.page_open and (ask in _OF_THE_COUNTER or (ask is Ask.EXACT and entry.shift_open)):
        page = "закройте очередь: F12" if entry.queue_open else "вернитесь к продаже: F10"
        refused = refunds.refused_wanted(entry, state) if entry.queue_open and ask is Ask.REFUND else None
        return refused or Step(entry.telling(f"Сначала {page} или Esc."))
    if ask is Ask.PART and state.refund is not None:
        return refunds.one_line_wanted(entry)
    if (ask in _OF_THE_SALE or (ask is Ask.EXACT and not entry.page_open)) and (
        step := refunds.kept_from_the_page(entry, state)
    ):
        return step
    return _MADE[ask](entry, state)


def typed(entry: Entry, text: str, state: CounterState) -> Step:
    """What typed signs come to. Digits typed at a counter that waits begin a search by themselves."""
    entry = replace(entry.kept(state), note="", help_open=False)
    if entry.mode is Mode.JOIN and entry.join is not None and state.joining is not None and not _waits(text, state):
        return Step(replace(entry, join=entry.join.typed(text, state.joining.texts)))
    if text == " " and entry.mode not in {Mode.FIND, Mode.REASON, Mode.CONTACT}:
        return made(entry, Ask.WAIT, state)
    if entry.mode is Mode.NONE and not entry.page_open:
        if chosen := _candidate(text, state):
            return Step(entry, chosen)
        if text[:1].isdigit() or text[:1] == "+":
            entry = entry.typing(Mode.FIND)
    signs = "".join(char for char in text if allowed_sign(entry.mode, char))
    if entry.mode in {Mode.CASH, Mode.PART, Mode.SLIP}:
        candidate = (entry.text + signs).replace(".", ",")
        if typed_sum(candidate) is None and not (candidate == "/" or split_in(candidate)):
            return Step(entry)
    return Step(replace(entry, text=(entry.text + signs)[: longest(entry.mode)].replace("\n", " "), doubted=False))


def _waits(text: str, state: CounterState) -> bool:
    """Whether the space bar is wanted for giving loyalty more time."""
    return text == " " and loyalty_is_slow(state)


def _candidate(text: str, state: CounterState) -> Choose | None:
    """The customer whose number was typed."""
    there = candidates(state)
    at = int(text) - 1 if len(text) == 1 and text in "123456789" else len(there)
    return Choose(there[at].processing_id) if at < len(there) else None


def choose_customer(entry: Entry, processing_id: str, state: CounterState) -> Step:
    """One of several customers was pointed at."""
    known = any(each.processing_id == processing_id for each in candidates(state))
    return Step(entry.kept(state).telling(""), Choose(processing_id) if known else None)


def choose_place(entry: Entry, place: int, state: CounterState) -> Step:
    """A field of the form of joining was pointed at, or a consent ticked."""
    entry = entry.kept(state)
    if entry.join is None or state.joining is None or money_moves(state):
        return Step(entry)
    return Step(replace(entry.typing(Mode.JOIN), join=entry.join.chosen(place, state.joining.texts)).kept(state))


def erased(entry: Entry, state: CounterState) -> Step:
    """The last sign is taken back."""
    entry = entry.kept(state)
    if entry.mode is Mode.JOIN and entry.join is not None:
        return Step(replace(entry, join=entry.join.erased(), note=""))
    if entry.mode is Mode.PART and not entry.text:
        return Step(tenders.row_taken_back(entry))
    return Step(replace(entry, text=entry.text[:-1], doubted=False, note=""))


def scanned(entry: Entry, text: str, state: CounterState) -> Step:
    """A scan comes before anything that was being typed, and never pays. A form that is being filled stays filled.

    Where the order of a refund is asked for, it answers that.
    """
    bare = replace(entry.bare(), queue_open=False, shift_open=False, help_open=False, light=None)
    command = RefundOpen(text) if entry.mode is Mode.REFUND else Scanned(text)
    return Step(bare, command, before=JoinClose() if loyalty.has_joined(state) else None)


def choose_sum(entry: Entry, text: str, state: CounterState) -> Step:
    """One of the suggested sums was pointed at; it still has to be accepted."""
    entry = entry.kept(state)
    return Step(replace(entry, text=text, doubted=False, note="") if entry.mode in {Mode.CASH, Mode.PART} else entry)


def choose_row(entry: Entry, key: str, state: CounterState) -> Step:
    """A row of the queue was pointed at."""
    return Step(replace(entry.bare(), row=key).kept(state))


def open_light(entry: Entry, service: Service) -> Step:
    """The story of a light is shown, and its service asked how it is now; or put away by the same gesture."""
    if entry.light is service:
        return Step(replace(entry, light=None, note=""))
    return Step(replace(entry, light=service, note=""), AskServices(service))


def listening(entry: Entry, *, active: bool) -> Entry:
    """Whether a scanner reaches the window."""
    return replace(entry, listening=active)


# ---------------------------------------------------------------------------------------------- gesture by gesture


def _help(entry: Entry, _state: CounterState) -> Step:
    return Step(replace(entry, help_open=not entry.help_open))


def _find(entry: Entry, _state: CounterState) -> Step:
    return Step(entry if entry.mode is Mode.FIND else entry.typing(Mode.FIND))


def _queue(entry: Entry, _state: CounterState) -> Step:
    opened = not entry.queue_open
    return Step(replace(entry.bare(), queue_open=opened, shift_open=False, light=None))


def _shift(entry: Entry, _state: CounterState) -> Step:
    opened = not entry.shift_open
    return Step(replace(entry.bare(), shift_open=opened, queue_open=False, light=None))


def _look(entry: Entry, _state: CounterState) -> Step:
    said = "Спрашиваем все службы: ответ покажут лампы." if entry.mode is Mode.NONE else ""
    return Step(entry.telling(said), AskServices())


def _wait(entry: Entry, state: CounterState) -> Step:
    return Step(entry, WaitLonger()) if loyalty_is_slow(state) else Step(entry)


def _confirm(entry: Entry, state: CounterState) -> Step:
    """Enter means one thing in each place; in the queue it sends, unless a reason is typed."""
    if entry.queue_open and entry.mode is not Mode.REASON:
        return Step(entry, Retry(entry.row) if entry.row else None)
    if loyalty_is_slow(state) and entry.mode is not Mode.REASON and not entry.shift_open:
        return Step(entry, GoOn())
    return _CONFIRMED[entry.mode](entry, state)


def _found(entry: Entry, _state: CounterState) -> Step:
    text = entry.text.strip()
    return Step(entry.bare(), Find(text) if text else None)


def _confirm_bare(entry: Entry, state: CounterState) -> Step:  # noqa: PLR0911 - each thing that Enter may mean
    """Enter with nothing typed never opens or takes a payment: a scanner may have sent it."""
    if entry.shift_open:
        return Step(entry)
    if loyalty.has_joined(state) and not money_moves(state):
        return Step(entry, JoinClose())
    if state.refund is not None:
        return refunds.confirmed_on_page(entry, state.refund, state)
    sale = state.sale
    if sale is not None and sale.is_open:
        if sale.stage is not Stage.OPEN and state.wait is None and sale.trouble is not None:
            return Step(entry.bare(), Recheck())
        return Step(entry, Dismiss() if state.notice else None)
    # The button in the middle does what it says; a new gesture takes the notice away by itself.
    if (refund := refund_in_question(entry, state)) is not None:
        return refunds.taken_up(entry, refund)
    if state.unfinished:
        return Step(entry.bare(), Resume(state.unfinished[entry.unfinished].id))
    return Step(entry, Dismiss() if state.notice else None)


def _put_off(entry: Entry, state: CounterState) -> Step:  # noqa: PLR0911 - one step back from each place
    if entry.mode is Mode.CASH and entry.part is not None:
        return Step(entry.typing(Mode.PART, text=""))
    for step in (loyalty.stepped_back(entry, state), None if entry.page_open else tenders.stepped_back(entry, state)):
        if step is not None:
            return step
    at_rest = state.notice is None and entry.light is None and not entry.page_open
    if entry.mode in {Mode.SLIP, Mode.PAPER} and state.refund is not None and at_rest:
        return refunds.left(entry, state.refund)
    if entry.mode not in {Mode.NONE, Mode.SLIP, Mode.PAPER}:
        return Step(entry.bare())
    if entry.light is not None or entry.page_open:
        kept = entry.page_open and entry.light is not None  # one step at a time
        return Step(
            replace(entry, light=None, queue_open=entry.queue_open and kept, shift_open=entry.shift_open and kept)
        )
    if state.notice is not None:
        return Step(entry, Dismiss())
    if state.joining is not None and not money_moves(state):
        return Step(entry, JoinClose())
    return _off_the_counter(entry, state)


def _off_the_counter(entry: Entry, state: CounterState) -> Step:
    if state.refund is not None:
        return refunds.left(entry, state.refund)
    sale = state.sale
    if sale is None or not sale.is_open:
        return Step(entry)
    if sale.stage is Stage.OPEN or (sale.trouble is not None and state.wait is None):
        return Step(entry, SetAside())
    return Step(entry.telling("Деньги уже приняты: сначала закончим с чеком."))


def _give_up(entry: Entry, state: CounterState) -> Step:  # noqa: PLR0911 - each refusal has its words
    if entry.queue_open:
        return _entry_closed(entry, state)
    if entry.mode is Mode.COUPON:
        return loyalty.coupon_dropped(entry, state)
    if entry.mode in {Mode.PAPER, Mode.NO_PAPER}:
        return papers.no_paper(entry)
    if entry.mode in {Mode.SLIP, Mode.NO_SLIP}:
        return tenders.no_slip(entry) if state.refund is None else refunds.no_slip(entry)
    if refund_in_question(entry, state) is not None:
        return refunds.given_up(entry, state)
    sale = in_question(entry, state)
    if sale is None or entry.page_open or entry.mode not in {Mode.NONE, Mode.CANCEL}:
        return Step(entry)
    if not may_cancel(sale) or state.wait is not None:
        return Step(entry.telling("Отменить нельзя: чек мог пройти. Сначала проверим его: Enter."))
    if entry.mode is Mode.CANCEL:
        return Step(entry.bare(), Cancel() if sale is on_counter(state) else GiveUp(sale.id))
    return Step(entry.typing(Mode.CANCEL))


def _entry_closed(entry: Entry, state: CounterState) -> Step:
    chosen = next((each for each in state.entries if each.key == entry.row), None)
    if chosen is None:
        return Step(entry)
    if not chosen.needs_human:
        return Step(entry.telling("Эта операция отправится сама, закрывать её не нужно."))
    return Step(entry.typing(Mode.REASON))


def _slip_typed(entry: Entry, state: CounterState) -> Step:
    page = state.refund
    return tenders.slip_typed(entry, state) if page is None else refunds.slip_typed(entry, page, state)


def _reason_given(entry: Entry) -> Step:
    reason = entry.text.strip()
    if not reason:
        return Step(entry.telling("Напишите, чем закончилось: причина остаётся в журнале."))
    return Step(entry.bare(), CloseEntry(entry.row, reason))


_CONFIRMED: dict[Mode, Callable[[Entry, CounterState], Step]] = {
    Mode.NONE: _confirm_bare,
    Mode.FIND: _found,
    Mode.CASH: paying.cash_typed,
    Mode.PART: paying.part_typed,
    Mode.POINTS: paying.points_typed,
    Mode.CODE: loyalty.code_typed,
    Mode.COUPON: loyalty.coupon_typed,
    Mode.JOIN: loyalty.next_in_form,
    Mode.JOIN_CODE: loyalty.joining_code_typed,
    Mode.CANCEL: lambda entry, _: Step(entry.telling("Отменить — Del, оставить — Esc.")),
    Mode.REFUND: refunds.number_typed,
    Mode.SLIP: _slip_typed,
    Mode.CONTACT: tenders.contact_typed,
    Mode.PAPER: papers.number_of_paper,
    Mode.NO_PAPER: lambda entry, _: Step(entry.telling("Чека нет — Del, вернуться — Esc.")),
    Mode.NO_SLIP: lambda entry, _: Step(entry.telling("Слипа нет — Del, вернуться — Esc.")),
    Mode.REASON: lambda entry, _: _reason_given(entry),
}

_MADE: dict[Ask, Callable[[Entry, CounterState], Step]] = {
    Ask.HELP: _help,
    Ask.FIND: _find,
    Ask.JOIN: loyalty.joining_wanted,
    Ask.POINTS: paying.points_wanted,
    Ask.COUPON: loyalty.coupon_wanted,
    Ask.CASH: paying.cash_wanted,
    Ask.EXACT: paying.exact_wanted,
    Ask.CARD: tenders.card_wanted,
    Ask.SBP: tenders.sbp_wanted,
    Ask.ENOUGH: tenders.enough_wanted,
    Ask.RECEIPT: tenders.receipt_wanted,
    Ask.SLIP: slips.slip_wanted,
    Ask.PART: paying.part_wanted,
    Ask.REFUND: refunds.refund_wanted,
    Ask.GIVE_BACK: refunds.give_back_wanted,
    Ask.HANDED_OUT: refunds.handed_out_wanted,
    Ask.SHIFT: _shift,
    Ask.RECONCILE: shifts.reconciliation_wanted,
    Ask.QUEUE: _queue,
    Ask.LOOK: _look,
    Ask.WAIT: _wait,
    Ask.CONFIRM: _confirm,
    Ask.PUT_OFF: _put_off,
    Ask.GIVE_UP: _give_up,
    Ask.UP: arrows.up,
    Ask.DOWN: arrows.down,
}
