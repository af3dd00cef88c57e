"""Telling a scanner from a person by the rhythm and the shape of the keys: no Qt, no clock of its own.

Every key is held until its neighbours are known. A person's key has none nearer than `Timing.gap_ms` and is given back
after that time; a scanner's keys come in a run and become one scan. What a scanner sends can never act: a command key
(Enter, Esc, F5, Ctrl+V) that has a neighbour nearer than `gap_ms` is not given back at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Generic, TypeVar

from pos_client.ui.physical import from_russian_layout, is_cyrillic

__all__ = ["Bursts", "Outcome", "Rejected", "Rejection", "Role", "Scan", "ScannerShape", "Stroke", "Typing"]

_P = TypeVar("_P")


class Role(Enum):
    """What a key can do to the field or the window that gets it."""

    SIGN = auto()  # prints
    EDITING = auto()  # moves the cursor or deletes: Backspace, arrows
    SUFFIX = auto()  # Enter, Tab: what scanners end with
    COMMAND = auto()  # Esc, function keys, anything with Ctrl, Alt or the system key


class Rejection(StrEnum):
    """Why a run of keys that no person typed is not a scan."""

    TOO_LONG = "too long"
    TOO_SHORT = "too short"
    CONTROL_KEYS = "control keys inside"
    MORE_AFTER_SUFFIX = "more after the suffix"


@dataclass(frozen=True, slots=True)
class Stroke(Generic[_P]):
    """One key press.

    `sign` is what the key prints on a US keyboard, found by its position; None when the platform did not tell the
    position. `typed` is what the present layout printed. `at_ms` counts milliseconds on any steady clock.
    """

    at_ms: float
    role: Role
    payload: _P
    sign: str | None = None
    typed: str = ""
    shift: bool = False


@dataclass(frozen=True, slots=True)
class Typing(Generic[_P]):
    """A person typed these; they go where they were meant to, in this order."""

    strokes: tuple[Stroke[_P], ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """A scanner sent `text`; `symbology` is its AIM identifier without the bracket ("Q1"), if it sent one."""

    text: str
    symbology: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A machine sent `length` keys that make no scan; none of them reaches a field."""

    reason: Rejection
    length: int


Outcome = Typing[_P] | Scan | Rejected


@dataclass(frozen=True, slots=True)
class ScannerShape:
    """How the till's scanner types. Times are milliseconds.

    `gap_ms`: keys nearer than this have the same author; also the longest that a person's key is held back.
    `stall_ms`: the pause that a run already known as a machine's may make; a suffix that comes later is still eaten.
    `sure_after`: from so many keys in a row nobody but a machine is that fast.
    `shortest` and `shortest_bare`: signs that a scan has at least, with a suffix and without one.
    `longest`: signs that a scan has at most; a run beyond it is swallowed to its end and rejected once.
    `prefix`: taken off when present. `suffix_needed`: a run without Enter or Tab at its end is rejected.
    """

    gap_ms: float = 45.0
    stall_ms: float = 150.0
    sure_after: int = 4
    shortest: int = 4
    shortest_bare: int = 6
    longest: int = 512
    prefix: str = ""
    suffix_needed: bool = False


_AIM = re.compile(r"\]([A-Za-z][0-9A-Za-z])")


class _Phase(Enum):
    IDLE = auto()
    HOLDING = auto()  # keys are held, their author is not known or is a machine not yet finished
    SWALLOWING = auto()  # a machine has had its say; whatever follows at its pace is dropped


