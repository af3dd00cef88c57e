"""What the counter needs from outside, and the three ways in which any of it may fail."""

from pos_client.ports.books import ConsentBook, CorrectionBook, DebtBook
from pos_client.ports.failures import (
    Clock,
    OtherSumError,
    OtherTotalError,
    OutcomeUnknownError,
    PosError,
    PriceChangedError,
    QueueFullError,
    RefusedError,
    Service,
    StillAtItError,
    UnavailableError,
)
from pos_client.ports.journal import Journal, ShiftTotals
from pos_client.ports.members import Members
from pos_client.ports.orders import Orders
from pos_client.ports.outbox import FactFate, FactState, Outbox, QueueEntry, QueueLane, QueueSummary
from pos_client.ports.processing import Processing, Reserved, ReserveIntent
from pos_client.ports.register import CashRegister, RegisterState, ShiftState
from pos_client.ports.terminal import Sbp, SbpAnswer, SbpState, Terminal

__all__ = [
    "CashRegister",
    "Clock",
    "ConsentBook",
    "CorrectionBook",
    "DebtBook",
    "FactFate",
    "FactState",
    "Journal",
    "Members",
    "Orders",
    "OtherSumError",
    "OtherTotalError",
    "Outbox",
    "OutcomeUnknownError",
    "PosError",
    "PriceChangedError",
    "Processing",
    "QueueEntry",
    "QueueFullError",
    "QueueLane",
    "QueueSummary",
    "RefusedError",
    "RegisterState",
    "ReserveIntent",
    "Reserved",
    "Sbp",
    "SbpAnswer",
    "SbpState",
    "Service",
    "ShiftState",
    "ShiftTotals",
    "StillAtItError",
    "Terminal",
    "UnavailableError",
]
