"""What the window asks of the counter, one value for each gesture that reaches it."""

from dataclasses import dataclass, field
from uuid import UUID

from pos_client.domain.joining import Purpose
from pos_client.domain.money import Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.ports import Service

__all__ = [
    "AddCoupon",
    "AnswerCheck",
    "AskServices",
    "AtOnce",
    "BesideTheSale",
    "Cancel",
    "CashTaken",
    "Choose",
    "CloseEntry",
    "Command",
    "Dismiss",
    "DropCoupon",
    "Enough",
    "Find",
    "GiveUp",
    "GoOn",
    "JoinApply",
    "JoinBack",
    "JoinBegin",
    "JoinClose",
    "JoinCode",
    "JoinCodeAgain",
    "Joins",
    "OfLoyalty",
    "OfRefunds",
    "OfTenders",
    "OfTheSale",
    "OfTheTill",
    "Pay",
    "PayPlan",
    "PrintSlip",
    "ReceiptAnswer",
    "ReceiptWanted",
    "Recheck",
    "Reconcile",
    "Redeem",
    "RefundAnswer",
    "RefundClose",
    "RefundConfirm",
    "RefundGiveUp",
    "RefundHandedOut",
    "RefundNamed",
    "RefundOneLine",
    "RefundOpen",
    "RefundReceipt",
    "RefundRecheck",
    "RefundResume",
    "RefundSetAside",
    "RestBy",
    "Resume",
    "Retry",
    "Scanned",
    "SendCodeAgain",
    "SetAside",
    "SpendingCode",
    "StopQr",
    "WaitLonger",
    "WithoutPoints",
]


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code came from the scanner."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Find:
    """Look up what was typed."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pay:
    """Take `amount` of what is due in cash, `received` being handed over."""

    amount: Money
    received: Money


@dataclass(frozen=True, slots=True)
class Redeem:
    """Spend points: None is all, zero is none."""

    points: Points | None


@dataclass(frozen=True, slots=True)
class Resume:
    """Check an unfinished sale and see it through."""

    sale_id: UUID


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up the sale on the counter."""


@dataclass(frozen=True, slots=True)
class PrintSlip:
    """The slips of this order's card payments, or of their return, once more on paper."""

    number: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Give up an unfinished sale that is not on the counter."""

    sale_id: UUID


@dataclass(frozen=True, slots=True)
class Recheck:
    """Try again what stands in the way of the sale on the counter."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Do not wait for loyalty any longer."""


@dataclass(frozen=True, slots=True)
class WaitLonger:
    """Give loyalty a little more time."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Clear the counter; nothing was paid."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Send one entry of the queue now, or with None all of them."""

    key: str | None


@dataclass(frozen=True, slots=True)
class CloseEntry:
    """A person has dealt with an entry of the queue, and says how."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class AskServices:
    """Ask this service, or with None all of them, how they are now."""

    service: Service | None = None


@dataclass(frozen=True, slots=True)
class Dismiss:
    """The counter's notice was read."""


@dataclass(frozen=True, slots=True)
class Choose:
    """This is the one of several customers."""

    processing_id: str


@dataclass(frozen=True, slots=True)
class SpendingCode:
    """The customer read out the code that allows to spend points."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendCodeAgain:
    """A new code for spending points."""


@dataclass(frozen=True, slots=True)
class WithoutPoints:
    """No code: the sale goes on without points."""


@dataclass(frozen=True, slots=True)
class AddCoupon:
    """The customer names a coupon."""

    code: str


@dataclass(frozen=True, slots=True)
class DropCoupon:
    """The coupon is not to be used after all."""

    code: str


@dataclass(frozen=True, slots=True)
class JoinBegin:
    """Somebody wants to join the programme."""


@dataclass(frozen=True, slots=True)
class JoinApply:
    """The form is filled: send the code. `phone` is complete, digits with the country code."""

    phone: str = field(repr=False)
    name: str = field(repr=False)
    purposes: frozenset[Purpose]


@dataclass(frozen=True, slots=True)
class JoinCode:
    """The customer read out the code that proves the phone."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JoinCodeAgain:
    """A new code for joining."""


@dataclass(frozen=True, slots=True)
class JoinBack:
    """From the code back to the form."""


