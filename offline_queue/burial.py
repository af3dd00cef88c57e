"""What becomes of rows that do not read as they were written: dead letters, while everything else goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offline_queue import ledger
from offline_queue.sealing import legible

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from offline_queue.memory import Memory
    from offline_queue.storage import Storage
    from offline_queue.values import Message

DAMAGED: Final = "what is on the disk is not what was put"
"""The last error of a message that does not read as it was written."""
NOT_EXPORTED: Final = "what is on the disk is not what was put, so it was not exported"
"""The same, met when another till was to have it."""
IN_DOUBT: Final = "only an older state of it could be read: it may have been sent or given up since"
"""The last error of a message of which a salvage could not read the newest state."""


def buried(storage: Storage, memory: Memory, rows: Sequence[sqlite3.Row], now: datetime, words: str) -> list[Message]:
    """Make dead letters of damaged rows under names that can be read; returns what can be shown of them.

    Which streams they were of, nobody can be sure: whoever stands behind them and has no head any more goes on. Nor is
    it sure what they were counted as, so everything is counted anew, which takes a second for a million rows.
    """
    messages = [legible(row) for row in rows]

    def change(connection: sqlite3.Connection) -> None:
        memory.file_all(connection)
        for row, message in zip(rows, messages, strict=True):
            ledger.bury_as(connection, row["seq"], message, words)
            ledger.note(connection, row["seq"], now, what="damaged", words=words)
        connection.execute(ledger.PROMOTE_HEADLESS)

    storage.write(change, vital=True)
    memory.load(storage, None)
    return messages
