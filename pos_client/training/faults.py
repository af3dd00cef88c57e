"""Faults on demand: which call goes wrong, how, and how many times."""

import asyncio
import json
import random
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from pos_client.training.wire import Answer, JsonObject

__all__ = ["KINDS", "SERVICES", "Fault", "FaultKind", "FaultTable", "reshape"]

SERVICES: Final = ("processing", "orders", "counter", "register", "terminal", "sbp")


@dataclass(frozen=True, slots=True)
class FaultKind:
    """How a call may go wrong; `quirk` kinds are acted out by the service itself, by calls of the named roles."""

    title: str
    services: tuple[str, ...] = SERVICES
    roles: tuple[str, ...] = ()
    quirk: bool = False
    executes: bool = False


_MONEY_DEVICE = ("register",)
_LOYALTY = ("processing",)
_CARDS = ("terminal",)
_CHARGE = ("charge",)
_TRANSFERS = ("sbp",)
_SPEAK_JSON = ("processing", "orders", "counter", "register", "sbp")
KINDS: Final[dict[str, FaultKind]] = {
    "refuse": FaultKind("Не соединяется"),
    "drop": FaultKind("Обрыв до выполнения"),
    "lose-answer": FaultKind("Выполнить и потерять ответ", executes=True),
    "hang": FaultKind("Висит"),
    "slow": FaultKind("Медленно", executes=True),
    "http-500": FaultKind("500"),
    "http-502-empty": FaultKind("502 без тела"),
    "http-503": FaultKind("503"),
    "http-429": FaultKind("429 с Retry-After"),
    "unauthorized-401": FaultKind("401: нет доступа"),
    "forbidden-403": FaultKind("403: запрещено"),
    "protocol-400": FaultKind("400: запрос не понят"),
    "refused": FaultKind("Отказ по существу", _SPEAK_JSON),
    "malformed-json": FaultKind("Испорченный ответ", executes=True),
    "strings": FaultKind("Все значения строками", _SPEAK_JSON, executes=True),
    "numeric-ids": FaultKind("Идентификаторы числами", _SPEAK_JSON, executes=True),
    "extra-fields": FaultKind("Лишние поля", _SPEAK_JSON, executes=True),
    "duplicate": FaultKind("Выполнить дважды", executes=True),
    "price-changed": FaultKind("Цена изменилась", _LOYALTY, ("create",), quirk=True),
    "personal-unavailable": FaultKind("Личный расчёт недоступен", _LOYALTY, ("preorder", "create"), quirk=True),
    "discounts-unavailable": FaultKind("Расчёт недоступен", _LOYALTY, ("preorder", "create"), quirk=True),
    "points-unavailable": FaultKind("Баллы недоступны", _LOYALTY, ("preorder", "create"), quirk=True),
    "coupons-unavailable": FaultKind("Промокоды недоступны", _LOYALTY, ("preorder", "create"), quirk=True),
    "split-lines": FaultKind("Позиции разделены", _LOYALTY, ("preorder", "create"), quirk=True),
    "ambiguous": FaultKind("Найдено несколько клиентов", _LOYALTY, ("lookup",), quirk=True),
    "no-connection": FaultKind("ККТ: нет связи", _MONEY_DEVICE, ("task", "query"), quirk=True),
    "paper-out": FaultKind("ККТ: нет бумаги", _MONEY_DEVICE, ("task",), quirk=True),
    "cover-open": FaultKind("ККТ: открыта крышка", _MONEY_DEVICE, ("task",), quirk=True),
    "busy": FaultKind("ККТ: занята", _MONEY_DEVICE, ("task",), quirk=True),
    "other-total": FaultKind("ККТ: пробила другой итог", _MONEY_DEVICE, ("task",), quirk=True),
    "not-printed": FaultKind("ККТ: записан, но не допечатан", _MONEY_DEVICE, ("task",), quirk=True),
    "recorded-error": FaultKind("ККТ: чек записан, но ответ — ошибка", _MONEY_DEVICE, ("task",), quirk=True),
    "card-cancelled": FaultKind("Карта: отмена клиентом", _CARDS, _CHARGE, quirk=True),
    "card-timeout": FaultKind("Карта: клиент не успел", _CARDS, _CHARGE, quirk=True),
    "card-no-funds": FaultKind("Карта: не хватает денег", _CARDS, _CHARGE, quirk=True),
    "card-pin": FaultKind("Карта: неверный ПИН", _CARDS, _CHARGE, quirk=True),
    "card-blocked": FaultKind("Карта: заблокирована", _CARDS, _CHARGE, quirk=True),
    "card-limit": FaultKind("Карта: лимит", _CARDS, _CHARGE, quirk=True),
    "card-odd": FaultKind("Терминал: неизвестный код отказа", _CARDS, (*_CHARGE, "settle"), quirk=True),
    "card-no-link": FaultKind("Терминал: нет связи с банком", _CARDS, (*_CHARGE, "settle", "test"), quirk=True),
    "card-settlement": FaultKind("Терминал: нужна сверка итогов", _CARDS, _CHARGE, quirk=True),
    "card-no-pinpad": FaultKind("Терминал: не подключён", _CARDS, quirk=True),
    "card-busy": FaultKind("Терминал: занят", _CARDS, quirk=True),
    "card-unsure": FaultKind("Терминал: сам не знает итога", _CARDS, _CHARGE, quirk=True),
    "card-wrong-sum": FaultKind("Терминал: провёл другую сумму", _CARDS, _CHARGE, quirk=True),
    "card-full-number": FaultKind("Терминал: полный номер карты в слипе", _CARDS, _CHARGE, quirk=True),
    "paid-after-revoke": FaultKind("СБП: оплатили, пока отзывали", _TRANSFERS, ("revocation",), quirk=True),
}
_AFTER_IS_POSSIBLE = ("hang", "slow", "drop", "duplicate")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that is set. `times` None lasts until lifted; `skip` calls go well before it begins.

    `seconds` is the pause of `slow` and the Retry-After of `http-429`. `after` executes the call first, then hangs,
    drops or pauses; a `slow` call without it is executed when its time is over, even if the client has left by then. A
    `duplicate` call answers what its first execution said, with `after` what its second one did. A `rate` below 1 hits
    that share of the calls, chosen by `seed`: the same calls in the same order are hit again.

    Operations: processing by their own names; orders `token`, `order`, `check`; counter `pay`, `payments`, `receipts`,
    `refund-claim`, `refund-receipt`, `refund-release`; cash register by the type of the first task (`sell`), `poll`,
    and queries by their names (`queryShiftStatus`); terminal `pay`, `refund`, `settle`, `test`, `last`, `status`; sbp
    `token`, `creation`, `status`, `revocation`, `cancel`.
    """

    service: str
    kind: str
    operation: str = "*"
    times: int | None = 1
    seconds: float = 2.0
    after: bool = False
    skip: int = 0
    rate: float = 1.0
    seed: int = 0
    id: int = 0

    def concerns(self, service: str, operation: str, role: str) -> bool:
        """Whether a call may be hit by this fault."""
        roles = KINDS[self.kind].roles
        return self.service == service and self.operation in ("*", operation) and (not roles or role in roles)


class FaultTable:
    """The faults that are set now; may be changed from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._faults: list[Fault] = []
        self._last_id = 0
        self._dice: dict[int, random.Random] = {}
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def set(self, fault: Fault) -> Fault:
        """Put a fault in force; returns it with its id.

        Raises:
            ValueError: an unknown service or kind, or a kind that the service cannot act out.
        """
        kind = KINDS.get(fault.kind)
        if kind is None or fault.service not in kind.services:
            raise ValueError(f"no fault {fault.kind!r} for service {fault.service!r}")
        if fault.after and fault.kind not in _AFTER_IS_POSSIBLE:
            raise ValueError(f"{fault.kind} cannot come after the execution")
        if (fault.times is not None and fault.times < 1) or fault.seconds < 0 or fault.skip < 0:
            raise ValueError("times must be positive, seconds and skip not negative")
        if not 0 < fault.rate <= 1:
            raise ValueError("rate must be above 0 and at most 1")
        with self._lock:
            self._last_id += 1
            placed = replace(fault, id=self._last_id)
            self._dice[placed.id] = random.Random(fault.seed)  # noqa: S311 - faults that can be had again, no secrets
            self._faults.append(placed)
        return placed

    def lift(self, fault_id: int | None = None) -> None:
        """Lift one fault, or all of them; calls that hang are dropped."""
        with self._lock:
            self._faults = [one for one in self._faults if fault_id is not None and one.id != fault_id]
        self.release()

    def active(self) -> list[Fault]:
        """What is in force, oldest first."""
        with self._lock:
            return list(self._faults)

    def take(self, service: str, operation: str, role: str) -> Fault | None:
        """The fault that hits this call, counted off; the oldest one that concerns it."""
        with self._lock:
            for at, fault in enumerate(self._faults):
                if not fault.concerns(service, operation, role):
                    continue
                if fault.skip:
                    self._faults[at] = replace(fault, skip=fault.skip - 1)
                    continue
                if fault.rate < 1 and self._dice[fault.id].random() >= fault.rate:
                    continue
                if fault.times is not None:
                    left = fault.times - 1
                    self._faults[at : at + 1] = [replace(fault, times=left)] if left else []
                return fault
        return None

    def release(self) -> None:
        """Wake every call that hangs, so that the server may stop at once."""
        with self._lock:
            waiting = list(self._waiting)
        for loop, event in waiting:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

    def wait_for_hanging(self, calls: int, seconds: float) -> bool:
        """Block this thread until so many calls hang or pause at once; False when the time is over."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self._waiting) >= calls, seconds)

    async def pause(self, seconds: float | None, gone: Callable[[], Awaitable[None]] | None = None) -> bool:
        """Wait the time out (None: for ever), or until the client is gone; True when the calls were released."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.add(entry)
            self._lock.notify_all()
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(entry[1].wait())]
        if gone is not None:
            waits.append(asyncio.ensure_future(gone()))
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            with self._lock:
                self._waiting.discard(entry)
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return entry[1].is_set()


