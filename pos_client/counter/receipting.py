"""The receipt of a paid sale: printed once, and asked about whenever nobody knows whether it was."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from pos_client.counter import words
from pos_client.counter.state import WaitFor
from pos_client.domain.receipt import FiscalTask
from pos_client.domain.sale import Sale, Trouble
from pos_client.ports import CashRegister, OutcomeUnknownError, PosError, RefusedError, ShiftState, UnavailableError

__all__ = ["Receipting"]


class Receipting:
    """Drives the register for one sale at a time. `keep` journals a sale and shows it; `show` tells what is awaited."""

    def __init__(
        self,
        register: CashRegister,
        *,
        keep: Callable[[Sale], Sale],
        show: Callable[[WaitFor | None, bool], None],
        new_id: Callable[[], UUID],
        check_for: float,
        check_pause: float,
    ) -> None:
        self._register = register
        self._keep = keep
        self._show = show
        self._new_id = new_id
        self._check_for = check_for
        self._check_pause = check_pause

    async def fiscalise(self, sale: Sale) -> bool:
        """Register the receipt. False: something stands in the way, and the sale says what."""
        task = sale.fiscal
        if task is None:
            raise RuntimeError("a sale that fiscalises has a receipt")
        try:
            if task.sent:
                return await self._find(sale, task)
            state = await self._register.state()
            if state.shift is not ShiftState.OPEN:
                self._show(WaitFor.RECEIPT, False)
                await self._register.open_shift(sale.cashier, self._new_id())
            sale = self._keep(sale.receipt_sent(after=state.last_document))
            return await self._print(sale, sale.fiscal or task)
        except PosError as error:
            self._keep(sale.troubled(error.trouble))
            return False
        finally:
            self._show(None, False)

    async def _print(self, sale: Sale, task: FiscalTask) -> bool:
        self._show(WaitFor.RECEIPT, False)
        done = await self._printed(sale, task)
        return await self._find(sale, task) if isinstance(done, Trouble) else done

    async def _printed(self, sale: Sale, task: FiscalTask) -> bool | Trouble:
        """Whether the receipt is registered; words when nobody can tell."""
        try:
            document = await self._register.print_receipt(task)
        except RefusedError as error:
            self._keep(sale.receipt_refused(self._new_id(), error.trouble))
            return False
        except OutcomeUnknownError as error:
            return error.trouble
        except UnavailableError as error:
            # Surely not registered, and the register never heard of this id: the next try uses it again.
            self._keep(sale.receipt_refused(task.id, error.trouble))
            return False
        self._keep(sale.receipted(document))
        return True

    async def _find(self, sale: Sale, task: FiscalTask) -> bool:
        """Ask until the register can tell or the time for it is over; nothing else is printed meanwhile."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._check_for
        self._show(WaitFor.RECEIPT_CHECK, True)
        while True:
            hopeless = False
            try:
                document = await self._register.find_document(task)
            except PosError as error:
                trouble, hopeless = error.trouble, isinstance(error, RefusedError)
            else:
                if document is not None:
                    self._keep(sale.receipted(document))
                    return True
                # Surely not there. The same id goes out again: if the first one is still on its way, the register
                # takes the two for one.
                done = await self._printed(sale, task)
                if not isinstance(done, Trouble):
                    return done
                trouble = done
            if hopeless or loop.time() >= until:
                self._keep(sale.troubled(words.receipt_unknown(trouble)))
                return False
            await asyncio.sleep(self._check_pause)
