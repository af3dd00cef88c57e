"""Points of the customers: lots with a beginning and an end, and every movement written down.

The sum of all movements of a customer equals the sum of what remains in his lots, at any moment. A point is worth
what `conditions.toml` says; here points are only counted.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pos_client.training.store import Store
from pos_client.training.wire import instant

__all__ = ["Balance", "Ledger", "Movement"]


@dataclass(frozen=True, slots=True)
class Balance:
    """Points of one customer: what may be spent now, what waits for full payment, what burns first."""

    available: int
    blocked: int
    burning: int = 0
    burns_on: str | None = None

    @property
    def total(self) -> int:
        """Available and blocked points together."""
        return self.available + self.blocked


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of a customer's points; `amount` is signed."""

    at: str
    customer: int
    kind: str
    amount: int
    lot: int
    order_id: str | None


class Ledger:
    """Spends the points that burn first, and gives back exactly what was taken from where it was taken."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def balance(self, customer: int) -> Balance:
        """The customer's points at this moment; what has expired is burnt first."""
        now = instant(self._clock())
        lots = self._held(customer)
        if any(lot["remaining"] > 0 and lot["expires"] is not None and lot["expires"] <= now for lot in lots):
            self.burn(customer)
            lots = self._held(customer)
        total = sum(int(lot["remaining"]) for lot in lots)
        ready = [lot for lot in lots if lot["available_from"] is not None and lot["available_from"] <= now]
        available = sum(int(lot["remaining"]) for lot in ready)
        burning: dict[str, int] = {}
        for lot in ready:
            if lot["remaining"] > 0 and lot["expires"] is not None:
                day = str(lot["expires"])[:10]
                burning[day] = burning.get(day, 0) + int(lot["remaining"])
        if not burning:
            return Balance(available, total - available)
        nearest = min(burning)
        return Balance(available, total - available, burning[nearest], nearest)

    def grant(
        self,
        customer: int,
        amount: int,
        *,
        kind: str = "Custom",
        order_id: str | None = None,
        promotion: str = "",
        comment: str = "",
        available_from: datetime | None,
        expires: datetime | None,
    ) -> None:
        """Add a lot; `available_from` None blocks it until the order is released."""
        lot = self._store.run(
            "INSERT INTO lots"
            " (customer, kind, amount, remaining, available_from, expires, order_id, promotion, comment)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            customer,
            kind,
            amount,
            amount,
            instant(available_from) if available_from else None,
            instant(expires) if expires else None,
            order_id,
            promotion,
            comment,
        )
        self._write(customer, kind, amount, lot, order_id)

    def spend_to(self, customer: int, order_id: str, points: int) -> None:
        """Make `points` the total spent on the order: take only what is missing, give back only what is over.

        Raises:
            ValueError: the customer has not got that many.
        """
        missing = points - self.spent(order_id)
        if missing > 0:
            self._take(customer, order_id, missing)
        elif missing < 0:
            self._give_back(customer, order_id, -missing)

    def spent(self, order_id: str) -> int:
        """Points that the order holds now."""
        return self._store.number("SELECT sum(amount) FROM spends WHERE order_id = ?", order_id)

    def earn_to(
        self,
        customer: int,
        order_id: str,
        points: int,
        *,
        available_from: datetime | None,
        expires: datetime | None,
        promotion: str = "",
        comment: str = "",
    ) -> None:
        """Make `points` the total that one promotion (empty: the cashback) has earned by the order.

        New points are blocked when `available_from` is None.
        """
        difference = points - self._store.number(
            "SELECT sum(amount) FROM lots WHERE order_id = ? AND promotion = ?", order_id, promotion
        )
        if difference > 0:
            self.grant(
                customer,
                difference,
                kind="RetailOrderBonus",
                order_id=order_id,
                promotion=promotion,
                comment=comment,
                available_from=available_from,
                expires=expires,
            )
        elif difference < 0:
            self._take_back(customer, order_id, promotion, -difference)

    def earned_promotions(self, order_id: str) -> set[str]:
        """Promotions that have points in the order; empty for the cashback."""
        rows = self._store.rows("SELECT DISTINCT promotion FROM lots WHERE order_id = ?", order_id)
        return {str(row["promotion"]) for row in rows}

    def release(self, order_id: str, at: datetime, expires: Callable[[str], datetime]) -> None:
        """Unblock what the order has earned: it is paid in full, and the life of its points begins.

        `expires` tells the end of that life for each promotion (empty: the cashback).
        """
        for promotion in self.earned_promotions(order_id):
            self._store.run(
                "UPDATE lots SET available_from = ?, expires = ?"
                " WHERE order_id = ? AND promotion = ? AND available_from IS NULL",
                instant(at),
                instant(expires(promotion)),
                order_id,
                promotion,
            )

    def burn(self, customer: int) -> None:
        """Write off the lots whose time is over."""
        now = instant(self._clock())
        expired = self._store.rows(
            "SELECT id, remaining, order_id FROM lots WHERE customer = ? AND remaining > 0 AND expires <= ?",
            customer,
            now,
        )
        if not expired:
            return
        with self._store.transaction():
            for lot in expired:
                self._store.run("UPDATE lots SET burned = burned + remaining, remaining = 0 WHERE id = ?", lot["id"])
                self._write(customer, "Expired", -int(lot["remaining"]), lot["id"], lot["order_id"])

    def movements(self, customer: int | None = None) -> list[Movement]:
        """All movements in the order in which they happened, of one customer or of all."""
        columns = "SELECT at, customer, kind, amount, lot, order_id FROM movements"
        if customer is None:
            found = self._store.rows(columns + " ORDER BY id")
        else:
            found = self._store.rows(columns + " WHERE customer = ? ORDER BY id", customer)
        return [Movement(*row) for row in found]

    def page(
        self, customer: int, since: str, till: str, *, skip: int, most: int
    ) -> tuple[int, list[tuple[int, Movement]]]:
        """How many movements a period has, and some of them with their numbers, oldest first."""
        count = self._store.number(
            "SELECT count(*) FROM movements WHERE customer = ? AND at >= ? AND at < ?", customer, since, till
        )
        rows = self._store.rows(
            "SELECT at, customer, kind, amount, lot, order_id, id FROM movements"
            " WHERE customer = ? AND at >= ? AND at < ? ORDER BY at, id LIMIT ? OFFSET ?",
            customer,
            since,
            till,
            most,
            skip,
        )
        return count, [(row["id"], Movement(*row[:-1])) for row in rows]

    def _held(self, customer: int) -> list[sqlite3.Row]:
        # One reading for the whole balance: it is asked for by every call, several times by some.
        return self._store.rows(
            "SELECT remaining, available_from, expires FROM lots WHERE customer = ? AND remaining <> 0", customer
        )

    def _take(self, customer: int, order_id: str, points: int) -> None:
        if points > self.balance(customer).available:
            raise ValueError("not enough points")
        lots = self._store.rows(
            "SELECT id, remaining FROM lots WHERE customer = ? AND remaining > 0 AND available_from <= ?"
            " ORDER BY expires IS NULL, expires, id",
            customer,
            instant(self._clock()),
        )
        for lot in lots:
            part = min(points, int(lot["remaining"]))
            self._store.run("UPDATE lots SET remaining = remaining - ? WHERE id = ?", part, lot["id"])
            self._store.run("INSERT INTO spends (order_id, lot, amount) VALUES (?, ?, ?)", order_id, lot["id"], part)
            self._write(customer, "RetailOrderPayment", -part, lot["id"], order_id)
            points -= part
            if not points:
                return

    def _give_back(self, customer: int, order_id: str, points: int) -> None:
        spends = self._store.rows(
            "SELECT id, lot, amount FROM spends WHERE order_id = ? AND amount > 0 ORDER BY id DESC", order_id
        )
        for spend in spends:
            part = min(points, int(spend["amount"]))
            self._store.run("UPDATE spends SET amount = amount - ? WHERE id = ?", part, spend["id"])
            self._store.run("UPDATE lots SET remaining = remaining + ? WHERE id = ?", part, spend["lot"])
            self._write(customer, "RetailOrderPayment", part, spend["lot"], order_id)
            points -= part
            if not points:
                return

    def _take_back(self, customer: int, order_id: str, promotion: str, points: int) -> None:
        """Blocked lots first, then what has burned, then the rest.

        A lot that was already spent goes below zero and is a debt that never burns.
        """
        lots = self._store.rows(
            "SELECT id, amount, burned FROM lots WHERE order_id = ? AND promotion = ? AND amount > 0"
            " ORDER BY available_from IS NOT NULL, id DESC",
            order_id,
            promotion,
        )
        for lot in lots:
            part = min(points, int(lot["amount"]))
            # Points that burned on the account are gone already: the customer does not owe them a second time.
            unburned = min(part, int(lot["burned"]))
            self._store.run(
                "UPDATE lots SET amount = amount - ?, burned = burned - ?, remaining = remaining - ?,"
                " expires = CASE WHEN remaining < ? THEN NULL ELSE expires END WHERE id = ?",
                part,
                unburned,
                part - unburned,
                part - unburned,
                lot["id"],
            )
            self._write(customer, "RetailOrderBonus", -part, lot["id"], order_id)
            if unburned:
                self._write(customer, "Expired", unburned, lot["id"], order_id)
            points -= part
            if not points:
                return

    def _write(self, customer: int, kind: str, amount: int, lot: int, order_id: str | None) -> None:
        self._store.run(
            "INSERT INTO movements (at, customer, kind, amount, lot, order_id) VALUES (?, ?, ?, ?, ?, ?)",
            instant(self._clock()),
            customer,
            kind,
            amount,
            lot,
            order_id,
        )
