"""The queue on the command line, for support: look beside a running program, decide while none runs."""

from __future__ import annotations

import argparse
import dataclasses
import enum
import importlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offline_queue.errors import OutboxError
from offline_queue.outbox import Outbox
from offline_queue.transfer import account_of
from offline_queue.values import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from offline_queue.inspection import Inspection
    from offline_queue.values import Cipher, Entry, Record

_DECISIONS = {
    "retry": "send a message again",
    "skip": "decide that a message shall not be sent",
    "cancel": "skip all that is left of a stream",
    "resume": "let a paused destination go on",
    "export": "write all that is unsent into a file for another till, and send it no more",
    "import": "take in what another till exported",
}
_DONE = {"retry": "will be sent again", "skip": "will not be sent", "resume": "goes on"}
_NAMED = {"cancel": "STREAM", "resume": "DESTINATION", "export": "TO", "import": "FROM"}


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words ask; returns 0, or 1 when it could not be done or ``verify`` found something."""
    asked = _parser().parse_args(words)
    try:
        cipher = _cipher(asked.cipher)
        if asked.command in _DECISIONS:
            answer, well = _decided(asked, cipher), True
        else:
            with Outbox.inspect(asked.file, cipher=cipher) as inspection:
                answer, well = _looked(inspection, asked)
    except OutboxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(answer)
    return 0 if well else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m offline_queue", description=__doc__)
    parser.add_argument("file", help="the queue file")
    parser.add_argument("--cipher", metavar="MODULE:NAME", help="where a callable lies that returns the file's cipher")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="what waits, and why")
    listing.add_argument("--all", action="store_true", help="also what is settled, and who let destinations go on")
    showing = commands.add_parser("show", help="one message and its history; never its body")
    showing.add_argument("name", metavar="KEY")
    commands.add_parser("verify", help="look at every page and row; works beside a running owner")
    for name, text in _DECISIONS.items():
        decision = commands.add_parser(name, help=text)
        decision.add_argument("name", metavar=_NAMED.get(name, "KEY"))
        decision.add_argument("--by", required=True, help="who decides; stays on record")
        decision.add_argument("--reason", required=True, help="why; stays on record")
        if name in {"export", "import"}:
            where = "where a callable lies that returns the cipher of the carried file, if it is not the queue's"
            decision.add_argument("--seal", metavar="MODULE:NAME", help=where)
    for command in commands.choices.values():
        command.add_argument("--json", action="store_true")
    return parser


def _cipher(place: str | None) -> Cipher | None:
    if place is None:
        return None
    module, _, name = place.partition(":")
    try:
        cipher: Cipher = getattr(importlib.import_module(module), name)()
    except Exception as error:  # the program's own words for what is wrong with its cipher, whatever that is
        raise OutboxError(f"The cipher {place} cannot be had: {error}.") from error
    return cipher


def _decided(asked: argparse.Namespace, cipher: Cipher | None) -> str:
    if not (asked.by.strip() and asked.reason.strip()):
        raise OutboxError("A decision needs the name of a person (--by) and a reason (--reason).")
    seal = _cipher(asked.seal) if asked.command in {"export", "import"} else None
    with Outbox.open(asked.file, account=_account(asked, seal or cipher), cipher=cipher) as outbox:
        decide: Callable[..., int | None] = {
            "retry": outbox.retry,
            "skip": outbox.skip,
            "cancel": outbox.cancel_stream,
            "resume": outbox.resume,
            "export": lambda to, **who: outbox.export(to, seal, **who),
            "import": lambda source, **who: outbox.import_from(source, seal, **who),
        }[asked.command]
        count = decide(asked.name, by=asked.by, reason=asked.reason)
        left = outbox.summary().count if asked.command == "export" else 0
    done = {"command": asked.command, "name": asked.name, "messages": 1 if count is None else count}
    if asked.json:
        return _json({**done, "left_behind": left} if asked.command == "export" else done)
    stayed = f"{left} stay here, damaged or behind such a one: skip it and export again\n" if left else ""
    return f"{asked.name} {_DONE[asked.command]}\n" if count is None else f"{count} messages\n{stayed}"


def _account(asked: argparse.Namespace, cipher: Cipher | None) -> str:
    if asked.command == "import" and not Path(asked.file).exists():
        # Another till that has nothing yet: its queue is made for the account of what it is given.
        return account_of(Path(asked.name), cipher)
    with Outbox.inspect(asked.file) as inspection:
        return inspection.account


def _looked(inspection: Inspection, asked: argparse.Namespace) -> tuple[str, bool]:
    if asked.command == "verify":
        verdict = inspection.verify()
        text = "".join(f"{problem}\n" for problem in verdict.problems)
        text += f"{verdict.rows} messages read, {len(verdict.problems)} problems\n"
        return _json(dataclasses.asdict(verdict)) if asked.json else text, not verdict.problems
    return _listed(inspection, asked) if asked.command == "list" else _shown(inspection, asked), True


def _listed(inspection: Inspection, asked: argparse.Namespace) -> str:
    entries = inspection.entries(*(State if asked.all else ()), limit=1_000_000)
    summary, lanes = inspection.summary(), inspection.lanes()
    if asked.json:
        return _json(
            {
                "account": inspection.account,
                "summary": dataclasses.asdict(summary),
                "lanes": [dataclasses.asdict(lane) for lane in lanes],
                "decisions": [dataclasses.asdict(record) for record in inspection.decisions()],
                "destinations": [dataclasses.asdict(load) for load in inspection.by_destination()],
                "streams": [dataclasses.asdict(load) for load in inspection.by_stream()],
                "entries": [_fields(entry) for entry in entries],
            }
        )
    lines = [
        (
            f"{inspection.account}: {summary.count} waiting, {summary.amount / 100:.2f},"
            f" {summary.needs_human} for a person to decide"
        )
    ]
    lines += [
        f"! {lane.destination} is {lane.state.value}: {lane.words}" for lane in lanes if lane.state.value != "open"
    ]
    lines += [_line(entry) for entry in entries]
    if asked.all:
        lines += [_told(record) for record in inspection.decisions()]
    return "\n".join(lines) + "\n"


def _shown(inspection: Inspection, asked: argparse.Namespace) -> str:
    entry, history = inspection.entry(asked.name), inspection.history(asked.name)
    if asked.json:
        return _json({**_fields(entry), "history": [dataclasses.asdict(record) for record in history]})
    lines = [f"{name}: {_plain(value)}" for name, value in _fields(entry).items()]
    lines += [_told(record) for record in history]
    return "\n".join(lines) + "\n"


def _told(record: Record) -> str:
    return f"{record.last:%Y-%m-%d %H:%M:%S} {record.what} ×{record.times} {record.by} {record.words}"


def _line(entry: Entry) -> str:
    why = f"behind {entry.waits_for}" if entry.waits_for else entry.last_error
    return (
        f"{entry.message.key}  {entry.state.value:9}  {entry.message.created:%Y-%m-%d %H:%M:%S}"
        f"  {entry.message.destination}  {entry.message.label or entry.message.stream}  {why}"
    )


def _fields(entry: Entry) -> dict[str, Any]:
    """All but the body, which holds what concerns nobody in support."""
    message = {name: value for name, value in dataclasses.asdict(entry.message).items() if name != "body"}
    fate = {name: value for name, value in dataclasses.asdict(entry).items() if name != "message"}
    return {**message, "size": len(entry.message.body), **fate}


def _json(answer: object) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=1, default=_plain) + "\n"


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case enum.Enum():
            return value.value
        case _:
            return value


if __name__ == "__main__":
    sys.exit(main())
