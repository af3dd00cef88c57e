"""A sale: one visit of a customer who pays a part or all of an order, and the table of moves that it may make.

A sale is an immutable value. Every move returns a new one, and a move that the table does not allow raises
`IllegalMoveError`: that is a bug of the caller, never a matter for the cashier. The moves from the intent to pay to the
end stand here; those before it are in `choosing`, those by the answer of processing in `creating`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from pos_client.domain.customer import Customer
from pos_client.domain.loyalty import Quote
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import Order
from pos_client.domain.payment import Takings, Tender
from pos_client.domain.receipt import FiscalDocument, FiscalTask, ReceiptWords, receipt_for
from pos_client.domain.settling import FiscalRules

__all__ = ["MOVES", "Cashier", "IllegalMoveError", "Loyalty", "LoyaltyPath", "Sale", "Stage", "Trouble"]


class Stage(Enum):
    """How far a visit has come. A stage is journaled before the effect that it announces."""

    OPEN = "open"
    """Looking, quoting, choosing. Nothing has moved."""
    RESERVING = "reserving"
    """The create order call may have left: points may be spent."""
    PAYING = "paying"
    """Money is being taken, one tender after another. The price stays what it is, whatever happens."""
    FISCALISING = "fiscalising"
    """Money is taken and recorded; the receipt is being registered."""
    CORRECTING = "correcting"
    """The receipt is registered with another total; a correction puts it right. Nothing is charged again."""
    RECORDING = "recording"
    """The receipt is registered; the facts are being handed to the outbox."""
    DONE = "done"
    CANCELLING = "cancelling"
    """Given up before a receipt; what was begun is being undone, money that moved first."""
    CANCELLED = "cancelled"

    @property
    def has_money(self) -> bool:
        """Whether the cashier has the customer's money for the whole visit."""
        return self in {Stage.FISCALISING, Stage.CORRECTING, Stage.RECORDING, Stage.DONE}


MOVES: dict[Stage, frozenset[Stage]] = {
    Stage.OPEN: frozenset({Stage.OPEN, Stage.RESERVING, Stage.PAYING, Stage.CANCELLING}),
    Stage.RESERVING: frozenset({Stage.OPEN, Stage.PAYING}),
    Stage.PAYING: frozenset({Stage.PAYING, Stage.FISCALISING, Stage.CANCELLING}),
    Stage.FISCALISING: frozenset({Stage.FISCALISING, Stage.CORRECTING, Stage.RECORDING, Stage.CANCELLING}),
    Stage.CORRECTING: frozenset({Stage.RECORDING}),
    Stage.RECORDING: frozenset({Stage.DONE}),
    Stage.DONE: frozenset(),
    Stage.CANCELLING: frozenset({Stage.CANCELLING, Stage.CANCELLED}),
    Stage.CANCELLED: frozenset(),
}


class IllegalMoveError(RuntimeError):
    """A move that the table does not allow."""


@dataclass(frozen=True, slots=True)
class Cashier:
    """Who is at the till."""

    name: str
    inn: str = ""


class LoyaltyPath(Enum):
    """How this visit's points travel."""

    NONE = "none"
    """Nobody to accrue to."""
    LIVE = "live"
    """Processing answers: the order is created there before money is taken."""
    CARRIED = "carried"
    """An earlier visit created the order there; this one only pays on."""
    OFFLINE = "offline"
    """Sold without points; a safe offline order follows by itself."""


@dataclass(frozen=True, slots=True)
class Loyalty:
    """What this visit did, does and owes at processing."""

    path: LoyaltyPath = LoyaltyPath.NONE
    order_id: str = ""
    """The processing order that carries the points of the CDEK order."""
    revision: int = 0
    """Grows whenever the body of the create call changes, because new data needs a new transaction id."""
    reserved: bool = False
    promised: Points | None = None
    """Points that processing said will be earned; None when nobody knows yet."""
    abandoned: tuple[str, ...] = ()
    """Processing orders whose create may still land and must be undone."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The four things that a failure says to the cashier."""

    what: str
    money: str = ""
    action: str = ""
    say: str = ""
    """One sentence for the customer."""


