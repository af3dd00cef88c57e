"""What typed sums mean for a visit, and which of them cannot be meant: pure, without Qt."""

from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderState
from pos_client.domain.sale import Sale, Stage
from pos_client.ui.entry import Entry, most_points
from pos_client.ui.wording import points as in_points
from pos_client.ui.wording import roubles, typed_sum

__all__ = [
    "banknotes",
    "looks_mistyped",
    "payment",
    "refusal_of_cash",
    "refusal_of_points",
    "rest_of",
    "split_in",
    "to_pay",
    "unplanned",
]

_NOTES = (5_000, 10_000, 50_000, 100_000, 500_000)
"""Banknotes that people hand over, in kopecks: 50, 100, 500, 1 000 and 5 000 roubles."""


_MISTYPED = 10
"""A typed sum this many times what is due is more likely a mistake or a code than money."""


def banknotes(due: Money) -> tuple[Money, ...]:
    """Sums that people are likely to hand over for `due`: the next round ones, smallest first, three at most."""
    if due <= ZERO:
        return ()
    sums = {Money(-(-due.kopecks // note) * note) for note in _NOTES}
    return tuple(sorted(each for each in sums if each != due))[:3]


def to_pay(sale: Sale) -> Money:
    """What the next key would take: what is due or, while money is taken, the cash whose turn it is or the rest."""
    if sale.stage is not Stage.PAYING:
        return sale.due
    turn = sale.takings.next
    if turn is not None and turn.kind is TenderKind.CASH and turn.state is TenderState.PLANNED:
        return turn.amount
    return max(ZERO, min(sale.taken, sale.due) - sale.takings.approved)


def rest_of(sale: Sale) -> Money:
    """What a new plan would be about: all that this visit has not taken yet."""
    return max(ZERO, min(sale.taken, sale.due) - sale.takings.approved) if sale.stage is Stage.PAYING else sale.due


def unplanned(entry: Entry, sale: Sale) -> Money:
    """What of it the plan that is being made says nothing about."""
    return rest_of(sale) - Money.sum([wish.amount for wish in entry.plan])


def split_in(text: str) -> int:
    """Into how many equal parts `/3` means to split; 0 when that is not said yet."""
    number = text.removeprefix("/")
    return int(number) if text.startswith("/") and number.isdecimal() else 0


def payment(entry: Entry, sale: Sale) -> tuple[Money, Money | None]:
    """What is to be paid and what was received (None: not a sum), as the entry stands; nothing typed is exact."""
    amount = to_pay(sale) if entry.part is None else entry.part
    return amount, amount if not entry.text else typed_sum(entry.text)


def refusal_of_cash(entry: Entry, sale: Sale) -> str:
    """Why these sums cannot be meant; empty when they can."""
    amount, received = payment(entry, sale)
    due = to_pay(sale)
    if amount > due or (amount <= ZERO and due):
        return f"К оплате теперь {roubles(due)}: введите часть заново."
    if received is None:
        return "Это не сумма."
    if received < amount:
        return f"Не хватает {roubles(amount - received)}. Оплатить часть — F8."
    return ""


def looks_mistyped(entry: Entry, sale: Sale) -> bool:
    """Whether so much money was typed that it is more likely a slip."""
    amount, received = payment(entry, sale)
    return bool(entry.text) and received is not None and received.kopecks >= _MISTYPED * max(amount.kopecks, 100)


def refusal_of_points(entry: Entry, sale: Sale) -> str:
    """Why so many points cannot be spent; empty when they can."""
    most = most_points(sale)
    if entry.text and int(entry.text) > most.count:
        return f"На этот заказ можно списать не больше: {in_points(most)}."
    return ""
