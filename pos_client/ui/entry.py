"""What the cashier is in the middle of typing or choosing, and what a key press makes of it: pure, without Qt.

A `Step` is the new entry and, at most, one command for the counter. Nothing here moves money: it only decides what was
asked for, and refuses in words what cannot be meant.
"""

from dataclasses import dataclass, replace
from enum import Enum

from pos_client.counter.state import CounterState, JoinStep, TenderStep, WaitFor
from pos_client.domain.customer import Candidate, Standing
from pos_client.domain.loyalty import QuoteSource
from pos_client.domain.money import NO_POINTS, Money, Points
from pos_client.domain.order import Obstacle
from pos_client.domain.payment import Tender, TenderState, TenderWish
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Sale, Stage
from pos_client.ports import Service
from pos_client.ui.asks import Ask
from pos_client.ui.commands import Command
from pos_client.ui.joining_entry import JoinForm

__all__ = [
    "OBSTACLES",
    "Ask",
    "Entry",
    "Mode",
    "Step",
    "candidates",
    "cannot_redeem",
    "cannot_take_money",
    "in_question",
    "loyalty_is_slow",
    "may_cancel",
    "may_choose_receipt",
    "may_join",
    "money_moves",
    "most_points",
    "on_counter",
    "refund_in_question",
    "return_by_hand",
    "return_in_doubt",
    "step_of",
]

_LONGEST = {
    "find": 40,
    "refund": 40,
    "contact": 64,
    "points": 7,
    "reason": 200,
    "sum": 10,
    "slip": 12,
    "paper": 10,
    "code": 10,
    "join_code": 10,
    "coupon": 40,
}


class Mode(Enum):
    """What the digits that are typed now belong to."""

    NONE = "none"
    FIND = "find"
    CASH = "cash"
    PART = "part"
    POINTS = "points"
    CODE = "code"
    """The code that allows to spend points, as the customer reads it out."""
    COUPON = "coupon"
    JOIN = "join"
    """The form of joining has the hands."""
    JOIN_CODE = "join_code"
    REASON = "reason"
    CANCEL = "cancel"
    """The cashier was asked whether a sale with money in it, or a refund, is to be given up."""
    REFUND = "refund"
    """The order that is to be given back."""
    CONTACT = "contact"
    """Where the receipt is to be sent."""
    SLIP = "slip"
    """The sum on the slip of a payment that neither terminal nor bank knows about."""
    NO_SLIP = "no_slip"
    """The cashier said that there is no slip, and was asked to sign it."""
    PAPER = "paper"
    """The number on the paper of a receipt that the register knows nothing of."""
    NO_PAPER = "no_paper"
    """The cashier said that there is no paper, and was asked to sign it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """State of the hands, not of the sale: losing it loses nothing."""

    mode: Mode = Mode.NONE
    text: str = ""
    part: Money | None = None
    """The part of what is due that this visit pays; None is all of it."""
    doubted: bool = False
    """The received sum looked wrong and the cashier was asked; only the cash key says that it is right."""
    note: str = ""
    """A calm word about the last gesture; the next one takes it away."""
    queue_open: bool = False
    shift_open: bool = False
    help_open: bool = False
    row: str = ""
    """Key of the chosen row of the queue."""
    unfinished: int = 0
    """Which of the unfinished sales is chosen."""
    light: Service | None = None
    """The light whose story is open."""
    listening: bool = True
    """Whether the window is active, so that a scanner reaches it."""
    coupon: int = -1
    """Which of the sale's coupons is chosen; the last one unless the cashier moved."""
    plan: tuple[TenderWish, ...] = ()
    """Parts of what is to be paid, named and not begun."""
    join: JoinForm | None = None
    """What is typed and ticked in the form of joining, also while the hands are elsewhere."""

    @property
    def page_open(self) -> bool:
        """Whether a page lies where the counter was."""
        return self.queue_open or self.shift_open

    @property
    def figures(self) -> bool:
        """Whether what is typed is a sum or a number of points, and nobody's secret."""
        return self.mode in {Mode.CASH, Mode.PART, Mode.POINTS, Mode.SLIP, Mode.PAPER}

    def bare(self, note: str = "") -> "Entry":
        """Nothing typed; what is open stays open."""
        return replace(self, mode=Mode.NONE, text="", part=None, plan=(), doubted=False, note=note)

    def telling(self, note: str) -> "Entry":
        """The same, with a word about why nothing happened."""
        return replace(self, note=note)

    def typing(self, mode: Mode, text: str = "", part: Money | None = None) -> "Entry":
        """Something new is being typed."""
        kept = self.plan if mode is Mode.PART else ()
        bare = replace(self, doubted=False, note="", light=None, help_open=False)
        return replace(bare, mode=mode, text=text, part=part, plan=kept)

    def kept(self, state: CounterState) -> "Entry":
        """What of this still makes sense now that the counter has moved."""
        sale = state.sale
        open_sale = sale is not None and sale.stage is Stage.OPEN and sale.order is not None
        entry = _with_money(_with_codes(self, state), state)
        if entry.mode in {Mode.CASH, Mode.PART} and not open_sale and step_of(state) not in _TAKING:
            entry = entry.bare()
        if entry.mode is Mode.POINTS and not open_sale:
            entry = entry.bare()
        if entry.mode is Mode.COUPON and (sale is None or sale.stage is not Stage.OPEN):
            entry = entry.bare()
        if entry.mode is Mode.CONTACT and not may_choose_receipt(state):
            entry = entry.bare()
        if entry.mode is Mode.CANCEL and not _can_be_given_up(self, state):
            entry = entry.bare()
        if entry.mode is Mode.REFUND and (state.refund is not None or money_moves(state)):
            entry = entry.bare()
        keys = [each.key for each in state.entries]
        if self.row not in keys:
            entry = replace(entry.bare() if entry.mode is Mode.REASON else entry, row=keys[0] if keys else "")
        left = len(state.unfinished) + len(state.unfinished_refunds)
        entry = replace(entry, unfinished=min(entry.unfinished, max(0, left - 1)))
        return _with_joining(entry, state)


