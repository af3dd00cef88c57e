"""What the page of a refund says where a payment too many goes back alone, and its order stays as it is."""

from pos_client.domain.money import ZERO
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.surplus import Surplus
from pos_client.ui.wording import roubles

__all__ = ["GIVING_UP", "PAID_LABEL", "TITLE", "WHOLE", "stage_in_words", "why"]

TITLE = "Возврат лишней оплаты, заказ"
PAID_LABEL = "Взято этой оплатой"
WHOLE = "Возвращается одна эта оплата, целиком. Сам заказ и другие его оплаты остаются как есть."
GIVING_UP = "Клиенту ничего не возвращено, чек возврата не пробит. Оплата останется в очереди: вернуть её нужно будет."


def why(refund: Refund, surplus: Surplus) -> str:
    """Why the order did not take the payment."""
    if surplus.order_returned:
        return "Заказ вернули раньше, чем дошла эта оплата"
    due = refund.paid.order.due
    if due <= ZERO:
        return "Заказ уже оплачен без неё"
    return f"Она больше остатка: без неё к оплате {roubles(due)}"


def stage_in_words(refund: Refund) -> str:
    """What is left of an unfinished one before its receipt is at hand; empty from there on, as for any refund."""
    match refund.stage:
        case RefundStage.OPEN | RefundStage.CLAIMING:
            return f"лишняя оплата {roubles(refund.amount)} не возвращена"
        case RefundStage.RETURNING:
            return f"лишняя оплата {roubles(refund.amount)}: возврат не закончен"
        case RefundStage.CANCELLING:
            return f"лишняя оплата {roubles(refund.amount)}: от возврата отказались, осталось это записать"
        case _:
            return ""
