"""What the counter itself says to the cashier when a gesture cannot be followed."""

from dataclasses import replace

from pos_client.domain.money import Money
from pos_client.domain.registrable import MOST_LINES, ReceiptObstacle
from pos_client.domain.returnable import ReturnSize
from pos_client.domain.sale import Trouble
from pos_client.ports import QueueFullError, RegisterState, ShiftState

__all__ = [
    "ANSWERS_DISAGREE",
    "CONTACT_IS_WRONG",
    "FINISH_FIRST",
    "NEVER_PAID",
    "NOT_CHARGED",
    "NOT_GONE_BACK",
    "NO_SUCH_CARD",
    "NO_SUCH_MEANS",
    "PARTS_ARE_WRONG",
    "POINTS_ARE_COMING_BACK",
    "PRICE_MOVED",
    "QUEUE_IS_FULL",
    "RETURN_AT_BANK",
    "RETURN_BY_HAND",
    "RETURN_NOT_KNOWN",
    "SUM_IS_WRONG",
    "UNFINISHED_SALE",
    "UNFINISHED_SALE_BEHIND",
    "UNKNOWN_CODE",
    "book_failed",
    "book_set_aside",
    "charged_other",
    "disk_failed",
    "not_given_back",
    "ofd_silent",
    "overpaid",
    "part_unreturnable",
    "queue_near_limit",
    "queue_salvaged",
    "receipt_impossible",
    "receipt_unknown",
    "register_attention",
    "return_unknown",
    "returned_other",
    "tender_declined",
    "tender_unknown",
]

NBSP = "\N{NO-BREAK SPACE}"
_LIMITED = {"count": "по числу операций", "amount": "по сумме", "age": "по возрасту старшей операции"}

FINISH_FIRST = Trouble(
    "Сначала закончим эту оплату.",
    money="Деньги и чек этой продажи записаны.",
    action="Дождитесь чека, потом сканируйте дальше.",
)

CONTACT_IS_WRONG = Trouble(
    "На такой адрес чек не отправить.",
    money="Деньги не проведены.",
    action="Введите телефон (+7…) или почту покупателя либо оставьте бумажный чек.",
)

SUM_IS_WRONG = Trouble(
    "Такую сумму принять нельзя.",
    money="Деньги не проведены.",
    action="Введите её заново: не больше остатка по заказу. Полученные наличные — не меньше суммы к оплате.",
)

QUEUE_IS_FULL = Trouble(
    "Очередь отправки заполнена: новую оплату принимать нельзя, так решил владелец кассы.",
    money="Оплата не проведена, прежние записаны и ничего не потеряно.",
    action="Откройте очередь (F12), отправьте или разберите её. Сообщите владельцу.",
    say="Одну минуту, у нас техническая заминка.",
)

PRICE_MOVED = Trouble(
    "Пока вы нажимали, заказ на экране изменился.",
    money="Деньги не проведены.",
    action="Проверьте сумму и примите оплату ещё раз.",
)

POINTS_ARE_COMING_BACK = Trouble(
    "Баллы прошлой попытки ещё возвращаются: новые на этот заказ не списать.",
    money="Деньги не затронуты.",
    action="Примите остаток деньгами.",
    say="Баллы прошлой попытки вернутся на счёт сами, остаток сейчас оплачивается без них.",
)

UNFINISHED_SALE = Trouble(
    "По этому заказу есть незавершённая продажа.",
    money="Деньги по ней записаны, второй раз брать их нельзя.",
    action="Доведите незавершённую продажу: она на первом экране.",
)

UNFINISHED_SALE_BEHIND = replace(
    UNFINISHED_SALE,
    action="Уберите текущий заказ (Esc) и доведите незавершённую продажу: она на первом экране.",
)

NO_SUCH_CARD = Trouble(
    "Такой карты в программе нет, клиент на стойке прежний.",
    money="С деньгами и заказом ничего не произошло.",
    action="Если это другой клиент, отсканируйте его CDEK ID или введите телефон (F2).",
)

UNKNOWN_CODE = Trouble(
    "Код не распознан.",
    money="С деньгами и заказом ничего не произошло.",
    action="Отсканируйте накладную или CDEK ID ещё раз либо введите номер вручную (F2).",
)


