"""Asks for new conditions while the till works; what comes is kept for the next start, never used in a sale."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

from pos_client.adapters.conditions_source import ConditionsSource
from pos_client.adapters.transport import Wire
from pos_client.conditions.document import Conditions
from pos_client.conditions.envelope import ConditionsError
from pos_client.conditions.standing import Keeper, Standing, shelf_of
from pos_client.domain.sale import Trouble
from pos_client.ports import Clock, PosError

__all__ = ["Refresher", "complaint_words", "refresher"]

log = logging.getLogger(__name__)

_HOUR: Final = 3600.0
_AGAIN_AFTER: Final = 300.0
"""Seconds after a question that nobody answered."""


class Refresher:
    """Asks at once and then by the hour. `tell` shows a notice and says whether it could; nothing is told twice.

    Without a source it only tells what was wrong at the start.
    """

    def __init__(
        self,
        source: ConditionsSource | None,
        keeper: Keeper,
        standing: Standing,
        *,
        now: Clock,
        every: float,
        tell: Callable[[Trouble], bool],
    ) -> None:
        self._source = source
        self._keeper = keeper
        self._now = now
        self._every = every
        self._tell = tell
        self._in_force = standing.conditions.serial if standing.conditions else 0
        self._etag = ""
        self._unsaid: list[Trouble] = []
        self._known: set[str] = set()
        for complaint in standing.complaints:
            self._news(complaint_words(complaint, self._in_force))

    async def run(self) -> NoReturn:
        """Until cancelled."""
        try:
            while True:
                answered = await self.look()
                await asyncio.sleep(self._every if answered else min(self._every, _AGAIN_AFTER))
        finally:
            if self._source is not None:
                await self._source.close()

    async def look(self) -> bool:
        """Ask once; returns whether there was an answer, good or not."""
        try:
            issue = await self._source.latest(self._etag) if self._source else None
        except PosError as error:
            log.info("no answer about conditions: %s", error.detail)
            self._say()
            return False
        if issue is not None:
            try:
                # Writing to the disk is short; in a thread it could outlive the till.
                news = self._keeper.take(issue.content, self._now())
            except ConditionsError as error:
                self._news(complaint_words(str(error), self._in_force))
            else:
                # Only what was good need not be sent again.
                self._etag = issue.etag
                if news is not None:
                    self._news(_new_issue(news, self._now()))
        self._say()
        return True

    def _news(self, trouble: Trouble) -> None:
        if trouble.what in self._known:
            return
        self._known.add(trouble.what)
        log.warning("conditions: %s", trouble.what)
        self._unsaid.append(trouble)

    def _say(self) -> None:
        while self._unsaid and self._tell(self._unsaid[0]):
            self._unsaid.pop(0)


def refresher(
    standing: Standing, data: Path, *, now: Clock, wire: Wire | None, tell: Callable[[Trouble], bool]
) -> Refresher | None:
    """What asks and tells for a till with this data folder; None when it follows nobody."""
    section = standing.own.conditions
    if not section.expected:
        return None
    return Refresher(
        ConditionsSource(section.address, wire=wire) if section.address else None,
        Keeper(standing.own, shelf_of(data)),
        standing,
        now=now,
        every=section.refresh_hours * _HOUR,
        tell=tell,
    )


def complaint_words(complaint: str, in_force: int) -> Trouble:
    """A complaint about conditions as a notice; serial `in_force` goes on, 0 is the till's own settings."""
    goes_on = f"Действуют условия № {in_force}." if in_force else "Касса работает по своим настройкам."
    return Trouble(f"{complaint}.", goes_on, "Продавайте как обычно и сообщите владельцу точки.")


def _new_issue(conditions: Conditions, now: datetime) -> Trouble:
    if not conditions.begun(now):
        day = f"{conditions.valid_from:%d.%m.%Y}"
        return Trouble(
            f"Новые условия № {conditions.serial} получены, они начнут действовать {day}.",
            "До этого дня всё идёт по прежним условиям.",
            "Перезапустите кассу в этот день перед работой.",
        )
    return Trouble(
        f"Новые условия № {conditions.serial} действуют со следующего запуска.",
        "Начатые продажи идут по прежним условиям.",
        "Перезапустите кассу, когда не будет клиентов.",
    )
