"""The people of the loyalty programme over the Mindbox v3 wire: who it may be, codes, joining, accounts."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Final

from pos_client.adapters.customer_reading import balance_in, candidates_in, customer_in, kept
from pos_client.adapters.member_wire import (
    Page,
    chosen_body,
    code_body,
    earned_in,
    history_body,
    join_body,
    order_body,
    page_in,
)
from pos_client.adapters.operations import Operations, Outcome, OutcomeKind
from pos_client.adapters.processing_wire import ProcessingNames, lookup_body
from pos_client.adapters.tolerant import UnreadableAnswerError, identifier, node, text
from pos_client.adapters.transport import Call, Transport
from pos_client.adapters.troubles import refused
from pos_client.domain.account import Movement
from pos_client.domain.customer import Candidate, Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.joining import Application, ConsentText
from pos_client.domain.money import Points
from pos_client.ports import Clock, OutcomeUnknownError, PosError, RefusedError, Service, UnavailableError

__all__ = ["MindboxMembers"]

_PAGE: Final = 100
_MOST_PAGES: Final = 100
_HIDDEN: Final = "•"
_ANSWERED: Final = frozenset({OutcomeKind.OK, OutcomeKind.REJECTED})
_NOBODY: Final = "Процессинг не знает этого клиента."
_SEVERAL: Final = "По этому телефону в программе найдено несколько клиентов."


class MindboxMembers:
    """`ports.Members` over Mindbox API v3; `office` is the point of contact, for example MSK548."""

    def __init__(self, transport: Transport, names: ProcessingNames, *, office: str, now: Clock) -> None:
        self._operations = Operations(transport, names)
        self._names = names
        self._office = office
        self._now = now
        self._underway: set[str] = set()
        """Fingerprints of phones whose registration lost its answer."""

    # ------------------------------------------------------------------------------------------------- who it is

    async def candidates(self, key: CustomerKey) -> tuple[Candidate, ...]:
        """Whom an ambiguous key may mean, masked; nobody when the project has no such operation or the key is masked.

        Raises:
            UnavailableError: no usable answer.
            RefusedError: the request itself was refused.
        """
        if not self._names.candidates or _HIDDEN in key.value:
            return ()
        body = lookup_body(key, self._office, self._names)
        return await self._operations.ask(
            self._names.candidates, body, self._names.member_timeout, lambda said: candidates_in(said.body, self._names)
        )

    async def choose(self, key: CustomerKey, processing_id: str) -> Customer:
        """The customer whom the cashier chose among the candidates; the key stays what was scanned.

        Raises:
            UnavailableError, RefusedError: as above.
        """
        return await self._found(chosen_body(processing_id, self._office), key)

    async def _found(self, body: dict[str, object], key: CustomerKey) -> Customer:
        def read(outcome: Outcome) -> Customer:
            return customer_in(outcome.body, key, self._names, self._now())

        return await self._operations.ask(self._names.lookup, body, self._names.lookup_timeout, read)

    # --------------------------------------------------------------------------------------------------- account

    async def history(self, customer: Customer, *, since: datetime, till: datetime) -> tuple[Movement, ...]:
        """Every movement of the account in that time, oldest first; all pages are read.

        Raises:
            UnavailableError: no usable answer, or pages that do not make up the whole.
            RefusedError: the request itself was refused; an unknown customer is a refusal.
        """
        movements: list[Movement] = []
        seen, last = 0, None
        for number in range(1, _MOST_PAGES + 1):
            page = await self._page(customer, since, till, number, last)
            movements += page.movements
            seen += page.actions
            last = page
            if page.actions == 0 or (seen >= page.of if page.of is not None else page.actions < _PAGE):
                break
        return tuple(sorted(movements, key=lambda one: one.at))

    async def _page(
        self, customer: Customer, since: datetime, till: datetime, number: int, before: Page | None
    ) -> Page:
        body = history_body(customer, self._names, since=since, till=till, number=number, size=_PAGE)

        def read(outcome: Outcome) -> Page:
            if text(node(outcome.body.get("customer")).get("processingStatus")).lower() == "notfound":
                raise refused(Service.PROCESSING, _NOBODY)
            page = page_in(outcome.body, self._names)
            # Half of an account is a wrong account.
            if number == _MOST_PAGES or (page.actions and page == before):
                raise UnreadableAnswerError("pages without end")
            if page.actions == 0 and (before.of if before is not None else page.of):
                raise UnreadableAnswerError("fewer movements than were counted")
            return page

        return await self._operations.ask(self._names.history, body, self._names.delivery_timeout, read)

    async def earned_by(self, order_id: str) -> Points | None:
        """Points that the order accrued, available or not; None when processing does not know the order (yet).

        Raises:
            UnavailableError, RefusedError: as above.
        """
        return await self._operations.ask(
            self._names.order_info,
            order_body(order_id, self._names),
            self._names.delivery_timeout,
            lambda said: earned_in(said.body, order_id, self._names),
        )

    # ----------------------------------------------------------------------------------------------------- codes

    async def send_code(self, to: Customer | Application) -> None:
        """Have a code sent to the customer's phone. A second one replaces the first, so a lost answer harms nobody.

        Raises:
            UnavailableError, RefusedError: as above.
        """
        body = code_body(to, self._names)
        await self._operations.ask(self._names.send_code, body, self._names.member_timeout, lambda _: None)

    async def check_code(self, to: Customer | Application, code: str) -> bool:
        """Whether this is the code that was sent. A wrong one is an answer, not an error.

        Raises:
            UnavailableError: no usable answer: the code may have been right, and be used up.
            RefusedError: the request itself was refused.
        """
        if not code.strip():
            return False
        call = self._operations.call(
            self._names.check_code, code_body(to, self._names, code.strip()), self._names.member_timeout
        )

        def read(outcome: Outcome) -> bool:
            if outcome.kind is not OutcomeKind.OK:
                return False
            whose, *confirmed = (
                text(node(outcome.body.get(part)).get("processingStatus")).lower()
                for part in ("customer", "smsConfirmation", "mobilePhoneConfirmation")
            )
            if whose in _NOBODY_S or _WRONG.intersection(confirmed):
                return False
            if not _RIGHT.issuperset(confirmed):
                raise UnreadableAnswerError(f"whether the code is right: {confirmed}")
            return True

        return await self._operations.run(call, read, usable=_ANSWERED)

    # --------------------------------------------------------------------------------------------------- joining

    async def join(self, application: Application, texts: tuple[ConsentText, ...]) -> Customer:
        """Register the customer with the consents given; one who is a member already is found, and that is success.

        Registration has no idempotency key on the wire, so after a lost answer the customer is looked for first.

        Raises:
            UnavailableError, RefusedError: nobody was registered.
            OutcomeUnknownError: somebody may have been registered; looking for the phone later tells.
            ValueError: the application lacks a needed consent, or a consent its text.
        """
        names = self._names
        body = join_body(application, texts, names, office=self._office, at=self._now())
        mark = hashlib.sha256(application.phone.encode()).hexdigest()
        again = mark in self._underway
        call = self._operations.call(names.join, body, names.member_timeout, changes=True, again=again)
        if again:
            member = await self._after_lost(application, call)
            if member is not None:
                self._underway.discard(mark)
                return member
        self._underway.add(mark)
        try:
            member = await self._registered(application, call)
        except OutcomeUnknownError:
            member = await self._after_lost(application, call)
            if member is None:
                raise
        except (UnavailableError, RefusedError):
            if not again:
                self._underway.discard(mark)
            raise
        self._underway.discard(mark)
        return member

    async def _registered(self, application: Application, call: Call) -> Customer:
        names, key = self._names, CustomerKey(KeyKind.PHONE, application.phone)
        bare = Customer(kept(key), Standing.MEMBER, name=application.name.strip(), phone=kept(key).value)

        def read(outcome: Outcome) -> tuple[Customer, str | None]:
            if outcome.kind is OutcomeKind.REJECTED:
                return bare, outcome.words
            customer_id = identifier(node(node(outcome.body.get("customer")).get("ids")).get("mindboxId"))
            return replace(bare, processing_id=customer_id, balance=balance_in(outcome.body, names, self._now())), None

        member, no = await self._operations.run(call, read, usable=_ANSWERED)
        try:
            found = await self._by_phone(application)
        except PosError as error:
            if member.processing_id:
                return member
            if no is not None:
                raise refused(Service.PROCESSING, no) from error
            raise self._operations.transport.lost(call, "registered, and not found again") from error
        if found.standing is Standing.MEMBER:
            return found
        if found.standing is Standing.AMBIGUOUS:
            raise refused(Service.PROCESSING, _SEVERAL)
        if no is not None:
            raise refused(Service.PROCESSING, no)
        if not member.processing_id:
            raise self._operations.transport.lost(call, "registered, and not found again")
        return member

    async def _after_lost(self, application: Application, call: Call) -> Customer | None:
        """The member whom a registration without an answer made after all; None when there is none (yet).

        Raises:
            OutcomeUnknownError: nobody can tell now.
        """
        try:
            found = await self._by_phone(application)
        except PosError as error:
            raise self._operations.transport.lost(call, error.detail) from error
        return found if found.standing is Standing.MEMBER else None

    async def _by_phone(self, application: Application) -> Customer:
        key = CustomerKey(KeyKind.PHONE, application.phone)
        return await self._found(lookup_body(key, self._office, self._names), key)


_WRONG: Final = frozenset({"incorrectconfirmationcode", "notfound"})
_RIGHT: Final = frozenset({"", "mobilephoneconfirmed", "subscriptionandmobilephoneconfirmed"})
"""A phone that is "already confirmed" says nothing of this code: consents and points need its yes, not just no no."""
_NOBODY_S: Final = frozenset({"notfound", "ambiguous"})
