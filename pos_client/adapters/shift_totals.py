"""Sums over the sales and refunds of the journal, by its heads alone: no body is opened for them."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Final

from pos_client.adapters.sqlite_file import micros
from pos_client.domain.money import Money, Points
from pos_client.domain.order import TenderKind
from pos_client.ports import ShiftTotals

__all__ = ["Rows", "finished_since", "of_shift"]

Rows = Callable[..., list[sqlite3.Row]]
"""A question to the file, with the values of its places."""

_SOLD: Final = (
    "SELECT count(*) AS sales, coalesce(sum(taken), 0) AS taken, coalesce(sum(with_customer), 0) AS customers,"
    " coalesce(sum(points), 0) AS points, count(*) FILTER (WHERE points > 0) AS with_points,"
    " coalesce(sum(cash), 0) AS cash, coalesce(sum(card), 0) AS card, coalesce(sum(sbp), 0) AS sbp FROM head"
    " WHERE stage = 'done' AND "
)
_BACK: Final = (
    "SELECT count(*) AS refunds, coalesce(sum(cash), 0) AS cash, coalesce(sum(card), 0) AS card,"
    " coalesce(sum(sbp), 0) AS sbp FROM refund_head WHERE stage = 'done' AND "
)
_SINCE: Final = "finished >= ?"
_OF_SHIFT: Final = "fn = ? AND shift = ?"


def finished_since(rows: Rows, since: datetime) -> ShiftTotals:
    """Over what was finished since then."""
    return _totals(since, rows(_SOLD + _SINCE, micros(since)), rows(_BACK + _SINCE, micros(since)))


def of_shift(rows: Rows, fn: str, number: int, since: datetime) -> ShiftTotals:
    """Over what has a document of this shift, whenever it was finished: so sums the register itself."""
    return _totals(since, rows(_SOLD + _OF_SHIFT, fn, number), rows(_BACK + _OF_SHIFT, fn, number))


def _totals(since: datetime, sold: list[sqlite3.Row], back: list[sqlite3.Row]) -> ShiftTotals:
    (taken,), (given,) = sold, back
    return ShiftTotals(
        since=since,
        sales=taken["sales"],
        taken=Money(taken["taken"]),
        with_customer=taken["customers"],
        points_spent=Points(taken["points"]),
        with_points=taken["with_points"],
        by_tender=tuple((kind, Money(taken[kind.value])) for kind in TenderKind),
        refunds=given["refunds"],
        given_back=Money.sum([Money(given[kind.value]) for kind in TenderKind]),
        back_by_tender=tuple((kind, Money(given[kind.value])) for kind in TenderKind),
    )
