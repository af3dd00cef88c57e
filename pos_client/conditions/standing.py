"""Which conditions are in force at this till, and whether an issue that has just come may follow them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pos_client.conditions.document import Conditions, applied, read
from pos_client.conditions.envelope import LONGEST, ConditionsError, OlderError, opened
from pos_client.conditions.shelf import Shelf
from pos_client.domain.joining import ConsentText
from pos_client.domain.receipt import ReceiptWords
from pos_client.settings import Settings

__all__ = ["Keeper", "Standing", "shelf_of"]

_CLOCKS_DIFFER: Final = timedelta(days=1)
"""Two honest clocks never differ by more; conditions issued later than that lie in the till's future."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a till goes by from this start to its end, whatever comes meanwhile."""

    own: Settings
    """As the till's file has them."""
    settings: Settings
    """The same with the conditions filled in."""
    conditions: Conditions | None = None
    complaints: tuple[str, ...] = ()
    """Russian sentences without their full stops: what is wrong with the conditions, for notice, log and doctor."""

    def receipt_words(self) -> ReceiptWords:
        """What receipts say of points."""
        return self.conditions.receipt_words() if self.conditions else ReceiptWords()

    def consents(self) -> tuple[ConsentText, ...]:
        """Texts of the consents from above; none where the till has its own."""
        return self.conditions.consents() if self.conditions else ()


def shelf_of(data: Path) -> Shelf:
    """Where a till with this data folder keeps its conditions."""
    return Shelf(data / "conditions")


class Keeper:
    """Judges conditions by the till's own settings and keeps the good ones; `settings` are those of its file."""

    def __init__(self, settings: Settings, shelf: Shelf) -> None:
        self._settings = settings
        self._shelf = shelf

    def at_start(self, now: datetime) -> Standing:
        """What is in force: the latest issue whose time has come. Whatever is wrong, the last good one goes on.

        Takes the file of the settings first, if one is named, and forgets what was replaced. Never raises for what a
        file holds.
        """
        complaints = []
        try:
            self._take_file(now)
        except ConditionsError as error:
            complaints.append(str(error))
        standing = self.look(now)
        if standing.conditions is not None:
            self._shelf.drop_below(standing.conditions.serial)
        return replace(standing, complaints=(*complaints, *standing.complaints))

    def look(self, now: datetime) -> Standing:
        """What is in force by what is kept. Changes nothing."""
        if not self._settings.conditions.expected:
            return Standing(self._settings, self._settings)
        complaints = []
        kept, damaged = self._kept()
        if damaged:
            complaints.append(f"Сохранённых файлов условий испорчено: {damaged}")
        chosen = _in_force(kept, now)
        if chosen is None:
            return Standing(self._settings, self._settings, None, (*complaints, *_why_none(kept)))
        if chosen.issued > now + _CLOCKS_DIFFER:
            complaints.append(_clock_is_behind(chosen))
        elif chosen.over(now):
            complaints.append(f"Срок условий № {chosen.serial} кончился {chosen.valid_till:%d.%m.%Y}, новых нет")
        return Standing(self._settings, applied(chosen, self._settings), chosen, tuple(complaints))

    def take(self, content: bytes, now: datetime) -> Conditions | None:
        """Keep an issue that has come; returns it when it is news, None when it is one that is kept already.

        Raises:
            ConditionsError: it is not good: not signed, not for this project, older than what is kept, out of date,
                from the till's future, or with a value that the settings do not take.
        """
        found = self.judged(content)
        kept, _ = self._kept()
        latest = max((one.serial for one in kept), default=0)
        if found.serial < latest:
            raise OlderError(f"Условия № {found.serial} старее принятых № {latest}: назад касса не возвращается")
        if found in kept:
            return None
        if found.serial == latest:
            raise ConditionsError(f"Условия № {found.serial} уже приняты с другим содержанием: новым нужен новый номер")
        if found.issued > now + _CLOCKS_DIFFER:
            raise ConditionsError(_clock_is_behind(found))
        if found.over(now):
            raise ConditionsError(f"Срок условий № {found.serial} уже кончился: {found.valid_till:%d.%m.%Y}")
        try:
            self._shelf.put(found.serial, content)
        except OSError as error:
            raise ConditionsError(f"Условия № {found.serial} не сохранены: {error.strerror}") from error
        return found

    def judged(self, content: bytes) -> Conditions:
        """Conditions that are signed, whole and meant for this till, whatever their time.

        Raises:
            ConditionsError: they are not.
        """
        section = self._settings.conditions
        found = read(opened(content, section.public_keys))
        if found.project != section.project:
            raise ConditionsError(f"Условия проекта «{found.project}», а касса работает в проекте «{section.project}»")
        applied(found, self._settings)
        return found

    def _take_file(self, now: datetime) -> None:
        name = self._settings.conditions.file
        if not name:
            return
        try:
            with Path(name).open("rb") as file:
                content = file.read(LONGEST + 1)
        except OSError as error:
            raise ConditionsError(f"Файл условий {name} не читается: {error.strerror}") from error
        try:
            self.take(content, now)
        except OlderError:
            # Where an address brings later issues, the file is only the first of them.
            if not self._settings.conditions.address:
                raise

    def _kept(self) -> tuple[list[Conditions], int]:
        kept, damaged = [], 0
        for content in self._shelf.all():
            try:
                kept.append(self.judged(content))
            except ConditionsError:
                damaged += 1
        return kept, damaged


def _in_force(kept: Sequence[Conditions], now: datetime) -> Conditions | None:
    in_time = [one for one in kept if one.begun(now)]
    if in_time:
        return max(in_time, key=lambda one: one.serial)
    # Nothing is taken from the till's future, so a clock behind the issue was set back since: the oldest was in force.
    taken_before = [one for one in kept if one.issued > now + _CLOCKS_DIFFER]
    return min(taken_before, key=lambda one: one.serial, default=None)


def _why_none(kept: Sequence[Conditions]) -> tuple[str, ...]:
    if not kept:
        return ("Условий от управляющей компании ещё нет: касса работает по своим настройкам",)
    first = min(kept, key=lambda one: one.serial)
    return (f"Условия № {first.serial} начнут действовать {first.valid_from:%d.%m.%Y}",)


def _clock_is_behind(conditions: Conditions) -> str:
    day = f"{conditions.issued:%d.%m.%Y}"
    return f"Часы кассы отстают: условия № {conditions.serial} выпущены {day}, позже, чем сейчас на кассе"
