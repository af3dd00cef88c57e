"""`pos-client doctor`: is everything there that a till needs, and if not, what is missing, in one page."""

import asyncio
import json
import platform
import shutil
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from pos_client.adapters.journal import examine as examine_journal
from pos_client.adapters.outbox import examine as examine_queue
from pos_client.app import Services
from pos_client.places import data_folder, settings_file
from pos_client.ports import PosError
from pos_client.settings import Settings, SettingsError, load

__all__ = ["Finding", "examine", "report"]

_MEGABYTE = 1_000_000
_ENOUGH_ROOM_MB = 200
_WITHIN = 5.0
_LIBRARIES = ("PySide6-Essentials", "qasync", "httpx", "pydantic", "platformdirs")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    good: bool
    words: str


async def examine(config: Path | None) -> list[Finding]:
    """Look at everything; a thing that cannot be looked at is a bad finding, never an exception."""
    findings = [_versions()]
    try:
        settings = load(config)
    except SettingsError as error:
        return [*findings, Finding("Настройки", good=False, words=str(error))]
    findings.append(Finding("Настройки", good=True, words=str(config or settings_file())))
    folder = data_folder(settings.till.data_folder)
    return [*findings, *_disk(folder), *await _services(settings)]


def report(findings: list[Finding], *, as_json: bool) -> str:
    """The findings for a person, or for a program."""
    if as_json:
        healthy = all(finding.good for finding in findings)
        return json.dumps({"healthy": healthy, "findings": [asdict(one) for one in findings]}, ensure_ascii=False)
    return "\n".join(f"{'✓' if one.good else '✗'} {one.about}: {one.words}" for one in findings)


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
    journal, queue = folder / "journal.sqlite3", folder / "outbox.sqlite3"
    if journal.exists():
        findings.append(_journal(journal))
    if queue.exists():
        findings.append(_queue(queue))
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


async def _services(settings: Settings) -> list[Finding]:
    """Ask each service as the till would, without a journal or a queue of our own."""
    async with Services(settings) as services:
        return list(
            await asyncio.gather(
                _reach("Заказы", settings.orders.address, services.orders.probe),
                _reach("Баллы", settings.processing.address, services.processing.probe),
                _reach("ККТ", settings.cash_register.address, services.register.state),
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
