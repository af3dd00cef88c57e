"""What stands against closing the till, and how the cashier learns of it."""

from typing import Protocol

from pos_client.counter.state import CounterState
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Stage, Trouble
from pos_client.ui.presenter import Counter

__all__ = ["SayingCounter", "objection"]

_NOT_YET = Trouble(
    "Закрыть кассу сейчас нельзя: деньги приняты, чек ещё не подтверждён.",
    money="Деньги записаны.",
    action="Дождитесь чека или нажмите «Проверить ещё раз».",
)
_NOT_GIVEN_BACK = Trouble(
    "Закрыть кассу сейчас нельзя: деньги клиента ещё не вернулись.",
    money="Сколько вернуть, записано.",
    action="Доведите возврат до конца. Если сейчас не получается, отложите его.",
)
_BETWEEN_MONEY_AND_RECEIPT = frozenset({Stage.RESERVING, Stage.PAYING, Stage.FISCALISING, Stage.RECORDING})


class SayingCounter(Counter, Protocol):
    """A counter that can be given something to say."""

    def say(self, notice: Trouble | None) -> None:
        """Show a notice."""


def objection(state: CounterState) -> Trouble | None:
    """Why the window may not close now, or None."""
    sale, page = state.sale, state.refund
    if sale is not None and sale.stage in _BETWEEN_MONEY_AND_RECEIPT:
        return _NOT_YET
    owed = sale is not None and sale.stage is Stage.CANCELLING and sale.next_return is not None
    begun = page is not None and page.refund.stage is not RefundStage.OPEN
    return _NOT_GIVEN_BACK if owed or begun else None
