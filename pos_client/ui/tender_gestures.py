"""What the gestures of cards, transfers and plans of several tenders come to; pure, without Qt."""

from dataclasses import replace

from pos_client.counter.state import CounterState, TenderStep
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderWish, split_equally
from pos_client.domain.sale import Sale, Stage
from pos_client.ui import loyalty_gestures as loyalty
from pos_client.ui import refund_gestures as refunds
from pos_client.ui.commands import (
    AnswerCheck,
    Cancel,
    Command,
    Enough,
    JoinClose,
    PayPlan,
    ReceiptWanted,
    Recheck,
    RefundReceipt,
    RestBy,
    SetAside,
    StopQr,
)
from pos_client.ui.entry import Entry, Mode, Step, cannot_take_money, step_of
from pos_client.ui.sums import rest_of, split_in, to_pay, unplanned
from pos_client.ui.wording import roubles, typed_sum

__all__ = [
    "CASH_IS_TYPED",
    "NO_MEANS",
    "begun",
    "card_wanted",
    "contact_typed",
    "enough_wanted",
    "no_slip",
    "plan_entered",
    "planned_by",
    "receipt_wanted",
    "row_taken_back",
    "sbp_wanted",
    "slip_typed",
    "stepped_back",
    "ways_to_split",
]

NO_MEANS: dict[TenderKind, str] = {
    TenderKind.CARD: "Карта на этой кассе не принимается: терминал не подключён.",
    TenderKind.SBP: "СБП на этой кассе не принимается: банк не подключён.",
}
CASH_IS_TYPED = "Набраны наличные: принять их — Enter. Платят иначе — сначала сотрите сумму: Backspace."
_WAIT_FOR_PRICE = "Секунду: ждём цену. Потом нажмите ещё раз."
_MOST_PARTS = 9


def card_wanted(entry: Entry, state: CounterState) -> Step:
    """F6."""
    return _cashless(entry, state, TenderKind.CARD)


def sbp_wanted(entry: Entry, state: CounterState) -> Step:
    """F7."""
    return _cashless(entry, state, TenderKind.SBP)


def _cashless(entry: Entry, state: CounterState, kind: TenderKind) -> Step:  # noqa: PLR0911 - each refusal has its words
    """Everything that is left by one key; a part that was named before, or one row of a plan."""
    if kind not in state.means:
        return Step(entry.telling(NO_MEANS[kind]))
    sale = state.sale
    if sale is None or (reason := cannot_take_money(state)):
        return Step(entry.telling(reason if sale else "Сначала сканируйте заказ."))
    if entry.mode is Mode.PART:
        return planned_by(entry, state, kind)
    if entry.mode is Mode.CASH and entry.text:
        return Step(entry.telling(CASH_IS_TYPED))
    if state.wait is not None or sale.quote is None:
        return Step(entry.telling(_WAIT_FOR_PRICE))
    if not to_pay(sale):
        return Step(entry.telling("К оплате ничего: пробейте чек без доплаты, F5."))
    if entry.part is not None:
        return begun(entry, state, PayPlan((TenderWish(kind, entry.part),)))
    return begun(entry, state, RestBy(kind, None))


def receipt_wanted(entry: Entry, state: CounterState) -> Step:
    """F11: where the receipt goes; the same key again says that no paper is wanted besides."""
    if state.refund is not None:
        return refunds.receipt_wanted(entry, state.refund)
    sale = state.sale
    if sale is None or not sale.is_open or sale.order is None:
        return Step(entry.telling("Сначала сканируйте заказ."))
    if sale.stage is not Stage.OPEN:
        return Step(entry.telling("Оплата уже идёт: куда прислать чек, говорят до неё."))
    if entry.mode is not Mode.CONTACT:
        return Step(entry.typing(Mode.CONTACT, text=sale.contact))
    if not entry.text.strip():
        return Step(entry.telling(refunds.NOWHERE))
    return Step(entry.bare(), ReceiptWanted(entry.text.strip(), paper=False))


def contact_typed(entry: Entry, state: CounterState) -> Step:
    """Enter: there and on paper; nothing typed is paper alone."""
    text = entry.text.strip()
    wanted = ReceiptWanted(text, paper=True) if state.refund is None else RefundReceipt(text, paper=True)
    return Step(entry.bare(), wanted)


def begun(entry: Entry, state: CounterState, command: Command) -> Step:
    """Money is asked for; the welcome of a new member goes with it."""
    return Step(entry.bare(), command, before=JoinClose() if loyalty.has_joined(state) else None)


# ----------------------------------------------------------------------------------------------------------- the plan


