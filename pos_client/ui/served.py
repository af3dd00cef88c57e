"""What the window needs of the counter, and which of its gestures a command is."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol
from uuid import UUID

from pos_client.counter.state import CounterState
from pos_client.domain.joining import Purpose
from pos_client.domain.money import Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish
from pos_client.ports import Service
from pos_client.ui import commands as asked

__all__ = [
    "Counter",
    "JoiningGestures",
    "LightGestures",
    "LoyaltyGestures",
    "QueueGestures",
    "ReceiptGestures",
    "RefundGestures",
    "SaleGestures",
    "ShiftGestures",
    "SlipGestures",
    "TenderGestures",
    "serve",
]


class LoyaltyGestures(Protocol):
    """Codes for spending points, coupons, candidates, and how long to wait for all of it."""

    async def code(self, text: str) -> None:
        """The customer read out the code."""

    async def send_code_again(self) -> None:
        """A new code."""

    def without_points(self) -> None:
        """Leave the code."""

    def go_on_without_points(self) -> None:
        """Do not wait for loyalty."""

    def wait_longer(self) -> None:
        """Wait for loyalty a little longer."""

    async def choose(self, processing_id: str) -> None:
        """This one of several customers."""

    async def coupon(self, code: str) -> None:
        """The customer names a coupon."""

    async def drop_coupon(self, code: str) -> None:
        """The coupon is not to be used."""


class JoiningGestures(Protocol):
    """Joining the programme, beside the sale."""

    def begin(self) -> None:
        """Open the form."""

    async def apply(self, phone: str, name: str, purposes: frozenset[Purpose]) -> None:
        """Send the code to the phone."""

    async def code(self, text: str) -> None:
        """The customer read out the code."""

    async def send_code_again(self) -> None:
        """A new code."""

    def back(self) -> None:
        """From the code to the form."""

    def close(self) -> None:
        """Put it away."""


class RefundGestures(Protocol):
    """Refunds of whole orders."""

    def recall(self) -> None:
        """Look up the last sales, to choose from."""

    async def open(self, text: str) -> None:
        """Show what would go back."""

    async def confirm(self) -> None:
        """Give everything back."""

    async def receipt_wanted(self, contact: str, *, paper: bool) -> None:
        """Where the receipt of the return goes."""

    async def handed_out(self) -> None:
        """The customer has the cash."""

    async def recheck(self) -> None:
        """Try again what stands in the way."""

    async def answer_check(self, slip: bool, amount: Money) -> None:  # noqa: FBT001 - the two answers, as they are asked
        """What the cashier sees of a return that nobody else can tell of."""

    async def name_payment(self, reference: str) -> None:
        """The reference on the slip of a payment that a return cannot name otherwise."""

    async def close(self) -> None:
        """Leave the page, or give up what was begun."""

    def set_aside(self) -> None:
        """Make room for the next customer."""

    async def resume(self, refund_id: UUID) -> None:
        """See an unfinished refund through."""

    async def give_up(self, refund_id: UUID) -> None:
        """Give up an unfinished refund."""

    def one_line(self) -> None:
        """Say why a single line cannot be returned."""


class TenderGestures(Protocol):
    """How a visit is paid by other means than counted cash, or by several."""

    async def receipt_wanted(self, contact: str, *, paper: bool) -> None:
        """Where the receipt goes."""

    async def pay_plan(self, wishes: Sequence[TenderWish]) -> None:
        """Take money in these parts."""

    async def rest_by(self, kind: TenderKind, received: Money | None = None) -> None:
        """Take all that is left by one means."""

    async def cash(self, received: Money) -> None:
        """The cash is in the drawer."""

    async def enough(self) -> None:
        """Nothing more is paid today."""

    def stop_qr(self) -> None:
        """The customer will not scan the code."""

    async def answer_check(self, slip: bool, amount: Money) -> None:  # noqa: FBT001 - the two answers, as they are asked
        """What the cashier sees."""


class ReceiptGestures(Protocol):
    """Receipts of which nobody but the cashier can tell."""

    async def answer(self, number: int) -> None:
        """The number on the paper; 0 when there surely is none."""


class ShiftGestures(Protocol):
    """The shift beside selling."""

    async def reconcile(self) -> None:
        """Hold the totals of the terminal against the bank's."""


