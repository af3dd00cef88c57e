"""A card terminal and a bank that live in the test: they keep what they moved, and fail as they are told to."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pos_client.domain.money import ZERO, Money
from pos_client.domain.payment import Approval, QrCode
from pos_client.domain.sale import Trouble
from pos_client.ports import OutcomeUnknownError, RefusedError, StillAtItError, UnavailableError
from pos_client.ports.terminal import SbpAnswer, SbpState
from tests.tills import Fuse, Time

__all__ = ["Bank", "CardTerminal"]

_AT = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


@dataclass
class CardTerminal:
    """Does what the next word of `does` says, and approves when there is none.

    It remembers one operation, its last: of one before it nobody can tell, and whether one that it never heard of was
    asked for is known by the time of its last one alone.

    `approve`, `decline`, `away` (not reached), `lose` (approves, its answer is lost), `drop` (its answer and the
    operation are lost), `less` and `more` (approves a rouble less or more).
    """

    does: list[str] = field(default_factory=list)
    dumb: bool = False
    """Cannot tell what became of an operation."""
    at_work: bool = False
    """The operation that it is asked about has not ended."""
    charged: dict[UUID, Money] = field(default_factory=dict)
    given_back: dict[UUID, Money] = field(default_factory=dict)
    asked: list[UUID] = field(default_factory=list)
    probed: int = 0
    """How often it was asked how it is."""
    fuse: Fuse | None = None
    clock: Time | None = None
    last_began: datetime | None = None
    slip: tuple[str, ...] = ()
    """What it prints through the till; nothing where it has a printer of its own."""

    @property
    def holds(self) -> Money:
        """Of the customers' money, what went back not counted."""
        return Money.sum(list(self.charged.values())) - Money.sum(list(self.given_back.values()))

    def _spark(self, name: str) -> None:
        if self.fuse is not None:
            self.fuse.spark(name)

    async def pay(self, amount: Money, operation: UUID) -> Approval:
        assert operation not in self.asked, "asked for money twice under one id"
        return self._moved(self.charged, amount, operation, "card")

    async def refund(self, paid: Approval, amount: Money, operation: UUID) -> Approval:
        assert operation not in self.asked
        assert self.charged[paid.operation] == amount
        return self._moved(self.given_back, amount, operation, "card back")

    def _moved(self, book: dict[UUID, Money], amount: Money, operation: UUID, name: str) -> Approval:
        self._spark(f"before {name}")
        self.asked.append(operation)
        self.last_began = self.clock() if self.clock is not None else None
        word = self.does.pop(0) if self.does else "approve"
        if word == "decline":
            raise RefusedError(Trouble("Недостаточно средств."))
        if word == "away":
            raise UnavailableError(Trouble("Терминал не отвечает."))
        if word != "drop":
            book[operation] = amount + Money({"less": -100, "more": 100}.get(word, 0))
        self._spark(f"after {name}")
        if word in {"lose", "drop"}:
            raise OutcomeUnknownError(Trouble("Терминал не ответил."))
        return self._approval(operation, book[operation])

    async def find(self, operation: UUID, amount: Money, *, since: datetime, back: bool = False) -> Approval | None:
        assert operation not in (self.charged if back else self.given_back)
        assert since.tzinfo is not None
        if self.at_work:
            raise StillAtItError(Trouble("Терминал ещё занят."))
        if self.dumb:
            raise OutcomeUnknownError(Trouble("Терминал не помнит.", action="Посмотрите на слип."))
        if operation not in self.asked[-1:]:
            later = self.last_began is not None and self.last_began >= since
            if operation in self.asked or later:
                raise OutcomeUnknownError(Trouble("Терминал помнит только последнюю операцию."))
        found = self.charged.get(operation) or self.given_back.get(operation)
        assert found is None or abs((found - amount).kopecks) <= 100
        return None if found is None else self._approval(operation, found)

    def _approval(self, operation: UUID, amount: Money) -> Approval:
        return replace(_approval(operation, amount), slip=self.slip and (*self.slip, f"{amount.roubles}"))

    async def settle(self) -> tuple[str, ...]:
        return ()

    async def probe(self) -> None:
        self.probed += 1


@dataclass
class Bank:
    """A customer pays a code by `scan`; with `pays`, as soon as it is shown."""

    pays: bool = True
    late: bool = False
    """The customer pays while the code is being revoked."""
    dumb: bool = False
    forgets: bool = False
    """Knows of no payment when it is asked to give one back."""
    requested: dict[UUID, Money] = field(default_factory=dict)
    paid: dict[UUID, Money] = field(default_factory=dict)
    given_back: dict[UUID, Money] = field(default_factory=dict)
    revoked: set[UUID] = field(default_factory=set)
    lives_for: timedelta = timedelta(minutes=5)
    now: datetime = _AT
    fuse: Fuse | None = None

    @property
    def holds(self) -> Money:
        return Money.sum(list(self.paid.values())) - Money.sum(list(self.given_back.values()))

    def _spark(self, name: str) -> None:
        if self.fuse is not None:
            self.fuse.spark(name)

    def scan(self, operation: UUID) -> None:
        assert operation not in self.revoked
        self.paid[operation] = self.requested[operation]

    async def request(self, amount: Money, operation: UUID, purpose: str) -> QrCode:
        assert purpose.startswith("Заказ ")
        self._spark("before qr")
        self.requested.setdefault(operation, amount)
        if self.pays:
            self.scan(operation)
        self._spark("after qr")
        return QrCode(operation, "https://qr.nspk.ru/AS1", "bank-1", datetime.now(UTC) + timedelta(days=365))

    async def state(self, operation: UUID) -> SbpAnswer:
        if self.dumb:
            raise UnavailableError(Trouble("Банк не отвечает."))
        if operation not in self.requested:
            raise RefusedError(Trouble("Банк не знает такого платежа."))
        if operation in self.paid:
            return SbpAnswer(SbpState.PAID, _approval(operation, self.paid[operation]))
        return SbpAnswer(SbpState.EXPIRED if operation in self.revoked else SbpState.WAITING)

    async def probe(self) -> None:
        return None

    async def revoke(self, operation: UUID) -> SbpAnswer:
        if self.dumb:
            raise UnavailableError(Trouble("Банк не отвечает."))
        self._spark("before revoke")
        if operation not in self.requested:
            return SbpAnswer(SbpState.EXPIRED)
        if self.late:
            self.scan(operation)
            return SbpAnswer(SbpState.WAITING)
        if operation not in self.paid:
            self.revoked.add(operation)
        self._spark("after revoke")
        return await self.state(operation)

    async def refund(self, paid: Approval, amount: Money, operation: UUID) -> Approval:
        if self.forgets:
            raise RefusedError(Trouble("Банк не находит этот перевод."))
        assert self.paid[paid.operation] == amount
        self._spark("before sbp back")
        self.given_back[operation] = amount
        self._spark("after sbp back")
        return _approval(operation, amount)


def _approval(operation: UUID, amount: Money) -> Approval:
    assert amount > ZERO
    return Approval(operation, amount, _AT, reference="123456789012", code="A1B2C3", card="•••• 1234")
