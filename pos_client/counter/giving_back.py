"""Money goes back the way it came, by card and transfer: of a visit that was given up, or of an order refunded."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final, Generic, Protocol, Self, TypeVar
from uuid import UUID

from pos_client.counter import doubt_words, refund_words, words
from pos_client.counter.card_doubt import card_in_doubt
from pos_client.counter.pricing import Outside
from pos_client.counter.state import WaitFor
from pos_client.counter.tendering import MoneySettings
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Approval, Tender, TenderState, Testimony
from pos_client.domain.sale import Trouble
from pos_client.ports import (
    OtherSumError,
    OutcomeUnknownError,
    PosError,
    RefusedError,
    StillAtItError,
    UnavailableError,
)

__all__ = ["GivingBack", "named_return", "testified_return"]

_RRN: Final = re.compile(r"\d{12}")
"""ISO 8583, field 37, as Russian banks print it."""


class Giving(Protocol):
    """What gives money back: a visit that was given up, a refund."""

    @property
    def id(self) -> UUID:
        """Which one it is."""

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


def _by_hand(tender: Tender, _why: Trouble | None) -> Trouble:
    how = words.RETURN_AT_BANK if tender.kind is TenderKind.SBP else words.RETURN_BY_HAND
    return words.return_unknown(how, tender.amount)


class GivingBack(Generic[Giver]):
    """Gives back one tender after another.

    `keep` journals who gives and shows it; `show` tells what is awaited; `by_hand` finds the words for money that no
    return can name, and says why the bank did not know it, if it was asked.
    """

    def __init__(
        self,
        outside: Outside,
        settings: MoneySettings,
        *,
        keep: Callable[[Giver], Giver],
        show: Callable[[WaitFor | None, bool], None],
        by_hand: Callable[[Tender, Trouble | None], Trouble] = _by_hand,
    ) -> None:
        self._out = outside
        self._settings = settings
        self._keep = keep
        self._show = show
        self._by_hand = by_hand

    async def give_back(self, giver: Giver) -> Giver | None:
        """Give back all that moved. None: something stands in the way, and the sale tells what."""
        try:
            while (tender := giver.next_return) is not None:
                self._show(WaitFor.GIVE_BACK, False)
                if tender.state is TenderState.APPROVED:
                    if tender.kind is TenderKind.CARD and (doubt := card_in_doubt(self._out, besides=giver.id)):
                        self._keep(giver.troubled(doubt_words.not_back_yet(doubt, tender.amount)))
                        return None
                    giver, tender = await self._named(giver, tender)
                    giver, tender = self._begun(giver, tender)
                    giver = await self._returned(giver, tender)
                else:
                    giver = await self._found(giver, tender)
                if giver.trouble is not None:
                    return None
        finally:
            self._show(None, False)
        return giver

    async def _named(self, giver: Giver, tender: Tender) -> tuple[Giver, Tender]:
        """What is known by a signed word alone, the terminal may be able to tell of by now."""
        paid = tender.known_by
        if paid is None or not paid.is_nameless:
            return giver, tender
        if tender.kind is TenderKind.CARD and self._out.terminal is not None:
            with suppress(PosError):
                paid = await self._out.terminal.find(paid.operation, tender.amount, since=paid.at) or paid
        if paid == tender.approval:
            return giver, tender
        named = replace(tender, approval=paid)
        return self._keep(giver.tender_became(tender, named)), named

    def _begun(self, giver: Giver, tender: Tender) -> tuple[Giver, Tender]:
        begun = tender.going_back(self._out.new_id(), at=self._out.clock())
        return self._keep(giver.tender_became(tender, begun)), begun

    async def _returned(self, giver: Giver, tender: Tender) -> Giver:
        if tender.approval is None or _only_by_hand(tender):
            return self._handed_over(giver, tender)
        try:
            back = await self._ask(tender, tender.approval, _operation(tender))
        except RefusedError as error:
            return self._refused(giver, tender, error.trouble)
        except UnavailableError as error:
            return self._not_gone(giver, tender, error.trouble)
        except OutcomeUnknownError as error:
            return await self._found(giver, tender, error)
        return self._keep(giver.tender_became(tender, tender.gone_back(back)))

    async def _ask(self, tender: Tender, paid: Approval, operation: UUID) -> Approval:
        port = self._out.sbp if tender.kind is TenderKind.SBP else self._out.terminal
        if port is None:
            raise UnavailableError(words.NO_SUCH_MEANS)
        return await port.refund(paid, tender.amount, operation)

    async def _found(self, giver: Giver, tender: Tender, said: PosError | None = None) -> Giver:
        """Ask what became of the return until somebody can tell or the time for it is over; `said` is known of it."""
        if tender.approval is None or _only_by_hand(tender):
            return self._handed_over(giver, tender)
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.check_for
        self._show(WaitFor.TENDER_CHECK, True)
        while True:
            try:
                back = await self._look(tender, tender.approval, tender.amount)
            except PosError as error:
                if loop.time() >= until:
                    return self._still_not_known(giver, tender, said if isinstance(said, OtherSumError) else error)
            else:
                if back is None:
                    return self._not_gone(giver, tender, words.NOT_GONE_BACK)
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

    def _still_not_known(self, giver: Giver, tender: Tender, error: PosError) -> Giver:
        if isinstance(error, StillAtItError) and tender.state is TenderState.RETURNING:
            # Nobody is asked for a slip while the money may still go.
            return self._keep(giver.troubled(error.trouble))
        if isinstance(error, RefusedError) and tender.approval is not None and tender.approval.is_nameless:
            return self._handed_over(giver, tender, error.trouble)
        after = replace(tender.doubted(), other_sum=tender.other_sum or isinstance(error, OtherSumError))
        doubted = giver.tender_became(tender, after)
        return self._keep(doubted.troubled(_doubt(error, tender.amount)))

    def _refused(self, giver: Giver, tender: Tender, why: Trouble) -> Giver:
        """Terminal or bank said no. What a cashier named may be named wrongly: the next try asks for the name again."""
        paid = tender.approval
        if paid is None or not paid.signed_by:
            return self._not_gone(giver, tender, why)
        if paid.is_nameless:
            return self._handed_over(giver, tender, why)
        forgotten = replace(tender.not_gone_back(), approval=replace(paid, reference=""))
        kept = giver.tender_became(tender, forgotten)
        return self._keep(kept.troubled(words.not_given_back(why, tender.amount)))

    def _not_gone(self, giver: Giver, tender: Tender, why: Trouble) -> Giver:
        kept = giver.tender_became(tender, tender.not_gone_back())
        return self._keep(kept.troubled(words.not_given_back(why, tender.amount)))

    def _handed_over(self, giver: Giver, tender: Tender, why: Trouble | None = None) -> Giver:
        """No return can name this money: a person gives it back, or reads the name from a slip."""
        doubted = giver.tender_became(tender, tender.doubted())
        return self._keep(doubted.troubled(self._by_hand(tender, why)))


def _doubt(error: PosError, amount: Money) -> Trouble:
    """Why nobody knows of a return. What an adapter advises, and what it says of a lost answer, speaks of paying."""
    match error:
        case OtherSumError():
            return words.returned_other(error.trouble, amount)
        case StillAtItError():
            return words.return_unknown(error.trouble, amount)
        case OutcomeUnknownError():
            return words.return_unknown(words.RETURN_NOT_KNOWN, amount)
        case _:
            return words.return_unknown(replace(error.trouble, action=""), amount)


def _only_by_hand(tender: Tender) -> bool:
    """Whether no call can give it back: a bank knows a transfer by our own number, a terminal needs the card's."""
    paid = tender.approval
    return paid is not None and paid.is_nameless and tender.kind is TenderKind.CARD


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


def named_return(giver: Giver, reference: str) -> Giver:
    """Who gives, after the cashier has read the reference (RRN) of a payment from its slip: a terminal can return it.

    Raises:
        RefusedError: nobody asked for it, so that the money may be on its way already; or it is no reference.
    """
    tender = giver.next_return
    paid = tender.approval if tender is not None else None
    if tender is None or paid is None or tender.state is not TenderState.RETURN_UNKNOWN or not _only_by_hand(tender):
        raise RefusedError(words.FINISH_FIRST)
    if not _RRN.fullmatch(reference):
        raise RefusedError(refund_words.NOT_A_REFERENCE)
    named = replace(tender.not_gone_back(), approval=replace(paid, reference=reference))
    return giver.tender_became(tender, named)
