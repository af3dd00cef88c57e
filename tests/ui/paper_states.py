"""Receipts of which nobody but the cashier can tell: of a sale, of a return, of a correction."""

from dataclasses import replace

from pos_client.counter import refund_words, words
from pos_client.counter.receipt_words import denied_and_silent, doubted
from pos_client.counter.state import CounterState, ReceiptDoubt
from pos_client.domain.receipt import ReceiptKind
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.ui.entry import Entry, Mode
from tests.ui import counter_states as given
from tests.ui import refund_states

REPLACED = Trouble(
    "В кассе другой фискальный накопитель, чека он не знает.",
    "Второй чек не пробивается.",
    "Посмотрите, вышел ли бумажный чек, и ответьте на вопросы.",
    "Проверяем ваш чек, подождите, пожалуйста.",
)
AFTER = 4101


def doubt(kind: ReceiptKind = ReceiptKind.SALE, after: int | None = AFTER, *, corrects: bool = False) -> ReceiptDoubt:
    return ReceiptDoubt(kind, given.roubles(2500), after, corrects=corrects)


def of_sale(trouble: Trouble | None = None, about: ReceiptDoubt | None = None) -> CounterState:
    stopped: Sale = given.a_paid_sale().troubled(trouble or doubted(words.receipt_unknown(REPLACED), REPLACED))
    return given.counter(sale=stopped, receipt_doubt=about or doubt())


def of_return() -> CounterState:
    stopped = refund_states.fiscalising(doubted(refund_words.receipt_unknown(REPLACED), REPLACED))
    return replace(refund_states.on_page(stopped), receipt_doubt=doubt(ReceiptKind.RETURN, 4119))


def of_correction() -> CounterState:
    state = of_sale(about=doubt(ReceiptKind.RETURN, 4102, corrects=True))
    assert state.sale is not None
    return replace(state, sale=replace(state.sale, stage=Stage.CORRECTING))


def states() -> dict[str, tuple[CounterState, Entry]]:
    """Every one that is worth a look, by the name of its picture."""
    asked, signed = Entry(mode=Mode.PAPER), Entry(mode=Mode.NO_PAPER)
    sure = "На бумаге точно ФД № 9102? Да — Enter, исправить — Backspace."
    return {
        "paper": (of_sale(), asked),
        "paper-typed": (of_sale(), replace(asked, text="4102")),
        "paper-far": (of_sale(), replace(asked, text="9102", doubted=True, note=sure)),
        "paper-none": (of_sale(), signed),
        "paper-silent": (of_sale(denied_and_silent(given.UNKNOWN_RECEIPT, given.STOPPED)), asked),
        "paper-correction": (of_correction(), asked),
        "paper-return": (of_return(), asked),
        "paper-return-typed": (of_return(), replace(asked, text="4120")),
        "paper-return-none": (of_return(), signed),
    }
