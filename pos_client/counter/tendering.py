"""The money of one visit, tender after tender: asked for once, asked about whenever nobody knows what became of it.

A tender is journaled as asked before terminal or bank hear of it. Whatever interrupts after that, a lost answer or a
killed till, leads to questions about that one operation, never to a second one.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pos_client.counter import doubt_words, words
from pos_client.counter.card_doubt import card_in_doubt
from pos_client.counter.pricing import Outside
from pos_client.counter.state import WaitFor
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Approval, QrCode, Tender, TenderState, TenderWish, Testimony, in_sequence
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, StillAtItError, UnavailableError
from pos_client.ports.terminal import Sbp, SbpAnswer, SbpState, Terminal

__all__ = ["MoneySettings", "Taking", "means_of", "planned", "testified"]


@dataclass(frozen=True, slots=True)
class MoneySettings:
    """Times in seconds."""

    check_for: float = 20.0
    """How long terminal or bank are asked about a lost answer before the cashier is."""
    check_pause: float = 1.0
    qr_for: float = 180.0
    """How long a code is shown at most; the bank's own limit counts if it is shorter."""
    qr_pause: float = 3.0
    """Between two looks at whether it is paid."""


def means_of(outside: Outside) -> tuple[TenderKind, ...]:
    """What this till can take money by."""
    card = (TenderKind.CARD,) if outside.terminal is not None else ()
    sbp = (TenderKind.SBP,) if outside.sbp is not None else ()
    return (TenderKind.CASH, *card, *sbp)


def planned(sale: Sale, wishes: Sequence[TenderWish], outside: Outside) -> tuple[Tender, ...]:
    """The cashier's wishes as tenders, in their sequence: for all of a visit, or for what of it has not moved.

    Cash alone is in the drawer when the cashier says so; cash beside other money is counted when its turn comes.

    Raises:
        RefusedError: the sums make no sense, the till has no such means, or its terminal may still have to tell of
            another card; nothing has happened.
        OSError: the journal cannot be read.
    """
    total = Money.sum([wish.amount for wish in wishes])
    already = sale.takings.approved
    nothing = not already and not total
    if total + already > sale.due or (nothing and sale.due) or (nothing and not wishes):
        raise RefusedError(words.SUM_IS_WRONG)
    if not all(_makes_sense(wish, something=bool(sale.due)) for wish in wishes):
        raise RefusedError(words.SUM_IS_WRONG)
    if not {wish.kind for wish in wishes} <= set(means_of(outside)):
        raise RefusedError(words.NO_SUCH_MEANS)
    if any(wish.kind is TenderKind.CARD for wish in wishes) and (doubt := card_in_doubt(outside, besides=sale.id)):
        begun = sale.stage is Stage.PAYING
        raise RefusedError(doubt_words.not_charged(doubt, sbp=outside.sbp is not None, begun=begun))
    if all(wish.kind is TenderKind.CASH and wish.received is not None for wish in wishes):
        return tuple(Tender(wish.kind, wish.amount, wish.received or ZERO) for wish in wishes)
    return tuple(Tender.planned(wish, outside.new_id()) for wish in in_sequence(wishes))


def _makes_sense(wish: TenderWish, *, something: bool) -> bool:
    """Whether a wish is for money; where points paid for all, nothing in cash is what there is to wish for."""
    if wish.received is not None and (wish.received < wish.amount or wish.kind is not TenderKind.CASH):
        return False
    return wish.amount > ZERO or (not wish.amount and not something and wish.kind is TenderKind.CASH)


def testified(sale: Sale, testimony: Testimony) -> Sale:
    """The sale after the cashier has said what neither terminal nor bank could.

    Raises:
        RefusedError: nobody asked, or the two answers contradict each other.
    """
    tender = sale.takings.next
    if tender is None or tender.state is not TenderState.UNKNOWN:
        raise RefusedError(words.FINISH_FIRST)
    if testimony.slip != bool(testimony.amount) or testimony.amount < ZERO:
        raise RefusedError(words.ANSWERS_DISAGREE)
    moved = sale.tender_became(tender, tender.testified(testimony))
    return moved if testimony.slip else moved.troubled(words.tender_declined(words.NOT_CHARGED, moved.takings.approved))


