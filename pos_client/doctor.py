"""`pos-client doctor`: is everything there that a till needs, and if not, what is missing, in one page."""

import asyncio
import json
import platform
import shutil
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from pos_client.adapters.books import examine as examine_books
from pos_client.adapters.conditions_source import ConditionsSource
from pos_client.adapters.journal import examine as examine_journal
from pos_client.adapters.outbox import examine as examine_queue
from pos_client.adapters.processing import authorization
from pos_client.adapters.project_check import ProjectCheck
from pos_client.adapters.receipt_json import AGENTS
from pos_client.adapters.transport import Transport
from pos_client.conditions.document import Conditions
from pos_client.conditions.envelope import ConditionsError
from pos_client.conditions.standing import Keeper, Standing, shelf_of
from pos_client.domain.terms import Agent
from pos_client.places import data_folder, settings_file
from pos_client.ports import PosError, Service
from pos_client.services import Services, real_time
from pos_client.settings import RegisterSection, Settings, SettingsError, load

__all__ = ["Finding", "examine", "is_healthy", "report"]

_MEGABYTE = 1_000_000
_ENOUGH_ROOM_MB = 200
_WITHIN = 5.0
_SOON = timedelta(days=14)
_LIBRARIES = ("PySide6-Essentials", "qasync", "httpx", "pydantic", "platformdirs")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `good` None means that it could not be told. `todo` is what to do about it."""

    about: str
    good: bool | None
    words: str
    todo: str = ""


async def examine(config: Path | None, member: str = "") -> list[Finding]:
    """Look at everything; a thing that cannot be looked at is a bad finding, never an exception.

    `member` is the CDEK ID of a real member of the programme, by whom more of a project can be seen.
    """
    findings = [_versions()]
    try:
        settings = load(config)
    except SettingsError as error:
        return [*findings, Finding("Настройки", good=False, words=str(error))]
    findings.append(Finding("Настройки", good=True, words=str(config or settings_file())))
    folder = data_folder(settings.till.data_folder)
    findings += _disk(folder)
    standing, conditions = await _conditions(settings, folder)
    findings += [*conditions, *_requisites(standing.settings.cash_register)]
    return [*findings, *await _services(standing.settings), *await _project(standing.settings, member)]


def is_healthy(findings: Sequence[Finding]) -> bool:
    """Whether nothing is known to be wrong."""
    return all(finding.good is not False for finding in findings)


def report(findings: Sequence[Finding], *, as_json: bool) -> str:
    """The findings for a person, or for a program."""
    if as_json:
        found = {"healthy": is_healthy(findings), "findings": [asdict(one) for one in findings]}
        return json.dumps(found, ensure_ascii=False)
    return "\n".join(_line(one) for one in findings)


def _line(one: Finding) -> str:
    sign = {True: "✓", False: "✗", None: "?"}[one.good]
    return f"{sign} {one.about}: {one.words}" + (f" → {one.todo}" if one.todo else "")


def _versions() -> Finding:
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in _LIBRARIES)
    words = (
        f"касса {metadata.version('pos-client')}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {libraries}, {platform.platform()}"
    )
    return Finding("Версии", sys.version_info >= (3, 11), words)


def _disk(folder: Path) -> list[Finding]:
    if not folder.exists():
        return [Finding("Папка данных", good=True, words=f"{folder}: появится при первом запуске")]
    room = shutil.disk_usage(folder).free // _MEGABYTE
    findings = [Finding("Папка данных", room >= _ENOUGH_ROOM_MB, f"{folder}: свободно {room} МБ")]
    journal, queue, books = (folder / f"{name}.sqlite3" for name in ("journal", "outbox", "books"))
    if journal.exists():
        findings.append(_journal(journal))
    if queue.exists():
        findings.append(_queue(queue))
    if books.exists():
        findings.append(_books(books))
    return findings


def _journal(path: Path) -> Finding:
    try:
        found = examine_journal(path)
    except OSError as error:
        return Finding("Журнал продаж", good=False, words=str(error))
    return Finding("Журнал продаж", found.wrong is None, found.wrong or f"цел, незавершённых: {found.unfinished}")


def _queue(path: Path) -> Finding:
    try:
        found = examine_queue(path)
    except OSError as error:
        return Finding("Очередь отправки", good=False, words=str(error))
    words = f"ждут {found.count} на {found.amount}, нужен человек: {found.needs_human}"
    return Finding("Очередь отправки", found.needs_human == 0, words)


def _books(path: Path) -> Finding:
    try:
        found = examine_books(path)
    except OSError as error:
        return Finding("Книга долгов", good=False, words=str(error))
    return Finding("Книга долгов", found.wrong is None, found.wrong or f"цела, баллы ещё обещаны: {found.owed}")


async def _conditions(settings: Settings, folder: Path) -> tuple[Standing, list[Finding]]:
    """What the next start would go by, rehearsed on a copy: the till's own shelf stays as it is."""
    section, now = settings.conditions, real_time()
    with TemporaryDirectory(prefix="pos-doctor-") as scratch:
        shelf, copy = shelf_of(folder), shelf_of(Path(scratch))
        if shelf.folder.is_dir():
            shutil.copytree(shelf.folder, copy.folder)
        keeper = Keeper(settings, copy)
        standing = keeper.at_start(now)
        if not section.expected:
            return standing, [Finding("Условия", good=True, words="не заданы, касса работает по своим настройкам")]
        findings = [Finding("Условия", False, one, "Сообщите управляющей компании.") for one in standing.complaints]
        if standing.conditions is not None:
            findings.insert(0, _age(standing.conditions, now))
        if section.address:
            findings.append(await _published(keeper, section.address, now))
    return standing, findings


