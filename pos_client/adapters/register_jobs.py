"""The tasks of an ATOL Web Server and its questions: what was handed over, and how each ended.

Source: ATOL Web Server API v2 (POST /api/v2/requests with a uuid, then polling by the same uuid).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final
from uuid import UUID

from pos_client.adapters.receipt_json import RegisterSettings, trouble
from pos_client.adapters.transport import Call, Reply, Transport
from pos_client.adapters.troubles import unknown
from pos_client.ports import OutcomeUnknownError, RefusedError, Service, UnavailableError

__all__ = ["Answer", "RegisterJobs", "Status"]

_REQUESTS: Final = "/api/v2/requests"
_OPERATIONS: Final = "/api/v2/operations"
_ACCEPTED: Final = frozenset({200, 201})
_KNOWN_ALREADY: Final = 409
_NOT_FOUND: Final = 404
_OK: Final = 200


class Status(Enum):
    """How far the device is with a task."""

    UNKNOWN_UUID = "unknown uuid"
    UNDERWAY = "underway"
    READY = "ready"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """It ended, and nobody says how far it came."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the web server says of a task."""

    status: Status
    result: Mapping[str, Any]
    code: int = 0
    description: str = ""


class RegisterJobs:
    """Tasks by their uuids, and questions that need none."""

    def __init__(self, transport: Transport, settings: RegisterSettings) -> None:
        self._transport = transport
        self._settings = settings

    async def asked(self, operation: str, part: str) -> Mapping[str, Any]:
        """The answer to a question: this part of what the operation says.

        Raises:
            UnavailableError: the device does not answer, not in a way that can be read, or with an error of its own.
        """
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

    async def run(self, uuid: UUID, body: Mapping[str, Any]) -> Answer:
        """How the task of this uuid ended; as `run_new`."""
        _, answer = await self.run_new(uuid, body)
        return answer

    async def run_new(self, uuid: UUID, body: Mapping[str, Any]) -> tuple[bool, Answer]:
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
                answer = await self.looked_up(uuid)
            except (UnavailableError, RefusedError):
                # The device has the task: no answer to a question, a refused one included, says that it has not.
                await asyncio.sleep(self._settings.poll_every)
                continue
            if answer.status is Status.UNKNOWN_UUID:
                if posted_twice:
                    raise unknown(Service.REGISTER, "accepted twice, and then not known")
                # It never arrived; the same uuid makes a second try harmless if it does after all.
                posted_twice = True
                await self._posted_again(uuid, body)
            elif answer.status is Status.UNDERWAY:
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

    async def looked_up(self, uuid: UUID) -> Answer:
        """What the device says of a task now.

        Raises:
            UnavailableError, RefusedError: it does not say.
        """
        call = Call("GET", f"{_REQUESTS}/{uuid}", self._settings.query_timeout, params=self._device())

        def read(reply: Reply) -> Answer:
            if reply.status == _NOT_FOUND:
                return Answer(Status.UNKNOWN_UUID, {})
            body = reply.fields()
            self._transport.usual(call, reply, _error(body)[1])
            results = body.get("results")
            if reply.status != _OK or not isinstance(results, list) or not results:
                raise self._transport.senseless(call, f"HTTP {reply.status} without results")
            return _answer(results[0] if isinstance(results[0], Mapping) else {})

        return await self._transport.call(call, read)

    def _device(self) -> dict[str, str]:
        return {"deviceID": self._settings.device} if self._settings.device else {}


def _error(body: Mapping[str, Any]) -> tuple[int, str]:
    error = body.get("error")
    if isinstance(error, Mapping):
        code = error.get("code")
        return (code if isinstance(code, int) else 0), str(error.get("description") or "")
    return 0, str(error or "")


def _answer(result: Mapping[str, Any]) -> Answer:
    """The state of a task; a word that is not known counts as "not finished", because then we only ask again."""
    code, words = _error(result)
    status = {"ready": Status.READY, "error": Status.FAILED, "interrupted": Status.INTERRUPTED}.get(
        str(result.get("status")), Status.UNDERWAY
    )
    if status is Status.READY and code:
        status = Status.FAILED
    found = result.get("result")
    return Answer(status, found if isinstance(found, Mapping) else {}, code, words)
