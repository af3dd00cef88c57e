"""The lives of a till that may be killed, seen from outside: cradle, axe, and a customer's phone that outlives them."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from pos_client.training.upos import install
from pos_client.training.wire import instant
from tests.faults.till_cashier import ORDERS_PER_LIFE, order_number
from tests.faults.till_worker import UPOS_COMMAND, UPOS_FOLDER

__all__ = ["Axe", "Cradle", "Deaths", "Lives", "Phone", "add_orders", "lives_of", "open_books", "set_faults"]

_ROOT = Path(__file__).resolve().parents[2]
_TARIFFS = (136, 234, 483, 676)


@dataclass
class Deaths:
    """What the test has seen of the lives."""

    killed: int = 0
    at: Counter[str] = field(default_factory=Counter)
    """Where lives were killed: the last step that they told."""
    unfinished: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    """How often the cashier was asked, by what she was asked about."""
    faults: Counter[str] = field(default_factory=Counter)
    """Faults that hit a call."""
    dead_letters: list[str] = field(default_factory=list)
    where: str = "start"
    """The last step that the present life has told."""

    def hear(self, word: str, about: str) -> None:
        """A life has told something."""
        match word:
            case "born":
                self.where = "start"
            case "at":
                self.where = about
            case "asked":
                self.asked[about] += 1
            case "unfinished":
                self.unfinished[about] += 1
            case "dead":
                self.dead_letters.append(about)
            case "died" if int(about) == -signal.SIGKILL:
                self.killed += 1
                self.at[self.where] += 1
            case _:
                pass

    def __str__(self) -> str:
        """Figures for whoever reads the long run."""
        lines = [f"kills: {self.killed}"]
        for name, counted in (
            ("killed at", self.at),
            ("found unfinished", self.unfinished),
            ("cashier asked", self.asked),
            ("faults that hit", self.faults),
        ):
            lines.append(f"{name}: " + ", ".join(f"{what} {times}" for what, times in counted.most_common()))
        return "\n  ".join(lines)


class Axe:
    """Kills a life when its moment has come, counted from the first thing that it tells which begins with `begins`.

    The moment is `after` seconds, from there or, with `steps`, from the so-manieth step told since; or, without
    `after`, when `when`, asked in a thread, says yes.
    """

    def __init__(
        self,
        *,
        after: float | None = None,
        steps: int = 0,
        begins: str = "born",
        when: Callable[[], bool] = lambda: False,
    ) -> None:
        self._after = after
        self._steps = steps
        self._begins = begins
        self._begun = False
        self._when = when
        self._pid = 0
        self._fall: threading.Thread | None = None

    def hear(self, word: str, about: str) -> None:
        """The life has told something."""
        if word == "born":
            self._pid = int(about)
        if self._begun and word == "at":
            self._steps -= 1
        self._begun = self._begun or f"{word} {about}".startswith(self._begins)
        if self._begun and self._steps <= 0 and self._fall is None:
            late = self._after
            self._fall = threading.Thread(target=self._watch) if late is None else threading.Timer(late, self._kill)
            self._fall.start()

    def rest(self) -> None:
        """The life has ended, by this axe or by itself."""
        if isinstance(self._fall, threading.Timer):
            self._fall.cancel()
        if self._fall is not None:
            self._fall.join()

    def _watch(self) -> None:
        if self._when():
            self._kill()

    def _kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)


class Phone:
    """The customer's phone: pays a code that the till shows, soon, late or never, whatever becomes of the till."""

    def __init__(self, url: str, dice: random.Random) -> None:
        self._url = url
        self._dice = dice
        self._thumbs: list[threading.Timer] = []

    def see(self, number: str) -> None:
        """A code is on the screen."""
        chosen = self._dice.random()
        act = "pay" if chosen < 3 / 4 else "reject"
        late = self._dice.uniform(0.0, 0.12) if chosen < 1 / 2 else self._dice.uniform(0.1, 0.6)
        thumb = threading.Timer(late, self._press, [number, act])
        if chosen < 7 / 8:
            self._thumbs.append(thumb)
            thumb.start()

    def put_away(self) -> None:
        """Let what the customer has begun come to its end."""
        for thumb in self._thumbs:
            thumb.join()
        self._thumbs.clear()

    def _press(self, number: str, act: str) -> None:
        request = urllib.request.Request(f"{self._url}/_books/phone/{number}/{act}", method="POST")  # noqa: S310 - the training shop
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30.0) as answer:
            answer.read()


