"""What the counter says when a card has to wait, because nobody knows yet what became of another one."""

from pos_client.counter.card_doubt import CardDoubt
from pos_client.domain.money import Money
from pos_client.domain.sale import Trouble

__all__ = ["not_back_yet", "not_charged", "not_refunded"]


def not_charged(doubt: CardDoubt, *, sbp: bool, begun: bool) -> Trouble:
    """A card is not asked for; `sbp`: this till takes transfers; `begun`: other money of the visit is being taken."""
    other = "наличными или по СБП" if sbp else "наличными"
    action = (
        f"Примите остаток {other}. Картой — когда доведёте {_that_one(doubt)}."
        if begun
        else f"Примите {other} либо уберите этот заказ (Esc) и сначала доведите {_that_one(doubt)}."
    )
    return Trouble(
        f"Картой пока нельзя: {_open_question(doubt)}.",
        money="С этой карты ничего не списано.",
        action=action,
        say=f"Картой сейчас не получится, можно {other}?" if begun else "",  # a notice has no room for it in large text
    )


def not_refunded(doubt: CardDoubt) -> Trouble:
    """A refund with a card in it is not begun."""
    return Trouble(
        f"Возврат на карту пока не начать: {_open_question(doubt)}.",
        money="Клиенту ещё ничего не возвращено.",
        action=f"Закройте возврат (Esc) и сначала доведите {_that_one(doubt)}.",
        say="Сначала закончу с прошлой операцией, это недолго.",
    )


def not_back_yet(doubt: CardDoubt, amount: Money) -> Trouble:
    """Money that has to go back to a card waits."""
    return Trouble(
        f"Вернуть {amount} на карту пока нельзя: {_open_question(doubt)}.",
        money="Деньги клиента у нас, это записано и не забудется.",
        action=f"Отложите (Esc) и сначала доведите {_that_one(doubt)}.",
        say="Возврат ещё не прошёл, сначала закончу с прошлой операцией.",
    )


def _open_question(doubt: CardDoubt) -> str:
    what = "прошёл ли возврат на карту" if doubt.gives_back else "прошла ли оплата картой"
    return f"не выяснено, {what} по заказу {doubt.number}"


def _that_one(doubt: CardDoubt) -> str:
    return "тот возврат: он на первом экране" if doubt.is_refund else "ту продажу: она на первом экране"
