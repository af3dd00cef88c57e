"""Help: what every key does, as a table that fits into the window, or the texts that somebody wants to read whole."""

from dataclasses import dataclass

from pos_client.counter.state import CounterState
from pos_client.ui.entry import Entry, Mode, on_counter
from pos_client.ui.joining_screen import whole_texts
from pos_client.ui.points_screen import whole_messages

__all__ = ["HelpLine", "HelpScreen", "help_page"]


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One key and what it does."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class HelpScreen:
    """What lies over the page while help is open."""

    title: str
    hint: str
    paragraphs: tuple[str, ...] = ()
    lines: tuple[HelpLine, ...] = ()


_HINT = "↑ ↓ — листать, Esc — закрыть"
_SALE = (
    "Обычная продажа: сканируйте заказ и CDEK ID в любом порядке, нажмите F5 и Enter. "
    "Цифры на пустом экране начинают поиск сами."
)
_LINES = (
    HelpLine("F2", "найти заказ, код CDEK ID или телефон"),
    HelpLine("F3", "вступить в программу лояльности"),
    HelpLine("F4", "списать баллы: все или сколько нужно"),
    HelpLine("Shift+F4", "купон: код и Enter, Del убирает его"),
    HelpLine("1–9", "выбрать одного из клиентов"),
    HelpLine("F5", "наличные: сколько дали, потом Enter"),
    HelpLine("Ctrl+Enter", "наличные без сдачи одним нажатием"),
    HelpLine("F6, F7", "картой, по СБП — всё, что осталось"),
    HelpLine("F8", "часть: сумма и F5–F7; /3 — на троих"),
    HelpLine("Shift+F8", "на сегодня всё, остаток — потом"),
    HelpLine("F11", "чек на телефон или e-mail"),
    HelpLine("Shift+F11", "слип карты ещё раз; другой — через F9"),
    HelpLine("F9", "возврат: скан чека, номер, список"),
    HelpLine("Shift+F9", "провести возврат, который на экране"),
    HelpLine("Ctrl+F9", "наличные по возврату выданы"),
    HelpLine("Del", "отменить, пока чек не пробит"),
    HelpLine("Esc", "шаг назад, закрыть, отложить заказ"),
    HelpLine("F10", "смена: продажи, доли, долг по баллам"),
    HelpLine("Ctrl+F10", "сверка итогов терминала"),
    HelpLine("F12", "очередь: что ещё не дошло и почему"),
    HelpLine("Shift+F12", "спросить все службы сейчас"),
)
"""Short enough to stand on one line each in large text: all of it is to be seen at once."""


def help_page(state: CounterState, entry: Entry) -> HelpScreen | None:
    """What is read now; None while help is closed."""
    if not entry.help_open:
        return None
    if entry.mode is Mode.JOIN and state.joining is not None and state.joining.texts:
        return HelpScreen("Согласия целиком", _HINT, whole_texts(state, entry))
    said = tuple(f"Программа сообщает: {text}" for text in whole_messages(on_counter(state)))
    return HelpScreen("Помощь", _HINT, (*said, _SALE), _LINES)
