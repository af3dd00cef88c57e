"""`python -m pos_client.training.crowd --members N --data DIR`: a shop with N more members, for load.

Who number `i` (from 0) is can be computed without asking the shop: `code_of`, `phone_of`, `card_of`, `points_of`.
"""

import argparse
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from pos_client.training.store import FILE_NAME, Store
from pos_client.training.wire import instant

__all__ = ["MOST", "card_of", "code_of", "fill", "id_of", "main", "phone_of", "points_of"]

MOST = 9_999_999
"""More members would need phones of another range."""

_FIRST_ID = 1_000_000_000
_FIRST_CODE = 60_000_000
# Multiplying modulo a prime scatters neighbours over the range and gives no code twice.
_CODES, _STEP = 39_999_983, 7_368_787
_FIRST_PHONE = 79_990_000_000
_FIRST_CARD = 500_000_000_000
_EVERY_CARD = 4
_FEWEST_POINTS, _POINTS = 10, 900
_FEWEST_ORDERS, _ORDERS = 3, 20
_LIFE = timedelta(days=365)

_INDEXES = {
    "customers_by_cdek_id": "customers (cdek_id)",
    "customers_by_phone": "customers (phone)",
    "cards_by_customer": "cards (customer)",
    "lots_by_customer": "lots (customer, expires)",
    "movements_by_customer": "movements (customer, at)",
}
_STATEMENTS = (
    """
    WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :members)
    INSERT INTO customers (id, cdek_id, phone, last_name, first_name, level, level_name, paid_before)
    SELECT :id + i, CAST(:code + i * :step % :codes AS TEXT), CAST(:phone + i AS TEXT),
        'Учебный', 'Клиент ' || i, 'Base', 'Базовый', :fewest_orders + i % :orders
    FROM n""",
    """
    WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :members)
    INSERT INTO cards
    SELECT CAST(:card + i AS TEXT), :id + i, 'Activated' FROM n WHERE i % :every_card = 0""",
    """
    WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :members)
    INSERT INTO lots (id, customer, kind, amount, remaining, available_from, expires)
    SELECT :id + i, :id + i, 'Custom', :fewest_points + i % :points, :fewest_points + i % :points, :at, :end
    FROM n""",
    """
    WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :members)
    INSERT INTO movements (id, at, customer, kind, amount, lot)
    SELECT :id + i, :at, :id + i, 'Custom', :fewest_points + i % :points, :id + i FROM n""",
)
_VALUES = {
    "id": _FIRST_ID,
    "code": _FIRST_CODE,
    "codes": _CODES,
    "step": _STEP,
    "phone": _FIRST_PHONE,
    "card": _FIRST_CARD,
    "every_card": _EVERY_CARD,
    "fewest_points": _FEWEST_POINTS,
    "points": _POINTS,
    "fewest_orders": _FEWEST_ORDERS,
    "orders": _ORDERS,
}


def id_of(number: int) -> int:
    """MindboxId of a member of the crowd."""
    return _FIRST_ID + number


def code_of(number: int) -> str:
    """CDEK ID code, eight digits; no two members share one."""
    return str(_FIRST_CODE + number * _STEP % _CODES)


def phone_of(number: int) -> str:
    """Phone, eleven digits."""
    return str(_FIRST_PHONE + number)


def card_of(number: int) -> str | None:
    """Discount card; every fourth member has one."""
    return None if number % _EVERY_CARD else str(_FIRST_CARD + number)


def points_of(number: int) -> int:
    """Points that the member begins with, all of them available."""
    return _FEWEST_POINTS + number % _POINTS


def fill(store: Store, members: int, now: datetime) -> None:
    """Add members up to number `members`, each with one lot of points that lives a year from `now`.

    Members that are there already stay as they are.

    Raises:
        ValueError: more than there are phones for.
    """
    if not 0 <= members <= MOST:
        raise ValueError(f"members must be within 0 and {MOST}")
    first = int(store.fact("crowd", "0"))
    if members <= first:
        return
    values = _VALUES | {"first": first, "members": members, "at": instant(now), "end": instant(now + _LIFE)}
    with store.transaction():
        # Building an index once is many times faster than keeping it in step with scattered codes.
        for name in _INDEXES:
            store.run(f"DROP INDEX {name}")
        for statement in _STATEMENTS:
            store.run_named(statement, values)
        for name, columns in _INDEXES.items():
            store.run(f"CREATE INDEX {name} ON {columns}")
        store.remember("crowd", str(members))


def main(arguments: list[str] | None = None) -> int:
    """Fill the shop of a folder; start it afterwards with `python -m pos_client.training --data DIR`."""
    parser = argparse.ArgumentParser(
        prog="python -m pos_client.training.crowd", description="Учебный магазин со многими участниками"
    )
    parser.add_argument("--members", type=int, default=7_500_000, help=f"сколько участников добавить, до {MOST}")
    parser.add_argument("--data", type=Path, required=True, help="папка с данными магазина")
    chosen = parser.parse_args(arguments)
    from pos_client.training.shop import Shop  # noqa: PLC0415 - the shop itself imports `fill`

    began = time.monotonic()
    chosen.data.mkdir(parents=True, exist_ok=True)
    shop = Shop(chosen.data / FILE_NAME)
    try:
        shop.add_crowd(chosen.members)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        shop.close()
    sys.stdout.write(f"Участников добавлено: {chosen.members}, секунд: {time.monotonic() - began:.0f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