def planned_by(entry: Entry, state: CounterState, kind: TenderKind) -> Step:
    """What is typed, or all that is left, becomes a row of the plan. A plan that pays everything begins by itself."""
    sale = state.sale
    if sale is None or state.wait is not None or sale.quote is None:
        return Step(entry.telling(_WAIT_FOR_PRICE))
    left = unplanned(entry, sale)
    amounts = _amounts(entry.text, left)
    if isinstance(amounts, str):
        return Step(entry.telling(amounts))
    plan = (*entry.plan, *(TenderWish(kind, amount) for amount in amounts))
    if Money.sum([wish.amount for wish in plan]) == rest_of(sale):
        return begun(entry, state, PayPlan(plan))
    return Step(replace(entry, plan=plan, text="", note=""))


def _amounts(text: str, left: Money) -> tuple[Money, ...] | str:
    """The sums that are meant, or why they cannot be."""
    if text.startswith("/"):
        parts = split_in(text)
        if not 1 < parts <= _MOST_PARTS or parts > left.kopecks:
            return f"Поровну — на число от 2 до {_MOST_PARTS}."
        return split_equally(left, parts)
    amount = typed_sum(text) if text else left
    if amount is None or amount <= ZERO:
        return "Введите, какую часть оплачивает клиент."
    if amount > left:
        return f"Это больше, чем осталось: {roubles(left)}."
    return (amount,)


def plan_entered(entry: Entry) -> Step:
    """Enter on a plan: what is in it is all that is paid today. Cash alone is counted before anything is taken."""
    if entry.text:
        return Step(entry.telling("Чем платят эту часть: F5 — наличными, F6 — картой, F7 — по СБП."))
    first = entry.plan[0]
    if len(entry.plan) == 1 and first.kind is TenderKind.CASH:
        return Step(entry.typing(Mode.CASH, part=first.amount))
    return Step(entry.bare(), PayPlan(entry.plan))


def row_taken_back(entry: Entry) -> Entry:
    """Backspace with nothing typed takes the last row back."""
    return replace(entry, plan=entry.plan[:-1], note="")


def ways_to_split(sale: Sale, entry: Entry) -> tuple[str, ...]:
    """What an arrow offers: nothing typed, or all that is left in two, three or four parts."""
    parts = range(2, 5) if unplanned(entry, sale).kopecks >= _MOST_PARTS else ()
    return ("", *(f"/{number}" for number in parts))


# ------------------------------------------------------------------------------------------- while money is being taken


def enough_wanted(entry: Entry, state: CounterState) -> Step:
    """Nothing more is paid today: what has moved is a part of the order."""
    tendering = state.tendering
    if tendering is None or tendering.step not in {TenderStep.DECIDE, TenderStep.CASH}:
        return Step(entry.telling("Сейчас заканчивать нечего."))
    if not tendering.approved:
        return Step(entry.telling("Ещё ничего не оплачено. Отказаться от оплаты — Esc."))
    return Step(entry.bare(), Enough())


def slip_typed(entry: Entry, state: CounterState) -> Step:
    """The sum on the slip; a sum that was not asked for is confirmed by the same key once more."""
    turn = state.tendering.current if state.tendering is not None else None
    if not entry.text:
        return Step(entry.bare(), Recheck())
    amount = typed_sum(entry.text)
    if turn is None or amount is None or amount <= ZERO:
        return Step(entry.telling("Это не сумма."))
    if amount != turn.amount and not entry.doubted:
        doubt = f"На слипе {roubles(amount)}, а просили {roubles(turn.amount)}? Да — Enter, исправить — Backspace."
        return Step(replace(entry, doubted=True, note=doubt))
    return Step(entry.bare(), AnswerCheck(slip=True, amount=amount))


def no_slip(entry: Entry) -> Step:
    """There is no slip; said twice, because it is signed."""
    if entry.mode is Mode.NO_SLIP:
        return Step(entry.bare(), AnswerCheck(slip=False, amount=ZERO))
    return Step(entry.typing(Mode.NO_SLIP))


def stepped_back(entry: Entry, state: CounterState) -> Step | None:  # noqa: PLR0911 - one step back from each place
    """Esc while money is being taken; None where it means something else."""
    step = step_of(state)
    if step is None:
        return None
    if entry.mode in {Mode.CANCEL, Mode.NO_SLIP}:
        return Step(entry.bare())
    match step:
        case TenderStep.QR:
            return Step(entry.bare(), StopQr())
        case TenderStep.DECIDE if entry.mode in {Mode.CASH, Mode.PART}:
            return Step(entry.bare())
        case TenderStep.CASH if entry.mode is Mode.PART:
            return Step(entry.bare())
        case TenderStep.DECIDE | TenderStep.CASH:
            sale = state.sale
            bare = sale is not None and not sale.takings.approved
            return Step(entry.bare(), Cancel()) if bare else Step(entry.typing(Mode.CANCEL))
        case TenderStep.QUESTIONS | TenderStep.STUCK:
            return Step(entry.bare(), SetAside())
        case TenderStep.ASKING:
            return Step(entry.telling("Отменить можно на самом терминале: красная кнопка."))
        case TenderStep.CHECKING | TenderStep.GIVING_BACK:
            return Step(entry.telling("Секунду: узнаём, что с деньгами. Нажимать ничего не нужно."))
