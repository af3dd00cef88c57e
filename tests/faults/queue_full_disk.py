"""A till on a disk that fills up: it sells until there is no room, delivers what it sold, and sells again.

Run as ``python -m tests.faults.queue_full_disk FOLDER WITNESS SOLD ROOM``: ``SOLD`` sales before the disk has only
``ROOM`` bytes left. Runs on the recording disk, which obeys what the witness is told.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from offline_queue import Courier, DiskFullError, Event, Later, Outbox
from tests.faults.queue_worker import ACCOUNT, Witness, message

_MORE = 400
"""Sales that are tried on the full disk; each needs more than a kilobyte."""


async def fill_up(folder: Path, witness: Witness, sold: int, room: int) -> None:
    """Sell, fill, deliver, make room, sell."""
    with Outbox.open(folder / "queue.db", account=ACCOUNT) as outbox:
        for number in range(sold):
            _sell(outbox, witness, f"s{number % 5}/before-{number}")
        witness.tell(f"#room {room}")
        for number in range(_MORE):
            try:
                _sell(outbox, witness, f"s{number % 5}/full-{number}")
            except DiskFullError as error:
                witness.tell(f"raised DiskFullError {error}")
                break
        # Twice: a refusal must leave the queue as able to refuse as before.
        try:
            _sell(outbox, witness, "s0/full-again")
        except DiskFullError as error:
            witness.tell(f"raised DiskFullError {error}")
        await _deliver(outbox, witness)
        witness.tell("#room -1")
        _sell(outbox, witness, "s0/after")


def _sell(outbox: Outbox, witness: Witness, key: str) -> None:
    witness.tell(f"intended {key} {key}")
    outbox.put(message(key))
    witness.tell(f"promised {key}")


async def _deliver(outbox: Outbox, witness: Witness) -> None:
    async def send(sent: object) -> None:
        del sent

    everything = asyncio.Event()

    def look(_event: Event | None = None) -> None:
        if not outbox.summary().count:
            everything.set()

    look()
    outbox.subscribe(look)
    courier = asyncio.create_task(Courier(outbox, send, lambda error: Later(str(error))).run())
    emptied = asyncio.create_task(everything.wait())
    await asyncio.wait({courier, emptied}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    witness.tell(f"left {outbox.summary().count} .")
    emptied.cancel()
    courier.cancel()
    for outcome in await asyncio.gather(courier, return_exceptions=True):
        if not isinstance(outcome, asyncio.CancelledError):
            witness.tell(f"complaint courier {type(outcome).__name__} {outcome}")


if __name__ == "__main__":
    asyncio.run(fill_up(Path(sys.argv[1]), Witness(Path(sys.argv[2])), int(sys.argv[3]), int(sys.argv[4])))
