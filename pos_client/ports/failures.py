"""The outside services, and the three ways in which any of them may fail."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum

from pos_client.domain.misregistered import Misregistered
from pos_client.domain.sale import Trouble

__all__ = [
    "Clock",
    "OtherSumError",
    "OtherTotalError",
    "OutcomeUnknownError",
    "PosError",
    "PriceChangedError",
    "QueueFullError",
    "RefusedError",
    "Service",
    "StillAtItError",
    "UnavailableError",
]


Clock = Callable[[], datetime]
"""Says what time it is: aware, UTC."""


class Service(Enum):
    """The outside things that have a light of their own on the screen."""

    ORDERS = "orders"
    PROCESSING = "processing"
    REGISTER = "register"
    OFD = "ofd"
    TERMINAL = "terminal"
    SBP = "sbp"


class PosError(Exception):
    """Something outside did not do what was asked. `trouble` is what the cashier reads; `detail` is for support."""

    def __init__(self, trouble: Trouble, *, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{trouble.what} [{detail}]" if detail else trouble.what)
        self.trouble = trouble
        self.detail = detail
        self.retry_after = retry_after
        """Seconds that the other side asked to wait, if it did."""


class UnavailableError(PosError):
    """Nothing happened: nobody answered before anything could begin. Trying again is safe."""


class RefusedError(PosError):
    """The other side answered no, in its own words. Trying the same again is useless."""


class OutcomeUnknownError(PosError):
    """It may have happened. Ask before anything else; never simply do it again."""


class StillAtItError(OutcomeUnknownError):
    """It has not ended yet: no person can tell how it will, so that nobody is asked; only waiting helps."""


class OtherSumError(OutcomeUnknownError):
    """Money of ours has moved, and another sum than was asked for: a person has to put that right."""


class OtherTotalError(OutcomeUnknownError):
    """A document of ours is registered with another total: it has to be corrected, never printed again.

    `registered` is the document as the storage tells it; None when that could not be read: asked again, it may be.
    """

    def __init__(self, trouble: Trouble, *, detail: str = "", registered: Misregistered | None = None) -> None:
        super().__init__(trouble, detail=detail)
        self.registered = registered


class PriceChangedError(RefusedError):
    """Processing's price is not the one that the cashier accepted; nothing was created. Quote anew."""


class QueueFullError(OSError):
    """As much waits in the queue as the shop allows; the facts were not taken, and the sale can be taken up later."""
