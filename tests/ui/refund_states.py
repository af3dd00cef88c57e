"""States of the counter in which a refund is the matter, built by hand."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from pos_client.counter.refund_words import about_receipt, claim_unknown, receipt_unknown
from pos_client.counter.refund_words import by_hand as words_by_hand
from pos_client.counter.state import CounterState, PointsBack, RefundPage, WaitFor
from pos_client.counter.words import RETURN_NOT_KNOWN, return_unknown
from pos_client.domain.debts import DebtState
from pos_client.domain.money import ZERO, Points
from pos_client.domain.order import TenderKind, VisitTender
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.payment import Approval, TenderState
from pos_client.domain.payment import Tender as Back
from pos_client.domain.receipt import FiscalDocument, Tender
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Sale, Trouble
from pos_client.ui.entry import Entry, Mode
from tests.ui import counter_states as given
from tests.ui import loyalty_states as loyal

ALREADY = Trouble(
    "Уже возвращено 14 ноября в MSK548, касса 2: 4 500 ₽, чек ФД 4120.",
    money="Второй раз деньги не возвращаются.",
    say="Этот возврат уже оформлен 14 ноября.",
)


def a_visit(kind: TenderKind = TenderKind.CASH, amount: int = 2500, **changes: object) -> PaidVisit:
    usual = PaidVisit(
        id="v2",
        at=given.NOW - timedelta(hours=2),
        office="MSK548",
        till="1",
        cashier="Иванова М.",
        tenders=(VisitTender(kind, given.roubles(amount)),),
        discount=ZERO,
        points_spent=Points(0),
        loyalty_order="1106153417",
        document="4119",
        fn="9999",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def mixed_visits() -> tuple[PaidVisit, ...]:
    """A card two days ago in another town, and today cash with points."""
    card = a_visit(
        TenderKind.CARD, 2000, id="v1", at=given.NOW - timedelta(days=2), office="NSK1", till="2", document="4118"
    )
    return (card, a_visit(points_spent=Points(490)))


def a_refund(*visits: PaidVisit, **changes: object) -> Refund:
    """Cash of one visit, on its page."""
    paid = PaidOrder(given.an_order(visits=()), visits or (a_visit(points_spent=Points(490)),))
    usual = Refund(UUID(int=7), given.NOW, "MSK548", "1", given.CASHIER, paid)
    return replace(usual, **changes)  # type: ignore[arg-type]


DOCUMENT = FiscalDocument(4120, "9999", "2", 118, 4121, given.NOW, given.roubles(2500), "t=…")


def at_stage(stage: RefundStage, *visits: PaidVisit, **changes: object) -> Refund:
    """A refund that has come so far; its receipt is registered from RECORDING on."""
    made = a_refund(*visits, stage=stage, claimed_at=given.NOW - timedelta(minutes=1))
    registered = stage in {RefundStage.RECORDING, RefundStage.HANDING_OUT, RefundStage.DONE}
    ended = given.NOW - timedelta(minutes=1) if stage is RefundStage.DONE else None
    made = replace(made, document=DOCUMENT if registered else None, finished_at=ended)
    return replace(made, **changes)  # type: ignore[arg-type]


def a_page(refund: Refund | None = None, **changes: object) -> RefundPage:
    shown = refund or a_refund()
    usual = RefundPage(shown, PointsBack(shown.paid.points_spent, Points(125)))
    return replace(usual, **changes)  # type: ignore[arg-type]


def on_page(refund: Refund | None = None, **changes: object) -> CounterState:
    return given.counter(refund=a_page(refund, **changes))


def fiscalising(trouble: Trouble | None = None) -> Refund:
    """The receipt of the return was sent and nobody knows what became of it."""
    claimed = at_stage(RefundStage.RETURNING)
    sent = claimed.returned(UUID(int=8)).receipt_sent(after=4119)
    return sent if trouble is None else sent.troubled(trouble)


def not_sent() -> Refund:
    """The register refused the receipt of the return."""
    return fiscalising().receipt_refused(UUID(int=9), about_receipt(given.STOPPED))


def in_doubt(**changes: object) -> CounterState:
    """Nobody but the cashier can tell whether the money went back to the card."""
    much = given.roubles(2000)
    card = Back(TenderKind.CARD, much, much, state=TenderState.RETURN_UNKNOWN)
    begun = at_stage(RefundStage.RETURNING, *mixed_visits(), backs=(card,))
    return on_page(begun.troubled(return_unknown(RETURN_NOT_KNOWN, much)), **changes)


def by_hand(kind: TenderKind = TenderKind.CARD, why: Trouble | None = None, **changes: object) -> CounterState:
    """Only the cashier's word tells that this was paid, so that no call can name it."""
    much = given.roubles(2000)
    word = Approval(UUID(int=5), much, given.NOW, signed_by="Иванова М.")
    back = Back(kind, much, much, state=TenderState.RETURN_UNKNOWN, approval=word)
    visits = (replace(mixed_visits()[0], tenders=(VisitTender(kind, much),), approvals=(word,)), mixed_visits()[1])
    begun = at_stage(RefundStage.RETURNING, *visits, backs=(back,))
    return on_page(begun.troubled(words_by_hand(back, why)), **changes)


