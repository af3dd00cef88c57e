"""`pos-client correct`: takes a wrong receipt back and registers the right one, while no till runs on its folder."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pos_client.app import StartError, Till, make_cipher
from pos_client.conditions.standing import Keeper, shelf_of
from pos_client.domain.correction import Correction
from pos_client.domain.sale import Cashier, Trouble
from pos_client.places import data_folder, key_file
from pos_client.ports import QueueFullError, RefusedError
from pos_client.services import real_time
from pos_client.settings import Settings, SettingsError, load

__all__ = ["Place", "Wanted", "main", "real_place"]

_GOOD, _BAD, _WRONG_USE = 0, 1, 2
_TELL_WITHIN = 5.0
"""Seconds that the command waits for the order service to hear of it: until then other tills know the wrong receipt."""
_LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which document, and what is wrong with it. `undo`: it should not be at all. An empty `fn` means any storage."""

    number: int
    fn: str = ""
    undo: bool = False
    why: str = ""
    paper: int | None = None
    """The answer to what an earlier try has asked: the number on the paper of its correction, 0 for no paper."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the till is that sold: its settings of today, its data, the key of its queue."""

    settings: Settings
    folder: Path
    key: Path
    training: bool = False


def real_place(config: Path | None) -> Place:
    """The real till of this computer.

    Raises:
        SettingsError: its settings cannot be read.
    """
    settings = load(config)
    return Place(settings, data_folder(settings.till.data_folder), key_file())


def main(place: Callable[[], Place], wanted: Wanted, tell: Callable[[str], None]) -> int:
    """Correct a document; the exit code is 0 when it is right now, 1 when not, 2 when nothing was begun."""
    if wanted.undo and not wanted.why:
        tell("Чек снимается без замены: назовите причину (--why).")
        return _WRONG_USE
    try:
        return asyncio.run(_correct(place(), wanted, tell))
    except (SettingsError, StartError) as error:
        tell(str(error))
    except RefusedError as error:
        tell(_in_words(error.trouble))
    except QueueFullError as error:
        tell(f"Чек исправлен, но сервису заказов об этом пока не сказать. {error} Разберите её в кассе (F12).")
        return _BAD
    except OSError as error:
        tell(f"Журнал кассы не пишется: {error.strerror or error}. Повторите команду: ничто не пробьётся дважды.")
        return _BAD
    return _WRONG_USE


async def _correct(place: Place, wanted: Wanted, tell: Callable[[str], None]) -> int:
    if not place.folder.is_dir():
        raise StartError(f"Папки данных {place.folder} нет: здесь касса ничего не продавала.")
    standing = Keeper(place.settings, shelf_of(place.folder)).at_start(real_time())
    cipher = make_cipher(standing.settings, place.key, training=place.training)
    cashier = Cashier(standing.settings.till.cashier, standing.settings.till.cashier_inn)
    # Whoever opens the till's queue holds the folder: a till that runs there refuses, and none can start meanwhile.
    async with Till(standing.settings, place.folder, training=place.training, cipher=cipher, standing=standing) as till:
        correction = await _corrected(till, wanted, cashier)
        heard = await _heard(till, by=cashier.name)
    tell(_outcome(correction, heard=heard))
    return _BAD if correction.is_open else _GOOD


async def _corrected(till: Till, wanted: Wanted, cashier: Cashier) -> Correction:
    if wanted.paper is None:
        return await till.corrections.correct_sale(
            wanted.number, cashier=cashier, fn=wanted.fn, undo=wanted.undo, why=wanted.why
        )
    at = till.outside.clock()
    return await till.corrections.testify(wanted.number, wanted.paper, by=cashier.name, at=at, fn=wanted.fn)


async def _heard(till: Till, *, by: str) -> bool:
    """Whether the order service knows of everything that this till has corrected; waits for it a little."""
    outbox = till.outside.outbox
    waiting = [entry.key for entry in outbox.entries() if entry.of_correction]
    if not waiting:
        return True
    work = asyncio.create_task(till.deliver(), name="courier")
    try:
        # The courier knows its lanes after its first look: what they left yesterday is hurried then.
        await asyncio.sleep(_LOOK_EVERY)
        for key in waiting:
            outbox.retry(key, by=by)
        with suppress(TimeoutError):
            async with asyncio.timeout(_TELL_WITHIN):
                while any(entry.of_correction and not entry.needs_human for entry in outbox.entries()):  # noqa: ASYNC110 - the queue rings for the till alone
                    await asyncio.sleep(_LOOK_EVERY)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    return not any(entry.of_correction for entry in outbox.entries())


def _outcome(correction: Correction, *, heard: bool) -> str:
    number, made = correction.wrong.number, [document.number for document in correction.documents]
    if not correction.is_open:
        documents = [f"№ {made[0]} снимает его", *(f"№ {one} говорит верно" for one in made[1:])]
        return f"Чек № {number} исправлен: {', '.join(documents)}.{'' if heard else _UNHEARD}"
    why = f" {_in_words(correction.trouble)}" if correction.trouble is not None else ""
    step = correction.fiscal
    asked = _ASKED if step is not None and step.doubted else ""
    return f"Коррекция чека № {number} не закончена.{why} Повторите команду: ничто не пробьётся дважды.{asked}"


def _in_words(trouble: Trouble) -> str:
    return " ".join(word for word in (trouble.what, trouble.action) if word)


_ASKED = (
    " Если касса и тогда не скажет, посмотрите сами: вышел чек коррекции — повторите с его номером ФД (--paper НОМЕР),"
    " не вышел — с подписью, что его нет (--no-paper)."
)
_UNHEARD = (
    " Сервис заказов этого ещё не знает, касса скажет ему при запуске: до тех пор не возвращайте заказ на другой кассе."
)
