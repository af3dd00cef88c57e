"""What is said and offered when a sale with no receipt yet is to be given up, on the counter or after a restart."""

from pos_client.domain.payment import Tender
from pos_client.domain.sale import Sale
from pos_client.ui.entry import Ask
from pos_client.ui.parts_screen import Button, Look
from pos_client.ui.wording import tenders

__all__ = ["cancelling", "giving_up", "question"]


def giving_up(sale: Sale) -> Button:
    """The button that asks to give it up; it says what has to be handed back."""
    moved = _moved(sale)
    words = f"Отменить, вернуть {tenders(moved)}" if moved else "Отменить"
    return Button(Ask.GIVE_UP, words, "Del")


def question(sale: Sale) -> tuple[str, str]:
    """The question before it is done, and what follows from a yes."""
    moved = _moved(sale)
    cash = tuple(each for each in moved if not each.must_go_back)
    rest = tuple(each for each in moved if each.must_go_back)
    parts = (
        f"Верните клиенту {tenders(cash)}." if cash else "",
        f"Сами вернутся {tenders(rest)}." if rest else "",
        "" if moved else "Денег по ней не взято.",
        "Чек по ней не пробит и не будет пробит.",
    )
    return "Отменить эту продажу?", " ".join(part for part in parts if part)


def cancelling(sale: Sale) -> tuple[Button, Button]:
    """Yes and no."""
    yes = "Да, отменить и вернуть деньги" if _moved(sale) else "Да, отменить"
    return Button(Ask.GIVE_UP, yes, "Del", Look.CONTRAST), Button(Ask.PUT_OFF, "Нет, оставить", "Esc")


def _moved(sale: Sale) -> tuple[Tender, ...]:
    """What the customer has given: until a terminal or a bank has answered, nothing."""
    return tuple(each for each in sale.tenders if each.has_moved and each.amount)