@dataclass(frozen=True, slots=True)
class JoinClose:
    """Joining is put away, at any step."""


@dataclass(frozen=True, slots=True)
class RefundRecall:
    """It is asked which order goes back: the last sales are wanted."""


@dataclass(frozen=True, slots=True)
class RefundOpen:
    """Show what was paid for an order and what would go back: by its number, or by the QR code of a receipt."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefundConfirm:
    """Give everything back that was paid for the order on the page."""


@dataclass(frozen=True, slots=True)
class RefundHandedOut:
    """The customer has the cash."""


@dataclass(frozen=True, slots=True)
class RefundRecheck:
    """Try again what stands in the way of the refund."""


@dataclass(frozen=True, slots=True)
class RefundClose:
    """Leave the page, or give the refund up while surely nothing has moved."""


@dataclass(frozen=True, slots=True)
class RefundSetAside:
    """The refund cannot go on now: make room for the next customer."""


@dataclass(frozen=True, slots=True)
class RefundResume:
    """See an unfinished refund through."""

    refund_id: UUID


@dataclass(frozen=True, slots=True)
class RefundGiveUp:
    """Give up an unfinished refund that is not on the counter."""

    refund_id: UUID


@dataclass(frozen=True, slots=True)
class RefundOneLine:
    """Somebody wants a single line back: say why that cannot be."""


@dataclass(frozen=True, slots=True)
class RestBy:
    """Everything that is left by one means; cash may be counted already."""

    kind: TenderKind
    received: Money | None


@dataclass(frozen=True, slots=True)
class PayPlan:
    """These parts, one after another; less than all is a visit that pays a part."""

    wishes: tuple[TenderWish, ...]


@dataclass(frozen=True, slots=True)
class CashTaken:
    """The cash that the plan waits for is in the drawer."""

    received: Money


@dataclass(frozen=True, slots=True)
class Enough:
    """Nothing more is paid today."""


@dataclass(frozen=True, slots=True)
class StopQr:
    """The customer will not scan the code."""


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """What the cashier sees where nobody could tell: is there a slip, and for which sum."""

    slip: bool
    amount: Money


@dataclass(frozen=True, slots=True)
class ReceiptAnswer:
    """What the cashier sees where nobody else can tell of a receipt: the number on its paper, 0 when there is none."""

    number: int


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """What the cashier sees where nobody could tell of a refund: is there a slip of it, and for which sum."""

    slip: bool
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundNamed:
    """The reference (RRN) of a payment that only a signed word knows of, from its slip: the terminal gives it back."""

    reference: str


@dataclass(frozen=True, slots=True)
class RefundReceipt:
    """Where the receipt of the return goes; empty means paper alone."""

    contact: str = field(repr=False)
    paper: bool


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Hold the totals of the terminal against the bank's, and print the slip of it."""


@dataclass(frozen=True, slots=True)
class ReceiptWanted:
    """How the customer wants the receipt: to this phone or e-mail, on paper, or both."""

    contact: str = field(repr=False)
    paper: bool


BesideTheSale = JoinBegin | JoinBack | JoinClose | RefundRecall | RefundSetAside | RefundOneLine | StopQr
AtOnce = GoOn | WaitLonger | Retry | CloseEntry | Dismiss | WithoutPoints | BesideTheSale
Joins = JoinApply | JoinCode | JoinCodeAgain
OfLoyalty = Choose | SpendingCode | SendCodeAgain | AddCoupon | DropCoupon
_OfUnfinished = RefundResume | RefundGiveUp
_InDoubt = RefundRecheck | RefundAnswer | RefundNamed
OfRefunds = RefundOpen | RefundReceipt | RefundConfirm | RefundHandedOut | _InDoubt | RefundClose | _OfUnfinished
OfTenders = ReceiptWanted | RestBy | PayPlan | CashTaken | Enough | AnswerCheck
OfTheTill = Resume | GiveUp | AskServices | PrintSlip
OfTheSale = Scanned | Find | Pay | Redeem | Recheck | Cancel | SetAside | OfTheTill
Command = AtOnce | Joins | OfLoyalty | OfRefunds | OfTenders | OfTheSale | Reconcile | ReceiptAnswer
