"""What the cashier reads when something outside fails: one place for the sentences of all adapters."""

import re
from dataclasses import replace

from pos_client.domain.sale import Trouble
from pos_client.ports import OutcomeUnknownError, RefusedError, Service, UnavailableError

__all__ = [
    "DeniedError",
    "NotUnderstoodError",
    "denied",
    "masked",
    "not_understood",
    "refused",
    "unavailable",
    "unknown",
    "unreadable",
]

_NAMES = {
    Service.ORDERS: "Сервис заказов",
    Service.PROCESSING: "Процессинг баллов",
    Service.REGISTER: "Касса (ККТ)",
    Service.OFD: "ОФД",
    Service.TERMINAL: "Терминал",
    Service.SBP: "Банк (СБП)",
}
_UNTOUCHED = {
    Service.ORDERS: "Деньги не затронуты.",
    Service.PROCESSING: "Деньги и баллы не затронуты.",
    Service.REGISTER: "Чек не пробит, деньги у вас.",
    Service.OFD: "Чеки сохранены в кассе.",
    Service.TERMINAL: "С карты ничего не списано.",
    Service.SBP: "Перевод не сделан, деньги у клиента.",
}
_WAY_ON = {
    Service.ORDERS: "Повторите через минуту; если не поможет, проверьте сеть.",
    Service.PROCESSING: "Продавайте без баллов: начисление придёт само.",
    Service.REGISTER: "Проверьте питание и кабель кассы и повторите печать.",
    Service.OFD: "Ничего делать не нужно: касса отправит чеки сама.",
    Service.TERMINAL: "Проверьте питание и кабель терминала и повторите, или примите оплату наличными.",
    Service.SBP: "Повторите через минуту или примите оплату по-другому.",
}
_SAY = {
    Service.ORDERS: "Система заказов сейчас не отвечает, подождите, пожалуйста, минуту.",
    Service.PROCESSING: "Система баллов сейчас не отвечает: баллы за этот заказ придут позже.",
    Service.REGISTER: "Касса сейчас не печатает, подождите, пожалуйста, минуту.",
    Service.OFD: "Электронный чек придёт чуть позже.",
    Service.TERMINAL: "Терминал сейчас не отвечает, можно заплатить по-другому.",
    Service.SBP: "Оплата по QR-коду сейчас не работает, можно заплатить по-другому.",
}
_AFTER_REFUSAL = {
    Service.ORDERS: "Позвоните в поддержку и назовите номер заказа.",
    Service.PROCESSING: "Продавайте без баллов.",
    Service.REGISTER: "Позвоните в сервис кассы и прочтите эти слова.",
    Service.OFD: "Позвоните в поддержку ОФД.",
    Service.TERMINAL: "Попробуйте другую карту или другой способ оплаты.",
    Service.SBP: "Примите оплату другим способом.",
}
_SAY_OF_REFUSAL = {
    Service.ORDERS: "Заказ сейчас оформить не получается, я уточню у поддержки.",
    Service.PROCESSING: "Баллы к этому заказу применить не получилось.",
    Service.REGISTER: "Касса не приняла чек, подождите, пожалуйста, минуту.",
    Service.OFD: "Электронный чек придёт позже.",
    Service.TERMINAL: "Оплата картой не прошла, можно заплатить по-другому.",
    Service.SBP: "Оплата по QR-коду не прошла, можно заплатить по-другому.",
}
_MOVES_MONEY = {Service.TERMINAL: "платёж", Service.SBP: "перевод"}
_PHONE = re.compile(r"(?<!\d)\+?[78][\s(-]*(\d{3})[\s)-]*\d{3}[\s-]*\d{2}[\s-]*(\d{2})(?!\d)")
_ABROAD = re.compile(r"\+(?!7)\d{1,3}(?:[\s()-]{0,2}\d){5,10}(\d{2})(?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@([\w-]+\.[\w.-]+)")
_CYRILLIC = re.compile(r"[А-Яа-яЁё]")
_LONGEST = 300
_LONGEST_READ = 2000
"""The patterns take time by the square of the length, and nobody reads so much."""


class DeniedError(RefusedError):
    """The other side does not know this till (401, 403): a person has to repair its keys, repeating is useless."""


