"""What was found in the pages of a damaged file: which of many versions of a row is the one to go on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offline_queue import ledger
from offline_queue.errors import AccountMismatchError, WrongCipherError
from offline_queue.moments import known_from_disk
from offline_queue.schema import check_of, sound
from offline_queue.values import Message

if TYPE_CHECKING:
    import sqlite3

    from offline_queue.pages import Cell, Value
    from offline_queue.sealing import Envelope

_COLUMNS = (
    "seq", "key", "state", "stream", "destination", "kind", "amount", "created", "label", "fingerprint", "crc", "era",
    "tries", "attempts", "last_error", "last_try", "next_try", "settled", "receipt", "body",
)  # fmt: skip
_COLUMNS_OF_VERSION_1 = (
    "seq", "key", "stream", "destination", "kind", "body", "fingerprint", "amount", "created", "label", "state",
    "tries", "attempts", "last_error", "last_try", "next_try", "settled", "receipt",
)  # fmt: skip
_TEXTS = ("key", "stream", "destination", "kind", "label", "last_error", "receipt")
_NUMBERS = ("state", "amount", "created", "tries", "attempts")
_TIMES = ("last_try", "next_try", "settled")
_LANE_STATES = {"open", "away", "paused"}
_INSERT = f"INSERT INTO message ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608

_Row = dict[str, Any]


class Findings:
    """Takes records in any order, damaged ones too; an older version never displaces a newer one.

    Rows that were settled are newer than rows that were not, because nothing leads back, except into another era.
    """

    def __init__(self, account: str) -> None:
        self.account = account
        self.about: dict[str, str] = {}
        """What the file said of itself, as far as it could be read."""
        self._messages: dict[int, tuple[tuple[int, ...], _Row]] = {}
        self._doubtful: dict[int, _Row] = {}
        self._named: dict[str, int] = {}
        self._lanes: dict[str, tuple[Value, ...]] = {}
        self._history: dict[tuple[int, int], tuple[Value, ...]] = {}

    def take(self, cell: Cell) -> None:
        """Keep a record if it is one of ours."""
        if cell.rowid is not None:
            row = _message_row(cell.rowid, cell.values)
            if row is not None:
                self._take_message(row)
            return
        match cell.values:
            case (str(key), int(seq)):
                self._named[key] = seq
            case ("account" | "cipher" | "secret" | "proof" as name, str(value)):
                self.about[name] = value
            case (str(destination), str(state), str(), _, int(), *_) if state in _LANE_STATES:
                self._lanes[destination] = (*cell.values, None)[:7]
            case (int(seq), int(line), int(), int(), int(), str(), str(), str()):
                self._history[seq, line] = cell.values
            case _:
                pass

    def _take_message(self, row: _Row) -> None:
        seq = row["seq"]
        if row["crc"] is None:
            _complete_version_1(self.about.get("account", self.account), row)
        if not sound(self.account, row):
            self._doubtful[seq] = row
            return
        settled = ledger.DELIVERED <= row["state"] <= ledger.MOVED
        rank = (row["era"], settled, row["tries"], row["last_try"] or 0)
        known = self._messages.get(seq)
        if known is None or known[0] <= rank:
            self._messages[seq] = (rank, row)

    def write(self, connection: sqlite3.Connection, envelope: Envelope, *, secret_lost: bool) -> dict[str, int]:
        """Fill an empty file; returns keys and places of what could be read only in part.

        Raises:
            AccountMismatchError: none of the rows belongs to the account.
            WrongCipherError: the cipher does not open them.
        """
        if self._doubtful and not self._messages and "account" not in self.about:
            raise AccountMismatchError("that is damaged", self.account, "another one")
        seq_of = {row["key"]: seq for seq, (_, row) in sorted(self._messages.items())}
        rows = [row for seq, (_, row) in sorted(self._messages.items()) if seq_of[row["key"]] == seq]
        if secret_lost:
            for row in rows:
                _bind_anew(row, envelope)
        damaged = {
            row["key"]: seq
            for seq, row in self._doubtful.items()
            if seq not in self._messages and row["key"] not in seq_of
        }
        rows += [{**self._doubtful[seq], "state": ledger.DEAD} for seq in damaged.values()]
        connection.executemany(_INSERT, rows)
        places = {row["seq"] for row in rows}
        connection.executemany("INSERT INTO lane VALUES (?, ?, ?, ?, ?, ?, ?)", self._lanes.values())
        connection.executemany(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [line for (seq, _), line in self._history.items() if seq in places],
        )
        return damaged

    def lost(self, connection: sqlite3.Connection) -> tuple[str, ...]:
        """Keys that an index named and no row has."""
        known = {row["key"] for row in connection.execute("SELECT key FROM message")}
        return tuple(sorted(set(self._named) - known, key=lambda key: self._named[key]))


def _message_row(seq: int, values: tuple[Value, ...]) -> _Row | None:
    row: _Row
    if len(values) == len(_COLUMNS):
        row = dict(zip(_COLUMNS, values, strict=True))
    elif len(values) == len(_COLUMNS_OF_VERSION_1):
        row = {"crc": None, "era": 0, **dict(zip(_COLUMNS_OF_VERSION_1, values, strict=True))}
    else:
        return None
    row["seq"] = seq
    fits = (
        all(isinstance(row[name], str) for name in _TEXTS)
        and all(isinstance(row[name], int) for name in _NUMBERS)
        and all(row[name] is None or isinstance(row[name], int) for name in _TIMES)
        and isinstance(row["body"], bytes)
        and isinstance(row["fingerprint"], bytes)
        and row["key"]
        and ledger.BEHIND <= row["state"] <= ledger.FRESH
    )
    return row if fits else None


def _complete_version_1(account: str, row: _Row) -> None:
    """Rows of version 1 carry no check; their fingerprint is one as long as their body lies open beside it."""
    row["crc"] = -1
    message = Message(
        key=row["key"],
        stream=row["stream"] or "?",
        destination=row["destination"] or "?",
        kind=row["kind"] or "?",
        body=row["body"],
        created=known_from_disk(row["created"]),
    )
    if not row["body"] or message.fingerprint() == row["fingerprint"]:
        row["crc"] = check_of(account, row)


def _bind_anew(row: _Row, envelope: Envelope) -> None:
    """The secret is gone with the page that held it, and fingerprints with it; a body is known by itself."""
    row["fingerprint"] = b""
    try:
        envelope.message(row)
    except ValueError as error:
        raise WrongCipherError("The key does not open what could be read of the damaged queue.") from error
    row["crc"] = check_of(envelope.account, row)
