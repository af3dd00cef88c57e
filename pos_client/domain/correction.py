"""The correction of a wrong fiscal document: its opposite first, then the right one, each registered exactly once.

Procedure of FFD 1.2: a correction of the opposite sign repeats the wrong document and so takes it back; another
one says what should have been said. Both name the wrong document by its fiscal sign (tag 1192).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pos_client.domain.money import ZERO, Money
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.receipt import (
    CorrectionBasis,
    FiscalDocument,
    FiscalPayment,
    FiscalTask,
    PaymentSign,
    Receipt,
    ReceiptKind,
    ReceiptLine,
    receipt_for,
)
from pos_client.domain.sale import Cashier, IllegalMoveError, Sale, Trouble
from pos_client.domain.settling import FiscalRules

__all__ = ["Correction", "as_corrected", "correction_of", "receipt_by", "says_the_same"]

_OPPOSITE = {ReceiptKind.SALE: ReceiptKind.RETURN, ReceiptKind.RETURN: ReceiptKind.SALE}


@dataclass(frozen=True, slots=True)
class Correction:
    """One wrong document being put right. Times are aware UTC; every id is minted before anything is sent."""

    id: UUID
    opened_at: datetime
    cashier: Cashier
    wrong: FiscalDocument
    steps: tuple[FiscalTask, ...]
    """The opposite of the wrong document, and what should have been registered, if anything should have been."""
    documents: tuple[FiscalDocument, ...] = ()
    """What the register made of the steps so far."""
    trouble: Trouble | None = None
    why: str = ""
    """What the person who asked for it said was wrong; empty when nothing."""
    told: bool = False
    """Whether the outbox has what others have to hear of it."""

    @property
    def is_open(self) -> bool:
        """Whether a step is left to do."""
        return len(self.documents) < len(self.steps)

    @property
    def order_number(self) -> str:
        """The CDEK order that the wrong document belongs to."""
        return self.steps[0].receipt.order_number

    @property
    def right(self) -> tuple[FiscalDocument, Receipt] | None:
        """What stands in place of the wrong document; None when nothing does.

        Raises:
            IllegalMoveError: a step is left, so that nobody can say yet.
        """
        if self.is_open:
            raise IllegalMoveError("the document is not put right yet")
        return (self.documents[-1], self.steps[-1].receipt) if len(self.steps) > 1 else None

    @property
    def fiscal(self) -> FiscalTask | None:
        """The step at hand; None when all are done."""
        return self.steps[len(self.documents)] if self.is_open else None

    def receipt_sent(self, *, after: int | None, fn: str = "") -> "Correction":
        """The step is about to leave; `after` is the last document of the storage `fn` before it."""
        return self._at_hand(self._task.leaving(after=after, fn=fn))

    def receipt_refused(self, task_id: UUID, trouble: Trouble) -> "Correction":
        """The register registered nothing; the next try of the step goes under `task_id`."""
        return replace(self._at_hand(self._task.again(task_id)), trouble=trouble)

    def receipted(self, document: FiscalDocument) -> "Correction":
        """The register has the document of the step."""
        return replace(self._at_hand(self._task), documents=(*self.documents, document))

    def troubled(self, trouble: Trouble, *, task: FiscalTask | None = None) -> "Correction":
        """Something stands in the way; what is registered stays registered. `task`: what is known of the step."""
        return replace(self if task is None else self._at_hand(task), trouble=trouble)

    def reported(self) -> "Correction":
        """Whoever has to hear of it will: the outbox has it.

        Raises:
            IllegalMoveError: a step is left, and there is nothing to tell yet.
        """
        if self.is_open:
            raise IllegalMoveError("a correction under way is told to nobody")
        return replace(self, told=True)

    @property
    def _task(self) -> FiscalTask:
        if self.fiscal is None:
            raise IllegalMoveError("the document is put right already")
        return self.fiscal

    def _at_hand(self, task: FiscalTask) -> "Correction":
        at = len(self.documents)
        return replace(self, steps=(*self.steps[:at], task, *self.steps[at + 1 :]), trouble=None)


def correction_of(
    wrong: Receipt,
    document: FiscalDocument,
    right: Receipt | None,
    *,
    correction_id: UUID,
    task_ids: tuple[UUID, UUID],
    opened_at: datetime,
    cashier: Cashier,
    rules: FiscalRules,
    why: str = "",
) -> Correction:
    """Both steps for a document that was registered as `wrong` and should have been `right` (None: not at all).

    Lines, VAT rates and payments of the opposite are those of the wrong document, whatever the rates are today.
    """
    made_on = rules.day_of(document.at)
    # The right document of an earlier correction may be wrong too: the settlement is still the first one's.
    settled_on = made_on if wrong.correction is None else wrong.correction.settled_on
    basis = CorrectionBasis(document.sign, settled_on)
    note = f"Коррекция чека № {document.number} от {made_on:%d.%m.%Y}"

    def step(task_id: UUID, receipt: Receipt, kind: ReceiptKind) -> FiscalTask:
        # The requisite of the sale stays with the wrong document: by it a document is recognised as a step's own.
        corrected = replace(
            receipt,
            sale_id=correction_id,
            kind=kind,
            payments=_without_change(receipt),
            cashier=cashier.name,
            cashier_inn=cashier.inn,
            notes=(note, why) if why else (note,),
            correction=basis,
        )
        return FiscalTask(task_id, corrected)

    steps = [step(task_ids[0], wrong, _OPPOSITE[wrong.kind])]
    if right is not None:
        steps.append(step(task_ids[1], right, right.kind))
    return Correction(correction_id, opened_at, cashier, document, tuple(steps), why=why)


def receipt_by(sale: Sale, rules: FiscalRules) -> Receipt | None:
    """The receipt that a paid sale would have had by these rules; None before it is paid.

    Money and prices are those of the sale; what can differ is what the rules decide: signs, VAT rates, lines.
    """
    if sale.order is None or sale.quote is None or sale.paid_at is None:
        return None
    return receipt_for(
        sale.order,
        sale.quote,
        sale.tenders,
        sale_id=sale.id,
        cashier=sale.cashier.name,
        cashier_inn=sale.cashier.inn,
        contact=sale.contact,
        paper=sale.paper,
        at=sale.paid_at,
        rules=rules,
    )


def _without_change(receipt: Receipt) -> tuple[FiscalPayment, ...]:
    """Payments as they stayed: no change is handed out by a correction."""
    other = Money.sum([payment.sum for payment in receipt.payments if payment.sign is not PaymentSign.CASH])
    cash = receipt.total - other
    kept = [payment for payment in receipt.payments if payment.sign is not PaymentSign.CASH]
    if cash > ZERO or not kept:
        kept.append(FiscalPayment(PaymentSign.CASH, cash))
    return tuple(kept)


def as_corrected(paid: PaidOrder, corrections: Iterable[Correction]) -> PaidOrder:
    """What was paid for an order, with its visits' documents as these corrections left them.

    The order service may not have heard of this till's own yet, and a return that copied the wrong document after it
    was taken back would take it back twice.
    """
    done = {(one.wrong.fn, str(one.wrong.number)): one.right for one in corrections if not one.is_open}

    def standing(visit: PaidVisit) -> PaidVisit:
        # What was right once may have been corrected since.
        while (visit.fn, visit.document) in done:
            right = done[visit.fn, visit.document]
            if right is None:
                return replace(visit, document="", fn="", lines=(), taken_back=True)
            document, receipt = right
            stands = replace(visit, document=str(document.number), fn=document.fn, lines=receipt.lines)
            visit = replace(stands, taxation=receipt.taxation)
        return visit

    return replace(paid, visits=tuple(standing(visit) for visit in paid.visits))


def says_the_same(wrong: Receipt, right: Receipt) -> bool:
    """Whether a document registered as `wrong` states what `right` would: nothing to correct.

    What nobody noted of the wrong one (documents of earlier versions state no terms) counts as right.
    """
    return (_told(wrong.lines, right.lines), _without_change(wrong), wrong.taxation or right.taxation) == (
        right.lines,
        _without_change(right),
        right.taxation,
    )


def _told(wrong: tuple[ReceiptLine, ...], right: tuple[ReceiptLine, ...]) -> tuple[ReceiptLine, ...]:
    agents = {line.seller: line.agent for line in right}
    return tuple(replace(line, agent=line.agent or agents.get(line.seller)) for line in wrong)
