"""The points account of a customer as processing's history tells it, and what blocked points wait for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from pos_client.domain.money import Points

__all__ = ["Blocked", "Movement", "MovementKind", "blocked_in"]


class MovementKind(Enum):
    """Why points moved (`balanceChangeKind` of the wire)."""

    EARNED = "earned"
    SPENT = "spent"
    GRANTED = "granted"
    """By hand or by a promotion: welcome points, gifts."""
    BURNED = "burned"


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of the balance; `points` is signed, `order_id` is processing's order or empty."""

    kind: MovementKind
    points: int
    at: datetime
    order_id: str = ""
    available: bool = True
    """False: accrued and waiting, usually for the order to be paid in full."""
    available_from: datetime | None = None
    expires: datetime | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Accrued points that cannot be spent yet; `order_id` is what they wait for, empty for another reason."""

    points: Points
    order_id: str
    until: datetime | None = None


def blocked_in(movements: Iterable[Movement]) -> tuple[Blocked, ...]:
    """What waits, summed by order, oldest first. An accrual that was taken back again waits for nothing."""
    sums: dict[str, int] = {}
    until: dict[str, datetime | None] = {}
    for move in sorted(movements, key=lambda one: one.at):
        if move.kind in {MovementKind.EARNED, MovementKind.GRANTED} and not move.available:
            sums[move.order_id] = sums.get(move.order_id, 0) + move.points
            until[move.order_id] = move.available_from
    return tuple(Blocked(Points(total), order, until[order]) for order, total in sums.items() if total > 0)
