"""The yardstick of the shop's speed: the same server stack, and an application that reads the body and says hello.

Run as ``python -m tests.benchmarks.hello_server``; the first line of output is the address, and it ends with its input.
"""

import socket
import sys
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def hello(request: Request) -> Response:
    """Success, as the shortest answer of processing says it."""
    await request.body()
    return JSONResponse({"status": "Success"})


def main() -> None:
    """Serve on a free port until the input ends."""
    app = Starlette(routes=[Route("/{anything:path}", hello, methods=["POST"])])
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, http="h11", ws="none", loop="asyncio", lifespan="off", log_config=None, access_log=False)
    )

    def end() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=end, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{bound.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[bound])


if __name__ == "__main__":
    main()
