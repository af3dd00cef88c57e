"""How the register is: looked at now and then, and before money is taken when it would surely refuse the receipt."""

from collections.abc import Callable
from dataclasses import replace

from pos_client.counter import words
from pos_client.counter.health import Health
from pos_client.domain.sale import Trouble
from pos_client.ports import CashRegister, Clock, PosError, RegisterState, Service

__all__ = ["RegisterWatch"]

_UNSENT_ALARM_DAYS = 3
"""The storage locks the register after thirty days of silence to the OFD; three leave time for a person to act."""


class RegisterWatch:
    """What the register said last, and the lights that go with it."""

    def __init__(self, register: CashRegister, health: Health, clock: Clock, on_change: Callable[[], None]) -> None:
        self._register = register
        self._health = health
        self._clock = clock
        self._changed = on_change
        self.seen: RegisterState | None = None

    async def look(self) -> None:
        """Ask the register how it is: paper, shift, documents that did not reach the OFD."""
        try:
            state = await self._register.state()
        except PosError:
            return  # its light says so already
        self.seen = state
        self._health.wants_attention(Service.REGISTER, words.register_attention(state))
        days = (self._clock() - state.unsent_since).days if state.unsent_since else 0
        late = state.unsent > 0 and days >= _UNSENT_ALARM_DAYS
        self._health.wants_attention(Service.OFD, words.ofd_silent(state.unsent, days) if late else None)
        self._changed()

    async def obstacle(self) -> Trouble | None:
        """Why a receipt would surely be refused now (no paper, a shift of more than a day); None when it would not."""
        if self._attention() is None:
            return None
        await self.look()  # somebody may have put it right since
        trouble = self._attention()
        return None if trouble is None else replace(trouble, money="Оплата не проведена.")

    def _attention(self) -> Trouble | None:
        return None if self.seen is None else words.register_attention(self.seen)
