"""What was found in the pages of a damaged file: which of many versions of a row is the one to go on with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from offline_queue import ledger
from offline_queue.errors import AccountMismatchError, WrongCipherError
from offline_queue.moments import known_from_disk
from offline_queue.schema import check_of, sound
from offline_queue.values import Message

if TYPE_CHECKING:
    import sqlite3

    from offline_queue.pages import Cell, Pages, Value
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
_OF_THE_FILE = {"account", "cipher", "secret", "proof", "check"}
_LANE_STATES = {"open", "away", "paused"}
_INSERT = f"INSERT INTO message ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608

_ENDED = {"skipped": ledger.SKIPPED, "cancelled": ledger.SKIPPED, "exported": ledger.MOVED}
"""What a line of history means that a person's decision wrote; nothing leads back from the first two."""

_WAITING = {ledger.BEHIND, ledger.HEAD, ledger.FRESH}

_Row = dict[str, Any]


class _Ending(NamedTuple):
    """What people made of a message, when they did so last, and how often."""

    state: int
    last: Value
    times: int


@dataclass(slots=True)
class Listed:
    """What the indexes say now, which tells whether a row of which only an older version is left still waits.

    Attributes:
        known: places of all filed messages, if ``all_known``.
        waiting: places of messages that wait or are dead; certain for each, even if some are missing here.
        dead: those of them that are dead, if ``all_heads``.
        all_known: whether nothing is missing in ``known``.
        all_heads: whether nothing is missing in ``dead``.
    """

    known: set[Value] = field(default_factory=set)
    waiting: set[Value] = field(default_factory=set)
    dead: set[Value] = field(default_factory=set)
    all_known: bool = False
    all_heads: bool = False

    @classmethod
    def of(cls, pages: Pages) -> Self:
        """Read the indexes."""
        keys, waiting, heads = (pages.listing(f"message_{name}") for name in ("key", "unsettled", "head"))
        return cls(
            known={record[-1] for record in keys.records},
            waiting={record[-1] for record in waiting.records},
            dead={record[-1] for record in heads.records if record[1:2] == (ledger.DEAD,)},
            all_known=keys.whole,
            all_heads=heads.whole,
        )


