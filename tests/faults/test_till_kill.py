"""A till killed at any moment of a visit or a refund loses and doubles nothing: by real SIGKILLs, with faults on.

`TILL_LONG=1` makes hundreds of kills, `TILL_KILLS` so many; `TILL_SEED` repeats a run as far as moments can be.
"""

import json
import os
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest

from pos_client.training.faults import Fault
from pos_client.training.server import running
from pos_client.training.shop import Shop
from tests.faults.till_books import TillBooks, disagreements, read_books
from tests.faults.till_cashier import customer_of
from tests.faults.till_lives import Axe, Cradle, Deaths, add_orders, lives_of, open_books, set_faults

LONG = os.environ.get("TILL_LONG") == "1"
LONGEST_LIFE = 1.5
"""Seconds: long enough for a few sales, short enough to hit every part of one."""
_MOST_STEPS = 11
"""Of a refund, or of a visit, that are journaled and told."""
_TELLING = 20
"""So many lives cannot all have been killed too early to prove anything; two or three can."""


def kills(usual: int, most: int) -> int:
    """How many lives are killed: a sample, or what the long run makes of it."""
    return int(os.environ.get("TILL_KILLS") or (most if LONG else usual))


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are POSIX signals, and lives are forked")

_CORRECTIONS = ("sellCorrection", "sellReturnCorrection")
_ANYTIME: tuple[tuple[Fault, ...], ...] = (
    (),
    (Fault("processing", "refuse", times=None),),
    (Fault("processing", "refuse", times=4, skip=5),),
    (Fault("processing", "hang", times=1, skip=3),),
    (Fault("processing", "lose-answer", "Offline.CreateAuthorizedOrder", times=2),),
    (Fault("processing", "slow", "Offline.CreateAuthorizedOrder", times=2, seconds=0.6),),
    (Fault("processing", "price-changed", "Offline.CreateAuthorizedOrder"),),
    (Fault("register", "lose-answer", "sell"), Fault("counter", "lose-answer", "pay")),
    (Fault("register", "recorded-error", "sell", times=2),),
    (Fault("register", "recorded-error", "sell"), Fault("register", "no-connection", "getFnDocument", times=3)),
    (Fault("register", "other-total", "sell"), *(Fault("register", "recorded-error", one) for one in _CORRECTIONS)),
    (Fault("register", "slow", "sell", seconds=0.3, times=2),),
    (Fault("register", "paper-out", "sell", times=2),),
    (Fault("register", "other-total", "sell"),),
    (Fault("register", "other-total", "sell"), *(Fault("register", "lose-answer", one) for one in _CORRECTIONS)),
    (Fault("terminal", "lose-answer", "pay", times=2),),
    (Fault("terminal", "slow", "pay", seconds=0.2, times=4),),
    (Fault("terminal", "slow", "pay", seconds=0.7, times=2),),
    (Fault("terminal", "slow", "pay", seconds=0.7, after=True, times=2),),
    (Fault("terminal", "refuse", times=3),),
    (Fault("terminal", "card-no-funds", times=2),),
    (Fault("terminal", "card-unsure", times=2),),
    (Fault("terminal", "card-wrong-sum", "pay"),),
    (Fault("terminal", "card-busy", times=3),),
    (Fault("sbp", "lose-answer", "creation", times=2),),
    (Fault("sbp", "lose-answer", "revocation"), Fault("sbp", "lose-answer", "status", times=3, skip=1)),
    (Fault("sbp", "slow", "creation", seconds=0.7),),
    (Fault("sbp", "slow", "revocation", seconds=0.7),),
    (Fault("sbp", "slow", "status", seconds=0.7, times=2),),
    (Fault("sbp", "paid-after-revoke", times=2),),
    (Fault("sbp", "refused", "creation", times=2),),
    (Fault("sbp", "http-503", times=4, skip=2),),
    (Fault("sbp", "hang", "status", times=2, skip=1),),
)
_OF_A_REFUND: tuple[tuple[Fault, ...], ...] = (
    (),
    (Fault("terminal", "lose-answer", "refund"),),
    (Fault("terminal", "slow", "refund", seconds=0.7),),
    (Fault("terminal", "slow", "refund", seconds=0.7, after=True),),
    (Fault("terminal", "card-unsure", "refund"),),
    (Fault("terminal", "card-no-link", "refund", times=2),),
    (Fault("terminal", "refuse", "refund", times=2),),
    (Fault("terminal", "card-busy", "refund", times=2),),
    (Fault("sbp", "lose-answer", "cancel", times=2),),
    (Fault("sbp", "slow", "cancel", seconds=0.7),),
    (Fault("sbp", "slow", "cancel", seconds=0.7, after=True),),
    (Fault("sbp", "refused", "cancel", times=2),),
    (Fault("sbp", "hang", "cancel"),),
    (Fault("counter", "lose-answer", "refund-claim", times=2),),
    (Fault("counter", "slow", "refund-claim", seconds=0.4),),
    (Fault("counter", "http-503", "refund-claim", times=2),),
    (Fault("counter", "lose-answer", "refund-receipt"),),
    (Fault("counter", "lose-answer", "refund-release"),),
    (Fault("register", "other-total", "sellReturn"),),
    (Fault("register", "other-total", "sellReturn"), *(Fault("register", "lose-answer", one) for one in _CORRECTIONS)),
    (Fault("register", "lose-answer", "sellReturn"),),
    (Fault("register", "recorded-error", "sellReturn"),),
    (Fault("register", "recorded-error", "sellReturn"), Fault("register", "refuse", "queryFnStatus", times=3, skip=2)),
    (Fault("register", "slow", "sellReturn", seconds=0.6),),
    (Fault("register", "paper-out", "sellReturn", times=2),),
    (Fault("processing", "lose-answer", "Offline.ChangeStatus", times=2),),
)


