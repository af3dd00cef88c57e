import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from uuid import uuid4

import pytest

from pos_client.adapters.journal import SqliteJournal
from pos_client.app import real_time
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.sale import Sale, Stage
from pos_client.training.faults import Fault
from pos_client.training.fiscal_storage import FiscalDocument
from pos_client.training.server import running
from pos_client.training.shop import LoyaltyOrder, Shop
from tests.faults.till_worker import ORDERS_PER_LIFE, customer_of, order_number

LONG = os.environ.get("TILL_LONG") == "1"
KILLS = 300 if LONG else 16
LONGEST_LIFE = 1.5
"""Seconds: long enough for a few sales, short enough to hit every part of one."""

_ROOT = Path(__file__).resolve().parents[2]
_TARIFFS = (136, 234, 483, 676)
_FAULTS: tuple[tuple[Fault, ...], ...] = (
    (),
    (),
    (Fault("processing", "refuse", times=None),),
    (Fault("processing", "refuse", times=4, skip=5),),
    (Fault("processing", "hang", times=1, skip=3),),
    (Fault("processing", "lose-answer", "Offline.CreateAuthorizedOrder", times=2),),
    (Fault("processing", "slow", "Offline.CreateAuthorizedOrder", times=2, seconds=0.6),),
    (Fault("processing", "price-changed", "Offline.CreateAuthorizedOrder"),),
    (Fault("register", "lose-answer", "sell"), Fault("counter", "lose-answer", "pay")),
    (Fault("register", "slow", "sell", seconds=0.3, times=2),),
    (Fault("terminal", "lose-answer", "charge", times=2),),
    (Fault("terminal", "slow", "charge", seconds=0.2, times=4),),
    (Fault("terminal", "slow", "charge", seconds=0.7, times=2),),
    (Fault("terminal", "refuse", times=3),),
)


@dataclass
class Deaths:
    """What the test has seen of the lives."""

    killed: int = 0
    unfinished: Counter[str] = field(default_factory=Counter)
    dead_letters: list[str] = field(default_factory=list)
    asked: int = 0
    """How often the cashier was asked about a slip."""


class Axe:
    """Kills a life so many seconds after it has told `begins`, or once `when`, asked in a thread, says yes."""

    def __init__(
        self, *, after: float | None = None, begins: str = "born", when: Callable[[], bool] = lambda: False
    ) -> None:
        self._after = after
        self._begins = begins
        self._when = when
        self._pid = 0
        self._fall: threading.Thread | None = None

    def hear(self, word: str, about: str) -> None:
        """The life has told something."""
        if word == "born":
            self._pid = int(about)
        if word == self._begins and self._fall is None:
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


class Cradle:
    """The process that begins the lives; see `till_worker`."""

    def __init__(self, url: str, folder: Path) -> None:
        words = [sys.executable, "-m", "tests.faults.till_worker", url, str(folder)]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and worker
            words, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in: IO[str] = self._process.stdin
        self._out: IO[str] = self._process.stdout
        assert self._out.readline() == "ready\n"

    def live(self, life: int, seed: int, work: str, deaths: Deaths, *, axe: Axe | None = None) -> int:
        """One life, to its end or to a SIGKILL; returns the exit code of its process."""
        self._in.write(f"{life} {seed} {work}\n")
        self._in.flush()
        for line in self._out:
            word, _, about = line.strip().partition(" ")
            if axe is not None:
                axe.hear(word, about)
            match word:
                case "asked":
                    deaths.asked += 1
                case "unfinished":
                    deaths.unfinished[about] += 1
                case "dead":
                    deaths.dead_letters.append(about)
                case "died":
                    if axe is not None:
                        axe.rest()
                    return int(about)
                case _:
                    pass
        raise RuntimeError("the cradle itself died")

    def close(self) -> None:
        self._in.close()
        self._out.read()
        self._out.close()
        self._process.wait()


@contextmanager
def cradle(url: str, folder: Path) -> Iterator[Cradle]:
    made = Cradle(url, folder)
    try:
        yield made
    finally:
        made.close()


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


def begun_sales(folder: Path, numbers: list[str]) -> dict[str, list[Sale]]:
    """By order, every sale for which the journal says that money moved or may move."""
    journal = SqliteJournal(folder / "journal.sqlite3", now=real_time)
    try:
        begun = {number: list(journal.begun_for(number)) for number in numbers}
    finally:
        journal.close()
    return {number: sales for number, sales in begun.items() if sales}


