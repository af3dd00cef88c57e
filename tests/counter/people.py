"""A programme of people in memory, whose answers a test chooses, and a desk that asks it."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime

from pos_client.app import Till
from pos_client.counter.desk import Desk
from pos_client.counter.scans import Formats
from pos_client.domain.account import Movement
from pos_client.domain.customer import Balance, Candidate, Customer, CustomerKey, KeyKind, Standing, masked_phone
from pos_client.domain.joining import Application, Consent, ConsentText, Purpose
from pos_client.domain.money import NO_POINTS, Points
from pos_client.domain.sale import Trouble
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, UnavailableError

CODE = "4071"
TEXTS = tuple(
    ConsentText(purpose, purpose.value, "2026-11", "Согласие", f"Текст {purpose.value}") for purpose in Purpose
)
SILENCE = UnavailableError(Trouble("Нет ответа."), detail="nobody answered")
REFUSAL = RefusedError(Trouble("Лимит СМС исчерпан."))
LOST = OutcomeUnknownError(Trouble("Ответ потерян."))


@dataclass
class People:
    """`ports.Members`. `fails` is raised by every call but those in `well`; a closed `gate` holds every call."""

    fails: PosError | None = None
    well: tuple[str, ...] = ()
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a call stands at the closed gate."""
    calls: list[str] = field(default_factory=list)
    history_is: tuple[Movement, ...] = ()
    who: tuple[Candidate, ...] = ()
    chosen: Customer | None = None
    members: dict[str, Customer] = field(default_factory=dict)
    consents: "Shelf | None" = None
    kept_before_joining: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def _answer(self, call: str) -> None:
        self.calls.append(call)
        if not self.gate.is_set():
            self.held.set()
        await asyncio.sleep(0)  # no answer comes at once
        await self.gate.wait()
        if self.fails is not None and call not in self.well:
            raise self.fails

    async def candidates(self, _key: CustomerKey) -> tuple[Candidate, ...]:
        await self._answer("candidates")
        return self.who

    async def choose(self, key: CustomerKey, processing_id: str) -> Customer:
        await self._answer("choose")
        assert self.chosen is not None
        return replace(self.chosen, key=key, processing_id=processing_id)

    async def history(self, _customer: Customer, *, since: datetime, till: datetime) -> tuple[Movement, ...]:
        await self._answer("history")
        assert since < till
        return self.history_is

    async def earned_by(self, _order_id: str) -> Points | None:
        await self._answer("earned_by")
        return None

    async def send_code(self, _to: Customer | Application) -> None:
        await self._answer("send_code")

    async def check_code(self, _to: Customer | Application, code: str) -> bool:
        await self._answer("check_code")
        return code == CODE

    async def join(self, application: Application, _texts: tuple[ConsentText, ...]) -> Customer:
        self.kept_before_joining.append(len(self.consents.kept) if self.consents else 0)
        lands = "join" in self.well or self.fails is None or isinstance(self.fails, OutcomeUnknownError)
        if lands and application.phone not in self.members:
            self.members[application.phone] = Customer(
                CustomerKey(KeyKind.PHONE, masked_phone(application.phone)),
                Standing.MEMBER,
                processing_id="800199999",
                name=application.name,
                balance=Balance(Points(50), NO_POINTS, None, datetime.fromisoformat("2026-11-21T11:00:00+00:00")),
            )
        await self._answer("join")
        return self.members[application.phone]


@dataclass
class Shelf:
    """`ports.ConsentBook` whose disk may refuse."""

    kept: list[Consent] = field(default_factory=list)
    full: bool = False
    written: asyncio.Event = field(default_factory=asyncio.Event)

    def keep(self, *consents: Consent) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.kept.extend(consents)
        self.written.set()

    def made_member(self, processing_id: str, *, phone: str, given_at: datetime) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        whose = [one.phone == phone and one.given_at == given_at for one in self.kept]
        self.kept = [
            replace(one, processing_id=processing_id) if his else one for one, his in zip(self.kept, whose, strict=True)
        ]

    def given(self) -> tuple[Consent, ...]:
        return tuple(self.kept)


def desk_with(till: Till, people: People, shelf: Shelf | None = None, *, confirm: bool = False) -> Desk:
    """The till's desk, but for whom it asks about people."""
    shelf = shelf or Shelf()
    people.consents = shelf
    return Desk(
        replace(till.outside, members=people, consents=shelf),
        till.health,
        replace(till.checkout_settings, confirm_spending=confirm),
        formats=Formats(),
        training=True,
        consent_texts=lambda: TEXTS,
    )
