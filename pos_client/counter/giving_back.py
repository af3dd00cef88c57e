"""Money goes back the way it came, by card and transfer: of a visit that was given up, or of an order refunded."""

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar
from uuid import UUID

from pos_client.counter import words
from pos_client.counter.pricing import Outside
from pos_client.counter.state import WaitFor
from pos_client.counter.tendering import MoneySettings
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Approval, Tender, TenderState, Testimony
from pos_client.domain.sale import Trouble
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, StillAtItError, UnavailableError

__all__ = ["GivingBack", "testified_return"]


class Giving(Protocol):
    """What gives money back: a visit that was given up, a refund."""

    @property
    def trouble(self) -> Trouble | None:
        """What stands in the way."""

    @property
    def next_return(self) -> Tender | None:
        """What goes back next."""

    def tender_became(self, before: Tender, after: Tender) -> Self:
        """One of them has come further."""

    def troubled(self, trouble: Trouble) -> Self:
        """Something stands in the way."""


Giver = TypeVar("Giver", bound=Giving)


class GivingBack(Generic[Giver]):
    """Gives back one tender after another. `keep` journals who gives and shows it; `show` tells what is awaited."""

    def __init__(
        self,
        outside: Outside,
        settings: MoneySettings,
        *,
        keep: Callable[[Giver], Giver],
        show: Callable[[WaitFor | None, bool], None],
    ) -> None:
        self._out = outside
        self._settings = settings
        self._keep = keep
        self._show = show

    async def give_back(self, giver: Giver) -> Giver | None:
        """Give back all that moved. None: something stands in the way, and the sale tells what."""
        try:
            while (tender := giver.next_return) is not None:
                self._show(WaitFor.GIVE_BACK, False)
                if tender.state is TenderState.APPROVED:
                    giver, tender = self._begun(giver, tender)
                    giver = await self._returned(giver, tender)
                else:
                    giver = await self._found(giver, tender)
                if giver.trouble is not None:
                    return None
        finally:
            self._show(None, False)
        return giver

    def _begun(self, giver: Giver, tender: Tender) -> tuple[Giver, Tender]:
        begun = tender.going_back(self._out.new_id(), at=self._out.clock())
        return self._keep(giver.tender_became(tender, begun)), begun

    async def _returned(self, giver: Giver, tender: Tender) -> Giver:
        if tender.approval is None:
            return self._doubted(giver, tender, words.RETURN_BY_HAND)
        try:
            back = await self._ask(tender, tender.approval, _operation(tender))
        except (RefusedError, UnavailableError) as error:
            return self._not_gone(giver, tender, error.trouble)
        except OutcomeUnknownError:
            return await self._found(giver, tender)
        return self._keep(giver.tender_became(tender, tender.gone_back(back)))

    async def _ask(self, tender: Tender, paid: Approval, operation: UUID) -> Approval:
        port = self._out.sbp if tender.kind is TenderKind.SBP else self._out.terminal
        if port is None:
            raise UnavailableError(words.NO_SUCH_MEANS)
        return await port.refund(paid, tender.amount, operation)

    async def _found(self, giver: Giver, tender: Tender) -> Giver:
        """Ask what became of the return until somebody can tell or the time for it is over."""
        if tender.approval is None:
            return self._doubted(giver, tender, words.RETURN_BY_HAND)
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.check_for
        self._show(WaitFor.TENDER_CHECK, True)
        while True:
            try:
                back = await self._look(tender, tender.approval, tender.amount)
            except PosError as error:
                if loop.time() >= until:
                    if isinstance(error, StillAtItError) and tender.state is TenderState.RETURNING:
                        return self._keep(giver.troubled(error.trouble))
                    # What an adapter says of a lost answer speaks of paying.
                    lost = isinstance(error, OutcomeUnknownError) and not isinstance(error, StillAtItError)
                    return self._doubted(giver, tender, words.RETURN_NOT_KNOWN if lost else error.trouble)
            else:
                if back is None:
                    return self._not_gone(giver, tender, words.NOT_CHARGED)
                return self._keep(giver.tender_became(tender, tender.gone_back(back)))
            await asyncio.sleep(self._settings.check_pause)

    async def _look(self, tender: Tender, paid: Approval, amount: Money) -> Approval | None:
        operation = _operation(tender)
        if tender.kind is TenderKind.SBP:
            # The bank gives back once, however often it is asked under the same operation.
            return await self._ask(tender, paid, operation)
        if self._out.terminal is None:
            raise UnavailableError(words.NO_SUCH_MEANS)
        return await self._out.terminal.find(operation, amount, since=tender.return_asked_at or paid.at, back=True)

    def _not_gone(self, giver: Giver, tender: Tender, why: Trouble) -> Giver:
        kept = giver.tender_became(tender, tender.not_gone_back())
        return self._keep(kept.troubled(words.not_given_back(why, tender.amount)))

    def _doubted(self, giver: Giver, tender: Tender, why: Trouble) -> Giver:
        doubted = giver.tender_became(tender, tender.doubted())
        return self._keep(doubted.troubled(words.return_unknown(why, tender.amount)))


def _operation(tender: Tender) -> UUID:
    if tender.return_operation is None:
        raise RuntimeError("whoever is asked to give money back is asked under an id")
    return tender.return_operation


def testified_return(giver: Giver, testimony: Testimony) -> Giver:
    """Who gives, after the cashier has said whether money went back where nobody else could tell.

    Raises:
        RefusedError: nobody asked, or the two answers contradict each other.
    """
    tender = giver.next_return
    if tender is None or tender.state is not TenderState.RETURN_UNKNOWN:
        raise RefusedError(words.FINISH_FIRST)
    if testimony.slip != bool(testimony.amount) or (testimony.slip and testimony.amount != tender.amount):
        raise RefusedError(words.ANSWERS_DISAGREE)
    return giver.tender_became(tender, tender.testified(testimony))
