"""`pos-client correct`: takes a wrong receipt back and registers the right one, while no till runs on its folder."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pos_client.app import StartError, Till, make_cipher
from pos_client.conditions.standing import Keeper, shelf_of
from pos_client.domain.correction import Correction
from pos_client.domain.sale import Cashier, Trouble
from pos_client.places import data_folder, key_file
from pos_client.ports import RefusedError
from pos_client.services import real_time
from pos_client.settings import SettingsError, load

__all__ = ["Wanted", "main"]

_GOOD, _BAD, _WRONG_USE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which document, and what is wrong with it. `undo`: it should not be at all. An empty `fn` means any storage."""

    number: int
    fn: str = ""
    undo: bool = False
    why: str = ""


def main(config: Path | None, wanted: Wanted, tell: Callable[[str], None]) -> int:
    """Correct a document; the exit code is 0 when it is right now, 1 when not, 2 when nothing was begun."""
    if wanted.undo and not wanted.why:
        tell("Чек снимается без замены: назовите причину (--why).")
        return _WRONG_USE
    try:
        return asyncio.run(_correct(config, wanted, tell))
    except (SettingsError, StartError) as error:
        tell(str(error))
    except RefusedError as error:
        tell(_in_words(error.trouble))
    except OSError as error:
        tell(f"Журнал кассы не пишется: {error.strerror or error}. Повторите команду: ничто не пробьётся дважды.")
        return _BAD
    return _WRONG_USE


async def _correct(config: Path | None, wanted: Wanted, tell: Callable[[str], None]) -> int:
    settings = load(config)
    folder = data_folder(settings.till.data_folder)
    if not folder.is_dir():
        raise StartError(f"Папки данных {folder} нет: здесь касса ничего не продавала.")
    standing = Keeper(settings, shelf_of(folder)).at_start(real_time())
    cipher = make_cipher(standing.settings, key_file(), training=False)
    cashier = Cashier(settings.till.cashier, settings.till.cashier_inn)
    # Whoever opens the till's queue holds the folder: a till that runs there refuses, and none can start meanwhile.
    async with Till(standing.settings, folder, training=False, cipher=cipher, standing=standing) as till:
        correction = await till.corrections.correct_sale(
            wanted.number, cashier=cashier, fn=wanted.fn, undo=wanted.undo, why=wanted.why
        )
    tell(_outcome(correction))
    return _BAD if correction.is_open else _GOOD


def _outcome(correction: Correction) -> str:
    number, made = correction.wrong.number, [document.number for document in correction.documents]
    if not correction.is_open:
        documents = [f"№ {made[0]} снимает его", *(f"№ {one} говорит верно" for one in made[1:])]
        return f"Чек № {number} исправлен: {', '.join(documents)}."
    why = f" {_in_words(correction.trouble)}" if correction.trouble is not None else ""
    return f"Коррекция чека № {number} не закончена.{why} Повторите команду: ничто не пробьётся дважды."


def _in_words(trouble: Trouble) -> str:
    return " ".join(word for word in (trouble.what, trouble.action) if word)
