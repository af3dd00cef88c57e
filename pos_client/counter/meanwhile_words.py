"""What the counter says when the order on it is not what it was: paid, returned or priced anew while it lay there."""

from pos_client.counter.words import PRICE_MOVED
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import Order
from pos_client.domain.sale import Trouble

__all__ = ["PAID_ELSEWHERE", "changed_meanwhile", "returned_meanwhile", "returned_while_paying"]

PAID_ELSEWHERE = Trouble(
    "Пока эта оплата ждала, заказ оплатили на другой кассе.",
    money="Больше денег не берём. Прошедшее здесь записано.",
    action="Откажитесь от оплаты (Esc): прошедшее вернётся тем же способом. Затем отсканируйте заказ заново.",
    say="По заказу уже прошла другая оплата, сейчас проверю и верну лишнее.",
)


def changed_meanwhile(before: Order, now: Order, *, due_before: Money, due: Money) -> Trouble:
    """The order is not what was on the screen when the payment was asked for; nothing was taken."""
    known = {visit.id for visit in before.visits}
    paid = any(visit.id not in known for visit in now.visits)
    if paid and due <= ZERO:
        return Trouble(
            "Пока заказ был на экране, его оплатили на другой кассе.",
            money="Здесь деньги не взяты. Второй раз платить не нужно.",
            action="Уберите заказ (Esc). Если клиент уверен, что не платил, проверьте оплаты заказа: F9.",
            say="Этот заказ уже оплачен, платить ещё раз не нужно.",
        )
    if paid:
        return Trouble(
            "Пока заказ был на экране, на другой кассе оплатили часть.",
            money="Здесь деньги не взяты.",
            action=f"Теперь к оплате {due}. Проверьте сумму и примите оплату ещё раз.",
            say="Часть заказа уже оплачена, назову, сколько осталось.",
        )
    if due != due_before:
        return Trouble(
            f"Пока заказ был на экране, его цена изменилась: к оплате было {due_before}, теперь {due}.",
            money="Деньги не взяты.",
            action="Назовите клиенту новую сумму и примите оплату ещё раз.",
            say="Стоимость заказа изменилась, назову новую сумму.",
        )
    return PRICE_MOVED


def returned_meanwhile(why: Trouble) -> Trouble:
    """A refund has taken the order since it was laid on the counter; nothing was taken here."""
    return Trouble(
        f"Пока заказ был на экране, его вернули: {_inside(why.what)}",
        money="Здесь деньги не взяты, и брать их нельзя.",
        action="Уберите заказ (Esc). Если это ошибка, позвоните в поддержку и назовите номер заказа.",
        say="По этому заказу оформлен возврат, платить не нужно.",
    )


def returned_while_paying(why: Trouble) -> Trouble:
    """The same while its money is being taken: what has moved here goes back."""
    return Trouble(
        f"Пока эта оплата ждала, заказ вернули: {_inside(why.what)}",
        money="Больше денег не берём. Прошедшее здесь записано.",
        action="Откажитесь от оплаты (Esc): прошедшее вернётся тем же способом.",
        say="По этому заказу оформлен возврат, сейчас верну то, что вы заплатили.",
    )


def _inside(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
