"""A refund: everything that was paid for an order goes back at once, and the table of moves that this may make.

Only a whole order is refunded, because its services are one delivery, and only once, whoever tries and wherever. A
refund is an immutable value as a sale is; a stage is journaled before the effect that it announces.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from pos_client.domain.contact import destination
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.originals import standing, taxations
from pos_client.domain.paid_order import PaidOrder, Returned
from pos_client.domain.payment import Tender, TenderState
from pos_client.domain.receipt import (
    FiscalDocument,
    FiscalPayment,
    FiscalTask,
    PaymentSign,
    Receipt,
    ReceiptKind,
)
from pos_client.domain.sale import Cashier, IllegalMoveError, Trouble
from pos_client.domain.settling import FiscalRules
from pos_client.domain.surplus import Surplus
from pos_client.domain.terms import ON_CREDIT

__all__ = [
    "REFUND_MOVES",
    "Refund",
    "RefundStage",
    "as_returned",
    "receipt_wanted",
    "registered_otherwise",
    "return_receipt",
]


_RULES = FiscalRules()


class RefundStage(Enum):
    """How far a refund has come. A stage is journaled before the effect that it announces."""

    OPEN = "open"
    """On the page. Nothing has moved, nobody was told."""
    CLAIMING = "claiming"
    """The order service may have given this refund the order."""
    RETURNING = "returning"
    """The order is ours to refund; cards and transfers go back."""
    FISCALISING = "fiscalising"
    """The receipt of the return is being registered."""
    CORRECTING = "correcting"
    """It is registered with another total; a correction puts it right. Nothing goes back again."""
    RECORDING = "recording"
    """The receipt is registered; the facts are being handed to the outbox."""
    HANDING_OUT = "handing_out"
    """Everybody is told; the cash has to be given to the customer. Lasts until the cashier says that it was."""
    DONE = "done"
    CANCELLING = "cancelling"
    """Given up before a receipt; the order service has to hear of it."""
    CANCELLED = "cancelled"


REFUND_MOVES: dict[RefundStage, frozenset[RefundStage]] = {
    RefundStage.OPEN: frozenset({RefundStage.CLAIMING}),
    RefundStage.CLAIMING: frozenset({RefundStage.RETURNING, RefundStage.CANCELLING, RefundStage.CANCELLED}),
    RefundStage.RETURNING: frozenset({RefundStage.RETURNING, RefundStage.FISCALISING, RefundStage.CANCELLING}),
    RefundStage.FISCALISING: frozenset(
        {RefundStage.FISCALISING, RefundStage.CORRECTING, RefundStage.RECORDING, RefundStage.CANCELLING}
    ),
    RefundStage.CORRECTING: frozenset({RefundStage.RECORDING}),
    RefundStage.RECORDING: frozenset({RefundStage.HANDING_OUT, RefundStage.DONE}),
    RefundStage.HANDING_OUT: frozenset({RefundStage.DONE}),
    RefundStage.DONE: frozenset(),
    RefundStage.CANCELLING: frozenset({RefundStage.CANCELLED}),
    RefundStage.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund of one order. Times are aware UTC; `id` is minted when the page opens and never changes."""

    id: UUID
    opened_at: datetime
    office: str
    till: str
    cashier: Cashier
    paid: PaidOrder
    stage: RefundStage = RefundStage.OPEN
    claimed_at: datetime | None = None
    backs: tuple[Tender, ...] = ()
    """What goes back before the receipt, by card and transfer, and how far each has come."""
    fiscal: FiscalTask | None = None
    misregistered: Misregistered | None = None
    """What the register made of the receipt when it was not what was asked for."""
    document: FiscalDocument | None = None
    """The document that stands for the return: of the receipt, or of the correction that replaced it."""
    trouble: Trouble | None = None
    finished_at: datetime | None = None
    contact: str = ""
    """Buyer's phone or e-mail for the receipt of the return, given before anything moves; empty means paper only."""
    paper: bool = True
    """Whether that receipt is printed; without paper there is a contact."""
    surplus: Surplus | None = None
    """Set where a payment too many goes back alone: `paid` has that visit only, and nobody has to be asked for it."""

    # ------------------------------------------------------------------------------------------------ readings

    @property
    def number(self) -> str:
        """The CDEK order."""
        return self.paid.order.number

    @property
    def key(self) -> str:
        """What makes a second refund impossible: the same at every till, on every day."""
        one = "" if self.surplus is None else f":{self.surplus.visit}"
        return f"refund:{self.number}{one}"

    @property
    def amount(self) -> Money:
        """Money that goes back."""
        return self.paid.paid

    @property
    def is_open(self) -> bool:
        """Whether anything is left to do."""
        return self.stage not in {RefundStage.DONE, RefundStage.CANCELLED}

    @property
    def may_be_given_up(self) -> bool:
        """Whether surely nothing has moved, so that the order may be refunded another time."""
        if self.stage is RefundStage.FISCALISING:
            return self.fiscal is not None and not self.fiscal.sent and not _money_went(self)
        return self.stage in {RefundStage.CLAIMING, RefundStage.CANCELLING} or (
            self.stage is RefundStage.RETURNING and not _money_went(self)
        )

    # --------------------------------------------------------------------------------------------------- moves

    def moved(self, stage: RefundStage) -> "Refund":
        """The refund at another stage of the table, and without its trouble; what else changes is the caller's move.

        Raises:
            IllegalMoveError: the table has no such move.
        """
        if stage not in REFUND_MOVES[self.stage]:
            raise IllegalMoveError(f"{self.stage.value} → {stage.value}")
        return replace(self, stage=stage, trouble=None)

    def confirmed(self, *, at: datetime) -> "Refund":
        """The cashier confirmed: the one intent, from here on never minted again.

        Raises:
            IllegalMoveError: there is nothing to give back, or no way to.
        """
        if self.paid.obstacle() is not None:
            raise IllegalMoveError("there is nothing to give back, or no way to")
        cashless = [back for back in self.paid.paybacks if back.kind is not TenderKind.CASH]
        backs = tuple(Tender(back.kind, back.amount, back.amount, approval=back.approval) for back in cashless)
        return replace(self.moved(RefundStage.CLAIMING), claimed_at=at, backs=backs)

    def claimed(self) -> "Refund":
        """The order service gave this refund the order: nobody else can refund it any more."""
        return self.moved(RefundStage.RETURNING)

    def claim_refused(self, *, at: datetime) -> "Refund":
        """The order service said no: nothing has moved and nothing is owed."""
        if self.stage is not RefundStage.CLAIMING:
            raise IllegalMoveError(f"a claim refused at {self.stage.value}")
        return replace(self.moved(RefundStage.CANCELLED), finished_at=at)

    @property
    def next_return(self) -> Tender | None:
        """What goes back next; None when everything that goes before the receipt has."""
        return next((back for back in self.backs if back.must_go_back), None)

    def tender_became(self, before: Tender, after: Tender) -> "Refund":
        """One payback has come further."""
        at = self.backs.index(before)
        return replace(self.moved(RefundStage.RETURNING), backs=(*self.backs[:at], after, *self.backs[at + 1 :]))

    def returned(self, task_id: UUID, rules: FiscalRules = _RULES) -> "Refund":
        """Whatever goes back before the receipt has gone back: write the receipt down that is owed for it."""
        if self.next_return is not None:
            raise IllegalMoveError("not everything has gone back")
        return replace(self.moved(RefundStage.FISCALISING), fiscal=FiscalTask(task_id, return_receipt(self, rules)))

    def receipt_sent(self, *, after: int | None, fn: str = "") -> "Refund":
        """The receipt is about to leave; `after` is the last document of the storage `fn` before it."""
        if self.fiscal is None:
            raise IllegalMoveError("no receipt to send")
        return replace(self.moved(RefundStage.FISCALISING), fiscal=self.fiscal.leaving(after=after, fn=fn))

    def receipt_refused(self, task_id: UUID, trouble: Trouble) -> "Refund":
        """The register said no and registered nothing; the next try is made under `task_id`."""
        if self.fiscal is None:
            raise IllegalMoveError("no receipt was sent")
        task = self.fiscal.again(task_id)
        return replace(self.moved(RefundStage.FISCALISING), fiscal=task, trouble=trouble)

    def troubled(self, trouble: Trouble, *, task: FiscalTask | None = None) -> "Refund":
        """Something stands in the way; the stage stays. `task`: what is known of its receipt."""
        return replace(self, trouble=trouble, fiscal=task or self.fiscal)

    def receipted(self, document: FiscalDocument) -> "Refund":
        """The register has the right document of the return."""
        return replace(self.moved(RefundStage.RECORDING), document=document)

    def recorded(self, *, at: datetime) -> "Refund":
        """Every fact of this refund is in the outbox; without cash to hand out that is the end."""
        if self.paid.cash:
            return self.moved(RefundStage.HANDING_OUT)
        return replace(self.moved(RefundStage.DONE), finished_at=at)

    def handed_out(self, *, at: datetime) -> "Refund":
        """The customer has the cash."""
        if self.stage is not RefundStage.HANDING_OUT:
            raise IllegalMoveError(f"cash handed out at {self.stage.value}")
        return replace(self.moved(RefundStage.DONE), finished_at=at)

    def given_up(self) -> "Refund":
        """No receipt will come of it; the order service has to hear that the order is free again.

        Raises:
            IllegalMoveError: something may have moved.
        """
        if not self.may_be_given_up:
            raise IllegalMoveError(f"give up at {self.stage.value}")
        return self.moved(RefundStage.CANCELLING)

    def cancelled(self, *, at: datetime) -> "Refund":
        """The order is free again, or will be as soon as the order service hears of it."""
        return replace(self.moved(RefundStage.CANCELLED), finished_at=at)


