"""Why a card was not charged, as the cashier reads it: the same sentences for every kind of terminal."""

from enum import Enum
from typing import Final

from pos_client.adapters.slips import without_cards
from pos_client.adapters.troubles import masked
from pos_client.domain.money import Money
from pos_client.domain.sale import Trouble
from pos_client.ports import (
    OtherSumError,
    OutcomeUnknownError,
    PosError,
    RefusedError,
    StillAtItError,
    UnavailableError,
)

__all__ = [
    "Decline",
    "busy",
    "declined",
    "settlement_declined",
    "settlement_unknown",
    "silent_at_it",
    "still_at_it",
    "wrong_amount",
]

_UNTOUCHED: Final = "С карты ничего не списано."
_ANOTHER: Final = "Попросите другую карту или примите оплату по-другому."


class Decline(Enum):
    """Classes of answers after which nothing was charged."""

    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    NO_FUNDS = "no funds"
    PIN = "pin"
    BLOCKED = "blocked"
    LIMIT = "limit"
    PULLED_OUT = "pulled out"
    WRONG_SUM = "wrong sum"
    QR = "qr"
    BANK = "bank"
    LOYALTY = "loyalty"
    SETTLEMENT = "settlement"
    NO_LINK = "no link"
    NO_PINPAD = "no pinpad"
    BUSY = "busy"
    OTHER = "other"


_WORDS: Final[dict[Decline, tuple[str, str, str]]] = {
    Decline.CANCELLED: (
        "Оплата отменена на терминале.",
        "Если клиент передумал случайно, повторите оплату.",
        "Оплата отменена, попробуем ещё раз?",
    ),
    Decline.TIMED_OUT: (
        "Клиент не успел приложить карту.",
        "Повторите оплату: терминал ждёт карту заново.",
        "Терминал не дождался карты, приложите, пожалуйста, ещё раз.",
    ),
    Decline.NO_FUNDS: (
        "Банк отказал: на карте не хватает денег.",
        _ANOTHER,
        "Банк отклонил оплату. Есть другая карта или наличные?",
    ),
    Decline.PIN: (
        "Неверный ПИН-код, или исчерпаны попытки его ввода.",
        "Повторите оплату или попросите другую карту.",
        "ПИН-код не подошёл, попробуйте, пожалуйста, ещё раз или другой картой.",
    ),
    Decline.BLOCKED: (
        "Банк отказал: карта заблокирована, просрочена или не обслуживается.",
        _ANOTHER,
        "Эта карта не подходит. Есть другая карта или наличные?",
    ),
    Decline.LIMIT: (
        "Банк отказал: превышен лимит карты.",
        _ANOTHER,
        "Банк отклонил оплату из-за лимита. Есть другая карта или наличные?",
    ),
    Decline.PULLED_OUT: (
        "Карту убрали слишком рано.",
        "Повторите оплату и не убирайте карту до конца.",
        "Приложите, пожалуйста, карту ещё раз и подержите.",
    ),
    Decline.WRONG_SUM: (
        "Терминал не принимает такую сумму.",
        "Примите оплату по-другому и позвоните в поддержку банка.",
        "Картой эту сумму принять не получается, можно заплатить по-другому.",
    ),
    Decline.QR: (
        "Оплата по QR-коду на терминале не прошла.",
        "Повторите оплату или попросите карту.",
        "QR-код не сработал, попробуем картой?",
    ),
    Decline.BANK: (
        "Банк сейчас не проводит оплаты: идут технические работы.",
        "Примите наличные или повторите через несколько минут.",
        "Банк временно не принимает карты, можно заплатить по-другому.",
    ),
    Decline.LOYALTY: (
        "Терминал ждёт повтора: это первая попытка с бонусами банка.",
        "Повторите оплату.",
        "Приложите, пожалуйста, карту ещё раз.",
    ),
    Decline.SETTLEMENT: (
        "Терминал не принимает оплату, пока не сделана сверка итогов.",
        "Сделайте сверку итогов (F10, затем Ctrl+F10) и повторите оплату.",
        "Терминал готовится, это займёт минуту.",
    ),
    Decline.NO_LINK: (
        "У терминала нет связи с банком.",
        "Проверьте интернет у терминала и повторите, или примите оплату по-другому.",
        "Терминал потерял связь с банком, попробуем ещё раз или по-другому?",
    ),
    Decline.NO_PINPAD: (
        "Терминал не подключён.",
        "Проверьте питание и кабель терминала и повторите, или примите оплату по-другому.",
        "Терминал сейчас не работает, можно заплатить по-другому.",
    ),
    Decline.BUSY: (
        "Терминал занят другой операцией.",
        "Дождитесь, пока он её закончит, и повторите.",
        "Терминал занят, подождите, пожалуйста, минуту.",
    ),
    Decline.OTHER: (
        "Банк отказал в оплате картой.",
        _ANOTHER,
        "Банк отклонил оплату. Есть другая карта или наличные?",
    ),
}
_TRY_AGAIN: Final = frozenset({Decline.NO_LINK, Decline.NO_PINPAD, Decline.BUSY})


