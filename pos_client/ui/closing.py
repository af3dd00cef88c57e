"""What stands against closing the till, and how the cashier learns of it."""

from typing import Protocol

from pos_client.counter.state import CounterState
from pos_client.domain.sale import Stage, Trouble
from pos_client.ui.presenter import Counter

__all__ = ["SayingCounter", "objection"]

_NOT_YET = Trouble(
    "Закрыть кассу сейчас нельзя: деньги приняты, чек ещё не подтверждён.",
    money="Деньги записаны.",
    action="Дождитесь чека или нажмите «Проверить ещё раз».",
)
_BETWEEN_MONEY_AND_RECEIPT = frozenset({Stage.RESERVING, Stage.PAYING, Stage.FISCALISING, Stage.RECORDING})


class SayingCounter(Counter, Protocol):
    """A counter that can be given something to say."""

    def say(self, notice: Trouble | None) -> None:
        """Show a notice."""


def objection(state: CounterState) -> Trouble | None:
    """Why the window may not close now, or None."""
    return _NOT_YET if state.sale is not None and state.sale.stage in _BETWEEN_MONEY_AND_RECEIPT else None
