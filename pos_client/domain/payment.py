"""How a visit is paid: a plan of tenders, and what terminal, bank and cashier said of each, kept as it was said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind

__all__ = [
    "Approval",
    "QrCode",
    "Takings",
    "Tender",
    "TenderState",
    "TenderWish",
    "Testimony",
    "in_sequence",
    "split_equally",
]


@dataclass(frozen=True, slots=True)
class Approval:
    """Money that moved, by the words of the one who moved it. Never holds a full card number."""

    operation: UUID
    """Our id of the operation, minted and journaled before anybody was asked."""
    amount: Money
    at: datetime
    reference: str = ""
    """RRN of the card operation, or the bank's id of the transfer: what a refund names."""
    code: str = ""
    """Authorisation code."""
    card: str = ""
    """Masked, e.g. `•••• 1234`; empty for a transfer."""
    terminal: str = ""
    slip: tuple[str, ...] = ()
    """The slip, line by line, as it has to be printed."""
    signed_by: str = ""
    """The cashier on whose signed word alone it is known that money moved; empty when terminal or bank said it."""

    @property
    def is_nameless(self) -> bool:
        """Whether a return cannot name it: it is known by a word, and nobody has read its reference from a slip."""
        return bool(self.signed_by) and not self.reference


@dataclass(frozen=True, slots=True)
class QrCode:
    """A request to pay that the customer's bank application reads from the screen."""

    operation: UUID
    payload: str
    """The address in the code (`https://qr.nspk.ru/…`)."""
    reference: str
    """The bank's id of the request."""
    expires: datetime


@dataclass(frozen=True, slots=True)
class Testimony:
    """What the cashier saw when neither terminal nor bank could tell; signed with the name."""

    cashier: str
    at: datetime
    slip: bool
    """Whether there is a slip, or the bank's message on the customer's phone."""
    amount: Money
    """The sum that it shows; nothing when there is none."""


@dataclass(frozen=True, slots=True)
class TenderWish:
    """How the cashier wants a part of a visit to be paid; cash that is not yet counted has no `received`."""

    kind: TenderKind
    amount: Money
    received: Money | None = None


class TenderState(Enum):
    """How far a tender has come. ASKED and RETURNING are journaled before anybody is asked."""

    PLANNED = "planned"
    """Nobody was asked; cash waits to be counted."""
    ASKED = "asked"
    """Money may move. After a restart it is asked about, never asked for again."""
    APPROVED = "approved"
    """Money moved, or lies in the drawer."""
    DECLINED = "declined"
    """Surely nothing moved."""
    UNKNOWN = "unknown"
    """Neither terminal nor bank could tell: the cashier has to."""
    RETURNING = "returning"
    """The visit is given up, and the money may be on its way back."""
    RETURN_UNKNOWN = "return_unknown"
    """Nobody could tell whether it went back."""
    RETURNED = "returned"


_MOVED = frozenset(
    {TenderState.APPROVED, TenderState.RETURNING, TenderState.RETURN_UNKNOWN},
)
_UNDER_WAY = frozenset({TenderState.ASKED, TenderState.UNKNOWN, TenderState.RETURNING, TenderState.RETURN_UNKNOWN})