def declined(why: Decline, words: str = "", *, detail: str = "") -> PosError:
    """The error for a class of answers: refused, or not reached when the same may well work in a minute.

    `words` are the terminal's own; they are added where our sentence says little.
    """
    what, action, say = _WORDS[why]
    theirs = masked(without_cards(words))
    if why is Decline.OTHER and theirs:
        what = f"Банк отказал в оплате картой: {theirs}"
    trouble = Trouble(what, _UNTOUCHED, action, say)
    kind = UnavailableError if why in _TRY_AGAIN else RefusedError
    return kind(trouble, detail=masked(without_cards(f"{detail} {words}")))


def settlement_declined(why: Decline, words: str = "", *, detail: str = "") -> PosError:
    """The same for a settlement, which nobody pays by: what the bank has against it, it says itself."""
    theirs = masked(without_cards(words))
    what = _WORDS[why][0] if why in _TRY_AGAIN else f"Банк ответил: {theirs or 'отказано'}."
    kind = UnavailableError if why in _TRY_AGAIN else RefusedError
    return kind(Trouble(what, "Оплаты на терминале не затронуты."), detail=masked(without_cards(f"{detail} {words}")))


def busy() -> PosError:
    """Our own earlier operation is still running at the terminal."""
    return declined(Decline.BUSY, detail="our own operation is still running")


def still_at_it(detail: str) -> StillAtItError:
    """The operation that is asked about has not ended: a card presented now may still be charged."""
    return StillAtItError(
        Trouble(
            "Терминал ещё занят этой операцией.",
            "Пока он ждёт карту, деньги могут пройти. Второй раз не берём и не возвращаем.",
            "Дождитесь, пока терминал закончит, или отмените операцию на нём, затем нажмите «Проверить ещё раз»."
            " Завис — перезагрузите терминал.",
            "Терминал ещё не закончил, подождите, пожалуйста.",
        ),
        detail=detail,
    )


def silent_at_it(detail: str) -> StillAtItError:
    """The terminal does not say whether it is over, and its own time for the card is not."""
    return StillAtItError(
        Trouble(
            "Терминал не говорит, чем кончилась операция, и, возможно, ещё ждёт карту.",
            "Пока он ждёт карту, деньги могут пройти. Второй раз не берём и не возвращаем.",
            "Если терминал ждёт карту, отмените операцию на нём. Через две минуты нажмите «Проверить ещё раз».",
            "Терминал ещё не закончил, подождите, пожалуйста.",
        ),
        detail=detail,
    )


def wrong_amount(theirs: Money, ours: Money) -> OtherSumError:
    """The terminal moved money, and not the sum that it was asked for."""
    return OtherSumError(
        Trouble(
            f"Терминал провёл {theirs}, а нужно было {ours}.",
            "Деньги с карты списаны, но не те.",
            "Не проводите карту второй раз. Отмените операцию на терминале с банком или позвоните в поддержку.",
            "Сумма на терминале не та, мы сейчас это исправим.",
        ),
        detail="the terminal's sum differs from ours",
    )


def settlement_unknown(detail: str) -> OutcomeUnknownError:
    """The answer to a settlement is lost; repeating it is harmless."""
    return OutcomeUnknownError(
        Trouble(
            "Терминал не подтвердил сверку итогов.",
            "Оплаты на терминале не затронуты.",
            "Повторите сверку: это безопасно.",
        ),
        detail=masked(without_cards(detail)),
    )
