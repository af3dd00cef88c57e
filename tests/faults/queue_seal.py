"""A cipher in shape and strictness, of the standard library alone, for tills that keep their bodies sealed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offline_queue import Cipher

_KEY = b"the key of every till in these tests"
_TAG = 32
_NONCE = 12


class Seal:
    """Veils with a stream of hashes and authenticates, so that no changed byte goes unseen."""

    name = "seal"

    def seal(self, body: bytes, bound_to: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        veiled = _veiled(body, nonce)
        return nonce + hmac.digest(_KEY, nonce + bound_to + veiled, "sha256") + veiled

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes:
        nonce, tag, veiled = sealed[:_NONCE], sealed[_NONCE : _NONCE + _TAG], sealed[_NONCE + _TAG :]
        if not hmac.compare_digest(tag, hmac.digest(_KEY, nonce + bound_to + veiled, "sha256")):
            raise ValueError("not what was sealed")
        return _veiled(veiled, nonce)


def _veiled(body: bytes, nonce: bytes) -> bytes:
    stream = hashlib.shake_256(_KEY + nonce).digest(len(body))
    return (int.from_bytes(body, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(body), "big")


CIPHERS: dict[str, Cipher | None] = {"queue": None, "sealed": Seal()}
"""By the name of the store that a worker is told to keep."""
