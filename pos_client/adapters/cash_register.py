"""The fiscal device behind an ATOL Web Server (API v2): a receipt is registered exactly once, or somebody says so.

Source: ATOL Web Server API v2 (POST /api/v2/requests with a uuid, then polling by the same uuid).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from pos_client.adapters.receipt_json import (
    BEFORE_CLOSING,
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
from pos_client.adapters.register_jobs import Answer, RegisterJobs, Status
from pos_client.adapters.storage_search import StorageSearch
from pos_client.adapters.stored_document import other_total
from pos_client.adapters.transport import Transport
from pos_client.adapters.troubles import refused, unknown, unreadable
from pos_client.domain.receipt import FiscalDocument, FiscalTask
from pos_client.domain.sale import Cashier, Trouble
from pos_client.ports import (
    OtherTotalError,
    OutcomeUnknownError,
    PosError,
    RefusedError,
    RegisterState,
    Service,
    ShiftState,
    StillAtItError,
)

__all__ = ["AtolRegister", "RegisterSettings"]

# A task that ended in an error keeps its uuid for ever, so every further try of the same receipt needs a uuid of its
# own; they are derived, and looked through in this order, so that no try is ever forgotten.
_MOST_TRIES: Final = 50
_LONGEST_SHIFT: Final = timedelta(hours=24)
_SHIFT_STATES: Final = {
    "opened": ShiftState.OPEN,
    "closed": ShiftState.CLOSED,
    "expired": ShiftState.EXPIRED,
}


class AtolRegister:
    """`ports.CashRegister` over the ATOL Web Server."""

    def __init__(self, transport: Transport, settings: RegisterSettings) -> None:
        self._settings = settings
        self._jobs = RegisterJobs(transport, settings)
        self._storage = StorageSearch(self._jobs)

    # -------------------------------------------------------------------------------------------------- asking

    async def state(self) -> RegisterState:
        """What the device says of itself.

        Raises:
            UnavailableError: it does not answer, or not in a way that can be read, or with an error of its own.
        """
        device = await self._jobs.asked("queryDeviceStatus", "deviceStatus")
        shift = await self._jobs.asked("queryShiftStatus", "shiftStatus")
        storage = await self._jobs.asked("queryFnInfo", "fnInfo")
        fn = await self._jobs.asked("queryFnStatus", "fnStatus")
        exchange = await self._jobs.asked("queryOfdExchangeStatus", "status")
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
                shift_since=_opened(shift),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise unreadable(Service.REGISTER, f"state: {error!r}") from error

    # --------------------------------------------------------------------------------------------------- shift

    async def open_shift(self, cashier: Cashier, task_id: UUID) -> None:
        """Open a shift; one that is open already is success.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        shift = await self._jobs.asked("queryShiftStatus", "shiftStatus")
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
            answer = await self._jobs.run(task_id, open_shift_task(cashier))
        except OutcomeUnknownError as error:
            raise OutcomeUnknownError(_SHIFT_UNKNOWN, detail=error.detail) from error
        if answer.status is Status.READY or answer.code == SHIFT_ALREADY_OPEN:
            return
        if answer.status is Status.INTERRUPTED:
            raise OutcomeUnknownError(_SHIFT_UNKNOWN, detail=f"openShift: {answer.description}")
        raise RefusedError(trouble(answer.code, answer.description), detail=f"code {answer.code}")

    # ------------------------------------------------------------------------------------------------- printing

    async def print_text(self, lines: Sequence[str], task_id: UUID) -> None:
        """Print what is no receipt.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        answer = await self._jobs.run(task_id, text_task(lines))
        if answer.status is Status.INTERRUPTED:
            raise unknown(Service.REGISTER, f"nonFiscal: {answer.description}")
        if answer.status is not Status.READY:
            raise RefusedError(trouble(answer.code, answer.description), detail=f"code {answer.code}")

    async def print_receipt(self, task: FiscalTask) -> FiscalDocument:
        """Register the receipt; what was tried before under this task is looked at first.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        body = receipt_task(task.receipt, self._settings)
        for uuid in _tries(task.id):
            fresh, answer = await self._jobs.run_new(uuid, body)
            if answer.status is Status.READY:
                return await self._ours(task, answer.result)
            found = await self._after_all(task, answer)
            if found is not None:
                return found
            if fresh and answer.status is Status.INTERRUPTED:
                raise unknown(Service.REGISTER, f"interrupted: {answer.description}")
            if fresh:
                raise _refused(answer, task)
        raise refused(Service.REGISTER, "Касса слишком много раз отказалась пробить этот чек.")

    async def _after_all(self, task: FiscalTask, answer: Answer) -> FiscalDocument | None:
        """What the storage says after an error: the link may break when the document is closed, too.

        If it says nothing, the receipt may be there, unless the error surely comes before that.
        """
        try:
            return await self._storage.find(task)
        except OtherTotalError:
            raise
        except PosError as error:
            if _surely_not_closed(answer):
                return None
            said = f"{answer.status.value} with code {answer.code}"
            raise unknown(Service.REGISTER, f"{said}, then {error.detail}") from error

    async def find_document(self, task: FiscalTask) -> FiscalDocument | None:
        """The document registered for the task: by its uuids first, then by the fiscal storage.

        Raises:
            UnavailableError: the register does not answer.
            StillAtItError: it has not ended yet, or not all of the storage has been read.
            OutcomeUnknownError: the register cannot tell, or a document is there that may or may not be ours.
        """
        tried: list[Answer] = []
        for uuid in _tries(task.id):
            answer = await self._jobs.looked_up(uuid)
            if answer.status is Status.READY:
                return await self._ours(task, answer.result)
            if answer.status is Status.UNDERWAY:
                raise StillAtItError(unknown(Service.REGISTER, "").trouble, detail="the task is not finished yet")
            if answer.status is Status.UNKNOWN_UUID:
                break
            tried.append(answer)
        try:
            return await self._storage.find(task)
        except (OtherTotalError, StillAtItError):
            raise
        except OutcomeUnknownError:
            if tried and all(_surely_not_closed(answer) for answer in tried):
                return None
            raise

    async def document_under(self, number: int, task: FiscalTask) -> FiscalDocument:
        """The document of this number, which somebody has read from the task's receipt.

        Raises:
            RefusedError, UnavailableError, OutcomeUnknownError: as the port says.
        """
        return await self._storage.under(number, task)

    async def _ours(self, task: FiscalTask, result: Mapping[str, Any]) -> FiscalDocument:
        try:
            document = document_in(result, task.receipt.kind)
        except ValueError as error:
            raise unknown(Service.REGISTER, f"ready, but {error}") from error
        if document.total != task.receipt.total:
            raise other_total(document.total, task, await self._storage.as_registered(document, task))
        return document


def _tries(task_id: UUID) -> tuple[UUID, ...]:
    return (task_id, *(uuid5(task_id, f"try:{number}") for number in range(1, _MOST_TRIES)))


def _surely_not_closed(answer: Answer) -> bool:
    return answer.status is Status.FAILED and answer.code in BEFORE_CLOSING


def _refused(answer: Answer, task: FiscalTask) -> RefusedError:
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


def _opened(shift: Mapping[str, Any]) -> datetime | None:
    """When the shift was opened: the driver tells when it expires, and that is 24 hours later (54-ФЗ, art. 4.3)."""
    if shift.get("state") == "closed":
        return None
    try:
        return (moment(shift.get("expiredTime")) - _LONGEST_SHIFT).astimezone(UTC)
    except ValueError:
        return None