class NotUnderstoodError(OutcomeUnknownError):
    """An answer that is neither yes nor no in the service's own form: nobody knows what it means for what was sent."""


def masked(words: str) -> str:
    """Somebody else's words without complete phones and mail addresses, cut to a readable length."""
    hidden = _PHONE.sub(r"+7 \1 •••-••-\2", words[:_LONGEST_READ])
    hidden = _ABROAD.sub(r"+••• \1", hidden)
    return _EMAIL.sub(r"•••@\1", hidden).strip()[:_LONGEST]


def unavailable(service: Service, detail: str, *, retry_after: float | None = None) -> UnavailableError:
    """Nobody answered, and nothing happened; `retry_after` in seconds."""
    trouble = Trouble(f"{_NAMES[service]}: нет ответа.", _UNTOUCHED[service], _WAY_ON[service], _SAY[service])
    return UnavailableError(trouble, detail=masked(detail), retry_after=retry_after)


def unreadable(service: Service, detail: str, *, retry_after: float | None = None) -> UnavailableError:
    """An answer came that makes no sense, to a question that changes nothing; `retry_after` in seconds."""
    trouble = Trouble(f"{_NAMES[service]}: непонятный ответ.", _UNTOUCHED[service], _WAY_ON[service], _SAY[service])
    return UnavailableError(trouble, detail=masked(detail), retry_after=retry_after)


def not_understood(service: Service, status: int, detail: str) -> NotUnderstoodError:
    """An answer came to a call that changes something, and it is neither yes nor no in the service's own form."""
    found = unknown(service, f"HTTP {status} {detail}")
    what = found.trouble.what
    if service not in _MOVES_MONEY and service is not Service.REGISTER:
        what = f"{_NAMES[service]}: непонятный ответ (HTTP {status}), операция могла пройти."
    return NotUnderstoodError(replace(found.trouble, what=what), detail=found.detail)


def unknown(service: Service, detail: str, *, retry_after: float | None = None) -> OutcomeUnknownError:
    """The answer to a call that changes something is lost; `retry_after` in seconds."""
    if service is Service.REGISTER:
        trouble = Trouble(
            "Касса не подтвердила чек: он мог пробиться.",
            "Оплата принята и записана.",
            "Не пробивайте второй чек: программа сама спросит кассу.",
            "Касса печатает чек, подождите, пожалуйста.",
        )
    elif service in _MOVES_MONEY:
        trouble = Trouble(
            f"{_NAMES[service]}: ответ потерян, {_MOVES_MONEY[service]} мог пройти.",
            "Деньги могли быть списаны: второй раз платить нельзя, пока это не выяснится.",
            "Подождите: программа сама спросит, прошла ли оплата.",
            "Проверяем, прошла ли оплата, подождите, пожалуйста.",
        )
    else:
        trouble = Trouble(
            f"{_NAMES[service]}: ответ потерян, операция могла пройти.",
            "Программа помнит об операции и всё выяснит сама.",
            _WAY_ON[service],
            _SAY[service],
        )
    return OutcomeUnknownError(trouble, detail=masked(detail), retry_after=retry_after)


def refused(service: Service, words: str, *, action: str = "", say: str = "", detail: str = "") -> RefusedError:
    """The other side said no, in its own `words`."""
    what = masked(words) or f"{_NAMES[service]}: отказ без объяснения."
    if not _CYRILLIC.search(what):
        what = f"{_NAMES[service]}: отказ. {what}"
    trouble = Trouble(what, _UNTOUCHED[service], action or _AFTER_REFUSAL[service], say or _SAY_OF_REFUSAL[service])
    return RefusedError(trouble, detail=masked(detail))


def denied(service: Service, status: int, words: str) -> DeniedError:
    """The till's key is not accepted (HTTP 401 or 403)."""
    trouble = Trouble(
        f"{_NAMES[service]}: ключ этой кассы не принят.",
        _UNTOUCHED[service],
        "Сообщите владельцу точки: нужно проверить ключ в настройках.",
        _SAY[service],
    )
    return DeniedError(trouble, detail=masked(f"HTTP {status}: {words}"))
