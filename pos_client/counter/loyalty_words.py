"""What the counter says about the programme: coupons, codes, joining, prices that moved."""

from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.loyalty import Coupon, CouponState
from pos_client.domain.money import Money
from pos_client.domain.sale import Sale, Trouble
from pos_client.ports import PosError, RefusedError

__all__ = [
    "CODE_SPENT",
    "CONSENTS_NEEDED",
    "COUPON_FOR_MEMBERS",
    "COUPON_IS_STRANGE",
    "COUPON_NOT_NOW",
    "COUPON_WAITS",
    "JOIN_UNKNOWN",
    "PHONE_IS_STRANGE",
    "blocked",
    "code_unanswered",
    "code_unsent",
    "code_wrong",
    "consents_not_kept",
    "coupon_refused",
    "coupon_words",
    "customer_replaced",
    "discount_gone",
    "not_joined",
    "points_not_spent",
    "price_changed",
]

_COUPONS: dict[CouponState, str] = {
    CouponState.APPLIED: "применён",
    CouponState.UNAVAILABLE: "сейчас не применить, он не сгорит",
    CouponState.NOT_FOUND: "такого купона нет",
    CouponState.NOT_ISSUED: "купон никому ещё не выдан",
    CouponState.USED: "уже использован",
    CouponState.NOT_YET: "ещё не действует",
    CouponState.EXPIRED: "срок купона прошёл",
    CouponState.NOT_FOR_THIS_ORDER: "к этому заказу не подходит",
    CouponState.BLOCKED: "купон заблокирован",
}

_NOTHING_MOVED = "Деньги и баллы не затронуты."
_SALE_GOES_ON = "Продажу можно закончить в любой момент."

COUPON_NOT_NOW = Trouble(
    "Купон сейчас не применить: процессинг недоступен. Он не сгорит.",
    money="К оплате цена без купона.",
    action="Примите оплату без купона либо повторите позже.",
    say="Купон сейчас не применить, он останется у вас и не сгорит.",
)

COUPON_FOR_MEMBERS = Trouble(
    "Купон применяется только участнику программы.",
    money="К оплате цена без купона.",
    action="Спросите CDEK ID или телефон либо предложите вступить.",
    say="Купон действует для участников программы.",
)

COUPON_WAITS = Trouble(
    "Купон записан.",
    money="Цена пока без него.",
    action="Сканируйте CDEK ID и заказ: купон применится вместе с ними.",
)

COUPON_IS_STRANGE = Trouble(
    "Это не похоже на купон.",
    money=_NOTHING_MOVED,
    action="Введите код купона ещё раз, без пробелов.",
)

_CARD_IS_BLOCKED = Trouble(
    "Карта заблокирована: по ней баллы не списать и не начислить.",
    money=_NOTHING_MOVED,
    action="Спросите CDEK ID или телефон. Без них продавайте без баллов.",
    say="Эта карта заблокирована. Назовите, пожалуйста, CDEK ID или телефон.",
)

_CUSTOMER_IS_BLOCKED = Trouble(
    "Участие клиента в программе заблокировано: баллы не списать и не начислить.",
    money=_NOTHING_MOVED,
    action="Продавайте без баллов.",
    say="Ваше участие в программе приостановлено, причину подскажет поддержка СДЭК.",
)

CODE_SPENT = Trouble(
    "Неверных кодов слишком много: этот код больше не подойдёт.",
    money=_NOTHING_MOVED,
    action="Отправьте новый код или продолжайте без него.",
)

PHONE_IS_STRANGE = Trouble(
    "Это не похоже на номер мобильного телефона.",
    money=_NOTHING_MOVED,
    action="Введите номер целиком: +7 и десять цифр.",
)

CONSENTS_NEEDED = Trouble(
    "Без согласия с правилами программы и на обработку данных вступить нельзя.",
    money="На продажу это не влияет.",
    action="Отметьте оба согласия, если клиент их даёт. Реклама — по его желанию.",
    say="Чтобы вступить, нужны два согласия. Заказ можно оплатить и без программы.",
)

JOIN_UNKNOWN = Trouble(
    "Ответ о вступлении потерялся: пока неизвестно, записан ли клиент.",
    money="Согласия записаны. " + _SALE_GOES_ON,
    action="Нажмите «Вступить» ещё раз: второй раз клиент не запишется, код заново не нужен.",
    say="Запись проверяется, на оплату это не влияет.",
)


def coupon_words(coupon: Coupon) -> str:
    """What a coupon did, in words that stand beside its code."""
    return _COUPONS[coupon.state]


def coupon_refused(coupon: Coupon) -> Trouble:
    """A coupon that changes nothing, and why."""
    return Trouble(
        f"Купон {coupon.code} не применён: {coupon_words(coupon)}.",
        money="Цена без него.",
        action="Проверьте код или уберите купон.",
    )


def code_wrong(left: int) -> Trouble:
    """The code is not the one that was sent; `left` tries remain."""
    if not left:
        return CODE_SPENT
    return Trouble(
        f"Код не подошёл. Осталось попыток: {left}.",
        money=_NOTHING_MOVED,
        action="Попросите клиента прочитать код ещё раз.",
    )


