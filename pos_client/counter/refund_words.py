"""What the counter says to the cashier about refunds."""

from dataclasses import replace

from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.paid_order import RefundObstacle
from pos_client.domain.payment import Tender
from pos_client.domain.refund import RefundStage
from pos_client.domain.registrable import MOST_LINES, ReceiptObstacle
from pos_client.domain.sale import Trouble

__all__ = [
    "CANNOT_GIVE_UP",
    "CHANGED_MEANWHILE",
    "CORRECT_IT_FIRST",
    "FINISH_REFUND_FIRST",
    "GIVE_THE_CASH_FIRST",
    "MONEY_MAY_HAVE_GONE",
    "NOT_AN_ORDER",
    "NOT_A_REFERENCE",
    "OBSTACLES",
    "ONE_LINE_ONLY",
    "PAYMENT_ON_ITS_WAY",
    "RECEIPTS_DISAGREE",
    "REFUND_UNDER_WAY",
    "TAXATIONS_DISAGREE",
    "TOO_LATE",
    "UNFINISHED_CORRECTION",
    "UNFINISHED_REFUND",
    "UNFINISHED_SALE",
    "about_receipt",
    "by_hand",
    "claim_unknown",
    "misregistered",
    "misregistered_still",
    "no_connection",
    "no_such_receipt",
    "not_by_hand",
    "receipt_impossible",
    "receipt_unknown",
]

_NOTHING_MOVED = "Клиенту ещё ничего не возвращено, чек возврата не пробит."

_NO_RECEIPT = {
    ReceiptObstacle.TOO_MANY_LINES: f"в нём больше {MOST_LINES} позиций",
    ReceiptObstacle.TOO_LONG: "он не поместится в фискальный накопитель",
    ReceiptObstacle.SELLER_UNKNOWN: "не указаны имя или телефон продавца товаров",
    ReceiptObstacle.SELLER_INN: "ИНН продавца товаров указан с ошибкой",
    ReceiptObstacle.SELLER_NAME: "название продавца товаров длиннее, чем помещается в чек",
    ReceiptObstacle.CASHIER_NAME: "имя кассира в настройках пусто или длиннее 64 знаков",
}

ONE_LINE_ONLY = Trouble(
    "Одну строку заказа вернуть нельзя: услуги возвращаются только вместе.",
    money="С деньгами ничего не произошло.",
    action="Верните заказ целиком или оставьте его как есть.",
    say="Услуги этого заказа оказаны вместе, поэтому вернуть можно только весь заказ.",
)

UNFINISHED_SALE = Trouble(
    "По этому заказу есть незавершённая продажа: сначала доведите её.",
    money=_NOTHING_MOVED,
    action="Незавершённая продажа — на первом экране. Доведите её или откажитесь от неё, потом возвращайте.",
)

UNFINISHED_CORRECTION = Trouble(
    "Чек этого заказа исправляют: коррекция начата здесь и не закончена.",
    money=_NOTHING_MOVED,
    action="Касса доводит её сама. Проверьте ККТ и повторите возврат через минуту.",
    say="Чек этого заказа исправляется, подождите, пожалуйста, минуту.",
)

PAYMENT_ON_ITS_WAY = Trouble(
    "Оплата этого заказа ещё не дошла до сервиса заказов.",
    money=_NOTHING_MOVED,
    action="Мы её уже отправляем. Повторите возврат через минуту; если не поможет, откройте очередь (F12).",
    say="Ваша оплата ещё передаётся, подождите, пожалуйста, минуту.",
)

_BY_ACCOUNTING = "Передайте номер заказа в бухгалтерию: она оформит возврат и чек."
_WHEN_ACCOUNTED = "Возврат по этому заказу оформит бухгалтерия, я передам ей номер."

RECEIPTS_DISAGREE = Trouble(
    "Чек возврата не повторит чеки оплат: по заказу известны не все их строки, или они не сходятся с деньгами.",
    money=_NOTHING_MOVED,
    action=_BY_ACCOUNTING,
    say=_WHEN_ACCOUNTED,
)


def receipt_impossible(obstacle: ReceiptObstacle) -> Trouble:
    """No register would take the receipt of this return, so nothing is given back either."""
    what = f"Чек возврата касса не пробьёт: {_NO_RECEIPT[obstacle]}."
    return Trouble(what, money=_NOTHING_MOVED, action=_BY_ACCOUNTING, say=_WHEN_ACCOUNTED)


TAXATIONS_DISAGREE = Trouble(
    "Чеки этого заказа пробиты по разным системам налогообложения: одним чеком возврата их не вернуть.",
    money=_NOTHING_MOVED,
    action=_BY_ACCOUNTING,
    say=_WHEN_ACCOUNTED,
)

