"""Promotions of the programme as data: whom they suit, what they take off, which points they give."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from functools import cache, partial
from typing import Any

from pos_client.training.store import Store
from pos_client.training.wire import instant, moment

__all__ = ["Campaigns", "CouponState", "LineKind", "Promotion", "read_promotions"]


class LineKind(Enum):
    """What a line of a processing order stands for."""

    DELIVERY = "delivery"
    EXTRA = "extra"
    GOODS = "goods"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """One promotion. Every condition that is set must hold; one without conditions suits every member.

    It takes `percent` off the lines that it `applies_to` ("delivery" or "services") and gives `gift_points` that live
    `gift_days` from the full payment (None: as long as earned points do).
    """

    id: str
    name: str
    percent: int = 0
    applies_to: str = "delivery"
    gift_points: int = 0
    gift_days: int | None = None
    after_paid_orders: int | None = None
    """Exactly so many other orders of the member are paid."""
    personal: bool = False
    """Only for members to whom it was given."""
    needs_coupon: bool = False
    """Only by a coupon."""
    starts: date | None = None
    ends: date | None = None
    """The first day (UTC) on which it is over."""
    limit_per_customer: int | None = None
    exclusive: bool = False
    """Stands beside no other discount; the customer gets whichever is cheaper."""
    coupon: str | None = None
    """The code that brought it, as it was presented."""

    def covers(self, kind: LineKind) -> bool:
        """Whether the discount lowers a line of this kind."""
        if self.applies_to == LineKind.DELIVERY.value:
            return kind is LineKind.DELIVERY
        return kind is not LineKind.GOODS

    def runs_at(self, at: datetime) -> bool:
        """Whether its time has come and is not over."""
        return not (self.starts and at.date() < self.starts) and not (self.ends and at.date() >= self.ends)

    def without_discount(self) -> "Promotion":
        """What an order that was saved after an outage may still get of it."""
        return replace(self, percent=0)


@dataclass(frozen=True, slots=True)
class CouponState:
    """What became of a code that was presented; `status` is the wire's word, `promotion` None for an unknown code."""

    code: str
    status: str
    promotion: Promotion | None = None
    starts: datetime | None = None
    ends: datetime | None = None


def read_promotions(table: Iterable[Mapping[str, Any]]) -> dict[str, Promotion]:
    """Promotions by id, as `conditions.toml` writes them.

    Raises:
        TypeError: a key that no promotion has.
        ValueError: a promotion that gives nothing, or a share that is none.
    """
    found = {one["id"]: Promotion(**one) for one in table}
    for promotion in found.values():
        if not 0 <= promotion.percent <= 100 or promotion.gift_points < 0:  # noqa: PLR2004 - percent
            raise ValueError(f"{promotion.id}: percent must be within 0 and 100, gift_points not negative")
        if not promotion.percent and not promotion.gift_points:
            raise ValueError(f"{promotion.id}: gives nothing")
    return found


