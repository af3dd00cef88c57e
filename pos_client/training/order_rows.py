"""Orders as the programme keeps them: one row for each, with its status, its points and the body that made it."""

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Final

from pos_client.training.conditions import Calculation
from pos_client.training.processing_wire import ValidationError
from pos_client.training.store import Store
from pos_client.training.wire import JsonObject, instant

__all__ = ["CANCELLED", "CHECKED_OUT", "PAID", "RETURNED", "OrderRows"]

PAID: Final = "Paid"
CHECKED_OUT: Final = "CheckedOut"
CANCELLED: Final = "Cancelled"
RETURNED: Final = "Returned"
_FIRST_NUMBER = 988_330_050


class OrderRows:
    """Every method runs inside the caller's transaction."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def find(self, order: str) -> sqlite3.Row | None:
        """The order, whoever's it is and whatever its status."""
        return self._store.one("SELECT * FROM loyalty_orders WHERE order_id = ?", order)

    def of(self, order: str, customer: int) -> sqlite3.Row | None:
        """The order of this member; None when there is no such order yet.

        Raises:
            ValidationError: it is over, or another member's.
        """
        row = self.find(order)
        if row is None:
            return None
        if row["status"] in (CANCELLED, RETURNED):
            raise ValidationError(f"Заказ {order} отменён", "/order/ids")
        if row["customer"] != customer:
            raise ValidationError(f"Заказ {order} принадлежит другому потребителю", "/customer")
        return row

    def number(self, order: str) -> int:
        """The number that the programme gave the order."""
        return self._store.number("SELECT number FROM loyalty_orders WHERE order_id = ?", order)

    def save(
        self,
        order: str,
        customer: int | None,
        status: str,
        body: JsonObject,
        *,
        at: datetime,
        result: Calculation | None = None,
        offline: bool = False,
    ) -> None:
        """Keep the order as it was created or last sent; its number and its first moment stay."""
        number = max(_FIRST_NUMBER, self._store.number("SELECT max(number) FROM loyalty_orders") + 1)
        self._store.run(
            "INSERT INTO loyalty_orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, body = excluded.body,"
            " total = excluded.total, spent = excluded.spent, earned = excluded.earned,"
            " executed_at = excluded.executed_at, changed_at = excluded.changed_at",
            order,
            number,
            customer,
            status,
            json.dumps(body, ensure_ascii=False),
            result.total if result else 0,
            result.points if result else 0,
            result.earned if result else 0,
            offline,
            instant(at),
            instant(self._clock()),
            instant(self._clock()),
        )

    def move(self, order: str, status: str, at: datetime, *, keeps_spent: bool) -> None:
        """Give the order another status; it keeps what it earned only by being paid."""
        self._store.run(
            "UPDATE loyalty_orders SET status = ?, executed_at = max(executed_at, ?), changed_at = ?,"
            " spent = CASE ? WHEN 1 THEN spent ELSE 0 END, earned = CASE ? WHEN 'Paid' THEN earned ELSE 0 END"
            " WHERE order_id = ?",
            status,
            instant(at),
            instant(self._clock()),
            keeps_spent,
            status,
            order,
        )
