"""`python -m pos_client.training --port N --data DIR`: the shop as a process of its own."""

import argparse
import sys
import threading
from pathlib import Path

from pos_client.training.server import ShopServer, shop_server

__all__ = ["main"]

_DEFAULT_PORT = 8548


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; the first line of output is the address."""
    parser = argparse.ArgumentParser(prog="pos-client train --shop-only", description="Учебный магазин кассы ПВЗ")
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT, help="порт на этой машине, 0 — любой свободный")
    parser.add_argument("--data", type=Path, help="папка с данными; без неё всё хранится в памяти")
    parser.add_argument("--reset", action="store_true", help="начать с исходных людей и заказов")
    parser.add_argument("--until-stdin-ends", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    try:
        server = shop_server(chosen.port, chosen.data)
    except OSError as error:
        sys.stderr.write(f"Не удалось занять порт {chosen.port}: {error.strerror}\n")
        return 1
    if chosen.reset:
        server.shop.reset()
    sys.stdout.write(f"Учебный магазин: {server.url}\n")
    sys.stdout.flush()
    if chosen.until_stdin_ends:
        # The till that started this shop holds the other end: when the till dies, however it dies, the shop ends.
        threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
    server.run()
    server.shop.close()
    return 0


def _end_with_stdin(server: ShopServer) -> None:
    sys.stdin.read()
    server.ask_to_stop()


if __name__ == "__main__":
    sys.exit(main())
