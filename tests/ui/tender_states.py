"""States of the counter in which cards, transfers and several tenders are the matter, built by hand."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from pos_client.counter import words
from pos_client.counter.state import CounterState, Tendering, TenderStep, WaitFor
from pos_client.domain import creating
from pos_client.domain.money import Money, Points
from pos_client.domain.order import Order, TenderKind
from pos_client.domain.payment import Approval, QrCode, Tender, TenderState, TenderWish
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.ui.entry import Entry, Mode
from tests.ui import counter_states as given

MEANS = (TenderKind.CASH, TenderKind.CARD, TenderKind.SBP)
PAYLOAD = "https://qr.nspk.ru/AS10003P3RH0LJ2A9ROO038L6NT5RU1M?type=01&bank=000000000001&sum=100000&cur=RUB&crc=F3D0"
NO_FUNDS = Trouble("На карте недостаточно средств.", say="Банк отклонил карту: недостаточно средств.")
SILENT = Trouble("Терминал не отвечает.", action="Проверьте, включён ли терминал.")


def overweight() -> Order:
    """Declared 2 kg, weighed 3.4, and 500 roubles dearer than at the first visit."""
    before = replace(given.paid_before(), order_total=given.roubles(4490))
    return given.an_order(declared_grams=2000, visits=(before,))


def code(seconds: float = 161) -> QrCode:
    return QrCode(UUID(int=31), PAYLOAD, "r-1", given.NOW + timedelta(seconds=seconds))


def wish(kind: TenderKind, amount: int, received: int | None = None) -> TenderWish:
    return TenderWish(kind, given.roubles(amount), None if received is None else given.roubles(received))


def tender(kind: TenderKind, amount: int, state: TenderState = TenderState.PLANNED) -> Tender:
    made = Tender.planned(wish(kind, amount), UUID(int=31))
    if state is TenderState.PLANNED:
        return made
    asked = made if kind is TenderKind.CASH else made.asked(at=given.NOW - timedelta(seconds=3))
    match state:
        case TenderState.APPROVED if kind is TenderKind.CASH:
            return made.counted(given.roubles(amount))
        case TenderState.APPROVED:
            card = "•••• 1234" if kind is TenderKind.CARD else ""
            return asked.approved(Approval(UUID(int=31), given.roubles(amount), given.NOW, "r", card=card))
        case TenderState.DECLINED:
            return asked.refused(NO_FUNDS.what)
        case TenderState.UNKNOWN:
            return asked.doubted()
        case _:
            return replace(asked, state=state)


def paying(*tenders: Tender, trouble: Trouble | None = None, given_up: bool = False) -> Sale:
    """A sale of 2 500 roubles whose money is being taken."""
    planned = tuple(Tender.planned(TenderWish(each.kind, each.amount), UUID(int=31)) for each in tenders)
    asked = creating.reserved(given.a_sale().payment_asked(planned, at=given.NOW - timedelta(seconds=4)), Points(125))
    stage = Stage.CANCELLING if given_up else asked.stage
    return replace(asked, stage=stage, tenders=tenders, trouble=trouble)


def taking(step: TenderStep, *tenders: Tender, trouble: Trouble | None = None, **changes: object) -> CounterState:
    """The counter at a step of taking money."""
    given_up = step in {TenderStep.GIVING_BACK, TenderStep.STUCK}
    sale = paying(*tenders, trouble=trouble, given_up=given_up)
    made = Tendering(
        step=step,
        tenders=sale.tenders,
        current=sale.next_return if given_up else sale.takings.next,
        attempts=(),
        due=sale.due,
        planned=sale.taken,
        approved=sale.takings.approved,
    )
    return given.counter(**{"sale": sale, "tendering": made, "means": MEANS, **changes})


CARD, CASH, SBP = TenderKind.CARD, TenderKind.CASH, TenderKind.SBP
PAID_2000 = tender(CARD, 2000, TenderState.APPROVED)
OPEN = given.counter(sale=given.a_sale(), means=MEANS)


def asking(seconds: float = 3) -> CounterState:
    wait = given.waiting(WaitFor.TENDER, seconds)
    return taking(TenderStep.ASKING, tender(CARD, 2000, TenderState.ASKED), tender(CASH, 500), wait=wait)


def scanning(left: float = 161) -> CounterState:
    wait = given.waiting(WaitFor.QR, 19)
    return taking(TenderStep.QR, tender(SBP, 2500, TenderState.ASKED), wait=wait, qr=code(left))


def checking() -> CounterState:
    wait = given.waiting(WaitFor.TENDER_CHECK, 3)
    return taking(TenderStep.CHECKING, tender(CARD, 2500, TenderState.ASKED), wait=wait)


def deciding(*before: Tender) -> CounterState:
    moved = Money.sum([each.amount for each in before])
    left = 2500 - moved.kopecks // 100
    declined = tender(CARD, left, TenderState.DECLINED)
    return taking(TenderStep.DECIDE, *before, declined, trouble=words.tender_declined(NO_FUNDS, moved))


def counting() -> CounterState:
    return taking(TenderStep.CASH, PAID_2000, tender(CASH, 500))


PAID_BY_CODE = tender(SBP, 1200, TenderState.APPROVED)


def paid_by_code() -> CounterState:
    """The customer's transfer has come, and the rest is to be counted."""
    return taking(TenderStep.CASH, PAID_BY_CODE, tender(CASH, 1300))


