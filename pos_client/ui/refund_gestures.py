"""What the gestures of a refund come to: open its page, confirm, hand the cash out, leave it; pure, without Qt."""

from dataclasses import replace

from pos_client.counter.state import CounterState, RefundPage
from pos_client.domain.money import ZERO
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Tender
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Stage
from pos_client.ui.commands import (
    Dismiss,
    RefundAnswer,
    RefundClose,
    RefundConfirm,
    RefundGiveUp,
    RefundHandedOut,
    RefundNamed,
    RefundOneLine,
    RefundOpen,
    RefundRecall,
    RefundReceipt,
    RefundRecheck,
    RefundResume,
    RefundSetAside,
)
from pos_client.ui.entry import Entry, Mode, Step, on_counter, refund_in_question, return_by_hand, return_in_doubt
from pos_client.ui.wording import roubles, typed_sum

__all__ = [
    "NOWHERE",
    "confirmed_on_page",
    "give_back_wanted",
    "given_up",
    "handed_out_wanted",
    "is_reference",
    "kept_from_the_page",
    "left",
    "no_slip",
    "number_typed",
    "one_line_wanted",
    "receipt_wanted",
    "refund_wanted",
    "refused_wanted",
    "slip_typed",
    "suggested",
    "taken_up",
    "under_way",
]

NOWHERE = "Без бумаги чек нужно куда-то прислать: телефон с +7 или e-mail."

_RRN_DIGITS = 12
_UNDER_WAY = "Возврат уже идёт. Второй раз нажимать не нужно."


def under_way(page: RefundPage) -> bool:
    """Whether something is being done right now, so that every other gesture has to wait."""
    return page.busy or page.wait is not None


def kept_from_the_page(entry: Entry, state: CounterState) -> Step | None:
    """A gesture of a sale while the page of a refund lies on the counter; None when there is no page."""
    page = state.refund
    if page is None:
        return None
    if under_way(page):
        return Step(entry.telling("Сначала доведите возврат."))
    if page.refund.stage is RefundStage.OPEN:
        return Step(entry.telling("Сначала закройте возврат: Esc. Или сканируйте следующий заказ."))
    return Step(entry.telling("Сначала закончите этот возврат или отложите его: Esc."))


def refused_wanted(entry: Entry, state: CounterState) -> Step | None:
    """F9 in the queue: a payment that its order did not take goes back. None: the chosen row is none."""
    chosen = next((each for each in state.entries if each.key == entry.row), None)
    if chosen is None or not chosen.payment_refused:
        return None
    return Step(replace(entry.bare(), queue_open=False), RefundOpen(chosen.order_number))


def refund_wanted(entry: Entry, state: CounterState) -> Step:
    """F9: open the refund of the order on the counter, or ask which."""
    if state.refund is not None:
        return _on_page(entry, state.refund)
    sale = on_counter(state)
    if sale is not None and sale.stage is not Stage.OPEN:
        return Step(entry.telling("Сначала закончим с этой оплатой."))
    if entry.mode is Mode.REFUND:
        return number_typed(entry, state)
    if sale is None or sale.order is None:
        return Step(entry.typing(Mode.REFUND), RefundRecall())
    if not sale.order.visits:
        return Step(entry.telling("По этому заказу ещё ничего не оплачено: возвращать нечего."))
    return Step(entry.bare(), RefundOpen(sale.order.number))


def _on_page(entry: Entry, page: RefundPage) -> Step:
    if under_way(page):
        return Step(entry.telling(_UNDER_WAY))
    match page.refund.stage:
        case RefundStage.OPEN:
            return Step(entry.telling("Вернуть всё — Shift+F9, закрыть — Esc."))
        case RefundStage.HANDING_OUT:
            return Step(entry.telling(_GIVE))
        case _:
            return Step(entry.telling("Сначала узнаем, что с возвратом: Enter."))


def receipt_wanted(entry: Entry, page: RefundPage) -> Step:
    """F11 on the page: where the receipt of the return goes; the same key again says that no paper is wanted."""
    if under_way(page) or page.refund.stage is not RefundStage.OPEN:
        return Step(entry.telling("Возврат уже идёт: куда прислать его чек, говорят до подтверждения."))
    if entry.mode is not Mode.CONTACT:
        return Step(entry.typing(Mode.CONTACT, text=page.refund.contact))
    if not entry.text.strip():
        return Step(entry.telling(NOWHERE))
    return Step(entry.bare(), RefundReceipt(entry.text.strip(), paper=False))


def give_back_wanted(entry: Entry, state: CounterState) -> Step:
    """The one key that moves money back. No scanner sends it, and no impatient second press of F9 is taken for it."""
    page = state.refund
    if page is None:
        return Step(entry.telling("Сначала откройте возврат: F9."))
    if under_way(page):
        return Step(entry.telling(_UNDER_WAY))
    if entry.mode is Mode.CONTACT:
        return Step(entry.telling("Сначала закончите с адресом чека: Enter — прислать, Esc — не нужно."))
    if page.refund.stage is RefundStage.OPEN:
        return Step(entry.bare(), RefundConfirm())
    back = return_by_hand(state)
    return _on_page(entry, page) if back is None else _named(entry, back)


def is_reference(text: str) -> bool:
    """Whether this can be the RRN of a card operation; a sum of so many digits cannot."""
    return len(text) == _RRN_DIGITS and text.isdecimal()


