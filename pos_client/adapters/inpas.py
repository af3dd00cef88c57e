"""A card terminal behind INPAS DualConnector: one XML request over HTTP for each operation.

Source: fields of the SmartSale protocol as integrators use them; the codes of refund, status and copy of the last slip
differ among the profiles that banks install, so that they are settings.

A return travels under the reference of its payment, so that no id of ours leads to it. What became of one is told by
the copy of the terminal's last slip, compared with the slip that was the last before it, which is noted on disk.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pos_client.adapters.card_words import (
    Decline,
    busy,
    declined,
    settlement_declined,
    settlement_unknown,
    silent_at_it,
    still_at_it,
    wrong_amount,
)
from pos_client.adapters.inpas_wire import (
    ANSWER,
    CARD,
    CODE,
    CURRENCY,
    MODE,
    MOMENT,
    OPERATION,
    REFERENCE,
    SECOND_MODE,
    STATUS,
    SUM,
    TERMINAL,
    WORDS,
    fields_of,
    moment_of,
    request,
    slip_of,
)
from pos_client.adapters.slips import facts, masked_card
from pos_client.adapters.terminal_note import Note, NoteBook, Step
from pos_client.adapters.transport import Call, Reply, Transport
from pos_client.adapters.troubles import unavailable, unknown
from pos_client.domain.money import ZERO, Money
from pos_client.domain.payment import Approval
from pos_client.ports import Clock, OutcomeUnknownError, PosError, RefusedError, Service, UnavailableError

__all__ = ["InpasSettings", "InpasTerminal"]

_ROUBLES: Final = "643"
_SALE, _TEST, _SETTLEMENT = "1", "26", "59"
_APPROVED: Final = frozenset({"1", "17"})
"""Approved by the bank, or by the terminal itself within what the bank lets it."""
_REFUSED: Final = "16"
_NO_LINK: Final = "34"
_INTERRUPTED: Final = "53"
_AT_SOMETHING_ELSE: Final = "ЗАНЯТ"
_NO_SUCH_OPERATION: Final = "25"
"""ISO 8583: the record was not found."""
_NOT_THERE: Final = 404
_OK: Final = 200
_ANSWERS: Final[dict[str, Decline]] = {
    "04": Decline.BLOCKED,
    "05": Decline.OTHER,
    "13": Decline.WRONG_SUM,
    "14": Decline.BLOCKED,
    "33": Decline.BLOCKED,
    "36": Decline.BLOCKED,
    "38": Decline.PIN,
    "41": Decline.BLOCKED,
    "43": Decline.BLOCKED,
    "51": Decline.NO_FUNDS,
    "54": Decline.BLOCKED,
    "55": Decline.PIN,
    "61": Decline.LIMIT,
    "62": Decline.BLOCKED,
    "65": Decline.LIMIT,
    "75": Decline.PIN,
    "91": Decline.BANK,
    "95": Decline.SETTLEMENT,
    "96": Decline.BANK,
}
"""Answers of the bank as ISO 8583 (field 39 there) numbers them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InpasSettings:
    """The terminal and the bank's profile. Times in seconds.

    `refund_operation` is 29 or 3. `status_operation` is the code that asks for an operation by our id, which then
    travels in field 14, and answers 25 in field 15 when it has none; 0 where the profile cannot be asked, and then a
    lost answer is looked up by a person. `slip_copy` asks for a copy of the last slip: the operation, and what stands
    in fields 64 and 65; empty where the profile has none, and then a person is asked about a lost return.
    """

    terminal_id: str
    refund_operation: int = 29
    status_operation: int = 0
    slip_copy: str = "63 1 22"
    pay_timeout: float = 120.0
    settle_timeout: float = 600.0
    ask_timeout: float = 30.0


