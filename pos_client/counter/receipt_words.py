"""What is said of a receipt that neither register nor storage can tell of, and of the cashier's answers about it."""

from dataclasses import replace

from pos_client.domain.sale import Trouble

__all__ = [
    "NOBODY_ASKED",
    "NOT_A_NUMBER",
    "UNSIGNED",
    "denied_and_silent",
    "doubted",
    "earlier_document",
    "surely_not_registered",
]

NOBODY_ASKED = Trouble(
    "Об этом чеке сейчас ничего не спрашивают.",
    "С деньгами и чеком ничего не произошло.",
    "Нажмите «Проверить ещё раз».",
)

NOT_A_NUMBER = Trouble(
    "Это не номер фискального документа.",
    "Второй чек не пробивается.",
    "Введите число, которое на бумажном чеке стоит после «ФД».",
)

UNSIGNED = Trouble(
    "Этот чек записан со слов кассира: его фискального признака касса не знает, а чек коррекции его называет.",
    "Ничего не пробито, деньги не затронуты.",
    "Исправить его может бухгалтерия: покажите ей бумажный чек.",
)


def earlier_document(number: int, after: int) -> Trouble:
    """A document of this number was registered before the receipt was sent at all."""
    return Trouble(
        f"Чек ФД № {number} пробит раньше: перед этим чеком в кассе уже был № {after}.",
        "Второй чек не пробивается.",
        "Проверьте номер на бумаге («ФД») и введите его ещё раз.",
    )


def surely_not_registered(number: int) -> Trouble:
    """The register knows that nothing of this receipt is registered, whatever was read from a paper."""
    return Trouble(
        f"Касса снова отвечает: этот чек не пробит, а ФД № {number} — не его номер.",
        "Дважды ничего не пробьётся.",
        "Нажмите «Проверить ещё раз»: чек пробьётся.",
    )


def doubted(unknown: Trouble, why: Trouble) -> Trouble:
    """Nobody can tell of it, because of `why`, and the cashier is asked; `unknown` is what is said in any case."""
    return replace(
        unknown,
        what=f"{unknown.what} {why.what}",
        action="«Проверить ещё раз» спросит кассу снова. Вышел бумажный чек — введите его номер ФД, не вышел — Del.",
    )


def denied_and_silent(unknown: Trouble, why: Trouble) -> Trouble:
    """It is signed that there is no receipt, and the register, which is asked once more before another, is silent."""
    return replace(
        unknown,
        what=f"Записано: бумажного чека нет. {why.what}",
        action="Чек пробьётся, когда касса ответит: нажмите «Проверить ещё раз».",
    )
