"""The signed envelope: a text, whose it is, and whether one of the trusted keys signed exactly this text (Ed25519)."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = ["LONGEST", "ConditionsError", "NotSignedError", "OlderError", "SigningKey", "opened", "sealed"]

LONGEST: Final = 1_000_000
"""Bytes; a longer file is refused before it is read."""

_PURPOSE: Final = b"pos-client conditions 1\n"
"""Signed together with the text, so that a signature given for anything else is none here, and the other way round."""

_PRIVATE: Final = "pos-client-conditions-key"
_FIELDS: Final = frozenset({"key", "payload", "signature"})
_KEY_BYTES: Final = 32


class ConditionsError(Exception):
    """The conditions cannot be used; the text is one Russian sentence without its full stop."""


class NotSignedError(ConditionsError):
    """Nobody who is trusted signed this."""


class OlderError(ConditionsError):
    """A later issue was accepted before."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key of a managing company. `id` tells tills which of their public keys to try."""

    id: str
    private: bytes

    @classmethod
    def made(cls, key_id: str) -> "SigningKey":
        """A new one, from the system's randomness."""
        return cls(key_id, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def read(cls, text: str) -> "SigningKey":
        """What `text` gave.

        Raises:
            ConditionsError: this is no private key.
        """
        parts = text.strip().split(":")
        if len(parts) != len((_PRIVATE, "id", "key")) or parts[0] != _PRIVATE:
            raise ConditionsError("Это не файл закрытого ключа условий")
        return cls(parts[1], _raw(parts[2], "Закрытый ключ испорчен"))

    @property
    def text(self) -> str:
        """One line for a file that nobody else may read."""
        return f"{_PRIVATE}:{self.id}:{base64.b64encode(self.private).decode()}"

    @property
    def public(self) -> str:
        """One line for the settings of every till: `id:base64`."""
        raw = Ed25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()
        return f"{self.id}:{base64.b64encode(raw).decode()}"


def sealed(payload: str, key: SigningKey) -> bytes:
    """The file that tills are given."""
    signature = Ed25519PrivateKey.from_private_bytes(key.private).sign(_PURPOSE + payload.encode())
    envelope = {"key": key.id, "payload": payload, "signature": base64.b64encode(signature).decode()}
    return (json.dumps(envelope, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def opened(content: bytes, trusted: Iterable[str]) -> str:
    """The text inside, after its signature was found good. Nothing of the text is read before.

    Raises:
        NotSignedError: the key is not one of the `trusted` (`id:base64` each), or did not sign this.
        ConditionsError: too long, or not an envelope at all.
    """
    envelope = _envelope(content)
    public = [key.partition(":")[2] for key in trusted if key.partition(":")[0] == envelope["key"]]
    if not public:
        raise NotSignedError(f"Условия подписаны ключом «{_shown(envelope['key'])}», которому касса не доверяет")
    payload: str = envelope["payload"]
    try:
        signature = base64.b64decode(envelope["signature"], validate=True)
        signed = _PURPOSE + payload.encode()
    except (binascii.Error, ValueError) as error:
        raise NotSignedError("Подпись условий испорчена") from error
    for key in public:
        try:
            Ed25519PublicKey.from_public_bytes(_raw(key, "Открытый ключ в настройках испорчен")).verify(
                signature, signed
            )
        except InvalidSignature:
            continue
        return payload
    raise NotSignedError("Подпись не сходится: файл изменён или подписан другим ключом с тем же именем")


def _envelope(content: bytes) -> dict[str, str]:
    if len(content) > LONGEST:
        raise ConditionsError(f"Файл условий длиннее {LONGEST // 1_000_000} МБ")
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConditionsError("Файл условий повреждён: это не JSON") from error
    if (
        not isinstance(found, dict)
        or found.keys() != _FIELDS
        or not all(isinstance(one, str) for one in found.values())
    ):
        raise ConditionsError("Файл условий не того вида: в нём должны быть payload, signature и key")
    named: dict[str, str] = found
    return named


def _shown(name: str) -> str:
    """A stranger's word for a sentence: nothing in it may steer a terminal."""
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in name[:64])


def _raw(text: str, complaint: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise ConditionsError(complaint)
    return raw