def may_choose_receipt(state: CounterState) -> bool:
    """Whether nothing has moved of what lies on the counter, so that its receipt may still go anywhere."""
    if state.refund is not None:
        return state.refund.refund.stage is RefundStage.OPEN and not state.refund.busy
    return state.sale is not None and state.sale.stage is Stage.OPEN


def _with_codes(entry: Entry, state: CounterState) -> Entry:
    """A code that is asked for has the hands, unless they are at something of their own."""
    if state.code is None or money_moves(state):
        return entry.bare(entry.note) if entry.mode is Mode.CODE else entry
    if entry.mode in {Mode.NONE, Mode.POINTS} and not entry.page_open:
        return replace(entry, mode=Mode.CODE, text="")
    return entry


_TAKING = frozenset({TenderStep.DECIDE, TenderStep.CASH})


def step_of(state: CounterState) -> TenderStep | None:
    """What the taking of money waits for; None while none is being taken."""
    return None if state.tendering is None else state.tendering.step


def return_in_doubt(state: CounterState) -> Tender | None:
    """What the page of a refund asks the cashier about: money of which nobody else can tell whether it went back."""
    page = state.refund
    if page is None or page.busy or page.wait is not None or page.refund.stage is not RefundStage.RETURNING:
        return None
    back = page.refund.next_return
    return back if back is not None and back.state is TenderState.RETURN_UNKNOWN else None


def return_by_hand(state: CounterState) -> Tender | None:
    """What is in doubt because no call can name it: a person gives it back, or reads its reference from a slip."""
    back = return_in_doubt(state)
    return back if back is not None and back.approval is not None and back.approval.is_nameless else None


def _with_money(entry: Entry, state: CounterState) -> Entry:
    """Cash that has to be counted, and questions that only a person can answer, have the hands by themselves."""
    step = step_of(state)
    asked = step is TenderStep.QUESTIONS or return_in_doubt(state) is not None
    of_paper = state.receipt_doubt is not None
    if entry.mode in {Mode.SLIP, Mode.NO_SLIP} and not asked:
        entry = entry.bare()
    if entry.mode in {Mode.PAPER, Mode.NO_PAPER} and not of_paper:
        entry = entry.bare()
    wanted = Mode.SLIP if asked else Mode.PAPER if of_paper else Mode.CASH if step is TenderStep.CASH else None
    if wanted is not None and entry.mode is Mode.NONE and not entry.page_open:
        return replace(entry, mode=wanted, text="", doubted=False)
    return entry


