"""What the counter says of a payment that its order did not take: why, where the money is, how it goes back."""

from datetime import datetime

from pos_client.domain.money import Money
from pos_client.domain.sale import Sale, Trouble

__all__ = [
    "BEING_GIVEN_BACK",
    "LOST",
    "MOVED",
    "NOT_REFUSED_ANY_MORE",
    "closed",
    "given_back",
    "no_way_to_sell",
    "not_taken",
    "still_here",
]

_MONEY_IS_HERE = "Деньги взяты, чек оплаты пробит. Клиенту ещё ничего не возвращено."

BEING_GIVEN_BACK = Trouble(
    "Эту оплату возвращают клиенту: отправлять или закрывать её уже нельзя.",
    money="Всё, что сделано, записано.",
    action="Доведите возврат: он на первом экране. Операция закроется сама.",
)

NOT_REFUSED_ANY_MORE = Trouble(
    "Пока страница была открыта, эту оплату отправили ещё раз.",
    money=_MONEY_IS_HERE,
    action="Закройте страницу (Esc) и откройте возврат снова: касса узнает, принял ли её заказ.",
)

MOVED = Trouble(
    "Оплата этого заказа уехала в очередь другой кассы и пока не дошла до заказа.",
    money=_MONEY_IS_HERE,
    action="Отправьте её на той кассе, куда перенесли очередь. Потом возвращайте.",
    say="Ваша оплата ещё не отмечена в заказе, я уточню.",
)

LOST = Trouble(
    "Оплаты этого заказа нет ни в заказе, ни в очереди этой кассы.",
    money=_MONEY_IS_HERE,
    action="Позвоните в поддержку и назовите номер заказа и чек оплаты.",
    say="Ваша оплата ещё не отмечена в заказе, я уточню у поддержки.",
)


def not_taken(sale: Sale, why: str) -> Trouble:
    """The order refused the payment for good, and not because it is one too many: it has to be mended and sent."""
    return Trouble(
        f"Заказ не принял оплату {sale.taken}: {_inside(why)}",
        money=_MONEY_IS_HERE,
        action="Откройте очередь (F12): исправьте причину и нажмите «Повторить». Когда оплата дойдёт, возвращайте.",
        say="Оплата у нас, но в заказе не отмечена. Сейчас разберёмся.",
    )


def closed(sale: Sale, why: str) -> Trouble:
    """A person took the payment off the queue, and said why: only a person knows what became of the money."""
    said = f" Записано: «{why.rstrip('.')}»." if why else ""
    return Trouble(
        f"Оплату {sale.taken} заказ не принял, и её закрыли в очереди вручную.{said}",
        money="Отдали ли деньги клиенту, касса не знает.",
        action="Спросите управляющего. Деньги не отдавали — возврат оформит бухгалтерия по чеку оплаты.",
        say="Уточню, что решили по этой оплате.",
    )


def still_here(sale: Sale) -> Trouble:
    """The order is on the counter, or cannot be: a payment of it that it did not take lies in this till."""
    return Trouble(
        f"По этому заказу есть оплата, которую он не принял: {_which(sale)}.",
        money="Деньги взяты здесь, чек пробит.",
        action="Откройте возврат (F9): если она лишняя, касса вернёт её.",
        say="Одна оплата в заказ не вошла, сейчас верну лишнее.",
    )


def no_way_to_sell(sale: Sale) -> Trouble:
    """The order is returned, and a payment of it lies in this till."""
    return Trouble(
        f"Заказ уже возвращён, а здесь по нему осталась оплата, которую он не принял: {_which(sale)}.",
        money="Эти деньги клиенту не возвращены. Новых по этому заказу не берите.",
        action="Верните её: F9 и тот же заказ.",
        say="Одна ваша оплата в возврат не вошла, сейчас верну и её.",
    )


def given_back(amount: Money, at: datetime, document: int) -> Trouble:
    """The page shows the order itself: what was paid too many went back before, and is not meant again."""
    return Trouble(
        f"Лишняя оплата {amount} по этому заказу уже возвращена {_when(at)}, чек № {document}.",
        money="На странице — другая оплата: сам заказ.",
        action="Возвращайте, только если клиент отказывается от заказа. Иначе закройте страницу (Esc).",
        say="Лишнее уже возвращено, вот когда и на какую сумму.",
    )


def _which(sale: Sale) -> str:
    at = "" if sale.paid_at is None else f" от {_when(sale.paid_at)}"
    document = "" if sale.document is None else f", чек № {sale.document.number}"
    return f"{sale.taken}{at}{document}"


def _when(at: datetime) -> str:
    return f"{at.astimezone():%d.%m %H:%M}"


def _inside(sentence: str) -> str:
    """A sentence after a colon, with one full stop."""
    text = sentence.strip().rstrip(".") or "причина не названа"
    return f"{text if text[1:2].isupper() else text[:1].lower() + text[1:]}."
