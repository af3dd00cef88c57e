"""Which slips of the card terminal have been sent to the printer: by itself the till prints each of them once."""

from typing import Protocol
from uuid import UUID

__all__ = ["SlipBook"]


class SlipBook(Protocol):
    """Kept on disk, because a till that is killed while it prints must not print again. Local, synchronous."""

    def begin(self, operation: UUID) -> bool:
        """The slip of this card operation is about to be printed; False when that was said before.

        Raises:
            OSError: the disk refused; nothing may be printed on the strength of it.
        """