@dataclass(slots=True)
class Bursts(Generic[_P]):
    """The state of one keyboard: feed it presses and the passing of time, act on the outcomes.

    Every press is held; `deadline` says when `expire` must be called if no further key comes.
    """

    shape: ScannerShape = field(default_factory=ScannerShape)
    _phase: _Phase = _Phase.IDLE
    _held: list[Stroke[_P]] = field(default_factory=list)
    _last_ms: float = 0.0
    _quiet_at_ms: float = 0.0
    _tail_ms: float = 0.0  # while swallowing: how long after the last near key
    _swallowed: int = 0
    _complaint: Rejection | None = None

    @property
    def deadline(self) -> float | None:
        """The time in ms at which silence decides, None when nothing is under way."""
        return None if self._phase is _Phase.IDLE else self._quiet_at_ms

    @property
    def held(self) -> tuple[Stroke[_P], ...]:
        """The presses that wait for a decision."""
        return tuple(self._held)

    def touch(self, at_ms: float) -> None:
        """A modifier moved: no key of its own, but the run goes on (a scanner presses Shift for a capital)."""
        if self._phase is _Phase.HOLDING and at_ms <= self._quiet_at_ms:
            self._last_ms = max(self._last_ms, at_ms)
            self._quiet_at_ms = self._last_ms + self._patience()

    def press(self, stroke: Stroke[_P]) -> list[Outcome[_P]]:
        """Take one press; the outcomes that it settles, oldest first."""
        outcomes = self.expire(stroke.at_ms)
        near = stroke.at_ms - self._last_ms <= self.shape.gap_ms
        self._last_ms = stroke.at_ms
        if self._phase is _Phase.SWALLOWING:
            self._swallowed += 1
            if self._complaint is None and stroke.role is not Role.SUFFIX:
                self._complaint = Rejection.MORE_AFTER_SUFFIX
            if near:
                self._quiet_at_ms = stroke.at_ms + self._tail_ms
            return outcomes
        if self._phase is _Phase.HOLDING and stroke.role is Role.SUFFIX:
            return outcomes + self._suffix()
        self._phase = _Phase.HOLDING
        self._held.append(stroke)
        self._quiet_at_ms = stroke.at_ms + self._patience()
        if len(self._held) > self.shape.longest + len(self.shape.prefix):
            self._swallow_the_rest(self.shape.stall_ms)
            self._complaint, self._swallowed = Rejection.TOO_LONG, len(self._held)
            self._held.clear()
        return outcomes

    def expire(self, now_ms: float) -> list[Outcome[_P]]:
        """Settle what silence has decided by `now_ms`."""
        outcomes: list[Outcome[_P]] = []
        while self._phase is not _Phase.IDLE and now_ms > self._quiet_at_ms:
            outcomes += self._end_of_swallowing() if self._phase is _Phase.SWALLOWING else self._silence()
        return outcomes

    def _patience(self) -> float:
        return self.shape.stall_ms if len(self._held) >= self.shape.sure_after else self.shape.gap_ms

    def _swallow_the_rest(self, tail_ms: float) -> None:
        self._phase, self._swallowed, self._complaint = _Phase.SWALLOWING, 0, None
        self._tail_ms = tail_ms
        self._quiet_at_ms = self._last_ms + tail_ms

    def _suffix(self) -> list[Outcome[_P]]:
        held, self._held = self._held, []
        if len(held) == 1 and held[0].role in {Role.SIGN, Role.EDITING}:
            # The last digit of an amount and Enter under the other hand: the digit is meant, the Enter is dubious.
            self._swallow_the_rest(self.shape.gap_ms)
            return [Typing(tuple(held))]
        self._swallow_the_rest(self.shape.stall_ms)
        return [self._judge(held, self.shape.shortest, suffixed=True)]

    def _silence(self) -> list[Outcome[_P]]:
        held, self._held = self._held, []
        only_signs = all(stroke.role is Role.SIGN for stroke in held)
        if len(held) < self.shape.sure_after or (only_signs and len(held) < self.shape.shortest_bare):
            self._phase = _Phase.IDLE
            return list(_given_back(held))
        # The suffix may come late; until then nothing that the machine adds may act.
        self._swallow_the_rest(2 * self.shape.stall_ms)
        return [self._judge(held, self.shape.shortest_bare, suffixed=False)]

    def _judge(self, held: list[Stroke[_P]], shortest: int, *, suffixed: bool) -> Scan | Rejected:
        if any(stroke.role is not Role.SIGN for stroke in held):
            return Rejected(Rejection.CONTROL_KEYS, len(held))
        text = _text(held).removeprefix(self.shape.prefix)
        symbology = None
        if aim := _AIM.match(text):
            symbology, text = aim.group(1), text[aim.end() :]
        if len(text) < shortest or (self.shape.suffix_needed and not suffixed):
            return Rejected(Rejection.TOO_SHORT, len(held))
        return Scan(text, symbology)

    def _end_of_swallowing(self) -> list[Outcome[_P]]:
        complaint, length = self._complaint, self._swallowed
        self._phase, self._complaint, self._swallowed = _Phase.IDLE, None, 0
        return [] if complaint is None else [Rejected(complaint, length)]


def _given_back(held: list[Stroke[_P]]) -> Iterator[Typing[_P]]:
    kept = tuple(stroke for stroke in held if len(held) == 1 or stroke.role in {Role.SIGN, Role.EDITING})
    if kept:
        yield Typing(kept)


def _text(held: list[Stroke[_P]]) -> str:
    if all(stroke.sign is not None for stroke in held):
        return "".join(stroke.sign or "" for stroke in held)
    typed = "".join(
        stroke.typed.upper() if stroke.shift and stroke.typed.isalpha() else _unlocked(stroke) for stroke in held
    )
    return from_russian_layout(typed) if is_cyrillic(typed) else typed


def _unlocked(stroke: Stroke[_P]) -> str:
    """Without Shift a letter is small, whatever Caps Lock made of it."""
    return stroke.typed.lower() if stroke.typed.isalpha() else stroke.typed