def _named(entry: Entry, back: Tender) -> Step:
    if back.kind is not TenderKind.CARD:
        return Step(entry.telling("Касса этот перевод вернуть не может: верните его через банк и наберите сумму."))
    if not is_reference(entry.text):
        return Step(entry.telling("Наберите RRN со слипа оплаты, двенадцать цифр, потом Shift+F9."))
    return Step(entry.bare(), RefundNamed(entry.text))


def handed_out_wanted(entry: Entry, state: CounterState) -> Step:
    """Ctrl+F9: the customer has the cash. A key of its own, which a second press of the one before is not taken for."""
    page = state.refund
    if page is None:
        return Step(entry.telling("Выдавать нечего. Возврат — F9."))
    if not under_way(page) and page.refund.stage is RefundStage.HANDING_OUT:
        return Step(entry.bare(), RefundHandedOut())
    return _on_page(entry, page)


_MAYBE_PRINTED = "чек возврата мог пройти. Сначала проверим: Enter."
_TOO_LATE = {
    RefundStage.RETURNING: "деньги могли уйти. Сначала проверим: Enter.",
    RefundStage.CORRECTING: "чек возврата пробит на другую сумму. Исправить его: Enter.",
}
_GIVE = "Выдайте деньги клиенту, потом нажмите Ctrl+F9."


def number_typed(entry: Entry, _state: CounterState) -> Step:
    """The order was typed."""
    text = entry.text.strip()
    if not text:
        return Step(entry.telling("Сканируйте QR чека или накладную, либо наберите номер заказа."))
    return Step(entry.bare(), RefundOpen(text))


def suggested(entry: Entry, state: CounterState, by: int) -> Entry:
    """The arrows go through the orders that were sold last, and past the end to none of them."""
    texts = ("", *dict.fromkeys(sale.order.number for sale in state.recent if sale.order is not None))
    at = texts.index(entry.text) if entry.text in texts else 0
    return replace(entry, text=texts[(at + by) % len(texts)], note="")


def confirmed_on_page(entry: Entry, page: RefundPage, state: CounterState) -> Step:
    """Enter asks again what is not known; it never gives anything back."""
    if state.notice is not None:
        return Step(entry, Dismiss())
    if under_way(page):
        return Step(entry)
    match page.refund.stage:
        case RefundStage.OPEN:
            return Step(entry.telling("Enter ничего не возвращает. Вернуть всё — Shift+F9."))
        case RefundStage.HANDING_OUT:
            return Step(entry.telling(_GIVE))
        case _:
            return Step(entry.bare(), RefundRecheck())


def slip_typed(entry: Entry, page: RefundPage, state: CounterState) -> Step:
    """Enter under the question about a slip of the return: its sum, or with nothing typed the terminal once more."""
    back = return_in_doubt(state)
    if back is None or not entry.text:
        return confirmed_on_page(entry, page, state)
    by_hand = return_by_hand(state) is not None
    if by_hand and is_reference(entry.text):
        return Step(entry.telling("Enter ничего не возвращает. Вернуть по этому RRN — Shift+F9."))
    if by_hand and typed_sum(entry.text) != back.amount:
        return Step(entry.telling(f"Вернуть нужно {roubles(back.amount)}. Ещё не вернули — нажмите Del."))
    if typed_sum(entry.text) != back.amount:
        # A terminal may have given back another sum: "no slip" would give the money back a second time.
        wrong = "Слип этого возврата на другую сумму — не нажимайте Del: Esc и в поддержку."
        return Step(entry.telling(f"Возвращали {roubles(back.amount)}. {wrong}"))
    return Step(entry.bare(), RefundAnswer(slip=True, amount=back.amount))


def no_slip(entry: Entry) -> Step:
    """There is no slip of the return; said twice, because it is signed."""
    if entry.mode is Mode.NO_SLIP:
        return Step(entry.bare(), RefundAnswer(slip=False, amount=ZERO))
    return Step(entry.typing(Mode.NO_SLIP))


def left(entry: Entry, page: RefundPage) -> Step:
    """Esc: what was only read is forgotten; what stopped waits among the unfinished."""
    if under_way(page):
        return Step(entry.telling(_UNDER_WAY))
    return Step(entry.bare(), RefundClose() if page.refund.stage is RefundStage.OPEN else RefundSetAside())


def given_up(entry: Entry, state: CounterState) -> Step:
    """Del asks, and asked again gives up a refund of which surely nothing has moved."""
    refund = refund_in_question(entry, state)
    if refund is None or entry.page_open or entry.mode not in {Mode.NONE, Mode.CANCEL}:
        return Step(entry)
    if state.refund is not None and under_way(state.refund):
        return Step(entry.telling(_UNDER_WAY))
    if refund.stage is RefundStage.HANDING_OUT:
        return Step(entry.telling(f"Возврат проведён, отказаться нельзя. {_GIVE}"))
    if not refund.may_be_given_up:
        return Step(entry.telling(f"Отказаться нельзя: {_TOO_LATE.get(refund.stage, _MAYBE_PRINTED)}"))
    if entry.mode is Mode.CANCEL:
        return Step(entry.bare(), RefundClose() if state.refund is not None else RefundGiveUp(refund.id))
    return Step(entry.typing(Mode.CANCEL))


def taken_up(entry: Entry, refund: Refund) -> Step:
    """Enter on an unfinished refund."""
    return Step(entry.bare(), RefundResume(refund.id))


def one_line_wanted(entry: Entry) -> Step:
    """F8 on the page: services are returned only together."""
    return Step(entry.bare(), RefundOneLine())
