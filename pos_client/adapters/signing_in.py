"""A token of OAuth 2.0 by client credentials (RFC 6749, section 4.4): got once, shared by all, renewed in time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from pos_client.adapters.tolerant import number, text
from pos_client.adapters.transport import Call, Reply, Transport
from pos_client.adapters.troubles import denied

__all__ = ["Account", "SignedIn"]

_OK: Final = frozenset({200, 201})
_UNAUTHORISED: Final = 401
_WRONG_KEYS: Final = "invalid_client"

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where and as whom a token is asked for. Times in seconds."""

    path: str
    client_id: str
    client_secret: str
    scope: str = ""
    timeout: float
    usual_life: float
    """How long a token lives when the answer does not say."""
    refresh_before: float
    """How long before its death a token is not used any more."""


class _Expired:
    """Stands for an answer that only said that the token is dead."""


class SignedIn:
    """Calls of one transport, each with a token that is alive."""

    def __init__(
        self, transport: Transport, account: Account, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._account = account
        self._monotonic = monotonic
        self._token = ""
        self._token_dies = 0.0
        self._signing_in = asyncio.Lock()

    async def call(self, call: Call, read: Callable[[Reply], _Result]) -> _Result:
        """Send the call with a token; one that died early is renewed once.

        Raises:
            PosError: as `read`; a sign-in that fails leaves the call itself unsent.
        """
        token = self._token
        if not token or self._monotonic() >= self._token_dies - self._account.refresh_before:
            token = await self._sign_in(token)

        def read_first(reply: Reply) -> _Result | _Expired:
            return _Expired() if reply.status == _UNAUTHORISED else read(reply)

        found = await self._transport.call(_with_token(call, token), read_first)
        if not isinstance(found, _Expired):
            return found
        return await self._transport.call(_with_token(call, await self._sign_in(token)), read)

    async def anew(self) -> None:
        """Ask for a new token, whatever the old one is worth: tells whether the service lets this till in.

        Raises:
            UnavailableError, RefusedError: it does not answer, or does not know this till.
        """
        await self._sign_in(self._token)

    async def _sign_in(self, stale: str) -> str:
        """A new token in the place of `stale`; callers that come together share one."""
        account = self._account
        async with self._signing_in:
            if self._token != stale and self._token:
                return self._token
            form = {
                "grant_type": "client_credentials",
                "client_id": account.client_id,
                "client_secret": account.client_secret,
            }
            if account.scope:
                form["scope"] = account.scope
            call = Call("POST", account.path, account.timeout, form=form)

            def read(reply: Reply) -> tuple[str, float]:
                fields = reply.fields()
                self._transport.usual(call, reply, "")
                said = text(fields.get("error"))
                if said == _WRONG_KEYS:
                    raise denied(self._transport.service, reply.status, said)
                if reply.status not in _OK:
                    # Whatever it is, no person can mend it by another key, and nothing was sent.
                    raise self._transport.senseless(
                        call, f"sign-in: HTTP {reply.status} {said}", retry_after=reply.retry_after
                    )
                token, life = text(fields.get("access_token")), number(fields.get("expires_in"))
                if not token:
                    raise self._transport.senseless(call, "no access_token")
                return token, account.usual_life if life is None else float(life)

            self._token, life = await self._transport.call(call, read)
            self._token_dies = self._monotonic() + life
            return self._token


def _with_token(call: Call, token: str) -> Call:
    return replace(call, headers={**call.headers, "Authorization": f"Bearer {token}"})
