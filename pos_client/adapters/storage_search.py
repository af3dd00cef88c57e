"""Looking for a receipt of ours in the fiscal storage, document by document, when no uuid tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from pos_client.adapters.register_jobs import Answer, RegisterJobs, Status
from pos_client.adapters.stored_document import adopted, as_registered, as_said
from pos_client.adapters.troubles import unavailable, unknown, unreadable
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.receipt import FiscalDocument, FiscalTask
from pos_client.domain.sale import Trouble
from pos_client.ports import OtherTotalError, OutcomeUnknownError, PosError, RefusedError, Service, StillAtItError

__all__ = ["StorageSearch"]

_LOOK_BACK: Final = 10
"""Documents that are looked at where nobody noted the last one before ours."""
_AT_ONCE: Final = 200
"""Documents of one look: the next one goes on behind them."""
_NOT_IN_STORAGE: Final = 123


@dataclass(frozen=True, slots=True)
class _Look:
    """How far the documents that may be a task's have been read. They never change, so that none is read twice."""

    upto: int
    doubt: OutcomeUnknownError | None = None
    """One of them may be ours, and does not say so."""


class StorageSearch:
    """Reads documents by their numbers."""

    def __init__(self, jobs: RegisterJobs) -> None:
        self._jobs = jobs
        self._looks: dict[tuple[UUID, str], _Look] = {}

    async def find(self, task: FiscalTask) -> FiscalDocument | None:
        """Our document among those that the fiscal storage took since the task began; None when surely none is ours.

        Raises:
            UnavailableError: the storage cannot be read.
            StillAtItError: there are more documents than are read at once; the next call goes on.
            OutcomeUnknownError: this storage cannot tell: it is another one than the task began with, nobody noted
                where it began, or a document is there that may or may not be ours.
        """
        fn, last = await self._storage()
        if (task.fn and fn != task.fn) or (task.after is not None and last < task.after):
            raise OutcomeUnknownError(_REPLACED, detail=f"storage {fn} at {last}, began {task.fn} at {task.after}")
        key = (task.id, fn)
        look = self._looks.get(key, _Look(max(0, last - _LOOK_BACK) if task.after is None else task.after))
        goal = min(last, look.upto + _AT_ONCE)
        while look.upto < goal:
            found, doubt = await self._stored(look.upto + 1, task)
            if found is not None:
                self._looks.pop(key, None)
                return found
            look = self._looks[key] = _Look(look.upto + 1, look.doubt or doubt)
        if goal < last:
            raise StillAtItError(_reading(goal, last), detail=f"read up to {goal} of {last}")
        if look.doubt is not None:
            raise look.doubt
        if task.after is None:
            raise unknown(Service.REGISTER, f"nobody noted where it began, and the last {_LOOK_BACK} are not ours")
        return None

    async def under(self, number: int, task: FiscalTask) -> FiscalDocument:
        """The document of this number, which somebody has read from the task's receipt.

        Raises:
            RefusedError: it surely is not the task's.
            UnavailableError, OutcomeUnknownError: nobody can tell: another storage, or one that cannot be read.
        """
        fn, last = await self._storage()
        if task.fn and fn != task.fn:
            raise OutcomeUnknownError(_REPLACED, detail=f"storage {fn}, began {task.fn}")
        if number > last:
            raise RefusedError(
                Trouble(
                    f"Чека ФД № {number} в кассе нет: последний — № {last}.",
                    "Второй чек не пробивается.",
                    "Проверьте номер на бумаге («ФД») и введите его ещё раз.",
                ),
                detail=f"{number} of {last}",
            )
        answer = await self._read(number)
        if answer.status is not Status.READY:
            raise _unread(number, answer)
        return as_said(answer.result, number, task)

    async def _storage(self) -> tuple[str, int]:
        """The serial number of the storage, and the number of its last document."""
        info = await self._jobs.asked("queryFnInfo", "fnInfo")
        state = await self._jobs.asked("queryFnStatus", "fnStatus")
        try:
            return str(info["serial"]), int(state["fiscalDocumentNumber"])
        except (KeyError, TypeError, ValueError) as error:
            raise unreadable(Service.REGISTER, f"queryFnInfo, queryFnStatus: {error!r}") from error

    async def _stored(self, number: int, task: FiscalTask) -> tuple[FiscalDocument | None, OutcomeUnknownError | None]:
        answer = await self._read(number)
        if answer.code == _NOT_IN_STORAGE:
            # Full documents are kept for about thirty days: what is gone by then may have been ours.
            return None, unknown(Service.REGISTER, f"document {number} is not in the storage any more")
        if answer.status is not Status.READY:
            raise _unread(number, answer)
        try:
            return adopted(answer.result, number, task), None
        except OtherTotalError:
            raise
        except OutcomeUnknownError as error:
            return None, error

    async def _read(self, number: int) -> Answer:
        # Each look is a request of its own: the answer to an earlier one is no answer.
        task = {"type": "getFnDocument", "fiscalDocumentNumber": number, "withRawData": False}
        try:
            return await self._jobs.run(uuid4(), task)
        except OutcomeUnknownError as error:
            # Reading changes nothing: that it was not answered says nothing of the document.
            raise unavailable(Service.REGISTER, f"getFnDocument {number}: {error.detail}") from error

    async def as_registered(self, document: FiscalDocument, task: FiscalTask) -> Misregistered | None:
        """What the storage has under the document's number; None when it cannot be read now."""
        try:
            answer = await self._read(document.number)
        except PosError:
            return None
        tags = answer.result.get("documentTLV") if answer.status is Status.READY else None
        return as_registered(tags, document, task) if isinstance(tags, Mapping) else None


def _unread(number: int, answer: Answer) -> PosError:
    return unavailable(Service.REGISTER, f"getFnDocument {number}: code {answer.code} {answer.description}")


_REPLACED: Final = Trouble(
    "В кассе другой фискальный накопитель, чека он не знает.",
    "Второй чек не пробивается.",
    "Посмотрите, вышел ли бумажный чек, и ответьте на вопросы.",
    "Проверяем ваш чек, подождите, пожалуйста.",
)


def _reading(upto: int, last: int) -> Trouble:
    return Trouble(
        f"Ищем чек в памяти кассы: прочитано до № {upto} из {last}.",
        "Второй чек не пробивается.",
        "Подождите, поиск продолжится.",
        "Проверяем ваш чек, подождите, пожалуйста.",
    )
