"""The shop's clock: it follows the real one and can be moved forward by days in a second."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["ShopClock"]


class ShopClock:
    """Aware UTC time of the shop: the base clock plus a shift that an admin or a test may change."""

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self._shift = timedelta()

    def __call__(self) -> datetime:
        """The shop's present moment, UTC."""
        return self._base().astimezone(UTC) + self._shift

    @property
    def shift(self) -> timedelta:
        """How far the shop is ahead of the base clock."""
        return self._shift

    def advance(self, by: timedelta) -> None:
        """Move on; burning points burn and shifts expire when they are next looked at."""
        self._shift += by

    def set(self, now: datetime) -> None:
        """Make `now` (aware) the present moment; the clock goes on ticking from there."""
        self._shift = now.astimezone(UTC) - self._base().astimezone(UTC)

    def follow(self) -> None:
        """Return to the base clock."""
        self._shift = timedelta()
