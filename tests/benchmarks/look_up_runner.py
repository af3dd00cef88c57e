"""Runs the real window and till in a process of its own, scans with real key events, and times what the cashier sees.

Run as ``python look_up_runner.py look-up|outage URL FOLDER ROUNDS``; one JSON line of lists of milliseconds comes out.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from PySide6.QtWidgets import QApplication

from pos_client.adapters.processing import authorization
from pos_client.adapters.processing_wire import ProcessingNames, lookup_body
from pos_client.app import Till
from pos_client.counter.state import LightState
from pos_client.domain.customer import CustomerKey, KeyKind
from pos_client.ports import Service
from pos_client.train import ShopHand, training_settings
from pos_client.training.crowd import code_of
from pos_client.ui.hands import Hands
from pos_client.ui.loop import run
from pos_client.ui.shell import Look, Shell
from tests.benchmarks.sales_orders import OUTAGES, order_number, sales_of

_ANNA = "48210967"
_PATIENCE = 90.0
_BETWEEN_SCANS = 0.15
"""Seconds of quiet before a scan; without it the scanner would take two scans for one."""
_WARMING_UP = 2
"""Rounds that open connections and warm caches; they are not counted."""

Times = dict[str, list[float]]


class Stand:
    """A shell with a till behind it, and someone who waits for what it shows."""

    def __init__(self, shell: Shell, till: Till) -> None:
        self.shell = shell
        self.till = till
        self._waits: list[tuple[Callable[[], bool], asyncio.Future[float]]] = []
        # Listeners are told in order, so the window has drawn the state when this one hears of it.
        till.desk.listen(lambda _state: self._look())

    def _look(self) -> None:
        for happened, moment in self._waits:
            if not moment.done() and happened():
                moment.set_result(time.perf_counter())

    async def until(self, happened: Callable[[], bool]) -> float:
        """Wait until the window shows it; returns the moment when it did."""
        moment: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        wait = happened, moment
        self._waits.append(wait)
        self._look()
        try:
            async with asyncio.timeout(_PATIENCE):
                return await moment
        finally:
            self._waits.remove(wait)

    def shows_customer(self) -> bool:
        """Whether the customer's name stands on the card."""
        name = self.shell.window._counter.customer._name
        return name.isVisible() and "Смирнова" in name.text()

    def is_all_delivered(self) -> bool:
        """Whether processing is back and nothing waits for it."""
        state = self.till.desk.state
        lights = {light.service: light.state for light in state.lights}
        return lights[Service.PROCESSING] is LightState.GOOD and state.queue.count == 0


async def look_up(stand: Stand, url: str, rounds: int) -> Times:
    """Last key of the scan → the name on the screen, beside the bare call for the same customer."""
    found: Times = {"bare": [], "call": [], "scan": [], "hold": [], "open scan": [], "open hold": []}
    names = ProcessingNames()
    body = lookup_body(CustomerKey(KeyKind.CDEK_ID, _ANNA), "MSK548", names)
    params = {"endpointId": names.endpoint, "operation": names.lookup}
    heard: list[float] = []
    stand.shell._scanner.scanned.connect(lambda _text: heard.append(time.perf_counter()))
    hands = Hands()
    async with httpx.AsyncClient(base_url=url, headers=authorization("training-secret-key")) as client:
        for at in range(rounds + _WARMING_UP):
            await asyncio.sleep(_BETWEEN_SCANS)
            began = time.perf_counter()
            answer = await client.post("/v3/operations/sync", params=params, json=body)
            bare = time.perf_counter() - began
            if answer.json()["customer"]["processingStatus"] != "Found":
                raise RuntimeError(f"the bare call found nobody: {answer.text}")
            await asyncio.sleep(_BETWEEN_SCANS)
            began = time.perf_counter()
            await stand.till.outside.processing.find_customer(CustomerKey(KeyKind.CDEK_ID, _ANNA))
            call = time.perf_counter() - began
            measured = {"bare": bare, "call": call}
            for suffix, name in (("Enter", ""), ("", "open ")):
                await asyncio.sleep(_BETWEEN_SCANS)
                hands.scan(_ANNA, suffix=suffix)
                last_key = time.perf_counter()
                shown = await stand.until(stand.shows_customer)
                measured[f"{name}scan"] = shown - last_key
                # With a suffix the scan is told while its last key is still being struck.
                measured[f"{name}hold"] = max(0.0, heard[-1] - last_key)
                await stand.till.desk.cancel()
                await stand.until(lambda: not stand.shows_customer())
            if at >= _WARMING_UP:
                for name, seconds in measured.items():
                    found[name].append(seconds * 1000)
    return found


async def outage(stand: Stand, url: str, rounds: int) -> Times:
    """Whole sales of members who spend points, in blocks: healthy ones, then while every call to processing hangs.

    The first sale of each outage stands apart: it is the one that finds out.
    """
    shop = ShopHand(url)
    found: Times = {"healthy": [], "first": [], "hanging": []}
    numbers = iter(range(sales_of(rounds)))
    await _sale(stand, next(numbers), spends=True)
    for _ in range(OUTAGES):
        for _ in range(rounds):
            found["healthy"].append(await _sale(stand, next(numbers), spends=True))
        await asyncio.to_thread(shop.fault, "processing", "hang")
        found["first"].append(await _sale(stand, next(numbers), spends=False))
        for _ in range(rounds):
            found["hanging"].append(await _sale(stand, next(numbers), spends=False))
        await asyncio.to_thread(shop.lift)
        await stand.until(stand.is_all_delivered)
    return found


async def _sale(stand: Stand, at: int, *, spends: bool) -> float:
    """Milliseconds from the first scan to the receipt, with a cashier who needs no time at all and asks for points."""
    desk = stand.till.desk
    began = time.perf_counter()
    for scan in (code_of(at), order_number(at)):
        await desk.scanned(scan)
    await desk.redeem(None)
    sale = desk.state.sale
    if sale is None or sale.customer is None:
        raise RuntimeError(f"nothing to sell: {desk.state.notice}")
    if bool(sale.quote and sale.quote.points) is not spends:
        raise RuntimeError(f"points: {sale.quote}")
    await desk.pay(sale.due, sale.due)
    took = (time.perf_counter() - began) * 1000
    if desk.state.sale is not None:
        raise RuntimeError(f"the sale did not end: {desk.state.sale.trouble}")
    return took


def main(words: list[str]) -> int:
    """Measure what was asked for."""
    what, url, folder, rounds = words
    app = QApplication(sys.argv[:1])

    async def live(_stop: asyncio.Event) -> int:
        shell = Shell(app, Look())
        shell.show(maximised=False)
        try:
            async with Till(training_settings(url), Path(folder), training=True) as till:
                shell.attach(till.desk, lookup=till.outside.journal.find, screen_log=None)
                work = asyncio.create_task(till.run())
                stand = Stand(shell, till)
                await stand.until(lambda: till.desk.state.register is not None)
                found = await (look_up if what == "look-up" else outage)(stand, url, int(rounds))
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
        finally:
            await shell.close()
        sys.stdout.write(json.dumps(found) + "\n")
        return 0

    return run(app, live)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
