"""The shop's terminal behind Sber UPOS: answers to the program that a till runs, and the program to be run."""

import json
import os
import sys
from pathlib import Path
from typing import Final

from pos_client.training import upos_program
from pos_client.training.card_terminal import CARD, FULL_CARD, TERMINAL, CardOperation, CardTerminal, slip_of
from pos_client.training.wire import Answer

__all__ = ["Upos", "install"]

_CODES: Final = {
    "card-cancelled": (2000, "ОПЕРАЦИЯ ПРЕРВАНА"),
    "card-timeout": (2002, "ТАЙМАУТ"),
    "card-no-funds": (4451, "НЕДОСТАТОЧНО СРЕДСТВ"),
    "card-pin": (4455, "НЕВЕРНЫЙ ПИН"),
    "card-blocked": (2405, "КАРТА ЗАБЛОКИРОВАНА"),
    "card-limit": (4114, "ЛИМИТ"),
    "card-odd": (5107, "ОТКАЗ БАНКА"),
    "card-no-link": (4119, "НЕТ СВЯЗИ"),
    "card-settlement": (4134, "СДЕЛАЙТЕ СВЕРКУ ИТОГОВ"),
    "card-no-pinpad": (99, "НЕТ ПИНПАДА"),
    "card-busy": (115, "ЗАНЯТ"),
}
_NOTHING_TO_REPEAT: Final = (4301, "НЕТ ОПЕРАЦИЙ")
_WORDS: Final = {"1": "pay", "3": "refund", "7": "settle", "12": "last", "47": "test"}


class Upos:
    """What the program would do itself if it had a pinpad."""

    def __init__(self, terminal: CardTerminal) -> None:
        self._terminal = terminal

    @staticmethod
    def operation(body: bytes) -> str:
        """The name by which faults are aimed."""
        try:
            return _WORDS.get(str(json.loads(body)["words"][0]), "")
        except (ValueError, KeyError, TypeError, IndexError):
            return ""

    def run(self, body: bytes, quirk: str) -> Answer:
        """One run: the code and both result files."""
        if quirk in _CODES:
            return _result(*_CODES[quirk])
        name = self.operation(body)
        words = json.loads(body)["words"] if name else []
        match name:
            case "pay" | "refund":
                return self._charge(name, str(words[1]) if len(words) > 1 else "", quirk)
            case "settle":
                return _result(0, "ИТОГИ СОВПАЛИ", slip=self._terminal.settle())
            case "last":
                last = self._terminal.last()
                return _approved(last, again=True) if last else _result(*_NOTHING_TO_REPEAT)
            case "test":
                return _result(0, "СВЯЗЬ ЕСТЬ")
            case _:
                return _result(4100, "НЕИЗВЕСТНАЯ ОПЕРАЦИЯ")

    def _charge(self, kind: str, kopecks: str, quirk: str) -> Answer:
        if not kopecks.isdecimal() or not int(kopecks):
            return _result(4319, "НЕВЕРНАЯ СУММА")
        amount = int(kopecks) + (100 if quirk == "card-wrong-sum" else 0)
        done = self._terminal.move(kind, amount)
        if quirk == "card-unsure":
            return Answer(200, {"code": -1, "e": "", "p": ""})
        return _approved(done, card=FULL_CARD if quirk == "card-full-number" else CARD)


def _approved(done: CardOperation, *, card: str = CARD, again: bool = False) -> Answer:
    local = done.at.astimezone()
    lines = ["0,ОДОБРЕНО", card, "1230", done.code, f"{done.number:04d}", "VISA", "1", TERMINAL]
    lines += [f"{local:%Y%m%d%H%M%S}", done.reference]
    return Answer(200, {"code": 0, "e": "\r\n".join(lines) + "\r\n", "p": slip_of(done, card=card, again=again)})


def _result(code: int, words: str, *, slip: str = "") -> Answer:
    return Answer(200, {"code": code, "e": f"{code},{words}\r\n", "p": slip})


def install(folder: Path, shop: str) -> str:
    """Put the terminal's program into a folder, wired to the shop at this address; returns the file to be run.

    It needs the Python that runs this shop. On Windows it is a .cmd, elsewhere an executable script.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "sb_pilot.py"
    program.write_text(Path(upos_program.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / upos_program.ADDRESS_FILE).write_text(shop, encoding="utf-8")
    if os.name == "nt":
        name, text = "sb_pilot.cmd", f'@"{sys.executable}" "%~dp0sb_pilot.py" %*\r\n'
    else:
        # exec: whoever kills the script kills the program.
        name, text = "sb_pilot", f'#!/bin/sh\nexec "{sys.executable}" -S -E "{program}" "$@"\n'
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(0o755)
    return name