class SlipGestures(Protocol):
    """Slips of the card terminal."""

    async def print_again(self, number: str) -> None:
        """Those of this order, once more."""


class QueueGestures(Protocol):
    """What waits to go out."""

    def retry(self, key: str | None) -> None:
        """Send one entry of the queue, or all, now."""

    def close(self, key: str, reason: str) -> None:
        """A person has dealt with it."""


class LightGestures(Protocol):
    """The services behind the lights."""

    async def ask(self, service: Service | None = None) -> None:
        """How is it now; all of them with None."""


class SaleGestures(Protocol):
    """The sale on the counter, and those that wait to be finished."""

    async def scanned(self, text: str) -> None:
        """A code came from the scanner."""

    async def typed(self, text: str) -> None:
        """Something to look up was typed."""

    async def redeem(self, points: Points | None) -> None:
        """Spend points: None is all, zero is none."""

    async def pay(self, amount: Money, received: Money) -> None:
        """Take cash and see the sale through."""

    async def cancel(self) -> None:
        """Give up what is on the counter."""

    async def set_aside(self) -> None:
        """Clear the counter for the next customer."""

    async def resume(self, sale_id: UUID) -> None:
        """Take up an unfinished sale."""

    async def give_up(self, sale_id: UUID) -> None:
        """Give up an unfinished sale."""

    async def recheck(self) -> None:
        """Try again what stands in the way."""


class Counter(SaleGestures, Protocol):
    """What the window needs of the counter. A gesture that cannot be followed becomes a notice of its state."""

    @property
    def state(self) -> CounterState:
        """Everything the counter knows now."""

    def listen(self, listener: Callable[[CounterState], None]) -> None:
        """Call `listener` after every change."""

    def dismiss_notice(self) -> None:
        """The notice was read."""

    @property
    def loyalty(self) -> LoyaltyGestures:
        """Codes, coupons, and which of several customers it is."""

    @property
    def joining(self) -> JoiningGestures:
        """Somebody joins the programme."""

    @property
    def refunds(self) -> RefundGestures:
        """Orders that are given back."""

    @property
    def tenders(self) -> TenderGestures:
        """Cards, transfers, several means."""

    @property
    def receipts(self) -> ReceiptGestures:
        """Receipts that the cashier is asked about."""

    @property
    def shift(self) -> ShiftGestures:
        """The shift beside selling."""

    @property
    def slips(self) -> SlipGestures:
        """Slips of the card terminal."""

    @property
    def queue(self) -> QueueGestures:
        """What waits to go out."""

    @property
    def lights(self) -> LightGestures:
        """The services behind the lights."""


Work = Coroutine[Any, Any, None]


def serve(counter: Counter, command: asked.Command) -> Work | None:  # noqa: PLR0911 - one line for each desk
    """Do what the command asks for: at once (None), or by the coroutine that is returned."""
    if isinstance(command, asked.AtOnce):
        _at_once(counter, command)
        return None
    if isinstance(command, asked.Joins):
        return _join(counter.joining, command)
    if isinstance(command, asked.OfLoyalty):
        return _of_loyalty(counter.loyalty, command)
    if isinstance(command, asked.OfRefunds):
        return _of_refunds(counter.refunds, command)
    if isinstance(command, asked.OfTenders):
        return _of_tenders(counter.tenders, command)
    if isinstance(command, asked.ReceiptAnswer):
        return counter.receipts.answer(command.number)
    if isinstance(command, asked.Reconcile):
        return counter.shift.reconcile()
    return _of_the_sale(counter, command)


def _at_once(counter: Counter, command: asked.AtOnce) -> None:
    match command:
        case asked.GoOn():
            counter.loyalty.go_on_without_points()
        case asked.WaitLonger():
            counter.loyalty.wait_longer()
        case asked.Retry(key):
            counter.queue.retry(key)
        case asked.CloseEntry(key, reason):
            counter.queue.close(key, reason)
        case asked.Dismiss():
            counter.dismiss_notice()
        case asked.WithoutPoints():
            counter.loyalty.without_points()
        case _:
            _beside_the_sale(counter, command)


