"""What a cashier does with what waits to go out: send it now, or take off the list what a person has dealt with."""

from collections.abc import Callable

from pos_client.counter.telling import Told
from pos_client.domain.sale import Trouble
from pos_client.ports import Outbox

__all__ = ["QueueDesk"]


class QueueDesk:
    """The gestures of the queue's page."""

    def __init__(self, outbox: Outbox, say: Callable[[Trouble | None], None], *, cashier: str) -> None:
        self._outbox = outbox
        self._say = say
        self._cashier = cashier

    def retry(self, key: str | None) -> None:
        """Try one entry of the queue, or all of it, now."""
        with Told(self._say):
            self._outbox.retry(key, by=self._cashier)

    def close(self, key: str, reason: str) -> None:
        """Take an entry that needs a human off the list; who and why stay on record."""
        with Told(self._say):
            self._outbox.close_as_handled(key, by=self._cashier, reason=reason)