@dataclass(frozen=True)
class Plan:
    """So many lives of one kind, each killed by an axe that the dice make."""

    work: str
    terminal: str
    kills: int
    axe: Callable[[random.Random], Axe]
    faults: Sequence[tuple[Fault, ...]] = ((),)
    """One of them is in force in each life, beside one of those that may come at any time."""


@pytest.fixture(scope="module")
def cradle() -> Iterator[Cradle]:
    made = Cradle()
    yield made
    made.close()


def killed_in_a_visit(dice: random.Random) -> Axe:
    """At any time of a life, or, more often, just before, in or after an effect that its journal announces."""
    if dice.random() < 1 / 12:
        return Axe(after=dice.uniform(0.0, 0.3))
    if dice.random() < 1 / 3:
        return Axe(after=dice.uniform(0.0, LONGEST_LIFE), begins="open")
    return Axe(after=dice.uniform(0.0, 0.02), begins="open", steps=dice.randrange(4 * _MOST_STEPS))


def killed_in_a_refund(dice: random.Random) -> Axe:
    """However slow the machine is, there is a page to be killed on."""
    if dice.random() < 1 / 5:
        return Axe(after=dice.uniform(0.0, 0.3), begins="page")
    return Axe(after=dice.uniform(0.0, 0.02), begins="page", steps=dice.randrange(1, _MOST_STEPS + 1))


def lived(cradle: Cradle, plan: Plan, folder: Path, seed: int) -> tuple[Deaths, TillBooks, list[str]]:
    """Let all the lives of a plan be lived and ended, and what they left be settled."""
    dice = random.Random(seed)  # noqa: S311 - repeatable moments
    deaths = Deaths()
    shop = Shop()
    open_books(shop)
    shop.register.seconds_per_task = 0.01
    drawer = shop.register.device.drawer()
    numbers = add_orders(shop, plan.kills, dice)
    shift = {"uuid": str(uuid4()), "request": [{"type": "openShift", "operator": {"name": "Иванова М."}}]}
    shop.register.submit(json.dumps(shift).encode(), "")
    with running(shop) as server, lives_of(cradle, server.url, folder, dice, plan.terminal) as lives:
        for life in range(plan.kills):
            shop.inpas.status_known, shop.inpas.copies = dice.random() < 2 / 3, dice.random() < 2 / 3
            lift = set_faults(shop, *dice.choice(_ANYTIME), *dice.choice(plan.faults))
            code = lives.live(life, seed + life, plan.work, deaths, axe=plan.axe(dice))
            assert code == -signal.SIGKILL, f"life {life} of seed {seed} ended by itself with {code}"
            lift(deaths)
        for work in ("SETTLES", "DRAINS"):
            code = lives.live(plan.kills, seed, work, deaths)
            assert code == 0, f"seed {seed}: the life that {work.lower()} what the others left ended with {code}"
        books = read_books(folder, numbers)
    wrong = disagreements(shop, books, drawer=drawer) + [f"dead letter: {one}" for one in deaths.dead_letters]
    shop.close()
    return deaths, books, wrong


def told(plan: Plan, seed: int, deaths: Deaths, books: TillBooks, wrong: list[str]) -> None:
    """Figures for whoever reads the long run."""
    corrected = sum(sale.misregistered is not None for sale in books.visits)
    corrected += sum(refund.misregistered is not None for refund in books.refunds.values())
    print(  # noqa: T201 - what the kills have met
        f"\n{plan.work} on {plan.terminal}, seed {seed}: visits {len(books.visits)}, refunds {len(books.refunds)},"
        f" killed in a refund {sum(times for where, times in deaths.at.items() if where.startswith('refund'))},"
        f" corrected receipts {corrected},"
        f" wrong outcomes {len(wrong)}\n  {deaths}"
    )


def chosen_seed() -> int:
    return int(os.environ.get("TILL_SEED") or random.SystemRandom().randrange(10**9))


@needs_fork
@pytest.mark.timeout(3_000 if LONG else 100)
@pytest.mark.parametrize(("terminal", "times"), [("inpas", kills(8, 300)), ("upos", kills(2, 60))])
def test_kill_9_of_a_selling_till_loses_and_doubles_neither_money_nor_receipts_nor_points(
    cradle: Cradle, tmp_path: Path, terminal: str, times: int
) -> None:
    seed = chosen_seed()
    plan = Plan("SELLS", terminal, times, killed_in_a_visit)
    deaths, books, wrong = lived(cradle, plan, tmp_path, seed)
    told(plan, seed, deaths, books, wrong)
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)
    if times >= _TELLING:
        assert deaths.unfinished, f"seed {seed}: the kills came too early to prove anything"
        assert any(customer_of(number) for number in books.sales)