NO_SUCH_MEANS = Trouble(
    "Эта касса не принимает такую оплату: терминал или СБП не подключены.",
    money="Деньги не проведены.",
    action="Примите наличными.",
)

PARTS_ARE_WRONG = Trouble(
    "На столько частей эту сумму не разделить.",
    money="Деньги не проведены.",
    action="Назовите меньше частей.",
)

ANSWERS_DISAGREE = Trouble(
    "Ответы не сходятся: если слип есть, на нём есть и сумма, а если его нет, то нет и суммы.",
    money="Деньги этой оплаты пока не выяснены. Второй раз их не берём.",
    action="Посмотрите на терминал и ответьте ещё раз.",
)

NOT_CHARGED = Trouble("Проверили: оплата не прошла.")

NOT_GONE_BACK = Trouble("Проверили: возврат не прошёл.")

NEVER_PAID = Trouble("По этому QR-коду не заплатили, он больше не действует.")


def tender_declined(why: Trouble, approved: Money) -> Trouble:
    """A tender surely moved nothing; the customer decides how the rest is paid."""
    kept = f" Прошло раньше и записано: {approved}." if approved else ""
    return Trouble(
        why.what,
        money=f"По этой оплате деньги не списаны.{kept}",
        action="Выберите, чем платить остаток, или откажитесь от оплаты (Esc)"
        + (": прошедшее вернётся тем же способом." if approved else "."),
        say=why.say or "Оплата не прошла, деньги не списаны. Чем заплатите?",
    )


def tender_unknown(why: Trouble) -> Trouble:
    """Neither terminal nor bank could tell within the time for it."""
    return Trouble(
        "Не удалось узнать, прошла ли оплата.",
        money="Второй раз деньги не берём, пока это не выяснится.",
        action=f"{why.action or why.what} «Проверить ещё раз» спросит снова; если есть слип, ответьте на два вопроса.",
        say="Проверяю, прошла ли оплата. Второй раз карту прикладывать не нужно.",
    )


def overpaid(over: Money) -> Trouble:
    """Terminal or bank took more than is due."""
    return Trouble(
        f"Списано больше, чем нужно: на {over}.",
        money="Списанное записано. Чек на лишнее пробить нельзя.",
        action="Откажитесь от оплаты (Esc): деньги вернутся тем же способом. Потом примите оплату заново.",
        say="Сумма списана неверно, сейчас верну её.",
    )


def charged_other(asked: Money, moved: Money) -> Trouble:
    """Terminal or bank took another sum than it was asked for."""
    return Trouble(
        f"Списано {moved} вместо {asked}.",
        money="Записано столько, сколько списано.",
        action="Проверьте слип и выберите, как заплатить остаток.",
    )


def not_given_back(why: Trouble, amount: Money) -> Trouble:
    """Money has surely not gone back yet. Of `why` only the reason is told: its advice is about taking money."""
    return Trouble(
        f"Вернуть {amount} пока не удалось: {why.what}",
        money="Деньги клиента у нас, это записано и не забудется.",
        action="«Проверить ещё раз» повторит возврат. Не выходит — отложите (Esc): довести его можно позже.",
        say="Возврат ещё не прошёл, сейчас повторю.",
    )


def return_unknown(why: Trouble, amount: Money) -> Trouble:
    """Nobody could tell whether money has gone back."""
    return Trouble(
        f"Не удалось узнать, вернулись ли {amount}.",
        money="Второй раз не возвращаем, пока это не выяснится.",
        action=f"{why.action or why.what} «Проверить ещё раз» спросит снова; есть слип возврата — ответьте на вопросы.",
        say="Проверяю, прошёл ли возврат.",
    )


RETURN_NOT_KNOWN = Trouble("Ни терминал, ни банк не говорят, прошёл ли возврат.")


def returned_other(why: Trouble, amount: Money) -> Trouble:
    """Terminal or bank gave back another sum than it was asked for, as `why` tells."""
    return Trouble(
        f"Вернуть нужно было {amount}, а прошла другая сумма. {why.what}",
        money="Второй раз не возвращаем, пока это не выяснится.",
        action="Сохраните слип и позвоните в поддержку банка. «Слипа нет» не нажимайте: отложите (Esc).",
        say="Сумма возврата на терминале не та, мы сейчас это исправим.",
    )


