"""What processing knows of people beside the price of an order: accounts, codes, joining, what an order earned."""

from datetime import datetime
from typing import Protocol

from pos_client.domain.account import Movement
from pos_client.domain.customer import Candidate, Customer, CustomerKey
from pos_client.domain.joining import Application, ConsentText
from pos_client.domain.money import Points

__all__ = ["Members"]


class Members(Protocol):
    """The people of the loyalty programme. Every call may raise `PosError` as the calls of `Processing` do."""

    async def candidates(self, key: CustomerKey) -> tuple[Candidate, ...]:
        """Whom an ambiguous key may mean, masked; empty when the project does not let the till ask.

        Raises:
            UnavailableError: no usable answer.
            RefusedError: the request itself was refused.
        """

    async def choose(self, key: CustomerKey, processing_id: str) -> Customer:
        """The customer whom the cashier chose among the candidates; the key stays what was scanned.

        Raises:
            UnavailableError, RefusedError: as above.
        """

    async def history(self, customer: Customer, *, since: datetime, till: datetime) -> tuple[Movement, ...]:
        """Every movement of the account in that time, oldest first; all pages are read.

        Raises:
            UnavailableError, RefusedError: as above; an unknown customer is a refusal.
        """

    async def earned_by(self, order_id: str) -> Points | None:
        """Points that the order accrued, available or not; None when processing does not know the order (yet).

        Raises:
            UnavailableError, RefusedError: as above.
        """

    async def send_code(self, to: Customer | Application) -> None:
        """Have a code sent to the customer's phone: to allow spending, or to prove the phone when joining.

        Raises:
            UnavailableError, RefusedError: as above.
        """

    async def check_code(self, to: Customer | Application, code: str) -> bool:
        """Whether this is the code that was sent. A wrong one is an answer, not an error.

        Raises:
            UnavailableError: no usable answer: the code may have been right.
            RefusedError: as above.
        """

    async def join(self, application: Application, texts: tuple[ConsentText, ...]) -> Customer:
        """Register the customer with the consents given; one who is a member already is found, and that is success.

        Registration has no idempotency key on the wire, so after a lost answer the customer is looked for first.

        Raises:
            UnavailableError, RefusedError: as above; nobody was registered.
            OutcomeUnknownError: somebody may have been registered; looking for the phone later tells.
        """
