"""The two questions about a receipt of which nobody but the cashier can tell: the number on its paper, or no paper."""

from pos_client.counter.state import CounterState, ReceiptDoubt
from pos_client.domain.receipt import ReceiptKind
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.parts_screen import Button, Field, Look, Tone

__all__ = ["no_paper_question", "paper_buttons", "paper_field"]

Rows = tuple[tuple[Button, ...], ...]


def paper_field(state: CounterState, entry: Entry) -> Field | None:
    """The first question; None where it is not asked."""
    doubt = state.receipt_doubt
    if doubt is None or entry.mode is not Mode.PAPER:
        return None
    return Field(
        label=f"{_what(doubt)} напечатан? Номер ФД с бумаги",
        text=entry.text,
        placeholder="число после «ФД»" if doubt.after is None else f"больше {doubt.after}",
        tone=Tone.WARNING if entry.doubted else Tone.DANGER if entry.note else Tone.PLAIN,
        hint=entry.note,
    )


def _what(doubt: ReceiptDoubt) -> str:
    if doubt.corrects:
        return "Чек коррекции"
    return "Чек возврата" if doubt.kind is ReceiptKind.RETURN else "Чек"


def no_paper_question(state: CounterState) -> tuple[str, str]:
    """The second question, before the cashier signs that nothing was printed."""
    return (
        "Бумажного чека точно нет?",
        f"Запишем это, и касса пробьёт чек. Подпись: {state.cashier.name.rstrip('.')}.",
    )


def paper_buttons(state: CounterState, entry: Entry, again: Button) -> Rows | None:
    """What can be answered; None where nothing is asked. `again` asks the register once more."""
    if state.receipt_doubt is None:
        return None
    if entry.mode is Mode.NO_PAPER:
        signed = Button(Ask.GIVE_UP, "Чека нет, подписать", "Del", Look.CONTRAST)
        return ((signed,), (Button(Ask.PUT_OFF, "Назад", "Esc"),))
    if entry.mode is not Mode.PAPER:
        return None
    there = Button(Ask.CONFIRM, f"На чеке ФД № {entry.text}", "Enter", Look.PRIMARY) if entry.text else again
    return ((there,), (Button(Ask.GIVE_UP, "Чека нет", "Del"), Button(Ask.PUT_OFF, "Отложить", "Esc")))
