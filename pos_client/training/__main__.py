"""`python -m pos_client.training --port N --data DIR`: the shop as a process of its own."""

import argparse
import sys
from pathlib import Path

from pos_client.training.server import shop_server

__all__ = ["main"]

_DEFAULT_PORT = 8548


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; the first line of output is the address."""
    parser = argparse.ArgumentParser(prog="pos-client train --shop-only", description="Учебный магазин кассы ПВЗ")
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT, help="порт на этой машине, 0 — любой свободный")
    parser.add_argument("--data", type=Path, help="папка с данными; без неё всё хранится в памяти")
    parser.add_argument("--reset", action="store_true", help="начать с исходных людей и заказов")
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
    server.run()
    server.shop.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
