"""A receipt that is owed, by a sale or by a refund: printed once, asked about whenever nobody knows whether it was."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Generic, Protocol, Self, TypeVar
from uuid import UUID

from pos_client.counter import receipt_words, words
from pos_client.counter.state import WaitFor
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.receipt import FiscalDocument, FiscalTask, PaperWord
from pos_client.domain.sale import Cashier, Trouble
from pos_client.ports import (
    CashRegister,
    OtherTotalError,
    OutcomeUnknownError,
    PosError,
    RefusedError,
    ShiftState,
    StillAtItError,
    UnavailableError,
)

__all__ = ["Receipting", "by_word"]


class Owing(Protocol):
    """What owes a receipt: a paid owing, a refund."""

    @property
    def cashier(self) -> Cashier:
        """Who is at the till."""

    @property
    def fiscal(self) -> FiscalTask | None:
        """The receipt and its identity."""

    def receipt_sent(self, *, after: int | None, fn: str = "") -> Self:
        """The receipt is about to leave."""

    def receipt_refused(self, task_id: UUID, trouble: Trouble) -> Self:
        """The register registered nothing; the next try goes under this id."""

    def receipted(self, document: FiscalDocument) -> Self:
        """The register has the document."""

    def troubled(self, trouble: Trouble, *, task: FiscalTask | None = None) -> Self:
        """Something stands in the way; `task` is what is known of the receipt."""


Owed = TypeVar("Owed", bound=Owing)


class Receipting(Generic[Owed]):
    """Drives the register for one receipt at a time.

    `keep` journals what owes it and shows it; `show` tells what is awaited; `unknown` finds the words for a receipt
    whose fate nobody can tell; `otherwise` says what becomes of it when the register's document has another total.
    """

    def __init__(
        self,
        register: CashRegister,
        *,
        keep: Callable[[Owed], Owed],
        show: Callable[[WaitFor | None, bool], None],
        new_id: Callable[[], UUID],
        check_for: float,
        check_pause: float,
        unknown: Callable[[Trouble], Trouble] = words.receipt_unknown,
        otherwise: Callable[[Owed, Misregistered], Owed] | None = None,
    ) -> None:
        self._register = register
        self._keep = keep
        self._show = show
        self._new_id = new_id
        self._check_for = check_for
        self._check_pause = check_pause
        self._unknown = unknown
        self._otherwise = otherwise

    async def fiscalise(self, owing: Owed) -> bool:
        """Register the receipt. False: something stands in the way, and what owes it says what."""
        task = owing.fiscal
        if task is None:
            raise RuntimeError("what fiscalises has a receipt")
        try:
            return await (self._find(owing, task) if task.sent else self._begin(owing))
        finally:
            self._show(None, False)

    async def testify(self, owing: Owed, number: int, *, by: str, at: datetime) -> bool:
        """Go on by what the cashier `by` has signed of a receipt of which nobody can tell.

        `number` is that of the fiscal document on the paper, 0 when there surely is none. The register is asked once
        more, and what it says goes before any word. False: something stands in the way.

        Raises:
            RefusedError: nobody asked, or the number surely is not this receipt's; nothing has changed.
        """
        task = owing.fiscal
        if task is None or not task.doubted:
            raise RefusedError(receipt_words.NOBODY_ASKED)
        if number < 0:
            raise RefusedError(receipt_words.NOT_A_NUMBER)
        word = PaperWord(by, at, task.id, number)
        if word.number and task.after is not None and word.number <= task.after:
            raise RefusedError(receipt_words.earlier_document(word.number, task.after))
        self._show(WaitFor.RECEIPT_CHECK, False)
        try:
            signed = replace(task, words=(*task.words, word))
            return await (self._told_of(owing, signed, word) if word.number else self._denied(owing, signed))
        finally:
            self._show(None, False)

    async def _told_of(self, owing: Owed, task: FiscalTask, word: PaperWord) -> bool:
        """The cashier has the paper: never is anything printed."""
        try:
            document = await self._register.find_document(task)
        except OtherTotalError as error:
            return self._misregistered(owing, error)
        except StillAtItError as error:
            return self._doubt(owing, task, error)
        except PosError:
            document = await self._under(task, word)
        if document is None:
            raise RefusedError(receipt_words.surely_not_registered(word.number))
        self._keep(owing.troubled(receipt_words.NOBODY_ASKED, task=task).receipted(document))
        return True

    async def _under(self, task: FiscalTask, word: PaperWord) -> FiscalDocument:
        try:
            document = await self._register.document_under(word.number, task)
        except RefusedError:
            raise
        except PosError:
            # Neither device nor storage can tell: the paper is all that there is.
            document = by_word(task, word)
        return replace(document, signed_by=word.cashier)

    async def _denied(self, owing: Owed, task: FiscalTask) -> bool:
        """The cashier has no paper: printed again only if the register does not know better."""
        try:
            document = await self._register.find_document(task)
        except OtherTotalError as error:
            return self._misregistered(owing, error)
        except PosError as error:
            if _only_a_person_can_tell(error):
                return await self._anew(owing, task, error.trouble)
            return self._doubt(owing, task, error)
        if document is None:
            return await self._anew(owing, task, receipt_words.NOBODY_ASKED)
        self._keep(owing.troubled(receipt_words.NOBODY_ASKED, task=task).receipted(document))
        return True

    async def _anew(self, owing: Owed, task: FiscalTask, trouble: Trouble) -> bool:
        """A signed word stands for what nobody else can say: the next try is another task, and that word is used up."""
        kept = owing.troubled(trouble, task=task).receipt_refused(self._new_id(), trouble)
        return await self._begin(self._keep(kept))

    async def _begin(self, owing: Owed) -> bool:
        """Send a receipt that surely is not registered."""
        try:
            state = await self._register.state()
            if state.shift is not ShiftState.OPEN:
                self._show(WaitFor.RECEIPT, False)
                await self._register.open_shift(owing.cashier, self._new_id())
            owing = self._keep(owing.receipt_sent(after=state.last_document, fn=state.fn))
        except PosError as error:
            self._keep(owing.troubled(error.trouble))
            return False
        task = owing.fiscal
        if task is None:
            raise RuntimeError("what was sent is a receipt")
        self._show(WaitFor.RECEIPT, False)
        done = await self._printed(owing, task)
        return await self._find(owing, task) if isinstance(done, PosError) else done

    async def _printed(self, owing: Owed, task: FiscalTask) -> bool | OutcomeUnknownError:
        """Whether the receipt is registered; the error when nobody can tell."""
        try:
            document = await self._register.print_receipt(task)
        except RefusedError as error:
            self._keep(owing.receipt_refused(self._new_id(), error.trouble))
            return False
        except OtherTotalError as error:
            return self._misregistered(owing, error)
        except OutcomeUnknownError as error:
            return error
        except UnavailableError as error:
            # Surely not registered, and the register never heard of this id: the next try uses it again.
            self._keep(owing.receipt_refused(task.id, error.trouble))
            return False
        self._keep(owing.receipted(document))
        return True

    async def _find(self, owing: Owed, task: FiscalTask) -> bool:
        """Ask until the register can tell or the time for it is over; nothing else is printed meanwhile."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._check_for
        self._show(WaitFor.RECEIPT_CHECK, True)
        while True:
            try:
                document = await self._register.find_document(task)
            except OtherTotalError as error:
                return self._misregistered(owing, error)
            except PosError as error:
                if task.is_denied and _only_a_person_can_tell(error):
                    return await self._anew(owing, task, error.trouble)
                stopped: PosError = error
                hopeless = isinstance(error, RefusedError) or _only_a_person_can_tell(error)
            else:
                if document is not None:
                    self._keep(owing.receipted(document))
                    return True
                if task.is_denied:
                    return await self._anew(owing, task, receipt_words.NOBODY_ASKED)
                # Surely not there. The same id goes out again: if the first one is still on its way, the register
                # takes the two for one.
                done = await self._printed(owing, task)
                if not isinstance(done, PosError):
                    return done
                stopped, hopeless = done, False
            if hopeless or loop.time() >= until:
                return self._doubt(owing, task, stopped)
            await asyncio.sleep(self._check_pause)

    def _doubt(self, owing: Owed, task: FiscalTask, error: PosError) -> bool:
        """It is not known: the cashier is asked, unless only waiting helps."""
        asked = not isinstance(error, StillAtItError)
        trouble = self._unknown(error.trouble)
        if asked:
            said = receipt_words.denied_and_silent if task.is_denied else receipt_words.doubted
            trouble = said(trouble, error.trouble)
        stopped = owing.troubled(trouble, task=replace(task, doubted=asked))
        if stopped != owing:  # what is asked about again and again is written down once
            self._keep(stopped)
        return False

    def _misregistered(self, owing: Owed, error: OtherTotalError) -> bool:
        """Nothing is unknown, and no time makes it better: a person has to hear of it before anything else is done."""
        if self._otherwise is None or error.registered is None:
            self._keep(owing.troubled(error.trouble))
        else:
            self._keep(self._otherwise(owing, error.registered))
        return False


def by_word(task: FiscalTask, word: PaperWord) -> FiscalDocument:
    """A document that only its paper tells of: no sign, no shift, no code."""
    return FiscalDocument(
        number=word.number,
        fn=task.fn,
        sign="",
        shift=0,
        receipt_number=0,
        at=word.at,
        total=task.receipt.total,
        qr="",
        signed_by=word.cashier,
    )


def _only_a_person_can_tell(error: PosError) -> bool:
    """Whether no later question to the same register will be answered otherwise."""
    return isinstance(error, OutcomeUnknownError) and not isinstance(error, StillAtItError)
