"""Everything the counter knows at a moment, as one value: the screen is drawn from nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from pos_client.domain.account import Blocked, Movement
from pos_client.domain.customer import Customer
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.joining import ConsentText, Purpose
from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import QrCode, Tender
from pos_client.domain.receipt import ReceiptKind
from pos_client.domain.refund import Refund
from pos_client.domain.sale import Cashier, Sale, Stage, Trouble
from pos_client.ports import QueueEntry, QueueLane, QueueSummary, RegisterState, Service, ShiftTotals

__all__ = [
    "AccountReading",
    "Arrival",
    "CodeAsked",
    "CounterState",
    "JoinStep",
    "Joining",
    "Light",
    "LightState",
    "PointsBack",
    "ReceiptDoubt",
    "Reconciliation",
    "RefundPage",
    "TenderStep",
    "Tendering",
    "Wait",
    "WaitFor",
]


_MONEY_IS_TAKEN = frozenset(
    {Stage.PAYING, Stage.FISCALISING, Stage.CORRECTING, Stage.RECORDING, Stage.CANCELLING},
)


class WaitFor(Enum):
    """What the counter is waiting for right now."""

    CUSTOMER = "customer"
    ORDER = "order"
    QUOTE = "quote"
    RESERVE = "reserve"
    RECEIPT = "receipt"
    RECEIPT_CHECK = "receipt_check"
    """The answer to the receipt was lost: the register is being asked whether it is registered."""
    CORRECTION = "correction"
    """A receipt that was registered with another total is taken back, and the right one is registered."""
    TENDER = "tender"
    """The terminal is charging a card."""
    QR = "qr"
    """The customer is paying by the code on the screen."""
    TENDER_CHECK = "tender_check"
    """The answer about money was lost: terminal or bank is being asked what became of it."""
    GIVE_BACK = "give_back"
    """The visit is given up, and money that moved is being given back."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A call that has not answered yet."""

    what: WaitFor
    since: datetime
    slow: bool = False
    """Longer than 0.7 s: worth a thin progress and, for loyalty, a key that goes on without it."""


class LightState(Enum):
    """How a service is doing, by the real calls made to it."""

    UNKNOWN = "unknown"
    """Not called yet."""
    GOOD = "good"
    WEAK = "weak"
    """The last call failed or was slow."""
    DOWN = "down"
    """It is left alone until a probe gets through."""
    ATTENTION = "attention"
    """It answers, and says that a person has to do something (paper, sign-in, documents unsent for long)."""


@dataclass(frozen=True, slots=True)
class Light:
    """One lamp of the strip."""

    service: Service
    state: LightState
    since: datetime | None = None
    """Since when it has been so."""
    last_good: datetime | None = None
    trouble: Trouble | None = None
    asked: bool = False
    """The cashier wished to know, and the service is being asked right now."""


class Arrival(Enum):
    """What became of the points of the last sale."""

    NONE = "none"
    """Nothing was promised."""
    WAITING = "waiting"
    ARRIVED = "arrived"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """A code is on its way to the customer's phone, and the cashier is to type what the customer reads out."""

    phone: str
    """Masked; empty when processing does not say."""
    sent_at: datetime
    wrong: int = 0
    """Wrong codes typed so far."""
    most: int = 3
    """After so many wrong codes a new one has to be sent."""
    busy: bool = False
    """A code is being sent or checked right now."""
    trouble: Trouble | None = None


class JoinStep(Enum):
    """How far joining the programme has come."""

    FORM = "form"
    CODE = "code"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Joining:
    """A customer joins the programme, beside the sale, which goes on whatever comes of it."""

    step: JoinStep
    texts: tuple[ConsentText, ...]
    """What may be agreed to; nothing is ticked in advance."""
    purposes: frozenset[Purpose] = frozenset()
    name: str = ""
    phone: str = ""
    """Masked as soon as the code is sent."""
    code: CodeAsked | None = None
    busy: bool = False
    trouble: Trouble | None = None
    customer: Customer | None = None
    """The new member, with what the server granted."""


@dataclass(frozen=True, slots=True)
class AccountReading:
    """What the history of the customer's account says; read after the sale is priced, so that nobody waits for it."""

    blocked: tuple[Blocked, ...]
    movements: tuple[Movement, ...]
    """The latest movements, latest first."""
    read_at: datetime


class TenderStep(Enum):
    """What the taking of money waits for."""

    ASKING = "asking"
    """The terminal charges the card."""
    QR = "qr"
    """The customer scans the code."""
    CHECKING = "checking"
    """The outcome is not known and is being asked about; no other money may be touched meanwhile."""
    CASH = "cash"
    """The cash has to be counted."""
    DECIDE = "decide"
    """Something did not work: the cashier says how the rest is paid, or gives the visit up."""
    QUESTIONS = "questions"
    """Nobody can tell: two questions to the cashier."""
    GIVING_BACK = "giving_back"
    STUCK = "stuck"
    """It was interrupted, or money did not go back: to be taken up again."""


