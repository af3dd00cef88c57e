"""The fiscal device behind an ATOL Web Server (API v2): a receipt is registered exactly once, or somebody says so.

Source: ATOL Web Server API v2 (POST /api/v2/requests with a uuid, then polling by the same uuid).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from enum import Enum
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from pos_client.adapters.receipt_json import (
    OTHER_TOTAL,
    SHIFT_ALREADY_OPEN,
    RegisterSettings,
    document_in,
    moment,
    open_shift_task,
    receipt_task,
    text_task,
    trouble,
)
from pos_client.adapters.stored_document import adopted, as_registered, other_total
from pos_client.adapters.transport import Call, Reply, Transport
from pos_client.adapters.troubles import refused, unavailable, unknown, unreadable
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.receipt import FiscalDocument, FiscalTask
from pos_client.domain.sale import Cashier, Trouble
from pos_client.ports import (
    OutcomeUnknownError,
    PosError,
    RefusedError,
    RegisterState,
    Service,
    ShiftState,
    UnavailableError,
)

__all__ = ["AtolRegister", "RegisterSettings"]

_REQUESTS: Final = "/api/v2/requests"
_OPERATIONS: Final = "/api/v2/operations"
_ACCEPTED: Final = frozenset({200, 201})
_KNOWN_ALREADY: Final = 409
_NOT_FOUND: Final = 404
_OK: Final = 200
_LOOK_BACK: Final = 10
_LOOK_BACK_AT_MOST: Final = 200
_NOT_IN_STORAGE: Final = 123
# A task that ended in an error keeps its uuid for ever, so every further try of the same receipt needs a uuid of its
# own; they are derived, and looked through in this order, so that no try is ever forgotten.
_MOST_TRIES: Final = 50
_SHIFT_STATES: Final = {
    "opened": ShiftState.OPEN,
    "closed": ShiftState.CLOSED,
    "expired": ShiftState.EXPIRED,
}


class _Status(Enum):
    """How far the device is with a task."""

    UNKNOWN_UUID = "unknown uuid"
    UNDERWAY = "underway"
    READY = "ready"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """It ended, and nobody says how far it came."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: _Status
    result: Mapping[str, Any]
    code: int = 0
    description: str = ""


