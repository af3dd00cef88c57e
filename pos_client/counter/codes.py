"""A code on its way to the customer's phone: sent, typed, counted, sent anew."""

from collections.abc import Callable
from dataclasses import replace

from pos_client.counter import loyalty_words
from pos_client.counter.health import Health
from pos_client.counter.patience import LOYALTY_IS_DOWN
from pos_client.counter.state import CodeAsked
from pos_client.domain.customer import Customer
from pos_client.domain.joining import Application
from pos_client.domain.sale import Trouble
from pos_client.ports import Clock, Members, PosError, Service, UnavailableError

__all__ = ["Codes"]


class Codes:
    """One code at a time. Nothing here waits for anything else at the counter, and nothing else waits for it."""

    def __init__(self, members: Members, health: Health, clock: Clock, on_change: Callable[[], None]) -> None:
        self._members = members
        self._health = health
        self._clock = clock
        self._changed = on_change
        self._to: Customer | Application | None = None
        self.asked: CodeAsked | None = None

    async def send(self, to: Customer | Application, phone: str) -> bool:
        """Have a code sent; whether it is on its way. A second press while one is being sent does nothing."""
        if self._to is to and self.asked is not None and self.asked.busy:
            return False
        before = self.asked if self._to is to else None
        self._to = to
        now = self._clock()
        self._show(replace(before, busy=True, trouble=None) if before else CodeAsked(phone, now, busy=True))
        try:
            self._must_answer()
            await self._members.send_code(to)
        except PosError as error:
            # The one that was sent before, if any, is still good, and so is the count of wrong ones.
            self._settle(to, loyalty_words.code_unsent(error))
            return False
        if self._to is to:
            self._show(CodeAsked(phone, self._clock()))
        return self._to is to

    async def is_right(self, to: Customer | Application, text: str) -> bool:
        """Whether `text` is the code that was sent. Silence counts neither as a right one nor as a wrong one."""
        asked, typed = self.asked, "".join(text.split())
        if self._to is not to or asked is None or asked.busy or not typed:
            return False
        if asked.wrong >= asked.most:
            self._show(replace(asked, trouble=loyalty_words.CODE_SPENT))
            return False
        self._show(replace(asked, busy=True, trouble=None))
        try:
            self._must_answer()
            right = await self._members.check_code(to, typed)
        except PosError as error:
            self._settle(to, loyalty_words.code_unanswered(error))
            return False
        if self._to is not to:
            return False
        if right:
            self._settle(to, None)
        else:
            wrong = asked.wrong + 1
            trouble = loyalty_words.code_wrong(max(asked.most - wrong, 0))
            self._show(replace(asked, busy=False, wrong=wrong, trouble=trouble))
        return right

    def drop(self) -> None:
        """Nobody needs the code any more; an answer that is still under way means nothing."""
        if self._to is not None:
            self._to = None
            self._show(None)

    def _must_answer(self) -> None:
        if self._health.is_open(Service.PROCESSING):
            raise UnavailableError(LOYALTY_IS_DOWN, detail="left alone until a probe gets through")

    def _settle(self, to: Customer | Application, trouble: Trouble | None) -> None:
        if self._to is to and self.asked is not None:
            self._show(replace(self.asked, busy=False, trouble=trouble))

    def _show(self, asked: CodeAsked | None) -> None:
        self.asked = asked
        self._changed()