def asked_person() -> CounterState:
    unknown = tender(CARD, 2500, TenderState.UNKNOWN)
    return taking(TenderStep.QUESTIONS, unknown, trouble=words.tender_unknown(SILENT))


def states() -> dict[str, tuple[CounterState, Entry]]:
    """Every state of taking money that is worth a look, by the name of its picture."""
    plan = Entry(mode=Mode.PART, plan=(wish(CARD, 2000),))
    giving = taking(
        TenderStep.GIVING_BACK,
        replace(PAID_2000, state=TenderState.RETURNING),
        wait=given.waiting(WaitFor.GIVE_BACK, 2),
    )
    stuck = taking(TenderStep.STUCK, PAID_2000, trouble=words.not_given_back(SILENT, given.roubles(2000)))
    return {
        "tender-ways": (OPEN, Entry()),
        "tender-overweight": (given.counter(sale=given.a_sale(0, order=overweight()), means=MEANS), Entry()),
        "tender-contact": (OPEN, Entry(mode=Mode.CONTACT, text="anna@mail.ru")),
        "tender-part": (OPEN, Entry(mode=Mode.PART, text="2000")),
        "tender-plan": (OPEN, plan),
        "tender-paid-by-code": (paid_by_code(), Entry()),
        "tender-plan-typed": (OPEN, replace(plan, text="300")),
        "tender-split": (OPEN, Entry(mode=Mode.PART, text="/3")),
        "tender-card": (asking(), Entry()),
        "tender-qr": (scanning(), Entry()),
        "tender-qr-late": (scanning(12), Entry()),
        "tender-checking": (checking(), Entry()),
        "tender-declined": (deciding(), Entry()),
        "tender-declined-rest": (deciding(PAID_2000), Entry()),
        "tender-cash": (counting(), Entry(mode=Mode.CASH, text="1000")),
        "tender-questions": (asked_person(), Entry(mode=Mode.SLIP)),
        "tender-questions-typed": (asked_person(), Entry(mode=Mode.SLIP, text="2500")),
        "tender-no-slip": (asked_person(), Entry(mode=Mode.NO_SLIP)),
        "tender-cancel": (deciding(PAID_2000), Entry(mode=Mode.CANCEL)),
        "tender-giving-back": (giving, Entry()),
        "tender-stuck": (stuck, Entry()),
    }
