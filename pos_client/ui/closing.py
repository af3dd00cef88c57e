"""What stands against closing the till, and how the cashier learns of it."""

from typing import Protocol

from pos_client.counter.state import CounterState, RefundPage, TenderStep
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.ui.entry import step_of
from pos_client.ui.presenter import Counter

__all__ = ["SayingCounter", "objection"]

_GOES_ON = Trouble(
    "Закрыть кассу сейчас нельзя: оплата ещё идёт.",
    money="Всё, что принято, записано.",
    action="Подождите: касса спрашивает сама, нажимать ничего не нужно.",
)
_STANDS = Trouble(
    "Закрыть кассу сейчас нельзя: оплата не закончена.",
    money="Всё, что принято, записано.",
    action="Закончите её. Отказаться или отложить — Esc.",
)
_NOT_CORRECTED = Trouble(
    "Закрыть кассу сейчас нельзя: чек пробит на другую сумму и ещё не исправлен.",
    money="Деньги записаны.",
    action="Нажмите «Исправить чек». Если сейчас не получается, отложите продажу.",
)
_NOT_GIVEN_BACK = Trouble(
    "Закрыть кассу сейчас нельзя: деньги клиента ещё не вернулись.",
    money="Сколько вернуть, записано.",
    action="Доведите возврат до конца. Если сейчас не получается, отложите его.",
)
_GOES_BACK_NOW = Trouble(
    "Закрыть кассу сейчас нельзя: деньги клиента возвращаются.",
    money="Сколько вернуть, записано.",
    action="Подождите, пока возврат закончится.",
)
_CASH_IS_OWED = Trouble(
    "Закрыть кассу сейчас нельзя: наличные клиенту ещё не выданы.",
    money="Чек возврата пробит, сумма записана.",
    action="Выдайте деньги и подтвердите это. Если клиент ушёл, отложите возврат.",
)
_TURN_OF_THE_CASHIER = frozenset({TenderStep.DECIDE, TenderStep.CASH, TenderStep.QUESTIONS, TenderStep.STUCK})
_BETWEEN_MONEY_AND_RECEIPT = frozenset({Stage.RESERVING, Stage.PAYING, Stage.FISCALISING, Stage.RECORDING})


class SayingCounter(Counter, Protocol):
    """A counter that can be given something to say."""

    def say(self, notice: Trouble | None) -> None:
        """Show a notice."""


def objection(state: CounterState) -> Trouble | None:
    """Why the window may not close now, or None."""
    sale, page = state.sale, state.refund
    if sale is not None and sale.stage in _BETWEEN_MONEY_AND_RECEIPT:
        return _STANDS if _waits_for_the_cashier(sale, state) else _GOES_ON
    if sale is not None and sale.stage is Stage.CORRECTING:
        return _NOT_CORRECTED if state.wait is None else _GOES_ON
    if page is not None:
        return _against_refund(page)
    if sale is None or sale.stage is not Stage.CANCELLING or sale.next_return is None:
        return None
    return _GOES_BACK_NOW if state.wait is not None else _NOT_GIVEN_BACK


def _waits_for_the_cashier(sale: Sale, state: CounterState) -> bool:
    """Whether nothing is being asked or done, so that only a key leads on."""
    return state.wait is None and (sale.trouble is not None or step_of(state) in _TURN_OF_THE_CASHIER)


def _against_refund(page: RefundPage) -> Trouble | None:
    """What is being done right now cannot be set aside; what stopped, or waits for a person, can."""
    if page.refund.stage is RefundStage.OPEN:
        return None
    if page.busy or page.wait is not None:
        return _GOES_BACK_NOW
    return _CASH_IS_OWED if page.refund.stage is RefundStage.HANDING_OUT else _NOT_GIVEN_BACK
