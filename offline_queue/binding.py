"""Whose a file is: the account and the cipher it was made for, told apart from damage of what it says of itself."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from zlib import crc32

from offline_queue.errors import AccountMismatchError, DamagedError, WrongCipherError
from offline_queue.sealing import Envelope

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

    from offline_queue.values import Cipher

_PROOF = b"offline_queue"
"""Sealed into a new file with the secret, so that a wrong key is known at once and never taken for damage."""
_ROWS_ASKED = "SELECT * FROM message ORDER BY seq DESC LIMIT 200"


def about(connection: sqlite3.Connection) -> dict[str, str]:
    """What a file says of itself."""
    return {str(name): str(value) for name, value in connection.execute("SELECT name, value FROM about")}


def bind(connection: sqlite3.Connection, path: Path, account: str, cipher: Cipher | None) -> Envelope:
    """Check that a file belongs to an account and a cipher; a new file is given to them.

    Raises:
        AccountMismatchError: it belongs to another account.
        WrongCipherError: it was sealed otherwise.
        DamagedError: it is theirs, and no longer says so.
        ValueError: no account.
    """
    if not account:
        raise ValueError("a queue needs an account")
    known = about(connection)
    if "account" not in known:
        return _bound_anew(connection, account, cipher)
    try:
        envelope = _fitting(connection, path, known, account, cipher)
    except (AccountMismatchError, WrongCipherError) as error:
        if _is_damaged(connection, known, account, cipher):
            raise DamagedError(f"The queue {path} is damaged: it no longer says truly whose it is.") from error
        raise
    if "proof" not in known and known.get("check") != check_of(known):
        connection.execute("INSERT OR REPLACE INTO about (name, value) VALUES ('check', ?)", (check_of(known),))
    return envelope


def check_of(told: Mapping[str, str]) -> str:
    """CRC-32 of whose a file says that it is."""
    return str(crc32("\0".join(told.get(name, "") for name in ("account", "cipher", "secret")).encode()))


def believable(
    told: Mapping[str, str], path: Path, account: str, cipher: Cipher | None, *, fits: bool | None
) -> dict[str, str]:
    """What a damaged file says of itself, without what damage made of it.

    Args:
        told: what was read.
        path: the file.
        account: of the caller.
        cipher: of the caller.
        fits: whether some rows fit the account, which their checks are bound to; None if there are none.

    Raises:
        AccountMismatchError: the file is of another account.
        WrongCipherError: it was sealed otherwise.
    """
    if "account" not in told:
        return {}
    kept = {name: told[name] for name in ("account", "cipher", "secret", "proof") if name in told}
    is_true = told.get("check") == check_of(told)
    if told["account"] != account:
        if is_true or fits is False or (fits is None and "check" not in told):
            raise AccountMismatchError(str(path), account, told["account"])
        kept["account"] = account
    name = None if cipher is None else cipher.name
    if told.get("cipher") != name:
        if is_true or cipher is None or "secret" not in told:
            raise WrongCipherError(f"The queue {path} was sealed by «{told.get('cipher', 'nothing')}».")
        kept["cipher"] = cipher.name
    if cipher is not None and not is_true:
        try:
            _unsealed(path, cipher, told)
        except WrongCipherError:
            # Whether it is the key that is wrong, the bodies tell.
            kept.pop("secret", None)
            kept.pop("proof", None)
    return kept


def _fitting(
    connection: sqlite3.Connection, path: Path, known: Mapping[str, str], account: str, cipher: Cipher | None
) -> Envelope:
    if known["account"] != account:
        raise AccountMismatchError(str(path), account, known["account"])
    if known.get("cipher") != (None if cipher is None else cipher.name):
        raise WrongCipherError(f"The queue {path} was sealed by «{known.get('cipher', 'nothing')}».")
    if cipher is None:
        return Envelope(account, None)
    secret = _unsealed(path, cipher, known)
    if not secret:
        return _with_keyed_fingerprints(connection, account, cipher)
    return Envelope(account, cipher, secret)


def _is_damaged(connection: sqlite3.Connection, known: Mapping[str, str], account: str, cipher: Cipher | None) -> bool:
    """Whether a file that seems to be another's is ours, and what it says of itself is damaged."""
    if cipher is None and ("cipher" in known or "secret" in known):
        return False
    if "check" in known:
        return known["check"] != check_of(known)
    envelope = Envelope(account, cipher)
    rows = connection.execute(_ROWS_ASKED).fetchall()
    return any((cipher is None or row["body"]) and envelope.opens(row) for row in rows)


def _bound_anew(connection: sqlite3.Connection, account: str, cipher: Cipher | None) -> Envelope:
    envelope = Envelope(account, cipher, b"" if cipher is None else secrets.token_bytes(32))
    told = {"account": account}
    if cipher is not None:
        told |= {"cipher": cipher.name, "secret": cipher.seal(_PROOF + envelope.secret, _PROOF).hex()}
    told["check"] = check_of(told)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)", told.items())
    connection.execute("COMMIT")
    return envelope


def _unsealed(path: Path, cipher: Cipher, told: Mapping[str, str]) -> bytes:
    try:
        proof = cipher.unseal(bytes.fromhex(told.get("secret") or told["proof"]), _PROOF)
    except (KeyError, ValueError) as error:
        raise WrongCipherError(f"The key does not open the queue {path}.") from error
    if not proof.startswith(_PROOF):
        raise WrongCipherError(f"The key does not open the queue {path}.")
    return proof.removeprefix(_PROOF)


def _with_keyed_fingerprints(connection: sqlite3.Connection, account: str, cipher: Cipher) -> Envelope:
    """Files of version 1 held bare hashes beside sealed bodies."""
    envelope = Envelope(account, cipher, secrets.token_bytes(32))
    sealed = cipher.seal(_PROOF + envelope.secret, _PROOF).hex()
    check = check_of({"account": account, "cipher": cipher.name, "secret": sealed})
    connection.execute("BEGIN IMMEDIATE")
    try:
        for row in connection.execute("SELECT * FROM message").fetchall():
            fingerprint = envelope.keyed(row["fingerprint"])
            crc = envelope.check(envelope.message_as_stored(row), fingerprint, row["body"])
            connection.execute(
                "UPDATE message SET fingerprint = ?, crc = ? WHERE seq = ?", (fingerprint, crc, row["seq"])
            )
        connection.execute("DELETE FROM about WHERE name = 'proof'")
        told = [("secret", sealed), ("check", check)]
        connection.executemany("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)", told)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return envelope