@dataclass(frozen=True, slots=True)
class Sale:
    """One visit. Times are aware UTC; `id` is minted at the first gesture and never changes."""

    id: UUID
    started_at: datetime
    office: str
    till: str
    cashier: Cashier
    stage: Stage = Stage.OPEN
    customer: Customer | None = None
    order: Order | None = None
    quote: Quote | None = None
    points_asked: Points = NO_POINTS
    """New points that the customer wants to spend in this visit."""
    coupons: tuple[str, ...] = ()
    """Coupon codes that the customer named, as typed or scanned."""
    spending_confirmed: bool = False
    """The customer has shown, by a code sent to the phone, that the points are his."""
    tenders: tuple[Tender, ...] = ()
    """How this visit is paid, in the sequence in which it is; a plan until the stage says that money is taken."""
    attempts: tuple[Tender, ...] = ()
    """Tenders that came to nothing and were replaced by others."""
    contact: str = ""
    """Where the customer wants the receipt sent (tag 1008); said before money is taken, or not at all."""
    paper: bool = True
    """Whether the customer wants it on paper."""
    paid_at: datetime | None = None
    loyalty: Loyalty = Loyalty()
    fiscal: FiscalTask | None = None
    misregistered: Misregistered | None = None
    """What the register made of the receipt when it was not what was asked for."""
    document: FiscalDocument | None = None
    """The document that stands for this visit: of the receipt, or of the correction that replaced it."""
    trouble: Trouble | None = None
    finished_at: datetime | None = None

    # ------------------------------------------------------------------------------------------------ readings

    @property
    def due(self) -> Money:
        """What the order still needs, this visit's tenders not counted."""
        if self.order is None:
            return ZERO
        return self.quote.payable - self.order.paid if self.quote else self.order.due

    @property
    def takings(self) -> Takings:
        """The money of this visit, as far as it has come."""
        return Takings(self.tenders)

    @property
    def taken(self) -> Money:
        """What this visit pays, or plans to."""
        return self.takings.planned

    @property
    def next_return(self) -> Tender | None:
        """What a visit that is given up gives back next; None when it owes nothing."""
        return self.takings.next_return

    @property
    def settles(self) -> bool:
        """Whether this visit pays all that is due."""
        return self.order is not None and self.taken == self.due

    @property
    def is_open(self) -> bool:
        """Whether anything is left to do."""
        return self.stage not in {Stage.DONE, Stage.CANCELLED}

    @property
    def may_be_given_up(self) -> bool:
        """Whether no receipt can come of this visit any more, and what becomes of each tender is known."""
        if self.stage is Stage.FISCALISING:
            return self.fiscal is not None and not self.fiscal.sent
        if self.stage is Stage.PAYING:
            return not self.takings.is_under_way
        return self.stage is Stage.OPEN

    # --------------------------------------------------------------------------------------------------- moves

    def moved(self, stage: Stage) -> "Sale":
        """The sale at another stage of the table, and without its trouble; what else changes is the caller's move.

        Raises:
            IllegalMoveError: the table has no such move.
        """
        if stage not in MOVES[self.stage]:
            raise IllegalMoveError(f"{self.stage.value} → {stage.value}")
        return replace(self, stage=stage, trouble=None)

    def payment_asked(self, tenders: tuple[Tender, ...], *, at: datetime) -> "Sale":
        """The cashier said who pays how much: the one intent of this visit, from here on never minted again.

        Raises:
            IllegalMoveError: more than is due, or nothing although something is due; or money that moved already.
        """
        plan = Takings(tenders)
        if self.quote is None or plan.planned > self.due or (not plan.planned and self.due):
            raise IllegalMoveError(f"pay {plan.planned} of {self.due}")
        if plan.next_return is not None or plan.is_under_way:
            raise IllegalMoveError("a plan in which money has moved")
        stage = Stage.RESERVING if self.loyalty.path is LoyaltyPath.LIVE else Stage.PAYING
        loyalty = replace(self.loyalty, revision=self.loyalty.revision + 1)
        return replace(self.moved(stage), tenders=tenders, paid_at=at, loyalty=loyalty)

    def tender_became(self, before: Tender, after: Tender) -> "Sale":
        """One tender has come further: on its way to us, or, in a visit that is given up, back."""
        if self.stage not in {Stage.PAYING, Stage.CANCELLING} or before not in self.tenders:
            raise IllegalMoveError(f"{after.state.value} at {self.stage.value}")
        return replace(self.moved(self.stage), tenders=self.takings.with_news(before, after))

    def rest_planned(self, tenders: tuple[Tender, ...]) -> "Sale":
        """Whatever has not moved is paid in another way, or, with no tenders, in another visit.

        Raises:
            IllegalMoveError: nobody knows yet what becomes of a tender; more than is due, or nothing at all.
        """
        now, rest = self.takings, Takings(tenders)
        if self.stage is not Stage.PAYING or now.is_under_way:
            raise IllegalMoveError(f"a new plan at {self.stage.value}")
        if rest.next_return is not None or rest.is_under_way:
            raise IllegalMoveError("a plan in which money has moved")
        whole = Takings((*now.moved, *tenders))
        if whole.planned > self.due or not whole.planned:
            raise IllegalMoveError(f"pay {whole.planned} of {self.due}")
        return replace(self.moved(Stage.PAYING), tenders=whole.tenders, attempts=(*self.attempts, *now.declined))

    def paid(self, task_id: UUID, words: ReceiptWords | None = None, rules: FiscalRules | None = None) -> "Sale":
        """All the money is here: record it together with the receipt that it owes."""
        if self.order is None or self.quote is None or self.taken > self.due:
            raise IllegalMoveError("nothing was priced, or more was taken than is due")
        if self.takings.next is not None:
            raise IllegalMoveError("not all of the money is here")
        receipt = receipt_for(
            self.order,
            self.quote,
            self.tenders,
            sale_id=self.id,
            cashier=self.cashier.name,
            cashier_inn=self.cashier.inn,
            contact=self.contact,
            paper=self.paper,
            at=self.paid_at,
            promised=self.loyalty.promised if self.loyalty.path is LoyaltyPath.LIVE else None,
            owed=self.loyalty.path is LoyaltyPath.OFFLINE,
            words=words or ReceiptWords(),
            rules=rules or FiscalRules(),
        )
        return replace(self.moved(Stage.FISCALISING), fiscal=FiscalTask(task_id, receipt))

    def receipt_sent(self, *, after: int | None, fn: str = "") -> "Sale":
        """The receipt is about to leave; `after` is the last document of the storage `fn` before it."""
        if self.fiscal is None:
            raise IllegalMoveError("no receipt to send")
        return replace(self.moved(Stage.FISCALISING), fiscal=self.fiscal.leaving(after=after, fn=fn))

    def receipt_refused(self, task_id: UUID, trouble: Trouble) -> "Sale":
        """The register said no and registered nothing; it remembers that id, so the next try needs a new one."""
        if self.fiscal is None:
            raise IllegalMoveError("no receipt was sent")
        task = self.fiscal.again(task_id)
        return replace(self.moved(Stage.FISCALISING), fiscal=task, trouble=trouble)

    def troubled(self, trouble: Trouble, *, task: FiscalTask | None = None) -> "Sale":
        """Something stands in the way; the stage stays, and so does the money. `task`: what is known of its receipt."""
        return replace(self, trouble=trouble, fiscal=task or self.fiscal)

    def registered_otherwise(self, found: Misregistered, trouble: Trouble) -> "Sale":
        """The register has a document of another total: it is to be corrected once somebody has read `trouble`."""
        return replace(self.moved(Stage.CORRECTING), misregistered=found, trouble=trouble)

    def receipted(self, document: FiscalDocument) -> "Sale":
        """The register has the right document."""
        return replace(self.moved(Stage.RECORDING), document=document)

    def recorded(self, *, at: datetime) -> "Sale":
        """Every fact of this visit is in the outbox."""
        return replace(self.moved(Stage.DONE), finished_at=at)

    def given_up(self) -> "Sale":
        """No receipt will come of this visit; what was reserved has to be undone, and what moved goes back."""
        if self.takings.is_under_way:
            raise IllegalMoveError("nobody knows yet what became of the money")
        undo = self.loyalty.abandoned
        if self.loyalty.reserved:
            undo = tuple(dict.fromkeys((*undo, self.loyalty.order_id)))
        return replace(self.moved(Stage.CANCELLING), loyalty=replace(self.loyalty, abandoned=undo))

    def cancelled(self, *, at: datetime) -> "Sale":
        """Everything begun is undone or on its way to be."""
        if self.next_return is not None:
            raise IllegalMoveError("money has not gone back")
        return replace(self.moved(Stage.CANCELLED), finished_at=at)