def _requisites(register: RegisterSection) -> list[Finding]:
    """What a receipt must state, and what nobody but the register's registration can state if the settings do not."""
    about, from_register = "Реквизиты чеков", "касса не передаёт, нужно в регистрации ККТ"
    missing = []
    if not register.sender_email:
        missing.append(("адрес отправителя чеков (тег 1117)", "sender_email"))
    if Agent(AGENTS[register.agent]).is_paying and not register.agent_phone:
        missing.append(("телефон платёжного агента (тег 1073)", "agent_phone"))
    return [
        Finding(
            about, None, f"{what}: {from_register}", f"Проверьте регистрацию ККТ или задайте {key} в [cash_register]."
        )
        for what, key in missing
    ] or [Finding(about, good=True, words="заданы")]


def _age(conditions: Conditions, now: datetime) -> Finding:
    words = f"№ {conditions.serial}, подпись верна, выпущены {max((now - conditions.issued).days, 0)} дн. назад"
    if conditions.valid_till is not None:
        words += f", действуют до {conditions.valid_till:%d.%m.%Y}"
        if conditions.valid_till < now + _SOON:
            return Finding("Условия", None, words, "Попросите у управляющей компании новый выпуск.")
    return Finding("Условия", good=True, words=words)


async def _published(keeper: Keeper, address: str, now: datetime) -> Finding:
    about = "Адрес условий"
    source = ConditionsSource(address)
    try:
        issue = await source.latest()
        news = keeper.take(issue.content, now) if issue else None
    except PosError as error:
        return Finding(about, None, f"{address}: нет ответа [{error.detail}]", "Проверьте адрес и сеть.")
    except ConditionsError as error:
        return Finding(about, False, f"{address}: {error}", "Сообщите управляющей компании.")
    finally:
        await source.close()
    return Finding(about, good=True, words=f"опубликованы № {news.serial}" if news else "новых нет")


async def _project(settings: Settings, member: str) -> list[Finding]:
    """Whether processing knows the names that this till uses."""
    section = settings.processing
    async with (
        Services(settings) as services,
        Transport(Service.PROCESSING, section.address, headers=authorization(section.secret_key)) as transport,
    ):
        check = ProjectCheck(transport, services.names, office=settings.till.office, now=real_time)
        return [Finding(one.about, one.good, one.words, one.todo) for one in await check.run(member)]


async def _services(settings: Settings) -> list[Finding]:
    """Ask each service as the till would, without a journal or a queue of our own."""
    async with Services(settings) as services:
        terminal, sbp = services.terminal, services.sbp
        place = settings.terminal.folder if settings.terminal.kind == "sber_upos" else settings.terminal.address
        return list(
            await asyncio.gather(
                _reach("Заказы", settings.orders.address, services.orders.probe),
                _reach("Баллы", settings.processing.address, services.processing.probe),
                _reach("ККТ", settings.cash_register.address, services.register.state),
                *([_reach("Терминал", place, terminal.probe)] if terminal is not None else []),
                *([_reach("СБП", settings.sbp.address, sbp.probe)] if sbp is not None else []),
            )
        )


async def _reach(about: str, address: str, call: Callable[[], Awaitable[object]]) -> Finding:
    try:
        async with asyncio.timeout(_WITHIN):
            await call()
    except PosError as error:
        detail = f" [{error.detail}]" if error.detail else ""
        return Finding(about, good=False, words=f"{address}: {error.trouble.what}{detail}")
    except TimeoutError:
        return Finding(about, good=False, words=f"{address}: не отвечает за {_WITHIN:.0f} с")
    return Finding(about, good=True, words=f"{address}: отвечает")