class Campaigns:
    """Chooses promotions by the history of the member, keeps who has used what, and knows every coupon."""

    def __init__(self, store: Store, promotions: Mapping[str, Promotion]) -> None:
        self._store = store
        self._promotions = promotions

    def suiting(
        self, customer: int, order_id: str, coupons: Sequence[str], at: datetime, *, known: bool
    ) -> list[Promotion]:
        """Promotions of an order: those without a coupon first.

        A `known` order is calculated with the promotions of its first save, whatever has begun or ended since.
        """
        used = self._used_by(order_id)
        paid = cache(partial(self._paid_orders, customer, order_id))
        if known:
            plain = [one for one in self._promotions.values() if one.id in used and not one.needs_coupon]
        else:
            plain = [one for one in self._promotions.values() if not one.needs_coupon]
            plain = [one for one in plain if self._suits(one, customer, order_id, at, paid)]
        for code in coupons:
            found = self._by_coupon(code, customer, order_id, at)
            if found is not None and (found.id in used or self._suits(found, customer, order_id, at, paid)):
                plain.append(replace(found, coupon=code))
        return plain

    def use(self, customer: int, order_id: str, applied: Sequence[Promotion]) -> None:
        """Bind what was applied to the order; what it no longer uses becomes free."""
        self.free(order_id)
        self.add(customer, order_id, applied)

    def add(self, customer: int, order_id: str, applied: Sequence[Promotion]) -> None:
        """Bind promotions to the order beside those that it uses already."""
        for one in applied:
            self._store.run("INSERT OR IGNORE INTO promotion_uses VALUES (?, ?, ?)", customer, one.id, order_id)
            if one.coupon is not None:
                self._store.run("UPDATE coupons SET used_by = ? WHERE code = ?", order_id, one.coupon.upper())

    def free(self, order_id: str) -> None:
        """The order is cancelled or returned: its promotions may be used again."""
        self._store.run("DELETE FROM promotion_uses WHERE order_id = ?", order_id)
        self._store.run("UPDATE coupons SET used_by = NULL WHERE used_by = ?", order_id)

    def coupons_of(self, order_id: str) -> tuple[str, ...]:
        """Codes that the order uses."""
        rows = self._store.rows("SELECT code FROM coupons WHERE used_by = ? ORDER BY code", order_id)
        return tuple(str(row["code"]) for row in rows)

    def coupon_states(
        self, codes: Sequence[str], order_id: str, at: datetime, applied: Sequence[Promotion]
    ) -> list[CouponState]:
        """Every code that was presented; `applied` are the promotions that the order gets."""
        applied_codes = {one.coupon for one in applied}
        found = []
        for code in codes:
            row = self._coupon(code)
            if row is None:
                found.append(CouponState(code, "NotFound"))
                continue
            usable = "CanBeUsed" if code in applied_codes else "CanNotBeUsedForCurrentOrder"
            found.append(
                CouponState(
                    code,
                    self._refusal(row, order_id, at) or usable,
                    self._promotions[row["promotion"]],
                    moment(row["starts"]) if row["starts"] else None,
                    moment(row["ends"]) if row["ends"] else None,
                )
            )
        return found

    def _coupon(self, code: str) -> sqlite3.Row | None:
        """A coupon by its code, whatever the case of its letters."""
        return self._store.one("SELECT * FROM coupons WHERE code = ?", code.upper())

    def _by_coupon(self, code: str, customer: int, order_id: str, at: datetime) -> Promotion | None:
        row = self._coupon(code)
        if row is None or self._refusal(row, order_id, at) or row["customer"] not in (None, customer):
            return None
        return self._promotions[row["promotion"]]

    def _refusal(self, row: sqlite3.Row, order_id: str, at: datetime) -> str:
        if not row["issued"]:
            return "NotIssued"
        if row["blocked"]:
            return "Blocked"
        if row["used_by"] is not None:
            return "" if order_id and row["used_by"] == order_id else "Used"
        if row["starts"] is not None and instant(at) < row["starts"]:
            return "YetNotActive"
        return "AlreadyNotActive" if row["ends"] is not None and instant(at) >= row["ends"] else ""

    def _suits(self, one: Promotion, customer: int, order_id: str, at: datetime, paid: Callable[[], int]) -> bool:
        return (
            one.runs_at(at)
            and (not one.personal or self._is_given(one, customer))
            and (one.after_paid_orders is None or one.after_paid_orders == paid())
            and (one.limit_per_customer is None or self._uses(one, customer, order_id) < one.limit_per_customer)
        )

    def _is_given(self, one: Promotion, customer: int) -> bool:
        found = self._store.one("SELECT 1 FROM privileges WHERE customer = ? AND promotion = ?", customer, one.id)
        return found is not None

    def _paid_orders(self, customer: int, but: str) -> int:
        return self._store.number(
            "SELECT paid_before + (SELECT count(*) FROM loyalty_orders"
            " WHERE customer = ? AND status = 'Paid' AND order_id <> ?) FROM customers WHERE id = ?",
            customer,
            but,
            customer,
        )

    def _uses(self, one: Promotion, customer: int, but: str) -> int:
        return self._store.number(
            "SELECT count(*) FROM promotion_uses WHERE customer = ? AND promotion = ? AND order_id <> ?",
            customer,
            one.id,
            but,
        )

    def _used_by(self, order_id: str) -> set[str]:
        rows = self._store.rows("SELECT promotion FROM promotion_uses WHERE order_id = ?", order_id)
        return {str(row["promotion"]) for row in rows}