def code_unsent(error: PosError) -> Trouble:
    """Nobody can say that a code is on its way."""
    return Trouble(
        f"Код не отправлен: {_why(error)}",
        money=_NOTHING_MOVED,
        action="Отправьте ещё раз или продолжайте без кода. " + _SALE_GOES_ON,
        say="Код сейчас не отправить. Оплатить заказ это не мешает.",
    )


def code_unanswered(error: PosError) -> Trouble:
    """Nobody said whether the code was right: it does not count as a wrong one."""
    return Trouble(
        f"Код проверить не удалось: {_why(error)}",
        money=_NOTHING_MOVED,
        action="Повторите тот же код, отправьте новый или продолжайте без него. " + _SALE_GOES_ON,
        say="Код сейчас не проверить. Оплатить заказ это не мешает.",
    )


def consents_not_kept(error: OSError) -> Trouble:
    """Consents that are not on the disk are no consents: nobody is registered on their strength."""
    return Trouble(
        "Согласия не удалось записать на диск, поэтому клиент не записан в программу.",
        money=_SALE_GOES_ON,
        action=f"Освободите место и нажмите «Вступить» ещё раз. Не помогло — в поддержку: «{error.strerror or error}».",
    )


def not_joined(error: PosError) -> Trouble:
    """The programme did not take the customer in, and nobody was registered."""
    return Trouble(
        f"Вступить не получилось: {_why(error)}",
        money="Согласия записаны. " + _SALE_GOES_ON,
        action="Нажмите «Вступить» ещё раз или закройте: вступить можно в другой день.",
        say="Вступить сейчас не получается. На оплату это не влияет.",
    )


def points_not_spent(why: Trouble, due: Money) -> Trouble:
    """The price rose because the points cannot be spent now: more money has to be asked for."""
    return Trouble(
        f"Баллы не списаны: {_inside(why.what)}",
        money=f"Оплата не проведена. К оплате теперь {due}.",
        action="Назовите клиенту новую сумму и примите оплату ещё раз. Если баллы успели списаться, мы вернём их сами.",
        say=f"Баллы сейчас списать не получается, к оплате {due}. За этот заказ баллы начислятся сами.",
    )


def discount_gone(why: Trouble, due: Money) -> Trouble:
    """The price rose although no points were asked for: promotions and coupons need processing too."""
    return Trouble(
        f"Скидка не применена: {_inside(why.what)}",
        money=f"Оплата не проведена. К оплате теперь {due}.",
        action="Назовите клиенту новую сумму и примите оплату ещё раз. Купон, если он был, не сгорит.",
        say=f"Скидку сейчас применить не получается, к оплате {due}. Купон останется у вас.",
    )


def price_changed(old: Money, new: Money) -> Trouble:
    """Processing changed the price between the quote and the payment."""
    if old == new:
        return Trouble(
            f"Условия заказа изменились, пока вы оформляли оплату. Сумма прежняя: {new}.",
            money="Деньги и баллы не затронуты, оплата не проведена.",
            action="Проверьте скидки и баллы и примите оплату ещё раз.",
        )
    return Trouble(
        f"Цена изменилась, пока вы оформляли оплату: было {old}, теперь {new}.",
        money="Деньги и баллы не затронуты, оплата не проведена.",
        action="Назовите клиенту новую сумму. Согласен — примите оплату ещё раз.",
        say=f"Цена обновилась: было {old}, теперь {new}.",
    )


def _why(error: PosError) -> str:
    return _inside(error.trouble.what) if isinstance(error, RefusedError) else "процессинг не отвечает."


def _inside(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:] if sentence else "нет ответа."


def customer_replaced(before: Sale | None, now: Sale | None) -> Trouble | None:
    """What to say when a scan put another customer in the place of one who could earn; None when it did not.

    A scanner's burst may land in the middle of typing a sum, and the next receipt would be somebody else's.
    """
    if before is None or now is None or before.id != now.id or before.customer is None or now.customer is None:
        return None
    old, new = before.customer, now.customer
    same = old.key == new.key or (old.processing_id and old.processing_id == new.processing_id)
    if same or not old.may_earn:
        return None
    return Trouble(
        f"Клиент заменён: {_who(new)}.",
        money="Деньги не тронуты, цена и баллы посчитаны для него.",
        action="Если это ошибка, отсканируйте код прежнего клиента ещё раз.",
    )


def blocked(sale: Sale | None, key: CustomerKey) -> Trouble | None:
    """What to say of the customer whose code was just scanned, if he is blocked; None when he is not."""
    if sale is None or sale.customer is None or not sale.customer.is_blocked:
        return None
    return _CARD_IS_BLOCKED if key.kind is KeyKind.CARD else _CUSTOMER_IS_BLOCKED


def _who(customer: Customer) -> str:
    if customer.standing is Standing.MEMBER:
        return customer.name or customer.phone or "другой участник программы"
    return "кто это, по новому коду пока не ясно"
