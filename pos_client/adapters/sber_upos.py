"""A card terminal behind Sber UPOS: a program run once per operation, whose result lies in two files beside it.

Two phases (suspend, then commit or roll back) exist only in the vendor's library and not in this program, so that they
are not used here: a payment that is approved is charged, and stays so until somebody refunds it.

The program takes no id of ours. What was asked is noted on disk before it starts, and the files of earlier runs are
removed, so that a result found later surely belongs to the noted operation, even after this till was killed.
"""

import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from pos_client.adapters.card_words import (
    Decline,
    declined,
    settlement_declined,
    settlement_unknown,
    still_at_it,
    wrong_amount,
)
from pos_client.adapters.slips import SlipFacts, facts
from pos_client.adapters.terminal_note import Note, NoteBook, Step
from pos_client.adapters.transport import OnCall
from pos_client.adapters.troubles import unavailable, unknown
from pos_client.adapters.upos_program import UposProgram
from pos_client.adapters.upos_results import APPROVED, Result, forget_results, meaning, read_result
from pos_client.domain.money import ZERO, Money
from pos_client.domain.payment import Approval
from pos_client.ports import Clock, PosError, RefusedError, Service

__all__ = ["SberUpos", "UposSettings"]

_Result = TypeVar("_Result")

_PAY, _REFUND, _SETTLE, _TEST = "1", "3", "7", ("47", "2")
_NOTE: Final = "pos-client.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class UposSettings:
    """Where the program is, and how long it may take, in seconds.

    `command` is a file in `folder`, or a path. `last_slip` are the words that make it print the last slip again; empty
    when this installation cannot, and then a lost answer is looked up on the terminal by a person.
    """

    folder: str
    command: str = "loadparm.exe"
    last_slip: str = "12"
    pay_timeout: float = 120.0
    settle_timeout: float = 600.0
    ask_timeout: float = 30.0