def open_books(shop: Shop) -> None:
    """Let people see slips and phones, and touch them, past the till."""

    async def books(_request: Request) -> Response:
        cards = [
            {
                "kind": one.kind,
                "at": instant(one.at),
                "amount": one.amount,
                "guid": one.guid,
                "reference": one.reference,
            }
            for one in shop.terminal.operations()
        ]
        transfers = {one.number: one.state for one in shop.bank.transfers()}
        return JSONResponse({"cards": cards, "at_work": shop.terminal.at_work, "transfers": transfers})

    async def phone(request: Request) -> Response:
        act = {"pay": shop.bank.pay, "reject": shop.bank.reject}[request.path_params["act"]]
        return JSONResponse({"done": act(request.path_params["number"])})

    async def by_hand(request: Request) -> Response:
        return JSONResponse({"done": shop.terminal.move("refund", int(request.path_params["kopecks"])).number})

    shop.app.routes.extend(
        [
            Route("/_books", books, methods=["GET"]),
            Route("/_books/phone/{number}/{act}", phone, methods=["POST"]),
            Route("/_books/by-hand/{kopecks}", by_hand, methods=["POST"]),
        ]
    )


def set_faults(shop: Shop, *wanted: Fault) -> Callable[[Deaths], None]:
    """Put faults in force; what is returned lifts them and counts those that hit a call."""
    placed = [shop.faults.set(fault) for fault in wanted]

    def lift(deaths: Deaths) -> None:
        left = {one.id: one for one in shop.faults.active()}
        for one in placed:
            if one.id not in left or left[one.id].times != one.times:
                deaths.faults[f"{one.service} {one.kind} {one.operation}"] += 1
        shop.faults.lift()

    return lift


class Cradle:
    """The process that begins the lives of every till here; see `till_worker`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.till_worker"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in: IO[str] = self._process.stdin
        self._out: IO[str] = self._process.stdout
        assert self._out.readline() == "ready\n"

    def begin(self, *words: str) -> Iterator[tuple[str, str]]:
        """One life, to its end: what it tells, word by word."""
        self._in.write(json.dumps(words) + "\n")
        self._in.flush()
        for line in self._out:
            word, _, about = line.strip().partition(" ")
            yield word, about
            if word == "died":
                return
        raise RuntimeError("the cradle itself died")

    def close(self) -> None:
        self._in.close()
        self._out.read()
        self._out.close()
        self._process.wait()


@dataclass
class Lives:
    """The lives of one till, one after another."""

    cradle: Cradle
    url: str
    folder: Path
    terminal: str
    phone: Phone

    def live(self, life: int, seed: int, work: str, deaths: Deaths, *, axe: Axe | None = None) -> int:
        """One life, to its end or to a SIGKILL; returns the exit code of its process."""
        code = ""
        for word, about in self.cradle.begin(self.url, str(self.folder), self.terminal, str(life), str(seed), work):
            deaths.hear(word, about)
            if axe is not None:
                axe.hear(word, about)
            if word == "qr":
                self.phone.see(about)
            code = about
        if axe is not None:
            axe.rest()
        return int(code)


@contextmanager
def lives_of(cradle: Cradle, url: str, folder: Path, dice: random.Random, terminal: str = "inpas") -> Iterator[Lives]:
    """A till with this terminal, inpas or upos, on a data folder."""
    if terminal == "upos":
        assert install(folder / UPOS_FOLDER, url) == UPOS_COMMAND
    phone = Phone(url, dice)
    try:
        yield Lives(cradle, url, folder, terminal, phone)
    finally:
        phone.put_away()


def add_orders(shop: Shop, lives: int, dice: random.Random) -> list[str]:
    numbers = [order_number(life, at) for life in range(lives) for at in range(ORDERS_PER_LIFE)]
    for number in numbers:
        kopecks = dice.randrange(20_000, 900_000)
        shop.add_order(
            {
                "number": number,
                "title": "Посылка",
                "type": 2,
                "tariff": dice.choice(_TARIFFS),
                "mode": "4",
                "from": ["Москва", "RU", "MSK548"],
                "to": ["Тверь", "RU", "TVE1"],
                "status": ["ACCEPTED", "Принят"],
                "weight": 500,
                "delivery": f"{kopecks // 100}.{kopecks % 100:02d}",
                "services": [["BUBBLE_WRAP", "Плёнка", "77.77"]],
            }
        )
    return numbers