@dataclass(frozen=True, slots=True)
class Tendering:
    """How far the money of a visit has come, with everything that the screen shows of it."""

    step: TenderStep
    tenders: tuple[Tender, ...]
    """In the sequence in which they are taken."""
    current: Tender | None
    """The one that is asked for, waits or has failed."""
    attempts: tuple[Tender, ...]
    """Declined earlier, and paid otherwise since."""
    due: Money
    """Of the order, before this visit."""
    planned: Money
    """What this visit means to pay."""
    approved: Money

    @property
    def rest(self) -> Money:
        """What this visit still has to take."""
        return self.planned - self.approved

    @property
    def left(self) -> Money:
        """What stays for another visit."""
        return self.due - self.planned


@dataclass(frozen=True, slots=True)
class ReceiptDoubt:
    """A receipt of which nobody but the cashier can tell whether it is registered: the paper tells, or there is none.

    `after` is the number of the last document before it; None when nobody noted that.
    """

    kind: ReceiptKind
    total: Money
    after: int | None
    corrects: bool = False
    """Whether it is a correction of a receipt or of a return."""


@dataclass(frozen=True, slots=True)
class PointsBack:
    """What a refund does to the customer's points."""

    returned: Points
    """Spent on the order: they come back."""
    taken: Points | None
    """Earned by it: they are taken back; None when nobody can say now how many."""
    owed: tuple[Debt, ...] = ()
    """Promised by this till and not accrued yet: simply cancelled."""


@dataclass(frozen=True, slots=True)
class RefundPage:
    """A refund with everything that its page shows; `busy` while a gesture is being followed."""

    refund: Refund
    points: PointsBack
    wait: Wait | None = None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The totals of the card terminal held against the bank's («сверка итогов»)."""

    at: datetime | None = None
    """When the bank agreed; None while the terminal is at it."""
    slip: tuple[str, ...] = ()
    printed: bool = False
    """Whether nothing of the slip is left to be printed."""


@dataclass(frozen=True, slots=True)
class CounterState:
    """The whole counter at a moment."""

    now: datetime
    office: str
    till: str
    cashier: Cashier
    training: bool
    sale: Sale | None
    wait: Wait | None
    notice: Trouble | None
    """Something to say that belongs to no sale: a scan that meant nothing, a disk that is full."""
    unfinished: tuple[Sale, ...]
    """Sales begun before the last restart that nobody has finished or cancelled."""
    last: Sale | None
    last_points: Arrival
    lights: tuple[Light, ...]
    queue: QueueSummary
    lanes: tuple[QueueLane, ...]
    entries: tuple[QueueEntry, ...]
    """As much of the queue as can be shown; `queue` and `lanes` count all of it."""
    totals: ShiftTotals
    """Since the start of the day."""
    register: RegisterState | None
    code: CodeAsked | None = None
    """A code that has to be typed before points are spent."""
    joining: Joining | None = None
    account: AccountReading | None = None
    """Of the customer on the counter."""
    debts: tuple[Debt, ...] = ()
    """Points owed to the customer on the counter: promised, accrued, refused; latest first."""
    last_debt: Debt | None = None
    """Points owed by the last sale."""
    shift_debts: Mapping[DebtState, int] = field(default_factory=dict)
    """How many debts of the shift's sales are in each state."""
    refund: RefundPage | None = None
    """The refund on the counter; no sale lies there then."""
    unfinished_refunds: tuple[Refund, ...] = ()
    """Refunds begun earlier that nobody has finished: also those whose cash was perhaps not handed out."""
    last_refund: Refund | None = None
    recent: tuple[Sale, ...] = ()
    """Sales to choose from while it is asked which order goes back, latest first."""
    means: tuple[TenderKind, ...] = (TenderKind.CASH,)
    """What this till can take money by."""
    tendering: Tendering | None = None
    """While a visit's money is being taken, or given back because the visit is given up."""
    qr: QrCode | None = None
    """To be shown to the customer now."""
    receipt_doubt: ReceiptDoubt | None = None
    """The receipt that the cashier is asked about, of what lies on the counter."""
    shift_totals: ShiftTotals | None = None
    """Of the register's open shift, or of its last one; None while the register has not said which."""
    reconciliation: Reconciliation | None = None
    """The last one since the program was started; None after one that failed."""

    @property
    def has_card_in_doubt(self) -> bool:
        """Whether a card operation has no end that is known: what the terminal did last may have to tell of it."""
        sales = (*self.unfinished, *((self.sale,) if self.sale is not None else ()))
        refunds = (*self.unfinished_refunds, *((self.refund.refund,) if self.refund is not None else ()))
        tenders = [tender for sale in sales for tender in sale.tenders]
        tenders += [back for refund in refunds for back in refund.backs]
        return any(tender.is_card_in_doubt for tender in tenders)

    @property
    def taken_so_far(self) -> tuple[tuple[TenderKind, Money], ...]:
        """What sales that have not ended hold of their customers' money, by means: `totals` know ended sales only."""
        held: dict[TenderKind, Money] = {}
        for sale in (*self.unfinished, *((self.sale,) if self.sale is not None else ())):
            for tender in sale.tenders if sale.stage in _MONEY_IS_TAKEN else ():
                # Cash of a visit that is given up is handed back at once; a card's money is still on its way.
                if tender.must_go_back or (tender.has_moved and sale.stage is not Stage.CANCELLING):
                    held[tender.kind] = held.get(tender.kind, ZERO) + tender.amount
        return tuple((kind, held[kind]) for kind in TenderKind if kind in held)
