"""Every state of every correction, in the journal's own file and chain."""

from functools import cache
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter

from pos_client.adapters.journal import SqliteJournal
from pos_client.domain.correction import Correction
from pos_client.domain.sale import Sale

__all__ = ["SqliteCorrectionBook"]

# Corrections are a handful in a till's life: they need no table to be found by, only an index with these very words.
_LATEST: Final = """
    SELECT seq, sale, version, body FROM entry
    WHERE seq IN (
        SELECT max(seq) FROM entry
        WHERE stage IN ('correction open', 'correction done', 'correction told') GROUP BY sale
    )
"""
_SOLD: Final = """
    SELECT h.sale FROM head AS h JOIN entry AS e USING (seq)
    WHERE h.stage IN ('recording', 'done') AND json_extract(e.body, '$.document.number') = ? ORDER BY h.seq
"""


class SqliteCorrectionBook:
    """`ports.CorrectionBook` on the journal's connection: one file has one connection, and one chain."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal

    def save(self, correction: Correction) -> None:
        """Append the present state; returns after the disk has it.

        Raises:
            JournalError: the disk refused; nothing may be done on the strength of this correction.
        """
        stage = "correction open" if correction.is_open else "correction told" if correction.told else "correction done"
        self._journal.append(str(correction.id), stage, _adapter().dump_json(correction).decode(), [])

    def find(self, correction_id: UUID) -> Correction | None:
        """The last saved state of a correction."""
        return next(iter(self._read("AND sale = ?", str(correction_id))), None)

    def of_document(self, fn: str, number: int) -> Correction | None:
        """The correction of a document of this fiscal storage, under way or done."""
        found = self._read("")
        return next((one for one in found if (one.wrong.fn, one.wrong.number) == (fn, number)), None)

    def of_order(self, number: str) -> tuple[Correction, ...]:
        """Corrections of documents of this order, under way or done."""
        return tuple(one for one in self._read("") if one.order_number == number)

    def sold_under(self, number: int) -> tuple[Sale, ...]:
        """Sales of this till whose receipt has this document number, of whatever fiscal storage, oldest first."""
        found = [self._journal.find(UUID(row["sale"])) for row in self._journal.rows(_SOLD, number)]
        return tuple(sale for sale in found if sale is not None)

    def right_under(self, number: int) -> tuple[Correction, ...]:
        """Done corrections whose right document has this number, of whatever fiscal storage."""
        done = [one for one in self._read("") if not one.is_open and one.right is not None]
        return tuple(one for one in done if one.documents[-1].number == number)

    def unfinished(self) -> tuple[Correction, ...]:
        """Corrections that are not done and told, oldest first; one that cannot be read is set aside and reported."""
        return self._read("AND stage <> 'correction told' ORDER BY seq")

    def _read(self, where: str, *values: str | int) -> tuple[Correction, ...]:
        rows = self._journal.rows(_LATEST + where, *values)
        return tuple(one for row in rows if (one := self._journal.body(row, _adapter(), "коррекция")) is not None)


@cache
def _adapter() -> TypeAdapter[Correction]:
    # Built late: start-up has no time for it before the first paint.
    return TypeAdapter(Correction)
