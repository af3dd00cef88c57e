"""Under which terms a document is registered: sign of settlement, system of taxation, as whose agent others' are sold.

Each document states them as they were that day: a later one copies them, and a correction can say that they were wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = [
    "HANDED_OVER",
    "IN_ADVANCE",
    "ON_CREDIT",
    "USUAL_AGENT",
    "Agent",
    "AgentSign",
    "Settlement",
    "Taxation",
    "sign_among",
]


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
    """The parcel is handed over and all of it is owed: no visit to the counter, so that a till only ever copies it."""
    CREDIT_PAYMENT = 7
    """What was owed since the parcel was handed over is paid."""


IN_ADVANCE: Final = frozenset({Settlement.FULL_PREPAYMENT, Settlement.PREPAYMENT, Settlement.ADVANCE})
"""Taxed at the settlement rate r/(100 + r)."""

ON_CREDIT: Final = frozenset({Settlement.PARTIAL_CREDIT, Settlement.CREDIT})
"""After such a receipt something is owed, and its payment is a settlement of its own."""

HANDED_OVER: Final = ON_CREDIT | {Settlement.FULL}
"""Such a receipt states the whole price, and offsets what was paid before (tag 1215)."""


def sign_among(signs: Iterable[Settlement]) -> Settlement | None:
    """The one sign by which a receipt with lines of these signs is known; None where there are no lines.

    Our receipts have one. Of another's, a line that hands over says more than one that prepays.
    """
    return min(signs, key=lambda sign: (sign is not Settlement.FULL, sign not in HANDED_OVER, sign.value), default=None)


class Taxation(Enum):
    """System of taxation, tag 1055: its bit."""

    GENERAL = 1
    SIMPLIFIED_INCOME = 2
    SIMPLIFIED_INCOME_LESS_EXPENSES = 4
    AGRICULTURAL = 16
    PATENT = 32


class AgentSign(Enum):
    """Sign of the agent, tag 1222: its bit."""

    BANK_PAYING_AGENT = 1
    BANK_PAYING_SUBAGENT = 2
    PAYING_AGENT = 4
    PAYING_SUBAGENT = 8
    ATTORNEY = 16
    COMMISSION_AGENT = 32
    ANOTHER = 64


_PAYING = frozenset(
    {
        AgentSign.BANK_PAYING_AGENT,
        AgentSign.BANK_PAYING_SUBAGENT,
        AgentSign.PAYING_AGENT,
        AgentSign.PAYING_SUBAGENT,
    }
)


@dataclass(frozen=True, slots=True)
class Agent:
    """In what capacity goods of another seller are sold."""

    sign: AgentSign = AgentSign.ANOTHER
    operation: str = ""
    """What a paying agent does (tag 1044), 24 characters at most."""
    phone: str = ""
    """Phone of a paying agent (tag 1073)."""

    @property
    def is_paying(self) -> bool:
        """Whether it is one of the four kinds of paying agents, who name the seller and his phone."""
        return self.sign in _PAYING


USUAL_AGENT: Final = Agent()
"""What most tills are registered as."""
