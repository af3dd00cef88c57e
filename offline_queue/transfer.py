"""The unsent in one file, from a till that will not send it to one that will.

The file is text: a line that says what it is, a line of JSON for each message, sealed as a whole line if the queue has
a cipher, and a last line with the SHA-256 of all before it. Each sealed line is bound to its place and to the file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from typing import TYPE_CHECKING, Any

from offline_queue.errors import TransferError
from offline_queue.moments import known_from_disk, to_disk
from offline_queue.salvage import sync_folder
from offline_queue.values import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from offline_queue.values import Cipher

_WHAT = "offline_queue export 1"


def write(to: Path, account: str, cipher: Cipher | None, messages: Sequence[Message]) -> None:
    """Write an export, safe on its disk when this returns.

    Raises:
        TransferError: the file is there already or cannot be written.
    """
    if to.exists():
        raise TransferError(f"The file {to} is there already.")
    digest = hashlib.sha256()
    part = to.with_name(to.name + ".part")
    try:
        with part.open("wb") as file:
            os.chmod(part, 0o600)  # noqa: PTH101 - the same on every Python
            for line in _lines(account, cipher, messages):
                digest.update(line)
                file.write(line)
            file.write(digest.hexdigest().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(to)
        sync_folder(to.absolute().parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise TransferError(f"The export {to} cannot be written: {error.strerror}.") from error


def _lines(account: str, cipher: Cipher | None, messages: Sequence[Message]) -> Iterator[bytes]:
    name = "" if cipher is None else cipher.name
    identity = secrets.token_hex(16)
    about = {"what": _WHAT, "account": account, "cipher": name, "count": len(messages), "id": identity}
    yield json.dumps(about).encode() + b"\n"
    for number, message in enumerate(messages):
        line = json.dumps(_fields(message)).encode()
        if cipher is not None:
            line = base64.b64encode(cipher.seal(line, _place(identity, number)))
        yield line + b"\n"


def read(source: Path, account: str, cipher: Cipher | None) -> list[Message]:
    """The messages of an export, in the order they were put.

    Raises:
        TransferError: it cannot be read, is not whole, is for another account, or was sealed otherwise.
    """
    about, lines = _parts(source)
    if about["account"] != account:
        raise TransferError(f"The export {source} is of account «{about['account']}», not «{account}».")
    if about["cipher"] != ("" if cipher is None else cipher.name):
        raise TransferError(f"The export {source} was sealed by «{about['cipher'] or 'nothing'}».")
    try:
        return [
            _message(line if cipher is None else cipher.unseal(base64.b64decode(line), _place(about["id"], number)))
            for number, line in enumerate(lines)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise TransferError(f"The key does not open the export {source}.") from error


def account_of(source: Path, cipher: Cipher | None) -> str:
    """The account of an export that can be read with this cipher.

    Raises:
        TransferError: as ``read``.
    """
    account = str(_parts(source)[0]["account"])
    read(source, account, cipher)
    return account


def _parts(source: Path) -> tuple[dict[str, Any], list[bytes]]:
    """What an export says of itself, and the lines of its messages."""
    try:
        content = source.read_bytes()
    except OSError as error:
        raise TransferError(f"The export {source} cannot be read: {error.strerror}.") from error
    lines = content.splitlines()
    try:
        about = json.loads(lines[0])
        ours = about["what"] == _WHAT and {"account", "cipher", "count", "id"} <= set(about)
    except (IndexError, KeyError, TypeError, ValueError):
        ours, about = False, {}
    if not ours:
        raise TransferError(f"The file {source} is no export of a queue.")
    digest = hashlib.sha256(b"".join(line + b"\n" for line in lines[:-1])).hexdigest()
    if len(lines) != about["count"] + 2 or lines[-1] != digest.encode():
        raise TransferError(f"The export {source} is not whole: copy it again.")
    return about, lines[1:-1]


def _place(identity: str, number: int) -> bytes:
    return f"{identity}:{number}".encode()


def _fields(message: Message) -> dict[str, object]:
    return {
        "key": message.key,
        "stream": message.stream,
        "destination": message.destination,
        "kind": message.kind,
        "created": to_disk(message.created),
        "amount": message.amount,
        "label": message.label,
        "body": base64.b64encode(message.body).decode(),
    }


def _message(line: bytes) -> Message:
    fields = json.loads(line)
    return Message(
        key=fields["key"],
        stream=fields["stream"],
        destination=fields["destination"],
        kind=fields["kind"],
        created=known_from_disk(fields["created"]),
        amount=fields["amount"],
        label=fields["label"],
        body=base64.b64decode(fields["body"]),
    )
