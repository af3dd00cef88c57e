"""Joining the programme at the counter, beside the sale: form, consents, code, member.

Nothing here holds a sale up or is a condition of it. Consents are on the disk before anybody is registered on their
strength; a power cut in between leaves consents without a member, and joining again does no harm.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pos_client.counter import loyalty_words
from pos_client.counter.checkout import Checkout
from pos_client.counter.codes import Codes
from pos_client.counter.health import Health
from pos_client.counter.patience import LOYALTY_IS_DOWN
from pos_client.counter.pricing import Outside
from pos_client.counter.scans import spoken_phone
from pos_client.counter.state import Joining, JoinStep
from pos_client.domain.customer import Customer, masked_phone
from pos_client.domain.joining import Application, Consent, ConsentText, Method, Purpose
from pos_client.domain.sale import Cashier, Trouble
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, Service, UnavailableError

__all__ = ["Membership"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Place:
    """What lay on the counter when joining began: another customer's sale is nobody's place."""

    sale: UUID | None
    last: UUID | None


class Membership:
    """The gestures of joining. `now` is what the screen shows; None when nobody joins."""

    def __init__(
        self,
        outside: Outside,
        checkout: Checkout,
        health: Health,
        *,
        cashier: Cashier,
        texts: Callable[[], tuple[ConsentText, ...]],
        on_change: Callable[[], None],
    ) -> None:
        self._out = outside
        self._checkout = checkout
        self._health = health
        self._cashier = cashier
        self._texts = texts
        self._changed = on_change
        self._codes = Codes(outside.members, health, outside.clock, on_change)
        self._joining: Joining | None = None
        self._application: Application | None = None
        self._place = _Place(None, None)
        self._proven = False
        self._kept: datetime | None = None
        """When the consents of this application were written down."""

    @property
    def now(self) -> Joining | None:
        """How far joining has come."""
        joining = self._joining
        return replace(joining, code=self._codes.asked) if joining and joining.step is JoinStep.CODE else joining

    def begin(self) -> None:
        """Show the form with nothing ticked; one that is open stays as it is."""
        if self._joining is None or self._joining.step is JoinStep.DONE:
            self._forget()
            self._place = self._here()
            self._show(Joining(JoinStep.FORM, self._texts()))

    async def apply(self, phone: str, name: str, purposes: frozenset[Purpose]) -> None:
        """Take the form, and have a code sent to the phone."""
        joining = self._joining
        if joining is None or joining.step is not JoinStep.FORM or joining.busy:
            return
        offered = {text.purpose for text in joining.texts}
        application = Application(spoken_phone(phone), name.strip(), purposes & offered)
        filled = replace(joining, name=application.name, purposes=application.purposes, trouble=None)
        if not application.phone:
            self._show(replace(filled, trouble=loyalty_words.PHONE_IS_STRANGE))
            return
        if not application.is_complete:
            self._show(replace(filled, trouble=loyalty_words.CONSENTS_NEEDED))
            return
        self._application = application
        masked = masked_phone(application.phone)
        self._show(replace(filled, step=JoinStep.CODE, phone=masked))
        await self._codes.send(application, masked)

    async def send_code_again(self) -> None:
        """Have a new code sent; the old one is worth nothing then."""
        application = self._application
        if application is not None and not self._proven and self._is_at(JoinStep.CODE):
            await self._codes.send(application, masked_phone(application.phone))

    async def code(self, text: str) -> None:
        """Take the code that the customer read out; the right one joins, and is not asked for again if that fails."""
        application = self._application
        if application is None or not self._is_at(JoinStep.CODE):
            return
        if not self._proven:
            if not await self._codes.is_right(application, text):
                return
            if self._application is not application:
                return
            self._proven = True
        await self._join(application)

    def back(self) -> None:
        """From the code to the form again, for another phone or other consents."""
        joining = self._joining
        if joining is not None and self._is_at(JoinStep.CODE):
            self._forget()
            self._show(replace(joining, step=JoinStep.FORM, phone="", trouble=None))

    def close(self) -> None:
        """Away with it, whatever has come of it."""
        self._forget()
        self._show(None)

    # -------------------------------------------------------------------------------------------------- inside

    def _is_at(self, step: JoinStep) -> bool:
        return self._joining is not None and self._joining.step is step and not self._joining.busy

    async def _join(self, application: Application) -> None:
        joining = self._joining
        if joining is None:
            return
        self._show(replace(joining, busy=True, trouble=None))
        texts = tuple(text for text in joining.texts if text.purpose in application.purposes)
        trouble: Trouble | None = None
        member: Customer | None = None
        try:
            given_at = self._keep_consents(application, texts)
            if self._health.is_open(Service.PROCESSING):
                raise UnavailableError(LOYALTY_IS_DOWN, detail="left alone until a probe gets through")
            member = await self._out.members.join(application, texts)
            self._name_member(member, application, given_at)
        except OSError as error:
            trouble = loyalty_words.consents_not_kept(error)
        except OutcomeUnknownError as error:
            log.warning("nobody knows whether a customer has joined: %s", error.detail)
            trouble = loyalty_words.JOIN_UNKNOWN
        except PosError as error:
            trouble = loyalty_words.not_joined(error)
        if self._application is not application:
            return
        if member is None:
            self._show(replace(joining, busy=False, trouble=trouble))
            return
        self._codes.drop()
        self._show(replace(joining, step=JoinStep.DONE, busy=False, customer=member))
        await self._seat(member)

    def _name_member(self, member: Customer, application: Application, given_at: datetime) -> None:
        """A masked phone is several people's; the member's id is his own."""
        phone = masked_phone(application.phone)
        try:
            self._out.consents.made_member(member.processing_id, phone=phone, given_at=given_at)
        except OSError as error:
            # The consents themselves are on the disk, and processing has them with the same texts.
            log.warning("consents stay without the id of their member: %s", error)

    def _keep_consents(self, application: Application, texts: tuple[ConsentText, ...]) -> datetime:
        if self._kept is not None:
            return self._kept
        now, phone = self._out.clock(), masked_phone(application.phone)
        self._out.consents.keep(
            *(
                Consent(
                    text.purpose, text.id, text.version, text.sha256, now, self._cashier.name, Method.SMS_CODE, phone
                )
                for text in texts
            )
        )
        self._kept = now
        return now

    async def _seat(self, member: Customer) -> None:
        """Put the new member on the counter, if it is still his, and no other member's."""
        begun = self._place
        try:
            await self._checkout.preparing.seat(member, after=begun.last, on=begun.sale)
        except (RefusedError, OSError) as error:
            # The sale goes its way without; its own gestures say what is wrong.
            log.info("a new member is not put on the counter: %s", error)

    def _here(self) -> _Place:
        sale, last = self._checkout.here.sale, self._checkout.here.last
        return _Place(sale.id if sale else None, last.id if last else None)

    def _forget(self) -> None:
        self._application = None
        self._proven, self._kept = False, None
        self._codes.drop()

    def _show(self, joining: Joining | None) -> None:
        self._joining = joining
        self._changed()