def _with_joining(entry: Entry, state: CounterState) -> Entry:
    """The form has the hands whenever nothing of the sale has them; money always comes first."""
    joining = state.joining
    in_form = entry.mode in {Mode.JOIN, Mode.JOIN_CODE}
    if joining is None:
        return replace(entry.bare(entry.note) if in_form else entry, join=None)
    if entry.join is None:
        entry = replace(entry, join=JoinForm.begun(state, joining))
    if joining.step is JoinStep.DONE or money_moves(state) or entry.page_open:
        return entry.bare(entry.note) if in_form else entry
    wanted = Mode.JOIN if joining.step is JoinStep.FORM else Mode.JOIN_CODE
    if entry.mode is Mode.NONE or (in_form and entry.mode is not wanted):
        return replace(entry, mode=wanted, text="")
    return entry


@dataclass(frozen=True, slots=True)
class Step:
    """What a gesture came to."""

    entry: Entry
    command: Command | None = None
    before: Command | None = None
    """What has to be put away first."""


# ------------------------------------------------------------------------------------------------- what is allowed

OBSTACLES: dict[Obstacle, str] = {
    Obstacle.NOTHING_DUE: "Заказ оплачен полностью, доплаты нет.",
    Obstacle.OTHER_OFFICE: "Этот заказ оплачивают в другом офисе.",
    Obstacle.ON_THE_WAY: "Заказ ещё в пути: получатель платит, когда он придёт.",
    Obstacle.DELIVERED: "Заказ уже выдан, платить за него не нужно.",
    Obstacle.NOT_DELIVERED: "Заказ не вручён и закрыт, оплату по нему не принимаем.",
}

_CANNOT_REDEEM: dict[Standing, str] = {
    Standing.NOT_FOUND: "Клиента нет в программе, списать нечего.",
    Standing.AMBIGUOUS: "Нашлось несколько клиентов: баллы не трогаем.",
    Standing.BLOCKED: "Карта клиента заблокирована, баллы списать нельзя.",
}

_LOYALTY_WAITS = frozenset({WaitFor.CUSTOMER, WaitFor.QUOTE, WaitFor.RESERVE})


def loyalty_is_slow(state: CounterState) -> bool:
    """Whether the cashier may choose to go on without loyalty."""
    return state.wait is not None and state.wait.slow and state.wait.what in _LOYALTY_WAITS


def cannot_take_money(state: CounterState) -> str:
    """Why money cannot be taken for what lies on the counter; empty when it can."""
    sale = state.sale
    if sale is None or not sale.is_open or sale.order is None:
        return "Сначала сканируйте заказ."
    if sale.stage is not Stage.OPEN:
        return "" if step_of(state) in _TAKING else "Оплата уже идёт. Второй раз нажимать не нужно."
    obstacle = sale.order.obstacle(sale.office)
    return OBSTACLES[obstacle] if obstacle else ""


def cannot_redeem(state: CounterState) -> str:  # noqa: PLR0911 - every reason is a sentence of its own
    """Why points cannot be spent now; empty when they can, or when it is worth asking processing again."""
    sale = state.sale
    if sale is None or sale.customer is None:
        return "Сначала сканируйте CDEK ID клиента."
    if candidates(state):
        return f"Сначала выберите клиента: цифры 1–{len(candidates(state))}."
    if sale.customer.standing in _CANNOT_REDEEM:
        return _CANNOT_REDEEM[sale.customer.standing]
    if said := "Оплата уже идёт: баллы к ней не добавить." if money_moves(state) else cannot_take_money(state):
        return said
    if loyalty_is_down(state):
        return "Система лояльности не отвечает: продаём без списания."
    if sale.customer.standing is Standing.UNRESOLVED:
        return ""
    if sale.quote is None:
        return "Секунду, считаем баллы."
    if sale.order is not None and sale.order.sold_offline:
        return "Этот заказ уже оплачивали без связи: баллы на него не списываются, они начислятся сами."
    if sale.quote.source is QuoteSource.BASE:
        return "Цена посчитана без баллов: списать их на этот заказ сейчас нельзя."
    return "" if most_points(sale) else "На этот заказ списать баллы нельзя."