def reshape(kind: str, answer: Answer) -> bytes:
    """The body of an executed answer, spoilt as the kind says."""
    if answer.content is not None:
        return answer.content[: len(answer.content) * 2 // 3] if kind == "malformed-json" else answer.content
    if answer.body is None:
        return b""
    if kind == "strings":
        return _dump(_stringed(answer.body))
    if kind == "numeric-ids":
        return _dump(_numbered(answer.body, inside_ids=False))
    if kind == "extra-fields":
        return _dump(_extended(answer.body))
    body = _dump(answer.body)
    return body[: len(body) * 2 // 3] if kind == "malformed-json" else body


def _dump(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _stringed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _stringed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_stringed(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _numbered(value: object, *, inside_ids: bool) -> object:
    if isinstance(value, dict):
        return (
            {
                key: _numbered(item, inside_ids=key == "ids" or key.endswith(("_id", "_number")))
                for key, item in value.items()
            }
            if not inside_ids
            else {key: _numbered(item, inside_ids=True) for key, item in value.items()}
        )
    if isinstance(value, list):
        return [_numbered(item, inside_ids=inside_ids) for item in value]
    if inside_ids and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value


def _extended(value: object) -> object:
    if isinstance(value, dict):
        known: JsonObject = {key: _extended(value[key]) for key in reversed(value)}
        return {"newFieldOfTomorrow": {"ids": {"externalId": "x"}, "values": [1, None, "…"]}, **known}
    if isinstance(value, list):
        return [_extended(item) for item in value]
    return value
