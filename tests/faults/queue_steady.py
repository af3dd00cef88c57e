"""A till on a good day, for counting what its moves cost the disk: so many sales, then so many deliveries.

Run as ``python -m tests.faults.queue_steady FOLDER WITNESS SALES`` on the recording disk.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from offline_queue import Courier, Delivered, Event, Later, Message, Outbox
from tests.faults.queue_worker import ACCOUNT, Witness, message


async def sell_and_deliver(folder: Path, witness: Witness, sales: int) -> None:
    """One sale after the other, then one delivery after the other."""
    with Outbox.open(folder / "queue.db", account=ACCOUNT) as outbox:
        for number in range(sales):
            key = f"s0/{number}"
            witness.tell(f"intended {key} {key}")
            outbox.put(message(key))
            witness.tell(f"promised {key}")
        left = {f"s0/{number}" for number in range(sales)}
        done = asyncio.Event()

        def on_event(event: Event) -> None:
            if isinstance(event, Delivered):
                witness.tell(f"settled {event.message.key}")
                left.remove(event.message.key)
                if not left:
                    done.set()

        async def send(sent: Message) -> None:
            witness.tell(f"sent {sent.key}")

        outbox.subscribe(on_event)
        courier = asyncio.create_task(Courier(outbox, send, lambda error: Later(str(error))).run())
        await done.wait()
        courier.cancel()
        await asyncio.gather(courier, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(sell_and_deliver(Path(sys.argv[1]), Witness(Path(sys.argv[2])), int(sys.argv[3])))
