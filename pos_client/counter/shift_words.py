"""What the counter says to the cashier about the settlement of the card terminal («сверка итогов»)."""

from dataclasses import replace

from pos_client.domain.sale import Trouble

__all__ = ["CARD_IN_DOUBT", "not_confirmed", "not_printed", "not_settled"]

_UNTOUCHED = "Оплаты на терминале не затронуты."

CARD_IN_DOUBT = Trouble(
    "Сверка итогов подождёт: сначала закончим оплату или возврат картой.",
    money="По последней операции терминала касса узнаёт, прошли ли деньги, а сверка её сменит.",
    action="Закончите начатое и повторите сверку. Закрыть смену в ККТ можно и без неё.",
)


def not_settled(why: Trouble) -> Trouble:
    """The bank has not confirmed it, for this reason; repeating it is harmless, and the register waits for nobody."""
    return Trouble(
        f"Сверка итогов не прошла. {why.what}",
        money=_UNTOUCHED,
        action="Повторите сверку: это безопасно. Закрыть смену в ККТ можно и без неё.",
    )


def not_confirmed(why: Trouble) -> Trouble:
    """Nobody knows whether it was done."""
    return replace(why, action="Повторите сверку: это безопасно. Закрыть смену в ККТ можно и без неё.", say="")


def not_printed(why: Trouble) -> Trouble:
    """It is done, and its slip is not on paper for this reason."""
    return Trouble(
        f"Сверка итогов прошла, но слип не напечатан. {why.what}",
        money=_UNTOUCHED,
        action="Напечатайте его ещё раз тем же жестом: сверка не повторится.",
    )