RETURN_AT_BANK = Trouble(
    "Банк не находит этот перевод: касса не может вернуть его сама.",
    action="Верните его в кабинете банка, затем ответьте, вернулись ли деньги.",
)

RETURN_BY_HAND = Trouble(
    "Номер операции неизвестен: касса не может вернуть эту оплату сама.",
    action="Сделайте возврат на самом терминале, затем ответьте, есть ли слип возврата.",
)


def receipt_unknown(why: Trouble) -> Trouble:
    """Nobody can tell yet whether the receipt is registered."""
    return Trouble(
        "Не удалось узнать, прошёл ли чек.",
        money="Деньги приняты и записаны. Второй чек не пробивается.",
        action=f"{why.action or why.what} Затем нажмите «Проверить ещё раз».",
        say="Чек оформляется, это займёт немного времени.",
    )


_BY_THE_SHOP = "Денег не берите. Назовите номер заказа поддержке: данные продавца должен заполнить магазин."
_NO_RECEIPT = {
    ReceiptObstacle.TOO_MANY_LINES: (
        f"В чеке этого заказа больше {MOST_LINES} позиций: касса такой чек не пробьёт.",
        "Денег не берите. Назовите номер заказа поддержке: его нужно разделить.",
    ),
    ReceiptObstacle.SELLER_UNKNOWN: (
        "Не указаны имя или телефон продавца товаров: без них касса платёжного агента чек не пробьёт.",
        _BY_THE_SHOP,
    ),
    ReceiptObstacle.SELLER_INN: (
        "ИНН продавца товаров указан с ошибкой: чек с ним не пробить.",
        _BY_THE_SHOP,
    ),
    ReceiptObstacle.SELLER_NAME: (
        "Название продавца товаров длиннее, чем помещается в чек.",
        _BY_THE_SHOP,
    ),
    ReceiptObstacle.TOO_LONG: (
        "Чек этого заказа больше, чем помещается в фискальный накопитель: касса его не пробьёт.",
        "Денег не берите. Назовите номер заказа поддержке: его нужно разделить.",
    ),
    ReceiptObstacle.CASHIER_NAME: (
        "Имя кассира в настройках пусто или длиннее 64 знаков: касса такой чек не пробьёт.",
        "Денег не берите. Исправьте cashier в разделе [till] настроек и перезапустите кассу.",
    ),
}


def receipt_impossible(obstacle: ReceiptObstacle) -> Trouble:
    """No register would take the receipt of this order, so its money is not taken either."""
    what, action = _NO_RECEIPT[obstacle]
    return Trouble(what, money="Оплата не проведена.", action=action, say="Этот заказ пока не оплатить, мы уточняем.")


def part_unreturnable(size: ReturnSize, *, moved: Money, whole_is_possible: bool) -> Trouble:
    """The order could not be returned by one document after this visit; `moved` is what of it has moved already."""
    many = f"в чеке возврата этого заказа стало бы больше {MOST_LINES} позиций"
    long = "чек возврата этого заказа не поместился бы в фискальный накопитель"
    now = "Примите весь остаток сразу" if whole_is_possible else "Примите остаток при выдаче посылки"
    otherwise = "откажитесь (Esc), прошедшее вернётся" if moved else "верните прежние оплаты (F9) и примите всё разом"
    return Trouble(
        f"Ещё одну часть принять нельзя: {many if size.lines > MOST_LINES else long}.",
        money=f"Прошло и записано: {moved}." if moved else "Оплата не проведена.",
        action=f"{now} или {otherwise}.",
        say="Этот заказ частями больше не оплатить, можно внести весь остаток сразу."
        if whole_is_possible
        else "Остаток по этому заказу можно внести, когда посылка придёт.",
    )


