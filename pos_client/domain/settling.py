"""Which sign of settlement (tag 1214) the receipt of a visit carries, and what accounting may choose about it.

The law (54-ФЗ, order ЕД-7-20/662@) asks one thing: is the service rendered at the moment of paying? It is when the
parcel is handed over: it waits at the pickup point, and all is paid. Money taken earlier is a prepayment.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import Enum

from pos_client.domain.money import Money
from pos_client.domain.order import Order, OrderState
from pos_client.domain.terms import USUAL_AGENT, Agent, Taxation

__all__ = ["HANDED_OVER", "IN_ADVANCE", "FiscalRules", "Settlement", "settlement_of"]


class Settlement(Enum):
    """Sign of the way of settlement, tag 1214."""

    FULL_PREPAYMENT = 1
    """Everything is paid before the service is rendered."""
    PREPAYMENT = 2
    """A part is paid before the service is rendered."""
    ADVANCE = 3
    """Paid before anybody knows what for; the counter always knows, so it never makes one by itself."""
    FULL = 4
    """The service is rendered and all of it is paid, prepayments included."""
    PARTIAL_CREDIT = 5
    """The parcel is handed over, a part is paid, the rest is owed."""
    CREDIT = 6
    """The parcel is handed over and all of it is owed."""
    CREDIT_PAYMENT = 7
    """What was owed since the parcel was handed over is paid."""


IN_ADVANCE = frozenset({Settlement.FULL_PREPAYMENT, Settlement.PREPAYMENT, Settlement.ADVANCE})
"""Taxed at the settlement rate r/(100 + r)."""

HANDED_OVER = frozenset({Settlement.FULL, Settlement.PARTIAL_CREDIT, Settlement.CREDIT})
"""Such a receipt states the whole price, and offsets what was paid before (tag 1215)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalRules:
    """What accounting decides where the law leaves a choice."""

    acceptance_settles: bool = False
    """Whether paying for everything when the parcel is accepted is a full settlement at once.

    No: it is a prepayment, and whoever delivers offsets it; for cargo that may be one receipt a month that no buyer
    gets (54-ФЗ, art. 1.2, 2.1). Yes: the accounting policy holds the service rendered with the acceptance.
    """
    on_credit: bool = False
    """Whether a parcel is handed over before all is paid, so that what is missing is a credit and not a delay."""
    taxation: Taxation = Taxation.GENERAL
    agent: Agent = USUAL_AGENT
    """How goods of other sellers are sold."""
    utc_offset_hours: float = 3.0
    """Of the register's clock: it decides on which day, and so at which VAT rate, a receipt is made."""

    def day_of(self, moment: datetime) -> date:
        """The register's own day at an aware moment."""
        return moment.astimezone(timezone(timedelta(hours=self.utc_offset_hours))).date()


def settlement_of(order: Order, payable: Money, taken: Money, rules: FiscalRules) -> Settlement:
    """The sign for taking `taken` of an order that costs `payable` after discounts; earlier visits are the order's."""
    settles = order.paid + taken == payable
    if order.state is OrderState.WAITING:
        if rules.on_credit:
            return _on_credit(order, taken, settles=settles)
        return Settlement.FULL if settles else Settlement.PREPAYMENT
    # A receipt of nothing (points paid for all of it) prepays nothing.
    if settles and (rules.acceptance_settles or not taken):
        return Settlement.FULL
    return Settlement.FULL_PREPAYMENT if settles and not order.paid else Settlement.PREPAYMENT


def _on_credit(order: Order, taken: Money, *, settles: bool) -> Settlement:
    if any(visit.office == order.destination_office for visit in order.visits):
        # Its first visit at the pickup point handed the parcel over.
        return Settlement.CREDIT_PAYMENT
    if settles:
        return Settlement.FULL
    return Settlement.PARTIAL_CREDIT if taken or order.paid else Settlement.CREDIT
