"""What is said of wrong fiscal documents and their corrections, at the counter and at the command line."""

from pos_client.domain.money import Money
from pos_client.domain.sale import Trouble

__all__ = [
    "being_put_right",
    "corrected_already",
    "correction_stuck",
    "misregistered",
    "misregistered_still",
    "no_such_document",
    "nothing_to_correct",
    "returned_already",
    "taken_back_already",
    "which_storage",
]

_ONLY_DOCUMENTS = "Ничего не пробито, деньги не затронуты."


def misregistered(theirs: Money, ours: Money) -> Trouble:
    """The register's document has another total; the next press of the same key corrects it."""
    return Trouble(
        f"Касса пробила чек на {theirs}, а должна была на {ours}: его нужно исправить чеком коррекции.",
        money="Деньги приняты и записаны. Второй раз их не берём.",
        action="Позовите управляющего, он напишет служебную записку. «Исправить чек» снимет этот чек и пробьёт верный.",
        say="Касса ошиблась в чеке, сейчас исправим. Платить ещё раз не нужно.",
    )


def misregistered_still(theirs: Money, ours: Money, why: Trouble | None) -> Trouble:
    """The correction could not be finished now; what of it is registered stays so."""
    stopped = "" if why is None else f" {why.what}"
    told = "" if why is None or not why.action else f"{why.action} "
    return Trouble(
        f"Чек на {theirs} вместо {ours} пока не исправлен.{stopped}",
        money="Деньги приняты и записаны. Дважды ничего не пробьётся и не спишется.",
        action=f"{told}Потом «Исправить чек»; не выходит — отложите продажу и скажите управляющему.",
        say="Касса ошиблась в чеке, мы его исправим. Платить ещё раз не нужно.",
    )


def no_such_document(number: int) -> Trouble:
    """Nothing that this till sold was registered under this number."""
    return Trouble(
        f"Чека продажи № {number} у этой кассы нет, а исправляет она только чеки своих продаж.",
        money=_ONLY_DOCUMENTS,
        action="Проверьте номер ФД. Чек другой кассы исправьте этой же командой на ней: её номер ФН есть на чеке. "
        "Чек возврата или коррекции исправляет бухгалтерия.",
    )


def being_put_right(number: int) -> Trouble:
    """The till has found by itself that this document is wrong, and a sale or a refund waits for its correction."""
    return Trouble(
        f"Чек № {number} эта касса уже исправляет сама: операция с ним не закончена.",
        money="Эта команда ничего не пробила, деньги не затронуты.",
        action="Запустите кассу, откройте незаконченную операцию с этим чеком и нажмите «Исправить чек».",
    )


def which_storage(number: int, storages: list[str]) -> Trouble:
    """A till that has had two fiscal storages has two documents of the same number."""
    return Trouble(
        f"Чеков продажи № {number} несколько: ФН {', '.join(storages)}.",
        money=_ONLY_DOCUMENTS,
        action="Назовите и номер фискального накопителя: --fn.",
    )


def nothing_to_correct(number: int) -> Trouble:
    """The same sale would get the same receipt today."""
    return Trouble(
        f"Чек № {number} и по нынешним правилам был бы таким же: исправлять нечего.",
        money=_ONLY_DOCUMENTS,
        action="Сначала исправьте настройки. Если чека не должно быть вовсе, назовите --undo и причину.",
    )


def corrected_already(number: int, right: int) -> Trouble:
    """The named document was taken back long ago; what stands now is another."""
    return Trouble(
        f"Чек № {number} уже исправлен: вместо него пробит № {right}.",
        money=_ONLY_DOCUMENTS,
        action=f"Если неверен и он, повторите команду с его номером: {right}.",
    )


def taken_back_already(number: int) -> Trouble:
    """The named document was taken back, and its correction has ended: it will not register another."""
    return Trouble(
        f"Чек № {number} уже снят коррекцией, и другого вместо него нет.",
        money=_ONLY_DOCUMENTS,
        action="Если чек всё же нужен, его пробивает бухгалтерия: назовите ей этот номер.",
    )


def returned_already(number: int) -> Trouble:
    """The return has taken the document back, by the lines that it has."""
    return Trouble(
        f"Заказ, к которому относится чек № {number}, уже возвращён или возвращается: чек снят возвратом.",
        money=_ONLY_DOCUMENTS,
        action="Если неверны и чек продажи, и чек возврата, их исправляет бухгалтерия: назовите ей оба номера.",
    )


def correction_stuck(number: int, why: Trouble) -> Trouble:
    """A correction is begun, and a step of it is left."""
    return Trouble(
        f"Коррекция чека № {number} не закончена. {why.what}",
        money="Она записана: ни один документ не пробьётся дважды. Деньги не затронуты.",
        action=why.action,
    )