def money_agrees(shop: Shop, sales: dict[str, list[Sale]]) -> list[str]:
    """What the journal says is taken, the register registered, and the order service was told: once each."""
    wrong = []
    taken = {str(sale.id): sale.taken for visits in sales.values() for sale in visits}
    registered: Counter[str] = Counter()
    for document in shop.fiscal_documents():
        if document.type == "sell":
            registered[document.order_uuid] += 1
            if taken.get(document.order_uuid) != _taken(document):
                wrong.append(f"ФД {document.fd}: {_taken(document)} instead of {taken.get(document.order_uuid)}")
    for number, visits in sales.items():
        reported = shop.payments(number)
        wrong += [f"{number}: a sale is left {sale.stage.value}" for sale in visits if sale.stage is not Stage.DONE]
        wrong += [f"{number}: {registered[str(sale.id)]} receipts" for sale in visits if registered[str(sale.id)] != 1]
        told = [(str(one["visit_id"]), _paid(one)) for one in reported]
        if sorted(told) != sorted((str(sale.id), sale.taken.kopecks) for sale in visits):
            wrong.append(f"{number}: told {told}, sold {[(str(sale.id), sale.taken) for sale in visits]}")
    return wrong


def cards_agree(shop: Shop, sales: dict[str, list[Sale]]) -> list[str]:
    """What the terminal holds, operation by operation, is what the sales say that was taken by card."""
    told = Counter(
        str(tender.operation)
        for visits in sales.values()
        for sale in visits
        for tender in sale.tenders
        if tender.kind is TenderKind.CARD
    )
    moved = shop.terminal.operations()
    wrong = [f"{operation}: taken {times} times" for operation, times in told.items() if times != 1]
    held = sum(one.amount if one.kind == "pay" else -one.amount for one in moved)
    on_receipts = sum(
        tender.amount.kopecks
        for visits in sales.values()
        for sale in visits
        for tender in sale.tenders
        if tender.kind is TenderKind.CARD
    )
    return [*wrong, *([f"the terminal holds {held}, the sales {on_receipts}"] if held != on_receipts else [])]


def _taken(document: FiscalDocument) -> Money:
    """What the receipt takes now: an earlier part of the price stands on it as an advance."""
    others = [one for one in document.task["payments"] if one["type"] not in {"cash", "electronically"}]
    return Money(document.total) - Money(sum(round(one["sum"] * 100) for one in others))


def _paid(payment: dict[str, object]) -> int:
    tenders = payment["tenders"]
    assert isinstance(tenders, list)
    return sum(round(tender["sum"] * 100) for tender in tenders)


def points_agree(shop: Shop, sales: dict[str, list[Sale]], numbers: list[str]) -> list[str]:
    """Points spent are those on the receipts; an order with a member lives in processing once, and ends paid."""
    wrong = []
    spent: Counter[str] = Counter()
    for movement in shop.movements():
        if movement.kind == "RetailOrderPayment" and movement.order_id is not None:
            spent[movement.order_id[: len(numbers[0])]] -= movement.amount
    live: dict[str, list[LoyaltyOrder]] = {number: [] for number in numbers}
    for order in shop.loyalty_orders():
        if order.status not in {"Cancelled", "Returned"} and order.order_id[: len(numbers[0])] in live:
            live[order.order_id[: len(numbers[0])]].append(order)
    for number in numbers:
        visits = sales.get(number, [])
        asked = sum(sale.points_asked.count for sale in visits)
        if spent[number] != asked:
            wrong.append(f"{number}: {spent[number]} points are spent, {asked} are on receipts")
        member = any(sale.customer is not None and sale.customer.may_earn for sale in visits)
        if len(live[number]) != int(member):
            wrong.append(f"{number}: {len(live[number])} live orders in processing: {live[number]}")
        whole = bool(visits) and any(sale.settles for sale in visits)
        wrong += [
            f"{number}: {order.status}, paid in full: {whole}"
            for order in live[number]
            if (order.status == "Paid") != whole
        ]
    return wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are POSIX signals, and lives are forked")
@pytest.mark.timeout(1_800 if LONG else 100)
def test_kill_9_of_a_selling_till_loses_and_doubles_neither_money_nor_receipts_nor_points(tmp_path: Path) -> None:
    seed = int(os.environ.get("TILL_SEED") or random.SystemRandom().randrange(10**9))
    dice = random.Random(seed)  # noqa: S311 - repeatable moments
    deaths = Deaths()
    shop = Shop()
    shop.register.seconds_per_task = 0.01
    numbers = add_orders(shop, KILLS, dice)
    shift = {"uuid": str(uuid4()), "request": [{"type": "openShift", "operator": {"name": "Иванова М."}}]}
    shop.register.submit(json.dumps(shift).encode(), "")
    with running(shop) as server, cradle(server.url, tmp_path) as lives:
        for life in range(KILLS):
            for fault in dice.choice(_FAULTS):
                shop.faults.set(fault)
            code = lives.live(life, seed + life, "SELLS", deaths, axe=Axe(after=dice.uniform(0.0, LONGEST_LIFE)))
            assert code == -signal.SIGKILL, f"life {life} of seed {seed} ended by itself with {code}"
            deaths.killed += 1
            shop.faults.lift()
        for work in ("SETTLES", "DRAINS"):
            code = lives.live(KILLS, seed, work, deaths)
            assert code == 0, f"seed {seed}: the life that {work.lower()} what the others left ended with {code}"
        sales = begun_sales(tmp_path, numbers)
        wrong = (
            money_agrees(shop, sales)
            + cards_agree(shop, sales)
            + points_agree(shop, sales, numbers)
            + deaths.dead_letters
        )
    charged = shop.terminal.operations()
    shop.close()
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)
    visits = sum(len(each) for each in sales.values())
    print(f"\nkills: {deaths.killed}, visits: {visits}, found unfinished: {dict(deaths.unfinished)}, seed {seed}")  # noqa: T201 - what the kills have met
    assert charged, f"seed {seed}: no card was charged"
    assert deaths.unfinished, f"seed {seed}: the kills came too early to prove anything"
    assert any(customer_of(number) for number in sales)


