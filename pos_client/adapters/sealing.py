"""Seals what waits in the queue: AES-256-GCM, with a key that the system's keyring keeps, or a file if it has none.

The key file is the documented fallback of a machine without a keyring (a bare Linux, a service account): it lies beside
the settings and not beside the data, so that a copied data folder alone opens nothing.
"""

import base64
import hashlib
import hmac
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import keyring
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from keyring.errors import KeyringError

__all__ = ["AesGcm", "Key", "KeyLostError", "carrying_words", "cipher_of_words", "queue_key"]

log = logging.getLogger(__name__)

_SERVICE: Final = "pos-client"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_CARRIED: Final = b"pos-client: a carried queue"
_WORD_BYTES: Final = 15
_IN_A_GROUP: Final = 4


class KeyLostError(OSError):
    """The key cannot be read or kept; the text is one Russian sentence."""


class AesGcm:
    """`offline_queue.Cipher`: every body is bound to the key of its message, so that rows cannot change places."""

    name = "aes-256-gcm"

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, body: bytes, bound_to: bytes) -> bytes:
        """A fresh nonce, then the sealed body."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, body, bound_to)

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes:
        """The body.

        Raises:
            ValueError: another key, another message, or a byte that changed.
        """
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._aead.decrypt(nonce, text, bound_to)
        except InvalidTag as error:
            raise ValueError("sealed with another key, for another message, or damaged") from error


def carrying_words(key: bytes) -> str:
    """What a person types on another till to open the queue that this one hands over: 120 bits in six groups.

    Made of the till's own key, so that it can be told again at any time, and nothing of that key can be told from it.
    """
    written = base64.b32encode(hmac.digest(key, _CARRIED, "sha256")[:_WORD_BYTES]).decode()
    return "-".join(written[at : at + _IN_A_GROUP] for at in range(0, len(written), _IN_A_GROUP))


def cipher_of_words(words: str) -> AesGcm:
    """The cipher of a carried file, by what a person typed: small letters and missing dashes do not matter.

    Raises:
        ValueError: no such words.
    """
    bare = "".join(words.split()).replace("-", "").upper()
    try:
        secret = base64.b32decode(bare)
    except ValueError:
        secret = b""
    if len(secret) != _WORD_BYTES:
        raise ValueError("Ключ переноса — шесть групп по четыре знака, буквы от A до Z и цифры от 2 до 7.")
    return AesGcm(hashlib.sha256(_CARRIED + secret).digest())


@dataclass(frozen=True, slots=True)
class Key:
    """The key and where it is kept, for the doctor."""

    key: bytes
    kept_in: str


def queue_key(account: str, file: Path) -> Key:
    """The key of this till's queue, made at the first call. Slow on some systems: call it in a thread.

    A key that lies in the file already is used even when the system has got a keyring since: the queue was sealed
    with it.

    Raises:
        KeyLostError: neither the keyring nor the file can be used.
    """
    if file.exists():
        return _from_file(file)
    try:
        found = keyring.get_password(_SERVICE, account)
        if found is None:
            keyring.set_password(_SERVICE, account, secrets.token_hex(_KEY_BYTES))
            found = keyring.get_password(_SERVICE, account)
        if found is not None:
            return Key(_checked(found, "в связке ключей системы"), "связка ключей системы")
    except KeyringError as error:
        log.warning("no keyring here (%s): the key of the queue lies in a file", type(error).__name__)
    _make_file(file)
    return _from_file(file)


def _from_file(file: Path) -> Key:
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyLostError(f"Ключ очереди в файле {file} не читается.") from error
    return Key(_checked(text, f"в файле {file}"), f"файл {file}")


def _make_file(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Created readable by its owner alone, and never over a key that appeared meanwhile.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(_KEY_BYTES) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
    except FileExistsError:
        return
    except OSError as error:
        raise KeyLostError(f"Ключ очереди некуда положить: {file} ({error.strerror}).") from error


def _checked(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise KeyLostError(f"Ключ очереди {where} испорчен.")
    return key