class SberUpos:
    """`ports.Terminal` over `loadparm.exe` or `sb_pilot`. One run at a time; a run is never killed."""

    def __init__(self, settings: UposSettings, *, now: Clock, on_call: OnCall | None = None) -> None:
        self._settings = settings
        self._folder = Path(settings.folder).expanduser().absolute()
        self._now = now
        self._on_call = on_call
        self._notes = NoteBook(self._folder / _NOTE)
        self._program = UposProgram(self._folder, settings.command)

    # ---------------------------------------------------------------------------------------------- the port

    async def pay(self, amount: Money, operation: UUID) -> Approval:
        """Charge the card that the customer presents.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        return await self._told(self._moved(_PAY, amount, operation))

    async def refund(self, paid: Approval, amount: Money, operation: UUID) -> Approval:  # noqa: ARG002 - as the port has it
        """Give money back to the card that the customer presents: this program takes no reference of the payment.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        return await self._told(self._moved(_REFUND, amount, operation))

    async def find(self, operation: UUID, amount: Money, *, since: datetime, back: bool = False) -> Approval | None:
        """What became of an operation: by our note and the files, then by the last slip of the terminal.

        Raises:
            StillAtItError: the program of the operation still runs, or the terminal says that it is busy.
            UnavailableError, OutcomeUnknownError: nobody can tell now.
        """
        note = self._notes.read()
        if note is None:
            raise unknown(Service.TERMINAL, "no note of any operation")
        if note.operation != operation:
            if note.began < since:
                return None  # A run is noted before it starts, and nothing was noted since.
            raise unknown(Service.TERMINAL, "the note is of a later operation")
        if (note.amount, note.back) != (amount, back):
            raise unknown(Service.TERMINAL, "the noted operation is another")
        if note.step in {Step.STARTED, Step.ASKING}:
            return await self._open(note)
        return note.approval

    async def _open(self, note: Note) -> Approval | None:
        """What became of a noted operation whose result nobody has read."""
        if self._program.is_running:
            if note.step is Step.STARTED:
                raise still_at_it("the program of the operation still runs")
            raise unknown(Service.TERMINAL, "the terminal is still being asked")
        left = read_result(self._folder) if note.step is Step.STARTED else None
        if left is None:
            return await self._told(self._by_last_slip(note))
        if left.code != APPROVED:
            self._keep(note.at(Step.DECLINED))
            return None
        return self._taken(note, left)

    async def settle(self) -> tuple[str, ...]:
        """Reconcile with the bank; returns the slip.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        return await self._told(self._settled())

    async def probe(self) -> None:
        """Whether the terminal and its link to the bank answer.

        Raises:
            UnavailableError: they do not, or the terminal is at something else.
        """
        await self._told(self._tested())

    async def _settled(self) -> tuple[str, ...]:
        result = await self._lesser((_SETTLE,), self._settings.settle_timeout)
        if result is None:
            raise settlement_unknown("no result")
        if result.code != APPROVED:
            raise settlement_declined(meaning(result.code), result.words, detail=f"code {result.code}")
        return result.slip

    async def _tested(self) -> None:
        result = await self._lesser(_TEST, self._settings.ask_timeout)
        if result is None or result.code != APPROVED:
            raise unavailable(Service.TERMINAL, f"test: {'no result' if result is None else result.code}")

    # ------------------------------------------------------------------------------------------- money moves

    async def _moved(self, words: str, amount: Money, operation: UUID) -> Approval:
        if amount <= ZERO:
            raise ValueError("a card is charged with a sum above zero")
        self._clear_the_way()
        last = self._notes.read()
        if last is not None and last.operation == operation:
            raise unknown(Service.TERMINAL, "the same operation was started before")
        # `find` takes an earlier note for a sign that nothing was started since: a clock that was set back must not.
        began = max(self._now(), last.began) if last else self._now()
        note = Note(operation, amount, words == _REFUND, began, last.last_mark if last else "")
        try:
            # First the old files, then the note: a note never stands beside another operation's result.
            forget_results(self._folder)
            self._notes.write(note)
        except OSError as error:
            raise unavailable(Service.TERMINAL, f"the folder of the terminal: {error.strerror}") from error
        try:
            result = await self._program.run((words, str(amount.kopecks)), self._settings.pay_timeout)
        except OSError as error:
            self._keep(note.at(Step.DECLINED))
            raise unavailable(Service.TERMINAL, f"the program does not start: {type(error).__name__}") from error
        if result is None:
            raise unknown(Service.TERMINAL, "the program left no result")
        return self._taken(note, result)

    def _taken(self, note: Note, result: Result) -> Approval:
        """What the result of the noted operation says; kept in the note before anybody acts on it."""
        if result.code != APPROVED:
            self._keep(note.at(Step.DECLINED))
            raise _refusal(result)
        said = facts(result.slip)
        if said.amount is not None and said.amount != note.amount:
            raise wrong_amount(said.amount, note.amount)
        approval = Approval(
            operation=note.operation,
            amount=note.amount,
            at=result.at or said.at or self._now(),
            reference=result.reference or said.reference,
            code=result.authorisation or said.code,
            card=result.card,
            terminal=result.terminal,
            slip=result.slip,
        )
        self._keep(replace(note, step=Step.APPROVED, approval=approval, mark=said.mark))
        return approval

    def _keep(self, note: Note) -> None:
        """Note what was learnt; the files have done their work then, and may hold more of a card than anybody needs."""
        if self._write(note):
            with suppress(OSError):
                forget_results(self._folder)

    def _write(self, note: Note) -> bool:
        # When the disk refuses, the files or the terminal itself still tell: what was learnt is not thrown away.
        try:
            self._notes.write(note)
        except OSError:
            return False
        return True

    async def _by_last_slip(self, note: Note) -> Approval | None:
        """Have the terminal print its last slip again, and compare it with what was asked.

        Raises:
            OutcomeUnknownError: it does not say, or not surely.
        """
        words = self._settings.last_slip.split()
        if not words:
            raise unknown(Service.TERMINAL, "this terminal cannot be asked for its last slip")
        try:
            self._notes.write(note.at(Step.ASKING))
            result = await self._program.run(words, self._settings.ask_timeout)
        except OSError as error:
            raise unknown(Service.TERMINAL, f"the program does not start: {type(error).__name__}") from error
        if result is None or result.code != APPROVED:
            said = "no result" if result is None else f"code {result.code}"
            if not self._program.is_running:
                # Files that appear from now on are of a run that was on its way all the time: the operation itself.
                with suppress(OSError):
                    forget_results(self._folder)
                    self._notes.write(note.at(Step.STARTED))
            if result is not None and meaning(result.code) is Decline.BUSY:
                raise still_at_it(f"the last slip: {said}")
            raise unknown(Service.TERMINAL, f"the last slip: {said}")
        return self._judged(note, result, facts(result.slip))

    def _judged(self, note: Note, result: Result, said: SlipFacts) -> Approval | None:
        if not said.mark or said.amount is None or said.at is None:
            raise unknown(Service.TERMINAL, "the last slip cannot be read")
        # Only the mark tells: a terminal prints the time of another zone, or of a clock that nobody set.
        if said.mark == note.before:
            self._keep(note.at(Step.DECLINED))
            return None
        is_ours = note.before and said.amount == note.amount and said.back == note.back
        if not is_ours:
            raise unknown(Service.TERMINAL, "the last slip may be of another operation")
        return self._taken(note, replace(result, at=said.at))

    # ---------------------------------------------------------------------------------------------- the program

    def _clear_the_way(self) -> None:
        """Every run writes the same files: what lies there of an open operation is read before, and never after."""
        self._program.require_idle()
        note = self._notes.read()
        if note is None or note.step is not Step.STARTED:
            return
        left = read_result(self._folder)
        if left is not None:
            with suppress(PosError):
                self._taken(note, left)
                return
        still = self._notes.read()
        if still is not None and still.step is Step.STARTED:
            self._write(note.at(Step.ASKING))

    async def _lesser(self, words: Sequence[str], seconds: float) -> Result | None:
        """A run that moves no money."""
        self._clear_the_way()
        try:
            return await self._program.run(words, seconds)
        except OSError as error:
            raise unavailable(Service.TERMINAL, f"the program does not start: {type(error).__name__}") from error

    async def _told(self, call: Coroutine[Any, Any, _Result]) -> _Result:
        """Let whoever keeps the lights hear how a call went."""
        begun = time.monotonic()
        try:
            found = await call
        except PosError as error:
            self._tell(isinstance(error, RefusedError), time.monotonic() - begun, error)
            raise
        self._tell(True, time.monotonic() - begun, None)
        return found

    def _tell(self, works: bool, seconds: float, error: PosError | None) -> None:  # noqa: FBT001 - as OnCall has it
        if self._on_call is not None:
            self._on_call(Service.TERMINAL, works, seconds, error)


def _refusal(result: Result) -> PosError:
    return declined(meaning(result.code), result.words, detail=f"code {result.code}")
