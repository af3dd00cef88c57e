"""Looking for a receipt of ours in the fiscal storage, document by document, when no uuid tells of it."""

from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from pos_client.adapters.register_jobs import Answer, RegisterJobs, Status
from pos_client.adapters.stored_document import adopted, as_registered
from pos_client.adapters.troubles import unavailable, unreadable
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.receipt import FiscalDocument, FiscalTask
from pos_client.ports import PosError, Service

__all__ = ["StorageSearch"]

_LOOK_BACK: Final = 10
_LOOK_BACK_AT_MOST: Final = 200
_NOT_IN_STORAGE: Final = 123


class StorageSearch:
    """Reads documents by their numbers."""

    def __init__(self, jobs: RegisterJobs) -> None:
        self._jobs = jobs

    async def find(self, task: FiscalTask) -> FiscalDocument | None:
        """Our document among those that the fiscal storage took since the task began.

        Raises:
            UnavailableError: the storage cannot be read.
            OutcomeUnknownError: a document is there that may or may not be ours.
        """
        fn = await self._jobs.asked("queryFnStatus", "fnStatus")
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
        if answer.status is not Status.READY:
            raise unavailable(Service.REGISTER, f"getFnDocument {number}: code {answer.code} {answer.description}")
        return adopted(answer.result, number, task)

    async def _read(self, number: int) -> Answer:
        # Each look is a request of its own: the answer to an earlier one is no answer.
        task = {"type": "getFnDocument", "fiscalDocumentNumber": number, "withRawData": False}
        return await self._jobs.run(uuid4(), task)

    async def as_registered(self, document: FiscalDocument, task: FiscalTask) -> Misregistered | None:
        """What the storage has under the document's number; None when it cannot be read now."""
        try:
            answer = await self._read(document.number)
        except PosError:
            return None
        tags = answer.result.get("documentTLV") if answer.status is Status.READY else None
        return as_registered(tags, document, task) if isinstance(tags, Mapping) else None