def receipt_wanted(refund: Refund, contact: str, *, paper: bool) -> Refund:
    """How the customer wants the receipt of the return: on paper, sent to a phone or e-mail, or both.

    Raises:
        ValueError: the contact is no phone and no e-mail, or the receipt would reach nobody.
        IllegalMoveError: it was confirmed already.
    """
    where = destination(contact, paper=paper)
    if refund.stage is not RefundStage.OPEN:
        raise IllegalMoveError(f"another receipt at {refund.stage.value}")
    return replace(refund, contact=where, paper=paper)


def registered_otherwise(refund: Refund, found: Misregistered, trouble: Trouble) -> Refund:
    """The register has a return of another total: it is to be corrected once somebody has read `trouble`."""
    return replace(refund.moved(RefundStage.CORRECTING), misregistered=found, trouble=trouble)


def _money_went(refund: Refund) -> bool:
    """Cash goes after the receipt; whatever goes before it makes a refund that can only be finished."""
    cashless = any(back.kind is not TenderKind.CASH for back in refund.paid.paybacks)
    return cashless and (not refund.backs or any(back.state is not TenderState.APPROVED for back in refund.backs))


def as_returned(refund: Refund) -> Returned:
    """What another try is told of a refund that was confirmed.

    Raises:
        IllegalMoveError: it never was.
    """
    if refund.claimed_at is None:
        raise IllegalMoveError("nobody else hears of a refund that was not confirmed")
    return Returned(
        refund_id=str(refund.id),
        office=refund.office,
        till=refund.till,
        claimed_at=refund.claimed_at,
        amount=refund.amount,
        at=None if refund.document is None else refund.document.at,
        document="" if refund.document is None else str(refund.document.number),
    )


