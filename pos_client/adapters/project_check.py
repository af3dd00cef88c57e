"""Asks a live processing whether a project's names are right, without leaving anything behind.

Only the server knows its names, and how it says no is its own. So each question is asked beside a control: the same
question with a name that cannot exist. An answer that differs from the control's shows that the name is known; the
same answer shows that it is not. Operations that change something are called with an empty body and a transaction that
is no GUID, so that nothing can be executed; orders and customers are made up.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from pos_client.adapters.member_wire import history_body, order_body
from pos_client.adapters.operations import Outcome, OutcomeKind, outcome_of
from pos_client.adapters.processing_wire import ProcessingNames, lookup_body, preorder_body, status_body
from pos_client.adapters.project_reading import Remark, account_remarks, echo_remark, level_remark, preorder_remarks
from pos_client.adapters.transport import Call, Reply, Transport
from pos_client.adapters.troubles import masked
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.money import NO_POINTS, Money
from pos_client.domain.order import LineKind, Order, OrderLine, OrderState, Payer
from pos_client.ports import Clock, UnavailableError

__all__ = ["ProjectCheck", "Remark"]

_WITHIN: Final = 5.0
_NO_GUID: Final = "doctor"
_CLOCKS_DIFFER: Final = timedelta(seconds=60)
_SILENT: Final = frozenset({OutcomeKind.THROTTLED, OutcomeKind.UNAVAILABLE, OutcomeKind.UNKNOWN, OutcomeKind.FOREIGN})
_CHANGING: Final = ("create", "offline", "join", "send_code", "check_code")
_STATUSES: Final = ("checked_out", "paid", "cancelled", "returned")
_STATUS_WORD: Final = re.compile(r"статус|status", re.IGNORECASE)
_SERIAL: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer; `shape` is what it says without the names that were asked about."""

    outcome: Outcome
    status: int
    shape: tuple[str, int, str]

    @property
    def words(self) -> str:
        return masked(self.outcome.words) or f"HTTP {self.status}"

    @property
    def denied(self) -> bool:
        return self.outcome.kind is OutcomeKind.DENIED

    @property
    def silent(self) -> bool:
        """Whether it says nothing about what was asked."""
        return self.outcome.kind in _SILENT


