"""A sale: one visit of a customer who pays a part or all of an order, and the table of moves that it may make.

A sale is an immutable value. Every move returns a new one, and a move that the table does not allow raises
`IllegalMoveError`: that is a bug of the caller, never a matter for the cashier.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID, uuid5

from pos_client.domain.contact import contact_in
from pos_client.domain.customer import Customer
from pos_client.domain.loyalty import Earning, Quote, QuoteSource, base_quote
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import OFFLINE_MARK, Order, TenderKind
from pos_client.domain.payment import Tender, TenderState, less_by
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
    RECORDING = "recording"
    """The receipt is registered; the facts are being handed to the outbox."""
    DONE = "done"
    CANCELLING = "cancelling"
    """Given up before a receipt; what was begun is being undone, money that moved first."""
    CANCELLED = "cancelled"


MOVES: dict[Stage, frozenset[Stage]] = {
    Stage.OPEN: frozenset({Stage.OPEN, Stage.RESERVING, Stage.PAYING, Stage.CANCELLING}),
    Stage.RESERVING: frozenset({Stage.OPEN, Stage.PAYING}),
    Stage.PAYING: frozenset({Stage.PAYING, Stage.FISCALISING, Stage.CANCELLING}),
    Stage.FISCALISING: frozenset({Stage.FISCALISING, Stage.RECORDING, Stage.CANCELLING}),
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
    document: FiscalDocument | None = None
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
    def taken(self) -> Money:
        """What this visit pays, or plans to."""
        return Money.sum([tender.amount for tender in self.tenders])

    @property
    def approved(self) -> Money:
        """What of it has moved already."""
        return Money.sum([tender.amount for tender in self.tenders if tender.has_moved])

    @property
    def next_tender(self) -> Tender | None:
        """The one whose turn it is; None when all of them are taken."""
        return next((tender for tender in self.tenders if tender.state is not TenderState.APPROVED), None)

    @property
    def next_return(self) -> Tender | None:
        """What a visit that is given up gives back next; None when it owes nothing."""
        return next((tender for tender in self.tenders if tender.must_go_back), None)

    @property
    def change(self) -> Money:
        """Cash to give back."""
        return Money.sum([tender.change for tender in self.tenders])

    @property
    def settles(self) -> bool:
        """Whether this visit pays all that is due."""
        return self.order is not None and self.taken == self.due

    @property
    def transaction(self) -> UUID:
        """Idempotency key of this visit's create call: the same body, the same key, for ever."""
        return uuid5(self.id, f"create:{self.loyalty.order_id}:{self.loyalty.revision}")

    @property
    def offline_order_id(self) -> str:
        """Id of this visit's safe offline order; never the id of a create whose fate is unknown."""
        return f"{self._order.number}{OFFLINE_MARK}{self.id.hex[:8]}"

    @property
    def is_open(self) -> bool:
        """Whether anything is left to do."""
        return self.stage not in {Stage.DONE, Stage.CANCELLED}

    @property
    def money_is_taken(self) -> bool:
        """Whether the cashier has the customer's money for this visit."""
        return self.stage in {Stage.FISCALISING, Stage.RECORDING, Stage.DONE}

    @property
    def may_be_given_up(self) -> bool:
        """Whether no receipt can come of this visit any more, and what becomes of each tender is known."""
        if self.stage is Stage.FISCALISING:
            return self.fiscal is not None and not self.fiscal.sent
        if self.stage is Stage.PAYING:
            return not any(tender.is_under_way for tender in self.tenders)
        return self.stage is Stage.OPEN

    @property
    def may_redeem(self) -> bool:
        """Whether spending points can be offered now."""
        return (
            self.stage is Stage.OPEN
            and self.customer is not None
            and self.customer.may_redeem
            and self.quote is not None
            and self.quote.source is QuoteSource.LIVE
            and self.order is not None
            and not self.order.sold_offline
        )

    def is_visit_of_same(self, other: "Sale") -> bool:
        """Whether this is the other sale, and still of the same customer of the programme."""
        who, whom = self.customer, other.customer
        same = who is not None and whom is not None and who.processing_id == whom.processing_id
        return self.id == other.id and same

    @property
    def _order(self) -> Order:
        if self.order is None:
            raise IllegalMoveError("this needs an order")
        return self.order

    # --------------------------------------------------------------------------------------------------- moves

    def _moved(self, stage: Stage) -> "Sale":
        if stage not in MOVES[self.stage]:
            raise IllegalMoveError(f"{self.stage.value} → {stage.value}")
        return replace(self, stage=stage, trouble=None)

    def identified(self, customer: Customer | None) -> "Sale":
        """Somebody stands at the counter (or, with None, nobody does any more). Prices have to be asked anew."""
        # Not by the key: a phone that is resolved is kept masked, and two people may share the mask.
        before, now = (one.processing_id if one is not None else "" for one in (self.customer, customer))
        return replace(
            self._moved(Stage.OPEN),
            customer=customer,
            quote=None,
            points_asked=NO_POINTS,
            spending_confirmed=self.spending_confirmed and bool(now) and now == before,
        )

    def spending_allowed(self) -> "Sale":
        """The customer named the code that was sent to the phone."""
        return replace(self._moved(Stage.OPEN), spending_confirmed=True)

    def coupons_named(self, *codes: str) -> "Sale":
        """The customer named these coupons, and no others. Prices have to be asked anew."""
        return replace(self._moved(Stage.OPEN), coupons=tuple(dict.fromkeys(codes)), quote=None)

    def receipt_wanted(self, contact: str, *, paper: bool) -> "Sale":
        """How the customer wants the receipt: on paper, sent to a phone or e-mail, or both.

        Raises:
            ValueError: the contact is no phone and no e-mail, or the receipt would reach nobody.
            IllegalMoveError: money is asked for already.
        """
        where = contact_in(contact) if contact else ""
        if where is None or not (where or paper):
            raise ValueError("a receipt needs paper or a contact")
        if self.stage is not Stage.OPEN:
            raise IllegalMoveError(f"another receipt at {self.stage.value}")
        return replace(self._moved(Stage.OPEN), contact=where, paper=paper)

    def order_taken(self, order: Order) -> "Sale":
        """An order is on the counter. Prices have to be asked anew."""
        return replace(self._moved(Stage.OPEN), order=order, quote=None, points_asked=NO_POINTS)

    def quoted(self, quote: Quote, *, order_id: str) -> "Sale":
        """Processing, or nobody, priced the order; `order_id` is its id at processing."""
        asked = quote.points - self._order.points_spent
        loyalty = replace(self.loyalty, path=self._path(quote, asked), order_id=order_id, promised=quote.earned)
        return replace(self._moved(Stage.OPEN), quote=quote, points_asked=asked, loyalty=loyalty)

    def _path(self, quote: Quote, asked: Points) -> LoyaltyPath:
        carried = bool(self._order.loyalty_order)
        if self.customer is None or not self.customer.may_earn:
            return LoyaltyPath.CARRIED if carried else LoyaltyPath.NONE
        live = quote.source is QuoteSource.LIVE
        if carried and not asked and quote.discount == self._order.discounted:
            # Processing earns by the price that it was told: another one has to be told, when it can be.
            return LoyaltyPath.LIVE if live and self._order.added else LoyaltyPath.CARRIED
        return LoyaltyPath.LIVE if live else LoyaltyPath.OFFLINE

    def payment_asked(self, tenders: tuple[Tender, ...], *, at: datetime) -> "Sale":
        """The cashier said who pays how much: the one intent of this visit, from here on never minted again.

        Raises:
            IllegalMoveError: more than is due, or nothing although something is due; or money that moved already.
        """
        taken = Money.sum([tender.amount for tender in tenders])
        if self.quote is None or taken > self.due or (not taken and self.due):
            raise IllegalMoveError(f"pay {taken} of {self.due}")
        if any(tender.must_go_back or tender.is_under_way for tender in tenders):
            raise IllegalMoveError("a plan in which money has moved")
        stage = Stage.RESERVING if self.loyalty.path is LoyaltyPath.LIVE else Stage.PAYING
        loyalty = replace(self.loyalty, revision=self.loyalty.revision + 1)
        return replace(self._moved(stage), tenders=tenders, paid_at=at, loyalty=loyalty)

    def reserved(self, promised: Points | None) -> "Sale":
        """Processing created the order: the points are spent and the accrual waits."""
        loyalty = replace(self.loyalty, reserved=True, promised=promised)
        return replace(self._moved(Stage.PAYING), loyalty=loyalty)

    def reopened(self, trouble: Trouble | None = None) -> "Sale":
        """The create was refused: nothing moved, the cashier decides anew."""
        return replace(self._moved(Stage.OPEN), tenders=(), paid_at=None, trouble=trouble)

    def left_without_points(self, earning: Earning, *, maybe_created: bool) -> "Sale":
        """Processing cannot be relied on: this visit sells at base prices, and its points follow by themselves.

        `maybe_created` says that the create may have landed, so its order must be undone. If the price stays what the
        cashier accepted, the payment goes on; otherwise the sale is open again, because more money has to be asked for.
        """
        order = self._order
        quote = base_quote(order, earning, self.coupons)
        undo = (*self.loyalty.abandoned, self.loyalty.order_id) if maybe_created else self.loyalty.abandoned
        path = LoyaltyPath.CARRIED if order.loyalty_order else LoyaltyPath.OFFLINE
        loyalty = replace(self.loyalty, path=path, abandoned=tuple(dict.fromkeys(undo)), promised=None)
        same_price = self.quote is not None and quote.payable == self.quote.payable
        if self.stage is Stage.RESERVING and same_price:
            return replace(self._moved(Stage.PAYING), quote=quote, points_asked=NO_POINTS, loyalty=loyalty)
        opened = replace(self._moved(Stage.OPEN), quote=quote, points_asked=NO_POINTS, loyalty=loyalty)
        return replace(opened, tenders=(), paid_at=None)

    def tender_became(self, before: Tender, after: Tender) -> "Sale":
        """One tender has come further: on its way to us, or, in a visit that is given up, back.

        When less moved than was asked for, the difference is planned in cash, so that the visit pays what it meant to;
        when more did, less is taken by what comes after.
        """
        if self.stage not in {Stage.PAYING, Stage.CANCELLING} or before not in self.tenders:
            raise IllegalMoveError(f"{after.state.value} at {self.stage.value}")
        at = self.tenders.index(before)
        tenders = (*self.tenders[:at], after, *self.tenders[at + 1 :])
        if after.amount < before.amount:
            short = before.amount - after.amount
            tenders = (*tenders, Tender(TenderKind.CASH, short, ZERO, TenderState.PLANNED))
        elif after.amount > before.amount:
            tenders = less_by(tenders, after.amount - before.amount)
        return replace(self._moved(self.stage), tenders=tenders)

    def rest_planned(self, tenders: tuple[Tender, ...]) -> "Sale":
        """Whatever has not moved is paid in another way, or, with no tenders, in another visit.

        Raises:
            IllegalMoveError: nobody knows yet what becomes of a tender; more than is due, or nothing at all.
        """
        if self.stage is not Stage.PAYING or any(tender.is_under_way for tender in self.tenders):
            raise IllegalMoveError(f"a new plan at {self.stage.value}")
        if any(tender.must_go_back or tender.is_under_way for tender in tenders):
            raise IllegalMoveError("a plan in which money has moved")
        kept = tuple(tender for tender in self.tenders if tender.has_moved)
        taken = Money.sum([tender.amount for tender in (*kept, *tenders)])
        if taken > self.due or not taken:
            raise IllegalMoveError(f"pay {taken} of {self.due}")
        declined = tuple(tender for tender in self.tenders if tender.state is TenderState.DECLINED)
        return replace(self._moved(Stage.PAYING), tenders=(*kept, *tenders), attempts=(*self.attempts, *declined))

    def paid(self, task_id: UUID, words: ReceiptWords | None = None, rules: FiscalRules | None = None) -> "Sale":
        """All the money is here: record it together with the receipt that it owes."""
        if self.quote is None or self.taken > self.due:
            raise IllegalMoveError("nothing was priced, or more was taken than is due")
        if self.next_tender is not None:
            raise IllegalMoveError("not all of the money is here")
        receipt = receipt_for(
            self._order,
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
        return replace(self._moved(Stage.FISCALISING), fiscal=FiscalTask(task_id, receipt))

    def receipt_sent(self, *, after: int | None) -> "Sale":
        """The receipt is about to leave; `after` is the last document of the register before it."""
        if self.fiscal is None:
            raise IllegalMoveError("no receipt to send")
        task = replace(self.fiscal, after=after, sent=True)
        return replace(self._moved(Stage.FISCALISING), fiscal=task)

    def receipt_refused(self, task_id: UUID, trouble: Trouble) -> "Sale":
        """The register said no and registered nothing; it remembers that id, so the next try needs a new one."""
        if self.fiscal is None:
            raise IllegalMoveError("no receipt was sent")
        task = FiscalTask(task_id, self.fiscal.receipt)
        return replace(self._moved(Stage.FISCALISING), fiscal=task, trouble=trouble)

    def troubled(self, trouble: Trouble) -> "Sale":
        """Something stands in the way; the stage stays, and so does the money."""
        return replace(self, trouble=trouble)

    def receipted(self, document: FiscalDocument) -> "Sale":
        """The register has the document."""
        return replace(self._moved(Stage.RECORDING), document=document)

    def recorded(self, *, at: datetime) -> "Sale":
        """Every fact of this visit is in the outbox."""
        return replace(self._moved(Stage.DONE), finished_at=at)

    def given_up(self) -> "Sale":
        """No receipt will come of this visit; what was reserved has to be undone, and what moved goes back."""
        if any(tender.is_under_way for tender in self.tenders):
            raise IllegalMoveError("nobody knows yet what became of the money")
        undo = self.loyalty.abandoned
        if self.loyalty.reserved:
            undo = tuple(dict.fromkeys((*undo, self.loyalty.order_id)))
        return replace(self._moved(Stage.CANCELLING), loyalty=replace(self.loyalty, abandoned=undo))

    def cancelled(self, *, at: datetime) -> "Sale":
        """Everything begun is undone or on its way to be."""
        if self.next_return is not None:
            raise IllegalMoveError("money has not gone back")
        return replace(self._moved(Stage.CANCELLED), finished_at=at)