@needs_fork
@pytest.mark.timeout(3_000 if LONG else 100)
@pytest.mark.parametrize(("terminal", "times"), [("inpas", kills(5, 420)), ("upos", kills(2, 60))])
def test_kill_9_of_a_refunding_till_gives_every_order_back_once_or_not_at_all(
    cradle: Cradle, tmp_path: Path, terminal: str, times: int
) -> None:
    seed = chosen_seed()
    plan = Plan("REFUNDS", terminal, times, killed_in_a_refund, _OF_A_REFUND)
    deaths, books, wrong = lived(cradle, plan, tmp_path, seed)
    told(plan, seed, deaths, books, wrong)
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)
    if times >= _TELLING:
        assert books.refunds, f"seed {seed}: the kills came too early to prove anything"


@needs_fork
@pytest.mark.timeout(3_000 if LONG else 100)
@pytest.mark.parametrize(("work", "what", "receipt"), [("SELLS", "sale", "sell"), ("REFUNDS", "refund", "sellReturn")])
def test_kill_9_while_a_receipt_with_another_total_is_corrected_leaves_one_right_receipt(
    cradle: Cradle, tmp_path: Path, work: str, what: str, receipt: str
) -> None:
    seed = chosen_seed()

    def axe(dice: random.Random) -> Axe:
        return Axe(after=dice.uniform(0.0, 0.5), begins=f"at {what} correcting")

    plan = Plan(work, "inpas", kills(2, 40), axe, ((Fault("register", "other-total", receipt, times=None),),))
    deaths, books, wrong = lived(cradle, plan, tmp_path, seed)
    told(plan, seed, deaths, books, wrong)
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)
    owing = books.visits if what == "sale" else books.refunds.values()
    assert any(one.misregistered is not None for one in owing)


@needs_fork
@pytest.mark.parametrize("copies", [True, False])
def test_kill_9_while_the_terminal_gives_back_gives_back_once(cradle: Cradle, tmp_path: Path, *, copies: bool) -> None:
    """The terminal has given the money back and is slow to say so; a copy of its slip tells, and else the cashier."""
    deaths = Deaths()
    shop = Shop()
    open_books(shop)
    shop.register.seconds_per_task = 0.01
    shop.inpas.copies = copies
    dice = random.Random(1)  # noqa: S311 - repeatable orders
    (number, *_) = add_orders(shop, 1, dice)
    shop.faults.set(Fault("terminal", "slow", "refund", seconds=6.0, after=True))
    with running(shop) as server, lives_of(cradle, server.url, tmp_path, dice) as lives:
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
    assert dict(deaths.unfinished) == {"refund returning card returning": 1}
    assert dict(deaths.asked) == ({} if copies else {"about a return": 1})
    assert [kind for kind, _ in moved] == ["pay", "refund"]
    assert moved[0][1] == moved[1][1] == returns[0]
    assert (len(returns), held is not None and held["state"], deaths.dead_letters) == (1, "DONE", [])


@needs_fork
def test_money_or_a_document_too_many_is_found_in_the_books(cradle: Cradle, tmp_path: Path) -> None:
    """The kills prove something only if whoever reads the books would see what went wrong."""
    deaths = Deaths()
    shop = Shop()
    open_books(shop)
    drawer = shop.register.device.drawer()
    dice = random.Random(1)  # noqa: S311 - repeatable orders
    numbers = add_orders(shop, 1, dice)
    with running(shop) as server, lives_of(cradle, server.url, tmp_path, dice) as lives:
        for work in ("CARD-BACK", "DRAINS"):
            assert lives.live(0, 1, work, deaths) == 0
    books = read_books(tmp_path, numbers)
    assert disagreements(shop, books, drawer=drawer) == []
    assert "the drawer has" in str(disagreements(shop, books, drawer=drawer + 1))
    shop.register.device.printed.append(shop.register.device.printed[0])
    assert "is printed 2 times" in str(disagreements(shop, books, drawer=drawer))
    shop.terminal.move("refund", 100)
    assert "the terminal holds -100" in str(disagreements(shop, books, drawer=drawer))
    shop.terminal.move("pay", 100, guid=str(books.visits[0].tenders[0].operation))
    assert "taken 2 times" in str(disagreements(shop, books, drawer=drawer))
    receipt = next(one for one in shop.fiscal_documents() if one.type == "sell")
    again = shop.register.device.storage.add(receipt.task, shift=receipt.shift, receipt=9, total=receipt.total)
    assert f"{again.order_uuid}: registered" in str(disagreements(shop, books, drawer=drawer))
    without = replace(books, refunds={})
    assert "held for nobody" in str(disagreements(shop, without, drawer=drawer))
    assert "documents of nobody's" in str(disagreements(shop, without, drawer=drawer))
    shop.close()