class ProjectCheck:
    """One examination of one project; `office` is the point of contact of this till."""

    def __init__(self, transport: Transport, names: ProcessingNames, *, office: str, now: Clock) -> None:
        self._transport = transport
        self._names = names
        self._office = office
        self._now = now
        self._made_up = f"doctor-{uuid4()}"
        self._ahead: timedelta | None = None
        """How far this computer's clock is ahead of the server's."""

    async def run(self, member: str = "") -> list[Remark]:
        """Everything that was found; `member` is the CDEK ID of a real member, by whom more can be seen.

        A processing that does not answer is a finding too: nothing is raised for it.
        """
        if (mixed := self._mixed_up()) is not None:
            return [mixed]
        remarks: list[Remark] = []
        try:
            found = await self._lookup(member)
            if found.denied:
                return [*remarks, _key_remark(found, self._names), *self._clock()]
            remarks += [_key_remark(found, self._names), *await self._operations(found)]
            remarks += await self._statuses()
            remarks += await self._preorder(found, member)
        except UnavailableError as error:
            remarks.append(
                Remark("Проект: связь", None, f"Процессинг перестал отвечать: {error.detail}", "Повторите проверку.")
            )
        return [*remarks, *self._clock()]

    # ------------------------------------------------------------------------------------------------ questions

    def _mixed_up(self) -> Remark | None:
        """A question under the name of a change is not asked: with a whole body it would be the change."""
        names = self._names
        changes = {getattr(names, role): role for role in (*_CHANGING, "status", "notice")}
        for role in ("lookup", "preorder", "history", "order_info", "candidates"):
            operation: str = getattr(names, role)
            if operation and operation in changes:
                return Remark(
                    "Проект: имена",
                    False,
                    f"{role} и {changes[operation]} названы одинаково: «{operation}», проект не проверен",
                    "Впишите в [processing] разные имена операций.",
                )
        return None

    async def _lookup(self, member: str) -> _Said:
        key = CustomerKey(KeyKind.CDEK_ID, member or "0")
        return await self._ask(self._names.lookup, lookup_body(key, self._office, self._names))

    async def _operations(self, found: _Said) -> list[Remark]:
        names = self._names
        nowhere = f"Doctor.{self._made_up}"
        control = await self._ask(nowhere, {})
        guarded = await self._ask(nowhere, {}, transaction=_NO_GUID)
        questions: dict[str, Mapping[str, Any]] = {
            "preorder": {},
            "history": history_body(
                self._nobody(), names, since=self._now() - timedelta(days=1), till=self._now(), number=1, size=1
            ),
            "order_info": order_body(self._made_up, names),
            "candidates": lookup_body(CustomerKey(KeyKind.CDEK_ID, "0"), self._office, names),
            "status": {},
        }
        remarks = [_lookup_remark(names, found, control)]
        for role, body in questions.items():
            operation: str = getattr(names, role)
            if operation:
                remarks.append(_operation_remark(role, operation, await self._ask(operation, body), control))
        for role in _CHANGING:
            operation = getattr(names, role)
            said = await self._ask(operation, {}, transaction=_NO_GUID)
            # Where the transaction is looked at before the operation, both answers say only that.
            remarks.append(_operation_remark(role, operation, said, guarded, sure=guarded.shape == control.shape))
        if names.notice:
            remarks.append(
                Remark(
                    "Проект: notice",
                    None,
                    f"«{names.notice}» не проверена: это сообщение клиенту",
                    "Отправьте пробное сообщение из кабинета Mindbox.",
                )
            )
        return remarks

    async def _statuses(self) -> list[Remark]:
        impossible = f"Doctor{uuid4().hex}"
        control = await self._status(impossible)
        remarks = []
        for role in _STATUSES:
            code: str = getattr(self._names, role)
            remarks.append(_status_remark(role, code, await self._status(code), control))
        return remarks

    async def _status(self, code: str) -> _Said:
        return await self._ask(self._names.status, status_body(self._made_up, code, self._names), hide=code)

    async def _preorder(self, found: _Said, member: str) -> list[Remark]:
        names = self._names
        said = await self._price(_LINES)
        refused = {}
        if said.outcome.kind in {OutcomeKind.REJECTED, OutcomeKind.PROTOCOL}:
            for line in _LINES:
                alone = await self._price((line,))
                if alone.outcome.kind is not OutcomeKind.OK:
                    refused[names.product(line)] = alone.words
            # What no product gets past is no product's fault.
            refused = refused if len(refused) < len(_LINES) else {}
        remarks = preorder_remarks(said.outcome, _LINES, names, refused=refused, words=said.words)
        remarks.append(echo_remark(said.outcome.body, self._made_up, names) or await self._order_field())
        if found.outcome.kind is not OutcomeKind.OK:
            return remarks  # what to do about the look-up is said already
        seen = found.outcome.body if member else said.outcome.body
        return [*remarks, *account_remarks(seen, names, member=member), level_remark(found.outcome.body, names, member)]

    async def _order_field(self) -> Remark:
        """Whether the field of the order's id is known, where a price does not show it."""
        names = self._names
        nowhere = replace(names, order_id_field="doctorField")
        said = await self._ask(names.order_info, order_body(self._made_up, names), hide=names.order_id_field)
        control = await self._ask(names.order_info, order_body(self._made_up, nowhere), hide=nowhere.order_id_field)
        about, field = "Проект: номер заказа", names.order_id_field
        if said.outcome.kind is OutcomeKind.OK and said.shape != control.shape:
            return Remark(about, good=True, words=f"поле «{field}» известно")
        todo = "Сверьте [processing].order_id_field с внешним номером заказа в Mindbox."
        if said.shape == control.shape and not said.silent and said.outcome.kind is not OutcomeKind.OK:
            return Remark(about, False, f"поля «{field}» процессинг не знает: {said.words}", todo)
        return Remark(about, None, f"поле «{field}» не проверить без настоящего заказа", todo)

    async def _price(self, lines: tuple[OrderLine, ...]) -> _Said:
        order = Order(self._made_up, "", lines, OrderState.ACCEPTED, Payer.SENDER)
        body = preorder_body(
            order,
            self._nobody(),
            NO_POINTS,
            order_id=self._made_up,
            at=self._now(),
            names=self._names,
            office=self._office,
        )
        return await self._ask(self._names.preorder, body)

    def _nobody(self) -> Customer:
        return Customer(CustomerKey(KeyKind.CDEK_ID, "0"), Standing.NOT_FOUND)

    async def _ask(self, operation: str, body: Mapping[str, Any], *, transaction: str = "", hide: str = "") -> _Said:
        params = {"endpointId": self._names.endpoint, "operation": operation}
        if transaction:
            params["transactionId"] = transaction
        call = Call("POST", "/v3/operations/sync", _WITHIN, params=params, json=body)

        def read(reply: Reply) -> _Said:
            outcome = outcome_of(reply.status, reply.content)
            self._compare_clocks(reply.date)
            shape = _shape(outcome.words, operation, hide)
            return _Said(outcome, reply.status, (outcome.kind.value, reply.status, shape))

        return await self._transport.call(call, read)

    # --------------------------------------------------------------------------------------------------- clock

    def _compare_clocks(self, theirs: datetime | None) -> None:
        if theirs is not None:
            ahead = self._now() - theirs
            # The least of all differences: the rest is the way of the answer.
            self._ahead = ahead if self._ahead is None else min(self._ahead, ahead, key=abs)

    def _clock(self) -> list[Remark]:
        if self._ahead is None:
            return [Remark("Проект: часы", None, "сервер не говорит, сколько у него времени")]
        seconds = round(abs(self._ahead).total_seconds())
        if abs(self._ahead) <= _CLOCKS_DIFFER:
            return [Remark("Проект: часы", good=True, words="идут вместе с процессингом")]
        way = "спешат" if self._ahead > timedelta(0) else "отстают"
        return [
            Remark(
                "Проект: часы",
                False,
                f"часы кассы {way} на {seconds} с от часов процессинга",
                "Включите на компьютере установку времени по сети: операции из будущего процессинг не принимает.",
            )
        ]


