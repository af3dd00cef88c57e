"""The small values that every screen is made of: rows, notes, buttons, fields. No decisions, no Qt."""

from dataclasses import dataclass
from enum import Enum

from pos_client.domain.sale import Trouble
from pos_client.ui.asks import Ask
from pos_client.ui.tone import Tone

__all__ = ["Badge", "Button", "Field", "Look", "Note", "Row", "Tone", "note_of"]


class Look(Enum):
    """How heavy a button is."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    CONTRAST = "contrast"
    CHIP = "chip"


@dataclass(frozen=True, slots=True)
class Row:
    """A label and a value on one line, and an optional quiet line under the label."""

    label: str
    value: str
    tone: Tone = Tone.PLAIN
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """A word in a small coloured box."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Note:
    """A few words in a tinted box: the strong ones first."""

    tone: Tone
    strong: str
    text: str = ""
    lines: tuple[str, ...] = ()
    """Further lines, each a paragraph of its own."""


@dataclass(frozen=True, slots=True)
class Button:
    """A gesture that has a place on the screen, its key, and why it is not to be had now."""

    ask: Ask
    text: str
    key: str
    look: Look = Look.SECONDARY
    enabled: bool = True
    reason: str = ""
    """Shown as the tool tip, and read aloud."""


@dataclass(frozen=True, slots=True)
class Field:
    """What the cashier is typing."""

    label: str
    text: str
    placeholder: str = ""
    aside: str = ""
    """Quiet word at the right edge, e.g. `сдача`."""
    value: str = ""
    """What stands after it, e.g. `500,00 ₽`."""
    tone: Tone = Tone.PLAIN
    hint: str = ""
    active: bool = True
    """Whether what is typed now goes here."""


def note_of(trouble: Trouble, tone: Tone) -> Note:
    """A trouble with its four things, those that are known, in the order in which a cashier needs them."""
    said = f"Скажите клиенту: «{trouble.say.strip('«»')}»" if trouble.say else ""
    return Note(tone, trouble.what, "", tuple(line for line in (trouble.money, trouble.action, said) if line))
