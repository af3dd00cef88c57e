"""What a cashier does with what waits to go out: send it now, or take off the list what a person has dealt with."""

from collections.abc import Callable

from pos_client.counter import surplus_words
from pos_client.counter.telling import Told
from pos_client.domain.facts import payment_key
from pos_client.domain.sale import Trouble
from pos_client.ports import Outbox, RefusedError
from pos_client.ports.refunds import RefundBook

__all__ = ["QueueDesk"]


class QueueDesk:
    """The gestures of the queue's page."""

    def __init__(
        self, outbox: Outbox, refunds: RefundBook, say: Callable[[Trouble | None], None], *, cashier: str
    ) -> None:
        self._outbox = outbox
        self._refunds = refunds
        self._say = say
        self._cashier = cashier

    def retry(self, key: str | None) -> None:
        """Try one entry of the queue, or all of it, now."""
        with Told(self._say):
            self._check(key)
            self._outbox.retry(key, by=self._cashier)

    def close(self, key: str, reason: str) -> None:
        """Take an entry that needs a human off the list; who and why stay on record."""
        with Told(self._say):
            self._check(key)
            self._outbox.close_as_handled(key, by=self._cashier, reason=reason)

    def _check(self, key: str | None) -> None:
        """What is being given back to the customer must not arrive as well."""
        back = [one.surplus.visit for one in self._refunds.open_refunds() if one.surplus is not None]
        if key in {payment_key(visit) for visit in back}:
            raise RefusedError(surplus_words.BEING_GIVEN_BACK)