_LINES: Final = (
    OrderLine("1", "Доставка", LineKind.DELIVERY, Money(100_00), code="136"),
    OrderLine("2", "Услуга", LineKind.SERVICE, Money(50_00), code="PACKAGE"),
    OrderLine("3", "Товар", LineKind.GOODS, Money(200_00), code="1"),
)
"""An order that nobody made: one line for each kind of product."""


def _shape(words: str, *asked: str) -> str:
    """Words without what was asked about and without serial numbers, which differ in every answer."""
    for name in asked:
        # A server may quote a name as it is or as JSON writes it.
        for spelling in {name, json.dumps(name)[1:-1]} - {""}:
            words = words.replace(spelling, "…")
    return _SERIAL.sub("…", words).strip().lower()


def _key_remark(said: _Said, names: ProcessingNames) -> Remark:
    if said.denied:
        return Remark(
            "Проект: ключ",
            False,
            f"ключ или точка интеграции «{names.endpoint}» не приняты (HTTP {said.status}): {said.words}",
            "Сверьте [processing].secret_key и endpoint с точкой интеграции в Mindbox.",
        )
    if said.outcome.kind is OutcomeKind.FOREIGN:
        return Remark(
            "Проект: ключ",
            None,
            f"ответил не процессинг (HTTP {said.status}): {said.words}",
            "Сверьте адрес [processing].address и доступ в интернет.",
        )
    return Remark("Проект: ключ", good=True, words=f"точка интеграции «{names.endpoint}» принимает ключ кассы")


def _lookup_remark(names: ProcessingNames, said: _Said, control: _Said) -> Remark:
    if said.shape != control.shape and said.outcome.kind in {OutcomeKind.REJECTED, OutcomeKind.PROTOCOL}:
        return Remark(
            "Проект: lookup",
            False,
            f"операция «{names.lookup}» не ищет по полю «{names.customer_id_field}»: {said.words}",
            "Сверьте [processing].customer_id_field с операцией в Mindbox.",
        )
    return _operation_remark("lookup", names.lookup, said, control)


def _operation_remark(role: str, operation: str, said: _Said, control: _Said, *, sure: bool = True) -> Remark:
    about = f"Проект: {role}"
    if said.denied:
        return Remark(
            about,
            False,
            f"операция «{operation}» этому ключу не разрешена (HTTP {said.status}): {said.words}",
            "Разрешите операцию этой точке интеграции в Mindbox.",
        )
    if said.silent:
        return Remark(about, None, f"операция «{operation}» не ответила: {said.words}", "Повторите проверку.")
    if said.shape != control.shape:
        return Remark(about, good=True, words=f"операция «{operation}» есть")
    if not sure:
        return Remark(
            about,
            None,
            f"операцию «{operation}» нельзя проверить, ничего не меняя",
            "Сверьте имя с проектом в Mindbox.",
        )
    return Remark(
        about,
        False,
        f"операции «{operation}» в проекте нет: {said.words}",
        f"Впишите имя операции из проекта в [processing].{role}.",
    )


def _status_remark(role: str, code: str, said: _Said, control: _Said) -> Remark:
    about = f"Проект: статус {role}"
    if said.denied or said.silent:
        return Remark(about, None, f"статус «{code}» не проверен: {said.words}", "Повторите проверку.")
    if said.shape != control.shape:
        return Remark(about, good=True, words=f"статус «{code}» известен")
    if _STATUS_WORD.search(control.outcome.words):
        return Remark(
            about,
            False,
            f"статус «{code}» процессингу неизвестен: {said.words}",
            f"Впишите внешний код статуса из проекта в [processing].{role}.",
        )
    return Remark(
        about,
        None,
        f"статус «{code}» не проверить без настоящего заказа: процессинг сперва ищет заказ",
        "Сверьте код со списком статусов заказа в Mindbox.",
    )
