"""States of the counter in which a payment too many is the matter, built by hand."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from pos_client.counter import surplus_words
from pos_client.counter.state import CounterState, PointsBack
from pos_client.domain.money import NO_POINTS, Points
from pos_client.domain.order import TenderKind, VisitTender
from pos_client.domain.paid_order import Returned
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Sale
from pos_client.domain.surplus import Surplus
from pos_client.ports import QueueEntry, Service
from pos_client.ui.entry import Entry, Mode
from tests.ui import counter_states as given
from tests.ui import refund_states as refunds

VISIT = UUID(int=41)
KEY = f"payment:{VISIT}"
ELSEWHERE = Returned("r1", "MSK548", "1", given.NOW, given.roubles(1000), given.NOW, "39093")


def a_surplus(stage: RefundStage = RefundStage.OPEN, *, order_returned: bool = False) -> Refund:
    """Cash and a card of one visit, for an order that another till had sold a minute before."""
    visit = refunds.a_visit(points_spent=NO_POINTS, loyalty_order="")
    card = VisitTender(TenderKind.CARD, given.roubles(2490))
    visit = replace(visit, id=str(VISIT), till="2", tenders=(card, *visit.tenders))
    made = refunds.at_stage(stage, visit)
    order = made.paid.order
    first = replace(given.paid_before(), tenders=(VisitTender(TenderKind.CASH, order.total),))
    paid = replace(made.paid, order=replace(order, visits=(first,)))
    return replace(made, paid=paid, surplus=Surplus(VISIT, order_returned=order_returned))


def a_refused_payment() -> QueueEntry:
    return QueueEntry(
        key=KEY,
        sale_id=VISIT,
        order_number="1106153417",
        service=Service.ORDERS,
        title="Оплата по заказу",
        amount=given.roubles(4990),
        created=given.NOW - timedelta(minutes=3),
        needs_human=True,
        reason="Заказ уже оплачен полностью",
        next_try=None,
        attempts=1,
        payment_refused=True,
    )


def in_queue() -> CounterState:
    state = given.with_queue(given.counter())
    return replace(state, entries=(a_refused_payment(), *state.entries))


def too_much_taken() -> Sale:
    """The order on the counter of the till whose payment it did not take."""
    first = a_surplus().paid.order
    return given.a_sale(0, order=replace(first, visits=(*first.visits, replace(given.paid_before(), id="v9"))))


def states() -> dict[str, tuple[CounterState, Entry]]:
    """Every such state that is worth a look, by the name of its picture."""
    page = refunds.on_page(a_surplus(), points=PointsBack(NO_POINTS, NO_POINTS))
    told = surplus_words.given_back(given.roubles(4990), given.NOW - timedelta(minutes=4), 39094)
    return {
        "surplus": (page, Entry()),
        "surplus-returned": (
            refunds.on_page(a_surplus(order_returned=True), points=PointsBack(Points(490), Points(125))),
            Entry(),
        ),
        "surplus-give-up": (refunds.on_page(a_surplus(RefundStage.CLAIMING)), Entry(mode=Mode.CANCEL)),
        "surplus-hand-out": (refunds.on_page(a_surplus(RefundStage.HANDING_OUT)), Entry()),
        "surplus-given-back": (replace(refunds.on_page(), notice=told), Entry()),
        "surplus-queue": (in_queue(), Entry(queue_open=True, row=KEY)),
        "surplus-queue-close": (in_queue(), Entry(queue_open=True, row=KEY, mode=Mode.REASON)),
        "surplus-scanned": (
            given.counter(sale=too_much_taken(), notice=surplus_words.still_here(given.a_done_sale())),
            Entry(),
        ),
        "surplus-unfinished": (
            given.counter(unfinished_refunds=(a_surplus(RefundStage.RETURNING), a_surplus(RefundStage.HANDING_OUT))),
            Entry(),
        ),
        "surplus-done": (
            given.counter(last=given.a_done_sale(), last_refund=a_surplus(RefundStage.DONE)),
            Entry(),
        ),
    }
