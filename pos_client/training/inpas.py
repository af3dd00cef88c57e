"""The shop's terminal behind INPAS DualConnector: XML over HTTP, answers in windows-1251."""

import re
from typing import Final
from xml.sax.saxutils import escape

from pos_client.training.card_terminal import CARD, FULL_CARD, TERMINAL, CardOperation, CardTerminal, slip_of
from pos_client.training.wire import Answer

__all__ = ["Inpas"]

_FIELD: Final = re.compile(r'<field id="(\d+)">([^<]*)</field>')
_NAMES: Final = {
    "1": "pay",
    "29": "refund",
    "3": "refund",
    "26": "test",
    "59": "settle",
    "52": "status",
}
_REPORT: Final = "63"
_LAST_SLIP: Final = {"64": "1", "65": "22"}
_RESULTS: Final = {
    "card-cancelled": ("53", "", "ОПЕРАЦИЯ ПРЕРВАНА"),
    "card-timeout": ("53", "", "ОПЕРАЦИЯ ПРЕРВАНА: ТАЙМАУТ"),
    "card-no-funds": ("16", "51", "НЕДОСТАТОЧНО СРЕДСТВ"),
    "card-pin": ("16", "55", "НЕВЕРНЫЙ ПИН"),
    "card-blocked": ("16", "43", "ИЗЪЯТЬ КАРТУ"),
    "card-limit": ("16", "61", "ПРЕВЫШЕН ЛИМИТ"),
    "card-odd": ("16", "77", "ОТКАЗ 77"),
    "card-no-link": ("34", "", "НЕТ СОЕДИНЕНИЯ"),
    "card-settlement": ("16", "95", "СВЕРЬТЕ ИТОГИ"),
    "card-busy": ("53", "", "ТЕРМИНАЛ ЗАНЯТ"),
}


class Inpas:
    """DualConnector with one terminal.

    `status_known` says whether its profile has the status operation (code 52), `copies` whether it gives a copy of the
    last slip (code 63 with 1 and 22 in fields 64 and 65).
    """

    def __init__(self, terminal: CardTerminal) -> None:
        self.status_known = True
        self.copies = True
        self.encoding = "cp1251"
        self._terminal = terminal

    @staticmethod
    def operation(body: bytes) -> str:
        """The name by which faults are aimed."""
        fields = _read(body)
        copy = fields.get("25") == _REPORT and _LAST_SLIP.items() <= fields.items()
        return "last" if copy else _NAMES.get(fields.get("25", ""), "")

    def ask(self, body: bytes, quirk: str) -> Answer:
        """One request."""
        fields = _read(body)
        if quirk == "card-no-pinpad" or fields.get("27") != TERMINAL:
            return Answer(404, content=b"", media="text/html")
        if quirk in _RESULTS:
            return self._answer(*_RESULTS[quirk])
        name = self.operation(body)
        if name == "pay" or (name == "refund" and self._terminal.payment(fields.get("14", "")) is not None):
            return self._charge(name, fields, quirk)
        return self._told(name, fields)

    def _told(self, name: str, fields: dict[str, str]) -> Answer:
        if name == "settle":
            return self._answer("1", "00", "ИТОГИ СОВПАЛИ", {"90": self._terminal.settle()})
        if name == "test":
            return self._answer("1", "00", "СВЯЗЬ ЕСТЬ")
        if name == "last" and self.copies:
            last = self._terminal.last()
            slip = slip_of(last, again=True) if last else ""
            return self._answer("1", "00", "КОПИЯ", {"90": slip}) if last else self._answer("16", "25", "НЕТ ОПЕРАЦИЙ")
        if name != "status" or not self.status_known:
            # Terminals refuse what they do not know in the same words as a payment.
            return self._answer("16", "12", "НЕВЕРНАЯ ОПЕРАЦИЯ")
        done = self._terminal.last()
        # Its memory is one operation long: it finds no earlier one, whatever became of it.
        ours = done is not None and bool(done.guid) and done.guid == fields.get("14", "")
        return self._approved(done, CARD) if done and ours else self._answer("16", "25", "ОПЕРАЦИЯ НЕ НАЙДЕНА")

    def _charge(self, kind: str, fields: dict[str, str], quirk: str) -> Answer:
        kopecks = fields.get("00", "")
        if not kopecks.isdecimal() or not int(kopecks) or fields.get("04") != "643":
            return self._answer("16", "13", "НЕВЕРНАЯ СУММА")
        guid = fields.get("14", "") if kind == "pay" else ""
        done = self._terminal.move(kind, int(kopecks) + (100 if quirk == "card-wrong-sum" else 0), guid)
        if quirk == "card-unsure":
            return self._answer("0", "", "НЕОПРЕДЕЛЁННЫЙ СТАТУС")
        return self._approved(done, FULL_CARD if quirk == "card-full-number" else CARD)

    def _approved(self, done: CardOperation, card: str) -> Answer:
        slip = slip_of(done, card=card)
        fields = {
            "00": str(done.amount),
            "04": "643",
            "06": f"{done.at.astimezone():%Y%m%d%H%M%S}",
            "10": card,
            "13": done.code,
            "14": done.reference,
            "90": f"{slip}(КАССИР)\n{slip}",
        }
        return self._answer("1", "00", "ОДОБРЕНО", fields)

    def _answer(self, status: str, code: str, words: str, more: dict[str, str] | None = None) -> Answer:
        fields = {"15": code, "19": words, "27": TERMINAL, "39": status, **(more or {})}
        inside = "".join(f'<field id="{name}">{escape(value)}</field>' for name, value in sorted(fields.items()))
        text = f'<?xml version="1.0" encoding="windows-1251"?><response>{inside}</response>'
        if self.encoding != "cp1251":
            # Some terminals declare nothing and speak the code page of their printer.
            text = text.partition("?>")[2]
        content = text.encode(self.encoding, "replace")
        return Answer(200, content=content, media="text/xml")


def _read(body: bytes) -> dict[str, str]:
    return {found[1]: found[2] for found in _FIELD.finditer(body.decode("cp1251", "replace"))}