class Taking:
    """Takes one visit's money. `keep` journals a sale and shows it; `show` tells what is awaited."""

    def __init__(
        self,
        outside: Outside,
        settings: MoneySettings,
        *,
        keep: Callable[[Sale], Sale],
        show: Callable[[WaitFor | None, bool], None],
    ) -> None:
        self._out = outside
        self._settings = settings
        self._keep = keep
        self._show = show
        self._stopped = asyncio.Event()
        self.qr: QrCode | None = None

    def stop_qr(self) -> None:
        """The customer will not scan the code."""
        self._stopped.set()

    async def take(self, sale: Sale, *, go_on: bool) -> Sale | None:
        """Take what is planned. None: the cashier has to say something first, and the sale tells what.

        Unless told to `go_on`, only what was asked already is seen through: whoever takes a sale up again says anew
        what the customer, who may have gone, is to pay.
        """
        try:
            while (tender := sale.takings.next) is not None:
                if sale.takings.approved > sale.due:
                    break
                match tender.state:
                    case TenderState.ASKED:
                        sale = await self._found(sale, tender)
                    case TenderState.UNKNOWN if not go_on:
                        sale = await self._found(sale, tender)
                    case TenderState.PLANNED if go_on and tender.is_counted:
                        sale = self._keep(sale.tender_became(tender, tender.counted(tender.received)))
                    case TenderState.PLANNED if go_on and tender.kind is not TenderKind.CASH:
                        sale = await self._asked(sale, tender)
                    case _:
                        return None
                if sale.trouble is not None:
                    return None
        finally:
            self.qr = None
            self._show(None, False)
        if sale.takings.approved > sale.due:
            self._keep(sale.troubled(words.overpaid(sale.takings.approved - sale.due)))
            return None
        return sale

    # ------------------------------------------------------------------------------------------------ asking for it

    async def _asked(self, sale: Sale, tender: Tender) -> Sale:
        # Looked at again: a plan that a question interrupted goes on later, when another visit may be in doubt.
        if tender.kind is TenderKind.CARD and (doubt := card_in_doubt(self._out, besides=sale.id)):
            why = doubt_words.not_charged(doubt, sbp=self._out.sbp is not None, begun=True)
            return self._keep(sale.tender_became(tender, tender.refused(why.what)).troubled(why))
        asked = tender.asked(at=self._out.clock())
        sale = self._keep(sale.tender_became(tender, asked))
        if tender.kind is TenderKind.SBP:
            return await self._by_qr(sale, asked, self._sbp())
        self._show(WaitFor.TENDER, False)
        try:
            approval = await self._terminal().pay(asked.amount, _operation(asked))
        except (RefusedError, UnavailableError) as error:
            return self._declined(sale, asked, error.trouble)
        except OutcomeUnknownError:
            return await self._found(sale, asked)
        return self._approved(sale, asked, approval)

    async def _by_qr(self, sale: Sale, tender: Tender, sbp: Sbp) -> Sale:
        self._show(WaitFor.QR, False)
        self._stopped.clear()
        purpose = f"Заказ {sale.order.number}" if sale.order is not None else ""
        try:
            qr = await _once_more(lambda: sbp.request(tender.amount, _operation(tender), purpose))
        except (RefusedError, UnavailableError) as error:
            return self._declined(sale, tender, error.trouble)
        except OutcomeUnknownError:
            return await self._found(sale, tender)
        self.qr = qr
        self._show(WaitFor.QR, False)
        answer = await self._polled(sbp, qr)
        self.qr = None
        if answer is not None and answer.approval is not None:
            return self._approved(sale, tender, answer.approval)
        return await self._found(sale, tender)

    async def _polled(self, sbp: Sbp, qr: QrCode) -> SbpAnswer | None:
        """What the bank says when it is no longer waiting; None when the time is over or the cashier stopped it."""
        loop = asyncio.get_running_loop()
        shown_for = min(self._settings.qr_for, (qr.expires - self._out.clock()).total_seconds())
        until = loop.time() + shown_for
        while loop.time() < until and not self._stopped.is_set():
            try:
                answer = await sbp.state(qr.operation)
            except PosError:
                pass  # asked again in a moment; the end of the time ends this too
            else:
                if answer.state is not SbpState.WAITING:
                    return answer
            try:
                async with asyncio.timeout(min(self._settings.qr_pause, max(until - loop.time(), 0.0))):
                    await self._stopped.wait()
            except TimeoutError:
                continue
        return None

    # ----------------------------------------------------------------------------------------------- asking about it

    async def _found(self, sale: Sale, tender: Tender) -> Sale:
        """Ask what became of an operation until somebody can tell or the time for it is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.check_for
        self._show(WaitFor.TENDER_CHECK, True)
        while True:
            try:
                if tender.kind is TenderKind.SBP:
                    approval, none = await self._look_at_bank(tender, self._sbp()), words.NEVER_PAID
                else:
                    since = tender.asked_at or sale.started_at
                    approval = await self._terminal().find(_operation(tender), tender.amount, since=since)
                    none = words.NOT_CHARGED
            except PosError as error:
                if loop.time() >= until:
                    if isinstance(error, StillAtItError) and tender.state is TenderState.ASKED:
                        # Nobody is asked for a slip while a card that is presented now may still be charged.
                        return self._keep(sale.troubled(error.trouble))
                    doubted = sale.tender_became(tender, tender.doubted())
                    return self._keep(doubted.troubled(words.tender_unknown(error.trouble)))
            else:
                return self._approved(sale, tender, approval) if approval else self._declined(sale, tender, none)
            await asyncio.sleep(self._settings.check_pause)

    async def _look_at_bank(self, tender: Tender, sbp: Sbp) -> Approval | None:
        """Take the code back, then look once more: money that came before or after that came."""
        answer = await sbp.revoke(_operation(tender))
        if answer.approval is not None:
            return answer.approval
        try:
            answer = await sbp.state(_operation(tender))
        except RefusedError:
            return None  # the bank has never heard of it, so nobody was shown a code
        if answer.approval is not None:
            return answer.approval
        if answer.state in {SbpState.EXPIRED, SbpState.REJECTED}:
            return None
        raise OutcomeUnknownError(Trouble(answer.words or "Банк ещё не ответил окончательно."))

    # ------------------------------------------------------------------------------------------------------ outcomes

    def _approved(self, sale: Sale, tender: Tender, approval: Approval) -> Sale:
        moved = sale.tender_became(tender, tender.approved(approval))
        if approval.amount != tender.amount and moved.takings.approved <= moved.due:
            moved = moved.troubled(words.charged_other(tender.amount, approval.amount))
        return self._keep(moved)

    def _declined(self, sale: Sale, tender: Tender, why: Trouble) -> Sale:
        moved = sale.tender_became(tender, tender.refused(why.what))
        return self._keep(moved.troubled(words.tender_declined(why, moved.takings.approved)))

    def _terminal(self) -> Terminal:
        if self._out.terminal is None:
            raise UnavailableError(words.NO_SUCH_MEANS)
        return self._out.terminal

    def _sbp(self) -> Sbp:
        if self._out.sbp is None:
            raise UnavailableError(words.NO_SUCH_MEANS)
        return self._out.sbp


def _operation(tender: Tender) -> UUID:
    if tender.operation is None:
        raise RuntimeError("whoever is asked for money is asked under an id")
    return tender.operation


async def _once_more(request: Callable[[], Coroutine[Any, Any, QrCode]]) -> QrCode:
    """The same code, when the answer about it was lost: no money moves by asking for a code."""
    try:
        return await request()
    except OutcomeUnknownError:
        return await request()
