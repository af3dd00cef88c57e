"""What stands in for services that a project does not have: each call says so, and the sale goes on."""

from datetime import datetime

from pos_client.counter.loyalty_words import NOT_OFFERED
from pos_client.domain.account import Movement
from pos_client.domain.customer import Candidate, Customer, CustomerKey
from pos_client.domain.joining import Application, Consent, ConsentText
from pos_client.domain.money import Points
from pos_client.ports import RefusedError

__all__ = ["NoConsents", "NoMembers"]


class NoMembers:
    """`ports.Members` of a project that offers none of it: a refusal, and no candidates."""

    async def candidates(self, _key: CustomerKey) -> tuple[Candidate, ...]:
        """Nobody can be named."""
        return ()

    async def choose(self, _key: CustomerKey, _processing_id: str) -> Customer:
        """Refused."""
        raise RefusedError(NOT_OFFERED)

    async def history(self, _customer: Customer, *, since: datetime, till: datetime) -> tuple[Movement, ...]:  # noqa: ARG002 - as the port names them
        """Refused."""
        raise RefusedError(NOT_OFFERED)

    async def earned_by(self, _order_id: str) -> Points | None:
        """Refused."""
        raise RefusedError(NOT_OFFERED)

    async def send_code(self, _to: Customer | Application) -> None:
        """Refused."""
        raise RefusedError(NOT_OFFERED)

    async def check_code(self, _to: Customer | Application, _code: str) -> bool:
        """Refused."""
        raise RefusedError(NOT_OFFERED)

    async def join(self, _application: Application, _texts: tuple[ConsentText, ...]) -> Customer:
        """Refused."""
        raise RefusedError(NOT_OFFERED)


class NoConsents:
    """`ports.ConsentBook` where nothing can be kept, so that nobody may be registered."""

    def keep(self, *_consents: Consent) -> None:
        """Refused.

        Raises:
            OSError: always.
        """
        raise OSError(0, "согласия хранить негде")

    def given(self) -> tuple[Consent, ...]:
        """None."""
        return ()
