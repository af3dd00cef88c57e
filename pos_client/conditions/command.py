"""`pos-client conditions new-key|sign|show|check`: what the managing company and its support do with conditions."""

import argparse
import json
import os
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pos_client.conditions.document import canonical, read
from pos_client.conditions.envelope import LONGEST, ConditionsError, SigningKey, opened, sealed
from pos_client.conditions.standing import Keeper, Standing, shelf_of
from pos_client.places import data_folder
from pos_client.settings import SettingsError, load

__all__ = ["main"]

_GOOD: Final = 0
_BAD: Final = 1


def main(words: list[str], tell: Callable[[str], None]) -> int:
    """Do what the words say; the exit code is 0 when all was well, else 1. `tell` prints a line."""
    chosen = _parser().parse_args(words)
    work: Callable[[argparse.Namespace, Callable[[str], None]], int] = chosen.work
    try:
        return work(chosen, tell)
    except (ConditionsError, SettingsError) as error:
        tell(f"{str(error).rstrip('.')}.")
        return _BAD
    except OSError as error:
        tell(f"Файл {error.filename}: {error.strerror}.")
        return _BAD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pos-client conditions", description="Условия от управляющей компании")
    words = parser.add_subparsers(metavar="действие", required=True)
    new_key = words.add_parser("new-key", help="новая пара ключей: закрытый в файл, открытый на экран")
    new_key.add_argument("name", metavar="ИМЯ", help="имя ключа, например 2026-11: по нему касса находит открытый")
    new_key.add_argument("file", type=Path, metavar="ФАЙЛ", help="куда записать закрытый ключ")
    new_key.set_defaults(work=_new_key)
    sign = words.add_parser("sign", help="проверить условия и подписать")
    sign.add_argument("source", type=Path, metavar="УСЛОВИЯ", help="условия, TOML или JSON")
    sign.add_argument("--key", type=Path, required=True, metavar="ФАЙЛ", help="файл закрытого ключа")
    sign.add_argument("--out", type=Path, required=True, metavar="ФАЙЛ", help="куда записать подписанное")
    sign.set_defaults(work=_sign)
    show = words.add_parser("show", help="показать, что в подписанном файле; подпись не проверяется")
    show.add_argument("file", type=Path, metavar="ФАЙЛ")
    show.set_defaults(work=_show)
    check = words.add_parser("check", help="проверить файл, как его проверит касса; без файла — что действует в кассе")
    check.add_argument("file", type=Path, nargs="?", metavar="ФАЙЛ")
    check.add_argument("--config", type=Path, default=None, metavar="ФАЙЛ", help="файл настроек кассы")
    check.add_argument("--public-key", metavar="ИМЯ:КЛЮЧ", help="проверить только подпись, этим ключом, без настроек")
    check.set_defaults(work=_check)
    return parser


def _new_key(chosen: argparse.Namespace, tell: Callable[[str], None]) -> int:
    if not chosen.name or not all(sign.isascii() and (sign.isalnum() or sign in "._-") for sign in chosen.name):
        raise ConditionsError("Имя ключа: латинские буквы, цифры, точка, дефис и подчёркивание")
    key = SigningKey.made(chosen.name)
    # Readable by its owner alone, and never over another key.
    handle = os.open(chosen.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.text + "\n")
    tell(f"Закрытый ключ: {chosen.file}. Храните его вдали от касс, а копию — отдельно.")
    tell(f'В настройки каждой кассы: [conditions] public_keys = ["{key.public}"]')
    return _GOOD


def _sign(chosen: argparse.Namespace, tell: Callable[[str], None]) -> int:
    key = SigningKey.read(chosen.key.read_text(encoding="ascii", errors="replace"))
    payload = canonical(_source(chosen.source))
    conditions = read(payload)
    content = sealed(payload, key)
    opened(content, [key.public])
    chosen.out.write_bytes(content)
    tell(f"Условия № {conditions.serial} проекта «{conditions.project}» подписаны ключом «{key.id}»: {chosen.out}")
    return _GOOD


def _source(file: Path) -> dict[str, Any]:
    text = file.read_text(encoding="utf-8-sig")
    try:
        found: Any = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise ConditionsError(f"Условия {file} не читаются: {error}") from error
    if not isinstance(found, dict):
        raise ConditionsError(f"Условия {file}: нужны ключи со значениями")
    return {name: _as_json(value) for name, value in found.items()}


def _as_json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _show(chosen: argparse.Namespace, tell: Callable[[str], None]) -> int:
    try:
        envelope = json.loads(_content(chosen.file))
        payload, key = json.loads(envelope["payload"]), envelope["key"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConditionsError(f"Файл {chosen.file} — не подписанные условия") from error
    tell(f"Ключ подписи: {key} (подпись не проверена)")
    tell(json.dumps(payload, ensure_ascii=False, indent=2))
    return _GOOD


def _check(chosen: argparse.Namespace, tell: Callable[[str], None]) -> int:
    if chosen.public_key:
        if chosen.file is None:
            raise ConditionsError("Назовите файл условий")
        conditions = read(opened(_content(chosen.file), [chosen.public_key]))
        tell(f"Условия № {conditions.serial} проекта «{conditions.project}»: подпись верна")
        return _GOOD
    settings = load(chosen.config)
    keeper = Keeper(settings, shelf_of(data_folder(settings.till.data_folder)))
    if chosen.file is not None:
        conditions = keeper.judged(_content(chosen.file))
        tell(f"Условия № {conditions.serial} проекта «{conditions.project}»: касса их примет, подпись верна")
        return _GOOD
    standing = keeper.look(datetime.now(UTC))
    tell(_in_force(standing))
    for complaint in standing.complaints:
        tell(f"{complaint}.")
    return _BAD if standing.complaints else _GOOD


def _in_force(standing: Standing) -> str:
    if standing.conditions is None:
        return "Касса работает по своим настройкам, без условий от управляющей компании."
    one = standing.conditions
    till = f"до {one.valid_till:%d.%m.%Y}" if one.valid_till else "без срока"
    return f"Действуют условия № {one.serial} проекта «{one.project}» с {one.valid_from:%d.%m.%Y} {till}."


def _content(file: Path) -> bytes:
    with file.open("rb") as opened_file:
        return opened_file.read(LONGEST + 1)
