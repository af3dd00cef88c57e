"""What Sber UPOS leaves behind: the result file `e`, the slip `p`, and what its result codes mean.

Sources: the programs `loadparm.exe` (Windows) and `sb_pilot` (Linux); codes as integrators list them.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pos_client.adapters.card_words import Decline
from pos_client.adapters.slips import decoded, masked_card, slip_lines, without_cards

__all__ = ["APPROVED", "Result", "forget_results", "meaning", "read_result"]

APPROVED: Final = 0
_RESULT: Final = "e"
_SLIP: Final = "p"
_CLASSES: Final[dict[Decline, frozenset[int]]] = {
    Decline.NO_PINPAD: frozenset({99}),
    Decline.BUSY: frozenset({115}),
    Decline.CANCELLED: frozenset({2000}),
    Decline.TIMED_OUT: frozenset({2002}),
    Decline.NO_LINK: frozenset({4100, 4119}),
    Decline.SETTLEMENT: frozenset({4134, 4332}),
    Decline.LOYALTY: frozenset({4353}),
    Decline.NO_FUNDS: frozenset({521, 4451}),
    Decline.PIN: frozenset({403, 405, 4117, 4137, 4455}),
    Decline.BLOCKED: frozenset({572, 574, 579, 705, 706, 707, 2004, 2005, 2006, 2007, 2405, 2406, 2407}),
    Decline.LIMIT: frozenset({4113, 4114, 4150}),
    Decline.PULLED_OUT: frozenset({4132}),
    Decline.WRONG_SUM: frozenset({4319, 4336}),
    Decline.QR: frozenset({21069}),
    Decline.BANK: frozenset({3019, 3020, 3021}),
}
_MEANINGS: Final = {code: why for why, codes in _CLASSES.items() for code in codes}
_CARD_LINE, _CODE_LINE, _TERMINAL_LINE, _MOMENT_LINE, _REFERENCE_LINE = 1, 3, 7, 8, 9


@dataclass(frozen=True, slots=True)
class Result:
    """One run's result. `code` 0 is approved; `at` is aware UTC; `slip` may be printed as it is."""

    code: int
    words: str = ""
    card: str = ""
    authorisation: str = ""
    terminal: str = ""
    reference: str = ""
    at: datetime | None = None
    slip: tuple[str, ...] = ()


def meaning(code: int) -> Decline:
    """The class of a result code other than 0."""
    return _MEANINGS.get(code, Decline.OTHER)


def forget_results(folder: Path) -> None:
    """Remove what an earlier run left, so that whatever is found later belongs to a later run.

    Raises:
        OSError: a file cannot be removed.
    """
    for name in (_RESULT, _SLIP):
        (folder / name).unlink(missing_ok=True)


def read_result(folder: Path) -> Result | None:
    """The result that a run left; None when it left none that can be read. A full card number never gets past here."""
    try:
        lines = [line.strip() for line in decoded((folder / _RESULT).read_bytes(), "cp866", "cp1251").splitlines()]
    except OSError:
        return None
    head = re.match(r"(\d{1,6})(?:\s*[,;]\s*(.*))?$", lines[0]) if lines else None
    if head is None:
        return None
    try:
        slip = slip_lines(decoded((folder / _SLIP).read_bytes(), "cp866", "cp1251"))
    except OSError:
        slip = ()

    def line(at: int) -> str:
        return without_cards(lines[at]) if at < len(lines) else ""

    return Result(
        int(head[1]),
        without_cards(head[2] or ""),
        masked_card(line(_CARD_LINE)),
        line(_CODE_LINE),
        line(_TERMINAL_LINE),
        line(_REFERENCE_LINE),
        _moment(line(_MOMENT_LINE)),
        slip,
    )


def _moment(written: str) -> datetime | None:
    """`20261122134501`, local time of the terminal."""
    try:
        return datetime.strptime(written, "%Y%m%d%H%M%S").astimezone(UTC)
    except ValueError:
        return None
