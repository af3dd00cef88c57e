"""What is said and offered when a sale with no receipt yet is to be given up, on the counter or after a restart."""

from pos_client.domain.sale import Sale
from pos_client.ui.entry import Ask
from pos_client.ui.parts_screen import Button, Look
from pos_client.ui.wording import tenders

__all__ = ["cancelling", "giving_up", "question"]


def giving_up(sale: Sale) -> Button:
    """The button that asks to give it up; it says what has to be handed back."""
    words = f"Отменить, вернуть {tenders(sale.tenders)}" if sale.taken else "Отменить"
    return Button(Ask.GIVE_UP, words, "Del")


def question(sale: Sale) -> tuple[str, str]:
    """The question before it is done, and what follows from a yes."""
    given = f"Верните клиенту {tenders(sale.tenders)}." if sale.taken else "Денег по ней не взято."
    return "Отменить эту продажу?", f"{given} Чек по ней не пробит и не будет пробит."


def cancelling(sale: Sale) -> tuple[Button, Button]:
    """Yes and no."""
    yes = "Да, отменить и вернуть деньги" if sale.taken else "Да, отменить"
    return Button(Ask.GIVE_UP, yes, "Del", Look.CONTRAST), Button(Ask.PUT_OFF, "Нет, оставить", "Esc")