class Findings:
    """Takes records in any order, damaged ones too; an older version never displaces a newer one.

    Rows that were settled are newer than rows that were not, because nothing leads back, except into another era. Of a
    row whose newest page is lost only an older version may be left: what a person or an answer ended since must not
    come back to life, so that it waits on only where the indexes still list it.
    """

    def __init__(self, account: str) -> None:
        self.account = account
        self.about: dict[str, str] = {}
        """What the file said of itself, as far as it could be read."""
        self._told_now: set[str] = set()
        self.listed = Listed()
        self._messages: dict[int, tuple[tuple[int, ...], _Row]] = {}
        self._live: set[int] = set()
        self._filed: int | None = None
        self._doubtful: dict[int, _Row] = {}
        self._named: dict[str, int] = {}
        self._lanes: dict[str, tuple[Value, ...]] = {}
        self._history: dict[tuple[int, int], tuple[Value, ...]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found that a queue writes."""
        return not (self._messages or self._doubtful or self._named or self.about or self._lanes or self._history)

    @property
    def fits(self) -> bool | None:
        """Whether a row reads as it was written for this account; None if no row was found at all."""
        return True if self._messages else False if self._doubtful else None

    def take(self, cell: Cell) -> None:
        """Keep a record if it is one of ours."""
        if cell.rowid is not None:
            row = _message_row(cell.rowid, cell.values)
            if row is not None:
                self._take_message(row, live=cell.live)
            return
        match cell.values:
            case (str(key), int(seq)):
                self._named[key] = seq
            case (str(name), str(value)):
                self._take_word(name, value, live=cell.live)
            case (str(destination), str(state), str(), _, int(), *_) if state in _LANE_STATES:
                self._lanes[destination] = (*cell.values, None)[:7]
            case (int(seq), int(line), int(), int(), int(), str(), str(), str()):
                self._history[seq, line] = cell.values
            case _:
                pass

    def _take_word(self, name: str, value: str, *, live: bool) -> None:
        """What the file says of itself; an older word never displaces a newer one."""
        if live or name not in self._told_now:
            if name in _OF_THE_FILE:
                self.about[name] = value
            elif name == "filed" and live and value.isdecimal():
                self._filed = int(value)
        if live:
            self._told_now.add(name)

    def _take_message(self, row: _Row, *, live: bool) -> None:
        seq = row["seq"]
        if row["crc"] is None:
            _complete_version_1(self.about.get("account", self.account), row)
        if not sound(self.account, row):
            self._doubtful[seq] = row
            return
        settled = ledger.DELIVERED <= row["state"] <= ledger.MOVED
        rank = (row["era"], settled, row["tries"], row["last_try"] or 0, live)
        if live:
            self._live.add(seq)
        known = self._messages.get(seq)
        if known is None or known[0] <= rank:
            self._messages[seq] = (rank, row)

    def write(
        self, connection: sqlite3.Connection, envelope: Envelope, *, secret_lost: bool
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Fill an empty file; returns keys and places of what could be read only in part, and of what may have ended.

        Raises:
            AccountMismatchError: none of the rows belongs to the account.
            WrongCipherError: the cipher does not open them.
        """
        if self._doubtful and not self._messages and "account" not in self.about:
            raise AccountMismatchError("that is damaged", self.account, "another one")
        found = {seq: row for seq, (_, row) in sorted(self._messages.items()) if not self._is_forgotten(row)}
        seq_of = {row["key"]: seq for seq, row in found.items()}
        rows = [row for seq, row in found.items() if seq_of[row["key"]] == seq]
        if secret_lost:
            for row in rows:
                _bind_anew(row, envelope)
        damaged = {
            row["key"]: seq
            for seq, row in self._doubtful.items()
            if seq not in self._messages and row["key"] not in seq_of
        }
        in_doubt = self._decide(rows)
        rows += [{**self._doubtful[seq], "state": ledger.DEAD} for seq in damaged.values()]
        connection.executemany(_INSERT, rows)
        places = {ledger.NO_MESSAGE, *(row["seq"] for row in rows)}
        connection.executemany("INSERT INTO lane VALUES (?, ?, ?, ?, ?, ?, ?)", self._lanes.values())
        connection.executemany(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [line for (seq, _), line in self._history.items() if seq in places],
        )
        return damaged, in_doubt

    def _is_forgotten(self, row: _Row) -> bool:
        """Whether only old pages hold a row that was settled and dropped since."""
        filed = self._filed is not None and row["seq"] <= self._filed
        return filed and self.listed.all_known and row["seq"] not in self.listed.known and row["seq"] not in self._live

    def _decide(self, rows: list[_Row]) -> dict[str, int]:
        """Settle the state of rows that seem to wait; returns keys and places of those that nobody knows of."""
        ended = self._ended_by_people()
        in_doubt: dict[str, int] = {}
        for row in rows:
            seq, told = row["seq"], ended.get(row["seq"])
            if self._is_settled(row, told):
                continue
            if told is not None and (told.state == ledger.SKIPPED or told.times > row["era"]):
                row.update(state=told.state, settled=told.last, next_try=None)
            elif row["state"] != ledger.DEAD and not self._waits_on(row):
                row["state"] = ledger.DEAD
                in_doubt[row["key"]] = seq
        return in_doubt

    def _is_settled(self, row: _Row, told: _Ending | None) -> bool:
        """Whether a row is settled, and not only by a flipped bit of its state, which no check covers."""
        if row["state"] == ledger.DELIVERED:
            return not _has_all_to_be_sent(row)
        seq, listed = row["seq"], self.listed
        contradicted = seq in listed.waiting or (listed.all_known and seq not in listed.known)
        return row["state"] in {ledger.SKIPPED, ledger.MOVED} and (told is not None or not contradicted)

    def _ended_by_people(self) -> dict[int, _Ending]:
        """By place: what a person made of a message."""
        ended: dict[int, _Ending] = {}
        for (seq, _), (_, _, _, last, _, what, *_) in sorted(self._history.items()):
            if what in _ENDED:
                times = ended[seq].times + 1 if seq in ended else 1
                ended[seq] = _Ending(_ENDED[what], last, times)
        return ended

    def _waits_on(self, row: _Row) -> bool:
        seq, listed = row["seq"], self.listed
        if row["state"] not in _WAITING or seq in listed.dead or (row["fingerprint"] and not row["body"]):
            return False
        if seq in self._live:
            return True
        if seq in listed.waiting:
            return listed.all_heads
        # What was never filed is in no index.
        return self._filed is not None and seq > self._filed and listed.all_known and seq not in listed.known

    def lost(self, connection: sqlite3.Connection) -> tuple[str, ...]:
        """Keys that an index named and no row has."""
        known = {row["key"] for row in connection.execute("SELECT key FROM message")}
        return tuple(sorted(set(self._named) - known, key=lambda key: self._named[key]))


def _has_all_to_be_sent(row: _Row) -> bool:
    """Whether a row looks as if it was never delivered: a delivery drops the body and keeps its fingerprint."""
    return bool(row["body"]) and not row["fingerprint"]


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
