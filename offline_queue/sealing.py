"""What binds a file to its account and its cipher: how bodies and fingerprints are written, and read again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

from offline_queue import ledger
from offline_queue.moments import known_from_disk, to_disk
from offline_queue.schema import row_check, sound
from offline_queue.values import Message

if TYPE_CHECKING:
    from offline_queue.values import Cipher


_LOST = "\ufffd"
"""Stands for what was no UTF-8, see ``Storage.read``."""
UNREADABLE = (ValueError, TypeError, OverflowError)
"""What reading a row may raise if it does not hold what was written; ValueError alone is the cipher's word for it."""


class Fields(Protocol):
    """A row: whatever gives values by the names of columns."""

    def __getitem__(self, name: str, /) -> Any:  # noqa: ANN401 - columns hold numbers, texts and bytes
        """The value of a column."""
        ...


@dataclass(slots=True)
class Envelope:
    """How the bodies of one file are written. The secret alone may change: when a salvage could not read it.

    Attributes:
        account: the account that the file is bound to.
        cipher: seals bodies, or None.
        secret: key of the fingerprints, b"" without a cipher: a bare hash would let bodies be guessed.
    """

    account: str
    cipher: Cipher | None
    secret: bytes = b""
    _keyed_with: bytes = field(default=b"", init=False, repr=False)
    _inner: hashlib._Hash = field(default_factory=hashlib.sha256, init=False, repr=False)
    _outer: hashlib._Hash = field(default_factory=hashlib.sha256, init=False, repr=False)

    def fingerprint(self, message: Message) -> bytes:
        """What tells whether a key stands for the same message."""
        return self.keyed(message.fingerprint()) if self.secret else message.fingerprint()

    def keyed(self, fingerprint: bytes) -> bytes:
        """A fingerprint as it is stored: under the secret, if there is one."""
        if not self.secret:
            return fingerprint
        if self._keyed_with != self.secret:
            self._inner, self._outer, self._keyed_with = *_begun(self.secret), self.secret
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(fingerprint)
        outer.update(inner.digest())
        return outer.digest()

    def says_the_same(self, row: Fields, message: Message) -> bool:
        """Whether a filed row and a message with its key are one fact.

        A row keeps its body until it is delivered, and a fingerprint after it. One that has neither, or whose body
        cannot be opened, was damaged: its key is spent, whatever it was.
        """
        if row["fingerprint"]:
            return bool(row["fingerprint"] == self.fingerprint(message))
        if row["state"] == ledger.DELIVERED:
            return True
        try:
            return self.message(row).says_the_same(message)
        except ValueError:
            return True

    def check(self, message: Message, fingerprint: bytes, body: bytes) -> int:
        """The check of a row with this stored fingerprint and body."""
        named = (message.key, message.stream, message.destination, message.kind)
        return row_check(
            self.account, fingerprint, body, *named, message.amount, to_disk(message.created), message.label
        )

    def row(self, seq: int, message: Message) -> tuple[object, ...]:
        """The columns of a new message, as ``ledger.INSERT`` wants them."""
        key, stream, destination, kind = message.key, message.stream, message.destination, message.kind
        amount, created, label, body = message.amount, to_disk(message.created), message.label, message.body
        if self.cipher is not None and body:
            body = self.cipher.seal(body, key.encode())
        # As ``schema.row_check`` has it, without a call more: this is on the way of every put.
        text = f"{self.account}\0{key}\0{stream}\0{destination}\0{kind}\0{amount}\0{created}\0{label}"
        return seq, key, stream, destination, kind, amount, created, label, crc32(body, crc32(text.encode())), body

    def sound(self, row: Fields) -> bool:
        """Whether a row reads as it was written."""
        return sound(self.account, row)

    def opens(self, row: Fields) -> bool:
        """Whether a row reads as it was written and the cipher knows its body again."""
        try:
            return self.sound(row) and self.message(row) is not None
        except UNREADABLE:
            return False

    def message(self, row: Fields) -> Message:
        """The message of a row, its body unsealed if there is a cipher.

        Raises:
            ValueError: the cipher and the row do not belong together.
        """
        body: bytes = row["body"]
        if self.cipher is not None and body:
            body = self.cipher.unseal(body, row["key"].encode())
        return self.message_as_stored(row, body)

    def readable(self, row: Fields) -> Message:
        """The message of a row as far as it can be read: a body that is damaged stays as it lies on the disk."""
        try:
            return self.message(row)
        except UNREADABLE:
            return legible(row)

    def message_as_stored(self, row: Fields, body: bytes | None = None) -> Message:
        """The message of a row with its body as it lies on the disk, or with ``body``."""
        return Message(
            key=row["key"],
            stream=row["stream"],
            destination=row["destination"],
            kind=row["kind"],
            body=row["body"] if body is None else body,
            created=known_from_disk(row["created"]),
            amount=row["amount"],
            label=row["label"],
        )


def legible(row: Fields) -> Message:
    """The message of a row of which nothing can be believed, for people to look at; its body as it lies on the disk."""
    body, amount, key = row["body"], row["amount"], _text(row["key"])
    return Message(
        # Unlike any other key, even if two were damaged alike.
        key=key if key and key == row["key"] else f"{key}?{row['seq']}",
        stream=_text(row["stream"]) or "?",
        destination=_text(row["destination"]) or "?",
        kind=_text(row["kind"]) or "?",
        body=body if isinstance(body, bytes) else b"",
        created=known_from_disk(row["created"]),
        amount=amount if isinstance(amount, int) else 0,
        label=_text(row["label"]),
    )


def _text(value: object) -> str:
    return value.replace(_LOST, "?") if isinstance(value, str) else ""


def _begun(secret: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The two hashes of an HMAC, begun with their key: to begin one anew takes longer than the rest of a fingerprint.

    Source: RFC 2104, section 2; a secret is never longer than a block of the hash.
    """
    block = secret.ljust(hashlib.sha256().block_size, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    return inner, outer