def refunds_agree(shop: Shop, sales: dict[str, list[Sale]]) -> list[str]:
    """One receipt of a return, of all that was paid, for each order that the order service knows as refunded."""
    wrong = []
    returned = Counter(
        (document.order_uuid, document.total) for document in shop.fiscal_documents() if document.type == "sellReturn"
    )
    for number, visits in sales.items():
        held = shop.refund(number)
        if held is None:
            continue
        paid = sum(sale.taken.kopecks for sale in visits)
        if held["state"] != "DONE" or returned.pop((str(held["refund_id"]), paid), 0) != 1:
            wrong.append(f"{number}: paid {paid}, held as {held}")
    return [*wrong, *(f"a return of nobody's: {left}" for left in returned)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are POSIX signals, and lives are forked")
@pytest.mark.timeout(1_800 if LONG else 100)
def test_kill_9_of_a_refunding_till_gives_every_order_back_once_or_not_at_all(tmp_path: Path) -> None:
    seed = int(os.environ.get("TILL_SEED") or random.SystemRandom().randrange(10**9))
    dice = random.Random(seed)  # noqa: S311 - repeatable moments
    deaths = Deaths()
    shop = Shop()
    shop.register.seconds_per_task = 0.01
    kills = KILLS if LONG else 6
    numbers = add_orders(shop, kills, dice)
    with running(shop) as server, cradle(server.url, tmp_path) as lives:
        for life in range(kills):
            # However slow the machine is, there is a page to be killed on.
            axe = Axe(after=dice.uniform(0.0, LONGEST_LIFE), begins="page")
            code = lives.live(life, seed + life, "REFUNDS", deaths, axe=axe)
            assert code == -signal.SIGKILL, f"life {life} of seed {seed} ended by itself with {code}"
        for work in ("SETTLES", "DRAINS"):
            code = lives.live(kills, seed, work, deaths)
            assert code == 0, f"seed {seed}: the life that {work.lower()} what the others left ended with {code}"
        sales = begun_sales(tmp_path, numbers)
        wrong = refunds_agree(shop, sales) + money_agrees(shop, sales) + deaths.dead_letters
        given_back = sum(shop.refund(number) is not None for number in numbers)
    shop.close()
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)
    assert given_back, f"seed {seed}: the kills came too early to prove anything"
    print(f"\nkills: {kills}, refunds: {given_back}, found unfinished: {dict(deaths.unfinished)}, seed {seed}")  # noqa: T201 - what the kills have met


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are POSIX signals, and lives are forked")
@pytest.mark.parametrize("copies", [True, False])
def test_kill_9_while_the_terminal_gives_back_gives_back_once(tmp_path: Path, *, copies: bool) -> None:
    """The terminal has given the money back and is slow to say so; a copy of its slip tells, and else the cashier."""
    deaths = Deaths()
    shop = Shop()
    shop.register.seconds_per_task = 0.01
    shop.inpas.copies = copies
    (number, *_) = add_orders(shop, 1, random.Random(1))  # noqa: S311 - repeatable orders
    shop.faults.set(Fault("terminal", "slow", "refund", seconds=6.0, after=True))
    with running(shop) as server, cradle(server.url, tmp_path) as lives:
        code = lives.live(0, 1, "CARD-BACK", deaths, axe=Axe(when=lambda: shop.faults.wait_for_hanging(1, 20.0)))
        assert code == -signal.SIGKILL
        killed_at = [one.kind for one in shop.terminal.operations()]
        for work in ("SETTLES", "DRAINS"):
            assert lives.live(1, 1, work, deaths) == 0
        held = shop.refund(number)
    moved = [(one.kind, one.amount) for one in shop.terminal.operations()]
    returns = [one.total for one in shop.fiscal_documents() if one.type == "sellReturn"]
    shop.close()
    assert killed_at == ["pay", "refund"], "the kill came at another moment"
    assert dict(deaths.unfinished) == {"refund returning": 1}
    assert deaths.asked == (0 if copies else 1)
    assert [kind for kind, _ in moved] == ["pay", "refund"]
    assert moved[0][1] == moved[1][1] == returns[0]
    assert (len(returns), held is not None and held["state"], deaths.dead_letters) == (1, "DONE", [])