@dataclass(frozen=True, slots=True)
class Tender:
    """Money that this visit takes by one means.

    Without a state it is money that was taken: so wrote it a program that knew cash only.
    """

    kind: TenderKind
    amount: Money
    """What it pays of the order."""
    received: Money
    """What was handed over: more than `amount` only in cash, nothing while cash is planned and not counted."""
    state: TenderState = TenderState.APPROVED
    operation: UUID | None = None
    """Our id of the operation that moves the money; cash needs none."""
    asked_at: datetime | None = None
    approval: Approval | None = None
    """None when cash was taken, or when the money is known by `testimony` alone."""
    declined: str = ""
    """Why nothing moved, in the words of whoever said so."""
    testimony: Testimony | None = None
    return_operation: UUID | None = None
    return_asked_at: datetime | None = None
    returned: Approval | None = None
    other_sum: bool = False
    """The terminal has said that another sum went back than was asked for: there is nothing more to learn from it."""

    def __post_init__(self) -> None:
        counted = self.received or self.state is not TenderState.PLANNED or self.kind is not TenderKind.CASH
        if self.amount < ZERO or (counted and self.received < self.amount):
            raise ValueError("a tender covers its own amount")
        if self.kind is not TenderKind.CASH and self.received != self.amount:
            raise ValueError("change is given from cash only")

    @classmethod
    def planned(cls, wish: TenderWish, operation: UUID) -> "Tender":
        """What a wish becomes before anybody is asked."""
        if wish.kind is not TenderKind.CASH:
            return cls(wish.kind, wish.amount, wish.amount, TenderState.PLANNED, operation)
        return cls(wish.kind, wish.amount, ZERO if wish.received is None else wish.received, TenderState.PLANNED)

    @property
    def change(self) -> Money:
        """What goes back to the customer."""
        return self.received - self.amount if self.received else ZERO

    @property
    def has_moved(self) -> bool:
        """Whether the customer is without this money because of this visit."""
        return self.state in _MOVED

    @property
    def is_under_way(self) -> bool:
        """Whether nobody knows yet what becomes of it, so that nothing else may be done."""
        return self.state in _UNDER_WAY

    @property
    def is_card_in_doubt(self) -> bool:
        """Whether what the terminal did last may have to tell what became of it: then it must stay the last.

        Of what a person gives back at the terminal, because no call can name it, no terminal will ever tell.
        """
        if self.kind is not TenderKind.CARD or not self.is_under_way or self.other_sum:
            return False
        going_back = self.state in {TenderState.RETURNING, TenderState.RETURN_UNKNOWN}
        return not going_back or (self.approval is not None and not self.approval.is_nameless)

    @property
    def is_counted(self) -> bool:
        """Whether a planned tender of cash is in the drawer by the cashier's word."""
        return self.kind is TenderKind.CASH and self.received >= self.amount

    @property
    def must_go_back(self) -> bool:
        """Whether a visit that is given up owes this money to the customer by the way that it came."""
        return self.kind is not TenderKind.CASH and self.has_moved

    @property
    def known_by(self) -> Approval | None:
        """How it is known that the money moved: by terminal or bank, or by the cashier's signed word; None for cash."""
        said = self.testimony
        if self.approval is not None or self.operation is None or said is None or not said.slip:
            return self.approval
        return Approval(self.operation, self.amount, self.asked_at or said.at, signed_by=said.cashier)

    # --------------------------------------------------------------------------------------------------- moves

    def asked(self, *, at: datetime) -> "Tender":
        """The operation is about to leave."""
        return replace(self, state=TenderState.ASKED, asked_at=at)

    def approved(self, approval: Approval) -> "Tender":
        """Money moved, as much as the other side says, whatever was asked for."""
        amount = approval.amount
        return replace(self, amount=amount, received=amount, state=TenderState.APPROVED, approval=approval)

    def counted(self, received: Money) -> "Tender":
        """Cash is in the drawer."""
        return replace(self, received=received, state=TenderState.APPROVED)

    def refused(self, why: str) -> "Tender":
        """Surely nothing moved."""
        return replace(self, state=TenderState.DECLINED, declined=why)

    def doubted(self) -> "Tender":
        """Nobody could tell within the time for it."""
        going_back = self.state in {TenderState.RETURNING, TenderState.RETURN_UNKNOWN}
        return replace(self, state=TenderState.RETURN_UNKNOWN if going_back else TenderState.UNKNOWN)

    def testified(self, testimony: Testimony) -> "Tender":
        """The cashier has looked where we cannot: money moved exactly if there is a slip."""
        if self.state is TenderState.RETURN_UNKNOWN:
            state = TenderState.RETURNED if testimony.slip else TenderState.APPROVED
            return replace(self, state=state, testimony=testimony)
        if not testimony.slip:
            return replace(self, state=TenderState.DECLINED, testimony=testimony)
        amount = testimony.amount
        return replace(self, amount=amount, received=amount, state=TenderState.APPROVED, testimony=testimony)

    def going_back(self, operation: UUID, *, at: datetime) -> "Tender":
        """The return is about to be asked for."""
        return replace(
            self, state=TenderState.RETURNING, return_operation=operation, return_asked_at=at, other_sum=False
        )

    def gone_back(self, approval: Approval) -> "Tender":
        """The customer has the money again."""
        return replace(self, state=TenderState.RETURNED, returned=approval)

    def not_gone_back(self) -> "Tender":
        """Surely nothing went back: the money is still here, and the next try is another operation."""
        return replace(self, state=TenderState.APPROVED)