CHANGED_MEANWHILE = Trouble(
    "Пока страница была открыта, по заказу прошла ещё одна оплата.",
    money=_NOTHING_MOVED,
    action="Откройте возврат ещё раз и проверьте сумму.",
)

UNFINISHED_REFUND = Trouble(
    "Возврат этого заказа начат здесь и не закончен.",
    money="Всё, что сделано, записано.",
    action="Он на первом экране: «Проверить и довести».",
)

REFUND_UNDER_WAY = Trouble(
    "Сначала доведите возврат.",
    money="Всё, что сделано, записано.",
    action="Подождите, пока возврат закончится, потом сканируйте дальше.",
)

FINISH_REFUND_FIRST = Trouble(
    "Сначала закончим этот возврат.",
    money="Всё, что сделано, записано.",
    action="Доведите возврат или отложите его, потом сканируйте дальше.",
)

GIVE_THE_CASH_FIRST = Trouble(
    "Возврат проведён: деньги принадлежат клиенту.",
    money="Чек возврата пробит, отказаться от возврата уже нельзя.",
    action="Выдайте деньги и подтвердите это. Если клиент ушёл, отложите возврат.",
)

CANNOT_GIVE_UP = Trouble(
    "От этого возврата уже нельзя отказаться: чек возврата мог пробиться.",
    money="Сначала узнаем у кассы, пробит ли он.",
    action="Нажмите «Проверить ещё раз» или отложите возврат.",
)

CORRECT_IT_FIRST = Trouble(
    "От этого возврата уже нельзя отказаться: чек возврата пробит, хоть и на другую сумму.",
    money="Что вернулось на карту и счёт, записано. Наличные пока не выдавайте.",
    action="Нажмите «Исправить чек» или отложите возврат.",
)

MONEY_MAY_HAVE_GONE = Trouble(
    "От этого возврата уже нельзя отказаться: деньги могли уйти клиенту.",
    money="Сначала узнаем, ушли ли они.",
    action="Нажмите «Проверить ещё раз», ответьте на вопрос или отложите возврат.",
)

TOO_LATE = {
    RefundStage.RETURNING: MONEY_MAY_HAVE_GONE,
    RefundStage.CORRECTING: CORRECT_IT_FIRST,
}
"""Why a refund cannot be given up any more, by how far it has come."""

NOT_A_REFERENCE = Trouble(
    "Это не номер ссылки: в RRN двенадцать цифр.",
    money="Деньги клиенту не отправлены.",
    action="Найдите на слипе оплаты «RRN» или «Номер ссылки» и наберите его целиком.",
)

NO_WAY_BACK_HERE = Trouble(
    "Деньги возвращаются только тем же способом, а терминал или СБП к этой кассе не подключены.",
    money=_NOTHING_MOVED,
    action="Проведите возврат на кассе с терминалом.",
    say="Деньги вернутся тем же способом, каким вы платили, но не на этой кассе.",
)

NOT_AN_ORDER = Trouble(
    "Это не номер заказа и не чек.",
    money="С деньгами ничего не произошло.",
    action="Нажмите F9 ещё раз и сканируйте QR чека или накладную либо наберите номер заказа или ФД чека.",
)

OBSTACLES = {
    RefundObstacle.NOTHING_PAID: Trouble(
        "По этому заказу ничего не оплачено: возвращать нечего.",
        money="С деньгами ничего не произошло.",
    ),
    RefundObstacle.TAKEN_BACK: Trouble(
        "Чек этого заказа снят коррекцией, другого вместо него нет: возвращать по чеку нечего.",
        money=_NOTHING_MOVED,
        action="Отдавать ли деньги и как, решает бухгалтерия. Позвоните в поддержку и назовите номер заказа.",
        say="Чек этого заказа исправляли, я уточню, как вернуть деньги.",
    ),
    RefundObstacle.NOT_CASH: Trouble(
        "Заказ оплачен не наличными, а какой операцией, не записано: отсюда деньги не вернуть.",
        money=_NOTHING_MOVED,
        action="Так бывает с оплатой на сайте или в чужой программе. Позвоните в поддержку и назовите номер заказа.",
        say="Деньги вернутся тем же способом, каким вы платили; я уточню, как это сделать.",
    ),
}


def no_such_receipt(document: int) -> Trouble:
    """A number was typed that has not the shape of an order, and is that of no receipt, or of several."""
    return Trouble(
        f"Чек продажи ФД {document} у этой кассы не найден.",
        money="С деньгами ничего не произошло.",
        action="Нажмите F9 ещё раз и сканируйте QR чека или накладную либо наберите номер заказа.",
    )