def loyalty_is_down(state: CounterState) -> bool:
    """Whether processing is left alone at present."""
    return any(light.service is Service.PROCESSING and light.state.value == "down" for light in state.lights)


def money_moves(state: CounterState) -> bool:
    """Whether a sale on the counter is past the point where only words were exchanged."""
    return state.sale is not None and state.sale.is_open and state.sale.stage is not Stage.OPEN


def candidates(state: CounterState) -> tuple[Candidate, ...]:
    """Whom the cashier may choose from; as many as there are keys."""
    sale = state.sale
    if sale is None or sale.customer is None or sale.stage is not Stage.OPEN:
        return ()
    return sale.customer.candidates[:9] if sale.customer.standing is Standing.AMBIGUOUS else ()


def may_join(state: CounterState) -> bool:
    """Whether there is nobody at the counter yet who is, or may be, a member."""
    who = state.sale.customer if state.sale is not None and state.sale.is_open else None
    return not money_moves(state) and (who is None or who.standing is Standing.NOT_FOUND)


def most_points(sale: Sale) -> Points:
    """The most new points that this visit may spend, by the server's word."""
    if sale.quote is None or sale.order is None:
        return NO_POINTS
    return Points(max(0, sale.quote.redeemable.count - sale.order.points_spent.count))


def on_counter(state: CounterState) -> Sale | None:
    """The sale that fills the window: one that is under way and has somebody or something in it."""
    sale = state.sale
    if sale is None or not sale.is_open or (sale.order is None and sale.customer is None):
        return None
    return sale


def in_question(entry: Entry, state: CounterState) -> Sale | None:
    """The sale that a wish to give up would be about: the one on the counter, or the chosen unfinished one."""
    if (sale := on_counter(state)) is not None:
        return None if sale.stage is Stage.OPEN else sale
    if state.refund is not None:
        return None
    return state.unfinished[entry.unfinished] if entry.unfinished < len(state.unfinished) else None


def refund_in_question(entry: Entry, state: CounterState) -> Refund | None:
    """The same of refunds: the one on the counter that has begun, or the chosen unfinished one, after the sales."""
    if on_counter(state) is not None:
        return None
    if state.refund is not None:
        refund = state.refund.refund
        return None if refund.stage is RefundStage.OPEN else refund
    at = entry.unfinished - len(state.unfinished)
    return state.unfinished_refunds[at] if 0 <= at < len(state.unfinished_refunds) else None


def _can_be_given_up(entry: Entry, state: CounterState) -> bool:
    sale, refund = in_question(entry, state), refund_in_question(entry, state)
    return (sale is not None and may_cancel(sale)) or (refund is not None and refund.may_be_given_up)


def may_cancel(sale: Sale) -> bool:
    """Whether a sale can still be given up: while no receipt may be registered and all that its money did is known."""
    return sale.may_be_given_up


def allowed_sign(mode: Mode, char: str) -> bool:  # noqa: PLR0911 - one line for each kind of field
    """Whether a typed sign can belong to what is being typed."""
    match mode:
        case Mode.CASH | Mode.SLIP:
            return char in "0123456789,."
        case Mode.PART:
            return char in "0123456789,./"
        case Mode.POINTS | Mode.CODE | Mode.JOIN_CODE | Mode.PAPER:
            return char in "0123456789"
        case Mode.COUPON:
            return char.isalnum() or char in "-_"
        case Mode.CONTACT:
            return char.isalnum() or char in "+-()@._ "
        case Mode.FIND | Mode.REFUND:
            return char.isalnum() or char in "+-() "
        case Mode.REASON:
            return char.isprintable()
        case Mode.NONE | Mode.CANCEL | Mode.NO_SLIP | Mode.NO_PAPER | Mode.JOIN:
            return False


def longest(mode: Mode) -> int:
    """How many signs can be meant."""
    return _LONGEST.get(mode.value, _LONGEST["sum"])
