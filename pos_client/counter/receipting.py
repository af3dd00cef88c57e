"""A receipt that is owed, by a sale or by a refund: printed once, asked about whenever nobody knows whether it was."""

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar
from uuid import UUID

from pos_client.counter import words
from pos_client.counter.state import WaitFor
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.receipt import FiscalDocument, FiscalTask
from pos_client.domain.sale import Cashier, Trouble
from pos_client.ports import (
    CashRegister,
    OtherTotalError,
    OutcomeUnknownError,
    PosError,
    RefusedError,
    ShiftState,
    UnavailableError,
)

__all__ = ["Receipting"]


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

    def troubled(self, trouble: Trouble) -> Self:
        """Something stands in the way."""


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
            if task.sent:
                return await self._find(owing, task)
            state = await self._register.state()
            if state.shift is not ShiftState.OPEN:
                self._show(WaitFor.RECEIPT, False)
                await self._register.open_shift(owing.cashier, self._new_id())
            owing = self._keep(owing.receipt_sent(after=state.last_document, fn=state.fn))
            return await self._print(owing, owing.fiscal or task)
        except PosError as error:
            self._keep(owing.troubled(error.trouble))
            return False
        finally:
            self._show(None, False)

    async def _print(self, owing: Owed, task: FiscalTask) -> bool:
        self._show(WaitFor.RECEIPT, False)
        done = await self._printed(owing, task)
        return await self._find(owing, task) if isinstance(done, Trouble) else done

    async def _printed(self, owing: Owed, task: FiscalTask) -> bool | Trouble:
        """Whether the receipt is registered; words when nobody can tell."""
        try:
            document = await self._register.print_receipt(task)
        except RefusedError as error:
            self._keep(owing.receipt_refused(self._new_id(), error.trouble))
            return False
        except OtherTotalError as error:
            return self._misregistered(owing, error)
        except OutcomeUnknownError as error:
            return error.trouble
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
            hopeless = False
            try:
                document = await self._register.find_document(task)
            except OtherTotalError as error:
                return self._misregistered(owing, error)
            except PosError as error:
                trouble, hopeless = error.trouble, isinstance(error, RefusedError)
            else:
                if document is not None:
                    self._keep(owing.receipted(document))
                    return True
                # Surely not there. The same id goes out again: if the first one is still on its way, the register
                # takes the two for one.
                done = await self._printed(owing, task)
                if not isinstance(done, Trouble):
                    return done
                trouble = done
            if hopeless or loop.time() >= until:
                self._keep(owing.troubled(self._unknown(trouble)))
                return False
            await asyncio.sleep(self._check_pause)

    def _misregistered(self, owing: Owed, error: OtherTotalError) -> bool:
        """Nothing is unknown, and no time makes it better: a person has to hear of it before anything else is done."""
        if self._otherwise is None or error.registered is None:
            self._keep(owing.troubled(error.trouble))
        else:
            self._keep(self._otherwise(owing, error.registered))
        return False
