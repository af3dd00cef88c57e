"""Under which terms a document is registered: the system of taxation, and as whose agent another's goods are sold.

Each document states them as they were that day: a later one copies them, and a correction can say that they were wrong.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["USUAL_AGENT", "Agent", "AgentSign", "Taxation"]


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