def disk_failed(error: OSError) -> Trouble:
    """The journal or the queue could not be written, or the shop lets nothing more wait in the queue."""
    if isinstance(error, QueueFullError):
        return Trouble(
            f"{error} Больше ждать отправки нельзя: так решил владелец кассы.",
            money="Продажа записана на этой кассе: ничего не потеряно и дважды не проводится.",
            action="Откройте очередь (F12), отправьте или разберите её и повторите. Сообщите владельцу.",
            say="Одну минуту, у нас техническая заминка.",
        )
    return Trouble(
        "Не удаётся записать продажу на диск.",
        money="Без записи касса дальше не идёт: ничего не потеряно и дважды не проводится.",
        action=f"Освободите место и повторите. Не помогло — в поддержку: «{error.strerror or 'ошибка диска'}».",
        say="Одну минуту, у нас техническая заминка.",
    )


def queue_near_limit(limit: str, share: float) -> Trouble:
    """A share (1.0 is all) of the shop's limit of the queue is used up: `count`, `amount` or `age`."""
    what = _LIMITED.get(limit, limit)
    used = f"{what} — {int(share * 100)}{NBSP}% предела"
    return Trouble(
        f"Очередь отправки {'заполнена' if share >= 1.0 else 'скоро заполнится'}: {used}.",
        money="Деньги и чеки записаны, ничего не потеряно.",
        action="Откройте очередь (F12): проверьте связь и разберите отказы. Не убывает — сообщите владельцу.",
        say="Оплата и чек в порядке, отметка в заказе и баллы придут позже.",
    )


def queue_salvaged(read: int, damaged: int, lost: int, kept_as: str) -> Trouble:
    """The file of the queue was damaged: so many entries go on, wait for a person, or are only known by name."""
    some = damaged or lost
    parts = (f"прочитано {read}", f"частично {damaged}" if damaged else "", f"не прочитано {lost}" if lost else "")
    what = ", ".join(part for part in parts if part)
    known = "Прочитанные частично стоят в очереди (F12) первыми. " if damaged else ""
    return Trouble(
        f"Файл очереди был повреждён и восстановлен: {what}.",
        money="Деньги и чеки записаны отдельно, в журнале кассы и в ККТ.",
        action=f"{known}Сообщите в поддержку, назовите файл {kept_as}."
        if some
        else "Продолжайте работу. Если повторится, проверьте диск компьютера.",
        say="Оплата и чек в порядке." + (" Баллы за прошлые заказы мы уточним." if some else ""),
    )


def book_failed(error: OSError) -> Trouble:
    """Points owed cannot be written down or looked up just now; nothing else depends on it."""
    why = str(error.strerror or error).rstrip(".")
    return Trouble(
        "Обещанные баллы сейчас не записать и не проверить.",
        money="Продажи идут как обычно. Баллы за них начислятся, запись о них касса восстановит сама.",
        action=f"Освободите место на диске. Не помогло — в поддержку: «{why}».",
    )


def book_set_aside(kept_as: str) -> Trouble:
    """The file of debts and consents was damaged; a new one was begun beside it."""
    return Trouble(
        "Книга долгов и согласий была повреждена, начата новая.",
        money="Продажи и чеки записаны отдельно. Баллы начислятся: то, что ждёт отправки, касса впишет снова.",
        action=f"Сообщите в поддержку и сохраните файл {kept_as}: в нём согласия клиентов.",
    )


def register_attention(state: RegisterState) -> Trouble | None:
    """What a person has to do at the register before the next receipt; None when it is ready."""
    if not state.paper:
        return Trouble("В ККТ кончилась бумага.", action="Вставьте новый рулон.")
    if not state.cover_closed:
        return Trouble("Открыта крышка ККТ.", action="Закройте крышку.")
    if state.shift is ShiftState.EXPIRED:
        return Trouble(
            "Смена открыта больше 24 часов: ККТ не пробьёт чек.",
            action="Закройте смену на ККТ. Новая откроется с первым чеком.",
        )
    return None


def ofd_silent(unsent: int, days: int) -> Trouble:
    """Documents wait for the OFD; after thirty days the fiscal storage locks the register."""
    return Trouble(
        f"В ОФД не передано чеков: {unsent}, старшему {days} дн.",
        money="Чеки пробиты и хранятся в ККТ.",
        action=f"Проверьте связь ККТ с интернетом: через {max(30 - days, 0)} дн. ККТ заблокируется.",
    )
