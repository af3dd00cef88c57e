"""Turns what a gesture may fail with into words on the screen."""

from collections.abc import Callable

from pos_client.counter import words
from pos_client.domain.sale import Trouble
from pos_client.ports import PosError

__all__ = ["Told"]


class Told:
    """A context in which a failure becomes a notice; a new gesture takes the old notice away."""

    def __init__(self, say: Callable[[Trouble | None], None]) -> None:
        self._say = say

    def __enter__(self) -> None:
        self._say(None)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, PosError):
            self._say(error.trouble)
            return True
        if isinstance(error, OSError):
            self._say(words.disk_failed(error))
            return True
        return False
