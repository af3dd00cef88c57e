"""The contest of the queues: all in one run, in turns, judged by ratios to plain SQLite that are formed round by round.

``python -m tests.benchmarks.queue_contest`` installs the peers by name into an environment of its own, lets every
contestant live in its own process, and prints a Markdown table and which goals are met. A ratio compares turns that
were seconds apart on the same disk, so that a machine's moods fall out of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.benchmarks.queue_contestants import CONTESTANTS
from tests.benchmarks.queue_table import Goal, Row, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
YARDSTICK, OURS, SEALED = "sqlite3 WAL FULL", "offline_queue", "offline_queue, encrypted"
BY_COURIER, SEALED_BY_COURIER = f"{OURS}, by its courier", f"{SEALED}, by its courier"
PLAIN, PLAIN_SEALED = f"{OURS}, no limits", f"{OURS}, no limits, encrypted"
JUDGED = (YARDSTICK, OURS, SEALED, BY_COURIER, SEALED_BY_COURIER, PLAIN, PLAIN_SEALED)
TURN = 50
"""Operations of one turn."""
SMALL = 10_000
CLOSER = 10
"""Rounds among those that have goals for each round of all: a ratio of two turns is a tenth up or down by chance."""
MANY = 8_000
"""Puts that make the one in a thousand that is worst more than chance."""


class Racer:
    """A contestant's process."""

    def __init__(self, python: Path, name: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [str(python), "-m", "tests.benchmarks.queue_bench", name, str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the method answers
        """Let it do something; raises ChildProcessError if it cannot."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps([method, *arguments]) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise ChildProcessError(f"{self.name} could not {method}")
        return json.loads(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._process.kill()

    def close(self) -> None:
        """End the process by ending its input."""
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=60)


@dataclass
class Marks:
    """What one contestant did: all times in nanoseconds, and its ratios to the yardstick, one of each round."""

    times: dict[str, list[int]] = field(default_factory=lambda: {"put": [], "take": []})
    ratios: dict[str, list[float]] = field(default_factory=lambda: {"put": [], "take": []})

    def add(self, more: Marks) -> None:
        """Take in what it did in another race."""
        for what in self.times:
            self.times[what] += more.times[what]
            self.ratios[what] += more.ratios[what]


def environment(folder: Path) -> Path:
    """The interpreter of an environment with every peer that installs; one that is there already is used again."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        for package in [*dict.fromkeys(package for package, _ in CONTESTANTS.values() if package), "cryptography"]:
            command = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", package]
            if subprocess.run(command, check=False, timeout=300).returncode:  # noqa: S603 - pip by its own interpreter
                say(f"{package} does not install here and stays out")
    return python


def say(text: str) -> None:
    """Tell how far it is, away from the table."""
    sys.stderr.write(f"{text}\n")


def starters(python: Path, folder: Path, names: Sequence[str]) -> Iterator[tuple[Racer, dict[str, str]]]:
    """Processes of the contestants that start, each with what it says about itself."""
    for number, name in enumerate(names):
        racer = Racer(python, name, folder / f"{number}")
        try:
            yield racer, racer.ask("about")
        except ChildProcessError as error:
            say(f"{error}: left out")
            racer.close()


def race(racers: Sequence[Racer], rounds: int, rng: random.Random) -> dict[str, Marks]:
    """Let all take turns in random order; the first two rounds only warm up."""
    marks = {racer.name: Marks() for racer in racers}
    for number in range(-2, rounds):
        for what in ("put", "take"):
            turns = {}
            for racer in rng.sample(racers, len(racers)):
                turns[racer.name] = racer.ask(what, TURN)
                racer.ask("rest")
            yardstick = statistics.median(turns[YARDSTICK])
            for name, times in turns.items():
                if number >= 0:
                    marks[name].times[what] += times
                    marks[name].ratios[what].append(statistics.median(times) / yardstick)
    return marks


def growth(python: Path, folder: Path, big: int, rounds: int, rng: random.Random) -> dict[str, float]:
    """How put and take with ``big`` orders waiting compare to those with ten thousand, and what opening them costs."""
    found: dict[str, float] = {}
    small_folder, big_folder = folder / "small", folder / "big"
    for place, backlog in ((small_folder, SMALL), (big_folder, big)):
        with Racer(python, OURS, place) as racer:
            say(f"filling {backlog} orders")
            racer.ask("fill", backlog)
    openings = []
    for place in (small_folder, big_folder) * 5:
        with Racer(python, OURS, place) as racer:
            opened = racer.ask("opened")
            if place == big_folder:
                openings.append(opened)
    found["reopen ms"] = statistics.median(opened["seconds"] for opened in openings) * 1e3
    found["reopen MB"] = statistics.median(opened["megabytes"] for opened in openings)
    with Racer(python, OURS, big_folder) as racer:
        racer.ask("put", 1)
        racer.kill()
    with Racer(python, OURS, big_folder) as racer:
        found["reopen after a kill ms"] = racer.ask("opened")["seconds"] * 1e3
    with Racer(python, OURS, small_folder) as small, Racer(python, OURS, big_folder) as large:
        found["summary µs"] = large.ask("summary") * 1e6
        ratios: dict[str, list[float]] = {"put": [], "take": []}
        for number in range(-2, rounds):
            for what, each in ratios.items():
                medians = {}
                for racer in rng.sample((small, large), 2):
                    medians[racer] = statistics.median(racer.ask(what, TURN))
                    racer.ask("rest")
                if number >= 0:
                    each.append(medians[large] / medians[small])
    return found | {what: statistics.median(each) for what, each in ratios.items()}


def crowd(racer: Racer, rounds: int) -> float:
    """Orders a second of sixteen producers that share commits, as a multiple of one commit each."""
    answers = [racer.ask("producers", 16, TURN) for _ in range(rounds)]
    return float(statistics.median(answer["shared"] / answer["single"] for answer in answers))


def tails(ours: Racer, yardstick: Racer, rng: random.Random) -> dict[str, list[int]]:
    """Nanoseconds of many puts of ours and of the yardstick, in turns, with an idle moment after each turn."""
    times: dict[str, list[int]] = {ours.name: [], yardstick.name: []}
    for _ in range(MANY // TURN):
        for racer in rng.sample((ours, yardstick), 2):
            times[racer.name] += racer.ask("put", TURN)
            racer.ask("rest")
    return times


def worst(times: Sequence[int]) -> float:
    """The 99.9th percentile, microseconds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.999))] / 1e3


def contest(python: Path, folder: Path, *, rounds: int, runs: int, big: int, names: Sequence[str]) -> str:
    """Run everything; returns the report as Markdown."""
    rng = random.Random()  # noqa: S311 - the order of turns
    marks: dict[str, Marks] = {}
    deep: dict[str, Marks] = {}
    about: dict[str, dict[str, str]] = {}
    crowds, logs = [], {}
    slowest: dict[str, list[int]] = {OURS: [], YARDSTICK: []}
    for run in range(runs):
        say(f"run {run + 1} of {runs}")
        with contextlib.ExitStack() as stack:
            racers = []
            for racer, said in starters(python, folder / f"run-{run}", names):
                racers.append(stack.enter_context(racer))
                about[racer.name] = said
            known_by = {racer.name: racer for racer in racers}
            judged = [known_by[name] for name in JUDGED]
            for found in (race(racers, rounds, rng), race(judged, CLOSER * rounds, rng)):
                for name, each in found.items():
                    marks.setdefault(name, Marks()).add(each)
            crowds.append(crowd(known_by[OURS], 9))
            for name, times in tails(known_by[OURS], known_by[YARDSTICK], rng).items():
                slowest[name] += times
        with contextlib.ExitStack() as stack:
            say(f"with {SMALL} orders waiting")
            racers = [stack.enter_context(Racer(python, name, folder / f"deep-{run}-{name}")) for name in JUDGED]
            for racer in racers:
                racer.ask("fill", SMALL)
            for name, each in race(racers, CLOSER * rounds // 2, rng).items():
                deep.setdefault(name, Marks()).add(each)
        # A log that was used before is written over: a new one shows what a put writes.
        for name in (OURS, YARDSTICK):
            with Racer(python, name, folder / f"log-{run}-{len(name)}") as racer:
                racer.ask("put", 10)
                logs[name] = racer.ask("log_bytes", 200)
    grown = growth(python, folder, big, max(10, rounds // 2), rng)
    rows = [Row.of(name, about[name], each.times, each.ratios) for name, each in marks.items()]
    tail = worst(slowest[OURS]), worst(slowest[YARDSTICK])
    reached = goals(marks, deep, producers=statistics.median(crowds), tail=tail, logs=logs, grown=grown, big=big)
    return table(rows) + "\n" + "\n".join(map(str, reached)) + "\n"


def goals(
    marks: dict[str, Marks],
    deep: dict[str, Marks],
    *,
    producers: float,
    tail: tuple[float, float],
    logs: dict[str, float],
    grown: dict[str, float],
    big: int,
) -> list[Goal]:
    """What was wanted of ours, and what it is.

    ``deep`` is the race with many orders waiting that are all filed, in ours and in the yardstick alike; ``tail`` are
    the worst puts of ours and of the yardstick.
    """
    against_plain = []
    for which, where in ((marks, ""), (deep, f" with {SMALL:,} waiting")):
        for what, name, method, wanted in (
            ("put", OURS, "put", 1.15),
            ("put encrypted", SEALED, "put", 1.2),
            ("put, no limits set and nobody listening", PLAIN, "put", 1.15),
            ("put encrypted, no limits set and nobody listening", PLAIN_SEALED, "put", 1.2),
            ("get + ack", OURS, "take", 1.25),
            ("get + ack encrypted", SEALED, "take", 1.25),
            ("delivery by the courier", BY_COURIER, "take", 1.25),
            ("delivery by the courier, encrypted", SEALED_BY_COURIER, "take", 1.25),
        ):
            reached = statistics.median(which[name].ratios[method])
            against_plain.append(Goal(f"{what}{where}, × plain SQLite", reached, wanted))
    return [
        *against_plain,
        Goal("16 producers, × the orders/s of one commit each", producers, 6.0, at_least=True),
        Goal(f"put with {big:,} waiting, × with {SMALL:,}", grown["put"], 1.2),
        Goal(f"get + ack with {big:,} waiting, × with {SMALL:,}", grown["take"], 1.2),
        Goal(f"reopening {big:,}, ms", grown["reopen ms"], 50.0),
        # No goal was set for this one: the file is checked for damage then, for five seconds at the longest.
        Goal(f"reopening {big:,} after a kill, ms", grown["reopen after a kill ms"], float("inf")),
        Goal(f"memory for {big:,}, MB", grown["reopen MB"], 20.0),
        Goal(f"a look at the sums of {big:,}, µs", grown["summary µs"], 50.0),
        Goal(f"worst put of 1 000 (p99.9 of {MANY:,} a run), × plain SQLite's", tail[0] / tail[1], 1.0),
        Goal("log for an order of 1 KB, KB", logs[OURS] / 1024, 15.0),
    ]


def main(words: Sequence[str] | None = None) -> None:
    """Run the contest as asked and print its report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.queue_contest", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help=f"rounds of {TURN} puts and {TURN} takes of everyone")
    parser.add_argument("--runs", type=int, default=3, help="how often everyone starts afresh")
    parser.add_argument("--big", type=int, default=1_000_000, help="orders waiting in the grown queue")
    parser.add_argument("--environment", type=Path, help="where the peers are or shall stay; by default thrown away")
    parser.add_argument("--folder", type=Path, help="where the queues are made; by default the folder for such things")
    parser.add_argument("--only", action="append", help="a contestant; may be given again")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder, tempfile.TemporaryDirectory() as thrown_away:
        names = [name for name in CONTESTANTS if asked.only is None or name in {*JUDGED, *asked.only}]
        report = contest(
            environment(asked.environment or Path(thrown_away, "environment")),
            Path(folder),
            rounds=asked.rounds,
            runs=asked.runs,
            big=asked.big,
            names=names,
        )
    sys.stdout.write(report)


if __name__ == "__main__":
    main()
