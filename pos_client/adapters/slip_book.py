"""Which slips were sent to the printer, in the journal's own file and chain."""

from typing import Final
from uuid import UUID

from pos_client.adapters.journal import SqliteJournal

__all__ = ["SqliteSlipBook"]

# With these very words the journal's index is used.
_BEGUN: Final = "SELECT 1 FROM entry WHERE sale = ? AND stage = 'slip'"


class SqliteSlipBook:
    """`ports.SlipBook` on the journal's connection: one file has one connection, and one chain."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal

    def begin(self, operation: UUID) -> bool:
        """Say that the slip of a card operation is about to be printed; False when that was said before.

        Raises:
            JournalError: the disk refused; nothing may be printed on the strength of it.
        """
        if self._journal.rows(_BEGUN, str(operation)):
            return False
        self._journal.append(str(operation), "slip", "{}", [])
        return True
