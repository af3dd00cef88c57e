"""Which card terminal and which bank a till has, by what its settings say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from pos_client.adapters.inpas import InpasSettings, InpasTerminal
from pos_client.adapters.sber_upos import SberUpos, UposSettings
from pos_client.adapters.sbp_bank import BankSbp, SbpSettings
from pos_client.adapters.terminal_note import NoteBook
from pos_client.adapters.transport import OnCall, Transport
from pos_client.ports import Clock, Service

__all__ = ["Cashless", "cashless"]

_NOTE: Final = "terminal-operation.json"


@dataclass(frozen=True, slots=True)
class Cashless:
    """What takes money without cash; None where the till has no such thing. `transports` are to be closed."""

    terminal: SberUpos | InpasTerminal | None
    sbp: BankSbp | None
    transports: tuple[Transport, ...]


def cashless(
    terminal: Mapping[str, Any],
    sbp: Mapping[str, Any],
    *,
    to: Callable[[Service, str], Transport],
    now: Clock,
    on_call: OnCall | None = None,
    notes: Path | None = None,
) -> Cashless:
    """Make what the sections `[terminal]` and `[sbp]` describe; `to` opens a way to an address.

    `notes` is the folder where a terminal that has none of its own notes its last operation; None if money will not
    move.
    """
    transports: list[Transport] = []
    device: SberUpos | InpasTerminal | None = None
    bank: BankSbp | None = None
    if terminal["kind"] == "sber_upos":
        device = SberUpos(UposSettings(**_for(UposSettings, terminal)), now=now, on_call=on_call)
    elif terminal["kind"] == "inpas":
        transports.append(to(Service.TERMINAL, terminal["address"]))
        book = None if notes is None else NoteBook(notes / _NOTE)
        device = InpasTerminal(transports[-1], InpasSettings(**_for(InpasSettings, terminal)), now=now, notes=book)
    if sbp["kind"] == "bank":
        transports.append(to(Service.SBP, sbp["address"]))
        bank = BankSbp(transports[-1], SbpSettings(**_for(SbpSettings, sbp)), now=now)
    return Cashless(device, bank, tuple(transports))


def _for(kind: type[UposSettings | InpasSettings | SbpSettings], section: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a section that this adapter knows."""
    return {field.name: section[field.name] for field in fields(kind)}
