"""Which sign of settlement (tag 1214) the receipt of a visit carries, and what accounting may choose about it.

The law (54-ФЗ, order ЕД-7-20/662@) asks one thing: is the service rendered at the moment of paying? It is when the
parcel is handed over: it waits at the pickup point, and all is paid. Money taken earlier is a prepayment.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from pos_client.domain.money import Money
from pos_client.domain.order import Order, OrderState, Visit
from pos_client.domain.terms import ON_CREDIT, USUAL_AGENT, Agent, Settlement, Taxation

__all__ = ["FiscalRules", "credit_of", "settlement_of"]


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
            return _on_credit(order, settles=settles)
        return Settlement.FULL if settles else Settlement.PREPAYMENT
    # A receipt of nothing (points paid for all of it) prepays nothing.
    if settles and (rules.acceptance_settles or not taken):
        return Settlement.FULL
    return Settlement.FULL_PREPAYMENT if settles and not order.paid else Settlement.PREPAYMENT


def credit_of(order: Order) -> Visit | None:
    """The visit that handed the parcel over on credit; None when nothing is owed since one.

    By the sign of its receipt: a prepayment may have been made at the pickup point too, before the parcel came. Only
    where nobody told the sign, the first visit at the pickup point is taken to have handed over.
    """
    for visit in order.visits:
        told = visit.settlement
        if told in ON_CREDIT or (told is None and visit.office == order.destination_office):
            return visit
    return None


def _on_credit(order: Order, *, settles: bool) -> Settlement:
    if credit_of(order) is not None:
        return Settlement.CREDIT_PAYMENT
    return Settlement.FULL if settles else Settlement.PARTIAL_CREDIT
