"""What the counter says when a card has to wait, because nobody knows yet what became of another one."""

from pos_client.counter.card_doubt import CardDoubt
from pos_client.domain.money import Money
from pos_client.domain.sale import Trouble

__all__ = ["not_back_yet", "not_charged", "not_refunded"]

_ONE_MEMORY = "Терминал помнит только последнюю операцию: новая стёрла бы ответ о прежней."


def not_charged(doubt: CardDoubt, *, sbp: bool, begun: bool) -> Trouble:
    """A card is not asked for; `sbp`: this till takes transfers; `begun`: other money of the visit is being taken."""
    other = "наличными или по СБП" if sbp else "наличными"
    action = (
        f"Примите остаток {other}. Картой — после того, как {_will_finish(doubt)}."
        if begun
        else f"Примите {other}. Либо уберите этот заказ (Esc), {_finish(doubt)} и вернитесь к нему."
    )
    return Trouble(
        f"Картой пока нельзя: {_open_question(doubt)}.",
        money=f"Эту карту касса не запрашивала. {_ONE_MEMORY}",
        action=action,
        say=f"Картой сейчас не получится, можно {other}?",
    )


def not_refunded(doubt: CardDoubt) -> Trouble:
    """A refund with a card in it is not begun."""
    return Trouble(
        f"Возврат на карту пока не начать: {_open_question(doubt)}.",
        money=f"Клиенту ещё ничего не возвращено, чек возврата не пробит. {_ONE_MEMORY}",
        action=f"Закройте возврат (Esc), {_finish(doubt)} и откройте его снова.",
        say="Сначала закончу с прошлой операцией, это недолго.",
    )


def not_back_yet(doubt: CardDoubt, amount: Money) -> Trouble:
    """Money that has to go back to a card waits."""
    return Trouble(
        f"Вернуть {amount} на карту пока нельзя: {_open_question(doubt)}.",
        money=f"Деньги клиента у нас, это записано и не забудется. {_ONE_MEMORY}",
        action=f"Отложите (Esc), {_finish(doubt)}, потом доведите это.",
        say="Возврат ещё не прошёл, сначала закончу с прошлой операцией.",
    )


def _open_question(doubt: CardDoubt) -> str:
    what = "прошёл ли возврат на карту" if doubt.gives_back else "прошла ли оплата картой"
    return f"не выяснено, {what} по заказу {doubt.number}"


def _finish(doubt: CardDoubt) -> str:
    return f"доведите {_unfinished(doubt)}"


def _will_finish(doubt: CardDoubt) -> str:
    return f"доведёте {_unfinished(doubt)}"


def _unfinished(doubt: CardDoubt) -> str:
    what = "незавершённый возврат" if doubt.is_refund else "незавершённую продажу"
    return f"{what} заказа {doubt.number} на первом экране"