class InpasTerminal:
    """`ports.Terminal` over DualConnector. One operation at a time.

    `notes` is where the last operation is noted; without it a lost answer is known by the bank's profile alone.
    """

    def __init__(
        self, transport: Transport, settings: InpasSettings, *, now: Clock, notes: NoteBook | None = None
    ) -> None:
        self._transport = transport
        self._settings = settings
        self._now = now
        self._notes = notes
        self._at_work = False

    async def pay(self, amount: Money, operation: UUID) -> Approval:
        """Charge the card that the customer presents.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        ours = {REFERENCE: str(operation)} if self._settings.status_operation else {}
        return await self._moved({OPERATION: _SALE, **ours}, amount, operation, back=False)

    async def refund(self, paid: Approval, amount: Money, operation: UUID) -> Approval:
        """Give money back by the reference of the payment.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        named = {CODE: paid.code, REFERENCE: paid.reference}
        fields = {OPERATION: str(self._settings.refund_operation), **{key: one for key, one in named.items() if one}}
        return await self._moved(fields, amount, operation, back=True)

    async def find(self, operation: UUID, amount: Money, *, since: datetime, back: bool = False) -> Approval | None:
        """What became of an operation: by our note, then by our id where the bank's profile knows it, or the last slip.

        Raises:
            StillAtItError: the terminal is busy; or it may be, because its own time for the card is not over.
            UnavailableError, OutcomeUnknownError: nobody can tell now.
        """
        if self._at_work:
            raise still_at_it("our own call is not over")
        note = self._notes.read() if self._notes is not None else None
        ours = note is not None and (note.operation, note.amount, note.back) == (operation, amount, back)
        if note is not None and ours and note.step in {Step.APPROVED, Step.DECLINED}:
            return note.approval
        overlaid = note is not None and not ours and note.began >= since
        if not back and self._settings.status_operation:
            return await self._by_id(operation, amount, since, overlaid=overlaid)
        if note is not None and ours:
            return await self._by_last_slip(note)
        if note is not None and note.operation != operation and not overlaid:
            return None  # An operation is noted before it starts, and nothing was noted since.
        raise unknown(Service.TERMINAL, "this terminal cannot be asked about the operation")

    async def settle(self) -> tuple[str, ...]:
        """Reconcile with the bank; returns the slip.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        try:
            found = await self._alone({OPERATION: _SETTLEMENT}, self._settings.settle_timeout, changes=True)
        except OutcomeUnknownError as error:
            raise settlement_unknown(error.detail) from error
        if found.get(STATUS) not in _APPROVED:
            raise settlement_declined(_why(found), found.get(WORDS, ""), detail=_detail(found))
        return slip_of(found)

    async def probe(self) -> None:
        """Whether the terminal and its link to the bank answer.

        Raises:
            UnavailableError: they do not.
        """
        found = await self._alone({OPERATION: _TEST}, self._settings.ask_timeout)
        if found.get(STATUS) not in _APPROVED:
            raise unavailable(Service.TERMINAL, f"test: {found.get(STATUS)} {found.get(WORDS, '')}")

    # ------------------------------------------------------------------------------------------- money moves

    async def _moved(self, fields: Mapping[str, str], amount: Money, operation: UUID, *, back: bool) -> Approval:
        if amount <= ZERO:
            raise ValueError("a card is charged with a sum above zero")
        with self._busy():
            note = await self._noted(operation, amount, back=back)
            wanted = {SUM: str(amount.kopecks), CURRENCY: _ROUBLES, **fields}
            try:
                found = await self._asked(wanted, self._settings.pay_timeout, changes=True)
            except (UnavailableError, RefusedError):
                self._keep(note.at(Step.DECLINED))
                raise
            if found.get(STATUS) not in _APPROVED:
                self._keep(note.at(Step.DECLINED))
                raise _refusal(found)
            return self._approved(note, self._approval(found, amount, operation))

    async def _noted(self, operation: UUID, amount: Money, *, back: bool) -> Note:
        """Note an operation before it starts, and which slip was the last before it.

        Raises:
            UnavailableError: the disk refused; nothing is asked for.
        """
        last = self._notes.read() if self._notes is not None else None
        # `find` takes an earlier note for a sign that nothing was started since: a clock that was set back must not.
        began = max(self._now(), last.began) if last else self._now()
        before = last.last_mark if last else ""
        if back and self._notes is not None:
            # Somebody may have used the terminal by hand since; for a payment there is our id, and no time to ask.
            with suppress(PosError):
                before = facts(slip_of(await self._last_slip())).mark or before
        note = Note(operation, amount, back, began, before)
        if self._notes is not None:
            try:
                self._notes.write(note)
            except OSError as error:
                raise unavailable(Service.TERMINAL, f"the note of the operation: {error.strerror}") from error
        return note

    def _approved(self, note: Note, approval: Approval) -> Approval:
        self._keep(replace(note, step=Step.APPROVED, approval=approval, mark=facts(approval.slip).mark))
        return approval

    def _keep(self, note: Note) -> None:
        """Note what was learnt. When the disk refuses, the terminal itself can still be asked."""
        if self._notes is not None:
            with suppress(OSError):
                self._notes.write(note)

    def _approval(self, found: Mapping[str, str], amount: Money, operation: UUID) -> Approval:
        slip = slip_of(found)
        said = facts(slip)
        sums = found.get(SUM, "")
        theirs = Money(int(sums)) if sums.isascii() and sums.isdecimal() else said.amount
        if theirs is not None and theirs != amount:
            raise wrong_amount(theirs, amount)
        reference = found.get(REFERENCE, "")
        return Approval(
            operation=operation,
            amount=amount,
            at=moment_of(found.get(MOMENT, "")) or said.at or self._now(),
            # Some profiles send back what we sent in this field: that is not the bank's name of the operation.
            reference=reference if reference and reference != str(operation) else said.reference,
            code=found.get(CODE) or said.code,
            card=masked_card(found.get(CARD, "")),
            terminal=found.get(TERMINAL) or self._settings.terminal_id,
            slip=slip,
        )

    # ---------------------------------------------------------------------------------------- what became of it

    async def _by_id(self, operation: UUID, amount: Money, since: datetime, *, overlaid: bool) -> Approval | None:
        """Ask by our id; `overlaid` says that another operation came since, so that a terminal may have forgotten it.

        Raises:
            OutcomeUnknownError: it does not say, or not surely.
        """
        asked = {OPERATION: str(self._settings.status_operation), REFERENCE: str(operation)}
        found = await self._question(asked, since)
        status = found.get(STATUS, "")
        if status in _APPROVED:
            if not found.get(SUM):
                raise unknown(Service.TERMINAL, "status: approved, and no sum")
            return self._approval(found, amount, operation)
        # Any other no may be one to the question itself, and says nothing of the money.
        if status == _REFUSED and found.get(ANSWER) == _NO_SUCH_OPERATION and not overlaid:
            return None
        raise unknown(Service.TERMINAL, f"status: {status or 'none'} {found.get(WORDS, '')}")

    async def _by_last_slip(self, note: Note) -> Approval | None:
        """Compare the terminal's last slip with what was asked: its kind, its sum, and that it is a new one.

        Raises:
            OutcomeUnknownError: it does not say, or not surely. Only the mark of a slip tells it from another: a
                terminal prints the time of another zone, or of a clock that nobody set.
        """
        copy = self._copy_fields()
        if not copy:
            raise unknown(Service.TERMINAL, "this terminal cannot be asked for its last slip")
        found = await self._question(copy, note.began)
        if found.get(STATUS) not in _APPROVED:
            raise unknown(Service.TERMINAL, f"the last slip: {found.get(STATUS)} {found.get(WORDS, '')}")
        said = facts(slip_of(found))
        if not note.before or not said.mark or said.amount is None:
            raise unknown(Service.TERMINAL, "the last slip cannot be read, or nobody knows the one before")
        if said.mark == note.before:
            if self._may_wait_for_card(note.began):
                raise silent_at_it("the last slip is the one before, and the time for the card is not over")
            self._keep(note.at(Step.DECLINED))
            return None
        if (said.amount, said.back) != (note.amount, note.back):
            raise unknown(Service.TERMINAL, "the last slip is of another operation")
        # A copy may bear the sum and the moment of the question: what the slip says counts.
        plain = {key: value for key, value in found.items() if key not in {SUM, MOMENT}}
        return self._approved(note, self._approval(plain, note.amount, note.operation))

    async def _last_slip(self) -> Mapping[str, str]:
        copy = self._copy_fields()
        return await self._asked(copy, self._settings.ask_timeout) if copy else {}

    def _copy_fields(self) -> dict[str, str]:
        return dict(zip((OPERATION, MODE, SECOND_MODE), self._settings.slip_copy.split(), strict=False))

    async def _question(self, fields: Mapping[str, str], since: datetime) -> Mapping[str, str]:
        """Ask about an operation that began then.

        Raises:
            StillAtItError: the terminal says that it is busy, or is silent while it may still wait for the card.
            UnavailableError, OutcomeUnknownError: no usable answer.
        """
        try:
            found = await self._alone(fields, self._settings.ask_timeout)
        except UnavailableError as error:
            if self._may_wait_for_card(since):
                raise silent_at_it(error.detail) from error
            raise
        if found.get(STATUS) == _INTERRUPTED:
            # Nobody can cancel a question at the terminal: it is at something else.
            raise still_at_it(f"a question: {found.get(WORDS, '')}")
        return found

    def _may_wait_for_card(self, since: datetime) -> bool:
        return self._now() < since + timedelta(seconds=self._settings.pay_timeout)

    # ------------------------------------------------------------------------------------------------ the wire

    @contextmanager
    def _busy(self) -> Iterator[None]:
        if self._at_work:
            raise busy()
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False

    async def _alone(self, fields: Mapping[str, str], seconds: float, *, changes: bool = False) -> Mapping[str, str]:
        with self._busy():
            return await self._asked(fields, seconds, changes=changes)

    async def _asked(self, fields: Mapping[str, str], seconds: float, *, changes: bool = False) -> Mapping[str, str]:
        """One request and the fields of its answer.

        Raises:
            UnavailableError, OutcomeUnknownError: no usable answer.
        """
        call = Call(
            "POST",
            "",
            seconds,
            content=request({**fields, TERMINAL: self._settings.terminal_id}),
            headers={"Content-Type": "text/xml; charset=windows-1251", "Accept": "text/xml"},
            changes=changes,
        )

        def read(reply: Reply) -> Mapping[str, str]:
            if reply.status == _NOT_THERE:
                # DualConnector runs, and has no terminal behind this address.
                raise declined(Decline.NO_PINPAD, detail="HTTP 404")
            self._transport.usual(call, reply, "")
            found = fields_of(reply.content)
            if reply.status != _OK or STATUS not in found:
                raise self._transport.senseless(call, f"HTTP {reply.status} without a result")
            return _checked(found, call)

        return await self._transport.call(call, read)


def _checked(found: Mapping[str, str], call: Call) -> Mapping[str, str]:
    """The answer, unless it says that the terminal itself does not know what it did."""
    known = found[STATUS] in {*_APPROVED, _REFUSED, _INTERRUPTED, _NO_LINK}
    if call.changes and not known:
        raise unknown(Service.TERMINAL, f"result {found[STATUS]} {found.get(WORDS, '')}")
    return found


def _refusal(found: Mapping[str, str]) -> PosError:
    return declined(_why(found), found.get(WORDS, ""), detail=_detail(found))


def _why(found: Mapping[str, str]) -> Decline:
    match found.get(STATUS, ""):
        case "34":
            return Decline.NO_LINK
        case "53":
            return Decline.BUSY if _AT_SOMETHING_ELSE in found.get(WORDS, "").upper() else Decline.CANCELLED
        case _:
            return _ANSWERS.get(found.get(ANSWER, "").zfill(2), Decline.OTHER)


def _detail(found: Mapping[str, str]) -> str:
    return f"result {found.get(STATUS, '')}, answer {found.get(ANSWER, '')}"
