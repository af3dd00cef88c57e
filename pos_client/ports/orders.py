"""CDEK's orders."""

from typing import Protocol

from pos_client.domain.order import Order

__all__ = [
    "Orders",
]


class Orders(Protocol):
    """CDEK's orders."""

    async def load(self, number: str) -> Order:
        """The order with everything earlier visits paid.

        Raises:
            RefusedError: there is no such order, or its sums do not agree.
            UnavailableError: no usable answer.
        """

    async def probe(self) -> None:
        """Whether the order service answers and knows this till; changes nothing.

        Raises:
            UnavailableError, RefusedError: it does not, or not to this till.
        """
