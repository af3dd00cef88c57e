"""What the counter says about slips of the card terminal."""

from collections.abc import Sequence

from pos_client.domain.sale import Trouble

__all__ = ["DISK", "NO_SLIP", "not_printed", "repeated"]

DISK = "Не удаётся записать на диск, что слип печатается."

NO_SLIP = Trouble(
    "По этому заказу слипа нет.",
    money="С деньгами ничего не произошло.",
    action="Если платили картой на этой кассе, терминал печатает слипы сам: повтор — в его меню.",
)


def not_printed(why: Trouble, *, sure: bool) -> Trouble:
    """A slip is not on paper, or nobody knows whether it is."""
    return Trouble(
        f"{'Слип не напечатан' if sure else 'Неизвестно, напечатан ли слип'}. {why.what}",
        money="Деньги и чек от слипа не зависят: операция терминала записана.",
        action="Напечатать слип ещё раз — Shift+F11: по заказу на экране или по выбранному в списке (F9).",
    )


def repeated(slip: Sequence[str]) -> tuple[str, ...]:
    """The slip as it is printed when somebody asks for it again: nobody shall take it for a second payment."""
    return ("ПОВТОР СЛИПА", *slip)