# ------------------------------------------------------------------------------------------------------ the receipt


def return_receipt(refund: Refund, rules: FiscalRules = _RULES) -> Receipt:
    """The receipt «возврат прихода» of a refund (tag 1054 = 2).

    Its lines copy the original ones: sign of settlement, subject, VAT rate of that day, agent's data, price after
    discounts. So does its system of taxation. Its payments say how the money goes back. A receipt that nobody told line
    by line is made again by `rules`, visit by visit.

    A parcel handed over on credit returns at its whole price, and what was never paid of it as the credit that it was.

    Raises:
        ValueError: the original lines do not sum to the money that was paid, or nobody knows them.
    """
    lines = tuple(line for visit in standing(refund.paid, rules) for line in visit.lines)
    stated = taxations(refund.paid, rules)
    owed = Money.sum([line.amount for line in lines]) - refund.amount
    payments = [
        payment
        for payment in (
            *_beside_money(refund, owed, on_credit=any(line.settlement in ON_CREDIT for line in lines)),
            FiscalPayment(PaymentSign.CASHLESS, refund.amount - refund.paid.cash),
            FiscalPayment(PaymentSign.CASH, refund.paid.cash),
        )
        if payment.sum
    ] or [FiscalPayment(PaymentSign.OTHER, ZERO)]
    return Receipt(
        sale_id=refund.id,
        order_number=refund.number,
        lines=lines,
        payments=tuple(payments),
        cashier=refund.cashier.name,
        cashier_inn=refund.cashier.inn,
        contact=refund.contact,
        paper=refund.paper,
        notes=_notes(refund),
        kind=ReceiptKind.RETURN,
        # Of several nothing is begun any more; what an earlier version has begun says what the register says.
        taxation=next(iter(stated)) if len(stated) == 1 else None,
    )


def _beside_money(refund: Refund, owed: Money, *, on_credit: bool) -> tuple[FiscalPayment, ...]:
    """What a return states of its lines beside the money that goes back, `owed` in all.

    A payment too many states what its receipt did, an order the credit that was never paid.

    Raises:
        ValueError: that is not what is owed.
    """
    beside: tuple[FiscalPayment, ...] = (FiscalPayment(PaymentSign.CREDIT, owed),) if on_credit else ()
    if refund.surplus is not None:
        beside = refund.surplus.beside_money
    if owed < ZERO or owed != Money.sum([payment.sum for payment in beside]):
        raise ValueError("the receipts of the order do not sum to what was paid")
    return beside


def _notes(refund: Refund) -> tuple[str, ...]:
    documents = ", ".join(dict.fromkeys(visit.document for visit in refund.paid.visits if visit.document))
    notes = [f"Возврат по чекам: {documents}"] if documents else []
    if refund.paid.points_spent:
        notes.append(f"Вернутся баллы: {refund.paid.points_spent}")
    return tuple(notes)
