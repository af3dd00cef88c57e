"""Every state of every refund, in the journal's own file and chain: money that left counts as much as money taken."""

from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter

from pos_client.adapters.journal import SqliteJournal
from pos_client.adapters.sqlite_file import micros
from pos_client.domain.order import TenderKind
from pos_client.domain.refund import Refund

__all__ = ["SqliteRefundBook", "warm_up"]

_HEAD: Final = """
    INSERT INTO refund_head (refund, seq, number, stage, is_open, opened, finished, cash, card, sbp, fn, shift)
    VALUES (:refund, :seq, :number, :stage, :is_open, :opened, :finished, :cash, :card, :sbp, :fn, :shift)
    ON CONFLICT (refund) DO UPDATE SET seq = excluded.seq, number = excluded.number, stage = excluded.stage,
        is_open = excluded.is_open, finished = excluded.finished, cash = excluded.cash, card = excluded.card,
        sbp = excluded.sbp, fn = excluded.fn, shift = excluded.shift
"""
_ENTRY: Final = "SELECT e.seq, e.sale, e.version, e.body FROM refund_head AS h JOIN entry AS e USING (seq) "


class SqliteRefundBook:
    """`ports.RefundBook` on the journal's connection: one file has one connection, and one chain."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal

    def save(self, refund: Refund) -> None:
        """Append the refund's present state; returns after the disk has it.

        Raises:
            JournalError: the disk refused; nothing may be done on the strength of this refund.
        """
        head = {
            "refund": str(refund.id),
            "number": refund.number,
            "stage": refund.stage.value,
            "is_open": int(refund.is_open),
            "opened": micros(refund.opened_at),
            "finished": None if refund.finished_at is None else micros(refund.finished_at),
            **{kind.value: _sum_by(refund, kind) for kind in TenderKind},
            "fn": "" if refund.document is None else refund.document.fn,
            "shift": 0 if refund.document is None else refund.document.shift,
        }
        body = _adapter().dump_json(refund).decode()
        self._journal.append(str(refund.id), f"refund {refund.stage.value}", body, [(_HEAD, head)])

    def find(self, refund_id: UUID) -> Refund | None:
        """The last saved state of a refund."""
        return next(iter(self._read("WHERE h.refund = ?", str(refund_id))), None)

    def open_refunds(self) -> tuple[Refund, ...]:
        """Refunds that something is left to do for, oldest first; one that cannot be read is set aside and reported."""
        return self._read("WHERE h.is_open = 1 ORDER BY h.opened, h.seq")

    def holds(self, number: str) -> Refund | None:
        """This till's own refund of the order, under way or done; one that was given up holds nothing."""
        return next((one for one in self._of_order(number) if one.surplus is None), None)

    def surpluses(self, number: str) -> tuple[Refund, ...]:
        """Payments too many for the order that go back alone, or went; latest first, none that was given up."""
        return tuple(one for one in self._of_order(number) if one.surplus is not None)

    def last_done(self) -> Refund | None:
        """The refund finished last."""
        return next(iter(self._read("WHERE h.stage = 'done' ORDER BY h.finished DESC, h.seq DESC LIMIT 1")), None)

    def given_back(self, since: datetime) -> tuple[Refund, ...]:
        """Refunds finished since then, oldest first."""
        return self._read("WHERE h.stage = 'done' AND h.finished >= ? ORDER BY h.finished, h.seq", micros(since))

    def _of_order(self, number: str) -> tuple[Refund, ...]:
        return self._read("WHERE h.number = ? AND h.stage <> 'cancelled' ORDER BY h.seq DESC", number)

    def _read(self, where: str, *values: str | int) -> tuple[Refund, ...]:
        rows = self._journal.rows(_ENTRY + where, *values)
        return tuple(one for row in rows if (one := self._journal.body(row, _adapter(), "возврат")) is not None)


def _sum_by(refund: Refund, kind: TenderKind) -> int:
    return sum(back.amount.kopecks for back in refund.paid.paybacks if back.kind is kind)


def warm_up() -> None:
    """Build the schema of a refund now, in any thread."""
    _adapter()


@cache
def _adapter() -> TypeAdapter[Refund]:
    # Built late: start-up has no time for it before the first paint.
    return TypeAdapter(Refund)
