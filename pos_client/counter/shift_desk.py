"""What a cashier does about the shift beside selling: hold the totals of the card terminal against the bank's.

Source: card terminals settle once a day («сверка итогов»); some take no card any more until they have.
"""

from collections.abc import Callable
from datetime import datetime

from pos_client.counter import shift_words
from pos_client.counter.pricing import Outside
from pos_client.counter.state import CounterState, Reconciliation
from pos_client.counter.telling import Told
from pos_client.domain.sale import Trouble
from pos_client.ports import Journal, OutcomeUnknownError, PosError, RegisterState, ShiftTotals
from pos_client.ports.terminal import Terminal

__all__ = ["ShiftDesk", "shift_since", "totals_of_shift"]


class ShiftDesk:
    """One settlement at a time, and none while a card's money is in doubt. `counter` is the counter as it is now."""

    def __init__(
        self,
        outside: Outside,
        say: Callable[[Trouble | None], None],
        on_change: Callable[[], None],
        *,
        counter: Callable[[], CounterState],
    ) -> None:
        self._out = outside
        self._say = say
        self._changed = on_change
        self._counter = counter
        self._busy = False
        self.reconciliation: Reconciliation | None = None
        """The last one of this run of the program; None before it, and after one that failed."""

    @property
    def is_reconciling(self) -> bool:
        """Whether the terminal is at it."""
        return self.reconciliation is not None and self.reconciliation.at is None

    async def reconcile(self) -> None:
        """Settle with the bank and print the slip; while an earlier slip is not on paper, only that is printed."""
        terminal = self._out.terminal
        if terminal is None or self._busy:
            return
        self._busy = True
        try:
            with Told(self._say):
                await self._see_to_it(terminal)
        finally:
            self._busy = False

    async def _see_to_it(self, terminal: Terminal) -> None:
        done = self.reconciliation
        if done is None or done.printed:
            if self._counter().has_card_in_doubt:
                self._say(shift_words.CARD_IN_DOUBT)
                return
            done = await self._settled(terminal)
        if done is not None and not done.printed:
            await self._print(done)

    async def _settled(self, terminal: Terminal) -> Reconciliation | None:
        self._became(Reconciliation())
        try:
            slip = await terminal.settle()
        except OutcomeUnknownError as error:
            self._say(shift_words.not_confirmed(error.trouble))
        except PosError as error:
            self._say(shift_words.not_settled(error.trouble))
        else:
            return self._became(Reconciliation(self._out.clock(), slip, printed=not slip))
        finally:
            if self.is_reconciling:
                self._became(None)
        return None

    async def _print(self, done: Reconciliation) -> None:
        try:
            await self._out.register.print_text(done.slip, self._out.new_id())
        except PosError as error:
            self._say(shift_words.not_printed(error.trouble))
        else:
            self._became(Reconciliation(done.at, done.slip, printed=True))

    def _became(self, now: Reconciliation | None) -> Reconciliation | None:
        self.reconciliation = now
        self._changed()
        return now


def shift_since(register: RegisterState | None, otherwise: datetime) -> datetime:
    """When the open shift was opened, as far as the register has said it."""
    known = None if register is None else register.shift_since
    return otherwise if known is None else known


def totals_of_shift(journal: Journal, register: RegisterState | None, otherwise: datetime) -> ShiftTotals | None:
    """What this till sold and gave back in the register's shift, by the documents; None while nobody knows which."""
    if register is None or not register.shift_number:
        return None
    since = shift_since(register, otherwise)
    return journal.totals_of_shift(register.fn, register.shift_number, since=since)