def sold_lately() -> tuple[Sale, ...]:
    """Four sales of three orders: one order was paid in two visits."""
    last = given.a_done_sale()
    number, amount = ("1106150070", "1106150032"), ("1200.00", "640.50")
    earlier = [
        replace(
            last,
            id=UUID(int=20 + at),
            order=given.an_order(number=number[at]),
            finished_at=given.NOW - timedelta(hours=5 + 14 * at),
            tenders=(Tender(kind, given.roubles(amount[at]), given.roubles(amount[at])),),
            document=replace(DOCUMENT, receipt_number=96 - at),
        )
        for at, kind in enumerate((TenderKind.SBP, TenderKind.CARD))
    ]
    first_visit = replace(last, id=UUID(int=30), finished_at=given.NOW - timedelta(days=1, hours=1))
    return (last, *earlier, first_visit)


def states() -> dict[str, tuple[CounterState, Entry]]:
    """Every state of a refund that is worth a look, by the name of its picture."""
    mixed = a_refund(*mixed_visits())
    owed = (loyal.a_debt(), loyal.a_debt(DebtState.OWED, expected=None))
    asking = replace(on_page(), wait=None)
    return {
        "refund": (asking, Entry()),
        "refund-contact": (asking, Entry(mode=Mode.CONTACT, text="anna@mail.ru")),
        "refund-electronic": (on_page(replace(mixed, contact="annasmirnova@example.ru", paper=False)), Entry()),
        "refund-both": (on_page(replace(mixed, contact="+79165550067")), Entry()),
        "refund-mixed": (on_page(mixed, points=PointsBack(Points(490), None, owed)), Entry()),
        "refund-claiming": (
            on_page(at_stage(RefundStage.CLAIMING), busy=True, wait=given.waiting(WaitFor.ORDER, 2)),
            Entry(),
        ),
        "refund-checking": (
            on_page(fiscalising(), busy=True, wait=given.waiting(WaitFor.RECEIPT_CHECK, 3)),
            Entry(),
        ),
        "refund-unknown": (on_page(fiscalising(receipt_unknown(given.STOPPED))), Entry()),
        "refund-claim-unknown": (
            on_page(at_stage(RefundStage.CLAIMING).troubled(claim_unknown(given.STOPPED))),
            Entry(),
        ),
        "refund-refused": (on_page(not_sent()), Entry()),
        "refund-give-up": (on_page(not_sent()), Entry(mode=Mode.CANCEL)),
        "refund-slip": (in_doubt(), Entry(mode=Mode.SLIP)),
        "refund-slip-typed": (in_doubt(), Entry(mode=Mode.SLIP, text="1999", note="Возвращали 2 000 ₽.")),
        "refund-no-slip": (in_doubt(), Entry(mode=Mode.NO_SLIP)),
        "refund-by-word": (by_hand(), Entry(mode=Mode.SLIP)),
        "refund-by-word-rrn": (by_hand(), Entry(mode=Mode.SLIP, text="610000000001")),
        "refund-by-word-sbp": (by_hand(TenderKind.SBP), Entry(mode=Mode.SLIP, text="2000")),
        "refund-by-word-not-yet": (by_hand(), Entry(mode=Mode.NO_SLIP)),
        "refund-hand-out": (on_page(at_stage(RefundStage.HANDING_OUT)), Entry()),
        "refund-toast": (asking, Entry(note="Вернуть всё — Shift+F9, закрыть — Esc.")),
        "refund-already": (given.counter(notice=ALREADY, last=given.a_done_sale()), Entry()),
        "refund-which": (given.counter(last=given.a_done_sale()), Entry(mode=Mode.REFUND)),
        "refund-recent": (
            given.counter(last=given.a_done_sale(), recent=sold_lately()),
            Entry(mode=Mode.REFUND, text="1106153417"),
        ),
        "refund-recent-many": (
            given.counter(last=given.a_done_sale(), recent=(*sold_lately(), *sold_lately(), *sold_lately()[:2])),
            Entry(mode=Mode.REFUND),
        ),
        "refund-which-sale": (given.counter(sale=given.a_sale()), Entry(mode=Mode.REFUND, text="11061534")),
        "idle-refunded": (
            given.counter(last=given.a_done_sale(), last_refund=at_stage(RefundStage.DONE, *mixed_visits())),
            Entry(),
        ),
        "unfinished-refund": (
            given.counter(
                unfinished=(given.an_unfinished_sale(),),
                unfinished_refunds=(at_stage(RefundStage.HANDING_OUT), not_sent()),
            ),
            Entry(unfinished=2),
        ),
    }
