"""What a delivery came to, in a form that can be written down, whatever ``send`` and ``classify`` made of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from offline_queue.fates import Later, Paused, Refused, Unsure

if TYPE_CHECKING:
    from collections.abc import Callable

    from offline_queue.fates import Fate

_LONGEST_WORDS = 2_000
"""Characters of an answer that people are shown: a page of HTML says no more than its beginning."""


def receipt_of(answer: object) -> str:
    """What ``send`` returned as text to keep. The message is delivered, so nothing that it is may be in the way."""
    if answer is None:
        return ""
    if not isinstance(answer, str):
        report(TypeError(f"send returned {type(answer).__name__}, which is no text"))
    return _storable(answer)


def fate_of(error: Exception, classify: Callable[[Exception], object]) -> Fate:
    """What a failure means. Whatever ``classify`` makes of it that is no fate is reported, and counts as unknown."""
    try:
        fate = classify(error)
        match fate:
            case Later(words, retry_after):
                return Later(_words(words), _seconds(retry_after))
            case Refused(words):
                return Refused(_words(words))
            case Paused(words):
                return Paused(_words(words))
            case Unsure(words):
                return Unsure(_words(words))
            case _:
                report(TypeError(f"classify returned {type(fate).__name__}, which is no fate"))
    except Exception as bug:  # noqa: BLE001 - reported as a bug; one odd answer must not stop all others
        report(bug)
    return unknown(error)


def unknown(error: BaseException) -> Unsure:
    """The fate of a failure that nobody can explain."""
    return Unsure(_words(f"{type(error).__name__}: {_text(error)}".removesuffix(": ")))


def report(bug: BaseException) -> None:
    """Tell the program of a bug where it reports its bugs, and go on."""
    sys.excepthook(type(bug), bug, bug.__traceback__)


def _words(said: object) -> str:
    return _storable(said)[:_LONGEST_WORDS]


def _seconds(asked: object) -> float | None:
    if asked is None:
        return None
    try:
        return float(asked)  # type: ignore[arg-type] # whatever it is, this decides
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError) as odd:
        report(odd)
        return None


def _storable(said: object) -> str:
    """Text that a disk can hold: halves of pairs (lone surrogates) have no encoding."""
    return _text(said).encode(errors="backslashreplace").decode()


def _text(said: object) -> str:
    try:
        return str(said)
    except Exception:  # noqa: BLE001 - who cannot say what it is has a name at least
        return type(said).__name__
