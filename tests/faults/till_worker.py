"""A till that works by itself, in a process that may be killed: the cradle of its lives.

Run as ``python -m tests.faults.till_worker``. Each line of JSON on its input, ``[URL, FOLDER, TERMINAL, LIFE, SEED,
WORK]``, begins one life in a process of its own. TERMINAL is inpas or upos; WORK is SELLS, REFUNDS, CARD-BACK, SETTLES
or DRAINS. Its output says ``born PID``, ``open``, what the life tells, and ``died CODE``.
"""

import asyncio
import json
import os
import random
import sys
import traceback
from datetime import datetime, timedelta
from pathlib import Path

from pos_client.app import Till, Watch, real_time, warm_up
from pos_client.settings import (
    CounterSection,
    OrdersSection,
    ProcessingSection,
    RegisterSection,
    SbpSection,
    Settings,
    TerminalSection,
)
from pos_client.training.card_terminal import TERMINAL
from tests.faults.till_cashier import Books, SelfSellingTill, tell

__all__ = ["UPOS_COMMAND", "UPOS_FOLDER"]

UPOS_FOLDER = "upos"
UPOS_COMMAND = "sb_pilot"


def _settings(url: str, folder: Path, terminal: str) -> Settings:
    """A till in a hurry: the world of this test answers at once or never."""
    upos = terminal == "upos"
    # A program takes its time to start; a box on the network answers at once.
    patience = 1.5 if upos else 0.5
    return Settings(
        orders=OrdersSection(address=url, read_timeout=1.0, payment_timeout=2.0),
        processing=ProcessingSection(address=url, create_timeout=1.0, delivery_timeout=2.0),
        cash_register=RegisterSection(
            address=url, post_timeout=0.5, query_timeout=0.5, print_deadline=1.0, poll_every=0.01
        ),
        counter=CounterSection(slow=0.1, budget=0.3, longer=1.0, receipt_check_for=0.3, receipt_check_pause=0.02),
        terminal=TerminalSection(
            kind="sber_upos" if upos else "inpas",
            folder=str(folder / UPOS_FOLDER),
            command=UPOS_COMMAND,
            address=f"{url}/dualconnector",
            terminal_id=TERMINAL,
            status_operation=52,
            pay_timeout=patience,
            ask_timeout=patience,
        ),
        sbp=SbpSection(kind="bank", address=url, life=60.0, poll_every=0.02, timeout=0.5),
    )


async def _live(url: str, folder: Path, terminal: str, work: str, *, life: int, seed: int) -> None:
    watch = Watch(register_every=5.0, probe_every=0.05, probe_within=0.3)
    clock = _a_while_later if work == "DRAINS" else real_time
    till = Till(_settings(url, folder, terminal), folder, training=True, watch=watch, clock=clock)
    async with till:
        seller = SelfSellingTill(till, random.Random(seed), Books(url))  # noqa: S311 - repeatable choices
        tell("open")
        async with asyncio.TaskGroup() as group:
            running = group.create_task(till.run())
            await seller.settle()
            match work:
                case "SELLS":
                    await seller.sell(life)
                case "REFUNDS":
                    await seller.refund(life)
                case "CARD-BACK":
                    await seller.card_back(life)
                case "DRAINS":
                    await seller.drain()
                case _:
                    pass
            running.cancel()


def _a_while_later() -> datetime:
    """The last life comes when every watch over a create that may land late is over."""
    return real_time() + timedelta(minutes=8)


def _born(words: list[str]) -> None:
    """Live in this process, which a fork has just made, and never come back from here."""
    url, folder, terminal, life, seed, work = words
    code = 1
    try:
        asyncio.run(_live(url, Path(folder), terminal, work, life=int(life), seed=int(seed)))
        code = 0
    except Exception:  # noqa: BLE001 - whatever it was, the life has failed and says why
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def main() -> None:
    """Begin one life after another. Imports are paid once, so that a test can afford many deaths."""
    warm_up()
    tell("ready")
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _born(json.loads(line))
        tell(f"born {pid}")
        _, status = os.waitpid(pid, 0)
        tell(f"died {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
