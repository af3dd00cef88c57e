"""Where new conditions come from: an address, asked with the version that is known already (RFC 9110, 13.1.2)."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from pos_client.adapters.transport import Call, Reply, Transport, Wire
from pos_client.ports import Service

__all__ = ["ConditionsSource", "Issue"]

_TIMEOUT: Final = 20.0
_MOST: Final = 1_000_000
_OK: Final = 200
_UNCHANGED: Final = 304


@dataclass(frozen=True, slots=True)
class Issue:
    """What the address gave, not yet looked into; `etag` names this version."""

    content: bytes
    etag: str


class ConditionsSource:
    """One address. Nothing of this till is sent there, neither a secret nor who asks."""

    def __init__(self, address: str, *, wire: Wire | None = None) -> None:
        parts = urlsplit(address)
        # Nobody on the counter waits for it, so it has no light: the name of the service reaches no cashier.
        self._transport = Transport(Service.PROCESSING, f"{parts.scheme}://{parts.netloc}", inner=wire)
        self._path = urlunsplit(("", "", parts.path or "/", parts.query, ""))

    async def latest(self, etag: str = "") -> Issue | None:
        """What is published now; None when it is still the version `etag`.

        Raises:
            UnavailableError: no answer, another answer than a file, or more than a megabyte.
        """
        headers = {"If-None-Match": etag} if etag else {}
        call = Call("GET", self._path, _TIMEOUT, headers=headers, most=_MOST)

        def read(reply: Reply) -> Issue | None:
            if reply.status == _UNCHANGED:
                return None
            if reply.status != _OK:
                raise self._transport.untouched(call, f"HTTP {reply.status}")
            return Issue(reply.content, reply.etag)

        return await self._transport.call(call, read)

    async def close(self) -> None:
        """Let the connection go."""
        await self._transport.close()
