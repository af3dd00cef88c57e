"""In-process way to the shop for tests and for a till in one process with it."""

import asyncio

import httpx
from starlette.types import ASGIApp

__all__ = ["ShopTransport"]


class ShopTransport(httpx.AsyncBaseTransport):
    """Calls the application directly; a hanging call ends by the client's own read timeout, as on a socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._inner = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or raise what a socket would.

        Raises:
            httpx.TransportError: a fault cut the connection, or the read timeout is over.
        """
        seconds = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(seconds):
                return await self._inner.handle_async_request(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("the shop did not answer in time", request=request) from error
