"""What the counter itself says to the cashier when a gesture cannot be followed."""

from pos_client.domain.sale import Trouble
from pos_client.ports import QueueFullError, RegisterState, ShiftState

__all__ = [
    "FINISH_FIRST",
    "POINTS_ARE_COMING_BACK",
    "PRICE_MOVED",
    "QUEUE_IS_FULL",
    "SUM_IS_WRONG",
    "UNFINISHED_SALE",
    "UNKNOWN_CODE",
    "disk_failed",
    "ofd_silent",
    "queue_near_limit",
    "queue_salvaged",
    "receipt_unknown",
    "register_attention",
]

NBSP = "\N{NO-BREAK SPACE}"
_LIMITED = {"count": "по числу операций", "amount": "по сумме", "age": "по возрасту старшей операции"}

FINISH_FIRST = Trouble(
    "Сначала закончим эту оплату.",
    money="Деньги и чек этой продажи записаны.",
    action="Дождитесь чека, потом сканируйте дальше.",
)

SUM_IS_WRONG = Trouble(
    "Такую сумму принять нельзя.",
    money="Деньги не проведены.",
    action="Введите сумму не больше остатка по заказу и не меньше оплачиваемой части.",
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
    action="Уберите текущий заказ (Esc) и доведите незавершённую продажу: она на первом экране.",
)

UNKNOWN_CODE = Trouble(
    "Код не распознан.",
    money="С деньгами и заказом ничего не произошло.",
    action="Отсканируйте накладную или CDEK ID ещё раз либо введите номер вручную (F2).",
)


def receipt_unknown(why: Trouble) -> Trouble:
    """Nobody can tell yet whether the receipt is registered."""
    return Trouble(
        "Не удалось узнать, прошёл ли чек.",
        money="Деньги приняты и записаны. Второй чек не пробивается.",
        action=f"{why.action or why.what} Затем нажмите «Проверить ещё раз».",
        say="Чек оформляется, это займёт немного времени.",
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
