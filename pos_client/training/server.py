"""The shop on a real socket of this machine: in its own process, or in a thread of a test."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pos_client.training.shop import Shop
from pos_client.training.store import FILE_NAME

__all__ = ["ShopServer", "running", "shop_server"]

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 10.0
_DEVICE_SECONDS: Final = 0.2


class _OneWrite:
    """A transport that sends what one turn of the loop writes at once: head and body leave in one system call."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._kept: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send it at the end of this turn, after whatever was written before."""
        if not self._kept:
            self._loop.call_soon(self._flush)
        self._kept.append(data)

    def close(self) -> None:
        """Close after everything is sent."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else passes through
        return getattr(self._transport, name)

    def _flush(self) -> None:
        kept, self._kept = b"".join(self._kept), []
        if kept and not self._transport.is_closing():
            self._transport.write(kept)


class _CuttableProtocol(H11Protocol):
    """Hands the application a way to cut its own connection, which a server otherwise never wants."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast("asyncio.Transport", _OneWrite(transport)))
        self.app_state: dict[str, Any] = {**self.app_state, "abort": transport.abort}


class _Server(uvicorn.Server):
    """Lets hanging calls go before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, shop: Shop, up: threading.Event) -> None:
        super().__init__(config)
        self._shop = shop
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._shop.faults.lift()
        await super().shutdown(sockets)


class ShopServer:
    """Serves one shop; `port` 0 takes a free one, and `port` then tells which.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, shop: Shop, port: int = 0) -> None:
        self.shop = shop
        # With the protocol named, asyncio turns Nagle's algorithm off; without it every answer waits some 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((_HOST, port))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self._up = threading.Event()
        config = uvicorn.Config(
            shop.app,
            http=_CuttableProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config, shop, self._up)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Root address of all services."""
        return f"http://{_HOST}:{self.port}"

    def run(self) -> None:
        """Serve in this thread until the process is told to stop."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve in a thread of its own; returns when calls are answered.

        Raises:
            TimeoutError: the server did not come up.
        """
        self._thread = threading.Thread(target=self.run, name="training-shop", daemon=True)
        self._thread.start()
        if not self._up.wait(_START_SECONDS):
            raise TimeoutError("the training shop did not start")

    def ask_to_stop(self) -> None:
        """Let `run` return soon; may be called from any thread."""
        self._server.should_exit = True
        self.shop.faults.release()

    def stop(self) -> None:
        """Stop serving; from now on connections are refused by the system itself.

        Raises:
            TimeoutError: the server did not come down.
        """
        self.ask_to_stop()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
            if self._thread.is_alive():
                raise TimeoutError("the training shop did not stop")
            self._thread = None
        self._socket.close()


@contextmanager
def running(shop: Shop, port: int = 0) -> Iterator[ShopServer]:
    """A shop on a socket for the length of a block."""
    server = ShopServer(shop, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def shop_server(port: int, data: Path | None) -> ShopServer:
    """Make a server for a process of its own; call `run()` on it.

    `data` is the folder of the shop's database; None keeps everything in memory.

    Raises:
        OSError: the port is taken.
    """
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
    shop = Shop(":memory:" if data is None else data / FILE_NAME)
    shop.register.seconds_per_task = _DEVICE_SECONDS
    try:
        return ShopServer(shop, port)
    except OSError:
        shop.close()
        raise