def no_connection(why: Trouble) -> Trouble:
    """Without the order service nobody can tell whether the order was refunded elsewhere."""
    return Trouble(
        f"Без связи возврат не проводится: нельзя узнать, не вернули ли этот заказ на другой кассе. {why.what}",
        money=_NOTHING_MOVED,
        action="Проверьте сеть и повторите, когда появится связь.",
        say="Возврат оформим, как только появится связь. Можем позвонить вам.",
    )


def claim_unknown(why: Trouble) -> Trouble:
    """The answer to the claim is lost: the order may be ours to refund, and no money has moved."""
    return Trouble(
        "Не удалось узнать, разрешён ли возврат.",
        money=_NOTHING_MOVED,
        action=f"{why.action} Затем нажмите «Проверить ещё раз» или откажитесь от возврата.".strip(),
        say="Уточняю возврат в системе, подождите, пожалуйста.",
    )


def receipt_unknown(why: Trouble) -> Trouble:
    """Nobody can tell yet whether the receipt of the return is registered."""
    return Trouble(
        "Не удалось узнать, пробит ли чек возврата.",
        money="Деньги клиенту не выдавайте. Второй чек возврата не пробивается.",
        action=f"{why.action or why.what} Затем нажмите «Проверить ещё раз».",
        say="Чек возврата оформляется, это займёт немного времени.",
    )


def misregistered(theirs: Money, ours: Money) -> Trouble:
    """The register's return has another total; the next press of the same key corrects it."""
    return Trouble(
        f"Касса пробила чек возврата на {theirs}, а должна была на {ours}: его нужно исправить чеком коррекции.",
        money="Что вернулось на карту и счёт, записано. Наличные пока не выдавайте.",
        action="Позовите управляющего, он напишет служебную записку. «Исправить чек» снимет этот чек и пробьёт верный.",
        say="Касса ошиблась в чеке возврата, сейчас исправим.",
    )


def misregistered_still(theirs: Money, ours: Money, why: Trouble | None) -> Trouble:
    """The correction could not be finished now; what of it is registered stays so."""
    stopped = "" if why is None else f" {why.what}"
    told = "" if why is None or not why.action else f"{why.action} "
    return Trouble(
        f"Чек возврата на {theirs} вместо {ours} пока не исправлен.{stopped}",
        money="Дважды ничего не пробьётся и не вернётся. Наличные пока не выдавайте.",
        action=f"{told}Потом «Исправить чек»; не выходит — отложите возврат и скажите управляющему.",
        say="Касса ошиблась в чеке возврата, мы его исправим.",
    )


def about_receipt(why: Trouble) -> Trouble:
    """The register's trouble in the words of a refund: what it says of the money was meant for a sale."""
    return replace(why, money="Чек возврата не пробит. Деньги клиенту не выдавайте.")


def by_hand(back: Tender, why: Trouble | None) -> Trouble:
    """Money known by the cashier's word alone, which no call can name: what a person has to do, plainly."""
    signed = back.approval.signed_by.rstrip(".") if back.approval is not None else ""
    said = f"записаны со слов кассира ({signed})" if signed else "записаны без номера операции"
    if back.kind is TenderKind.SBP:
        answer = f" Банк ответил: «{why.what.rstrip('.')}»." if why is not None else ""
        return Trouble(
            f"{back.amount} по СБП {said}: касса вернуть их не может.{answer}",
            money="Не возвращайте дважды.",
            action="Верните перевод в кабинете банка и наберите возвращённую сумму. Не получилось — «Не вернули».",
            say="Возвращаем через банк, это займёт немного времени.",
        )
    return Trouble(
        f"{back.amount} картой {said}: RRN касса не знает.",
        money="Не возвращайте дважды.",
        action="Есть слип оплаты — наберите его RRN и нажмите Shift+F9: вернём через терминал."
        " Нет — сделайте возврат на самом терминале и наберите сумму.",
        say="Возвращаем на карту: пригодятся карта и слип оплаты.",
    )


def not_by_hand(back: Tender, *, may_be_given_up: bool) -> Trouble:
    """The cashier has signed that nothing went back by hand yet; whether all of the refund may be given up."""
    leave = "Либо отложите возврат или откажитесь от него." if may_be_given_up else "Либо отложите возврат."
    return Trouble(
        f"Записано: {back.amount} ещё не возвращены.",
        money="Деньги клиента у нас, чек возврата не пробит.",
        action=f"«Проверить ещё раз» — вернуть сейчас. {leave}",
        say="Возврат ещё не прошёл, сейчас разберёмся.",
    )