class AtolRegister:
    """`ports.CashRegister` over the ATOL Web Server."""

    def __init__(self, transport: Transport, settings: RegisterSettings) -> None:
        self._transport = transport
        self._settings = settings

    # -------------------------------------------------------------------------------------------------- asking

    async def state(self) -> RegisterState:
        """What the device says of itself.

        Raises:
            UnavailableError: it does not answer, or not in a way that can be read, or with an error of its own.
        """
        device = await self._asked("queryDeviceStatus", "deviceStatus")
        shift = await self._asked("queryShiftStatus", "shiftStatus")
        storage = await self._asked("queryFnInfo", "fnInfo")
        fn = await self._asked("queryFnStatus", "fnStatus")
        exchange = await self._asked("queryOfdExchangeStatus", "status")
        try:
            unsent = int(exchange.get("notSentCount") or 0)
            first_unsent = exchange.get("notSentFirstDocDateTime")
            return RegisterState(
                shift=_SHIFT_STATES[str(shift["state"])],
                shift_number=int(shift["number"]),
                last_document=int(fn["fiscalDocumentNumber"]),
                fn=str(storage["serial"]),
                unsent=unsent,
                unsent_since=moment(first_unsent).astimezone(UTC) if unsent and first_unsent else None,
                paper=device.get("paperPresent") is not False,
                cover_closed=device.get("coverOpened") is not True,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise unreadable(Service.REGISTER, f"state: {error!r}") from error

    async def _asked(self, operation: str, part: str) -> Mapping[str, Any]:
        path = f"{_OPERATIONS}/{operation}"
        call = Call("POST", path, self._settings.query_timeout, params=self._device(), json={})

        def read(reply: Reply) -> Mapping[str, Any]:
            body = reply.fields()
            code, words = _error(body)
            if code:
                raise UnavailableError(trouble(code, words), detail=f"{operation}: code {code}")
            self._transport.usual(call, reply, words)
            found = body.get(part)
            if not isinstance(found, Mapping):
                raise self._transport.senseless(call, f"{operation}: no {part}")
            return found

        return await self._transport.call(call, read)

    # --------------------------------------------------------------------------------------------------- shift

    async def open_shift(self, cashier: Cashier, task_id: UUID) -> None:
        """Open a shift; one that is open already is success.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        shift = await self._asked("queryShiftStatus", "shiftStatus")
        if shift.get("state") == "opened":
            return
        if shift.get("state") == "expired":
            raise RefusedError(
                Trouble(
                    "Прошлая смена открыта больше 24 часов.",
                    "Чек не пробит. Если деньги приняты, они записаны: второй раз брать не нужно.",
                    "Закройте её (Z-отчёт) и повторите: новая откроется с чеком.",
                    "Мы открываем смену, подождите, пожалуйста, минуту.",
                )
            )
        try:
            answer = await self._run(task_id, open_shift_task(cashier))
        except OutcomeUnknownError as error:
            raise OutcomeUnknownError(_SHIFT_UNKNOWN, detail=error.detail) from error
        if answer.status is _Status.READY or answer.code == SHIFT_ALREADY_OPEN:
            return
        if answer.status is _Status.INTERRUPTED:
            raise OutcomeUnknownError(_SHIFT_UNKNOWN, detail=f"openShift: {answer.description}")
        raise RefusedError(trouble(answer.code, answer.description), detail=f"code {answer.code}")

    # ------------------------------------------------------------------------------------------------- printing

    async def print_text(self, lines: Sequence[str], task_id: UUID) -> None:
        """Print what is no receipt.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        answer = await self._run(task_id, text_task(lines))
        if answer.status is _Status.INTERRUPTED:
            raise unknown(Service.REGISTER, f"nonFiscal: {answer.description}")
        if answer.status is not _Status.READY:
            raise RefusedError(trouble(answer.code, answer.description), detail=f"code {answer.code}")

    async def print_receipt(self, task: FiscalTask) -> FiscalDocument:
        """Register the receipt; what was tried before under this task is looked at first.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        body = receipt_task(task.receipt, self._settings)
        for uuid in _tries(task.id):
            fresh, answer = await self._run_new(uuid, body)
            if answer.status is _Status.READY:
                return await self._ours(task, answer.result)
            if answer.status is _Status.INTERRUPTED:
                found = await self._after_interruption(task)
                if found is not None:
                    return found
                if fresh:
                    raise unknown(Service.REGISTER, f"interrupted: {answer.description}")
            elif fresh:
                raise _refused(answer, task)
        raise refused(Service.REGISTER, "Касса слишком много раз отказалась пробить этот чек.")

    async def _after_interruption(self, task: FiscalTask) -> FiscalDocument | None:
        """What the storage says; if it says nothing, the receipt may be there, whatever kept it silent."""
        try:
            return await self._registered_since(task)
        except PosError as error:
            raise unknown(Service.REGISTER, f"interrupted, then {error.detail}") from error

    async def find_document(self, task: FiscalTask) -> FiscalDocument | None:
        """The document registered for the task: by its uuids first, then by the fiscal storage.

        Raises:
            UnavailableError: the register does not answer.
            OutcomeUnknownError: it is still at it, or a document is there that may or may not be ours.
        """
        doubtful = True
        for uuid in _tries(task.id):
            answer = await self._looked_up(uuid)
            match answer.status:
                case _Status.READY:
                    return await self._ours(task, answer.result)
                case _Status.UNDERWAY:
                    raise unknown(Service.REGISTER, "the task is not finished yet")
                case _Status.UNKNOWN_UUID:
                    break
                case _Status.FAILED:
                    doubtful = False
                case _Status.INTERRUPTED:
                    doubtful = True
                    continue
        return await self._registered_since(task) if doubtful else None

    async def _ours(self, task: FiscalTask, result: Mapping[str, Any]) -> FiscalDocument:
        try:
            document = document_in(result, task.receipt.kind)
        except ValueError as error:
            raise unknown(Service.REGISTER, f"ready, but {error}") from error
        if document.total != task.receipt.total:
            raise other_total(document.total, task, await self._as_registered(document, task))
        return document

    async def _as_registered(self, document: FiscalDocument, task: FiscalTask) -> Misregistered | None:
        """What the storage has under the document's number; None when it cannot be read now."""
        try:
            answer = await self._read(document.number)
        except PosError:
            return None
        tags = answer.result.get("documentTLV") if answer.status is _Status.READY else None
        return as_registered(tags, document, task) if isinstance(tags, Mapping) else None

    # ----------------------------------------------------------------------------------- by the fiscal storage

    async def _registered_since(self, task: FiscalTask) -> FiscalDocument | None:
        """Our document among those that the fiscal storage took since the task began."""
        fn = await self._asked("queryFnStatus", "fnStatus")
        try:
            last = int(fn["fiscalDocumentNumber"])
        except (KeyError, TypeError, ValueError) as error:
            raise unreadable(Service.REGISTER, f"queryFnStatus: {error!r}") from error
        first = last - _LOOK_BACK if task.after is None else max(task.after + 1, last - _LOOK_BACK_AT_MOST)
        for number in range(max(1, first), last + 1):
            found = await self._stored(number, task)
            if found is not None:
                return found
        return None

    async def _stored(self, number: int, task: FiscalTask) -> FiscalDocument | None:
        answer = await self._read(number)
        if answer.code == _NOT_IN_STORAGE:
            return None
        if answer.status is not _Status.READY:
            raise unavailable(Service.REGISTER, f"getFnDocument {number}: code {answer.code} {answer.description}")
        return adopted(answer.result, number, task)

    async def _read(self, number: int) -> _Answer:
        # Each look is a request of its own: the answer to an earlier one is no answer.
        return await self._run(uuid4(), {"type": "getFnDocument", "fiscalDocumentNumber": number, "withRawData": False})

    # -------------------------------------------------------------------------------------------------- a task

    async def _run(self, uuid: UUID, body: Mapping[str, Any]) -> _Answer:
        _, answer = await self._run_new(uuid, body)
        return answer

    async def _run_new(self, uuid: UUID, body: Mapping[str, Any]) -> tuple[bool, _Answer]:
        """Have the device do a task; says whether this call began it, and how it ended.

        Raises:
            UnavailableError: the device surely does not have it.
            RefusedError: it does not take it.
            OutcomeUnknownError: it has it, or may have, and does not say how it ended.
        """
        deadline = asyncio.get_running_loop().time() + self._settings.print_deadline
        fresh = await self._posted(uuid, body, again=False)
        posted_twice = False
        while asyncio.get_running_loop().time() < deadline:
            try:
                answer = await self._looked_up(uuid)
            except (UnavailableError, RefusedError):
                # The device has the task: no answer to a question, a refused one included, says that it has not.
                await asyncio.sleep(self._settings.poll_every)
                continue
            if answer.status is _Status.UNKNOWN_UUID:
                if posted_twice:
                    raise unknown(Service.REGISTER, "accepted twice, and then not known")
                # It never arrived; the same uuid makes a second try harmless if it does after all.
                posted_twice = True
                await self._posted_again(uuid, body)
            elif answer.status is _Status.UNDERWAY:
                await asyncio.sleep(self._settings.poll_every)
            else:
                return fresh, answer
        raise unknown(Service.REGISTER, f"no result within {self._settings.print_deadline:g} s")

    async def _posted(self, uuid: UUID, body: Mapping[str, Any], *, again: bool) -> bool:
        """Hand the task over; False when the device had it before. A lost answer counts as handed over."""
        call = Call(
            "POST",
            _REQUESTS,
            self._settings.post_timeout,
            params=self._device(),
            json={"uuid": str(uuid), "request": [body]},
            changes=True,
            again=again,
        )

        def read(reply: Reply) -> bool:
            if reply.status in _ACCEPTED:
                return True
            if reply.status == _KNOWN_ALREADY:
                return False
            code, words = _error(reply.fields())
            self._transport.usual(call, reply, words)
            raise RefusedError(trouble(code, words), detail=f"HTTP {reply.status}, code {code}")

        try:
            return await self._transport.call(call, read)
        except OutcomeUnknownError:
            # The uuid will tell: the caller polls it before anything else happens.
            return True

    async def _posted_again(self, uuid: UUID, body: Mapping[str, Any]) -> None:
        try:
            await self._posted(uuid, body, again=True)
        except RefusedError as error:
            # The first one was taken, or may still arrive: a no to the second is no answer to it.
            raise unknown(Service.REGISTER, f"refused the second time: {error.detail}") from error

    async def _looked_up(self, uuid: UUID) -> _Answer:
        call = Call("GET", f"{_REQUESTS}/{uuid}", self._settings.query_timeout, params=self._device())

        def read(reply: Reply) -> _Answer:
            if reply.status == _NOT_FOUND:
                return _Answer(_Status.UNKNOWN_UUID, {})
            body = reply.fields()
            self._transport.usual(call, reply, _error(body)[1])
            results = body.get("results")
            if reply.status != _OK or not isinstance(results, list) or not results:
                raise self._transport.senseless(call, f"HTTP {reply.status} without results")
            return _answer(results[0] if isinstance(results[0], Mapping) else {})

        return await self._transport.call(call, read)

    def _device(self) -> dict[str, str]:
        return {"deviceID": self._settings.device} if self._settings.device else {}


def _tries(task_id: UUID) -> tuple[UUID, ...]:
    return (task_id, *(uuid5(task_id, f"try:{number}") for number in range(1, _MOST_TRIES)))


def _error(body: Mapping[str, Any]) -> tuple[int, str]:
    error = body.get("error")
    if isinstance(error, Mapping):
        code = error.get("code")
        return (code if isinstance(code, int) else 0), str(error.get("description") or "")
    return 0, str(error or "")


def _answer(result: Mapping[str, Any]) -> _Answer:
    """The state of a task; a word that is not known counts as "not finished", because then we only ask again."""
    code, words = _error(result)
    status = {"ready": _Status.READY, "error": _Status.FAILED, "interrupted": _Status.INTERRUPTED}.get(
        str(result.get("status")), _Status.UNDERWAY
    )
    if status is _Status.READY and code:
        status = _Status.FAILED
    found = result.get("result")
    return _Answer(status, found if isinstance(found, Mapping) else {}, code, words)


def _refused(answer: _Answer, task: FiscalTask) -> RefusedError:
    said = trouble(answer.code, answer.description)
    if answer.code == OTHER_TOTAL:
        what = f"Касса насчитала по строкам не тот итог: в программе {task.receipt.total}, чек не пробит."
        said = replace(said, what=what)
    return RefusedError(said, detail=f"code {answer.code}")


_SHIFT_UNKNOWN: Final = Trouble(
    "Касса не подтвердила, что смена открылась.",
    "Чек не пробит. Если деньги приняты, они записаны: второй раз брать не нужно.",
    "Проверьте кассу и повторите: программа сначала спросит, открыта ли смена.",
    "Мы открываем смену, подождите, пожалуйста, минуту.",
)
