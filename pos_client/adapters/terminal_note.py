"""What is remembered on disk of the last operation at a terminal that does not know our ids."""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from pos_client.domain.money import Money
from pos_client.domain.payment import Approval

__all__ = ["Note", "NoteBook", "Step"]


class Step(Enum):
    """How far the noted operation is."""

    STARTED = "started"
    """The terminal's program was, or is about to be, started for it."""
    ASKING = "asking"
    """The terminal is being asked about it: result files that lie there may belong to the question."""
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Note:
    """The last operation. `began` by the till's clock, aware UTC; `before` is the mark of the slip that preceded it."""

    operation: UUID
    amount: Money
    back: bool
    began: datetime
    before: str
    step: Step = Step.STARTED
    approval: Approval | None = None
    mark: str = ""

    def at(self, step: Step) -> "Note":
        """The same operation, further."""
        return replace(self, step=step)

    @property
    def last_mark(self) -> str:
        """The mark of the last slip that is known, this operation's or the one before; empty when it is not known."""
        if self.step is Step.APPROVED:
            return self.mark
        return self.before if self.step is Step.DECLINED else ""


class NoteBook:
    """One note in one file, written in place and flushed: a note that was torn is no note, and then nobody is sure."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Note | None:
        """The last note; None when there is none that can be read."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return Note(
                UUID(found["operation"]),
                Money(found["amount"]),
                bool(found["back"]),
                datetime.fromisoformat(found["began"]),
                str(found["before"]),
                Step(found["step"]),
                _approval(found["approval"]) if found["approval"] else None,
                str(found["mark"]),
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, note: Note) -> None:
        """Keep the note, durably.

        Raises:
            OSError: the disk refused.
        """
        body = {
            "operation": str(note.operation),
            "amount": note.amount.kopecks,
            "back": note.back,
            "began": note.began.isoformat(),
            "before": note.before,
            "step": note.step.value,
            "approval": _plain(note.approval) if note.approval else None,
            "mark": note.mark,
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        # In place, because a rename is durable only where folders can be flushed, and then the old one stays.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.write(content)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())


def _plain(approval: Approval) -> dict[str, Any]:
    return {
        **asdict(approval),
        "operation": str(approval.operation),
        "amount": approval.amount.kopecks,
        "at": approval.at.isoformat(),
    }


def _approval(found: dict[str, Any]) -> Approval:
    return Approval(
        **{
            **found,
            "operation": UUID(found["operation"]),
            "amount": Money(found["amount"]),
            "at": datetime.fromisoformat(found["at"]),
            "slip": tuple(found["slip"]),
        }
    )
