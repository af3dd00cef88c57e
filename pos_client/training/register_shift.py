"""The shift of the training register: its number, when it was opened, and the twenty-four hours that it may last."""

from collections.abc import Callable
from datetime import datetime, timedelta

from pos_client.training.store import Store
from pos_client.training.wire import instant, moment

__all__ = ["RegisterShift"]

_LIFE = timedelta(hours=24)
"""54-ФЗ, art. 4.3."""


class RegisterShift:
    """Kept in the store; `receipts` counts those of this shift."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def set_up(self, number: int) -> None:
        """The last shift before the device came here had this number, and is closed."""
        self._store.remember("shift", str(number))
        self._store.remember("shift_opened", "")
        self._store.remember("receipts", "0")

    @property
    def number(self) -> int:
        """Of the open shift, or of the last one."""
        return int(self._store.fact("shift", "0"))

    @property
    def receipts(self) -> int:
        """Receipts registered in it."""
        return int(self._store.fact("receipts", "0"))

    @property
    def opened_at(self) -> datetime | None:
        """None while it is closed."""
        opened = self._store.fact("shift_opened")
        return moment(opened) if opened else None

    @property
    def expires_at(self) -> datetime | None:
        """When nothing can be registered in it any more."""
        opened = self.opened_at
        return None if opened is None else opened + _LIFE

    @property
    def is_expired(self) -> bool:
        """Whether it has to be closed before anything else."""
        expires = self.expires_at
        return expires is not None and self._clock() >= expires

    @property
    def state(self) -> str:
        """In the driver's words."""
        if self.is_expired:
            return "expired"
        return "opened" if self.opened_at is not None else "closed"

    def begin(self) -> None:
        """The next one is open."""
        self._store.remember("shift", str(self.number + 1))
        self._store.remember("shift_opened", instant(self._clock()))
        self._store.remember("receipts", "0")

    def end(self) -> None:
        """It is closed."""
        self._store.remember("shift_opened", "")

    def next_receipt(self) -> int:
        """The number of the receipt that is being registered."""
        number = self.receipts + 1
        self._store.remember("receipts", str(number))
        return number