_SEQUENCE = (TenderKind.CARD, TenderKind.SBP, TenderKind.CASH)
"""What may fail goes first: cash that was not taken yet need not be counted out again."""


def in_sequence(wishes: Sequence[TenderWish]) -> tuple[TenderWish, ...]:
    """Wishes as they are carried out: cards, then transfers, cash last; within a kind as they were made."""
    return tuple(sorted(wishes, key=lambda wish: _SEQUENCE.index(wish.kind)))


@dataclass(frozen=True, slots=True)
class Takings:
    """The money of one visit: what its tenders are to take together, and how far that has come."""

    tenders: tuple[Tender, ...]
    """In the sequence in which they are taken."""

    @property
    def planned(self) -> Money:
        """What they pay, or are to."""
        return Money.sum([tender.amount for tender in self.tenders])

    @property
    def approved(self) -> Money:
        """What of it has moved already."""
        return Money.sum([tender.amount for tender in self.moved])

    @property
    def change(self) -> Money:
        """Cash to give back."""
        return Money.sum([tender.change for tender in self.tenders])

    @property
    def next(self) -> Tender | None:
        """The one whose turn it is; None when all of them are taken."""
        return next((tender for tender in self.tenders if tender.state is not TenderState.APPROVED), None)

    @property
    def next_return(self) -> Tender | None:
        """What goes back next of a visit that is given up; None when nothing has to."""
        return next((tender for tender in self.tenders if tender.must_go_back), None)

    @property
    def is_under_way(self) -> bool:
        """Whether nobody knows yet what becomes of one of them."""
        return any(tender.is_under_way for tender in self.tenders)

    @property
    def moved(self) -> tuple[Tender, ...]:
        """Those whose money the customer is without."""
        return tuple(tender for tender in self.tenders if tender.has_moved)

    @property
    def declined(self) -> tuple[Tender, ...]:
        """Those that surely moved nothing."""
        return tuple(tender for tender in self.tenders if tender.state is TenderState.DECLINED)

    def with_news(self, before: Tender, after: Tender) -> tuple[Tender, ...]:
        """The tenders when one of them has come further.

        When less moved than was asked for, the difference is planned in cash, so that the visit pays what it meant to;
        when more did, less is taken by those that nobody was asked for, the last ones first.
        """
        at = self.tenders.index(before)
        tenders = (*self.tenders[:at], after, *self.tenders[at + 1 :])
        if after.amount < before.amount:
            short = before.amount - after.amount
            return (*tenders, Tender(TenderKind.CASH, short, ZERO, TenderState.PLANNED))
        return _less_by(tenders, after.amount - before.amount)


def _less_by(tenders: Sequence[Tender], over: Money) -> tuple[Tender, ...]:
    kept: list[Tender] = []
    for tender in reversed(tenders):
        cut = min(over, tender.amount) if tender.state is TenderState.PLANNED else ZERO
        over -= cut
        rest = tender.amount - cut
        received = tender.received if tender.kind is TenderKind.CASH else rest
        if rest or not cut:
            kept.append(replace(tender, amount=rest, received=received))
    return tuple(reversed(kept))


def split_equally(amount: Money, parts: int) -> tuple[Money, ...]:
    """So many parts that sum to the amount to the kopeck and differ by one at most, the larger ones first.

    Raises:
        ValueError: fewer than one part, or a part of nothing.
    """
    if not 1 <= parts <= max(amount.kopecks, 1):
        raise ValueError("every part is something")
    return amount.split([1] * parts)