def _beside_the_sale(counter: Counter, command: asked.BesideTheSale) -> None:
    match command:
        case asked.JoinBegin():
            counter.joining.begin()
        case asked.JoinBack():
            counter.joining.back()
        case asked.JoinClose():
            counter.joining.close()
        case asked.RefundRecall():
            counter.refunds.recall()
        case asked.RefundSetAside():
            counter.refunds.set_aside()
        case asked.RefundOneLine():
            counter.refunds.one_line()
        case asked.StopQr():
            counter.tenders.stop_qr()


def _join(joining: JoiningGestures, command: asked.Joins) -> Work:
    match command:
        case asked.JoinApply(phone, name, purposes):
            return joining.apply(phone, name, purposes)
        case asked.JoinCode(text):
            return joining.code(text)
        case asked.JoinCodeAgain():
            return joining.send_code_again()


def _of_loyalty(loyalty: LoyaltyGestures, command: asked.OfLoyalty) -> Work:
    match command:
        case asked.Choose(processing_id):
            return loyalty.choose(processing_id)
        case asked.SpendingCode(text):
            return loyalty.code(text)
        case asked.SendCodeAgain():
            return loyalty.send_code_again()
        case asked.AddCoupon(code):
            return loyalty.coupon(code)
        case asked.DropCoupon(code):
            return loyalty.drop_coupon(code)


def _of_refunds(refunds: RefundGestures, command: asked.OfRefunds) -> Work:  # noqa: PLR0911 - one line for each
    match command:
        case asked.RefundOpen(text):
            return refunds.open(text)
        case asked.RefundReceipt(contact, paper):
            return refunds.receipt_wanted(contact, paper=paper)
        case asked.RefundConfirm():
            return refunds.confirm()
        case asked.RefundHandedOut():
            return refunds.handed_out()
        case asked.RefundRecheck():
            return refunds.recheck()
        case asked.RefundAnswer(slip, amount):
            return refunds.answer_check(slip, amount)
        case asked.RefundNamed(reference):
            return refunds.name_payment(reference)
        case asked.RefundClose():
            return refunds.close()
        case asked.RefundResume() | asked.RefundGiveUp():
            return _of_unfinished(refunds, command)


def _of_unfinished(refunds: RefundGestures, command: asked.RefundResume | asked.RefundGiveUp) -> Work:
    match command:
        case asked.RefundResume(refund_id):
            return refunds.resume(refund_id)
        case asked.RefundGiveUp(refund_id):
            return refunds.give_up(refund_id)


def _of_tenders(tenders: TenderGestures, command: asked.OfTenders) -> Work:
    match command:
        case asked.ReceiptWanted(contact, paper):
            return tenders.receipt_wanted(contact, paper=paper)
        case asked.RestBy(kind, received):
            return tenders.rest_by(kind, received)
        case asked.PayPlan(wishes):
            return tenders.pay_plan(wishes)
        case asked.CashTaken(received):
            return tenders.cash(received)
        case asked.Enough():
            return tenders.enough()
        case asked.AnswerCheck(slip, amount):
            return tenders.answer_check(slip, amount)


def _of_the_sale(counter: Counter, command: asked.OfTheSale) -> Work:  # noqa: PLR0911 - one line for each command
    match command:
        case asked.Scanned(text):
            return counter.scanned(text)
        case asked.Find(text):
            return counter.typed(text)
        case asked.Pay(amount, received):
            return counter.pay(amount, received)
        case asked.Redeem(points):
            return counter.redeem(points)
        case asked.Recheck():
            return counter.recheck()
        case asked.SetAside():
            return counter.set_aside()
        case asked.Cancel():
            return counter.cancel()
        case _:
            return _of_the_till(counter, command)


def _of_the_till(counter: Counter, command: asked.OfTheTill) -> Work:
    match command:
        case asked.Resume(sale_id):
            return counter.resume(sale_id)
        case asked.GiveUp(sale_id):
            return counter.give_up(sale_id)
        case asked.AskServices(service):
            return counter.lights.ask(service)
        case asked.PrintSlip(number):
            return counter.slips.print_again(number)
